#![doc = include_str!("../README.md")]

#[cfg(feature = "train")]
mod align;
mod block;
#[cfg(feature = "train")]
mod bootstrap;
mod classify;
mod cut;
#[cfg(feature = "train")]
mod dataset;
mod decode;
mod error;
#[cfg(feature = "train")]
mod evaluate;
mod explain;
mod features;
#[cfg(feature = "train")]
mod gold;
mod hash;
mod lexicon;
mod logistic;
#[cfg(feature = "train")]
mod metrics;
mod model;
mod panel;
mod record;
#[cfg(feature = "rules")]
mod rules;
mod segment;
#[cfg(feature = "rules")]
mod selection;
mod site;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod stages;
#[cfg(not(feature = "bench"))]
mod stages;
#[cfg(feature = "train")]
pub mod train;
#[cfg(feature = "warc")]
pub mod warc;

pub use block::{Block, Document, Element, Label, PathReader, Truncation};
pub use classify::{Classifier, Labelled, Page};
pub use decode::decode;
pub use error::{Error, Result};
pub use explain::{BlockReasons, Choice, CutReasons, Explanation, Reason, StageReasons};
pub use lexicon::{Lexicon, Namespace};
pub use logistic::{Logistic, Weight};
pub use model::{Calibration, Model, Provenance, Scorer, Source, Stages};
pub use record::{Record, four_decimals};
#[cfg(feature = "rules")]
pub use rules::{Rule, Rules, Ruling};
pub use segment::{Limits, segment_annotated, segment_html, segment_text};
#[cfg(feature = "rules")]
pub use selection::{Selectable, Selection};
pub use site::{Recall, SiteMemory};

#[cfg(feature = "train")]
pub use align::{align, match_snippet};
#[cfg(feature = "train")]
pub use bootstrap::Figure;
#[cfg(feature = "train")]
pub use dataset::{Dataset, LabelledPage, Writer, digest, is_title, registered_domain};
#[cfg(feature = "train")]
pub use evaluate::{
    Bin, BlockReport, Operating, PageReport, PageScore, average_precision, reliability, score_page,
    thinned,
};
#[cfg(feature = "train")]
pub use gold::{Gold, TextLayout, Truth};
#[cfg(feature = "train")]
pub use metrics::{Confusion, Scores, auc, calibration_error, word_scores};
