//! The blocks before and after, and the way to the headline.

use std::ops::Range;

use super::columns::{Columns, flag, log, share};
use super::page::{Page, Sums};

/// Neighbours described one by one, to each side.
pub(super) const NEAR: [isize; 6] = [-3, -2, -1, 1, 2, 3];

/// Sizes of the windows described as a whole.
pub(super) const WINDOWS: [usize; 3] = [3, 8, 20];

/// `prev2` or `next2`.
pub(super) fn side(offset: isize) -> String {
    format!("{}{}", if offset < 0 { "prev" } else { "next" }, offset.unsigned_abs())
}

pub(super) fn add(page: &Page, structured: bool, columns: &mut Columns) {
    add_text(page, columns);
    if structured {
        add_structure(page, columns);
    }
}

fn add_text(page: &Page, columns: &mut Columns) {
    let at = |i: usize, offset: isize| {
        i.checked_add_signed(offset).filter(|&j| j < page.len()).map(|j| &page.text[j])
    };
    for offset in NEAR {
        let name = side(offset);
        columns.add(format!("{name}_log_words"), |i| at(i, offset).map_or(0.0, |t| log(t.words)));
        columns.add(format!("{name}_long"), |i| at(i, offset).map_or(0.0, |t| flag(t.long)));
        columns.add(format!("{name}_ends_sentence"), |i| {
            at(i, offset).map_or(0.0, |t| flag(t.sentence_end))
        });
    }
    columns.add("prev1_ends_colon", |i| {
        flag(i > 0 && page.document.blocks[i - 1].text.ends_with(':'))
    });
    for (name, forward) in [("prev", false), ("next", true)] {
        for window in WINDOWS {
            let sums: Vec<Sums> =
                (0..page.len()).map(|i| around(page, i, window, forward)).collect();
            columns.add(format!("{name}{window}_log_prose"), |i| log(sums[i].prose));
            columns
                .add(format!("{name}{window}_words_per_block"), |i| log(sums[i].words_per_block()));
            columns.add(format!("{name}{window}_sentence_end_share"), |i| {
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

/// Sums over up to `size` blocks before or after block `i`.
fn around(page: &Page, i: usize, size: usize, forward: bool) -> Sums {
    let mut sums = Sums::default();
    for facts in &page.text[window(page, i, size, forward)] {
        sums.add(&Sums::of(facts));
    }
    sums
}

/// Blocks to the nearest long block on either side; the page's length where there is none.
fn add_distances(page: &Page, columns: &mut Columns) {
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
fn add_structure(page: &Page, columns: &mut Columns) {
    let blocks = &page.document.blocks;
    let at = |i: usize, offset: isize| i.checked_add_signed(offset).filter(|&j| j < page.len());
    for offset in NEAR {
        let name = side(offset);
        columns.add(format!("{name}_link_share"), |i| {
            at(i, offset).map_or(0.0, |j| page.text[j].link_share)
        });
    }
    for offset in [-1, 1] {
        let name = side(offset);
        columns.add(format!("{name}_heading"), |i| {
            at(i, offset).map_or(0.0, |j| flag(page.heading_level(j) > 0))
        });
        columns.add(format!("{name}_same_parent"), |i| {
            at(i, offset).map_or(0.0, |j| {
                flag(
                    page.chains[i].get(1).is_some()
                        && page.chains[i].get(1) == page.chains[j].get(1),
                )
            })
        });
        columns.add(format!("{name}_same_tag"), |i| {
            at(i, offset).map_or(0.0, |j| flag(page.tags(i).next() == page.tags(j).next()))
        });
        columns.add(format!("{name}_steps_apart"), |i| {
            at(i, offset).map_or(0.0, |j| log(steps(page, i, j)))
        });
        columns.add(format!("{name}_hidden"), |i| {
            at(i, offset).map_or(0.0, |j| flag(blocks[j].hidden))
        });
    }
    for (name, forward) in [("prev", false), ("next", true)] {
        columns.add(format!("{name}8_link_share"), |i| around(page, i, 8, forward).link_share());
    }
    add_headline(page, columns);
}

/// Elements between two blocks: from each up to the one that holds both.
fn steps(page: &Page, i: usize, j: usize) -> f32 {
    let (a, b) = (&page.chains[i], &page.chains[j]);
    let common = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    (a.len() + b.len() - 2 * common) as f32
}

fn add_headline(page: &Page, columns: &mut Columns) {
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
    columns.add("headline_steps", |i| headline.map_or(0.0, |h| log(steps(page, i, h))));
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
