//! Fits the ranker of the ways to cut a page.

use std::collections::HashMap;

use rayon::prelude::*;

use super::fit::fit;
use super::form::Unseen;
use super::prepare::{Prepared, PreparedPage};
use crate::cut::{Candidate, candidates, facts, names};
use crate::error::Result;
use crate::logistic::Logistic;
use crate::model::Calibration;

/// A page is used if labels cover this share of its words.
const MIN_LABELLED: f32 = 0.9;

/// A page of fewer blocks has nothing to cut: rows of a CSV without pages, for one.
const MIN_BLOCKS: usize = 5;

/// Pairs of candidates that are drawn to fit on.
const PAIRS: usize = 60_000;

/// A pair whose scores differ by less says nothing.
const MIN_DIFFERENCE: f32 = 1e-4;

/// Weight of the squared weights: the pairs of a page are far from independent rows.
const PENALTY: f64 = 100.0;

/// A page with everything that its pairs are made of.
struct Ranked {
    /// Facts of its candidates, column after column.
    columns: Vec<Vec<f32>>,
    /// Word-F1 of its candidates.
    scores: Vec<f32>,
    /// How much each unit of difference in its scores weighs.
    weight: f64,
}

impl Ranked {
    /// Pairs of candidates, the better one first, with how much they matter.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let n = self.scores.len();
        let all = (0..n).flat_map(move |a| (a + 1..n).map(move |b| (a, b)));
        all.filter_map(move |(a, b)| {
            let difference = self.scores[a] - self.scores[b];
            let weight = f64::from(difference.abs()) * self.weight / n as f64;
            let (better, worse) = if difference > 0.0 { (a, b) } else { (b, a) };
            (difference.abs() > MIN_DIFFERENCE).then_some((better, worse, weight))
        })
    }
}

/// Fits the ranker on pages with logits of scorers that have not seen them; `None` if no page can
/// be used.
///
/// It learns from pairs of candidates of one page which of the two is better: the row is the
/// difference of their facts (a linear RankNet: Burges et al., Learning to rank using gradient
/// descent, 2005). Pairs are drawn in proportion to the word-F1 between them.
pub(super) fn fit_ranker(
    data: &Prepared,
    unseen: &Unseen,
    calibration: Calibration,
) -> Result<Option<Logistic>> {
    let names = names();
    let pages: Vec<Ranked> = unseen
        .par_iter()
        .filter_map(|(n, logits)| {
            let page = &data.pages[*n];
            if !is_labelled(page) {
                return None;
            }
            let p = calibration.probabilities(logits);
            let candidates = candidates(&page.facts, &p);
            let scores = candidates.iter().map(|c| word_f1(page, c)).collect();
            let table = facts(&page.facts, &p, &candidates);
            let columns = (0..names.len()).map(|c| table.column(c).to_vec()).collect();
            Some(Ranked { columns, scores, weight: weight(page) })
        })
        .collect();
    let total: f64 = pages.iter().flat_map(|page| page.pairs()).map(|(_, _, weight)| weight).sum();
    if total == 0.0 {
        return Ok(None);
    }
    let step = total / PAIRS as f64;
    let (mut passed, mut next) = (0.0, step / 2.0);
    let mut drawn: Vec<(usize, usize, usize)> = Vec::with_capacity(PAIRS);
    for (n, page) in pages.iter().enumerate() {
        for (better, worse, weight) in page.pairs() {
            passed += weight;
            while next < passed {
                // Each way round in turn: both classes are there, and the intercept is 0.
                let flip = drawn.len() % 2 == 1;
                drawn.push(if flip { (n, worse, better) } else { (n, better, worse) });
                next += step;
            }
        }
    }
    let targets: Vec<bool> = (0..drawn.len()).map(|row| row % 2 == 0).collect();
    let mut values = Vec::with_capacity(drawn.len() * names.len());
    for column in 0..names.len() {
        values.extend(drawn.iter().map(|&(n, a, b)| {
            let column = &pages[n].columns[column];
            f64::from(column[a]) - f64::from(column[b])
        }));
    }
    Ok(Some(fit(&names, values, &targets, PENALTY, f64::INFINITY)?.logistic))
}

/// Weighted pages count for more, within reason.
fn weight(page: &PreparedPage) -> f64 {
    let mean = page.weights.iter().sum::<f32>() / page.weights.len().max(1) as f32;
    f64::from(mean).sqrt().clamp(1.0, 6.0)
}

fn is_labelled(page: &PreparedPage) -> bool {
    let labelled: f32 = page
        .labels
        .iter()
        .zip(&page.facts.text)
        .filter(|(label, _)| label.is_some())
        .map(|(_, text)| text.words)
        .sum();
    page.labels.len() >= MIN_BLOCKS && labelled >= MIN_LABELLED * page.facts.total.words
}

/// F1 of the words a candidate keeps against those of the main blocks. Blocks of the same text
/// stand for each other: gold text says how often a text is wanted, not which copy.
fn word_f1(page: &PreparedPage, candidate: &Candidate) -> f32 {
    let mut wanted: HashMap<usize, usize> = HashMap::new();
    let (mut kept, mut right, mut main) = (0.0, 0.0, 0.0);
    let labelled = || (0..page.labels.len()).filter_map(|i| Some((i, page.labels[i]?)));
    for (i, _) in labelled().filter(|(_, label)| label.is_main()) {
        main += page.facts.text[i].words;
        *wanted.entry(page.facts.text_number[i]).or_default() += 1;
    }
    for (i, _) in labelled().filter(|&(i, _)| candidate.kept[i]) {
        let words = page.facts.text[i].words;
        kept += words;
        if let Some(left @ 1..) = wanted.get_mut(&page.facts.text_number[i]) {
            *left -= 1;
            right += words;
        }
    }
    match (kept, main) {
        (0.0, 0.0) => 1.0,
        _ => 2.0 * right / (kept + main),
    }
}
