//! What the memory of a site adds to the verdict on a block whose text other pages have: the features
//! of the regression on site memory. It says nothing of other blocks.

use super::columns::{Sink, share};
use crate::site::{Recall, Recalled};

/// Pages that are added to those known: one of one says less than twenty of twenty.
const DAMPING: f32 = 1.0;

/// The same for blocks of a shape.
const BLOCKS: f32 = 3.0;

/// Adds the features; `logits` are the calibrated ones of the last stage.
pub(crate) fn add(recall: &Recall, logits: &[f32], columns: &mut impl Sink) {
    let block = |i: usize| -> &Recalled { &recall.blocks[i] };
    let pages = recall.pages as f32 + DAMPING;
    columns.add("site_logit", |i| logits[i]);
    columns.add("site_text_share", |i| share(block(i).text_pages as f32, pages));
    columns.add("site_shape_repeated", |i| {
        share(block(i).shape_repeated as f32, block(i).shape_blocks as f32 + BLOCKS)
    });
}
