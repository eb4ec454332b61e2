//! A classified page in the formats of `saring classify`: one file per format.

mod csv;
pub mod html;
pub mod jsonl;
mod markdown;
pub mod palette;
#[cfg(feature = "parquet")]
pub mod parquet;
mod table;

use saring::{Document, Page};

pub use jsonl::line;
pub use table::printable;

/// What `saring classify` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One object per page with its blocks
    Jsonl,
    /// For people: a line per block, kept ones marked with *
    Table,
    /// The kept text, one block per line
    Text,
    /// The kept text with headings, lists and quotes
    Markdown,
    /// Block CSV with labels and probabilities, to be corrected and trained on
    Csv,
    /// A page for the browser with the blocks coloured by label
    Html,
    /// A table with a row per block, for --output FILE
    #[cfg(feature = "parquet")]
    Parquet,
}

/// A page in some format.
pub enum Output {
    /// As it is written.
    Text(String),
    /// Rows of a table.
    #[cfg(feature = "parquet")]
    Rows(Box<parquet::Rows>),
}

impl Output {
    /// What it takes in memory.
    pub fn bytes(&self) -> usize {
        match self {
            Output::Text(text) => text.len(),
            #[cfg(feature = "parquet")]
            Output::Rows(rows) => rows.bytes(),
        }
    }
}

/// A page with all that a format may want to tell.
pub struct Rendered<'a> {
    /// Where it came from.
    pub source: &'a str,
    /// What was classified, for the format that [needs](Format::needs_document) it.
    pub document: Option<&'a Document>,
    /// The result.
    pub page: &'a Page,
    /// The threshold, where one was given.
    pub threshold: Option<f32>,
    /// The width of the terminal, where one is written to.
    pub columns: Option<usize>,
}

impl Format {
    /// Whether it tells more of a page than a [`Page`] has.
    pub fn needs_document(self) -> bool {
        self == Format::Csv
    }

    /// What comes before the first page.
    pub fn head(self) -> String {
        match self {
            Format::Csv => csv::head(),
            Format::Html => html::head(),
            _ => String::new(),
        }
    }

    /// A page, its last line ended.
    pub fn page(self, page: &Rendered) -> Output {
        Output::Text(match self {
            Format::Jsonl => jsonl::page(page),
            Format::Table => table::page(page),
            Format::Text => ended(page.page.text()),
            Format::Markdown => markdown::page(page),
            Format::Csv => csv::page(page),
            Format::Html => html::page(page),
            #[cfg(feature = "parquet")]
            Format::Parquet => return Output::Rows(Box::new(parquet::page(page))),
        })
    }

    /// A page that could not be read; nothing in formats that have no place for it.
    pub fn failed(self, source: &str, message: &str) -> Output {
        Output::Text(match self {
            Format::Jsonl => jsonl::failed(source, message),
            Format::Html => html::failed(source, message),
            _ => String::new(),
        })
    }

    /// What separates two pages.
    pub fn between(self) -> &'static str {
        match self {
            Format::Table | Format::Text | Format::Markdown => "\n",
            _ => "",
        }
    }

    /// What comes after the last page.
    pub fn foot(self) -> &'static str {
        match self {
            Format::Html => html::FOOT,
            _ => "",
        }
    }
}

/// The text with its last line ended; nothing stays nothing.
fn ended(mut text: String) -> String {
    if !text.is_empty() {
        text.push('\n');
    }
    text
}
