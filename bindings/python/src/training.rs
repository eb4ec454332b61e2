//! Training on Block CSVs.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use rayon::ThreadPoolBuilder;
use saring::train::{Options, Progress};
use saring::{BlockReport, Dataset, Error};

use crate::python_error;
use crate::source::wrong_type;

/// What `train` made.
#[pyclass(frozen, module = "saring", get_all)]
pub struct Training {
    /// The model file.
    path: PathBuf,
    /// Figures on domains that the model has not seen, by name; the model file has them too.
    metrics: BTreeMap<String, f64>,
    /// What a reader of the data should know: unknown columns, contradictions.
    notes: Vec<String>,
    /// What went less than well.
    warnings: Vec<String>,
}

#[pymethods]
impl Training {
    fn __repr__(&self) -> String {
        let f1 = self.metrics.get("f1").map_or("not measured".into(), |f1| format!("{f1:.3}"));
        format!("<saring.Training {:?}: held-out F1 {f1}>", self.path.display().to_string())
    }
}

/// Trains a model on Block CSVs with labels and writes it to the file `out`: what `saring train` does,
/// but for the card.
///
/// `data` is a file or a list of files. The options are those of the command: `folds` parts of whole
/// registered domains, of which `held_out` in turn give the figures; `rows` drawn for the content
/// model; `penalty` on large weights; `lexicon` entries. `progress`, such as `print`, is called with a
/// line for each step. Other threads go on meanwhile; Ctrl-C is heard at the end.
///
/// A file that cannot be read or written is an OSError, data that cannot be trained on a ValueError,
/// with file and line.
///
/// >>> training = train("training-data/blocks.csv", out="my.json")  # doctest: +SKIP
/// >>> Classifier(model=training.path)  # doctest: +SKIP
#[pyfunction]
#[pyo3(signature = (data, out, *, folds=5, held_out=5, rows=100_000, penalty=1.0, lexicon=16_000, progress=None))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub fn train(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    out: PathBuf,
    folds: usize,
    held_out: usize,
    rows: usize,
    penalty: f64,
    lexicon: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Training> {
    let bad = |message: &str| Err(PyValueError::new_err(message.to_string()));
    if folds < 2 {
        return bad("folds must be 2 or more");
    }
    if rows == 0 {
        return bad("rows must be 1 or more");
    }
    if !(penalty.is_finite() && penalty > 0.0) {
        return bad("penalty must be a number above 0");
    }
    let files = match data.extract::<PathBuf>() {
        Ok(file) => vec![file],
        Err(_) => data
            .extract::<Vec<PathBuf>>()
            .map_err(|_| wrong_type(data, "data", "a path or a list of paths"))?,
    };
    if files.is_empty() {
        return bad("data must name a file");
    }
    let options =
        Options { folds, held_out, rows, penalty, lexicon_entries: lexicon, ..Options::default() };
    // A pool of the call's own: the global one does not live through a fork.
    let pool = ThreadPoolBuilder::new().build();
    let pool = pool.map_err(|e| PyRuntimeError::new_err(format!("threads: {e}")))?;
    let failed: Mutex<Option<PyErr>> = Mutex::default();
    let tell = |line: &str| {
        let Some(progress) = &progress else { return };
        let told = Python::attach(|py| progress.call1(py, (line,)).map(drop));
        if let (Err(error), Ok(mut failed)) = (told, failed.lock()) {
            failed.get_or_insert(error);
        }
    };
    let trained = py.detach(|| pool.install(|| run(&files, out, &options, &tell)));
    match failed.into_inner() {
        Ok(Some(error)) => Err(error),
        _ => trained.map_err(python_error),
    }
}

fn run(
    files: &[PathBuf],
    path: PathBuf,
    options: &Options,
    tell: &(dyn Fn(&str) + Sync),
) -> saring::Result<Training> {
    // Not after minutes of work.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(Error::io(folder, "is not a folder"));
    }
    if path.is_dir() {
        return Err(Error::io(path, "is a folder"));
    }
    let data = Dataset::read(files)?;
    let progress = Progress::new(tell);
    let trained = saring::train::train(&data, options, &progress)?;
    let mut model = trained.model.ok_or_else(|| Error::Fit("no model was fitted".into()))?;
    let mut report = BlockReport::default();
    for (fold, held_out) in trained.held_out {
        let classifier = saring::Classifier::new(held_out);
        for (page, _) in data.pages.iter().zip(&trained.folds).filter(|(_, f)| **f == fold) {
            report.add(&classifier, page);
        }
    }
    let metrics = report.metrics();
    model.provenance.metrics = metrics.clone();
    write_whole(&path, model.to_json().as_bytes()).map_err(|e| Error::io(&path, e))?;
    Ok(Training { path, metrics, notes: data.notes, warnings: progress.warnings() })
}

/// By way of a temporary file beside it: a reader sees the old or the new model and never half of
/// either.
fn write_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new();
    // Temporary files are private to their maker; this one is meant for others.
    #[cfg(unix)]
    file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = file.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
