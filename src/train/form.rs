//! Everything that is fitted for one form of input, pages or plain text.
//!
//! Stage one is named by the folds it was *not* fitted on. The one without folds {a, b} serves both
//! the model without a (for its pages of b) and the model without b, so that five folds need
//! 10 + 5 + 1 fits, not 31.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;

use super::counts::FoldCounts;
use super::prepare::{Prepared, Target};
use super::scorer::{Fitting, NumberedScorer, fit_platt};
use super::{Options, Progress, cut, site};
use crate::block::Label;
use crate::dataset::LabelledPage;
use crate::error::{Error, Result};
use crate::features;
use crate::features::probabilities::Verdicts;
use crate::logistic::Logistic;
use crate::model::{Calibration, Stages};

/// A kind with fewer rows than this cannot be learnt.
const MIN_KIND_ROWS: usize = 10;

/// Pages below which a cut ranker would learn noise.
const MIN_CUT_PAGES: usize = 30;

/// Stages by the fold they have not seen; `None` is the full model.
pub(super) type ByHeldOut = BTreeMap<Option<usize>, Stages>;

/// Fits everything for one form of input: per held-out fold and, if `full`, for all folds.
pub(super) fn fit_form(
    pages: &[LabelledPage],
    structured: bool,
    folds: &[usize],
    held: &[usize],
    full: bool,
    options: &Options,
    progress: &Progress,
) -> Result<ByHeldOut> {
    let form = if structured { "pages" } else { "plain text" };
    progress.step(format!("{form}: computing features of {} pages", pages.len()));
    let data = Prepared::new(pages, structured);
    let count = folds.iter().max().map_or(1, |f| f + 1);
    let fitting = Fitting { data: &data, folds, options, progress };
    let counts = FoldCounts::new(&data, folds, Target::Main);

    // Every set of folds that some part has to be fitted without.
    let mut wanted: Vec<Vec<usize>> = Vec::new();
    for outer in held.iter().copied().map(Some).chain(full.then_some(None)) {
        let outer: Vec<usize> = outer.into_iter().collect();
        wanted.push(outer.clone());
        if count > 1 {
            for inner in (0..count).filter(|f| !outer.contains(f)) {
                let mut both = outer.clone();
                both.push(inner);
                both.sort_unstable();
                wanted.push(both);
            }
        }
    }
    wanted.sort();
    wanted.dedup();
    let done = Mutex::new(0usize);
    let kinds = if options.kinds { learnable_kinds(pages) } else { Vec::new() };
    // What sets content apart is in the lexicon of content already.
    let kind_counts: Vec<(Label, FoldCounts)> = kinds
        .iter()
        .map(|&kind| (kind, FoldCounts::new(&data, folds, Target::OfSide(kind))))
        .collect();
    let scorers: BTreeMap<Vec<usize>, FirstStage> = wanted
        .par_iter()
        .map(|without| {
            let content = fitting.scorer(&counts, Target::Main, without)?;
            let kinds = kind_counts
                .par_iter()
                .filter_map(|(kind, counts)| {
                    match fitting.scorer(counts, Target::Kind(*kind), without) {
                        Ok(scorer) => Some(Ok((*kind, scorer))),
                        // The kind stands in the folds left out only.
                        Err(Error::Data(_)) => None,
                        Err(error) => Some(Err(error)),
                    }
                })
                .collect::<Result<_>>()?;
            if let Ok(mut done) = done.lock() {
                *done += 1;
                progress.step(format!("{form}: stage one, {done} of {}", wanted.len()));
            }
            Ok((without.clone(), FirstStage { content, kinds }))
        })
        .collect::<Result<_>>()?;

    let recalled = site::recalled(&data);
    let mut result = ByHeldOut::new();
    for outer in held.iter().copied().map(Some).chain(full.then_some(None)) {
        let without: Vec<usize> = outer.into_iter().collect();
        progress.step(match outer {
            Some(fold) => format!("{form}: stage two and cut without fold {}", fold + 1),
            None => format!("{form}: stage two and cut"),
        });
        let context = Context::new(&fitting, &scorers, &without);
        let first = context.first_stage();
        let of_content = |(&n, verdicts): (&usize, &Verdicts)| (n, verdicts.content.clone());
        let mut second = SecondStage::default();
        let mut unseen: Unseen = first.iter().map(of_content).collect();
        let mut calibrated = calibrate(&data, &unseen);
        if options.second_stage && count - without.len() > 1 {
            let (stage, logits) = context.second_stage(&first)?;
            let with_stage = calibrate(&data, &logits);
            // A dozen pages teach stage two nothing that holds on other sites.
            if with_stage.loss <= calibrated.loss {
                (second, unseen, calibrated) = (stage, logits, with_stage);
            } else {
                progress.step(format!("{form}: stage two is left out, as it would do harm"));
            }
        }
        let calibration = calibrated.calibration;
        if calibrated.loss.is_infinite() {
            progress.warn("the held-out probabilities are no better than chance".into());
        }
        let site = site::fit_site(&data, &recalled, &unseen, calibration)?;
        let cut = (unseen.len() >= MIN_CUT_PAGES)
            .then(|| cut::fit_ranker(&data, &unseen, calibration))
            .transpose()?
            .flatten();
        let stage_one = &scorers[&without];
        let content = stage_one.content.to_named(&data, second.content.take());
        let kinds = context.kinds.iter().map(|&kind| {
            (kind, stage_one.kinds[&kind].to_named(&data, second.kinds.remove(&kind)))
        });
        let kinds = kinds.collect();
        result.insert(outer, Stages { content, calibration, site, cut, kinds });
    }
    Ok(result)
}

/// Stage one, fitted on the same folds.
struct FirstStage {
    content: NumberedScorer,
    kinds: BTreeMap<Label, NumberedScorer>,
}

/// Stage two, fitted on the same folds.
#[derive(Default)]
struct SecondStage {
    content: Option<Logistic>,
    kinds: BTreeMap<Label, Logistic>,
}

/// Logits by page, of something that has not seen the page.
pub(super) type Unseen = BTreeMap<usize, Vec<f32>>;

/// What is fitted for one held-out fold: everything here leaves the folds `without` alone.
struct Context<'a> {
    fitting: &'a Fitting<'a>,
    scorers: &'a BTreeMap<Vec<usize>, FirstStage>,
    without: &'a [usize],
    /// The kinds that every stage one in use here knows.
    kinds: Vec<Label>,
}

impl<'a> Context<'a> {
    fn new(
        fitting: &'a Fitting<'a>,
        scorers: &'a BTreeMap<Vec<usize>, FirstStage>,
        without: &'a [usize],
    ) -> Context<'a> {
        let mut context = Context { fitting, scorers, without, kinds: Vec::new() };
        let pages = fitting.pages(without);
        let known =
            |kind: &Label| pages.iter().all(|&n| context.stage_one(n).kinds.contains_key(kind));
        context.kinds = scorers[without].kinds.keys().copied().filter(known).collect();
        context
    }

    /// Stage one that has seen neither the held-out folds nor that of page `n`.
    fn stage_one(&self, n: usize) -> &FirstStage {
        let mut key = self.without.to_vec();
        key.push(self.fitting.folds[n]);
        key.sort_unstable();
        // With one fold in all, there is only the one that has seen everything.
        self.scorers.get(&key).unwrap_or_else(|| &self.scorers[self.without])
    }

    fn first_stage(&self) -> BTreeMap<usize, Verdicts> {
        let data = self.fitting.data;
        let verdicts = |n: usize| {
            let (stage, page) = (self.stage_one(n), &data.pages[n]);
            let kinds = self.kinds.iter();
            Verdicts {
                content: stage.content.logits(data, page),
                kinds: kinds.map(|k| (*k, stage.kinds[k].logits(data, page))).collect(),
            }
        };
        self.fitting.pages(self.without).into_par_iter().map(|n| (n, verdicts(n))).collect()
    }

    /// Stage two, and its logits of content for each page when fitted without the page's
    /// fold.
    ///
    /// The rows of the latter come from scorers that have seen that fold's labels, which a third
    /// level of exclusion would avoid at the price of ten more fits. It touches what calibration
    /// and cut learn from, and nothing that is reported.
    fn second_stage(&self, first: &BTreeMap<usize, Verdicts>) -> Result<(SecondStage, Unseen)> {
        let Fitting { data, folds, .. } = *self.fitting;
        let names = features::second_stage_names(data.structured, &self.kinds);
        let columns =
            |n: usize| self.stage_one(n).content.second_stage(data, &data.pages[n], &first[&n]);
        let mut inner: Vec<usize> = first.keys().map(|&n| folds[n]).collect();
        inner.sort_unstable();
        inner.dedup();
        let by_fold: BTreeMap<usize, Logistic> = inner
            .into_par_iter()
            .map(|fold| {
                let mut without = self.without.to_vec();
                without.push(fold);
                Ok((fold, self.fitting.second_stage(&names, columns, &without)?))
            })
            .collect::<Result<_>>()?;
        let logits = |n: usize| by_fold[&folds[n]].logits(&columns(n));
        let unseen = first.par_iter().map(|(&n, _)| (n, logits(n))).collect();
        let content = self.fitting.second_stage(&names, columns, self.without)?;
        let kinds =
            self.fitting.second_stage_of_kinds(&names, columns, &self.kinds, self.without)?;
        Ok((SecondStage { content: Some(content), kinds }, unseen))
    }
}

/// Kinds with enough rows on their side and something to tell them from.
fn learnable_kinds(pages: &[LabelledPage]) -> Vec<Label> {
    let mut counts: BTreeMap<Label, usize> = BTreeMap::new();
    for label in pages.iter().flat_map(|p| &p.labels).flatten() {
        *counts.entry(*label).or_default() += 1;
    }
    let enough = |label: &Label| counts.get(label).is_some_and(|&n| n >= MIN_KIND_ROWS);
    let of_side = |main: bool| -> Vec<Label> {
        let kinds = Label::ALL.into_iter().filter(|l| *l != Label::Boilerplate);
        kinds.filter(|l| l.is_main() == main && enough(l)).collect()
    };
    let mut kinds: Vec<Label> = of_side(false);
    if kinds.len() < 2 {
        kinds.clear();
    }
    // On the main side, what is not headline is content.
    kinds.extend((of_side(true).len() == 2).then_some(Label::Headline));
    kinds
}

/// A calibration, and how good the calibrated probabilities are.
struct Calibrated {
    calibration: Calibration,
    /// Mean log loss per labelled block, in nats; infinite where the logits are no better than
    /// chance.
    loss: f64,
}

/// Platt scaling on unseen pages, one row per labelled block.
fn calibrate(data: &Prepared, unseen: &Unseen) -> Calibrated {
    let (mut logits, mut targets) = (Vec::new(), Vec::new());
    for (n, of_page) in unseen {
        for (logit, label) in of_page.iter().zip(&data.pages[*n].labels) {
            if let Some(label) = label {
                logits.push(*logit);
                targets.push(label.is_main());
            }
        }
    }
    let Ok((slope, intercept)) = fit_platt(&logits, &targets) else {
        let calibration = Calibration { slope: 1.0, intercept: 0.0 };
        return Calibrated { calibration, loss: f64::INFINITY };
    };
    let calibration = Calibration { slope, intercept };
    let losses = logits.iter().zip(&targets).map(|(logit, &target)| {
        let logit = f64::from(slope * logit + intercept);
        (if target { -logit } else { logit }).exp().ln_1p()
    });
    let loss = losses.sum::<f64>() / targets.len().max(1) as f64;
    Calibrated { calibration, loss }
}
