//! `saring eval --report` as a process: what is on the page and beside it, against the figures of the
//! command and against counting.
#![cfg(feature = "cli")]

mod common;

use std::path::Path;

use common::{Run, folder, names, saring, write};
use scraper::{Html, Selector};
use serde_json::{Value, json};

const BASELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/training-data.json");

fn done(run: Run) -> Run {
    assert_eq!(run.code, 0, "{}", run.stderr);
    run
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn json_of(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&text(folder, name)).unwrap()
}

/// Some of our pages as rows, and a hostile one.
fn rows() -> tempfile::TempDir {
    let folder = folder(&[]);
    for name in ["aksarabanua-1.html", "forumpipit-1.html", "beregovoy-1.html", "gasgigi-1.html"] {
        let page = std::fs::read(Path::new("training-data/pages").join(name)).unwrap();
        write(folder.path(), &format!("pages/{name}"), &page);
    }
    let hostile = "<html><link rel=canonical href=https://jahat.example/><body>\
        <p data-label=ad>&lt;/style&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;</p>\
        <p data-label=content>\"&gt;&lt;svg/onload=alert(2)&gt; '; } * { display: none }</p></body></html>";
    write(folder.path(), "pages/<b>jahat.html", hostile.as_bytes());
    done(saring(folder.path(), &["blocks", "pages", "-o", "my.csv"]));
    folder
}

fn csv_rows(folder: &Path, name: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join(name)).unwrap();
    reader.records().map(|r| r.unwrap().iter().map(str::to_string).collect()).collect()
}

#[test]
fn the_numbers_are_those_of_the_command() {
    let folder = rows();
    let folder = folder.path();
    done(saring(folder, &["eval", "my.csv", "--report", "r.html", "--json", "figures.json"]));
    let (report, figures) = (json_of(folder, "r.json"), json_of(folder, "figures.json"));
    let section = &report["sections"][0];
    for name in ["f1", "auc", "macro_f1", "calibrated"] {
        let [ours, theirs] =
            [&section["model"]["figures"][name], &figures["figures"][format!("blocks.{name}")]];
        let apart = (ours.as_f64().unwrap() - theirs.as_f64().unwrap()).abs();
        assert!(apart < 1e-9, "{name}: {ours} {theirs}");
        assert_eq!(section["intervals"][name], figures["intervals"][format!("blocks.{name}")]);
    }
    assert_eq!(section["model"]["chosen"]["f1"], section["model"]["figures"]["f1"]);

    // The curves end with everything kept, and are the same in CSV.
    let curve = section["model"]["curve"].as_array().unwrap();
    let rows = csv_rows(folder, "r-curve.csv");
    assert_eq!(curve.len(), rows.len());
    let last = curve.last().unwrap();
    assert_eq!((&last["recall"], &last["false_positive_rate"]), (&json!(1.0), &json!(1.0)));
    let labelled = section["model"]["confusion"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|row| row.as_object().unwrap().values());
    let labelled: u64 = labelled.map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(last["kept"], json!(labelled));
    let bins = section["model"]["reliability"].as_array().unwrap();
    assert_eq!(bins.iter().map(|bin| bin["blocks"].as_u64().unwrap()).sum::<u64>(), labelled);
    let sweep = csv_rows(folder, "r-sweep.csv");
    assert_eq!((sweep.len(), sweep[19][2].as_str(), sweep[9][2].as_str()), (20, "chosen", "0.5"));
    assert_eq!(csv_rows(folder, "r-pages.csv").len(), 5);
    assert_eq!(csv_rows(folder, "r-reliability.csv").len(), 10);
    let counted: u64 =
        csv_rows(folder, "r-confusion.csv").iter().map(|row| row[4].parse::<u64>().unwrap()).sum();
    assert_eq!(counted, labelled);
    assert_eq!(report["features"].as_array().unwrap().len(), 40);
}

#[test]
fn the_page_is_self_contained_and_text_stays_text() {
    let folder = rows();
    let folder = folder.path();
    done(saring(folder, &["eval", "my.csv", "--report", "r.html", "--baseline", BASELINE]));
    let html = text(folder, "r.html");
    let tree = Html::parse_document(&html);
    let count = |selector: &str| tree.select(&Selector::parse(selector).unwrap()).count();
    for tag in ["div", "details", "summary", "ol", "li", "table", "tr", "td", "figure", "svg", "p"]
    {
        let opened =
            html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
        assert_eq!(opened, count(tag), "{tag}");
    }
    assert_eq!(count("script, img, iframe, object, link, embed, base, form, [src], [href], b"), 0);
    assert_eq!((count("svg[role=img][aria-label]"), count("style"), count("svg svg")), (4, 1, 0));
    assert_eq!(count("h2"), 2);
    let attributes =
        tree.tree.values().filter_map(|node| node.as_element()).flat_map(|e| e.attrs());
    assert!(attributes.filter(|(name, _)| name.starts_with("on")).count() == 0);
    for remote in ["url(", "@import", "http:"] {
        assert!(!html.contains(remote), "{remote}");
    }
    // The pages with faults are there with their blocks.
    let worst = Selector::parse("ol.seen").unwrap();
    let shown: Vec<String> = tree.select(&worst).map(|e| e.text().collect()).collect();
    assert!(!shown.is_empty() && shown.iter().any(|text| text.contains("wrongly")), "{shown:?}");
    assert!(html.contains("prefers-color-scheme: dark"));
}

#[test]
fn a_baseline_is_compared_block_by_block() {
    let folder = rows();
    let folder = folder.path();
    done(saring(folder, &["eval", "my.csv", "--report", "r.html", "--baseline", BASELINE]));
    let section = json_of(folder, "r.json")["sections"][0].take();
    let changed = section["changed"].as_array().unwrap();
    // The same, by hand.
    let labels = |model: &[&str]| {
        let run =
            done(saring(folder, &[&["classify", "pages", "--format", "jsonl"], model].concat()));
        let pages = run.stdout.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
        pages
            .flat_map(|page| page["blocks"].as_array().unwrap().clone())
            .map(|b| b["label"].as_str().unwrap().to_string())
            .collect::<Vec<_>>()
    };
    let (now, before) = (labels(&[]), labels(&["--model", BASELINE]));
    let differ = now.iter().zip(&before).filter(|(a, b)| a != b).count();
    assert_eq!(changed.len(), differ);
    assert!(differ > 0);
    assert_eq!(csv_rows(folder, "r-changed.csv").len(), differ);
    let main = |label: &Value| ["content", "headline"].contains(&label.as_str().unwrap());
    for c in changed {
        let right = |label: &Value| main(label) == main(&c["truth"]);
        let wanted = match (right(&c["before"]), right(&c["now"])) {
            (false, true) => "mended",
            (true, false) => "broken",
            _ => "renamed",
        };
        assert_eq!(c["what"], wanted, "{c}");
    }
    // Against itself nothing changes.
    done(saring(
        folder,
        &["eval", BASELINE, "my.csv", "--report", "r.html", "--baseline", BASELINE],
    ));
    let section = json_of(folder, "r.json")["sections"][0].take();
    assert_eq!((&section["changed"], &section["model"]), (&json!([]), &section["baseline"]));
}

#[test]
fn pages_with_gold_have_types_languages_and_words() {
    let folder = folder(&[]);
    let folder = folder.path();
    for (n, (page_type, lang)) in
        [("article", "id-ID"), ("forum", "en"), ("article", "")].into_iter().enumerate()
    {
        let stated = if lang.is_empty() { String::new() } else { format!(" lang=\"{lang}\"") };
        let body = format!(
            "Kapal nomor {n} berangkat dari dermaga timur membawa dua ratus penumpang dan surat."
        );
        let html = format!(
            "<html{stated}><head><title>Kapal {n}</title><link rel=canonical href=https://laut{n}.example/></head><body>\
             <nav><a href=/>Beranda</a></nav><h1>Kapal {n}</h1><p>{body}</p><footer>Hak cipta</footer></body></html>"
        );
        let gold = json!({
            "url": "", "_internal": {"page_type": {"primary": page_type}},
            "ground_truth": {"title": format!("Kapal {n}"), "main_content": body, "with": [], "without": []},
        });
        write(folder, &format!("set/html/p{n}.html"), html.as_bytes());
        write(folder, &format!("set/gold/p{n}.json"), gold.to_string().as_bytes());
    }
    write(folder, "set/gold/p9.json", b"{");
    let run =
        done(saring(folder, &["eval", "--pages", "set", "--report", "r.html", "--json", "f.json"]));
    assert!(
        run.stderr.contains("r.html, and its numbers beside it: r.json, r-curve.csv"),
        "{}",
        run.stderr
    );
    let section = json_of(folder, "r.json")["sections"][0].take();
    let names = |of: &str| -> Vec<(String, u64)> {
        let groups = section["model"][of].as_array().unwrap();
        let mut groups: Vec<_> = groups
            .iter()
            .map(|g| (g["name"].as_str().unwrap().to_string(), g["pages"].as_u64().unwrap()))
            .collect();
        groups.sort();
        groups
    };
    let of =
        |pairs: &[(&str, u64)]| pairs.iter().map(|(n, c)| (n.to_string(), *c)).collect::<Vec<_>>();
    assert_eq!(names("types"), of(&[("article", 2), ("forum", 1)]));
    assert_eq!(names("languages"), of(&[("", 1), ("en", 1), ("id", 1)]));
    assert_eq!(section["unread"], 1);
    // The page that could not be read counts in the figures of the command.
    let all = json_of(folder, "f.json")["figures"]["set.word_f1"].as_f64().unwrap();
    let read = section["model"]["figures"]["word_f1"].as_f64().unwrap();
    assert!((all - read * 3.0 / 4.0).abs() < 1e-9, "{all} {read}");
    let sweep = section["model"]["sweep"].as_array().unwrap();
    assert!(sweep.iter().all(|s| s["word_f1"].is_f64()));
    let html = text(folder, "r.html");
    assert!(html.contains("F1 by language") && html.contains("1 more pages could not be read"));
    // Rows state no language, so that there is no table of it.
    write(
        folder,
        "rows.csv",
        b"text,label\nBaca juga,related\nIsi berita yang panjang sekali,content\n",
    );
    done(saring(folder, &["eval", "rows.csv", "--report", "rows.html"]));
    assert!(!text(folder, "rows.html").contains("F1 by language"));
}

#[test]
fn wrong_usage_writes_nothing() {
    let folder = folder(&[("my.csv", b"text,label\nBaca juga,related\n"), ("bad.json", b"{}")]);
    let folder = folder.path();
    let cases: [(&[&str], i32, &str); 4] = [
        (&["--report", "r.htm"], 2, "--report r.htm: the name must end in .html"),
        (&["--baseline", BASELINE], 2, "--report"),
        (&["--report", "r.html", "--baseline", "bad.json"], 1, "bad.json: format is None"),
        (&["--report", "no/r.html"], 1, "no/r.json"),
    ];
    for (args, code, message) in cases {
        let run = saring(folder, &[&["eval", "my.csv"], args].concat());
        assert_eq!(run.code, code, "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{args:?}: {}", run.stderr);
        assert_eq!(names(folder), ["bad.json", "my.csv"]);
    }
}
