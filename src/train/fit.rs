//! One logistic regression, fitted by linfa: the only file that knows linfa and ndarray.
//!
//! Four things are done around linfa. Features are standardised and decorrelated, and both are
//! folded into the stored weights: hundreds of features that say nearly the same thing make L-BFGS
//! take ten times as many iterations. The polarity is read from the fitted labels, because linfa
//! calls the more frequent class positive. And the gradient is computed anew after the fit,
//! because linfa reports success when it merely ran out of iterations.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, ArrayView1, ShapeBuilder};
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::logistic::{Logistic, Weight};

/// Iterations of L-BFGS after which a fit is called off.
const MAX_ITERATIONS: u64 = 500;

/// Norm of the gradient per row at which a fit has converged.
const TOLERANCE: f64 = 1e-3;

/// A gradient this much over the tolerance is no longer rounding: the fit did not converge.
const SLACK: f64 = 10.0;

/// Added to the variances before decorrelating: directions in which the features hardly vary are
/// not blown up to the size of the others.
const RIDGE: f64 = 0.01;

/// A fitted regression and how well it converged.
pub(crate) struct Fitted {
    pub logistic: Logistic,
    /// Set when the fit stopped short: the norm of the gradient per row.
    pub unconverged: Option<f64>,
}

/// Fits `target` on `values`: column after column, `target.len()` rows each.
///
/// `penalty` is the weight of the squared norm of the decorrelated weights against the summed loss
/// (1/C). The intercept is not penalised. Values further from their mean than `reach` standard
/// deviations are taken to be that far.
///
/// # Errors
/// [`Error::Data`] unless both classes are there; [`Error::Fit`] if linfa gives up.
pub(crate) fn fit(
    names: &[String],
    mut values: Vec<f64>,
    target: &[bool],
    penalty: f64,
    reach: f64,
) -> Result<Fitted> {
    let rows = target.len();
    let positives = target.iter().filter(|&&t| t).count();
    if positives == 0 || positives == rows {
        return Err(Error::Data("both classes are needed to fit a regression".into()));
    }
    let scales: Vec<(f64, f64)> = values.par_chunks_mut(rows).map(standardise).collect();
    values.par_iter_mut().for_each(|value| *value = value.clamp(-reach, reach));
    let x = Array2::from_shape_vec((rows, names.len()).f(), values)
        .map_err(|e| Error::Fit(e.to_string()))?;
    let decorrelation = decorrelation(&x);
    // Its transpose has the columns contiguous, which linfa reads three times as fast.
    let x = decorrelation.dot(&x.t()).reversed_axes();
    let data = DatasetBase::new(x, Array1::from_vec(target.to_vec()));
    let fitted = LogisticRegression::default()
        .alpha(penalty)
        .max_iterations(MAX_ITERATIONS)
        .gradient_tolerance(TOLERANCE * rows as f64)
        .fit(&data)
        .map_err(|e| Error::Fit(format!("logistic regression failed: {e}")))?;
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    let weights = fitted.params().mapv(|w| sign * w);
    let intercept = sign * fitted.intercept();
    let gradient = gradient_norm(data.records(), target, &weights, intercept, penalty);
    let weights = decorrelation.t().dot(&weights);

    let mut logistic = Logistic { intercept: 0.0, weights: Vec::with_capacity(names.len()) };
    let mut folded = intercept;
    for ((name, &weight), (mean, deviation)) in names.iter().zip(&weights).zip(scales) {
        let raw = if deviation > 0.0 { weight / deviation } else { 0.0 };
        folded -= raw * mean;
        logistic.weights.push(Weight {
            name: name.clone(),
            weight: short(raw),
            mean: shorter(mean),
            deviation: shorter(deviation),
        });
    }
    logistic.intercept = short(folded);
    let unconverged = (gradient > SLACK * TOLERANCE).then_some(gradient);
    Ok(Fitted { logistic, unconverged })
}

/// The matrix that makes standardised columns uncorrelated: the inverse of the Cholesky factor of
/// their covariance plus [`RIDGE`]. Shape (columns, columns), lower triangular.
fn decorrelation(x: &Array2<f64>) -> Array2<f64> {
    let n = x.ncols();
    let covariance = x.t().dot(x) / x.nrows() as f64;
    // Rows as slices: element by element, a matrix takes ten times as long.
    let mut factor = vec![vec![0.0; n]; n];
    for i in 0..n {
        let (above, rest) = factor.split_at_mut(i);
        let row = &mut rest[0];
        for j in 0..=i {
            let other = above.get(j).map_or(&row[..j], |other| &other[..j]);
            let rest = covariance[[i, j]] - dot(&row[..j], other);
            row[j] = match above.get(j) {
                Some(other) => rest / other[j],
                None => (rest + RIDGE).max(RIDGE / 2.0).sqrt(),
            };
        }
    }
    let mut columns = vec![0.0; n * n];
    for (c, column) in columns.chunks_mut(n.max(1)).enumerate() {
        for i in c..n {
            let unit = if i == c { 1.0 } else { 0.0 };
            column[i] = (unit - dot(&factor[i][c..i], &column[c..i])) / factor[i][i];
        }
    }
    Array2::from_shape_vec((n, n).f(), columns).expect("n columns of n")
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    ArrayView1::from(a).dot(&ArrayView1::from(b))
}

/// Makes mean 0 and deviation 1; a constant column becomes 0, with deviation 0.
fn standardise(column: &mut [f64]) -> (f64, f64) {
    let n = column.len() as f64;
    let mean = column.iter().sum::<f64>() / n;
    let variance = column.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    let deviation = variance.sqrt();
    // What varies in one row of a hundred thousand is noise with a huge weight.
    let constant = deviation < 1e-6;
    for value in column.iter_mut() {
        *value = if constant { 0.0 } else { (*value - mean) / deviation };
    }
    (mean, if constant { 0.0 } else { deviation })
}

/// Norm of the gradient of the penalised loss, per row.
fn gradient_norm(
    x: &Array2<f64>,
    target: &[bool],
    weights: &Array1<f64>,
    intercept: f64,
    penalty: f64,
) -> f64 {
    let mut errors = x.dot(weights);
    for (error, &positive) in errors.iter_mut().zip(target) {
        let probability = 1.0 / (1.0 + (-(*error + intercept)).exp());
        *error = probability - if positive { 1.0 } else { 0.0 };
    }
    let gradient = x.t().dot(&errors) + weights * penalty;
    let bias = errors.sum();
    (gradient.dot(&gradient) + bias * bias).sqrt() / target.len() as f64
}

/// Six significant digits: what is stored is what is used, and files stay small.
fn short(value: f64) -> f32 {
    format!("{value:.5e}").parse().unwrap_or(0.0)
}

/// Four significant digits, for what is only told.
fn shorter(value: f64) -> f32 {
    format!("{value:.3e}").parse().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    use crate::features::columns::{Columns, Sink, Table};
    use crate::logistic::REACH;

    /// One informative column (larger is positive) and one constant.
    fn fit_with(positives: usize, negatives: usize) -> Fitted {
        let target: Vec<bool> = (0..positives + negatives).map(|n| n < positives).collect();
        let noise = |n: usize| ((n * 7919) % 13) as f64 / 13.0;
        let informative = |n: usize| if target[n] { 2.0 + noise(n) } else { 1.5 + noise(n) };
        let values: Vec<f64> =
            (0..target.len()).map(informative).chain(vec![5.0; target.len()]).collect();
        fit(&["x".into(), "constant".into()], values, &target, 0.1, f64::INFINITY).unwrap()
    }

    #[test]
    fn polarity_is_right_under_both_majorities() {
        for (positives, negatives) in [(300, 60), (60, 300)] {
            let logistic = fit_with(positives, negatives).logistic;
            assert!(logistic.weights[0].weight > 0.0);
            let mut columns = Columns::new(2);
            columns.add("x", |row| [3.0, 1.5][row]);
            columns.add("constant", |_| 5.0);
            let logits = logistic.logits(&Table::new([Cow::Owned(columns)]));
            assert!(logits[0] > 0.0 && logits[1] < 0.0, "{logits:?}");
        }
    }

    #[test]
    fn constants_get_no_weight_and_convergence_is_reported() {
        let fitted = fit_with(200, 200);
        assert_eq!(fitted.logistic.weights[1].weight, 0.0);
        assert!(fitted.unconverged.is_none());
    }

    #[test]
    fn what_is_out_of_reach_counts_as_far_as_it_reaches() {
        // One row in a thousand is far out, on the wrong side.
        let value = |n: usize| match (n % 1000, n % 2) {
            (0, _) => 300.0,
            (_, 0) => -1.0,
            _ => 1.0,
        };
        let target: Vec<bool> = (0..4000).map(|n| n % 2 == 1).collect();
        let fit = |reach| {
            let values = (0..4000).map(value).collect();
            fit(&["x".into()], values, &target, 0.1, reach).unwrap().logistic
        };
        let (bounded, unbounded) = (fit(f64::from(REACH)), fit(f64::INFINITY));
        assert!(bounded.weights[0].weight > 2.0 * unbounded.weights[0].weight);
        let mut columns = Columns::new(2);
        columns.add("x", |row| [300.0, 1e6][row]);
        let logits = bounded.logits(&Table::new([Cow::Owned(columns)]));
        assert_eq!(logits[0], logits[1]);
    }

    #[test]
    fn correlated_columns_come_out_uncorrelated() {
        let rows = 200;
        let noise = |n: usize, k: usize| ((n * k) % 17) as f64 / 17.0;
        let column = |k: usize| (0..rows).map(move |n| noise(n, 7) + 0.1 * noise(n, k));
        let mut values: Vec<f64> = column(11).chain(column(13)).chain(column(5)).collect();
        values.chunks_mut(rows).for_each(|c| {
            standardise(c);
        });
        let x = Array2::from_shape_vec((rows, 3).f(), values).unwrap();
        let y = decorrelation(&x).dot(&x.t());
        let covariance = y.dot(&y.t()) / rows as f64;
        for i in 0..3 {
            for j in 0..i {
                assert!(covariance[[i, j]].abs() < 0.1, "{covariance}");
            }
        }
    }

    #[test]
    fn one_class_is_an_error() {
        let error = fit(&["x".into()], vec![1.0, 2.0], &[true, true], 1.0, f64::INFINITY);
        assert!(matches!(error, Err(Error::Data(_))));
    }
}
