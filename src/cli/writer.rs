//! What `saring classify` writes, page after page, in whatever format.

use saring::Result;

use super::Failure;
use super::destination::Destination;
#[cfg(feature = "parquet")]
use super::render::parquet;
use super::render::{Format, Output};

/// Writes pages to where they go.
pub struct Writer {
    out: Destination,
    format: Format,
    /// Whether there is a page already.
    any: bool,
    #[cfg(feature = "parquet")]
    table: Option<parquet::Table>,
}

impl Writer {
    /// Writes what comes before the first page.
    pub fn new(mut out: Destination, format: Format) -> std::result::Result<Writer, Failure> {
        let head = format.head();
        if !head.is_empty() {
            out.write(&head)?;
        }
        #[cfg(feature = "parquet")]
        let table = match format {
            Format::Parquet => Some(parquet::Table::new(&out)?),
            _ => None,
        };
        Ok(Writer {
            out,
            format,
            any: false,
            #[cfg(feature = "parquet")]
            table,
        })
    }

    /// Writes a page.
    pub fn page(&mut self, page: Output) -> std::result::Result<(), Failure> {
        let text = match page {
            Output::Text(text) => text,
            #[cfg(feature = "parquet")]
            Output::Rows(rows) => {
                return Ok(self.table.as_mut().expect("rows are of this format").add(*rows)?);
            }
        };
        let between = if self.any && !text.is_empty() { self.format.between() } else { "" };
        self.any |= !text.is_empty();
        self.out.write(&format!("{between}{text}"))
    }

    /// Writes what comes after the last page, and gives the file its name.
    pub fn complete(mut self) -> std::result::Result<(), Failure> {
        if !self.format.foot().is_empty() {
            self.out.write(self.format.foot())?;
        }
        Ok(self.close()?.complete()?)
    }

    /// Leaves what was written as something that can be read.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn close(self) -> Result<Destination> {
        #[cfg(feature = "parquet")]
        if let Some(table) = self.table {
            table.close()?;
        }
        Ok(self.out)
    }
}
