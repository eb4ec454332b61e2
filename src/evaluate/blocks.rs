//! Labelled blocks: what became of them.

use std::collections::BTreeMap;

use crate::block::Label;
use crate::bootstrap::{Figure, with_intervals};
use crate::classify::Classifier;
use crate::dataset::LabelledPage;
use crate::metrics::{Confusion, Reliability, Scores, auc, ranked_auc};

/// What became of the blocks of labelled pages.
#[derive(Debug, Clone, Default)]
pub struct BlockReport {
    domains: BTreeMap<String, Tally>,
    /// Pages seen.
    pub pages: usize,
}

/// What became of the blocks of one registered domain.
#[derive(Debug, Clone, Default)]
struct Tally {
    /// Labels given against true ones, where the kind of the true one is known.
    confusion: Confusion,
    /// Content and headline against all else: right, kept, wanted.
    kept: [f64; 3],
    reliability: Reliability,
    /// Probability of each block, and whether it is wanted.
    outcomes: Vec<(f32, bool)>,
}

impl Tally {
    fn add(&mut self, truth: Label, given: Label, probability: f32) {
        let (wanted, kept) = (truth.is_main(), given.is_main());
        for (sum, counts) in self.kept.iter_mut().zip([wanted && kept, kept, wanted]) {
            *sum += f64::from(u8::from(counts));
        }
        self.reliability.add(probability, wanted);
        self.outcomes.push((probability, wanted));
        if truth != Label::Boilerplate {
            self.confusion.add(truth, given);
        }
    }

    /// Adds everything but the outcomes, which are too many to add a thousand times.
    fn merge(&mut self, other: &Tally, times: f64) {
        self.confusion.merge(&other.confusion, times);
        self.reliability.merge(&other.reliability, times);
        for (sum, counts) in self.kept.iter_mut().zip(other.kept) {
            *sum += times * counts;
        }
    }

    fn kept(&self) -> Scores {
        let [both, taken, right] = self.kept;
        Scores::new(both, taken, right)
    }
}

impl BlockReport {
    /// Classifies a page and counts.
    pub fn add(&mut self, classifier: &Classifier, page: &LabelledPage) {
        let result = classifier.classify_document(page.document.clone());
        self.pages += 1;
        // A domain without labelled blocks has no say in the figures, and is not drawn.
        let labelled = result.blocks.iter().zip(&page.labels);
        for (block, truth) in labelled.filter_map(|(block, label)| Some((block, (*label)?))) {
            let tally = self.domains.entry(page.group.clone()).or_default();
            tally.add(truth, block.label, block.probability);
        }
    }

    fn total(&self) -> Tally {
        let mut total = Tally::default();
        for tally in self.domains.values() {
            total.merge(tally, 1.0);
        }
        total
    }

    /// Labels given against true ones, where the kind of the true one is known.
    pub fn confusion(&self) -> Confusion {
        self.total().confusion
    }

    /// [`BlockReport::confusion`] of each registered domain where it is not empty.
    pub fn confusion_by_domain(&self) -> BTreeMap<&str, Confusion> {
        let labelled = self.domains.iter().filter(|(_, tally)| !tally.confusion.is_empty());
        labelled.map(|(name, tally)| (name.as_str(), tally.confusion.clone())).collect()
    }

    /// Content and headline against all else.
    pub fn kept(&self) -> Scores {
        self.total().kept()
    }

    /// Expected calibration error of the probability.
    pub fn calibration_error(&self) -> f64 {
        self.total().reliability.error()
    }

    /// Area under the ROC curve of the probability, content and headline against all else.
    pub fn auc(&self) -> Option<f64> {
        let outcomes: Vec<(f32, bool)> =
            self.domains.values().flat_map(|tally| &tally.outcomes).copied().collect();
        auc(&outcomes)
    }

    /// Labelled blocks seen.
    pub fn blocks(&self) -> usize {
        self.domains.values().map(|tally| tally.outcomes.len()).sum()
    }

    /// Registered domains of labelled blocks seen.
    pub fn domains(&self) -> usize {
        self.domains.len()
    }

    /// The figures as a model file states them, by name, to four decimals; none without labelled
    /// blocks.
    pub fn metrics(&self) -> BTreeMap<String, f64> {
        let rounded = |value: f64| (value * 10_000.0).round() / 10_000.0;
        if self.blocks() == 0 {
            return BTreeMap::new();
        }
        let kept = self.kept();
        let mut metrics = BTreeMap::from([
            ("blocks".to_string(), self.blocks() as f64),
            ("precision".to_string(), rounded(kept.precision)),
            ("recall".to_string(), rounded(kept.recall)),
            ("f1".to_string(), rounded(kept.f1)),
            ("calibration_error".to_string(), rounded(self.calibration_error())),
        ]);
        metrics.extend(self.auc().map(|auc| ("auc".to_string(), rounded(auc))));
        let confusion = self.confusion();
        if confusion.labels().len() > 2 {
            metrics.insert("macro_f1".to_string(), rounded(confusion.macro_f1()));
        }
        metrics
    }

    /// The figures by name, with intervals over registered domains: `f1` and `auc` of content and
    /// headline against all else, `macro_f1` over the labels, and `calibrated`, 1 less the
    /// calibration error.
    pub fn figures(&self) -> BTreeMap<String, Figure> {
        let domains: Vec<&Tally> = self.domains.values().collect();
        let mut ranked: Vec<(f32, bool, usize)> = Vec::with_capacity(self.blocks());
        for (domain, tally) in domains.iter().enumerate() {
            ranked.extend(tally.outcomes.iter().map(|&(p, wanted)| (p, wanted, domain)));
        }
        // Sorted once for all draws.
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        with_intervals(domains.len(), |times| {
            let mut drawn = Tally::default();
            for (tally, &times) in domains.iter().zip(times).filter(|(_, times)| **times > 0) {
                drawn.merge(tally, f64::from(times));
            }
            let mut figures = BTreeMap::from([
                ("f1".to_string(), drawn.kept().f1),
                ("calibrated".to_string(), 1.0 - drawn.reliability.error()),
            ]);
            if !drawn.confusion.is_empty() {
                figures.insert("macro_f1".to_string(), drawn.confusion.macro_f1());
            }
            let weighted = ranked.iter().map(|&(p, wanted, d)| (p, wanted, f64::from(times[d])));
            figures.extend(ranked_auc(weighted).map(|auc| ("auc".to_string(), auc)));
            figures
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_all_domains_together() {
        let mut report = BlockReport::default();
        for n in 0..60u8 {
            let tally = report.domains.entry(format!("d{}", n % 6)).or_default();
            let truth = [Label::Content, Label::Ad, Label::Promo, Label::Boilerplate]
                [usize::from(n) * 7 % 4];
            let given = if n % 3 == 0 { Label::Ad } else { truth };
            tally.add(truth, given, f32::from(u16::from(n) * 11 % 17) / 17.0);
        }
        let figures = report.figures();
        assert_eq!(figures["f1"].value, report.kept().f1);
        assert_eq!(figures["macro_f1"].value, report.confusion().macro_f1());
        assert!((figures["auc"].value - report.auc().unwrap()).abs() < 1e-12);
        assert!((figures["calibrated"].value - 1.0 + report.calibration_error()).abs() < 1e-12);
        for (name, figure) in &figures {
            let (low, high) = figure.interval.unwrap();
            assert!(low <= figure.value && figure.value <= high, "{name}: {figure}");
            assert!(low < high, "{name}: {figure}");
        }
        let of_domains = report.confusion_by_domain();
        let mut sum = Confusion::default();
        of_domains.values().for_each(|confusion| sum.merge(confusion, 1.0));
        assert_eq!((of_domains.len(), sum), (6, report.confusion()));
    }
}
