//! A model against gold: labelled blocks, or pages with the text that is wanted of them.

mod blocks;
mod curves;
mod pages;

pub use blocks::BlockReport;
pub use curves::{Bin, Operating, average_precision, reliability, thinned};
pub use pages::{PageReport, PageScore, score_page};
