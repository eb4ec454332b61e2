//! Figures with bootstrap intervals (Efron, 1979): how far a figure could be from what other
//! sites would have given.
//!
//! What is drawn are registered domains, the unit of splitting. Pages of one domain share their
//! template and succeed or fail together; drawn one by one they would make a figure look surer
//! than it is.

use std::collections::BTreeMap;
use std::fmt;

use rayon::prelude::*;

/// Draws with replacement behind an interval.
const RESAMPLES: u64 = 1000;

/// Share of the draws that lie below an interval, and above it.
const TAIL: f64 = 0.025;

/// Share of the draws that must have a figure. One that stands on the pages of a domain or two
/// is missing from more, and the rest would all agree with it.
const MIN_DEFINED: f64 = 0.9;

/// A figure and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The figure itself, usually from 0 to 1.
    pub value: f64,
    /// Lower and upper end of the 95 % percentile interval; `None` where the figure stands on too
    /// few registered domains to say.
    pub interval: Option<(f64, f64)>,
}

impl Figure {
    /// What is missing to 1: errors from what is right.
    ///
    /// ```
    /// let right = saring::Figure { value: 0.75, interval: Some((0.5, 1.0)) };
    /// assert_eq!(right.complement().to_string(), "0.2500 [0.000, 0.500]");
    /// ```
    pub fn complement(self) -> Figure {
        let interval = self.interval.map(|(low, high)| (1.0 - high, 1.0 - low));
        Figure { value: 1.0 - self.value, interval }
    }
}

/// `0.8663 [0.855, 0.877]`, without the brackets where there is no interval.
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:.4}", self.value)?;
        match self.interval {
            Some((low, high)) => write!(f, " [{low:.3}, {high:.3}]"),
            None => Ok(()),
        }
    }
}

/// Figures with their intervals. `figures` computes them from the data of `groups` groups, each
/// taken as many times as the slice says; a figure may be missing from some draws.
pub(crate) fn with_intervals(
    groups: usize,
    figures: impl Fn(&[u32]) -> BTreeMap<String, f64> + Sync,
) -> BTreeMap<String, Figure> {
    let resamples = if groups > 1 { RESAMPLES } else { 0 };
    let drawn: Vec<BTreeMap<String, f64>> =
        (0..resamples).into_par_iter().map(|seed| figures(&draw(groups, seed))).collect();
    let interval = |name: &str| {
        let mut values: Vec<f64> = drawn.iter().filter_map(|of| of.get(name).copied()).collect();
        let enough = values.len() as f64 >= MIN_DEFINED * RESAMPLES as f64;
        values.sort_unstable_by(f64::total_cmp);
        let tail = (values.len() as f64 * TAIL) as usize;
        enough.then(|| (values[tail], values[values.len() - 1 - tail]))
    };
    let all = figures(&vec![1; groups]).into_iter();
    all.map(|(name, value)| {
        let interval = interval(&name);
        (name, Figure { value, interval })
    })
    .collect()
}

/// How often each of `groups` groups is drawn in as many draws with replacement. Each resample
/// has a seed of its own, so that any number of threads gives the same.
fn draw(groups: usize, seed: u64) -> Vec<u32> {
    let mut random = SplitMix64::new(seed);
    let mut times = vec![0; groups];
    for _ in 0..groups {
        times[random.below(groups)] += 1;
    }
    times
}

/// Steele, Lea and Flood's generator (2014): small, and good enough for drawing.
struct SplitMix64(u64);

impl SplitMix64 {
    fn new(seed: u64) -> SplitMix64 {
        // Neighbouring seeds would walk the same sequence, a step apart.
        SplitMix64(SplitMix64(seed).next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number under `end`; the bias is under `end` / 2^64.
    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of one value per group.
    fn mean(values: &[f64]) -> impl Fn(&[u32]) -> BTreeMap<String, f64> + Sync {
        move |times| {
            let sum: f64 = times.iter().zip(values).map(|(&n, v)| f64::from(n) * v).sum();
            let n: u32 = times.iter().sum();
            BTreeMap::from([("mean".to_string(), sum / f64::from(n))])
        }
    }

    #[test]
    fn the_interval_of_a_mean_is_the_one_of_the_books() {
        // 400 coins: a standard error of 0.025, and 1.96 of them to either side.
        let values: Vec<f64> = (0..400).map(|n| f64::from(n % 2)).collect();
        let figure = with_intervals(400, mean(&values))["mean"];
        let (low, high) = figure.interval.unwrap();
        assert_eq!(figure.value, 0.5);
        assert!((low - 0.451).abs() < 0.006 && (high - 0.549).abs() < 0.006, "{low} {high}");
        // Ten times the same 40 coins are no more than 40 coins.
        let (low, high) = with_intervals(40, mean(&values[..40]))["mean"].interval.unwrap();
        assert!((high - low) > 2.5 * 0.098, "{low} {high}");
    }

    #[test]
    fn the_same_data_give_the_same_interval() {
        let values = [0.1, 0.9, 0.4, 0.7, 0.2];
        let first = with_intervals(5, mean(&values));
        assert_eq!(first, with_intervals(5, mean(&values)));
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(first, one.install(|| with_intervals(5, mean(&values))));
    }

    #[test]
    fn few_groups_have_no_interval() {
        for groups in [0, 1] {
            let figures = with_intervals(groups, mean(&[0.5]));
            assert_eq!(figures["mean"].interval, None);
        }
        // A figure that stands on one or two groups of many.
        let of_first = |groups: usize| {
            let figures = move |times: &[u32]| {
                let some = times[..groups].iter().any(|&n| n > 0);
                some.then(|| ("first".to_string(), 0.5)).into_iter().collect()
            };
            with_intervals(30, figures)["first"].interval
        };
        assert_eq!((of_first(1), of_first(2)), (None, None));
        assert_eq!(of_first(4), Some((0.5, 0.5)));
    }

    #[test]
    fn the_generator_is_the_published_one() {
        // From the reference implementation, seed 1234567.
        let mut random = SplitMix64(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }
}
