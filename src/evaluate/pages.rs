//! Pages with the text that is wanted of them: words, snippets, lines left in.

use std::collections::{BTreeMap, HashSet};

use crate::block::Label;
use crate::bootstrap::{Figure, with_intervals};
use crate::classify::Page;
use crate::gold::{Gold, TextLayout, Truth};
use crate::metrics::{Confusion, Scores, word_scores};

/// Labels of lines that stand inside an article without being of it.
const INLINE: [Label; 6] =
    [Label::Related, Label::Promo, Label::Ad, Label::HeadlineList, Label::Navigation, Label::Share];

/// How one page compares with its gold.
#[derive(Debug, Clone, Default)]
pub struct PageScore {
    /// Name of the page.
    pub name: String,
    /// Registered domain, as of [`LabelledPage`](crate::LabelledPage).
    pub group: String,
    /// Page type as the gold names it, or empty.
    pub page_type: String,
    /// Word-F1 of the kept text; for snippets, F1 of wanted against unwanted ones.
    pub text: Scores,
    /// Gold content blocks: found whole in the kept text, all of four words or more.
    pub content_blocks: (usize, usize),
    /// Boilerplate lines between the first and last content block: left in, all.
    pub inline_lines: (usize, usize),
    /// Snippets: wanted ones found, wanted ones, unwanted ones found, unwanted ones.
    pub snippets: (usize, usize, usize, usize),
    /// Labels, where the gold has them for every block. Titles count as content there.
    pub confusion: Confusion,
}

fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Scores a classified page. The rules are those of the data: captions are neutral where blocks
/// are labelled, and the title is neutral where the gold is the publisher's body text.
///
/// `group` is the registered domain of the page, which intervals are drawn by.
pub fn score_page(name: &str, group: &str, gold: &Gold, page: &Page) -> PageScore {
    let mut score = PageScore {
        name: name.to_string(),
        group: group.to_string(),
        page_type: gold.page_type.clone(),
        ..PageScore::default()
    };
    let text = page.text();
    match &gold.truth {
        Truth::Text { main_content, layout: TextLayout::Wcxb, .. } => {
            score.text = word_scores(&text, main_content);
        }
        Truth::Text { main_content, layout: TextLayout::Body, .. } => {
            let title = normal(&gold.title);
            let body: Vec<&str> = text.lines().filter(|line| normal(line) != title).collect();
            score.text = word_scores(&body.join("\n"), main_content);
        }
        Truth::Blocks { main_content, blocks, .. } => {
            score_blocks(&mut score, &text, main_content, blocks, page);
        }
        Truth::Snippets { with, without, .. } => {
            let flat = normal(&text).to_lowercase();
            let found = |snippets: &[String]| {
                snippets.iter().filter(|s| flat.contains(&normal(s).to_lowercase())).count()
            };
            let (wanted, unwanted) = (found(with), found(without));
            score.snippets = (wanted, with.len(), unwanted, without.len());
            score.text = Scores::new(wanted as f64, (wanted + unwanted) as f64, with.len() as f64);
        }
    }
    score
}

fn score_blocks(
    score: &mut PageScore,
    text: &str,
    main_content: &str,
    blocks: &[(String, Label)],
    page: &Page,
) {
    let captions: HashSet<String> =
        blocks.iter().filter(|(_, l)| *l == Label::Caption).map(|(t, _)| normal(t)).collect();
    let body: Vec<&str> = text.lines().filter(|line| !captions.contains(&normal(line))).collect();
    score.text = word_scores(&body.join("\n"), main_content);
    let (flat, content) = (normal(text), normal(main_content));
    let first = blocks.iter().position(|(_, l)| l.is_main());
    let last = blocks.iter().rposition(|(_, l)| l.is_main());
    let mut truth: BTreeMap<String, Label> = BTreeMap::new();
    for (i, (block, label)) in blocks.iter().enumerate() {
        let block = normal(block);
        let words = block.split(' ').count();
        truth.entry(block.clone()).or_insert(*label);
        if label.is_main() {
            if words >= 4 {
                score.content_blocks.1 += 1;
                score.content_blocks.0 += usize::from(flat.contains(&block));
            }
        } else if INLINE.contains(label)
            && words >= 3
            && first.is_some_and(|f| f < i)
            && last.is_some_and(|l| i < l)
            && !content.contains(&block)
        {
            score.inline_lines.1 += 1;
            score.inline_lines.0 += usize::from(flat.contains(&block));
        }
    }
    let merged = |label: Label| if label.is_main() { Label::Content } else { label };
    for block in &page.blocks {
        if let Some(truth) = truth.get(&normal(&block.text)) {
            score.confusion.add(merged(*truth), merged(block.label));
        }
    }
}

/// Scores of many pages, summed up.
#[derive(Debug, Clone, Default)]
pub struct PageReport {
    /// Per page, in the order they were added.
    pub pages: Vec<PageScore>,
}

impl PageReport {
    /// Mean over all pages.
    pub fn text(&self) -> Scores {
        Scores::mean(&self.pages.iter().map(|p| p.text).collect::<Vec<_>>())
    }

    /// Mean and number of pages per page type.
    pub fn by_type(&self) -> BTreeMap<String, (Scores, usize)> {
        let mut types: BTreeMap<String, Vec<Scores>> = BTreeMap::new();
        for page in self.pages.iter().filter(|p| !p.page_type.is_empty()) {
            types.entry(page.page_type.clone()).or_default().push(page.text);
        }
        types.into_iter().map(|(t, s)| (t, (Scores::mean(&s), s.len()))).collect()
    }

    /// Snippets over all pages: F1 of wanted against unwanted; `None` where there are none.
    pub fn snippets(&self) -> Option<Scores> {
        let sum = |part: fn(&PageScore) -> usize| self.pages.iter().map(part).sum::<usize>() as f64;
        let (found, wanted) = (sum(|p| p.snippets.0), sum(|p| p.snippets.1));
        let wrong = sum(|p| p.snippets.2);
        (wanted > 0.0).then(|| Scores::new(found, found + wrong, wanted))
    }

    /// Content blocks kept whole, of all.
    pub fn content_blocks(&self) -> (usize, usize) {
        self.pages.iter().fold((0, 0), |(a, b), p| (a + p.content_blocks.0, b + p.content_blocks.1))
    }

    /// Inline boilerplate lines left in, of all.
    pub fn inline_lines(&self) -> (usize, usize) {
        self.pages.iter().fold((0, 0), |(a, b), p| (a + p.inline_lines.0, b + p.inline_lines.1))
    }

    /// Labels over all pages.
    pub fn confusion(&self) -> Confusion {
        let mut all = Confusion::default();
        for page in &self.pages {
            all.merge(&page.confusion, 1.0);
        }
        all
    }

    /// Labels by registered domain, where blocks are labelled.
    pub fn confusion_by_domain(&self) -> BTreeMap<&str, Confusion> {
        let mut domains: BTreeMap<&str, Confusion> = BTreeMap::new();
        for page in self.pages.iter().filter(|page| !page.confusion.is_empty()) {
            domains.entry(&page.group).or_default().merge(&page.confusion, 1.0);
        }
        domains
    }

    /// How many registered domains the pages are of.
    pub fn domains(&self) -> usize {
        self.pages.iter().map(|page| page.group.as_str()).collect::<HashSet<_>>().len()
    }

    /// The figures by name, what gates and cards hold, with intervals over registered domains.
    pub fn figures(&self) -> BTreeMap<String, Figure> {
        let mut domains: BTreeMap<&str, Vec<&PageScore>> = BTreeMap::new();
        for page in &self.pages {
            domains.entry(&page.group).or_default().push(page);
        }
        let domains: Vec<Vec<&PageScore>> = domains.into_values().collect();
        with_intervals(domains.len(), |times| {
            let drawn = domains.iter().zip(times).flat_map(|(pages, &times)| {
                (0..times).flat_map(|_| pages.iter().map(|&page| page.clone()))
            });
            PageReport { pages: drawn.collect() }.values()
        })
    }

    /// The same figures without intervals.
    pub fn values(&self) -> BTreeMap<String, f64> {
        let mut figures = BTreeMap::new();
        let text = self.text();
        match self.snippets() {
            Some(scores) => {
                figures.insert("snippet_f1".into(), scores.f1);
                figures.insert("snippet_precision".into(), scores.precision);
                figures.insert("snippet_recall".into(), scores.recall);
            }
            None => {
                figures.insert("word_f1".into(), text.f1);
                figures.insert("precision".into(), text.precision);
                figures.insert("recall".into(), text.recall);
            }
        }
        for (name, (scores, _)) in self.by_type() {
            figures.insert(format!("word_f1.{name}"), scores.f1);
        }
        let (kept, all) = self.content_blocks();
        if all > 0 {
            figures.insert("content_blocks_kept".into(), kept as f64 / all as f64);
        }
        let (left, all) = self.inline_lines();
        if all > 0 {
            figures.insert("inline_lines_removed".into(), 1.0 - left as f64 / all as f64);
        }
        let confusion = self.confusion();
        if !confusion.is_empty() {
            figures.insert("macro_f1".into(), confusion.macro_f1());
        }
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Labelled;

    fn page(blocks: &[(&str, Label, bool)]) -> Page {
        let blocks = blocks
            .iter()
            .map(|&(text, label, kept)| Labelled {
                text: text.into(),
                label,
                probability: 0.5,
                kept,
                uncertain: false,
                element: None,
                rule: None,
            })
            .collect();
        Page { blocks, ..Page::default() }
    }

    #[test]
    fn inline_lines_and_captions() {
        let block = |t: &str, l| (t.to_string(), l);
        let gold = Gold {
            url: String::new(),
            title: "Judul".into(),
            page_type: String::new(),
            truth: Truth::Blocks {
                main_content: "satu dua tiga empat\nlima enam tujuh delapan".into(),
                blocks: vec![
                    block("satu dua tiga empat", Label::Content),
                    block("Baca juga: kabar lain", Label::Related),
                    block("Foto: seorang warga", Label::Caption),
                    block("lima enam tujuh delapan", Label::Content),
                    block("Kabar terkini dari kota", Label::HeadlineList),
                ],
                inline_without: vec![],
            },
        };
        let page = page(&[
            ("satu dua tiga empat", Label::Content, true),
            ("Baca juga: kabar lain", Label::Content, true),
            ("Foto: seorang warga", Label::Content, true),
            ("lima enam tujuh delapan", Label::Other, false),
            ("Kabar terkini dari kota", Label::HeadlineList, false),
        ]);
        let score = score_page("x", "x.example", &gold, &page);
        assert_eq!(score.inline_lines, (1, 1));
        assert_eq!(score.content_blocks, (1, 2));
        assert_eq!(score.text.precision, 4.0 / 8.0);
        assert_eq!(score.confusion.count(Label::Related, Label::Content), 1.0);
    }

    #[test]
    fn pages_of_one_domain_are_drawn_together() {
        let score = |n: usize, group: String| PageScore {
            group,
            text: Scores { f1: (n % 2) as f64, ..Scores::default() },
            ..PageScore::default()
        };
        let width = |group: fn(usize) -> usize| {
            let pages = (0..200).map(|n| score(n, group(n).to_string())).collect();
            let figure = PageReport { pages }.figures()["word_f1"];
            assert_eq!(figure.value, 0.5);
            figure.interval.map(|(low, high)| high - low)
        };
        // Two hundred sites of a page each, and twenty of ten pages that are all good or all bad.
        let (many, few) = (width(|n| n).unwrap(), width(|n| n % 20).unwrap());
        assert!((many - 0.139).abs() < 0.02, "{many}");
        assert!(few > 2.5 * many, "{few}");
        assert_eq!(width(|_| 0), None);
    }
}
