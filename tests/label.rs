//! `saring label` as a process: who is let in, what is in the file after a kill, on a full disk, beside
//! other programs. What a person sees is tested in a browser: scripts/test-label.
#![cfg(feature = "label")]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use saring::{Dataset, Label};
use serde_json::json;

use common::label::{command, open, open_command};
use common::{folder, names, saring, write};

const PAGE: &[u8] = b"<title>Judul</title><h1>Judul</h1><p>Satu dua tiga empat lima.<p>Baca juga: <a href=/x>lain</a>\
                      <p>Berlangganan<p>Berlangganan";

fn labels(csv: &std::path::Path) -> Vec<Option<Label>> {
    let data = Dataset::read([csv]).unwrap();
    data.pages.into_iter().flat_map(|page| page.labels).collect()
}

#[test]
fn a_labelled_file_is_one_to_train_on() {
    let folder = folder(&[
        ("halaman/a.html", PAGE),
        ("halaman/b.txt", b"Satu\nDua"),
        ("halaman/c.html", b""),
    ]);
    let csv = folder.path().join("my.csv");
    let session = open(folder.path(), &["halaman", "tidak-ada.html", "--data", "my.csv"]);
    let state = session.get("/api/state").json();
    let pages = state["pages"].as_array().unwrap();
    assert_eq!(pages.len(), 4);
    assert_eq!((&pages[0]["name"], &pages[0]["blocks"]), (&json!("halaman/a.html"), &json!(5)));
    assert_eq!((&pages[2]["blocks"], &pages[2]["error"]), (&json!(0), &json!(null)));
    assert!(pages[3]["error"].as_str().unwrap().contains("No such file"), "{state}");
    assert!(!csv.exists());

    let answer = session.label(0, 0, "headline").json();
    assert_eq!(answer["changes"], json!([{"page": 0, "block": 0, "from": null, "to": "headline"}]));
    assert_eq!(answer["labelled"], 1);
    let same = json!({"page": 0, "block": 3, "label": "promo"});
    assert_eq!(
        session.post("/api/same-text", &same).json()["changes"].as_array().unwrap().len(),
        2
    );
    session.label(1, 1, "content");
    let promo = Some(Label::Promo);
    let expected = [Some(Label::Headline), None, None, promo, promo, None, Some(Label::Content)];
    assert_eq!(labels(&csv), expected);
    // The unlabelled rows, too, are those that `saring blocks` writes.
    let blocks = saring(folder.path(), &["blocks", "halaman/a.html", "halaman/b.txt"]).stdout;
    let unlabelled = fs::read_to_string(&csv).unwrap();
    let unlabelled =
        unlabelled.replace(",headline,", ",,").replace(",promo,", ",,").replace(",content,", ",,");
    assert_eq!(unlabelled, blocks);

    let page = session.get("/api/pages/0").json();
    assert_eq!(page["blocks"][3]["label"], "promo");
    assert_eq!(page["blocks"][3]["twins"], 2);
    let reasons = session.get("/api/pages/0/reasons/1").json();
    assert_eq!(reasons["stages"].as_array().unwrap().len(), 2);
    for path in ["/api/pages/9", "/api/pages/0/reasons/9", "/pages/9", "/assets/x.js", "/x"] {
        assert_eq!(session.get(path).status, 404, "{path}");
    }
    let (code, _) = session.end("INT");
    assert_eq!(code, 0);
    assert_eq!(names(folder.path()), ["halaman", "my.csv", "my.csv.lock"]);
}

#[test]
fn only_the_browser_that_opened_the_link_is_let_in() {
    let folder = folder(&[("a.html", PAGE)]);
    let mut session = open(folder.path(), &["a.html", "--data", "my.csv"]);
    let (cookie, own) =
        (format!("Cookie: {}", session.cookie), format!("Origin: http://{}", session.address));
    let edit = json!({"edits": [{"page": 0, "block": 0, "label": "ad"}]}).to_string();
    let kind = "Content-Type: application/json";
    let port = session.address.split(':').nth(1).unwrap();
    let rebound = format!("Host: attacker.example:{port}");
    let rebound_origin = format!("Origin: http://attacker.example:{port}");
    for (headers, status) in [
        (vec![&*own, kind], 401),
        (vec!["Cookie: saring-1=x", &own, kind], 401),
        (vec![&cookie, kind], 403),
        (vec![&cookie, "Origin: http://attacker.example", kind], 403),
        (vec![&cookie, "Origin: null", kind], 403),
        (vec![&cookie, &rebound, &rebound_origin, kind], 403),
        (vec![&cookie, &own, "Sec-Fetch-Site: cross-site", kind], 403),
        (vec![&cookie, &own, "Content-Type: text/plain"], 415),
        (vec![&cookie, &own], 415),
    ] {
        let answer = session.send("POST /api/label", &headers, &edit);
        assert_eq!(answer.status, status, "{headers:?}");
    }
    assert!(!folder.path().join("my.csv").exists());
    for path in ["/", "/api/state", "/pages/0", "/assets/app.js", "/?token=", "/?token=x"] {
        assert_eq!(session.send(&format!("GET {path}"), &[], "").status, 401, "{path}");
        assert_eq!(
            session.send(&format!("GET {path}"), &[&cookie, &rebound], "").status,
            403,
            "{path}"
        );
        assert_eq!(session.get(path).status, 200, "{path}");
    }
    // The first link has been used; opening it has printed a second one.
    let second = session.link();
    assert_eq!(session.send(&format!("GET /?token={second}"), &[], "").status, 200);
    assert_eq!(session.send(&format!("GET /?token={second}"), &[], "").status, 401);
    assert_eq!(session.send("POST /api/label", &[&cookie, &own, kind], "{").status, 400);
    let odd = json!({"edits": [{"page": 0, "block": 0, "label": "iklan"}]}).to_string();
    assert_eq!(session.send("POST /api/label", &[&cookie, &own, kind], &odd).status, 400);
    assert_eq!(session.send("POST /api/label", &[&cookie, &own, kind], &edit).status, 200);
    assert_eq!(session.get("/api/label").status, 405);
}

#[test]
fn every_answer_says_what_a_page_may_do() {
    let folder = folder(&[(
        "a.html",
        b"<p onclick=x>&lt;script>alert(1)&lt;/script><img src=//attacker.example/x>",
    )]);
    let session = open(folder.path(), &["a.html", "--data", "my.csv"]);
    for path in ["/", "/pages/0", "/api/state", "/x"] {
        let answer = session.get(path);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        assert_eq!(policy.contains("sandbox allow-same-origin"), path == "/pages/0");
        assert_eq!(policy.contains("script-src"), path != "/pages/0");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let frame = session.get("/pages/0");
    assert!(frame.text().contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    for foreign in ["<script", "<img", "onclick", "attacker.example"] {
        assert!(!frame.text().contains(foreign), "{foreign}");
    }
}

#[test]
fn a_kill_loses_no_label_that_was_answered() {
    let page: String =
        (0..300).map(|n| format!("<p>Paragraf nomor {n} dari halaman ini.")).collect();
    let folder = folder(&[("a.html", page.as_bytes())]);
    let csv = folder.path().join("my.csv");
    let mut answered = 0;
    for round in 0..6 {
        let session = open(folder.path(), &["a.html", "--data", "my.csv"]);
        let state = session.get("/api/state").json();
        assert_eq!(state["labelled"], answered, "{round}");
        for _ in 0..10 {
            assert_eq!(session.label(0, answered, "content").status, 200);
            answered += 1;
        }
        // One more is under way when the end comes.
        let (address, cookie) = (session.address.clone(), session.cookie.clone());
        let mut socket = TcpStream::connect(&address).unwrap();
        let last = thread::spawn(move || {
            let body =
                json!({"edits": [{"page": 0, "block": answered, "label": "ad"}]}).to_string();
            let request = format!(
                "POST /api/label HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nCookie: {cookie}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = socket.write_all(request.as_bytes());
            let mut answer = [0; 12];
            socket.read_exact(&mut answer).is_ok() && &answer == b"HTTP/1.1 200"
        });
        thread::sleep(Duration::from_micros(300 * round));
        session.kill();
        let known = last.join().unwrap();
        let labels = labels(&csv);
        assert_eq!(labels.len(), 300);
        let given = labels.iter().flatten().count();
        assert!(given == answered + 1 || (!known && given == answered), "{given} of {answered}");
        answered = given;
    }
}

#[test]
fn a_full_disk_is_told_and_costs_nothing() {
    let page: String =
        (0..400).map(|n| format!("<p>Paragraf nomor {n} dari halaman ini.")).collect();
    let folder = folder(&[("a.html", b"<p>Satu<p>Dua"), ("b.html", page.as_bytes())]);
    let csv = folder.path().join("my.csv");
    // No file of this process may grow beyond 8 KiB, which the second page needs. The signal that comes
    // with that is ignored, as a full disk has none.
    let mut limited = Command::new("bash");
    limited
        .current_dir(folder.path())
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""]);
    limited
        .arg(env!("CARGO_BIN_EXE_saring"))
        .args(["label", "a.html", "b.html", "--data", "my.csv"]);
    let session = open_command(limited);
    assert_eq!(session.label(0, 0, "content").status, 200);
    let before = fs::read(&csv).unwrap();
    let answer = session.label(1, 0, "content");
    answer.is(507, "my.csv: not written: File too large");
    assert_eq!(fs::read(&csv).unwrap(), before);
    assert_eq!(session.get("/api/state").json()["labelled"], 1);
    // The page that was too much is not in the way of others.
    assert_eq!(names(folder.path()), ["a.html", "b.html", "my.csv", "my.csv.lock"]);
    assert_eq!(session.get("/api/pages/1").json()["labelled"], 0);
    assert_eq!(session.label(0, 1, "ad").status, 200);
    assert_eq!(labels(&csv), [Some(Label::Content), Some(Label::Ad)]);
}

#[test]
fn others_may_edit_the_file() {
    let folder = folder(&[("a.html", PAGE)]);
    let csv = folder.path().join("my.csv");
    let session = open(folder.path(), &["a.html", "--data", "my.csv"]);
    session.label(0, 0, "headline");
    let version = session.get("/api/state").json()["version"].clone();
    thread::sleep(Duration::from_millis(20));
    let edited = fs::read_to_string(&csv).unwrap().replacen(
        "Satu dua tiga empat lima.,,",
        "Satu dua tiga empat lima.,content,",
        1,
    );
    fs::write(&csv, &edited).unwrap();
    let state = session.get(&format!("/api/state?since={version}")).json();
    assert_eq!((&state["labelled"], &state["trouble"]), (&json!(2), &json!(null)));
    assert!(state["notice"].as_str().unwrap().contains("1 labels taken"), "{state}");
    thread::sleep(Duration::from_millis(20));
    fs::write(&csv, edited.replacen(",content,", ",isi,", 1)).unwrap();
    let state = session.get("/api/state").json();
    assert!(
        state["trouble"].as_str().unwrap().contains("my.csv:4: unknown label \"isi\""),
        "{state}"
    );
    session.label(0, 2, "related").is(507, "unknown label \"isi\"");
    thread::sleep(Duration::from_millis(20));
    fs::write(&csv, &edited).unwrap();
    assert_eq!(session.label(0, 2, "related").status, 200);
    let expected = [Some(Label::Headline), Some(Label::Content), Some(Label::Related), None, None];
    assert_eq!(labels(&csv), expected);
}

#[test]
fn two_sessions_do_not_share_a_file() {
    let folder = folder(&[("a.html", PAGE)]);
    let session = open(folder.path(), &["a.html", "--data", "my.csv"]);
    let second = saring(folder.path(), &["label", "a.html", "--data", "my.csv"]);
    assert_eq!(second.code, 1);
    assert!(
        second.stderr.contains("my.csv: another saring label is working on it"),
        "{}",
        second.stderr
    );
    session.kill();
    open(folder.path(), &["a.html", "--data", "my.csv"]);
}

#[test]
fn what_cannot_be_opened_is_said() {
    let folder = folder(&[
        ("a.html", PAGE),
        ("baris.csv", b"text,label\nSatu,ad\n"),
        ("buruk.csv", b"page,text,label\na,Satu,iklan\n"),
    ]);
    for (args, code, message) in [
        (&["--data", "my.csv"][..], 2, "there is no page to label"),
        (&["a.html"], 2, "--data"),
        (&["tidak-ada.html", "--data", "my.csv"], 1, "tidak-ada.html: "),
        (&["a.html", "--data", "baris.csv"], 1, "no column \"page\""),
        (&["a.html", "--data", "buruk.csv"], 1, "buruk.csv:2: unknown label"),
        (&["a.html", "--data", "tidak/ada.csv"], 1, "tidak/ada.csv.lock: "),
        (&["a.html", "--data", "."], 1, "not an ordinary file"),
        (&["a.html", "--data", "my.csv", "--with", "tidak.csv"], 1, "tidak.csv: "),
        (&["a.html", "--data", "my.csv", "--model", "tidak.json"], 1, "tidak.json"),
    ] {
        let output = command(folder.path(), args).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(message), "{args:?}: {said}");
    }
}

#[test]
fn a_page_of_ten_thousand_blocks_is_answered_in_time() {
    let page: String = (0..10_000)
        .map(|n| format!("<p class=k{}>Paragraf nomor {n} dari halaman ini.", n % 7))
        .collect();
    let folder = folder(&[("a.html", page.as_bytes())]);
    let session = open(folder.path(), &["a.html", "--data", "my.csv"]);
    let begin = Instant::now();
    assert_eq!(session.get("/api/pages/0").json()["blocks"].as_array().unwrap().len(), 10_000);
    assert_eq!(session.get("/api/pages/0/reasons/9999").status, 200);
    let edits: Vec<_> = (0..10_000)
        .map(|n| json!({"page": 0, "block": n, "label": "content", "only_if": null}))
        .collect();
    let answer = session.post("/api/label", &json!({ "edits": edits })).json();
    assert_eq!(answer["changes"].as_array().unwrap().len(), 10_000);
    assert_eq!(session.label(0, 5000, "ad").status, 200);
    // Far from tight: this is a test program on a busy machine.
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}

#[test]
fn training_says_what_is_missing_and_what_has_come_of_it() {
    let folder = folder(&[]);
    let mut names = Vec::new();
    for file in fs::read_dir("training-data/pages").unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        if ["aksarabanua", "ambangwarta", "balepawarta", "baritokini"]
            .iter()
            .any(|site| file.starts_with(site))
        {
            write(folder.path(), &file, &fs::read(format!("training-data/pages/{file}")).unwrap());
            names.push(file);
        }
    }
    names.sort();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let session = open(
        folder.path(),
        &[&names[..], &["--data", "my.csv", "--model-out", "my.json"]].concat(),
    );
    let trained = || {
        assert_eq!(session.post("/api/retrain", &json!({})).status, 200);
        let begin = Instant::now();
        loop {
            let training = session.get("/api/state").json()["training"].clone();
            if training["running"].is_null() {
                return training;
            }
            assert!(begin.elapsed() < Duration::from_secs(300));
            thread::sleep(Duration::from_millis(50));
        }
    };
    assert_eq!(trained()["failed"], "0 blocks have a label: 20 are the least to train on");
    session.post("/api/save", &json!({})).is(409, "nothing is trained yet");
    // Labels as `saring blocks` has them, on every second block.
    let csv = saring(folder.path(), &[&["blocks"], &names[..], &["-o", "truth.csv"]].concat());
    assert_eq!(csv.code, 0, "{}", csv.stderr);
    let truth = Dataset::read([folder.path().join("truth.csv")]).unwrap();
    let mut edits = Vec::new();
    for (n, page) in truth.pages.iter().enumerate() {
        for (block, label) in page.labels.iter().enumerate().step_by(2) {
            edits.push(json!({"page": n, "block": block, "label": label}));
        }
    }
    assert_eq!(session.post("/api/label", &json!({ "edits": edits })).status, 200);
    let training = trained();
    assert_eq!(training["failed"], json!(null), "{training}");
    let report = &training["reports"][0];
    assert_eq!((&report["sites"], &report["by"]), (&json!(4), &json!("site")));
    assert_eq!(report["before"]["blocks"], report["after"]["blocks"]);
    assert_eq!(report["rows"].as_f64(), report["after"]["blocks"].as_f64());
    // The model that comes with saring has learnt from these pages, so it stays.
    let f1 = |of: &str| report[of]["f1"].as_f64().unwrap();
    assert!(0.2 < f1("after") && f1("after") < f1("before"), "{report}");
    assert_eq!(report["better"], false);
    assert_eq!(session.get("/api/state").json()["model"], "start");
    for model in ["trained", "start", "trained"] {
        assert_eq!(session.post("/api/use", &json!({ "model": model })).status, 200);
        assert_eq!(session.get("/api/state").json()["model"], model);
    }
    assert_eq!(session.post("/api/save", &json!({})).status, 200);
    assert_eq!(session.get("/api/model").body, fs::read(folder.path().join("my.json")).unwrap());
    let classified = saring(folder.path(), &["classify", names[0], "--model", "my.json"]);
    assert_eq!(classified.code, 0, "{}", classified.stderr);
}
