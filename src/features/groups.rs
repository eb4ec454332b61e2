//! Blocks of the same shape: equal tag paths, equal signatures, repeated siblings. Absent for
//! plain text.

use std::collections::HashMap;
use std::hash::Hash;

use super::columns::{Columns, log, share};
use super::page::{Page, Sums};

/// Which group each block is in, and the sums over each group.
pub(crate) struct Groups {
    pub of: Vec<usize>,
    pub sums: Vec<Sums>,
}

impl Groups {
    pub(crate) fn by<K: Hash + Eq>(page: &Page, key: impl Fn(usize) -> K) -> Groups {
        let mut numbers = HashMap::new();
        let mut groups = Groups { of: Vec::with_capacity(page.len()), sums: Vec::new() };
        for i in 0..page.len() {
            let next = numbers.len();
            let number = *numbers.entry(key(i)).or_insert(next);
            if number == next {
                groups.sums.push(Sums::default());
            }
            groups.sums[number].add(&Sums::of(&page.text[i]));
            groups.of.push(number);
        }
        groups
    }

    fn at(&self, i: usize) -> &Sums {
        &self.sums[self.of[i]]
    }
}

/// Blocks with the same tag names all the way up.
pub(crate) fn by_tag_path(page: &Page) -> Groups {
    Groups::by(page, |i| page.tags(i).collect::<Vec<_>>())
}

/// Blocks whose last four elements have the same tag and first class.
pub(crate) fn by_signature(page: &Page) -> Groups {
    Groups::by(page, |i| page.chains[i].iter().take(4).map(|&e| shape(page, e)).collect::<Vec<_>>())
}

/// An element's tag and first class.
fn shape<'a>(page: &'a Page, element: usize) -> (&'a str, &'a str) {
    let element = &page.document.elements[element];
    (&element.tag, element.classes.first().map_or("", String::as_str))
}

pub(super) fn add(page: &Page, columns: &mut Columns) {
    for (name, groups) in [("path", by_tag_path(page)), ("shape", by_signature(page))] {
        columns.add(format!("{name}_prose_share"), |i| share(groups.at(i).prose, page.total.prose));
        columns.add(format!("{name}_log_blocks"), |i| log(groups.at(i).blocks));
        columns
            .add(format!("{name}_block_share"), |i| share(groups.at(i).blocks, page.total.blocks));
        columns.add(format!("{name}_link_share"), |i| groups.at(i).link_share());
        columns.add(format!("{name}_long_share"), |i| groups.at(i).long_share());
        columns.add(format!("{name}_words_per_block"), |i| log(groups.at(i).words_per_block()));
        columns.add(format!("{name}_sentence_end_share"), |i| groups.at(i).sentence_end_share());
    }
    add_repeated_siblings(page, columns);
}

/// Elements of one parent with the same tag and first class: list items, cards, posts.
struct Siblings {
    /// Per element, its group, if the group has three members or more.
    of: Vec<Option<usize>>,
    members: Vec<f32>,
    sums: Vec<Sums>,
}

impl Siblings {
    fn new(page: &Page) -> Siblings {
        let elements = &page.document.elements;
        let mut numbers = HashMap::new();
        let (mut of, mut members, mut sums) = (Vec::new(), Vec::new(), Vec::new());
        for e in 0..elements.len() {
            let next = numbers.len();
            let number = *numbers.entry((elements[e].parent, shape(page, e))).or_insert(next);
            if number == next {
                members.push(0.0);
                sums.push(Sums::default());
            }
            members[number] += 1.0;
            sums[number].add(&page.inside[e]);
            of.push(Some(number));
        }
        for group in &mut of {
            *group = group.filter(|&g| members[g] >= 3.0);
        }
        Siblings { of, members, sums }
    }

    /// The largest group that block `i` is in through any of its ancestors, with the ancestor.
    fn largest(&self, page: &Page, i: usize) -> Option<(usize, usize)> {
        let groups = page.chains[i].iter().filter_map(|&e| self.of[e].map(|group| (e, group)));
        groups.reduce(
            |best, next| {
                if self.members[next.1] > self.members[best.1] { next } else { best }
            },
        )
    }
}

fn add_repeated_siblings(page: &Page, columns: &mut Columns) {
    let siblings = Siblings::new(page);
    let largest: Vec<_> = (0..page.len()).map(|i| siblings.largest(page, i)).collect();
    let with = |i: usize, value: &dyn Fn(usize, usize) -> f32| -> f32 {
        largest[i].map_or(0.0, |(element, group)| value(element, group))
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
        with(i, &|e, _| log((page.chains[i].len() - page.depth[e]) as f32))
    });
    columns
        .add("repeat_log_index", |i| with(i, &|e, _| log(page.document.elements[e].index as f32)));
}
