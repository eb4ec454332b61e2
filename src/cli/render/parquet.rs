//! Parquet: a row per block.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use saring::{Error, Result, four_decimals};

use super::super::destination::Destination;
use super::Rendered;

/// The columns; those of a page are the same in all of its rows.
const SCHEMA: &str = "message blocks {
  required binary source (STRING);
  required binary url (STRING);
  required double confidence;
  optional binary truncated (STRING);
  required int32 block;
  required binary text (STRING);
  required binary label (STRING);
  required double probability;
  required boolean kept;
  required binary path (STRING);
  optional binary rule (STRING);
}";

/// How many bytes of rows are kept until they are written as a row group.
const GROUP: usize = 32 << 20;

/// What a row takes in memory beside its text and path.
const ROW: usize = 400;

/// The rows of a page, or of several.
#[derive(Default)]
pub struct Rows {
    source: Vec<ByteArray>,
    url: Vec<ByteArray>,
    confidence: Vec<f64>,
    /// Only where a page was cut, and for each row whether its page was.
    truncated: Vec<ByteArray>,
    is_truncated: Vec<i16>,
    block: Vec<i32>,
    text: Vec<ByteArray>,
    label: Vec<ByteArray>,
    probability: Vec<f64>,
    kept: Vec<bool>,
    path: Vec<ByteArray>,
    /// Only where a rule has decided, and for each row whether one has.
    rule: Vec<ByteArray>,
    is_ruled: Vec<i16>,
    bytes: usize,
}

impl Rows {
    /// What they take in memory, or nearly.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn append(&mut self, mut other: Rows) {
        self.source.append(&mut other.source);
        self.url.append(&mut other.url);
        self.confidence.append(&mut other.confidence);
        self.truncated.append(&mut other.truncated);
        self.is_truncated.append(&mut other.is_truncated);
        self.block.append(&mut other.block);
        self.text.append(&mut other.text);
        self.label.append(&mut other.label);
        self.probability.append(&mut other.probability);
        self.kept.append(&mut other.kept);
        self.path.append(&mut other.path);
        self.rule.append(&mut other.rule);
        self.is_ruled.append(&mut other.is_ruled);
        self.bytes += other.bytes;
    }
}

/// The rows of a page. One without blocks has none.
pub fn page(Rendered { source, page, .. }: &Rendered) -> Rows {
    // Copies of these share their bytes.
    let (source, url) = (ByteArray::from(*source), ByteArray::from(page.url.as_str()));
    let truncated = page.truncated.map(|why| {
        let name = serde_json::to_value(why).expect("a name is JSON");
        ByteArray::from(name.as_str().expect("it is written as its name"))
    });
    let mut rows = Rows { bytes: source.len() + url.len(), ..Rows::default() };
    for (n, block) in page.blocks.iter().enumerate() {
        let path = page.path(n);
        rows.bytes += block.text.len() + path.len() + ROW;
        rows.source.push(source.clone());
        rows.url.push(url.clone());
        rows.confidence.push(four_decimals(page.confidence));
        rows.truncated.extend(truncated.clone());
        rows.is_truncated.push(truncated.is_some().into());
        rows.block.push(i32::try_from(n + 1).unwrap_or(i32::MAX));
        rows.text.push(ByteArray::from(block.text.as_str()));
        rows.label.push(ByteArray::from(block.label_name()));
        rows.probability.push(four_decimals(block.probability));
        rows.kept.push(block.kept);
        rows.path.push(ByteArray::from(path.into_bytes()));
        rows.rule.extend(block.rule.as_deref().map(ByteArray::from));
        rows.is_ruled.push(block.rule.is_some().into());
    }
    rows
}

/// A file that rows are written to.
pub struct Table {
    path: PathBuf,
    file: SerializedFileWriter<File>,
    rows: Rows,
}

impl Table {
    /// # Errors
    /// [`Error::Option`] if the destination is no file, [`Error::Io`].
    pub fn new(out: &Destination) -> Result<Table> {
        let Some((path, file)) = out.file()? else {
            let message = "--format parquet needs --output FILE: a table is no text for stdout";
            return Err(Error::Option(message.into()));
        };
        let schema = Arc::new(parse_message_type(SCHEMA).expect("the schema is one"));
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let written = SerializedFileWriter::new(file, schema, Arc::new(properties));
        let file = written.map_err(|e| Error::io(&path, e))?;
        Ok(Table { path, file, rows: Rows::default() })
    }

    /// # Errors
    /// [`Error::Io`]
    pub fn add(&mut self, rows: Rows) -> Result<()> {
        self.rows.append(rows);
        if self.rows.bytes >= GROUP { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        write_group(&mut self.file, &rows).map_err(|e| Error::io(&self.path, e))
    }

    /// Writes the rows that are left, and what makes the file readable.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub fn close(mut self) -> Result<()> {
        if !self.rows.block.is_empty() {
            self.flush()?;
        }
        self.file.close().map(|_| ()).map_err(|e| Error::io(&self.path, e))
    }
}

fn write_group(
    file: &mut SerializedFileWriter<File>,
    rows: &Rows,
) -> std::result::Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    let mut columns = 0;
    while let Some(mut column) = group.next_column()? {
        match (columns, column.untyped()) {
            (0, ColumnWriter::ByteArrayColumnWriter(w)) => w.write_batch(&rows.source, None, None),
            (1, ColumnWriter::ByteArrayColumnWriter(w)) => w.write_batch(&rows.url, None, None),
            (2, ColumnWriter::DoubleColumnWriter(w)) => w.write_batch(&rows.confidence, None, None),
            (3, ColumnWriter::ByteArrayColumnWriter(w)) => {
                w.write_batch(&rows.truncated, Some(&rows.is_truncated), None)
            }
            (4, ColumnWriter::Int32ColumnWriter(w)) => w.write_batch(&rows.block, None, None),
            (5, ColumnWriter::ByteArrayColumnWriter(w)) => w.write_batch(&rows.text, None, None),
            (6, ColumnWriter::ByteArrayColumnWriter(w)) => w.write_batch(&rows.label, None, None),
            (7, ColumnWriter::DoubleColumnWriter(w)) => {
                w.write_batch(&rows.probability, None, None)
            }
            (8, ColumnWriter::BoolColumnWriter(w)) => w.write_batch(&rows.kept, None, None),
            (9, ColumnWriter::ByteArrayColumnWriter(w)) => w.write_batch(&rows.path, None, None),
            (10, ColumnWriter::ByteArrayColumnWriter(w)) => {
                w.write_batch(&rows.rule, Some(&rows.is_ruled), None)
            }
            (n, _) => unreachable!("column {n} of the schema has another type"),
        }?;
        column.close()?;
        columns += 1;
    }
    group.close()?;
    Ok(())
}
