//! Labelled pages to a model, and honest figures for it.
//!
//! Everything that is fitted on the output of something fitted gets that output for pages the
//! lower part has not seen: lexicon under regression, regression under calibration and cut. Folds
//! are whole registered domains. The figures come from one more level: all of it is fitted without
//! a fold and applied to that fold.
//!
//! A scorer is named by the folds it was *not* fitted on. The one without folds {a, b} serves both
//! the model without a (for its pages of b) and the model without b, so that five folds need
//! 10 + 5 + 1 fits, not 31.

mod counts;
mod cut;
mod fit;
mod prepare;
mod scorer;

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;

use crate::block::Label;
use crate::dataset::{Dataset, LabelledPage};
use crate::error::{Error, Result};
use crate::features;
pub use crate::features::family::Family;
use crate::features::probabilities::Verdicts;
use crate::logistic::Logistic;
use crate::model::{Calibration, Model, Provenance, Stages};
use counts::FoldCounts;
use prepare::{Prepared, Target, to_plain};
use scorer::{Fitting, NumberedScorer, fit_platt};

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Parts of the data for cross-fitting and for the report.
    pub folds: usize,
    /// Rows drawn for the content model.
    pub rows: usize,
    /// Weight of the squared weights in the loss (1/C).
    pub penalty: f64,
    /// Entries of the content model's lexicon; each kind gets a sixteenth.
    pub lexicon_entries: usize,
    /// How many of the folds are held out in turn for figures: 0 for none, `folds` for all.
    pub held_out: usize,
    /// Whether the kinds are fitted, or only content against boilerplate.
    pub kinds: bool,
    /// Whether stage two is fitted.
    pub second_stage: bool,
    /// Whether pages are also learnt as plain text; always where there is nothing else.
    pub plain: bool,
    /// Features that get no weight: what they are worth is what is lost without them.
    pub without: Vec<Family>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            folds: 5,
            rows: 100_000,
            penalty: 1.0,
            lexicon_entries: 16_000,
            held_out: 5,
            kinds: true,
            second_stage: true,
            plain: true,
            without: Vec::new(),
        }
    }
}

/// A kind with fewer rows than this cannot be learnt.
const MIN_KIND_ROWS: usize = 10;

/// Pages below which a cut ranker would learn noise.
const MIN_CUT_PAGES: usize = 30;

/// Told what training is doing; collects warnings.
pub struct Progress<'a> {
    tell: &'a (dyn Fn(&str) + Sync),
    warnings: Mutex<Vec<String>>,
}

impl<'a> Progress<'a> {
    /// Calls `tell` with a line for each step.
    pub fn new(tell: &'a (dyn Fn(&str) + Sync)) -> Progress<'a> {
        Progress { tell, warnings: Mutex::default() }
    }

    fn step(&self, message: impl AsRef<str>) {
        (self.tell)(message.as_ref());
    }

    pub(crate) fn warn(&self, message: String) {
        (self.tell)(&format!("warning: {message}"));
        if let Ok(mut warnings) = self.warnings.lock() {
            warnings.push(message);
        }
    }

    /// The warnings so far.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.lock().map(|w| w.clone()).unwrap_or_default()
    }
}

/// A model, and one for each held-out fold that has not seen it.
pub struct Trained {
    /// Fitted on everything.
    pub model: Option<Model>,
    /// Per held-out fold: its number and a model fitted on the other folds.
    pub held_out: Vec<(usize, Model)>,
    /// Per page of the dataset, its fold.
    pub folds: Vec<usize>,
}

/// Trains a model.
///
/// # Errors
/// [`Error::Data`] if one class is missing or there are too few pages for the folds;
/// [`Error::Fit`] if a regression fails.
pub fn train(data: &Dataset, options: &Options, progress: &Progress) -> Result<Trained> {
    run(data, options, progress, true)
}

/// Trains only the models for the held-out folds: each page of `data` in one of them is then new
/// to its model.
///
/// # Errors
/// As [`train`].
pub fn cross_validate(data: &Dataset, options: &Options, progress: &Progress) -> Result<Trained> {
    run(data, options, progress, false)
}

fn run(data: &Dataset, options: &Options, progress: &Progress, full: bool) -> Result<Trained> {
    check(data)?;
    let domains =
        data.pages.iter().map(|p| p.group.as_str()).collect::<std::collections::HashSet<_>>().len();
    let count = options.folds.min(domains).max(1);
    let folds = data.folds(count);
    // Holding a domain out needs at least one more to learn from and one to cross-fit with.
    let held: Vec<usize> = (0..count.min(options.held_out)).filter(|_| count >= 3).collect();
    let fit = |pages: &[LabelledPage], structured: bool| {
        fit_form(pages, structured, &folds, &held, full, options, progress)
    };
    let structured = data.pages.iter().any(|p| p.document.has_structure());
    let forms = Forms {
        structured: structured.then(|| fit(&data.pages, true)).transpose()?,
        plain: (options.plain || !structured)
            .then(|| fit(&to_plain(&data.pages), false))
            .transpose()?,
    };
    Ok(forms.into_trained(data, folds, held, options))
}

fn check(data: &Dataset) -> Result<()> {
    let counts = data.label_counts();
    let main: usize = counts.iter().filter(|(l, _)| l.is_main()).map(|(_, n)| n).sum();
    let all: usize = counts.values().sum();
    if all == 0 {
        return Err(Error::Data("no row has a label: fill the label column first".into()));
    }
    if main == 0 || main == all {
        let what = if main == 0 { "content or headline" } else { "boilerplate of any kind" };
        return Err(Error::Data(format!(
            "none of the {all} labelled rows is {what}: a model needs both sides"
        )));
    }
    Ok(())
}

/// Stages by the fold they have not seen; `None` is the full model.
type ByHeldOut = BTreeMap<Option<usize>, Stages>;

struct Forms {
    structured: Option<ByHeldOut>,
    plain: Option<ByHeldOut>,
}

impl Forms {
    fn into_trained(
        mut self,
        data: &Dataset,
        folds: Vec<usize>,
        held: Vec<usize>,
        options: &Options,
    ) -> Trained {
        let provenance = Provenance {
            tool: format!("saring {}", env!("CARGO_PKG_VERSION")),
            data: data.sources.clone(),
            options: options.by_name(),
            metrics: BTreeMap::new(),
        };
        let mut take = |which: Option<usize>| -> Option<Model> {
            let structured = self.structured.as_mut().and_then(|s| s.remove(&which));
            let plain = self.plain.as_mut().and_then(|s| s.remove(&which));
            let fitted = structured.is_some() || plain.is_some();
            fitted.then(|| Model::new(structured, plain, provenance.clone()))
        };
        Trained {
            model: take(None),
            held_out: held.into_iter().filter_map(|h| Some((h, take(Some(h))?))).collect(),
            folds,
        }
    }
}

impl Options {
    fn by_name(&self) -> BTreeMap<String, String> {
        [
            ("folds", self.folds.to_string()),
            ("rows", self.rows.to_string()),
            ("penalty", self.penalty.to_string()),
            ("lexicon_entries", self.lexicon_entries.to_string()),
            ("kinds", self.kinds.to_string()),
            ("second_stage", self.second_stage.to_string()),
            ("plain", self.plain.to_string()),
            ("without", self.without.iter().map(|f| f.name()).collect::<Vec<_>>().join(" ")),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_string(), value))
        .collect()
    }
}

/// Fits everything for one form of input: per held-out fold and, if `full`, for all folds.
fn fit_form(
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
        result.insert(outer, Stages { content, calibration, cut, kinds });
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
type Unseen = BTreeMap<usize, Vec<f32>>;

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
