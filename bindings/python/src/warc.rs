//! Pages out of WARC and WET files.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use saring::warc::{Broken, Found, Kind, Members, Other, Packing, Reader};
use saring::{Error, Limits};

use crate::python_error;

/// How much is read of a file at a time.
const CHUNK: usize = 64 << 10;

/// The pages of a WARC or WET file, packed with gzip or zstd or not, one after the other.
///
/// Memory does not grow with the file: of a page no more than `max_bytes` are read, 16 MiB unless given.
/// Records without a page are passed over and counted, broken ones too: each of these is a warning of
/// the logger "saring" with its place in the file, and costs no other. A file that cannot be opened is
/// an OSError. May be shared by threads.
///
/// >>> for page in Warc("crawl.warc.gz"):  # doctest: +SKIP
/// ...     print(page.url, Classifier().classify(page).text)
#[pyclass(frozen, module = "saring")]
pub struct Warc {
    path: PathBuf,
    max_bytes: usize,
    state: Mutex<State>,
}

struct State {
    /// Until the file has ended.
    reader: Option<Reader<Box<dyn BufRead + Send>>>,
    counts: Counts,
}

#[derive(Default, Clone)]
struct Counts {
    pages: u64,
    broken: u64,
    types: u64,
    revisits: u64,
    statuses: u64,
    media: u64,
}

/// What was found in the place of a record.
enum Met {
    Page(Body),
    Nothing,
    Broken { source: String, message: String },
}

/// A page before it is a Python object.
struct Body {
    source: String,
    offset: u64,
    url: Option<String>,
    charset: Option<String>,
    kind: Kind,
    bytes: Vec<u8>,
    truncated: bool,
}

impl State {
    /// What comes next; `None` after the last.
    fn next(&mut self, path: &Path, limit: usize) -> Option<Met> {
        let named = |number: u64| format!("{}:{number}", path.display());
        let reader = self.reader.as_mut()?;
        let (offset, number, found) = match reader.next() {
            Some(Ok(record)) => (record.offset, record.number, record.find()),
            Some(Err(broken)) => (broken.offset, broken.number, Err(broken)),
            None => {
                self.reader = None;
                if self.counts.all() > 0 {
                    return None;
                }
                self.counts.broken += 1;
                let source = path.display().to_string();
                return Some(Met::Broken { source, message: "the file is empty".into() });
            }
        };
        let page = match found {
            Ok(Found::Page(page)) => {
                let (url, charset, kind) = (page.url.clone(), page.charset.clone(), page.kind);
                page.decode(limit).map(|(bytes, truncated)| {
                    let source = named(number);
                    Body { source, offset, url, charset, kind, bytes, truncated }
                })
            }
            Ok(Found::Nothing(other)) => {
                self.counts.passed_over(other);
                return Some(Met::Nothing);
            }
            Err(broken) => Err(broken),
        };
        Some(match page {
            Ok(page) => {
                self.counts.pages += 1;
                Met::Page(page)
            }
            Err(Broken { offset, reason, .. }) => {
                self.counts.broken += 1;
                Met::Broken { source: named(number), message: format!("byte {offset}: {reason}") }
            }
        })
    }
}

impl Counts {
    fn passed_over(&mut self, other: Other) {
        *match other {
            Other::Type => &mut self.types,
            Other::Revisit => &mut self.revisits,
            Other::Status => &mut self.statuses,
            Other::Media => &mut self.media,
        } += 1;
    }

    fn all(&self) -> u64 {
        self.pages + self.broken + self.types + self.revisits + self.statuses + self.media
    }
}

impl Warc {
    fn locked(&self) -> MutexGuard<'_, State> {
        // After a panic the record that met it is passed over.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Warc {
    #[new]
    #[pyo3(signature = (path, *, max_bytes=None))]
    fn new(py: Python<'_>, path: PathBuf, max_bytes: Option<usize>) -> PyResult<Warc> {
        let max_bytes = max_bytes.unwrap_or(Limits::default().bytes);
        if max_bytes == 0 {
            return Err(PyValueError::new_err("max_bytes must be 1 or more"));
        }
        let open = || -> std::io::Result<_> {
            let file: Box<dyn BufRead + Send> =
                Box::new(BufReader::with_capacity(CHUNK, File::open(&path)?));
            let ends_in = |end| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(end));
            let promised = match (ends_in("gz"), ends_in("zst")) {
                (true, _) => Some(Packing::Gzip),
                (_, true) => Some(Packing::Zstd),
                _ => None,
            };
            Ok(Reader::new(Members::new(file, promised)?, max_bytes))
        };
        let reader = py.detach(open).map_err(|e| python_error(Error::io(&path, e)))?;
        let state = State { reader: Some(reader), counts: Counts::default() };
        Ok(Warc { path, max_bytes, state: Mutex::new(state) })
    }

    /// How many records were met until now, by what they held: "pages"; "broken"; and what was passed
    /// over: "types" other than pages, "revisits", "statuses" other than 200 to 299, "media" other
    /// than HTML. The sum is that of all records.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counts = py.detach(|| self.locked().counts.clone());
        let dict = PyDict::new(py);
        for (name, count) in [
            ("pages", counts.pages),
            ("broken", counts.broken),
            ("types", counts.types),
            ("revisits", counts.revisits),
            ("statuses", counts.statuses),
            ("media", counts.media),
        ] {
            dict.set_item(name, count)?;
        }
        Ok(dict)
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<WarcPage>> {
        loop {
            match py.detach(|| self.locked().next(&self.path, self.max_bytes)) {
                None => return Ok(None),
                Some(Met::Page(page)) => return Ok(Some(WarcPage::new_of(py, page))),
                Some(Met::Nothing) => {}
                Some(Met::Broken { source, message }) => {
                    let logger = py.import("logging")?.call_method1("getLogger", ("saring",))?;
                    logger.call_method1("warning", ("%s: %s", source, message))?;
                }
            }
            py.check_signals()?;
        }
    }

    fn __repr__(&self) -> String {
        format!("<saring.Warc {:?}>", self.path.display().to_string())
    }
}

/// A page of a `Warc`, as it stands there: `Classifier.classify` takes it as it is, with its address
/// and charset.
///
/// >>> page = WarcPage("crawl.warc:7", url="https://warta.example/a", html=b"<p>caf\xe9</p>", charset="latin1")
/// >>> Classifier().classify(page).to_json(page.source)[:65]
/// '{"source":"crawl.warc:7","url":"https://warta.example/a","text":"'
#[pyclass(frozen, module = "saring", get_all)]
pub struct WarcPage {
    /// FILE:RECORD, as the command calls the page; records are counted from 1.
    pub source: String,
    /// The byte of the file where the record begins or, where it is packed, its member.
    pub offset: u64,
    /// The address.
    pub url: Option<String>,
    /// The page; None where it is text.
    pub html: Option<Py<PyBytes>>,
    /// What somebody has made of the page, as in WET files; None where it is HTML.
    pub text: Option<Py<PyString>>,
    /// The one that the server has stated.
    pub charset: Option<String>,
    /// Whether there was more of it than `max_bytes`, or than the crawler has stored.
    pub truncated: bool,
}

impl WarcPage {
    fn new_of(py: Python<'_>, page: Body) -> WarcPage {
        let Body { source, offset, url, charset, kind, bytes, truncated } = page;
        let (html, text) = match kind {
            Kind::Html => (Some(PyBytes::new(py, &bytes).unbind()), None),
            Kind::Text => {
                let text = saring::decode(&bytes, charset.as_deref());
                (None, Some(PyString::new(py, &text).unbind()))
            }
        };
        WarcPage { source, offset, url, html, text, charset, truncated }
    }
}

#[pymethods]
impl WarcPage {
    #[new]
    #[pyo3(signature = (source, *, offset=0, url=None, html=None, text=None, charset=None, truncated=false))]
    fn new(
        source: String,
        offset: u64,
        url: Option<String>,
        html: Option<Py<PyBytes>>,
        text: Option<Py<PyString>>,
        charset: Option<String>,
        truncated: bool,
    ) -> PyResult<WarcPage> {
        if html.is_some() == text.is_some() {
            return Err(PyValueError::new_err("a page is either html or text"));
        }
        Ok(WarcPage { source, offset, url, html, text, charset, truncated })
    }

    /// What `copy` and `pickle` ask for.
    fn __getnewargs_ex__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<((Bound<'py, PyAny>,), Bound<'py, PyDict>)> {
        let fields = PyDict::new(slf.py());
        for name in ["offset", "url", "html", "text", "charset", "truncated"] {
            fields.set_item(name, slf.getattr(name)?)?;
        }
        Ok(((slf.getattr("source")?,), fields))
    }

    fn __repr__(&self) -> String {
        let url = self.url.as_deref().unwrap_or_default();
        format!("<saring.WarcPage {:?} {url:?}>", self.source)
    }
}
