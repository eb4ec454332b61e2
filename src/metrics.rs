//! Counts and what is made of them. Knows nothing of models.

use std::collections::{BTreeMap, HashMap};

use crate::block::Label;

/// Precision, recall and their harmonic mean, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Scores {
    /// Right among those taken.
    pub precision: f64,
    /// Taken among those right.
    pub recall: f64,
    /// `2 P R / (P + R)`.
    pub f1: f64,
}

impl Scores {
    /// From counts: both taken and right, taken, right. Nothing right and nothing taken is 1.
    ///
    /// ```
    /// let scores = saring::Scores::new(2.0, 4.0, 2.0);
    /// assert_eq!((scores.precision, scores.recall), (0.5, 1.0));
    /// ```
    pub fn new(both: f64, taken: f64, right: f64) -> Scores {
        if right == 0.0 && taken == 0.0 {
            return Scores { precision: 1.0, recall: 1.0, f1: 1.0 };
        }
        let precision = if taken > 0.0 { both / taken } else { 0.0 };
        let recall = if right > 0.0 { both / right } else { 0.0 };
        let sum = precision + recall;
        let f1 = if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 };
        Scores { precision, recall, f1 }
    }

    /// The mean of each figure.
    pub fn mean(all: &[Scores]) -> Scores {
        let n = all.len().max(1) as f64;
        Scores {
            precision: all.iter().map(|s| s.precision).sum::<f64>() / n,
            recall: all.iter().map(|s| s.recall).sum::<f64>() / n,
            f1: all.iter().map(|s| s.f1).sum::<f64>() / n,
        }
    }
}

/// Lower-cased runs of letters, digits, marks and `_`, as `\w+` in Python.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Word-F1: overlap of the word counts of a text with those of the gold text.
///
/// ```
/// let scores = saring::word_scores("satu dua dua", "Satu, dua tiga");
/// assert_eq!(scores.precision, 2.0 / 3.0);
/// ```
pub fn word_scores(text: &str, gold: &str) -> Scores {
    let mut counts: HashMap<String, (u32, u32)> = HashMap::new();
    let (mut taken, mut right) = (0u32, 0u32);
    for word in words(text) {
        counts.entry(word).or_default().0 += 1;
        taken += 1;
    }
    for word in words(gold) {
        counts.entry(word).or_default().1 += 1;
        right += 1;
    }
    let both: u32 = counts.values().map(|(a, b)| a.min(b)).sum();
    Scores::new(f64::from(both), f64::from(taken), f64::from(right))
}

/// How often each label was predicted for each true one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Confusion {
    counts: BTreeMap<(Label, Label), f64>,
}

impl Confusion {
    /// Counts one block.
    pub fn add(&mut self, truth: Label, predicted: Label) {
        *self.counts.entry((truth, predicted)).or_default() += 1.0;
    }

    /// Adds another's counts, `times` times.
    pub fn merge(&mut self, other: &Confusion, times: f64) {
        for (key, count) in &other.counts {
            *self.counts.entry(*key).or_default() += times * count;
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How often `predicted` was given to `truth`.
    pub fn count(&self, truth: Label, predicted: Label) -> f64 {
        self.counts.get(&(truth, predicted)).copied().unwrap_or(0.0)
    }

    /// Labels that occur, as truth or prediction.
    pub fn labels(&self) -> Vec<Label> {
        let mut labels: Vec<Label> = self.counts.keys().flat_map(|&(t, p)| [t, p]).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// Precision, recall and F1 of one label, and how many blocks truly have it.
    pub fn label_scores(&self, label: Label) -> (Scores, f64) {
        let (taken, right) = self.given(label);
        (Scores::new(self.count(label, label), taken, right), right)
    }

    /// Blocks counted.
    pub fn total(&self) -> f64 {
        // An empty sum of floats is -0.
        self.counts.values().sum::<f64>() + 0.0
    }

    /// Cohen's kappa of two annotators, one as truth and one as prediction: how much more they agree
    /// than by chance, 1 at most, 0 as by chance (J. Cohen, A coefficient of agreement for nominal
    /// scales, 1960). `None` where chance alone would make them agree always: no blocks, or one
    /// label for all.
    ///
    /// ```
    /// use saring::{Confusion, Label::{Ad, Content}};
    /// let mut of_two = Confusion::default();
    /// for (a, b) in [(Content, Content), (Content, Content), (Ad, Ad), (Content, Ad)] {
    ///     of_two.add(a, b);
    /// }
    /// assert_eq!(of_two.kappa(), Some(0.5)); // (3/4 - 1/2) / (1 - 1/2)
    /// ```
    pub fn kappa(&self) -> Option<f64> {
        let total = self.total();
        let (mut alike, mut by_chance) = (0.0, 0.0);
        for label in self.labels() {
            let (taken, right) = self.given(label);
            alike += self.count(label, label);
            by_chance += taken * right / total;
        }
        (by_chance < total).then(|| (alike - by_chance) / (total - by_chance))
    }

    /// [`Confusion::kappa`] of one label against all others.
    pub fn label_kappa(&self, label: Label) -> Option<f64> {
        let other = if label == Label::Other { Label::Boilerplate } else { Label::Other };
        self.merged(|l| if l == label { l } else { other }).kappa()
    }

    /// The counts with labels that mean the same under one name.
    pub fn merged(&self, name: impl Fn(Label) -> Label) -> Confusion {
        let mut merged = Confusion::default();
        for (&(truth, predicted), count) in &self.counts {
            *merged.counts.entry((name(truth), name(predicted))).or_default() += count;
        }
        merged
    }

    /// How often a label was predicted, and how often it was true.
    pub fn given(&self, label: Label) -> (f64, f64) {
        let sum = |keep: &dyn Fn(Label, Label) -> bool| -> f64 {
            self.counts.iter().filter(|((t, p), _)| keep(*t, *p)).map(|(_, n)| n).sum::<f64>() + 0.0
        };
        (sum(&|_, p| p == label), sum(&|t, _| t == label))
    }

    /// Mean F1 over the labels that truly occur.
    pub fn macro_f1(&self) -> f64 {
        let scores: Vec<Scores> = self
            .labels()
            .into_iter()
            .map(|label| self.label_scores(label))
            .filter(|(_, support)| *support > 0.0)
            .map(|(scores, _)| scores)
            .collect();
        Scores::mean(&scores).f1
    }
}

/// Expected calibration error of probabilities in ten equal bins (Naeini et al., 2015): how far
/// the mean probability of a bin is from the share that is true, weighted by size.
///
/// ```
/// let sure = vec![(0.95, true); 19].into_iter().chain([(0.95, false)]).collect::<Vec<_>>();
/// assert!(saring::calibration_error(&sure) < 1e-6);
/// ```
pub fn calibration_error(outcomes: &[(f32, bool)]) -> f64 {
    let mut bins = Reliability::default();
    for &(probability, outcome) in outcomes {
        bins.add(probability, outcome);
    }
    bins.error()
}

/// What probabilities promised and what came, in ten equal bins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reliability {
    /// Summed probabilities and outcomes of each bin.
    bins: [(f64, f64); 10],
    total: f64,
}

impl Reliability {
    pub(crate) fn add(&mut self, probability: f32, outcome: bool) {
        let bin = &mut self.bins[((probability * 10.0) as usize).min(9)];
        bin.0 += f64::from(probability);
        bin.1 += if outcome { 1.0 } else { 0.0 };
        self.total += 1.0;
    }

    pub(crate) fn merge(&mut self, other: &Reliability, times: f64) {
        for (bin, of_other) in self.bins.iter_mut().zip(&other.bins) {
            bin.0 += times * of_other.0;
            bin.1 += times * of_other.1;
        }
        self.total += times * other.total;
    }

    pub(crate) fn error(&self) -> f64 {
        let apart: f64 = self.bins.iter().map(|(p, outcome)| (p - outcome).abs()).sum();
        apart / self.total.max(1.0)
    }
}

/// Area under the ROC curve: how often a true one has a higher probability than a false one, ties
/// counting half. 0.5 is chance. `None` where all are true or all false.
///
/// ```
/// let outcomes = [(0.9, true), (0.6, false), (0.6, true), (0.1, false)];
/// assert_eq!(saring::auc(&outcomes), Some(0.875));
/// ```
pub fn auc(outcomes: &[(f32, bool)]) -> Option<f64> {
    let mut ranked = outcomes.to_vec();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    ranked_auc(ranked.into_iter().map(|(probability, outcome)| (probability, outcome, 1.0)))
}

/// [`auc`] of outcomes that come in the order of their probability, each with how often it counts.
pub(crate) fn ranked_auc(ranked: impl Iterator<Item = (f32, bool, f64)>) -> Option<f64> {
    let (mut positives, mut negatives, mut won) = (0.0, 0.0, 0.0);
    // Those of one probability.
    let (mut tie, mut tied_positives, mut tied_negatives) = (f32::NAN, 0.0, 0.0);
    let end = std::iter::once((f32::NAN, true, 0.0));
    for (probability, outcome, times) in ranked.chain(end) {
        if probability != tie {
            won += tied_positives * (negatives + tied_negatives / 2.0);
            positives += tied_positives;
            negatives += tied_negatives;
            (tie, tied_positives, tied_negatives) = (probability, 0.0, 0.0);
        }
        *(if outcome { &mut tied_positives } else { &mut tied_negatives }) += times;
    }
    (positives > 0.0 && negatives > 0.0).then(|| won / (positives * negatives))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_against_empty_is_perfect() {
        assert_eq!(word_scores("", "").f1, 1.0);
        assert_eq!(word_scores("x", "").f1, 0.0);
        assert_eq!(word_scores("", "x").f1, 0.0);
    }

    #[test]
    fn words_count_as_often_as_they_occur() {
        assert_eq!(word_scores("a a a", "a").recall, 1.0);
        assert_eq!(word_scores("a a a", "a").precision, 1.0 / 3.0);
    }

    #[test]
    fn confusion_gives_scores_per_label() {
        let mut confusion = Confusion::default();
        confusion.add(Label::Ad, Label::Ad);
        confusion.add(Label::Ad, Label::Promo);
        confusion.add(Label::Promo, Label::Promo);
        let (scores, support) = confusion.label_scores(Label::Promo);
        assert_eq!((scores.precision, scores.recall, support), (0.5, 1.0, 1.0));
        assert!((confusion.macro_f1() - 2.0 / 3.0).abs() < 1e-9);
    }

    /// Two annotators' counts by hand, of the labels in their order.
    fn of_two<const N: usize>(labels: [Label; N], counts: [[u32; N]; N]) -> Confusion {
        let mut confusion = Confusion::default();
        for (a, row) in labels.iter().zip(counts) {
            for (b, count) in labels.iter().zip(row) {
                (0..count).for_each(|_| confusion.add(*a, *b));
            }
        }
        confusion
    }

    #[test]
    fn kappa_is_what_is_worked_out_by_hand() {
        // 50 blocks: 35 alike; by chance 25 * 30 / 50 + 25 * 20 / 50 = 25.
        let two = of_two([Label::Content, Label::Ad], [[20, 5], [10, 15]]);
        assert!((two.kappa().unwrap() - 0.4).abs() < 1e-12);
        // 100 blocks: 74 alike; by chance (40 * 42 + 35 * 33 + 25 * 25) / 100 = 34.6.
        let labels = [Label::Content, Label::Promo, Label::Other];
        let three = of_two(labels, [[32, 5, 3], [7, 24, 4], [3, 4, 18]]);
        assert!((three.kappa().unwrap() - (74.0 - 34.6) / (100.0 - 34.6)).abs() < 1e-12);
        // `other` against the rest: 86 alike; by chance (25 * 25 + 75 * 75) / 100 = 62.5.
        let other = three.label_kappa(Label::Other).unwrap();
        assert!((other - (86.0 - 62.5) / 37.5).abs() < 1e-12, "{other}");
    }

    #[test]
    fn kappa_at_its_ends() {
        let labels = [Label::Content, Label::Ad];
        assert_eq!(of_two(labels, [[7, 0], [0, 2]]).kappa(), Some(1.0));
        assert_eq!(of_two(labels, [[0, 5], [5, 0]]).kappa(), Some(-1.0));
        assert_eq!(of_two(labels, [[4, 4], [4, 4]]).kappa(), Some(0.0));
        assert_eq!(of_two(labels, [[9, 0], [0, 0]]).kappa(), None);
        assert_eq!(Confusion::default().kappa(), None);
    }

    #[test]
    fn calibration_error_sees_overconfidence() {
        let outcomes = vec![(1.0, true), (1.0, false)];
        assert_eq!(calibration_error(&outcomes), 0.5);
    }

    #[test]
    fn auc_is_what_counting_pairs_gives() {
        let outcomes: Vec<(f32, bool)> =
            (0..40).map(|n| ((n * 7 % 11) as f32 / 11.0, n * 5 % 7 < 3)).collect();
        let (mut won, mut pairs) = (0.0, 0.0);
        for (positive, _) in outcomes.iter().filter(|(_, outcome)| *outcome) {
            for (negative, _) in outcomes.iter().filter(|(_, outcome)| !*outcome) {
                pairs += 1.0;
                won += match positive.total_cmp(negative) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
        assert!((auc(&outcomes).unwrap() - won / pairs).abs() < 1e-12);
        assert_eq!(auc(&[(0.5, true), (0.2, true)]), None);
        assert_eq!(auc(&[]), None);
    }

    #[test]
    fn what_counts_twice_is_as_if_it_were_there_twice() {
        let twice =
            [(0.1, false), (0.4, true), (0.4, true), (0.6, false), (0.9, true), (0.9, true)];
        let weighted = [(0.1, false, 1.0), (0.4, true, 2.0), (0.6, false, 1.0), (0.9, true, 2.0)];
        assert_eq!(ranked_auc(weighted.into_iter()), auc(&twice));
    }
}
