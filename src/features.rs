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
//! | `site.rs` | what the memory of a site says, where there is one |
//!
//! `page.rs` and `tree.rs` hold the counts that they share, by block and by element.
//! `family.rs` lists them for an ablation.

pub(crate) mod columns;
#[cfg(feature = "train")]
pub(crate) mod family;
pub(crate) mod groups;
pub(crate) mod links;
pub(crate) mod neighbours;
pub(crate) mod page;
pub(crate) mod probabilities;
pub(crate) mod site;
pub(crate) mod structure;
pub(crate) mod text;
pub(crate) mod tree;

use std::borrow::Cow;

use columns::{Columns, Sink, Table};
use page::Page;
use probabilities::Verdicts;

use crate::block::{Document, Label};
use crate::lexicon;
use crate::panel::{Flow, Sum};
use crate::site::Recall;

/// Every feature but those of the lexicon and of stage two.
pub(crate) struct Dense {
    text: Columns,
    /// Where links lead; `None` for plain text.
    links: Option<Columns>,
    /// Position, page, neighbours.
    place: Columns,
    /// Tags, containers, shapes; `None` for plain text.
    tree: Option<Columns>,
}

impl Dense {
    /// Without `structured`, the features that need elements, links or a title are absent, not
    /// zero.
    pub(crate) fn new(page: &Page, structured: bool) -> Dense {
        Dense::of(page, structured, || Columns::new(page.len()))
    }

    fn of(page: &Page, structured: bool, table: impl Fn() -> Columns) -> Dense {
        let filled = |add: &dyn Fn(&mut Columns)| {
            let mut columns = table();
            add(&mut columns);
            columns
        };
        Dense {
            text: filled(&|columns| text::add(page, columns)),
            place: filled(&|columns| add_place(page, structured, columns)),
            links: structured.then(|| filled(&|columns| links::add(page, columns))),
            tree: structured.then(|| filled(&|columns| add_tree(page, columns))),
        }
    }

    /// The features of stage one but those of the lexicon, which follow.
    pub(crate) fn first_stage(&self) -> Table<'_> {
        let parts = [Some(&self.text), Some(&self.place), self.links.as_ref(), self.tree.as_ref()];
        Table::new(parts.into_iter().flatten().map(Cow::Borrowed))
    }

    /// The features of stage two: the block's own evidence again, because neighbours outvote a lone
    /// read-also line, `lexicon`, and what stage one thinks of everything around it.
    pub(crate) fn second_stage<'a>(
        &'a self,
        lexicon: Cow<'a, Columns>,
        page: &Page,
        verdicts: &Verdicts,
    ) -> Table<'a> {
        let mut of_verdicts = self.text.like();
        let structured = self.tree.is_some();
        add_verdicts(page, verdicts, structured, &mut of_verdicts);
        let own = [Some(&self.text), self.links.as_ref()].into_iter().flatten();
        Table::new(own.map(Cow::Borrowed).chain([lexicon, Cow::Owned(of_verdicts)]))
    }
}

fn add_place(page: &Page, structured: bool, columns: &mut impl Sink) {
    page::add(page, columns);
    neighbours::add(page, structured, columns);
}

fn add_tree(page: &Page, columns: &mut impl Sink) {
    structure::add(page, columns);
    groups::add(page, columns);
}

fn add_verdicts(page: &Page, verdicts: &Verdicts, structured: bool, columns: &mut impl Sink) {
    probabilities::add(page, verdicts, structured, columns);
    probabilities::add_kinds(page, verdicts, structured, columns);
}

/// The features of [`Dense`], each straight into the sums of the stages that have it: those of a
/// page of many blocks would take more memory than the page.
pub(crate) fn flow<'a>(page: &Page, structured: bool, first: &mut Sum<'a>, second: &mut Sum<'a>) {
    let rows = page.len();
    text::add(page, &mut Flow::new(rows, [first, second]));
    add_place(page, structured, &mut Flow::new(rows, [first]));
    if structured {
        links::add(page, &mut Flow::new(rows, [first, second]));
        add_tree(page, &mut Flow::new(rows, [first]));
    }
}

/// The last features of stage two, those of the verdicts of stage one.
pub(crate) fn flow_verdicts(page: &Page, verdicts: &Verdicts, structured: bool, second: &mut Sum) {
    add_verdicts(page, verdicts, structured, &mut Flow::new(page.len(), [second]));
}

/// Names of the features of stage one, in order.
pub(crate) fn first_stage_names(structured: bool) -> Vec<String> {
    names(|page, columns| {
        let dense = Dense::of(page, structured, Columns::named);
        dense.first_stage().names().for_each(|name| columns.add(name, |_| 0.0));
        lexicon::feature_names(structured).for_each(|name| columns.add(name, |_| 0.0));
    })
}

/// Names of the features of stage two, in order, where stage one knows these kinds.
pub(crate) fn second_stage_names(structured: bool, kinds: &[Label]) -> Vec<String> {
    let verdicts = Verdicts::none(kinds);
    names(|page, columns| {
        let dense = Dense::of(page, structured, Columns::named);
        let mut of_lexicon = Columns::named();
        lexicon::feature_names(structured).for_each(|name| of_lexicon.add(name, |_| 0.0));
        let table = dense.second_stage(Cow::Owned(of_lexicon), page, &verdicts);
        table.names().for_each(|name| columns.add(name, |_| 0.0));
    })
}

/// Names of the features of the regression on site memory, in order.
pub(crate) fn site_names() -> Vec<String> {
    names(|_, columns| site::add(&Recall::default(), &[], columns))
}

/// What that regression reads of a page with these calibrated logits.
pub(crate) fn site_table(recall: &Recall, logits: &[f32]) -> Table<'static> {
    let mut columns = Columns::new(logits.len());
    site::add(recall, logits, &mut columns);
    Table::new([Cow::Owned(columns)])
}

/// The names of the columns that `add` adds for a page.
fn names(add: impl FnOnce(&Page, &mut Columns)) -> Vec<String> {
    let document = Document::default();
    let page = Page::new(&document);
    let mut columns = Columns::named();
    add(&page, &mut columns);
    columns.names().to_vec()
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
            let page = Page::new(&document);
            let dense = Dense::new(&page, true);
            for column in dense.first_stage().columns() {
                assert!(column.iter().all(|v| v.is_finite() && v.abs() < 1e4));
            }
        }
    }
}
