//! The segmentation compared with a walk over html5ever's tree, block by block.

mod oracle;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io::Read};

use saring::{Document, Limits, decode, segment_html};

/// A block without its place, and with it.
fn rows(document: &Document) -> (Vec<String>, Vec<String>) {
    let texts: Vec<String> = document
        .blocks
        .iter()
        .map(|b| format!("{} {} {} {}", b.text, b.hidden, b.links.join(" "), b.link_chars))
        .collect();
    let full = texts.iter().enumerate().map(|(n, text)| format!("{} {text}", document.path(n)));
    let full = full.collect();
    (texts, full)
}

/// How many rows of `wanted` are in `found`, in any order.
fn shared(wanted: &[String], found: &[String]) -> usize {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in found {
        *counts.entry(row).or_default() += 1;
    }
    let take = |row: &&String| match counts.get_mut(row.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    wanted.iter().filter(take).count()
}

/// What differs on one page or many: blocks, those equal but for their place, those equal.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    blocks: usize,
    texts: usize,
    equal: usize,
    pages: usize,
    pages_equal: usize,
    /// Pages with the same blocks in another order.
    order: usize,
    facts: usize,
}

fn compare(html: &str) -> (Tally, String) {
    let limits = Limits::default();
    let new = segment_html(html, &limits);
    let (old, _) = oracle::segment(html, &limits);
    let (new_texts, new_full) = rows(&new);
    let (old_texts, old_full) = rows(&old);
    // Blocks that are there twice or not at all count against us, whichever side has them.
    let blocks = old_texts.len().max(new_texts.len());
    let tally = Tally {
        blocks,
        texts: shared(&old_texts, &new_texts),
        equal: shared(&old_full, &new_full),
        pages: 1,
        pages_equal: usize::from(old == new),
        order: usize::from(shared(&old_full, &new_full) == blocks && old_full != new_full),
        facts: usize::from(old.title != new.title || old.url != new.url),
    };
    let mut told = String::new();
    if old != new {
        for (n, row) in old_full.iter().enumerate() {
            if new_full.get(n) != Some(row) {
                told =
                    format!("  old {n}: {row}\n  new {n}: {}", new_full.get(n).map_or("-", |r| r));
                break;
            }
        }
        if told.is_empty() {
            told = format!(
                "  old {:?} {:?} {}\n  new {:?} {:?} {}",
                old.title,
                old.url,
                old.blocks.len(),
                new.title,
                new.url,
                new.blocks.len()
            );
        }
    }
    (tally, told)
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = path.to_string_lossy().to_lowercase();
        if path.is_dir() {
            pages(&path, found);
        } else if name.ends_with(".html") || name.ends_with(".html.gz") {
            found.push(path);
        }
    }
    found.sort();
}

fn read(path: &Path) -> String {
    let mut bytes = fs::read(path).expect("the page can be read");
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain).expect("gzip");
        bytes = plain;
    }
    decode(&bytes, None).into_owned()
}

/// The pages of `../shared/data`, with a table; `scripts/check-segmentation` runs it.
#[test]
#[ignore = "needs ../shared/data: scripts/check-segmentation"]
fn blocks_of_real_pages_are_those_of_the_tree() {
    let data = PathBuf::from(env::var("SARING_SHARED").unwrap_or("../shared".into())).join("data");
    let mut sets: Vec<PathBuf> =
        fs::read_dir(&data).expect("the data").flatten().map(|e| e.path()).collect();
    sets.sort();
    let told = env::var("SARING_DIFFERENCES").is_ok();
    println!(
        "{:<18} {:>6} {:>8} {:>9} {:>9} {:>12}",
        "set", "pages", "blocks", "texts %", "equal %", "pages equal"
    );
    let mut total = Tally::default();
    for set in sets {
        let mut paths = Vec::new();
        pages(&set, &mut paths);
        let mut sum = Tally::default();
        for path in paths {
            let (tally, difference) = compare(&read(&path));
            if told && !difference.is_empty() {
                println!("{}: {tally:?}\n{difference}", path.display());
            }
            for sum in [&mut sum, &mut total] {
                sum.blocks += tally.blocks;
                sum.texts += tally.texts;
                sum.equal += tally.equal;
                sum.pages += tally.pages;
                sum.pages_equal += tally.pages_equal;
                sum.order += tally.order;
                sum.facts += tally.facts;
            }
        }
        print(&set.file_name().unwrap_or_default().to_string_lossy(), sum);
    }
    print("all", total);
    assert!(share(total.equal, total.blocks) >= 99.5);
}

fn share(part: usize, of: usize) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

#[allow(clippy::print_stdout)]
fn print(name: &str, tally: Tally) {
    println!(
        "{name:<18} {:>6} {:>8} {:>9.3} {:>9.3} {:>12} {} {}",
        tally.pages,
        tally.blocks,
        share(tally.texts, tally.blocks),
        share(tally.equal, tally.blocks),
        tally.pages_equal,
        tally.order,
        tally.facts
    );
}
