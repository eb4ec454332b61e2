//! Pages out of WARC files, as crawlers and archives store them, and out of WET files.
//!
//! ```
//! use saring::warc::{Found, Members, Reader};
//!
//! let file = b"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: https://warta.example/a\r\n\
//!     Content-Type: text/html\r\nContent-Length: 14\r\n\r\n<p>Isi berita.\r\n\r\n";
//! let mut records = Reader::new(Members::new(&file[..], None)?, 1 << 20);
//! while let Some(record) = records.next() {
//!     match record.and_then(|record| record.find()) {
//!         Ok(Found::Page(page)) => {
//!             let url = page.url.clone();
//!             let (html, _cut) = page.decode(1 << 20)?;
//!             assert_eq!((url.as_deref(), &html[..]), (Some("https://warta.example/a"), &b"<p>Isi berita."[..]));
//!         }
//!         Ok(Found::Nothing(_why)) => {}
//!         Err(broken) => eprintln!("{broken}"), // the records after it are read all the same
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Memory is bounded, whatever comes in: by a few times the limit on a page, 256 KiB of packed bytes,
//! and what a decoder asks for (32 KiB for gzip, at most 128 MiB for zstd).

mod fields;
mod http;
mod members;
mod page;
mod reader;
mod source;
#[cfg(test)]
mod tests;

pub use fields::Fields;
pub use members::{Members, Packing};
pub use page::{Found, Kind, Other, Packed};
pub use reader::{Broken, Reader, Record};
