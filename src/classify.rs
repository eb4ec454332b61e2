//! The straight line from a page to labelled blocks.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::path::Path;
use std::sync::LazyLock;

use crate::block::{Document, Label, Truncation, UNCERTAIN};
use crate::cut;
use crate::decode::decode;
use crate::error::Result;
use crate::features;
use crate::features::columns::Columns;
use crate::features::page::Page as Facts;
use crate::features::probabilities::Verdicts;
use crate::lexicon::{Lookup, Tokens};
use crate::logistic::{Logistic, sigmoid};
use crate::model::{Model, Scorer, Stages};
use crate::segment::{Limits, segment_html, segment_text};
use crate::stages::{Stage, done};

/// Labels the blocks of pages. Cheap to share: `Send + Sync`, no global state.
///
/// ```
/// let classifier = saring::Classifier::pretrained();
/// let page = classifier.classify("<nav><a href=/>Home</a></nav><p>A first paragraph, long enough to say something.");
/// for block in &page.blocks {
///     println!("{:.2} {} {}", block.probability, block.label, block.text);
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Classifier {
    model: Cow<'static, Model>,
    structured: Option<Lookup>,
    plain: Option<Lookup>,
    /// The labels that are kept.
    keep: Vec<Label>,
    threshold: Option<f32>,
    min_probability: Option<f32>,
    limits: Limits,
}

/// A page with a label for each block.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The address the page states for itself, or was given; may be empty.
    pub url: String,
    /// The blocks in reading order.
    pub blocks: Vec<Labelled>,
    /// How good the kept text can be expected to be: its word-F1, from 0 to 1.
    pub confidence: f32,
    /// Set when the page was cut at a limit.
    pub truncated: Option<Truncation>,
}

/// A block with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// The text, white space collapsed.
    pub text: String,
    /// The most probable label on its side of the cut.
    pub label: Label,
    /// Calibrated probability that the block is one of the kept labels, from 0 to 1.
    pub probability: f32,
    /// Whether the block is kept.
    pub kept: bool,
    /// Whether the verdict, kept or not, is less probable than was asked for: see
    /// [`Classifier::min_probability`].
    pub uncertain: bool,
    /// Where the block is: see [`Document::path`]; empty for plain text.
    pub path: String,
}

impl Labelled {
    /// What files and reports call the block: its label, or `uncertain`.
    pub fn label_name(&self) -> &'static str {
        if self.uncertain { UNCERTAIN } else { self.label.name() }
    }
}

impl Page {
    /// The kept blocks, one per line.
    pub fn text(&self) -> String {
        let kept: Vec<&str> =
            self.blocks.iter().filter(|b| b.kept).map(|b| b.text.as_str()).collect();
        kept.join("\n")
    }
}

impl Classifier {
    /// With the model that comes with the crate.
    pub fn pretrained() -> &'static Classifier {
        static PRETRAINED: LazyLock<Classifier> =
            LazyLock::new(|| Classifier::build(Cow::Borrowed(Model::pretrained())));
        &PRETRAINED
    }

    /// With a model of your own.
    pub fn new(model: Model) -> Classifier {
        Classifier::build(Cow::Owned(model))
    }

    /// With a model file.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load(path: impl AsRef<Path>) -> Result<Classifier> {
        Ok(Classifier::new(Model::load(path.as_ref())?))
    }

    fn build(model: Cow<'static, Model>) -> Classifier {
        let lookup = |stages: &Stages| {
            let kinds = stages.kinds.values().map(|scorer| &scorer.lexicon);
            Lookup::new([&stages.content.lexicon].into_iter().chain(kinds))
        };
        Classifier {
            structured: model.structured.as_ref().map(lookup),
            plain: model.plain.as_ref().map(lookup),
            model,
            keep: vec![Label::Content, Label::Headline],
            threshold: None,
            min_probability: None,
            limits: Limits::default(),
        }
    }

    /// Keeps these labels instead of content and headline.
    pub fn keep(mut self, labels: &[Label]) -> Classifier {
        self.keep = labels.to_vec();
        self
    }

    /// Takes every block at or above this probability for content, instead of choosing a cut for
    /// each page.
    pub fn threshold(mut self, threshold: f32) -> Classifier {
        self.threshold = Some(threshold);
        self
    }

    /// Leaves blocks open whose verdict, kept or not, is less probable than `p`, from 0.5 to 1:
    /// they are [uncertain](Labelled::uncertain) and not kept.
    ///
    /// ```
    /// let sure = saring::Classifier::pretrained().clone().min_probability(1.0);
    /// let page = sure.classify("<p>Baca juga</p>");
    /// assert_eq!((page.blocks[0].label_name(), page.blocks[0].kept), ("uncertain", false));
    /// ```
    pub fn min_probability(mut self, p: f32) -> Classifier {
        self.min_probability = Some(p);
        self
    }

    /// Reads no more of a page than this.
    pub fn limits(mut self, limits: Limits) -> Classifier {
        self.limits = limits;
        self
    }

    /// The limits in force.
    pub fn limits_in_force(&self) -> &Limits {
        &self.limits
    }

    /// The model in use.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Labels the blocks of an HTML page.
    pub fn classify(&self, html: &str) -> Page {
        let document = segment_html(html, &self.limits);
        done(Stage::Segment);
        self.classify_document(&document)
    }

    /// Labels the blocks of an HTML page in bytes; `charset` is the one of the HTTP header.
    pub fn classify_bytes(&self, html: &[u8], charset: Option<&str>) -> Page {
        let html = decode(html, charset);
        done(Stage::Decode);
        self.classify(&html)
    }

    /// Labels the lines of a plain text.
    pub fn classify_text(&self, text: &str) -> Page {
        self.classify_document(&segment_text(text, &self.limits))
    }

    /// The kept text of an HTML page, one block per line.
    pub fn content(&self, html: &str) -> String {
        self.classify(html).text()
    }

    /// Labels the blocks of a document: features, logits, probabilities, cut, kinds, labels.
    pub fn classify_document(&self, document: &Document) -> Page {
        let page = self.label(&self.steps(document));
        done(Stage::Labels);
        page
    }

    /// The page under each cut that one is chosen from: what the best of them reaches is a ceiling
    /// for every way of choosing.
    ///
    /// ```
    /// let classifier = saring::Classifier::pretrained();
    /// let document = saring::segment_html("<p>Isi berita.</p><p>Baca juga</p>", &Default::default());
    /// let cuts = classifier.cuts(&document);
    /// assert!(cuts.contains(&classifier.classify_document(&document)));
    /// assert!(cuts.iter().any(|page| page.text().is_empty()));
    /// ```
    pub fn cuts(&self, document: &Document) -> Vec<Page> {
        let mut steps = self.steps(document);
        let candidates = cut::candidates(&steps.features.facts, &steps.main);
        let cut = |candidate: cut::Candidate| {
            steps.kept = candidate.kept;
            self.label(&steps)
        };
        candidates.into_iter().map(cut).collect()
    }

    /// From the document to what is kept.
    pub(crate) fn steps<'a>(&'a self, document: &'a Document) -> Steps<'a> {
        let features = Features::new(document, self.form(document));
        done(Stage::Features);
        let Form { stages, .. } = features.form;
        let kinds = stages.kinds.iter().enumerate();
        let of_kind = |(n, (&kind, scorer)): (usize, (&Label, &Scorer))| {
            (kind, scorer.logistic.logits(&features.first_stage(n + 1)))
        };
        let content = stages.content.logistic.logits(&features.first_stage(0));
        done(Stage::First);
        let first = Verdicts { content, kinds: kinds.map(of_kind).collect() };
        done(Stage::Kinds);
        let table = LazyCell::new(|| features.second_stage(&first));
        let second = |scorer: &Scorer, first: &[f32]| match &scorer.second {
            Some(logistic) => logistic.logits(&table),
            None => first.to_vec(),
        };
        let kinds = first.kinds.iter().zip(stages.kinds.values());
        let content = second(&stages.content, &first.content);
        done(Stage::Second);
        let of_kind =
            |((kind, first), scorer): (&(Label, Vec<f32>), _)| (*kind, second(scorer, first));
        let last = Verdicts { content, kinds: kinds.map(of_kind).collect() };
        done(Stage::Kinds);
        let main = stages.calibration.probabilities(&last.content);
        let cut = match (self.threshold, &stages.cut) {
            (None, Some(ranker)) => Cut::Ranked(ranker),
            (threshold, _) => Cut::Fixed(threshold.unwrap_or(0.5)),
        };
        let kept = match cut {
            Cut::Ranked(ranker) => cut::choose(&features.facts, &main, ranker).kept,
            Cut::Fixed(threshold) => main.iter().map(|&p| p >= threshold).collect(),
        };
        done(Stage::Cut);
        Steps { features, first, last, main, cut, kept }
    }

    fn form(&self, document: &Document) -> Form<'_> {
        let structured = self.model.structured.as_ref().zip(self.structured.as_ref());
        let plain = self.model.plain.as_ref().zip(self.plain.as_ref());
        // A model made for one form of input does what it can for the other.
        let ((stages, lookup), structured) = match (structured, plain) {
            (Some(form), Some(_)) if document.has_structure() => (form, true),
            (_, Some(form)) => (form, false),
            (Some(form), None) => (form, true),
            (None, None) => unreachable!("a model has one form at least, which loading checks"),
        };
        Form { stages, lookup, structured }
    }

    /// From what is kept to labels.
    pub(crate) fn label(&self, steps: &Steps) -> Page {
        let document = steps.features.facts.document;
        let blocks: Vec<Labelled> = (0..steps.features.facts.len())
            .map(|i| {
                let shares = steps.label_shares(i);
                let label = most_probable(&shares, steps.kept[i]);
                let probability: f32 =
                    shares.iter().filter(|(l, _)| self.keep.contains(l)).map(|(_, p)| p).sum();
                let probability = probability.clamp(0.0, 1.0);
                let kept = self.keep.contains(&label);
                let verdict = if kept { probability } else { 1.0 - probability };
                let uncertain = self.min_probability.is_some_and(|least| verdict < least);
                Labelled {
                    text: document.blocks[i].text.clone(),
                    label,
                    probability,
                    kept: kept && !uncertain,
                    uncertain,
                    path: document.path(i),
                }
            })
            .collect();
        let sure = |(&kept, block): (&bool, &Labelled)| kept && !block.uncertain;
        let kept: Vec<bool> = steps.kept.iter().zip(&blocks).map(sure).collect();
        let confidence = cut::expected_f1(&steps.features.facts, &steps.main, &kept);
        Page { url: document.url.clone(), blocks, confidence, truncated: document.truncated }
    }
}

/// The part of a model for pages or the one for plain text.
#[derive(Clone, Copy)]
pub(crate) struct Form<'a> {
    pub stages: &'a Stages,
    lookup: &'a Lookup,
    pub structured: bool,
}

/// What the stages see of a document.
pub(crate) struct Features<'a> {
    pub form: Form<'a>,
    pub facts: Facts<'a>,
    dense: Columns,
    tokens: Tokens<u32>,
}

impl<'a> Features<'a> {
    fn new(document: &'a Document, form: Form<'a>) -> Features<'a> {
        let facts = Facts::new(document);
        let tokens = Tokens::new(&facts, |namespace, token| form.lookup.number(namespace, token));
        Features { form, dense: features::dense(&facts, form.structured), facts, tokens }
    }

    /// The features of stage one under lexicon `n`: 0 is that of content, the kinds follow.
    pub(crate) fn first_stage(&self, n: usize) -> Columns {
        let Form { lookup, structured, .. } = self.form;
        let value = |token| lookup.value(n, token);
        features::first_stage(&self.dense, &self.tokens, value, structured)
    }

    /// The features of stage two; the verdicts are those of stage one.
    pub(crate) fn second_stage(&self, verdicts: &Verdicts) -> Columns {
        let Form { lookup, structured, .. } = self.form;
        let value = |token| lookup.value(0, token);
        features::second_stage(&self.facts, &self.tokens, value, verdicts, structured)
    }
}

/// How a page is cut.
#[derive(Clone, Copy)]
pub(crate) enum Cut<'a> {
    /// At the candidate that this ranker likes best.
    Ranked(&'a Logistic),
    /// At this probability.
    Fixed(f32),
}

/// A document on its way to labels, with what each step made of it.
pub(crate) struct Steps<'a> {
    pub features: Features<'a>,
    /// Logits of stage one.
    pub first: Verdicts,
    /// Logits of the last stage that the model has.
    pub last: Verdicts,
    /// Calibrated probability of content or headline.
    pub main: Vec<f32>,
    /// How the cut is chosen.
    pub cut: Cut<'a>,
    /// What the cut keeps.
    pub kept: Vec<bool>,
}

impl Steps<'_> {
    /// The probability of each label for block `i`; they sum to 1. The content model divides the
    /// mass between main and boilerplate, the kinds divide each side.
    pub(crate) fn label_shares(&self, i: usize) -> Vec<(Label, f32)> {
        let main = self.main[i];
        let odds = self.last.kinds.iter().map(|(label, logits)| (*label, sigmoid(logits[i])));
        let (titles, others): (Vec<_>, Vec<_>) = odds.partition(|(label, _)| label.is_main());
        let title: f32 = titles.iter().map(|(_, p)| p).sum();
        let total: f32 = others.iter().map(|(_, p)| p).sum();
        let mut shares = vec![(Label::Content, main * (1.0 - title))];
        shares.extend(titles.iter().map(|&(label, p)| (label, main * p)));
        if total > 0.0 {
            shares.extend(others.iter().map(|&(label, p)| (label, (1.0 - main) * p / total)));
        } else {
            shares.push((Label::Boilerplate, 1.0 - main));
        }
        shares
    }
}

fn most_probable(shares: &[(Label, f32)], main: bool) -> Label {
    let side = shares.iter().filter(|(label, _)| label.is_main() == main);
    let best = side.reduce(|a, b| if b.1 > a.1 { b } else { a });
    best.map_or(if main { Label::Content } else { Label::Boilerplate }, |(label, _)| *label)
}
