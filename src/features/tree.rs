//! Counts per element, each found in one pass over the elements.
//!
//! Parents stand before their children in a document, so that sums run from the last element to the
//! first and what is asked of all ancestors is handed down from the first to the last: neither takes
//! more time on deep pages.

use super::page::Sums;
use crate::block::{Document, Element};
use crate::hash::{Hash, HashedMap};
use crate::segment::is_inline;

/// Ancestors among which a heading is looked for, the block's own element included.
const HEADING_REACH: u8 = 6;

/// Which elements have the same tag, id and classes. Most pages have few that differ: what depends
/// on names alone is found once for each.
pub(crate) struct Names<'a> {
    /// Per element, the number of its names.
    pub of: Vec<usize>,
    /// By that number, the first element that has them.
    pub first: Vec<&'a Element>,
}

impl<'a> Names<'a> {
    fn new(document: &'a Document) -> Names<'a> {
        let mut known: HashedMap<usize> = HashedMap::default();
        let mut names =
            Names { of: Vec::with_capacity(document.elements.len()), first: Vec::new() };
        for element in &document.elements {
            let mut key = Hash::of_text(&element.tag).and(Hash::of_text(&element.id));
            for class in &element.classes {
                key = key.and(Hash::of_text(class));
            }
            let number = *known.entry(key).or_insert(names.first.len());
            if number == names.first.len() {
                names.first.push(element);
            }
            names.of.push(number);
        }
        names
    }

    /// What the names of each element give.
    pub(crate) fn each<T: Copy>(&self, make: impl FnMut(&'a Element) -> T) -> Vec<T> {
        let made: Vec<T> = self.first.iter().copied().map(make).collect();
        self.of.iter().map(|&number| made[number]).collect()
    }
}

/// Facts of the elements of a page, by their place in [`Document::elements`].
pub(crate) struct Tree<'a> {
    pub names: Names<'a>,
    /// Sums over the blocks inside.
    pub inside: Vec<Sums>,
    /// Depth: 1 for the root.
    pub depth: Vec<usize>,
    /// The first and last block inside.
    pub span: Vec<(usize, usize)>,
    /// The nearest ancestor that holds more blocks.
    pub larger: Vec<Option<usize>>,
    /// How many elements from here up are inline, at most one more.
    pub own: Vec<usize>,
    /// The level of the nearest heading within reach, 0 for none.
    pub heading: Vec<u8>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(document: &'a Document, of_blocks: &[Sums]) -> Tree<'a> {
        let elements = &document.elements;
        let names = Names::new(document);
        let mut inside = vec![Sums::default(); elements.len()];
        let mut span = vec![(usize::MAX, 0); elements.len()];
        for (i, block) in document.blocks.iter().enumerate() {
            if let Some(element) = block.element {
                inside[element].add(&of_blocks[i]);
                span[element] = (span[element].0.min(i), span[element].1.max(i));
            }
        }
        for e in (0..elements.len()).rev() {
            if let Some(parent) = elements[e].parent {
                let sums = inside[e];
                inside[parent].add(&sums);
                let (first, last) = span[e];
                span[parent] = (span[parent].0.min(first), span[parent].1.max(last));
            }
        }
        let depth = inherit(document, |_, above| above.map_or(1, |depth: &usize| depth + 1));
        let inline = names.each(|element| is_inline(&element.tag));
        let own = inherit(document, |e, above: Option<&usize>| match above {
            Some(above) if inline[e] => above + 1,
            _ => 1,
        });
        let own_level = names.each(|element| heading_level(&element.tag));
        // With how many elements up it is.
        let heading =
            inherit(document, |e, above: Option<&(u8, u8)>| match (own_level[e], above) {
                (Some(level), _) => (level, 0),
                (None, Some(&(level, steps))) if steps + 1 < HEADING_REACH => (level, steps + 1),
                _ => (0, 0),
            });
        let heading = heading.into_iter().map(|(level, _)| level).collect();
        let mut larger: Vec<Option<usize>> = Vec::with_capacity(elements.len());
        for e in 0..elements.len() {
            let parent = elements[e].parent;
            larger.push(parent.and_then(|parent| {
                if inside[parent].blocks > inside[e].blocks { Some(parent) } else { larger[parent] }
            }));
        }
        Tree { names, inside, depth, span, larger, own, heading }
    }
}

/// Hands something down the tree: `make` gets an element and what its parent has.
pub(crate) fn inherit<T>(
    document: &Document,
    mut make: impl FnMut(usize, Option<&T>) -> T,
) -> Vec<T> {
    let mut made: Vec<T> = Vec::with_capacity(document.elements.len());
    for (e, element) in document.elements.iter().enumerate() {
        let of_element = make(e, element.parent.map(|parent| &made[parent]));
        made.push(of_element);
    }
    made
}

fn heading_level(tag: &str) -> Option<u8> {
    match tag.as_bytes() {
        [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::Page;
    use crate::segment::{Limits, segment_html};

    #[test]
    fn sums_and_depths_are_those_of_the_tree() {
        let html =
            "<div><h2><span>Satu</span></h2><ul><li>dua tiga<li><b><i>empat</i></b></ul></div>lima";
        let document = segment_html(html, &Limits::default());
        let page = Page::new(&document);
        let (tree, at) = (&page.tree, |i: usize| document.blocks[i].element.unwrap());
        let paths: Vec<String> = (0..page.len()).map(|i| document.path(i)).collect();
        assert!(paths[2].ends_with("ul[2]>li[2]>b[1]>i[1]"), "{paths:?}");
        assert_eq!((tree.heading[at(0)], tree.heading[at(1)]), (2, 0));
        assert_eq!((tree.own[at(2)], tree.own[at(1)]), (3, 1));
        for i in 0..page.len() {
            assert_eq!(page.depth(i), paths[i].matches('>').count() + 1);
            assert_eq!(page.chain(i).count(), page.depth(i));
            for e in page.chain(i) {
                let (first, last) = tree.span[e];
                let inside = (0..page.len()).filter(|&j| page.chain(j).any(|a| a == e)).count();
                assert_eq!(tree.inside[e].blocks as usize, inside);
                assert!((first..=last).contains(&i) && last - first + 1 == inside);
                let larger = |&a: &usize| tree.inside[a].blocks > tree.inside[e].blocks;
                let chain: Vec<usize> = page.chain(i).collect();
                assert_eq!(tree.larger[e], chain.into_iter().skip_while(|&a| a != e).find(larger));
            }
        }
        let list = document.elements[at(1)].parent.unwrap();
        assert_eq!((tree.inside[list].words, tree.span[list]), (3.0, (1, 2)));
    }
}
