//! Tokens to log-odds, and log-odds to a few aggregates per block.
//!
//! Each kind of token lives in a namespace of its own: the same word says one thing in a text and
//! another in a class name. A token's log-odds is how much more often it stands in positive blocks
//! than the base rate of its namespace would have it (`train/counts.rs` makes them).

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::features::columns::Columns;
use crate::features::page::Page;
use crate::features::{links, neighbours};

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

/// The longest text that is a token of its own.
const PHRASE_WORDS: usize = 6;
/// Parents whose classes count as near.
const NEAR_PARENTS: usize = 2;
/// The longest run of tag names.
const TAG_RUN: usize = 5;
/// Bounds the work on one block: link lists run to thousands of addresses.
const LINKS: usize = 8;

/// The tokens of a page, each turned into a `T` by whoever reads them.
///
/// Training makes them numbers to count, classifying makes them log-odds at once: the walk over the
/// page is the same.
#[derive(Debug, Clone)]
pub(crate) struct Tokens<T> {
    /// Per block and namespace; empty for the class namespaces.
    blocks: Vec<[Vec<T>; 9]>,
    /// Per element, its class tokens in the three class namespaces.
    elements: Vec<Vec<[T; 3]>>,
    /// Per block, the elements above it and how many of them are its own.
    chains: Vec<(Vec<usize>, usize)>,
}

impl<T: Copy> Tokens<T> {
    pub(crate) fn new(page: &Page, mut intern: impl FnMut(Namespace, &str) -> T) -> Tokens<T> {
        let headings = neighbours::last_headings(page);
        let mut blocks = Vec::with_capacity(page.len());
        for i in 0..page.len() {
            let mut of_block: [Vec<T>; 9] = Default::default();
            let mut add = |namespace: Namespace, token: &str| {
                of_block[namespace as usize].push(intern(namespace, token));
            };
            let words = &page.text[i].tokens;
            for word in words {
                add(Namespace::Word, word);
            }
            for pair in words.windows(2) {
                add(Namespace::Bigram, &pair.join(" "));
            }
            if (1..=PHRASE_WORDS).contains(&words.len()) {
                add(Namespace::Phrase, &words.join(" "));
            }
            let tags: Vec<&str> = page.tags(i).collect();
            for run in 1..=TAG_RUN.min(tags.len()) {
                add(Namespace::TagPath, &tags[..run].join("<"));
            }
            if let Some(heading) = headings[i] {
                for word in page.text[heading].tokens.iter().take(12) {
                    add(Namespace::Heading, word);
                }
            }
            for link in page.document.blocks[i].links.iter().take(LINKS) {
                for word in name_words(links::path_of(link)).into_iter().take(12) {
                    add(Namespace::LinkPath, &word);
                }
            }
            blocks.push(of_block);
        }
        let mut elements = Vec::with_capacity(page.document.elements.len());
        for element in &page.document.elements {
            let mut names = vec![format!("<{}", element.tag)];
            if !element.id.is_empty() {
                names.push(format!("#{}", element.id.to_lowercase()));
                names.extend(name_words(&element.id));
            }
            for class in &element.classes {
                names.push(format!(".{}", class.to_lowercase()));
                names.extend(name_words(class));
            }
            // Utility frameworks put dozens of classes on one element.
            names.truncate(40);
            let in_all = |name: &String| {
                [Namespace::OwnClass, Namespace::NearClass, Namespace::FarClass]
                    .map(|namespace| intern(namespace, name))
            };
            elements.push(names.iter().map(in_all).collect());
        }
        let chains = (0..page.len())
            .map(|i| {
                let chain = page.chains[i].clone();
                let inline = page.tags(i).take_while(|t| crate::segment::is_inline(t)).count();
                let own = (inline + 1).min(chain.len());
                (chain, own)
            })
            .collect();
        Tokens { blocks, elements, chains }
    }

    /// Calls `visit` with every token of block `i`.
    pub(crate) fn each(&self, i: usize, mut visit: impl FnMut(Namespace, T)) {
        for (namespace, tokens) in Namespace::ALL.into_iter().zip(&self.blocks[i]) {
            for &token in tokens {
                visit(namespace, token);
            }
        }
        let (chain, own) = &self.chains[i];
        for (height, &element) in chain.iter().enumerate() {
            let (namespace, which) = class_namespace(height, *own);
            for tokens in &self.elements[element] {
                visit(namespace, tokens[which]);
            }
        }
    }
}

fn class_namespace(height: usize, own: usize) -> (Namespace, usize) {
    match height {
        h if h < own => (Namespace::OwnClass, 0),
        h if h < own + NEAR_PARENTS => (Namespace::NearClass, 1),
        _ => (Namespace::FarClass, 2),
    }
}

/// Splits a class, id or address into its words: `article__readMore-2` is article, read, more.
fn name_words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut lower = false;
    for c in name.chars().chain(['-']) {
        if !c.is_alphabetic() || (c.is_uppercase() && lower) {
            if word.chars().count() >= 2 {
                words.push(std::mem::take(&mut word));
            }
            word.clear();
        }
        if c.is_alphabetic() {
            word.extend(c.to_lowercase());
        }
        lower = c.is_lowercase();
    }
    words
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

/// Several lexicons read in one pass: a token is looked up once for all of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lookup {
    numbers: [HashMap<Box<str>, u32>; 9],
    /// Per lexicon, the log-odds of each token; token 0 is the unknown one.
    values: Vec<Vec<f32>>,
}

impl Lookup {
    pub(crate) fn new<'a>(lexicons: impl IntoIterator<Item = &'a Lexicon>) -> Lookup {
        let lexicons: Vec<_> = lexicons.into_iter().collect();
        let mut lookup = Lookup::default();
        let mut entries = Vec::new();
        let mut known = 1;
        for (n, lexicon) in lexicons.iter().enumerate() {
            for (namespace, token, value) in lexicon.iter() {
                let numbers = &mut lookup.numbers[namespace as usize];
                let number = *numbers.entry(token.into()).or_insert(known);
                known = known.max(number + 1);
                entries.push((n, number, value));
            }
        }
        lookup.values = vec![vec![0.0; known as usize]; lexicons.len()];
        for (n, number, value) in entries {
            lookup.values[n][number as usize] = value;
        }
        lookup
    }

    pub(crate) fn number(&self, namespace: Namespace, token: &str) -> u32 {
        self.numbers[namespace as usize].get(token).copied().unwrap_or(0)
    }

    /// Log-odds of token `number` in lexicon `n`.
    pub(crate) fn value(&self, n: usize, number: u32) -> f32 {
        self.values[n][number as usize]
    }
}

/// Sum, count and extremes of the log-odds in one namespace of one block.
#[derive(Clone, Copy, Default)]
struct Aggregate {
    sum: f32,
    count: f32,
    highest: f32,
    lowest: f32,
}

impl Aggregate {
    fn add(&mut self, value: f32) {
        self.sum += value;
        self.count += 1.0;
        self.highest = self.highest.max(value);
        self.lowest = self.lowest.min(value);
    }
}

/// Adds, per namespace, the mean, the sum over the square root of the count, the highest (0 at
/// least) and the lowest (0 at most) log-odds of the tokens of each block; `blocks` are those that
/// the rows of the table are of.
pub(crate) fn add_aggregates<T: Copy>(
    tokens: &Tokens<T>,
    blocks: impl Iterator<Item = usize>,
    value: impl Fn(T) -> f32,
    structured: bool,
    columns: &mut Columns,
) {
    let mut aggregates = vec![[Aggregate::default(); 9]; columns.rows()];
    for (i, of_block) in blocks.zip(&mut aggregates) {
        tokens.each(i, |namespace, token| of_block[namespace as usize].add(value(token)));
    }
    for namespace in Namespace::ALL {
        if namespace.needs_structure() && !structured {
            continue;
        }
        let name = namespace.name();
        let of = |i: usize| aggregates[i][namespace as usize];
        columns.add(format!("lex_{name}_mean"), |i| of(i).sum / of(i).count.max(1.0));
        columns.add(format!("lex_{name}_sum"), |i| of(i).sum / of(i).count.max(1.0).sqrt());
        columns.add(format!("lex_{name}_highest"), |i| of(i).highest);
        columns.add(format!("lex_{name}_lowest"), |i| of(i).lowest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Limits, segment_html};

    #[test]
    fn names_split_into_words() {
        assert_eq!(name_words("article__readMore-2"), ["article", "read", "more"]);
        assert_eq!(name_words("bcjg x1"), ["bcjg"]);
        assert_eq!(name_words(""), [""; 0]);
    }

    #[test]
    fn tokens_fall_into_their_namespaces() {
        let document = segment_html(
            "<div class=far><div class=mid><div class=near><p class=own><a class=link href=/a-b>Baca juga</a></p></div></div></div>",
            &Limits::default(),
        );
        let page = Page::new(&document);
        let mut seen = Vec::new();
        let tokens = Tokens::new(&page, |namespace, token| {
            seen.push((namespace, token.to_string()));
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

    #[test]
    fn lookups_read_several_lexicons() {
        let (mut a, mut b) = (Lexicon::default(), Lexicon::default());
        a.insert(Namespace::Word, "x".into(), 1.0);
        b.insert(Namespace::Word, "x".into(), 2.0);
        b.insert(Namespace::Bigram, "x".into(), 3.0);
        let lookup = Lookup::new([&a, &b]);
        let x = lookup.number(Namespace::Word, "x");
        assert_eq!((lookup.value(0, x), lookup.value(1, x)), (1.0, 2.0));
        let unknown = lookup.number(Namespace::Word, "y");
        assert_eq!(lookup.value(1, unknown), 0.0);
    }
}
