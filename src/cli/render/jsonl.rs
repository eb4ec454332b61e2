//! One JSON object per page.

use saring::Record;
use serde::Serialize;

use super::Rendered;

#[derive(Serialize)]
struct Failed<'a> {
    source: &'a str,
    error: &'a str,
}

pub fn page(&Rendered { source, page, threshold, .. }: &Rendered) -> String {
    Record { source: Some(source), page, threshold }.to_json() + "\n"
}

pub fn failed(source: &str, error: &str) -> String {
    line(&Failed { source, error })
}

/// A value as a line of JSON.
pub fn line(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("strings and finite numbers always are JSON");
    json + "\n"
}
