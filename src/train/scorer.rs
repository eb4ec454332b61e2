//! A lexicon and a regression on top of it, fitted so that no row sees its own label.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::counts::{FoldCounts, to_lexicon};
use super::fit::fit;
use super::prepare::{Prepared, PreparedPage, Target};
use super::{Options, Progress};
use crate::block::Label;
use crate::error::{Error, Result};
use crate::features;
use crate::features::columns::{Columns, Table};
use crate::features::probabilities::Verdicts;
use crate::lexicon::{Lanes, aggregates};
use crate::logistic::{Logistic, REACH};
use crate::model::Scorer;

/// Penalty of stage two: its features are near copies of each other.
const SECOND_PENALTY: f64 = 10.0;

/// The kinds have few rows for as many features, and gain from a stronger penalty.
const KIND_PENALTY: f64 = 30.0;

/// The rows drawn for a kind are this many times fewer than those for the content model.
const KIND_ROWS: usize = 4;

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
        let lexicon = lexicon_features(data, page, &page.all_blocks(), &self.log_odds);
        self.logistic.logits(&page.dense.first_stage().and(Cow::Owned(lexicon)))
    }

    /// The features of stage two for a page, from the verdicts of stage one and this lexicon.
    pub(crate) fn second_stage<'a>(
        &self,
        data: &Prepared,
        page: &'a PreparedPage,
        verdicts: &Verdicts,
    ) -> Table<'a> {
        let lexicon = lexicon_features(data, page, &page.all_blocks(), &self.log_odds);
        page.dense.second_stage(Cow::Owned(lexicon), &page.facts, verdicts)
    }

    /// The scorer with its lexicon by name.
    pub(crate) fn to_named(&self, data: &Prepared, second: Option<Logistic>) -> Scorer {
        let lexicon = to_lexicon(&data.vocabulary, &self.log_odds);
        Scorer { lexicon, logistic: self.logistic.clone(), second }
    }
}

/// The features of a lexicon of some blocks of a page.
fn lexicon_features(
    data: &Prepared,
    page: &PreparedPage,
    blocks: &[u32],
    log_odds: &[f32],
) -> Columns {
    let values = |token: u32| std::iter::once((0, log_odds[token as usize]));
    let mut rows = Vec::new();
    aggregates(&page.tokens, blocks, values, data.structured, |row: &Lanes<1>| {
        rows.extend(row.iter().map(|[value]| *value));
    });
    Columns::of_rows(blocks.len(), &rows)
}

/// What everything is fitted on, and how.
pub(crate) struct Fitting<'a> {
    pub data: &'a Prepared<'a>,
    /// Per page, its fold.
    pub folds: &'a [usize],
    pub options: &'a Options,
    pub progress: &'a Progress<'a>,
}

impl Fitting<'_> {
    /// The pages of all folds but `without`.
    pub(crate) fn pages(&self, without: &[usize]) -> Vec<usize> {
        (0..self.data.pages.len()).filter(|&n| !without.contains(&self.folds[n])).collect()
    }

    /// Fits stage one for a target on the pages of all folds but `without`.
    ///
    /// The rows of a fold get their lexicon features from the other folds: otherwise a rare word
    /// would carry its own label into the regression.
    pub(crate) fn scorer(
        &self,
        counts: &FoldCounts,
        target: Target,
        without: &[usize],
    ) -> Result<NumberedScorer> {
        let (data, options) = (self.data, self.options);
        let (entries, rows, penalty) = match target {
            Target::Main => (options.lexicon_entries, options.rows, options.penalty),
            Target::Kind(_) | Target::OfSide(_) => (
                options.lexicon_entries / 16,
                options.rows / KIND_ROWS,
                options.penalty * KIND_PENALTY,
            ),
        };
        let mut used: Vec<usize> =
            self.folds.iter().copied().filter(|f| !without.contains(f)).collect();
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
        let table = |n: usize, rows: &[u32]| {
            let (page, log_odds) = (&data.pages[n], &log_odds_of[&self.folds[n]]);
            let lexicon = lexicon_features(data, page, rows, log_odds);
            page.dense.first_stage().at(rows).and(Cow::Owned(lexicon))
        };
        let drawn = self.draw(target, without, rows);
        let values = self.values(&drawn, &names, table);
        let logistic = self.fit(&drawn, &names, values, target, penalty)?;
        Ok(NumberedScorer { log_odds: counts.log_odds(data, without, entries), logistic })
    }

    /// Fits stage two for content on the pages of all folds but `without`; `table` gives its
    /// features of a page, named `names`, made of verdicts of scorers that have not seen the page.
    pub(crate) fn second_stage<'t>(
        &self,
        names: &[String],
        table: impl Fn(usize) -> Table<'t> + Sync,
        without: &[usize],
    ) -> Result<Logistic> {
        let drawn = self.draw(Target::Main, without, self.options.rows);
        let values = self.values(&drawn, names, |n, rows| table(n).at(rows));
        self.fit(&drawn, names, values, Target::Main, SECOND_PENALTY)
    }

    /// The same for each of the kinds. The cut decides between content and boilerplate: a kind is
    /// told from the others on its side alone.
    pub(crate) fn second_stage_of_kinds<'t>(
        &self,
        names: &[String],
        table: impl Fn(usize) -> Table<'t> + Sync,
        kinds: &[Label],
        without: &[usize],
    ) -> Result<BTreeMap<Label, Logistic>> {
        let mut fitted = BTreeMap::new();
        for main in [true, false] {
            let of_side: Vec<Label> =
                kinds.iter().copied().filter(|kind| kind.is_main() == main).collect();
            let Some(&any) = of_side.first() else { continue };
            // The rows of a side are the same for all of its kinds.
            let drawn = self.draw(Target::OfSide(any), without, self.options.rows / KIND_ROWS);
            let values = self.values(&drawn, names, |n, rows| table(n).at(rows));
            let fit = |&kind: &Label| {
                let target = Target::OfSide(kind);
                Ok((kind, self.fit(&drawn, names, values.clone(), target, KIND_PENALTY)?))
            };
            let of_side: Vec<_> = of_side.par_iter().map(fit).collect::<Result<_>>()?;
            fitted.extend(of_side);
        }
        Ok(fitted)
    }

    /// Column after column, the features of the drawn rows; `table` gives those of some rows of a
    /// page. Features left out are 0 everywhere and so get no weight.
    fn values(
        &self,
        drawn: &[(usize, Vec<u32>)],
        names: &[String],
        table: impl Fn(usize, &[u32]) -> Table<'static> + Sync,
    ) -> Vec<f64> {
        let structured = self.data.structured;
        let families = self.options.without.iter();
        let left_out: Vec<String> =
            families.flat_map(|f| f.feature_names(structured, &Label::ALL)).collect();
        let used: Vec<bool> = names.iter().map(|name| !left_out.contains(name)).collect();
        let total: usize = drawn.iter().map(|(_, rows)| rows.len()).sum();
        let mut values = vec![0.0f64; total * names.len()];
        let mut at = 0;
        for chunk in drawn.chunks(64) {
            let tables: Vec<Table> = chunk.par_iter().map(|(n, rows)| table(*n, rows)).collect();
            for table in &tables {
                for (n, column) in table.columns().enumerate().filter(|(n, _)| used[*n]) {
                    let to = &mut values[n * total + at..][..column.len()];
                    for (to, &value) in to.iter_mut().zip(column) {
                        *to = f64::from(value);
                    }
                }
                at += table.rows();
            }
        }
        values
    }

    /// Fits a regression on drawn rows.
    fn fit(
        &self,
        drawn: &[(usize, Vec<u32>)],
        names: &[String],
        values: Vec<f64>,
        target: Target,
        penalty: f64,
    ) -> Result<Logistic> {
        let targets: Vec<bool> = drawn
            .iter()
            .flat_map(|(n, rows)| rows.iter().map(|&row| (&self.data.pages[*n], row as usize)))
            .map(|(page, row)| page.target(target, row) == Some(true))
            .collect();
        let fitted = fit(names, values, &targets, penalty, f64::from(REACH))?;
        if let Some(gradient) = fitted.unconverged {
            self.progress.warn(format!(
                "the regression for {target:?} did not converge: gradient norm {gradient:.1e} per \
                 row over {} rows",
                targets.len()
            ));
        }
        Ok(fitted.logistic)
    }

    /// Draws about `limit` rows in proportion to their weight, by systematic sampling: evenly
    /// spaced on the cumulated weights, so the same data give the same rows. linfa ignores sample
    /// weights; a row of weight 3 is drawn three times.
    fn draw(&self, target: Target, without: &[usize], limit: usize) -> Vec<(usize, Vec<u32>)> {
        let data = self.data;
        let mass = |page: &PreparedPage, i: usize| -> f64 {
            match page.target(target, i) {
                Some(_) => row_mass(page, i, target),
                None => 0.0,
            }
        };
        let pages = self.pages(without);
        let is_content = |page: &PreparedPage, i: usize| page.labels[i] == Some(Label::Content);
        // Mass of content, and of all else.
        let (mut content, mut rest) = (0.0, 0.0);
        let mut rows = 0usize;
        for &n in &pages {
            let page = &data.pages[n];
            for i in 0..page.labels.len() {
                let mass = mass(page, i);
                *(if is_content(page, i) { &mut content } else { &mut rest }) += mass;
                rows += usize::from(mass > 0.0);
            }
        }
        // Sets that know no kinds know content: no more of it than of all else together.
        let scale = match target {
            Target::Kind(_) if content > rest => rest / content,
            _ => 1.0,
        };
        let weight = |page: &PreparedPage, i: usize| {
            mass(page, i) * if is_content(page, i) { scale } else { 1.0 }
        };
        let wanted = limit.min(rows).max(1);
        let step = (rest + scale * content) / wanted as f64;
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
        Target::Kind(_) | Target::OfSide(_) => f64::from(page.weights[i].min(1.0)),
    }
}

/// Fits Platt scaling: a regression of the labels on the logits alone.
pub(crate) fn fit_platt(logits: &[f32], targets: &[bool]) -> Result<(f32, f32)> {
    let names = ["logit".to_string()];
    let values = logits.iter().map(|&l| f64::from(l)).collect();
    let fitted = fit(&names, values, targets, 1e-3, f64::INFINITY)?.logistic;
    let slope = fitted.weights[0].weight;
    if slope <= 0.0 {
        return Err(Error::Fit("the held-out probabilities are no better than chance".into()));
    }
    Ok((slope, fitted.intercept))
}
