//! A classified page and its blocks.

use pyo3::prelude::*;
use saring::{Record, Truncation};

use crate::pickle::{Fields, Reduced, fields};

/// A page with a label for each block. Made by a `Classifier`.
///
/// >>> page = Classifier().classify("<h1>Bakau</h1><p>Warga menanam bakau.</p>", url="https://a.example/1")
/// >>> page.url
/// 'https://a.example/1'
/// >>> [block.text for block in page.blocks]
/// ['Bakau', 'Warga menanam bakau.']
#[pyclass(frozen, module = "saring")]
pub struct Page {
    page: saring::Page,
    threshold: Option<f32>,
}

impl Page {
    pub fn new(page: saring::Page, threshold: Option<f32>) -> Page {
        Page { page, threshold }
    }

    pub fn page(&self) -> &saring::Page {
        &self.page
    }
}

/// What files call the limit that a page was cut at.
pub fn name(truncated: Truncation) -> &'static str {
    match truncated {
        Truncation::Bytes => "bytes",
        Truncation::Nodes => "nodes",
    }
}

#[pymethods]
impl Page {
    /// The address that was given, or else the one the page states for itself; may be empty.
    #[getter]
    fn url(&self) -> &str {
        &self.page().url
    }

    /// The kept blocks, one per line.
    #[getter]
    pub fn text(&self) -> String {
        self.page().text()
    }

    /// How good the kept text can be expected to be: its word-F1, from 0 to 1.
    #[getter]
    fn confidence(&self) -> f32 {
        self.page().confidence
    }

    /// "bytes" or "nodes" where the page was cut at a limit, else None.
    #[getter]
    fn truncated(&self) -> Option<&'static str> {
        self.page().truncated.map(name)
    }

    /// The blocks in reading order. The list is a new one each time.
    #[getter]
    fn blocks(slf: &Bound<'_, Self>) -> Vec<Block> {
        let block = |index| Block::new(slf.clone().unbind(), index);
        (0..slf.get().page().blocks.len()).map(block).collect()
    }

    /// The page as `saring classify --format jsonl` writes it, without the end of the line.
    ///
    /// `source` says where the page came from; without it the object has no such field.
    ///
    /// >>> Classifier().classify("", url="https://a.example/").to_json("a.html")[:55]
    /// '{"source":"a.html","url":"https://a.example/","text":""'
    #[pyo3(signature = (source=None))]
    fn to_json(&self, py: Python<'_>, source: Option<&str>) -> String {
        let Page { page, threshold } = self;
        py.detach(|| Record { source, page, threshold: *threshold }.to_json())
    }

    /// `to_json` as a dict.
    ///
    /// >>> sorted(Classifier().classify("<p>Teks</p>").to_dict())
    /// ['blocks', 'confidence', 'text', 'url']
    #[pyo3(signature = (source=None))]
    fn to_dict<'py>(&self, py: Python<'py>, source: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (self.to_json(py, source),))
    }

    /// What `copy` and `pickle` ask for.
    fn __reduce__<'py>(&self, py: Python<'py>) -> Reduced<'py, (Fields,)> {
        let restore = py.import("saring._saring")?.getattr("_restore_page")?;
        Ok((restore, (fields(&self.page, self.threshold),)))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Page>().is_ok_and(|other| other.get().page() == self.page())
    }

    fn __repr__(&self) -> String {
        let page = self.page();
        let kept = page.blocks.iter().filter(|block| block.kept).count();
        let (blocks, confidence) = (page.blocks.len(), page.confidence);
        format!(
            "<saring.Page {:?}: {kept} of {blocks} blocks kept, confidence {confidence:.2}>",
            page.url
        )
    }
}

/// A block of a page with its label.
///
/// >>> block = Classifier().classify("<h1>Warga <b>menanam</b> bakau</h1>").blocks[0]
/// >>> block.text, block.path
/// ('Warga menanam bakau', 'html[1]>body[2]>h1[1]')
#[pyclass(frozen, module = "saring")]
pub struct Block {
    page: Py<Page>,
    index: usize,
}

impl Block {
    pub fn new(page: Py<Page>, index: usize) -> Block {
        Block { page, index }
    }

    fn block(&self) -> &saring::Labelled {
        &self.page.get().page.blocks[self.index]
    }
}

#[pymethods]
impl Block {
    /// The text, white space collapsed.
    #[getter]
    fn text(&self) -> &str {
        &self.block().text
    }

    /// One of `LABELS`, or "uncertain" where the verdict is less probable than `min_probability`.
    #[getter]
    fn label(&self) -> &'static str {
        self.block().label_name()
    }

    /// Calibrated probability that the block is one of the kept labels, from 0 to 1.
    #[getter]
    fn probability(&self) -> f32 {
        self.block().probability
    }

    /// Whether the block is part of the page's `text`.
    #[getter]
    fn kept(&self) -> bool {
        self.block().kept
    }

    /// Whether the verdict is less probable than `min_probability`.
    #[getter]
    fn uncertain(&self) -> bool {
        self.block().uncertain
    }

    /// The elements that hold the block, from `html` down; empty for plain text.
    #[getter]
    fn path(&self) -> String {
        self.page.get().page.path(self.index)
    }

    /// The rule that has decided, as "HOST SELECTOR -> LABEL", or None: then the probability is the model's.
    #[getter]
    fn rule(&self) -> Option<&str> {
        self.block().rule.as_deref()
    }

    /// What `copy` and `pickle` ask for. A block takes its page along, and the blocks of a page take it
    /// once.
    fn __reduce__<'py>(&self, py: Python<'py>) -> Reduced<'py, (Py<Page>, usize)> {
        let restore = py.import("saring._saring")?.getattr("_restore_block")?;
        Ok((restore, (self.page.clone_ref(py), self.index)))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Block>().is_ok_and(|other| {
            let other = other.get();
            other.block() == self.block() && other.path() == self.path()
        })
    }

    fn __repr__(&self) -> String {
        let mark = if self.kept() { ", kept" } else { "" };
        format!(
            "<saring.Block {} {:.2}{mark}: {:?}>",
            self.label(),
            self.probability(),
            self.text()
        )
    }
}
