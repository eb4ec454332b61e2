//! The blocks before and after, and the way to the headline.

use std::ops::Range;

use super::columns::{Sink, flag, log, share};
use super::page::{Page, Sums};
use super::tree::inherit;

/// Neighbours described one by one, to each side.
pub(super) const NEAR: [isize; 6] = [-3, -2, -1, 1, 2, 3];

/// Sizes of the windows described as a whole.
pub(super) const WINDOWS: [usize; 3] = [3, 8, 20];

/// `prev2` or `next2`.
pub(super) fn side(offset: isize) -> String {
    format!("{}{}", if offset < 0 { "prev" } else { "next" }, offset.unsigned_abs())
}

pub(super) fn add(page: &Page, structured: bool, columns: &mut impl Sink) {
    add_text(page, columns);
    if structured {
        add_structure(page, columns);
    }
}

fn add_text(page: &Page, columns: &mut impl Sink) {
    let at = |i: usize, offset: isize| {
        i.checked_add_signed(offset).filter(|&j| j < page.len()).map(|j| &page.text[j])
    };
    for offset in NEAR {
        let name = side(offset);
        columns
            .add(format_args!("{name}_log_words"), |i| at(i, offset).map_or(0.0, |t| log(t.words)));
        columns.add(format_args!("{name}_long"), |i| at(i, offset).map_or(0.0, |t| flag(t.long)));
        columns.add(format_args!("{name}_ends_sentence"), |i| {
            at(i, offset).map_or(0.0, |t| flag(t.sentence_end))
        });
    }
    columns.add("prev1_ends_colon", |i| {
        flag(i > 0 && page.document.blocks[i - 1].text.ends_with(':'))
    });
    for (name, forward) in [("prev", false), ("next", true)] {
        for window in WINDOWS {
            let sums = around(page, window, forward);
            columns.add(format_args!("{name}{window}_log_prose"), |i| log(sums[i].prose));
            columns.add(format_args!("{name}{window}_words_per_block"), |i| {
                log(sums[i].words_per_block())
            });
            columns.add(format_args!("{name}{window}_sentence_end_share"), |i| {
                sums[i].sentence_end_share()
            });
        }
    }
    add_distances(page, columns);
}

/// Up to `size` blocks before or after block `i`.
pub(super) fn window(page: &Page, i: usize, size: usize, forward: bool) -> Range<usize> {
    if forward { i + 1..(i + 1 + size).min(page.len()) } else { i.saturating_sub(size)..i }
}

/// Per block, sums over up to `size` blocks before or after it.
fn around(page: &Page, size: usize, forward: bool) -> Vec<Sums> {
    let sums = |i: usize| {
        let mut sums = Sums::default();
        page.sums[window(page, i, size, forward)].iter().for_each(|other| sums.add(other));
        sums
    };
    (0..page.len()).map(sums).collect()
}

/// Blocks to the nearest long block on either side; the page's length where there is none.
fn add_distances(page: &Page, columns: &mut impl Sink) {
    let n = page.len();
    let mut before = vec![n; n];
    let mut after = vec![n; n];
    let mut last = None;
    for i in 0..n {
        before[i] = last.map_or(n, |l| i - l);
        if page.text[i].long {
            last = Some(i);
        }
    }
    last = None;
    for i in (0..n).rev() {
        after[i] = last.map_or(n, |l| l - i);
        if page.text[i].long {
            last = Some(i);
        }
    }
    columns.add("prev_long_distance", |i| log(before[i] as f32));
    columns.add("next_long_distance", |i| log(after[i] as f32));
    columns.add("long_distance", |i| log(before[i].min(after[i]) as f32));
    columns.add("between_long", |i| flag(before[i] <= 3 && after[i] <= 3));
}

/// What needs elements or a title: absent for plain text.
fn add_structure(page: &Page, columns: &mut impl Sink) {
    let blocks = &page.document.blocks;
    let at = |i: usize, offset: isize| i.checked_add_signed(offset).filter(|&j| j < page.len());
    for offset in NEAR {
        let name = side(offset);
        columns.add(format_args!("{name}_link_share"), |i| {
            at(i, offset).map_or(0.0, |j| page.text[j].link_share)
        });
    }
    // The element above that of the block.
    let parent = |i: usize| page.chain(i).nth(1);
    let apart: Vec<f32> = (1..page.len()).map(|i| steps(page, i - 1, i)).collect();
    for offset in [-1, 1] {
        let name = side(offset);
        columns.add(format_args!("{name}_heading"), |i| {
            at(i, offset).map_or(0.0, |j| flag(page.heading_level(j) > 0))
        });
        columns.add(format_args!("{name}_same_parent"), |i| {
            at(i, offset).map_or(0.0, |j| flag(parent(i).is_some() && parent(i) == parent(j)))
        });
        columns.add(format_args!("{name}_same_tag"), |i| {
            at(i, offset).map_or(0.0, |j| flag(page.tags(i).next() == page.tags(j).next()))
        });
        columns.add(format_args!("{name}_steps_apart"), |i| {
            at(i, offset).map_or(0.0, |j| log(apart[i.min(j)]))
        });
        columns.add(format_args!("{name}_hidden"), |i| {
            at(i, offset).map_or(0.0, |j| flag(blocks[j].hidden))
        });
    }
    for (name, forward) in [("prev", false), ("next", true)] {
        let sums = around(page, 8, forward);
        columns.add(format_args!("{name}8_link_share"), |i| sums[i].link_share());
    }
    add_headline(page, columns);
}

/// Elements between two blocks: from each up to the one that holds both.
fn steps(page: &Page, i: usize, j: usize) -> f32 {
    let (mut a, mut b) = (page.element(i), page.element(j));
    let depth = |e: Option<usize>| e.map_or(0, |e| page.tree.depth[e]);
    let mut steps = 0.0;
    while a != b {
        let (of_a, of_b) = (depth(a), depth(b));
        let up = |e: Option<usize>| e.and_then(|e| page.document.elements[e].parent);
        if of_a >= of_b {
            (a, steps) = (up(a), steps + 1.0);
        }
        if of_b >= of_a {
            (b, steps) = (up(b), steps + 1.0);
        }
    }
    steps
}

/// Per element, the elements between it and that of a block: from each up to the one that holds
/// both.
fn steps_to(page: &Page, block: usize) -> Vec<f32> {
    let mut above = vec![false; page.document.elements.len()];
    page.chain(block).for_each(|e| above[e] = true);
    // How deep the element is that holds both.
    let meet = inherit(page.document, |e, meet: Option<&usize>| {
        if above[e] { page.tree.depth[e] } else { meet.map_or(0, |&depth| depth) }
    });
    let depth = page.depth(block);
    (0..above.len()).map(|e| (depth + page.tree.depth[e] - 2 * meet[e]) as f32).collect()
}

fn add_headline(page: &Page, columns: &mut impl Sink) {
    columns.add("title_has_block", |i| page.title_match[i].0);
    columns.add("block_has_title", |i| page.title_match[i].1);
    let headline = page.headline;
    columns.add("is_headline", |i| flag(headline == Some(i)));
    columns.add("after_headline", |i| flag(headline.is_some_and(|h| i > h)));
    columns.add("headline_blocks", |i| {
        headline.map_or(0.0, |h| (i as f32 - h as f32).signum() * log(i.abs_diff(h) as f32))
    });
    columns.add("headline_words", |i| {
        headline.map_or(0.0, |h| {
            let words = page.words_before(i) - page.words_before(h);
            words.signum() * log(words.abs())
        })
    });
    columns.add("headline_prose_between", |i| {
        headline
            .map_or(0.0, |h| share(page.prose_between(h.min(i) + 1, h.max(i)), page.total.prose))
    });
    let apart = headline.map(|h| steps_to(page, h));
    columns.add("headline_steps", |i| match (&apart, page.element(i)) {
        (Some(apart), Some(e)) => log(apart[e]),
        _ => 0.0,
    });
    columns.add("page_has_headline", |_| flag(headline.is_some()));
    let last_heading = last_headings(page);
    columns
        .add("heading_distance", |i| last_heading[i].map_or(0.0, |h| 1.0 / (1.0 + (i - h) as f32)));
    columns.add("heading_level", |i| {
        last_heading[i].map_or(0.0, |h| f32::from(page.heading_level(h)))
    });
}

/// Per block, the nearest block before it that is in a heading.
pub(crate) fn last_headings(page: &Page) -> Vec<Option<usize>> {
    let mut last = None;
    (0..page.len())
        .map(|i| {
            let before = last;
            if page.heading_level(i) > 0 {
                last = Some(i);
            }
            before
        })
        .collect()
}
