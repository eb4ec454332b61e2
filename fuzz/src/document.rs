//! What holds for every document, and for every document that was classified.

use saring::{Document, Page, PathReader};

/// Checks a document that was read from `source` bytes of HTML or plain text.
pub fn check_document(document: &Document, source: usize) {
    let mut text = document.title.len();
    let mut targets = 0;
    let mut holds_text = vec![false; document.elements.len()];
    for block in &document.blocks {
        let collapsed = block.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!block.text.is_empty() && block.text == collapsed, "{:?}", block.text);
        let solid = block.text.chars().filter(|c| !c.is_whitespace()).count();
        assert!(block.link_chars as usize <= solid, "{block:?}");
        assert_eq!(block.link_chars > 0, !block.links.is_empty(), "{block:?}");
        let is_target = |link: &String| !link.is_empty() && !link.contains(char::is_whitespace);
        assert!(block.links.iter().all(is_target), "{block:?}");
        text += block.text.len();
        targets += block.links.iter().map(String::len).sum::<usize>();
        let mut at = block.element;
        while let Some(element) = at.filter(|&e| !holds_text[e]) {
            holds_text[element] = true;
            at = document.elements[element].parent;
        }
    }
    for (n, element) in document.elements.iter().enumerate() {
        assert!(!element.tag.is_empty() && element.index > 0, "{element:?}");
        assert_eq!(element.parent.is_none(), n == 0, "{element:?}");
        assert!(element.parent.is_none_or(|parent| parent < n), "{element:?}");
        assert!(holds_text[n], "{element:?}");
    }
    // A NUL becomes a character of three bytes; nothing of a page becomes more.
    assert!(text <= 3 * source, "{text} bytes of text from {source}");
    assert!(document.blocks.len() <= source);
    assert!(targets <= ALLOWANCE + 64 * source, "{targets} bytes of targets from {source}");
    check_paths(document, source);
}

/// What a page may say over and over before it is cut short, apart from what its size allows.
const ALLOWANCE: usize = 64 << 10;

/// What a path says is what the document says, and the paths are no longer than a page can make
/// them.
fn check_paths(document: &Document, source: usize) {
    let (mut reader, mut elements) = (PathReader::default(), Vec::new());
    let mut names = 0;
    for (n, block) in document.blocks.iter().enumerate() {
        let path = document.path(n);
        let element = reader.read(&path, &mut elements).unwrap();
        assert_eq!(element.is_some(), block.element.is_some());
        assert_eq!(path, document.path(n));
        let mut at = block.element;
        while let Some(element) = at {
            let element = &document.elements[element];
            names += element.id.len() + element.classes.iter().map(String::len).sum::<usize>();
            at = element.parent;
        }
    }
    assert_eq!(elements, document.elements);
    assert!(names <= ALLOWANCE + 100 * source, "{names} bytes of names from {source}");
}

/// Checks what a classifier says of a document.
pub fn check_page(page: &Page, document: &Document) {
    assert_eq!(document.blocks.len(), page.blocks.len());
    assert_eq!((&page.elements, &page.url), (&document.elements, &document.url));
    assert_eq!(page.truncated, document.truncated);
    assert!((0.0..=1.0).contains(&page.confidence), "{}", page.confidence);
    for (n, (block, labelled)) in document.blocks.iter().zip(&page.blocks).enumerate() {
        assert_eq!((&block.text, block.element), (&labelled.text, labelled.element));
        assert!((0.0..=1.0).contains(&labelled.probability), "{labelled:?}");
        assert_eq!(document.path(n), page.path(n));
    }
    let kept = page.blocks.iter().filter(|b| b.kept).map(|b| b.text.as_str());
    assert_eq!(page.text(), kept.collect::<Vec<_>>().join("\n"));
}
