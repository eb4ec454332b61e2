//! Block CSV to labelled pages, and pages to folds by registered domain.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::block::{Block, Document, Label, PathReader, UNCERTAIN, path};
use crate::classify::Labelled;
use crate::error::{Error, Result};
use crate::model::Source;

/// The path of the row that holds the page's `<title>`, which is a fact and not a block.
const TITLE_PATH: &str = "html[1]>head[1]>title[1]";

/// Columns of a Block CSV that are read; others are ignored with a note.
const COLUMNS: [&str; 12] = [
    "text",
    "label",
    "page",
    "url",
    "path",
    "links",
    "link_chars",
    "hidden",
    "weight",
    "group",
    "split",
    "annotator",
];

/// A page whose blocks have labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelledPage {
    /// The `page` column: usually a file name.
    pub name: String,
    /// Registered domain: pages of a group never stand on both sides of a split.
    pub group: String,
    /// The page.
    pub document: Document,
    /// Per block, its label; `None` where nobody has said.
    pub labels: Vec<Option<Label>>,
    /// Per block, how many ordinary blocks it counts for in training.
    pub weights: Vec<f32>,
}

impl LabelledPage {
    /// The page as a text dump, see [`Document::to_plain`], with the labels of what is visible.
    pub fn to_plain(&self) -> LabelledPage {
        let visible: Vec<usize> =
            (0..self.labels.len()).filter(|&i| !self.document.blocks[i].hidden).collect();
        LabelledPage {
            name: self.name.clone(),
            group: self.group.clone(),
            document: self.document.to_plain(),
            labels: visible.iter().map(|&i| self.labels[i]).collect(),
            weights: visible.iter().map(|&i| self.weights[i]).collect(),
        }
    }
}

/// Labelled pages and where they come from.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    /// The pages, in the order of the files.
    pub pages: Vec<LabelledPage>,
    /// The files, with digests.
    pub sources: Vec<Source>,
    /// What a reader of the files should know: unknown columns, contradictions.
    pub notes: Vec<String>,
}

/// One row of a Block CSV.
struct Row {
    text: String,
    label: Option<Label>,
    page: String,
    url: String,
    path: String,
    links: Vec<String>,
    link_chars: u32,
    hidden: bool,
    weight: f32,
    group: String,
}

impl Dataset {
    /// Reads Block CSV files.
    ///
    /// # Errors
    /// [`Error::Row`] with file and line for a missing column, a ragged row, text that is not
    /// UTF-8, an unknown label, a bad path, number or flag; [`Error::Io`] for a file that cannot
    /// be read.
    pub fn read<P: AsRef<Path>>(files: impl IntoIterator<Item = P>) -> Result<Dataset> {
        let mut dataset = Dataset::default();
        for file in files {
            dataset.read_file(file.as_ref())?;
        }
        Ok(dataset)
    }

    fn read_file(&mut self, path: &Path) -> Result<()> {
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
        let first = self.pages.len();
        let mut reader = Reader::new(path, &bytes, &mut self.notes)?;
        let mut builder: Option<PageBuilder> = None;
        let mut rows = 0;
        while let Some((line, row)) = reader.next()? {
            rows += u64::from(row.label.is_some());
            // Without a page column each row stands alone: it has no neighbours to tell of.
            let same = builder.as_ref().is_some_and(|b| reader.has_pages() && b.name == row.page);
            if !same {
                self.pages.extend(builder.take().map(PageBuilder::finish));
                builder = Some(PageBuilder::new(&row, path, line));
            }
            if let Some(builder) = &mut builder {
                builder.push(row).map_err(|e| row_error(path, line, e))?;
            }
        }
        self.pages.extend(builder.take().map(PageBuilder::finish));
        if reader.uncertain > 0 {
            let (rows, path) = (reader.uncertain, path.display());
            self.notes.push(format!("{path}: {rows} rows are {UNCERTAIN:?}: taken as unlabelled"));
        }
        let pages = &self.pages[first..];
        self.notes.extend(contradictions(path, pages));
        let domains: HashSet<&str> = pages.iter().map(|p| p.group.as_str()).collect();
        self.sources.push(Source {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            digest: digest(&bytes),
            rows,
            pages: pages.len() as u64,
            domains: domains.len() as u64,
        });
        Ok(())
    }

    /// How many rows have each label.
    pub fn label_counts(&self) -> BTreeMap<Label, usize> {
        let mut counts = BTreeMap::new();
        for label in self.pages.iter().flat_map(|p| &p.labels).flatten() {
            *counts.entry(*label).or_default() += 1;
        }
        counts
    }

    /// The fold of each page. Groups are whole in one fold.
    ///
    /// A hash of its name decides the fold of a group, so that it stays where it is when others come
    /// or go. A fold that has its share of the groups and one `folds`th more is full: the groups
    /// that find it full, as happens where they are few, go to the emptiest.
    pub fn folds(&self, folds: usize) -> Vec<usize> {
        let groups: BTreeSet<&str> = self.pages.iter().map(|p| p.group.as_str()).collect();
        let mut groups: Vec<(u64, &str)> =
            groups.into_iter().map(|group| (hash(group.as_bytes()), group)).collect();
        groups.sort_unstable();
        let folds = folds.max(1);
        let share = groups.len() as f64 / folds as f64;
        let full = share * (1.0 + 1.0 / folds as f64);
        let mut members = vec![0; folds];
        let mut fold_of: HashMap<&str, usize> = HashMap::new();
        for (hash, group) in groups {
            let mut fold = (hash % folds as u64) as usize;
            if f64::from(members[fold] + 1) > full {
                fold = (0..folds).min_by_key(|&f| members[f]).unwrap_or(0);
            }
            members[fold] += 1;
            fold_of.insert(group, fold);
        }
        self.pages.iter().map(|page| fold_of[page.group.as_str()]).collect()
    }

    /// The pages of some of the files, by the place of the file in [`Dataset::sources`].
    ///
    /// ```no_run
    /// let data = saring::Dataset::read(["mine.csv", "yours.csv"])?;
    /// let mine = data.of_sources(&[0]);
    /// assert_eq!(mine.sources[0].name, "mine.csv");
    /// # Ok::<(), saring::Error>(())
    /// ```
    pub fn of_sources(&self, wanted: &[usize]) -> Dataset {
        let mut chosen = Dataset::default();
        let mut rest = &self.pages[..];
        for (n, source) in self.sources.iter().enumerate() {
            let (pages, others) = rest.split_at(source.pages as usize);
            if wanted.contains(&n) {
                chosen.pages.extend_from_slice(pages);
                chosen.sources.push(source.clone());
            }
            rest = others;
        }
        chosen
    }

    /// The same pages, so that the folds are the same, with those of one file unlabelled.
    pub fn without_labels_of(&self, source: usize) -> Dataset {
        let mut dataset = self.clone();
        let before: u64 = self.sources[..source].iter().map(|s| s.pages).sum();
        let pages = dataset.pages.iter_mut().skip(before as usize);
        for page in pages.take(self.sources[source].pages as usize) {
            page.labels.fill(None);
        }
        dataset
    }

    /// The pages at these positions, as a dataset of their own.
    pub fn subset(&self, keep: impl Fn(usize) -> bool) -> Dataset {
        let pages = self.pages.iter().enumerate().filter(|(n, _)| keep(*n));
        Dataset {
            pages: pages.map(|(_, page)| page.clone()).collect(),
            sources: self.sources.clone(),
            notes: Vec::new(),
        }
    }
}

/// The same text on the same page with two labels is worth a word: one of them is a slip.
fn contradictions(path: &Path, pages: &[LabelledPage]) -> Option<String> {
    let mut seen: HashMap<(&str, &str, String), Label> = HashMap::new();
    let (mut count, mut example) = (0, String::new());
    for page in pages {
        for (i, block) in page.document.blocks.iter().enumerate() {
            let Some(label) = page.labels[i] else { continue };
            let name = if page.document.has_structure() { page.name.as_str() } else { "" };
            let before = *seen.entry((name, &block.text, page.document.path(i))).or_insert(label);
            if before != label {
                count += 1;
                if count == 1 {
                    example = format!("{:?} is {before} and {label}", shorten(&block.text));
                }
            }
        }
    }
    (count > 0)
        .then(|| format!("{}: {count} rows contradict an earlier one; {example}", path.display()))
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

fn row_error(path: &Path, line: u64, error: impl std::fmt::Display) -> Error {
    Error::Row { path: path.to_path_buf(), line, message: error.to_string() }
}

/// Reads the rows of one file.
struct Reader<'a> {
    path: PathBuf,
    bytes: &'a [u8],
    records: csv::ByteRecordsIntoIter<&'a [u8]>,
    at: HashMap<&'static str, usize>,
    /// Where the last row began: byte and line.
    last: (usize, u64),
    /// Rows that a classifier left open.
    uncertain: usize,
}

impl<'a> Reader<'a> {
    fn new(path: &Path, bytes: &'a [u8], notes: &mut Vec<String>) -> Result<Reader<'a>> {
        // Spreadsheets put a mark before the first column's name.
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
        let header = reader.byte_headers().map_err(|e| csv_error(path, 1, &e))?.clone();
        let mut at = HashMap::new();
        for (n, name) in header.iter().enumerate() {
            let name = std::str::from_utf8(name)
                .map_err(|_| row_error(path, 1, "the header is not UTF-8"))?
                .trim();
            match COLUMNS.iter().find(|known| **known == name) {
                Some(known) if at.insert(*known, n).is_some() => {
                    return Err(row_error(path, 1, format!("column {name:?} is there twice")));
                }
                Some(_) => {}
                None if name == "probability" => {}
                None => notes.push(format!("{}: column {name:?} is ignored", path.display())),
            }
        }
        for required in ["text", "label"] {
            if !at.contains_key(required) {
                let message = format!("column {required:?} is missing from the header");
                return Err(row_error(path, 1, message));
            }
        }
        let records = reader.into_byte_records();
        Ok(Reader { path: path.to_path_buf(), bytes, records, at, last: (0, 1), uncertain: 0 })
    }

    /// The line of a row. The csv crate counts the blank lines before a row to the row.
    fn line(&mut self, position: Option<&csv::Position>) -> u64 {
        let (last, line) = self.last;
        let mut at = position.map_or(last, |p| p.byte() as usize).clamp(last, self.bytes.len());
        while matches!(self.bytes.get(at), Some(b'\r' | b'\n')) {
            at += 1;
        }
        let breaks = self.bytes[last..at].iter().filter(|&&b| b == b'\n').count();
        self.last = (at, line + breaks as u64);
        self.last.1
    }

    fn has_pages(&self) -> bool {
        self.at.contains_key("page")
    }

    /// The next row with its line in the file.
    fn next(&mut self) -> Result<Option<(u64, Row)>> {
        let Some(record) = self.records.next() else { return Ok(None) };
        let line = match &record {
            Ok(record) => self.line(record.position()),
            Err(error) => self.line(error.position()),
        };
        let record = record.map_err(|e| csv_error(&self.path, line, &e))?;
        let row = self.row(&record).map_err(|message| row_error(&self.path, line, message))?;
        Ok(Some((line, row)))
    }

    fn row(&mut self, record: &csv::ByteRecord) -> std::result::Result<Row, String> {
        let field = |name: &str| -> std::result::Result<&str, String> {
            let bytes = self.at.get(name).and_then(|&n| record.get(n)).unwrap_or_default();
            std::str::from_utf8(bytes).map_err(|e| {
                format!(
                    "{name} is not UTF-8 at its byte {}: save the file as UTF-8",
                    e.valid_up_to()
                )
            })
        };
        let number = |name: &str, default: f32| -> std::result::Result<f32, String> {
            match field(name)?.trim() {
                "" => Ok(default),
                text => text
                    .parse()
                    .ok()
                    .filter(|v: &f32| v.is_finite() && *v >= 0.0)
                    .ok_or_else(|| format!("{name} is {text:?}, not a number from 0 up")),
            }
        };
        let label = match field("label")?.trim() {
            "" => None,
            UNCERTAIN => {
                self.uncertain += 1;
                None
            }
            name => Some(name.parse::<Label>().map_err(|e| e.to_string())?),
        };
        let hidden = match field("hidden")?.trim() {
            "" | "0" | "false" | "FALSE" => false,
            "1" | "true" | "TRUE" => true,
            other => return Err(format!("hidden is {other:?}, not 0 or 1")),
        };
        let text = field("text")?.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Err("text is empty".into());
        }
        Ok(Row {
            text,
            label,
            page: field("page")?.to_string(),
            url: field("url")?.to_string(),
            path: field("path")?.to_string(),
            links: field("links")?.split_whitespace().map(str::to_string).collect(),
            link_chars: number("link_chars", 0.0)? as u32,
            hidden,
            weight: number("weight", 1.0)?,
            group: field("group")?.to_string(),
        })
    }
}

fn csv_error(path: &Path, line: u64, error: &csv::Error) -> Error {
    let message = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} fields, the header {expected_len}")
        }
        _ => error.to_string(),
    };
    row_error(path, line, message)
}

/// A page being read, row by row.
struct PageBuilder {
    name: String,
    page: LabelledPage,
    paths: PathReader,
}

impl PageBuilder {
    fn new(row: &Row, file: &Path, line: u64) -> PageBuilder {
        let domain = registered_domain(&row.url);
        let group = [row.group.clone(), domain, row.page.clone()]
            .into_iter()
            .find(|name| !name.is_empty())
            // Without the folder: what is learnt must not depend on where the file is.
            .unwrap_or_else(|| {
                format!("{}:{line}", file.file_name().unwrap_or_default().display())
            });
        let document = Document { url: row.url.clone(), ..Document::default() };
        let page =
            LabelledPage { name: row.page.clone(), group, document, ..LabelledPage::default() };
        PageBuilder { name: row.page.clone(), page, paths: PathReader::default() }
    }

    fn push(&mut self, row: Row) -> Result<()> {
        let document = &mut self.page.document;
        if is_title(&row.path) {
            document.title = row.text;
            return Ok(());
        }
        let element = self.paths.read(&row.path, &mut document.elements)?;
        document.blocks.push(Block {
            text: row.text,
            element,
            links: row.links,
            link_chars: row.link_chars,
            hidden: row.hidden,
        });
        self.page.labels.push(row.label);
        self.page.weights.push(row.weight);
        Ok(())
    }

    fn finish(self) -> LabelledPage {
        self.page
    }
}

/// Whether a path of a Block CSV, however it is spelled, is that of the page's title, whose row is no
/// block.
///
/// ```
/// assert!(saring::is_title("html>head>title") && !saring::is_title("html[1]>body[2]>p[1]"));
/// ```
pub fn is_title(spelled: &str) -> bool {
    if spelled == TITLE_PATH || spelled.matches('>').count() != TITLE_PATH.matches('>').count() {
        return spelled == TITLE_PATH;
    }
    let mut elements = Vec::new();
    let element = PathReader::default().read(spelled, &mut elements);
    element.is_ok_and(|element| path(&elements, element) == TITLE_PATH)
}

/// Writes Block CSV.
pub struct Writer<W: Write> {
    out: csv::Writer<W>,
    /// Whether there is a column behind the label.
    more: bool,
}

impl<W: Write> Writer<W> {
    /// Writes the header; with `probabilities`, a column for them.
    ///
    /// # Errors
    /// What the sink says.
    pub fn new(sink: W, probabilities: bool) -> std::io::Result<Writer<W>> {
        Writer::with(sink, probabilities.then_some("probability"))
    }

    /// Writes the header with a column for annotators, for pages written by
    /// [`Writer::annotated_page`].
    ///
    /// # Errors
    /// What the sink says.
    pub fn annotated(sink: W) -> std::io::Result<Writer<W>> {
        Writer::with(sink, Some("annotator"))
    }

    fn with(sink: W, more: Option<&str>) -> std::io::Result<Writer<W>> {
        let mut out = csv::Writer::from_writer(sink);
        let mut header = vec!["page", "text", "label"];
        header.extend(more);
        header.extend(["url", "path", "links", "link_chars", "hidden", "weight", "group"]);
        out.write_record(header)?;
        Ok(Writer { out, more: more.is_some() })
    }

    /// Writes a page, its title first as a row without a label. Where the page states no label,
    /// the one `predicted` by a [`Classifier`](crate::Classifier) is written, or `uncertain`.
    ///
    /// # Errors
    /// What the sink says.
    pub fn page(
        &mut self,
        page: &LabelledPage,
        predicted: Option<&[Labelled]>,
    ) -> std::io::Result<()> {
        let of = |i: usize| {
            let predicted = predicted.map(|blocks| &blocks[i]);
            let label = predicted.map(Labelled::label_name).unwrap_or_default();
            (label, predicted.map_or(String::new(), |block| format!("{:.4}", block.probability)))
        };
        self.rows(page, of)
    }

    /// Writes a page, its title first as a row without a label, with who has labelled each block.
    ///
    /// # Errors
    /// What the sink says.
    pub fn annotated_page(
        &mut self,
        page: &LabelledPage,
        annotators: &[String],
    ) -> std::io::Result<()> {
        self.rows(page, |i| ("", annotators[i].clone()))
    }

    /// `of` gives the label of a block that has none, and what stands in the column behind it.
    fn rows(
        &mut self,
        page: &LabelledPage,
        of: impl Fn(usize) -> (&'static str, String),
    ) -> std::io::Result<()> {
        let document = &page.document;
        if !document.title.is_empty() {
            let title = Block { text: document.title.clone(), hidden: true, ..Block::default() };
            self.row(page, &title, TITLE_PATH, ("", String::new()), 1.0)?;
        }
        for (i, block) in document.blocks.iter().enumerate() {
            let (label, more) = of(i);
            let label = page.labels[i].map_or(label, Label::name);
            self.row(page, block, &document.path(i), (label, more), page.weights[i])?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        page: &LabelledPage,
        block: &Block,
        path: &str,
        (label, more): (&str, String),
        weight: f32,
    ) -> std::io::Result<()> {
        let mut record = vec![page.name.clone(), block.text.clone(), label.to_string()];
        record.extend(self.more.then_some(more));
        record.extend([
            page.document.url.clone(),
            path.to_string(),
            block.links.join(" "),
            block.link_chars.to_string(),
            u8::from(block.hidden).to_string(),
            weight.to_string(),
            page.group.clone(),
        ]);
        self.out.write_record(record)?;
        Ok(())
    }

    /// Flushes and gives the sink back.
    ///
    /// # Errors
    /// What the sink says.
    pub fn finish(self) -> std::io::Result<W> {
        self.out.into_inner().map_err(|e| e.into_error())
    }
}

/// The registered domain of an address (`news.warta.co.id` gives `warta.co.id`), the host where it
/// has none, empty where there is no host.
///
/// ```
/// assert_eq!(saring::registered_domain("https://news.warta.co.id/x"), "warta.co.id");
/// assert_eq!(saring::registered_domain("halaman.html"), "");
/// ```
pub fn registered_domain(url: &str) -> String {
    let Some((_, rest)) = url.split_once("://") else { return String::new() };
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(':').next().unwrap_or(host).trim_end_matches('.').to_lowercase();
    psl::domain_str(&host).map_or(host.clone(), str::to_string)
}

/// xxh3 of the bytes, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    format!("{:016x}", hash(bytes))
}

fn hash(bytes: &[u8]) -> u64 {
    twox_hash::XxHash3_64::oneshot(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Limits, segment_html};

    fn read(text: &str) -> Result<Dataset> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data.csv");
        std::fs::write(&path, text).unwrap();
        Dataset::read([&path])
    }

    #[test]
    fn pages_survive_a_round_trip() {
        let html = "<title>Judul</title><link rel=canonical href=https://a.example/x>\
                    <div id='m#1' class='a w-[1.5rem]'><p>Satu, \"dua\"\n<a href='/b c'>tiga</a></p></div><p hidden>x";
        let document = segment_html(html, &Limits::default());
        let page = LabelledPage {
            name: "a.html".into(),
            group: "a.example".into(),
            labels: vec![Some(Label::Content), None],
            weights: vec![1.0, 2.5],
            document,
        };
        assert_eq!(read(&written(&page, None)).unwrap().pages, [page]);
    }

    fn written(page: &LabelledPage, predicted: Option<&[Labelled]>) -> String {
        let mut writer = Writer::new(Vec::new(), predicted.is_some()).unwrap();
        writer.page(page, predicted).unwrap();
        String::from_utf8(writer.finish().unwrap()).unwrap()
    }

    #[test]
    fn predictions_fill_in_and_uncertain_is_no_label() {
        let document = segment_html("<p>Satu<p>Dua<p>Tiga", &Limits::default());
        let predicted: Vec<Labelled> = document
            .blocks
            .iter()
            .zip([false, false, true])
            .map(|(block, uncertain)| Labelled {
                text: block.text.clone(),
                label: Label::Promo,
                probability: 0.25,
                kept: false,
                uncertain,
                element: block.element,
                rule: None,
            })
            .collect();
        let labels = vec![Some(Label::Content), None, None];
        let page =
            LabelledPage { labels, weights: vec![1.0; 3], document, ..LabelledPage::default() };
        let text = written(&page, Some(&predicted));
        assert!(text.contains(",Tiga,uncertain,0.2500,"), "{text}");
        let dataset = read(&text).unwrap();
        assert_eq!(dataset.pages[0].labels, [Some(Label::Content), Some(Label::Promo), None]);
        assert_eq!(dataset.sources[0].rows, 2);
        assert!(dataset.notes[0].ends_with("1 rows are \"uncertain\": taken as unlabelled"));
    }

    #[test]
    fn errors_say_where() {
        let cases = [
            ("text,page\nx,y\n", "data.csv:1: column \"label\" is missing"),
            ("text,label\nx,content\ny\n", "data.csv:3: the row has 1 fields"),
            ("text,label\nx,advert\n", "data.csv:2: unknown label \"advert\""),
            ("text,label,path\nx,ad,p[\n", "data.csv:2: path \"p[\""),
            ("text,label,weight\nx,ad,NaN\n", "data.csv:2: weight is \"NaN\""),
            ("text,label,hidden\nx,ad,maybe\n", "data.csv:2: hidden is"),
            ("text,label\n ,ad\n", "data.csv:2: text is empty"),
            ("text,label,text\nx,ad,y\n", "data.csv:1: column \"text\" is there twice"),
        ];
        for (csv, message) in cases {
            let error = read(csv).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn wrong_encodings_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data.csv");
        std::fs::write(&path, b"text,label\nok,ad\ncaf\xe9,ad\n").unwrap();
        let error = Dataset::read([&path]).unwrap_err().to_string();
        assert!(error.contains("data.csv:3: text is not UTF-8 at its byte 3"), "{error}");
    }

    #[test]
    fn the_title_is_the_title_however_its_path_is_spelled() {
        for path in ["html[1]>head[1]>title[1]", "html>head>title", "html>head[01]>%74itle"] {
            let page = &read(&format!("text,label,path\nWarta,,{path}\n")).unwrap().pages[0];
            assert_eq!((page.document.title.as_str(), page.labels.len()), ("Warta", 0), "{path}");
        }
    }

    #[test]
    fn contradictions_and_unknown_columns_are_noted() {
        let dataset = read("text,label,mood\nsame,ad,x\nsame,content,y\n").unwrap();
        assert!(dataset.notes[0].contains("\"mood\" is ignored"));
        assert!(dataset.notes[1].contains("\"same\" is ad and content"), "{:?}", dataset.notes);
    }

    /// A page of each of these sites.
    fn pages_of(sites: std::ops::Range<usize>) -> Dataset {
        let rows = sites.map(|n| format!("x,content,https://www.site{n}.example/\n"));
        read(&format!("text,label,url\n{}", rows.collect::<String>())).unwrap()
    }

    #[test]
    fn folds_keep_groups_whole() {
        let mut csv = "text,label,page,url\n".to_string();
        for n in 0..60 {
            csv += &format!("x,content,p{n},https://www.site{}.example/\n", n % 12);
        }
        let dataset = read(&csv).unwrap();
        let folds = dataset.folds(5);
        for (a, page) in dataset.pages.iter().enumerate() {
            for (b, other) in dataset.pages.iter().enumerate() {
                assert!(page.group != other.group || folds[a] == folds[b]);
            }
        }
    }

    #[test]
    fn a_group_stays_in_its_fold_when_others_come() {
        let (few, many) = (pages_of(0..200).folds(5), pages_of(0..300).folds(5));
        assert_eq!(few, many[..200]);
        let mut sizes = [0; 5];
        many.iter().for_each(|&fold| sizes[fold] += 1);
        assert!(sizes.iter().all(|size| (40..=80).contains(size)), "{sizes:?}");
    }

    #[test]
    fn no_fold_is_empty_or_crowded_where_groups_are_few() {
        for sites in 1..40 {
            let folds = pages_of(0..sites).folds(5);
            let mut sizes = [0; 5];
            folds.iter().for_each(|&fold| sizes[fold] += 1);
            assert_eq!(sizes.iter().filter(|&&size| size > 0).count(), sites.min(5), "{sizes:?}");
            assert!(sizes.iter().all(|&size| size <= sites * 6 / 25 + 1), "{sizes:?}");
        }
    }

    #[test]
    fn files_are_told_apart_after_reading() {
        let dir = tempfile::tempdir().unwrap();
        let files = ["a", "b", "c"].map(|name| dir.path().join(name));
        for (n, file) in files.iter().enumerate() {
            let rows = (0..=n).map(|row| format!("{row} of {n},content\n")).collect::<String>();
            std::fs::write(file, format!("text,label\n{rows}")).unwrap();
        }
        let all = Dataset::read(&files).unwrap();
        for wanted in [&[][..], &[0], &[1], &[0, 2]] {
            let chosen = all.of_sources(wanted);
            let alone = Dataset::read(wanted.iter().map(|&n| &files[n])).unwrap();
            assert_eq!((chosen.pages, chosen.sources), (alone.pages, alone.sources), "{wanted:?}");
        }
    }

    #[test]
    fn a_text_dump_has_what_is_visible() {
        let html = "<p>Satu <a href=/x>dua</a><p hidden>tiga<p>empat";
        let page = LabelledPage {
            labels: vec![Some(Label::Content), Some(Label::Ad), None],
            weights: vec![1.0, 2.0, 3.0],
            document: segment_html(html, &Limits::default()),
            ..LabelledPage::default()
        };
        let plain = page.to_plain();
        assert_eq!(plain.document, crate::segment_text("Satu dua\nempat", &Limits::default()));
        assert_eq!(
            (plain.labels, plain.weights),
            (vec![Some(Label::Content), None], vec![1.0, 3.0])
        );
    }

    #[test]
    fn a_spreadsheets_mark_is_not_part_of_the_header() {
        assert_eq!(read("\u{feff}text,label\nx,ad\n").unwrap().pages.len(), 1);
    }
}
