//! Files, folders, globs and stdin to pages, in two steps: what is next is found by one after the
//! other, and reading, unpacking and parsing it can be done by many threads at once.
//!
//! Nothing is read before it is asked for, and no page beyond the limit: a large folder or JSONL
//! file takes no more memory than its largest page.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::iter;
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use saring::{
    Document, Error, Limits, Result, Truncation, decode, segment_annotated, segment_text,
};
use serde::Deserialize;

use super::Outcome;

/// How the bytes of an input are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One page of HTML
    Html,
    /// One page of plain text
    Text,
    /// One object per line: {"url", "html"} or {"url", "text"}
    Jsonl,
}

/// A page as it came.
#[derive(Debug)]
pub struct Input {
    /// The file, `FILE:LINE` for a line of JSONL, `-` for stdin.
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
    File { path: PathBuf, html: bool, limit: usize },
    /// A line of JSONL.
    Line(Vec<u8>),
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
            What::File { path, html, limit } => {
                let read = File::open(&path)
                    .and_then(|file| unpacked(BufReader::new(file), is_gzip(&path)))
                    .and_then(|mut reader| read_up_to(&mut reader, limit));
                let (bytes, cut) = read.map_err(|e| unread(&source, told(e)))?;
                let body = if html { Body::Html(bytes) } else { Body::Text(bytes) };
                Ok(Input { source, url: None, body, charset: None, cut })
            }
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
/// content say; of each page at most `limit` bytes are used.
pub fn pending(
    paths: Vec<PathBuf>,
    format: Option<Format>,
    limit: usize,
) -> impl Iterator<Item = Pending> + Send {
    let pages = move |path: PathBuf| {
        let source = path.display().to_string();
        pages(path, format, limit).unwrap_or_else(|e| one(unread(&source, told(e)).into()))
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
) -> impl Iterator<Item = std::result::Result<Input, Unread>> + Send {
    pending(paths, format, limit).map(Pending::read)
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
    let reader = File::open(path).and_then(|file| unpacked(BufReader::new(file), is_gzip(path)));
    reader.and_then(|mut r| r.read_to_end(&mut bytes)).map_err(|e| Error::io(path, told(e)))?;
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

/// What the system says, and that it was the gzip layer where it was: files do not end too early.
fn told(error: io::Error) -> String {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | UnexpectedEof => format!("broken gzip: {error}"),
        _ => error.to_string(),
    }
}

/// One argument to the files it stands for.
fn expand(path: PathBuf) -> Vec<std::result::Result<PathBuf, Unread>> {
    if path.is_dir() {
        return folder(&path);
    }
    let pattern = path.to_str().filter(|p| p.contains(['*', '?', '[']));
    let Some(pattern) = pattern.filter(|_| !path.exists()) else { return vec![Ok(path)] };
    let found = match glob::glob(pattern) {
        Ok(found) => found,
        Err(error) => return vec![Err(unread(pattern, error))],
    };
    let files: Vec<_> = found
        .flat_map(|entry| match entry {
            Ok(path) if path.is_dir() => folder(&path),
            Ok(path) => vec![Ok(path)],
            Err(error) => vec![Err(unread(pattern, error))],
        })
        .collect();
    if files.is_empty() { vec![Err(unread(pattern, "no file matches"))] } else { files }
}

/// The pages in a folder and the folders below it, by name.
fn folder(path: &Path) -> Vec<std::result::Result<PathBuf, Unread>> {
    let mut files = Vec::new();
    walk(path, &mut files);
    if files.is_empty() {
        let message = "no pages in this folder (.html, .htm, .xhtml, .txt, .jsonl, .ndjson, .gz)";
        files.push(Err(unread(&path.display().to_string(), message)));
    }
    files
}

fn walk(folder: &Path, files: &mut Vec<std::result::Result<PathBuf, Unread>>) {
    let entries = std::fs::read_dir(folder)
        .and_then(|entries| entries.collect::<io::Result<Vec<std::fs::DirEntry>>>());
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => return files.push(Err(unread(&folder.display().to_string(), error))),
    };
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Links to folders are not followed: they may lead in circles.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, files);
        } else if matches!(format_of(&path), Some(Ok(_))) && path.is_file() {
            files.push(Ok(path));
        }
    }
}

/// The last extension of the lower-case name, and the name before it.
fn extension(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty())
}

fn lower_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().to_lowercase()
}

fn is_gzip(path: &Path) -> bool {
    extension(&lower_name(path)).is_some_and(|(_, extension)| extension == "gz")
}

/// What the name says of the content: nothing, a format, or why it cannot be read.
fn format_of(path: &Path) -> Option<std::result::Result<Format, &'static str>> {
    let name = lower_name(path);
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match extension(name)?.1 {
        "html" | "htm" | "xhtml" => Some(Ok(Format::Html)),
        "txt" => Some(Ok(Format::Text)),
        "jsonl" | "ndjson" => Some(Ok(Format::Jsonl)),
        "warc" | "wet" => Some(Err("WARC input is not supported yet")),
        _ => None,
    }
}

/// The pages of one file or of stdin.
fn pages(path: PathBuf, format: Option<Format>, limit: usize) -> io::Result<Pages> {
    let source = path.display().to_string();
    if path == Path::new("-") {
        return stdin(source, format, limit);
    }
    let named = format_of(&path).unwrap_or(Ok(Format::Html)).map_err(io::Error::other)?;
    Ok(match format.unwrap_or(named) {
        Format::Jsonl => {
            let reader = unpacked(BufReader::new(File::open(&path)?), is_gzip(&path))?;
            Box::new(Lines { source, reader, limit, line: 0, ended: false })
        }
        format => {
            let html = format == Format::Html;
            one(Pending { source, what: What::File { path, html, limit } })
        }
    })
}

fn stdin(source: String, format: Option<Format>, limit: usize) -> io::Result<Pages> {
    let mut reader = unpacked(BufReader::new(io::stdin()), false)?;
    let mut format = format;
    if format.is_none() {
        let start = first_character(&mut reader, limit)?;
        format = (start.last() == Some(&b'{')).then_some(Format::Jsonl);
        reader = Box::new(BufReader::new(io::Cursor::new(start).chain(reader)));
    }
    if format == Some(Format::Jsonl) {
        return Ok(Box::new(Lines { source, reader, limit, line: 0, ended: false }));
    }
    let (bytes, cut) = read_up_to(&mut reader, limit)?;
    let html = format.map_or_else(|| is_markup(&bytes), |format| format == Format::Html);
    let body = if html { Body::Html(bytes) } else { Body::Text(bytes) };
    Ok(one(Input { source, url: None, body, charset: None, cut }.into()))
}

/// The reader without its gzip layer, which the name may promise or the first byte show: no text
/// begins with that control character.
fn unpacked(
    mut reader: impl BufRead + Send + 'static,
    gzip: bool,
) -> io::Result<Box<dyn BufRead + Send>> {
    if gzip || reader.fill_buf()?.first() == Some(&0x1F) {
        return Ok(Box::new(BufReader::new(MultiGzDecoder::new(reader))));
    }
    Ok(Box::new(reader))
}

/// At most `limit` bytes, and whether there were more.
fn read_up_to(reader: &mut impl Read, limit: usize) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    reader.take((limit as u64).saturating_add(1)).read_to_end(&mut bytes)?;
    let cut = bytes.len() > limit;
    Ok((bytes, cut))
}

/// White space, a byte-order mark, and one byte more. No larger piece may be waited for: the other
/// end of a pipe may want an answer to its first line.
fn first_character(reader: &mut impl BufRead, limit: usize) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    for byte in reader.take(limit as u64).bytes() {
        let byte = byte?;
        start.push(byte);
        if !byte.is_ascii_whitespace() && !matches!(byte, 0xEF | 0xBB | 0xBF) {
            break;
        }
    }
    Ok(start)
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

/// A line of JSONL; other keys are ignored.
#[derive(Deserialize)]
struct Line {
    url: Option<String>,
    html: Option<String>,
    text: Option<String>,
}

/// The pages of JSON lines.
struct Lines {
    source: String,
    reader: Box<dyn BufRead + Send>,
    limit: usize,
    line: u64,
    ended: bool,
}

impl Iterator for Lines {
    type Item = Pending;

    fn next(&mut self) -> Option<Pending> {
        while !self.ended {
            self.line += 1;
            let source = format!("{}:{}", self.source, self.line);
            match self.read_line() {
                Ok(Some(line)) if line.trim_ascii().is_empty() => {}
                Ok(Some(line)) => return Some(Pending::line(source, line)),
                Ok(None) => self.ended = true,
                Err(error) => {
                    // A line too long is passed over; nothing follows a reader that failed.
                    self.ended = error.kind() != io::ErrorKind::FileTooLarge;
                    return Some(unread(&source, told(error)).into());
                }
            }
        }
        None
    }
}

impl Lines {
    /// The next line with its end; `None` after the last.
    fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        // An escape takes six bytes for one; the rest is room for the address and other keys.
        let most = (self.limit as u64).saturating_mul(6).saturating_add(1 << 16);
        let mut line = Vec::new();
        (&mut self.reader).take(most).read_until(b'\n', &mut line)?;
        if line.len() as u64 == most && line.last() != Some(&b'\n') {
            self.reader.skip_until(b'\n')?;
            let message = format!("the line is longer than {most} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok((!line.is_empty()).then_some(line))
    }
}

fn parse_line(line: &[u8], source: String) -> std::result::Result<Input, Unread> {
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let Line { url, html, text } = serde_json::from_slice(line).map_err(|e| {
        // "line 1" of what was parsed is not the line of the file.
        let message = e.to_string();
        let what = message.split(" at line ").next().unwrap_or_default();
        unread(&source, format!("not a page in JSON: {what} at column {}", e.column()))
    })?;
    let body = match (html, text) {
        (Some(html), _) => Body::Html(html.into_bytes()),
        (None, Some(text)) => Body::Text(text.into_bytes()),
        (None, None) => return Err(unread(&source, "neither \"html\" nor \"text\" is there")),
    };
    // JSON is UTF-8 whatever the page in it declares.
    Ok(Input { source, url, body, charset: Some("utf-8".into()), cut: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        let format = |name: &str| format_of(Path::new(name));
        assert_eq!(format("a/B.HTML.gz"), Some(Ok(Format::Html)));
        assert_eq!(format("a.xhtml"), Some(Ok(Format::Html)));
        assert_eq!(format("a.txt.gz"), Some(Ok(Format::Text)));
        assert_eq!(format("a.ndjson"), Some(Ok(Format::Jsonl)));
        assert!(matches!(format("a.warc.gz"), Some(Err(_))));
        for unknown in ["html", ".html", "a.gz", "page.php", "a.html.bak"] {
            assert_eq!(format(unknown), None, "{unknown}");
        }
    }

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
    fn lines_too_long_are_passed_over() {
        let text = format!("{{\"text\":\"{}\"}}\n{{\"text\":\"x\"}}", "a".repeat(80_000));
        let reader = Box::new(io::Cursor::new(text));
        let lines = Lines { source: "f".into(), reader, limit: 10, line: 0, ended: false };
        let found: Vec<_> = lines.map(Pending::read).collect();
        assert!(found[0].as_ref().unwrap_err().message.contains("longer than"));
        assert_eq!(found[1].as_ref().unwrap().source, "f:2");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn json_is_utf_8_whatever_the_page_says() {
        let line = r#"{"url":"https://a.example/","html":"<meta charset=iso-2022-jp><p>café"}"#;
        let input = parse_line(line.as_bytes(), "f:1".into()).unwrap();
        let (document, _) = input.segment(&Limits::default());
        assert_eq!(document.blocks[0].text, "café");
        assert_eq!(document.url, "https://a.example/");
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
