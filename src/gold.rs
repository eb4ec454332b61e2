//! Gold files: what people say is wanted on a page, in four layouts, and what that says about its
//! blocks.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use crate::align::{align, match_blocks, match_snippet, squeeze, tokenize};
use crate::block::Label;
use crate::error::{Error, Result};

/// Covered share from which a block is part of the gold text.
const CONTENT_SHARE: f32 = 0.5;
/// Share of tokens that a title and a headline with more or fewer words have in common.
const TITLE_SHARE: f32 = 0.8;

/// The gold of one page.
#[derive(Debug, Clone, PartialEq)]
pub struct Gold {
    /// The address of the page, empty if unknown.
    pub url: String,
    /// The title of the article, thread or product, empty if unknown.
    pub title: String,
    /// The kind of page, such as `article` or `forum`; empty if the file does not say.
    pub page_type: String,
    /// What is wanted of it.
    pub truth: Truth,
}

/// What a gold file says is wanted, in the form it says it.
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    /// The body as one text, without its place on the page.
    Text {
        /// The body, paragraphs on lines of their own.
        main_content: String,
        /// Snippets that are in the body.
        with: Vec<String>,
        /// Snippets that are on the page but not in the body.
        without: Vec<String>,
        /// Whose convention the text follows.
        layout: TextLayout,
    },
    /// Every visible block in reading order.
    Blocks {
        /// The wanted blocks as one text.
        main_content: String,
        /// Text and label of each block.
        blocks: Vec<(String, Label)>,
        /// Lines between those of the body that must go.
        inline_without: Vec<String>,
    },
    /// A few short texts; the rest of the page is unknown.
    Snippets {
        /// Texts that are wanted.
        with: Vec<String>,
        /// Texts that are not.
        without: Vec<String>,
        /// Texts of reader comments.
        comments: Vec<String>,
    },
}

/// Where a gold text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextLayout {
    /// The `ground_truth` of WCXB, a benchmark of many page types.
    Wcxb,
    /// The paragraphs of an article as its publisher names them.
    Body,
}

/// All keys that matter, in whichever layout; `null` and missing are the same.
#[derive(Deserialize)]
struct File {
    url: Option<String>,
    title: Option<String>,
    main_content: Option<String>,
    with: Option<Vec<String>>,
    without: Option<Vec<String>>,
    comments: Option<Vec<String>>,
    inline_without: Option<usize>,
    blocks: Option<Vec<FileBlock>>,
    ground_truth: Option<Box<File>>,
    #[serde(rename = "_internal")]
    internal: Option<Internal>,
}

#[derive(Deserialize)]
struct FileBlock {
    text: String,
    label: String,
}

#[derive(Deserialize)]
struct Internal {
    page_type: Option<PageType>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PageType {
    Name(String),
    Verdict { primary: Option<String> },
}

impl Gold {
    /// Reads gold from JSON; the layout shows in the keys.
    pub fn parse(json: &str) -> std::result::Result<Gold, String> {
        let mut file: File = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let page_type = match file.internal.take().and_then(|internal| internal.page_type) {
            Some(PageType::Name(name)) => name,
            Some(PageType::Verdict { primary }) => primary.unwrap_or_default(),
            None => String::new(),
        };
        let url = file.url.take().unwrap_or_default();
        let layout = match file.ground_truth.take() {
            Some(inner) => {
                file = *inner;
                TextLayout::Wcxb
            }
            None => TextLayout::Body,
        };
        let with = file.with.unwrap_or_default();
        let mut without = file.without.unwrap_or_default();
        let truth = if let Some(blocks) = file.blocks {
            let inline = file.inline_without.unwrap_or(0);
            if inline > without.len() {
                let listed = without.len();
                return Err(format!("inline_without is {inline} but `without` has {listed} texts"));
            }
            without.truncate(inline);
            let label = |(n, block): (usize, FileBlock)| match block.label.parse() {
                Ok(label) => Ok((block.text, label)),
                Err(error) => Err(format!("block {n}: {error}")),
            };
            Truth::Blocks {
                main_content: file.main_content.unwrap_or_default(),
                blocks: blocks.into_iter().enumerate().map(label).collect::<std::result::Result<_, _>>()?,
                inline_without: without,
            }
        } else if file.main_content.is_some() || layout == TextLayout::Wcxb {
            let main_content = file.main_content.unwrap_or_default();
            Truth::Text { main_content, with, without, layout }
        } else if with.len() + without.len() > 0 {
            Truth::Snippets { with, without, comments: file.comments.unwrap_or_default() }
        } else {
            return Err("none of ground_truth, blocks, main_content, with, without".to_string());
        };
        let page_type = if page_type == "category" { "collection".to_string() } else { page_type };
        Ok(Gold { url, title: file.title.unwrap_or_default(), page_type, truth })
    }

    /// Reads a gold file.
    pub fn load(path: &Path) -> Result<Gold> {
        let json = std::fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
        Gold::parse(&json).map_err(|message| Error::Gold { path: path.to_path_buf(), message })
    }

    /// What the gold says about each block of the page, `None` where it says nothing.
    ///
    /// `h1` tells which blocks are inside an `h1` element; missing entries count as `false`.
    pub fn labels(&self, blocks: &[&str], h1: &[bool]) -> Vec<Option<Label>> {
        match &self.truth {
            Truth::Text { main_content, .. } => self.text_labels(main_content, blocks, h1),
            Truth::Blocks { blocks: gold, .. } => self.block_labels(gold, blocks),
            Truth::Snippets { with, without, comments } => {
                self.snippet_labels([with, without, comments], blocks, h1)
            }
        }
    }

    fn text_labels(&self, main: &str, blocks: &[&str], h1: &[bool]) -> Vec<Option<Label>> {
        // An empty text is a missing annotation, not a page without content.
        if main.trim().is_empty() {
            return vec![None; blocks.len()];
        }
        let label = |share| if share >= CONTENT_SHARE { Label::Content } else { Label::Boilerplate };
        let mut labels: Vec<_> =
            align(main, blocks).into_iter().map(|share| Some(label(share))).collect();
        if let Some(headline) = self.headline(blocks, h1) {
            labels[headline] = Some(Label::Headline);
        }
        labels
    }

    /// The first block that is the title, rather one in an `h1` than another.
    fn headline(&self, blocks: &[&str], h1: &[bool]) -> Option<usize> {
        let title = squeeze(&self.title);
        let words = count_tokens(&self.title);
        let is_title = |block: &&str| {
            let text = squeeze(block);
            if text == title {
                return true;
            }
            let (fewer, more) = match count_tokens(block) {
                own if own < words => (own, words),
                own => (words, own),
            };
            fewer as f32 >= TITLE_SHARE * more as f32
                && (title.contains(&text) || text.contains(&title))
        };
        if words == 0 {
            return None;
        }
        let titles = || blocks.iter().enumerate().filter(|(_, block)| is_title(block));
        titles()
            .find(|&(n, _)| h1.get(n).copied().unwrap_or(false))
            .or_else(|| titles().next())
            .map(|(n, _)| n)
    }

    fn block_labels(&self, gold: &[(String, Label)], blocks: &[&str]) -> Vec<Option<Label>> {
        let title = squeeze(&self.title);
        let label = |n: usize| match gold[n].1 {
            Label::Content if squeeze(&gold[n].0) == title => Label::Headline,
            label => label,
        };
        let texts: Vec<&str> = gold.iter().map(|(text, _)| text.as_str()).collect();
        let most = |parts: Vec<(usize, usize)>| {
            let mut shares = [0; Label::ALL.len()];
            for (n, len) in parts {
                shares[label(n) as usize] += len;
            }
            let most = shares.iter().copied().max().filter(|&most| most > 0)?;
            Label::ALL.into_iter().find(|&label| shares[label as usize] == most)
        };
        match_blocks(&texts, blocks).into_iter().map(most).collect()
    }

    fn snippet_labels(
        &self,
        [with, without, comments]: [&Vec<String>; 3],
        blocks: &[&str],
        h1: &[bool],
    ) -> Vec<Option<Label>> {
        let claims = |snippets: &Vec<String>| {
            let mut claimed = vec![false; blocks.len()];
            for block in snippets.iter().flat_map(|snippet| match_snippet(snippet, blocks)) {
                claimed[block] = true;
            }
            claimed
        };
        let (with, without, comments) = (claims(with), claims(without), claims(comments));
        let label = |n: usize| match (with[n], without[n], comments[n]) {
            (true, false, false) => Some(Label::Content),
            (false, _, true) => Some(Label::Comments),
            (false, true, false) => Some(Label::Boilerplate),
            _ => None,
        };
        (0..blocks.len()).map(label).collect()
    }
}

fn count_tokens(text: &str) -> usize {
    let mut count = 0;
    tokenize(text, |_| count += 1);
    count
}
