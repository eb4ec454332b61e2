//! Rules that win over the model.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList};
use saring::Error;

use crate::pickle::Reduced;
use crate::python_error;
use crate::source::text;

/// Rules that win over the model, for the hosts that they name: `Classifier(rules=...)`.
///
/// A CSV with the columns host, selector and label; the label may also be keep or drop. Of several
/// rules that hold for a block the last one counts. A set of rules may serve several classifiers, and
/// counts what it decides for all of them.
///
/// >>> rules = Rules.parse('''host,selector,label
/// ... warta.example,.kanal-wa,promo
/// ... warta.example,.iklan,drop
/// ... ''')
/// >>> page = Classifier(rules=rules).classify("<p class=kanal-wa>Ikuti kanal kami.</p>", url="https://warta.example/a")
/// >>> page.blocks[0].label, page.blocks[0].rule
/// ('promo', 'warta.example .kanal-wa -> promo')
/// >>> for rule in rules.unused():
/// ...     print(f"line {rule.line}: {rule} decides no block of {rule.pages} pages")
/// line 3: warta.example .iklan -> drop decides no block of 1 pages
#[pyclass(frozen, module = "saring")]
pub struct Rules {
    pub rules: Arc<saring::Rules>,
    /// What they were made from, to be made again after a pickle.
    csv: String,
    name: PathBuf,
}

impl Rules {
    fn new(csv: Vec<u8>, name: PathBuf) -> saring::Result<Rules> {
        let rules = Arc::new(saring::Rules::parse(&csv, &name)?);
        // What is not UTF-8 has been an error of its line.
        let csv = String::from_utf8(csv).map_err(|e| Error::io(&name, e))?;
        Ok(Rules { rules, csv, name })
    }

    fn list(&self, py: Python<'_>, of: impl Fn(&saring::Rule) -> bool) -> PyResult<Py<PyList>> {
        let rules = self.rules.iter().filter(|rule| of(rule)).map(Rule::new);
        let list = PyList::empty(py);
        rules.into_iter().try_for_each(|rule| list.append(rule))?;
        Ok(list.unbind())
    }
}

#[pymethods]
impl Rules {
    /// The rules in a file. One that cannot be read is an OSError, a rule that is none a ValueError with
    /// file and line.
    ///
    /// >>> Rules.load("gone.csv")
    /// Traceback (most recent call last):
    /// OSError: gone.csv: No such file or directory (os error 2)
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Rules> {
        let read = || Rules::new(std::fs::read(&path).map_err(|e| Error::io(&path, e))?, path);
        py.detach(read).map_err(python_error)
    }

    /// The rules in the text of such a file; `name` is what errors call it.
    ///
    /// >>> Rules.parse("host,selector,label\n*,p,advert\n")
    /// Traceback (most recent call last):
    /// ValueError: rules:2: unknown label "advert"; labels are content headline caption byline related headline_list promo ad navigation share comments legal other boilerplate, and keep and drop
    #[staticmethod]
    #[pyo3(signature = (csv, name=None))]
    fn parse(csv: &Bound<'_, PyAny>, name: Option<PathBuf>) -> PyResult<Rules> {
        let csv = text(csv, "csv")?.as_bytes().to_vec();
        let name = name.unwrap_or_else(|| "rules".into());
        Rules::new(csv, name).map_err(python_error)
    }

    /// The rules that have decided nothing although pages of their host were seen, in this process.
    fn unused(&self, py: Python<'_>) -> PyResult<Py<PyList>> {
        self.list(py, |rule| matches!(rule.applied(), (1.., 0)))
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.list(py, |_| true)?.bind(py).try_iter()
    }

    fn __len__(&self) -> usize {
        self.rules.iter().count()
    }

    /// What `copy` and `pickle` ask for. Counts begin anew.
    fn __reduce__<'py>(&self, py: Python<'py>) -> Reduced<'py, (&str, &PathBuf)> {
        let parse = py.get_type::<Rules>().getattr("parse")?;
        Ok((parse, (&self.csv, &self.name)))
    }

    fn __repr__(&self) -> String {
        format!("<saring.Rules {:?}: {} rules>", self.name.display().to_string(), self.__len__())
    }
}

/// One of `Rules`, with what it had decided when it was asked for.
///
/// >>> (rule,) = Rules.parse("host,selector,label\nwarta.example,aside > p,drop\n")
/// >>> rule.host, rule.selector, rule.label, rule.line
/// ('warta.example', 'aside > p', 'drop', 2)
/// >>> rule.pages, rule.blocks
/// (0, 0)
#[pyclass(frozen, module = "saring", get_all)]
pub struct Rule {
    /// The host, with all hosts under it; "*" for every page.
    host: String,
    /// The CSS selector.
    selector: String,
    /// One of `LABELS`, or "keep" or "drop".
    label: String,
    /// Where it stands, from 1; the header is line 1.
    line: u64,
    /// Pages of its host that it was tried on.
    pages: u64,
    /// Blocks that it has decided on these.
    blocks: u64,
}

impl Rule {
    fn new(rule: &saring::Rule) -> Rule {
        let (pages, blocks) = rule.applied();
        let (host, selector) = (rule.host.clone(), rule.selector.clone());
        Rule { host, selector, label: rule.ruling.to_string(), line: rule.line, pages, blocks }
    }
}

#[pymethods]
impl Rule {
    /// What `Block.rule` says.
    fn __str__(&self) -> String {
        format!("{} {} -> {}", self.host, self.selector, self.label)
    }

    fn __repr__(&self) -> String {
        format!("<saring.Rule of line {}: {}>", self.line, self.__str__())
    }
}
