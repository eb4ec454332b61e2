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

    /// The table of these rows alone.
    #[cfg(feature = "train")]
    pub(crate) fn at(&self, rows: &[u32]) -> Columns {
        let columns = (0..self.names.len()).map(|n| self.column(n));
        let values = columns.flat_map(|column| rows.iter().map(|&row| column[row as usize]));
        Columns { rows: rows.len(), names: self.names.clone(), values: values.collect() }
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
