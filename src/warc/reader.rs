//! WARC bytes to records, one after the other.
//!
//! A record says how long it is. Where that is wrong, or the record is broken in another way, reading
//! goes on at the next `WARC/1.` that ends a line or the next member. All that is looked at is in one buffer, and
//! nothing that was passed over is read again, so the time is linear in the input.

use std::fmt;
use std::io::{self, BufRead};

use memchr::memmem;

use super::fields::{Fields, end_of_header};
use super::http;
use super::members::{Members, Packing};

/// The longest header of a record.
const MAX_HEADER: usize = 64 << 10;

/// How much is read at a time.
const CHUNK: usize = 64 << 10;

/// How much of the start of a record, `WARC/1.0` with line ends around it, may be seen without being
/// known for one.
const OVERLAP: usize = 12;

/// Line ends that may stand between two records.
const LINE_ENDS: usize = 512;

/// A record.
#[derive(Debug)]
pub struct Record<'a> {
    /// From 1. What cannot be read counts too: a broken record, bytes between two records.
    pub number: u64,
    /// Where it begins in the file; where the file is packed, where the member of the record does.
    pub offset: u64,
    /// Its header.
    pub fields: Fields,
    /// Its content, as far as the limit goes.
    pub block: &'a [u8],
    /// Whether there is more of it.
    pub cut: bool,
}

/// Something that could not be read, and that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// As [`Record::number`].
    pub number: u64,
    /// As [`Record::offset`].
    pub offset: u64,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {} (byte {}): {}", self.number, self.offset, self.reason)
    }
}

impl std::error::Error for Broken {}

/// Reads records.
pub struct Reader<R> {
    members: Members<R>,
    /// The most bytes that are kept of a block.
    limit: usize,
    buffer: Vec<u8>,
    /// What is before that was used.
    at: usize,
    /// How many unpacked bytes were before those of the buffer.
    gone: u64,
    /// Where in the buffer a member begins that begins with a record: nothing before goes on there.
    border: Option<Border>,
    /// Where the member begins that is read at `at`.
    member: u64,
    /// The end of the record that was given last.
    end: usize,
    number: u64,
    ended: bool,
}

struct Border {
    at: usize,
    /// Where the member begins in the file.
    member: u64,
    /// The member is broken from its start.
    failed: Option<io::Error>,
}

/// What is wrong, and how to go on.
enum Fault {
    /// The bytes from here on may hold the next record.
    Format(String, usize),
    /// The member is broken, or the reader.
    Members(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Members(error)
    }
}

impl<R: BufRead> Reader<R> {
    /// Keeps of each block what a page of at most `limit` bytes needs: that many, and 64 KiB for a
    /// header of HTTP.
    pub fn new(members: Members<R>, limit: usize) -> Reader<R> {
        Reader {
            members,
            limit: limit.saturating_add(http::MAX_HEADER + 1),
            buffer: Vec::new(),
            at: 0,
            gone: 0,
            border: None,
            member: 0,
            end: 0,
            number: 0,
            ended: false,
        }
    }

    /// The next record, or what was found in its place; `None` after the last.
    // It lends its buffer, which an iterator cannot.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Result<Record<'_>, Broken>> {
        if self.ended {
            return None;
        }
        self.at = self.end;
        let begun = self.begin();
        self.ended = matches!(begun, Ok(false));
        if self.ended {
            return None;
        }
        self.number += 1;
        let start = self.gone + self.at as u64;
        let offset = match self.members.packing() {
            Packing::Plain => start,
            _ => self.member,
        };
        let number = self.number;
        match begun.and_then(|_| self.record()) {
            Ok((fields, from, to, cut)) => {
                let block = &self.buffer[from..to];
                Some(Ok(Record { number, offset, fields, block, cut }))
            }
            Err(fault) => {
                Some(Err(Broken { number, offset, reason: self.pass_over(fault, start) }))
            }
        }
    }

    /// The most bytes that were in memory at one time, without those of the decoder.
    #[doc(hidden)]
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// The first byte that is no longer of this member, or was not read yet.
    fn border(&self) -> usize {
        self.border.as_ref().map_or(self.buffer.len(), |border| border.at)
    }

    /// Goes to the start of a record, past empty lines. `false` at the end.
    fn begin(&mut self) -> Result<bool, Fault> {
        // Seldom, so that bytes are not moved for each small record.
        if self.at >= CHUNK && self.at * 2 >= self.buffer.len() {
            self.drop_bytes(0, self.at);
            self.at = 0;
        }
        loop {
            let at = self.at;
            if let Some(border) = self.border.take_if(|border| border.at == at) {
                self.member = border.member;
                if let Some(error) = border.failed {
                    return Err(error.into());
                }
            }
            match self.buffer[self.at..self.border()].first() {
                Some(b'\r' | b'\n') => self.at += 1,
                Some(_) => return Ok(true),
                None => {
                    // A few packed bytes may hold a gigabyte of line ends.
                    self.drop_bytes(0, self.at);
                    self.at = 0;
                    if !self.grow()? {
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// The header, and where the block begins and ends in the buffer, and whether it was cut.
    fn record(&mut self) -> Result<(Fields, usize, usize, bool), Fault> {
        let (fields, from) = self.header()?;
        let length = length(&fields).map_err(|reason| Fault::Format(reason, from))?;
        let kept = length.min(self.limit as u64) as usize;
        if !self.fill(from + kept)? {
            return Err(self.too_short(from, length, 0));
        }
        let to = from + kept;
        if length > kept as u64 {
            self.skip(from, to, length)?;
        }
        self.end_of_record(from, to, length)?;
        Ok((fields, from, to, length > kept as u64))
    }

    fn header(&mut self) -> Result<(Fields, usize), Fault> {
        self.fill(self.at + 5)?;
        if !self.buffer[self.at..self.border()].starts_with(b"WARC/") {
            return Err(Fault::Format("no record begins here".into(), self.at));
        }
        let mut searched = self.at;
        let (header, end) = loop {
            let most = self.border().min(self.at + MAX_HEADER);
            if let Some((header, end)) = end_of_header(&self.buffer[searched..most]) {
                break (searched + header, searched + end);
            }
            if most == self.at + MAX_HEADER {
                let reason = format!("the header is longer than {MAX_HEADER} bytes");
                return Err(Fault::Format(reason, self.at + 5));
            }
            // Line ends may be seen by halves.
            searched = most.saturating_sub(3).max(self.at);
            if !self.grow()? {
                let reason = "it ends within the header of the record".into();
                return Err(Fault::Format(reason, self.at + 5));
            }
        };
        let bytes = &self.buffer[self.at..header];
        if let Some(at) = find_start(&bytes[5..]) {
            let reason = "another record begins within the header".into();
            return Err(Fault::Format(reason, self.at + 5 + at));
        }
        let line = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        let (fields, wrong) = Fields::read(&bytes[line..]);
        match wrong {
            None => Ok((fields, end)),
            Some(line) => {
                let reason = format!("a line of the header has no name: {line:?}");
                Err(Fault::Format(reason, self.at + 5))
            }
        }
    }

    /// Passes over what is not kept of a block. A length that is far too long must not swallow the
    /// records that follow, which is why they are looked for.
    fn skip(&mut self, from: usize, to: usize, length: u64) -> Result<(), Fault> {
        let runs_over = |start| {
            let reason = format!("a record begins within the {length} bytes of Content-Length");
            Err(Fault::Format(reason, start))
        };
        if let Some(start) = find_record(&self.buffer[from..to]) {
            return runs_over(from + start);
        }
        let mut left = length - (to - from) as u64;
        // Such a start may begin in what is kept, once.
        let mut searched = to.saturating_sub(OVERLAP).max(from);
        while left > 0 {
            let here = left.min((self.border() - to) as u64) as usize;
            if let Some(start) = find_record(&self.buffer[searched..to + here]) {
                return runs_over(searched + start);
            }
            let passed = if here as u64 == left { here } else { here.saturating_sub(OVERLAP) };
            if passed > 0 {
                self.drop_bytes(to, to + passed);
                left -= passed as u64;
                searched = to;
            }
            if left > 0 && !self.grow()? {
                let read = length - left + (self.border() - to) as u64;
                return Err(self.too_short(from, length, read));
            }
        }
        Ok(())
    }

    /// Passes over what ends a record, and makes sure that the record was no longer and no shorter.
    fn end_of_record(&mut self, from: usize, to: usize, length: u64) -> Result<(), Fault> {
        self.fill(to + 4)?;
        let after = &self.buffer[to..self.border()];
        let as_usual = after.starts_with(b"\r\n\r\n");
        // A page that quotes a record, or a length that is too long and ends at a place like an end.
        let before = from.saturating_sub(OVERLAP);
        let holds_start = find_start(&self.buffer[before..to]).is_some();
        if as_usual && !holds_start {
            self.end = to + 4;
        } else {
            // Fewer line ends, or of another kind, are no harm if a record follows them.
            let next = self.after_line_ends(to)?;
            let whole = self.fill(next + 5)?;
            let follows = &self.buffer[next..self.border()];
            let fits = follows.starts_with(b"WARC/") || (!whole && follows.is_empty());
            if !fits || (holds_start && !as_usual) {
                let reason = format!("no record ends after the {length} bytes of Content-Length");
                return Err(Fault::Format(reason, from));
            }
            self.end = next;
        }
        // The checksum of the member stands behind its last byte.
        let packed = self.members.packing() != Packing::Plain;
        if packed && self.end == self.buffer.len() {
            self.chunk()?;
        }
        Ok(())
    }

    /// Where the line ends from here on end, whatever of them was read by now; after some hundreds it is
    /// no use to look for more.
    fn after_line_ends(&mut self, from: usize) -> Result<usize, Fault> {
        let mut next = from;
        while next - from < LINE_ENDS && self.fill(next + 1)? {
            if !matches!(self.buffer[next], b'\r' | b'\n') {
                break;
            }
            next += 1;
        }
        Ok(next)
    }

    fn too_short(&self, from: usize, length: u64, read: u64) -> Fault {
        let there = read.max((self.border() - from) as u64);
        let whose = match self.members.packing() {
            Packing::Plain => "file",
            Packing::Gzip => "gzip member",
            Packing::Zstd => "zstd frame",
        };
        let reason =
            format!("the {whose} ends after {there} of the {length} bytes of Content-Length");
        Fault::Format(reason, from)
    }

    /// Goes from the broken record at `start` to the next one, and says what was wrong.
    fn pass_over(&mut self, fault: Fault, start: u64) -> String {
        match fault {
            Fault::Format(reason, from) => match self.seek_record(from) {
                Ok(()) => {
                    let passed = self.gone + self.end as u64 - start;
                    format!("{reason}; {passed} bytes were passed over")
                }
                Err(error) => format!("{reason}; after it: {}", self.leave_member(&error)),
            },
            Fault::Members(error) => self.leave_member(&error),
        }
    }

    /// Goes on at the next member, and says what was wrong with this one.
    fn leave_member(&mut self, error: &io::Error) -> String {
        debug_assert!(self.border.is_none(), "nothing is read beyond a border");
        self.gone += self.buffer.len() as u64;
        self.buffer.clear();
        (self.at, self.end) = (0, 0);
        self.ended = !self.members.recover();
        error.to_string()
    }

    /// Sets `end` to where the next record begins, at `from` or later.
    fn seek_record(&mut self, mut from: usize) -> io::Result<()> {
        loop {
            let border = self.border();
            if let Some(at) = find_start(&self.buffer[from..border]) {
                self.end = from + at;
                return Ok(());
            }
            if self.border.is_some() {
                self.end = border;
                return Ok(());
            }
            // What may be the start of a start stays.
            from = border.saturating_sub(OVERLAP).max(from);
            let passed = from.saturating_sub(self.at);
            self.drop_bytes(self.at, self.at + passed);
            from -= passed;
            if !self.more()? {
                self.end = self.buffer.len();
                return Ok(());
            }
        }
    }

    /// Takes bytes out of the buffer.
    fn drop_bytes(&mut self, from: usize, to: usize) {
        self.buffer.drain(from..to);
        self.gone += (to - from) as u64;
        if let Some(border) = &mut self.border {
            border.at -= to - from;
        }
    }

    /// Reads until the buffer holds this much; `false` if the input or the member ends before.
    fn fill(&mut self, length: usize) -> io::Result<bool> {
        while self.border() < length {
            if !self.grow()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads some more of what the record may be in; `false` if there is no more.
    fn grow(&mut self) -> io::Result<bool> {
        Ok(self.border.is_none() && self.more()?)
    }

    /// Reads some more; `false` at the end of the input.
    fn more(&mut self) -> io::Result<bool> {
        if self.chunk()? {
            return Ok(true);
        }
        if !self.members.next_member()? {
            return Ok(false);
        }
        // A record may go on in the next member, if that does not begin with one itself.
        let at = self.buffer.len();
        let mut failed = None;
        while self.buffer.len() < at + 5 {
            match self.chunk() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if failed.is_some() || at == self.at || self.buffer[at..].starts_with(b"WARC/") {
            self.border = Some(Border { at, member: self.members.offset(), failed });
        }
        Ok(true)
    }

    /// Reads some more of the member; `false` at its end.
    fn chunk(&mut self) -> io::Result<bool> {
        let length = self.buffer.len();
        self.buffer.resize(length + CHUNK, 0);
        let read = self.members.read_member(&mut self.buffer[length..]);
        self.buffer.truncate(length + *read.as_ref().unwrap_or(&0));
        Ok(read? > 0)
    }
}

/// The value of Content-Length.
fn length(fields: &Fields) -> Result<u64, String> {
    let mut stated = fields.all("Content-Length");
    let Some(value) = stated.next() else { return Err("there is no Content-Length".into()) };
    if let Some(other) = stated.find(|other| *other != value) {
        return Err(format!("Content-Length is both {value:?} and {other:?}"));
    }
    let digits = Some(value).filter(|v| v.bytes().all(|b| b.is_ascii_digit()));
    digits.and_then(|v| v.parse().ok()).ok_or_else(|| {
        let start: String = value.chars().take(40).collect();
        format!("Content-Length is {start:?}")
    })
}

/// Where a line ends in `WARC/1.` and a digit. It may hold more: the record before may have ended
/// anywhere.
fn find_start(bytes: &[u8]) -> Option<usize> {
    starts(bytes).next()
}

/// Where such a line follows an empty line, as it does after every record.
fn find_record(bytes: &[u8]) -> Option<usize> {
    starts(bytes).find(|&at| {
        let before = bytes[..at].strip_suffix(b"\n").unwrap_or_default();
        before.ends_with(b"\n") || before.ends_with(b"\n\r")
    })
}

fn starts(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    memmem::find_iter(bytes, b"WARC/1.").filter(|&at| {
        matches!(bytes[at + 7..], [b'0'..=b'9', b'\n', ..] | [b'0'..=b'9', b'\r', b'\n', ..])
    })
}
