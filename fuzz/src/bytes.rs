//! Bytes and a charset that somebody states for them, as a crawler has them from HTTP or WARC.

use saring::{Classifier, decode, segment_html};

use super::document::check_page;

/// The input is a line with the label of a charset, and the page; without a line no charset.
pub fn bytes(input: &[u8]) {
    let (label, page) = match input.iter().position(|&b| b == b'\n') {
        Some(end) => (Some(String::from_utf8_lossy(&input[..end])), &input[end + 1..]),
        None => (None, input),
    };
    let label = label.as_deref();
    let text = decode(page, label);
    assert_eq!(text, decode(page, label));
    // Two bytes are three at most, as are one; what is missing at the end makes one character.
    assert!(text.len() <= 3 * page.len() + 3, "{} bytes from {}", text.len(), page.len());
    if label == Some("utf-8")
        && !page.starts_with(b"\xef\xbb\xbf")
        && let Ok(page) = std::str::from_utf8(page)
    {
        assert_eq!(text, page);
    }
    let classifier = Classifier::pretrained();
    let labelled = classifier.classify_bytes(page, label);
    assert_eq!(labelled, classifier.classify(&text));
    check_page(&labelled, &segment_html(&text, classifier.limits_in_force()));
}
