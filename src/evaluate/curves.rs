//! Probabilities against outcomes at every threshold: what precision-recall and ROC curves and
//! reliability diagrams are drawn from.

use crate::metrics::Scores;

/// What comes of keeping everything from a threshold up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Operating {
    /// The least probability that is kept.
    pub threshold: f32,
    /// How many blocks are kept.
    pub kept: usize,
    /// Precision, recall (of ROC curves the true positive rate) and F1.
    pub scores: Scores,
    /// The share of the unwanted that is kept; 0 where there is none.
    pub false_positive_rate: f64,
}

impl Operating {
    fn new(threshold: f32, both: usize, kept: usize, wanted: usize, all: usize) -> Operating {
        let unwanted = all - wanted;
        Operating {
            threshold,
            kept,
            scores: Scores::new(both as f64, kept as f64, wanted as f64),
            false_positive_rate: (kept - both) as f64 / unwanted.max(1) as f64,
        }
    }

    /// What comes of one threshold.
    ///
    /// ```
    /// let outcomes = [(0.9, true), (0.8, false), (0.7, true), (0.1, false)];
    /// let point = saring::Operating::at(0.75, &outcomes);
    /// assert_eq!((point.scores.precision, point.scores.recall), (0.5, 0.5));
    /// ```
    pub fn at(threshold: f32, outcomes: &[(f32, bool)]) -> Operating {
        let count = |keep: &dyn Fn(&&(f32, bool)) -> bool| outcomes.iter().filter(keep).count();
        let (both, kept) = (count(&|o| o.0 >= threshold && o.1), count(&|o| o.0 >= threshold));
        Operating::new(threshold, both, kept, count(&|o| o.1), outcomes.len())
    }

    /// Every threshold that makes a difference, from the strictest down; none where nothing is
    /// wanted.
    pub fn curve(outcomes: &[(f32, bool)]) -> Vec<Operating> {
        let mut ranked = outcomes.to_vec();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let wanted = ranked.iter().filter(|(_, wanted)| *wanted).count();
        if wanted == 0 {
            return Vec::new();
        }
        let mut curve = Vec::new();
        let mut both = 0;
        for (n, &(threshold, is_wanted)) in ranked.iter().enumerate() {
            both += usize::from(is_wanted);
            // Those of one probability are kept together.
            if ranked.get(n + 1).is_none_or(|next| next.0 < threshold) {
                curve.push(Operating::new(threshold, both, n + 1, wanted, ranked.len()));
            }
        }
        curve
    }
}

/// The mean of the precisions at which recall rises, each weighted by how much: the area under the
/// precision-recall curve in steps. `None` for an empty curve.
///
/// ```
/// let outcomes = [(0.9, true), (0.8, false), (0.7, true), (0.1, false)];
/// let curve = saring::Operating::curve(&outcomes);
/// assert_eq!(saring::average_precision(&curve), Some(0.5 * 1.0 + 0.5 * 2.0 / 3.0));
/// ```
pub fn average_precision(curve: &[Operating]) -> Option<f64> {
    let mut before = 0.0;
    let area = curve.iter().map(|point| {
        let rise = point.scores.recall - before;
        before = point.scores.recall;
        rise * point.scores.precision
    });
    let area = area.sum();
    (!curve.is_empty()).then_some(area)
}

/// The points of a curve without those that lie nearly on the one before, at most about `most`; the
/// first and the last stay.
pub fn thinned(curve: &[Operating], most: usize) -> Vec<Operating> {
    let most = most.max(2);
    let place = |p: &Operating| [p.scores.precision, p.scores.recall, p.false_positive_rate];
    let step = 4.0 / most as f64;
    let mut kept: Vec<Operating> = Vec::new();
    for (n, point) in curve.iter().enumerate() {
        let moved = kept.last().map_or(f64::INFINITY, |last| {
            place(last).iter().zip(place(point)).map(|(a, b)| (a - b).abs()).sum()
        });
        if moved >= step || n + 1 == curve.len() {
            kept.push(*point);
        }
    }
    if kept.len() <= most {
        return kept;
    }
    let last = kept.len() - 1;
    (0..most).map(|n| kept[n * last / (most - 1)]).collect()
}

/// The blocks whose probability is within a tenth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// The least probability in it; the highest is 0.1 above.
    pub from: f64,
    /// How many.
    pub blocks: usize,
    /// Their mean probability; 0 where there are none.
    pub probability: f64,
    /// The share of them that is wanted; 0 where there are none.
    pub wanted: f64,
}

/// What was promised and what came, by tenths of probability.
///
/// ```
/// let bins = saring::reliability(&[(0.92, true), (0.98, false), (0.3, false)]);
/// assert_eq!((bins[9].blocks, bins[9].wanted, bins[3].blocks), (2, 0.5, 1));
/// ```
pub fn reliability(outcomes: &[(f32, bool)]) -> [Bin; 10] {
    let mut sums = [(0usize, 0.0, 0.0); 10];
    for &(probability, wanted) in outcomes {
        let bin = &mut sums[((probability * 10.0) as usize).min(9)];
        bin.0 += 1;
        bin.1 += f64::from(probability);
        bin.2 += f64::from(u8::from(wanted));
    }
    std::array::from_fn(|n| {
        let (blocks, probability, wanted) = sums[n];
        let of = blocks.max(1) as f64;
        Bin { from: n as f64 / 10.0, blocks, probability: probability / of, wanted: wanted / of }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{auc, calibration_error};

    /// Many outcomes with ties, better than chance.
    fn outcomes(n: u32) -> Vec<(f32, bool)> {
        let of = |n: u32| {
            let p = n.wrapping_mul(2_654_435_761) >> 16;
            ((p % 101) as f32 / 100.0, n * 7 % 101 < (p % 101) / 2 + 20)
        };
        (0..n).map(of).collect()
    }

    #[test]
    fn four_blocks_by_hand() {
        let curve = Operating::curve(&[(0.1, false), (0.9, true), (0.7, true), (0.8, false)]);
        let rows: Vec<_> = curve
            .iter()
            .map(|p| {
                (p.threshold, p.kept, p.scores.precision, p.scores.recall, p.false_positive_rate)
            })
            .collect();
        assert_eq!(
            rows,
            [
                (0.9, 1, 1.0, 0.5, 0.0),
                (0.8, 2, 0.5, 0.5, 0.5),
                (0.7, 3, 2.0 / 3.0, 1.0, 0.5),
                (0.1, 4, 0.5, 1.0, 1.0),
            ]
        );
        assert_eq!(curve[2].scores.f1, 0.8);
    }

    #[test]
    fn the_area_under_roc_is_auc() {
        let outcomes = outcomes(3000);
        let (mut area, mut before) = (0.0, (0.0, 0.0));
        for point in Operating::curve(&outcomes) {
            let here = (point.false_positive_rate, point.scores.recall);
            area += (here.0 - before.0) * (here.1 + before.1) / 2.0;
            before = here;
        }
        assert_eq!(before, (1.0, 1.0));
        assert!((area - auc(&outcomes).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn every_point_is_that_of_its_threshold() {
        let outcomes = outcomes(500);
        for point in Operating::curve(&outcomes) {
            assert_eq!(point, Operating::at(point.threshold, &outcomes));
        }
    }

    #[test]
    fn ends() {
        assert_eq!(Operating::curve(&[]), []);
        assert_eq!(Operating::curve(&[(0.4, false)]), []);
        assert_eq!(average_precision(&[]), None);
        let perfect = Operating::curve(&[(0.9, true), (0.8, true), (0.2, false)]);
        assert_eq!(average_precision(&perfect), Some(1.0));
        let all = Operating::curve(&[(0.5, true), (0.5, true)]);
        assert_eq!((all.len(), all[0].false_positive_rate), (1, 0.0));
    }

    #[test]
    fn thinning_keeps_the_ends_and_the_shape() {
        let outcomes: Vec<(f32, bool)> = (0..20_000u32)
            .map(|n| (n as f32 / 20_000.0, n.wrapping_mul(2_654_435_761) >> 8 < n * 700))
            .collect();
        let curve = Operating::curve(&outcomes);
        let thin = thinned(&curve, 200);
        assert!(curve.len() == 20_000 && thin.len() <= 200, "{}", thin.len());
        assert_eq!((thin.first(), thin.last()), (curve.first(), curve.last()));
        for point in &curve {
            let near = |other: &Operating| {
                (other.scores.recall - point.scores.recall).abs() < 0.05
                    && (other.false_positive_rate - point.false_positive_rate).abs() < 0.05
            };
            assert!(thin.iter().any(near), "{point:?}");
        }
    }

    #[test]
    fn bins_give_the_calibration_error() {
        let outcomes = outcomes(997);
        let bins = reliability(&outcomes);
        assert_eq!(bins.iter().map(|bin| bin.blocks).sum::<usize>(), 997);
        let apart = |bin: &Bin| bin.blocks as f64 * (bin.probability - bin.wanted).abs();
        let error = bins.iter().map(apart).sum::<f64>() / 997.0;
        assert!((error - calibration_error(&outcomes)).abs() < 1e-12);
        assert_eq!(reliability(&[(1.0, true)])[9].blocks, 1);
    }
}
