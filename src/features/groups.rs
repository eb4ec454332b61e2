//! Blocks of the same shape: equal tag paths, equal signatures, repeated siblings. Absent for
//! plain text.

use super::columns::{Sink, log, share};
use super::page::{Page, Sums};
use super::tree::{Names, inherit};
use crate::block::Document;
use crate::hash::{Hash, HashedMap};

/// Which group each block is in, and the sums over each group.
pub(crate) struct Groups {
    pub of: Vec<usize>,
    pub sums: Vec<Sums>,
}

impl Groups {
    fn by(of_blocks: &[Sums], key: impl Fn(usize) -> Hash) -> Groups {
        let mut groups = Groups { of: Vec::with_capacity(of_blocks.len()), sums: Vec::new() };
        groups.of.extend(numbered((0..of_blocks.len()).map(key)));
        for (sums, &group) in of_blocks.iter().zip(&groups.of) {
            groups.sums.resize(groups.sums.len().max(group + 1), Sums::default());
            groups.sums[group].add(sums);
        }
        groups
    }

    fn at(&self, i: usize) -> &Sums {
        &self.sums[self.of[i]]
    }
}

/// Each key's number, in the order in which they are first seen.
fn numbered(keys: impl Iterator<Item = Hash>) -> impl Iterator<Item = usize> {
    let mut known: HashedMap<usize> = HashedMap::default();
    keys.map(move |key| {
        let next = known.len();
        *known.entry(key).or_insert(next)
    })
}

/// The hash of some numbers, each of which may be missing.
fn hash(numbers: impl IntoIterator<Item = Option<usize>>) -> Hash {
    let mut hash = Hash::default();
    numbers.into_iter().for_each(|n| hash.add(n.map_or(0, |n| n as u64 + 1)));
    hash
}

/// Blocks of the same shape, by two notions of it.
pub(crate) struct Shapes {
    /// Blocks with the same tag names all the way up.
    pub by_path: Groups,
    /// Blocks whose last four elements have the same tag and first class.
    pub by_signature: Groups,
    /// Per element, a number that those of the same tag and first class share.
    of_element: Vec<usize>,
}

impl Shapes {
    pub(super) fn new(document: &Document, names: &Names, of_blocks: &[Sums]) -> Shapes {
        let elements = &document.elements;
        let tag = names.each(|element| Hash::of_text(&element.tag));
        let path = inherit(document, |e, above: Option<&Hash>| {
            above.copied().unwrap_or_default().and(tag[e])
        });
        let shape = names.each(|element| {
            let class = element.classes.first().map_or("", String::as_str);
            Hash::of_text(&element.tag).and(Hash::of_text(class))
        });
        let of_element: Vec<usize> = numbered(shape.into_iter()).collect();
        let own = |i: usize| document.blocks[i].element;
        let signature = |i: usize| {
            let mut element = own(i);
            hash([(); 4].map(|()| {
                let shape = element.map(|e| of_element[e]);
                element = element.and_then(|e| elements[e].parent);
                shape
            }))
        };
        Shapes {
            by_path: Groups::by(of_blocks, |i| own(i).map_or(Hash::default(), |e| path[e])),
            by_signature: Groups::by(of_blocks, signature),
            of_element,
        }
    }
}

pub(super) fn add(page: &Page, columns: &mut impl Sink) {
    let shapes = &page.shapes;
    for (name, groups) in [("path", &shapes.by_path), ("shape", &shapes.by_signature)] {
        columns.add(format_args!("{name}_prose_share"), |i| {
            share(groups.at(i).prose, page.total.prose)
        });
        columns.add(format_args!("{name}_log_blocks"), |i| log(groups.at(i).blocks));
        columns.add(format_args!("{name}_block_share"), |i| {
            share(groups.at(i).blocks, page.total.blocks)
        });
        columns.add(format_args!("{name}_link_share"), |i| groups.at(i).link_share());
        columns.add(format_args!("{name}_long_share"), |i| groups.at(i).long_share());
        columns
            .add(format_args!("{name}_words_per_block"), |i| log(groups.at(i).words_per_block()));
        columns
            .add(format_args!("{name}_sentence_end_share"), |i| groups.at(i).sentence_end_share());
    }
    add_repeated_siblings(page, columns);
}

/// Elements of one parent with the same tag and first class: list items, cards, posts.
struct Siblings {
    /// Per element, its group.
    of: Vec<usize>,
    members: Vec<f32>,
    sums: Vec<Sums>,
    /// Per element, the one of it and its ancestors whose group is the largest, the innermost of
    /// equals; of three members at least.
    largest: Vec<Option<usize>>,
}

impl Siblings {
    fn new(page: &Page) -> Siblings {
        let elements = &page.document.elements;
        let keys = elements
            .iter()
            .zip(&page.shapes.of_element)
            .map(|(e, &shape)| hash([e.parent, Some(shape)]));
        let of: Vec<usize> = numbered(keys).collect();
        let groups = of.iter().max().map_or(0, |last| last + 1);
        let (mut members, mut sums) = (vec![0.0; groups], vec![Sums::default(); groups]);
        for (e, &group) in of.iter().enumerate() {
            members[group] += 1.0;
            sums[group].add(&page.tree.inside[e]);
        }
        let largest = inherit(page.document, |e, above: Option<&Option<usize>>| {
            let above = above.copied().flatten();
            let most = above.map_or(3.0, |above| members[of[above]]);
            if members[of[e]] >= most { Some(e) } else { above }
        });
        Siblings { of, members, sums, largest }
    }
}

fn add_repeated_siblings(page: &Page, columns: &mut impl Sink) {
    let siblings = Siblings::new(page);
    let with = |i: usize, value: &dyn Fn(usize, usize) -> f32| -> f32 {
        let largest = page.element(i).and_then(|e| siblings.largest[e]);
        largest.map_or(0.0, |element| value(element, siblings.of[element]))
    };
    columns.add("repeat_log_members", |i| with(i, &|_, g| log(siblings.members[g])));
    columns.add("repeat_long_share", |i| with(i, &|_, g| siblings.sums[g].long_share()));
    columns.add("repeat_link_share", |i| with(i, &|_, g| siblings.sums[g].link_share()));
    columns.add("repeat_prose_share", |i| {
        with(i, &|_, g| share(siblings.sums[g].prose, page.total.prose))
    });
    columns.add("repeat_words_per_member", |i| {
        with(i, &|_, g| log(share(siblings.sums[g].words, siblings.members[g])))
    });
    columns.add("repeat_blocks_per_member", |i| {
        with(i, &|_, g| log(share(siblings.sums[g].blocks, siblings.members[g])))
    });
    columns.add("repeat_sentence_end_share", |i| {
        with(i, &|_, g| siblings.sums[g].sentence_end_share())
    });
    columns.add("repeat_height", |i| {
        with(i, &|e, _| log((page.depth(i) - page.tree.depth[e]) as f32))
    });
    columns
        .add("repeat_log_index", |i| with(i, &|e, _| log(page.document.elements[e].index as f32)));
}
