//! What was read, counted by the threads that read it.

use std::fmt::Write;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use saring::warc::Other;

/// Counts of bytes, and of the records of WARC files.
#[derive(Debug, Default)]
pub struct Tally {
    /// Bytes of files and of stdin, as they are stored.
    bytes: AtomicU64,
    pages: AtomicU64,
    broken: AtomicU64,
    types: AtomicU64,
    revisits: AtomicU64,
    statuses: AtomicU64,
    media: AtomicU64,
}

impl Tally {
    /// How many bytes were read until now.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// A record that holds a page.
    pub fn page(&self) {
        self.pages.fetch_add(1, Relaxed);
    }

    /// A page that turned out to be broken when it was unpacked.
    pub fn broken_page(&self) {
        self.pages.fetch_sub(1, Relaxed);
        self.broken();
    }

    /// A record that cannot be read.
    pub fn broken(&self) {
        self.broken.fetch_add(1, Relaxed);
    }

    /// A record that holds no page.
    pub fn other(&self, other: Other) {
        let count = match other {
            Other::Type => &self.types,
            Other::Revisit => &self.revisits,
            Other::Status => &self.statuses,
            Other::Media => &self.media,
        };
        count.fetch_add(1, Relaxed);
    }

    /// A line on all records of WARC files, if there were any.
    pub fn of_records(&self) -> Option<String> {
        let count = |count: &AtomicU64| count.load(Relaxed);
        let others = [
            (count(&self.types), "of other types"),
            (count(&self.revisits), "revisits"),
            (count(&self.statuses), "of another status"),
            (count(&self.media), "not HTML"),
        ];
        let without = others.iter().map(|(n, _)| n).sum::<u64>();
        let (pages, broken) = (count(&self.pages), count(&self.broken));
        let all = pages + without + broken;
        if all == 0 {
            return None;
        }
        let mut line = format!("{all} records of WARC: {pages} pages, {broken} broken");
        let mut before = format!(", {without} passed over: ");
        for (n, what) in others.into_iter().filter(|(n, _)| *n > 0) {
            let _ = write!(line, "{before}{n} {what}");
            before = ", ".into();
        }
        Some(line)
    }
}

/// A reader whose bytes are counted.
pub struct Counted<R> {
    pub reader: R,
    pub tally: Arc<Tally>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(into)?;
        self.tally.bytes.fetch_add(read as u64, Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_met_is_told() {
        let tally = Tally::default();
        assert_eq!(tally.of_records(), None);
        tally.page();
        tally.page();
        tally.broken_page();
        assert_eq!(tally.of_records().unwrap(), "2 records of WARC: 1 pages, 1 broken");
        tally.other(Other::Media);
        tally.other(Other::Type);
        tally.other(Other::Media);
        let expected =
            "5 records of WARC: 1 pages, 1 broken, 3 passed over: 1 of other types, 2 not HTML";
        assert_eq!(tally.of_records().unwrap(), expected);
    }
}
