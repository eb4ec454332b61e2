//! Opened elements and text to blocks.
//!
//! The tree construction says where each element and each text stands. The walk keeps a cursor in
//! what has been built, and going from there to the next place closes and opens elements on the
//! way: that is where blocks end.

use std::collections::HashMap;

use crate::block::{Block, Document, Element};

use super::allowance::{Allowance, SHORT, short};
use super::attributes::{Attribute, Attributes, Span};
use super::nodes::{Facts, NOWHERE, Namespace, NodeId, Nodes};
use super::references::{decode_attribute, decode_text, reference};
use super::tags::{Names, Tag, property};
use super::text::{LINK_CHARS, clean_link, split, white_space, words};

/// Where something is put: the last thing in an element, or before its last child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    In(NodeId),
    Before(NodeId),
}

/// The elements so far, and the block being collected.
pub(super) struct Blocks<'a> {
    page: &'a str,
    pub nodes: Nodes,
    /// The element that the walk is in.
    cursor: NodeId,

    done: Vec<Block>,
    /// For each of them its element.
    done_in: Vec<NodeId>,
    annotations: Vec<Option<String>>,
    url: String,
    title: String,
    /// Targets of links by number, from 1.
    links: Vec<Span>,
    /// Long targets by where they stand: clean, which they are made once for all their blocks.
    long_links: HashMap<u32, String>,
    /// For the targets and labels of blocks.
    allowance: Allowance,
    /// Values of `data-label` by number, from 1.
    labels: Vec<String>,
    label_numbers: HashMap<String, u32>,

    /// The text of the block; empty between blocks.
    text: String,
    /// The number of the block, from 1.
    number: u32,
    /// The deepest element that holds the whole block.
    common: NodeId,
    targets: Vec<String>,
    last_link: u32,
    link_chars: u32,
    /// Characters under each value of `data-label`, and which of them are in the block, in order.
    label_chars: Vec<usize>,
    labelled: Vec<u32>,
    space: bool,
    /// `<br>` since the last text.
    breaks: u32,
    /// An inline element was closed since the last text.
    closed_inline: bool,
    /// A style without its white space, in lower case; kept for its room.
    style: String,
}

impl<'a> Blocks<'a> {
    pub fn new(page: &'a str) -> Blocks<'a> {
        Blocks {
            page,
            nodes: Nodes::default(),
            cursor: NOWHERE,
            done: Vec::new(),
            done_in: Vec::new(),
            annotations: Vec::new(),
            url: String::new(),
            title: String::new(),
            links: Vec::new(),
            long_links: HashMap::new(),
            allowance: Allowance::new(page.len()),
            labels: Vec::new(),
            label_numbers: HashMap::new(),
            text: String::new(),
            number: 0,
            common: NOWHERE,
            targets: Vec::new(),
            last_link: 0,
            link_chars: 0,
            label_chars: Vec::new(),
            labelled: Vec::new(),
            space: false,
            breaks: 0,
            closed_inline: false,
            style: String::new(),
        }
    }

    /// Opens an element.
    pub fn open(
        &mut self,
        tag: Tag,
        namespace: Namespace,
        attributes: &Attributes,
        place: Place,
    ) -> NodeId {
        let own = self.facts(tag, attributes);
        let node = self.nodes.create(tag, namespace, own);
        self.put(node, place);
        if tag == Tag::LINK || tag == Tag::META {
            self.head(node, tag, attributes);
        }
        node
    }

    /// Opens another element of the same token, which covers a part of the page of its own.
    pub fn open_again(&mut self, node: NodeId, place: Place) -> NodeId {
        let copy = self.nodes.copy(node);
        let link = self.nodes[copy].own.link;
        if link > 0 {
            self.links.push(self.links[link as usize - 1]);
            self.nodes[copy].own.link = self.links.len() as u32;
        }
        self.put(copy, place);
        copy
    }

    fn put(&mut self, node: NodeId, place: Place) {
        let parent = match place {
            Place::In(parent) => {
                self.nodes.append(node, parent);
                parent
            }
            Place::Before(next) => {
                self.nodes.insert_before(node, next);
                self.nodes[next].parent
            }
        };
        let this = self.nodes[node];
        if this.skipped {
            return;
        }
        self.go(parent);
        if !this.tag.is(property::INLINE)
            || self.nodes.count() == 1
            || (parent != NOWHERE && self.nodes[parent].hidden != this.hidden)
        {
            self.flush();
        } else if this.tag == Tag::BR {
            self.breaks += 1;
            self.space = true;
            if self.breaks == 2 {
                self.flush();
            }
        } else if self.closed_inline && !matches!(this.tag, Tag::WBR | Tag::IMG) {
            self.space = true;
        }
        self.cursor = node;
    }

    /// Moves the cursor, and ends the block where a boundary is crossed.
    #[inline]
    fn go(&mut self, to: NodeId) {
        if self.cursor == to || self.cursor == NOWHERE {
            self.cursor = to;
            return;
        }
        // Nearly always a step or two up.
        let mut at = self.nodes[self.cursor].parent;
        for _ in 0..3 {
            if at == to || at == NOWHERE {
                break;
            }
            at = self.nodes[at].parent;
        }
        let meeting = if at == to { to } else { self.nodes.common(self.cursor, to, u32::MAX) };
        let mut at = self.cursor;
        while at != meeting {
            let (tag, hidden, parent) = {
                let node = &self.nodes[at];
                (node.tag, node.hidden, node.parent)
            };
            if parent == NOWHERE {
                break;
            }
            if !tag.is(property::INLINE) || hidden != self.nodes[parent].hidden {
                self.flush();
            } else if !matches!(tag, Tag::BR | Tag::WBR | Tag::IMG) {
                self.closed_inline = true;
            }
            at = parent;
        }
        if meeting != to {
            // Down again into what was left before, as after text that a table gave away.
            self.flush();
        }
        self.cursor = to;
    }

    fn facts(&mut self, tag: Tag, attributes: &Attributes) -> Facts {
        let mut own = Facts {
            id: attributes.span(Attribute::Id).unwrap_or_default(),
            class: attributes.span(Attribute::Class).unwrap_or_default(),
            hidden: self.is_hidden(tag, attributes),
            ..Facts::default()
        };
        if tag == Tag::ANNOTATION_XML {
            let encoding = attributes.value(Attribute::Encoding, self.page).unwrap_or_default();
            own.holds_html = encoding.eq_ignore_ascii_case("text/html")
                || encoding.eq_ignore_ascii_case("application/xhtml+xml");
        }
        if tag == Tag::A
            && let Some(href) = attributes.span(Attribute::Href)
        {
            self.links.push(href);
            own.link = self.links.len() as u32;
        }
        if let Some(label) = attributes.value(Attribute::DataLabel, self.page) {
            let next = self.labels.len() as u32 + 1;
            own.annotation = *self.label_numbers.entry(label.to_string()).or_insert(next);
            if own.annotation == next {
                self.labels.push(label.into_owned());
                self.label_chars.push(0);
            }
        }
        own
    }

    fn is_hidden(&mut self, tag: Tag, attributes: &Attributes) -> bool {
        let value = |attribute| attributes.value(attribute, self.page);
        attributes.has(Attribute::Hidden)
            || value(Attribute::AriaHidden).is_some_and(|value| value == "true")
            || (tag == Tag::DIALOG && !attributes.has(Attribute::Open))
            || value(Attribute::Style).is_some_and(|style| {
                // Both properties have a letter that few others have.
                if memchr::memchr2(b'y', b'Y', style.as_bytes()).is_none() {
                    return false;
                }
                self.style.clear();
                let solid = style.chars().filter(|c| !c.is_whitespace());
                self.style.extend(solid.map(|c| c.to_ascii_lowercase()));
                self.style.contains("display:none") || self.style.contains("visibility:hidden")
            })
    }

    /// Facts of the page that its head states.
    fn head(&mut self, node: NodeId, tag: Tag, attributes: &Attributes) {
        if !self.url.is_empty() || self.nodes[node].skipped {
            return;
        }
        let value = |attribute| attributes.value(attribute, self.page);
        let stated = if tag == Tag::LINK && value(Attribute::Rel).as_deref() == Some("canonical") {
            value(Attribute::Href)
        } else if tag == Tag::META && value(Attribute::Property).as_deref() == Some("og:url") {
            value(Attribute::Content)
        } else {
            None
        };
        if let Some(stated) = stated.as_deref().map(str::trim)
            && (stated.starts_with("http://") || stated.starts_with("https://"))
        {
            self.url = clean_link(stated);
        }
    }

    /// Adds attributes to an element that has none of that name (13.2.6.4.7, `html` and `body`).
    pub fn merge(&mut self, node: NodeId, attributes: &Attributes) {
        let own = &mut self.nodes[node].own;
        if own.id == Span::default() {
            own.id = attributes.span(Attribute::Id).unwrap_or_default();
        }
        if own.class == Span::default() {
            own.class = attributes.span(Attribute::Class).unwrap_or_default();
        }
    }

    /// Text whose references are not decoded. NULs are left out, or replaced if `nul` says so.
    pub fn text(&mut self, text: &str, node: NodeId, nul: Option<char>) {
        if !self.enter(node) {
            return;
        }
        let mut rest = text;
        while let Some(at) = memchr::memchr2(b'&', 0, rest.as_bytes()) {
            self.words(&rest[..at], node);
            let mark = rest.as_bytes()[at];
            rest = &rest[at + 1..];
            let found = if mark == b'&' { reference(rest, false) } else { None };
            let (first, second) = match found {
                Some(found) => {
                    rest = &rest[found.len..];
                    (Some(found.first), found.second)
                }
                None if mark == b'&' => (Some('&'), None),
                None => (nul, None),
            };
            for c in first.into_iter().chain(second) {
                self.words(c.encode_utf8(&mut [0; 4]), node);
            }
        }
        self.words(rest, node);
    }

    /// Text that has no references.
    pub fn character_data(&mut self, text: &str, node: NodeId) {
        if self.enter(node) {
            let mut parts = text.split('\0');
            self.words(parts.next().unwrap_or_default(), node);
            for part in parts {
                self.words("\u{fffd}", node);
                self.words(part, node);
            }
        }
    }

    /// Whether text in an element is text of the page; goes there if so.
    fn enter(&mut self, node: NodeId) -> bool {
        let this = &self.nodes[node];
        if this.skipped || this.in_head {
            return false;
        }
        self.go(node);
        true
    }

    /// The text of `<title>` in the head. The first that has any counts.
    pub fn title(&mut self, text: &str, node: NodeId) {
        if self.title.is_empty() && !self.nodes[node].skipped {
            self.title = super::collapse(&decode_text(text));
        }
    }

    fn words(&mut self, text: &str, node: NodeId) {
        let mut at = 0;
        while at < text.len() {
            let space = white_space(&text.as_bytes()[at..]);
            if space > 0 {
                self.space = true;
                at += space;
                continue;
            }
            let end = at + words(&text[at..]);
            self.run(&text[at..end], node);
            at = end;
        }
    }

    fn run(&mut self, run: &str, node: NodeId) {
        if self.text.is_empty() {
            self.number += 1;
            self.common = node;
            self.nodes.start_block(node, self.number);
        } else {
            self.common = self.nodes.join(self.common, node, self.number);
            if self.space {
                self.text.push(' ');
            }
        }
        self.text.push_str(run);
        (self.space, self.breaks, self.closed_inline) = (false, 0, false);
        let this = &self.nodes[node];
        let (link, annotation) = (this.link, this.annotation);
        if link == 0 && annotation == 0 {
            return;
        }
        let chars = run.chars().filter(|c| *c != ' ').count();
        if link > 0 {
            self.link_chars += chars as u32;
            if link != self.last_link {
                self.last_link = link;
                let target = self.target(link);
                self.targets.push(target);
            }
        }
        if annotation > 0 {
            let count = &mut self.label_chars[annotation as usize - 1];
            if *count == 0 {
                self.labelled.push(annotation);
            }
            *count += chars;
        }
    }

    /// Where a link leads, for one more block.
    fn target(&mut self, link: u32) -> String {
        let span = self.links[link as usize - 1];
        let href = span.of(self.page);
        let clean = |href: &str| clean_link(&decode_attribute(href));
        let mut target = if href.len() <= LINK_CHARS {
            clean(href)
        } else {
            self.long_links.entry(span.start).or_insert_with(|| clean(href)).clone()
        };
        if !self.allowance.take(target.len()) {
            target.truncate(short(&target).len());
        }
        target
    }

    /// Ends the block being collected.
    pub fn flush(&mut self) {
        (self.space, self.breaks, self.closed_inline) = (false, 0, false);
        if self.text.is_empty() {
            return;
        }
        // Of equals the first.
        let most = self.labelled.iter().rev().max_by_key(|l| self.label_chars[**l as usize - 1]);
        let annotation = most.map(|label| {
            let label = self.labels[*label as usize - 1].as_str();
            if self.allowance.take(label.len()) { label } else { short(label) }.to_string()
        });
        self.annotations.push(annotation);
        for label in self.labelled.drain(..) {
            self.label_chars[label as usize - 1] = 0;
        }
        self.done_in.push(self.common);
        self.done.push(Block {
            text: self.text.clone(),
            element: None,
            links: std::mem::take(&mut self.targets),
            link_chars: std::mem::take(&mut self.link_chars),
            hidden: self.nodes[self.common].hidden,
        });
        self.text.clear();
        self.last_link = 0;
    }

    /// Ends the page: describes the elements that hold blocks, parents before children.
    pub fn finish(mut self, names: &Names) -> (Document, Vec<Option<String>>) {
        self.flush();
        let described = self.place_blocks();
        let elements = self.describe(&described, names);
        let document = Document {
            url: self.url,
            title: self.title,
            elements,
            blocks: self.done,
            truncated: None,
        };
        (document, self.annotations)
    }

    /// Gives the blocks their elements, which are all that hold blocks, parents before children.
    fn place_blocks(&mut self) -> Vec<Holder> {
        const UNKNOWN: u32 = u32::MAX;
        let mut holders: Vec<Holder> = Vec::new();
        let mut known = vec![UNKNOWN; self.nodes.count()];
        let mut chain = Vec::new();
        for (block, node) in self.done.iter_mut().zip(&self.done_in) {
            let mut at = *node;
            while at != NOWHERE && known[at as usize] == UNKNOWN {
                chain.push(at);
                at = self.nodes[at].parent;
            }
            let mut parent = (at != NOWHERE).then(|| known[at as usize] as usize);
            while let Some(node) = chain.pop() {
                known[node as usize] = holders.len() as u32;
                holders.push(Holder { node, parent, blocks: 0 });
                parent = Some(holders.len() - 1);
            }
            block.element = parent;
            if let Some(parent) = parent {
                holders[parent].blocks += 1;
            }
        }
        for n in (0..holders.len()).rev() {
            if let Some(parent) = holders[n].parent {
                holders[parent].blocks += holders[n].blocks;
            }
        }
        holders
    }

    /// What the elements are called. Names stand in the path of each block below, and those of
    /// formatting elements in each copy.
    fn describe(&self, holders: &[Holder], names: &Names) -> Vec<Element> {
        let mut allowance = Allowance::new(self.page.len());
        let describe = |holder: &Holder| {
            let this = &self.nodes[holder.node];
            let tag = names.name(this.tag);
            let (id, class) = (this.own.id.of(self.page), this.own.class.of(self.page));
            let long = tag.len().saturating_sub(SHORT) + id.len() + class.len();
            let (tag, id, class) = match allowance.take(long.saturating_mul(holder.blocks)) {
                true => (tag, id, class),
                false => (short(tag), "", ""),
            };
            let (id, class) = (decode_attribute(id), decode_attribute(class));
            Element {
                tag: tag.to_string(),
                id: split(&id).collect::<Vec<_>>().join("_"),
                classes: split(&class).map(str::to_string).collect(),
                index: this.index,
                parent: holder.parent,
            }
        };
        holders.iter().map(describe).collect()
    }
}

/// An element that holds blocks.
struct Holder {
    node: NodeId,
    /// The place of its parent among the holders.
    parent: Option<usize>,
    /// Blocks in it.
    blocks: usize,
}
