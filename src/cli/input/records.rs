//! WARC and WET records to pages.

use std::io::BufRead;
use std::sync::Arc;

use saring::warc::{Broken, Found, Kind, Packed, Reader};

use super::super::tally::Tally;
use super::{Body, Bytes, Input, Pending, Unread, What, unread};

/// The pages of a WARC file, and what is broken in it.
pub struct Records {
    source: String,
    reader: Reader<Box<dyn BufRead + Send>>,
    limit: usize,
    tally: Arc<Tally>,
    /// How many records were met.
    met: u64,
}

impl Records {
    pub fn new(source: String, bytes: Bytes, limit: usize, tally: Arc<Tally>) -> Records {
        Records { source, reader: Reader::new(bytes, limit), limit, tally, met: 0 }
    }
}

impl Iterator for Records {
    type Item = Pending;

    fn next(&mut self) -> Option<Pending> {
        loop {
            let Some(record) = self.reader.next() else {
                let empty = self.met == 0;
                self.met += 1;
                return empty.then(|| unread(&self.source, "the file is empty").into());
            };
            self.met += 1;
            let (number, found) = match record {
                Ok(record) => (record.number, record.find()),
                Err(broken) => (broken.number, Err(broken)),
            };
            let source = format!("{}:{number}", self.source);
            match found {
                Ok(Found::Page(page)) => {
                    self.tally.page();
                    let (limit, tally) = (self.limit, Arc::clone(&self.tally));
                    let what = What::Record { page: Box::new(page), limit, tally };
                    return Some(Pending { source, what });
                }
                Ok(Found::Nothing(other)) => self.tally.other(other),
                Err(broken) => {
                    self.tally.broken();
                    return Some(told(source, &broken).into());
                }
            }
        }
    }
}

/// # Errors
/// The page cannot be unpacked.
pub fn unpack(source: String, page: Packed, limit: usize, tally: &Tally) -> Result<Input, Unread> {
    let (url, charset, kind) = (page.url.clone(), page.charset.clone(), page.kind);
    match page.decode(limit) {
        Ok((bytes, cut)) => {
            let body = match kind {
                Kind::Html => Body::Html(bytes),
                Kind::Text => Body::Text(bytes),
            };
            Ok(Input { source, url, body, charset, cut })
        }
        Err(broken) => {
            tally.broken_page();
            Err(told(source, &broken))
        }
    }
}

/// The number of the record is part of its source.
fn told(source: String, Broken { offset, reason, .. }: &Broken) -> Unread {
    Unread { source, message: format!("byte {offset}: {reason}") }
}
