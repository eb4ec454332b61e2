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
        let mut sheet = Sheet {
            path: path.to_path_buf(),
            marked,
            crlf,
            header,
            pages: Vec::new(),
            seen,
        };
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
            (record.len()..width).for_each(|_| record.push_field(b""));
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
