//! Files, folders, globs and stdin to pages, in two steps: what is next is found by one after the
//! other, and reading, unpacking and parsing it can be done by many threads at once.
//!
//! Nothing is read before it is asked for, and no page beyond the limit: a large folder, JSONL or
//! WARC file takes no more memory than its largest page.

mod files;
mod lines;
mod records;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use saring::warc::{Members, Packed, Packing};
use saring::{
    Document, Error, Limits, Result, Truncation, decode, segment_annotated, segment_text,
};

use super::Outcome;
use super::tally::{Counted, Tally};
use files::{expand, format_of, packing_of};
use lines::{Lines, parse_line};
use records::Records;

/// How much is read of a file at a time.
const CHUNK: usize = 64 << 10;

/// How the bytes of an input are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One page of HTML
    Html,
    /// One page of plain text
    Text,
    /// One object per line: {"url", "html"} or {"url", "text"}
    Jsonl,
    /// Records of a web archive: WARC or WET
    Warc,
}

/// A page as it came.
#[derive(Debug)]
pub struct Input {
    /// The file, `FILE:LINE` for a line of JSONL, `FILE:RECORD` for a record of WARC, `-` for stdin.
    pub source: String,
    /// The address, where the input states one beside the page.
    pub url: Option<String>,
    /// The page.
    pub body: Body,
    /// What was said of its bytes from outside: by an HTTP header, or by JSON around it.
    pub charset: Option<String>,
    /// Whether bytes beyond the limit were left unread.
    pub cut: bool,
}

/// The bytes of a page.
#[derive(Debug)]
pub enum Body {
    Html(Vec<u8>),
    Text(Vec<u8>),
}

/// An input that could not be read.
#[derive(Debug)]
pub struct Unread {
    /// As [`Input::source`].
    pub source: String,
    /// What is wrong with it.
    pub message: String,
}

/// A page that is still to be read.
#[derive(Debug)]
pub struct Pending {
    /// As [`Input::source`].
    pub source: String,
    what: What,
}

#[derive(Debug)]
enum What {
    /// A file of one page, of which at most `limit` bytes are used.
    File { path: PathBuf, html: bool, limit: usize, tally: Arc<Tally> },
    /// A line of JSONL.
    Line(Vec<u8>),
    /// A record of WARC.
    Record { page: Box<Packed>, limit: usize, tally: Arc<Tally> },
    /// Read already: stdin has no name by which others could read it.
    Page(Input),
    /// Why there is nothing to read.
    Nothing(String),
}

impl Pending {
    /// A line of JSONL.
    pub fn line(source: String, line: Vec<u8>) -> Pending {
        Pending { source, what: What::Line(line) }
    }

    /// # Errors
    /// What is wrong with the page or its file.
    pub fn read(self) -> std::result::Result<Input, Unread> {
        let source = self.source;
        match self.what {
            What::File { path, html, limit, tally } => {
                let read = open(&path, tally).and_then(|mut bytes| read_up_to(&mut bytes, limit));
                let (bytes, cut) = read.map_err(|e| unread(&source, e))?;
                let body = if html { Body::Html(bytes) } else { Body::Text(bytes) };
                Ok(Input { source, url: None, body, charset: None, cut })
            }
            What::Record { page, limit, tally } => records::unpack(source, *page, limit, &tally),
            What::Line(line) => parse_line(&line, source),
            What::Page(input) => Ok(input),
            What::Nothing(message) => Err(Unread { source, message }),
        }
    }
}

impl From<Input> for Pending {
    fn from(input: Input) -> Pending {
        Pending { source: input.source.clone(), what: What::Page(input) }
    }
}

impl From<Unread> for Pending {
    fn from(Unread { source, message }: Unread) -> Pending {
        Pending { source, what: What::Nothing(message) }
    }
}

type Pages = Box<dyn Iterator<Item = Pending> + Send>;

impl Body {
    /// The page as text, if it is HTML.
    pub fn html(&self, charset: Option<&str>) -> Option<String> {
        match self {
            Body::Html(bytes) => Some(decode(bytes, charset).into_owned()),
            Body::Text(_) => None,
        }
    }
}

impl Input {
    /// The blocks of the page, and per block the value of the nearest `data-label` attribute.
    pub fn segment(&self, limits: &Limits) -> (Document, Vec<Option<String>>) {
        let (mut document, annotations) = match &self.body {
            Body::Html(bytes) => segment_annotated(&decode(bytes, self.charset.as_deref()), limits),
            Body::Text(bytes) => {
                let document = segment_text(&decode(bytes, self.charset.as_deref()), limits);
                let annotations = vec![None; document.blocks.len()];
                (document, annotations)
            }
        };
        // The address a page was fetched from is a fact, the one it states a claim.
        if let Some(url) = &self.url {
            document.url = url.clone();
        }
        // Text may be shorter than its bytes, so that the segmenter did not see the cut.
        if self.cut {
            document.truncated = document.truncated.or(Some(Truncation::Bytes));
        }
        (document, annotations)
    }
}

/// The pages of these files, folders, globs and `-`, in order. `format` overrides what names and
/// content say; of each page at most `limit` bytes are used. What is read is counted in `tally`.
pub fn pending(
    paths: Vec<PathBuf>,
    format: Option<Format>,
    limit: usize,
    tally: &Arc<Tally>,
) -> impl Iterator<Item = Pending> + Send + use<> {
    let tally = Arc::clone(tally);
    let pages = move |path: PathBuf| {
        let source = path.display().to_string();
        pages(path, format, limit, Arc::clone(&tally))
            .unwrap_or_else(|e| one(unread(&source, e).into()))
    };
    paths.into_iter().flat_map(expand).flat_map(move |path| match path {
        Ok(path) => pages(path),
        Err(error) => one(error.into()),
    })
}

/// The same, read.
pub fn inputs(
    paths: Vec<PathBuf>,
    format: Option<Format>,
    limit: usize,
    tally: &Arc<Tally>,
) -> impl Iterator<Item = std::result::Result<Input, Unread>> + Send + use<> {
    pending(paths, format, limit, tally).map(Pending::read)
}

fn one(page: Pending) -> Pages {
    Box::new(iter::once(page))
}

/// The whole of an HTML page, gzipped or not.
///
/// # Errors
/// [`Error::Io`] naming the file.
pub fn read_page(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let reader = open(path, Arc::default());
    reader.and_then(|mut r| r.read_to_end(&mut bytes)).map_err(|e| Error::io(path, e))?;
    Ok(bytes)
}

/// How a command ends that has done this many pages and failed at that many.
pub fn outcome(done: usize, failed: usize) -> Outcome {
    match (done, failed) {
        (_, 0) => Outcome::Done,
        (0, _) => Outcome::Failed,
        _ => Outcome::Partial,
    }
}

fn unread(source: &str, error: impl ToString) -> Unread {
    Unread { source: source.to_string(), message: error.to_string() }
}

/// The pages of one file or of stdin.
fn pages(
    path: PathBuf,
    format: Option<Format>,
    limit: usize,
    tally: Arc<Tally>,
) -> io::Result<Pages> {
    let source = path.display().to_string();
    if path == Path::new("-") {
        return stdin(source, format, limit, tally);
    }
    Ok(match format.or_else(|| format_of(&path)).unwrap_or(Format::Html) {
        Format::Jsonl => {
            Box::new(Lines::new(source, Box::new(BufReader::new(open(&path, tally)?)), limit))
        }
        Format::Warc => {
            Box::new(Records::new(source, open(&path, Arc::clone(&tally))?, limit, tally))
        }
        format => {
            let html = format == Format::Html;
            one(Pending { source, what: What::File { path, html, limit, tally } })
        }
    })
}

fn stdin(
    source: String,
    format: Option<Format>,
    limit: usize,
    tally: Arc<Tally>,
) -> io::Result<Pages> {
    let mut bytes = unpacked(io::stdin(), None, Arc::clone(&tally))?;
    let format = format.or_else(|| match bytes.start(|start| is_telling(start, limit)) {
        start if start.starts_with(b"WARC/") => Some(Format::Warc),
        start if start.last() == Some(&b'{') => Some(Format::Jsonl),
        _ => None,
    });
    match format {
        Some(Format::Jsonl) => {
            return Ok(Box::new(Lines::new(source, Box::new(BufReader::new(bytes)), limit)));
        }
        Some(Format::Warc) => return Ok(Box::new(Records::new(source, bytes, limit, tally))),
        _ => {}
    }
    let (bytes, cut) = read_up_to(&mut bytes, limit)?;
    let html = format.map_or_else(|| is_markup(&bytes), |format| format == Format::Html);
    let body = if html { Body::Html(bytes) } else { Body::Text(bytes) };
    Ok(one(Input { source, url: None, body, charset: None, cut }.into()))
}

/// The bytes of a file or of stdin, unpacked.
type Bytes = Members<Box<dyn BufRead + Send>>;

fn open(path: &Path, tally: Arc<Tally>) -> io::Result<Bytes> {
    unpacked(File::open(path)?, packing_of(path), tally)
}

fn unpacked(
    reader: impl Read + Send + 'static,
    promised: Option<Packing>,
    tally: Arc<Tally>,
) -> io::Result<Bytes> {
    let reader = BufReader::with_capacity(CHUNK, Counted { reader, tally });
    Members::new(Box::new(reader), promised)
}

/// At most `limit` bytes, and whether there were more.
fn read_up_to(reader: &mut impl Read, limit: usize) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    reader.take((limit as u64).saturating_add(1)).read_to_end(&mut bytes)?;
    let cut = bytes.len() > limit;
    Ok((bytes, cut))
}

/// Whether this is enough of a stream to know what it is: white space, a byte-order mark and one
/// byte more, or a few if that is the first of WARC. No larger piece may be waited for: the other end
/// of a pipe may want an answer to its first line.
fn is_telling(start: &[u8], limit: usize) -> bool {
    const WARC: &[u8] = b"WARC/";
    let is_space = |b: u8| b.is_ascii_whitespace() || matches!(b, 0xEF | 0xBB | 0xBF);
    let Some(first) = start.iter().position(|b| !is_space(*b)) else { return start.len() >= limit };
    let rest = &start[first..];
    first > 0 || rest.len() >= WARC.len() || !WARC.starts_with(rest)
}

/// Whether a tag, comment or doctype stands near the start.
fn is_markup(bytes: &[u8]) -> bool {
    let head = decode(&bytes[..bytes.len().min(1024)], None);
    head.match_indices('<').any(|(at, _)| {
        let rest = &head[at + 1..];
        let name = rest.strip_prefix('/').unwrap_or(rest);
        // `a < b` and `<name@host>` are text.
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let after = end.and_then(|end| name[end..].chars().next());
        let is_tag = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && after.is_some_and(|c| c.is_whitespace() || matches!(c, '>' | '/'));
        is_tag || rest.starts_with("!--") || rest.starts_with("?xml") || starts_doctype(rest)
    })
}

fn starts_doctype(rest: &str) -> bool {
    rest.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("!doctype"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_told_from_text() {
        for markup in ["<p>x", "  <!DOCTYPE html>", "<!-- x -->", "<?xml?>", "Halo <b>dunia</b>"] {
            assert!(is_markup(markup.as_bytes()), "{markup}");
        }
        for text in ["", "a < b > c", "Tulis ke <joko@warta.example>", "<https://a.example/>", "<3"]
        {
            assert!(!is_markup(text.as_bytes()), "{text}");
        }
        let utf_16: Vec<u8> = "<html><p>x".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(is_markup(&utf_16));
    }

    #[test]
    fn a_cut_that_decoding_hides_is_told() {
        let utf_16: Vec<u8> =
            "\u{feff}teks polos".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (bytes, cut) = read_up_to(&mut &utf_16[..], 11).unwrap();
        let input =
            Input { source: "-".into(), url: None, body: Body::Text(bytes), charset: None, cut };
        let limits = Limits { bytes: 11, ..Limits::default() };
        assert_eq!(input.segment(&limits).0.truncated, Some(Truncation::Bytes));
    }
}
