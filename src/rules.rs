//! Rules that win over the model: what a CSS selector matches on the pages of a host has a label.
//!
//! `rules/file.rs` reads them, `rules/tree.rs` builds the tree that selectors are matched on.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use scraper::{Html, Node, Selector};

use crate::block::{Label, Truncation};
use crate::classify::Page;
use crate::error::{Error, Result};
use crate::segment::{Limits, is_skipped};

mod file;
pub(crate) mod tree;

/// What a rule says of the blocks that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// They have this label.
    Label(Label),
    /// They are kept, under the label that the model gives them if that is a kept one.
    Keep,
    /// They are not kept.
    Drop,
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ruling::Label(label) => label.fmt(f),
            Ruling::Keep => f.write_str("keep"),
            Ruling::Drop => f.write_str("drop"),
        }
    }
}

/// A selector and what it says, for the pages of a host.
#[derive(Debug)]
pub struct Rule {
    /// The host, with all hosts under it; `*` for every page.
    pub host: String,
    /// The selector as it was written.
    pub selector: String,
    /// What holds for all blocks inside the elements that the selector matches.
    pub ruling: Ruling,
    /// Where it stands in its file, from 1 (the header is line 1); 0 for one that was added.
    pub line: u64,
    compiled: Selector,
    /// Pages of the host so far.
    pages: AtomicU64,
    /// Blocks that it has decided so far.
    blocks: AtomicU64,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.host, self.selector, self.ruling)
    }
}

impl Rule {
    /// Whether the rule is one for a host.
    fn is_for(&self, host: &str) -> bool {
        let under = |rest: &str| rest.is_empty() || rest.ends_with('.');
        self.host == "*" || host.strip_suffix(self.host.as_str()).is_some_and(under)
    }

    /// On how many pages of its host it was tried, and how many blocks it has decided there.
    pub fn applied(&self) -> (u64, u64) {
        (self.pages.load(Ordering::Relaxed), self.blocks.load(Ordering::Relaxed))
    }
}

/// Rules in their order: of several that match a block the last one counts.
///
/// Their file is a CSV with the columns `host`, `selector` and `label`, where the label may also be
/// `keep` or `drop`. Further columns are for notes.
///
/// ```
/// use saring::{Classifier, Rules, Ruling};
///
/// let mut rules = Rules::default();
/// rules.add("warta.example", "aside, .promo", Ruling::Drop)?;
/// let classifier = Classifier::pretrained().clone().rules(rules);
/// let page = classifier.classify(
///     "<link rel=canonical href=https://news.warta.example/a><div class=promo><p>Gabung kanal kami</div>",
/// );
/// assert_eq!(page.blocks[0].rule.as_deref(), Some("warta.example aside, .promo -> drop"));
/// assert!(!page.blocks[0].kept);
/// # Ok::<(), saring::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Adds a rule after all others.
    ///
    /// # Errors
    /// [`Error::Option`] if the host is none or the selector is not one of CSS.
    pub fn add(&mut self, host: &str, selector: &str, ruling: Ruling) -> Result<()> {
        let host = host.trim().trim_start_matches("www.").to_ascii_lowercase();
        if host.is_empty() || host.contains(['/', ':', ' ']) {
            return Err(Error::Option(format!(
                "{host:?} is no host: write it as in an address, like warta.example, or * for all"
            )));
        }
        let compiled = Selector::parse(selector)
            .map_err(|e| Error::Option(format!("the selector {selector:?}: {e}")))?;
        let (pages, blocks) = Default::default();
        let selector = selector.to_string();
        self.0.push(Rule { host, selector, ruling, line: 0, compiled, pages, blocks });
        Ok(())
    }

    /// The rules, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// The rules that have decided nothing although pages of their host were seen.
    pub fn unused(&self) -> impl Iterator<Item = &Rule> {
        self.iter().filter(|rule| matches!(rule.applied(), (1.., 0)))
    }

    /// Applies the rules for the page's host to its blocks. `html` is what the page was made from.
    pub(crate) fn apply(&self, html: &str, limits: &Limits, page: &mut Page, keep: &[Label]) {
        let host = host(&page.url).to_ascii_lowercase();
        let rules: Vec<(usize, &Rule)> =
            self.iter().enumerate().filter(|(_, rule)| rule.is_for(&host)).collect();
        if rules.is_empty() {
            return;
        }
        let whole = &html[..html.floor_char_boundary(limits.bytes)];
        let (tree, full) = tree::parse(whole, limits);
        if full {
            page.truncated.get_or_insert(Truncation::Nodes);
        }
        let decided = decide(&tree, page, &rules);
        for (_, rule) in &rules {
            rule.pages.fetch_add(1, Ordering::Relaxed);
        }
        for block in &mut page.blocks {
            let Some(rule) = block.element.and_then(|e| decided[e]) else { continue };
            let rule = &self.0[rule];
            rule.blocks.fetch_add(1, Ordering::Relaxed);
            let kept = match rule.ruling {
                Ruling::Label(label) => keep.contains(&label),
                Ruling::Keep => true,
                Ruling::Drop => false,
            };
            block.label = match rule.ruling {
                Ruling::Label(label) => label,
                _ if keep.contains(&block.label) == kept => block.label,
                Ruling::Keep => keep.first().copied().unwrap_or(Label::Content),
                Ruling::Drop => Label::Boilerplate,
            };
            (block.kept, block.uncertain) = (kept, false);
            block.probability = if kept { 1.0 } else { 0.0 };
            block.rule = Some(rule.to_string());
        }
    }
}

/// Per element of the page, the number of the last rule that matches it or an element above.
fn decide(tree: &Html, page: &Page, rules: &[(usize, &Rule)]) -> Vec<Option<usize>> {
    let places = places(tree, page);
    let mut decided: Vec<Option<usize>> = vec![None; page.elements.len()];
    for (number, rule) in rules {
        for matched in tree.select(&rule.compiled) {
            if let Some(&element) = places.get(&matched.id()) {
                decided[element] = Some(*number);
            }
        }
    }
    // Parents stand before their children.
    for (e, element) in page.elements.iter().enumerate() {
        decided[e] = decided[e].max(element.parent.and_then(|parent| decided[parent]));
    }
    decided
}

/// The elements of the page by their nodes in the tree: those at the same place among the children
/// of the same parent.
fn places(tree: &Html, page: &Page) -> HashMap<ego_tree::NodeId, usize> {
    let elements = page.elements.iter().enumerate();
    let by_place: HashMap<(Option<usize>, u32), usize> =
        elements.map(|(e, element)| ((element.parent, element.index), e)).collect();
    let mut places = HashMap::new();
    // The open elements that hold blocks, each with the children it has had.
    let mut open: Vec<(Option<usize>, u32)> = vec![(None, 0)];
    // How many of the open ones hold none: nothing below them does. What the segmentation skips is
    // not counted among the children.
    let mut empty = 0;
    for edge in tree.tree.root().traverse().skip(1) {
        match edge {
            ego_tree::iter::Edge::Open(node) if node.value().is_element() => {
                let skipped = node.value().as_element().is_some_and(|e| is_skipped(e.name()));
                if empty > 0 || skipped {
                    empty += 1;
                    continue;
                }
                let (parent, children) = open.last_mut().expect("the root stays open");
                *children += 1;
                match by_place.get(&(*parent, *children)) {
                    Some(&element) => {
                        places.insert(node.id(), element);
                        open.push((Some(element), 0));
                    }
                    None => empty = 1,
                }
            }
            ego_tree::iter::Edge::Close(node) if matches!(node.value(), Node::Element(_)) => {
                if empty > 0 {
                    empty -= 1;
                } else {
                    open.pop();
                }
            }
            _ => {}
        }
    }
    places
}

/// The host of an address; nothing if it has none.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Classifier;

    const PAGE: &str = "<link rel=canonical href=https://www.Warta.example:8080/a/b>\
        <nav><a href=/>Beranda</a></nav><main><p class=lead>Hujan turun sejak pagi di kota lama.</p>\
        <div class=box><h4>Kanal</h4><p>Ikuti kanal kami</p></div><p>Ya <b class=x>itu</b> benar.</p></main>";

    fn classified(rules: &[(&str, &str, Ruling)]) -> (Page, Vec<u64>) {
        let mut all = Rules::default();
        rules.iter().for_each(|(host, selector, ruling)| all.add(host, selector, *ruling).unwrap());
        let classifier = Classifier::pretrained().clone().rules(all);
        let page = classifier.classify(PAGE);
        let blocks = classifier.rules_in_force().unwrap().iter().map(|r| r.applied().1).collect();
        (page, blocks)
    }

    #[test]
    fn the_last_rule_that_matches_counts() {
        let (page, blocks) = classified(&[
            ("*", "main", Ruling::Drop),
            ("warta.example", ".box", Ruling::Label(Label::Promo)),
            ("warta.example", "main > p:nth-child(1)", Ruling::Keep),
            ("lain.example", "nav", Ruling::Keep),
        ]);
        let found: Vec<_> = page.blocks.iter().map(|b| (b.rule.is_some(), b.kept)).collect();
        let dropped = (true, false);
        assert_eq!(found[1..], [(true, true), dropped, dropped, dropped]);
        assert!(page.blocks[0].rule.is_none());
        assert_eq!((page.blocks[2].label, page.blocks[3].label), (Label::Promo, Label::Promo));
        assert!(page.blocks[1].label.is_main() && !page.blocks[4].label.is_main());
        assert_eq!(
            page.blocks[1].rule.as_deref(),
            Some("warta.example main > p:nth-child(1) -> keep")
        );
        assert_eq!(blocks, [1, 2, 1, 0]);
    }

    #[test]
    fn a_part_of_a_block_is_not_the_block() {
        let (page, blocks) = classified(&[("*", ".x", Ruling::Drop)]);
        assert!(page.blocks.iter().all(|block| block.rule.is_none()));
        assert_eq!(blocks, [0]);
    }

    #[test]
    fn rules_that_decide_nothing_are_told() {
        let mut rules = Rules::default();
        rules.add("warta.example", ".none", Ruling::Drop).unwrap();
        rules.add("lain.example", ".none", Ruling::Drop).unwrap();
        let classifier = Classifier::pretrained().clone().rules(rules);
        classifier.classify(PAGE);
        let unused: Vec<String> =
            classifier.rules_in_force().unwrap().unused().map(Rule::to_string).collect();
        assert_eq!(unused, ["warta.example .none -> drop"]);
    }

    #[test]
    fn a_huge_tag_ends_the_part_that_has_rules() {
        let attributes: String = (0..3_000_000).map(|n| format!(" a{}", n % 10)).collect();
        let mut rules = Rules::default();
        rules.add("*", ".y", Ruling::Drop).unwrap();
        let html = format!("<p class=y>satu<p{attributes}>dua<p class=y>tiga");
        let page = Classifier::pretrained().clone().rules(rules).classify(&html);
        let decided: Vec<bool> = page.blocks.iter().map(|block| block.rule.is_some()).collect();
        assert_eq!((decided, page.truncated), (vec![true, false, false], Some(Truncation::Nodes)));
    }

    #[test]
    fn hosts_of_addresses() {
        assert_eq!(host("https://u:p@a.example:80/x?y"), "a.example");
        assert_eq!(host("/x"), "");
        let mut rules = Rules::default();
        rules.add("www.Warta.example", "p", Ruling::Drop).unwrap();
        assert!(rules.0[0].is_for("news.warta.example") && !rules.0[0].is_for("xwarta.example"));
    }

    #[test]
    fn elements_are_found_on_odd_pages() {
        for html in [
            "<table>a<tr><td class=y>b</table>",
            "<p><b>a<p class=y>b</b>c",
            "<template><p>t</template><p class=y>x",
            "<svg><p class=y>x</svg>",
            "<select><option class=y>x</select><noscript><p>n</noscript>",
        ] {
            let mut rules = Rules::default();
            rules.add("*", ".y", Ruling::Label(Label::Legal)).unwrap();
            let page = Classifier::pretrained().clone().rules(rules).classify(html);
            for (i, block) in page.blocks.iter().enumerate() {
                let wanted = page.path(i).contains(".y[");
                assert_eq!(block.rule.is_some(), wanted, "{html}: {}", page.path(i));
            }
            assert!(page.blocks.iter().any(|block| block.rule.is_some()), "{html}");
        }
    }
}
