//! Tags, ancestors and containers: where in the tree the block is. Absent for plain text.

use super::columns::{Columns, flag, log, share};
use super::page::{Page, Sums};

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

pub(super) fn add(page: &Page, columns: &mut Columns) {
    add_tags(page, columns);
    add_levels(page, columns);
    add_section(page, columns);
    add_cores(page, columns);
}

fn add_tags(page: &Page, columns: &mut Columns) {
    // The innermost elements that hold nothing but this block, at most four.
    let own = |i: usize| page.tags(i).take(4);
    for tag in OWN_TAGS {
        columns.add(format!("tag_{tag}"), |i| {
            let nearest = page.tags(i).take_while(|t| crate::segment::is_inline(t)).count();
            flag(own(i).take(nearest + 1).any(|t| t == tag))
        });
    }
    for tag in ANCESTOR_TAGS {
        columns.add(format!("in_{tag}"), |i| flag(page.tags(i).any(|t| t == tag)));
    }
    columns.add("heading", |i| flag(page.heading_level(i) > 0));
    columns.add("hidden", |i| flag(page.document.blocks[i].hidden));
    let depth = |i: usize| page.chains[i].len() as f32;
    columns.add("log_depth", |i| log(depth(i)));
    let prose_depth: f32 = (0..page.len()).map(|i| depth(i) * page.text[i].prose).sum();
    let mean_depth = share(prose_depth, page.total.prose);
    columns.add("depth_off_prose", |i| log((depth(i) - mean_depth).abs()));
    let index =
        |i: usize| page.chains[i].first().map_or(0.0, |&e| page.document.elements[e].index as f32);
    columns.add("log_sibling_index", |i| log(index(i)));
    columns.add("log_parent_index", |i| {
        page.chains[i].get(1).map_or(0.0, |&e| log(page.document.elements[e].index as f32))
    });
}

/// L0, L1, ...: ancestors whose number of blocks strictly grows.
pub(crate) fn levels(page: &Page, i: usize) -> Vec<usize> {
    let mut blocks = 1.0;
    let mut levels = Vec::with_capacity(LEVELS);
    for &element in &page.chains[i] {
        if page.inside[element].blocks > blocks {
            blocks = page.inside[element].blocks;
            levels.push(element);
            if levels.len() == LEVELS {
                break;
            }
        }
    }
    levels
}

fn add_levels(page: &Page, columns: &mut Columns) {
    let levels: Vec<Vec<usize>> = (0..page.len()).map(|i| levels(page, i)).collect();
    // A page with fewer levels repeats the outermost one.
    let sums = |i: usize, level: usize| -> Sums {
        match levels[i].get(level).or(levels[i].last()) {
            Some(&element) => page.inside[element],
            None => Sums::of(&page.text[i]),
        }
    };
    for level in 0..LEVELS {
        columns.add(format!("l{level}_log_words"), |i| log(sums(i, level).words));
        columns.add(format!("l{level}_words_per_block"), |i| log(sums(i, level).words_per_block()));
        columns
            .add(format!("l{level}_sentence_end_share"), |i| sums(i, level).sentence_end_share());
        columns.add(format!("l{level}_prose_share"), |i| {
            share(sums(i, level).prose, page.total.prose)
        });
        columns.add(format!("l{level}_long_share"), |i| sums(i, level).long_share());
        columns.add(format!("l{level}_link_share"), |i| sums(i, level).link_share());
        columns.add(format!("l{level}_log_blocks"), |i| log(sums(i, level).blocks));
    }
    // Where in its nearest containers the block is.
    for level in 0..2 {
        columns.add(format!("l{level}_position"), |i| {
            levels[i].get(level).map_or(0.0, |&element| {
                let (first, last) = page.span[element];
                share((i - first) as f32, (last - first) as f32)
            })
        });
    }
}

/// T: the highest ancestor with under 90 % of the words of the page: its section.
fn add_section(page: &Page, columns: &mut Columns) {
    let section: Vec<Option<usize>> = page
        .chains
        .iter()
        .map(|chain| {
            let below = |&&e: &&usize| page.inside[e].words < 0.9 * page.total.words;
            chain.iter().rev().find(below).copied()
        })
        .collect();
    let sums = |i: usize| section[i].map_or_else(|| Sums::of(&page.text[i]), |e| page.inside[e]);
    columns.add("section_log_words", |i| log(sums(i).words));
    columns.add("section_words_per_block", |i| log(sums(i).words_per_block()));
    columns.add("section_long_share", |i| sums(i).long_share());
    columns.add("section_link_share", |i| sums(i).link_share());
    columns.add("section_prose_share", |i| share(sums(i).prose, page.total.prose));
    columns.add("section_position", |i| {
        section[i].map_or(0.0, |e| share(page.span[e].0 as f32, page.len() as f32))
    });
}

/// C50, C80, C95: the smallest element that holds that share of the prose of the page.
fn add_cores(page: &Page, columns: &mut Columns) {
    for percent in [50, 80, 95] {
        let total = page.total.prose;
        let core = core(page, total, percent as f32 / 100.0 * total, |e| page.inside[e].prose);
        let (first, last) = core.map_or((0, page.len().saturating_sub(1)), |e| page.span[e]);
        let depth = core.map_or(0, |e| page.depth[e]);
        let inside = |i: usize| core.is_none_or(|core| page.chains[i].contains(&core));
        columns.add(format!("core{percent}_inside"), |i| flag(inside(i)));
        columns.add(format!("core{percent}_blocks_outside"), |i| {
            log(first.saturating_sub(i).max(i.saturating_sub(last)) as f32)
        });
        columns.add(format!("core{percent}_depth_below"), |i| {
            if inside(i) { log(page.chains[i].len().saturating_sub(depth) as f32) } else { 0.0 }
        });
        columns.add(format!("core{percent}_distance"), |i| {
            let common =
                page.chains[i].iter().find(|&&e| page.span[e].0 <= first && page.span[e].1 >= last);
            let meet = common.map_or(0, |&e| page.depth[e]);
            if inside(i) { 0.0 } else { log((depth - meet.min(depth)) as f32) }
        });
        columns.add(format!("core{percent}_position"), |i| {
            if inside(i) { share((i - first) as f32, (last - first) as f32) } else { 0.0 }
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
    (0..page.inside.len())
        .filter(|&e| total > 0.0 && held(e) >= enough)
        .max_by_key(|&e| page.depth[e])
}
