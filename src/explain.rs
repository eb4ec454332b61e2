//! Why a page was labelled as it was, in words.
//!
//! A logit is a sum, so every feature has an effect on it: its weight times how far its value is
//! from the mean of the training rows. Effects are summed by family and told by the facts behind
//! them; nothing is estimated, and the sums are those that classifying makes.
//!
//! | file | what it holds |
//! |---|---|
//! | `families.rs` | the features of the stages: their families and phrases |
//! | `cut.rs` | the same of the facts of the cut, and what spoke for the cut chosen |
//! | `wording.rs` | a phrase and a value make words |

mod cut;
mod families;
mod wording;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::block::{Document, Label};
use crate::classify::{Classifier, Page, Steps};
use crate::features::columns::{Table, share};
use crate::features::page::Page as Facts;
use crate::lexicon::{Lexicon, Namespace, Tokens};
use crate::logistic::Logistic;
use crate::segment::segment_html;

pub use cut::{Choice, CutReasons};
use families::Family;
use wording::Wording;

/// A classified page with the reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What [`Classifier::classify`] says of the page.
    pub page: Page,
    /// How the cut was chosen.
    pub cut: CutReasons,
    /// The reasons for each block, in the order of the page.
    pub blocks: Vec<BlockReasons>,
}

/// Why a block has its label.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockReasons {
    /// Stage one, and stage two where the model has one: the last decides.
    pub stages: Vec<StageReasons>,
    /// Why the memory of the site lowered the calibrated log-odds of the last stage, where it did.
    pub site: Option<StageReasons>,
    /// The labels on the block's side of the cut with their shares of that side, largest first:
    /// the first is the block's label, unless a rule says otherwise. They sum to 1, or are 0 where the
    /// cut overrules a probability of 0.
    pub shares: Vec<(Label, f32)>,
}

/// Why a stage gives a block its logit: that of the average block and all effects sum to it.
#[derive(Debug, Clone, PartialEq)]
pub struct StageReasons {
    /// The log-odds of content, not calibrated.
    pub logit: f32,
    /// The log-odds of a block whose features all have the mean of the training rows.
    pub average: f32,
    /// By family, largest effect first.
    pub reasons: Vec<Reason>,
}

/// What a family of features did.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The family.
    pub family: &'static str,
    /// How much it moved the log-odds; up is towards content.
    pub effect: f32,
    /// What the facts behind it are.
    pub words: String,
}

impl Classifier {
    /// Labels the blocks of an HTML page and says why.
    ///
    /// ```
    /// let explanation = saring::Classifier::pretrained().explain("<p><a href=/b>Baca juga</a></p>");
    /// let last = explanation.blocks[0].stages.last().unwrap();
    /// println!("{}: log-odds {:+.2}", explanation.page.blocks[0].label, last.logit);
    /// for reason in &last.reasons {
    ///     println!("{:+.2} {}", reason.effect, reason.words);
    /// }
    /// ```
    ///
    /// Where rules are in force they have the last word on [`Explanation::page`], and reasons and shares
    /// stay those of the model.
    pub fn explain(&self, html: &str) -> Explanation {
        #[allow(unused_mut)]
        let mut explanation = self.explain_document(&segment_html(html, self.limits_in_force()));
        #[cfg(feature = "rules")]
        self.apply_rules(html, &mut explanation.page);
        explanation
    }

    /// Labels the blocks of a document and says why.
    pub fn explain_document(&self, document: &Document) -> Explanation {
        let recall = self.recall(document);
        let steps = self.steps(document, recall.as_ref());
        let facts = &steps.features.facts;
        let model = steps.features.form.stages;
        let spoken = Spoken::new(facts);
        let lexicon = &model.content.lexicon;
        let (dense, of_lexicon) = (steps.features.dense(), steps.features.lexicon());
        let first = dense.first_stage().and(Cow::Borrowed(&of_lexicon));
        let first = Stage::new(&model.content.logistic, &first, &steps.first.content);
        let columns = dense.second_stage(Cow::Borrowed(&of_lexicon), facts, &steps.first);
        let second = model.content.second.as_ref();
        let second = second.map(|second| Stage::new(second, &columns, &steps.last.content));
        // Its features have no tokens.
        let site = model.site.as_ref().zip(steps.site.as_ref());
        let site = site.map(|(logistic, site)| {
            (Stage::new(logistic, &site.table, &steps.logits), &site.lowered)
        });
        let reasons = |i: usize| BlockReasons {
            stages: [Some(&first), second.as_ref()]
                .into_iter()
                .flatten()
                .map(|stage| stage.reasons(i, |namespace| spoken.weighed(i, namespace, lexicon)))
                .collect(),
            site: site
                .as_ref()
                .filter(|(_, lowered)| lowered[i])
                .map(|(stage, _)| stage.reasons(i, |_| Vec::new())),
            shares: shares(&steps, i),
        };
        Explanation {
            blocks: (0..facts.len()).map(reasons).collect(),
            cut: cut::reasons(&steps),
            page: self.label(&steps).page(document.clone()),
        }
    }
}

/// The labels on the block's side of the cut, their shares summing to 1.
fn shares(steps: &Steps, i: usize) -> Vec<(Label, f32)> {
    let mut side = steps.label_shares(i);
    side.retain(|(label, _)| label.is_main() == steps.kept[i]);
    let all: f32 = side.iter().map(|(_, p)| p).sum();
    side.iter_mut().for_each(|(_, p)| *p = share(*p, all));
    // Stable, so that of equals the one that classifying takes comes first.
    side.sort_by(|a, b| b.1.total_cmp(&a.1));
    side
}

/// A regression and the table it was applied to.
struct Stage<'a> {
    logistic: &'a Logistic,
    columns: Vec<&'a [f32]>,
    logits: &'a [f32],
    /// The columns of each family, in the order of the features.
    families: Vec<(Family, Vec<(usize, Wording)>)>,
}

impl<'a> Stage<'a> {
    fn new(logistic: &'a Logistic, table: &'a Table, logits: &'a [f32]) -> Stage<'a> {
        let mut families: Vec<(Family, Vec<(usize, Wording)>)> = Vec::new();
        for (n, weight) in logistic.weights.iter().enumerate() {
            // A test holds that every feature has words.
            let unknown = || (Family::Facts("other"), Wording::new("facts without words"));
            let (family, wording) = families::of_feature(&weight.name).unwrap_or_else(unknown);
            match families.iter_mut().find(|(known, _)| *known == family) {
                Some((_, members)) => members.push((n, wording)),
                None => families.push((family, vec![(n, wording)])),
            }
        }
        Stage { logistic, columns: table.columns().collect(), logits, families }
    }

    fn reasons(&self, i: usize, tokens: impl Fn(Namespace) -> Vec<(String, f32)>) -> StageReasons {
        let of_family = |(family, members): &(Family, Vec<(usize, Wording)>)| {
            let facts: Vec<Fact> = members.iter().map(|(n, w)| self.fact(i, *n, w)).collect();
            let effect = facts.iter().map(|fact| fact.effect).sum();
            let words = match *family {
                Family::Tokens(namespace) => {
                    tokens_in_words(family.name(), tokens(namespace), effect)
                }
                Family::Facts(_) => in_words(&facts, effect, family.lead()),
            };
            Reason { family: family.name(), effect, words }
        };
        let average = self.logistic.weights.iter().map(|w| w.weight * w.mean).sum::<f32>();
        StageReasons {
            logit: self.logits[i],
            average: self.logistic.intercept + average,
            reasons: by_effect(self.families.iter().map(of_family).collect()),
        }
    }

    fn fact(&self, i: usize, n: usize, wording: &'a Wording) -> Fact<'a> {
        let weight = &self.logistic.weights[n];
        let value = self.columns[n][i];
        let effect = weight.weight * (weight.within_reach(value) - weight.mean);
        Fact { name: &weight.name, value, effect, wording }
    }
}

/// A feature of one block.
struct Fact<'a> {
    name: &'a str,
    value: f32,
    effect: f32,
    wording: &'a Wording,
}

/// How many facts tell a family.
const TOLD: usize = 2;

/// A fact that did less than this share of what the strongest did is not worth telling.
const WORTH_TELLING: f32 = 0.25;

/// The facts that did most of what the family did, the leading one before them.
fn in_words(facts: &[Fact], effect: f32, lead: Option<&str>) -> String {
    let lead = facts.iter().find(|fact| lead == Some(fact.name));
    let mut told: Vec<String> = lead.map(|fact| fact.wording.say(fact.value)).into_iter().collect();
    let most = if lead.is_some_and(|fact| fact.wording.is_none(fact.value)) { 1 } else { TOLD };
    let towards = |fact: &Fact| fact.effect * effect.signum();
    let mut others: Vec<&Fact> = facts.iter().collect();
    others.sort_by(|a, b| towards(b).total_cmp(&towards(a)));
    let least = others.first().map_or(0.0, |fact| WORTH_TELLING * towards(fact));
    for fact in others.into_iter().take_while(|fact| towards(fact) >= least) {
        let words = fact.wording.say(fact.value);
        if told.len() < most && !told.contains(&words) {
            told.push(words);
        }
    }
    told.join("; ")
}

fn by_effect(mut reasons: Vec<Reason>) -> Vec<Reason> {
    reasons.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
    reasons
}

/// The tokens of each block as they stand on the page.
struct Spoken {
    tokens: Tokens<usize>,
    texts: Vec<String>,
}

impl Spoken {
    fn new(facts: &Facts) -> Spoken {
        let mut texts = Vec::new();
        let tokens = Tokens::new(facts, |_, _, string| {
            texts.push(string());
            texts.len() - 1
        });
        Spoken { tokens, texts }
    }

    /// The tokens of block `i` in a namespace with their log-odds, 0 for unknown ones.
    fn weighed(&self, i: usize, namespace: Namespace, lexicon: &Lexicon) -> Vec<(String, f32)> {
        let mut found = BTreeMap::new();
        self.tokens.each(i, |of, token| {
            if of == namespace {
                let text = &self.texts[token];
                // A class and the words in its name are one thing to a reader.
                let seen = found.entry(readable(namespace, text)).or_insert(0.0_f32);
                let log_odds = lexicon.get(namespace, text);
                if log_odds.abs() > seen.abs() {
                    *seen = log_odds;
                }
            }
        });
        found.into_iter().collect()
    }
}

fn readable(namespace: Namespace, token: &str) -> String {
    match (namespace, token.strip_prefix('<')) {
        (Namespace::TagPath, _) => token.split('<').rev().collect::<Vec<_>>().join(">"),
        (_, Some(tag)) => format!("<{tag}>"),
        _ => token.trim_start_matches(['.', '#']).to_string(),
    }
}

/// How many tokens tell a family.
const TOKENS: usize = 4;

/// The tokens that stand on the side the family moved the block to; where there are none, why it
/// moved nevertheless.
fn tokens_in_words(family: &str, mut tokens: Vec<(String, f32)>, effect: f32) -> String {
    let (side, other) = match effect > 0.0 {
        true => ("content", "boilerplate"),
        false => ("boilerplate", "content"),
    };
    tokens.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let quoted = |tokens: &mut dyn Iterator<Item = &(String, f32)>| -> String {
        let tokens: Vec<String> = tokens.take(TOKENS).map(|(t, _)| format!("`{t}`")).collect();
        tokens.join(", ")
    };
    let mut telling = tokens.iter().filter(|(_, log_odds)| log_odds * effect > 0.0);
    let telling = quoted(&mut telling);
    if !telling.is_empty() {
        return format!("{family} {telling} stand more in {side}");
    }
    let opposite = quoted(&mut tokens.iter().filter(|(_, log_odds)| *log_odds != 0.0));
    if opposite.is_empty() {
        return format!("{family}: none that the model knows");
    }
    format!("{family} {opposite} speak for {other}, but less than is usual")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Limits, segment_text};

    const PAGE: &str =
        "<title>Warga Menanam Bakau</title><nav class=menu><a href=/>Beranda</a></nav>
        <article class=post><h1>Warga Menanam Bakau</h1><p>Sebanyak 120 warga menanam bakau di
        pesisir utara pada hari Minggu, kata Sari dan kawan-kawan, sebelum hujan turun.</p>
        <p class=related><a href=/kabar/banjir-di-kota-lama>Baca juga: Banjir di Kota Lama</a></p>
        </article><footer>Hak cipta 2024</footer>";

    fn close(a: f32, b: f32) -> bool {
        (a - b).abs() < 2e-3 * (1.0 + a.abs())
    }

    #[test]
    fn effects_sum_to_the_logits_that_classifying_uses() {
        let classifier = Classifier::pretrained();
        let documents = [
            segment_html(PAGE, &Limits::default()),
            segment_text(
                "Beranda\nSebanyak 120 warga menanam bakau.\nBaca juga",
                &Limits::default(),
            ),
            segment_html("", &Limits::default()),
        ];
        for document in &documents {
            let explanation = classifier.explain_document(document);
            assert_eq!(explanation.page, classifier.classify_document(document.clone()));
            let steps = classifier.steps(document, None);
            for (i, block) in explanation.blocks.iter().enumerate() {
                let logits = [steps.first.content[i], steps.last.content[i]];
                assert_eq!(block.stages.len(), logits.len());
                for (stage, logit) in block.stages.iter().zip(logits) {
                    let effects: f32 = stage.reasons.iter().map(|r| r.effect).sum();
                    assert_eq!(stage.logit, logit);
                    assert!(close(logit, stage.average + effects), "{stage:?}");
                }
                // The last stage gives the probability, through the calibration.
                let calibration = steps.features.form.stages.calibration;
                let main = crate::logistic::sigmoid(calibration.logits(&[logits[1]])[0]);
                assert!((main - explanation.page.blocks[i].probability).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn models_without_later_stages_are_explained_too() {
        let mut model = crate::model::Model::pretrained().clone();
        let stages = model.structured.as_mut().unwrap();
        (stages.content.second, stages.cut) = (None, None);
        stages.kinds.clear();
        let classifier = Classifier::new(model);
        let explanation = classifier.explain(PAGE);
        assert_eq!(explanation.page, classifier.classify(PAGE));
        assert_eq!((explanation.cut.chosen.from, &explanation.cut.runner_up), (Some(0.5), &None));
        for block in &explanation.blocks {
            assert_eq!((block.stages.len(), block.shares.len()), (1, 1));
        }
    }

    #[test]
    fn shares_lead_to_the_label() {
        let explanation = Classifier::pretrained().explain(PAGE);
        for (block, reasons) in explanation.page.blocks.iter().zip(&explanation.blocks) {
            assert_eq!(reasons.shares[0].0, block.label);
            assert!(close(reasons.shares.iter().map(|(_, p)| p).sum(), 1.0));
        }
    }

    #[test]
    fn no_reason_is_empty() {
        let explanation = Classifier::pretrained().explain(PAGE);
        for stage in explanation.blocks.iter().flat_map(|block| &block.stages) {
            assert!(stage.reasons.iter().all(|reason| !reason.words.is_empty()), "{stage:?}");
            assert!(stage.reasons.len() < 35);
            let effects: Vec<f32> = stage.reasons.iter().map(|r| r.effect.abs()).collect();
            assert!(effects.is_sorted_by(|a, b| a >= b));
        }
        let read_also = &explanation.blocks[3].stages[0];
        let links = read_also.reasons.iter().find(|r| r.family == "links").unwrap();
        assert!(links.words.starts_with("100 % of its characters are links"), "{}", links.words);
    }

    #[test]
    fn tokens_are_told_by_the_side_they_stand_on() {
        let tokens = || vec![("related".into(), -2.0), ("isi".into(), 1.0), ("x".into(), 0.0)];
        let say = |effect| tokens_in_words("class words", tokens(), effect);
        assert_eq!(say(-1.0), "class words `related` stand more in boilerplate");
        assert_eq!(say(1.0), "class words `isi` stand more in content");
        let say = |tokens| tokens_in_words("words", tokens, -1.0);
        assert_eq!(say(vec![("x".into(), 0.0)]), "words: none that the model knows");
        assert_eq!(
            say(vec![("isi".into(), 1.0)]),
            "words `isi` speak for content, but less than is usual"
        );
        assert_eq!(readable(Namespace::TagPath, "a<p<div"), "div>p>a");
        assert_eq!(readable(Namespace::OwnClass, "<aside"), "<aside>");
        assert_eq!(readable(Namespace::NearClass, ".related"), "related");
    }
}
