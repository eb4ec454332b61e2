//! scraper's tree, built token by token under limits: for selectors, and for the oracle of the
//! segmentation in tests/, which takes in this file.
//!
//! html5ever's tree builder takes time that grows with the square of the nesting depth, and a few
//! kilobytes of open formatting elements can make millions of nodes; its tokenizer compares each
//! attribute of a tag with all before it. All are stopped here, between
//! its tokenizer and its tree builder: start tags below `Limits::depth` become `<hr>` (which ends
//! a block and nests nothing), and after `Limits::nodes` the remaining tokens are dropped.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, EndTag, StartTag, Tag, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink};
use html5ever::{LocalName, TokenizerResult, local_name};
use scraper::{Html, HtmlTreeSink};

use crate::Limits;

type Builder = TreeBuilder<<HtmlTreeSink as TreeSink>::Handle, HtmlTreeSink>;

/// How much is fed between two looks at the node budget.
const CHUNK_BYTES: usize = 16 * 1024;

/// What may separate attributes in a tag before the rest of the page is dropped: more than any page
/// has, and enough for pictures of megabytes in an attribute.
const SEPARATORS: usize = 60_000;

/// Parses `html` under `limits`; the flag says whether the node budget was reached, or a tag was too long.
pub(crate) fn parse(html: &str, limits: &Limits) -> (Html, bool) {
    let options = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let guard = Guard {
        builder: TreeBuilder::new(HtmlTreeSink::new(Html::new_document()), options),
        depth: limits.depth,
        nodes: limits.nodes,
        full: Cell::new(false),
        separators: Cell::new(0),
        flattened: RefCell::default(),
    };
    let tokenizer = Tokenizer::new(guard, TokenizerOpts::default());
    let queue = BufferQueue::default();
    let mut rest = html;
    while !rest.is_empty() && !tokenizer.sink.full.get() {
        let (chunk, tail) = rest.split_at(rest.floor_char_boundary(CHUNK_BYTES.min(rest.len())));
        rest = tail;
        let separates = |b: &u8| matches!(b, b'/' | b'"' | b'\'') || b.is_ascii_whitespace();
        let separators = &tokenizer.sink.separators;
        separators.set(separators.get() + chunk.bytes().filter(|b| separates(b)).count());
        if separators.get() > SEPARATORS {
            tokenizer.sink.full.set(true);
            break;
        }
        queue.push_back(StrTendril::from(chunk));
        // Anything but Done is a script to run or a charset to switch to: neither concerns us.
        while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    }
    let full = tokenizer.sink.full.get();
    tokenizer.end();
    (tokenizer.sink.builder.sink.finish(), full)
}

struct Guard {
    builder: Builder,
    depth: usize,
    nodes: usize,
    full: Cell<bool>,
    /// Bytes that may separate attributes, since the last token.
    separators: Cell<usize>,
    /// Start tags replaced by `<hr>`, by name, whose end tags are still to come.
    flattened: RefCell<HashMap<LocalName, usize>>,
}

impl Guard {
    /// Depth of the newest node. The current node of the tree builder is not visible; the newest
    /// node is at or below it, and each `<hr>` put in renews it.
    fn too_deep(&self) -> bool {
        let html = self.builder.sink.0.borrow();
        let newest = html.tree.nodes().next_back();
        newest.is_some_and(|node| node.ancestors().take(self.depth).count() == self.depth)
    }

    fn over_nodes(&self) -> bool {
        self.builder.sink.0.borrow().tree.values().len() > self.nodes
    }

    fn flatten(&self, tag: &mut Tag) {
        *self.flattened.borrow_mut().entry(tag.name.clone()).or_default() += 1;
        tag.name = local_name!("hr");
        tag.attrs.clear();
    }

    /// Whether an end tag belongs to a flattened start tag.
    fn closes_flattened(&self, name: &LocalName) -> bool {
        let mut flattened = self.flattened.borrow_mut();
        match flattened.get_mut(name) {
            Some(open) if *open > 0 => {
                *open -= 1;
                true
            }
            _ => false,
        }
    }
}

/// Elements that nest nothing, or whose text the tokenizer must be told about.
fn may_be_deep(name: &LocalName) -> bool {
    matches!(
        &**name,
        "area"
            | "base"
            | "br"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "track"
            | "wbr"
            | "script"
            | "style"
            | "textarea"
            | "title"
            | "iframe"
            | "noembed"
            | "noframes"
            | "xmp"
            | "plaintext"
    )
}

impl TokenSink for Guard {
    type Handle = <Builder as TokenSink>::Handle;

    fn process_token(&self, mut token: Token, line: u64) -> TokenSinkResult<Self::Handle> {
        // Of an attribute that a tag has twice the tokenizer tells while the tag goes on.
        if !matches!(token, Token::ParseError(_)) {
            self.separators.set(0);
        }
        if self.full.get() && token != Token::EOFToken {
            return TokenSinkResult::Continue;
        }
        match &mut token {
            Token::TagToken(tag)
                if tag.kind == StartTag && !may_be_deep(&tag.name) && self.too_deep() =>
            {
                self.flatten(tag);
            }
            Token::TagToken(tag) if tag.kind == EndTag && self.closes_flattened(&tag.name) => {
                return TokenSinkResult::Continue;
            }
            _ => {}
        }
        let result = self.builder.process_token(token, line);
        if self.over_nodes() {
            self.full.set(true);
        }
        result
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}
