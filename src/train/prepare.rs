//! Labelled pages with everything computed that does not depend on the fold.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use crate::block::Label;
use crate::cut::REPEAT_WORDS;
use crate::dataset::LabelledPage;
use crate::features::Dense;
use crate::features::page::Page;
use crate::hash::HashedMap;
use crate::lexicon::{Namespace, Tokens};

/// What a regression tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// Content and headline against everything else.
    Main,
    /// One label against the rest.
    Kind(Label),
    /// One label against the others on its side, content or boilerplate.
    OfSide(Label),
}

impl Target {
    /// Whether a block with this label is positive; `None` if it says nothing here.
    pub(crate) fn of(self, label: Label) -> Option<bool> {
        match self {
            Target::Main => Some(label.is_main()),
            Target::Kind(_) | Target::OfSide(_) if label == Label::Boilerplate => None,
            Target::OfSide(kind) if kind.is_main() != label.is_main() => None,
            Target::Kind(kind) | Target::OfSide(kind) => Some(kind == label),
        }
    }
}

/// A page ready for training.
pub(crate) struct PreparedPage<'a> {
    pub facts: Page<'a>,
    pub dense: Dense,
    pub tokens: Tokens<u32>,
    pub labels: Vec<Option<Label>>,
    /// Copies of a main block: see [`copies_of_main`].
    copies: Vec<bool>,
    pub weights: Vec<f32>,
    /// Number of its registered domain.
    pub domain: u32,
}

impl PreparedPage<'_> {
    /// The places of all blocks.
    pub(crate) fn all_blocks(&self) -> Vec<u32> {
        (0..self.labels.len() as u32).collect()
    }

    /// Whether block `i` is positive for a target; `None` if it says nothing there.
    pub(crate) fn target(&self, target: Target, i: usize) -> Option<bool> {
        if self.copies[i] && target == Target::Main {
            return None;
        }
        self.labels[i].and_then(|label| target.of(label))
    }
}

/// Blocks of unknown kind that repeat the text of a main block. Gold text holds a text once where
/// the page holds it twice, and which copy is the right one is then arbitrary.
fn copies_of_main(page: &Page, labels: &[Option<Label>]) -> Vec<bool> {
    let main = |i: &usize| labels[*i].is_some_and(Label::is_main);
    let wanted: HashSet<usize> =
        (0..page.len()).filter(main).map(|i| page.text_number[i]).collect();
    let is_copy = |i: usize| {
        labels[i] == Some(Label::Boilerplate)
            && page.text[i].words >= REPEAT_WORDS
            && wanted.contains(&page.text_number[i])
    };
    (0..page.len()).map(is_copy).collect()
}

/// Pages ready for training, in one form.
pub(crate) struct Prepared<'a> {
    pub structured: bool,
    pub pages: Vec<PreparedPage<'a>>,
    /// What each token number stands for.
    pub vocabulary: Vec<(Namespace, String)>,
}

/// The pages as text dumps: no elements, no links, nothing hidden.
pub(crate) fn to_plain(pages: &[LabelledPage]) -> Vec<LabelledPage> {
    pages.par_iter().map(LabelledPage::to_plain).collect()
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(pages: &'a [LabelledPage], structured: bool) -> Prepared<'a> {
        let computed: Vec<(Page<'a>, Dense)> = pages
            .par_iter()
            .map(|page| {
                let facts = Page::new(&page.document);
                let dense = Dense::new(&facts, structured);
                (facts, dense)
            })
            .collect();
        let mut numbers: HashedMap<u32> = HashedMap::default();
        let mut vocabulary: Vec<(Namespace, String)> = Vec::new();
        let mut domains: HashMap<&str, u32> = HashMap::new();
        let mut prepared = Vec::with_capacity(pages.len());
        for (page, (mut facts, dense)) in pages.iter().zip(computed) {
            let tokens = Tokens::new(&facts, |namespace, token, string| {
                let next = vocabulary.len() as u32;
                let number = *numbers.entry(token).or_insert(next);
                if number == next {
                    vocabulary.push((namespace, string()));
                }
                number
            });
            // Their numbers are kept; the words of a large corpus would fill the memory.
            facts.words = Vec::new();
            let next = domains.len() as u32;
            let domain = *domains.entry(&page.group).or_insert(next);
            prepared.push(PreparedPage {
                copies: copies_of_main(&facts, &page.labels),
                facts,
                dense,
                tokens,
                labels: page.labels.clone(),
                weights: page.weights.clone(),
                domain,
            });
        }
        Prepared { structured, pages: prepared, vocabulary }
    }
}
