//! A document to features by name.
//!
//! Only what a Block CSV holds is looked at, so a page gives the same features from HTML and from
//! CSV. Each file holds one family: the line that names a feature computes it.
//!
//! | file | family |
//! |---|---|
//! | `text.rs` | the block's own text |
//! | `links.rs` | where its links lead |
//! | `structure.rs` | tags, ancestors, containers |
//! | `groups.rs` | blocks of the same shape |
//! | `neighbours.rs` | blocks before and after, headline, headings |
//! | `page.rs` | position, and the page as a whole |
//! | `../lexicon.rs` | log-odds of words, class names, paths |
//! | `probabilities.rs` | stage two: what stage one thinks of the block and those around it |
//!
//! `family.rs` lists them for an ablation.

pub(crate) mod columns;
#[cfg(feature = "train")]
pub(crate) mod family;
pub(crate) mod groups;
pub(crate) mod links;
pub(crate) mod neighbours;
pub(crate) mod page;
pub(crate) mod probabilities;
pub(crate) mod structure;
mod text;

use columns::Columns;
use page::Page;
use probabilities::Verdicts;

use crate::block::{Document, Label};
use crate::lexicon::{Tokens, add_aggregates};

/// Every feature but those of the lexicon. Without `structured`, the features that need elements,
/// links or a title are absent, not zero.
pub(crate) fn dense(page: &Page, structured: bool) -> Columns {
    let mut columns = Columns::new(page.len());
    text::add(page, &mut columns);
    page::add(page, &mut columns);
    neighbours::add(page, structured, &mut columns);
    if structured {
        links::add(page, &mut columns);
        structure::add(page, &mut columns);
        groups::add(page, &mut columns);
    }
    columns
}

/// The features of stage one under a lexicon: `value` gives the log-odds of a token.
pub(crate) fn first_stage<T: Copy>(
    dense: &Columns,
    tokens: &Tokens<T>,
    value: impl Fn(T) -> f32,
    structured: bool,
) -> Columns {
    let mut columns = dense.clone();
    add_aggregates(tokens, 0..dense.rows(), value, structured, &mut columns);
    columns
}

/// The same of some blocks alone.
#[cfg(feature = "train")]
pub(crate) fn first_stage_at<T: Copy>(
    dense: &Columns,
    tokens: &Tokens<T>,
    blocks: &[u32],
    value: impl Fn(T) -> f32,
    structured: bool,
) -> Columns {
    let mut columns = dense.at(blocks);
    let blocks = blocks.iter().map(|&block| block as usize);
    add_aggregates(tokens, blocks, value, structured, &mut columns);
    columns
}

/// The features of stage two: the block's own evidence again, because neighbours outvote a lone
/// read-also line, and what stage one thinks of everything around it.
pub(crate) fn second_stage<T: Copy>(
    page: &Page,
    tokens: &Tokens<T>,
    value: impl Fn(T) -> f32,
    verdicts: &Verdicts,
    structured: bool,
) -> Columns {
    let mut columns = Columns::new(page.len());
    text::add(page, &mut columns);
    if structured {
        links::add(page, &mut columns);
    }
    add_aggregates(tokens, 0..page.len(), value, structured, &mut columns);
    probabilities::add(page, verdicts, structured, &mut columns);
    probabilities::add_kinds(page, verdicts, structured, &mut columns);
    columns
}

/// Names of the features of stage one, in order.
pub(crate) fn first_stage_names(structured: bool) -> Vec<String> {
    names(|page, tokens, columns| {
        *columns = first_stage(&dense(page, structured), tokens, |value| value, structured)
    })
}

/// Names of the features of stage two, in order, where stage one knows these kinds.
pub(crate) fn second_stage_names(structured: bool, kinds: &[Label]) -> Vec<String> {
    let verdicts = Verdicts::none(kinds);
    names(|page, tokens, columns| {
        *columns = second_stage(page, tokens, |value| value, &verdicts, structured)
    })
}

/// The names of the columns that `add` adds for a page.
fn names(add: impl FnOnce(&Page, &Tokens<f32>, &mut Columns)) -> Vec<String> {
    let document = Document::default();
    let page = Page::new(&document);
    let tokens = Tokens::new(&page, |_, _| 0.0);
    let mut columns = Columns::new(0);
    add(&page, &tokens, &mut columns);
    columns.names().iter().map(|name| name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Limits, segment_html};

    #[test]
    fn names_are_unique_and_few() {
        for structured in [false, true] {
            let second = second_stage_names(structured, &Label::ALL);
            for mut names in [first_stage_names(structured), second] {
                let all = names.len();
                assert!(all <= 300, "{all} features");
                names.sort();
                names.dedup();
                assert_eq!(names.len(), all);
            }
        }
    }

    #[test]
    fn every_value_is_finite_on_odd_pages() {
        for html in ["", "x", "<p>", "<h1>a</h1>", "<a href=''>.</a>", "<td>漢字</td><p>!</p>"] {
            let document = segment_html(html, &Limits::default());
            let columns = dense(&Page::new(&document), true);
            for n in 0..columns.names().len() {
                assert!(columns.column(n).iter().all(|v| v.is_finite() && v.abs() < 1e4));
            }
        }
    }
}
