//! The tokens of a page: words, pairs, class names, addresses.

use super::Namespace;
use crate::block::Element;
use crate::features::page::Page;
use crate::features::text::{Word, each_lower, lower};
use crate::features::{links, neighbours};
use crate::hash::Hash;

/// The longest text that is a token of its own.
const PHRASE_WORDS: usize = 6;
/// Parents whose classes count as near.
pub(super) const NEAR_PARENTS: usize = 2;
/// The longest run of tag names.
const TAG_RUN: usize = 5;
/// Tokens of an element that are read.
const ELEMENT_TOKENS: usize = 40;
/// Bounds the work on one block: link lists run to thousands of addresses.
const LINKS: usize = 8;
/// The same for each of its links.
const LINK_WORDS: usize = 12;
/// Words of a heading that are read.
const HEADING_WORDS: usize = 12;

/// What stands between the words of a token in a namespace.
fn separator(namespace: Namespace) -> char {
    if namespace == Namespace::TagPath { '<' } else { ' ' }
}

/// The hash of a token from those of its words.
fn hash(namespace: Namespace, words: impl IntoIterator<Item = Hash>) -> Hash {
    let mut hash = Hash::default();
    hash.add(namespace as u64);
    words.into_iter().fold(hash, Hash::and)
}

/// The hash of a token as a lexicon has it.
pub(super) fn hash_of_entry(namespace: Namespace, token: &str) -> Hash {
    let words = |token: &str| Hash::of(token.chars());
    match namespace {
        Namespace::Bigram | Namespace::Phrase | Namespace::TagPath => {
            hash(namespace, token.split(separator(namespace)).map(words))
        }
        _ => hash(namespace, [words(token)]),
    }
}

/// The tokens of a page, each turned into a `T` by whoever reads them.
///
/// Training makes them numbers to count, classifying numbers of a [`Lookup`]: the walk over the
/// page is the same.
#[derive(Debug, Clone)]
pub(crate) struct Tokens<T> {
    /// The tokens of the blocks, one namespace of one block after the other; those of the class
    /// namespaces are with the elements.
    of_blocks: Vec<T>,
    /// Per block, where each of [`OF_BLOCKS`] ends in there.
    ends: Vec<[u32; OF_BLOCKS.len()]>,
    /// The class tokens of elements in the three class namespaces, once for all elements of the same
    /// names.
    of_elements: Vec<[T; 3]>,
    /// Where those of each of the names start and end.
    pub(super) names: Vec<(u32, u32)>,
    pub(super) elements: Vec<Place>,
    /// Per block, its element.
    pub(super) element: Vec<Option<usize>>,
}

/// Where an element is, and its tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub parent: Option<usize>,
    /// How many of the elements from here up are a block's own, and the one after them.
    pub own: usize,
    pub above_own: Option<usize>,
    /// Its place in the class tokens.
    pub names: usize,
}

/// The namespaces of tokens that a block has for itself.
pub(super) const OF_BLOCKS: [Namespace; 6] = [
    Namespace::Word,
    Namespace::Bigram,
    Namespace::Phrase,
    Namespace::TagPath,
    Namespace::Heading,
    Namespace::LinkPath,
];

/// The namespaces of tokens that the elements above a block have.
const OF_ELEMENTS: [Namespace; 3] =
    [Namespace::OwnClass, Namespace::NearClass, Namespace::FarClass];

impl<T: Copy> Tokens<T> {
    /// `intern` is given each token as its hash, and what makes a string of it.
    pub(crate) fn new(
        page: &Page,
        mut intern: impl FnMut(Namespace, Hash, &dyn Fn() -> String) -> T,
    ) -> Tokens<T> {
        let headings = neighbours::last_headings(page);
        let elements = &page.document.elements;
        let tag = page.tree.names.each(|element| Hash::of(element.tag.chars()));
        let mut tokens = Tokens {
            of_blocks: Vec::new(),
            ends: Vec::with_capacity(page.len()),
            of_elements: Vec::new(),
            names: Vec::new(),
            elements: Vec::with_capacity(elements.len()),
            element: (0..page.len()).map(|i| page.element(i)).collect(),
        };
        let mut of_heading = 0..0;
        for i in 0..page.len() {
            let text = |block: usize| page.document.blocks[block].text.as_str();
            let spoken = |block: usize, words: &[Word]| -> String {
                let word = |word: &Word| -> String {
                    lower(&text(block)[word.at.0 as usize..word.at.1 as usize]).collect()
                };
                words.iter().map(word).collect::<Vec<_>>().join(" ")
            };
            let words = &page.words[page.text[i].tokens.clone()];
            let mut ends = [0; OF_BLOCKS.len()];
            for (namespace, end) in OF_BLOCKS.into_iter().zip(&mut ends) {
                let before = tokens.of_blocks.len();
                let mut add = |token: Hash, string: &dyn Fn() -> String| {
                    tokens.of_blocks.push(intern(namespace, token, string));
                };
                let mut add_words = |block: usize, words: &[Word]| {
                    let token = hash(namespace, words.iter().map(|w| w.hash));
                    add(token, &|| spoken(block, words));
                };
                match namespace {
                    Namespace::Word => words.windows(1).for_each(|word| add_words(i, word)),
                    Namespace::Bigram => words.windows(2).for_each(|pair| add_words(i, pair)),
                    Namespace::Phrase => {
                        if (1..=PHRASE_WORDS).contains(&words.len()) {
                            add_words(i, words);
                        }
                    }
                    Namespace::Heading => {
                        if let Some(heading) = headings[i] {
                            if i > 0 && headings[i - 1] == Some(heading) {
                                // The block before has the same.
                                tokens.of_blocks.extend_from_within(of_heading.clone());
                            } else {
                                let words = &page.words[page.text[heading].tokens.clone()];
                                let words = words.windows(1).take(HEADING_WORDS);
                                words.for_each(|word| add_words(heading, word));
                            }
                            of_heading = before..tokens.of_blocks.len();
                        }
                    }
                    Namespace::TagPath => {
                        let mut token = hash(namespace, []);
                        for (n, e) in page.chain(i).take(TAG_RUN).enumerate() {
                            token = token.and(tag[e]);
                            let run = || page.tags(i).take(n + 1).collect::<Vec<_>>().join("<");
                            add(token, &run);
                        }
                    }
                    _ => {
                        for link in page.document.blocks[i].links.iter().take(LINKS) {
                            let mut left = LINK_WORDS;
                            each_name_word(links::path_of(link), |word, string| {
                                if left > 0 {
                                    left -= 1;
                                    add(hash(namespace, [word]), string);
                                }
                            });
                        }
                    }
                }
                *end = tokens.of_blocks.len() as u32;
            }
            tokens.ends.push(ends);
        }
        for element in &page.tree.names.first {
            let start = tokens.of_elements.len();
            each_name(element, |name, string| {
                // Utility frameworks put dozens of classes on one element.
                if tokens.of_elements.len() - start < ELEMENT_TOKENS {
                    let all = OF_ELEMENTS.map(|n| intern(n, hash(n, [name]), string));
                    tokens.of_elements.push(all);
                }
            });
            tokens.names.push((start as u32, tokens.of_elements.len() as u32));
        }
        for (e, element) in elements.iter().enumerate() {
            let (own, parent) = (page.tree.own[e], element.parent);
            let above_own = match parent {
                Some(parent) if own > 1 => tokens.elements[parent].above_own,
                _ => parent,
            };
            tokens.elements.push(Place { parent, own, above_own, names: page.tree.names.of[e] });
        }
        tokens
    }

    /// The tokens of block `i` in one of [`OF_BLOCKS`], by its place there.
    pub(super) fn of_block(&self, i: usize, which: usize) -> &[T] {
        let before = match (i, which) {
            (0, 0) => 0,
            (_, 0) => self.ends[i - 1][OF_BLOCKS.len() - 1],
            _ => self.ends[i][which - 1],
        };
        &self.of_blocks[before as usize..self.ends[i][which] as usize]
    }

    /// The class tokens of elements of these names.
    pub(super) fn of_names(&self, names: usize) -> &[[T; 3]] {
        let (start, end) = self.names[names];
        &self.of_elements[start as usize..end as usize]
    }

    /// Calls `visit` with every token of block `i`.
    pub(crate) fn each(&self, i: usize, mut visit: impl FnMut(Namespace, T)) {
        for (which, namespace) in OF_BLOCKS.into_iter().enumerate() {
            for &token in self.of_block(i, which) {
                visit(namespace, token);
            }
        }
        let parent = |&e: &usize| self.elements[e].parent;
        let own = self.element[i].map_or(0, |e| self.elements[e].own);
        for (height, e) in std::iter::successors(self.element[i], parent).enumerate() {
            let which = class_namespace(height, own);
            for tokens in self.of_names(self.elements[e].names) {
                visit(OF_ELEMENTS[which], tokens[which]);
            }
        }
    }
}

/// Which of [`OF_ELEMENTS`] an element is in whose height above the block is given.
fn class_namespace(height: usize, own: usize) -> usize {
    match height {
        h if h < own => 0,
        h if h < own + NEAR_PARENTS => 1,
        _ => 2,
    }
}

/// The names of an element whole, with a mark before them, and the words in them.
fn each_name(element: &Element, mut visit: impl FnMut(Hash, &dyn Fn() -> String)) {
    let ids = [&element.id].into_iter().filter(|id| !id.is_empty()).map(|id| ('#', id));
    let classes = element.classes.iter().map(|class| ('.', class));
    for (mark, name) in [('<', &element.tag)].into_iter().chain(ids).chain(classes) {
        let chars = || [mark].into_iter().chain(lower(name));
        visit(Hash::of(chars()), &|| chars().collect());
        if mark != '<' {
            each_name_word(name, &mut visit);
        }
    }
}

/// The words of a class, id or address, as hashes and as what makes strings of them:
/// `article__readMore-2` is article, read, more.
fn each_name_word(name: &str, mut visit: impl FnMut(Hash, &dyn Fn() -> String)) {
    let mut start = 0;
    let (mut hash, mut chars) = (Hash::default(), 0);
    let mut was_lower = false;
    for (at, c) in name.char_indices().chain([(name.len(), '-')]) {
        if !c.is_alphabetic() || (c.is_uppercase() && was_lower) {
            if chars >= 2 {
                visit(hash, &|| lower(&name[start..at]).collect());
            }
            (hash, chars) = (Hash::default(), 0);
        }
        if c.is_alphabetic() {
            if chars == 0 {
                start = at;
            }
            each_lower(c, |c| {
                hash.add(c as u64);
                chars += 1;
            });
        }
        was_lower = c.is_lowercase();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::segment::{Limits, segment_html};

    #[test]
    fn names_split_into_words() {
        let words = |name: &str| {
            let mut words = Vec::new();
            each_name_word(name, |hash, string| {
                assert_eq!(hash, Hash::of(string().chars()));
                words.push(string());
            });
            words
        };
        assert_eq!(words("article__readMore-2"), ["article", "read", "more"]);
        assert_eq!(words("bcjg x1"), ["bcjg"]);
        assert_eq!(words("Über_uns"), ["über", "uns"]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn tokens_fall_into_their_namespaces() {
        let document = segment_html(
            "<div class=far><div class=mid><div class=near><p class=own><a class=link href=/a-b>Baca juga</a></p></div></div></div>",
            &Limits::default(),
        );
        let page = Page::new(&document);
        let mut seen = Vec::new();
        let tokens = Tokens::new(&page, |namespace, token, string| {
            assert_eq!(token, hash_of_entry(namespace, &string()));
            seen.push((namespace, string()));
            seen.len() - 1
        });
        let mut found: HashMap<Namespace, Vec<&str>> = HashMap::new();
        tokens.each(0, |namespace, token| {
            assert_eq!(seen[token].0, namespace);
            found.entry(namespace).or_default().push(&seen[token].1);
        });
        assert_eq!(found[&Namespace::Phrase], ["baca juga"]);
        assert!(found[&Namespace::OwnClass].contains(&".own"));
        assert!(found[&Namespace::OwnClass].contains(&"link"));
        assert!(found[&Namespace::NearClass].contains(&"mid"));
        assert!(found[&Namespace::FarClass].contains(&"far"));
        assert!(found[&Namespace::TagPath].contains(&"a<p<div"));
    }
}
