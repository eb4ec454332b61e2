//! What one model made of a set of pages: each block against its label, and the figures of that.

use std::collections::BTreeMap;

use saring::{
    Confusion, Label, Operating, Page, Scores, auc, average_precision, calibration_error,
};

/// The thresholds that are tried.
pub const THRESHOLDS: [f32; 19] = [
    0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85,
    0.9, 0.95,
];

/// A page as a model sees it.
#[derive(Clone)]
pub struct Examined {
    pub name: String,
    pub domain: String,
    /// As the gold names it, or empty.
    pub page_type: String,
    /// As the page states it, or empty.
    pub language: String,
    pub blocks: Vec<Seen>,
    /// Word-F1 where there is gold text, else F1 of the labelled blocks.
    pub f1: f64,
    /// Word-F1 at each of [`THRESHOLDS`], where there is gold text.
    pub by_threshold: Option<Vec<f64>>,
}

/// A block, what it is and what the model says.
#[derive(Clone, PartialEq)]
pub struct Seen {
    pub text: String,
    pub truth: Option<Label>,
    pub given: Label,
    pub probability: f32,
}

impl Seen {
    pub fn kept(&self) -> bool {
        self.given.is_main()
    }

    /// Whether it is kept as it should be; nothing where nobody has said.
    pub fn right(&self) -> Option<bool> {
        self.truth.map(|truth| truth.is_main() == self.kept())
    }
}

/// The blocks of a classified page with what they are.
pub fn seen(page: &Page, truth: &[Option<Label>]) -> Vec<Seen> {
    let blocks = page.blocks.iter().zip(truth);
    let seen = blocks.map(|(block, &truth)| Seen {
        text: block.text.clone(),
        truth,
        given: block.label,
        probability: block.probability,
    });
    seen.collect()
}

/// F1 of what is kept of the labelled blocks; perfect where none has a label.
pub fn block_scores<'s>(blocks: impl IntoIterator<Item = &'s Seen>) -> Scores {
    let [mut both, mut kept, mut wanted] = [0.0; 3];
    for block in blocks {
        let Some(truth) = block.truth else { continue };
        let count = |is: bool| f64::from(u8::from(is));
        both += count(truth.is_main() && block.kept());
        kept += count(block.kept());
        wanted += count(truth.is_main());
    }
    Scores::new(both, kept, wanted)
}

/// What a threshold gives, of blocks and, where there is gold text, of words.
pub struct Swept {
    pub threshold: f32,
    pub blocks: Scores,
    pub words: Option<f64>,
}

/// Some pages together.
pub struct Group {
    pub name: String,
    pub pages: usize,
    pub f1: f64,
}

/// What a model made of a set of pages.
pub struct Side {
    pub pages: Vec<Examined>,
}

impl Side {
    pub fn blocks(&self) -> impl Iterator<Item = &Seen> {
        self.pages.iter().flat_map(|page| &page.blocks)
    }

    /// The probability of each labelled block, and whether it is wanted.
    pub fn outcomes(&self) -> Vec<(f32, bool)> {
        self.blocks().filter_map(|b| Some((b.probability, b.truth?.is_main()))).collect()
    }

    pub fn curve(&self) -> Vec<Operating> {
        Operating::curve(&self.outcomes())
    }

    /// Labels given against true ones, where the kind of the true one is known.
    pub fn confusion(&self) -> Confusion {
        let mut confusion = Confusion::default();
        for block in self.blocks() {
            match block.truth {
                Some(truth) if truth != Label::Boilerplate => confusion.add(truth, block.given),
                _ => {}
            }
        }
        confusion
    }

    /// Mean word-F1 of the pages with gold text, at a place in [`THRESHOLDS`] or, without, at the cut
    /// chosen for each page.
    fn words(&self, threshold: Option<usize>) -> Option<f64> {
        let of = |page: &Examined| {
            let at = page.by_threshold.as_ref()?;
            Some(threshold.map_or(page.f1, |n| at[n]))
        };
        let f1: Vec<f64> = self.pages.iter().filter_map(of).collect();
        (!f1.is_empty()).then(|| f1.iter().sum::<f64>() / f1.len() as f64)
    }

    /// The figures by the names that `--json` has for them.
    pub fn figures(&self) -> BTreeMap<&'static str, f64> {
        let outcomes = self.outcomes();
        let scores = block_scores(self.blocks());
        let mut figures = BTreeMap::new();
        if !outcomes.is_empty() {
            figures.insert("f1", scores.f1);
            figures.insert("precision", scores.precision);
            figures.insert("recall", scores.recall);
            figures.insert("calibrated", 1.0 - calibration_error(&outcomes));
        }
        figures.extend(auc(&outcomes).map(|auc| ("auc", auc)));
        figures.extend(average_precision(&self.curve()).map(|ap| ("average_precision", ap)));
        let confusion = self.confusion();
        if confusion.labels().len() > 2 {
            figures.insert("macro_f1", confusion.macro_f1());
        }
        figures.extend(self.words(None).map(|f1| ("word_f1", f1)));
        figures
    }

    pub fn sweep(&self) -> Vec<Swept> {
        let outcomes = self.outcomes();
        let at = |(n, &threshold): (usize, &f32)| Swept {
            threshold,
            blocks: Operating::at(threshold, &outcomes).scores,
            words: self.words(Some(n)),
        };
        THRESHOLDS.iter().enumerate().map(at).collect()
    }

    /// What the cut chosen for each page gives.
    pub fn chosen(&self) -> (Scores, Option<f64>) {
        (block_scores(self.blocks()), self.words(None))
    }

    /// The pages that `key` puts together with their mean F1, the least first; those that it knows
    /// nothing of are `unknown`.
    pub fn by(&self, key: impl Fn(&Examined) -> &str, unknown: &str) -> Vec<Group> {
        let mut groups: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for page in &self.pages {
            let name = Some(key(page)).filter(|name| !name.is_empty());
            groups.entry(name.unwrap_or(unknown)).or_default().push(page.f1);
        }
        let mut groups: Vec<Group> = groups
            .into_iter()
            .map(|(name, f1)| Group {
                name: name.to_string(),
                pages: f1.len(),
                f1: f1.iter().sum::<f64>() / f1.len() as f64,
            })
            .collect();
        groups.sort_by(|a, b| a.f1.total_cmp(&b.f1));
        groups
    }

    /// The places of the pages with the lowest F1, those with one alone.
    pub fn worst(&self, most: usize) -> Vec<usize> {
        let has_truth = |page: &Examined| {
            page.by_threshold.is_some() || page.blocks.iter().any(|block| block.truth.is_some())
        };
        let mut worst: Vec<usize> =
            (0..self.pages.len()).filter(|&n| has_truth(&self.pages[n])).collect();
        worst.sort_by(|&a, &b| self.pages[a].f1.total_cmp(&self.pages[b].f1));
        worst.truncate(most);
        worst.retain(|&n| self.pages[n].f1 < 1.0);
        worst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side() -> Side {
        let block =
            |truth, given, probability| Seen { text: "x".into(), truth, given, probability };
        let page = |name: &str, domain: &str, blocks: Vec<Seen>| {
            let f1 = block_scores(&blocks).f1;
            let (name, domain) = (name.to_string(), domain.to_string());
            let none = String::new;
            Examined {
                name,
                domain,
                page_type: none(),
                language: none(),
                blocks,
                f1,
                by_threshold: None,
            }
        };
        let (content, ad, boilerplate) = (Label::Content, Label::Ad, Label::Boilerplate);
        Side {
            pages: vec![
                page(
                    "a",
                    "x",
                    vec![block(Some(content), content, 0.9), block(Some(ad), content, 0.8)],
                ),
                page("b", "x", vec![block(Some(content), ad, 0.7), block(None, content, 0.2)]),
                page("c", "y", vec![block(Some(boilerplate), ad, 0.1)]),
            ],
        }
    }

    #[test]
    fn figures_by_hand() {
        let side = side();
        let figures = side.figures();
        // Kept 2 of the labelled, 1 of them wanted, 2 wanted.
        assert_eq!((figures["precision"], figures["recall"], figures["f1"]), (0.5, 0.5, 0.5));
        assert_eq!(figures["auc"], 0.75);
        assert_eq!(side.outcomes().len(), 4);
        assert_eq!(side.confusion().total(), 3.0);
        let (chosen, words) = side.chosen();
        assert_eq!((chosen.f1, words), (0.5, None));
        let at_75 = side.sweep().into_iter().find(|s| s.threshold == 0.75).unwrap();
        assert_eq!((at_75.blocks.precision, at_75.blocks.recall), (0.5, 0.5));
    }

    #[test]
    fn groups_and_the_worst() {
        let side = side();
        let groups = side.by(|page| &page.domain, "-");
        let rows: Vec<_> = groups.iter().map(|g| (g.name.as_str(), g.pages, g.f1)).collect();
        assert_eq!(rows, [("x", 2, (2.0 / 3.0 + 0.0) / 2.0), ("y", 1, 1.0)]);
        assert_eq!(side.worst(9), [1, 0]);
        assert_eq!(side.worst(1), [1]);
    }
}
