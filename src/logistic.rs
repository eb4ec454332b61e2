//! A logistic regression as stored and applied: weights by feature name.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::features::columns::Columns;

/// One feature of a model.
///
/// Stored as `[name, weight, mean, deviation]`. The weight applies to the raw value; mean and
/// deviation are those of the training rows and say how much the feature matters
/// (`weight * deviation`).
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

/// `logit = intercept + sum of weight * value`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {
    /// Log-odds where every feature is 0.
    pub intercept: f32,
    /// One entry per feature, in the order of the features.
    pub weights: Vec<Weight>,
}

impl Logistic {
    /// The log-odds of each row.
    pub(crate) fn logits(&self, columns: &Columns) -> Vec<f32> {
        let mut logits = vec![self.intercept; columns.rows()];
        for (n, weight) in self.weights.iter().enumerate() {
            if weight.weight != 0.0 {
                for (logit, value) in logits.iter_mut().zip(columns.column(n)) {
                    *logit += weight.weight * value;
                }
            }
        }
        logits
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
