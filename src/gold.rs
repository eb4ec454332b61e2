//! Gold files: what people say is wanted on a page, in four layouts, and what that says about its
//! blocks.

use std::path::Path;

use serde::Deserialize;

use crate::align::{align, match_blocks, match_snippet, tokenize};
use crate::block::Label;
use crate::error::{Error, Result};

/// Covered share from which a block is part of the gold text.
const CONTENT_SHARE: f32 = 0.5;
/// Share of tokens that a title and a longer or shorter version of it have in common.
const TITLE_SHARE: f32 = 0.8;
/// The same for a block in an `h1`, where a kicker or the name of the site may come along.
const H1_SHARE: f32 = 0.5;

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
        let has_snippets = file.with.is_some() || file.without.is_some();
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
                blocks: blocks
                    .into_iter()
                    .enumerate()
                    .map(label)
                    .collect::<std::result::Result<_, _>>()?,
                inline_without: without,
            }
        } else if file.main_content.is_some() || layout == TextLayout::Wcxb {
            let main_content = file.main_content.unwrap_or_default();
            Truth::Text { main_content, with, without, layout }
        } else if has_snippets {
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
        let label =
            |share| if share >= CONTENT_SHARE { Label::Content } else { Label::Boilerplate };
        let mut labels: Vec<_> =
            align(main, blocks).into_iter().map(|share| Some(label(share))).collect();
        if let Some(headline) = self.headline(blocks, h1) {
            labels[headline] = Some(Label::Headline);
        }
        labels
    }

    /// The first block that is the title, rather one in an `h1` than another.
    fn headline(&self, blocks: &[&str], h1: &[bool]) -> Option<usize> {
        let (title, words) = letters(&self.title);
        let is_title = |block: &str, share: f32| {
            let (text, own) = letters(block);
            let (fewer, more) = (words.min(own), words.max(own));
            text == title
                || fewer as f32 >= share * more as f32
                    && (title.contains(&text) || text.contains(&title))
        };
        if words == 0 {
            return None;
        }
        let in_h1 = |block: usize| h1.get(block).is_some_and(|&h1| h1);
        (0..blocks.len())
            .find(|&block| in_h1(block) && is_title(blocks[block], H1_SHARE))
            .or_else(|| (0..blocks.len()).find(|&block| is_title(blocks[block], TITLE_SHARE)))
    }

    fn block_labels(&self, gold: &[(String, Label)], blocks: &[&str]) -> Vec<Option<Label>> {
        let title = letters(&self.title);
        let labels: Vec<Label> = gold
            .iter()
            .map(|(text, label)| match label {
                Label::Content if title.1 > 0 && letters(text) == title => Label::Headline,
                label => *label,
            })
            .collect();
        let texts: Vec<&str> = gold.iter().map(|(text, _)| text.as_str()).collect();
        let most = |parts: Vec<(usize, usize)>| {
            let mut shares = [0; Label::ALL.len()];
            for (n, len) in parts {
                shares[labels[n] as usize] += len;
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
        let headline = self.headline(blocks, h1);
        let label = |n: usize| match (with[n], without[n], comments[n]) {
            // Titles are among the wanted of some pages and the unwanted of others.
            (true, _, false) | (_, true, false) if headline == Some(n) => Some(Label::Headline),
            (true, false, false) => Some(Label::Content),
            (false, _, true) => Some(Label::Comments),
            (false, true, false) => Some(Label::Boilerplate),
            _ => None,
        };
        (0..blocks.len()).map(label).collect()
    }
}

/// The tokens of a text, run together, and their number: punctuation and spacing of titles vary.
fn letters(text: &str) -> (String, usize) {
    let (mut letters, mut count) = (String::new(), 0);
    tokenize(text, |token| {
        letters.push_str(token);
        count += 1;
    });
    (letters, count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Label::{Boilerplate, Comments, Content, Headline, Navigation, Related};

    const BODY: &str = "The ferry to the northern islands will leave twice a day from March.";

    fn parse(json: &str) -> Gold {
        Gold::parse(json).unwrap()
    }

    #[test]
    fn wcxb() {
        let gold = parse(
            r#"{"url": "https://a.example/", "_internal": {"page_type": {"primary": "category"}},
                "ground_truth": {"title": "Ferries", "author": null, "main_content": "Ferries\nA b",
                "with": ["A b"], "without": null}}"#,
        );
        assert_eq!((&*gold.url, &*gold.title), ("https://a.example/", "Ferries"));
        assert_eq!(gold.page_type, "collection");
        let expected = Truth::Text {
            main_content: "Ferries\nA b".into(),
            with: vec!["A b".into()],
            without: vec![],
            layout: TextLayout::Wcxb,
        };
        assert_eq!(gold.truth, expected);
        let named = parse(r#"{"_internal": {"page_type": "forum"}, "ground_truth": {}}"#);
        assert_eq!(named.page_type, "forum");
        assert_eq!(named.labels(&["a", "b"], &[]), [None, None]);
    }

    #[test]
    fn body_text() {
        let json = serde_json::json!({"title": "Two boats a day", "main_content": BODY});
        let gold = parse(&json.to_string());
        assert_eq!(gold.page_type, "");
        let page = ["Two boats a day", "TWO BOATS A DAY!", BODY, "Share"];
        let h1 = [false, true, false, false];
        let labels = |h1: &[bool]| gold.labels(&page, h1).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(labels(&h1), [Boilerplate, Headline, Content, Boilerplate]);
        assert_eq!(labels(&[]), [Headline, Boilerplate, Content, Boilerplate]);
    }

    #[test]
    fn titles_may_be_longer_or_shorter() {
        let gold = parse(r#"{"title": "Two boats a day – The Pier", "main_content": "x"}"#);
        assert_eq!(gold.headline(&["Two boats", "Two boats a day"], &[true, true]), Some(1));
        assert_eq!(gold.headline(&["Two boats", "Two boats a day"], &[]), None);
        assert_eq!(gold.headline(&["Home", "Two boats a day: the Pier 1"], &[]), Some(1));
        let untitled = parse(r#"{"title": "", "main_content": "x"}"#);
        assert_eq!(untitled.headline(&["", "Home"], &[true]), None);
    }

    #[test]
    fn blocks() {
        let gold = parse(
            r#"{"title": "Two boats", "main_content": "Two boats\nA long text.", "inline_without": 1,
                "with": [], "without": ["Read also: piers", "News"], "blocks": [
                {"text": "News Sport", "label": "navigation"},
                {"text": "Two boats", "label": "content"},
                {"text": "A long text.", "label": "content"},
                {"text": "Read also: piers", "label": "related"}]}"#,
        );
        let Truth::Blocks { inline_without, .. } = &gold.truth else { panic!("{gold:?}") };
        assert_eq!(inline_without, &["Read also: piers"]);
        let page = ["News", "Sport", "TWO BOATS", "Cookies?", "A long", "text. Read also: piers"];
        let expected = [
            Some(Navigation),
            Some(Navigation),
            Some(Headline),
            None,
            Some(Content),
            Some(Related),
        ];
        assert_eq!(gold.labels(&page, &[]), expected);
    }

    #[test]
    fn snippets() {
        let gold = parse(
            r#"{"title": "Two boats", "with": ["leave twice", "tickets", "pier"],
                "without": ["Newsletter", "pier", "two boats", "reply"], "comments": ["Thanks"]}"#,
        );
        let page = [
            "Two boats",
            "They leave twice a day.",
            "Our newsletter",
            "Newsletter",
            "At the pier",
            "Thanks! Reply",
            "Map",
        ];
        let expected = [
            Some(Headline),
            Some(Content),
            Some(Boilerplate),
            Some(Boilerplate),
            None,
            Some(Comments),
            None,
        ];
        assert_eq!(gold.labels(&page, &[true]), expected);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = [
            ("{", "EOF"),
            ("[]", "invalid"),
            (r#"{"url": "https://a.example/"}"#, "none of"),
            (r#"{"blocks": [{"text": "a", "label": "advert"}]}"#, "block 0: unknown label"),
            (r#"{"blocks": [{"text": "a"}]}"#, "missing field `label`"),
            (r#"{"blocks": [], "without": [], "inline_without": 1}"#, "inline_without is 1"),
            (r#"{"main_content": 3}"#, "invalid type"),
        ];
        for (json, message) in wrong {
            let error = Gold::parse(json).unwrap_err();
            assert!(error.contains(message), "{json}: {error}");
        }
        let error = Gold::load(Path::new("no/such/file.json")).unwrap_err();
        assert!(error.to_string().starts_with("no/such/file.json: "));
    }
}
