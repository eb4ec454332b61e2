//! One JSON object per page.

use saring::Truncation;
use serde::{Serialize, Serializer};

use super::Rendered;

#[derive(Serialize)]
struct Page<'a> {
    source: &'a str,
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
struct Blocks<'a>(&'a saring::Page);

impl Serialize for Blocks<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let page = self.0;
        to.collect_seq(page.blocks.iter().enumerate().map(|(n, block)| Block {
            text: &block.text,
            label: block.label_name(),
            probability: four_decimals(block.probability),
            path: page.path(n),
            rule: block.rule.as_deref(),
        }))
    }
}

#[derive(Serialize)]
struct Block<'a> {
    text: &'a str,
    label: &'a str,
    probability: f64,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
}

#[derive(Serialize)]
struct Failed<'a> {
    source: &'a str,
    error: &'a str,
}

pub fn page(Rendered { source, page, threshold, .. }: &Rendered) -> String {
    line(&Page {
        source,
        url: &page.url,
        text: page.text(),
        confidence: four_decimals(page.confidence),
        threshold: *threshold,
        truncated: page.truncated,
        blocks: Blocks(page),
    })
}

pub fn failed(source: &str, error: &str) -> String {
    line(&Failed { source, error })
}

/// A value as a line of JSON.
pub fn line(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("strings and finite numbers always are JSON");
    json + "\n"
}

/// More would be noise, and differs between machines.
pub fn four_decimals(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}
