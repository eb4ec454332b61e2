//! What somebody selected on a page in a browser -> the blocks that it covers.
//!
//! A selection is told by places in the browser's tree, which blocks know nothing of. What the two have in
//! common is the text: without white space, the text of the body and the text of the blocks are the
//! same, character by character, so a place in one is a place in the other.

use std::collections::HashMap;

use ego_tree::iter::Edge;
use ego_tree::{NodeId, NodeRef};
use scraper::{Html, Node};

use crate::block::Document;
use crate::rules::tree;
use crate::segment::{Limits, is_skipped};

/// A part of a page, as Label Studio's `HyperText` tells it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// Where it starts: the XPath of a text or an element, below `body` or from `html`.
    pub start: String,
    /// UTF-16 units into that text, or children into that element.
    pub start_offset: usize,
    /// Where it ends, likewise.
    pub end: String,
    /// As `start_offset`.
    pub end_offset: usize,
    /// Start and end in UTF-16 units of the whole text of the body.
    pub global: Option<(usize, usize)>,
    /// The text selected: where it is given, it has the last word on what was meant.
    pub text: Option<String>,
}

/// A page on which selections are found.
///
/// ```
/// use saring::{Limits, Selectable, Selection, segment_html};
/// let html = "<div><p>Satu dua.</p><p>Tiga <b>empat</b> lima.</p></div>";
/// let page = Selectable::new(html, &segment_html(html, &Limits::default()), &Limits::default());
/// let selection = Selection {
///     start: "/div[1]/p[2]/text()[1]".into(),
///     end: "/div[1]/p[2]/b[1]/text()[1]".into(),
///     end_offset: 5,
///     ..Selection::default()
/// };
/// assert_eq!(page.blocks(&selection).unwrap(), [(1, 9.0 / 14.0)]);
/// ```
#[derive(Debug)]
pub struct Selectable {
    tree: Html,
    /// The texts of the body without white space.
    solid: String,
    /// Where each node of the body starts and ends in `solid`.
    nodes: HashMap<NodeId, (usize, usize)>,
    /// The texts of the body in order, each with the UTF-16 units before it.
    texts: Vec<(usize, NodeId)>,
    body: Option<NodeId>,
    /// The texts of the blocks without white space, and where each of them ends.
    blocks: String,
    ends: Vec<usize>,
}

impl Selectable {
    /// A page and the blocks that it was segmented into.
    pub fn new(html: &str, document: &Document, limits: &Limits) -> Selectable {
        let whole = &html[..html.floor_char_boundary(limits.bytes)];
        let (tree, _) = tree::parse(whole, limits);
        let mut blocks = String::new();
        let ends = document.blocks.iter().map(|block| {
            blocks.extend(solid(&block.text));
            blocks.len()
        });
        let ends = ends.collect();
        let is_body = |node: &NodeRef<Node>| {
            node.value().as_element().is_some_and(|element| element.name() == "body")
        };
        let body = tree.root_element().children().find(is_body).map(|node| node.id());
        let mut page = Selectable {
            tree,
            solid: String::new(),
            nodes: HashMap::new(),
            texts: Vec::new(),
            body,
            blocks,
            ends,
        };
        page.read_body();
        page
    }

    fn read_body(&mut self) {
        let Some(body) = self.body.and_then(|body| self.tree.tree.get(body)) else { return };
        let (mut units, mut skipped) = (0, 0);
        for edge in body.traverse() {
            let (node, opens) = match edge {
                Edge::Open(node) => (node, true),
                Edge::Close(node) => (node, false),
            };
            if node.value().as_element().is_some_and(|e| is_skipped(e.name())) {
                skipped = if opens { skipped + 1 } else { skipped - 1 };
            }
            if opens {
                self.nodes.insert(node.id(), (self.solid.len(), self.solid.len()));
                if let Node::Text(text) = node.value() {
                    self.texts.push((units, node.id()));
                    units += text.encode_utf16().count();
                    if skipped == 0 {
                        self.solid.extend(solid(text));
                    }
                }
            } else if let Some((_, end)) = self.nodes.get_mut(&node.id()) {
                *end = self.solid.len();
            }
        }
    }

    /// The blocks that a selection covers, each with the share of it that is covered: of its bytes
    /// without white space.
    ///
    /// The text of the selection, where it is given, decides whether its places are believed: those
    /// of old versions of the tool count parts that were marked before as elements.
    ///
    /// # Errors
    /// Says why the place is not found on the page.
    pub fn blocks(&self, selection: &Selection) -> Result<Vec<(usize, f32)>, String> {
        let text: Option<String> = selection
            .text
            .as_deref()
            .map(|t| solid(t).collect())
            .filter(|t: &String| !t.is_empty());
        let same = self.solid == self.blocks;
        let by_path = self.by_path(selection);
        if same {
            let by_units = || selection.global.map(|(start, end)| self.by_units(start, end));
            let believed = |(start, end): &(usize, usize)| {
                text.as_deref().is_none_or(|text| self.solid.get(*start..*end) == Some(text))
            };
            let place = by_path.clone().ok().into_iter().chain(by_units());
            if let Some((start, end)) = place.filter(|(start, end)| start < end).find(believed) {
                return Ok(self.covered(start, end));
            }
        }
        let Some(text) = text else {
            return Err(by_path.err().unwrap_or_else(|| "nothing is selected".to_string()));
        };
        let near = by_path.map_or(0, |(start, _)| start);
        let found = self.blocks.match_indices(&text).map(|(at, _)| at);
        let mut found: Vec<usize> = found.take(MOST_COPIES).collect();
        match (found.len(), same && near > 0) {
            (0, _) => Err("its text is not on the page".to_string()),
            (1, _) | (_, true) => {
                found.sort_by_key(|at| at.abs_diff(near));
                Ok(self.covered(found[0], found[0] + text.len()))
            }
            (n, false) => {
                Err(format!("its text is on the page {n} times, and its place is not found"))
            }
        }
    }

    /// Start and end in `solid`.
    fn by_path(&self, selection: &Selection) -> Result<(usize, usize), String> {
        let Selection { start, start_offset, end, end_offset, .. } = selection;
        Ok((self.boundary(start, *start_offset)?, self.boundary(end, *end_offset)?))
    }

    fn boundary(&self, path: &str, offset: usize) -> Result<usize, String> {
        let nowhere = || format!("{path:?} is no place on the page");
        let node = self.node(path).ok_or_else(nowhere)?;
        let (start, end) = *self.nodes.get(&node.id()).ok_or_else(nowhere)?;
        Ok(match node.value() {
            Node::Text(text) if start < end => start + solid_bytes(text, offset),
            Node::Text(_) => start,
            _ => node.children().nth(offset).map_or(end, |child| self.nodes[&child.id()].0),
        })
    }

    /// The node at an XPath of names and numbers.
    fn node(&self, path: &str) -> Option<NodeRef<'_, Node>> {
        let steps = path.split('/').filter(|step| !step.is_empty() && *step != ".");
        let mut steps = steps.peekable();
        let from_root = steps.peek().is_some_and(|step| step.split('[').next() == Some("html"));
        let start = if from_root { Some(self.tree.tree.root().id()) } else { self.body };
        let mut node = self.tree.tree.get(start?)?;
        for step in steps {
            let (name, number) = match step.strip_suffix(']') {
                Some(rest) => rest.split_once('[').and_then(|(n, i)| Some((n, i.parse().ok()?)))?,
                None => (step, 1usize),
            };
            let is_named = |child: &NodeRef<Node>| match child.value() {
                Node::Text(_) => name == "text()",
                Node::Element(element) => element.name().eq_ignore_ascii_case(name),
                _ => false,
            };
            node = node.children().filter(is_named).nth(number.checked_sub(1)?)?;
        }
        Some(node)
    }

    /// Start and end in `solid` of a part of the whole text.
    fn by_units(&self, start: usize, end: usize) -> (usize, usize) {
        let place = |units: usize| {
            let after = self.texts.partition_point(|(before, _)| *before <= units);
            let Some((before, id)) = after.checked_sub(1).map(|n| self.texts[n]) else { return 0 };
            let (start, end) = self.nodes[&id];
            match self.tree.tree.get(id).map(|node| node.value()) {
                Some(Node::Text(text)) if start < end => start + solid_bytes(text, units - before),
                _ => start,
            }
        };
        (place(start), place(end))
    }

    fn covered(&self, start: usize, end: usize) -> Vec<(usize, f32)> {
        let first = self.ends.partition_point(|&block| block <= start);
        let mut from = first.checked_sub(1).map_or(0, |before| self.ends[before]);
        let mut covered = Vec::new();
        for (block, &to) in self.ends.iter().enumerate().skip(first) {
            if from >= end {
                break;
            }
            let both = to.min(end) - from.max(start);
            if both > 0 {
                covered.push((block, both as f32 / (to - from) as f32));
            }
            from = to;
        }
        covered
    }
}

/// Of a text that fills a page no more copies are looked at.
const MOST_COPIES: usize = 10_000;

fn solid(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| !c.is_whitespace())
}

/// The bytes that the first UTF-16 units of a text have in it without its white space.
fn solid_bytes(text: &str, units: usize) -> usize {
    let mut before = 0;
    let within = text.chars().take_while(|c| {
        let taken = before < units;
        before += c.len_utf16();
        taken
    });
    within.filter(|c| !c.is_whitespace()).map(char::len_utf8).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::segment_html;

    const PAGE: &str = "<!DOCTYPE html><html><head><title>Judul</title><style>p{}</style></head><body>\
        <script>var x = 'skrip';</script><p></p>\n<h1>Judul &amp; anak</h1>\
        <div><p>Pa<!-- x -->gi <b>\u{1F30A} ombak</b> tinggi.</p><p>Baca juga</p><p>Baca juga</p></div></body></html>";

    fn covered(selection: &Selection) -> Result<Vec<(usize, f32)>, String> {
        let document = segment_html(PAGE, &Limits::default());
        assert_eq!(document.blocks.len(), 4);
        Selectable::new(PAGE, &document, &Limits::default()).blocks(selection)
    }

    fn selection(start: &str, start_offset: usize, end: &str, end_offset: usize) -> Selection {
        let (start, end) = (start.to_string(), end.to_string());
        Selection { start, start_offset, end, end_offset, ..Selection::default() }
    }

    #[test]
    fn places_are_those_of_a_browser() {
        // The empty p and the script count as they do in XPath.
        let heading = selection("/h1[1]/text()[1]", 0, "/h1[1]/text()[1]", 12);
        assert_eq!(covered(&heading), Ok(vec![(0, 1.0)]));
        // A comment parts two texts; the wave is two units.
        let wave = selection("/div[1]/p[1]/text()[2]", 0, "/div[1]/p[1]/b[1]/text()[1]", 2);
        // "gi" and the four bytes of the wave, of 20 bytes.
        assert_eq!(covered(&wave), Ok(vec![(1, 6.0 / 20.0)]));
        let both = selection("/html[1]/body[1]/div[1]/p[1]", 0, "/div[1]/p[2]", 1);
        assert_eq!(covered(&both), Ok(vec![(1, 1.0), (2, 1.0)]));
        assert_eq!(
            covered(&selection("/div[1]/p[9]/text()[1]", 0, "/div[1]", 1)).unwrap_err(),
            "\"/div[1]/p[9]/text()[1]\" is no place on the page"
        );
    }

    #[test]
    fn the_text_decides() {
        let text = |text: &str| Some(text.to_string());
        // As an old version tells it, where marked parts were elements; only the text is right.
        let shifted = selection("/div[1]/p[1]/text()[1]", 0, "/div[1]/p[1]/text()[1]", 1);
        let shifted = Selection { text: text("ombak\n tinggi."), ..shifted };
        assert_eq!(covered(&shifted), Ok(vec![(1, 12.0 / 20.0)]));
        let nowhere = Selection { text: text("Baca juga"), ..selection("/x", 0, "/x", 0) };
        assert!(covered(&nowhere).unwrap_err().contains("2 times"));
        let near = selection("/div[1]/p[3]/text()[1]", 0, "/div[1]/p[3]/text()[1]", 3);
        assert_eq!(covered(&Selection { text: text("Baca juga"), ..near }), Ok(vec![(3, 1.0)]));
        // Units of the whole text: the script, a line break, the heading, the first paragraph.
        let before = 16 + 1 + 12 + 21;
        let by_units = Selection { global: Some((before, before + 9)), ..nowhere };
        assert_eq!(covered(&by_units), Ok(vec![(2, 1.0)]));
        let gone = Selection { text: text("Tidak ada"), ..by_units };
        assert_eq!(covered(&gone).unwrap_err(), "its text is not on the page");
    }

    #[test]
    fn blocks_have_the_text_of_the_tree_on_our_pages() {
        let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/training-data/pages");
        let mut seen = 0;
        for entry in std::fs::read_dir(pages).unwrap() {
            let path = entry.unwrap().path();
            let html = std::fs::read_to_string(&path).unwrap();
            let document = segment_html(&html, &Limits::default());
            let page = Selectable::new(&html, &document, &Limits::default());
            assert_eq!(page.solid, page.blocks, "{}", path.display());
            seen += 1;
        }
        assert!(seen > 50);
    }
}
