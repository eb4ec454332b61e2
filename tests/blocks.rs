//! `saring blocks` as a process: pages to Block CSV that the library reads back.
#![cfg(feature = "cli")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use saring::{Dataset, Label, Limits, segment_annotated};

const PAGE: &str = r#"<!DOCTYPE html><html><head><title>Kabar Desa, "edisi" dua</title>
<meta property="og:url" content="https://news.kabardesa.co.id/irigasi"></head><body>
<nav data-label="navigation"><a href="/">Beranda</a><p data-label="">Tanpa label</p></nav>
<main data-label=" content "><h1 data-label="headline">Irigasi "Tua" Diperbaiki</h1>
<p>Saluran sepanjang 3 km, kata warga, <a href="/a b">selesai</a> bulan ini.</p></main>
<p hidden class="w-[1.5rem]">Tersembunyi</p></body></html>"#;

fn saring(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saring"))
        .arg("blocks")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// What `saring blocks` wrote to stdout, read back.
fn read_back(folder: &Path, output: &Output) -> Dataset {
    let path = folder.join("read-back.csv");
    std::fs::write(&path, &output.stdout).unwrap();
    Dataset::read([&path]).unwrap()
}

#[test]
fn weights_stand_in_their_column() {
    let folder = folder(&[("a.html", PAGE)]);
    let output = saring(folder.path(), &["a.html", "--weight", "3"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    assert_eq!(read_back(folder.path(), &output).pages[0].weights, [3.0; 5]);
    for weight in ["--weight=-1", "--weight=NaN", "--weight=much"] {
        let output = saring(folder.path(), &["a.html", weight]);
        assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{weight}");
    }
}

#[test]
fn blocks_survive_a_round_trip() {
    let folder = folder(&[("a.html", PAGE), ("b.txt", "Satu, dua.\n\n\"Tiga\"\n")]);
    let output = saring(folder.path(), &["a.html", "b.txt"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let dataset = read_back(folder.path(), &output);
    assert_eq!(dataset.notes, Vec::<String>::new());
    let [html, text] = &dataset.pages[..] else { panic!("{} pages", dataset.pages.len()) };
    assert_eq!(html.document, segment_annotated(PAGE, &Limits::default()).0);
    assert_eq!((html.name.as_str(), html.group.as_str()), ("a.html", "kabardesa.co.id"));
    let labels = [Some(Label::Navigation), None, Some(Label::Headline), Some(Label::Content), None];
    assert_eq!(html.labels, labels);
    assert_eq!(html.weights, [1.0; 5]);
    let lines: Vec<&str> = text.document.blocks.iter().map(|b| b.text.as_str()).collect();
    assert_eq!(lines, ["Satu, dua.", "\"Tiga\""]);
    assert_eq!((text.labels.as_slice(), text.name.as_str()), (&[None, None][..], "b.txt"));
    let header = output.stdout.split(|b| *b == b'\n').next().unwrap();
    assert!(!header.windows(11).any(|w| w == b"probability"));
}

#[test]
fn predictions_fill_what_the_page_leaves_open() {
    let folder = folder(&[("a.html", PAGE), ("b.txt", "Satu.\nDua.\n")]);
    let output = saring(folder.path(), &["a.html", "b.txt", "--predict"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let dataset = read_back(folder.path(), &output);
    let labels = &dataset.pages[0].labels;
    assert_eq!(labels[0], Some(Label::Navigation));
    assert_eq!(labels[2..4], [Some(Label::Headline), Some(Label::Content)]);
    assert!(dataset.pages.iter().flat_map(|page| &page.labels).all(Option::is_some));
    let mut rows = csv::Reader::from_reader(&output.stdout[..]);
    let column = rows.headers().unwrap().iter().position(|name| name == "probability").unwrap();
    let values: Vec<String> = rows.records().map(|row| row.unwrap()[column].to_string()).collect();
    // The title is no block and has none.
    assert_eq!((values.len(), values[0].as_str()), (1 + 5 + 2, ""));
    assert!(values[1..].iter().all(|v| (0.0..=1.0).contains(&v.parse::<f32>().unwrap())));
}

#[test]
fn only_what_is_uncertain_is_left_to_label() {
    let folder = folder(&[("a.html", PAGE)]);
    let output = saring(folder.path(), &["a.html", "--predict", "--min-probability", "1"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let written = std::str::from_utf8(&output.stdout).unwrap();
    assert!(written.contains(",Tanpa label,uncertain,"), "{written}");
    let dataset = read_back(folder.path(), &output);
    // What the page states stays, however unsure the model is.
    let labels = [Some(Label::Navigation), None, Some(Label::Headline), Some(Label::Content), None];
    assert_eq!(dataset.pages[0].labels, labels);
    assert!(dataset.notes[0].ends_with("2 rows are \"uncertain\": taken as unlabelled"));
}

#[test]
fn unknown_labels_are_told_with_page_and_block() {
    let bad = "<p>Baik</p><p data-label=advert>Beli dua gratis satu</p>";
    let folder = folder(&[("bad.html", bad), ("good.html", "<p data-label=content>Baik</p>")]);
    let output = saring(folder.path(), &["bad.html", "good.html"]);
    assert_eq!(output.status.code(), Some(3));
    let words = stderr(&output);
    let expected = "saring: bad.html: block 2 (\"Beli dua gratis satu\"): unknown label \"advert\"";
    assert!(words.starts_with(expected), "{words}");
    let pages = read_back(folder.path(), &output).pages;
    assert_eq!(pages.len(), 1);
    assert_eq!((pages[0].name.as_str(), pages[0].labels[0]), ("good.html", Some(Label::Content)));
}

#[test]
fn files_are_written_whole_or_not_at_all() {
    let folder = folder(&[("a.html", PAGE), ("out.csv", "before")]);
    let path = folder.path().join("out.csv");
    let output = saring(folder.path(), &["gone.html", "-o", "out.csv"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    assert!(stderr(&output).contains("saring: gone.html: No such file"), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
    let output = saring(folder.path(), &["a.html", "gone.html", "-o", "out.csv"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(3), &b""[..]));
    assert_eq!(Dataset::read([&path]).unwrap().pages.len(), 1);
    // Nothing is left of the temporary files.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn lines_of_jsonl_are_pages_of_their_own() {
    let lines = "{\"url\":\"https://a.warta.example/1\",\"html\":\"<p data-label=ad>Satu\"}\n{\"text\":\"Dua\"}\n";
    let folder = folder(&[("a.jsonl", lines)]);
    let pages = read_back(folder.path(), &saring(folder.path(), &["a.jsonl"])).pages;
    let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    assert_eq!(names, ["a.jsonl:1", "a.jsonl:2"]);
    assert_eq!(pages[0].document.url, "https://a.warta.example/1");
    assert_eq!((pages[0].group.as_str(), pages[0].labels[0]), ("warta.example", Some(Label::Ad)));
}

#[test]
fn usage_errors_are_2() {
    let cases: [&[&str]; 4] = [
        &[],
        &["a.html", "--model", "m.json"],
        &["a.html", "--min-probability", "0.9"],
        &["a.html", "--predict", "--min-probability", "0.4"],
    ];
    for args in cases {
        let output = saring(Path::new("."), args);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]));
    }
}
