//! A reader that counts what is taken of it, and that can go back a little.

use std::io::{self, BufRead, Read};

/// How many bytes can be read again. A member that was cut short runs into the one after it, and
/// shows that by the first code that makes no sense, some thousand bytes on.
const RECENT: usize = 256 << 10;

pub fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut short")
}

/// See the module.
pub struct Source<R> {
    reader: R,
    offset: u64,
    /// The last bytes that were taken.
    recent: Vec<u8>,
    /// How many of those come once more.
    again: usize,
    failed: bool,
}

impl<R: BufRead> Source<R> {
    pub fn new(reader: R) -> Source<R> {
        Source { reader, offset: 0, recent: Vec::new(), again: 0, failed: false }
    }

    /// Where the next byte is.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes can be read again.
    pub fn recent(&self) -> usize {
        self.recent.len()
    }

    /// Whether the reader itself has failed.
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// What was taken until now is not gone back to.
    pub fn forget(&mut self) {
        let taken = self.recent.len() - self.again;
        self.recent.drain(..taken);
    }

    /// Goes back as far as can be.
    pub fn rewind(&mut self) {
        self.back(self.recent.len() - self.again);
    }

    /// Goes back by some bytes that were taken just now.
    pub fn back(&mut self, bytes: usize) {
        self.again += bytes;
        self.offset -= bytes as u64;
    }

    /// # Errors
    /// [`cut`], and the reader's.
    pub fn exactly(&mut self, into: &mut [u8]) -> io::Result<()> {
        self.read_exact(into).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => cut(),
            _ => e,
        })
    }

    /// # Errors
    /// [`cut`], and the reader's.
    pub fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.take(bytes), &mut io::sink())?;
        if skipped < bytes { Err(cut()) } else { Ok(()) }
    }
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let read = bytes.len().min(into.len());
        into[..read].copy_from_slice(&bytes[..read]);
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.again > 0 {
            return Ok(&self.recent[self.recent.len() - self.again..]);
        }
        loop {
            match self.reader.fill_buf() {
                // What is there now is given again without reading.
                Ok(_) => return self.reader.fill_buf(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
    }

    fn consume(&mut self, bytes: usize) {
        self.offset += bytes as u64;
        if self.again > 0 {
            self.again -= bytes;
            return;
        }
        if let Ok(filled) = self.reader.fill_buf() {
            self.recent.extend_from_slice(&filled[..bytes]);
        }
        self.reader.consume(bytes);
        if self.recent.len() > 2 * RECENT {
            self.recent.drain(..self.recent.len() - RECENT);
        }
    }
}
