//! The stack of open elements (13.2.4.2), which answers every question of scope in one step.
//!
//! Each entry knows the nearest entry below it that ends a search, and the nearest of its own tag,
//! so that an end tag that closes nothing costs the same at any depth.

use super::nodes::{Namespace, NodeId};
use super::tags::{Tag, property};

/// A position in the stack, from 1; 0 is below the stack.
pub(super) type Position = u32;

#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub node: NodeId,
    pub tag: Tag,
    pub namespace: Namespace,
    /// The nearest entry at or below this one that ends the default scope.
    scope: Position,
    /// The nearest special element at or below.
    special: Position,
    /// The nearest special element that is not `address`, `div` or `p`.
    list_barrier: Position,
    /// The nearest HTML element at or below.
    html: Position,
    /// The next entry below with the same tag and kind of namespace.
    same: Position,
}

impl Open {
    /// Whether it is the HTML element of that name.
    pub fn is(&self, tag: Tag) -> bool {
        self.tag == tag && self.namespace == Namespace::Html
    }

    pub fn has(&self, properties: u32) -> bool {
        self.namespace == Namespace::Html && self.tag.is(properties)
    }

    /// 13.2.6.5, MathML text integration point.
    pub fn is_mathml_text(&self) -> bool {
        self.namespace == Namespace::MathMl
            && matches!(self.tag, Tag::MI | Tag::MO | Tag::MN | Tag::MS | Tag::MTEXT)
    }

    /// 13.2.6.5, HTML integration point, but for `annotation-xml`.
    pub fn is_svg_html(&self) -> bool {
        self.namespace == Namespace::Svg
            && matches!(self.tag, Tag::FOREIGN_OBJECT | Tag::DESC | Tag::TITLE)
    }
}

/// The open elements, the current node last.
#[derive(Debug, Default)]
pub(super) struct Stack {
    open: Vec<Open>,
    /// The last entry of each tag, HTML and foreign apart.
    last: Vec<Position>,
}

fn key(tag: Tag, namespace: Namespace) -> usize {
    2 * tag.number() + usize::from(namespace != Namespace::Html)
}

impl Stack {
    pub fn len(&self) -> usize {
        self.open.len()
    }

    pub fn top(&self) -> Option<&Open> {
        self.open.last()
    }

    /// The entry at a position, which must be one.
    pub fn at(&self, position: Position) -> &Open {
        &self.open[position as usize - 1]
    }

    pub fn current(&self) -> Position {
        self.open.len() as Position
    }

    pub fn push(&mut self, node: NodeId, tag: Tag, namespace: Namespace) {
        let position = self.open.len() as Position + 1;
        let html = namespace == Namespace::Html;
        let special = html && tag.is(property::SPECIAL);
        let key = key(tag, namespace);
        if key >= self.last.len() {
            self.last.resize(key + 1, 0);
        }
        let (mut scope, mut nearest, mut list_barrier, mut html_below) = (0, 0, 0, 0);
        if let Some(top) = self.open.last() {
            (scope, nearest) = (top.scope, top.special);
            (list_barrier, html_below) = (top.list_barrier, top.html);
        }
        let mut open = Open {
            node,
            tag,
            namespace,
            scope,
            special: if special { position } else { nearest },
            list_barrier,
            html: if html { position } else { html_below },
            same: std::mem::replace(&mut self.last[key], position),
        };
        if open.has(property::SCOPE) || open.is_mathml_text() || open.is_svg_html() {
            open.scope = position;
        }
        if special && !matches!(tag, Tag::ADDRESS | Tag::DIV | Tag::P) {
            open.list_barrier = position;
        }
        self.open.push(open);
    }

    pub fn pop(&mut self) -> Option<Open> {
        let open = self.open.pop()?;
        self.last[key(open.tag, open.namespace)] = open.same;
        Some(open)
    }

    /// Pops the entry at `position` and all above it.
    pub fn pop_through(&mut self, position: Position) {
        while self.current() >= position.max(1) {
            self.pop();
        }
    }

    /// Takes the entry at `position` out, and all above it, lowest first.
    pub fn split_off(&mut self, position: Position) -> Vec<Open> {
        let above = self.open[position as usize - 1..].to_vec();
        self.pop_through(position);
        above
    }

    /// Takes one entry out of the middle.
    pub fn remove(&mut self, position: Position) {
        for open in &self.split_off(position)[1..] {
            self.push(open.node, open.tag, open.namespace);
        }
    }

    /// Where the HTML element of that name was opened last; 0 if none is open.
    pub fn last(&self, tag: Tag) -> Position {
        self.last.get(key(tag, Namespace::Html)).copied().unwrap_or(0)
    }

    /// The same among the elements that are not HTML.
    pub fn last_foreign(&self, tag: Tag) -> Position {
        self.last.get(key(tag, Namespace::Svg)).copied().unwrap_or(0)
    }

    /// Where this very element is; 0 if it is not open.
    pub fn position(&self, node: NodeId, tag: Tag) -> Position {
        let mut position = self.last(tag);
        while position != 0 && self.at(position).node != node {
            position = self.at(position).same;
        }
        position
    }

    /// Where the default scope of the current node ends.
    pub fn scope(&self) -> Position {
        self.open.last().map_or(0, |top| top.scope)
    }

    /// The special element nearest to the current node, or itself.
    pub fn special(&self) -> Position {
        self.open.last().map_or(0, |top| top.special)
    }

    /// The lowest special element above a position; 0 if there is none.
    pub fn special_above(&self, position: Position) -> Position {
        if self.special() <= position {
            return 0;
        }
        let above = self.open[position as usize..].iter();
        let found = above.take_while(|open| !open.has(property::SPECIAL)).count();
        position + found as Position + 1
    }

    /// The special element that ends the search for an open list item.
    pub fn list_barrier(&self) -> Position {
        self.open.last().map_or(0, |top| top.list_barrier)
    }

    /// The HTML element nearest to the current node, or itself.
    pub fn html(&self) -> Position {
        self.open.last().map_or(0, |top| top.html)
    }

    fn within(&self, tag: Tag, scope: Position) -> bool {
        let last = self.last(tag);
        last != 0 && last >= scope
    }

    /// 13.2.4.2, has an element in scope.
    pub fn in_scope(&self, tag: Tag) -> bool {
        self.within(tag, self.scope())
    }

    /// 13.2.4.2, has an element in list item scope.
    pub fn in_list_item_scope(&self, tag: Tag) -> bool {
        self.within(tag, self.scope().max(self.last(Tag::OL)).max(self.last(Tag::UL)))
    }

    /// 13.2.4.2, has an element in button scope.
    pub fn in_button_scope(&self, tag: Tag) -> bool {
        self.within(tag, self.scope().max(self.last(Tag::BUTTON)))
    }

    /// 13.2.4.2, has an element in table scope.
    pub fn in_table_scope(&self, tag: Tag) -> bool {
        self.within(tag, self.last(Tag::TABLE).max(self.last(Tag::HTML)))
    }
}
