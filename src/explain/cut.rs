//! What spoke for the cut that was chosen: its facts against those of the runner-up.
//!
//! Effects against a mean would tell little here: the facts of the page are the same for all
//! candidates, and only differences between candidates decide.

use super::wording::Wording;
use super::{Reason, TOLD, WORTH_TELLING, by_effect};
use crate::classify::{Cut, Steps};
use crate::cut;
use crate::features::columns::Columns;
use crate::logistic::Logistic;

/// Why the blocks that are kept are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct CutReasons {
    /// What was chosen.
    pub chosen: Choice,
    /// The next best, where a ranker chose and had something to choose from.
    pub runner_up: Option<Choice>,
    /// What the ranker held for the chosen one and against the runner-up: effects sum to the
    /// difference of their logits.
    pub reasons: Vec<Reason>,
}

/// A way to cut a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The probability from which blocks are kept; `None` where nothing is.
    pub from: Option<f32>,
    /// Whether of blocks with the same text only the most probable is kept.
    pub once: bool,
    /// How many blocks it keeps.
    pub blocks: usize,
    /// How many words it keeps.
    pub words: f32,
    /// What the ranker thinks of it, in log-odds; `None` for a fixed threshold.
    pub logit: Option<f32>,
}

/// The facts of a candidate. Facts of the page are told only together with them.
const FACTS: &[(&str, &[(&str, &str)])] = &[
    (
        "threshold",
        &[
            ("threshold", "keeps from probability {x} up"),
            ("threshold_off_half", "{x} away from a threshold of a half"),
        ],
    ),
    (
        "expected score",
        &[
            ("expected_f1", "expects an F1 of {f}"),
            ("expected_f1_lost", "expects {f} less F1 than the best"),
            ("expected_precision", "{%} of the words kept should be content"),
            ("expected_recall", "{%} of the content should be kept"),
        ],
    ),
    (
        "amount kept",
        &[
            ("kept_share", "keeps {%} of the words"),
            ("log_kept", "keeps {n} words"),
            ("nothing", "keeps nothing|keeps something"),
            ("nothing_expected", "keeps nothing of {n} words of content|loses no whole page"),
        ],
    ),
    (
        "shape of what is kept",
        &[
            ("kept_runs", "keeps {n} runs of blocks"),
            ("kept_words_per_run", "{n} words per run of blocks kept"),
            ("kept_words_per_block", "{n} words per block kept"),
            ("kept_span_filled", "{%} kept between the first and the last block kept"),
        ],
    ),
    (
        "kind of what is kept",
        &[
            ("kept_link_share", "{%} of the words kept are links"),
            ("kept_long_share", "{%} of the words kept in long blocks"),
            ("kept_sentence_end_share", "{%} of the blocks kept end like sentences"),
            ("kept_headline", "keeps the headline|keeps no headline"),
            ("dropped_long_share", "{%} of the words in long blocks dropped"),
        ],
    ),
    (
        "repeated texts",
        &[
            ("once", "keeps each text once|keeps repeated texts"),
            ("repeated", "{%} of the words kept repeat others"),
        ],
    ),
    (
        "what a stricter cut would drop",
        &[
            ("margin_words", "a stricter cut would drop {n} words more"),
            ("margin_link_share", "{%} of what a stricter cut would drop are links"),
            ("margin_long_share", "{%} of what a stricter cut would drop in long blocks"),
        ],
    ),
];

/// Facts of the page that facts of candidates are multiplied with.
const PAGE: &[(&str, &str)] = &[
    ("page_words", "{n} words"),
    ("page_long_share", "{%} of the words in long blocks"),
    ("page_link_share", "{%} of the characters in links"),
    ("page_words_per_block", "{n} words per block"),
    ("content_words", "{n} words of content expected"),
    ("content_share", "{%} of the words expected to be content"),
    ("unsure", "{%} of the words in doubt"),
    ("sure", "{%} of the words sure to be content"),
    ("highest", "{%} for the surest block"),
    ("headline", "a headline|no headline"),
];

/// The family of a fact, the fact of the candidate in words, and that of the page it is multiplied
/// with.
fn of_fact(name: &str) -> Option<(&'static str, Wording, Option<Wording>)> {
    let of_page =
        |name: &str| PAGE.iter().find(|(known, _)| *known == name).map(|(_, t)| Wording::new(*t));
    if let Some(wording) = of_page(name) {
        return Some(("page", wording, None));
    }
    let (own, page) = match name.split_once('*') {
        Some((own, page)) => (own, Some(of_page(page)?)),
        None => (name, None),
    };
    FACTS.iter().find_map(|(family, facts)| {
        let (_, template) = facts.iter().find(|(known, _)| *known == own)?;
        Some((*family, Wording::new(*template), page.clone()))
    })
}

/// Why this cut was made.
pub(super) fn reasons(steps: &Steps) -> CutReasons {
    let ranker = match steps.cut {
        Cut::Fixed(threshold) => {
            let chosen = choice(steps, &steps.kept, Some(threshold), false, None);
            return CutReasons { chosen, runner_up: None, reasons: Vec::new() };
        }
        Cut::Ranked(ranker) => ranker,
    };
    let candidates = cut::candidates(&steps.features.facts, &steps.main);
    let facts = cut::facts(&steps.features.facts, &steps.main, &candidates);
    let logits = ranker.scores(&facts);
    let best = |same: bool| {
        let sets = (0..candidates.len()).filter(|&c| (candidates[c].kept == steps.kept) == same);
        sets.reduce(|a, b| if logits[b] > logits[a] { b } else { a })
    };
    let chosen = best(true).unwrap_or(0);
    let runner_up = best(false);
    let described = |c: usize| {
        let kept = &candidates[c].kept;
        let from = value(&facts, "threshold", c).filter(|_| kept.contains(&true));
        choice(steps, kept, from, candidates[c].once, Some(logits[c]))
    };
    CutReasons {
        chosen: described(chosen),
        runner_up: runner_up.map(described),
        reasons: runner_up.map_or(Vec::new(), |other| contrast(ranker, &facts, chosen, other)),
    }
}

fn choice(
    steps: &Steps,
    kept: &[bool],
    from: Option<f32>,
    once: bool,
    logit: Option<f32>,
) -> Choice {
    let words = steps.features.facts.text.iter().zip(kept).filter(|(_, kept)| **kept);
    Choice {
        from,
        once,
        blocks: kept.iter().filter(|&&kept| kept).count(),
        words: words.map(|(text, _)| text.words).sum(),
        logit,
    }
}

fn value(facts: &Columns, name: &str, candidate: usize) -> Option<f32> {
    let n = cut::names().iter().position(|known| known == name)?;
    Some(facts.column(n)[candidate])
}

/// A fact of the candidates, with its products: what it did for the chosen one.
struct Told<'a> {
    family: &'static str,
    name: &'a str,
    wording: Wording,
    effect: f32,
    /// The fact of the page that mattered most with it: effect, name, wording.
    page: Option<(f32, &'a str, Wording)>,
}

/// What the ranker holds for candidate `a` against candidate `b`.
fn contrast(ranker: &Logistic, facts: &Columns, a: usize, b: usize) -> Vec<Reason> {
    let mut told: Vec<Told> = Vec::new();
    for (n, weight) in ranker.weights.iter().enumerate() {
        let column = facts.column(n);
        let effect = weight.weight * (column[a] - column[b]);
        // A test holds that every fact has words. Those of the page are the same for both.
        let Some((family, wording, page)) = of_fact(&weight.name) else { continue };
        let (name, page_name) = weight.name.split_once('*').unwrap_or((&weight.name, ""));
        let of_page = page.map(|page| (effect, page_name, page));
        match told.iter_mut().find(|known| known.name == name) {
            None => told.push(Told { family, name, wording, effect, page: of_page }),
            Some(known) => {
                known.effect += effect;
                let most = known.page.as_ref().map_or(0.0, |(effect, ..)| effect.abs());
                if effect.abs() > most {
                    known.page = of_page;
                }
            }
        }
    }
    let families = FACTS.iter().map(|(family, _)| *family);
    let of_family = |family| {
        let mut members: Vec<&Told> = told.iter().filter(|told| told.family == family).collect();
        let effect: f32 = members.iter().map(|told| told.effect).sum();
        let towards = |told: &Told| told.effect * effect.signum();
        members.sort_by(|x, y| towards(y).total_cmp(&towards(x)));
        let least = members.first().map_or(0.0, |told| WORTH_TELLING * towards(told));
        let members = members.into_iter().take_while(|told| towards(told) >= least).take(TOLD);
        let words: Vec<String> = members.map(|told| in_words(told, facts, a, b)).collect();
        Reason { family, effect, words: words.join("; ") }
    };
    by_effect(families.map(of_family).filter(|reason| reason.effect != 0.0).collect())
}

/// The fact of the chosen candidate, that of the runner-up, and on what page.
fn in_words(told: &Told, facts: &Columns, a: usize, b: usize) -> String {
    let of = |candidate| value(facts, told.name, candidate).unwrap_or_default();
    let mut words = told.wording.say(of(a));
    let (own, other) = (told.wording.number(of(a)), told.wording.number(of(b)));
    if let Some((_, other)) = other.filter(|other| own.as_ref() != Some(other)) {
        words += &format!(" (runner-up {other})");
    }
    let with = told.page.as_ref().filter(|(effect, ..)| effect * told.effect > 0.0);
    if let Some((_, name, wording)) = with {
        // The fact of the page is what the product has beside that of the candidate, of which one
        // of the two is not 0: otherwise there would be no effect.
        let largest = if of(a).abs() >= of(b).abs() { a } else { b };
        let product = value(facts, &format!("{}*{name}", told.name), largest);
        let page = wording.say(product.unwrap_or_default() / of(largest));
        words += &format!(", on a page with {page}");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Classifier;
    use crate::segment::{Limits, segment_html};

    #[test]
    fn every_fact_has_a_family_and_words() {
        for name in cut::names() {
            let Some((family, wording, page)) = of_fact(&name) else {
                panic!("{name} is in no family: add it to this file");
            };
            assert!(!family.is_empty());
            for wording in [Some(wording), page].into_iter().flatten() {
                assert!(wording.say(0.0) != wording.say(1.0), "{name}");
                assert!(!wording.say(0.5).contains(['{', '_', '|']), "{name}");
            }
        }
    }

    #[test]
    fn effects_sum_to_the_lead_over_the_runner_up() {
        let html = "<title>Pasar</title><a href=/>Beranda</a><h1>Pasar</h1><p>Pasar pagi dibuka lagi, \
                    kata warga yang lama menunggu, dan harga turun.</p><p>Baca juga: Kabar</p>";
        let document = segment_html(html, &Limits::default());
        let classifier = Classifier::pretrained();
        let steps = classifier.steps(&document, None);
        let told = reasons(&steps);
        let runner_up = told.runner_up.unwrap();
        let lead = told.chosen.logit.unwrap() - runner_up.logit.unwrap();
        let effects: f32 = told.reasons.iter().map(|r| r.effect).sum();
        assert!(lead >= 0.0 && (lead - effects).abs() < 1e-2, "{lead} {effects}");
        assert!(told.reasons.iter().all(|r| !r.words.is_empty()), "{:?}", told.reasons);
        let kept = steps.kept.iter().filter(|&&kept| kept).count();
        assert_eq!(told.chosen.blocks, kept);
    }

    #[test]
    fn a_fixed_threshold_has_no_rival() {
        let classifier = Classifier::pretrained().clone().threshold(0.0);
        let told = classifier.explain("<p>Satu dua<p>Tiga").cut;
        let chosen = Choice { from: Some(0.0), once: false, blocks: 2, words: 3.0, logit: None };
        assert_eq!(told, CutReasons { chosen, runner_up: None, reasons: vec![] });
    }
}
