//! Python objects to pages that are still to be read.

use std::borrow::Cow;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyByteArray, PyBytes, PyString};
use saring::{Document, Limits, Truncation};

use crate::about;

/// A page with what is known of it beside its bytes.
pub struct Source {
    body: Body,
    url: Option<PyBackedStr>,
    charset: Option<PyBackedStr>,
}

/// Lent by the Python object, which stays alive.
enum Body {
    Text(PyBackedStr),
    Bytes(PyBackedBytes),
}

impl Source {
    /// # Errors
    /// TypeError for anything but these types, ValueError for a lone surrogate; both say `name`.
    pub fn new(
        html: &Bound<'_, PyAny>,
        url: Option<&Bound<'_, PyAny>>,
        charset: Option<&Bound<'_, PyAny>>,
        name: &str,
    ) -> PyResult<Source> {
        let body = if html.is_instance_of::<PyString>() {
            Body::Text(text(html, name)?)
        } else if html.is_instance_of::<PyBytes>() || html.is_instance_of::<PyByteArray>() {
            Body::Bytes(html.extract::<PyBackedBytes>()?)
        } else {
            return Err(wrong_type(html, name, "str or bytes"));
        };
        let given = |value: Option<&Bound<'_, PyAny>>, what: &str| {
            let value = value.filter(|value| !value.is_none());
            value.map(|value| text(value, &format!("{what} of {name}"))).transpose()
        };
        Ok(Source { body, url: given(url, "url")?, charset: given(charset, "charset")? })
    }

    /// The blocks, as `saring classify` sees them.
    pub fn segment(&self, limits: &Limits) -> Document {
        let (html, cut) = match &self.body {
            Body::Text(text) => (Cow::Borrowed(text.as_str()), false),
            Body::Bytes(bytes) => {
                let cut = bytes.len() > limits.bytes;
                let bytes = &bytes[..bytes.len().min(limits.bytes)];
                (saring::decode(bytes, self.charset.as_deref()), cut)
            }
        };
        let mut document = saring::segment_html(&html, limits);
        // The address a page was fetched from is a fact, the one it states a claim.
        if let Some(url) = &self.url {
            document.url = url.to_string();
        }
        if cut {
            document.truncated = document.truncated.or(Some(Truncation::Bytes));
        }
        document
    }
}

/// # Errors
/// TypeError if it is no str, ValueError for a lone surrogate; both say `name`.
pub fn text(value: &Bound<'_, PyAny>, name: &str) -> PyResult<PyBackedStr> {
    let string = value.cast::<PyString>().map_err(|_| wrong_type(value, name, "str"))?;
    PyBackedStr::try_from(string.clone()).map_err(|error| about(value.py(), name, error))
}

/// A TypeError that says what should have come and what came.
pub fn wrong_type(value: &Bound<'_, PyAny>, name: &str, wanted: &str) -> PyErr {
    let came = value.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string());
    PyTypeError::new_err(format!("{name} must be {wanted}, not {came}"))
}
