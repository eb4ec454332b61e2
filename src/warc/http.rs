//! HTTP responses as crawlers store them: the header, and the body without its codings.

use std::io::{self, Read};

use brotli_decompressor::Decompressor;
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::fields::{Fields, end_of_header};
use super::members::{Members, Packing};

/// The longest header of a response.
pub const MAX_HEADER: usize = 64 << 10;

/// How many codings may lie over each other; two are rare.
const MAX_CODINGS: usize = 4;

/// What a decoder of brotli reads at a time.
const CHUNK: usize = 4096;

/// A response, its body as it was sent.
pub struct Response<'a> {
    pub status: u16,
    pub fields: Fields,
    pub body: &'a [u8],
}

/// # Errors
/// What is wrong with the header.
pub fn response(bytes: &[u8]) -> Result<Response<'_>, String> {
    let header = &bytes[..bytes.len().min(MAX_HEADER)];
    let Some((header_end, body)) = end_of_header(header) else {
        return Err("the HTTP header has no end".into());
    };
    let line_end = memchr::memchr(b'\n', header).unwrap_or(header_end);
    let line = String::from_utf8_lossy(&header[..line_end]);
    let mut words = line.split_ascii_whitespace();
    let version = words.next().is_some_and(|word| word.starts_with("HTTP/"));
    let status = words.next().and_then(|word| word.parse().ok());
    match status.filter(|status| version && (100..1000).contains(status)) {
        // Lines that are no fields are common, and servers and browsers live with them.
        Some(status) => {
            let fields = Fields::read(&header[line_end..header_end]).0;
            Ok(Response { status, fields, body: &bytes[body..] })
        }
        None => Err("it does not begin with an HTTP status line".into()),
    }
}

/// How a body was made ready for sending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codings {
    chunked: bool,
    /// In the order in which they were applied.
    codings: Vec<String>,
}

impl Codings {
    pub fn of(fields: &Fields) -> Codings {
        let names = |field| {
            let values = fields.all(field).flat_map(|value| value.split(','));
            values.map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty())
        };
        let is_chunked = |name: &String| name == "chunked";
        Codings {
            chunked: names("Transfer-Encoding").any(|name| is_chunked(&name)),
            codings: names("Content-Encoding")
                .chain(names("Transfer-Encoding").filter(|name| !is_chunked(name)))
                .filter(|name| !matches!(name.as_str(), "identity" | "none"))
                .collect(),
        }
    }

    /// The body as it was before sending, at most `limit` bytes of it, and whether that is less
    /// than all. `cut` says that the end of `body` was lost before: what is left is decoded as far
    /// as it goes.
    ///
    /// Crawlers that store decoded bodies leave the fields that say otherwise in the header. A body
    /// that cannot be decoded and is markup as it stands is taken for one of those.
    ///
    /// # Errors
    /// What is wrong with the body.
    pub fn decode(
        &self,
        body: Vec<u8>,
        mut cut: bool,
        limit: usize,
    ) -> Result<(Vec<u8>, bool), String> {
        let mut body = body;
        if self.codings.len() > MAX_CODINGS {
            return Err(format!("the HTTP body has {} codings", self.codings.len()));
        }
        let chunked = self.chunked.then_some("chunked");
        for name in chunked.into_iter().chain(self.codings.iter().rev().map(String::as_str)) {
            let (decoded, told) = decoded(name, &body, limit);
            match told {
                Ok(()) => body = decoded,
                Err(_) if body.trim_ascii_start().starts_with(b"<") => {}
                Err(_) if cut && !decoded.is_empty() => body = decoded,
                Err(error) => return Err(format!("the HTTP body is not valid {name}: {error}")),
            }
            cut |= body.len() > limit;
        }
        cut |= body.len() > limit;
        body.truncate(limit);
        Ok((body, cut))
    }
}

/// One coding less: at most `limit` bytes and one more, and what went wrong after those.
fn decoded(name: &str, body: &[u8], limit: usize) -> (Vec<u8>, io::Result<()>) {
    // The one that is first of them says which of the two meanings of "deflate" is used.
    let is_zlib =
        matches!(body, [a, b, ..] if a & 15 == 8 && (u16::from(*a) << 8 | u16::from(*b)) % 31 == 0);
    let reader: Box<dyn Read + '_> = match name {
        "chunked" => Box::new(Chunks { bytes: body, left: 0, ended: false, first: true }),
        "gzip" | "x-gzip" => Box::new(GzDecoder::new(body)),
        "deflate" if is_zlib => Box::new(ZlibDecoder::new(body)),
        "deflate" => Box::new(DeflateDecoder::new(body)),
        "br" => Box::new(Decompressor::new(body, CHUNK)),
        "zstd" => match Members::new(body, Some(Packing::Zstd)) {
            Ok(reader) => Box::new(reader),
            Err(error) => return (Vec::new(), Err(error)),
        },
        _ => return (Vec::new(), Err(invalid("there is no such coding"))),
    };
    let mut out = Vec::new();
    let read = reader.take((limit as u64).saturating_add(1)).read_to_end(&mut out);
    (out, read.map(|_| ()))
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// The data of chunks.
struct Chunks<'a> {
    bytes: &'a [u8],
    /// What is left of this chunk.
    left: u64,
    first: bool,
    ended: bool,
}

impl Read for Chunks<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.ended {
            self.begin()?;
        }
        if self.ended || into.is_empty() {
            return Ok(0);
        }
        let read = self.left.min(into.len() as u64).min(self.bytes.len() as u64) as usize;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends within a chunk"));
        }
        let (data, rest) = self.bytes.split_at(read);
        into[..read].copy_from_slice(data);
        self.bytes = rest;
        self.left -= read as u64;
        Ok(read)
    }
}

impl Chunks<'_> {
    /// Reads the size of the next chunk.
    fn begin(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.first) {
            let rest = self.bytes.strip_prefix(b"\r\n").or_else(|| self.bytes.strip_prefix(b"\n"));
            self.bytes = rest.unwrap_or(self.bytes);
        }
        let Some(end) = memchr::memchr(b'\n', self.bytes) else {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the last chunk is missing"));
        };
        let line = self.bytes[..end].split(|b| *b == b';').next().unwrap_or_default();
        let digits = std::str::from_utf8(line.trim_ascii()).ok();
        // No sign, which the parser would take.
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let size = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        self.left = size.ok_or_else(|| invalid("this is not the size of a chunk"))?;
        self.ended = self.left == 0;
        self.bytes = &self.bytes[end + 1..];
        Ok(())
    }
}
