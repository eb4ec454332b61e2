//! Tags, ancestors and containers: where in the tree the block is. Absent for plain text.

use super::columns::{Sink, flag, log, share};
use super::page::{Page, Sums};
use super::tree::inherit;
use crate::block::Element;

/// Own tags: the innermost elements, up to and including the nearest block-level one.
const OWN_TAGS: [&str; 17] = [
    "p",
    "div",
    "li",
    "td",
    "span",
    "a",
    "strong",
    "b",
    "time",
    "h1",
    "h2",
    "h3",
    "blockquote",
    "pre",
    "figcaption",
    "label",
    "button",
];

/// Tags looked for anywhere above the block.
const ANCESTOR_TAGS: [&str; 15] = [
    "article", "main", "section", "aside", "nav", "header", "footer", "form", "table", "ul", "ol",
    "figure", "button", "select", "a",
];

/// How many of the successively larger containers are described.
const LEVELS: usize = 5;

pub(super) fn add(page: &Page, columns: &mut impl Sink) {
    add_tags(page, columns);
    add_levels(page, columns);
    add_section(page, columns);
    add_cores(page, columns);
}

fn add_tags(page: &Page, columns: &mut impl Sink) {
    let elements = &page.document.elements;
    let bits = |tags: &[&str]| -> Vec<u32> {
        let bit = |e: &Element| tags.iter().position(|&tag| tag == e.tag).map_or(0, |n| 1 << n);
        page.tree.names.each(bit)
    };
    let (own_bits, above_bits) = (bits(&OWN_TAGS), bits(&ANCESTOR_TAGS));
    // The innermost elements that hold nothing but this block, at most four.
    let own: Vec<u32> = (0..page.len())
        .map(|i| {
            let own = page.element(i).map_or(0, |e| page.tree.own[e]);
            page.chain(i).take(own.min(4)).fold(0, |found, e| found | own_bits[e])
        })
        .collect();
    for (n, tag) in OWN_TAGS.iter().enumerate() {
        columns.add(format_args!("tag_{tag}"), |i| flag(own[i] >> n & 1 == 1));
    }
    let above = inherit(page.document, |e, above: Option<&u32>| {
        above.copied().unwrap_or(0) | above_bits[e]
    });
    for (n, tag) in ANCESTOR_TAGS.iter().enumerate() {
        columns.add(format_args!("in_{tag}"), |i| {
            page.element(i).map_or(0.0, |e| flag(above[e] >> n & 1 == 1))
        });
    }
    columns.add("heading", |i| flag(page.heading_level(i) > 0));
    columns.add("hidden", |i| flag(page.document.blocks[i].hidden));
    let depth = |i: usize| page.depth(i) as f32;
    columns.add("log_depth", |i| log(depth(i)));
    let prose_depth: f32 = (0..page.len()).map(|i| depth(i) * page.text[i].prose).sum();
    let mean_depth = share(prose_depth, page.total.prose);
    columns.add("depth_off_prose", |i| log((depth(i) - mean_depth).abs()));
    let index = |e: Option<usize>| e.map_or(0.0, |e| log(elements[e].index as f32));
    columns.add("log_sibling_index", |i| index(page.element(i)));
    columns.add("log_parent_index", |i| index(page.chain(i).nth(1)));
}

/// L0, L1, ...: ancestors whose number of blocks strictly grows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Levels {
    elements: [usize; LEVELS],
    found: usize,
}

impl Levels {
    /// Those of block `i`.
    pub(crate) fn of(page: &Page, i: usize) -> Levels {
        let larger = |&e: &usize| page.tree.larger[e];
        let own = page.element(i);
        let first =
            own.filter(|&e| page.tree.inside[e].blocks > 1.0).or(own.and_then(|e| larger(&e)));
        let mut levels = Levels::default();
        for element in std::iter::successors(first, larger).take(LEVELS) {
            levels.elements[levels.found] = element;
            levels.found += 1;
        }
        levels
    }

    /// Level `n`; a page with fewer repeats the outermost one.
    pub(crate) fn at(&self, n: usize) -> Option<usize> {
        self.found.checked_sub(1).map(|last| self.elements[n.min(last)])
    }

    /// Level `n`, if there are so many.
    fn get(&self, n: usize) -> Option<usize> {
        (n < self.found).then(|| self.elements[n])
    }
}

fn add_levels(page: &Page, columns: &mut impl Sink) {
    let levels = &page.levels;
    for level in 0..LEVELS {
        let sums: Vec<Sums> = (0..page.len())
            .map(|i| {
                levels[i].at(level).map_or_else(|| Sums::of(&page.text[i]), |e| page.tree.inside[e])
            })
            .collect();
        columns.add(format_args!("l{level}_log_words"), |i| log(sums[i].words));
        columns.add(format_args!("l{level}_words_per_block"), |i| log(sums[i].words_per_block()));
        columns.add(format_args!("l{level}_sentence_end_share"), |i| sums[i].sentence_end_share());
        columns
            .add(format_args!("l{level}_prose_share"), |i| share(sums[i].prose, page.total.prose));
        columns.add(format_args!("l{level}_long_share"), |i| sums[i].long_share());
        columns.add(format_args!("l{level}_link_share"), |i| sums[i].link_share());
        columns.add(format_args!("l{level}_log_blocks"), |i| log(sums[i].blocks));
    }
    // Where in its nearest containers the block is.
    for level in 0..2 {
        columns.add(format_args!("l{level}_position"), |i| {
            levels[i].get(level).map_or(0.0, |element| {
                let (first, last) = page.tree.span[element];
                share((i - first) as f32, (last - first) as f32)
            })
        });
    }
}

/// T: the highest ancestor with under 90 % of the words of the page: its section.
fn add_section(page: &Page, columns: &mut impl Sink) {
    let below = |e: usize| page.tree.inside[e].words < 0.9 * page.total.words;
    let highest = inherit(page.document, |e, above: Option<&Option<usize>>| {
        above.copied().flatten().or_else(|| below(e).then_some(e))
    });
    let section: Vec<Option<usize>> =
        (0..page.len()).map(|i| page.element(i).and_then(|e| highest[e])).collect();
    let sums: Vec<Sums> = (0..page.len())
        .map(|i| section[i].map_or_else(|| Sums::of(&page.text[i]), |e| page.tree.inside[e]))
        .collect();
    columns.add("section_log_words", |i| log(sums[i].words));
    columns.add("section_words_per_block", |i| log(sums[i].words_per_block()));
    columns.add("section_long_share", |i| sums[i].long_share());
    columns.add("section_link_share", |i| sums[i].link_share());
    columns.add("section_prose_share", |i| share(sums[i].prose, page.total.prose));
    columns.add("section_position", |i| {
        section[i].map_or(0.0, |e| share(page.tree.span[e].0 as f32, page.len() as f32))
    });
}

/// C50, C80, C95: the smallest element that holds that share of the prose of the page.
fn add_cores(page: &Page, columns: &mut impl Sink) {
    for percent in [50, 80, 95] {
        let total = page.total.prose;
        let core = core(page, total, percent as f32 / 100.0 * total, |e| page.tree.inside[e].prose);
        let (first, last) = core.map_or((0, page.len().saturating_sub(1)), |e| page.tree.span[e]);
        let depth = core.map_or(0, |e| page.tree.depth[e]);
        let inside = within(page, core);
        // How deep the nearest ancestor is that holds the core.
        let meet = inherit(page.document, |e, above: Option<&usize>| {
            let (from, to) = page.tree.span[e];
            let holds = from <= first && to >= last;
            if holds { page.tree.depth[e] } else { above.copied().unwrap_or(0) }
        });
        columns.add(format_args!("core{percent}_inside"), |i| flag(inside[i]));
        columns.add(format_args!("core{percent}_blocks_outside"), |i| {
            log(first.saturating_sub(i).max(i.saturating_sub(last)) as f32)
        });
        columns.add(format_args!("core{percent}_depth_below"), |i| {
            if inside[i] { log(page.depth(i).saturating_sub(depth) as f32) } else { 0.0 }
        });
        columns.add(format_args!("core{percent}_distance"), |i| {
            let meet = page.element(i).map_or(0, |e| meet[e]);
            if inside[i] { 0.0 } else { log((depth - meet.min(depth)) as f32) }
        });
        columns.add(format_args!("core{percent}_position"), |i| {
            if inside[i] { share((i - first) as f32, (last - first) as f32) } else { 0.0 }
        });
    }
}

/// The smallest element that holds `enough` of `total`; `held` says how much an element holds.
pub(super) fn core(
    page: &Page,
    total: f32,
    enough: f32,
    held: impl Fn(usize) -> f32,
) -> Option<usize> {
    (0..page.document.elements.len())
        .filter(|&e| total > 0.0 && held(e) >= enough)
        .max_by_key(|&e| page.tree.depth[e])
}

/// Per block, whether an element holds it; `None` stands for the page.
pub(super) fn within(page: &Page, element: Option<usize>) -> Vec<bool> {
    let Some(element) = element else { return vec![true; page.len()] };
    let below = inherit(page.document, |e, above: Option<&bool>| {
        e == element || above.copied().unwrap_or(false)
    });
    (0..page.len()).map(|i| page.element(i).is_some_and(|e| below[e])).collect()
}
