//! The adoption agency (13.2.6.4.7): what becomes of `<b><p>text</b>more</p>`.

use super::blocks::Place;
use super::nodes::{Namespace, NodeId};
use super::tags::Tag;
use super::tree::Tree;

/// Steps beyond one per byte of the page. Real pages need a fraction of it.
pub(super) const FUEL: usize = 100_000;

/// How often the standard lets one end tag run through it.
const ROUNDS: usize = 8;

/// How many formatting elements between the two are kept.
const KEPT: usize = 3;

impl Tree<'_> {
    /// Closes the formatting element of that name.
    pub fn adoption_agency(&mut self, tag: Tag) {
        if let Some(top) = self.stack.top()
            && top.is(tag)
            && self.formatting.position(top.node).is_none()
        {
            self.stack.pop();
            return;
        }
        for _ in 0..ROUNDS {
            let Some((entry, element)) = self.formatting.last(tag) else {
                return self.any_other_end_tag(tag);
            };
            let position = self.stack.position(element, tag);
            if position == 0 {
                self.formatting.entries.remove(entry);
                return;
            }
            if position < self.stack.scope() {
                return;
            }
            let furthest = self.stack.special_above(position);
            if furthest == 0 {
                self.stack.pop_through(position);
                self.formatting.entries.remove(entry);
                return;
            }
            let steps = self.stack.len() - position as usize;
            if steps > self.fuel {
                // The element stays open as any other would.
                self.formatting.entries.remove(entry);
                return;
            }
            self.fuel -= steps;
            self.adopt(element, entry, position, (furthest - position) as usize);
        }
    }

    /// Steps 4.10 to 4.19. `furthest` counts from the element on.
    fn adopt(&mut self, element: NodeId, entry: usize, position: u32, furthest: usize) {
        let ancestor = position - 1;
        let mut above = self.stack.split_off(position);
        let block = above[furthest].node;
        let mut bookmark = None;
        let mut last = block;
        let mut kept = Vec::with_capacity(KEPT);
        for (n, open) in above[1..furthest].iter_mut().rev().enumerate() {
            let Some(listed) = self.formatting.position(open.node) else { continue };
            if n >= KEPT {
                self.formatting.entries.remove(listed);
                bookmark = bookmark.map(|at| if listed < at { at - 1 } else { at });
                continue;
            }
            let copy = self.blocks.nodes.copy(open.node);
            self.formatting.replace(listed, copy);
            open.node = copy;
            bookmark.get_or_insert(listed + 1);
            self.blocks.nodes.detach(last);
            self.blocks.nodes.append(last, copy);
            last = copy;
            kept.push(*open);
        }
        self.blocks.nodes.detach(last);
        match self.place_in(ancestor) {
            Place::In(parent) => self.blocks.nodes.append(last, parent),
            Place::Before(next) => self.blocks.nodes.insert_before(last, next),
        }
        let tag = self.blocks.nodes[element].tag;
        let outer = self.blocks.nodes.wrap_content(block, element);
        if self.form == block {
            self.form = outer;
        }
        // What stood for the block now is the copy of the element inside it.
        let inner = block;
        let listed = self.formatting.position(element).unwrap_or(entry);
        match bookmark {
            None => self.formatting.replace(listed, inner),
            Some(bookmark) => {
                let moved = self.formatting.entries.remove(listed);
                let at = if listed < bookmark { bookmark - 1 } else { bookmark };
                self.formatting.entries.insert(at, moved);
                self.formatting.replace(at, inner);
            }
        }
        for open in kept.iter().rev() {
            self.blocks.nodes.inherit(open.node);
            self.stack.push(open.node, open.tag, open.namespace);
        }
        self.blocks.nodes.inherit(outer);
        self.stack.push(outer, above[furthest].tag, Namespace::Html);
        self.blocks.nodes.inherit(inner);
        self.stack.push(inner, tag, Namespace::Html);
        for open in &above[furthest + 1..] {
            self.blocks.nodes.inherit(open.node);
            self.stack.push(open.node, open.tag, open.namespace);
        }
    }
}
