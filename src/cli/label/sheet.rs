//! The Block CSV that is being labelled: its rows as they stand in the file, with columns that
//! saring does not know.
//!
//! A change is a new file that takes the place of the old one (FILE.partial, synced, renamed): a label
//! changes the middle of the file, so appending could not say it, and whoever reads the file, also after
//! a kill or on a full disk, finds the old rows or the new ones and never half of them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use csv::ByteRecord;
use saring::{Dataset, Document, Error, Label, LabelledPage, Result, Writer, digest, is_title};

const MARK: &[u8] = "\u{feff}".as_bytes();

/// The rows of a file.
pub struct Sheet {
    path: PathBuf,
    /// Whether the file begins with a byte-order mark, and how its lines end: left as they are.
    marked: bool,
    crlf: bool,
    header: ByteRecord,
    pages: Vec<Rows>,
    /// What the file looked like when it was last read or written; `None` for one that is not there.
    seen: Option<Stamp>,
}

/// The rows of a page.
struct Rows {
    name: String,
    records: Vec<ByteRecord>,
}

/// Where a page stands in the file.
#[derive(Clone)]
pub struct Place {
    page: usize,
    /// Per block, its row among those of the page.
    rows: Vec<Option<usize>>,
}

/// What [`Sheet::restore`] needs.
pub struct Before {
    place: Option<Place>,
    rows: Option<Vec<ByteRecord>>,
}

impl Place {
    /// Whether each block has a row.
    pub fn is_complete(&self) -> bool {
        self.rows.iter().all(Option::is_some)
    }
}

#[derive(PartialEq, Clone)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

/// Keeps other sessions from the file as long as it is there.
pub struct Lock(#[allow(dead_code)] File);

/// Takes a file for this session alone. The lock is on a file beside it, as the file itself is replaced.
///
/// # Errors
/// [`Error::Io`] if another session has it, or the folder cannot be written to.
pub fn lock(path: &Path) -> Result<Lock> {
    let beside = with_ending(path, ".lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&beside);
    let file = file.map_err(|e| Error::io(&beside, e))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            Err(Error::io(path, "another saring label is working on it: close that one first"))
        }
        // Some file systems have no locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Lock(file)),
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

impl Stamp {
    fn of(path: &Path) -> Result<Option<Stamp>> {
        match path.metadata() {
            Ok(file) if !file.is_file() => Err(Error::io(path, "is not an ordinary file")),
            Ok(file) => Ok(Some(Stamp { modified: file.modified().ok(), length: file.len() })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(path, error)),
        }
    }
}

impl Sheet {
    /// A file, with the pages in it; one that is not there or empty has none.
    ///
    /// # Errors
    /// As [`Dataset::read`]; [`Error::Io`] also for a file that others write to right now.
    pub fn open(path: &Path) -> Result<(Sheet, Vec<LabelledPage>)> {
        let stamp = Stamp::of(path)?;
        if stamp.as_ref().is_none_or(|stamp| stamp.length == 0) {
            let (header, _) = rows_of(&LabelledPage::default());
            let (marked, crlf, pages) = (false, false, Vec::new());
            let path = path.to_path_buf();
            return Ok((Sheet { path, marked, crlf, header, pages, seen: stamp }, Vec::new()));
        }
        Sheet::read(path)
    }

    /// A file that is there.
    ///
    /// # Errors
    /// As [`Sheet::open`].
    fn read(path: &Path) -> Result<(Sheet, Vec<LabelledPage>)> {
        let seen = Stamp::of(path)?;
        let bytes = fs::read(path).map_err(|e| Error::io(path, e))?;
        let dataset = Dataset::read([path])?;
        // The rows that were checked must be those that are kept.
        if dataset.sources[0].digest != digest(&bytes) || Stamp::of(path)? != seen {
            return Err(Error::io(path, "another program is writing to it right now: try again"));
        }
        let marked = bytes.starts_with(MARK);
        let text = bytes.strip_prefix(MARK).unwrap_or(&bytes);
        let first = text.iter().position(|&b| b == b'\n').unwrap_or(0);
        let crlf = text[..first].ends_with(b"\r");
        let mut records = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
        let mut records = records.byte_records();
        let broken = |e: csv::Error| Error::io(path, e);
        let header = records.next().transpose().map_err(broken)?.unwrap_or_default();
        let mut sheet =
            Sheet { path: path.to_path_buf(), marked, crlf, header, pages: Vec::new(), seen };
        let Some(page) = sheet.column("page") else {
            let message = "it has no column \"page\", so that its rows cannot be told by page: name \
                           another file, and give both to saring train";
            return Err(Error::io(path, message));
        };
        for record in records {
            let record = record.map_err(broken)?;
            let name = String::from_utf8_lossy(&record[page]).into_owned();
            match sheet.pages.last_mut() {
                Some(rows) if rows.name == name => rows.records.push(record),
                _ => sheet.pages.push(Rows { name, records: vec![record] }),
            }
        }
        debug_assert_eq!(sheet.pages.len(), dataset.pages.len());
        Ok((sheet, dataset.pages))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file as it is now, if others have changed it; `None` also if they have removed it, as what is
    /// known of it can be written again.
    ///
    /// # Errors
    /// As [`Sheet::open`].
    pub fn changed(&self) -> Result<Option<(Sheet, Vec<LabelledPage>)>> {
        let now = Stamp::of(&self.path)?;
        if now.is_none() || now == self.seen {
            return Ok(None);
        }
        Sheet::read(&self.path).map(Some)
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|field| field.trim_ascii() == name.as_bytes())
    }

    fn field<'a>(&self, record: &'a ByteRecord, name: &str) -> &'a [u8] {
        self.column(name).and_then(|n| record.get(n)).unwrap_or_default()
    }

    /// Where the `nth` page of this name stands, counted from 0.
    pub fn place(&self, name: &str, nth: usize, document: &Document) -> Option<Place> {
        let named = |(_, rows): &(usize, &Rows)| rows.name == name;
        let (page, rows) = self.pages.iter().enumerate().filter(named).nth(nth)?;
        let path = |row: usize| {
            String::from_utf8_lossy(self.field(&rows.records[row], "path")).into_owned()
        };
        let text = |row: usize| collapsed(self.field(&rows.records[row], "text"));
        let of_blocks: Vec<usize> =
            (0..rows.records.len()).filter(|&row| !is_title(&path(row))).collect();
        let blocks = &document.blocks;
        let same = |(n, &row): (usize, &usize)| {
            text(row) == blocks[n].text || (!path(row).is_empty() && path(row) == document.path(n))
        };
        if of_blocks.len() == blocks.len() && of_blocks.iter().enumerate().all(same) {
            return Some(Place { page, rows: of_blocks.into_iter().map(Some).collect() });
        }
        // Rows have gone, come or been written anew: the first of a text is the first of that text.
        let mut by_text = std::collections::HashMap::<String, Vec<usize>>::new();
        for row in of_blocks.into_iter().rev() {
            by_text.entry(text(row)).or_default().push(row);
        }
        let row = |block: &saring::Block| by_text.get_mut(&block.text).and_then(Vec::pop);
        Some(Place { page, rows: blocks.iter().map(row).collect() })
    }

    /// The label of each block, as the file has it.
    pub fn labels(&self, place: &Place) -> Vec<Option<Label>> {
        let rows = &self.pages[place.page];
        let label = |&row: &Option<usize>| {
            let field = self.field(&rows.records[row?], "label");
            std::str::from_utf8(field).ok()?.trim().parse().ok()
        };
        place.rows.iter().map(label).collect()
    }

    /// A row for each block that has none, those of a new page at the end. Unlabelled rows are the
    /// context of the others.
    pub fn complete(&mut self, page: &LabelledPage, place: Option<Place>) -> Place {
        let (header, records) = rows_of(page);
        // A file made by hand may lack columns.
        for name in header.iter() {
            if !self.header.iter().any(|known| known.trim_ascii() == name) {
                self.header.push_field(name);
            }
        }
        let width = self.header.len();
        for record in self.pages.iter_mut().flat_map(|rows| &mut rows.records) {
            widen(record, width);
        }
        let arranged = |record: &ByteRecord| -> ByteRecord {
            let field = |name: &[u8]| {
                let at = header.iter().position(|known| known == name.trim_ascii());
                at.and_then(|n| record.get(n)).unwrap_or_default()
            };
            self.header.iter().map(field).collect()
        };
        let mut new: Vec<ByteRecord> = records.iter().map(arranged).collect();
        let titles = new.len() - page.document.blocks.len();
        let Some(mut place) = place else {
            self.pages.push(Rows { name: page.name.clone(), records: new });
            let rows = (0..page.document.blocks.len()).map(|block| Some(titles + block)).collect();
            return Place { page: self.pages.len() - 1, rows };
        };
        // Behind the row of the block before it.
        let new: Vec<ByteRecord> = new.split_off(titles);
        let rows = &mut self.pages[place.page].records;
        for (block, record) in new.into_iter().enumerate() {
            if place.rows[block].is_some() {
                continue;
            }
            let before = place.rows[..block].iter().flatten().max();
            let at = before.map_or(0, |&row| row + 1);
            rows.insert(at, record);
            place.rows.iter_mut().flatten().filter(|row| **row >= at).for_each(|row| *row += 1);
            place.rows[block] = Some(at);
        }
        place
    }

    /// How a page stands in the file before it is completed.
    pub fn before(&self, place: Option<&Place>) -> Before {
        let rows = place.map(|place| self.pages[place.page].records.clone());
        Before { place: place.cloned(), rows }
    }

    /// Takes the rows of a completed page out again. Of several pages, the last goes first.
    pub fn restore(&mut self, before: Before) -> Option<Place> {
        match (&before.place, before.rows) {
            (Some(place), Some(mut rows)) => {
                // Columns that have come meanwhile stay.
                rows.iter_mut().for_each(|record| widen(record, self.header.len()));
                self.pages[place.page].records = rows;
            }
            _ => drop(self.pages.pop()),
        }
        before.place
    }

    /// Puts a label in a row, or takes it out; a block without a row has none to take out.
    pub fn set(&mut self, place: &Place, block: usize, label: Option<Label>) {
        let (Some(column), Some(row)) = (self.column("label"), place.rows[block]) else { return };
        let record = &mut self.pages[place.page].records[row];
        let name = label.map_or("", Label::name).as_bytes();
        let field = |(n, field)| if n == column { name } else { field };
        *record = record.iter().enumerate().map(field).collect();
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`Error::Io`]: the file is then as it was.
    pub fn write(&mut self) -> Result<()> {
        // A link stays one: what it leads to is replaced.
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let partial = with_ending(&path, ".partial");
        let failed = |e: std::io::Error| Error::io(&self.path, format!("not written: {e}"));
        let written = self.write_to(&partial).and_then(|()| fs::rename(&partial, &path));
        if written.is_err() {
            // On a full disk every byte is wanted.
            let _ = fs::remove_file(&partial);
        }
        written.map_err(failed)?;
        sync_folder(&path);
        self.seen = Stamp::of(&self.path)?;
        Ok(())
    }

    fn write_to(&self, partial: &Path) -> std::io::Result<()> {
        let file = File::create(partial)?;
        if let Ok(old) = self.path.metadata() {
            file.set_permissions(old.permissions())?;
        }
        let mut out = std::io::BufWriter::new(&file);
        if self.marked {
            out.write_all(MARK)?;
        }
        let ends = if self.crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().terminator(ends).from_writer(out);
        writer.write_byte_record(&self.header)?;
        for record in self.pages.iter().flat_map(|rows| &rows.records) {
            writer.write_byte_record(record)?;
        }
        writer.flush()?;
        drop(writer);
        file.sync_all()
    }
}

fn widen(record: &mut ByteRecord, width: usize) {
    (record.len()..width).for_each(|_| record.push_field(b""));
}

/// So that the new name, too, outlasts a power cut. Not every system can.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
}

fn collapsed(text: &[u8]) -> String {
    String::from_utf8_lossy(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The header and the rows that [`Writer`] makes of a page, its title before its blocks.
fn rows_of(page: &LabelledPage) -> (ByteRecord, Vec<ByteRecord>) {
    let mut writer = Writer::new(Vec::new(), false).expect("memory takes it");
    writer.page(page, None).expect("memory takes it");
    let bytes = writer.finish().expect("memory takes it");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
    let mut records = reader.byte_records().map(|record| record.expect("it was just written"));
    (records.next().unwrap_or_default(), records.collect())
}

#[cfg(test)]
mod tests {
    use saring::{Limits, segment_html};

    use super::*;

    fn page(name: &str, html: &str) -> LabelledPage {
        let document = segment_html(html, &Limits::default());
        LabelledPage {
            name: name.into(),
            labels: vec![None; document.blocks.len()],
            weights: vec![1.0; document.blocks.len()],
            document,
            ..LabelledPage::default()
        }
    }

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.csv");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn a_new_file_is_what_the_writer_writes() {
        let (folder, path) = file("");
        let page = page("a.html", "<title>Judul</title><p>Satu, \"dua\"<p>Tiga");
        let (mut sheet, pages) = Sheet::open(&path).unwrap();
        assert!(pages.is_empty());
        let place = sheet.complete(&page, None);
        sheet.set(&place, 1, Some(Label::Ad));
        sheet.write().unwrap();
        let mut writer = Writer::new(Vec::new(), false).unwrap();
        let labels = vec![None, Some(Label::Ad)];
        writer.page(&LabelledPage { labels, ..page.clone() }, None).unwrap();
        let expected = String::from_utf8(writer.finish().unwrap()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let (again, read) = Sheet::open(&path).unwrap();
        assert_eq!(read[0].document, page.document);
        let place = again.place("a.html", 0, &page.document).unwrap();
        assert_eq!(again.labels(&place), [None, Some(Label::Ad)]);
    }

    #[test]
    fn what_is_not_ours_is_left_as_it_is() {
        let text = "\u{feff}note,text,label,page\r\nini,Satu,uncertain,a\r\n\"x\r\ny\",Dua,,b\r\n";
        let (_folder, path) = file(text);
        let (mut sheet, _) = Sheet::open(&path).unwrap();
        sheet.write().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        let page = page("a", "<p>Satu<p>Tiga");
        let place = sheet.place("a", 0, &page.document);
        let place = sheet.complete(&page, place);
        sheet.set(&place, 1, Some(Label::Content));
        sheet.write().unwrap();
        let written = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        assert_eq!(
            lines[0],
            "\u{feff}note,text,label,page,url,path,links,link_chars,hidden,weight,group"
        );
        assert_eq!(lines[1], "ini,Satu,uncertain,a,,,,,,,");
        assert_eq!(lines[2], ",Tiga,content,a,,html[1]>body[2]>p[2],,0,0,1,");
        assert!(written.ends_with("\"x\r\ny\",Dua,,b,,,,,,,\r\n"), "{written}");
        Dataset::read([&path]).unwrap();
    }

    #[test]
    fn rows_are_found_again_when_others_come_and_go() {
        let rows =
            "page,text,label,path\na,Dua,ad,\na,Lain,legal,\na,Satu,content,\na,Dua,promo,\n";
        let (_folder, path) = file(rows);
        let (mut sheet, _) = Sheet::open(&path).unwrap();
        let page = page("a", "<p>Nol<p>Dua<p>Satu<p>Dua<p>Tiga");
        let place = sheet.place("a", 0, &page.document);
        let labels = sheet.labels(place.as_ref().unwrap());
        assert_eq!(labels, [None, Some(Label::Ad), Some(Label::Content), Some(Label::Promo), None]);
        let place = sheet.complete(&page, place);
        assert_eq!(sheet.labels(&place), labels);
        sheet.set(&place, 0, Some(Label::Other));
        sheet.set(&place, 4, Some(Label::Other));
        sheet.write().unwrap();
        let texts: Vec<String> = Dataset::read([&path]).unwrap().pages[0]
            .document
            .blocks
            .iter()
            .map(|block| block.text.clone())
            .collect();
        assert_eq!(texts, ["Nol", "Dua", "Lain", "Satu", "Dua", "Tiga"]);
    }

    #[test]
    fn a_rewritten_text_is_still_its_block() {
        let (_folder, path) = file(
            "page,text,label,path\na,Satu!,ad,html>body[2]>p[1]\na,Dua,,html[1]>body[2]>p[2]\n",
        );
        let (sheet, _) = Sheet::open(&path).unwrap();
        let html = "<p>Satu<p>Dua";
        let place = sheet.place("a", 0, &page("a", html).document).unwrap();
        assert!(!place.is_complete());
        let text = fs::read_to_string(&path).unwrap().replace("html>", "html[1]>");
        fs::write(&path, text).unwrap();
        let (sheet, _) = sheet.changed().unwrap().unwrap();
        let place = sheet.place("a", 0, &page("a", html).document).unwrap();
        assert_eq!(sheet.labels(&place), [Some(Label::Ad), None]);
    }

    #[test]
    fn files_that_cannot_be_labelled_are_refused() {
        for (text, message) in [
            ("text,label\nSatu,ad\n", "no column \"page\""),
            ("page,text\na,Satu\n", "column \"label\" is missing"),
            ("page,text,label\na,Satu,iklan\n", ":2: unknown label \"iklan\""),
            ("page,text,label\na,Satu\n", ":2: the row has 2 fields"),
        ] {
            let (_folder, path) = file(text);
            let error = Sheet::open(&path).err().unwrap().to_string();
            assert!(error.contains(message), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        let folder = tempfile::tempdir().unwrap();
        assert!(Sheet::open(folder.path()).is_err());
    }

    #[test]
    fn one_session_has_the_file() {
        let (_folder, path) = file("");
        let first = lock(&path).unwrap();
        let error = lock(&path).err().unwrap().to_string();
        assert!(error.contains("another saring label is working on it"), "{error}");
        drop(first);
        lock(&path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (folder, path) = file("page,text,label\na,Satu,\n");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let link = folder.path().join("link.csv");
        symlink("my.csv", &link).unwrap();
        let (mut sheet, _) = Sheet::open(&link).unwrap();
        sheet.write().unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
