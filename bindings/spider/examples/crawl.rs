//! Crawls a site and writes the kept text of each page as it comes.
//!
//! ```text
//! cargo run --release --example crawl -- http://localhost:8000/
//! ```

use std::io::Write;

use spider::page::Page;
use spider::tokio::sync::broadcast::error::RecvError;
use spider::website::Website;

/// Pages that may wait for the one that is being worked on. Where more do, spider drops the oldest.
const WAITING: usize = 1000;

/// Calls `take` with the pages of a site and what saring says of them, in the order they come in.
///
/// # Errors
/// So many pages were dropped because they came faster than they were taken.
pub async fn crawl(url: &str, mut take: impl FnMut(&Page, saring::Page)) -> Result<(), u64> {
    let mut website = Website::new(url);
    let mut pages = website.subscribe(WAITING);
    let crawl = tokio::spawn(async move {
        website.crawl().await;
        // No more pages come.
        website.unsubscribe();
    });
    let mut dropped = 0;
    loop {
        match pages.recv().await {
            Ok(page) => {
                let work = move || (saring_spider::filter_page(&page), page);
                let (filtered, page) =
                    tokio::task::spawn_blocking(work).await.expect("pages do not panic");
                take(&page, filtered);
            }
            Err(RecvError::Lagged(pages)) => dropped += pages,
            Err(RecvError::Closed) => break,
        }
    }
    crawl.await.expect("the crawl does not panic");
    if dropped > 0 { Err(dropped) } else { Ok(()) }
}

#[allow(dead_code)] // tests/crawl.rs has this file without it.
#[tokio::main]
async fn main() -> Result<(), String> {
    let url = std::env::args().nth(1).ok_or("usage: crawl URL")?;
    let mut out = std::io::stdout();
    let crawled = crawl(&url, |_, filtered| {
        let _ = writeln!(out, "== {}\n{}\n", filtered.url, filtered.text());
    });
    crawled.await.map_err(|pages| format!("{pages} pages were dropped: take them faster"))
}
