//! A lexicon and a regression on top of it, fitted so that no row sees its own label.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::counts::{FoldCounts, to_lexicon};
use super::fit::fit;
use super::prepare::{Prepared, PreparedPage, Target};
use super::{Options, Progress};
use crate::error::{Error, Result};
use crate::features;
use crate::features::columns::Columns;
use crate::logistic::Logistic;
use crate::model::Scorer;

/// Penalty of stage two: its features are near copies of each other.
const SECOND_PENALTY: f64 = 10.0;

/// The kinds have few rows for as many features, and gain from a stronger penalty.
const KIND_PENALTY: f64 = 30.0;

/// How far the weight of a row shrinks with the size of its page: 0 not at all, 1 makes all pages
/// weigh the same. From cross-validation; anything between 0.2 and 0.6 does as well.
const PAGE_EXPONENT: f64 = 0.3;

/// A scorer whose lexicon is still by token number.
pub(crate) struct NumberedScorer {
    log_odds: Vec<f32>,
    logistic: Logistic,
}

impl NumberedScorer {
    /// Logits of the blocks of a page.
    pub(crate) fn logits(&self, data: &Prepared, page: &PreparedPage) -> Vec<f32> {
        self.logistic.logits(&first_stage(data, page, &self.log_odds))
    }

    /// The features of stage two for a page, from this scorer's logits and lexicon.
    pub(crate) fn second_stage(
        &self,
        data: &Prepared,
        page: &PreparedPage,
        logits: &[f32],
    ) -> Columns {
        let value = |token: u32| self.log_odds[token as usize];
        features::second_stage(&page.facts, &page.tokens, value, logits, data.structured)
    }

    /// The scorer with its lexicon by name.
    pub(crate) fn to_named(&self, data: &Prepared) -> Scorer {
        let lexicon = to_lexicon(&data.vocabulary, &self.log_odds);
        Scorer { lexicon, logistic: self.logistic.clone() }
    }
}

fn first_stage(data: &Prepared, page: &PreparedPage, log_odds: &[f32]) -> Columns {
    let value = |token: u32| log_odds[token as usize];
    features::first_stage(&page.dense, &page.tokens, value, data.structured)
}

/// Fits a scorer on the pages of all folds but `without`.
///
/// The rows of a fold get their lexicon features from the other folds: otherwise a rare word would
/// carry its own label into the regression.
pub(crate) fn fit_scorer(
    data: &Prepared,
    folds: &[usize],
    counts: &FoldCounts,
    target: Target,
    without: &[usize],
    options: &Options,
    progress: &Progress,
) -> Result<NumberedScorer> {
    let (entries, rows, penalty) = match target {
        Target::Main => (options.lexicon_entries, options.rows, options.penalty),
        Target::Kind(_) => {
            (options.lexicon_entries / 16, options.rows / 4, options.penalty * KIND_PENALTY)
        }
    };
    let mut used: Vec<usize> = folds.iter().copied().filter(|f| !without.contains(f)).collect();
    used.sort_unstable();
    used.dedup();
    let log_odds_of: BTreeMap<usize, Vec<f32>> = used
        .par_iter()
        .map(|&fold| {
            let mut excluded = without.to_vec();
            // With a single fold there is nothing else to learn words from.
            excluded.extend((used.len() > 1).then_some(fold));
            (fold, counts.log_odds(data, &excluded, entries))
        })
        .collect();
    let names = features::first_stage_names(data.structured);
    let drawn = draw(data, folds, target, without, rows);
    let table = |n: usize| first_stage(data, &data.pages[n], &log_odds_of[&folds[n]]);
    let logistic = fit_rows(data, &drawn, &names, table, target, penalty, progress)?;
    Ok(NumberedScorer { log_odds: counts.log_odds(data, without, entries), logistic })
}

/// Fits stage two on the pages of all folds but `without`; `columns` gives its features of a page,
/// made of logits of a scorer that has not seen the page.
pub(crate) fn fit_second_stage(
    data: &Prepared,
    folds: &[usize],
    columns: impl Fn(usize) -> Columns + Sync,
    without: &[usize],
    options: &Options,
    progress: &Progress,
) -> Result<Logistic> {
    let names = features::second_stage_names(data.structured);
    let drawn = draw(data, folds, Target::Main, without, options.rows);
    fit_rows(data, &drawn, &names, columns, Target::Main, SECOND_PENALTY, progress)
}

/// Fits a regression on drawn rows.
fn fit_rows(
    data: &Prepared,
    drawn: &[(usize, Vec<u32>)],
    names: &[String],
    table: impl Fn(usize) -> Columns + Sync,
    target: Target,
    penalty: f64,
    progress: &Progress,
) -> Result<Logistic> {
    let total: usize = drawn.iter().map(|(_, rows)| rows.len()).sum();
    let mut values = vec![0.0f64; total * names.len()];
    let mut targets = Vec::with_capacity(total);
    let mut at = 0;
    for chunk in drawn.chunks(64) {
        let tables: Vec<Columns> = chunk.par_iter().map(|(n, _)| table(*n)).collect();
        for ((n, rows), table) in chunk.iter().zip(&tables) {
            for column in 0..names.len() {
                let from = table.column(column);
                let to = &mut values[column * total + at..][..rows.len()];
                for (to, &row) in to.iter_mut().zip(rows) {
                    *to = f64::from(from[row as usize]);
                }
            }
            let of = |row: u32| data.pages[*n].target(target, row as usize);
            targets.extend(rows.iter().map(|&row| of(row) == Some(true)));
            at += rows.len();
        }
    }
    let fitted = fit(names, values, &targets, penalty)?;
    if let Some(gradient) = fitted.unconverged {
        progress.warn(format!(
            "the regression for {target:?} did not converge: gradient norm {gradient:.1e} per row \
             over {total} rows"
        ));
    }
    Ok(fitted.logistic)
}

/// Draws about `limit` rows in proportion to their weight, by systematic sampling: evenly spaced
/// on the cumulated weights, so the same data give the same rows. linfa ignores sample weights;
/// a row of weight 3 is drawn three times.
fn draw(
    data: &Prepared,
    folds: &[usize],
    target: Target,
    without: &[usize],
    limit: usize,
) -> Vec<(usize, Vec<u32>)> {
    let weight = |page: &PreparedPage, i: usize| -> f64 {
        match page.target(target, i) {
            Some(_) => row_mass(page, i, target),
            None => 0.0,
        }
    };
    let pages: Vec<usize> =
        (0..data.pages.len()).filter(|&n| !without.contains(&folds[n])).collect();
    let mut total = 0.0;
    let mut rows = 0usize;
    for &n in &pages {
        for i in 0..data.pages[n].labels.len() {
            let mass = weight(&data.pages[n], i);
            total += mass;
            rows += usize::from(mass > 0.0);
        }
    }
    let wanted = limit.min(rows).max(1);
    let step = total / wanted as f64;
    let mut next = step / 2.0;
    let mut passed = 0.0;
    let mut drawn = Vec::new();
    for n in pages {
        let page = &data.pages[n];
        let mut of_page = Vec::new();
        for i in 0..page.labels.len() {
            passed += weight(page, i);
            while next < passed && step > 0.0 {
                of_page.push(i as u32);
                next += step;
            }
        }
        if !of_page.is_empty() {
            drawn.push((n, of_page));
        }
    }
    drawn
}

/// How much a block weighs. For the content model that is its weight times a mass by its size:
/// errors on long blocks cost more text, and pages of thousands of blocks should not drown the
/// others. For the kinds every row is one: the weights balance sets by how well their text is
/// known, and few sets know kinds at all.
fn row_mass(page: &PreparedPage, i: usize, target: Target) -> f64 {
    match target {
        Target::Main => {
            let words = f64::from(page.facts.text[i].words);
            let of_page = f64::from(page.facts.total.words + 50.0).powf(PAGE_EXPONENT);
            f64::from(page.weights[i]) * (words + 1.0).sqrt() / of_page
        }
        Target::Kind(_) => f64::from(page.weights[i].min(1.0)),
    }
}

/// Fits Platt scaling: a regression of the labels on the logits alone.
pub(crate) fn fit_platt(logits: &[f32], targets: &[bool]) -> Result<(f32, f32)> {
    let names = ["logit".to_string()];
    let values = logits.iter().map(|&l| f64::from(l)).collect();
    let fitted = fit(&names, values, targets, 1e-3)?.logistic;
    let slope = fitted.weights[0].weight;
    if slope <= 0.0 {
        return Err(Error::Fit("the held-out probabilities are no better than chance".into()));
    }
    Ok((slope, fitted.intercept))
}
