//! Bytes to blocks, under the default limits and under tiny ones.

use saring::{Document, Limits, decode, segment_annotated, segment_html, segment_text};

use super::document::check_document;

/// The input is a page in bytes.
pub fn segment(bytes: &[u8]) {
    let text = decode(bytes, None);
    let tiny = [
        Limits { bytes: 0, nodes: 0, depth: 0 },
        Limits { bytes: 64, nodes: 5, depth: 3 },
        Limits { bytes: 700, nodes: 40, depth: 8 },
    ];
    check_html(&text, &Limits::default());
    check_text(&text, &Limits::default());
    for limits in tiny {
        check_html(&text, &limits);
        check_text(&text, &limits);
    }
}

fn check_html(html: &str, limits: &Limits) {
    let (document, annotations) = segment_annotated(html, limits);
    assert_eq!(document, segment_html(html, limits));
    assert_eq!(document.blocks.len(), annotations.len());
    check_document(&document, html.len());
    check_limits(&document, html, limits);
    let deepest = (0..document.blocks.len()).map(|n| document.path(n).split('>').count());
    // The root and what a table wants between itself and a cell come on top.
    let deepest = deepest.max().unwrap_or(0);
    assert!(deepest <= limits.depth + 6, "{deepest} deep, {limits:?}");
}

fn check_text(text: &str, limits: &Limits) {
    let document = segment_text(text, limits);
    check_document(&document, text.len());
    check_limits(&document, text, limits);
    assert!(document.blocks.len() <= limits.nodes);
    if document.truncated.is_none() {
        let of_blocks = document.blocks.iter().flat_map(|b| b.text.split_whitespace());
        assert!(of_blocks.eq(text.split_whitespace()));
    }
}

fn check_limits(document: &Document, source: &str, limits: &Limits) {
    if source.len() > limits.bytes {
        assert!(document.truncated.is_some());
    }
    // A character makes less than a node, apart from the elements that every page has.
    if source.len() <= limits.bytes.min(limits.nodes.saturating_sub(16)) {
        assert!(document.truncated.is_none());
    }
}
