//! `saring classify` as a process: what it writes, in which order, and how it exits.
#![cfg(feature = "cli")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const PAGE: &str = r#"<!DOCTYPE html><html lang="id"><head><title>Warga Menanam Bakau - Pantai Kita</title>
<link rel="canonical" href="https://www.pantaikita.example/bakau"></head><body>
<nav class="menu"><a href="/">Beranda</a></nav>
<article class="post"><h1>Warga Menanam Bakau</h1>
<p>Sebanyak 120 warga menanam <b>bakau</b> di pesisir utara pada hari Minggu, kata Sari &amp; kawan-kawan.</p>
<h2>Bibit dari desa</h2>
<ul><li>Bibit dibawa dengan perahu</li><li>Setiap keluarga menanam lima batang</li></ul>
<blockquote>Laut ini rumah kami, ujar seorang nelayan <i>*tua*</i>.</blockquote></article>
<footer class="footer">Hak cipta &lt;script&gt;alert(1)&lt;/script&gt;</footer></body></html>"#;

const TEXTS: [&str; 8] = [
    "Beranda",
    "Warga Menanam Bakau",
    "Sebanyak 120 warga menanam bakau di pesisir utara pada hari Minggu, kata Sari & kawan-kawan.",
    "Bibit dari desa",
    "Bibit dibawa dengan perahu",
    "Setiap keluarga menanam lima batang",
    "Laut ini rumah kami, ujar seorang nelayan *tua*.",
    "Hak cipta <script>alert(1)</script>",
];

fn saring(folder: &Path, args: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_saring"))
        .arg("classify")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // Commands that do not read stdin may be gone before all is written.
        scope.spawn(move || input.write_all(stdin));
        child.wait_with_output().unwrap()
    })
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(content).unwrap();
    out.finish().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("no signal ends the program")
}

fn lines(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn sources(output: &Output) -> Vec<String> {
    lines(output).iter().map(|page| page["source"].as_str().unwrap().to_string()).collect()
}

fn texts(page: &Value) -> Vec<&str> {
    page["blocks"].as_array().unwrap().iter().map(|b| b["text"].as_str().unwrap()).collect()
}

#[test]
fn jsonl_holds_every_block() {
    let folder = folder(&[("a.html", PAGE.as_bytes())]);
    let output = saring(folder.path(), &["a.html"], b"");
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    let pages = lines(&output);
    assert_eq!(pages.len(), 1);
    let page = &pages[0];
    assert_eq!(page["source"], "a.html");
    assert_eq!(page["url"], "https://www.pantaikita.example/bakau");
    assert_eq!(texts(page), TEXTS);
    let blocks = page["blocks"].as_array().unwrap();
    assert_eq!(blocks[2]["path"], "html[1]>body[2]>article.post[2]>p[2]");
    for block in blocks {
        assert!(block["label"].as_str().unwrap().parse::<saring::Label>().is_ok());
        for value in [&block["probability"], &page["confidence"]] {
            let value = value.as_f64().unwrap();
            assert!((0.0..=1.0).contains(&value));
            assert!(value.to_string().len() <= "0.1234".len(), "{value}");
        }
    }
    // The text is that of the blocks labelled with what is kept by default.
    let kept = blocks.iter().filter(|b| b["label"] == "content" || b["label"] == "headline");
    let kept: Vec<&str> = kept.map(|b| b["text"].as_str().unwrap()).collect();
    assert_eq!(page["text"].as_str().unwrap(), kept.join("\n"));
    for absent in ["threshold", "truncated", "error"] {
        assert!(page.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn a_threshold_decides_and_is_echoed() {
    let folder = folder(&[("a.html", PAGE.as_bytes())]);
    let all = &lines(&saring(folder.path(), &["a.html", "--threshold", "0"], b""))[0];
    assert_eq!(all["text"].as_str().unwrap(), TEXTS.join("\n"));
    assert_eq!(all["threshold"], 0.0);
    let some = &lines(&saring(folder.path(), &["a.html", "--threshold", "0.3"], b""))[0];
    assert_eq!(some["threshold"].to_string(), "0.3");
    for block in some["blocks"].as_array().unwrap() {
        let main = block["label"] == "content" || block["label"] == "headline";
        assert_eq!(main, block["probability"].as_f64().unwrap() >= 0.3, "{block}");
    }
}

#[test]
fn what_cannot_be_said_surely_is_uncertain() {
    let folder = folder(&[("a.html", PAGE.as_bytes())]);
    let page = |args: &[&str]| lines(&saring(folder.path(), args, b"")).remove(0);
    let guessed = page(&["a.html", "--threshold", "0.3"]);
    let sure = page(&["a.html", "--threshold", "0.3", "--min-probability", "0.9"]);
    let mut kept = Vec::new();
    let mut uncertain = 0;
    for (guess, block) in
        guessed["blocks"].as_array().unwrap().iter().zip(sure["blocks"].as_array().unwrap())
    {
        assert_eq!(guess["probability"], block["probability"]);
        let probability = block["probability"].as_f64().unwrap();
        let main = guess["label"] == "content" || guess["label"] == "headline";
        let verdict = if main { probability } else { 1.0 - probability };
        // Away from the bound itself: what is written is rounded.
        if (verdict - 0.9).abs() > 1e-3 {
            assert_eq!(block["label"] == "uncertain", verdict < 0.9, "{guess} {block}");
        }
        if block["label"] == "uncertain" {
            uncertain += 1;
        } else {
            assert_eq!(guess["label"], block["label"]);
            kept.extend(main.then(|| block["text"].as_str().unwrap()));
        }
    }
    assert!(uncertain > 0);
    assert_eq!(sure["text"].as_str().unwrap(), kept.join("\n"));
}

#[test]
fn every_format_shows_what_is_uncertain() {
    let folder = folder(&[("a.html", PAGE.as_bytes())]);
    let written = |format: &str| {
        let args = ["a.html", "--min-probability", "1", "--format", format];
        let output = saring(folder.path(), &args, b"");
        assert_eq!((code(&output), stderr(&output)), (0, ""), "{format}");
        stdout(&output).to_string()
    };
    assert_eq!(written("text"), "");
    assert!(written("table").contains("  uncertain      0."));
    assert!(written("html").contains("<li class=\"block uncertain tint dropped\""));
    let markdown = written("markdown");
    assert!(markdown.starts_with("<!-- uncertain: Beranda -->\n\n<!-- uncertain: Warga"));
    assert!(markdown.contains("<script&gt;alert(1)</script&gt; -->\n"), "{markdown}");
    let path = folder.path().join("out.csv");
    std::fs::write(&path, written("csv")).unwrap();
    let dataset = saring::Dataset::read([&path]).unwrap();
    assert!(dataset.pages[0].labels.iter().all(Option::is_none));
    let note = format!("{} rows are \"uncertain\": taken as unlabelled", TEXTS.len());
    assert!(dataset.notes[0].ends_with(&note), "{:?}", dataset.notes);
}

#[test]
fn keep_says_which_labels_are_text() {
    let folder = folder(&[("a.html", PAGE.as_bytes())]);
    let args = ["a.html", "--threshold", "0", "--keep", "promo,legal"];
    let page = &lines(&saring(folder.path(), &args, b""))[0];
    assert_eq!(page["text"], "");
    assert_eq!(texts(page), TEXTS);
}

#[test]
fn table_has_aligned_columns() {
    let folder = folder(&[("a.html", PAGE.as_bytes()), ("b.txt", b"Satu \x1b[2J dua")]);
    let args = ["a.html", "b.txt", "--format", "table", "--threshold", "0"];
    let output = saring(folder.path(), &args, b"");
    let (first, second) = stdout(&output).split_once("\n\n").unwrap();
    let rows: Vec<&str> = first.lines().collect();
    assert!(rows[0].starts_with("a.html  https://www.pantaikita.example/bakau  confidence "));
    assert_eq!(rows.len(), 1 + TEXTS.len());
    for (row, text) in rows[1..].iter().zip(TEXTS) {
        assert!(row.starts_with("* "), "{row}");
        assert_eq!(row.chars().skip(23).collect::<String>(), text);
    }
    assert!(second.starts_with("b.txt  confidence "), "{second}");
    assert!(!second.contains('\x1b'));
    // A threshold that little reaches: some line without a mark.
    let args = ["a.html", "--format", "table", "--keep", "promo", "--threshold", "0"];
    let output = saring(folder.path(), &args, b"");
    assert!(stdout(&output).lines().skip(1).all(|row| row.starts_with("  ")));
}

#[test]
fn text_separates_pages_by_a_blank_line() {
    let folder =
        folder(&[("a.html", PAGE.as_bytes()), ("b.txt", b"Satu.\n\nDua.\n"), ("c.txt", b"")]);
    let args = ["c.txt", "a.html", "c.txt", "b.txt", "--format", "text", "--threshold", "0"];
    let output = saring(folder.path(), &args, b"");
    assert_eq!(stdout(&output), format!("{}\n\nSatu.\nDua.\n", TEXTS.join("\n")));
    assert_eq!(code(&output), 0);
}

#[test]
fn markdown_follows_tags() {
    let folder = folder(&[("a.html", PAGE.as_bytes())]);
    // No label but headline has a say in the form, and this leaves none of them.
    let others = saring::Label::ALL.into_iter().filter(|label| !label.is_main());
    let others: Vec<&str> = others.map(saring::Label::name).collect();
    let others = others.join(",");
    let args = ["a.html", "--format", "markdown", "--threshold", "1", "--keep", &others];
    let output = saring(folder.path(), &args, b"");
    let text = stdout(&output);
    assert!(
        text.contains("\n## Bibit dari desa\n\n- Bibit dibawa dengan perahu\n- Setiap"),
        "{text}"
    );
    assert!(
        text.contains("\n\n> Laut ini rumah kami, ujar seorang nelayan \\*tua\\*.\n"),
        "{text}"
    );
    assert!(text.contains("Hak cipta \\<script>"), "{text}");
    assert!(text.starts_with("Beranda\n\n## Warga Menanam Bakau\n\nSebanyak 120 warga"), "{text}");
    // With everything for content or headline, a title is one.
    let args = ["a.html", "--format", "markdown", "--threshold", "0"];
    assert!(stdout(&saring(folder.path(), &args, b"")).contains("# Warga Menanam Bakau\n"));
}

#[test]
fn csv_can_be_trained_on() {
    let folder = folder(&[("a.html", PAGE.as_bytes()), ("b.txt", b"Satu.\nDua.\n")]);
    let args = ["a.html", "b.txt", "missing.html", "--format", "csv"];
    let output = saring(folder.path(), &args, b"");
    assert_eq!(code(&output), 3);
    let header = stdout(&output).lines().next().unwrap();
    assert!(header.starts_with("page,text,label,probability,"), "{header}");
    let path = folder.path().join("out.csv");
    std::fs::write(&path, &output.stdout).unwrap();
    let dataset = saring::Dataset::read([&path]).unwrap();
    assert_eq!(dataset.notes, Vec::<String>::new());
    assert_eq!(dataset.pages.len(), 2);
    let page = &dataset.pages[0];
    assert_eq!((page.name.as_str(), page.group.as_str()), ("a.html", "pantaikita.example"));
    let (document, _) = saring::segment_annotated(PAGE, &saring::Limits::default());
    assert_eq!(page.document, document);
    assert!(page.labels.iter().all(Option::is_some));
    assert_eq!(dataset.pages[1].document.blocks.len(), 2);
}

#[test]
fn html_is_whole_and_escaped() {
    let folder = folder(&[("a.html", PAGE.as_bytes())]);
    let args = ["a.html", "<b>.html", "--format", "html", "--threshold", "0"];
    let output = saring(folder.path(), &args, b"");
    let text = stdout(&output);
    assert!(text.starts_with("<!DOCTYPE html>") && text.ends_with("</html>\n"));
    assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
    // Once as a block, once in the kept text.
    let copyright = ">Hak cipta &lt;script&gt;alert(1)&lt;/script&gt;</";
    assert_eq!(text.matches(copyright).count(), 2);
    let block =
        text.split("<li class=\"block ").find(|b| b.contains("Sebanyak 120 warga")).unwrap();
    assert!(block.contains("<br>html[1]&gt;body[2]&gt;article.post[2]&gt;p[2]</p>"), "{block}");
    assert!(text.contains("<p class=\"error\">No such file"));
    assert_eq!(text.matches("<li class=\"block ").count(), TEXTS.len());
    // Everything on it is its own, and nothing is run.
    for foreign in ["url(", "@import", "src=", "href=", "onerror", "javascript:"] {
        assert!(!text.contains(foreign), "{foreign}");
    }
}

#[test]
fn order_is_that_of_the_inputs() {
    // Pages of very different size, so that threads finish out of order.
    let page =
        |n: usize| format!("<p>nomor {n}</p>").repeat(if n.is_multiple_of(3) { 2000 } else { 1 });
    let pages: Vec<(String, String)> =
        (0..24).map(|n| (format!("in/{n:02}.html"), page(n))).collect();
    let files: Vec<(&str, &[u8])> =
        pages.iter().map(|(name, page)| (name.as_str(), page.as_bytes())).collect();
    let folder = folder(&files);
    let output = saring(folder.path(), &["in", "--threads", "2"], b"");
    assert_eq!(code(&output), 0);
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    assert_eq!(sources(&output), names);
    for (n, page) in lines(&output).iter().enumerate() {
        assert_eq!(texts(page)[0], format!("nomor {n}"));
    }
    let alone = saring(folder.path(), &["in", "--threads", "1"], b"");
    assert_eq!(stdout(&output), stdout(&alone));
}

#[test]
fn folders_and_globs_are_searched() {
    let folder = folder(&[
        ("in/b/z.htm", b"<p>z"),
        ("in/a.HTML", b"<p>a"),
        ("in/c.html.gz", &gzip(b"<p>c")),
        ("in/style.css", b"p { color: red }"),
        ("in/n.jsonl", b"{\"text\":\"n\"}\n"),
        ("[x].html", b"<p>x"),
    ]);
    let output = saring(folder.path(), &["in", "in/*.HTML", "in/**/z*", "[x].html"], b"");
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    assert_eq!(
        sources(&output),
        [
            "in/a.HTML",
            "in/b/z.htm",
            "in/c.html.gz",
            "in/n.jsonl:1",
            "in/a.HTML",
            "in/b/z.htm",
            "[x].html"
        ]
    );
    assert_eq!(texts(&lines(&output)[2]), ["c"]);
    // A name given in full is read whatever it is.
    let output = saring(folder.path(), &["in/style.css", "none/*.html"], b"");
    assert_eq!(texts(&lines(&output)[0]), ["p { color: red }"]);
    assert_eq!(lines(&output)[1]["error"], "no file matches");
    assert_eq!(code(&output), 3);
}

#[test]
fn stdin_is_read_by_what_it_looks_like() {
    let here = Path::new(".");
    let page = |args: &[&str], stdin: &[u8]| lines(&saring(here, args, stdin)).remove(0);
    let html = page(&["-"], b"<p>Satu <b>dua</b>");
    assert_eq!((html["source"].as_str().unwrap(), texts(&html)), ("-", vec!["Satu dua"]));
    assert_eq!(html["blocks"][0]["path"], "html[1]>body[2]>p[1]");
    let text = page(&[], b"Satu < dua\nTiga");
    assert_eq!(texts(&text), ["Satu < dua", "Tiga"]);
    assert_eq!(text["blocks"][0]["path"], "");
    assert_eq!(texts(&page(&["--input", "html"], b"Satu\nTiga")), ["Satu Tiga"]);
    assert_eq!(texts(&page(&["--input", "text"], b"<p>Satu")), ["<p>Satu"]);
    assert_eq!(texts(&page(&["-"], &gzip(b"<p>Satu"))), ["Satu"]);
    assert_eq!(texts(&page(&["-"], b"\xEF\xBB\xBF{\"text\":\"Satu\"}")), ["Satu"]);
    let line = page(&["-"], b"\n {\"text\":\"Satu\"}\n");
    assert_eq!((line["source"].as_str().unwrap(), texts(&line)), ("-:2", vec!["Satu"]));
}

#[test]
fn jsonl_goes_on_after_a_bad_line() {
    let text = [
        br#"{"url":"https://warta.example/1","html":"<link rel=canonical href=https://lain.example/><p>satu"}"#
            .as_slice(),
        b"{\"html\": oops}",
        b"",
        br#"{"id":7,"text":"dua\ntiga"}"#,
        b"{\"url\":\"x\"}",
        b"\xff",
        br#"{"html":"<p>akhir"}"#,
    ]
    .join(&b'\n');
    let folder = folder(&[("a.jsonl", &text), ("b.ndjson.gz", &gzip(b"{\"text\":\"b\"}"))]);
    let output = saring(folder.path(), &["a.jsonl", "b.ndjson.gz"], b"");
    assert_eq!(code(&output), 3);
    let expected = [
        "a.jsonl:1",
        "a.jsonl:2",
        "a.jsonl:4",
        "a.jsonl:5",
        "a.jsonl:6",
        "a.jsonl:7",
        "b.ndjson.gz:1",
    ];
    assert_eq!(sources(&output), expected);
    let pages = lines(&output);
    assert_eq!(pages[0]["url"], "https://warta.example/1");
    assert_eq!(pages[1]["error"], "not a page in JSON: expected value at column 10");
    assert_eq!(texts(&pages[2]), ["dua", "tiga"]);
    assert_eq!(pages[3]["error"], "neither \"html\" nor \"text\" is there");
    assert!(pages[4]["error"].is_string());
    assert_eq!(texts(&pages[5]), ["akhir"]);
    assert!(stderr(&output).contains("saring: a.jsonl:2: not a page in JSON"));
}

#[test]
fn some_failures_are_3_only_failures_are_1() {
    let folder = folder(&[("a.html", b"<p>a"), ("b.html", b"<p>b"), ("empty/x.css", b"")]);
    let output = saring(folder.path(), &["a.html", "gone.html", "b.html"], b"");
    assert_eq!(code(&output), 3);
    assert_eq!(sources(&output), ["a.html", "gone.html", "b.html"]);
    assert!(lines(&output)[1]["error"].as_str().unwrap().contains("No such file"));
    assert!(stderr(&output).contains("saring: gone.html: No such file"), "{}", stderr(&output));
    let output = saring(folder.path(), &["gone.html", "empty", "lost/*.html"], b"");
    assert_eq!(code(&output), 1);
    assert_eq!(sources(&output), ["gone.html", "empty", "lost/*.html"]);
    assert!(lines(&output)[1]["error"].as_str().unwrap().starts_with("no pages in this folder"));
    // Formats without a place for errors say them on stderr alone.
    let output = saring(folder.path(), &["gone.html", "--format", "text"], b"");
    assert_eq!((code(&output), stdout(&output)), (1, ""));
    assert!(stderr(&output).contains("gone.html"));
}

#[test]
fn broken_gzip_is_told() {
    let whole = gzip(PAGE.as_bytes());
    let folder = folder(&[
        ("cut.html.gz", &whole[..whole.len() / 2]),
        ("not.html.gz", b"<p>not packed"),
        ("ok.html.gz", &whole),
    ]);
    let output = saring(folder.path(), &["cut.html.gz", "not.html.gz", "ok.html.gz"], b"");
    assert_eq!(code(&output), 3);
    let pages = lines(&output);
    for broken in &pages[..2] {
        assert!(broken["error"].as_str().unwrap().starts_with("broken gzip: "), "{broken}");
    }
    assert_eq!(texts(&pages[2]), TEXTS);
}

#[test]
fn a_gzip_bomb_is_cut() {
    let mut page = b"<p>Awal</p>".to_vec();
    page.resize(64 << 20, b' ');
    let folder = folder(&[("bomb.html.gz", &gzip(&page)), ("small.html", b"<p>ab</p><p>cd</p>")]);
    let output = saring(folder.path(), &["bomb.html.gz"], b"");
    let page = &lines(&output)[0];
    assert_eq!((code(&output), &page["truncated"]), (0, &Value::from("bytes")));
    assert_eq!(texts(page), ["Awal"]);
    let page = &lines(&saring(folder.path(), &["small.html", "--max-bytes", "9"], b""))[0];
    assert_eq!((texts(page), &page["truncated"]), (vec!["ab"], &Value::from("bytes")));
    let page = &lines(&saring(folder.path(), &["small.html", "--max-bytes", "18"], b""))[0];
    assert_eq!((texts(page), page.get("truncated")), (vec!["ab", "cd"], None));
}

#[test]
fn usage_errors_are_2() {
    let cases: [(&[&str], &str); 10] = [
        (&["--min-probability", "0.4"], "must be a number from 0.5 to 1"),
        (&["--min-probability", "1.1"], "must be a number from 0.5 to 1"),
        (&["--min-probability", "NaN"], "must be a number from 0.5 to 1"),
        (&["--threshold", "2"], "must be a number from 0 to 1"),
        (&["--threshold", "NaN"], "must be a number from 0 to 1"),
        (&["--keep", "content,advert"], "unknown label \"advert\"; labels are content headline"),
        (&["--threads", "0"], "--threads"),
        (&["--max-bytes", "0"], "--max-bytes"),
        (&["--format", "pdf"], "markdown"),
        (&["--input", "arc"], "warc"),
    ];
    for (args, message) in cases {
        let output = saring(Path::new("."), args, b"<p>x");
        assert_eq!((code(&output), stdout(&output)), (2, ""), "{args:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
}

#[test]
fn a_missing_model_is_told_before_anything_is_written() {
    let output = saring(Path::new("."), &["--model", "gone.json", "--format", "csv"], b"<p>x");
    assert_eq!((code(&output), stdout(&output)), (1, ""));
    assert!(stderr(&output).contains("gone.json"));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let line = format!("{{\"text\":\"{}\"}}\n", "kata ".repeat(2000));
    let folder = folder(&[("a.jsonl", line.repeat(300).as_bytes())]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_saring"))
        .args(["classify", "a.jsonl"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("{\"source\":\"a.jsonl:1\""));
    let mut words = String::new();
    child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    assert_eq!((child.wait().unwrap().code(), words.as_str()), (Some(0), ""));
}

#[test]
fn a_line_is_answered_before_the_next_is_sent() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_saring"))
        .args(["classify", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for text in ["satu", "dua"] {
        writeln!(stdin, "{{\"text\":\"{text}\"}}").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(texts(&serde_json::from_str(&answer).unwrap()), [text]);
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn odd_bytes_are_pages_too() {
    let garbage: Vec<u8> =
        (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let folder = folder(&[("empty.html", b""), ("noise.html", &garbage), ("noise.txt", &garbage)]);
    for format in ["jsonl", "table", "text", "markdown", "csv", "html"] {
        let args =
            ["empty.html", "noise.html", "noise.txt", "--format", format, "--threshold", "0"];
        let output = saring(folder.path(), &args, b"");
        assert_eq!((code(&output), stderr(&output)), (0, ""), "{format}");
        assert!(std::str::from_utf8(&output.stdout).is_ok());
    }
    let pages = lines(&saring(folder.path(), &["empty.html", "noise.txt"], b""));
    assert_eq!((texts(&pages[0]).len(), &pages[0]["text"]), (0, &Value::from("")));
    assert!(texts(&pages[1]).len() > 100);
}

#[test]
fn deep_nesting_is_read_in_time() {
    let deep = format!("{}<p>Dasar</p>", "<div>".repeat(100_000));
    let folder = folder(&[("deep.html", deep.as_bytes())]);
    let start = Instant::now();
    let output = saring(folder.path(), &["deep.html"], b"");
    // Five seconds unoptimised on an idle core, others run beside it; with time that grows by the
    // square of the depth it would be many minutes.
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert_eq!(code(&output), 0);
    assert_eq!(texts(&lines(&output)[0]), ["Dasar"]);
}

#[test]
fn a_whole_page_of_the_training_data() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("training-data/pages");
    let output = saring(&pages, &["bolatepi-1.html"], b"");
    let page = &lines(&output)[0];
    assert!(page["url"].as_str().unwrap().starts_with("https://www.bolatepi.example/liga/"));
    let blocks = page["blocks"].as_array().unwrap();
    assert_eq!(
        blocks[0]["text"],
        "LIVE Bina Laut 1 - 1 Persiba Timur (67') Putra Tegal 0 - 2 Maung Selatan (FT)"
    );
    let text = page["text"].as_str().unwrap();
    assert!(text.starts_with("Hasil Akhir PSKT vs Garuda Timur"), "{text}");
    assert!(text.contains("Yance Tabuni menyundul bola pada menit ke-93"), "{text}");
    for menu in ["Klasemen", "Bulu Tangkis", "LIVE"] {
        assert!(!text.contains(menu), "{text}");
    }
}
