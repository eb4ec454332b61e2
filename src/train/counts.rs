//! Token counts by fold, and the log-odds they give.

use super::prepare::{Prepared, Target};
use crate::lexicon::{Lexicon, Namespace};

/// Tokens of fewer registered domains than this say something about a site, not about blocks.
const MIN_DOMAINS: u32 = 2;

/// Strength of the prior towards the base rate, in pages.
const PRIOR: f32 = 4.0;

/// How often each token stands in positive and negative blocks of a set of pages.
///
/// A page adds the square root of a token's count, divided between positive and negative by the
/// share of its blocks that are positive: a word that fills one page says less than a word on many.
#[derive(Clone)]
struct Counts {
    positive: Vec<f32>,
    negative: Vec<f32>,
    domains: Vec<u32>,
}

impl Counts {
    fn new(tokens: usize) -> Counts {
        Counts {
            positive: vec![0.0; tokens],
            negative: vec![0.0; tokens],
            domains: vec![0; tokens],
        }
    }

    fn add(&mut self, other: &Counts) {
        for (a, b) in self.positive.iter_mut().zip(&other.positive) {
            *a += b;
        }
        for (a, b) in self.negative.iter_mut().zip(&other.negative) {
            *a += b;
        }
        for (a, b) in self.domains.iter_mut().zip(&other.domains) {
            *a += b;
        }
    }
}

/// The counts of each fold: what a set of folds gives is their sum.
pub(crate) struct FoldCounts {
    folds: Vec<Counts>,
}

impl FoldCounts {
    pub(crate) fn new(data: &Prepared, folds: &[usize], target: Target) -> FoldCounts {
        let tokens = data.vocabulary.len();
        let count = folds.iter().max().map_or(0, |f| f + 1);
        let mut all = FoldCounts { folds: vec![Counts::new(tokens); count] };
        // Pages of a domain follow each other, so that a domain is counted once per token.
        let mut order: Vec<usize> = (0..data.pages.len()).collect();
        order.sort_by_key(|&n| data.pages[n].domain);
        let mut last_domain = vec![u32::MAX; tokens];
        let mut of_page: Vec<(f32, f32)> = vec![(0.0, 0.0); tokens];
        let mut touched: Vec<u32> = Vec::new();
        for n in order {
            let page = &data.pages[n];
            for i in 0..page.labels.len() {
                let Some(positive) = page.target(target, i) else {
                    continue;
                };
                page.tokens.each(i, |_, token| {
                    let (count, positives) = &mut of_page[token as usize];
                    if *count == 0.0 {
                        touched.push(token);
                    }
                    *count += 1.0;
                    *positives += f32::from(u8::from(positive));
                });
            }
            let counts = &mut all.folds[folds[n]];
            for token in touched.drain(..) {
                let at = token as usize;
                let (count, positives) = std::mem::take(&mut of_page[at]);
                let positive = count.sqrt() * positives / count;
                counts.positive[at] += positive;
                counts.negative[at] += count.sqrt() - positive;
                if last_domain[at] != page.domain {
                    last_domain[at] = page.domain;
                    counts.domains[at] += 1;
                }
            }
        }
        all
    }

    /// Log-odds of every token from all folds but `without`; 0 for tokens of too few domains and
    /// for all but the `entries` that say most.
    pub(crate) fn log_odds(&self, data: &Prepared, without: &[usize], entries: usize) -> Vec<f32> {
        let tokens = data.vocabulary.len();
        let mut sum = Counts::new(tokens);
        for (fold, counts) in self.folds.iter().enumerate() {
            if !without.contains(&fold) {
                sum.add(counts);
            }
        }
        let mut masses = [(0.0f64, 0.0f64); 9];
        for (at, (namespace, _)) in data.vocabulary.iter().enumerate() {
            let (positive, negative) = &mut masses[*namespace as usize];
            *positive += f64::from(sum.positive[at]);
            *negative += f64::from(sum.negative[at]);
        }
        let mut ranked: Vec<(f32, u32, f32)> = Vec::new();
        for (at, (namespace, _)) in data.vocabulary.iter().enumerate() {
            if sum.domains[at] < MIN_DOMAINS {
                continue;
            }
            let (positive, negative) = masses[*namespace as usize];
            let base = (positive / (positive + negative)).clamp(0.001, 0.999) as f32;
            let (p, n) = (sum.positive[at], sum.negative[at]);
            let odds = (p + PRIOR * base) / (n + PRIOR * (1.0 - base));
            let log_odds = odds.ln() - (base / (1.0 - base)).ln();
            ranked.push((log_odds.abs() * (p + n).sqrt(), at as u32, log_odds));
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut values = vec![0.0; tokens];
        for &(_, at, log_odds) in ranked.iter().take(entries) {
            values[at as usize] = (log_odds * 1000.0).round() / 1000.0;
        }
        values
    }
}

/// The entries that are not 0, by name.
pub(crate) fn to_lexicon(vocabulary: &[(Namespace, String)], log_odds: &[f32]) -> Lexicon {
    let mut lexicon = Lexicon::default();
    for ((namespace, token), &value) in vocabulary.iter().zip(log_odds) {
        if value != 0.0 {
            lexicon.insert(*namespace, token.clone(), value);
        }
    }
    lexicon
}
