//! training-data/blocks.csv is what `saring blocks` makes of training-data/pages, and both are
//! large and varied enough to learn from.

#![cfg(feature = "cli")]

use std::collections::{BTreeSet, HashMap};
use std::process::Command;

use saring::{Dataset, Label};

fn dataset() -> Dataset {
    Dataset::read(["training-data/blocks.csv"]).expect("the training data can be read")
}

#[test]
fn the_csv_is_what_the_pages_give() {
    let made = Command::new(env!("CARGO_BIN_EXE_saring"))
        .args(["blocks", "training-data/pages"])
        .output()
        .expect("saring runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let kept = std::fs::read("training-data/blocks.csv").expect("the CSV is there");
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_string).collect();
    let (made, kept): (Vec<String>, Vec<String>) = (lines(&made.stdout), lines(&kept));
    let differing = made.iter().zip(&kept).position(|(a, b)| a != b);
    assert!(
        differing.is_none() && made.len() == kept.len(),
        "line {:?} differs: run `saring blocks training-data/pages -o training-data/blocks.csv`",
        differing.map(|n| n + 1)
    );
}

#[test]
fn every_block_has_a_label() {
    for page in dataset().pages {
        for (block, label) in page.document.blocks.iter().zip(&page.labels) {
            assert!(label.is_some(), "{}: no data-label above {:?}", page.name, block.text);
        }
    }
}

#[test]
fn there_are_enough_pages_sites_and_rows_of_each_label() {
    let data = dataset();
    assert!(data.pages.len() >= 90, "{} pages", data.pages.len());
    let sites: BTreeSet<&str> = data.pages.iter().map(|p| p.group.as_str()).collect();
    assert!(sites.len() >= 30, "{} sites", sites.len());
    let counts = data.label_counts();
    for label in Label::ALL.into_iter().filter(|l| *l != Label::Boilerplate) {
        let rows = counts.get(&label).copied().unwrap_or(0);
        assert!(rows >= 150, "{label}: {rows} rows");
    }
}

/// The boilerplate of the page that Saring was founded on, each pattern in several wordings.
#[test]
fn the_named_promos_come_in_several_wordings() {
    let data = dataset();
    let wordings = |label: Label, word: &str| {
        let mut texts = HashMap::new();
        for page in &data.pages {
            for (block, of_block) in page.document.blocks.iter().zip(&page.labels) {
                let text = block.text.to_lowercase();
                if *of_block == Some(label) && text.contains(word) {
                    *texts.entry(text).or_insert(0) += 1;
                }
            }
        }
        texts.len()
    };
    for (label, word) in [
        (Label::Promo, "tanpa iklan"),
        (Label::Promo, "whatsapp"),
        (Label::Promo, "telegram"),
        (Label::Promo, "google news"),
        (Label::Promo, "aplikasi"),
        (Label::Related, "baca juga"),
        (Label::HeadlineList, "terkini"),
        (Label::Share, "bagikan"),
        (Label::Comments, "komentar"),
        (Label::Ad, "iklan"),
    ] {
        let found = wordings(label, word);
        assert!(found >= 5, "{label} with {word:?}: {found} wordings");
    }
}
