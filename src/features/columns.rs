//! Tables of features, one column per name.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::LazyLock;

/// Feature values of one page: one row per block, stored column after column.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Columns {
    rows: usize,
    columns: usize,
    /// Kept only by a table made by [`Columns::named`]: hundreds of names per page take longer to
    /// write than their values to compute.
    names: Option<Vec<String>>,
    values: Vec<f32>,
}

impl Columns {
    /// An empty table of `rows` rows.
    pub(crate) fn new(rows: usize) -> Columns {
        Columns { rows, ..Columns::default() }
    }

    /// An empty table that has no rows and remembers the names of its columns.
    pub(crate) fn named() -> Columns {
        Columns { names: Some(Vec::new()), ..Columns::default() }
    }

    /// An empty table like this one: as many rows, and with names where this has names.
    pub(crate) fn like(&self) -> Columns {
        let names = self.names.as_ref().map(|_| Vec::new());
        Columns { rows: self.rows, names, ..Columns::default() }
    }

    /// The table of values that stand row after row.
    pub(crate) fn of_rows(rows: usize, values: &[f32]) -> Columns {
        let mut columns = Columns::new(rows);
        let width = values.len().checked_div(rows).unwrap_or(0);
        (0..width).for_each(|n| columns.add("", |row| values[row * width + n]));
        columns
    }

    /// The table of these rows alone.
    #[cfg(feature = "train")]
    pub(crate) fn at(&self, rows: &[u32]) -> Columns {
        let columns = (0..self.columns).map(|n| self.column(n));
        let values = columns.flat_map(|column| rows.iter().map(|&row| column[row as usize]));
        let values = values.collect();
        Columns { rows: rows.len(), columns: self.columns, names: self.names.clone(), values }
    }

    /// Number of rows (blocks).
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns (features).
    pub(crate) fn len(&self) -> usize {
        self.columns
    }

    /// Column names, in order; none unless the table was made to remember them.
    pub(crate) fn names(&self) -> &[String] {
        self.names.as_deref().unwrap_or_default()
    }

    /// The values of column `n`, one per row.
    pub(crate) fn column(&self, n: usize) -> &[f32] {
        &self.values[n * self.rows..(n + 1) * self.rows]
    }
}

/// Where features go: into a table that is kept, or through regressions that need each only once.
pub(crate) trait Sink {
    /// Adds a column; `value` is called once per row. Values that are not finite become 0.
    fn add(&mut self, name: impl Display, value: impl FnMut(usize) -> f32);
}

impl Sink for Columns {
    fn add(&mut self, name: impl Display, value: impl FnMut(usize) -> f32) {
        if let Some(names) = &mut self.names {
            names.push(name.to_string());
        }
        self.columns += 1;
        extend(&mut self.values, self.rows, value);
    }
}

/// Adds the values of a column.
pub(crate) fn extend(values: &mut Vec<f32>, rows: usize, mut value: impl FnMut(usize) -> f32) {
    values.extend((0..rows).map(|row| {
        let value = value(row);
        if value.is_finite() { value } else { 0.0 }
    }));
}

/// Columns of several tables side by side, of the same rows: what a regression reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table<'a> {
    parts: Vec<Cow<'a, Columns>>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(parts: impl IntoIterator<Item = Cow<'a, Columns>>) -> Table<'a> {
        Table { parts: parts.into_iter().collect() }
    }

    /// The table with more columns to the right.
    pub(crate) fn and(mut self, part: Cow<'a, Columns>) -> Table<'a> {
        self.parts.push(part);
        self
    }

    /// Number of rows (blocks).
    pub(crate) fn rows(&self) -> usize {
        self.parts.first().map_or(0, |part| part.rows())
    }

    /// Every column, in order.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &[f32]> {
        self.parts.iter().flat_map(|part| (0..part.len()).map(|n| part.column(n)))
    }

    /// Column names, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| part.names()).map(String::as_str)
    }

    /// The table of these rows alone.
    #[cfg(feature = "train")]
    pub(crate) fn at(&self, rows: &[u32]) -> Table<'static> {
        Table::new(self.parts.iter().map(|part| Cow::Owned(part.at(rows))))
    }
}

/// `ln(1 + x)`: counts have long tails, and the model is linear in what it sees.
pub(crate) fn log(x: f32) -> f32 {
    // Most are small counts, and a logarithm takes longer than all else about a feature.
    match SMALL_LOGS.get(x as usize) {
        Some(&log) if x as usize as f32 == x => log,
        _ => x.max(0.0).ln_1p(),
    }
}

static SMALL_LOGS: LazyLock<[f32; 1024]> =
    LazyLock::new(|| std::array::from_fn(|x| (x as f32).ln_1p()));

/// `a / b`, 0 when `b` is 0.
pub(crate) fn share(a: f32, b: f32) -> f32 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// 1 or 0.
pub(crate) fn flag(yes: bool) -> f32 {
    f32::from(u8::from(yes))
}
