//! A logistic regression as stored and applied: weights by feature name.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::features::columns::Columns;
use crate::features::columns::Table;

/// One feature of a model.
///
/// Stored as `[name, weight, mean, deviation]`. The weight applies to the raw value; mean and
/// deviation are those of the training rows: they say how far the feature may reach, 8 deviations
/// from the mean, and how much it matters (`weight * deviation`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "(String, f32, f32, f32)", from = "(String, f32, f32, f32)")]
pub struct Weight {
    /// The feature.
    pub name: String,
    /// Log-odds per unit of the raw value.
    pub weight: f32,
    /// Mean over the training rows.
    pub mean: f32,
    /// Standard deviation over the training rows.
    pub deviation: f32,
}

impl From<(String, f32, f32, f32)> for Weight {
    fn from((name, weight, mean, deviation): (String, f32, f32, f32)) -> Weight {
        Weight { name, weight, mean, deviation }
    }
}

impl From<Weight> for (String, f32, f32, f32) {
    fn from(w: Weight) -> (String, f32, f32, f32) {
        (w.name, w.weight, w.mean, w.deviation)
    }
}

/// A larger number is a fault and no weight. Sums of smaller ones cannot overflow, so that every
/// model that loads gives probabilities.
const LARGEST: f32 = 1e8;

/// Whether a number of a model can be computed with: finite, and not beyond reason.
pub(crate) fn is_sound(value: f32) -> bool {
    value.abs() <= LARGEST
}

/// `logit = intercept + sum of weight * value`, each value at most 8 deviations from its mean.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {
    /// Log-odds where every feature is 0.
    pub intercept: f32,
    /// One entry per feature, in the order of the features.
    pub weights: Vec<Weight>,
}

/// Standard deviations from the mean within which a feature counts. A page unlike those of training
/// may have values far beyond theirs, where a line fitted on them says nothing.
pub(crate) const REACH: f32 = 8.0;

impl Weight {
    /// The lowest and the highest value that count for themselves.
    pub(crate) fn reach(&self) -> (f32, f32) {
        let reach = REACH * self.deviation;
        (self.mean - reach, self.mean + reach)
    }

    /// A value as the regression takes it: one out of [reach](Weight::reach) is as far as it
    /// reaches.
    pub(crate) fn within_reach(&self, value: f32) -> f32 {
        let (lowest, highest) = self.reach();
        value.max(lowest).min(highest)
    }
}

impl Logistic {
    /// The log-odds of each row, values kept [within reach](Weight::within_reach). Classifying reads
    /// several regressions at once: see `panel.rs`.
    pub(crate) fn logits(&self, table: &Table) -> Vec<f32> {
        self.sums(table.rows(), table.columns(), Weight::within_reach)
    }

    /// What ranks the rows: the same of values as they are, for a regression that was fitted on
    /// differences of rows.
    pub(crate) fn scores(&self, columns: &Columns) -> Vec<f32> {
        let all = (0..columns.len()).map(|n| columns.column(n));
        self.sums(columns.rows(), all, |_, value| value)
    }

    fn sums<'a>(
        &self,
        rows: usize,
        columns: impl Iterator<Item = &'a [f32]>,
        taken: impl Fn(&Weight, f32) -> f32,
    ) -> Vec<f32> {
        let mut sums = vec![self.intercept; rows];
        for (weight, values) in self.weights.iter().zip(columns) {
            if weight.weight != 0.0 {
                for (sum, &value) in sums.iter_mut().zip(values) {
                    *sum += weight.weight * taken(weight, value);
                }
            }
        }
        sums
    }

    /// Checks that the features are exactly `names`, in order, and every number is [sound](is_sound).
    pub(crate) fn check(&self, names: &[String], what: &str) -> Result<()> {
        let fail = |message: String| Err(Error::Model(format!("{what}: {message}")));
        if !is_sound(self.intercept) {
            return fail("intercept is not finite, or beyond 1e8".into());
        }
        for (n, weight) in self.weights.iter().enumerate() {
            let name = &weight.name;
            if self.weights[..n].iter().any(|w| w.name == *name) {
                return fail(format!("feature {name:?} is there twice"));
            }
            if !names.contains(name) {
                return fail(format!("feature {name:?} is unknown to this version"));
            }
            if ![weight.weight, weight.mean, weight.deviation].into_iter().all(is_sound) {
                let what = "has a number that is not finite, or beyond 1e8";
                return fail(format!("feature {name:?} {what}"));
            }
        }
        for (n, name) in names.iter().enumerate() {
            match self.weights.get(n) {
                Some(weight) if weight.name == *name => {}
                _ if self.weights.iter().any(|w| w.name == *name) => {
                    return fail(format!("feature {name:?} is not in its place, {n}"));
                }
                _ => return fail(format!("feature {name:?} is missing")),
            }
        }
        Ok(())
    }
}

/// The probability of a log-odds.
pub(crate) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}
