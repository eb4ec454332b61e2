//! HTML to blocks and plain text to blocks: the only place that knows HTML.
//!
//! Data go one way: the page to tokens (`tokenizer`), tokens to opened elements and text (`tree`,
//! with a stack of open elements and no tree), those to blocks (`blocks`). docs/segmentation.md says
//! how, where it is simpler than the HTML standard, and what it costs.
//!
//! A block is a maximal inline run between two block-level boundaries. Two `<br>` in a row and
//! `<hr>` are boundaries, and so are `label`, `button`, `td`, `li`, `pre` and every unknown
//! element. Two adjacent inline elements get a space between them. Hidden elements are kept, as a
//! fact. Text that no browser shows as text (script, style, svg, ...) is left out.

mod adoption;
mod allowance;
mod attributes;
mod blocks;
mod doctype;
mod foreign;
mod formatting;
mod in_body;
mod in_table;
mod modes;
mod nodes;
mod references;
mod stack;
mod tags;
mod text;
mod tokenizer;
#[cfg(test)]
mod tokenizer_tests;
mod tree;

use crate::block::{Block, Document, Truncation};

/// How much of a page is read. A page that is cut says so in [`Document::truncated`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text read; default 16 MiB.
    pub bytes: usize,
    /// Elements and texts; default 500,000.
    pub nodes: usize,
    /// Depth of elements; default 512, as in browsers. Those below it become siblings: no text is
    /// lost by that, so it is not told.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bytes: 16 << 20, nodes: 500_000, depth: 512 }
    }
}

/// Splits HTML into blocks. Never fails: broken markup is read as a browser would.
///
/// ```
/// let page = saring::segment_html("<h1>Judul</h1><p>Satu <a href=/x>dua</a></p>", &saring::Limits::default());
/// assert_eq!(page.blocks[1].text, "Satu dua");
/// assert_eq!(page.blocks[1].links, ["/x"]);
/// assert_eq!(page.blocks[1].link_chars, 3);
/// ```
pub fn segment_html(html: &str, limits: &Limits) -> Document {
    segment_annotated(html, limits).0
}

/// [`segment_html`], with the value of the nearest `data-label` attribute above each block: the one
/// that most of its characters are under, where inline elements differ.
pub fn segment_annotated(html: &str, limits: &Limits) -> (Document, Vec<Option<String>>) {
    // Positions in the page are numbers of 32 bits.
    let (html, cut) = within(html, limits.bytes.min(u32::MAX as usize));
    let (mut document, annotations, full) = tree::read(html, limits);
    document.truncated = truncation(full, cut);
    (document, annotations)
}

/// Splits plain text into blocks: every line that is not blank is one.
///
/// ```
/// let page = saring::segment_text("Satu.\n\n  Dua\tdua.  \n", &saring::Limits::default());
/// assert_eq!(page.blocks[1].text, "Dua dua.");
/// ```
pub fn segment_text(text: &str, limits: &Limits) -> Document {
    let (text, cut) = within(text, limits.bytes);
    let lines = text.lines().map(collapse).filter(|line| !line.is_empty());
    let mut blocks: Vec<Block> =
        lines.map(|text| Block { text, ..Block::default() }).take(limits.nodes + 1).collect();
    let full = blocks.len() > limits.nodes;
    blocks.truncate(limits.nodes);
    let truncated = truncation(full, cut);
    Document { blocks, truncated, ..Document::default() }
}

fn within(text: &str, bytes: usize) -> (&str, bool) {
    (&text[..text.floor_char_boundary(bytes)], text.len() > bytes)
}

fn truncation(full: bool, cut: bool) -> Option<Truncation> {
    match (full, cut) {
        (true, _) => Some(Truncation::Nodes),
        (_, true) => Some(Truncation::Bytes),
        _ => None,
    }
}

fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads the tokens of a page and nothing else, for benches/pages.rs.
#[cfg(feature = "bench")]
pub(crate) fn count_tokens(html: &str) -> usize {
    use tokenizer::{RawText, Token};
    let mut tokenizer = tokenizer::Tokenizer::new(html);
    let mut attributes = attributes::Attributes::default();
    for count in 0.. {
        match tokenizer.next(&mut attributes, false) {
            Token::Eof => return count,
            Token::Start { name, .. } => {
                let is =
                    |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
                if is(&["script"]) {
                    tokenizer.raw_text(RawText::Script, name);
                } else if is(&["style", "title", "textarea"]) {
                    tokenizer.raw_text(RawText::UntilEndTag, name);
                }
            }
            _ => {}
        }
    }
    unreachable!("the range has no end")
}

/// Whether the text in elements of this name is none of the page.
#[cfg(feature = "rules")]
pub(crate) fn is_skipped(tag: &str) -> bool {
    tags::Tag::known(tag.as_bytes()).is_some_and(|tag| tag.is(tags::property::SKIPPED))
}

/// Whether elements of this name do not end a block.
pub(crate) fn is_inline(tag: &str) -> bool {
    tags::Tag::known(tag.as_bytes()).is_some_and(|tag| tag.is(tags::property::INLINE))
}

#[cfg(test)]
mod tests;
