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
        for &Edit { page, block, label, only_if } in edits {
            let Some(&from) = self.pages.get(page).and_then(|page| page.labels.get(block)) else {
                continue;
            };
            if from == label || only_if.is_some_and(|wanted| wanted != from) {
                continue;
            }
            if label.is_some() {
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
            return Err(error);
        }
        for change in &changes {
            let former = &mut self.pages[change.page].former;
            former.entry(change.block).or_default().push(change.from);
        }
        self.version += 1;
        Ok(changes)
    }

    /// Gives a page a row in the file for each block.
    fn complete(&mut self, n: usize) {
        let page = &mut self.pages[n];
        if !page.place.as_ref().is_some_and(Place::is_complete) {
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
