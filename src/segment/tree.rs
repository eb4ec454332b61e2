//! Tokens to opened elements and text: the tree construction of the HTML standard (13.2.6), with
//! a stack of open elements and no tree.
//!
//! Here is what happens around the insertion modes: which of them gets a token, and where things
//! are put. The modes themselves are in `modes.rs`, `in_body.rs` and `in_table.rs`, foreign content
//! is in `foreign.rs`, the adoption agency in `adoption.rs`.

use crate::block::Document;

use super::Limits;
use super::attributes::Attributes;
use super::blocks::{Blocks, Place};
use super::doctype::asks_for_quirks;
use super::formatting::{Entry, Formatting};
use super::nodes::{NOWHERE, Namespace, NodeId};
use super::references::decode_attribute;
use super::stack::{Position, Stack};
use super::tags::{Names, Tag, property};
use super::tokenizer::{RawText, Token, Tokenizer};

/// The insertion modes (13.2.4.1). "Text" is not among them, because the text of `script`, `title`
/// and the like is read in one go; nor are those of templates, which are read over as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Initial,
    BeforeHtml,
    BeforeHead,
    InHead,
    InHeadNoscript,
    AfterHead,
    InBody,
    InTable,
    InCaption,
    InColumnGroup,
    InTableBody,
    InRow,
    InCell,
    AfterBody,
    InFrameset,
}

/// What became of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Done,
    /// The mode has changed, and gets the same token.
    Reprocess,
}

/// A start tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start<'t> {
    pub tag: Tag,
    pub attributes: &'t Attributes,
    pub self_closing: bool,
}

/// Elements deeper than this have no room in the stack's positions, whatever the limit says.
const DEEPEST: usize = 60_000;

/// How many formatting elements may be opened again, and after how many bytes one more. A paragraph
/// opens all that the one before left open, so a few kilobytes could ask for millions. Real pages
/// ask for a hundredth of this.
const COPIES: usize = 1_000;
const BYTES_PER_COPY: usize = 16;

pub(super) struct Tree<'a> {
    pub page: &'a str,
    pub tokenizer: Tokenizer<'a>,
    pub names: Names,
    pub blocks: Blocks<'a>,
    pub stack: Stack,
    pub formatting: Formatting<'a>,
    pub mode: Mode,
    pub quirks: bool,
    /// 13.2.6.1, foster parenting is enabled.
    pub foster: bool,
    pub head: NodeId,
    pub form: NodeId,
    /// A line feed that follows at once is left out (13.2.6.4.7, `pre`).
    pub ignore_line_feed: bool,
    /// Steps that the adoption agency may still take: it can take many for one tag.
    pub fuel: usize,
    /// How many formatting elements may still be opened again.
    copies: usize,
    depth: usize,
    /// Start tags below the depth limit whose end tags are still to come, by tag.
    flattened: Vec<u32>,
}

/// Reads a page; the flag says whether the node limit was reached.
pub(super) fn read(page: &str, limits: &Limits) -> (Document, Vec<Option<String>>, bool) {
    let mut tree = Tree {
        page,
        tokenizer: Tokenizer::new(page),
        names: Names::default(),
        blocks: Blocks::new(page),
        stack: Stack::default(),
        formatting: Formatting::default(),
        mode: Mode::Initial,
        quirks: true,
        foster: false,
        head: NOWHERE,
        form: NOWHERE,
        ignore_line_feed: false,
        fuel: super::adoption::FUEL + page.len(),
        copies: COPIES + page.len() / BYTES_PER_COPY,
        depth: limits.depth.min(DEEPEST),
        flattened: Vec::new(),
    };
    let mut attributes = Attributes::default();
    let mut texts = 0;
    let full = loop {
        let cdata = tree.stack.top().is_some_and(|top| top.namespace != Namespace::Html);
        let ignore_line_feed = std::mem::take(&mut tree.ignore_line_feed);
        match tree.tokenizer.next(&mut attributes, cdata) {
            Token::Eof => break false,
            Token::Text(text) => {
                texts += 1;
                tree.text(if ignore_line_feed { after_line_feed(text) } else { text });
            }
            Token::CharacterData(text) => {
                texts += 1;
                if let Some(top) = tree.stack.top() {
                    tree.blocks.character_data(text, top.node);
                }
            }
            Token::Start { name, self_closing } => {
                let tag = tree.names.tag(name);
                tree.start(Start { tag, attributes: &attributes, self_closing });
            }
            Token::End { name } => {
                let tag = tree.names.tag(name);
                tree.end(tag);
            }
            Token::Doctype(declaration) => {
                if tree.mode == Mode::Initial {
                    tree.quirks = asks_for_quirks(declaration);
                    tree.mode = Mode::BeforeHtml;
                }
            }
            Token::Comment => {}
        }
        if tree.blocks.nodes.count() + texts > limits.nodes {
            break true;
        }
    };
    let (document, annotations) = tree.blocks.finish(&tree.names);
    (document, annotations, full)
}

fn after_line_feed(text: &str) -> &str {
    text.strip_prefix("\r\n").or(text.strip_prefix(['\n', '\r'])).unwrap_or(text)
}

impl<'a> Tree<'a> {
    fn text(&mut self, text: &'a str) {
        if !text.is_empty() && !self.text_in_foreign(text) {
            self.text_in_mode(text);
        }
    }

    fn start(&mut self, start: Start) {
        if !self.start_in_foreign(start) {
            while self.start_in_mode(self.mode, start) == Step::Reprocess {}
        }
    }

    fn end(&mut self, tag: Tag) {
        if let Some(count) = self.flattened.get_mut(tag.number())
            && *count > 0
        {
            *count -= 1;
        } else if !self.end_in_foreign(tag) {
            while self.end_in_mode(self.mode, tag) == Step::Reprocess {}
        }
    }

    // Inserting (13.2.6.1).

    /// Whether the current node is the HTML element of that name.
    pub fn current_is(&self, tag: Tag) -> bool {
        self.stack.top().is_some_and(|top| top.is(tag))
    }

    /// The appropriate place for inserting a node, with an element instead of the current node.
    pub fn place_in(&self, target: Position) -> Place {
        if target == 0 {
            return Place::In(NOWHERE);
        }
        let open = self.stack.at(target);
        if self.foster && open.has(property::TABLE_PART) {
            let table = self.stack.last(Tag::TABLE);
            if table == 0 {
                return Place::In(self.stack.at(1).node);
            }
            return Place::Before(self.stack.at(table).node);
        }
        Place::In(open.node)
    }

    pub fn insert_in(
        &mut self,
        tag: Tag,
        namespace: Namespace,
        attributes: &Attributes,
        push: bool,
        any_depth: bool,
    ) -> Option<NodeId> {
        let place = self.place_in(self.stack.current());
        let node = self.blocks.open(tag, namespace, attributes, place);
        if !push {
            return None;
        }
        let depth = (self.blocks.nodes[node].depth as usize).max(self.stack.len() + 1);
        if depth > self.depth && !any_depth {
            // Below the limit elements stand side by side.
            let number = tag.number();
            if number >= self.flattened.len() {
                self.flattened.resize(number + 1, 0);
            }
            self.flattened[number] += 1;
            return None;
        }
        self.stack.push(node, tag, namespace);
        Some(node)
    }

    /// Inserts an HTML element and opens it, unless that is too deep.
    pub fn insert(&mut self, start: Start) -> Option<NodeId> {
        self.insert_in(start.tag, Namespace::Html, start.attributes, true, false)
    }

    /// The same at any depth, for elements that a mode relies on.
    pub fn insert_always(&mut self, tag: Tag, attributes: &Attributes) -> NodeId {
        let node = self.insert_in(tag, Namespace::Html, attributes, true, true);
        node.unwrap_or(NOWHERE)
    }

    /// Inserts an element that holds nothing.
    pub fn insert_void(&mut self, tag: Tag, attributes: &Attributes) {
        self.insert_in(tag, Namespace::Html, attributes, false, false);
    }

    /// An element that holds only text (13.2.6.2), from its start tag to behind its end tag.
    pub fn insert_raw_text(&mut self, start: Start, kind: RawText) {
        let place = self.place_in(self.stack.current());
        let node = self.blocks.open(start.tag, Namespace::Html, start.attributes, place);
        let text = self.tokenizer.raw_text(kind, self.names.name(start.tag));
        match start.tag {
            Tag::TITLE if self.blocks.nodes[node].in_head => self.blocks.title(text, node),
            Tag::TITLE => self.blocks.text(text, node, Some('\u{fffd}')),
            _ => self.blocks.character_data(text, node),
        }
    }

    /// Reads over a template to behind its end tag. Nothing in it is text of the page, and nothing
    /// in it reaches what is around it (13.2.6.4.22).
    pub fn skip_template(&mut self) {
        let mut attributes = Attributes::default();
        let mut depth = 1;
        while depth > 0 {
            match self.tokenizer.next(&mut attributes, false) {
                Token::Eof => return,
                Token::Start { name, .. } => match Tag::known(name.as_bytes()) {
                    Some(Tag::TEMPLATE) => depth += 1,
                    Some(tag) => {
                        if let Some(kind) = raw_text(tag) {
                            self.tokenizer.raw_text(kind, self.names.name(tag));
                        }
                    }
                    None => {}
                },
                Token::End { name } if name.eq_ignore_ascii_case("template") => depth -= 1,
                _ => {}
            }
        }
    }

    /// 13.2.4.3, reconstruct the active formatting elements.
    pub fn reconstruct_formatting(&mut self) {
        let open = |tree: &Self, entry: &Entry| match entry {
            Entry::Marker => true,
            Entry::Element { node, tag, .. } => tree.stack.position(*node, *tag) != 0,
        };
        let entries = &self.formatting.entries;
        let closed = entries.iter().rev().take_while(|entry| !open(self, entry)).count();
        if closed == 0 {
            return;
        }
        let first = entries.len() - closed;
        if closed > self.copies {
            self.formatting.entries.truncate(first);
            return;
        }
        self.copies -= closed;
        for position in first..first + closed {
            let Entry::Element { node, tag, .. } = self.formatting.entries[position] else {
                continue;
            };
            if self.stack.len() >= self.depth {
                return;
            }
            let place = self.place_in(self.stack.current());
            let copy = self.blocks.open_again(node, place);
            self.stack.push(copy, tag, Namespace::Html);
            self.formatting.replace(position, copy);
        }
    }

    // Closing.

    /// 13.2.6.3, generate implied end tags, except for one.
    pub fn generate_implied_end_tags(&mut self, except: Option<Tag>) {
        while let Some(top) = self.stack.top()
            && top.has(property::IMPLIED_END)
            && Some(top.tag) != except
        {
            self.stack.pop();
        }
    }

    /// Pops up to and with the HTML element of that name that was opened last.
    pub fn pop_through(&mut self, tag: Tag) {
        let position = self.stack.last(tag);
        if position > 0 {
            self.stack.pop_through(position);
        }
    }

    /// 13.2.6.4.7, close a p element, if there is one in button scope.
    pub fn close_p(&mut self) {
        if self.stack.in_button_scope(Tag::P) {
            self.pop_through(Tag::P);
        }
    }
}

/// How the text of an element is read that holds only text.
pub(super) fn raw_text(tag: Tag) -> Option<RawText> {
    match tag {
        Tag::SCRIPT => Some(RawText::Script),
        Tag::PLAINTEXT => Some(RawText::Plaintext),
        Tag::TITLE
        | Tag::TEXTAREA
        | Tag::STYLE
        | Tag::XMP
        | Tag::IFRAME
        | Tag::NOEMBED
        | Tag::NOFRAMES => Some(RawText::UntilEndTag),
        _ => None,
    }
}

/// Whether a text is white space of the standard, which does not include `&nbsp;`.
pub(super) fn is_blank(text: &str) -> bool {
    let blank = |text: &str| text.bytes().all(|b| b == 0 || b.is_ascii_whitespace());
    blank(text) || (text.contains('&') && blank(&decode_attribute(text)))
}

/// A text without the white space it begins with.
pub(super) fn after_blank(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii_whitespace())
}
