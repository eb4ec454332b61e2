//! `saring classify --rules` as a process.
#![cfg(feature = "cli")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const PAGE: &str = r#"<!DOCTYPE html><title>Pasar Pagi Pindah</title>
<link rel="canonical" href="https://kabar.example/pasar">
<article><h1>Pasar Pagi Pindah</h1>
<p>Pedagang pasar pagi mulai menempati bangunan baru di seberang sungai sejak Senin, kata kepala pasar.</p>
<p class="kanal-wa">Ikuti berita terbaru kami di kanal pesan setiap pagi.</p></article>
<div id="cuaca"><p>Cuaca hari ini cerah berawan dengan suhu dua puluh enam derajat di kota dan sekitarnya.</p></div>"#;

fn saring(folder: &Path, rules: &str, args: &[&str]) -> Output {
    std::fs::write(folder.join("halaman.html"), PAGE).unwrap();
    std::fs::write(folder.join("aturan.csv"), rules).unwrap();
    Command::new(env!("CARGO_BIN_EXE_saring"))
        .args(["classify", "halaman.html", "--rules", "aturan.csv"])
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn rules_win_and_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "host,selector,label,note\n\
                 kabar.example,.kanal-wa,promo,the channel\n\
                 kabar.example,#cuaca,keep,\n\
                 kabar.example,.iklan,ad,\n\
                 lain.example,p,drop,\n";
    let output = saring(folder.path(), rules, &["--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(0));
    let page: Value = serde_json::from_slice(&output.stdout).unwrap();
    let blocks = page["blocks"].as_array().unwrap();
    let promo = blocks.iter().find(|b| b["text"].as_str().unwrap().starts_with("Ikuti")).unwrap();
    assert_eq!(
        (promo["label"].as_str(), promo["probability"].as_f64()),
        (Some("promo"), Some(0.0))
    );
    assert_eq!(promo["rule"], "kabar.example .kanal-wa -> promo");
    assert!(page["text"].as_str().unwrap().contains("Cuaca hari ini"));
    assert!(!page["text"].as_str().unwrap().contains("kanal pesan"));
    assert!(blocks[0].get("rule").is_none());
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        told,
        "saring: aturan.csv:4: kabar.example .iklan -> ad decides no block of 1 pages\n"
    );
}

#[test]
fn a_bad_file_of_rules_is_told_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let output = saring(folder.path(), "host,selector,label\nkabar.example,p:::x,drop\n", &[]);
    assert!(output.stdout.is_empty());
    assert_ne!(output.status.code(), Some(0));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("aturan.csv:2: the selector \"p:::x\""), "{told}");
}
