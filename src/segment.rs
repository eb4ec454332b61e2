//! HTML to blocks and plain text to blocks: the only place that knows the parser.
//!
//! A block is a maximal inline run between two block-level boundaries. Two `<br>` in a row and
//! `<hr>` are boundaries, and so are `label`, `button`, `td`, `li`, `pre` and every unknown
//! element. Two adjacent inline elements get a space between them. Hidden elements are kept, as a
//! fact. Text that no browser shows as text (script, style, svg, ...) is left out.

mod guard;

use ego_tree::iter::Edge;
use scraper::node::{Element as Node, Node as Kind};

use crate::block::{Block, Document, Element, Truncation};

/// How much of a page is read. Hitting a limit is told in [`Document::truncated`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text read; default 16 MiB.
    pub bytes: usize,
    /// Nodes in the tree; default 500,000.
    pub nodes: usize,
    /// Depth of the tree; elements below it become siblings. Default 512, as in browsers.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bytes: 16 << 20, nodes: 500_000, depth: 512 }
    }
}

/// Characters kept of a link target: data URIs run to megabytes, and no feature reads past this.
const LINK_CHARS: usize = 1000;

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
    let (html, cut) = within(html, limits.bytes);
    let (tree, full) = guard::parse(html, limits);
    let mut walk = Walk::default();
    for edge in tree.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Kind::Element(element) => walk.open(element),
                Kind::Text(text) => walk.text(text),
                _ => {}
            },
            Edge::Close(node) => {
                if let Kind::Element(element) = node.value() {
                    walk.close(element);
                }
            }
        }
    }
    walk.flush();
    walk.document.title = collapse(&walk.title);
    walk.document.truncated = truncation(full, cut);
    (walk.document, walk.annotations)
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

/// Elements that do not end a block.
pub(crate) fn is_inline(tag: &str) -> bool {
    matches!(
        tag,
        "a" | "abbr"
            | "acronym"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "br"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "img"
            | "ins"
            | "kbd"
            | "mark"
            | "nobr"
            | "picture"
            | "q"
            | "rb"
            | "rp"
            | "rt"
            | "ruby"
            | "s"
            | "samp"
            | "small"
            | "source"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

/// Elements whose text is not text of the page.
fn is_skipped(tag: &str) -> bool {
    matches!(
        tag,
        "audio"
            | "canvas"
            | "datalist"
            | "iframe"
            | "noembed"
            | "noframes"
            | "script"
            | "style"
            | "svg"
            | "template"
            | "textarea"
            | "video"
    )
}

fn is_hidden(element: &Node) -> bool {
    let styled = |style: &str| {
        let style: String =
            style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
        style.contains("display:none") || style.contains("visibility:hidden")
    };
    element.attr("hidden").is_some()
        || element.attr("aria-hidden") == Some("true")
        || element.attr("style").is_some_and(styled)
        || (element.name() == "dialog" && element.attr("open").is_none())
}

/// An element on the way down to the current node.
struct Open<'a> {
    node: &'a Node,
    inline: bool,
    hidden: bool,
    /// Its position among the element children of its parent, from 1.
    index: u32,
    /// Element children seen so far.
    children: u32,
    /// Target of the nearest link, and a number that tells links apart.
    link: Option<(&'a str, usize)>,
    annotation: Option<&'a str>,
    /// Its place in [`Document::elements`], once a block needs it.
    element: Option<usize>,
}

/// The state of the walk over the tree, a block being collected.
#[derive(Default)]
struct Walk<'a> {
    document: Document,
    annotations: Vec<Option<String>>,
    title: String,
    stack: Vec<Open<'a>>,
    /// How deep we are inside skipped elements.
    skipped: usize,
    /// Children of the document itself: one `html`, unless the input is very odd.
    roots: u32,
    links_seen: usize,

    text: String,
    links: Vec<String>,
    last_link: usize,
    link_chars: u32,
    /// Values of `data-label` in the block, with the characters under each.
    annotated: Vec<(&'a str, usize)>,
    /// Depth of the deepest element that holds the whole block.
    common: usize,
    /// The elements down to there that are closed already, innermost first.
    closed: Vec<Open<'a>>,
    /// The same if text were added here: the lowest the stack has been since the last text.
    common_here: usize,
    space: bool,
    /// `<br>` since the last text.
    breaks: u32,
    /// An inline element was closed since the last text.
    closed_inline: bool,
}

impl<'a> Walk<'a> {
    fn open(&mut self, node: &'a Node) {
        let tag = node.name();
        if self.skipped > 0 || is_skipped(tag) {
            self.skipped += 1;
            return;
        }
        let parent = self.stack.last_mut();
        let (hidden, link, annotation) =
            parent.as_ref().map_or((false, None, None), |p| (p.hidden, p.link, p.annotation));
        let index = match parent {
            Some(parent) => {
                parent.children += 1;
                parent.children
            }
            None => {
                self.roots += 1;
                self.roots
            }
        };
        let inline = is_inline(tag);
        let hidden = hidden || is_hidden(node);
        if !inline || self.stack.last().is_some_and(|parent| parent.hidden != hidden) {
            self.flush();
        } else if tag == "br" {
            self.breaks += 1;
            self.space = true;
            if self.breaks == 2 {
                self.flush();
            }
        } else if self.closed_inline && !matches!(tag, "wbr" | "img") {
            self.space = true;
        }
        self.head(node);
        let link = match node.attr("href").filter(|_| tag == "a") {
            Some(href) => {
                self.links_seen += 1;
                Some((href, self.links_seen))
            }
            None => link,
        };
        let annotation = node.attr("data-label").or(annotation);
        let open =
            Open { node, inline, hidden, index, children: 0, link, annotation, element: None };
        self.stack.push(open);
    }

    fn close(&mut self, node: &'a Node) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let Some(open) = self.stack.last() else { return };
        debug_assert!(std::ptr::eq(open.node, node));
        let hidden_above = self.stack.iter().rev().nth(1).is_some_and(|parent| parent.hidden);
        if !open.inline || open.hidden != hidden_above {
            self.flush();
        } else if !matches!(node.name(), "br" | "wbr" | "img") {
            self.closed_inline = true;
        }
        if let Some(open) = self.stack.pop()
            && !self.text.is_empty()
            // It is the innermost of them that is still open, not an empty one opened since.
            && self.common == self.stack.len() + 1 + self.closed.len()
        {
            self.closed.push(open);
        }
        self.common_here = self.common_here.min(self.stack.len());
    }

    fn text(&mut self, text: &str) {
        if self.skipped > 0 {
            return;
        }
        let Some(top) = self.stack.last() else { return };
        if self.stack.get(1).is_some_and(|open| open.node.name() == "head") {
            if top.node.name() == "title" && self.title.is_empty() {
                self.title.push_str(text);
            }
            return;
        }
        for (n, word) in text.split(char::is_whitespace).enumerate() {
            self.space |= n > 0;
            if word.is_empty() {
                continue;
            }
            if self.text.is_empty() {
                self.common = self.stack.len();
            } else {
                self.common = self.common.min(self.common_here);
                self.closed.clear();
                if self.space {
                    self.text.push(' ');
                }
            }
            self.common_here = self.stack.len();
            self.text.push_str(word);
            (self.space, self.breaks, self.closed_inline) = (false, 0, false);
            let chars = word.chars().count();
            if let Some(annotation) = top.annotation {
                match self.annotated.iter_mut().find(|(known, _)| *known == annotation) {
                    Some((_, count)) => *count += chars,
                    None => self.annotated.push((annotation, chars)),
                }
            }
            if let Some((href, number)) = top.link {
                self.link_chars += chars as u32;
                if number != self.last_link {
                    self.last_link = number;
                    self.links.push(clean_link(href));
                }
            }
        }
    }

    /// Facts of the page that the head states.
    fn head(&mut self, node: &Node) {
        let url = &mut self.document.url;
        let stated = match node.name() {
            "link" if node.attr("rel") == Some("canonical") => node.attr("href"),
            "meta" if node.attr("property") == Some("og:url") => node.attr("content"),
            _ => None,
        };
        if let Some(stated) = stated.map(str::trim)
            && url.is_empty()
            && (stated.starts_with("http://") || stated.starts_with("https://"))
        {
            *url = clean_link(stated);
        }
    }

    /// Ends the block being collected.
    fn flush(&mut self) {
        (self.space, self.breaks, self.closed_inline) = (false, 0, false);
        if self.text.is_empty() {
            return;
        }
        let mut parent = None;
        let open = self.common - self.closed.len();
        let chain = self.stack[..open].iter_mut().chain(self.closed.iter_mut().rev());
        let mut hidden = false;
        for open in chain {
            let element = *open.element.get_or_insert_with(|| {
                self.document.elements.push(describe(open.node, open.index, parent));
                self.document.elements.len() - 1
            });
            parent = Some(element);
            hidden = open.hidden;
        }
        self.closed.clear();
        // Of equals the first.
        let most = self.annotated.drain(..).rev().max_by_key(|(_, chars)| *chars);
        self.annotations.push(most.map(|(annotation, _)| annotation.to_string()));
        self.document.blocks.push(Block {
            text: std::mem::take(&mut self.text),
            element: parent,
            links: std::mem::take(&mut self.links),
            link_chars: std::mem::take(&mut self.link_chars),
            hidden,
        });
        self.last_link = 0;
    }
}

fn describe(node: &Node, index: u32, parent: Option<usize>) -> Element {
    let words = |name| node.attr(name).unwrap_or_default().split_whitespace();
    Element {
        tag: node.name().to_string(),
        id: words("id").collect::<Vec<_>>().join("_"),
        classes: words("class").map(str::to_string).collect(),
        index,
        parent,
    }
}

/// A link target without white space, so that a list of them can be joined by spaces.
fn clean_link(href: &str) -> String {
    let clean: String =
        href.trim().chars().filter(|c| !c.is_whitespace()).take(LINK_CHARS).collect();
    if clean.is_empty() { "#".to_string() } else { clean }
}

#[cfg(test)]
mod tests;
