//! Pages to the buffers of Arrow arrays: one copy of each text, and no Python object for a block.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use saring::four_decimals;

use crate::page::Page;

/// The columns of `saring.arrow`, by name; None for a page that could not be read.
///
/// Those of the pages are lists. Those of the blocks are buffers as Arrow has them, texts as which are
/// there (None for all), offsets and bytes; `offsets` says where the blocks of each page begin.
#[pyfunction(name = "_columns")]
pub fn columns<'py>(
    py: Python<'py>,
    pages: Vec<Option<Bound<'py, Page>>>,
) -> PyResult<Bound<'py, PyDict>> {
    let shared: Vec<_> = pages.iter().map(|page| page.as_ref().map(Bound::get)).collect();
    let blocks = py.detach(|| Blocks::new(&shared));
    let of_pages = PyDict::new(py);
    let column = |get: &dyn Fn(&Bound<'py, Page>) -> PyResult<Bound<'py, PyAny>>| {
        let values = pages.iter().map(|page| page.as_ref().map(get).transpose());
        PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)
    };
    for name in ["url", "text", "truncated"] {
        of_pages.set_item(name, column(&|page| page.getattr(name))?)?;
    }
    let confidence = |page: &Bound<'py, Page>| {
        Ok(four_decimals(page.get().page().confidence).into_pyobject(py)?.into_any())
    };
    of_pages.set_item("confidence", column(&confidence)?)?;
    blocks?.write(&of_pages)?;
    Ok(of_pages)
}

/// The blocks of some pages, one after the other.
#[derive(Default)]
struct Blocks {
    /// Blocks before each page, and all.
    offsets: Vec<i32>,
    text: Strings,
    label: Strings,
    probability: Vec<u8>,
    kept: Vec<u8>,
    path: Strings,
    rule: Strings,
    /// Which have a rule, as Arrow has it.
    ruled: Vec<u8>,
}

/// Texts, one after the other.
struct Strings {
    offsets: Vec<i32>,
    data: Vec<u8>,
}

impl Blocks {
    fn new(pages: &[Option<&Page>]) -> PyResult<Blocks> {
        let mut blocks = Blocks { offsets: vec![0], ..Blocks::default() };
        let mut count = 0;
        for page in pages {
            for (n, block) in page.iter().flat_map(|page| page.page().blocks.iter().enumerate()) {
                blocks.text.push(&block.text)?;
                blocks.label.push(block.label_name())?;
                blocks.path.push(&page.map(|page| page.page().path(n)).unwrap_or_default())?;
                let probability = four_decimals(block.probability);
                blocks.probability.extend(probability.to_ne_bytes());
                push_bit(&mut blocks.kept, count, block.kept);
                blocks.rule.push(block.rule.as_deref().unwrap_or_default())?;
                push_bit(&mut blocks.ruled, count, block.rule.is_some());
                count += 1;
            }
            blocks.offsets.push(offset(count)?);
        }
        Ok(blocks)
    }

    fn write(self, columns: &Bound<'_, PyDict>) -> PyResult<()> {
        let py = columns.py();
        columns.set_item("offsets", bytes(py, &self.offsets))?;
        for (name, strings, there) in [
            ("block_text", self.text, None),
            ("block_label", self.label, None),
            ("block_path", self.path, None),
            ("block_rule", self.rule, Some(self.ruled)),
        ] {
            let there = there.map(|bits| PyBytes::new(py, &bits));
            let offsets = bytes(py, &strings.offsets);
            columns.set_item(name, (there, offsets, PyBytes::new(py, &strings.data)))?;
        }
        columns.set_item("block_probability", PyBytes::new(py, &self.probability))?;
        columns.set_item("block_kept", PyBytes::new(py, &self.kept))
    }
}

/// Arrow packs eight truth values into a byte, the first into the lowest bit.
fn push_bit(bits: &mut Vec<u8>, at: usize, value: bool) {
    if at.is_multiple_of(8) {
        bits.push(0);
    }
    bits[at / 8] |= u8::from(value) << (at % 8);
}

impl Default for Strings {
    fn default() -> Strings {
        Strings { offsets: vec![0], data: Vec::new() }
    }
}

impl Strings {
    fn push(&mut self, text: &str) -> PyResult<()> {
        self.data.extend(text.as_bytes());
        self.offsets.push(offset(self.data.len())?);
        Ok(())
    }
}

/// # Errors
/// OverflowError: the offsets of Arrow's texts and lists have 32 bits.
fn offset(at: usize) -> PyResult<i32> {
    let message = "the blocks of these pages are more than 2 GiB: hand over fewer pages at once";
    i32::try_from(at).map_err(|_| PyOverflowError::new_err(message))
}

fn bytes<'py>(py: Python<'py>, offsets: &[i32]) -> Bound<'py, PyBytes> {
    let bytes: Vec<u8> = offsets.iter().flat_map(|offset| offset.to_ne_bytes()).collect();
    PyBytes::new(py, &bytes)
}
