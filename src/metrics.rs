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

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Confusion) {
        for (key, count) in &other.counts {
            *self.counts.entry(*key).or_default() += count;
        }
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
        let sum = |keep: &dyn Fn(Label, Label) -> bool| -> f64 {
            // An empty sum of floats is -0.
            self.counts.iter().filter(|((t, p), _)| keep(*t, *p)).map(|(_, n)| n).sum::<f64>() + 0.0
        };
        let both = self.count(label, label);
        let taken = sum(&|_, p| p == label);
        let right = sum(&|t, _| t == label);
        (Scores::new(both, taken, right), right)
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
    let mut bins = [(0.0f64, 0.0f64, 0.0f64); 10];
    for &(probability, outcome) in outcomes {
        let bin = &mut bins[((probability * 10.0) as usize).min(9)];
        bin.0 += f64::from(probability);
        bin.1 += if outcome { 1.0 } else { 0.0 };
        bin.2 += 1.0;
    }
    let total = outcomes.len().max(1) as f64;
    bins.iter().map(|(p, outcome, _)| (p - outcome).abs()).sum::<f64>() / total
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

    #[test]
    fn calibration_error_sees_overconfidence() {
        let outcomes = vec![(1.0, true), (1.0, false)];
        assert_eq!(calibration_error(&outcomes), 0.5);
    }
}
