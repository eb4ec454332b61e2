//! The native part of the Python package `saring`: docs/python.md.
//!
//! Python objects become borrowed text, the interpreter is let go, the library works, and results
//! stay in Rust until somebody asks for them.

mod classifier;
mod columns;
mod page;
mod pickle;
mod rules;
mod source;
mod training;
mod warc;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

/// The native part of `saring`.
#[pymodule]
mod _saring {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::classifier::{Classifier, restore};
    #[pymodule_export]
    use super::columns::columns;
    #[pymodule_export]
    use super::page::{Block, Page};
    #[pymodule_export]
    use super::pickle::{restore_block, restore_page};
    #[pymodule_export]
    use super::rules::{Rule, Rules};
    #[pymodule_export]
    use super::training::{Training, train};
    #[pymodule_export]
    use super::warc::{Warc, WarcPage};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        let names = saring::Label::ALL.map(saring::Label::name);
        module.add("LABELS", pyo3::types::PyTuple::new(module.py(), names)?)
    }
}

/// What went wrong, as Python calls it.
fn python_error(error: saring::Error) -> PyErr {
    match error {
        saring::Error::Io { .. } => PyOSError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// The error, with what it is about before it; its type stays.
fn about(py: Python<'_>, what: &str, error: PyErr) -> PyErr {
    let message = format!("{what}: {}", error.value(py));
    // A UnicodeEncodeError is not made of a message alone; it is a ValueError.
    match error.is_instance_of::<PyValueError>(py) {
        true => PyValueError::new_err(message),
        false => PyErr::from_type(error.get_type(py), message),
    }
}
