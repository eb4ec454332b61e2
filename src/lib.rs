//! Saring.
mod align;
mod block;
mod classify;
mod cut;
#[cfg(feature = "train")]
mod dataset;
mod decode;
mod error;
#[cfg(feature = "train")]
mod evaluate;
mod features;
mod gold;
mod lexicon;
mod logistic;
mod metrics;
mod model;
mod segment;
#[cfg(feature = "train")]
pub mod train;

pub use block::{Block, Document, Element, Label, PathReader, Truncation};
pub use classify::{Classifier, Labelled, Page};
#[cfg(feature = "train")]
pub use dataset::{Dataset, LabelledPage, Writer, digest, registered_domain};
pub use decode::decode;
pub use error::{Error, Result};
#[cfg(feature = "train")]
pub use evaluate::{BlockReport, PageReport, PageScore, score_page};
pub use metrics::{Confusion, Scores, calibration_error, word_scores};
pub use gold::{Gold, TextLayout, Truth};
pub use align::{align, match_snippet};
pub use lexicon::{Lexicon, Namespace};
pub use logistic::{Logistic, Weight};
pub use model::{Calibration, Model, Provenance, Scorer, Source, Stages};
pub use segment::{Limits, segment_annotated, segment_html, segment_text};
