//! Saring.
mod block;
mod decode;
mod error;
mod features;
mod lexicon;
mod segment;
pub use block::{Block, Document, Element, Label, PathReader, Truncation};
pub use decode::decode;
pub use error::{Error, Result};
pub use segment::{Limits, segment_annotated, segment_html, segment_text};
