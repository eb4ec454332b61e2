//! What the features share: counts per block, per element and for the whole page.

use std::collections::HashMap;

use super::columns::{Columns, flag, log, share};
use super::text::Text;
use crate::block::Document;

/// Sums over a set of blocks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sums {
    pub blocks: f32,
    pub words: f32,
    pub chars: f32,
    pub link_chars: f32,
    pub long_words: f32,
    pub sentence_ends: f32,
    pub prose: f32,
}

impl Sums {
    pub(crate) fn of(text: &Text) -> Sums {
        Sums {
            blocks: 1.0,
            words: text.words,
            chars: text.chars,
            link_chars: text.chars * text.link_share,
            long_words: if text.long { text.words } else { 0.0 },
            sentence_ends: flag(text.sentence_end),
            prose: text.prose,
        }
    }

    pub(crate) fn add(&mut self, other: &Sums) {
        self.blocks += other.blocks;
        self.words += other.words;
        self.chars += other.chars;
        self.link_chars += other.link_chars;
        self.long_words += other.long_words;
        self.sentence_ends += other.sentence_ends;
        self.prose += other.prose;
    }

    pub(crate) fn link_share(&self) -> f32 {
        share(self.link_chars, self.chars)
    }

    /// Share of words in long blocks, damped so that a few words do not make 1.
    pub(crate) fn long_share(&self) -> f32 {
        self.long_words / (self.words + 5.0)
    }

    pub(crate) fn words_per_block(&self) -> f32 {
        share(self.words, self.blocks)
    }

    pub(crate) fn sentence_end_share(&self) -> f32 {
        share(self.sentence_ends, self.blocks)
    }
}

/// A document with the counts that features are made of.
pub(crate) struct Page<'a> {
    pub document: &'a Document,
    pub text: Vec<Text>,
    pub total: Sums,
    /// Per block, the elements above it, innermost first.
    pub chains: Vec<Vec<usize>>,
    /// Per element, the sums over the blocks inside it.
    pub inside: Vec<Sums>,
    /// Per element, its depth: 1 for the root.
    pub depth: Vec<usize>,
    /// Per element, the first and last block inside it.
    pub span: Vec<(usize, usize)>,
    /// The block that is the title of the page's own article, if one is recognised.
    pub headline: Option<usize>,
    /// Share of the words of each block that the page's `<title>` has, and the reverse.
    pub title_match: Vec<(f32, f32)>,
    /// Per block, its distinct words as numbers of the page.
    pub words: Vec<Vec<u32>>,
    /// How many words the page has numbers for.
    pub vocabulary: usize,
    /// Per block, a number that blocks of the same text share.
    pub text_number: Vec<usize>,
    /// By that number, how many blocks have the text.
    same_text: Vec<u32>,
    /// `words[i]`: words in the blocks before block `i`; one more entry than blocks.
    words_before: Vec<f32>,
    prose_before: Vec<f32>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(document: &'a Document) -> Page<'a> {
        let blocks = &document.blocks;
        let text: Vec<Text> = blocks.iter().map(|b| Text::new(&b.text, b.link_chars)).collect();
        let mut total = Sums::default();
        let (mut words_before, mut prose_before) = (vec![0.0], vec![0.0]);
        for facts in &text {
            total.add(&Sums::of(facts));
            words_before.push(total.words);
            prose_before.push(total.prose);
        }
        let chains: Vec<_> = blocks.iter().map(|b| document.ancestors(b.element)).collect();
        let mut inside = vec![Sums::default(); document.elements.len()];
        let mut span = vec![(usize::MAX, 0); document.elements.len()];
        for (i, chain) in chains.iter().enumerate() {
            let sums = Sums::of(&text[i]);
            for &element in chain {
                inside[element].add(&sums);
                span[element] = (span[element].0.min(i), i);
            }
        }
        let mut depth: Vec<usize> = Vec::with_capacity(document.elements.len());
        for element in &document.elements {
            depth.push(element.parent.map_or(1, |parent| depth[parent] + 1));
        }
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut same_text = Vec::new();
        let mut text_number = Vec::with_capacity(blocks.len());
        for block in blocks {
            let number = *numbers.entry(&block.text).or_insert(same_text.len());
            if number == same_text.len() {
                same_text.push(0);
            }
            same_text[number] += 1;
            text_number.push(number);
        }
        let (words, vocabulary) = number_words(&text);
        let title_match = match_title(&document.title, &text);
        let mut page = Page {
            document,
            text,
            total,
            chains,
            inside,
            depth,
            span,
            headline: None,
            title_match,
            words,
            vocabulary,
            text_number,
            same_text,
            words_before,
            prose_before,
        };
        page.headline = page.find_headline();
        page
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// How many blocks of the page have the text of block `i`, itself included.
    pub(crate) fn same_text(&self, i: usize) -> f32 {
        self.same_text[self.text_number[i]] as f32
    }

    pub(crate) fn words_before(&self, i: usize) -> f32 {
        self.words_before[i]
    }

    /// Prose in the blocks from `from` up to, not including, `to`.
    pub(crate) fn prose_between(&self, from: usize, to: usize) -> f32 {
        if from < to { self.prose_before[to] - self.prose_before[from] } else { 0.0 }
    }

    /// Tag names above block `i`, innermost first.
    pub(crate) fn tags(&self, i: usize) -> impl Iterator<Item = &str> {
        self.chains[i].iter().map(|&e| self.document.elements[e].tag.as_str())
    }

    /// The level of the heading that block `i` is in, 0 for none.
    pub(crate) fn heading_level(&self, i: usize) -> u8 {
        self.tags(i).take(6).find_map(heading_level).unwrap_or(0)
    }

    /// The first `h1` that agrees with the title; failing that the best agreeing block of three
    /// words or more; failing that the only `h1`.
    fn find_headline(&self) -> Option<usize> {
        let agreement = |i: usize| {
            let (of_block, of_title) = self.title_match[i];
            of_block.min(of_title * 2.0)
        };
        let h1: Vec<usize> = (0..self.len()).filter(|&i| self.heading_level(i) == 1).collect();
        if let Some(&first) = h1.iter().find(|&&i| agreement(i) >= 0.6) {
            return Some(first);
        }
        let mut best = None;
        for i in 0..self.len() {
            if self.text[i].words >= 3.0
                && agreement(i) >= 0.8
                && best.is_none_or(|b| agreement(i) > agreement(b))
            {
                best = Some(i);
            }
        }
        best.or_else(|| if h1.len() == 1 { h1.first().copied() } else { None })
    }
}

/// The distinct words of each block of two letters or more, as numbers of the page, and how many
/// numbers there are.
fn number_words(text: &[Text]) -> (Vec<Vec<u32>>, usize) {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut number = |token| {
        let next = numbers.len() as u32;
        *numbers.entry(token).or_insert(next)
    };
    let mut words = Vec::with_capacity(text.len());
    for facts in text {
        let tokens = facts.tokens.iter().filter(|token| token.chars().nth(1).is_some());
        let mut distinct: Vec<u32> = tokens.map(|token| number(token.as_str())).collect();
        distinct.sort_unstable();
        distinct.dedup();
        words.push(distinct);
    }
    (words, numbers.len())
}

fn heading_level(tag: &str) -> Option<u8> {
    match tag.as_bytes() {
        [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
        _ => None,
    }
}

fn match_title(title: &str, text: &[Text]) -> Vec<(f32, f32)> {
    let title = Text::new(title, 0).tokens;
    let common = |tokens: &[String]| tokens.iter().filter(|t| title.contains(t)).count() as f32;
    text.iter()
        .map(|facts| {
            // Long blocks hold the words of any title.
            if title.is_empty() || facts.words > 40.0 {
                return (0.0, 0.0);
            }
            let common = common(&facts.tokens);
            (share(common, facts.tokens.len() as f32), share(common, title.len() as f32).min(1.0))
        })
        .collect()
}

/// Where the block stands on the page, and what kind of page it is.
pub(super) fn add(page: &Page, columns: &mut Columns) {
    let n = page.len() as f32;
    let total = page.total;
    columns.add("position_blocks", |i| i as f32 / n);
    columns.add("position_words", |i| share(page.words_before(i), total.words));
    columns.add("log_blocks_before", |i| log(i as f32));
    columns.add("log_blocks_after", |i| log(n - 1.0 - i as f32));
    columns.add("log_words_before", |i| log(page.words_before(i)));
    columns.add("prose_before_share", |i| share(page.prose_between(0, i), total.prose));
    columns.add("prose_after_share", |i| share(page.prose_between(i + 1, page.len()), total.prose));
    columns.add("block_prose_share", |i| share(page.text[i].prose, total.prose));

    let longest = page.text.iter().map(|t| t.prose).fold(0.0, f32::max);
    columns.add("prose_of_longest", |i| share(page.text[i].prose, longest));
    columns.add("page_log_words", |_| log(total.words));
    columns.add("page_log_blocks", |_| log(n));
    columns.add("page_link_share", |_| total.link_share());
    columns.add("page_long_share", |_| total.long_share());
    columns.add("page_words_per_block", |_| log(total.words_per_block()));
    columns.add("page_sentence_end_share", |_| total.sentence_end_share());
    columns.add("page_log_longest", |_| log(longest));
    let long_blocks = page.text.iter().filter(|t| t.long).count() as f32;
    columns.add("page_log_long_blocks", |_| log(long_blocks));
    let repeated = (0..page.len()).filter(|&i| page.same_text(i) > 1.0).count() as f32;
    columns.add("page_repeated_share", |_| share(repeated, n));
}
