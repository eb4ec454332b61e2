//! The classifier: checks what came, lets the interpreter go, and works.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use saring::{Label, Limits, Model};

use crate::page::Page;
use crate::pickle::Reduced;
use crate::rules::Rules;
use crate::source::{Source, text, wrong_type};
use crate::{about, python_error};

/// Pages per thread between two looks at Ctrl-C: under a second of work.
const PAGES_PER_LOOK: usize = 64;

/// Labels the blocks of pages. May be shared by threads.
///
/// Without `model` it is the model that comes with saring; `model` names a model file. `keep` says
/// which labels are kept, content and headline unless given. With `threshold` every block from this
/// probability up is content, instead of a cut chosen for each page. With `min_probability`, from
/// 0.5 to 1, a block is labelled "uncertain" where the verdict is less probable. `rules` win over the
/// model. `max_bytes` is how much is read of a page, 16 MiB unless given.
///
/// A file that cannot be read is an OSError; a model that cannot be used, an unknown label or a
/// number out of range a ValueError.
///
/// >>> classifier = Classifier(keep=["content", "caption"], min_probability=0.8)
/// >>> Classifier(threshold=2)
/// Traceback (most recent call last):
/// ValueError: threshold must be a number from 0 to 1
#[pyclass(frozen, module = "saring")]
pub struct Classifier {
    classifier: saring::Classifier,
    /// Whether the model is not the one that comes with saring.
    own_model: bool,
    options: Options,
}

/// What was asked for, to be asked for again after a pickle.
#[derive(FromPyObject, IntoPyObjectRef)]
#[pyo3(from_item_all)]
pub struct Options {
    keep: Option<Vec<String>>,
    threshold: Option<f32>,
    min_probability: Option<f32>,
    rules: Option<Py<Rules>>,
    max_bytes: Option<usize>,
}

impl Classifier {
    fn build(model: Option<Model>, options: Options) -> PyResult<Classifier> {
        let own_model = model.is_some();
        let mut classifier = match model {
            Some(model) => saring::Classifier::new(model),
            None => saring::Classifier::pretrained().clone(),
        };
        if let Some(names) = &options.keep {
            let labels: saring::Result<Vec<Label>> =
                names.iter().map(|name| name.parse()).collect();
            classifier = classifier.keep(&labels.map_err(python_error)?);
        }
        if let Some(threshold) = options.threshold {
            classifier = classifier.threshold(within(threshold, 0.0, "threshold")?);
        }
        if let Some(p) = options.min_probability {
            // The likelier of two sides has half the mass at least.
            classifier = classifier.min_probability(within(p, 0.5, "min_probability")?);
        }
        if let Some(rules) = &options.rules {
            classifier = classifier.rules(Arc::clone(&rules.get().rules));
        }
        if let Some(bytes) = options.max_bytes {
            if bytes == 0 {
                return Err(PyValueError::new_err("max_bytes must be 1 or more"));
            }
            classifier = classifier.limits(Limits { bytes, ..Limits::default() });
        }
        Ok(Classifier { classifier, own_model, options })
    }

    /// One page. Never called while the interpreter is held.
    fn page(&self, source: &Source) -> PyResult<Page> {
        let work = || Page::new(source.classify(&self.classifier), self.options.threshold);
        // A crawl of a million pages must not end at one that meets a bug.
        catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
            PyRuntimeError::new_err("this page meets a bug in saring; please report it")
        })
    }
}

/// A probability from `least` to 1.
fn within(p: f32, least: f32, name: &str) -> PyResult<f32> {
    match (least..=1.0).contains(&p) {
        true => Ok(p),
        false => Err(PyValueError::new_err(format!("{name} must be a number from {least} to 1"))),
    }
}

#[pymethods]
impl Classifier {
    #[new]
    #[pyo3(signature = (*, model=None, keep=None, threshold=None, min_probability=None, rules=None, max_bytes=None))]
    fn new(
        py: Python<'_>,
        model: Option<PathBuf>,
        keep: Option<&Bound<'_, PyAny>>,
        threshold: Option<f32>,
        min_probability: Option<f32>,
        rules: Option<&Bound<'_, PyAny>>,
        max_bytes: Option<usize>,
    ) -> PyResult<Classifier> {
        let keep = keep.map(labels).transpose()?;
        let rules = rules.filter(|rules| !rules.is_none()).map(of_rules).transpose()?;
        let options = Options { keep, threshold, min_probability, rules, max_bytes };
        let model = py.detach(|| model.map(|path| Model::load(&path)).transpose());
        Classifier::build(model.map_err(python_error)?, options)
    }

    /// Labels the blocks of an HTML page.
    ///
    /// `url` is the address it was fetched from, `charset` the one of the HTTP header, which counts
    /// for bytes only: without it the page's own word counts, and then what the bytes look like. A page
    /// of a `Warc` has both. Broken HTML is read as a browser would. Anything but str and bytes is a
    /// TypeError, a str with a lone surrogate a ValueError.
    ///
    /// >>> page = Classifier().classify(b"<p>caf\xe9</p>", charset="iso-8859-1")
    /// >>> page.blocks[0].text
    /// 'café'
    #[pyo3(signature = (html, *, url=None, charset=None))]
    fn classify(
        &self,
        html: &Bound<'_, PyAny>,
        url: Option<&Bound<'_, PyAny>>,
        charset: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Page> {
        let source = Source::new(html, url, charset, "html")?;
        html.py().detach(|| self.page(&source))
    }

    /// Labels the lines of a plain text.
    ///
    /// >>> Classifier().classify_text("Baca juga: Kabar lain").blocks[0].path
    /// ''
    fn classify_text(&self, text: &Bound<'_, PyAny>) -> PyResult<Page> {
        let source = Source::of_text(crate::source::text(text, "text")?);
        text.py().detach(|| self.page(&source))
    }

    /// The kept text of an HTML page, one block per line: the `text` of `classify`.
    ///
    /// >>> Classifier().content("<nav><a href=/>Beranda</a></nav><p>Warga menanam bakau di pesisir.</p>")
    /// 'Warga menanam bakau di pesisir.'
    #[pyo3(signature = (html, *, url=None, charset=None))]
    fn content(
        &self,
        html: &Bound<'_, PyAny>,
        url: Option<&Bound<'_, PyAny>>,
        charset: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        Ok(self.classify(html, url, charset)?.text())
    }

    /// Labels the blocks of many HTML pages, on `threads` threads, one per core unless given. Results
    /// are in the order of the pages.
    ///
    /// `urls` and `charsets` go with the pages, with None where one is not known. A page that cannot be
    /// read raises an error that names its place, before any is classified. With `return_exceptions`
    /// the error stands in its place among the results, as with `asyncio.gather`.
    ///
    /// >>> first, second = Classifier().classify_many(["<p>Satu</p>", b"<p>Dua</p>"])
    /// >>> second.blocks[0].text
    /// 'Dua'
    /// >>> Classifier().classify_many(["<p>Satu</p>", None])
    /// Traceback (most recent call last):
    /// TypeError: pages[1] must be str or bytes, not NoneType
    #[pyo3(signature = (pages, *, urls=None, charsets=None, threads=None, return_exceptions=false))]
    fn classify_many<'py>(
        &self,
        py: Python<'py>,
        pages: &Bound<'py, PyAny>,
        urls: Option<&Bound<'py, PyAny>>,
        charsets: Option<&Bound<'py, PyAny>>,
        threads: Option<isize>,
        return_exceptions: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let pages = items(pages, "pages")?;
        let beside = |values: Option<&Bound<'py, PyAny>>, name: &str| {
            let Some(values) = values else { return Ok(None) };
            let values = items(values, name)?;
            match values.len() == pages.len() {
                true => Ok(Some(values)),
                false => Err(PyValueError::new_err(format!(
                    "{name} has {} items, pages has {}",
                    values.len(),
                    pages.len()
                ))),
            }
        };
        let (urls, charsets) = (beside(urls, "urls")?, beside(charsets, "charsets")?);
        let source = |n: usize| {
            let of =
                |values: &Option<Vec<Bound<'py, PyAny>>>| values.as_ref().map(|v| v[n].clone());
            Source::new(
                &pages[n],
                of(&urls).as_ref(),
                of(&charsets).as_ref(),
                &format!("pages[{n}]"),
            )
        };
        let mut sources = Vec::with_capacity(pages.len());
        for n in 0..pages.len() {
            match source(n) {
                Err(error) if !return_exceptions => return Err(error),
                source => sources.push(source),
            }
        }
        let results = self.each(py, sources, threads)?;
        let list = PyList::empty(py);
        for (n, result) in results.into_iter().enumerate() {
            match result {
                Ok(page) => list.append(page)?,
                Err(error) if return_exceptions => list.append(error.into_value(py))?,
                Err(error) => return Err(about(py, &format!("pages[{n}]"), error)),
            }
        }
        Ok(list)
    }

    /// The rules that were given, which know what they have decided.
    #[getter]
    fn rules(&self, py: Python<'_>) -> Option<Py<Rules>> {
        self.options.rules.as_ref().map(|rules| rules.clone_ref(py))
    }

    /// What `copy` and `pickle` ask for: a model and rules of one's own travel along.
    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> Reduced<'py, (Option<String>, Bound<'py, PyAny>)> {
        let (py, this) = (slf.py(), slf.get());
        let model = this.own_model.then(|| this.classifier.model().to_json());
        let restore = py.import("saring._saring")?.getattr("_restore")?;
        Ok((restore, (model, (&this.options).into_pyobject(py)?.into_any())))
    }

    fn __repr__(&self) -> String {
        let model = if self.own_model { "a model of its own" } else { "the model of saring" };
        format!("<saring.Classifier with {model}>")
    }
}

impl Classifier {
    /// The results in the order of the sources, whose errors are handed on.
    fn each(
        &self,
        py: Python<'_>,
        sources: Vec<PyResult<Source>>,
        threads: Option<isize>,
    ) -> PyResult<Vec<PyResult<Page>>> {
        let threads = match threads {
            None => 0,
            Some(threads) if threads >= 1 => threads.unsigned_abs(),
            Some(_) => return Err(PyValueError::new_err("threads must be 1 or more")),
        };
        // A pool of the call's own: one that is there for good does not live through a fork.
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|e| PyRuntimeError::new_err(format!("threads: {e}")))?;
        let mut results = Vec::with_capacity(sources.len());
        let mut left = sources.into_iter().peekable();
        while left.peek().is_some() {
            let some: Vec<_> =
                left.by_ref().take(PAGES_PER_LOOK * pool.current_num_threads()).collect();
            let work =
                |source: &PyResult<Source>| source.as_ref().ok().map(|source| self.page(source));
            let done: Vec<_> = py.detach(|| pool.install(|| some.par_iter().map(work).collect()));
            results.extend(done.into_iter().zip(some).map(|(result, source)| {
                match (result, source) {
                    (Some(result), _) => result,
                    (None, Err(error)) => Err(error),
                    (None, Ok(_)) => unreachable!("each source that there is has a result"),
                }
            }));
            py.check_signals()?;
        }
        Ok(results)
    }
}

/// A classifier as it was: for pickle.
#[pyfunction(name = "_restore")]
pub fn restore(model: Option<&str>, options: Options) -> PyResult<Classifier> {
    let model = model.map(|json| Model::from_json(json.as_bytes())).transpose();
    Classifier::build(model.map_err(python_error)?, options)
}

fn of_rules(rules: &Bound<'_, PyAny>) -> PyResult<Py<Rules>> {
    let found = rules.cast::<Rules>().map_err(|_| wrong_type(rules, "rules", "saring.Rules"))?;
    Ok(found.clone().unbind())
}

/// The names of labels; a single str would be a list of letters.
fn labels(keep: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let names = items(keep, "keep")?;
    if names.is_empty() {
        return Err(PyValueError::new_err("keep must name a label"));
    }
    names.iter().map(|name| Ok(text(name, "a label in keep")?.to_string())).collect()
}

/// The items of a list or anything else that can be gone through, but for one page alone.
fn items<'py>(values: &Bound<'py, PyAny>, name: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let single = values.is_instance_of::<PyString>() || values.extract::<&[u8]>().is_ok();
    if single || values.try_iter().is_err() {
        return Err(wrong_type(values, name, "a list"));
    }
    values.try_iter()?.collect()
}
