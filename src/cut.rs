//! Probabilities to what is kept: a cut chosen for each page.
//!
//! A fixed threshold suits articles; forums, shops and lists want lower or higher ones. And many
//! pages hold a text twice: for wide and narrow screens, quoted, behind a paywall. Each page has a
//! few candidate sets (thresholds, with repeated texts or each once, and "nothing"), described by
//! facts of what they keep and drop, and a logistic regression ranks them by the word-F1 they can
//! be expected to reach.

use std::collections::HashMap;

use crate::features::columns::{Columns, Sink, flag, log, share};
use crate::features::page::Page;
use crate::logistic::Logistic;

/// Thresholds on the probability that are tried on each page.
const THRESHOLDS: [f32; 15] =
    [0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.94, 0.97];

/// A shorter text may rightly stand on a page twice: a name, a date, a cell of a table.
pub(crate) const REPEAT_WORDS: f32 = 4.0;

/// One way to cut a page: the blocks at or above a threshold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    pub threshold: f32,
    /// Of blocks with the same text, only the most probable is kept.
    pub once: bool,
    pub kept: Vec<bool>,
}

/// The candidates of a page, from most kept to nothing, then the same with each text once; equal
/// sets are there only once.
pub(crate) fn candidates(page: &Page, probabilities: &[f32]) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    // No probability reaches 2: nothing.
    for threshold in THRESHOLDS.into_iter().chain([2.0]) {
        let kept: Vec<bool> = probabilities.iter().map(|&p| p >= threshold).collect();
        if candidates.last().is_none_or(|last| last.kept != kept) {
            candidates.push(Candidate { threshold, once: false, kept });
        }
    }
    for n in 0..candidates.len() {
        let kept = each_once(page, probabilities, &candidates[n].kept);
        if kept != candidates[n].kept {
            candidates.push(Candidate { threshold: candidates[n].threshold, once: true, kept });
        }
    }
    candidates
}

/// Without the less probable copies of a text.
fn each_once(page: &Page, probabilities: &[f32], kept: &[bool]) -> Vec<bool> {
    let mut once = kept.to_vec();
    let mut best: HashMap<usize, usize> = HashMap::new();
    let texts = (0..page.len()).filter(|&i| kept[i] && page.text[i].words >= REPEAT_WORDS);
    for i in texts.filter(|&i| page.same_text(i) > 1.0) {
        let best = best.entry(page.text_number[i]).or_insert(i);
        if probabilities[i] > probabilities[*best] {
            once[std::mem::replace(best, i)] = false;
        } else if *best != i {
            once[i] = false;
        }
    }
    once
}

/// F1 of keeping `kept`, were each word content with the probability of its block. 1 when nothing
/// is kept and nothing expected.
pub(crate) fn expected_f1(page: &Page, probabilities: &[f32], kept: &[bool]) -> f32 {
    let (mut words_kept, mut content_kept, mut content) = (0.0, 0.0, 0.0);
    for (i, text) in page.text.iter().enumerate() {
        content += text.words * probabilities[i];
        if kept[i] {
            words_kept += text.words;
            content_kept += text.words * probabilities[i];
        }
    }
    share(2.0 * content_kept, words_kept + content)
}

/// The facts that the ranker sees, one row per candidate.
pub(crate) fn facts(page: &Page, probabilities: &[f32], candidates: &[Candidate]) -> Columns {
    let mut columns = Columns::new(candidates.len());
    add_facts(page, probabilities, candidates, &mut columns);
    columns
}

fn add_facts(page: &Page, probabilities: &[f32], candidates: &[Candidate], columns: &mut Columns) {
    let sums: Vec<Sums> =
        candidates.iter().map(|c| Sums::new(page, probabilities, &c.kept)).collect();
    let total = page.total;
    let content: f32 = page.text.iter().zip(probabilities).map(|(t, p)| t.words * p).sum();
    let highest = probabilities.iter().copied().fold(0.0, f32::max);
    let within = |low: f32, high: f32| -> f32 {
        let words = page.text.iter().zip(probabilities);
        let words = words.filter(|(_, p)| (low..high).contains(*p)).map(|(t, _)| t.words);
        share(words.sum(), total.words)
    };
    let unsure = within(0.2, 0.8);
    let best = sums.iter().map(|s| s.expected_f1).fold(0.0, f32::max);

    let own: Vec<(&str, Vec<f32>)> = vec![
        ("threshold", candidates.iter().map(|c| c.threshold.min(1.0)).collect()),
        (
            "threshold_off_half",
            candidates.iter().map(|c| (c.threshold.min(1.0) - 0.5).abs()).collect(),
        ),
        ("expected_f1", sums.iter().map(|s| s.expected_f1).collect()),
        ("expected_f1_lost", sums.iter().map(|s| best - s.expected_f1).collect()),
        ("kept_share", sums.iter().map(|s| share(s.words, total.words)).collect()),
        ("log_kept", sums.iter().map(|s| log(s.words)).collect()),
        ("once", candidates.iter().map(|c| flag(c.once)).collect()),
        ("repeated", sums.iter().map(|s| share(s.repeated, s.words)).collect()),
    ];
    for (name, values) in &own {
        columns.add(name, |c| values[c]);
    }
    columns.add("nothing", |c| flag(sums[c].words == 0.0));
    columns.add("nothing_expected", |c| flag(sums[c].words == 0.0) * log(content));
    columns.add("expected_precision", |c| share(sums[c].content, sums[c].words));
    columns.add("expected_recall", |c| share(sums[c].content, content));
    columns.add("kept_runs", |c| log(sums[c].runs));
    columns.add("kept_words_per_run", |c| log(share(sums[c].words, sums[c].runs)));
    columns.add("kept_link_share", |c| share(sums[c].linked, sums[c].words));
    columns.add("kept_long_share", |c| share(sums[c].long, sums[c].words));
    columns.add("kept_words_per_block", |c| log(share(sums[c].words, sums[c].blocks)));
    columns.add("kept_sentence_end_share", |c| share(sums[c].sentence_ends, sums[c].blocks));
    columns.add("kept_headline", |c| page.headline.map_or(0.0, |h| flag(candidates[c].kept[h])));
    columns.add("kept_span_filled", |c| share(sums[c].words, sums[c].span_words));
    columns.add("dropped_long_share", |c| share(total.long_words - sums[c].long, total.long_words));
    // What the next stricter candidate of its kind would drop.
    let margin = |c: usize| match candidates.get(c + 1) {
        Some(next) if next.once == candidates[c].once => sums[c + 1],
        _ => sums[c],
    };
    columns.add("margin_words", |c| log(sums[c].words - margin(c).words));
    columns.add("margin_link_share", |c| {
        share(sums[c].linked - margin(c).linked, sums[c].words - margin(c).words)
    });
    columns.add("margin_long_share", |c| {
        share(sums[c].long - margin(c).long, sums[c].words - margin(c).words)
    });

    // The ranker is linear and compares candidates of one page: what depends on the kind of page is
    // a product with facts of the page.
    let kinds = [
        ("page_words", log(total.words)),
        ("page_long_share", total.long_share()),
        ("page_link_share", total.link_share()),
        ("page_words_per_block", log(total.words_per_block())),
        ("content_words", log(content)),
        ("content_share", share(content, total.words)),
        ("unsure", unsure),
        ("sure", within(0.9, 1.1)),
        ("highest", highest),
        ("headline", flag(page.headline.is_some())),
    ];
    for (page_fact, value) in kinds {
        for (name, values) in &own {
            columns.add(format_args!("{name}*{page_fact}"), |c| values[c] * value);
        }
    }
}

/// Names of [`facts`].
pub(crate) fn names() -> Vec<String> {
    let document = crate::block::Document::default();
    let page = Page::new(&document);
    let mut columns = Columns::named();
    add_facts(&page, &[], &candidates(&page, &[]), &mut columns);
    columns.names().to_vec()
}

/// Counts over what a candidate keeps.
#[derive(Clone, Copy, Default)]
struct Sums {
    words: f32,
    content: f32,
    linked: f32,
    long: f32,
    blocks: f32,
    sentence_ends: f32,
    runs: f32,
    span_words: f32,
    /// Words in further copies of a text that is kept.
    repeated: f32,
    expected_f1: f32,
}

impl Sums {
    fn new(page: &Page, probabilities: &[f32], kept: &[bool]) -> Sums {
        let mut sums = Sums::default();
        let mut before = false;
        let mut seen = std::collections::HashSet::new();
        for (i, text) in page.text.iter().enumerate() {
            if kept[i] {
                sums.words += text.words;
                sums.content += text.words * probabilities[i];
                sums.linked += text.words * text.link_share;
                sums.long += if text.long { text.words } else { 0.0 };
                sums.blocks += 1.0;
                sums.sentence_ends += flag(text.sentence_end);
                sums.runs += flag(!before);
                if text.words >= REPEAT_WORDS
                    && page.same_text(i) > 1.0
                    && !seen.insert(page.text_number[i])
                {
                    sums.repeated += text.words;
                }
            }
            before = kept[i];
        }
        let first = kept.iter().position(|&k| k);
        let last = kept.iter().rposition(|&k| k);
        if let (Some(first), Some(last)) = (first, last) {
            sums.span_words = page.words_before(last + 1) - page.words_before(first);
        }
        sums.expected_f1 = expected_f1(page, probabilities, kept);
        sums
    }
}

/// The candidate the ranker likes best.
pub(crate) fn choose(page: &Page, probabilities: &[f32], ranker: &Logistic) -> Candidate {
    let mut candidates = candidates(page, probabilities);
    let logits = ranker.scores(&facts(page, probabilities, &candidates));
    let best = (0..logits.len()).reduce(|a, b| if logits[b] > logits[a] { b } else { a });
    candidates.swap_remove(best.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Document;
    use crate::segment::{Limits, segment_text};

    #[test]
    fn candidates_shrink_to_nothing() {
        let document = segment_text("a\nb\nc", &Limits::default());
        let all = candidates(&Page::new(&document), &[0.99, 0.5, 0.01]);
        assert!(all.windows(2).all(|w| {
            let kept = |c: &Candidate| c.kept.iter().filter(|&&k| k).count();
            kept(&w[0]) > kept(&w[1])
        }));
        assert!(all.last().unwrap().kept.iter().all(|&k| !k));
        assert_eq!(candidates(&Page::new(&Document::default()), &[]).len(), 1);
    }

    #[test]
    fn a_repeated_text_can_be_kept_once() {
        let document = segment_text("a b c d\nx\na b c d\nx", &Limits::default());
        let all = candidates(&Page::new(&document), &[0.55, 0.8, 0.58, 0.8]);
        let at = |once: bool| all.iter().find(|c| c.threshold == 0.5 && c.once == once);
        assert!(at(false).is_none(), "the same set as that of a lower threshold");
        let once: Vec<_> = all.iter().filter(|c| c.once).collect();
        // The more probable copy stays, and what is too short to count as a copy.
        assert_eq!(once.len(), 1);
        assert_eq!(once[0].kept, [false, true, true, true]);
    }

    #[test]
    fn expected_f1_is_that_of_the_words() {
        let document = segment_text("a b c\nd", &Limits::default());
        let page = Page::new(&document);
        assert_eq!(expected_f1(&page, &[1.0, 0.0], &[true, false]), 1.0);
        assert_eq!(expected_f1(&page, &[1.0, 0.0], &[false, true]), 0.0);
        assert_eq!(expected_f1(&page, &[1.0, 0.0], &[true, true]), 6.0 / 7.0);
    }

    #[test]
    fn fact_names_are_unique() {
        let mut names = names();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(all <= 150, "{all}");
    }
}
