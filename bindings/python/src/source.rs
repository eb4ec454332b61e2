//! Python objects to pages that are still to be read.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyByteArray, PyBytes, PyString};
use saring::{Classifier, Document, Page, Truncation, segment_html, segment_text};

use crate::about;
use crate::warc::WarcPage;

/// A page with what is known of it beside its bytes.
pub struct Source {
    body: Body,
    url: Option<String>,
    charset: Option<String>,
    /// Whether whoever read the page has left some of it.
    cut: bool,
}

/// Lent by the Python object, which stays alive.
enum Body {
    Html(PyBackedStr),
    Bytes(PyBackedBytes),
    Text(PyBackedStr),
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
        let mut source = if html.is_instance_of::<PyString>() {
            Source::of(Body::Html(text(html, name)?))
        } else if html.is_instance_of::<PyBytes>() || html.is_instance_of::<PyByteArray>() {
            Source::of(Body::Bytes(html.extract::<PyBackedBytes>()?))
        } else if let Ok(page) = html.cast::<WarcPage>() {
            Source::of_record(page, name)?
        } else {
            return Err(wrong_type(html, name, "str or bytes"));
        };
        for (value, what, field) in
            [(url, "url", &mut source.url), (charset, "charset", &mut source.charset)]
        {
            if let Some(value) = value.filter(|value| !value.is_none()) {
                *field = Some(text(value, &format!("{what} of {name}"))?.to_string());
            }
        }
        Ok(source)
    }

    /// The lines of a plain text.
    pub fn of_text(text: PyBackedStr) -> Source {
        Source::of(Body::Text(text))
    }

    fn of(body: Body) -> Source {
        Source { body, url: None, charset: None, cut: false }
    }

    fn of_record(page: &Bound<'_, WarcPage>, name: &str) -> PyResult<Source> {
        let (py, page) = (page.py(), page.get());
        let body = match (&page.html, &page.text) {
            (Some(html), _) => Body::Bytes(html.clone_ref(py).into_bound(py).into()),
            (None, Some(lines)) => Body::Text(text(lines.bind(py).as_any(), name)?),
            (None, None) => unreachable!("it is one of them from its making on"),
        };
        let (url, charset) = (page.url.clone(), page.charset.clone());
        Ok(Source { body, url, charset, cut: page.truncated })
    }

    /// What `saring classify` says of it.
    pub fn classify(&self, classifier: &Classifier) -> Page {
        let limits = classifier.limits_in_force();
        match &self.body {
            Body::Text(text) => {
                classifier.classify_document(self.known_of(segment_text(text, limits), false))
            }
            Body::Html(html) => self.classify_html(html, false, classifier),
            Body::Bytes(bytes) => {
                let cut = bytes.len() > limits.bytes;
                let bytes = &bytes[..bytes.len().min(limits.bytes)];
                let html = saring::decode(bytes, self.charset.as_deref());
                self.classify_html(&html, cut, classifier)
            }
        }
    }

    fn classify_html(&self, html: &str, cut: bool, classifier: &Classifier) -> Page {
        let document = segment_html(html, classifier.limits_in_force());
        let mut page = classifier.classify_document(self.known_of(document, cut));
        classifier.apply_rules(html, &mut page);
        page
    }

    /// The document with what is known of it from outside.
    fn known_of(&self, mut document: Document, cut: bool) -> Document {
        // The address a page was fetched from is a fact, the one it states a claim.
        if let Some(url) = &self.url {
            document.url = url.clone();
        }
        if cut || self.cut {
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
