//! Pages as plain Python objects and back: what pickle asks for.

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use saring::{Element, Labelled, Truncation};

use crate::page::{Block, Page};
use crate::python_error;

/// A function and its arguments, which make the same object again.
pub type Reduced<'py, Arguments> = PyResult<(Bound<'py, PyAny>, Arguments)>;

/// Tag, id, classes, index, parent.
type ElementFields = (String, String, Vec<String>, u32, Option<usize>);

/// Text, label, probability, kept, uncertain, element, rule.
type BlockFields = (String, String, f32, bool, bool, Option<usize>, Option<String>);

/// Address, confidence, truncated, threshold, elements, blocks.
pub type Fields = (String, f32, Option<String>, Option<f32>, Vec<ElementFields>, Vec<BlockFields>);

/// All that there is in a page.
pub fn fields(page: &saring::Page, threshold: Option<f32>) -> Fields {
    let element = |e: &Element| {
        let Element { tag, id, classes, index, parent } = e.clone();
        (tag, id, classes, index, parent)
    };
    let block = |b: &Labelled| {
        let Labelled { text, label, probability, kept, uncertain, element, rule } = b.clone();
        (text, label.name().to_string(), probability, kept, uncertain, element, rule)
    };
    (
        page.url.clone(),
        page.confidence,
        page.truncated.map(|truncated| crate::page::name(truncated).to_string()),
        threshold,
        page.elements.iter().map(element).collect(),
        page.blocks.iter().map(block).collect(),
    )
}

/// A page as it was.
#[pyfunction(name = "_restore_page")]
pub fn restore_page(fields: Fields) -> PyResult<Page> {
    let (url, confidence, truncated, threshold, elements, blocks) = fields;
    let wrong = || PyValueError::new_err("this is no page");
    let truncated = match truncated.as_deref() {
        None => None,
        Some("bytes") => Some(Truncation::Bytes),
        Some("nodes") => Some(Truncation::Nodes),
        Some(_) => return Err(wrong()),
    };
    // Paths are followed from parent to parent.
    let ordered = elements.iter().enumerate().all(|(n, element)| element.4.is_none_or(|p| p < n));
    let known = |block: &BlockFields| block.5.is_none_or(|element| element < elements.len());
    if !ordered || !blocks.iter().all(known) {
        return Err(wrong());
    }
    let element = |(tag, id, classes, index, parent): ElementFields| Element {
        tag,
        id,
        classes,
        index,
        parent,
    };
    let block = |(text, label, probability, kept, uncertain, element, rule): BlockFields| {
        let label = label.parse().map_err(python_error)?;
        Ok(Labelled { text, label, probability, kept, uncertain, element, rule })
    };
    let page = saring::Page {
        url,
        elements: elements.into_iter().map(element).collect(),
        blocks: blocks.into_iter().map(block).collect::<PyResult<_>>()?,
        confidence,
        truncated,
    };
    Ok(Page::new(page, threshold))
}

/// A block of a page.
#[pyfunction(name = "_restore_block")]
pub fn restore_block(page: Py<Page>, index: usize) -> PyResult<Block> {
    match index < page.get().page().blocks.len() {
        true => Ok(Block::new(page, index)),
        false => Err(PyIndexError::new_err("the page has fewer blocks")),
    }
}
