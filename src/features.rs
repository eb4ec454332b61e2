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

pub(crate) mod columns;
pub(crate) mod groups;
pub(crate) mod links;
pub(crate) mod neighbours;
pub(crate) mod page;
mod probabilities;
pub(crate) mod structure;
mod text;

use columns::Columns;
use page::Page;

use crate::block::Document;
use crate::lexicon::{Tokens, add_aggregates};

/// Every feature but those of the lexicon. Without `structured`, the features that need elements,
/// links or a title are absent, not zero.
pub(crate) fn dense(page: &Page, structured: bool) -> Columns {
    let mut columns = Columns::new(page.len());
    text::add(page, &mut columns);
    page::add(page, &mut columns);
    neighbours::add_text(page, &mut columns);
    if structured {
        neighbours::add_structure(page, &mut columns);
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
    add_aggregates(tokens, value, structured, &mut columns);
    columns
}

/// The features of stage two: the block's own evidence again, because neighbours outvote a lone
/// read-also line, and what stage one thinks of everything around it.
pub(crate) fn second_stage<T: Copy>(
    page: &Page,
    tokens: &Tokens<T>,
    value: impl Fn(T) -> f32,
    logits: &[f32],
    structured: bool,
) -> Columns {
    let mut columns = Columns::new(page.len());
    text::add(page, &mut columns);
    if structured {
        links::add(page, &mut columns);
    }
    add_aggregates(tokens, value, structured, &mut columns);
    probabilities::add(page, logits, structured, &mut columns);
    columns
}

/// Names of the features of stage one, in order.
pub(crate) fn first_stage_names(structured: bool) -> Vec<String> {
    with_empty_page(|page, tokens| {
        first_stage(&dense(page, structured), tokens, |value| value, structured)
    })
}

/// Names of the features of stage two, in order.
pub(crate) fn second_stage_names(structured: bool) -> Vec<String> {
    with_empty_page(|page, tokens| second_stage(page, tokens, |value| value, &[], structured))
}

fn with_empty_page(columns: impl FnOnce(&Page, &Tokens<f32>) -> Columns) -> Vec<String> {
    let document = Document::default();
    let page = Page::new(&document);
    let tokens = Tokens::new(&page, |_, _| 0.0);
    columns(&page, &tokens).names().iter().map(|name| name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Limits, segment_html};

    #[test]
    fn names_are_unique_and_few() {
        for structured in [false, true] {
            for mut names in [first_stage_names(structured), second_stage_names(structured)] {
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
