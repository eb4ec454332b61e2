//! The segmentation as it was before the library had a tree construction of its own: a walk over
//! scraper's tree. It is slow, and it is what the fast one is compared with.

#[path = "../../src/rules/tree.rs"]
mod tree;

use ego_tree::iter::Edge;
use saring::{Block, Document, Element, Limits, Truncation};
use scraper::node::{Element as Node, Node as Kind};

/// Characters kept of a link target.
const LINK_CHARS: usize = 1000;

/// What `segment_annotated` must give, within the limits of nodes and depth.
pub fn segment(html: &str, limits: &Limits) -> (Document, Vec<Option<String>>) {
    let (tree, full) = tree::parse(html, limits);
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
    walk.document.truncated = full.then_some(Truncation::Nodes);
    (walk.document, walk.annotations)
}

fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_inline(tag: &str) -> bool {
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
