//! The list of active formatting elements (13.2.4.3).

use super::nodes::NodeId;
use super::tags::Tag;

/// How many elements may wait to be opened again. Each of them is opened anew in every paragraph
/// that follows, so a list without an end makes a page without an end.
const LIMIT: usize = 32;

#[derive(Debug, Clone, Copy)]
pub(super) enum Entry<'a> {
    Marker,
    Element {
        node: NodeId,
        tag: Tag,
        /// The attributes as they stand in the page.
        attributes: &'a str,
    },
}

#[derive(Debug, Default)]
pub(super) struct Formatting<'a> {
    pub entries: Vec<Entry<'a>>,
}

impl<'a> Formatting<'a> {
    /// The entries behind the last marker.
    fn start(&self) -> usize {
        let marker = self.entries.iter().rposition(|entry| matches!(entry, Entry::Marker));
        marker.map_or(0, |marker| marker + 1)
    }

    /// Adds an element; of four equal ones the first goes (the Noah's Ark clause).
    pub fn push(&mut self, node: NodeId, tag: Tag, attributes: &'a str) {
        let start = self.start();
        let equal = |entry: &Entry| matches!(entry, Entry::Element { tag: t, attributes: a, .. } if *t == tag && *a == attributes);
        let alike = self.entries[start..].iter().filter(|entry| equal(entry)).count();
        if alike >= 3 {
            if let Some(first) = self.entries[start..].iter().position(equal) {
                self.entries.remove(start + first);
            }
        } else if self.entries.len() - start >= LIMIT {
            self.entries.remove(start);
        }
        self.entries.push(Entry::Element { node, tag, attributes });
    }

    pub fn push_marker(&mut self) {
        self.entries.push(Entry::Marker);
    }

    /// 13.2.4.3, clear the list up to the last marker.
    pub fn clear_to_marker(&mut self) {
        self.entries.truncate(self.start().saturating_sub(1));
    }

    /// The last entry of that tag behind the last marker.
    pub fn last(&self, tag: Tag) -> Option<(usize, NodeId)> {
        let start = self.start();
        self.entries[start..].iter().enumerate().rev().find_map(|(n, entry)| match entry {
            Entry::Element { node, tag: t, .. } if *t == tag => Some((start + n, *node)),
            _ => None,
        })
    }

    /// Where this very element is, behind the last marker.
    pub fn position(&self, node: NodeId) -> Option<usize> {
        let start = self.start();
        let is = |entry: &Entry| matches!(entry, Entry::Element { node: n, .. } if *n == node);
        self.entries[start..].iter().rposition(is).map(|n| start + n)
    }

    pub fn remove_node(&mut self, node: NodeId) {
        if let Some(position) = self.position(node) {
            self.entries.remove(position);
        }
    }

    /// Lets an entry stand for another element of the same token.
    pub fn replace(&mut self, position: usize, with: NodeId) {
        if let Entry::Element { node, .. } = &mut self.entries[position] {
            *node = with;
        }
    }
}
