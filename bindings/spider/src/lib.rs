//! Saring in the crawler [spider]: from a page as it was fetched to labelled blocks.
//!
//! ```
//! use spider::page::Page;
//!
//! fn keep(page: &Page) -> Option<String> {
//!     let filtered = saring_spider::filter_page(page);
//!     (filtered.confidence >= 0.3).then(|| filtered.text())
//! }
//! ```
//!
//! It takes a millisecond or two of processor time and waits for nothing but what spider has put on
//! disk. In a busy crawl give it a thread of its own: `tokio::task::spawn_blocking`.

use std::borrow::Cow;

use saring::{Classifier, Page, Truncation, decode, segment_html};

/// Labels the blocks of a page with the model that comes with saring.
pub fn filter_page(page: &spider::page::Page) -> Page {
    filter_page_with(Classifier::pretrained(), page)
}

/// The same with a classifier of your own: its model, what it keeps, its limits and, with the feature
/// `rules`, its rules.
///
/// The address is the one that redirects led to. A page that failed or has no body has no blocks.
/// One that spider has cut says so in `truncated`.
///
/// ```
/// let classifier = saring::Classifier::pretrained().clone().min_probability(0.8);
/// let filtered = saring_spider::filter_page_with(&classifier, &spider::page::Page::default());
/// assert!(filtered.blocks.is_empty());
/// ```
pub fn filter_page_with(classifier: &Classifier, page: &spider::page::Page) -> Page {
    let html = if page.is_html_on_disk() {
        // With spider's feature `balance` large bodies wait in files, and there are no bytes.
        Cow::Owned(page.get_html())
    } else {
        decode(page.get_html_bytes_u8(), charset(page).as_deref())
    };
    let mut document = segment_html(&html, classifier.limits_in_force());
    document.url = page.get_url_final().to_string();
    if page.content_truncated {
        document.truncated = document.truncated.or(Some(Truncation::Bytes));
    }
    #[allow(unused_mut)]
    let mut filtered = classifier.classify_document(document);
    #[cfg(feature = "rules")]
    classifier.apply_rules(&html, &mut filtered);
    filtered
}

/// The one of the HTTP header.
fn charset(page: &spider::page::Page) -> Option<String> {
    let content_type = page.headers.as_ref()?.get("content-type")?.to_str().ok()?;
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"').to_string())
    })
}

// So that the code in it is tested.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/crawlers.md")]
struct Documented;
