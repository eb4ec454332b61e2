//! `saring classify` over WARC and WET files: which records are pages, what they are called, what is
//! told of the others, and that a broken one costs no other.
#![cfg(feature = "cli")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

mod common;

use common::folder;

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
    // It may not want all of it.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("no signal ends the program")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn lines(jsonl: &[u8]) -> Vec<Value> {
    std::str::from_utf8(jsonl).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn sources(output: &Output) -> Vec<String> {
    lines(&output.stdout).iter().map(|page| page["source"].as_str().unwrap().into()).collect()
}

fn texts(page: &Value) -> Vec<&str> {
    page["blocks"].as_array().unwrap().iter().map(|b| b["text"].as_str().unwrap()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A record with these header lines.
fn record(fields: &[&str], block: &[u8]) -> Vec<u8> {
    let mut out = b"WARC/1.1\r\n".to_vec();
    for field in fields {
        write!(out, "{field}\r\n").unwrap();
    }
    write!(out, "Content-Length: {}\r\n\r\n", block.len()).unwrap();
    [&out[..], block, b"\r\n\r\n"].concat()
}

fn response(url: &str, http_header: &str, body: &[u8]) -> Vec<u8> {
    let block = [http_header.replace('\n', "\r\n").as_bytes(), b"\r\n\r\n", body].concat();
    let url = format!("WARC-Target-URI: {url}");
    record(&["WARC-Type: response", &url, "Content-Type: application/http"], &block)
}

const HTML: &str = "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8";

fn page(n: usize) -> Vec<u8> {
    let body = format!("<title>Judul {n}</title><p>Isi berita nomor {n}.</p>");
    response(&format!("https://warta.example/{n}"), HTML, body.as_bytes())
}

/// What a crawl leaves behind for three pages: records 1 to 8.
fn crawl() -> Vec<Vec<u8>> {
    let found = "HTTP/1.1 302 Found\nLocation: /b\nContent-Type: text/html";
    vec![
        record(
            &["WARC-Type: warcinfo", "Content-Type: application/warc-fields"],
            b"software: x\r\n",
        ),
        record(
            &["WARC-Type: request", "Content-Type: application/http"],
            b"GET / HTTP/1.1\r\n\r\n",
        ),
        page(1),
        response("https://warta.example/a", found, b"<p>pindah"),
        page(2),
        response("https://warta.example/i", "HTTP/1.1 200 OK\nContent-Type: image/png", b"\x89PNG"),
        record(
            &["WARC-Type: revisit", "Content-Type: application/http"],
            b"HTTP/1.1 200 OK\r\n\r\n",
        ),
        record(&["WARC-Type: resource", "Content-Type: text/html"], b"<p>Isi lain.</p>"),
    ]
}

const SUMMARY: &str = "saring: 8 records of WARC: 3 pages, 0 broken, 5 passed over: 2 of other types, \
                       1 revisits, 1 of another status, 1 not HTML\n";

#[test]
fn a_crawl_is_its_pages() {
    let records = crawl();
    let whole = records.concat();
    let members: Vec<u8> = records.iter().flat_map(|r| gzip(r)).collect();
    let folder =
        folder(&[("a.warc", &whole), ("a.warc.gz", &members), ("one.warc.gz", &gzip(&whole))]);
    for file in ["a.warc", "a.warc.gz", "one.warc.gz"] {
        let output = saring(folder.path(), &[file], b"");
        assert_eq!((code(&output), stderr(&output)), (0, SUMMARY));
        let expected = [3, 5, 8].map(|n| format!("{file}:{n}"));
        assert_eq!(sources(&output), expected);
        let pages = lines(&output.stdout);
        assert_eq!(pages[0]["url"], "https://warta.example/1");
        assert_eq!(texts(&pages[1]), ["Isi berita nomor 2."]);
        assert_eq!(texts(&pages[2]), ["Isi lain."]);
    }
    // From a pipe, packed or not, with nothing to go by but the first bytes.
    let named = saring(folder.path(), &["a.warc"], b"").stdout;
    let named = String::from_utf8(named).unwrap().replace("a.warc:", "-:");
    for bytes in [&whole, &members, &gzip(&whole)] {
        let output = saring(folder.path(), &["-"], bytes);
        assert_eq!((code(&output), stderr(&output)), (0, SUMMARY));
        assert!(output.stdout == named.as_bytes());
    }
    // Under another name, and as a folder.
    fs::rename(folder.path().join("a.warc"), folder.path().join("a.bin")).unwrap();
    let output = saring(folder.path(), &["a.bin", "--input", "warc"], b"");
    assert_eq!(sources(&output), ["a.bin:3", "a.bin:5", "a.bin:8"]);
    assert_eq!(sources(&saring(folder.path(), &["."], b"")).len(), 6);
}

#[test]
fn a_page_is_what_its_html_is() {
    let html =
        "<title>Judul</title><h1>Judul</h1><p>Isi \u{201c}berita\u{201d} caf\u{e9}.</p>".repeat(3);
    let (latin, _, _) = encoding(&html);
    let chunked =
        [format!("{:x}\r\n", latin.len()).as_bytes(), &latin[..], b"\r\n0\r\n\r\n"].concat();
    let head =
        |more: &str| format!("HTTP/1.1 200 OK\nContent-Type: text/html;charset=windows-1252{more}");
    let file = [
        response("", &head(""), &latin),
        response("", &head("\nContent-Encoding: gzip"), &gzip(&latin)),
        response("", &head("\nTransfer-Encoding: chunked"), &chunked),
        // It says windows-1252 and is UTF-8.
        response("", &head(""), html.as_bytes()),
        // It names a charset that does not exist.
        response(
            "",
            "HTTP/1.1 200 OK\nContent-Type: text/html; charset=x-tidak-ada",
            html.as_bytes(),
        ),
    ];
    let folder = folder(&[("a.html", html.as_bytes()), ("a.warc", &file.concat())]);
    let alone = &lines(&saring(folder.path(), &["a.html"], b"").stdout)[0];
    let output = saring(folder.path(), &["a.warc"], b"");
    let pages = lines(&output.stdout);
    assert_eq!((code(&output), pages.len()), (0, 5));
    for page in &pages {
        assert_eq!((&page["blocks"], &page["text"]), (&alone["blocks"], &alone["text"]));
    }
    assert!(alone["text"].as_str().unwrap().contains("\u{201c}berita\u{201d} caf\u{e9}"));
}

fn encoding(text: &str) -> (Vec<u8>, (), ()) {
    let latin = text.chars().map(|c| match c {
        '\u{201c}' => 0x93,
        '\u{201d}' => 0x94,
        c => u8::try_from(u32::from(c)).unwrap(),
    });
    (latin.collect(), (), ())
}

#[test]
fn wet_is_plain_text() {
    let text = "Judul berita\nIsi berita dengan caf\u{e9} <b>dan</b> lain-lain.\n";
    let fields = [
        "WARC-Type: conversion",
        "WARC-Target-URI: https://warta.example/1",
        "Content-Type: text/plain",
    ];
    let file = [record(&["WARC-Type: warcinfo"], b""), record(&fields, text.as_bytes())];
    let packed: Vec<u8> = file.iter().flat_map(|r| gzip(r)).collect();
    let folder = folder(&[
        ("a.txt", text.as_bytes()),
        ("a.wet", &file.concat()),
        ("a.warc.wet.gz", &packed),
    ]);
    let alone = &lines(&saring(folder.path(), &["a.txt"], b"").stdout)[0];
    for file in ["a.wet", "a.warc.wet.gz"] {
        let output = saring(folder.path(), &[file], b"");
        let page = &lines(&output.stdout)[0];
        assert_eq!((code(&output), page["source"].as_str().unwrap()), (0, &*format!("{file}:2")));
        assert_eq!(page["url"], "https://warta.example/1");
        assert_eq!(page["blocks"], alone["blocks"]);
    }
}

#[test]
fn what_is_broken_is_told_and_costs_no_other() {
    let mut records = crawl();
    let head = "HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Encoding: gzip";
    let packed = gzip(b"<p>isi berita");
    records.insert(2, response("", head, &packed[..packed.len() - 9]));
    records.insert(4, b"WARC/1.0\r\nContent-Length: -1\r\n\r\n\r\n".to_vec());
    records.insert(6, record(&["WARC-Type: response", "Content-Type: application/http"], b"bukan"));
    let offset = |n: usize| records[..n].iter().map(Vec::len).sum::<usize>();
    let expected = format!(
        "saring: a.warc:3: byte {}: the HTTP body is not valid gzip: incomplete deflate stream\n\
         saring: a.warc:5: byte {}: Content-Length is \"-1\"; 34 bytes were passed over\n\
         saring: a.warc:7: byte {}: the HTTP header has no end\n\
         saring: 11 records of WARC: 3 pages, 3 broken, 5 passed over: 2 of other types, 1 revisits, \
         1 of another status, 1 not HTML\n",
        offset(2),
        offset(4),
        offset(6)
    );
    let folder = folder(&[("a.warc", &records.concat())]);
    let output = saring(folder.path(), &["a.warc"], b"");
    assert_eq!((code(&output), stderr(&output)), (3, &expected[..]));
    assert_eq!(sources(&output), [3, 4, 5, 7, 8, 11].map(|n| format!("a.warc:{n}")));
    let pages = lines(&output.stdout);
    assert_eq!(
        pages[2]["error"].as_str().unwrap(),
        expected.lines().nth(1).unwrap().split_once("a.warc:5: ").unwrap().1
    );
    assert!(pages[1].get("error").is_none());
    // A WARC file has no pages in other formats that could be hidden by its failures.
    let output = saring(folder.path(), &["a.warc", "--format", "text"], b"");
    assert_eq!((code(&output), stderr(&output)), (3, &expected[..]));
}

#[test]
fn files_that_are_no_warc_are_told() {
    let whole: Vec<u8> = crawl().iter().flat_map(|r| gzip(r)).collect();
    let folder = folder(&[
        ("empty.warc", b""),
        ("empty.warc.gz", b""),
        ("text.warc", b"bukan arsip\n"),
        ("text.warc.gz", b"bukan arsip\n"),
        ("plain.warc.gz", &crawl().concat()),
        ("cut.warc.gz", &whole[..whole.len() - 20]),
        ("ok.wet.gz", &whole),
    ]);
    let files = ["empty.warc", "empty.warc.gz", "text.warc", "text.warc.gz", "gone.warc"];
    for file in files {
        let output = saring(folder.path(), &[file], b"");
        assert_eq!(code(&output), 1, "{file}: {}", stderr(&output));
        assert!(stderr(&output).starts_with(&format!("saring: {file}")), "{}", stderr(&output));
        assert_eq!(lines(&output.stdout).len(), 1);
    }
    // The name promises gzip, and somebody has unpacked it.
    assert_eq!(code(&saring(folder.path(), &["plain.warc.gz"], b"")), 0);
    let output = saring(folder.path(), &["cut.warc.gz", "ok.wet.gz"], b"");
    assert_eq!((code(&output), sources(&output).len()), (3, 6));
    assert!(stderr(&output).contains("broken gzip"), "{}", stderr(&output));
}

#[test]
fn a_page_over_the_limit_is_cut() {
    let body = format!("<p>Awal.</p>{}", "<p>kata</p>".repeat(200_000));
    let file = [response("", HTML, body.as_bytes()), page(2)].concat();
    let folder = folder(&[("a.warc", &file)]);
    let output = saring(folder.path(), &["a.warc", "--max-bytes", "1000"], b"");
    let pages = lines(&output.stdout);
    assert_eq!((code(&output), pages.len()), (0, 2));
    assert_eq!((texts(&pages[0])[0], &pages[0]["truncated"]), ("Awal.", &Value::from("bytes")));
    assert_eq!(pages[1].get("truncated"), None);
}

#[test]
fn a_run_over_records_is_gone_on_with() {
    let mut records: Vec<Vec<u8>> = (0..40).map(page).collect();
    records[7] = b"sampah\r\n".to_vec();
    records[9] = crawl().remove(6);
    let packed: Vec<u8> = records.iter().flat_map(|r| gzip(r)).collect();
    let folder = folder(&[("a.warc.gz", &packed), ("b.warc", &records.concat())]);
    let inputs = ["a.warc.gz", "b.warc"];
    let expected = saring(folder.path(), &inputs, b"");
    assert_eq!(code(&expected), 3);
    let (out, partial) = (folder.path().join("out.jsonl"), folder.path().join("out.jsonl.partial"));
    for share in [0, 3, 10, 17, 20] {
        fs::write(&partial, &expected.stdout[..expected.stdout.len() * share / 20]).unwrap();
        let args = [&inputs[..], &["--output", "out.jsonl", "--resume"]].concat();
        let output = saring(folder.path(), &args, b"");
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        assert!(fs::read(&out).unwrap() == expected.stdout, "{share}");
        assert!(!stderr(&output).contains("not the next input"), "{}", stderr(&output));
        fs::remove_file(&out).unwrap();
    }
}

#[test]
fn any_number_of_threads_writes_the_same() {
    let records: Vec<u8> = (0..300).map(page).flat_map(|r| gzip(&r)).collect();
    let folder = folder(&[("a.warc.gz", &records)]);
    let alone = saring(folder.path(), &["a.warc.gz", "--threads", "1"], b"").stdout;
    assert_eq!(lines(&alone).len(), 300);
    let output = saring(folder.path(), &["a.warc.gz", "--threads", "7"], b"");
    assert!(output.stdout == alone);
}

#[test]
fn a_pipe_is_answered_record_by_record() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_saring"))
        .args(["classify", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for n in 1..=3 {
        stdin.write_all(&page(n)).unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.starts_with(&format!("{{\"source\":\"-:{n}\"")), "{line}");
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn other_commands_read_records_too() {
    let one = [crawl().remove(0), page(1)].concat();
    let folder = folder(&[("a.warc", &crawl().concat()), ("one.warc", &one)]);
    let run = |args: &[&str]| common::saring(folder.path(), args);
    let blocks = run(&["blocks", "a.warc"]);
    assert_eq!((blocks.code, &blocks.stderr[..]), (0, SUMMARY));
    assert!(blocks.stdout.contains("a.warc:5,Isi berita nomor 2."), "{}", blocks.stdout);
    let explained = run(&["explain", "one.warc"]);
    assert_eq!(explained.code, 0, "{}", explained.stderr);
    assert!(explained.stdout.starts_with("one.warc:2  https://warta.example/1"));
    assert_eq!(run(&["explain", "a.warc"]).code, 2);
}

#[cfg(feature = "parquet")]
mod parquet {
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::RowAccessor;

    use super::*;

    #[test]
    fn a_row_per_block_says_what_jsonl_says() {
        let mut records: Vec<Vec<u8>> = (0..50).map(page).collect();
        records[3] = b"sampah\r\n".to_vec();
        let rules = b"host,selector,label\nwarta.example,p:first-of-type,ad\n";
        let folder = folder(&[
            ("a.warc", &records.concat()),
            ("big.html", &vec![b'x'; 3000]),
            ("rules.csv", rules),
        ]);
        let inputs = ["a.warc", "big.html", "--max-bytes", "2000", "--rules", "rules.csv"];
        let jsonl = saring(folder.path(), &inputs, b"");
        let args = [&inputs[..], &["--format", "parquet", "-o", "out.parquet"]].concat();
        let output = saring(folder.path(), &args, b"");
        assert_eq!((code(&output), stderr(&output)), (3, stderr(&jsonl)));
        assert!(!folder.path().join("out.parquet.partial").exists());
        let file = fs::File::open(folder.path().join("out.parquet")).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let mut rows = reader.get_row_iter(None).unwrap();
        let (mut pages, mut ruled) = (0, 0);
        for page in lines(&jsonl.stdout) {
            let Some(blocks) = page["blocks"].as_array() else { continue };
            pages += 1;
            for (n, block) in blocks.iter().enumerate() {
                let row = rows.next().unwrap().unwrap();
                let text = |at: usize| row.get_string(at).unwrap().as_str();
                assert_eq!(
                    (text(0), text(1)),
                    (page["source"].as_str().unwrap(), page["url"].as_str().unwrap())
                );
                assert_eq!(row.get_double(2).ok(), page["confidence"].as_f64());
                let truncated = row.get_string(3).ok().map(String::as_str);
                assert_eq!(truncated, page.get("truncated").map(|t| t.as_str().unwrap()));
                assert_eq!(row.get_int(4).unwrap(), n as i32 + 1);
                let of_block = |name: &str| block[name].as_str().unwrap();
                assert_eq!(
                    (text(5), text(6), text(9)),
                    (of_block("text"), of_block("label"), of_block("path"))
                );
                assert_eq!(row.get_double(7).ok(), block["probability"].as_f64());
                let rule = row.get_string(10).ok().map(String::as_str);
                assert_eq!(rule, block.get("rule").map(|rule| rule.as_str().unwrap()));
                ruled += usize::from(rule.is_some());
                let kept =
                    page["text"].as_str().unwrap().lines().any(|line| line == of_block("text"));
                assert_eq!(row.get_bool(8).unwrap(), kept);
            }
        }
        assert!(rows.next().is_none());
        assert_eq!((pages, ruled), (50, 49));
    }

    #[test]
    fn a_table_goes_to_a_file() {
        let folder = folder(&[("a.html", b"<p>x"), ("empty.html", b"")]);
        let output = saring(folder.path(), &["a.html", "--format", "parquet"], b"");
        assert_eq!((code(&output), output.stdout.len()), (2, 0));
        assert!(stderr(&output).contains("--format parquet needs --output FILE"));
        let args = ["a.html", "--format", "parquet", "-o", "x", "--resume"];
        assert_eq!(code(&saring(folder.path(), &args, b"")), 2);
        // No rows are a table, too.
        let args = ["empty.html", "--format", "parquet", "-o", "none.parquet"];
        assert_eq!(code(&saring(folder.path(), &args, b"")), 0);
        let file = fs::File::open(folder.path().join("none.parquet")).unwrap();
        assert_eq!(SerializedFileReader::new(file).unwrap().get_row_iter(None).unwrap().count(), 0);
    }

    #[test]
    fn row_groups_are_bounded() {
        // Each page takes about 30 MB as rows.
        let line =
            serde_json::json!({ "text": "kata kata kata\n".repeat(70_000) }).to_string() + "\n";
        let folder = folder(&[("a.jsonl", line.repeat(4).as_bytes())]);
        let args = ["a.jsonl", "--format", "parquet", "-o", "out.parquet"];
        assert_eq!(code(&saring(folder.path(), &args, b"")), 0);
        let file = fs::File::open(folder.path().join("out.parquet")).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let groups = reader.metadata().row_groups().iter().map(|group| group.num_rows());
        let rows: Vec<i64> = groups.collect();
        assert!(rows.len() >= 2 && rows.iter().sum::<i64>() == 280_000, "{rows:?}");
    }
}
