//! A filter for a crawler: pages go in, the text worth storing comes out.
//!
//! ```text
//! cargo run --release --example crawler_filter
//! ```

use std::error::Error;
use std::io::Write;

use saring::Classifier;

/// Below this a page is better left for another look. Choose it on pages of your own.
const MIN_CONFIDENCE: f32 = 0.3;

/// The address and kept text of each page that has some and that the model is sure enough about.
fn worth_storing(
    pages: impl Iterator<Item = (String, Vec<u8>)>,
) -> impl Iterator<Item = (String, String)> {
    pages.filter_map(|(url, bytes)| {
        let page = Classifier::pretrained().classify_bytes(&bytes, None);
        let text = page.text();
        (page.confidence >= MIN_CONFIDENCE && !text.is_empty()).then_some((url, text))
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    // Stands for the crawl: names as addresses, files as responses.
    let mut files: Vec<_> =
        std::fs::read_dir("training-data/pages")?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let pages =
        files.iter().filter_map(|f| Some((f.display().to_string(), std::fs::read(f).ok()?)));
    for (url, text) in worth_storing(pages) {
        let words = text.split_whitespace().count();
        writeln!(std::io::stdout(), "{url}: {words} words, from {:?}", text.lines().next())?;
    }
    Ok(())
}
