//! What is known: the pages, the labels, the model in use. There is one for all tabs, and it alone
//! writes to the Block CSV.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use saring::{Classifier, Document, Label, LabelledPage, Result};

use super::pages::{Page, Verdict, twins, verdicts};
use super::sheet::{Place, Sheet};

pub struct Session {
    sheet: Sheet,
    pub pages: Vec<Page>,
    pub classifier: Arc<Classifier>,
    /// Blocks of the same text on the same site.
    twins: HashMap<(String, String), Vec<(usize, usize)>>,
    /// Raised by everything that a tab may not know of yet.
    pub version: u64,
    /// What came of the last change that others made to the file, in words.
    pub notice: Option<String>,
    /// The file lacks labels that are known here.
    unwritten: bool,
}

/// A label for a block, or none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edit {
    pub page: usize,
    pub block: usize,
    pub label: Option<Label>,
    /// What the block must have for that; whatever it has if `None`.
    pub only_if: Option<Option<Label>>,
}

/// A label that a block has now and the one it had.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    pub page: usize,
    pub block: usize,
    pub from: Option<Label>,
    pub to: Option<Label>,
}

impl Session {
    /// The pages of the command line, and those that only the file has.
    ///
    /// # Errors
    /// As [`Sheet::open`].
    pub fn open(path: &Path, pages: Vec<Page>, classifier: Classifier) -> Result<Session> {
        let (sheet, in_file) = Sheet::open(path)?;
        let mut session = Session {
            sheet,
            pages,
            classifier: Arc::new(classifier),
            twins: HashMap::new(),
            version: 1,
            notice: None,
            unwritten: false,
        };
        for n in 0..session.pages.len() {
            session.find(n);
        }
        session.add_new(in_file);
        let verdicts = verdicts(&session.classifier, &session.documents());
        session.predict(Arc::clone(&session.classifier), verdicts);
        Ok(session)
    }

    pub fn path(&self) -> &Path {
        self.sheet.path()
    }

    pub fn documents(&self) -> Vec<Arc<Document>> {
        self.pages.iter().map(|page| Arc::clone(&page.document)).collect()
    }

    pub fn labelled(&self) -> usize {
        self.pages.iter().map(Page::labelled).sum()
    }

    /// Blocks with the text of this one on pages of its site, itself included.
    pub fn twins(&self, page: usize, block: usize) -> &[(usize, usize)] {
        let text = &self.pages[page].document.blocks[block].text;
        let key = (self.pages[page].site(), text.clone());
        self.twins.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Puts a model to use, with what it says of the pages. Those that have come meanwhile are asked about
    /// now.
    pub fn predict(&mut self, classifier: Arc<Classifier>, mut said: Vec<Vec<Verdict>>) {
        let new: Vec<Arc<Document>> = self.documents().split_off(said.len());
        said.extend(verdicts(&classifier, &new));
        for (page, verdicts) in self.pages.iter_mut().zip(said) {
            page.verdicts = verdicts;
        }
        self.classifier = classifier;
        self.version += 1;
    }

    /// Finds a page in the file, and takes the labels that it has there.
    fn find(&mut self, n: usize) {
        let page = &mut self.pages[n];
        page.place = self.sheet.place(&page.name, page.nth, &page.document);
        page.labels = match &page.place {
            Some(place) => self.sheet.labels(place),
            None => vec![None; page.labels.len()],
        };
    }

    /// Adds the pages of the file that are not known yet.
    fn add_new(&mut self, in_file: Vec<LabelledPage>) {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let known: std::collections::HashSet<(String, usize)> =
            self.pages.iter().map(|page| (page.name.clone(), page.nth)).collect();
        for page in in_file {
            let nth = seen.entry(page.name.clone()).or_default();
            if !known.contains(&(page.name.clone(), *nth)) {
                self.pages.push(Page::new(page.name, *nth, page.document));
                self.find(self.pages.len() - 1);
            }
            *nth += 1;
        }
        self.twins = twins(&self.pages);
    }

    /// Takes in what others have written to the file. True if anything has changed for that.
    ///
    /// A label of the file wins, but where the file has what stood there before somebody labelled the block
    /// in this session: then it was saved by a program that had opened it before.
    ///
    /// # Errors
    /// As [`Sheet::open`]; nothing has changed then.
    pub fn refresh(&mut self) -> Result<bool> {
        let changed = self.sheet.changed()?;
        let Some((sheet, in_file)) = changed else {
            return if self.unwritten { self.write().map(|()| false) } else { Ok(false) };
        };
        self.sheet = sheet;
        let (mut taken, mut kept) = (0, 0);
        for n in 0..self.pages.len() {
            let ours = self.pages[n].labels.clone();
            self.find(n);
            for (block, label) in ours.into_iter().enumerate() {
                let page = &mut self.pages[n];
                if page.labels[block] == label {
                    continue;
                }
                let former = page.former.get(&block).map_or(&[][..], Vec::as_slice);
                if former.contains(&page.labels[block]) {
                    kept += 1;
                    page.labels[block] = label;
                    self.complete(n);
                    self.put(n, block, label);
                } else {
                    taken += 1;
                }
            }
        }
        let pages = self.pages.len();
        self.add_new(in_file);
        let new = self.pages.len() - pages;
        let said = self.pages[..pages].iter_mut().map(|page| std::mem::take(&mut page.verdicts));
        let said = said.collect();
        self.predict(Arc::clone(&self.classifier), said);
        let mut words = vec![format!("another program has changed the file: {taken} labels taken")];
        if new > 0 {
            words.push(format!("{new} pages are new"));
        }
        if kept > 0 {
            words.push(format!("{kept} labels given here, which it did not know of, are kept"));
        }
        self.notice = Some(words.join(", "));
        self.unwritten = kept > 0;
        if kept > 0 {
            self.write()?;
        }
        Ok(true)
    }

    /// Gives labels, and has them on disk when it returns. What is the case already, or against what an edit
    /// is bound to, is left out.
    ///
    /// # Errors
    /// What is wrong with the file, or the disk; nothing has changed then.
    pub fn label(&mut self, edits: &[Edit]) -> Result<Vec<Change>> {
        self.refresh()?;
        let mut changes = Vec::new();
        let mut completed = Vec::new();
        for &Edit { page, block, label, only_if } in edits {
            let Some(&from) = self.pages.get(page).and_then(|page| page.labels.get(block)) else {
                continue;
            };
            if from == label || only_if.is_some_and(|wanted| wanted != from) {
                continue;
            }
            if label.is_some() && !self.is_complete(page) {
                completed.push((page, self.sheet.before(self.pages[page].place.as_ref())));
                self.complete(page);
            }
            self.set(page, block, label);
            changes.push(Change { page, block, from, to: label });
        }
        if changes.is_empty() {
            return Ok(changes);
        }
        if let Err(error) = self.write() {
            for change in changes.iter().rev() {
                self.set(change.page, change.block, change.from);
            }
            // Else a page that is too much for the disk would be in the way of all labels to come.
            for (page, before) in completed.into_iter().rev() {
                self.pages[page].place = self.sheet.restore(before);
            }
            return Err(error);
        }
        for change in &changes {
            let former = &mut self.pages[change.page].former;
            former.entry(change.block).or_default().push(change.from);
        }
        self.version += 1;
        Ok(changes)
    }

    fn is_complete(&self, n: usize) -> bool {
        self.pages[n].place.as_ref().is_some_and(Place::is_complete)
    }

    /// Gives a page a row in the file for each block.
    fn complete(&mut self, n: usize) {
        if !self.is_complete(n) {
            let page = &mut self.pages[n];
            page.place = Some(self.sheet.complete(&page.rows(), page.place.clone()));
        }
    }

    fn set(&mut self, page: usize, block: usize, label: Option<Label>) {
        self.pages[page].labels[block] = label;
        self.put(page, block, label);
    }

    fn put(&mut self, page: usize, block: usize, label: Option<Label>) {
        if let Some(place) = &self.pages[page].place {
            self.sheet.set(place, block, label);
        }
    }

    fn write(&mut self) -> Result<()> {
        self.sheet.write()?;
        self.unwritten = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::thread::sleep;
    use std::time::Duration;

    use saring::{Limits, segment_html};

    use super::*;

    const PAGES: [(&str, &str); 2] = [("a", "<p>Satu<p>Dua<p>Tiga"), ("b", "<p>Empat")];

    fn session(folder: &Path) -> Session {
        let page = |(name, html): (&str, &str)| {
            Page::new(name.into(), 0, segment_html(html, &Limits::default()))
        };
        let pages = PAGES.into_iter().map(page).collect();
        let classifier = Classifier::pretrained().clone();
        Session::open(&folder.join("my.csv"), pages, classifier).unwrap()
    }

    fn edit(page: usize, block: usize, label: Option<Label>) -> Edit {
        Edit { page, block, label, only_if: None }
    }

    /// What another program saves, later than what was there by the clock of any file system.
    fn save(path: &PathBuf, change: impl Fn(String) -> String) {
        sleep(Duration::from_millis(20));
        fs::write(path, change(fs::read_to_string(path).unwrap())).unwrap();
    }

    #[test]
    fn a_label_is_on_disk_and_known_to_the_next_session() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = session(folder.path());
        assert!(!folder.path().join("my.csv").exists());
        assert!(
            first
                .label(&[
                    edit(0, 1, None),
                    edit(7, 0, Some(Label::Ad)),
                    edit(0, 9, Some(Label::Ad))
                ])
                .unwrap()
                .is_empty()
        );
        assert!(!folder.path().join("my.csv").exists());
        let changes =
            first.label(&[edit(0, 1, Some(Label::Ad)), edit(0, 2, Some(Label::Ad))]).unwrap();
        assert_eq!(changes[1], Change { page: 0, block: 2, from: None, to: Some(Label::Ad) });
        assert!(first.label(&[edit(0, 1, Some(Label::Ad))]).unwrap().is_empty());
        let second = session(folder.path());
        assert_eq!(second.pages[0].labels, [None, Some(Label::Ad), Some(Label::Ad)]);
        assert_eq!((second.labelled(), second.pages.len()), (2, 2));
        // Pages without labels are not in the file.
        assert!(!fs::read_to_string(folder.path().join("my.csv")).unwrap().contains("Empat"));
    }

    #[test]
    fn an_edit_can_be_bound_to_what_was_seen() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = session(folder.path());
        let bound = |label, only_if| [Edit { page: 0, block: 0, label, only_if: Some(only_if) }];
        assert!(session.label(&bound(Some(Label::Ad), Some(Label::Legal))).unwrap().is_empty());
        assert_eq!(session.label(&bound(Some(Label::Ad), None)).unwrap().len(), 1);
        assert!(session.label(&bound(Some(Label::Legal), None)).unwrap().is_empty());
        assert_eq!(session.label(&bound(None, Some(Label::Ad))).unwrap().len(), 1);
        assert_eq!(session.labelled(), 0);
    }

    #[test]
    fn what_others_write_is_taken_and_what_they_did_not_know_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.csv");
        let mut session = session(folder.path());
        session.label(&[edit(0, 0, Some(Label::Content))]).unwrap();
        let opened = fs::read_to_string(&path).unwrap();
        session.label(&[edit(0, 1, Some(Label::Ad))]).unwrap();
        // A spreadsheet that was opened in between labels the third block, knows nothing of the second, and
        // adds a page.
        save(&path, |_| opened.replace("Tiga,,", "Tiga,legal,") + "c,Lima,promo,,,,0,0,1,c\n");
        assert!(session.refresh().unwrap());
        let labels = [Some(Label::Content), Some(Label::Ad), Some(Label::Legal)];
        assert_eq!(session.pages[0].labels, labels);
        assert_eq!(session.pages[2].labels, [Some(Label::Promo)]);
        assert_eq!(session.pages[2].verdicts.len(), 1);
        let notice = session.notice.clone().unwrap();
        assert!(
            notice.contains("1 labels taken, 1 pages are new, 1 labels given here"),
            "{notice}"
        );
        assert!(fs::read_to_string(&path).unwrap().contains("a,Dua,ad,"));
        // A value that never was here before is meant.
        save(&path, |text| text.replace("Dua,ad,", "Dua,share,"));
        assert!(session.refresh().unwrap());
        assert_eq!(session.pages[0].labels[1], Some(Label::Share));
        assert!(!session.refresh().unwrap());
    }

    #[test]
    fn rows_that_others_removed_come_back_if_they_were_labelled_here() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.csv");
        let mut session = session(folder.path());
        session.label(&[edit(0, 0, Some(Label::Content)), edit(1, 0, Some(Label::Ad))]).unwrap();
        save(&path, |text| {
            text.lines()
                .filter(|line| !line.starts_with("b,"))
                .map(|line| format!("{line}\n"))
                .collect()
        });
        session.refresh().unwrap();
        assert!(fs::read_to_string(&path).unwrap().contains("b,Empat,ad,"));
        fs::remove_file(&path).unwrap();
        session.label(&[edit(0, 1, Some(Label::Legal))]).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        for row in ["a,Satu,content,", "a,Dua,legal,", "b,Empat,ad,"] {
            assert!(text.contains(row), "{text}");
        }
    }

    #[test]
    fn a_file_that_others_have_broken_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.csv");
        let mut session = session(folder.path());
        session.label(&[edit(0, 0, Some(Label::Content))]).unwrap();
        save(&path, |text| text.replace("Dua,,", "Dua,iklan,"));
        let broken = fs::read_to_string(&path).unwrap();
        let error = session.label(&[edit(0, 2, Some(Label::Ad))]).unwrap_err().to_string();
        assert!(error.contains("my.csv:3: unknown label \"iklan\""), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
        assert_eq!(session.pages[0].labels, [Some(Label::Content), None, None]);
        save(&path, |text| text.replace("iklan", "ad"));
        session.label(&[edit(0, 2, Some(Label::Ad))]).unwrap();
        assert_eq!(session.labelled(), 3);
    }

    #[test]
    fn a_label_that_cannot_be_written_is_not_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.csv");
        let mut session = session(folder.path());
        session.label(&[edit(0, 0, Some(Label::Content))]).unwrap();
        // What the new file would be called is taken.
        fs::create_dir(folder.path().join("my.csv.partial")).unwrap();
        let before = (fs::read_to_string(&path).unwrap(), session.version);
        let edits = [
            edit(0, 0, Some(Label::Ad)),
            edit(0, 0, Some(Label::Legal)),
            edit(1, 0, Some(Label::Ad)),
        ];
        let error = session.label(&edits).unwrap_err().to_string();
        assert!(error.contains("my.csv: not written: "), "{error}");
        assert_eq!((fs::read_to_string(&path).unwrap(), session.version), before);
        assert_eq!((session.labelled(), session.pages[0].labels[0]), (1, Some(Label::Content)));
        fs::remove_dir(folder.path().join("my.csv.partial")).unwrap();
        session.label(&[edit(0, 1, Some(Label::Share))]).unwrap();
        // The page of the failed label has not come along.
        assert!(!fs::read_to_string(&path).unwrap().contains("Empat"));
        session.label(&[edit(0, 1, None)]).unwrap();
        session.label(&edits).unwrap();
        assert_eq!((session.labelled(), session.pages[0].labels[0]), (2, Some(Label::Legal)));
    }
}
