//! Fits the ranker of the ways to cut a page.

use rayon::prelude::*;

use super::Unseen;
use super::fit::fit;
use super::prepare::{Prepared, PreparedPage};
use crate::cut::{Candidate, candidates, facts, names};
use crate::error::{Error, Result};
use crate::logistic::Logistic;
use crate::model::Calibration;

/// A page is used if labels cover this share of its words.
const MIN_LABELLED: f32 = 0.9;

/// A page of fewer blocks has nothing to cut: rows of a CSV without pages, for one.
const MIN_BLOCKS: usize = 5;

/// A candidate gives one row per bound: positive if it loses less than that against the best
/// candidate of its page. The ranker thus learns how close to the best each comes.
const BOUNDS: [f32; 4] = [0.005, 0.02, 0.08, 0.25];

/// Weight of the squared weights: candidates of a page are far from independent rows.
const PENALTY: f64 = 10.0;

/// Fits the ranker on pages with logits of scorers that have not seen them; `None` if no page can
/// be used.
pub(super) fn fit_ranker(
    data: &Prepared,
    unseen: &Unseen,
    calibration: Calibration,
) -> Result<Option<Logistic>> {
    let names = names();
    let tables: Vec<(Vec<Vec<f32>>, Vec<f32>, usize)> = unseen
        .par_iter()
        .filter_map(|(n, logits)| {
            let page = &data.pages[*n];
            if !is_labelled(page) {
                return None;
            }
            let p = calibration.probabilities(logits);
            let candidates = candidates(&p);
            let scores: Vec<f32> = candidates.iter().map(|c| word_f1(page, c)).collect();
            let table = facts(&page.facts, &p, &candidates);
            let columns = (0..names.len()).map(|c| table.column(c).to_vec()).collect();
            Some((columns, scores, copies(page)))
        })
        .collect();
    let mut targets = Vec::new();
    for (_, scores, copies) in &tables {
        let best = scores.iter().copied().fold(0.0, f32::max);
        for bound in BOUNDS {
            for _ in 0..*copies {
                targets.extend(scores.iter().map(|score| best - score < bound));
            }
        }
    }
    let mut values = Vec::with_capacity(targets.len() * names.len());
    for column in 0..names.len() {
        for (columns, _, copies) in &tables {
            for _ in 0..BOUNDS.len() * copies {
                values.extend(columns[column].iter().map(|&v| f64::from(v)));
            }
        }
    }
    match fit(&names, values, &targets, PENALTY) {
        Ok(fitted) => Ok(Some(fitted.logistic)),
        Err(Error::Data(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Weighted pages count several times, within reason.
fn copies(page: &PreparedPage) -> usize {
    let mean = page.weights.iter().sum::<f32>() / page.weights.len().max(1) as f32;
    mean.sqrt().round().clamp(1.0, 6.0) as usize
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

/// F1 of the words a candidate keeps against those of the main blocks.
fn word_f1(page: &PreparedPage, candidate: &Candidate) -> f32 {
    let (mut kept, mut right, mut main) = (0.0, 0.0, 0.0);
    for (i, label) in page.labels.iter().enumerate() {
        let Some(label) = label else { continue };
        let words = page.facts.text[i].words;
        let is_main = label.is_main();
        main += if is_main { words } else { 0.0 };
        if candidate.kept[i] {
            kept += words;
            right += if is_main { words } else { 0.0 };
        }
    }
    match (kept, main) {
        (0.0, 0.0) => 1.0,
        _ => 2.0 * right / (kept + main),
    }
}
