//! Labelled pages to a model, and honest figures for it.
//!
//! Everything that is fitted on the output of something fitted gets that output for pages the
//! lower part has not seen: lexicon under regression, regression under calibration and cut. Folds
//! are whole registered domains. The figures come from one more level: all of it is fitted without
//! a fold and applied to that fold.

mod counts;
mod cut;
mod fit;
mod form;
mod prepare;
mod scorer;
mod site;

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::dataset::{Dataset, LabelledPage};
use crate::error::{Error, Result};
pub use crate::features::family::Family;
use crate::model::{Model, Provenance};
use form::{ByHeldOut, fit_form};
use prepare::to_plain;

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
