//! The straight line from a page to labelled blocks.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use crate::block::{Block, Document, Element, Label, Truncation, UNCERTAIN, path};
use crate::cut;
use crate::decode::decode;
use crate::error::Result;
use crate::features::columns::{Columns, Table};
use crate::features::page::Page as Facts;
use crate::features::probabilities::Verdicts;
use crate::features::{self, Dense};
use crate::lexicon::{LANES, Lanes, Lookup, Tokens, aggregates, feature_names};
use crate::logistic::{Logistic, sigmoid};
use crate::model::{Model, Scorer, Stages};
use crate::panel::{Panel, Sum};
#[cfg(feature = "rules")]
use crate::rules::Rules;
use crate::segment::{Limits, segment_html, segment_text};
use crate::site::{Recall, SiteMemory};
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
    structured: Option<Reader>,
    plain: Option<Reader>,
    /// The labels that are kept.
    keep: Vec<Label>,
    threshold: Option<f32>,
    min_probability: Option<f32>,
    limits: Limits,
    #[cfg(feature = "rules")]
    rules: Option<Arc<Rules>>,
    site_memory: Option<Arc<SiteMemory>>,
}

/// A page with a label for each block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The address the page states for itself, or was given; may be empty.
    pub url: String,
    /// The elements that hold blocks, as in [`Document::elements`].
    pub elements: Vec<Element>,
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
    /// Position in [`Page::elements`] of the deepest element that holds the whole text; `None` in
    /// plain text.
    pub element: Option<usize>,
    /// The rule that has decided, if one has: then the probability is 1 or 0.
    pub rule: Option<String>,
}

impl Labelled {
    /// What files and reports call the block: its label, or `uncertain`.
    pub fn label_name(&self) -> &'static str {
        if self.uncertain { UNCERTAIN } else { self.label.name() }
    }
}

impl Page {
    /// Where a block is: see [`Document::path`]; empty for plain text.
    pub fn path(&self, block: usize) -> String {
        path(&self.elements, self.blocks[block].element)
    }

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
        Classifier {
            structured: model.structured.as_ref().map(Reader::new),
            plain: model.plain.as_ref().map(Reader::new),
            model,
            keep: vec![Label::Content, Label::Headline],
            threshold: None,
            min_probability: None,
            limits: Limits::default(),
            #[cfg(feature = "rules")]
            rules: None,
            site_memory: None,
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

    /// Lets these rules win over the model on HTML pages. Copies of the classifier share them, and so
    /// can others: an `Arc<Rules>` will do.
    #[cfg(feature = "rules")]
    pub fn rules(mut self, rules: impl Into<Arc<Rules>>) -> Classifier {
        self.rules = Some(rules.into());
        self
    }

    /// The rules in force, which know how often they were applied.
    #[cfg(feature = "rules")]
    pub fn rules_in_force(&self) -> Option<&Rules> {
        self.rules.as_deref()
    }

    /// Applies the rules to a page that was made from `html`: what [`Classifier::classify`] does
    /// last, for those who segment pages themselves. The page's confidence stays that of the model.
    #[cfg(feature = "rules")]
    pub fn apply_rules(&self, html: &str, page: &mut Page) {
        if let Some(rules) = &self.rules {
            rules.apply(html, &self.limits, page, &self.keep);
        }
    }

    /// Lets what is known of a page's site count, where the memory knows it. Copies of the classifier
    /// share the memory. To learn while classifying, see [`Classifier::classify_recalled`].
    pub fn site_memory(mut self, memory: SiteMemory) -> Classifier {
        self.site_memory = Some(Arc::new(memory));
        self
    }

    /// The site memory in force.
    pub fn site_memory_in_force(&self) -> Option<&SiteMemory> {
        self.site_memory.as_deref()
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
        #[allow(unused_mut)]
        let mut page = self.classify_document(document);
        #[cfg(feature = "rules")]
        self.apply_rules(html, &mut page);
        page
    }

    /// Labels the blocks of an HTML page in bytes; `charset` is the one of the HTTP header.
    pub fn classify_bytes(&self, html: &[u8], charset: Option<&str>) -> Page {
        let html = decode(html, charset);
        done(Stage::Decode);
        self.classify(&html)
    }

    /// Labels the lines of a plain text.
    pub fn classify_text(&self, text: &str) -> Page {
        self.classify_document(segment_text(text, &self.limits))
    }

    /// The kept text of an HTML page, one block per line.
    pub fn content(&self, html: &str) -> String {
        self.classify(html).text()
    }

    /// Labels the blocks of a document: features, logits, probabilities, cut, kinds, labels.
    pub fn classify_document(&self, document: Document) -> Page {
        let recall = self.recall(&document);
        self.classify_recalled(document, recall.as_ref())
    }

    /// The same with what a memory that goes on learning says of the document.
    ///
    /// ```
    /// use saring::{Classifier, SiteMemory, segment_html};
    /// let (classifier, mut memory) = (Classifier::pretrained(), SiteMemory::default());
    /// for html in ["<p>Satu.</p>", "<p>Dua.</p>"] {
    ///     let document = segment_html(html, classifier.limits_in_force());
    ///     memory.learn(&document);
    ///     let recall = memory.recall(&document);
    ///     println!("{}", classifier.classify_recalled(document, recall.as_ref()).text());
    /// }
    /// ```
    pub fn classify_recalled(&self, document: Document, recall: Option<&Recall>) -> Page {
        let labels = self.label(&self.steps(&document, recall));
        let page = labels.page(document);
        done(Stage::Labels);
        page
    }

    /// What the memory in force says of a document.
    pub(crate) fn recall(&self, document: &Document) -> Option<Recall> {
        self.site_memory.as_ref()?.recall(document)
    }

    /// The page under each cut that one is chosen from: what the best of them reaches is a ceiling
    /// for every way of choosing.
    ///
    /// ```
    /// let classifier = saring::Classifier::pretrained();
    /// let document = saring::segment_html("<p>Isi berita.</p><p>Baca juga</p>", &Default::default());
    /// let cuts = classifier.cuts(&document);
    /// assert!(cuts.contains(&classifier.classify_document(document)));
    /// assert!(cuts.iter().any(|page| page.text().is_empty()));
    /// ```
    pub fn cuts(&self, document: &Document) -> Vec<Page> {
        let recall = self.recall(document);
        let mut steps = self.steps(document, recall.as_ref());
        let candidates = cut::candidates(&steps.features.facts, &steps.main);
        let cut = |candidate: cut::Candidate| {
            steps.kept = candidate.kept;
            self.label(&steps).page(document.clone())
        };
        candidates.into_iter().map(cut).collect()
    }

    /// From the document to what is kept.
    pub(crate) fn steps<'a>(
        &'a self,
        document: &'a Document,
        recall: Option<&Recall>,
    ) -> Steps<'a> {
        let features = Features::new(document, self.form(document));
        let Form { stages, structured, .. } = features.form;
        let (first, mut second) = features.sums();
        let first = stages.verdicts(&first.logits, None);
        done(Stage::First);
        features::flow_verdicts(&features.facts, &first, structured, &mut second);
        let last = stages.verdicts(&second.logits, Some(&first));
        done(Stage::Second);
        let mut logits = stages.calibration.logits(&last.content);
        // Plain text of another page with as many blocks would be another document.
        let recall = recall.filter(|recall| recall.blocks.len() == features.facts.len());
        let site = stages.site.as_ref().zip(recall).map(|(logistic, recall)| {
            let table = features::site_table(recall, &logits);
            let with_site = logistic.logits(&table);
            let mut lowered = vec![false; logits.len()];
            for i in (0..logits.len()).filter(|&i| recall.has_text(i)) {
                // To repeat a text is no evidence for content, whatever a line fitted on few sites says
                // far from them.
                lowered[i] = with_site[i] < logits[i];
                logits[i] = logits[i].min(with_site[i]);
            }
            Site { table, lowered }
        });
        let main: Vec<f32> = logits.iter().map(|&logit| sigmoid(logit)).collect();
        let cut = match (self.threshold, &stages.cut) {
            (None, Some(ranker)) => Cut::Ranked(ranker),
            (threshold, _) => Cut::Fixed(threshold.unwrap_or(0.5)),
        };
        let kept = match cut {
            Cut::Ranked(ranker) => cut::choose(&features.facts, &main, ranker).kept,
            Cut::Fixed(threshold) => main.iter().map(|&p| p >= threshold).collect(),
        };
        done(Stage::Cut);
        Steps { features, first, last, site, logits, main, cut, kept }
    }

    fn form(&self, document: &Document) -> Form<'_> {
        let structured = self.model.structured.as_ref().zip(self.structured.as_ref());
        let plain = self.model.plain.as_ref().zip(self.plain.as_ref());
        // A model made for one form of input does what it can for the other.
        let ((stages, reader), structured) = match (structured, plain) {
            (Some(form), Some(_)) if document.has_structure() => (form, true),
            (_, Some(form)) => (form, false),
            (Some(form), None) => (form, true),
            (None, None) => unreachable!("a model has one form at least, which loading checks"),
        };
        Form { stages, reader, structured }
    }

    /// From what is kept to labels.
    pub(crate) fn label(&self, steps: &Steps) -> Labels {
        let mut shares = Vec::new();
        let verdict = |i: usize| {
            steps.add_label_shares(i, &mut shares);
            let label = most_probable(&shares, steps.kept[i]);
            let probability: f32 =
                shares.iter().filter(|(l, _)| self.keep.contains(l)).map(|(_, p)| p).sum();
            let probability = probability.clamp(0.0, 1.0);
            let kept = self.keep.contains(&label);
            let verdict = if kept { probability } else { 1.0 - probability };
            let uncertain = self.min_probability.is_some_and(|least| verdict < least);
            Verdict { label, probability, kept: kept && !uncertain, uncertain }
        };
        let verdicts: Vec<Verdict> = (0..steps.kept.len()).map(verdict).collect();
        let sure = |(&kept, verdict): (&bool, &Verdict)| kept && !verdict.uncertain;
        let kept: Vec<bool> = steps.kept.iter().zip(&verdicts).map(sure).collect();
        let confidence = cut::expected_f1(&steps.features.facts, &steps.main, &kept);
        Labels { verdicts, confidence }
    }
}

/// What is said of the blocks of a document.
pub(crate) struct Labels {
    verdicts: Vec<Verdict>,
    confidence: f32,
}

/// What is said of a block: see [`Labelled`].
struct Verdict {
    label: Label,
    probability: f32,
    kept: bool,
    uncertain: bool,
}

impl Labels {
    /// The document with its labels.
    pub(crate) fn page(self, document: Document) -> Page {
        let labelled = |(block, verdict): (Block, Verdict)| {
            let Verdict { label, probability, kept, uncertain } = verdict;
            let Block { text, element, .. } = block;
            Labelled { text, label, probability, kept, uncertain, element, rule: None }
        };
        Page {
            url: document.url,
            elements: document.elements,
            blocks: document.blocks.into_iter().zip(self.verdicts).map(labelled).collect(),
            confidence: self.confidence,
            truncated: document.truncated,
        }
    }
}

/// A part of a model, arranged for reading.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    lookup: Lookup,
    first: Panel,
    second: Panel,
}

impl Reader {
    fn new(stages: &Stages) -> Reader {
        Reader {
            lookup: Lookup::new(stages.scorers().map(|scorer| &scorer.lexicon)),
            first: Panel::new(stages.scorers().map(|scorer| Some(&scorer.logistic))),
            second: Panel::new(stages.scorers().map(|scorer| scorer.second.as_ref())),
        }
    }
}

/// The part of a model for pages or the one for plain text.
#[derive(Clone, Copy)]
pub(crate) struct Form<'a> {
    pub stages: &'a Stages,
    reader: &'a Reader,
    pub structured: bool,
}

/// What the stages see of a document.
pub(crate) struct Features<'a> {
    pub form: Form<'a>,
    pub facts: Facts<'a>,
    tokens: Tokens<u32>,
}

impl<'a> Features<'a> {
    fn new(document: &'a Document, form: Form<'a>) -> Features<'a> {
        let facts = Facts::new(document);
        let tokens = Tokens::new(&facts, |_, token, _| form.reader.lookup.number(token));
        Features { form, facts, tokens }
    }

    /// The sums of stage one, and those of stage two as far as they are known before it.
    fn sums(&self) -> (Sum<'a>, Sum<'a>) {
        let Form { reader, structured, .. } = self.form;
        let rows = self.facts.len();
        let (mut first, mut second) =
            (Sum::new(&reader.first, rows), Sum::new(&reader.second, rows));
        features::flow(&self.facts, structured, &mut first, &mut second);
        done(Stage::Features);
        let mut row = 0;
        self.each_of_lexicon(|features| {
            first.take_lanes(row, features);
            second.take_row(row, features.iter().map(|of_lexicons| of_lexicons[0]));
            row += 1;
        });
        let taken = feature_names(structured).count();
        first.skip(taken);
        second.skip(taken);
        (first, second)
    }

    /// Calls `visit` with the features of the lexicons of each block.
    fn each_of_lexicon(&self, visit: impl FnMut(&Lanes<LANES>)) {
        let Form { reader, structured, .. } = self.form;
        let blocks: Vec<u32> = (0..self.facts.len() as u32).collect();
        let values = |token| reader.lookup.values(token);
        aggregates(&self.tokens, &blocks, values, structured, visit);
    }

    /// Every feature but those of the lexicon, as a table.
    pub(crate) fn dense(&self) -> Dense {
        Dense::new(&self.facts, self.form.structured)
    }

    /// The features of the lexicon of content, as a table.
    pub(crate) fn lexicon(&self) -> Columns {
        let mut rows = Vec::new();
        self.each_of_lexicon(|row| rows.extend(row.iter().map(|of_lexicons| of_lexicons[0])));
        Columns::of_rows(self.facts.len(), &rows)
    }
}

impl Stages {
    /// The scorers in the order of a [`Panel`]: content, then the kinds.
    fn scorers(&self) -> impl Iterator<Item = &Scorer> {
        [&self.content].into_iter().chain(self.kinds.values())
    }

    /// Logits by row and scorer as verdicts; those of scorers without a stage two are taken from
    /// `first`, if that is given.
    fn verdicts(&self, logits: &[[f32; LANES]], first: Option<&Verdicts>) -> Verdicts {
        let of = |n: usize, scorer: &Scorer, first: Option<&Vec<f32>>| match first {
            Some(first) if scorer.second.is_none() => first.clone(),
            _ => logits.iter().map(|of_block| of_block[n]).collect(),
        };
        let kinds = self.kinds.iter().enumerate();
        Verdicts {
            content: of(0, &self.content, first.map(|first| &first.content)),
            kinds: kinds
                .map(|(n, (&kind, scorer))| {
                    (kind, of(n + 1, scorer, first.map(|first| &first.kinds[n].1)))
                })
                .collect(),
        }
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

/// What the memory of a site did to a page.
pub(crate) struct Site {
    /// What its regression read.
    pub table: Table<'static>,
    /// Per block, whether it lowered the log-odds.
    pub lowered: Vec<bool>,
}

/// A document on its way to labels, with what each step made of it.
pub(crate) struct Steps<'a> {
    pub features: Features<'a>,
    /// Logits of stage one.
    pub first: Verdicts,
    /// Logits of the last stage that the model has.
    pub last: Verdicts,
    /// What the memory of the site says, if it was asked and knows the site.
    pub site: Option<Site>,
    /// Calibrated log-odds of content or headline, `main` as log-odds.
    pub logits: Vec<f32>,
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
        let mut shares = Vec::with_capacity(Label::ALL.len());
        self.add_label_shares(i, &mut shares);
        shares
    }

    /// Puts them in a list that is there already.
    fn add_label_shares(&self, i: usize, shares: &mut Vec<(Label, f32)>) {
        let main = self.main[i];
        let of_side = |wanted: bool| {
            let kinds = self.last.kinds.iter().filter(move |(label, _)| label.is_main() == wanted);
            kinds.map(move |(label, logits)| (*label, sigmoid(logits[i])))
        };
        shares.clear();
        shares.push((Label::Content, 0.0));
        shares.extend(of_side(true));
        let title: f32 = shares[1..].iter().map(|(_, p)| p).sum();
        shares[0].1 = main * (1.0 - title);
        shares[1..].iter_mut().for_each(|(_, p)| *p *= main);
        let boilerplate = shares.len();
        shares.extend(of_side(false));
        let total: f32 = shares[boilerplate..].iter().map(|(_, p)| p).sum();
        if total > 0.0 {
            shares[boilerplate..].iter_mut().for_each(|(_, p)| *p = (1.0 - main) * *p / total);
        } else {
            shares.truncate(boilerplate);
            shares.push((Label::Boilerplate, 1.0 - main));
        }
    }
}

fn most_probable(shares: &[(Label, f32)], main: bool) -> Label {
    let side = shares.iter().filter(|(label, _)| label.is_main() == main);
    let best = side.reduce(|a, b| if b.1 > a.1 { b } else { a });
    best.map_or(if main { Label::Content } else { Label::Boilerplate }, |(label, _)| *label)
}
