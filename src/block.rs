//! What a page is made of: labels, elements, blocks and documents. Facts only, no verdicts.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What a block is.
///
/// The names in files and on the command line are the snake-case ones of [`Label::name`].
///
/// ```
/// use saring::Label;
/// assert_eq!("headline_list".parse::<Label>().unwrap(), Label::HeadlineList);
/// assert_eq!(Label::HeadlineList.to_string(), "headline_list");
/// assert!("advert".parse::<Label>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// The body: paragraphs, sub-headings, quotes, lists, tables, posts, product descriptions.
    Content,
    /// The title of this page's own article, thread, product or list.
    Headline,
    /// Text under or on pictures and videos, with their credits.
    Caption,
    /// Authors, editors, dates.
    Byline,
    /// Read-also and see-also lines in or under the article.
    Related,
    /// Carousels, latest, most read, recommended.
    HeadlineList,
    /// Subscriptions, apps, newsletters, messenger channels, memberships.
    Promo,
    /// Advertisements, their markers, advertorial slots, injected spam.
    Ad,
    /// Menus, breadcrumbs, pagination, tags, search, login.
    Navigation,
    /// Share rows and follow buttons.
    Share,
    /// Reader comments, their forms and counters.
    Comments,
    /// Copyright, cookie and privacy notices, disclaimers.
    Legal,
    /// What fits nowhere else.
    Other,
    /// Not content, kind unknown: for rows labelled with two classes only.
    Boilerplate,
}

impl Label {
    /// Every label, in the order of reports.
    pub const ALL: [Label; 14] = [
        Label::Content,
        Label::Headline,
        Label::Caption,
        Label::Byline,
        Label::Related,
        Label::HeadlineList,
        Label::Promo,
        Label::Ad,
        Label::Navigation,
        Label::Share,
        Label::Comments,
        Label::Legal,
        Label::Other,
        Label::Boilerplate,
    ];

    /// The name used in CSV, JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Label::Content => "content",
            Label::Headline => "headline",
            Label::Caption => "caption",
            Label::Byline => "byline",
            Label::Related => "related",
            Label::HeadlineList => "headline_list",
            Label::Promo => "promo",
            Label::Ad => "ad",
            Label::Navigation => "navigation",
            Label::Share => "share",
            Label::Comments => "comments",
            Label::Legal => "legal",
            Label::Other => "other",
            Label::Boilerplate => "boilerplate",
        }
    }

    /// Whether the content model counts the label as positive: the body and its title.
    pub fn is_main(self) -> bool {
        matches!(self, Label::Content | Label::Headline)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Label {
    type Err = Error;

    fn from_str(s: &str) -> Result<Label> {
        Label::ALL
            .into_iter()
            .find(|label| label.name() == s)
            .ok_or_else(|| Error::UnknownLabel(s.to_string()))
    }
}

/// What stands for a label where the classifier was told not to guess.
pub(crate) const UNCERTAIN: &str = "uncertain";

/// An element that holds at least one block.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Element {
    /// Lower-case tag name.
    pub tag: String,
    /// The `id` attribute, empty when absent.
    pub id: String,
    /// The class names, in the order of the page.
    pub classes: Vec<String>,
    /// Position among the element children of its parent, from 1; those whose text is none of the
    /// page (scripts, styles, pictures and the like) are not counted.
    pub index: u32,
    /// Position of the parent in [`Document::elements`]; `None` for the root.
    pub parent: Option<usize>,
}

impl Element {
    /// The element as one step of a path: `tag#id.class.class[index]`.
    fn write_step(&self, out: &mut String) {
        escape_into(&self.tag, out);
        if !self.id.is_empty() {
            out.push('#');
            escape_into(&self.id, out);
        }
        for class in &self.classes {
            out.push('.');
            escape_into(class, out);
        }
        out.push('[');
        out.push_str(&self.index.to_string());
        out.push(']');
    }

    /// Reads one step of a path; `None` if it does not have the form of [`Element::write_step`].
    fn parse_step(step: &str, parent: Option<usize>) -> Option<Element> {
        let (names, index) = match step.strip_suffix(']') {
            Some(rest) => {
                let (names, index) = rest.rsplit_once('[')?;
                // `parse` takes a sign, too.
                let digits = index.bytes().all(|b| b.is_ascii_digit());
                (names, index.parse().ok().filter(|_| digits)?)
            }
            None => (step, 1),
        };
        let mut parts = names.split('.');
        let head = parts.next()?;
        let (tag, id) = head.split_once('#').unwrap_or((head, ""));
        if tag.is_empty() || names.contains(['[', ']']) {
            return None;
        }
        Some(Element {
            tag: unescape(tag),
            id: unescape(id),
            classes: parts.map(unescape).collect(),
            index,
            parent,
        })
    }
}

/// Characters with a meaning in paths are percent-encoded inside names: Tailwind classes hold
/// most of them (`w-[1.5rem]`, `[&>p]:mt-2`).
fn escape_into(name: &str, out: &mut String) {
    for c in name.chars() {
        match c {
            '%' | '>' | '#' | '.' | '[' | ']' => {
                out.push('%');
                out.push_str(&format!("{:02X}", c as u32));
            }
            c => out.push(c),
        }
    }
}

fn unescape(name: &str) -> String {
    if !name.contains('%') {
        return name.to_string();
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let code = rest.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                out.push(code as char);
                rest = &rest[2..];
            }
            None => out.push('%'),
        }
    }
    out.push_str(rest);
    out
}

/// A maximal run of inline text between two block-level boundaries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    /// The text with white space collapsed; never empty.
    pub text: String,
    /// Position in [`Document::elements`] of the deepest element that holds the whole text;
    /// `None` in plain text.
    pub element: Option<usize>,
    /// Targets of the links that cover some of the text, in order.
    pub links: Vec<String>,
    /// Characters of `text` that are inside links.
    pub link_chars: u32,
    /// Whether the page hides the block (`hidden`, `display:none`, `aria-hidden`, ...).
    pub hidden: bool,
}

/// Why a document holds less than its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truncation {
    /// More bytes than [`Limits::bytes`](crate::Limits::bytes).
    Bytes,
    /// More nodes than [`Limits::nodes`](crate::Limits::nodes).
    Nodes,
}

/// A page as blocks in reading order: all that the features are computed from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The address of the page, empty if unknown.
    pub url: String,
    /// The text of `<title>`, empty if there is none.
    pub title: String,
    /// The elements that hold blocks, parents before children.
    pub elements: Vec<Element>,
    /// The blocks in reading order.
    pub blocks: Vec<Block>,
    /// Set when the page was cut at a limit.
    pub truncated: Option<Truncation>,
}

impl Document {
    /// The path of a block from the root: steps `tag#id.class[index]` joined by `>`.
    ///
    /// ```
    /// let page = saring::segment_html("<div id=a><p class='x y'>One</p></div>", &saring::Limits::default());
    /// assert_eq!(page.path(0), "html[1]>body[2]>div#a[1]>p.x.y[1]");
    /// ```
    pub fn path(&self, block: usize) -> String {
        path(&self.elements, self.blocks[block].element)
    }

    /// Whether any block has a place in a tree: false for plain text.
    pub fn has_structure(&self) -> bool {
        !self.elements.is_empty()
    }

    /// The visible blocks without links and elements, as a text dump of the page would hold them,
    /// one per line.
    ///
    /// ```
    /// let page = saring::segment_html("<h1>Judul</h1><p hidden>x<p>Isi", &Default::default());
    /// assert_eq!(page.to_plain(), saring::segment_text("Judul\nIsi", &Default::default()));
    /// ```
    pub fn to_plain(&self) -> Document {
        let visible = self.blocks.iter().filter(|block| !block.hidden);
        let blocks = visible.map(|b| Block { text: b.text.clone(), ..Block::default() });
        Document {
            url: self.url.clone(),
            blocks: blocks.collect(),
            truncated: self.truncated,
            ..Document::default()
        }
    }
}

/// The path of an element from the root; empty for none.
pub(crate) fn path(elements: &[Element], element: Option<usize>) -> String {
    let mut chain: Vec<usize> =
        std::iter::successors(element, |&e: &usize| elements[e].parent).collect();
    chain.reverse();
    let mut out = String::new();
    for (n, element) in chain.into_iter().enumerate() {
        if n > 0 {
            out.push('>');
        }
        elements[element].write_step(&mut out);
    }
    out
}

/// Builds [`Document::elements`] from paths; equal prefixes are the same element.
///
/// Time and room grow with the length of the paths: a step is looked up among the children of its
/// parent, not as a prefix.
#[derive(Debug, Default)]
pub struct PathReader {
    known: HashMap<String, usize>,
    /// The roots by their steps, then the children of each element. A step that is not spelled as
    /// [`Document::path`] spells it is there in both ways.
    roots: HashMap<String, usize>,
    children: Vec<HashMap<String, usize>>,
}

impl PathReader {
    /// Adds the elements of `path` that are new and returns the last one; `None` for an empty
    /// path. Fails on a step that has no tag or whose index is not a number.
    pub fn read(&mut self, path: &str, elements: &mut Vec<Element>) -> Result<Option<usize>> {
        if path.is_empty() {
            return Ok(None);
        }
        if let Some(&known) = self.known.get(path) {
            return Ok(Some(known));
        }
        let mut parent = None;
        for step in path.split('>') {
            let known = self.siblings(parent).get(step).copied();
            let element = match known {
                Some(element) => element,
                None => {
                    let element = Element::parse_step(step, parent)
                        .ok_or_else(|| Error::BadPath(path.to_string()))?;
                    self.add(step, element, elements)
                }
            };
            parent = Some(element);
        }
        self.known.extend(parent.map(|element| (path.to_string(), element)));
        Ok(parent)
    }

    fn siblings(&mut self, parent: Option<usize>) -> &mut HashMap<String, usize> {
        match parent {
            Some(parent) => &mut self.children[parent],
            None => &mut self.roots,
        }
    }

    fn add(&mut self, step: &str, element: Element, elements: &mut Vec<Element>) -> usize {
        let mut usual = String::new();
        element.write_step(&mut usual);
        let siblings = self.siblings(element.parent);
        let at = *siblings.entry(usual).or_insert(elements.len());
        siblings.insert(step.to_string(), at);
        if at == elements.len() {
            elements.push(element);
            self.children.push(HashMap::new());
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for label in Label::ALL {
            assert_eq!(label.name().parse::<Label>().unwrap(), label);
            assert_eq!(serde_json::to_string(&label).unwrap(), format!("\"{label}\""));
        }
    }

    #[test]
    fn paths_with_special_characters_round_trip() {
        let path = "html[1]>body[2]>div#a%2Eb.w-%5B1%2E5rem%5D.%5B&%3Ep%5D:x[3]>p[12]";
        let mut elements = Vec::new();
        let element = PathReader::default().read(path, &mut elements).unwrap();
        assert_eq!(elements[2].classes, ["w-[1.5rem]", "[&>p]:x"]);
        assert_eq!(elements[2].id, "a.b");
        let block = Block { text: "x".into(), element, ..Block::default() };
        let document = Document { elements, blocks: vec![block], ..Document::default() };
        assert_eq!(document.path(0), path);
    }

    #[test]
    fn shared_prefixes_are_shared_elements() {
        let (mut reader, mut elements) = (PathReader::default(), Vec::new());
        let a = reader.read("html[1]>p[1]", &mut elements).unwrap();
        let b = reader.read("html[1]>p[2]", &mut elements).unwrap();
        assert_ne!(a, b);
        assert_eq!(elements.len(), 3);
        assert_eq!(reader.read("html[1]>p[1]", &mut elements).unwrap(), a);
    }

    #[test]
    fn other_spellings_are_the_same_element() {
        let (mut reader, mut elements) = (PathReader::default(), Vec::new());
        let p = reader.read("html[1]>p#a.b[1]", &mut elements).unwrap();
        for spelling in ["html>p#a.b", "html[1]>p#a.b[01]", "html>%70#a.%62[1]"] {
            assert_eq!(reader.read(spelling, &mut elements).unwrap(), p, "{spelling}");
        }
        assert_eq!(elements.len(), 2);
    }

    #[test]
    fn a_path_takes_no_more_room_than_it_is_long() {
        // As prefixes, these steps would be 20 GB.
        let path = vec!["a"; 200_000].join(">");
        let mut elements = Vec::new();
        let element = PathReader::default().read(&path, &mut elements).unwrap();
        assert_eq!((element, elements.len()), (Some(199_999), 200_000));
    }

    #[test]
    fn bad_steps_are_errors() {
        for path in ["html[1]>", "html[x]", "#id[1]", "p[1]]", "p[+1]", "p[]"] {
            assert!(PathReader::default().read(path, &mut Vec::new()).is_err(), "{path}");
        }
        assert_eq!(PathReader::default().read("", &mut Vec::new()).unwrap(), None);
    }
}
