//! Records that are broken in every way we could think of, and those around them, which must come out.

use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Broken, Found, Members, Other, Packing, Reader};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A record that says whatever length it is told to say.
fn record_of(length: impl std::fmt::Display, block: &[u8]) -> Vec<u8> {
    let head = format!(
        "WARC/1.0\r\nWARC-Type: resource\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

fn record(block: &[u8]) -> Vec<u8> {
    record_of(block.len(), block)
}

/// Blocks of records, and reasons in brackets for what is broken.
fn read(reader: impl BufRead, limit: usize) -> Vec<String> {
    let mut records = Reader::new(Members::new(reader, None).unwrap(), limit);
    let (mut out, mut numbers) = (Vec::new(), 0);
    while let Some(record) = records.next() {
        let number = match record {
            Ok(record) => {
                let cut = if record.cut { "..." } else { "" };
                let start = &record.block[..record.block.len().min(40)];
                out.push(String::from_utf8_lossy(start).into_owned() + cut);
                record.number
            }
            Err(Broken { number, reason, .. }) => {
                out.push(format!("[{reason}]"));
                number
            }
        };
        numbers += 1;
        assert_eq!(number, numbers);
        assert!(numbers < 10_000, "it does not end");
    }
    assert!(records.next().is_none(), "the end stays the end");
    out
}

/// The same, whole and byte by byte, which must make no difference.
fn read_all(bytes: &[u8]) -> Vec<String> {
    let out = read(bytes, 100);
    assert_eq!(read(BufReader::with_capacity(1, bytes), 100), out);
    out
}

/// Plain, in a member per record, and in one member.
fn packed(records: &[Vec<u8>]) -> [Vec<u8>; 3] {
    let whole = records.concat();
    [whole.clone(), records.iter().flat_map(|r| gzip(r)).collect(), gzip(&whole)]
}

#[test]
fn records_come_out_in_order() {
    for file in packed(&[record(b"satu"), record(b""), record(b"dua\r\n\r\n"), record(b"tiga")]) {
        assert_eq!(read_all(&file), ["satu", "", "dua\r\n\r\n", "tiga"]);
    }
    assert_eq!(read_all(b""), [""; 0]);
    // Line ends of another kind, none between records, empty lines before.
    let bare = "\n\nWARC/1.1\nContent-Length: 1\n\naWARC/1.0\ncontent-length : 1\n\nb\n";
    assert_eq!(read_all(bare.as_bytes()), ["a", "b"]);
}

#[test]
fn members_may_be_cut_anywhere() {
    let whole = [record(b"satu"), record(b"dua")].concat();
    for piece in [1, 7, 50, 100] {
        let file: Vec<u8> = whole.chunks(piece).flat_map(gzip).collect();
        assert_eq!(read_all(&file), ["satu", "dua"], "{piece}");
    }
}

#[test]
fn offsets_are_those_of_the_file() {
    let records = [record(b"satu"), b"sampah\r\n".to_vec(), record(b"dua")];
    let [plain, members, _] = packed(&records);
    let second: usize = records[..2].iter().map(|r| gzip(r).len()).sum();
    for (file, expected) in [(plain, records[0].len() + 8), (members, second)] {
        let mut reader = Reader::new(Members::new(&file[..], None).unwrap(), 100);
        let mut offsets = Vec::new();
        while let Some(record) = reader.next() {
            offsets.push(record.map_or_else(|broken| broken.offset, |record| record.offset));
        }
        assert_eq!((offsets[0], offsets[2]), (0, expected as u64));
    }
}

#[test]
fn a_wrong_length_loses_no_other_record() {
    let cases = [
        ("3", "no record ends after the 3 bytes of Content-Length"),
        ("-5", "Content-Length is \"-5\""),
        ("5 bytes", "Content-Length is \"5 bytes\""),
        ("", "Content-Length is \"\""),
        ("99999999999999999999", "Content-Length is \"99999999999999999999\""),
    ];
    for (length, expected) in cases {
        let wrong = record_of(length, b"lain!");
        let expected = format!("[{expected}; {} bytes were passed over]", wrong.len());
        for file in packed(&[record(b"satu"), wrong, record(b"tiga"), record(b"empat")]) {
            assert_eq!(read_all(&file), ["satu", &expected, "tiga", "empat"]);
        }
    }
    // Too long: into the next record, past it, past what is kept, past the end.
    for length in ["12", "91", "200", "70000", "100000", "18446744073709551615"] {
        let filler = vec![b'x'; 120_000];
        let records =
            [record(b"satu"), record_of(length, b"lain!"), record(b"tiga"), record(&filler)];
        for file in packed(&records) {
            let out = read_all(&file);
            assert_eq!((&out[0][..], &out[2][..], out.len()), ("satu", "tiga", 4), "{length}");
            assert!(out[1].contains("of Content-Length"), "{}", out[1]);
            assert_eq!(out[3], "x".repeat(40) + "...");
        }
    }
    // A page that quotes a record is right; a length that ends at the end of another header is not.
    let quoting = b"<pre>\r\n\r\nWARC/1.0\r\nContent-Length: 1\r\n\r\n</pre>";
    for file in packed(&[record(b"satu"), record(quoting), record(b"tiga")]) {
        let out = read_all(&file);
        assert_eq!((out.len(), &out[1][..5], &out[2][..]), (3, "<pre>", "tiga"));
    }
    let next = record(b"tiga");
    let to_its_header = 5 + 4 + next.len() - "\r\n\r\ntiga\r\n\r\n".len();
    let file = [record_of(to_its_header, b"lain!"), next, record(b"empat")].concat();
    let out = read_all(&file);
    assert!(out[0].starts_with("[no record ends after"), "{out:?}");
    assert_eq!(out[1..], ["tiga", "empat"]);
    let without = b"WARC/1.0\r\nWARC-Type: resource\r\n\r\nlain\r\n\r\n".to_vec();
    let twice = b"WARC/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab\r\n\r\n".to_vec();
    for file in packed(&[record(b"satu"), without, twice, record(b"tiga")]) {
        let out = read_all(&file);
        assert!(out[1].starts_with("[there is no Content-Length"), "{}", out[1]);
        assert!(out[2].starts_with("[Content-Length is both"), "{}", out[2]);
        assert_eq!(out[3], "tiga");
    }
}

#[test]
fn broken_headers_are_told() {
    let long = [b"WARC/1.0\r\nX: ", &[b'x'; 70_000][..], b"\r\n\r\n"].concat();
    let nameless = b"WARC/1.0\r\nContent-Length: 1\r\nno name\r\n\r\na\r\n\r\n".to_vec();
    let garbage = b"GET / HTTP/1.1\r\n".to_vec();
    let records = [long, nameless, record(b"satu"), garbage, record(b"akhir")];
    for file in packed(&records) {
        let mut out = read_all(&file);
        assert_eq!((out.len(), &out[2][..], &out[4][..]), (5, "satu", "akhir"));
        out.insert(0, out[2].clone());
        assert!(out[1].starts_with("[the header is longer than 65536 bytes"), "{}", out[1]);
        assert!(out[2].starts_with("[a line of the header has no name: \"no name\""), "{}", out[2]);
        assert!(out[4].starts_with("[no record begins here; 16 bytes"), "{}", out[4]);
    }
    assert_eq!(
        read_all(b"sama sekali bukan"),
        ["[no record begins here; 17 bytes were passed over]"]
    );
}

#[test]
fn wherever_a_file_ends_early_the_records_before_are_there() {
    let records = [record(b"satu"), record(b"dua")];
    for (n, file) in packed(&records).iter().enumerate() {
        // The end of the first record, and of the second without the line ends behind it.
        let first = [records[0].len(), gzip(&records[0]).len(), usize::MAX][n];
        let last = if n == 0 { file.len() - 4 } else { file.len() };
        for cut in 1..last {
            let out = read_all(&file[..cut]);
            let broken = out.last().unwrap().starts_with('[');
            assert!(
                broken || cut == first || (n == 0 && cut + 4 >= first && cut <= first + 4),
                "{cut}: {out:?}"
            );
            assert!(cut < first || out[0] == "satu", "{cut}: {out:?}");
        }
    }
}

#[test]
fn a_broken_member_loses_no_other() {
    // Enough that a member which was cut runs on into the next ones.
    let text = |n: u32| -> Vec<u8> {
        let words = (0..400u32).map(|i| format!("{} ", (n * 7919 + i * 104_729) % 9973));
        format!("{n} ").into_bytes().into_iter().chain(words.flat_map(String::into_bytes)).collect()
    };
    let members: Vec<Vec<u8>> = (0..6).map(|n| gzip(&record(&text(n)))).collect();
    let check = |file: &[u8], what: &str| {
        let out = read(file, 100_000);
        for n in (0..6).filter(|n| *n != 2) {
            let is_there = out.iter().any(|record| record.starts_with(&format!("{n} ")));
            assert!(is_there, "{what}: {n} is lost in {out:?}");
        }
        assert!(out.iter().any(|record| record.starts_with('[')), "{what}: {out:?}");
        assert!(!out.iter().any(|record| record.starts_with("2 ")), "{what}: {out:?}");
    };
    let length = members[2].len();
    for at in (0..length).step_by(7) {
        let with = |member: Vec<u8>| {
            let mut members = members.clone();
            members[2] = member;
            members.concat()
        };
        check(&with(members[2][..at.max(1)].to_vec()), &format!("cut at {at}"));
        let mut flipped = members[2].clone();
        // Not the fields of the header that nothing depends on: time, system, level.
        if !(4..10).contains(&at) {
            flipped[at] ^= 0x41;
            check(&with(flipped), &format!("flipped at {at}"));
        }
        let mut member = members[2][..at].to_vec();
        member.extend(b"sampah");
        member.extend(&members[2][at..]);
        if at > 10 {
            check(&with(member), &format!("garbage at {at}"));
        }
    }
    // Garbage between members, and after the last.
    let file = [&members[0][..], b"sampah", &members[1], &[0; 1000]].concat();
    let out = read(&file[..], 100_000);
    assert_eq!(out.len(), 4, "{out:?}");
    assert!(out[1].starts_with("[broken gzip: invalid gzip header"), "{}", out[1]);
    assert!(out[2].starts_with("1 ") && out[3].starts_with('['));
}

/// Bytes that are there only while they are read.
fn endless(byte: u8, length: u64) -> impl BufRead {
    BufReader::with_capacity(1 << 16, io::repeat(byte).take(length))
}

#[test]
fn a_record_of_2_gigabytes_is_cut_in_bounded_memory() {
    let length = 2u64 << 30;
    let head = format!("WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: {length}\r\n\r\n");
    let rest = ["\r\n\r\n".as_bytes(), &record(b"sesudahnya")].concat();
    let file = head.as_bytes().chain(endless(b'x', length)).chain(&rest[..]);
    let mut records = Reader::new(Members::new(file, None).unwrap(), 1 << 20);
    let first = records.next().unwrap().unwrap();
    assert!(first.cut && first.block.iter().all(|b| *b == b'x'));
    assert!(first.block.len() > 1 << 20 && first.block.len() < 2 << 20);
    assert_eq!(records.next().unwrap().unwrap().block, b"sesudahnya");
    assert!(records.next().is_none());
    assert!(records.capacity() < 4 << 20, "{}", records.capacity());
}

#[test]
fn a_bomb_is_cut_in_bounded_memory() {
    let length = 200u64 << 20;
    let head = format!("WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: {length}\r\n\r\n");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(head.as_bytes()).unwrap();
    io::copy(&mut endless(b' ', length), &mut encoder).unwrap();
    encoder.write_all(b"\r\n\r\n").unwrap();
    let file = [encoder.finish().unwrap(), gzip(&record(b"sesudahnya"))].concat();
    let mut records = Reader::new(Members::new(&file[..], None).unwrap(), 1 << 20);
    assert!(records.next().unwrap().unwrap().cut);
    assert_eq!(records.next().unwrap().unwrap().block, b"sesudahnya");
    assert!(records.capacity() < 4 << 20, "{}", records.capacity());
    // A header without an end is a bomb, too.
    let file = gzip(&[b"WARC/1.0\r\n".to_vec(), vec![b'x'; 50 << 20]].concat());
    let mut records = Reader::new(Members::new(&file[..], None).unwrap(), 1 << 20);
    assert!(records.next().unwrap().is_err() && records.next().is_none());
    assert!(records.capacity() < 4 << 20, "{}", records.capacity());
}

#[test]
fn many_broken_records_take_no_more_than_their_bytes() {
    // Each is said to hold all that follow.
    let records: Vec<u8> = (0..20_000).flat_map(|_| record_of(10 << 20, b"x")).collect();
    let mut reader = Reader::new(Members::new(&records[..], None).unwrap(), 16 << 20);
    let mut broken = 0;
    while let Some(record) = reader.next() {
        assert!(record.is_err());
        broken += 1;
    }
    assert_eq!(broken, 20_000);
    // Members that are broken at their end, after much that could be read again.
    let mut member = gzip(&vec![7; 300_000]);
    let end = member.len() - 5;
    member[end] ^= 1;
    let file = member.repeat(300);
    let mut reader = Reader::new(Members::new(&file[..], None).unwrap(), 1 << 20);
    while reader.next().is_some() {}
}

#[test]
fn a_reader_that_fails_is_told_once() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    for start in [record(b"satu"), gzip(&record(b"satu"))] {
        let file = start.chain(BufReader::new(Failing));
        let out = read(file, 100);
        assert_eq!(out, ["satu", "[the disk is gone]"]);
    }
    trait Chain {
        fn chain<R: BufRead>(&self, next: R) -> impl BufRead;
    }
    impl Chain for Vec<u8> {
        fn chain<R: BufRead>(&self, next: R) -> impl BufRead {
            Read::chain(io::Cursor::new(self.clone()), next)
        }
    }
}

/// A response of HTTP, as a record.
fn response(http_header: &str, body: &[u8]) -> Vec<u8> {
    let http = [http_header.replace('\n', "\r\n").as_bytes(), b"\r\n\r\n", body].concat();
    let head = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: <https://warta.example/a>\r\n\
         Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
        http.len()
    );
    [head.as_bytes(), &http, b"\r\n\r\n"].concat()
}

fn found(file: &[u8]) -> Result<Found, Broken> {
    let mut records = Reader::new(Members::new(file, None).unwrap(), 1 << 20);
    records.next().unwrap().and_then(|record| record.find())
}

/// The page in a response, and whether it was cut.
fn page(http_header: &str, body: &[u8], limit: usize) -> Result<(Vec<u8>, bool), String> {
    match found(&response(http_header, body)) {
        Ok(Found::Page(page)) => page.decode(limit).map_err(|broken| broken.reason),
        Ok(Found::Nothing(other)) => Err(format!("{other:?}")),
        Err(broken) => Err(broken.reason),
    }
}

#[test]
fn html_is_told_from_everything_else() {
    let told = |head: &str, body: &[u8]| page(head, body, 100);
    let html = b"<p>isi";
    let page = Ok((html.to_vec(), false));
    assert_eq!(told("HTTP/1.1 200 OK\nContent-Type: text/html", html), page);
    assert_eq!(told("HTTP/2 203\ncontent-type:application/xhtml+xml;charset=x", html), page);
    assert_eq!(told("HTTP/1.1 200 OK\nno name\nContent-Type: TEXT/HTML", html), page);
    // A server that says nothing.
    assert_eq!(told("HTTP/1.1 200 OK", html), page);
    assert_eq!(told("HTTP/1.1 200 OK", b"\x89PNG"), Err("Media".into()));
    assert_eq!(told("HTTP/1.1 200 OK\nContent-Type: image/png", html), Err("Media".into()));
    for status in ["301 Moved", "404", "500", "199", "100"] {
        let head = format!("HTTP/1.1 {status}\nContent-Type: text/html");
        assert_eq!(told(&head, html), Err("Status".into()), "{status}");
    }
    for head in ["HTTP/1.1 OK", "200 OK", "<html>", "HTTP/1.1 20000 OK"] {
        let expected = "it does not begin with an HTTP status line";
        assert_eq!(told(head, html), Err(expected.into()), "{head}");
    }
    let endless = format!("HTTP/1.1 200 OK\nX: {}", "x".repeat(70_000));
    assert_eq!(told(&endless, html), Err("the HTTP header has no end".into()));
    let other = |fields: &str| {
        let record = format!("WARC/1.0\r\n{fields}\r\nContent-Length: 1\r\n\r\na\r\n\r\n");
        match found(record.as_bytes()).unwrap() {
            Found::Nothing(other) => other,
            Found::Page(page) => panic!("{page:?}"),
        }
    };
    assert_eq!(other("WARC-Type: revisit\r\nContent-Type: application/http"), Other::Revisit);
    assert_eq!(other("WARC-Type: request\r\nContent-Type: application/http"), Other::Type);
    assert_eq!(other("WARC-Type: warcinfo"), Other::Type);
    assert_eq!(other("WARC-Type: response\r\nContent-Type: text/dns"), Other::Media);
    assert_eq!(other("WARC-Type: resource\r\nContent-Type: text/plain"), Other::Media);
}

#[test]
fn addresses_and_charsets_are_kept() {
    let Found::Page(page) =
        found(&response("HTTP/1.1 200 OK\nContent-Type: text/html; charset=Big5", b"a")).unwrap()
    else {
        panic!("it is a page")
    };
    assert_eq!(page.url.as_deref(), Some("https://warta.example/a"));
    assert_eq!(page.charset.as_deref(), Some("Big5"));
    let wet = "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\na";
    let Found::Page(page) = found(wet.as_bytes()).unwrap() else { panic!("it is a page") };
    assert_eq!((page.kind, page.charset.as_deref()), (super::Kind::Text, Some("utf-8")));
    assert_eq!(page.decode(9), Ok((b"a".to_vec(), false)));
}

/// `<p>isi ...` in one coding.
fn coded(name: &str, text: &[u8]) -> Vec<u8> {
    use flate2::write::{DeflateEncoder, ZlibEncoder};
    match name {
        "gzip" | "x-gzip" => gzip(text),
        "zlib" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        "deflate" => {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        "zstd" => {
            ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
        }
        // A stored block: there is no encoder here. scripts/test-warc has a real one.
        "br" => {
            let start = ((text.len() as u32 - 1) << 4 | 1 << 20).to_le_bytes();
            let mut out = start[..3].to_vec();
            out.extend(text);
            out.push(3);
            out
        }
        _ => panic!("{name}"),
    }
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in body.chunks(5) {
        write!(out, "{:X};x=y\r\n", chunk.len()).unwrap();
        out.extend(chunk);
        out.extend(b"\r\n");
    }
    out.extend(b"0\r\nTrailer: x\r\n\r\n");
    out
}

#[test]
fn codings_are_undone() {
    let text = "<p>isi berita yang panjang</p>".repeat(20).into_bytes();
    let head = |more: &str| format!("HTTP/1.1 200 OK\nContent-Type: text/html\n{more}");
    let whole = Ok((text.clone(), false));
    for (name, written) in [
        ("gzip", "gzip"),
        ("x-gzip", "x-gzip"),
        ("deflate", "deflate"),
        ("zlib", "deflate"),
        ("zstd", "zstd"),
        ("br", "br"),
    ] {
        let body = coded(name, &text);
        let head = head(&format!("Content-Encoding: {written}"));
        assert_eq!(page(&head, &body, 10_000), whole, "{name}");
        // Exactly as long as is allowed, and one byte more.
        assert_eq!(page(&head, &body, text.len()), whole, "{name}");
        assert_eq!(
            page(&head, &body, text.len() - 1),
            Ok((text[..text.len() - 1].to_vec(), true)),
            "{name}"
        );
        let chunks = format!("{head}\nTransfer-Encoding: chunked");
        assert_eq!(page(&chunks, &chunked(&body), 10_000), whole, "{name}");
        // Stored as it was before sending.
        assert_eq!(page(&chunks, &text, 10_000), whole, "{name}");
        let error = page(&head, &body[..body.len() / 2], 10_000).unwrap_err();
        assert!(error.starts_with(&format!("the HTTP body is not valid {written}")), "{error}");
    }
    let twice = gzip(&coded("zlib", &text));
    assert_eq!(page(&head("Content-Encoding: deflate, gzip"), &twice, 10_000), whole);
    assert_eq!(
        page(&head("Transfer-Encoding: gzip, chunked"), &chunked(&gzip(&text)), 10_000),
        whole
    );
    assert_eq!(page(&head("Content-Encoding: identity"), &text, 10_000), whole);
    assert_eq!(page(&head("Content-Encoding: UTF-8"), &text, 10_000), whole);
    let error = page(&head("Content-Encoding: rot13"), b"vfv", 100).unwrap_err();
    assert_eq!(error, "the HTTP body is not valid rot13: there is no such coding");
    let error =
        page(&head("Content-Encoding: gzip, gzip, gzip, gzip, gzip"), b"x", 100).unwrap_err();
    assert_eq!(error, "the HTTP body has 5 codings");
    for broken in [
        "5\r\nisi",
        "-1\r\nisi\r\n0\r\n\r\n",
        "3\r\nisi\r\n",
        "3\r\nisi\r\nx\r\n",
        "fffffffffffffffff\r\n",
    ] {
        let error = page(&head("Transfer-Encoding: chunked"), broken.as_bytes(), 100).unwrap_err();
        assert!(error.starts_with("the HTTP body is not valid chunked"), "{broken:?}: {error}");
    }
}

#[test]
fn a_body_that_is_known_to_be_cut_is_used() {
    let text = "<p>isi berita yang panjang</p>".repeat(200).into_bytes();
    let body = chunked(&text);
    let http = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n",
        &body[..body.len() / 2],
    ]
    .concat();
    let head = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Truncated: length\r\nContent-Type: application/http\r\n\
         Content-Length: {}\r\n\r\n",
        http.len()
    );
    let Found::Page(page) = found(&[head.as_bytes(), &http].concat()).unwrap() else {
        panic!("it is a page")
    };
    let (start, cut) = page.decode(1 << 20).unwrap();
    assert!(cut && start.len() > 1000 && text.starts_with(&start));
}

#[test]
fn a_bomb_in_a_body_is_cut() {
    let bomb = gzip(&gzip(&vec![b' '; 100 << 20]));
    let head = "HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Encoding: gzip, gzip";
    let (body, cut) = page(head, &bomb, 1 << 20).unwrap();
    assert_eq!((body.len(), cut), (1 << 20, true));
}

#[test]
fn zstd_frames_are_members() {
    let frame = |bytes: &[u8]| coded("zstd", bytes);
    let skipped = [&b"\x50\x2A\x4D\x18\x03\0\0\0"[..], b"abc"].concat();
    let (one, two) = (frame(&record(b"satu")), frame(&record(b"dua")));
    let file = [&one[..], &skipped, &two].concat();
    assert_eq!(read_all(&file), ["satu", "dua"]);
    let mut broken = one.clone();
    broken.truncate(one.len() - 3);
    let out = read_all(&[&one[..], &broken, &two].concat());
    assert_eq!((&out[0][..], &out.last().unwrap()[..]), ("satu", "dua"));
    assert!(out[1].starts_with("[broken zstd: "), "{}", out[1]);
    let members = Members::new(&skipped[..], Some(Packing::Zstd)).unwrap();
    assert_eq!(io::read_to_string(members).unwrap(), "");
}
