//! Which features belong together: what an ablation leaves out at once.

use super::columns::Sink;
use super::probabilities::Verdicts;
use super::{groups, links, names, neighbours, page, probabilities, structure, text};
use crate::block::Label;
use crate::lexicon::feature_names;

/// Features that belong together: those of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The block's own text.
    Text,
    /// Position, and the page as a whole.
    Page,
    /// Blocks before and after, headline, headings.
    Neighbours,
    /// Where its links lead.
    Links,
    /// Tags, ancestors, containers.
    Structure,
    /// Blocks of the same shape.
    Groups,
    /// Log-odds of words, class names, paths.
    Lexicon,
    /// Stage two: what stage one thinks of content.
    Probabilities,
    /// Stage two: what stage one thinks of the other labels.
    Kinds,
}

impl Family {
    /// Every family, in the order of the features.
    pub const ALL: [Family; 9] = [
        Family::Text,
        Family::Page,
        Family::Neighbours,
        Family::Links,
        Family::Structure,
        Family::Groups,
        Family::Lexicon,
        Family::Probabilities,
        Family::Kinds,
    ];

    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Family::Text => "text",
            Family::Page => "page",
            Family::Neighbours => "neighbours",
            Family::Links => "links",
            Family::Structure => "structure",
            Family::Groups => "groups",
            Family::Lexicon => "lexicon",
            Family::Probabilities => "probabilities",
            Family::Kinds => "kinds",
        }
    }

    /// The names of its features in either stage.
    pub(crate) fn feature_names(self, structured: bool, kinds: &[Label]) -> Vec<String> {
        let verdicts = Verdicts::none(kinds);
        names(|page, columns| match self {
            Family::Text => text::add(page, columns),
            Family::Page => page::add(page, columns),
            Family::Neighbours => neighbours::add(page, structured, columns),
            Family::Links => links::add(page, columns),
            Family::Structure => structure::add(page, columns),
            Family::Groups => groups::add(page, columns),
            Family::Lexicon => {
                feature_names(structured).for_each(|name| columns.add(name, |_| 0.0));
            }
            Family::Probabilities => probabilities::add(page, &verdicts, structured, columns),
            Family::Kinds => probabilities::add_kinds(page, &verdicts, structured, columns),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{first_stage_names, second_stage_names};

    #[test]
    fn every_feature_is_of_one_family() {
        let kinds = [Label::Promo, Label::Headline];
        for structured in [false, true] {
            let first = first_stage_names(structured);
            let second = second_stage_names(structured, &kinds);
            let of_families: Vec<String> =
                Family::ALL.iter().flat_map(|f| f.feature_names(structured, &kinds)).collect();
            let all: std::collections::BTreeSet<_> = first.iter().chain(&second).collect();
            assert!(all.iter().all(|name| of_families.iter().filter(|n| n == name).count() == 1));
        }
    }
}
