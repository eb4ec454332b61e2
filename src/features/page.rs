//! What the features share: counts per block, per element and for the whole page.

use super::columns::{Sink, flag, log, share};
use super::groups::Shapes;
use super::structure::Levels;
use super::text::{Text, Word};
use super::tree::Tree;
use crate::block::Document;
use crate::hash::{Hash, HashedMap};

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
    /// The words of all blocks: see [`Text::tokens`].
    pub words: Vec<Word>,
    /// Per block, the sums over it alone.
    pub sums: Vec<Sums>,
    pub total: Sums,
    pub tree: Tree<'a>,
    pub shapes: Shapes,
    /// Per block, its containers.
    pub levels: Vec<Levels>,
    /// The block that is the title of the page's own article, if one is recognised.
    pub headline: Option<usize>,
    /// Share of the words of each block that the page's `<title>` has, and the reverse.
    pub title_match: Vec<(f32, f32)>,
    vocabulary: Vocabulary,
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
        let mut words = Vec::new();
        let text: Vec<Text> =
            blocks.iter().map(|b| Text::new(&b.text, b.link_chars, &mut words)).collect();
        let mut total = Sums::default();
        let (mut words_before, mut prose_before) = (vec![0.0], vec![0.0]);
        let sums: Vec<Sums> = text.iter().map(Sums::of).collect();
        for of_block in &sums {
            total.add(of_block);
            words_before.push(total.words);
            prose_before.push(total.prose);
        }
        let mut numbers: HashedMap<usize> = HashedMap::default();
        let mut same_text = Vec::new();
        let mut text_number = Vec::with_capacity(blocks.len());
        for block in blocks {
            let number = *numbers.entry(Hash::of_text(&block.text)).or_insert(same_text.len());
            if number == same_text.len() {
                same_text.push(0);
            }
            same_text[number] += 1;
            text_number.push(number);
        }
        let tree = Tree::new(document, &sums);
        let mut page = Page {
            document,
            shapes: Shapes::new(document, &tree.names, &sums),
            tree,
            levels: Vec::new(),
            sums,
            total,
            headline: None,
            title_match: match_title(&document.title, &text, &words),
            vocabulary: Vocabulary::new(&text, &words),
            text_number,
            same_text,
            words_before,
            prose_before,
            words,
            text,
        };
        page.headline = page.find_headline();
        page.levels = (0..page.len()).map(|i| Levels::of(&page, i)).collect();
        page
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// How many blocks of the page have the text of block `i`, itself included.
    pub(crate) fn same_text(&self, i: usize) -> f32 {
        self.same_text[self.text_number[i]] as f32
    }

    /// How many texts the page has that differ.
    pub(crate) fn texts(&self) -> usize {
        self.same_text.len()
    }

    pub(crate) fn words_before(&self, i: usize) -> f32 {
        self.words_before[i]
    }

    /// Prose in the blocks from `from` up to, not including, `to`.
    pub(crate) fn prose_between(&self, from: usize, to: usize) -> f32 {
        if from < to { self.prose_before[to] - self.prose_before[from] } else { 0.0 }
    }

    /// How many words of block `i` differ.
    pub(crate) fn distinct_words(&self, i: usize) -> u32 {
        self.vocabulary.distinct[i]
    }

    /// The distinct words of block `i` of two letters or more, as numbers of the page.
    pub(crate) fn word_numbers(&self, i: usize) -> &[u32] {
        let start = if i == 0 { 0 } else { self.vocabulary.ends[i - 1] };
        &self.vocabulary.numbers[start..self.vocabulary.ends[i]]
    }

    /// How many words the page has numbers for.
    pub(crate) fn vocabulary(&self) -> usize {
        self.vocabulary.size
    }

    /// The element that block `i` is in.
    pub(crate) fn element(&self, i: usize) -> Option<usize> {
        self.document.blocks[i].element
    }

    /// How many elements are above block `i`.
    pub(crate) fn depth(&self, i: usize) -> usize {
        self.element(i).map_or(0, |e| self.tree.depth[e])
    }

    /// The elements above block `i`, innermost first. To go all the way up for every block takes
    /// time that grows with the depth: what is asked of all ancestors is handed down in
    /// [`Tree::inherit`].
    pub(crate) fn chain(&self, i: usize) -> impl Iterator<Item = usize> {
        let parent = |&e: &usize| self.document.elements[e].parent;
        std::iter::successors(self.element(i), parent)
    }

    /// Tag names above block `i`, innermost first.
    pub(crate) fn tags(&self, i: usize) -> impl Iterator<Item = &str> {
        self.chain(i).map(|e| self.document.elements[e].tag.as_str())
    }

    /// The level of the heading that block `i` is in, 0 for none.
    pub(crate) fn heading_level(&self, i: usize) -> u8 {
        self.element(i).map_or(0, |e| self.tree.heading[e])
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

/// The words of a page by number.
struct Vocabulary {
    /// Per block, its distinct words of two letters or more, one block after the other.
    numbers: Vec<u32>,
    /// Where each block ends in there.
    ends: Vec<usize>,
    /// Per block, how many distinct words it has of any length.
    distinct: Vec<u32>,
    size: usize,
}

impl Vocabulary {
    fn new(text: &[Text], words: &[Word]) -> Vocabulary {
        let mut known: HashedMap<u32> = HashedMap::default();
        let (mut numbers, mut ends, mut distinct) = (Vec::new(), Vec::new(), Vec::new());
        // Whether each word has two letters.
        let mut long: Vec<bool> = Vec::new();
        let mut of_block: Vec<u32> = Vec::new();
        for facts in text {
            of_block.clear();
            for word in &words[facts.tokens.clone()] {
                let next = known.len() as u32;
                let number = *known.entry(word.hash).or_insert(next);
                if number == next {
                    long.push(word.chars > 1);
                }
                of_block.push(number);
            }
            of_block.sort_unstable();
            of_block.dedup();
            distinct.push(of_block.len() as u32);
            numbers.extend(of_block.iter().filter(|&&number| long[number as usize]));
            ends.push(numbers.len());
        }
        Vocabulary { numbers, ends, distinct, size: known.len() }
    }
}

fn match_title(title: &str, text: &[Text], words: &[Word]) -> Vec<(f32, f32)> {
    let mut of_title = Vec::new();
    Text::new(title, 0, &mut of_title);
    let in_title: HashedMap<()> = of_title.iter().map(|word| (word.hash, ())).collect();
    text.iter()
        .map(|facts| {
            // Long blocks hold the words of any title.
            if of_title.is_empty() || facts.words > 40.0 {
                return (0.0, 0.0);
            }
            let tokens = &words[facts.tokens.clone()];
            let common =
                tokens.iter().filter(|word| in_title.contains_key(&word.hash)).count() as f32;
            (share(common, tokens.len() as f32), share(common, of_title.len() as f32).min(1.0))
        })
        .collect()
}

/// Where the block stands on the page, and what kind of page it is.
pub(super) fn add(page: &Page, columns: &mut impl Sink) {
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
    let long_blocks = page.text.iter().filter(|t| t.long).count() as f32;
    let repeated = (0..page.len()).filter(|&i| page.same_text(i) > 1.0).count() as f32;
    for (name, value) in [
        ("page_log_words", log(total.words)),
        ("page_log_blocks", log(n)),
        ("page_link_share", total.link_share()),
        ("page_long_share", total.long_share()),
        ("page_words_per_block", log(total.words_per_block())),
        ("page_sentence_end_share", total.sentence_end_share()),
        ("page_log_longest", log(longest)),
        ("page_log_long_blocks", log(long_blocks)),
        ("page_repeated_share", share(repeated, n)),
    ] {
        columns.add(name, |_| value);
    }
}
