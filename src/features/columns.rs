//! A table of features, one column per name.

use std::borrow::Cow;

/// Feature values of one page: one row per block, stored column after column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    rows: usize,
    names: Vec<Cow<'static, str>>,
    values: Vec<f32>,
}

impl Columns {
    /// An empty table of `rows` rows.
    pub fn new(rows: usize) -> Columns {
        Columns { rows, ..Columns::default() }
    }

    /// Adds a column; `value` is called once per row. Values that are not finite become 0.
    pub fn add(&mut self, name: impl Into<Cow<'static, str>>, mut value: impl FnMut(usize) -> f32) {
        self.names.push(name.into());
        self.values.extend((0..self.rows).map(|row| {
            let value = value(row);
            if value.is_finite() { value } else { 0.0 }
        }));
    }

    /// Number of rows (blocks).
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Column names, in order.
    pub fn names(&self) -> &[Cow<'static, str>] {
        &self.names
    }

    /// The values of column `n`, one per row.
    pub fn column(&self, n: usize) -> &[f32] {
        &self.values[n * self.rows..(n + 1) * self.rows]
    }
}

/// `ln(1 + x)`: counts have long tails, and the model is linear in what it sees.
pub(crate) fn log(x: f32) -> f32 {
    x.max(0.0).ln_1p()
}

/// `a / b`, 0 when `b` is 0.
pub(crate) fn share(a: f32, b: f32) -> f32 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// 1 or 0.
pub(crate) fn flag(yes: bool) -> f32 {
    f32::from(u8::from(yes))
}
