//! What stage one thinks of the block, its neighbours, its containers and its likes: the features
//! of stage two.

use super::columns::{Sink, flag, log, share};
use super::neighbours::{NEAR, WINDOWS, side, window};
use super::page::Page;
use super::structure::{core, within};
use crate::block::Label;
use crate::logistic::sigmoid;

/// What stage one says of a page: logits, one per block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verdicts {
    /// Content or headline against the rest.
    pub content: Vec<f32>,
    /// One label against the rest.
    pub kinds: Vec<(Label, Vec<f32>)>,
}

impl Verdicts {
    /// Those on a page without blocks.
    pub(super) fn none(kinds: &[Label]) -> Verdicts {
        let kinds = kinds.iter().map(|&kind| (kind, Vec::new())).collect();
        Verdicts { content: Vec::new(), kinds }
    }
}

/// Sums over a set of blocks, in words.
#[derive(Clone, Copy)]
struct Mass {
    words: f32,
    content: f32,
    blocks: f32,
    logits: f32,
    highest: f32,
}

impl Mass {
    fn none() -> Mass {
        Mass { words: 0.0, content: 0.0, blocks: 0.0, logits: 0.0, highest: -10.0 }
    }

    /// Adds a block with its probability and logit.
    fn add(&mut self, words: f32, p: f32, logit: f32) {
        self.words += words;
        self.content += words * p;
        self.blocks += 1.0;
        self.logits += logit;
        self.highest = self.highest.max(logit);
    }

    fn join(&mut self, other: &Mass) {
        self.words += other.words;
        self.content += other.content;
        self.blocks += other.blocks;
        self.logits += other.logits;
        self.highest = self.highest.max(other.highest);
    }

    /// Share of words that are content, by stage one.
    fn share(&self) -> f32 {
        share(self.content, self.words)
    }

    fn mean_logit(&self) -> f32 {
        share(self.logits, self.blocks)
    }
}

/// Far from zero a logit says no more than its sign.
fn clamp(logits: &[f32]) -> Vec<f32> {
    logits.iter().map(|l| l.clamp(-8.0, 8.0)).collect()
}

/// Adds the features.
pub(super) fn add(page: &Page, verdicts: &Verdicts, structured: bool, columns: &mut impl Sink) {
    let logits = clamp(&verdicts.content);
    let p: Vec<f32> = logits.iter().map(|&l| sigmoid(l)).collect();
    let words = |i: usize| page.text[i].words;
    let at = |i: usize, offset: isize| i.checked_add_signed(offset).filter(|&j| j < page.len());

    columns.add("p_logit", |i| logits[i]);
    columns.add("p", |i| p[i]);
    for offset in NEAR {
        columns.add(format_args!("p_{}_logit", side(offset)), |i| {
            at(i, offset).map_or(-4.0, |j| logits[j])
        });
    }
    let around = |i: usize, size: usize, forward: bool| {
        let mut mass = Mass::none();
        window(page, i, size, forward).for_each(|j| mass.add(words(j), p[j], logits[j]));
        mass
    };
    let mut nearest = Vec::with_capacity(2);
    for size in WINDOWS {
        for (name, forward) in [("prev", false), ("next", true)] {
            let masses: Vec<Mass> = (0..page.len()).map(|i| around(i, size, forward)).collect();
            columns.add(format_args!("p_{name}{size}_share"), |i| masses[i].share());
            columns.add(format_args!("p_{name}{size}_highest"), |i| masses[i].highest);
            if size == WINDOWS[0] {
                nearest.push(masses);
            }
        }
    }
    columns.add("p_between", |i| nearest.iter().map(|masses| sigmoid(masses[i].highest)).product());
    add_page(page, &logits, &p, columns);
    add_words(page, &p, columns);
    let same = by_text(page, &logits);
    columns.add("p_same_text", |i| same[i]);
    if structured {
        add_containers(page, &logits, &p, columns);
    }
}

/// Which kind the block would be, were it alone, and those around it: a comment among comments, a
/// line under a picture.
pub(super) fn add_kinds(
    page: &Page,
    verdicts: &Verdicts,
    structured: bool,
    columns: &mut impl Sink,
) {
    let shapes = structured.then_some(&page.shapes.by_signature);
    for (kind, logits) in &verdicts.kinds {
        let logits = clamp(logits);
        let mut before = vec![0.0];
        logits.iter().for_each(|logit| before.push(before[before.len() - 1] + logit));
        let mean =
            |from: usize, to: usize| share(before[to] - before[from], to as f32 - from as f32);
        columns.add(format_args!("kind_{kind}_logit"), |i| logits[i]);
        columns.add(format_args!("kind_{kind}_prev3"), |i| mean(i.saturating_sub(3), i));
        columns.add(format_args!("kind_{kind}_next3"), |i| {
            mean((i + 1).min(page.len()), (i + 4).min(page.len()))
        });
        if let Some(shapes) = &shapes {
            let mut sums = vec![0.0; shapes.sums.len()];
            shapes.of.iter().zip(&logits).for_each(|(&group, logit)| sums[group] += logit);
            let count = |group: usize| shapes.sums[group].blocks;
            columns.add(format_args!("kind_{kind}_shape"), |i| {
                share(sums[shapes.of[i]], count(shapes.of[i]))
            });
            // The blocks of an element follow each other.
            columns.add(format_args!("kind_{kind}_container"), |i| {
                page.levels[i].at(1).map_or(logits[i], |e| {
                    let (first, last) = page.tree.span[e];
                    mean(first, last + 1)
                })
            });
        }
    }
}

/// Where the block stands in the mass of content, and how much of that there is.
fn add_page(page: &Page, logits: &[f32], p: &[f32], columns: &mut impl Sink) {
    let mut before = Vec::with_capacity(page.len());
    let mut all = Mass::none();
    for (i, &logit) in logits.iter().enumerate() {
        before.push(all.content);
        all.add(page.text[i].words, p[i], logit);
    }
    columns.add("p_page_highest", |_| all.highest);
    columns.add("p_page_share", |_| all.share());
    columns.add("p_page_log_content", |_| log(all.content));
    columns.add("p_mass_before", |i| share(before[i], all.content));
    columns.add("p_mass_edge", |i| {
        let before = share(before[i], all.content);
        flag(before < 0.02) - flag(before > 0.98)
    });
    columns.add("p_under_highest", |i| all.highest - logits[i]);
    let sure: Vec<usize> = (0..page.len()).filter(|&i| p[i] > 0.5).collect();
    let (first, last) = (sure.first().copied(), sure.last().copied());
    columns.add("p_before_first", |i| first.map_or(0.0, |f| log(f.saturating_sub(i) as f32)));
    columns.add("p_after_last", |i| last.map_or(0.0, |l| log(i.saturating_sub(l) as f32)));
    // A heading belongs to what it heads.
    let mut ahead = vec![Mass::none(); page.len()];
    for i in 0..page.len() {
        let section = (i + 1..page.len()).take(6).take_while(|&j| page.heading_level(j) == 0);
        section.for_each(|j| ahead[i].add(page.text[j].words, p[j], logits[j]));
    }
    columns.add("p_section_ahead", |i| ahead[i].share());
    columns.add("p_heading_section_ahead", |i| flag(page.heading_level(i) > 0) * ahead[i].share());
}

/// A word in more of the blocks of a page than this says nothing of what it is about.
const COMMON: f32 = 0.2;

/// How much of what the block speaks of stands elsewhere on the page, and whether in content.
fn add_words(page: &Page, p: &[f32], columns: &mut impl Sink) {
    // Per word, the blocks that have it, and how many of them are expected to be content.
    let mut counts = vec![(0.0_f32, 0.0_f32); page.vocabulary()];
    for (i, p) in p.iter().enumerate() {
        for &word in page.word_numbers(i) {
            let (blocks, content) = &mut counts[word as usize];
            *blocks += 1.0;
            *content += p;
        }
    }
    let common = (COMMON * page.len() as f32).max(5.0);
    let of_block = |i: usize| {
        let (mut shared, mut weight, mut content) = (0.0, 0.0, 0.0);
        for &word in page.word_numbers(i) {
            let (blocks, in_content) = counts[word as usize];
            if blocks > 1.0 && blocks <= common {
                shared += 1.0;
                weight += 1.0 / blocks;
                content += (in_content - p[i]) / (blocks - 1.0) / blocks;
            }
        }
        // Few words say little.
        (share(shared, page.word_numbers(i).len() as f32), (content + 0.3) / (weight + 1.0))
    };
    let words: Vec<(f32, f32)> = (0..page.len()).map(of_block).collect();
    columns.add("p_words_shared", |i| words[i].0);
    columns.add("p_words_content", |i| words[i].1);
    columns.add("p_words_both", |i| words[i].0 * words[i].1);
}

/// Mean logit of the other blocks with the same text; the block's own where there is none.
fn by_text(page: &Page, logits: &[f32]) -> Vec<f32> {
    let mut sums = vec![0.0; page.texts()];
    page.text_number.iter().zip(logits).for_each(|(&text, logit)| sums[text] += logit);
    let mean = |(i, &logit): (usize, &f32)| {
        let others = page.same_text(i) - 1.0;
        if others > 0.0 { (sums[page.text_number[i]] - logit) / others } else { logit }
    };
    logits.iter().enumerate().map(mean).collect()
}

fn add_containers(page: &Page, logits: &[f32], p: &[f32], columns: &mut impl Sink) {
    let elements = &page.document.elements;
    let mut inside = vec![Mass::none(); elements.len()];
    for (i, &logit) in logits.iter().enumerate() {
        if let Some(element) = page.element(i) {
            inside[element].add(page.text[i].words, p[i], logit);
        }
    }
    for e in (0..elements.len()).rev() {
        if let Some(parent) = elements[e].parent {
            let mass = inside[e];
            inside[parent].join(&mass);
        }
    }
    for level in 0..5 {
        let mass = |i: usize| page.levels[i].at(level).map_or(Mass::none(), |e| inside[e]);
        columns.add(format_args!("p_l{level}_share"), |i| mass(i).share());
        columns.add(format_args!("p_l{level}_mean_logit"), |i| mass(i).mean_logit());
        columns.add(format_args!("p_l{level}_highest"), |i| mass(i).highest);
    }
    let shapes = &page.shapes;
    for (name, groups) in [("path", &shapes.by_path), ("shape", &shapes.by_signature)] {
        let mut masses = vec![Mass::none(); groups.sums.len()];
        for (i, &group) in groups.of.iter().enumerate() {
            masses[group].add(page.text[i].words, p[i], logits[i]);
        }
        let mass = |i: usize| masses[groups.of[i]];
        columns.add(format_args!("p_{name}_share"), |i| mass(i).share());
        columns.add(format_args!("p_{name}_mean_logit"), |i| mass(i).mean_logit());
        columns.add(format_args!("p_{name}_highest"), |i| mass(i).highest);
    }
    let total: f32 = (0..page.len()).map(|i| page.text[i].words * p[i]).sum();
    for percent in [50, 80, 95] {
        let enough = percent as f32 / 100.0 * total;
        let core = core(page, total, enough, |e| inside[e].content);
        let inside_core = within(page, core);
        columns.add(format_args!("p_core{percent}_inside"), |i| {
            flag(core.is_some() && inside_core[i])
        });
        columns.add(format_args!("p_core{percent}_share"), |_| {
            core.map_or(0.0, |e| inside[e].share())
        });
    }
}
