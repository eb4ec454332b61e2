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
use crate::logistic::Logistic;
use crate::model::{Calibration, Model, Provenance, Stages};
use counts::FoldCounts;
use prepare::{Prepared, Target, to_plain};
use scorer::{NumberedScorer, fit_platt, fit_scorer, fit_second_stage};

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
        ]
        .into_iter()
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
    let scorers: BTreeMap<Vec<usize>, NumberedScorer> = wanted
        .par_iter()
        .map(|without| {
            let scorer =
                fit_scorer(&data, folds, &counts, Target::Main, without, options, progress)?;
            if let Ok(mut done) = done.lock() {
                *done += 1;
                progress.step(format!("{form}: content model {done} of {}", wanted.len()));
            }
            Ok((without.clone(), scorer))
        })
        .collect::<Result<_>>()?;

    let kinds = if options.kinds { learnable_kinds(pages) } else { Vec::new() };
    let mut kind_counts = BTreeMap::new();
    for &kind in &kinds {
        kind_counts.insert(kind, FoldCounts::new(&data, folds, Target::Kind(kind)));
    }
    let mut result = ByHeldOut::new();
    for outer in held.iter().copied().map(Some).chain(full.then_some(None)) {
        let without: Vec<usize> = outer.into_iter().collect();
        progress.step(match outer {
            Some(fold) => format!("{form}: calibration, cut and kinds without fold {}", fold + 1),
            None => format!("{form}: calibration, cut and kinds"),
        });
        let context = Context { data: &data, folds, scorers: &scorers, without: &without };
        let unseen = context.first_stage();
        let (second, unseen) = if options.second_stage && count - without.len() > 1 {
            let (second, unseen) = context.second_stage(&unseen, options, progress)?;
            (Some(second), unseen)
        } else {
            (None, unseen)
        };
        let calibration = calibrate(&data, &unseen, progress);
        let cut = (unseen.len() >= MIN_CUT_PAGES)
            .then(|| cut::fit_ranker(&data, &unseen, calibration))
            .transpose()?
            .flatten();
        let kinds = kinds
            .par_iter()
            .filter_map(|&kind| {
                let counts = &kind_counts[&kind];
                let target = Target::Kind(kind);
                match fit_scorer(&data, folds, counts, target, &without, options, progress) {
                    Ok(scorer) => Some(Ok((kind, scorer.to_named(&data)))),
                    // The kind stands in the held-out fold only.
                    Err(Error::Data(_)) => None,
                    Err(error) => Some(Err(error)),
                }
            })
            .collect::<Result<BTreeMap<_, _>>>()?;
        let content = scorers[&without].to_named(&data);
        result.insert(outer, Stages { content, second, calibration, cut, kinds });
    }
    Ok(result)
}

/// Logits by page, of something that has not seen the page.
type Unseen = BTreeMap<usize, Vec<f32>>;

/// What is fitted for one held-out fold: everything here leaves the folds `without` alone.
struct Context<'a> {
    data: &'a Prepared<'a>,
    folds: &'a [usize],
    scorers: &'a BTreeMap<Vec<usize>, NumberedScorer>,
    without: &'a [usize],
}

impl Context<'_> {
    /// The scorer that has seen neither the held-out folds nor that of page `n`.
    fn scorer(&self, n: usize) -> &NumberedScorer {
        let mut key = self.without.to_vec();
        key.push(self.folds[n]);
        key.sort_unstable();
        // With one fold in all, there is only the scorer that has seen everything.
        self.scorers.get(&key).unwrap_or_else(|| &self.scorers[self.without])
    }

    fn pages(&self) -> Vec<usize> {
        (0..self.data.pages.len()).filter(|&n| !self.without.contains(&self.folds[n])).collect()
    }

    fn first_stage(&self) -> Unseen {
        let logits = |n: usize| self.scorer(n).logits(self.data, &self.data.pages[n]);
        self.pages().into_par_iter().map(|n| (n, logits(n))).collect()
    }

    /// Stage two on all pages, and its logits for each page when fitted without the page's fold.
    ///
    /// The rows of the latter come from scorers that have seen that fold's labels, which a third
    /// level of exclusion would avoid at the price of ten more fits. It touches what calibration
    /// and cut learn from, and nothing that is reported.
    fn second_stage(
        &self,
        first: &Unseen,
        options: &Options,
        progress: &Progress,
    ) -> Result<(Logistic, Unseen)> {
        let columns =
            |n: usize| self.scorer(n).second_stage(self.data, &self.data.pages[n], &first[&n]);
        let fit = |without: &[usize]| {
            fit_second_stage(self.data, self.folds, columns, without, options, progress)
        };
        let mut inner: Vec<usize> = self.pages().iter().map(|&n| self.folds[n]).collect();
        inner.sort_unstable();
        inner.dedup();
        let by_fold: BTreeMap<usize, Logistic> = inner
            .into_par_iter()
            .map(|fold| {
                let mut without = self.without.to_vec();
                without.push(fold);
                Ok((fold, fit(&without)?))
            })
            .collect::<Result<_>>()?;
        let logits = |n: usize| by_fold[&self.folds[n]].logits(&columns(n));
        let unseen = self.pages().into_par_iter().map(|n| (n, logits(n))).collect();
        Ok((fit(self.without)?, unseen))
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

/// Platt scaling on unseen pages, one row per labelled block.
fn calibrate(data: &Prepared, unseen: &Unseen, progress: &Progress) -> Calibration {
    let (mut logits, mut targets) = (Vec::new(), Vec::new());
    for (n, of_page) in unseen {
        for (logit, label) in of_page.iter().zip(&data.pages[*n].labels) {
            if let Some(label) = label {
                logits.push(*logit);
                targets.push(label.is_main());
            }
        }
    }
    match fit_platt(&logits, &targets) {
        Ok((slope, intercept)) => Calibration { slope, intercept },
        Err(error) => {
            progress.warn(format!("no calibration: {error}"));
            Calibration { slope: 1.0, intercept: 0.0 }
        }
    }
}
