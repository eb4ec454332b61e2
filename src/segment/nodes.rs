//! The elements of a page, each with a link to its parent and none to its children.
//!
//! That is all of a tree that blocks need: where a text stands is the chain of its parents. A
//! parent can change after the fact, as the adoption agency wants it, and whatever was said to be
//! inside the element moves with it.

use super::attributes::Span;
use super::tags::{Tag, property};

/// A position in [`Nodes`].
pub(super) type NodeId = u32;

/// No node.
pub(super) const NOWHERE: NodeId = NodeId::MAX;

/// Whose names a tag is read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Namespace {
    #[default]
    Html,
    Svg,
    MathMl,
}

/// What an element says of itself; the rest follows from where it stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Facts {
    pub id: Span,
    pub class: Span,
    pub hidden: bool,
    /// An `annotation-xml` that holds HTML (13.2.6.5, HTML integration point).
    pub holds_html: bool,
    /// A number for the target of a link, from 1; 0 if it is none.
    pub link: u32,
    /// A number for a `data-label`, from 1; 0 without one.
    pub annotation: u32,
}

/// An element of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub tag: Tag,
    pub namespace: Namespace,
    pub parent: NodeId,
    /// Its place among the children of its parent, from 1. Skipped elements are not counted.
    pub index: u32,
    pub children: u32,
    pub depth: u32,
    pub own: Facts,
    /// Whether it or something above it is hidden.
    pub hidden: bool,
    /// Whether it or something above it holds no text of the page.
    pub skipped: bool,
    /// Whether it is the head of the page or inside it.
    pub in_head: bool,
    /// The nearest link and annotation, itself included.
    pub link: u32,
    pub annotation: u32,
    /// The block that is known to hold all text below this node.
    within: u32,
    /// The search for a common ancestor that passed here last, and from which side.
    passed: u64,
}

/// All elements of a page, in the order in which they were opened.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    searches: u64,
}

impl std::ops::Index<NodeId> for Nodes {
    type Output = Node;

    fn index(&self, node: NodeId) -> &Node {
        &self.nodes[node as usize]
    }
}

impl std::ops::IndexMut<NodeId> for Nodes {
    fn index_mut(&mut self, node: NodeId) -> &mut Node {
        &mut self.nodes[node as usize]
    }
}

impl Nodes {
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// Adds an element that stands nowhere yet.
    pub fn create(&mut self, tag: Tag, namespace: Namespace, own: Facts) -> NodeId {
        self.nodes.push(Node {
            tag,
            namespace,
            parent: NOWHERE,
            index: 0,
            children: 0,
            depth: 0,
            own,
            hidden: own.hidden,
            skipped: false,
            in_head: false,
            link: own.link,
            annotation: own.annotation,
            within: 0,
            passed: 0,
        });
        (self.nodes.len() - 1) as NodeId
    }

    /// Adds another element of the same token.
    pub fn copy(&mut self, node: NodeId) -> NodeId {
        let Node { tag, namespace, own, .. } = self[node];
        self.create(tag, namespace, own)
    }

    /// Makes `node` the last child of `parent`.
    pub fn append(&mut self, node: NodeId, parent: NodeId) {
        self[node].parent = parent;
        self.inherit(node);
        if !self[node].skipped {
            let index = match self.nodes.get_mut(parent as usize) {
                Some(parent) => {
                    parent.children += 1;
                    parent.children
                }
                None => 1,
            };
            self[node].index = index;
        }
    }

    /// Makes `node` the sibling before `next`, which must be the last child of its parent.
    pub fn insert_before(&mut self, node: NodeId, next: NodeId) {
        let index = self[next].index;
        self.append(node, self[next].parent);
        if !self[node].skipped && !self[next].skipped {
            self[node].index = index;
            self[next].index += 1;
        }
    }

    /// Takes the last child away from its parent.
    pub fn detach(&mut self, node: NodeId) {
        let Node { parent, skipped, .. } = self[node];
        if !skipped && let Some(parent) = self.nodes.get_mut(parent as usize) {
            parent.children = parent.children.saturating_sub(1);
        }
        self[node].parent = NOWHERE;
    }

    /// Puts a copy of `wrapper` between `node` and all that it holds, and returns the new place of
    /// `node`: the copy takes its place, so that whatever stood in `node` stands in the copy.
    pub fn wrap_content(&mut self, node: NodeId, wrapper: NodeId) -> NodeId {
        let place = self.nodes.len() as NodeId;
        let outer = self[node];
        self.nodes.push(outer);
        let Node { tag, namespace, own, .. } = self[wrapper];
        // What the block is known to hold is in the copy now, not in all of the node.
        (self[place].children, self[place].within) = (0, 0);
        let inner = &mut self[node];
        (inner.tag, inner.namespace, inner.own) = (tag, namespace, own);
        self.append(node, place);
        place
    }

    /// Finds out anew what follows from where the node stands.
    pub fn inherit(&mut self, node: NodeId) {
        let parent = self.nodes.get(self[node].parent as usize).copied();
        let this = &mut self[node];
        this.hidden = this.own.hidden;
        this.skipped = this.tag.is(property::SKIPPED);
        (this.link, this.annotation) = (this.own.link, this.own.annotation);
        let Some(parent) = parent else {
            this.depth = 1;
            return;
        };
        this.depth = parent.depth + 1;
        this.hidden |= parent.hidden;
        this.skipped |= parent.skipped;
        this.in_head = parent.in_head || (this.tag == Tag::HEAD && parent.depth == 1);
        if this.link == 0 {
            this.link = parent.link;
        }
        if this.annotation == 0 {
            this.annotation = parent.annotation;
        }
    }

    /// The deepest element that holds both, or is one of them.
    ///
    /// Both ways up are taken a step at a time in turn, so it takes at most twice as many steps as
    /// the longer of them has. A way that reaches an element inside `block` is at its end: what
    /// `a` is then known to hold is the answer.
    pub fn common(&mut self, a: NodeId, b: NodeId, block: u32) -> NodeId {
        self.searches += 1;
        let marks = [2 * self.searches, 2 * self.searches + 1];
        let mut ends = [a, b];
        loop {
            for side in [1, 0] {
                let at = ends[side];
                if at == NOWHERE {
                    continue;
                }
                if side == 1 && self[at].within == block {
                    return a;
                }
                if self[at].passed == marks[1 - side] {
                    return at;
                }
                self[at].passed = marks[side];
                ends[side] = self[at].parent;
            }
            if ends == [NOWHERE; 2] {
                return 0;
            }
        }
    }

    /// Starts a block of that number in an element.
    pub fn start_block(&mut self, node: NodeId, block: u32) {
        self[node].within = block;
    }

    /// The deepest element that holds `common` and `node`, where `common` holds all of the block so
    /// far. An element is passed only once for a block.
    pub fn join(&mut self, common: NodeId, node: NodeId, block: u32) -> NodeId {
        if self[node].within == block {
            return common;
        }
        let joined = self.common(common, node, block);
        for from in [node, common] {
            let mut at = from;
            while at != joined && at != NOWHERE && (self[at].within != block || at == common) {
                self[at].within = block;
                at = self[at].parent;
            }
        }
        self[joined].within = block;
        joined
    }
}
