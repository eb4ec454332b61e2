//! Hashes of characters and of other hashes: what a token is looked up by.
//!
//! They are made while a text is read, so that a word needs no string of its own. They start from a
//! number that is drawn anew in each process, so that no page can be written whose words collide, and
//! are stored nowhere; only those of a site memory start from a fixed one, as they go into a file.
//! Two tokens that share a hash would be one token, which 64 bits leave to chance once in billions of
//! lexicons.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::LazyLock;

/// The golden ratio in 64 bits, as in Knuth's multiplicative hashing.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

static START: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(MULTIPLIER));

/// A hash that more can be added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash(u64);

/// A map by hashes.
pub(crate) type HashedMap<V> = HashMap<Hash, V, BuildHasherDefault<AsIs>>;

/// Takes a hash for its own.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only hashes are hashed")
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

impl std::hash::Hash for Hash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

impl Default for Hash {
    fn default() -> Hash {
        Hash(*START)
    }
}

impl Hash {
    /// The start of a hash that is the same in every process.
    pub(crate) fn fixed() -> Hash {
        Hash(MULTIPLIER)
    }

    /// The hash as a number, and a hash of its number.
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    /// See [`Hash::number`].
    pub(crate) fn of_number(number: u64) -> Hash {
        Hash(number)
    }

    /// Of a sequence of characters.
    pub(crate) fn of(chars: impl IntoIterator<Item = char>) -> Hash {
        let mut hash = Hash::default();
        chars.into_iter().for_each(|c| hash.add(c as u64));
        hash
    }

    /// Of a text, eight bytes at a time: not the hash of its characters.
    pub(crate) fn of_text(text: &str) -> Hash {
        let mut hash = Hash::default();
        let (eights, rest) = text.as_bytes().as_chunks::<8>();
        eights.iter().for_each(|eight| hash.add(u64::from_le_bytes(*eight)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        hash.add(u64::from_le_bytes(last));
        hash.add(text.len() as u64);
        hash
    }

    /// Adds a number; the order counts.
    pub(crate) fn add(&mut self, number: u64) {
        let product = u128::from(self.0.rotate_left(32) ^ number) * u128::from(MULTIPLIER);
        self.0 = (product as u64) ^ (product >> 64) as u64;
    }

    /// A bit among those of `words` numbers of 64, a power of two: which number, and the bit in it.
    pub(crate) fn bit(self, words: usize) -> (usize, u64) {
        ((self.0 >> 6) as usize & (words - 1), 1 << (self.0 & 63))
    }

    /// The hash with another added.
    pub(crate) fn and(mut self, other: Hash) -> Hash {
        self.add(other.0);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn order_and_length_count() {
        let words = ["", "a", "aa", "ab", "ba", "abc", "a b", "\0", "\0\0"];
        let hashes: HashSet<Hash> = words.iter().map(|word| Hash::of(word.chars())).collect();
        assert_eq!(hashes.len(), words.len());
        let texts = ["", "a", "a\0", "abcdefgh", "abcdefgh\0", "abcdefghi", "ibcdefgha"];
        let hashes: HashSet<Hash> = texts.iter().map(|text| Hash::of_text(text)).collect();
        assert_eq!(hashes.len(), texts.len());
        let (a, b) = (Hash::of(['a']), Hash::of(['b']));
        assert_ne!(a.and(b), b.and(a));
    }

    #[test]
    fn a_hundred_thousand_words_differ() {
        let words = (0..100_000).map(|n: u32| Hash::of(format!("kata{n}").chars()));
        assert_eq!(words.collect::<HashSet<_>>().len(), 100_000);
    }
}
