//! `saring explain` as a process: reasons that a reader understands, and that add up.
#![cfg(feature = "cli")]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const PAGE: &str = r#"<!DOCTYPE html><html lang="id"><head><title>Warga Menanam Bakau - Pantai Kita</title>
<link rel="canonical" href="https://www.pantaikita.example/bakau"></head><body>
<ul class="menu"><li><a href="/">Beranda</a></li><li><a href="/desa">Desa</a></li><li><a href="/laut">Laut</a></li></ul>
<article class="post"><h1>Warga Menanam Bakau</h1>
<p>Sebanyak 120 warga menanam bakau di pesisir utara pada hari Minggu, kata Sari dan kawan-kawan, tanpa bantuan.</p>
<p class="related"><a href="/2024/05/banjir-di-kota-lama">Baca juga: Banjir di Kota Lama</a></p>
<p>Bibit dibawa dengan perahu dari desa sebelah, dan setiap keluarga menanam lima batang di tepi muara.</p></article>
<footer class="footer">Hak cipta 2024 <i>semua</i></footer></body></html>"#;

fn saring(command: &str, args: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_saring"))
        .arg(command)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Commands that do not read stdin may be gone before all is written.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn explain(args: &[&str]) -> Output {
    saring("explain", args, PAGE)
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn json(output: &Output) -> Value {
    assert_eq!((output.status.code(), stderr(output)), (Some(0), ""));
    serde_json::from_str(stdout(output)).unwrap()
}

#[test]
fn labels_and_probabilities_are_those_of_classify() {
    let explained = json(&explain(&["-", "--format", "jsonl"]));
    let classified = json(&saring("classify", &["-", "--format", "jsonl"], PAGE));
    assert_eq!(explained["confidence"], classified["confidence"]);
    assert_eq!(explained["url"], "https://www.pantaikita.example/bakau");
    let (explained, classified) = (&explained["blocks"], &classified["blocks"]);
    assert_eq!(explained.as_array().unwrap().len(), classified.as_array().unwrap().len());
    for (n, block) in classified.as_array().unwrap().iter().enumerate() {
        assert_eq!(explained[n]["block"], n + 1);
        for field in ["text", "label", "probability"] {
            assert_eq!(explained[n][field], block[field], "{n} {field}");
        }
        assert_eq!(explained[n]["shares"][0][0], block["label"]);
    }
}

#[test]
fn reasons_and_the_rest_add_up() {
    for top in ["0", "1", "5", "100"] {
        let page = json(&explain(&["-", "--format", "jsonl", "--top", top]));
        for block in page["blocks"].as_array().unwrap() {
            let stages = block["stages"].as_array().unwrap();
            assert_eq!(stages.len(), 2);
            for stage in stages {
                let reasons = stage["reasons"].as_array().unwrap();
                assert!(reasons.len() <= top.parse().unwrap());
                let effects: f64 = reasons.iter().map(|r| r["effect"].as_f64().unwrap()).sum();
                let sum = stage["average"].as_f64().unwrap() + effects;
                let sum = sum + stage["rest"].as_f64().unwrap();
                assert!((sum - stage["logit"].as_f64().unwrap()).abs() < 0.02, "{stage}");
                for reason in reasons {
                    assert!(!reason["family"].as_str().unwrap().is_empty());
                    assert!(!reason["words"].as_str().unwrap().is_empty());
                }
            }
        }
        let cut = &page["cut"];
        let lead = cut["chosen"]["logit"].as_f64().unwrap();
        let lead = lead - cut["runner_up"]["logit"].as_f64().unwrap();
        let reasons = cut["reasons"].as_array().unwrap();
        let effects: f64 = reasons.iter().map(|r| r["effect"].as_f64().unwrap()).sum();
        assert!((effects + cut["rest"].as_f64().unwrap() - lead).abs() < 0.02, "{cut}");
    }
}

#[test]
fn the_text_is_in_plain_words() {
    let output = explain(&["-", "--top", "100"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let text = stdout(&output);
    assert!(text.starts_with("-  https://www.pantaikita.example/bakau  confidence 0."), "{text}");
    assert!(text.contains("\ncut: keeps "), "{text}");
    for words in [
        "100 % of its characters are links",
        "same shape as 2 other blocks",
        "is the headline",
        "`juga`",
        "kind of boilerplate: related ",
        "  stage two: log-odds ",
    ] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    // No feature shows its name.
    for name in ["lex_", "log_", "_share", "p_l", "l0_"] {
        assert!(!text.contains(name), "{name} is in\n{text}");
    }
}

#[test]
fn one_block_can_be_asked_for() {
    let page = json(&explain(&["-", "--format", "jsonl", "--block", "6"]));
    let blocks = page["blocks"].as_array().unwrap();
    assert_eq!((blocks.len(), &blocks[0]["block"]), (1, &Value::from(6)));
    assert_eq!(blocks[0]["text"], "Baca juga: Banjir di Kota Lama");
    assert_eq!((&blocks[0]["label"], &blocks[0]["kept"]), (&"related".into(), &false.into()));
    let text = explain(&["-", "--block", "6"]);
    assert_eq!(stdout(&text).matches("  stage one: ").count(), 1);
}

#[test]
fn plain_text_is_explained_without_talk_of_elements() {
    let page = "Beranda\nSebanyak 120 warga menanam bakau di pesisir utara pada hari Minggu.";
    let output = saring("explain", &["-", "--top", "100"], page);
    let text = stdout(&output);
    assert!(text.contains("11 words"), "{text}");
    for element in ["<", "container", "shape", "links"] {
        assert!(!text.contains(element), "{element} is in\n{text}");
    }
    let empty = saring("explain", &["-"], "");
    assert_eq!(empty.status.code(), Some(0));
    assert!(
        stdout(&empty).contains("cut: keeps nothing, of 0 blocks on the page; there is"),
        "{}",
        stdout(&empty)
    );
}

#[test]
fn pages_do_not_command_the_terminal() {
    let output = saring("explain", &["-"], "<p class='a\x1b[31m'>Satu \x1b[2J dua</p>");
    assert!(!stdout(&output).contains('\x1b'));
}

#[test]
fn errors_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.html", "b.html"] {
        std::fs::write(folder.path().join(name), PAGE).unwrap();
    }
    let folder = folder.path().to_str().unwrap();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["-", "--block", "9"], 2, "--block 9 is out of range: the page has 8 blocks"),
        (&["-", "--block", "0"], 2, "--block"),
        (&["-", "--top", "some"], 2, "--top"),
        (&[folder], 2, "is more than one page: name one"),
        (&["gone.html"], 1, "gone.html: No such file"),
        (&["-", "--model", "gone.json"], 1, "gone.json"),
    ];
    for (args, code, message) in cases {
        let output = explain(args);
        assert_eq!((output.status.code(), stdout(&output)), (Some(code), ""), "{args:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    assert_eq!(saring("explain", &[], "").status.code(), Some(2));
}

#[test]
fn a_block_that_a_rule_decides_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules.csv");
    let text = "host,selector,label\npantaikita.example,.related,content\n\
                pantaikita.example,.tidak-ada,ad\nlain.example,p,ad\n";
    std::fs::write(&rules, text).unwrap();
    let rules = rules.to_str().unwrap();
    let unused = format!(
        "saring: {rules}:3: pantaikita.example .tidak-ada -> ad decides no block of 1 pages\n"
    );
    let output = explain(&["-", "--rules", rules, "--format", "jsonl"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), unused.as_str()));
    let page: Value = serde_json::from_str(stdout(&output)).unwrap();
    let without = json(&explain(&["-", "--format", "jsonl"]));
    for (n, block) in page["blocks"].as_array().unwrap().iter().enumerate() {
        if n != 5 {
            assert_eq!(block, &without["blocks"][n]);
            continue;
        }
        assert_eq!(block["rule"], "pantaikita.example .related -> content");
        let verdict = (&block["label"], &block["kept"], &block["probability"]);
        assert_eq!(verdict, (&"content".into(), &true.into(), &Value::from(1.0)));
        // The reasons are the model's, and so is the label that they are reasons for.
        for field in ["shares", "stages"] {
            assert_eq!(block[field], without["blocks"][n][field]);
        }
        assert_eq!(block["shares"][0][0], "related");
    }
    assert_eq!(page["cut"], without["cut"]);
    let output = explain(&["-", "--rules", rules, "--block", "6"]);
    let text = stdout(&output);
    assert!(
        text.contains(
            "\n* 6  content  1.00  Baca juga: Banjir di Kota Lama\n  \
             rule: pantaikita.example .related -> content; what follows is why the model says related\n"
        ),
        "{text}"
    );
    assert_eq!(text.matches("rule: ").count(), 1);
    let output = explain(&["-", "--rules", "gone.csv"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), ""));
    assert!(stderr(&output).contains("gone.csv: No such file"), "{}", stderr(&output));
}

#[test]
fn rules_have_the_last_word_in_the_library_too() {
    let rules =
        saring::Rules::parse(b"host,selector,label\n*,.related,content\n", "rules").unwrap();
    let rules = std::sync::Arc::new(rules);
    let classifier = saring::Classifier::pretrained().clone().rules(std::sync::Arc::clone(&rules));
    let explained = classifier.explain(PAGE);
    assert_eq!(explained.page, classifier.classify(PAGE));
    assert_eq!(explained.page.blocks[5].rule.as_deref(), Some("* .related -> content"));
    assert_eq!(explained.blocks, saring::Classifier::pretrained().explain(PAGE).blocks);
    // Two pages, counted for whoever shares the rules.
    assert_eq!(rules.iter().next().unwrap().applied(), (2, 2));
}
