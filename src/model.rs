//! What training makes and classifying reads: a JSON file that a person can read and diff.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::block::Label;
use crate::cut;
use crate::error::{Error, Result};
use crate::features;
use crate::lexicon::Lexicon;
use crate::logistic::{Logistic, is_sound};

/// The `format` of every model file.
const FORMAT: &str = "saring-model";
/// Raised when a change makes older files unreadable.
const VERSION: u32 = 2;
/// A file larger than this is not a model.
const MAX_BYTES: usize = 64 << 20;

/// A lexicon, a logistic regression that reads it, and one more that has seen what the first says
/// of the page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scorer {
    /// Log-odds of tokens.
    pub lexicon: Lexicon,
    /// Weights of all features, those of the lexicon last.
    pub logistic: Logistic,
    /// Stage two: the same question, knowing what stage one thinks of the page; `None` where there
    /// was too little data to fit it on unseen pages.
    pub second: Option<Logistic>,
}

/// Platt scaling: the calibrated log-odds are `slope * logit + intercept`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Factor on the logit.
    pub slope: f32,
    /// Added to it.
    pub intercept: f32,
}

impl Calibration {
    /// Calibrated probabilities of logits.
    #[cfg(feature = "train")]
    pub(crate) fn probabilities(&self, logits: &[f32]) -> Vec<f32> {
        self.logits(logits).into_iter().map(crate::logistic::sigmoid).collect()
    }

    /// Calibrated logits.
    pub(crate) fn logits(&self, logits: &[f32]) -> Vec<f32> {
        logits.iter().map(|logit| self.slope * logit + self.intercept).collect()
    }
}

/// Everything that classifies pages of one form, HTML or plain text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stages {
    /// Is the block content or headline?
    pub content: Scorer,
    /// Makes probabilities of the logits of the last stage of `content`.
    pub calibration: Calibration,
    /// Makes other log-odds of the calibrated ones on pages of a host that the memory of the site
    /// knows; `None` where there were too few such pages to learn from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Logistic>,
    /// Ranks the ways to cut a page; `None` where there was too little data: then a fixed 0.5.
    pub cut: Option<Logistic>,
    /// One label against the rest; empty when trained on two classes.
    pub kinds: BTreeMap<Label, Scorer>,
}

/// Where a model comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Version of the tool.
    pub tool: String,
    /// Training files with their digests and sizes.
    pub data: Vec<Source>,
    /// Training options by name.
    pub options: BTreeMap<String, String>,
    /// Figures on held-out domains by name.
    pub metrics: BTreeMap<String, f64>,
}

/// A training file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// File name, without its folder.
    pub name: String,
    /// xxh3 of its bytes, in hexadecimal.
    pub digest: String,
    /// Labelled rows.
    pub rows: u64,
    /// Pages.
    pub pages: u64,
    /// Registered domains.
    pub domains: u64,
}

/// A trained model.
///
/// ```
/// let model = saring::Model::pretrained();
/// let copy = saring::Model::from_json(model.to_json().as_bytes()).unwrap();
/// assert_eq!(*model, copy);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    format: String,
    version: u32,
    /// For pages with elements; `None` when trained on text alone. One of the two is there.
    pub structured: Option<Stages>,
    /// For plain text; `None` when trained for pages alone.
    pub plain: Option<Stages>,
    /// Where the model comes from.
    pub provenance: Provenance,
}

/// The fields that decide whether the rest can be understood.
#[derive(Deserialize)]
struct Header {
    format: Option<String>,
    version: Option<u64>,
}

impl Model {
    /// A model of this version.
    pub fn new(structured: Option<Stages>, plain: Option<Stages>, provenance: Provenance) -> Model {
        Model { format: FORMAT.into(), version: VERSION, structured, plain, provenance }
    }

    /// The model that comes with the crate.
    pub fn pretrained() -> &'static Model {
        use std::sync::LazyLock;
        static PRETRAINED: LazyLock<Model> = LazyLock::new(|| {
            Model::from_json(include_bytes!("../models/default.json"))
                .expect("the embedded model is checked by the tests")
        });
        &PRETRAINED
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::Model`] as for [`Model::from_json`].
    pub fn load(path: &Path) -> Result<Model> {
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let size = file.metadata().map_err(|e| Error::io(path, e))?.len();
        if size > MAX_BYTES as u64 {
            return Err(oversize(size).at(path));
        }
        // Pipes and devices have no size that could be asked for.
        let mut bytes = Vec::new();
        let read = file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|e| Error::io(path, e))?;
        Model::from_json(&bytes).map_err(|e| e.at(path))
    }

    /// Reads a model from JSON.
    ///
    /// # Errors
    /// [`Error::Model`] says what is wrong and where: too large, not JSON (with line and column),
    /// another format or version, an unknown, missing or doubled feature, a number that is not
    /// finite.
    pub fn from_json(bytes: &[u8]) -> Result<Model> {
        if bytes.len() > MAX_BYTES {
            return Err(oversize(bytes.len() as u64));
        }
        let header: Header =
            serde_json::from_slice(bytes).map_err(|e| Error::Model(e.to_string()))?;
        match header.format.as_deref() {
            Some(FORMAT) => {}
            other => {
                return Err(Error::Model(format!(
                    "format is {other:?}, not {FORMAT:?}: this is not a saring model"
                )));
            }
        }
        if header.version != Some(u64::from(VERSION)) {
            return Err(Error::Model(format!(
                "version {} is not {VERSION}, the one this saring reads: train it again",
                header.version.map_or("(missing)".to_string(), |v| v.to_string())
            )));
        }
        let model: Model =
            serde_json::from_slice(bytes).map_err(|e| Error::Model(e.to_string()))?;
        model.check()?;
        Ok(model)
    }

    fn check(&self) -> Result<()> {
        if self.structured.is_none() && self.plain.is_none() {
            return Err(Error::Model("neither \"structured\" nor \"plain\" is there".into()));
        }
        let forms = [(true, self.structured.as_ref()), (false, self.plain.as_ref())];
        for (structured, stages) in forms {
            let Some(stages) = stages else { continue };
            let form = if structured { "structured" } else { "plain" };
            let kinds: Vec<Label> = stages.kinds.keys().copied().collect();
            let first = features::first_stage_names(structured);
            let second = features::second_stage_names(structured, &kinds);
            let scorers = [("content".to_string(), &stages.content)]
                .into_iter()
                .chain(stages.kinds.iter().map(|(label, scorer)| (label.to_string(), scorer)));
            for (name, scorer) in scorers {
                scorer.logistic.check(&first, &format!("{form}.{name}"))?;
                if let Some(logistic) = &scorer.second {
                    logistic.check(&second, &format!("{form}.{name}.second"))?;
                }
                if let Some((namespace, token, _)) =
                    scorer.lexicon.iter().find(|(_, _, value)| !is_sound(*value))
                {
                    return Err(Error::Model(format!(
                        "{form}.{name}: {} {token:?} is not finite, or beyond 1e8",
                        namespace.name()
                    )));
                }
            }
            if let Some(site) = &stages.site {
                site.check(&features::site_names(), &format!("{form}.site"))?;
            }
            if let Some(cut) = &stages.cut {
                cut.check(&cut::names(), &format!("{form}.cut"))?;
            }
            let calibration = stages.calibration;
            if !(is_sound(calibration.slope) && is_sound(calibration.intercept)) {
                let what = "is not finite, or beyond 1e8";
                return Err(Error::Model(format!("{form}.calibration {what}")));
            }
        }
        Ok(())
    }

    /// Whether a [`SiteMemory`](crate::SiteMemory) makes a difference to it.
    pub fn knows_sites(&self) -> bool {
        let forms = [&self.structured, &self.plain];
        forms.into_iter().flatten().any(|stages| stages.site.is_some())
    }

    /// The model as JSON: the same model gives the same bytes.
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        let format = serde_json::ser::PrettyFormatter::with_indent(b"");
        let mut writer = serde_json::Serializer::with_formatter(&mut out, Compact::new(format));
        self.serialize(&mut writer).expect("a model has string keys and finite numbers");
        out.push(b'\n');
        String::from_utf8(out).expect("JSON is UTF-8")
    }
}

fn oversize(bytes: u64) -> Error {
    Error::Model(format!("{bytes} bytes is more than the {MAX_BYTES} a model may have"))
}

/// One line per object entry and per feature, nothing else on lines of its own: small, and it
/// diffs by feature and by token.
struct Compact<'a> {
    inner: serde_json::ser::PrettyFormatter<'a>,
    arrays: usize,
}

impl<'a> Compact<'a> {
    fn new(inner: serde_json::ser::PrettyFormatter<'a>) -> Compact<'a> {
        Compact { inner, arrays: 0 }
    }
}

impl serde_json::ser::Formatter for Compact<'_> {
    fn begin_array<W: ?Sized + std::io::Write>(&mut self, w: &mut W) -> std::io::Result<()> {
        self.arrays += 1;
        w.write_all(b"[")
    }

    fn end_array<W: ?Sized + std::io::Write>(&mut self, w: &mut W) -> std::io::Result<()> {
        self.arrays -= 1;
        w.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        w: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        match (first, self.arrays) {
            (true, 1) => w.write_all(b"\n"),
            (true, _) => Ok(()),
            (false, 1) => w.write_all(b",\n"),
            (false, _) => w.write_all(b","),
        }
    }

    fn begin_object<W: ?Sized + std::io::Write>(&mut self, w: &mut W) -> std::io::Result<()> {
        self.inner.begin_object(w)
    }

    fn end_object<W: ?Sized + std::io::Write>(&mut self, w: &mut W) -> std::io::Result<()> {
        self.inner.end_object(w)
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        w: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        self.inner.begin_object_key(w, first)
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, w: &mut W) -> std::io::Result<()> {
        w.write_all(b":")
    }

    fn end_object_value<W: ?Sized + std::io::Write>(&mut self, w: &mut W) -> std::io::Result<()> {
        self.inner.end_object_value(w)
    }
}
