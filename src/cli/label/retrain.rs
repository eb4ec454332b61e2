//! A model from the labelled rows, in the background, and how good it is on pages it has not seen.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use saring::train::{self, Options, Progress};
use saring::{BlockReport, Classifier, Dataset, Error, Label, LabelledPage, Model, Result};
use serde_json::{Value, json};

/// With less than this there is nothing to learn, or nothing to measure it on.
const ROWS: usize = 20;
const OF_EACH_SIDE: usize = 5;
const PAGES: usize = 3;

/// Training, as tabs see it.
pub struct Trainer {
    /// The file that is labelled, and others that are only trained on.
    data: PathBuf,
    with: Vec<PathBuf>,
    /// The model that the session began with.
    start: Arc<Classifier>,
    status: Mutex<Status>,
}

#[derive(Default)]
struct Status {
    /// What is being done and since when.
    running: Option<(String, Instant)>,
    /// Why the last training has failed.
    failed: Option<String>,
    /// What came of those that have not, the newest last.
    reports: Vec<Report>,
    /// The newest model.
    model: Option<Arc<Model>>,
}

/// The figures of a training.
struct Report {
    rows: usize,
    pages: usize,
    sites: usize,
    by_site: bool,
    before: BTreeMap<String, f64>,
    after: BTreeMap<String, f64>,
    seconds: f64,
}

impl Report {
    fn is_better(&self) -> bool {
        self.after.get("f1") >= self.before.get("f1")
    }
}

impl Trainer {
    pub fn new(data: PathBuf, with: Vec<PathBuf>, start: Arc<Classifier>) -> Trainer {
        Trainer { data, with, start, status: Mutex::default() }
    }

    fn status(&self) -> std::sync::MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model that the session began with, and the newest one.
    pub fn start(&self) -> Arc<Classifier> {
        Arc::clone(&self.start)
    }

    pub fn model(&self) -> Option<Arc<Model>> {
        self.status().model.clone()
    }

    /// Trains, and hands the model to `adopt` if it is at least as good as the one of the start. False if a
    /// training is under way already.
    pub fn begin(self: &Arc<Trainer>, adopt: impl FnOnce(Classifier) + Send + 'static) -> bool {
        let mut status = self.status();
        if status.running.is_some() {
            return false;
        }
        status.running = Some(("reading the rows".into(), Instant::now()));
        status.failed = None;
        drop(status);
        let trainer = Arc::clone(self);
        std::thread::spawn(move || {
            let bug = |_| Err(Error::Fit("training met a bug in saring; please report it".into()));
            let trained = catch_unwind(AssertUnwindSafe(|| trainer.train())).unwrap_or_else(bug);
            let better = match trained {
                Ok((report, model)) => {
                    let model = Arc::new(model);
                    let better = report.is_better().then(|| Arc::clone(&model));
                    let mut status = trainer.status();
                    status.reports.push(report);
                    status.model = Some(model);
                    better
                }
                Err(error) => {
                    trainer.status().failed = Some(error.to_string());
                    None
                }
            };
            if let Some(model) = better {
                trainer.tell("labelling the pages with the new model");
                adopt(Classifier::new(model.as_ref().clone()));
            }
            trainer.status().running = None;
        });
        true
    }

    fn tell(&self, line: &str) {
        if let Some((step, _)) = &mut self.status().running {
            *step = line.to_string();
        }
    }

    fn train(&self) -> Result<(Report, Model)> {
        let begin = Instant::now();
        if !self.data.exists() {
            return check(&[]).and(Err(Error::io(&self.data, "is not there")));
        }
        let all = Dataset::read(std::iter::once(&self.data).chain(&self.with))?;
        // Whole pages, as unlabelled rows are the context of labelled ones.
        let labelled = |n: &usize| is_labelled(&all.pages[*n]);
        let own = (0..all.sources[0].pages as usize).filter(labelled).count();
        let mut data = all.subset(|n| labelled(&n));
        check(&data.pages[..own])?;
        let sites: BTreeSet<&str> = data.pages[..own].iter().map(|p| p.group.as_str()).collect();
        let sites = sites.len();
        let by_site = sites >= 3 && data.pages[..own].iter().any(|page| page.group != page.name);
        if !by_site {
            // What is told is how good the model is on other pages of these sites.
            data.pages[..own].iter_mut().for_each(|page| page.group.clone_from(&page.name));
        }
        let tell = |line: &str| self.tell(line);
        let trained = train::train(&data, &Options::default(), &Progress::new(&tell))?;
        let mut model = trained.model.ok_or_else(|| Error::Fit("no model was fitted".into()))?;
        let (mut before, mut after) = (BlockReport::default(), BlockReport::default());
        for (fold, held_out) in trained.held_out {
            self.tell(&format!("measuring on part {} of the pages", fold + 1));
            let held_out = Classifier::new(held_out);
            let own = data.pages[..own].iter().zip(&trained.folds);
            for (page, _) in own.filter(|(_, of_page)| **of_page == fold) {
                before.add(&self.start, page);
                after.add(&held_out, page);
            }
        }
        if after.blocks() == 0 {
            let message =
                "the labels are on too few pages to hold some of them out: label more pages";
            return Err(Error::Data(message.into()));
        }
        model.provenance.metrics = after.metrics();
        let (before, after) = (before.metrics(), after.metrics());
        let seconds = begin.elapsed().as_secs_f64();
        let (rows, pages) = (data.pages[..own].iter().flat_map(labels).count(), own);
        Ok((Report { rows, pages, sites, by_site, before, after, seconds }, model))
    }

    /// For tabs.
    pub fn json(&self) -> Value {
        let status = self.status();
        let running = status
            .running
            .as_ref()
            .map(|(step, since)| json!({ "step": step, "seconds": since.elapsed().as_secs() }));
        let report = |report: &Report| {
            json!({
                "rows": report.rows,
                "pages": report.pages,
                "sites": report.sites,
                "by": if report.by_site { "site" } else { "page" },
                "before": report.before,
                "after": report.after,
                "better": report.is_better(),
                "seconds": (report.seconds * 10.0).round() / 10.0,
            })
        };
        json!({
            "running": running,
            "failed": status.failed,
            "reports": status.reports.iter().map(report).collect::<Vec<_>>(),
            "flattered": self.has_seen_the_data(),
        })
    }

    /// Whether the model of the start was trained on a file of this name: its figures are then too good.
    fn has_seen_the_data(&self) -> bool {
        let name = self.data.file_name().unwrap_or_default().to_string_lossy();
        self.start.model().provenance.data.iter().any(|source| source.name == name)
    }
}

fn labels(page: &LabelledPage) -> impl Iterator<Item = Label> {
    page.labels.iter().flatten().copied()
}

fn is_labelled(page: &LabelledPage) -> bool {
    labels(page).next().is_some()
}

/// Says what is missing, if there is too little.
fn check(pages: &[LabelledPage]) -> Result<()> {
    let rows = pages.iter().flat_map(labels).count();
    let main = pages.iter().flat_map(labels).filter(|label| label.is_main()).count();
    let too_little = |message: String| Err(Error::Data(message));
    if rows < ROWS {
        return too_little(format!("{rows} blocks have a label: {ROWS} are the least to train on"));
    }
    for (count, what) in [(main, "content or headline"), (rows - main, "something else")] {
        if count < OF_EACH_SIDE {
            return too_little(format!(
                "{count} of the labels say {what}: a model needs {OF_EACH_SIDE} of these at least"
            ));
        }
    }
    if pages.len() < PAGES {
        return too_little(format!(
            "the labels are on {} pages: on fewer than {PAGES} it cannot be told how good a model is on \
             other pages",
            pages.len()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str, labels: &[Label]) -> LabelledPage {
        let labels = labels.iter().copied().map(Some).collect();
        LabelledPage { name: name.into(), labels, ..LabelledPage::default() }
    }

    #[test]
    fn too_little_is_said_in_words() {
        let (content, ad) = ([Label::Content; 10], [Label::Ad; 10]);
        let message = |pages: &[LabelledPage]| check(pages).unwrap_err().to_string();
        assert_eq!(message(&[]), "0 blocks have a label: 20 are the least to train on");
        let pages = [page("a", &content), page("b", &content), page("c", &ad[..4])];
        assert!(message(&pages).contains("4 of the labels say something else"));
        let pages = [page("a", &ad), page("b", &ad), page("c", &content[..4])];
        assert!(message(&pages).contains("4 of the labels say content or headline"));
        let pages = [page("a", &ad), page("b", &content)];
        assert!(message(&pages).contains("the labels are on 2 pages"));
        let pages = [page("a", &ad), page("b", &content), page("c", &ad[..1])];
        check(&pages).unwrap();
    }
}
