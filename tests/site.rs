//! Site memory from the command line: learnt before, or while pages are classified.
#![cfg(feature = "cli")]

mod common;

use std::path::Path;

use common::{Run, folder, names, saring, write};
use serde_json::Value;
use tempfile::TempDir;

/// A line inside the article that every page has.
const REPEATED: &str = "Redaksi menerima kiriman foto dan cerita warga dari seluruh penjuru pulau, silakan hubungi \
     meja kami kapan saja.";
/// A paragraph that two pages have.
const QUOTED: &str = "Kepala balai mengatakan perbaikan tanggul sepanjang dua kilometer itu akan selesai sebelum \
     musim hujan, asalkan batu dari gunung datang tepat waktu.";

const VERBS: [&str; 12] = [
    "menanam",
    "menjual",
    "memetik",
    "merawat",
    "menjemur",
    "menimbang",
    "mengirim",
    "menyiram",
    "menggiling",
    "memilah",
    "membungkus",
    "mencuci",
];

/// A folder with twelve articles of one site in `pages`.
fn site() -> TempDir {
    let folder = folder(&[]);
    for (n, verb) in VERBS.iter().enumerate() {
        let quoted = if n == 4 || n == 9 { format!("<p>{QUOTED}</p>") } else { String::new() };
        let page = format!(
            "<html><head><title>Warga {verb} kopi - Kabar Pulau</title>
            <link rel=canonical href='https://kabarpulau.example/{n}'></head><body>
            <nav><a href=/>Beranda</a> <a href=/desa>Desa</a></nav><article><h1>Warga {verb} kopi</h1>
            <p>Sejak pagi puluhan warga {verb} kopi di lereng utara, kata Darmo yang sudah {verb} kopi
            selama tiga puluh tahun bersama keluarganya.</p>{quoted}
            <p>Ia berharap harga {verb} kopi naik pada panen berikutnya, karena ongkos {verb} juga naik
            sejak jembatan rusak.</p><p>{REPEATED}</p></article>
            <footer>Hak cipta Kabar Pulau</footer></body></html>"
        );
        write(folder.path(), &format!("pages/{n:02}.html"), page.as_bytes());
    }
    folder
}

fn learn(folder: &Path) {
    let run = saring(folder, &["site", "learn", "pages", "-o", "site.json"]);
    assert_eq!(run.code, 0, "{run:?}");
}

/// The pages of JSONL.
fn pages(run: &Run) -> Vec<Value> {
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What `saring classify` says of the pages.
fn classify(folder: &Path, args: &[&str]) -> Vec<Value> {
    let run = saring(folder, &[&["classify", "--format", "jsonl"], args].concat());
    assert_eq!(run.code, 0, "{run:?}");
    pages(&run)
}

/// The probability of the block that starts like this.
fn probability(page: &Value, text: &str) -> f64 {
    let start: String = text.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
    let blocks = page["blocks"].as_array().unwrap();
    let block = blocks.iter().find(|b| b["text"].as_str().unwrap().starts_with(&start)).unwrap();
    block["probability"].as_f64().unwrap()
}

#[test]
fn what_repeats_becomes_less_probable_and_a_quoted_paragraph_stays() {
    let site = site();
    learn(site.path());
    let without = classify(site.path(), &["pages"]);
    let with = classify(site.path(), &["--site", "site.json", "pages"]);
    assert_eq!(with.len(), VERBS.len());
    for (n, (without, with)) in without.iter().zip(&with).enumerate() {
        let (before, after) = (probability(without, REPEATED), probability(with, REPEATED));
        assert!(after < before - 0.02 || after < 0.01, "{n}: {before} -> {after}");
        // Nothing else has this text, and nothing is said of it.
        let own = "Sejak pagi puluhan warga";
        assert_eq!(probability(without, own), probability(with, own));
        if n == 4 || n == 9 {
            assert!(with["text"].as_str().unwrap().contains("Kepala balai mengatakan"), "{with}");
        }
    }
}

#[test]
fn learning_tells_what_it_learnt_and_goes_on_from_a_file() {
    let site = site();
    let learn = |args: &[&str]| {
        let run = saring(site.path(), &[&["site", "learn", "-o", "site.json"], args].concat());
        assert_eq!(run.code, 0, "{run:?}");
        run.stderr
    };
    let file = || std::fs::read(site.path().join("site.json")).unwrap();
    let told = learn(&["pages/00.html", "pages/01.html"]);
    // The menu, the line of the editors and the footer.
    assert!(told.contains("kabarpulau.example: 2 pages, 3 texts repeat"), "{told}");
    let told = learn(&["--from", "site.json", "pages/02.html"]);
    assert!(told.contains("kabarpulau.example: 3 pages"), "{told}");
    // What is learnt at once is the same.
    let in_steps = file();
    learn(&["pages/00.html", "pages/01.html", "pages/02.html"]);
    assert!(file() == in_steps);
}

#[test]
fn pages_without_an_address_need_a_host() {
    let folder = folder(&[("a.html", b"<p>Isi</p>")]);
    let learn = |args: &[&str]| {
        saring(folder.path(), &[&["site", "learn", "-o", "site.json", "a.html"], args].concat())
    };
    let run = learn(&[]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("1 pages state no address"), "{run:?}");
    let run = learn(&["--host", "kabar.example"]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("kabar.example: 1 pages"), "{run:?}");
}

#[test]
fn inputs_that_fail_are_told_and_nothing_is_written_without_a_page() {
    let site = site();
    let learn = |pages: &[&str]| {
        saring(site.path(), &[&["site", "learn", "-o", "site.json"], pages].concat())
    };
    let run = learn(&["missing.html"]);
    assert_ne!(run.code, 0);
    assert_eq!(names(site.path()), ["pages"], "{run:?}");
    let run = learn(&["pages/00.html", "missing.html"]);
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("missing.html"), "{run:?}");
    assert_eq!(names(site.path()), ["pages", "site.json"]);
}

#[test]
fn learning_on_the_way_gives_the_same_on_any_number_of_threads() {
    let site = site();
    // One that cannot be read holds nobody up.
    write(site.path(), "pages/05b.html.gz", b"no gzip");
    let on = |threads: &str| {
        let args =
            ["classify", "--format", "jsonl", "--site-memory", "--threads", threads, "pages"];
        let run = saring(site.path(), &args);
        assert_eq!(run.code, 3, "{run:?}");
        run
    };
    let one = on("1");
    assert_eq!(one.stdout, on("4").stdout);
    assert_eq!(one.stdout, on("2").stdout);
    let learnt = pages(&one);
    assert_eq!(learnt[0], classify(site.path(), &["pages/00.html"])[0]);
    assert!(probability(&learnt[12], REPEATED) < probability(&learnt[0], REPEATED));
}

#[test]
fn a_known_site_is_the_start_of_what_is_learnt_on_the_way() {
    let site = site();
    learn(site.path());
    let of = |args: &[&str]| {
        let args = [&["pages/00.html"], args].concat();
        probability(&classify(site.path(), &args)[0], REPEATED)
    };
    let known = of(&["--site", "site.json", "--site-memory"]);
    assert!(known < of(&["--site-memory"]));
    assert!((known - of(&["--site", "site.json"])).abs() < 0.05);
}

#[test]
fn bad_options_and_files_are_told() {
    let site = site();
    let bad = b"{\"format\":\"saring-site-memory\",\n\"version\":1,oops}";
    write(site.path(), "bad.json", bad);
    let classify = |args: &[&str]| {
        let run = saring(site.path(), &[&["classify", "pages/00.html"], args].concat());
        (run.code, run.stderr)
    };
    let (code, message) = classify(&["--site", "bad.json"]);
    assert_eq!(code, 1);
    assert!(message.contains("bad.json: ") && message.contains("line 2 column"), "{message}");
    let (code, message) = classify(&["--site", "missing.json"]);
    assert!(code == 1 && message.contains("missing.json"), "{message}");
    assert_eq!(classify(&["--site-memory", "--resume", "-o", "out.jsonl"]).0, 2);
    assert_eq!(classify(&["--site-memory=0"]).0, 2);
}

#[test]
fn a_model_that_has_not_learnt_of_sites_says_so() {
    let site = site();
    let mut model: Value = serde_json::from_str(&saring::Model::pretrained().to_json()).unwrap();
    for form in ["structured", "plain"] {
        model[form].as_object_mut().unwrap().remove("site");
    }
    write(site.path(), "model.json", model.to_string().as_bytes());
    let args = ["classify", "--model", "model.json", "--site-memory", "pages/00.html"];
    let run = saring(site.path(), &args);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("a site memory does nothing"), "{run:?}");
}

#[test]
fn explain_says_what_the_site_did() {
    let site = site();
    learn(site.path());
    let explain = |format: &str| {
        let args = ["explain", "--format", format, "--site", "site.json", "pages/00.html"];
        saring(site.path(), &args)
    };
    let text = explain("text").stdout;
    assert!(text.contains("  site: log-odds"), "{text}");
    assert!(text.contains("of the other pages have the text"), "{text}");
    let explained = &pages(&explain("jsonl"))[0];
    let blocks = explained["blocks"].as_array().unwrap();
    let told: Vec<bool> = blocks.iter().map(|block| block.get("site").is_some()).collect();
    // All but the title and the two paragraphs.
    assert_eq!(told.iter().filter(|&&told| !told).count(), 3, "{explained}");
}
