//! Floors under the figures: they rise, and fall only on purpose.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use saring::{Error, Result, Source, digest};
use serde::{Deserialize, Serialize};

use super::output::write_whole;

/// A figure this far under its floor is a rounding of other processors, not a loss.
const TOLERANCE: f64 = 0.002;

/// Pinned figures and the pages and rows they were measured on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Digest of the pages, their gold, and the CSVs whose rows are scored.
    corpus: String,
    /// Figures by name; each must be reached.
    floors: BTreeMap<String, f64>,
}

/// What a check found.
pub struct Verdict {
    pub passed: bool,
    pub lines: Vec<String>,
}

impl Gate {
    pub fn pin(corpus: &str, figures: &BTreeMap<String, f64>) -> Gate {
        let floors = figures.iter().map(|(name, value)| (name.clone(), floor(*value))).collect();
        Gate { corpus: corpus.to_string(), floors }
    }

    pub fn load(path: &Path) -> Result<Gate> {
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
        serde_json::from_slice(&bytes).map_err(|e| Error::io(path, e))
    }

    pub fn save(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_string_pretty(self).map_err(|e| Error::io(path, e))?;
        write_whole(path, format!("{json}\n").as_bytes())
    }

    pub fn check(&self, corpus: &str, figures: &BTreeMap<String, f64>) -> Verdict {
        let mut passed = true;
        let mut lines = vec![String::new()];
        if corpus != self.corpus {
            passed = false;
            lines.push(format!(
                "gate: the data have digest {corpus}, the floors were pinned on {}: \
                 pin again with --repin",
                self.corpus
            ));
        }
        for (name, floor) in &self.floors {
            let line = match figures.get(name) {
                None => {
                    passed = false;
                    format!("gate: MISSING {name}, floor {floor:.4}")
                }
                Some(value) if *value < floor - TOLERANCE => {
                    passed = false;
                    format!("gate: BELOW   {name} {value:.4}, floor {floor:.4}")
                }
                Some(value) => format!("gate: ok      {name} {value:.4}, floor {floor:.4}"),
            };
            lines.push(line);
        }
        lines.push(format!("gate: {}", if passed { "passed" } else { "FAILED" }));
        Verdict { passed, lines }
    }

    /// Lifts each floor that a figure is above; none is lowered.
    pub fn raise(&mut self, figures: &BTreeMap<String, f64>) {
        for (name, value) in figures {
            let pinned = self.floors.entry(name.clone()).or_insert(floor(*value));
            *pinned = pinned.max(floor(*value));
        }
    }
}

/// Four digits, rounded down.
fn floor(value: f64) -> f64 {
    (value * 10_000.0).floor() / 10_000.0
}

/// One digest over names and bytes of all files in the folders, and of the CSVs that were scored.
pub fn corpus_digest(folders: &[PathBuf], rows: &[Source]) -> Result<String> {
    let mut all = String::new();
    for csv in rows {
        all += &format!("{} {}\n", csv.name, csv.digest);
    }
    for folder in folders {
        let mut files = Vec::new();
        for sub in ["html", "gold", "ground-truth"].map(|s| folder.join(s)) {
            let Ok(entries) = std::fs::read_dir(&sub) else { continue };
            files.extend(entries.filter_map(|e| e.ok().map(|e| e.path())));
        }
        files.sort();
        for file in files {
            let bytes = std::fs::read(&file).map_err(|e| Error::io(&file, e))?;
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            all += &format!("{name} {}\n", digest(&bytes));
        }
    }
    Ok(digest(all.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(value: f64) -> BTreeMap<String, f64> {
        BTreeMap::from([("f1".to_string(), value)])
    }

    #[test]
    fn floors_hold_rise_and_do_not_fall() {
        let mut gate = Gate::pin("pages", &figures(0.9));
        assert!(gate.check("pages", &figures(0.9)).passed);
        assert!(!gate.check("pages", &figures(0.89)).passed);
        assert!(!gate.check("pages", &BTreeMap::new()).passed);
        assert!(!gate.check("other pages", &figures(0.95)).passed);
        gate.raise(&figures(0.95));
        assert!(!gate.check("pages", &figures(0.9)).passed);
        gate.raise(&figures(0.5));
        assert!(gate.check("pages", &figures(0.95)).passed);
        assert!(!gate.check("pages", &figures(0.94)).passed);
    }
}
