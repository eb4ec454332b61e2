//! Who classifies which page, and what comes of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use saring::train::{self, Options, Progress};
use saring::{
    BlockReport, Classifier, Dataset, Document, Error, Label, LabelledPage, Model, Page,
    PageReport, PageScore, Result, SiteMemory,
};

use super::import::GoldPage;
use super::output::{say, write_whole};

/// What of a page is classified.
#[derive(Clone, Copy)]
pub enum Form {
    /// All of it.
    Page,
    /// Its visible blocks as the lines of a text.
    Text,
}

/// What a page could score at best.
#[derive(Clone, Copy)]
pub enum Ceiling {
    /// If of the cuts that one is chosen from the best were chosen.
    Cut,
    /// If the blocks were kept that the gold text covers.
    Blocks,
}

/// Classifiers by the fold they have not seen, and the fold of each domain.
pub struct Judges {
    classifiers: Vec<(usize, Classifier)>,
    fold_of: BTreeMap<String, usize>,
}

impl Judges {
    /// One classifier for every page.
    pub fn one(classifier: Classifier) -> Judges {
        Judges { classifiers: vec![(0, classifier)], fold_of: BTreeMap::new() }
    }

    /// A classifier for each held-out fold, from the cache if it has those of the same data.
    pub fn cross_validated(
        data: &Dataset,
        options: &Options,
        cache: Option<&Path>,
    ) -> Result<Judges> {
        let folds = data.folds(options.folds);
        let fold_of = data.pages.iter().zip(&folds).map(|(p, &f)| (p.group.clone(), f)).collect();
        let cache = cache.map(|folder| cache_folder(folder, data, options));
        if let Some(classifiers) = cache.as_deref().and_then(read_cache) {
            say("using the cached models of the same data, options and program");
            return Ok(Judges { classifiers, fold_of });
        }
        if options.held_out == 0 || folds.iter().max() < Some(&2) {
            return Err(Error::Option(
                "nothing is held out: --folds and the domains must be 3 or more, --held-out 1"
                    .into(),
            ));
        }
        let tell = |line: &str| say(line);
        let trained = train::cross_validate(data, options, &Progress::new(&tell))?;
        if let Some(folder) = cache {
            std::fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, e))?;
            for (fold, model) in &trained.held_out {
                write_whole(&folder.join(format!("{fold}.json")), model.to_json().as_bytes())?;
            }
            write_whole(&folder.join("complete"), b"")?;
        }
        let classifiers =
            trained.held_out.into_iter().map(|(f, m)| (f, Classifier::new(m))).collect();
        Ok(Judges { classifiers, fold_of })
    }

    /// The same with changed models.
    pub fn with(&self, change: impl Fn(&mut Model)) -> Judges {
        let changed = |(fold, classifier): &(usize, Classifier)| {
            let mut model = classifier.model().clone();
            change(&mut model);
            (*fold, Classifier::new(model))
        };
        Judges {
            classifiers: self.classifiers.iter().map(changed).collect(),
            fold_of: self.fold_of.clone(),
        }
    }

    /// The same with a site memory.
    pub fn with_site_memory(&self, memory: &SiteMemory) -> Judges {
        let with = |(fold, classifier): &(usize, Classifier)| {
            (*fold, classifier.clone().site_memory(memory.clone()))
        };
        Judges {
            classifiers: self.classifiers.iter().map(with).collect(),
            fold_of: self.fold_of.clone(),
        }
    }

    /// The classifier that has not seen this domain; `None` if its fold was not held out.
    fn of(&self, group: &str) -> Option<&Classifier> {
        match self.fold_of.get(group) {
            Some(fold) => self.classifiers.iter().find(|(f, _)| f == fold).map(|(_, c)| c),
            None => self.classifiers.first().map(|(_, c)| c),
        }
    }

    /// Whether a classifier is there for pages of this domain.
    pub fn judge(&self, group: &str) -> bool {
        self.of(group).is_some()
    }

    /// A page of this domain as classified; none if its fold was not held out, or where the program
    /// breaks.
    pub fn classify(&self, group: &str, document: Document) -> Option<Page> {
        let classifier = self.of(group)?;
        catch_unwind(AssertUnwindSafe(|| classifier.classify_document(document))).ok()
    }

    /// The model, where there is one for all pages.
    pub fn model(&self) -> Option<&Model> {
        match self.classifiers.as_slice() {
            [(_, classifier)] => Some(classifier.model()),
            _ => None,
        }
    }

    /// Scores labelled blocks.
    pub fn blocks(&self, pages: &[LabelledPage], form: Form) -> BlockReport {
        let mut report = BlockReport::default();
        for page in pages {
            if let Some(classifier) = self.of(&page.group) {
                match form {
                    Form::Page => report.add(classifier, page),
                    Form::Text => report.add(classifier, &page.to_plain()),
                }
            }
        }
        report
    }

    /// Scores pages with gold. A page that could not be read, or on which the program breaks,
    /// counts as a miss.
    pub fn pages(&self, pages: &[Result<GoldPage>], form: Form) -> PageReport {
        self.pages_by(pages, |classifier, page| {
            let page_or_text = match form {
                Form::Page => Cow::Borrowed(&page.document),
                Form::Text => Cow::Owned(page.document.to_plain()),
            };
            page.score(&classifier.classify_document(page_or_text.into_owned()))
        })
    }

    /// The same as it could be at best.
    pub fn ceiling(&self, pages: &[Result<GoldPage>], ceiling: Ceiling) -> PageReport {
        self.pages_by(pages, |classifier, page| match ceiling {
            Ceiling::Cut => {
                let scores =
                    classifier.cuts(&page.document).into_iter().map(|cut| page.score(&cut));
                let better = |a: PageScore, b: PageScore| if b.text.f1 > a.text.f1 { b } else { a };
                scores.reduce(better).unwrap_or_default()
            }
            Ceiling::Blocks => {
                let mut classified = classifier.classify_document(page.document.clone());
                for (block, label) in classified.blocks.iter_mut().zip(page.labels()) {
                    block.kept = label.is_some_and(Label::is_main);
                }
                page.score(&classified)
            }
        })
    }

    fn pages_by(
        &self,
        pages: &[Result<GoldPage>],
        score: impl Fn(&Classifier, &GoldPage) -> PageScore + Sync,
    ) -> PageReport {
        let score_one = |page: &Result<GoldPage>| -> Option<PageScore> {
            let page = match page {
                Ok(page) => page,
                // Its domain is unknown, and no other page is known to be of it.
                Err(error) => {
                    let (name, group) = (error.to_string(), error.to_string());
                    return Some(PageScore { name, group, ..PageScore::default() });
                }
            };
            let classifier = self.of(&page.group)?;
            let scored = catch_unwind(AssertUnwindSafe(|| score(classifier, page)));
            Some(scored.unwrap_or_else(|_| PageScore {
                name: page.name.clone(),
                group: page.group.clone(),
                page_type: page.gold.page_type.clone(),
                ..PageScore::default()
            }))
        };
        PageReport { pages: pages.par_iter().filter_map(score_one).collect() }
    }
}

/// A folder of its own for each data, options and program.
fn cache_folder(cache: &Path, data: &Dataset, options: &Options) -> PathBuf {
    let program = std::env::current_exe().and_then(std::fs::read).unwrap_or_default();
    let mut key = format!("{options:?} {}", saring::digest(&program));
    for source in &data.sources {
        key += &source.digest;
    }
    cache.join(saring::digest(key.as_bytes()))
}

fn read_cache(folder: &Path) -> Option<Vec<(usize, Classifier)>> {
    folder.join("complete").exists().then_some(())?;
    let mut classifiers = Vec::new();
    for entry in std::fs::read_dir(folder).ok()? {
        let path = entry.ok()?.path();
        if path.extension().is_some_and(|e| e == "json") {
            let fold = path.file_stem()?.to_str()?.parse().ok()?;
            classifiers.push((fold, Classifier::new(Model::load(&path).ok()?)));
        }
    }
    classifiers.sort_by_key(|(fold, _)| *fold);
    Some(classifiers)
}
