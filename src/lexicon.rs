//! Tokens to log-odds, and log-odds to a few aggregates per block.
//!
//! | file | what it holds |
//! |---|---|
//! | `tokens.rs` | a page to tokens |
//! | `aggregates.rs` | the log-odds of tokens to features |
//!
//! Each kind of token lives in a namespace of its own: the same word says one thing in a text and
//! another in a class name. A token's log-odds is how much more often it stands in positive blocks
//! than the base rate of its namespace would have it (`train/counts.rs` makes them).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hash::{Hash, HashedMap};

mod aggregates;
mod tokens;

pub(crate) use aggregates::{Lanes, aggregates, feature_names};
pub(crate) use tokens::Tokens;
use tokens::hash_of_entry;

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Namespace {
    /// Words of the text.
    Word,
    /// Pairs of adjacent words.
    Bigram,
    /// The whole text, up to six words.
    Phrase,
    /// Tag, id and class words of the block's own elements.
    OwnClass,
    /// The same of the two nearest parents.
    NearClass,
    /// The same of all higher ancestors.
    FarClass,
    /// Runs of tag names ending at the block.
    TagPath,
    /// Words of the nearest heading above.
    Heading,
    /// Words in the addresses of the links.
    LinkPath,
}

impl Namespace {
    /// Every namespace, in the order of the features.
    pub const ALL: [Namespace; 9] = [
        Namespace::Word,
        Namespace::Bigram,
        Namespace::Phrase,
        Namespace::OwnClass,
        Namespace::NearClass,
        Namespace::FarClass,
        Namespace::TagPath,
        Namespace::Heading,
        Namespace::LinkPath,
    ];

    /// The name used in models and feature names.
    pub fn name(self) -> &'static str {
        match self {
            Namespace::Word => "word",
            Namespace::Bigram => "bigram",
            Namespace::Phrase => "phrase",
            Namespace::OwnClass => "own_class",
            Namespace::NearClass => "near_class",
            Namespace::FarClass => "far_class",
            Namespace::TagPath => "tag_path",
            Namespace::Heading => "heading",
            Namespace::LinkPath => "link_path",
        }
    }

    fn needs_structure(self) -> bool {
        !matches!(self, Namespace::Word | Namespace::Bigram | Namespace::Phrase)
    }
}

/// Log-odds by namespace and token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lexicon {
    entries: BTreeMap<Namespace, BTreeMap<String, f32>>,
}

impl Lexicon {
    /// Adds or replaces an entry.
    pub fn insert(&mut self, namespace: Namespace, token: String, log_odds: f32) {
        self.entries.entry(namespace).or_default().insert(token, log_odds);
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.values().map(BTreeMap::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every entry: namespace, token, log-odds.
    pub fn iter(&self) -> impl Iterator<Item = (Namespace, &str, f32)> {
        self.entries
            .iter()
            .flat_map(|(&n, tokens)| tokens.iter().map(move |(t, &v)| (n, t.as_str(), v)))
    }

    /// The log-odds of a token, 0 if it is not known.
    pub fn get(&self, namespace: Namespace, token: &str) -> f32 {
        self.entries.get(&namespace).and_then(|tokens| tokens.get(token)).copied().unwrap_or(0.0)
    }
}

/// Lexicons that are read at once: those of all labels there are, and some to spare.
pub(crate) const LANES: usize = 16;

/// Bits per token that tell what is unknown: one in sixteen is taken for known at most.
const BITS: usize = 16;

/// Several lexicons read in one pass: a token is looked up once for all of them.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    numbers: HashedMap<u32>,
    /// A bit for each token, by its hash: most tokens of a page are in no lexicon, and this table is
    /// small enough to stay in the nearer caches.
    known: Vec<u64>,
    /// Lexicons that have a token, with its log-odds there, token after token: most are in one.
    values: Vec<(u32, f32)>,
    /// Where those of each token end; token 0 is the unknown one.
    ends: Vec<u32>,
}

impl Lookup {
    /// Of [`LANES`] lexicons at most.
    pub(crate) fn new<'a>(lexicons: impl IntoIterator<Item = &'a Lexicon>) -> Lookup {
        let mut numbers = HashedMap::default();
        let mut of_tokens: Vec<Vec<(u32, f32)>> = vec![Vec::new()];
        for (n, lexicon) in lexicons.into_iter().enumerate() {
            for (namespace, token, value) in lexicon.iter() {
                let next = of_tokens.len() as u32;
                let number = *numbers.entry(hash_of_entry(namespace, token)).or_insert(next);
                if number == next {
                    of_tokens.push(Vec::new());
                }
                of_tokens[number as usize].push((n as u32, value));
            }
        }
        let mut known = vec![0; (numbers.len() * BITS / 64).next_power_of_two()];
        for token in numbers.keys() {
            let (word, bit) = token.bit(known.len());
            known[word] |= bit;
        }
        let values = of_tokens.concat();
        let mut end = 0;
        let end_after = |of_token: &Vec<(u32, f32)>| {
            end += of_token.len() as u32;
            end
        };
        let ends = of_tokens.iter().map(end_after).collect();
        Lookup { numbers, known, values, ends }
    }

    /// The number of a token, 0 if no lexicon has it.
    pub(crate) fn number(&self, token: Hash) -> u32 {
        let (word, bit) = token.bit(self.known.len());
        if self.known[word] & bit == 0 {
            return 0;
        }
        self.numbers.get(&token).copied().unwrap_or(0)
    }

    /// The lexicons that have a token, and its log-odds there.
    pub(crate) fn values(&self, number: u32) -> impl Iterator<Item = (usize, f32)> {
        let start = if number == 0 { 0 } else { self.ends[number as usize - 1] };
        let values = &self.values[start as usize..self.ends[number as usize] as usize];
        values.iter().map(|&(n, value)| (n as usize, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookups_read_several_lexicons() {
        let (mut a, mut b) = (Lexicon::default(), Lexicon::default());
        a.insert(Namespace::Word, "x".into(), 1.0);
        b.insert(Namespace::Word, "x".into(), 2.0);
        b.insert(Namespace::Bigram, "x".into(), 3.0);
        let lookup = Lookup::new([&a, &b]);
        let number = |namespace, token| lookup.number(hash_of_entry(namespace, token));
        let values = |namespace, token| -> Vec<(usize, f32)> {
            lookup.values(number(namespace, token)).collect()
        };
        assert_eq!(values(Namespace::Word, "x"), [(0, 1.0), (1, 2.0)]);
        assert_eq!(values(Namespace::Bigram, "x"), [(1, 3.0)]);
        assert_eq!(values(Namespace::Word, "y"), []);
        assert_eq!(values(Namespace::Phrase, "x"), []);
    }
}
