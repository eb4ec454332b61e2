//! `saring ablate` as a process: a table of what is lost without each part.
#![cfg(feature = "cli")]

mod common;

use common::{folder, saring, write};
use serde_json::json;

/// Sites, a page of each. Four lines of alike words in any order: only which words they are tells
/// content from boilerplate.
const SITES: usize = 24;

fn set() -> tempfile::TempDir {
    let folder = folder(&[]);
    let bodies = [["kapal", "besar", "garam"], ["warga", "rajut", "jaring"]];
    let promos = [["simak", "kabar", "salura"], ["unduh", "resmi", "aplika"]];
    for n in 0..SITES {
        let name = ["timur", "barat", "utara", "pusat"][n % 4];
        let line = |words: [&str; 3], turn: usize| {
            let mut words = [words[0], words[1], words[2], name];
            words.rotate_left(turn % 4);
            words.join(" ")
        };
        let body = [line(bodies[0], n), line(bodies[1], n / 2)];
        let mut lines =
            [body[0].clone(), line(promos[0], n / 3), line(promos[1], n / 5), body[1].clone()];
        lines.rotate_left(n % 4);
        if n % 3 == 0 {
            lines.swap(0, 1);
        }
        let lines: String = lines.iter().map(|line| format!("<p>{line}</p>")).collect();
        let html = format!("<link rel=canonical href=https://situs{n}.example/><div>{lines}</div>");
        write(folder.path(), &format!("set/html/p{n}.html"), html.as_bytes());
        let gold = json!({"title": "", "main_content": body.join("\n")});
        write(folder.path(), &format!("set/gold/p{n}.json"), gold.to_string().as_bytes());
    }
    let run = saring(folder.path(), &["import", "set", "-o", "set.csv"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    write(folder.path(), "more.csv", b"text,label\nGabung saluran kami.,promo\n");
    folder
}

/// The cells of each row by its first one.
fn rows(table: &str) -> Vec<Vec<String>> {
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_string()).collect::<Vec<_>>();
    let rows = table.lines().filter(|row| !row.starts_with("|---"));
    rows.map(|row| cells(row.trim_matches('|'))).collect()
}

#[test]
fn what_tells_the_blocks_apart_is_missed() {
    let folder = set();
    let variants = [
        "all",
        "cut-fixed",
        "without-lexicon",
        "without-links",
        "drop-more",
        "one-stage",
        "best-cut",
        "gold-blocks",
    ];
    let args = [
        &["ablate", "set.csv", "more.csv", "--pages", "set", "--folds", "3", "--variants"][..],
        &variants,
    ];
    let run = saring(folder.path(), &args.concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rows = rows(&run.stdout);
    assert_eq!(rows[0], ["variant", "blocks.auc", "set.word_f1"]);
    // The order is that of the list, whatever was named first.
    let named: Vec<&str> = rows[1..].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(
        named,
        [
            "all",
            "without-links",
            "without-lexicon",
            "one-stage",
            "cut-fixed",
            "best-cut",
            "gold-blocks",
            "drop-more"
        ]
    );
    let figure = |variant: &str, column: usize| -> f64 {
        rows.iter().find(|row| row[0] == variant).unwrap()[column].parse().unwrap()
    };
    assert!(figure("all", 1) > 0.95, "{}", run.stdout);
    assert!(figure("without-lexicon", 1) < figure("all", 1) - 0.1, "{}", run.stdout);
    // No page has a link to learn from.
    assert_eq!(figure("without-links", 1), figure("all", 1));
    // The rule of the cut changes no probability.
    assert_eq!(figure("cut-fixed", 1), figure("all", 1));
    assert!((0.0..=1.0).contains(&figure("cut-fixed", 2)));
    // Blocks are pages' own, so the ceilings have no figure for them.
    assert!(rows.iter().filter(|row| row[1] == "–").count() == 2, "{}", run.stdout);
    assert!(figure("best-cut", 2) >= figure("all", 2), "{}", run.stdout);
    assert_eq!(figure("gold-blocks", 2), 1.0);
}

#[test]
fn variants_are_listed_and_unknown_ones_refused() {
    let folder = set();
    let args = ["ablate", "set.csv", "more.csv", "--pages", "set"];
    assert!(saring(folder.path(), &["ablate", "--list"]).stdout.contains("without-lexicon\n"));
    let run = saring(folder.path(), &[&args[..], &["--list"]].concat());
    let names: Vec<&str> = run.stdout.lines().collect();
    for name in ["all", "without-kinds", "no-kinds", "cut-expected", "drop-set", "only-text"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let run = saring(folder.path(), &[&args[..], &["--variants", "without-luck"]].concat());
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("--variants without-luck: see --list"), "{}", run.stderr);
}
