//! Compressed bytes, one gzip member or zstd frame after the other.
//!
//! A decoder of whole streams does not tell where a member begins, and gives up at the first that is
//! broken. Here each can be told from the next, and reading goes on at the one after a broken one.

use std::io::{self, BufRead, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};
use ruzstd::decoding::{BlockDecodingStrategy, Dictionary, FrameDecoder};

use super::source::{Source, cut};

/// What may be read again beyond once: input made of broken members must not take the square of its
/// length.
const AGAIN: u64 = 4 << 20;

/// The longest gzip name or comment.
const NAME: u64 = 64 << 10;

/// The window that a zstd frame may ask for, and the size of a dictionary.
const WINDOW: u64 = 128 << 20;
const DICTIONARY: u32 = 8 << 20;

/// How bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// They are not.
    Plain,
    /// gzip members, any number of them.
    Gzip,
    /// zstd frames, any number of them; the first may be a dictionary for the others, as in
    /// `.warc.zst` files.
    Zstd,
}

/// A reader of packed bytes. [`Read`] gives all of them; [`Members::read_member`] and
/// [`Members::next_member`] tell the members apart. Bytes that are not packed are one member.
///
/// ```
/// use std::io::Read;
/// use saring::warc::Members;
///
/// let mut text = String::new();
/// Members::new(&b"halo"[..], None)?.read_to_string(&mut text)?;
/// assert_eq!(text, "halo");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Members<R> {
    source: Source<R>,
    packing: Packing,
    decoder: Decoder,
    /// Whether a member has begun and not ended.
    open: bool,
    /// Where the last member begins in the source.
    start: u64,
    members: u64,
    /// Bytes that were read again.
    again: u64,
    /// The start that was looked at, and what is wrong behind it.
    ahead: Vec<u8>,
    failed: Option<io::Error>,
}

enum Decoder {
    Plain,
    Gzip { inflate: Decompress, crc: Crc },
    Zstd(Box<FrameDecoder>),
}

impl<R: BufRead> Members<R> {
    /// The first bytes say how they are packed; where they say nothing, `promised` does.
    ///
    /// # Errors
    /// The reader's.
    pub fn new(reader: R, promised: Option<Packing>) -> io::Result<Members<R>> {
        let mut source = Source::new(reader);
        let packing = told_by_start(&mut source)?.or(promised).unwrap_or(Packing::Plain);
        let decoder = match packing {
            Packing::Plain => Decoder::Plain,
            Packing::Gzip => Decoder::Gzip { inflate: Decompress::new(false), crc: Crc::new() },
            Packing::Zstd => {
                let mut decoder = FrameDecoder::new();
                decoder.set_max_window_size(WINDOW);
                Decoder::Zstd(Box::new(decoder))
            }
        };
        Ok(Members {
            source,
            packing,
            decoder,
            open: false,
            start: 0,
            members: 0,
            again: 0,
            ahead: Vec::new(),
            failed: None,
        })
    }

    /// How the bytes are packed.
    pub fn packing(&self) -> Packing {
        self.packing
    }

    /// Where the last member begins, in bytes of the source.
    pub fn offset(&self) -> u64 {
        self.start
    }

    /// Begins the next member; `false` after the last. What the member is made of shows when it is
    /// read.
    ///
    /// # Errors
    /// The reader's.
    pub fn next_member(&mut self) -> io::Result<bool> {
        if (self.packing == Packing::Plain && self.members > 0)
            || self.source.fill_buf()?.is_empty()
        {
            return Ok(false);
        }
        self.source.forget();
        self.start = self.source.offset();
        self.members += 1;
        self.open = true;
        if let Decoder::Gzip { inflate, crc } = &mut self.decoder {
            inflate.reset(false);
            crc.reset();
        }
        Ok(true)
    }

    /// Bytes of the member that was begun last; 0 after its end.
    ///
    /// # Errors
    /// The reader's, and of kind [`io::ErrorKind::InvalidData`] or
    /// [`io::ErrorKind::UnexpectedEof`] what is wrong with the member. [`Members::recover`] goes on.
    pub fn read_member(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.ahead.is_empty() {
            let read = self.ahead.len().min(into.len());
            into[..read].copy_from_slice(&self.ahead[..read]);
            self.ahead.drain(..read);
            return Ok(read);
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if !self.open || into.is_empty() {
            return Ok(0);
        }
        let (source, first) = (&mut self.source, self.start);
        let read = match &mut self.decoder {
            Decoder::Plain => source.read(into),
            Decoder::Gzip { inflate, crc } => gunzip(source, first, inflate, crc, into),
            Decoder::Zstd(decoder) => unzstd(source, first, decoder, into),
        };
        self.open = !matches!(read, Ok(0));
        read.map_err(|error| match (self.packing, error.kind()) {
            _ if self.source.has_failed() => error,
            (Packing::Plain, _) => error,
            (Packing::Gzip, kind) => io::Error::new(kind, format!("broken gzip: {error}")),
            (Packing::Zstd, kind) => io::Error::new(kind, format!("broken zstd: {error}")),
        })
    }

    /// The first bytes, which are read again afterwards: as few as are `enough`, or all. What is
    /// wrong with them shows when they are read.
    pub fn start(&mut self, enough: impl Fn(&[u8]) -> bool) -> &[u8] {
        let mut start = Vec::new();
        while !enough(&start) {
            let mut byte = [0];
            match self.read(&mut byte) {
                Ok(0) => break,
                Ok(_) => start.push(byte[0]),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        self.ahead = start;
        &self.ahead
    }

    /// Passes over a broken member: on to the next bytes that look like the beginning of one, or
    /// to the end. `false` if reading cannot go on, because the reader itself has failed.
    pub fn recover(&mut self) -> bool {
        if self.source.has_failed() {
            return false;
        }
        self.open = false;
        let recent = self.source.recent() as u64;
        if self.again + recent <= AGAIN + self.source.offset() {
            self.again += recent;
            self.source.rewind();
        }
        // The broken one must not be found again.
        if self.source.offset() == self.start {
            let _ = self.source.skip(1);
        }
        self.seek_member().is_ok()
    }

    fn seek_member(&mut self) -> io::Result<()> {
        let mut last = 0u32;
        loop {
            let bytes = self.source.fill_buf()?;
            if bytes.is_empty() {
                return Ok(());
            }
            let found = bytes.iter().position(|byte| {
                last = last << 8 | u32::from(*byte);
                match self.packing {
                    Packing::Plain => false,
                    // Deflate, and none of the flags that do not exist.
                    Packing::Gzip => last >> 8 == 0x1F_8B_08 && last & 0xE0 == 0,
                    Packing::Zstd => last == 0x28_B5_2F_FD,
                }
            });
            let length = bytes.len();
            self.source.consume(found.map_or(length, |at| at + 1));
            if found.is_some() {
                self.source.back(4);
                return Ok(());
            }
        }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.read_member(into)?;
            if read > 0 || into.is_empty() || !self.next_member()? {
                return Ok(read);
            }
        }
    }
}

/// What the first bytes show. No more of them are waited for than agree with one of these.
fn told_by_start<R: BufRead>(source: &mut Source<R>) -> io::Result<Option<Packing>> {
    const STARTS: [(&[u8], Packing); 4] = [
        // No text begins with that control character.
        (b"\x1F", Packing::Gzip),
        (b"\x28\xB5\x2F\xFD", Packing::Zstd),
        // A frame to be skipped: the dictionary.
        (b"\x5D\x2A\x4D\x18", Packing::Zstd),
        (b"WARC/", Packing::Plain),
    ];
    let mut start = Vec::new();
    let told = loop {
        if let Some((_, packing)) = STARTS.iter().find(|(bytes, _)| *bytes == start) {
            break Some(*packing);
        }
        let byte = source.fill_buf()?.first().copied();
        let Some(byte) = byte else { break None };
        start.push(byte);
        if !STARTS.iter().any(|(bytes, _)| bytes.starts_with(&start)) {
            break None;
        }
        source.consume(1);
    };
    source.rewind();
    Ok(told)
}

fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}

/// Bytes of the gzip member that begins at `first`.
fn gunzip<R: BufRead>(
    source: &mut Source<R>,
    first: u64,
    inflate: &mut Decompress,
    crc: &mut Crc,
    into: &mut [u8],
) -> io::Result<usize> {
    if source.offset() == first {
        gzip_header(source)?;
    }
    loop {
        let bytes = source.fill_buf()?;
        let (ended, before) = (bytes.is_empty(), (inflate.total_in(), inflate.total_out()));
        let status = inflate.decompress(bytes, into, FlushDecompress::None);
        source.consume((inflate.total_in() - before.0) as usize);
        let read = (inflate.total_out() - before.1) as usize;
        crc.update(&into[..read]);
        match status {
            // What comes before the place where it breaks is not lost.
            _ if read > 0 => return Ok(read),
            Err(_) => return Err(invalid("corrupt deflate stream")),
            Ok(Status::StreamEnd) => return gzip_trailer(source, crc).map(|()| 0),
            _ if ended => return Err(cut()),
            _ => {}
        }
    }
}

fn gzip_header<R: BufRead>(source: &mut Source<R>) -> io::Result<()> {
    let mut head = [0; 10];
    source.exactly(&mut head)?;
    let flags = head[3];
    if head[..3] != [0x1F, 0x8B, 8] || flags & 0xE0 != 0 {
        return Err(invalid("invalid gzip header"));
    }
    if flags & 4 != 0 {
        let mut length = [0; 2];
        source.exactly(&mut length)?;
        source.skip(u16::from_le_bytes(length).into())?;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            let mut name = Vec::new();
            source.take(NAME).read_until(0, &mut name)?;
            if name.last() != Some(&0) {
                return Err(invalid("invalid gzip header: a name without an end"));
            }
        }
    }
    source.skip(if flags & 2 != 0 { 2 } else { 0 })
}

fn gzip_trailer<R: BufRead>(source: &mut Source<R>, crc: &Crc) -> io::Result<()> {
    let mut trailer = [0; 8];
    source.exactly(&mut trailer)?;
    let [a, b, c, d, length @ ..] = trailer;
    if u32::from_le_bytes([a, b, c, d]) != crc.sum() || u32::from_le_bytes(length) != crc.amount() {
        return Err(invalid("the checksum is not that of the bytes"));
    }
    Ok(())
}

/// Bytes of the zstd frame that begins at `first`.
fn unzstd<R: BufRead>(
    source: &mut Source<R>,
    first: u64,
    decoder: &mut FrameDecoder,
    into: &mut [u8],
) -> io::Result<usize> {
    if source.offset() == first {
        if skip_frames(source, decoder)? {
            return Ok(0);
        }
        decoder.reset(&mut *source).map_err(|e| invalid(e.to_string()))?;
    }
    frame(source, decoder, into)
}

/// Bytes of a frame whose header was read.
fn frame<R: BufRead>(
    source: &mut Source<R>,
    decoder: &mut FrameDecoder,
    into: &mut [u8],
) -> io::Result<usize> {
    loop {
        if decoder.can_collect() > 0 {
            return decoder.read(into);
        }
        if decoder.is_finished() {
            let stated = decoder.get_checksum_from_data();
            if stated.is_some() && stated != decoder.get_calculated_checksum() {
                return Err(invalid("the checksum is not that of the bytes"));
            }
            return Ok(0);
        }
        if source.fill_buf()?.is_empty() {
            return Err(cut());
        }
        let strategy = BlockDecodingStrategy::UptoBlocks(1);
        decoder.decode_blocks(&mut *source, strategy).map_err(|e| invalid(e.to_string()))?;
    }
}

/// Passes over frames that hold no data, one of which may hold the dictionary; whether nothing
/// comes after them.
fn skip_frames<R: BufRead>(source: &mut Source<R>, decoder: &mut FrameDecoder) -> io::Result<bool> {
    loop {
        let mut magic = [0; 4];
        if source.fill_buf()?.is_empty() {
            return Ok(true);
        }
        source.exactly(&mut magic)?;
        let magic = u32::from_le_bytes(magic);
        if magic & 0xFFFF_FFF0 != 0x184D_2A50 {
            source.back(4);
            return Ok(false);
        }
        let mut length = [0; 4];
        source.exactly(&mut length)?;
        let length = u32::from_le_bytes(length);
        if magic != 0x184D_2A5D {
            source.skip(length.into())?;
            continue;
        }
        if length > DICTIONARY {
            return Err(invalid(format!("a dictionary of {length} bytes")));
        }
        let mut dictionary = vec![0; length as usize];
        source.exactly(&mut dictionary)?;
        add_dictionary(decoder, &dictionary)?;
    }
}

/// The dictionary may be packed itself.
fn add_dictionary(decoder: &mut FrameDecoder, bytes: &[u8]) -> io::Result<()> {
    let mut unpacked = Vec::new();
    let bytes = if bytes.starts_with(b"\x28\xB5\x2F\xFD") {
        let mut source = Source::new(bytes);
        let mut inner = FrameDecoder::new();
        inner.set_max_window_size(WINDOW);
        inner.reset(&mut source).map_err(|e| invalid(e.to_string()))?;
        let mut chunk = [0; 8192];
        loop {
            let read = frame(&mut source, &mut inner, &mut chunk)?;
            unpacked.extend_from_slice(&chunk[..read]);
            if unpacked.len() > DICTIONARY as usize {
                return Err(invalid("a dictionary that is too large"));
            }
            if read == 0 {
                break &unpacked[..];
            }
        }
    } else {
        bytes
    };
    let dictionary = Dictionary::decode_dict(bytes).map_err(|e| invalid(e.to_string()))?;
    decoder.add_dict(dictionary).map_err(|e| invalid(e.to_string()))
}
