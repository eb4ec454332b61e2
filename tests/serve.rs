//! `saring serve` over real sockets: every route, every limit, slow and broken clients, the end.
#![cfg(feature = "serve")]

mod common;

use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use common::server::{
    HTML, NDJSON, chunk, command, head, read_answer, start, start_command, until,
};

const TOKEN: &str = "kata-sandi-yang-panjang";

/// What the command line makes of the same bytes on stdin.
fn on_the_command_line(args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_saring"))
        .args(["classify", "--format", "jsonl"])
        .args(args)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn answers_are_those_of_the_command_line() {
    let server = start(&[]);
    let page = fs::read("examples/artikel.html").unwrap();
    let answer = server.post("", &[HTML], &page);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.text(), on_the_command_line(&[], &page));
    for (query, args) in [
        ("?keep=promo,related", vec!["--keep", "promo,related"]),
        ("?min_probability=0.99", vec!["--min-probability", "0.99"]),
        ("?threshold=0.9&keep=content", vec!["--threshold", "0.9", "--keep", "content"]),
    ] {
        let answered = server.post(query, &[HTML], &page);
        assert_eq!(answered.text(), on_the_command_line(&args, &page), "{query}");
        assert_ne!(answered.text(), answer.text(), "{query}");
    }
    let text = "Isi berita hari ini.\nBaca juga: Kabar lain\n".as_bytes();
    let answer = server.post("", &["Content-Type: text/plain"], text);
    assert_eq!(answer.text(), on_the_command_line(&["--input", "text"], text));
    let lines =
        "{\"url\":\"https://a.example/1\",\"html\":\"<p>satu<p>dua\"}\n\n{\"text\":\"tiga\"}";
    let answer = server.post("", &[NDJSON], lines.as_bytes());
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(answer.text(), on_the_command_line(&[], lines.as_bytes()));
}

#[test]
fn options_of_the_command_line_are_the_defaults() {
    let server = start(&["--keep", "promo", "--threshold", "0.7"]);
    let page = fs::read("examples/artikel.html").unwrap();
    let args = ["--keep", "promo", "--threshold", "0.7"];
    assert_eq!(server.post("", &[HTML], &page).text(), on_the_command_line(&args, &page));
    let args = ["--keep", "content", "--threshold", "0.7"];
    let answer = server.post("?keep=content", &[HTML], &page);
    assert_eq!(answer.text(), on_the_command_line(&args, &page));
}

#[test]
fn rules_win_are_named_and_told_where_they_decide_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.csv");
    let text = "host,selector,label\na.example,.kanal,promo\na.example,.iklan,ad\n";
    fs::write(&file, text).unwrap();
    let rules = ["--rules", file.to_str().unwrap()];
    let server = start(&rules);
    let html =
        "<h1>Judul</h1><p class=kanal>Warga menanam bakau di pesisir utara pada Minggu pagi.";
    let query = "?url=https%3A%2F%2Fwww.a.example%2F1";
    let block =
        |query: &str| server.post(query, &[HTML], html.as_bytes()).json()["blocks"][1].take();
    assert_eq!(block(query)["rule"], "a.example .kanal -> promo");
    assert_eq!(
        (&block(query)["label"], &block(query)["probability"]),
        (&"promo".into(), &0.0.into())
    );
    // Options of the request count with them, and other hosts have no rules.
    assert_eq!(block(&format!("{query}&keep=promo"))["probability"], 1.0);
    assert_eq!(block("?url=https%3A%2F%2Fb.example%2F1").get("rule"), None);
    let line = |n: usize| {
        serde_json::json!({ "url": format!("https://a.example/{n}"), "html": html }).to_string()
    };
    let lines = [line(1), line(2)].join("\n");
    let answer = server.post("", &[NDJSON], lines.as_bytes());
    assert_eq!(answer.text(), on_the_command_line(&rules, lines.as_bytes()));
    let names = server.get("/openapi.json").json();
    let names = names["components"]["schemas"]["Block"]["properties"].as_object().unwrap().clone();
    assert!(block(query).as_object().unwrap().keys().all(|name| names.contains_key(name)));
    server.signal("TERM");
    let told =
        format!("saring: {}:3: a.example .iklan -> ad decides no block of 7 pages\n", rules[1]);
    assert_eq!(server.end(), (0, told));
    for (text, code) in [("host,selector\n", 1), ("host,selector,label\na.example,p[,ad\n", 1)] {
        fs::write(&file, text).unwrap();
        let output = command(&rules).args(["--port", "0"]).output().unwrap();
        assert_eq!((output.status.code(), output.stdout), (Some(code), Vec::new()));
        assert!(String::from_utf8_lossy(&output.stderr).contains("rules.csv:"));
    }
}

#[test]
fn the_charset_of_the_header_and_the_url_of_the_query_count() {
    let server = start(&[]);
    let text = |content_type: &str, body: &[u8]| {
        let content_type = format!("Content-Type: {content_type}");
        let answer = server.post("", &[&content_type], body).json();
        answer["blocks"][0]["text"].as_str().unwrap().to_string()
    };
    // The same bytes in two charsets.
    assert_eq!(text("text/html; charset=windows-1251", b"<p>\xcf\xf0\xe8\xe2\xe5\xf2"), "Привет");
    assert_eq!(text("text/html; charset=\"iso-8859-1\"", b"<p>\xcf\xf0\xe8\xe2\xe5\xf2"), "Ïðèâåò");
    assert_eq!(text("text/plain; charset=windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2"), "Привет");
    // Broken UTF-8 is read as far as it goes, and an unknown charset is none.
    let broken = "Kopi di café itu enak, kata pengunjung café lain. ".repeat(20).into_bytes();
    let broken = [b"<p>", &broken[..], b"\xff."].concat();
    assert!(text("text/html; charset=utf-8", &broken).ends_with("café lain. \u{fffd}."));
    assert_eq!(text("text/html; charset=tidak-ada", "<p>café".as_bytes()), "café");
    let answer = server.post("?url=https%3A%2F%2Fa.example%2F1", &[HTML], b"<p>isi").json();
    assert_eq!(answer["url"], "https://a.example/1");
}

#[test]
fn a_bad_line_does_not_stop_the_others() {
    let server = start(&["--max-body", "1000", "--threads", "3"]);
    let long = format!("{{\"text\":\"{}\"}}", "a".repeat(2000));
    let mut body = Vec::new();
    for n in 0..40 {
        body.extend(
            format!("{{\"url\":\"https://a.example/{n}\",\"text\":\"baris {n}\"}}\n").bytes(),
        );
        let bad: &[u8] = match n % 5 {
            0 => b"not json",
            1 => b"{\"text\":\"\xff\xfe\"}",
            2 => long.as_bytes(),
            3 => b"{\"url\":\"https://a.example/\"}",
            _ => b"",
        };
        body.extend(bad);
        body.push(b'\n');
    }
    let answer = server.post("", &[NDJSON], &body);
    let lines = answer.lines();
    // All but the eight blank ones.
    assert_eq!(lines.len(), 72);
    let messages = ["not a page in JSON", "not a page in JSON", "longer than 1000", "neither"];
    let mut lines = lines.iter();
    for n in 0..40 {
        let line = lines.next().unwrap();
        assert_eq!(line["source"], format!("-:{}", 2 * n + 1));
        assert_eq!(line["url"], format!("https://a.example/{n}"));
        assert_eq!(line["blocks"][0]["text"], format!("baris {n}"));
        if n % 5 < 4 {
            let line = lines.next().unwrap();
            assert_eq!(line["source"], format!("-:{}", 2 * n + 2));
            assert!(line["error"].as_str().unwrap().contains(messages[n % 5]), "{line}");
        }
    }
    // A last line without an end, too long and not.
    assert_eq!(server.post("", &[NDJSON], b"{\"text\":\"a\"}").lines().len(), 1);
    assert!(server.post("", &[NDJSON], long.as_bytes()).lines()[0]["error"].is_string());
    assert_eq!(server.post("", &[NDJSON], b"").text(), "");
}

#[test]
fn lines_are_answered_while_others_are_to_come() {
    let server = start(&[]);
    let headers = [NDJSON, "Transfer-Encoding: chunked"];
    let mut socket = server.begin("POST /classify", &headers, b"");
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    for n in 0..3 {
        let line = format!("{{\"text\":\"baris {n}\"}}\n");
        write!(socket, "{:x}\r\n{line}\r\n", line.len()).unwrap();
        if n == 0 {
            assert_eq!(head(&mut reader).0, 200);
        }
        let answer: Value = serde_json::from_slice(&chunk(&mut reader)).unwrap();
        assert_eq!(answer["blocks"][0]["text"], format!("baris {n}"));
    }
    assert_eq!(server.metric("saring_requests_in_flight"), 1.0);
    socket.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(chunk(&mut reader), b"");
    until("the turn is over", || server.metric("saring_requests_in_flight") == 0.0);
}

#[test]
fn a_client_may_send_all_before_it_reads() {
    let server = start(&[]);
    let text = "Kalimat yang cukup panjang untuk mengisi penyangga soket. ".repeat(900);
    let body: String = (0..150).map(|n| format!("{{\"text\":\"{n} {text}\"}}\n")).collect();
    assert!(body.len() > 7 << 20);
    // `post` writes everything, then reads.
    let answer = server.post("", &[NDJSON], body.as_bytes());
    assert_eq!(answer.lines().len(), 150);
}

#[test]
fn what_is_wrong_with_a_request_is_said() {
    let server = start(&["--max-body", "1000"]);
    let large = vec![b'a'; 3 << 20];
    server.post("", &[HTML], &large).is(413, "longer than 1000");
    server.post("", &[HTML], &large[..1001]).is(413, "longer than 1000");
    assert_eq!(server.post("", &[HTML], &large[..1000]).status, 200);
    let chunked = [HTML, "Transfer-Encoding: chunked"];
    let body = [format!("{:x}\r\n", 1001).as_bytes(), &large[..1001], b"\r\n0\r\n\r\n"].concat();
    read_answer(&server.begin("POST /classify", &chunked, &body)).is(413, "longer than 1000");
    server.post("", &[], b"<p>").is(415, "Content-Type must be");
    server.post("", &["Content-Type: application/pdf"], b"%PDF").is(415, "Content-Type must be");
    server.post("", &[HTML, "Content-Encoding: gzip"], b"\x1f\x8b").is(415, "Content-Encoding");
    server.post("?keep=isi", &[HTML], b"<p>").is(400, "keep: ");
    server.post("?keep=", &[HTML], b"<p>").is(400, "keep: ");
    server.post("?threshold=1.5", &[HTML], b"<p>").is(400, "threshold: must be");
    server.post("?min_probability=0.4", &[HTML], b"<p>").is(400, "min_probability: must be");
    server.post("?min_probability=nan", &[HTML], b"<p>").is(400, "min_probability: must be");
    server.post("?tidak=ada", &[HTML], b"<p>").is(400, "tidak");
    server.post("?url=a", &[NDJSON], b"{}").is(400, "every line has its own");
    server.get("/tidak/ada").is(404, "nothing at this path");
    let answer = server.get("/classify");
    answer.is(405, "another method");
    assert_eq!(answer.header("allow"), Some("POST"));
    // What is not HTTP, and what is too much of it.
    for (request, status) in [
        ("halo\r\n\r\n".to_string(), 400),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(1 << 20)), 0),
    ] {
        let mut socket = server.connect();
        let _ = socket.write_all(request.as_bytes());
        let mut answer = String::new();
        let _ = socket.read_to_string(&mut answer);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {}", if status == 0 { "4" } else { "400" })),
            "{answer:?}"
        );
    }
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn one_request_too_many_is_told_to_come_again() {
    let server = start(&["--max-requests", "1"]);
    let mut first = server.begin("POST /classify", &[HTML, "Content-Length: 9"], b"<p>");
    until("the first has its place", || server.metric("saring_requests_in_flight") == 1.0);
    let answer = server.post("", &[HTML], b"<p>isi");
    answer.is(503, "as many requests");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(server.get("/health").status, 200);
    first.write_all(b"berita").unwrap();
    assert_eq!(read_answer(&first).json()["blocks"][0]["text"], "berita");
    until("the place is free", || server.post("", &[HTML], b"<p>isi").status == 200);
    assert_eq!(server.metric("saring_requests_total{route=\"/classify\",status=\"503\"}"), 1.0);
}

#[test]
fn one_connection_too_many_waits() {
    let server = start(&["--max-connections", "2"]);
    let (first, second) = (server.connect(), server.connect());
    let third = server.begin("GET /health", &[], b"");
    third.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!((&third).read(&mut [0]).is_err(), "nothing is answered yet");
    third.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    drop(first);
    assert_eq!(read_answer(&third).status, 200);
    drop(second);
}

#[test]
fn slow_clients_are_left() {
    let server = start(&["--client-timeout", "0.5", "--max-requests", "1"]);
    let closed = |mut socket: &TcpStream| {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _ = socket.read_to_end(&mut rest);
        rest
    };
    let start = Instant::now();
    // A head that comes a byte at a time.
    let slow = server.connect();
    let trickle = slow.try_clone().unwrap();
    thread::spawn(move || {
        let bytes = b"GET /health HTTP/1.1\r\nX: ".iter().chain([b'a'].iter().cycle());
        for byte in bytes {
            if (&trickle).write_all(&[*byte]).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
    });
    assert_eq!(closed(&slow), b"");
    // One that sends nothing, and one that says nothing more.
    assert_eq!(closed(&server.connect()), b"");
    let idle = server.begin("GET /health", &[], b"");
    assert_eq!(read_answer(&idle).status, 200);
    assert_eq!(closed(&idle), b"");
    // A body that does not come.
    let body = server.begin("POST /classify", &[HTML, "Content-Length: 9"], b"<p>");
    read_answer(&body).is(408, "was not there in 0.5 s");
    // A line without an end, after one that is answered.
    let headers = [NDJSON, "Content-Length: 99"];
    let line = server.begin("POST /classify", &headers, b"{\"text\":\"satu\"}\n{\"text\":");
    let answer = read_answer(&line);
    assert_eq!(answer.lines()[0]["blocks"][0]["text"], "satu");
    assert!(answer.lines()[1]["error"].as_str().unwrap().contains("no whole line in 0.5 s"));
    assert_eq!(answer.lines().len(), 2);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    // One that sends and never reads: its place becomes free.
    let deaf = server.connect();
    let writer = thread::spawn({
        let (deaf, address) = (deaf.try_clone().unwrap(), server.address.clone());
        move || {
            let head = format!(
                "POST /classify HTTP/1.1\r\nHost: {address}\r\n{NDJSON}\r\nContent-Length: 9999999999\r\n\r\n"
            );
            (&deaf).write_all(head.as_bytes()).unwrap();
            let line = format!("{{\"text\":\"{}\"}}\n", "kata ".repeat(100_000));
            while (&deaf).write_all(line.as_bytes()).is_ok() {}
        }
    });
    writer.join().unwrap();
    until("its place is free", || server.post("", &[HTML], b"<p>isi").status == 200);
}

#[test]
fn a_page_that_takes_too_long_is_given_up() {
    let server = start(&["--timeout", "0.001"]);
    let page = "<div><p>satu kalimat <a href=/x>dua</a></p></div>".repeat(20_000);
    server.post("", &[HTML], page.as_bytes()).is(504, "no answer in 0.001 s");
    let line = serde_json::json!({ "html": page }).to_string();
    let answer = server.post("", &[NDJSON], format!("{line}\nx\n").as_bytes());
    assert_eq!(answer.lines()[0]["source"], "-:1");
    assert!(answer.lines()[0]["error"].as_str().unwrap().contains("no answer in 0.001 s"));
    assert_eq!(answer.lines().len(), 2);
    assert!(server.metric("saring_pages_total{result=\"failed\"}") >= 2.0);
}

#[test]
fn other_machines_need_a_token() {
    for args in [&["--listen", "0.0.0.0"][..], &["--listen", "::"]] {
        let output = command(args).args(["--port", "0"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("needs --token-file"));
        assert_eq!(output.stdout, b"");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let name = file.to_str().unwrap();
    for token in ["", "\n", "pendek", "dengan spasi di dalamnya", "ékor-yang-panjang-sekali"] {
        fs::write(&file, token).unwrap();
        let output = command(&["--token-file", name, "--port", "0"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{token}");
        let mut variable = command(&["--port", "0"]);
        assert_eq!(variable.env("SARING_TOKEN", token).output().unwrap().status.code(), Some(2));
    }
    fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let mut variable = command(&[]);
    variable.env("SARING_TOKEN", TOKEN);
    let mut servers =
        [start(&["--listen", "0.0.0.0", "--token-file", name]), start_command(variable)];
    for server in &mut servers {
        server.address = server.address.replace("0.0.0.0", "127.0.0.1");
        assert_eq!(server.get("/health").status, 200);
        for path in ["/metrics", "/openapi.json", "/tidak-ada"] {
            server.get(path).is(401, "Authorization: Bearer");
        }
        let with = |value: &str| {
            server.post("", &[HTML, &format!("Authorization: {value}")], b"<p>isi").status
        };
        assert_eq!(server.post("", &[HTML], b"<p>isi").header("www-authenticate"), Some("Bearer"));
        assert_eq!(with(&format!("Bearer {TOKEN}")), 200);
        assert_eq!(with(&format!("bearer  {TOKEN}")), 200);
        for wrong in [&TOKEN[1..], &format!("{TOKEN}x"), &TOKEN.to_uppercase(), ""] {
            assert_eq!(with(&format!("Bearer {wrong}")), 401, "{wrong}");
        }
        assert_eq!(with(TOKEN), 401);
        // Any name of the machine will do: a page of another site does not have the token.
        let headers = format!("Authorization: Bearer {TOKEN}");
        let request = format!("GET /metrics HTTP/1.1\r\nHost: saring.example\r\n{headers}\r\n\r\n");
        let mut socket = server.connect();
        socket.write_all(request.as_bytes()).unwrap();
        assert_eq!(read_answer(&socket).status, 200);
    }
}

#[test]
fn names_that_others_may_lead_here_are_not_answered() {
    let server = start(&[]);
    for (host, status) in
        [("localhost:1", 200), ("127.0.0.1", 200), ("saring.example", 403), ("", 403)]
    {
        for path in ["/health", "/metrics"] {
            let mut socket = server.connect();
            write!(socket, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
            assert_eq!(read_answer(&socket).status, status, "{host}");
        }
    }
}

#[test]
fn figures_are_kept() {
    let server = start(&[]);
    server.post("", &[HTML], b"<p>satu<p>dua");
    server.post("", &[NDJSON], b"{\"text\":\"tiga\"}\nx\n");
    server.post("", &[HTML], b"");
    server.get("/health");
    for n in 0..20 {
        server.get(&format!("/{n}"));
    }
    let request = |route: &str, status: u16| {
        server.metric(&format!("saring_requests_total{{route=\"{route}\",status=\"{status}\"}}"))
    };
    assert_eq!((request("/classify", 200), request("/health", 200)), (3.0, 1.0));
    // Paths that do not exist are one line.
    assert_eq!(request("other", 404), 20.0);
    assert_eq!(server.metric("saring_pages_total{result=\"answered\"}"), 3.0);
    assert_eq!(server.metric("saring_pages_total{result=\"failed\"}"), 1.0);
    assert_eq!(server.metric("saring_blocks_total"), 3.0);
    assert_eq!(server.metric("saring_page_seconds_count"), 4.0);
    until("all have ended", || server.metric("saring_request_seconds_count") == 3.0);
    assert_eq!(server.metric("saring_request_seconds_bucket{le=\"+Inf\"}"), 3.0);
    let answer = server.get("/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
}

#[test]
fn the_document_describes_what_is_there() {
    let server = start(&[]);
    let document = server.get("/openapi.json").json();
    let mut routes = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let line = format!("{} {path}", method.to_uppercase());
            let answer = read_answer(&server.begin(&line, &["Content-Length: 0"], b""));
            let statuses = operation["responses"].as_object().unwrap();
            assert!(statuses.contains_key(&answer.status.to_string()), "{line}: {answer:?}");
            assert!(!matches!(answer.status, 404 | 405), "{line}");
            routes += 1;
        }
    }
    assert_eq!(routes, 4);
    let operation = &document["paths"]["/classify"]["post"];
    for content_type in operation["requestBody"]["content"].as_object().unwrap().keys() {
        let answer = server.post("", &[&format!("Content-Type: {content_type}")], b"");
        assert_eq!(answer.status, 200, "{content_type}");
    }
    for parameter in operation["parameters"].as_array().unwrap() {
        let query = format!("?{}=%00", parameter["name"].as_str().unwrap());
        let answer = server.post(&query, &[HTML], b"");
        assert!(!answer.text().contains("unknown field"), "{answer:?}");
    }
    let labels = &document["components"]["schemas"]["Block"]["properties"]["label"]["enum"];
    let expected = saring::Label::ALL.map(saring::Label::name);
    let expected: Vec<&str> = expected.iter().copied().chain(["uncertain"]).collect();
    assert_eq!(labels, &serde_json::json!(expected));
}

#[test]
fn a_signal_lets_requests_finish() {
    for signal in ["TERM", "INT"] {
        let server = start(&[]);
        let idle = server.begin("GET /health", &[], b"");
        assert_eq!(read_answer(&idle).status, 200);
        let mut page = server.begin("POST /classify", &[HTML, "Content-Length: 9"], b"<p>");
        let lines = [NDJSON, "Transfer-Encoding: chunked"];
        let mut lines = server.begin("POST /classify", &lines, b"d\r\n{\"text\":\"a\"}\n\r\n");
        until("both are under way", || server.metric("saring_requests_in_flight") == 2.0);
        server.signal(signal);
        until("nobody new is let in", || TcpStream::connect(&server.address).is_err());
        // The one between two requests is let go.
        assert_eq!((&idle).read(&mut [0]).unwrap(), 0);
        page.write_all(b"berita").unwrap();
        let answer = read_answer(&page);
        assert_eq!(
            (answer.status, answer.json()["blocks"][0]["text"].as_str()),
            (200, Some("berita"))
        );
        lines.write_all(b"d\r\n{\"text\":\"b\"}\n\r\n0\r\n\r\n").unwrap();
        assert_eq!(read_answer(&lines).lines()[1]["blocks"][0]["text"], "b");
        assert_eq!(server.end(), (0, String::new()));
    }
}

#[test]
fn requests_that_do_not_finish_are_cut_off() {
    let server = start(&["--grace", "0.3"]);
    let page = server.begin("POST /classify", &[HTML, "Content-Length: 9"], b"<p>");
    until("it is under way", || server.metric("saring_requests_in_flight") == 1.0);
    server.signal("TERM");
    let (code, stderr) = server.end();
    assert_eq!(code, 1);
    assert!(stderr.contains("1 connections were cut off after 0.3 s"), "{stderr}");
    drop(page);
}

#[test]
fn the_second_signal_ends_it_at_once() {
    let server = start(&[]);
    let _page = server.begin("POST /classify", &[HTML, "Content-Length: 9"], b"<p>");
    until("it is under way", || server.metric("saring_requests_in_flight") == 1.0);
    server.signal("INT");
    until("nobody new is let in", || TcpStream::connect(&server.address).is_err());
    server.signal("INT");
    assert_eq!(server.end().0, 130);
}

#[test]
fn a_port_in_use_is_an_error() {
    let server = start(&[]);
    let port = server.address.rsplit(':').next().unwrap();
    let output = command(&["--port", port]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&server.address));
}
