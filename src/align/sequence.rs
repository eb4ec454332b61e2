//! Texts that are on the page as they stand: snippets, and the labelled blocks of a whole page.

use std::collections::HashMap;

use super::{MAX_PROBES, Range, longest_increasing};

/// Share of each block that a snippet must cover when it spans several.
const SNIPPET_SHARE: f32 = 0.5;
/// Bytes of gold searched for one block in [`match_blocks`].
const MAX_SEARCH: usize = 20_000;
/// Pairs of equal blocks per text in [`match_blocks`]; a text with more is placed by its window.
const MAX_PAIRS: usize = 4_096;
/// Bytes from which a text found inside a gold block in [`match_blocks`] is no chance.
const FRAGMENT: usize = 8;

/// The blocks that hold a short text, by position, ignoring case and white space.
///
/// If no block holds it alone, the neighbours that hold it together count when it covers at least
/// half of each of them.
pub fn match_snippet(snippet: &str, blocks: &[&str]) -> Vec<usize> {
    let snippet = squeeze(snippet);
    if snippet.is_empty() {
        return Vec::new();
    }
    let page = Joined::new(blocks);
    let alone: Vec<usize> =
        (0..blocks.len()).filter(|&b| page.text[page.range(b)].contains(&snippet)).collect();
    if !alone.is_empty() {
        return alone;
    }
    let mut together = Vec::new();
    for (at, _) in page.text.match_indices(&snippet) {
        let parts = page.parts((at, at + snippet.len()));
        if parts.iter().all(|&(b, len)| len as f32 >= SNIPPET_SHARE * page.range(b).len() as f32) {
            together.extend(parts.into_iter().map(|(block, _)| block));
        }
    }
    together.dedup();
    together
}

/// Which gold blocks each block of a page is made of, and with how many bytes each, when both are
/// in reading order but may be cut differently. White space and case do not matter.
///
/// Blocks that are equal come first, as the longest chain that is in order on both sides; the
/// others must be found in the gold between those, as a part of it or around whole blocks of it.
pub(crate) fn match_blocks(gold: &[&str], blocks: &[&str]) -> Vec<Vec<(usize, usize)>> {
    let (gold, page) = (Joined::new(gold), Joined::new(blocks));
    let exact = equal_chain(&gold, &page);
    let mut high = gold.text.len();
    let mut highs = vec![high; blocks.len()];
    for block in (0..blocks.len()).rev() {
        highs[block] = high;
        high = exact[block].map_or(high, |g| gold.range(g).start);
    }
    let mut low = 0;
    let mut parts = Vec::with_capacity(blocks.len());
    for (block, exact) in exact.into_iter().enumerate() {
        let text = &page.text[page.range(block)];
        let found = match exact {
            Some(g) => vec![(g, text.len())],
            None if text.is_empty() => Vec::new(),
            None => match gold.find(text, (low, highs[block])) {
                Some(at) => {
                    low = at + text.len();
                    gold.parts((at, low))
                }
                None => gold.inside(text, (low, highs[block])),
            },
        };
        if let Some(&(last, len)) = found.last() {
            let range = gold.range(last);
            low = if len == range.len() { range.end } else { low };
        }
        parts.push(found);
    }
    parts
}

/// For each block of the page the equal gold block on the longest chain that ascends.
fn equal_chain(gold: &Joined, page: &Joined) -> Vec<Option<usize>> {
    let mut places = HashMap::<&str, (Vec<usize>, usize)>::new();
    for g in (0..gold.ends.len()).rev() {
        places.entry(&gold.text[gold.range(g)]).or_default().0.push(g);
    }
    places.remove("");
    let texts = || (0..page.ends.len()).map(|block| &page.text[page.range(block)]);
    for text in texts() {
        places.entry(text).and_modify(|(_, count)| *count += 1);
    }
    let mut pairs = Vec::new();
    for (block, text) in texts().enumerate() {
        // Descending gold positions: of one block's pairs only one can be on the chain.
        if let Some((places, count)) = places.get(text)
            && places.len() * count <= MAX_PAIRS
        {
            pairs.extend(places.iter().map(|&g| (block, g)));
        }
    }
    let mut exact = vec![None; page.ends.len()];
    for n in longest_increasing(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>()) {
        exact[pairs[n].0] = Some(pairs[n].1);
    }
    exact
}

/// Lower case without white space and invisible break marks.
fn squeeze(text: &str) -> String {
    let visible = |c: &char| !c.is_whitespace() && !matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}');
    text.chars().filter(visible).flat_map(char::to_lowercase).collect()
}

/// Blocks squeezed and put one behind the other.
struct Joined {
    text: String,
    ends: Vec<usize>,
}

impl Joined {
    fn new(blocks: &[&str]) -> Joined {
        let mut joined = Joined { text: String::new(), ends: Vec::with_capacity(blocks.len()) };
        for block in blocks {
            joined.text.push_str(&squeeze(block));
            joined.ends.push(joined.text.len());
        }
        joined
    }

    fn range(&self, block: usize) -> std::ops::Range<usize> {
        let start = if block == 0 { 0 } else { self.ends[block - 1] };
        start..self.ends[block]
    }

    /// The blocks in a range, each with the bytes of it that are in the range.
    fn parts(&self, (low, high): Range) -> Vec<(usize, usize)> {
        let first = self.ends.partition_point(|&end| end <= low);
        (first..self.ends.len())
            .map(|block| (block, self.range(block)))
            .take_while(|(_, range)| range.start < high)
            .filter(|(_, range)| !range.is_empty())
            .map(|(block, range)| (block, range.end.min(high) - range.start.max(low)))
            .collect()
    }

    /// Where a range holds `text`. A short one must touch the edge of a block or of the range:
    /// in the middle of a word it would be chance.
    fn find(&self, text: &str, (low, high): Range) -> Option<usize> {
        let edge = |at: usize| at == low || self.ends.binary_search(&at).is_ok();
        let window = self.text.get(low..self.cut(low, high, MAX_SEARCH + text.len()))?;
        window
            .match_indices(text)
            .take(MAX_PROBES)
            .map(|(at, _)| low + at)
            .find(|&at| text.len() >= FRAGMENT || edge(at) || edge(at + text.len()))
    }

    /// The whole blocks in a range that `text` holds, if they are at least half of it.
    fn inside(&self, text: &str, (low, high): Range) -> Vec<(usize, usize)> {
        let first = self.ends.partition_point(|&end| end <= low);
        let found: Vec<(usize, usize)> = (first..self.ends.len())
            .map(|block| (block, self.range(block)))
            .take(MAX_PROBES)
            .take_while(|(_, range)| range.end <= high)
            .filter(|(_, range)| range.start >= low && !range.is_empty())
            .filter(|(_, range)| text.contains(&self.text[range.clone()]))
            .map(|(block, range)| (block, range.len()))
            .collect();
        let shared: usize = found.iter().map(|&(_, len)| len).sum();
        if 2 * shared >= text.len() { found } else { Vec::new() }
    }

    /// The end of a range of at most about `longest` bytes.
    fn cut(&self, low: usize, high: usize, longest: usize) -> usize {
        if high.saturating_sub(low) <= longest {
            return high;
        }
        (low + longest..high).find(|&at| self.text.is_char_boundary(at)).unwrap_or(high)
    }
}
