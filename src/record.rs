//! A classified page as the JSON object that files and other programs get.

use serde::{Serialize, Serializer};

use crate::block::Truncation;
use crate::classify::Page;

/// What is told of a classified page, in the order and with the names of `saring classify --format
/// jsonl`: docs/design.md lists them.
///
/// ```
/// let page = saring::Classifier::pretrained().classify("<p>Baca juga: <a href=/b>Kabar lain</a></p>");
/// let json = saring::Record { source: Some("a.html"), page: &page, threshold: None }.to_json();
/// assert!(json.starts_with(r#"{"source":"a.html","url":"","text":""#));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Where the page came from; without it the object has no such field.
    pub source: Option<&'a str>,
    /// The page.
    pub page: &'a Page,
    /// The threshold, where one was given.
    pub threshold: Option<f32>,
}

impl Record<'_> {
    /// The object, on one line that is not ended.
    pub fn to_json(&self) -> String {
        let Record { source, page, threshold } = *self;
        let fields = PageFields {
            source,
            url: &page.url,
            text: page.text(),
            confidence: four_decimals(page.confidence),
            threshold,
            truncated: page.truncated,
            blocks: Blocks(page),
        };
        serde_json::to_string(&fields).expect("strings and finite numbers always are JSON")
    }
}

#[derive(Serialize)]
struct PageFields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    url: &'a str,
    text: String,
    confidence: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<Truncation>,
    blocks: Blocks<'a>,
}

/// The blocks, each made when it is written: the paths of all of them are longer than the page.
struct Blocks<'a>(&'a Page);

impl Serialize for Blocks<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let page = self.0;
        to.collect_seq(page.blocks.iter().enumerate().map(|(n, block)| BlockFields {
            text: &block.text,
            label: block.label_name(),
            probability: four_decimals(block.probability),
            path: page.path(n),
            rule: block.rule.as_deref(),
        }))
    }
}

#[derive(Serialize)]
struct BlockFields<'a> {
    text: &'a str,
    label: &'a str,
    probability: f64,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
}

/// A probability as it is written: more decimals would be noise, and differ between machines.
///
/// ```
/// assert_eq!(saring::four_decimals(0.9612345), 0.9612);
/// ```
pub fn four_decimals(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}
