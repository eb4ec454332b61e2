//! Page gold and blocks: which blocks the gold text covers.
//!
//! Gold for a page is often one text, without a word about where on the page it was. [`align`]
//! finds its place in six steps, longest evidence first, and uses each gold token once, so that a
//! teaser repeating the first paragraph does not count as a second copy of it:
//!
//! 1. find the maximal runs of [`GRAM`] or more tokens that a block and the gold share;
//! 2. take those too long, or too singular, to be chance;
//! 3. blocks that are mostly covered by now are anchors; take the other runs by length, then by
//!    how far they are from where the anchors around their block say the gold should be;
//! 4. fill the gaps of partly covered blocks with what gold has left at the same place;
//! 5. short blocks count only where the gold between their neighbours holds them;
//! 6. the share of covered tokens is the result, almost always close to 0 or 1.

mod sequence;
#[cfg(test)]
mod tests;

pub(crate) use sequence::match_blocks;
pub use sequence::match_snippet;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Tokens of the shortest run; also the length of the indexed n-grams.
const GRAM: usize = 4;
/// N-grams with more occurrences in the gold start no run: what only repeats cannot say where it
/// belongs, and would make the search quadratic. Runs may still go through them.
const MAX_OCCURRENCES: usize = 16;
/// Places in the gold of all n-grams of the blocks; the most frequent are left out to keep to it.
const MAX_SEEDS: usize = 1_000_000;
/// Tokens of a run that is taken before there are anchors.
const LONG_RUN: usize = 16;
/// The same for a run with a part that occurs only once in the gold.
const UNIQUE_RUN: usize = 8;
/// Covered share of an anchor, and of a block that needs no further step.
const ANCHOR_SHARE: f32 = 0.5;
/// Covered tokens of an anchor.
const ANCHOR_TOKENS: usize = 6;
/// Covered share from which the gaps of a block are filled.
const FILL_SHARE: f32 = 0.3;
/// Tokens of the shortest block that is filled.
const FILL_TOKENS: usize = 4;
/// Gold tokens around those of a block that may fill it too.
const FILL_MARGIN: usize = 3;
/// Tokens of a short block that may match a whole gold line out of order, or any place in a wide
/// window.
const PHRASE: usize = 3;
/// Gold tokens around its window in which a shorter block may match a whole line.
const SWAP_WINDOW: usize = 16;
/// Share of a short block that must be found when its words are in another order.
const BAG_SHARE: f32 = 0.75;
/// Gold tokens of the widest window in which loose words prove anything.
const BAG_WINDOW: usize = 200;
/// Places that are tried for one token or text before giving up.
const MAX_PROBES: usize = 64;

/// Stands for a block token that is not in the gold, and for a token that covers nothing.
const NONE: usize = usize::MAX;

/// The share (0 to 1) of the tokens of each block that the gold text covers.
///
/// A token is a lower-cased run of letters, digits and `_`, or one character in scripts that do
/// not put spaces between words. A block without tokens has a share of 0.
pub fn align(gold: &str, blocks: &[&str]) -> Vec<f32> {
    let mut aligner = Aligner::new(gold, blocks);
    let runs = aligner.runs();
    aligner.take_runs(&runs, |run| run.len >= if run.unique { UNIQUE_RUN } else { LONG_RUN }, true);
    aligner.take_runs(&runs, |_| true, true);
    aligner.take_runs(&runs, |_| true, false);
    aligner.fill();
    aligner.take_short();
    (0..blocks.len()).map(|block| aligner.share(block)).collect()
}

/// Calls `each` with every token of `text`.
pub(crate) fn tokenize(text: &str, mut each: impl FnMut(&str)) {
    let mut token = String::new();
    for c in text.chars() {
        let word = c.is_alphanumeric() || c == '_';
        if !token.is_empty() && (!word || is_unspaced(c)) {
            each(&token);
            token.clear();
        }
        if word {
            token.extend(c.to_lowercase());
            if is_unspaced(c) {
                each(&token);
                token.clear();
            }
        }
    }
    if !token.is_empty() {
        each(&token);
    }
}

/// Characters of scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{312F}' | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}' | '\u{20000}'..='\u{3FFFF}')
}

/// The same tokens in a block and in the gold. The order of the fields is the order of preference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    len: usize,
    /// Tokens between the run and the gold window of its block.
    distance: Reverse<usize>,
    /// Blocks to the nearest anchor.
    away: Reverse<usize>,
    /// First token, counted over all blocks.
    at: Reverse<usize>,
    /// First token in the gold.
    gold: Reverse<usize>,
    block: usize,
    /// Whether a part of the run occurs only once in the gold.
    unique: bool,
}

/// Gold tokens from the first to behind the last.
type Range = (usize, usize);
/// An anchor: block and gold range.
type Neighbour = Option<(usize, Range)>;

struct Aligner {
    gold: Vec<usize>,
    /// Whether a line starts at a gold token; one more at the end.
    line_start: Vec<bool>,
    /// Whether a gold token is still to be taken.
    free: Vec<bool>,
    /// Where each distinct token is in the gold, ascending.
    places: Vec<Vec<usize>>,
    /// The tokens of all blocks, one after the other.
    tokens: Vec<usize>,
    /// For each of `tokens` the gold token that covers it.
    cover: Vec<usize>,
    /// First token of each block; one more at the end.
    starts: Vec<usize>,
}

impl Aligner {
    fn new(text: &str, blocks: &[&str]) -> Aligner {
        let mut ids = HashMap::<String, usize>::new();
        let (mut gold, mut line_start, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for line in text.lines() {
            let start = gold.len();
            tokenize(line, |token| {
                let id = ids.get(token).copied().unwrap_or_else(|| {
                    places.push(Vec::new());
                    ids.insert(token.to_string(), places.len() - 1);
                    places.len() - 1
                });
                places[id].push(gold.len());
                line_start.push(gold.len() == start);
                gold.push(id);
            });
        }
        line_start.push(true);
        let (mut tokens, mut starts) = (Vec::new(), vec![0]);
        for block in blocks {
            tokenize(block, |token| tokens.push(ids.get(token).copied().unwrap_or(NONE)));
            starts.push(tokens.len());
        }
        let (free, cover) = (vec![true; gold.len()], vec![NONE; tokens.len()]);
        Aligner { gold, line_start, free, places, tokens, cover, starts }
    }

    fn blocks(&self) -> usize {
        self.starts.len() - 1
    }

    fn tokens_of(&self, block: usize) -> std::ops::Range<usize> {
        self.starts[block]..self.starts[block + 1]
    }

    fn covered(&self, block: usize) -> usize {
        self.cover[self.tokens_of(block)].iter().filter(|&&gold| gold != NONE).count()
    }

    fn share(&self, block: usize) -> f32 {
        self.covered(block) as f32 / self.tokens_of(block).len().max(1) as f32
    }

    /// The gold tokens from the first to the last that cover a block.
    fn range(&self, block: usize) -> Option<Range> {
        let taken = self.cover[self.tokens_of(block)].iter().filter(|&&gold| gold != NONE);
        let last = *taken.clone().max()?;
        Some((*taken.min()?, last + 1))
    }

    fn take(&mut self, token: usize, gold: usize) {
        self.release(token);
        self.cover[token] = gold;
        self.free[gold] = false;
    }

    fn release(&mut self, token: usize) {
        if let Some(free) = self.free.get_mut(self.cover[token]) {
            *free = true;
        }
        self.cover[token] = NONE;
    }

    /// Step 1. Every run holds a seed: an n-gram that is not too frequent in the gold.
    fn runs(&self) -> Vec<Run> {
        let mut index = HashMap::<&[usize], Vec<usize>>::new();
        for (at, gram) in self.gold.windows(GRAM).enumerate() {
            let places = index.entry(gram).or_default();
            if places.len() <= MAX_OCCURRENCES {
                places.push(at);
            }
        }
        let mut seeds: Vec<&[usize]> = Vec::with_capacity(self.tokens.len());
        for block in 0..self.blocks() {
            let grams = self.tokens[self.tokens_of(block)].windows(GRAM);
            seeds.extend(grams.map(|gram| index.get(gram).map_or(&[][..], Vec::as_slice)));
            seeds.resize(self.starts[block + 1], &[]);
        }
        // The frequent ones go until the rest are few; single ones never do.
        let mut total = [0; MAX_OCCURRENCES + 2];
        seeds.iter().for_each(|seed| total[seed.len()] += seed.len());
        let mut sum = 0;
        let most = (1..=MAX_OCCURRENCES)
            .take_while(|&n| {
                sum += total[n];
                n == 1 || sum <= MAX_SEEDS
            })
            .count();
        seeds.iter_mut().filter(|seed| seed.len() > most).for_each(|seed| *seed = &[]);
        self.runs_from(&seeds)
    }

    /// The maximal runs through the seeds, given for each token of the blocks as the gold places
    /// of the n-gram that starts there.
    ///
    /// The time is linear: a token is in no more than `2 * MAX_OCCURRENCES` runs, as each holds
    /// the nearest seed before or behind it.
    fn runs_from(&self, seeds: &[&[usize]]) -> Vec<Run> {
        let mut runs = Vec::new();
        for block in 0..self.blocks() {
            let tokens = self.tokens_of(block);
            for at in tokens.clone() {
                for &gold in seeds[at] {
                    let same = |&n: &usize| self.tokens[at - n] == self.gold[gold - n];
                    let longest = (at - tokens.start).min(gold);
                    let mut back = 0;
                    let mut before = (1..=longest).take_while(same).inspect(|&n| back = n);
                    if before.any(|n| !seeds[at - n].is_empty()) {
                        continue; // Found from there.
                    }
                    let ahead = self.tokens[at..tokens.end].iter().zip(&self.gold[gold..]);
                    let len = ahead.take_while(|(a, b)| a == b).count();
                    runs.push(Run {
                        len: back + len,
                        distance: Reverse(0),
                        away: Reverse(0),
                        at: Reverse(at - back),
                        gold: Reverse(gold - back),
                        block,
                        unique: seeds[at..at + len].iter().any(|seed| seed.len() == 1),
                    });
                }
            }
        }
        runs
    }

    /// Steps 2 and 3: takes what is left of the runs, if `strong`.
    ///
    /// With `sole` a piece that has an equal rival, on the page or in the gold, waits for a later
    /// call: by then there are more anchors to tell the two apart.
    fn take_runs(&mut self, runs: &[Run], strong: fn(&Run) -> bool, sole: bool) {
        let anchors = self.anchors();
        let (before, behind) = neighbours(&anchors);
        let mut pieces = Vec::new();
        for run in runs {
            let block = run.block;
            let (low, high) = match (anchors[block], before[block], behind[block]) {
                (Some(own), ..) => own,
                (None, before, behind) => (
                    before.map_or(0, |(_, range)| range.1),
                    behind.map_or(self.gold.len(), |(_, range)| range.0),
                ),
            };
            let away = |side: Neighbour| side.map_or(NONE, |(b, _)| b.abs_diff(block));
            let away = away(before[block]).min(away(behind[block]));
            self.free_pieces(run, |mut piece| {
                let end = piece.gold.0 + piece.len;
                let distance = low.saturating_sub(piece.gold.0).max(end.saturating_sub(high));
                (piece.distance, piece.away) = (Reverse(distance), Reverse(away));
                pieces.push(piece);
            });
        }
        pieces.retain(strong);
        if sole {
            let (mut on_page, mut in_gold) = (HashMap::new(), HashMap::new());
            for run in &pieces {
                *on_page.entry((run.gold, run.len)).or_insert(0) += 1;
                *in_gold.entry((run.at, run.len)).or_insert(0) += 1;
            }
            pieces.retain(|r| on_page[&(r.gold, r.len)] == 1 && in_gold[&(r.at, r.len)] == 1);
        }
        self.consume(pieces, strong);
    }

    /// Calls `each` with every maximal part of a run of which nothing is taken.
    fn free_pieces(&self, run: &Run, mut each: impl FnMut(Run)) {
        let mut len = 0;
        for n in 0..=run.len {
            let (at, gold) = (run.at.0 + n, run.gold.0 + n);
            if n < run.len && self.free[gold] && self.cover[at] == NONE {
                len += 1;
                continue;
            }
            if len >= GRAM {
                each(Run { len, at: Reverse(at - len), gold: Reverse(gold - len), ..run.clone() });
            }
            len = 0;
        }
    }

    /// Takes runs, the best first; one that has lost tokens to a better run queues again.
    ///
    /// A run only ever loses tokens at its ends: what was taken before it was at least as long,
    /// so cannot lie strictly inside.
    fn consume(&mut self, runs: Vec<Run>, strong: fn(&Run) -> bool) {
        let mut queue = BinaryHeap::from(runs);
        while let Some(mut run) = queue.pop() {
            let len = run.len;
            let taken = |n: usize, run: &Run, aligner: &Aligner| {
                !aligner.free[run.gold.0 + n] || aligner.cover[run.at.0 + n] != NONE
            };
            while run.len > 0 && taken(0, &run, self) {
                run.at.0 += 1;
                run.gold.0 += 1;
                run.len -= 1;
            }
            while run.len > 0 && taken(run.len - 1, &run, self) {
                run.len -= 1;
            }
            if run.len == len {
                for n in 0..len {
                    self.take(run.at.0 + n, run.gold.0 + n);
                }
            } else if run.len >= GRAM && strong(&run) {
                queue.push(run);
            }
        }
    }

    /// For each block that is an anchor its gold range; ranges ascend.
    fn anchors(&self) -> Vec<Option<Range>> {
        let ranges: Vec<(usize, Range)> = (0..self.blocks())
            .filter(|&b| self.covered(b) >= ANCHOR_TOKENS && self.share(b) >= ANCHOR_SHARE)
            .filter_map(|b| Some((b, self.range(b)?)))
            .collect();
        let mut anchors = vec![None; self.blocks()];
        let firsts: Vec<usize> = ranges.iter().map(|(_, range)| range.0).collect();
        for n in longest_increasing(&firsts) {
            anchors[ranges[n].0] = Some(ranges[n].1);
        }
        anchors
    }

    /// Step 4.
    fn fill(&mut self) {
        for block in 0..self.blocks() {
            let tokens = self.tokens_of(block);
            if tokens.len() < FILL_TOKENS || self.share(block) < FILL_SHARE {
                continue;
            }
            if let Some((low, high)) = self.range(block) {
                self.take_bag(block, (low.saturating_sub(FILL_MARGIN), high + FILL_MARGIN));
            }
        }
    }

    /// Covers tokens of a block with equal ones anywhere in a gold range; returns which.
    fn take_bag(&mut self, block: usize, (low, high): Range) -> Vec<usize> {
        let mut taken = Vec::new();
        for at in self.tokens_of(block) {
            let Some(places) = self.places.get(self.tokens[at]) else { continue };
            if self.cover[at] != NONE {
                continue;
            }
            let places = &places[places.partition_point(|&gold| gold < low)..];
            let inside = places.iter().take_while(|&&gold| gold < high).take(MAX_PROBES);
            if let Some(&gold) = inside.into_iter().find(|&&gold| self.free[gold]) {
                self.take(at, gold);
                taken.push(at);
            }
        }
        taken
    }

    /// Step 5. Each block that is accepted narrows the windows of the next. Those before the first
    /// anchor are taken from the anchor upwards: the line above a text is nearer to it than a menu.
    fn take_short(&mut self) {
        let mut anchors = self.anchors();
        let first = anchors.iter().position(Option::is_some).unwrap_or(0);
        let mut high = anchors.get(first).copied().flatten().map_or(self.gold.len(), |a| a.0);
        for block in (0..first).rev() {
            if let Some(range) = self.take_one(block, (0, high), true) {
                high = range.0;
            }
        }
        let mut low = 0;
        let (_, behind) = neighbours(&anchors);
        for block in first..self.blocks() {
            if anchors[block].is_none() {
                let high = behind[block].map_or(self.gold.len(), |(_, range)| range.0);
                anchors[block] = self.take_one(block, (low, high), false);
            }
            if let Some(range) = anchors[block] {
                low = range.1;
            }
        }
    }

    /// Covers one short block from a window; returns where, if that makes it an anchor.
    fn take_one(&mut self, block: usize, window: Range, last: bool) -> Option<Range> {
        let (tokens, (low, high)) = (self.tokens_of(block), window);
        let len = tokens.len();
        if len == 0 || self.share(block) >= ANCHOR_SHARE {
            return None;
        }
        let narrow = high.saturating_sub(low) <= BAG_WINDOW;
        if let Some(gold) = self.find(block, window, last, !narrow && len < PHRASE) {
            (0..len).for_each(|n| self.take(tokens.start + n, gold + n));
            return Some((gold, gold + len));
        }
        let wide = if len >= PHRASE {
            (0, self.gold.len())
        } else if last {
            (low, (high + SWAP_WINDOW).min(self.gold.len()))
        } else {
            (low.saturating_sub(SWAP_WINDOW), high)
        };
        if let Some(gold) = self.find(block, wide, last, true) {
            (0..len).for_each(|n| self.take(tokens.start + n, gold + n));
            return None;
        }
        if narrow && len > 1 {
            let taken = self.take_bag(block, window);
            if self.share(block) >= BAG_SHARE {
                return self.range(block);
            }
            taken.into_iter().for_each(|at| self.release(at));
        }
        None
    }

    /// The first (or last) free place in a gold range that holds a block word by word.
    fn find(&self, block: usize, (low, high): Range, last: bool, line: bool) -> Option<usize> {
        let tokens = &self.tokens[self.tokens_of(block)];
        let places = |&(_, &token): &(usize, &usize)| self.places.get(token).map_or(0, Vec::len);
        let (offset, &rarest) = tokens.iter().enumerate().min_by_key(places)?;
        let places = self.places.get(rarest)?;
        let from = places.partition_point(|&gold| gold < low + offset);
        let to = places.partition_point(|&gold| gold + tokens.len() - offset <= high);
        let holds = |gold: usize| {
            let range = gold..gold + tokens.len();
            self.gold[range.clone()] == *tokens
                && (!line || (self.line_start[gold] && self.line_start[range.end]))
                && self.free[range].iter().all(|&free| free)
        };
        let mut places = places.get(from..to)?.iter().map(|gold| gold - offset);
        if last {
            places.rev().take(MAX_PROBES).find(|&gold| holds(gold))
        } else {
            places.by_ref().take(MAX_PROBES).find(|&gold| holds(gold))
        }
    }
}

/// For each block the nearest anchor before and behind it (or itself).
fn neighbours(anchors: &[Option<Range>]) -> (Vec<Neighbour>, Vec<Neighbour>) {
    let nearest = |last: &mut Neighbour, (block, anchor): (usize, &Option<Range>)| {
        *last = anchor.map(|range| (block, range)).or(*last);
        Some(*last)
    };
    let before = anchors.iter().enumerate().scan(None, nearest).collect();
    let mut behind: Vec<_> = anchors.iter().enumerate().rev().scan(None, nearest).collect();
    behind.reverse();
    (before, behind)
}

/// Positions of the longest strictly increasing subsequence.
fn longest_increasing(values: &[usize]) -> Vec<usize> {
    let mut tails = Vec::<usize>::new();
    let mut previous = vec![NONE; values.len()];
    for (n, value) in values.iter().enumerate() {
        let rank = tails.partition_point(|&tail| values[tail] < *value);
        if rank > 0 {
            previous[n] = tails[rank - 1];
        }
        if rank == tails.len() { tails.push(n) } else { tails[rank] = n }
    }
    let mut chain: Vec<usize> =
        std::iter::successors(tails.last().copied(), |&n| Some(previous[n]).filter(|&p| p != NONE))
            .collect();
    chain.reverse();
    chain
}
