//! What repeats across the pages of a host.
//!
//! A block classifier sees one page and cannot know that a line stands on every other page of the
//! site. The memory counts, for each host, on how many pages it has met a text, and how often the
//! blocks of a shape held a text that it knew from other pages.
//!
//! A text counts from its second page on. So it makes no difference whether the page at hand was
//! learnt before it is classified: its own texts count for nothing, and a paragraph that one other
//! page quotes counts as one page among all.

mod file;

use std::collections::HashMap;

use crate::block::Document;
use crate::features::links::host;
use crate::features::tree::inherit;
use crate::hash::{Hash, HashedMap};

/// Hosts that are remembered unless [`SiteMemory::new`] says otherwise.
const HOSTS: usize = 1000;

/// Texts and shapes that are remembered of a host. Of more, the half that was met on the fewest pages
/// is forgotten, the older ones first.
const TEXTS: usize = 2048;
const SHAPES: usize = 1024;

/// What was met on the pages of each host.
///
/// Bounded: of more hosts than asked for the one that was met longest ago is forgotten, and so are
/// the rarest of more than 2,048 texts and 1,024 shapes of a host. Texts are kept as 64-bit hashes.
/// That is at most some 150 KB a host.
///
/// ```
/// use saring::{Classifier, SiteMemory, segment_html};
/// let mut memory = SiteMemory::default();
/// for n in 0..5 {
///     let page = format!(
///         "<link rel=canonical href=https://kabar.example/{n}><p>Kalimat nomor {n} tentang hal lain \
///          lagi.</p><p>Unduh aplikasi kami</p>"
///     );
///     memory.learn(&segment_html(&page, &Default::default()));
/// }
/// assert_eq!(memory.pages("kabar.example"), 5);
/// let classifier = Classifier::pretrained().clone().site_memory(memory);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SiteMemory {
    hosts: HashMap<String, Host>,
    most_hosts: usize,
    /// How many pages were learnt in all: what is used last has the highest.
    clock: u64,
}

impl Default for SiteMemory {
    fn default() -> SiteMemory {
        SiteMemory::new(HOSTS)
    }
}

/// What was met on the pages of one host.
#[derive(Debug, Clone, Default, PartialEq)]
struct Host {
    /// Pages learnt.
    pages: u32,
    /// The clock when it was met last.
    used: u64,
    texts: HashedMap<Text>,
    shapes: HashedMap<Shape>,
}

/// On how many pages a text was met, and on which of them last, from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Text {
    pages: u32,
    last: u32,
}

/// The same of a shape; and of its blocks on all pages but the first, how many held a text that the
/// memory knew from another page.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Shape {
    pages: u32,
    last: u32,
    blocks: u32,
    repeated: u32,
}

/// What the memory says of the blocks of one page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recall {
    /// Pages of the host that were met, besides one: that one is the page itself.
    pub(crate) pages: u32,
    /// One entry per block.
    pub(crate) blocks: Vec<Recalled>,
}

impl Recall {
    /// Whether other pages have the text of block `i`: of no other block anything is said.
    pub(crate) fn has_text(&self, i: usize) -> bool {
        self.blocks[i].text_pages > 0
    }
}

/// What the memory says of a block; pages are counted besides one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Recalled {
    /// Pages that have its text.
    pub text_pages: u32,
    /// Blocks of its shape.
    pub shape_blocks: u32,
    /// Those whose text was known from another page.
    pub shape_repeated: u32,
}

impl SiteMemory {
    /// One that remembers so many hosts, at least one.
    pub fn new(hosts: usize) -> SiteMemory {
        SiteMemory { hosts: HashMap::new(), most_hosts: hosts.max(1), clock: 0 }
    }

    /// The same memory with room for so many hosts, at least those it knows.
    pub fn with_room_for(mut self, hosts: usize) -> SiteMemory {
        self.most_hosts = hosts.max(self.hosts.len()).max(1);
        self
    }

    /// The host that a page belongs to: that of its address, in lower case and without `www.`; `None`
    /// where the address states none.
    ///
    /// ```
    /// let page = saring::segment_html("<link rel=canonical href=https://WWW.Kabar.example/1>", &Default::default());
    /// assert_eq!(saring::SiteMemory::host(&page).as_deref(), Some("kabar.example"));
    /// ```
    pub fn host(document: &Document) -> Option<String> {
        let host = host(&document.url)?.to_lowercase();
        let host = host.strip_prefix("www.").unwrap_or(&host);
        (!host.is_empty()).then(|| host.to_string())
    }

    /// Learns a page. Without an address it is nobody's, and `false` is the answer.
    pub fn learn(&mut self, document: &Document) -> bool {
        let Some(name) = SiteMemory::host(document) else { return false };
        if !self.hosts.contains_key(&name) {
            self.make_room();
        }
        self.clock += 1;
        let host = self.hosts.entry(name).or_default();
        host.used = self.clock;
        host.learn(document);
        true
    }

    /// What is known of the blocks of a page; `None` where fewer than two pages of its host have been
    /// met.
    pub fn recall(&self, document: &Document) -> Option<Recall> {
        let host = self.hosts.get(&SiteMemory::host(document)?)?;
        let pages = host.pages.checked_sub(1).filter(|&others| others > 0)?;
        let shapes = shapes(document);
        let block = |(block, shape): (&crate::block::Block, Hash)| {
            let text = host.texts.get(&text(&block.text)).copied().unwrap_or_default();
            let shape = host.shapes.get(&shape).copied().unwrap_or_default();
            Recalled {
                text_pages: text.pages.saturating_sub(1),
                shape_blocks: shape.blocks,
                shape_repeated: shape.repeated,
            }
        };
        Some(Recall { pages, blocks: document.blocks.iter().zip(shapes).map(block).collect() })
    }

    /// Pages of a host that were learnt; see [`SiteMemory::host`] for its name.
    pub fn pages(&self, host: &str) -> u32 {
        self.hosts.get(host).map_or(0, |host| host.pages)
    }

    /// The hosts with the pages learnt of each, by name.
    pub fn hosts(&self) -> Vec<(&str, u32)> {
        let mut hosts: Vec<(&str, u32)> =
            self.hosts.iter().map(|(name, host)| (name.as_str(), host.pages)).collect();
        hosts.sort_unstable();
        hosts
    }

    /// Of the texts of a host, those that were met on two pages or more.
    pub fn repeated_texts(&self, host: &str) -> usize {
        let host = self.hosts.get(host);
        host.map_or(0, |host| host.texts.values().filter(|text| text.pages > 1).count())
    }

    /// Forgets the host that was met longest ago, if there is no room for one more.
    fn make_room(&mut self) {
        while self.hosts.len() >= self.most_hosts {
            let oldest = self.hosts.iter().min_by_key(|(_, host)| host.used);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else { return };
            self.hosts.remove(&name);
        }
    }
}

impl Host {
    fn learn(&mut self, document: &Document) {
        self.pages += 1;
        let page = self.pages;
        for (block, shape) in document.blocks.iter().zip(shapes(document)) {
            let text = self.texts.entry(text(&block.text)).or_default();
            if text.last != page {
                (text.pages, text.last) = (text.pages + 1, page);
            }
            let shape = self.shapes.entry(shape).or_default();
            if shape.last != page {
                (shape.pages, shape.last) = (shape.pages + 1, page);
            }
            // On the first page nothing can be known.
            if page > 1 {
                shape.blocks = shape.blocks.saturating_add(1);
                shape.repeated = shape.repeated.saturating_add(u32::from(text.pages > 1));
            }
        }
        forget(&mut self.texts, TEXTS, |text| (text.pages, text.last));
        forget(&mut self.shapes, SHAPES, |shape| (shape.pages, shape.last));
    }
}

/// Of more than `most` entries, forgets the half of the lowest rank.
fn forget<V>(entries: &mut HashedMap<V>, most: usize, rank: impl Fn(&V) -> (u32, u32)) {
    if entries.len() <= most {
        return;
    }
    // By hash among equals, so that the same pages leave the same memory.
    let mut ranks: Vec<((u32, u32), u64)> =
        entries.iter().map(|(hash, value)| (rank(value), hash.number())).collect();
    ranks.sort_unstable();
    for (_, hash) in &ranks[..ranks.len() - most / 2] {
        entries.remove(&Hash::of_number(*hash));
    }
    entries.shrink_to(most);
}

/// The hash of a text in lower case with each run of digits as one: `12 komentar` is what
/// `3 komentar` is.
fn text(text: &str) -> Hash {
    let mut hash = Hash::fixed();
    let mut digits = false;
    for c in text.chars() {
        if c.is_ascii_digit() {
            if !digits {
                hash.add(u64::from('0'));
            }
            digits = true;
        } else {
            digits = false;
            c.to_lowercase().for_each(|c| hash.add(u64::from(c)));
        }
    }
    hash
}

/// Per block, the hash of the tags and class names above it, all the way up; digits as in [`text`],
/// because many names are numbered.
fn shapes(document: &Document) -> Vec<Hash> {
    let of_element = inherit(document, |e, above: Option<&Hash>| {
        let element = &document.elements[e];
        let mut hash = above.copied().unwrap_or(Hash::fixed()).and(text(&element.tag));
        element.classes.iter().for_each(|class| hash = hash.and(text(class)));
        hash
    });
    document.blocks.iter().map(|b| b.element.map_or(Hash::fixed(), |e| of_element[e])).collect()
}

#[cfg(test)]
mod tests;
