//! Several regressions that read the same features, applied as the features come.

use std::fmt::Display;

use crate::features::columns::{Sink, extend};
use crate::lexicon::{LANES, Lanes};
use crate::logistic::Logistic;

/// The regressions of a stage side by side: the sums are those of [`Logistic::logits`], to the last
/// bit.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    intercepts: [f32; LANES],
    /// One per feature, in order.
    features: Vec<Feature>,
}

/// What a feature weighs in each regression, and how far it reaches there.
#[derive(Debug, Clone, Copy)]
struct Feature {
    weight: [f32; LANES],
    lowest: [f32; LANES],
    highest: [f32; LANES],
    /// Between these a value is within the reach of all.
    common: (f32, f32),
}

impl Feature {
    const NONE: Feature = Feature {
        weight: [0.0; LANES],
        lowest: [f32::NEG_INFINITY; LANES],
        highest: [f32::INFINITY; LANES],
        common: (f32::NEG_INFINITY, f32::INFINITY),
    };

    /// Adds the same value to all.
    #[inline]
    fn add_one(&self, value: f32, logits: &mut [f32; LANES]) {
        let (from, to) = self.common;
        if from <= value && value <= to {
            *logits = add(*logits, self.weight, [value; LANES]);
        } else {
            self.add(&[value; LANES], logits);
        }
    }

    fn add(&self, values: &[f32; LANES], logits: &mut [f32; LANES]) {
        let (mut within, lowest, highest) = (*values, self.lowest, self.highest);
        for n in 0..LANES {
            within[n] = within[n].max(lowest[n]).min(highest[n]);
        }
        *logits = add(*logits, self.weight, within);
    }
}

/// Adds weighted values. Arrays by value are what the compiler makes vector instructions of.
#[inline]
fn add(mut sums: [f32; LANES], weight: [f32; LANES], values: [f32; LANES]) -> [f32; LANES] {
    for n in 0..LANES {
        sums[n] += weight[n] * values[n];
    }
    sums
}

impl Panel {
    /// Of [`LANES`] regressions at most; a missing one says 0.
    pub(crate) fn new<'a>(logistics: impl IntoIterator<Item = Option<&'a Logistic>>) -> Panel {
        let mut panel = Panel { intercepts: [0.0; LANES], features: Vec::new() };
        for (n, logistic) in logistics.into_iter().enumerate() {
            let Some(logistic) = logistic else { continue };
            panel.intercepts[n] = logistic.intercept;
            panel.features.resize(logistic.weights.len(), Feature::NONE);
            let of_panel = panel.features.iter_mut().zip(&logistic.weights);
            for (feature, weight) in of_panel.filter(|(_, weight)| weight.weight != 0.0) {
                let (lowest, highest) = weight.reach();
                feature.weight[n] = weight.weight;
                (feature.lowest[n], feature.highest[n]) = (lowest, highest);
                let (from, to) = feature.common;
                feature.common = (from.max(lowest), to.min(highest));
            }
        }
        panel
    }
}

/// The log-odds of the rows by regression, as features come in their order.
#[derive(Debug, Clone)]
pub(crate) struct Sum<'a> {
    panel: &'a Panel,
    /// How many features have come.
    taken: usize,
    /// Per row and regression.
    pub logits: Vec<[f32; LANES]>,
}

impl<'a> Sum<'a> {
    /// The intercepts.
    pub(crate) fn new(panel: &'a Panel, rows: usize) -> Sum<'a> {
        Sum { panel, taken: 0, logits: vec![panel.intercepts; rows] }
    }

    /// The features that come next. What no regression of the panel has adds nothing.
    fn next(&self) -> &'a [Feature] {
        self.panel.features.get(self.taken..).unwrap_or_default()
    }

    /// Takes the next features, column after column.
    fn take(&mut self, columns: &[f32], count: usize) {
        let rows = self.logits.len();
        let features = &self.next()[..count.min(self.next().len())];
        for (row, logits) in self.logits.iter_mut().enumerate() {
            let mut sums = *logits;
            for (n, feature) in features.iter().enumerate() {
                feature.add_one(columns[n * rows + row], &mut sums);
            }
            *logits = sums;
        }
        self.skip(count);
    }

    /// Takes the next features of one row; [`Sum::skip`] goes on to those after them.
    pub(crate) fn take_row(&mut self, row: usize, values: impl Iterator<Item = f32>) {
        let features = self.next();
        let logits = &mut self.logits[row];
        values.zip(features).for_each(|(value, feature)| feature.add_one(value, logits));
    }

    /// As [`Sum::take_row`], where the values differ between the regressions.
    pub(crate) fn take_lanes(&mut self, row: usize, values: &Lanes<LANES>) {
        let features = self.next();
        let logits = &mut self.logits[row];
        values.iter().zip(features).for_each(|(values, feature)| feature.add(values, logits));
    }

    /// Goes on to the features after the next `count`.
    pub(crate) fn skip(&mut self, count: usize) {
        self.taken += count;
    }
}

/// Features on their way through the sums of one stage or both. Some are collected before they are
/// added, so that the sums of a row are at hand once for all of those; none is kept.
pub(crate) struct Flow<'f, 'a, const N: usize> {
    sums: [&'f mut Sum<'a>; N],
    rows: usize,
    columns: Vec<f32>,
    /// How many columns there are.
    collected: usize,
}

/// Columns collected: few, for a page of many blocks.
const COLLECTED: usize = 8;

impl<'f, 'a, const N: usize> Flow<'f, 'a, N> {
    pub(crate) fn new(rows: usize, sums: [&'f mut Sum<'a>; N]) -> Flow<'f, 'a, N> {
        Flow { sums, rows, columns: Vec::with_capacity(COLLECTED * rows), collected: 0 }
    }

    fn pass_on(&mut self) {
        self.sums.iter_mut().for_each(|sum| sum.take(&self.columns, self.collected));
        self.columns.clear();
        self.collected = 0;
    }
}

impl<const N: usize> Sink for Flow<'_, '_, N> {
    fn add(&mut self, _: impl Display, value: impl FnMut(usize) -> f32) {
        extend(&mut self.columns, self.rows, value);
        self.collected += 1;
        if self.collected == COLLECTED {
            self.pass_on();
        }
    }
}

impl<const N: usize> Drop for Flow<'_, '_, N> {
    fn drop(&mut self) {
        self.pass_on();
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::features::columns::{Columns, Table};
    use crate::logistic::Weight;

    fn logistic(seed: u32, features: u32) -> Logistic {
        let number = |n: u32| ((seed * 31 + n * 17) % 23) as f32 / 7.0 - 1.5;
        let weight = |n: u32| Weight {
            name: format!("x{n}"),
            weight: if n.is_multiple_of(5) { 0.0 } else { number(n) },
            mean: number(n + 1),
            deviation: number(n + 2).abs() / 9.0,
        };
        Logistic { intercept: number(99), weights: (0..features).map(weight).collect() }
    }

    #[test]
    fn the_sums_are_those_of_each_regression() {
        let logistics = [logistic(1, 12), logistic(2, 12), logistic(3, 12)];
        let columns = |seed: usize, count: usize| {
            let mut columns = Columns::new(7);
            for n in 0..count {
                let value = |i: usize| ((seed * 5 + n * 3 + i * 11) % 13) as f32 - 6.0;
                columns.add(n, |i| if (n + i) % 3 == 0 { 0.0 } else { value(i) });
            }
            columns
        };
        let shared = columns(1, 8);
        let table = Table::new([Cow::Borrowed(&shared)]);
        let own = [columns(2, 4), columns(3, 4), columns(4, 4)];
        let panel = Panel::new([Some(&logistics[0]), Some(&logistics[1]), Some(&logistics[2])]);
        let mut sum = Sum::new(&panel, 7);
        let mut flow = Flow::new(7, [&mut sum]);
        (0..8).for_each(|n| flow.add(n, |i| shared.column(n)[i]));
        drop(flow);
        for i in 0..7 {
            let feature =
                |n: usize| std::array::from_fn(|l| own.get(l).map_or(0.0, |c| c.column(n)[i]));
            let features: Vec<[f32; LANES]> = (0..4).map(feature).collect();
            sum.take_lanes(i, &features);
        }
        for (n, logistic) in logistics.iter().enumerate() {
            let of_one = logistic.logits(&table.clone().and(Cow::Borrowed(&own[n])));
            let of_panel: Vec<f32> = sum.logits.iter().map(|row| row[n]).collect();
            assert_eq!(of_panel, of_one);
        }
        let some = Panel::new([None, Some(&logistics[1])]);
        let mut sum = Sum::new(&some, 7);
        (0..7).for_each(|i| sum.take_row(i, table.columns().map(|column| column[i])));
        assert!(sum.logits.iter().all(|row| row[0] == 0.0 && row[1] != 0.0));
    }
}
