//! `saring eval`: how good a model is, on blocks or on pages, and whether it is good enough.

mod print;
mod report;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use saring::train::Options;
use saring::{
    Classifier, Dataset, Error, Figure, PageReport, PageScore, Result, SiteMemory, Source,
};
use serde_json::{Value, json};

use super::gate::{Gate, corpus_digest};
use super::import::{GoldPage, gold_pages};
use super::judges::{Form, Judges};
use super::output::{say, write_whole};
use super::{Outcome, RunResult};
pub use print::{HELD_OUT, write_blocks};
use print::{write_confusion, write_pages};
use report::Report;

#[derive(clap::Args)]
pub struct Args {
    /// A model (.json; the embedded one if none is named) and labelled Block CSVs
    files: Vec<PathBuf>,
    /// Folders of pages with gold text: `html` with `gold` or `ground-truth`
    #[arg(long, num_args = 1..)]
    pages: Vec<PathBuf>,
    /// Score every page a second time, as the text dump of it: its visible blocks, one per line
    #[arg(long)]
    as_text: bool,
    /// Print which labels were given to which true ones, over all and by registered domain
    #[arg(long)]
    confusion: bool,
    /// Train on the CSVs without a part of the domains, in turn, and score that part
    #[arg(long)]
    cross_validate: bool,
    /// Parts that the domains are divided into
    #[arg(long, default_value_t = Options::default().folds)]
    folds: usize,
    /// How many of the parts are held out
    #[arg(long, default_value_t = Options::default().held_out)]
    held_out: usize,
    /// Of the CSVs, those to score blocks of; the others are only trained on
    #[arg(long, num_args = 1.., value_name = "CSV", requires = "cross_validate")]
    score: Vec<PathBuf>,
    /// Cross-validate without the models for plain text, but with --as-text
    #[arg(long, requires = "cross_validate")]
    quick: bool,
    /// Cross-validate without stage two
    #[arg(long, requires = "cross_validate")]
    one_stage: bool,
    /// A folder that keeps the models of a cross-validation for the next run on the same data
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Fail if a figure is below the floor this file pins, or the pages and rows are not those it names
    #[arg(long)]
    gate: Option<PathBuf>,
    /// Raise the floors of the gate to the figures reached
    #[arg(long, requires = "gate")]
    raise: bool,
    /// Pin the figures reached, even where they are lower, and the pages and rows as they are
    #[arg(long, requires = "gate")]
    repin: bool,
    /// A site memory: the pages of hosts that it knows are scored once more, as NAME.known without it
    /// and as NAME.site with it
    #[arg(long, value_name = "FILE", requires = "pages")]
    site: Option<PathBuf>,
    /// Write every figure with its interval, and those of each page, as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write a page with curves, tables and the worst pages, and every number of it as JSON and CSV
    /// beside it
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Another model for the report to compare with, block by block
    #[arg(long, value_name = "MODEL", requires = "report")]
    baseline: Option<PathBuf>,
}

impl Args {
    fn options(&self) -> Options {
        Options {
            folds: self.folds,
            held_out: self.held_out,
            plain: !self.quick || self.as_text,
            second_stage: !self.one_stage,
            ..Options::default()
        }
    }

    /// What is scored: the name of the figures of `of`, for each form.
    fn forms(&self, of: &str) -> Vec<(String, Form)> {
        let text = self.as_text.then(|| (format!("{of}.text"), Form::Text));
        [(of.to_string(), Form::Page)].into_iter().chain(text).collect()
    }
}

pub fn run(args: &Args) -> RunResult {
    let is_model = |path: &&PathBuf| path.extension().is_some_and(|e| e == "json");
    let (models, csvs): (Vec<_>, Vec<_>) = args.files.iter().partition(is_model);
    if models.len() > 1 || (args.cross_validate && !models.is_empty()) {
        return Err(Error::Option("name one model, or none with --cross-validate".into()).into());
    }
    if csvs.is_empty() && (args.pages.is_empty() || args.cross_validate) {
        return Err(Error::Option("name a Block CSV, or folders with --pages".into()).into());
    }
    let scored = scored(&csvs, &args.score)?;
    let data = Dataset::read(&csvs)?;
    for note in &data.notes {
        say(format!("note: {note}"));
    }
    let scored = data.of_sources(&scored);
    if !csvs.is_empty() && scored.label_counts().is_empty() {
        return Err(
            Error::Data("no row has a label: there is nothing to score against".into()).into()
        );
    }
    let judges = if args.cross_validate {
        Judges::cross_validated(&data, &args.options(), args.cache.as_deref())?
    } else {
        Judges::one(match models.first() {
            Some(path) => Classifier::load(path)?,
            None => Classifier::pretrained().clone(),
        })
    };

    let memory = args.site.as_ref().map(SiteMemory::load).transpose()?;

    let mut report =
        args.report.as_deref().map(|path| new_report(path, args, &judges)).transpose()?;
    let mut out = Vec::new();
    let mut all = Measured::default();
    if !scored.pages.is_empty() {
        for (name, form) in args.forms("blocks") {
            let measured = judges.blocks(&scored.pages, form);
            let figures = all.add(&name, measured.figures());
            let how = match form {
                Form::Page => "",
                Form::Text => " as text",
            };
            let held_out = if args.cross_validate { HELD_OUT } else { "" };
            if !out.is_empty() {
                writeln!(out)?;
            }
            write_blocks(&mut out, &measured, &figures, &format!("{how}{held_out}"))?;
            if let (Form::Page, Some(report)) = (form, &mut report) {
                report.add_rows(&figures, &scored.pages);
            }
            if args.confusion {
                let domains = measured.confusion_by_domain();
                write_confusion(&mut out, &name, &measured.confusion(), &domains)?;
            }
        }
    }
    for folder in &args.pages {
        let pages = gold_pages(folder)?;
        for error in pages.iter().filter_map(|page| page.as_ref().err()) {
            say(format!("saring: {error}"));
        }
        let folder = folder.file_name().unwrap_or_default().to_string_lossy();
        let mut score = |name: String, judges: &Judges, pages: &[Result<GoldPage>], form| {
            let measured = judges.pages(pages, form);
            let figures = all.add(&name, measured.figures());
            write_pages(&mut out, &name, &measured, &figures)?;
            let confusion = measured.confusion();
            if args.confusion && !confusion.is_empty() {
                write_confusion(&mut out, &name, &confusion, &measured.confusion_by_domain())?;
            }
            all.add_pages(name, &measured, &figures);
            Ok::<_, std::io::Error>(figures)
        };
        for (name, form) in args.forms(&folder) {
            let figures = score(name.clone(), &judges, &pages, form)?;
            if let (Form::Page, Some(report)) = (form, &mut report) {
                report.add_pages(&name, &figures, &pages);
            }
        }
        if let Some(memory) = &memory {
            let known = |page: &Result<GoldPage>| {
                page.as_ref().is_ok_and(|page| memory.recall(&page.document).is_some())
            };
            let known: Vec<Result<GoldPage>> = pages.into_iter().filter(known).collect();
            say(format!("{folder}: {} pages are of hosts that the memory knows", known.len()));
            if !known.is_empty() {
                let with = judges.with_site_memory(memory);
                for (name, judges) in [("known", &judges), ("site", &with)] {
                    score(format!("{folder}.{name}"), judges, &known, Form::Page)?;
                }
            }
        }
    }
    if let Some(report) = &report {
        report.write()?;
    }
    if let Some(path) = &args.json {
        write_whole(path, format!("{:#}\n", all.to_json()).as_bytes())?;
    }
    let outcome = match &args.gate {
        Some(path) => gate(&mut out, path, args, &scored.sources, &all.values())?,
        None => Outcome::Done,
    };
    // A reader who leaves early must not make a failed gate a success.
    match std::io::stdout().write_all(&out) {
        Err(_) if matches!(outcome, Outcome::Failed) => {}
        written => written?,
    }
    Ok(outcome)
}

fn new_report<'j>(path: &Path, args: &Args, judges: &'j Judges) -> Result<Report<'j>> {
    let baseline = args.baseline.as_deref().map(|path| -> Result<_> {
        Ok((path.display().to_string(), Judges::one(Classifier::load(path)?)))
    });
    let models = args.files.iter().filter(|path| path.extension().is_some_and(|e| e == "json"));
    let model = models.map(|path| path.display().to_string()).next();
    let title = match (args.cross_validate, model) {
        (true, _) => format!("Cross-validation{HELD_OUT}"),
        (false, Some(model)) => model,
        (false, None) => "The model that comes with saring".into(),
    };
    Report::new(path, title, judges, baseline.transpose()?)
}

/// The places of the CSVs to score among all: those of `--score`, or every one.
fn scored(csvs: &[&PathBuf], score: &[PathBuf]) -> Result<Vec<usize>> {
    if score.is_empty() {
        return Ok((0..csvs.len()).collect());
    }
    let place = |path: &PathBuf| {
        csvs.iter().position(|csv| *csv == path).ok_or_else(|| {
            Error::Option(format!("--score {}: is not among the CSVs", path.display()))
        })
    };
    score.iter().map(place).collect()
}

/// Every figure, and the sets of pages that some are of.
#[derive(Default)]
struct Measured {
    figures: BTreeMap<String, Figure>,
    sets: serde_json::Map<String, Value>,
}

impl Measured {
    /// Adds figures under the name of what they are of, and gives them back.
    fn add(&mut self, of: &str, figures: BTreeMap<String, Figure>) -> BTreeMap<String, Figure> {
        self.figures.extend(figures.iter().map(|(name, f)| (format!("{of}.{name}"), *f)));
        figures
    }

    fn add_pages(&mut self, name: String, report: &PageReport, figures: &BTreeMap<String, Figure>) {
        let page = |page: &PageScore| {
            json!({
                "page": page.name, "domain": page.group, "type": page.page_type,
                "f1": page.text.f1,
            })
        };
        let pages: Vec<Value> = report.pages.iter().map(page).collect();
        self.sets.insert(name, json!({"figures": values(figures), "pages": pages}));
    }

    fn values(&self) -> BTreeMap<String, f64> {
        values(&self.figures)
    }

    fn to_json(&self) -> Value {
        let intervals: BTreeMap<&String, (f64, f64)> =
            self.figures.iter().filter_map(|(name, f)| Some((name, f.interval?))).collect();
        json!({"figures": self.values(), "intervals": intervals, "sets": self.sets})
    }
}

fn values(figures: &BTreeMap<String, Figure>) -> BTreeMap<String, f64> {
    figures.iter().map(|(name, figure)| (name.clone(), figure.value)).collect()
}

fn gate(
    out: &mut dyn Write,
    path: &Path,
    args: &Args,
    rows: &[Source],
    figures: &BTreeMap<String, f64>,
) -> RunResult {
    let corpus = corpus_digest(&args.pages, rows)?;
    if args.repin {
        Gate::pin(&corpus, figures).save(path)?;
        writeln!(out, "\ngate: pinned {} figures", figures.len())?;
        return Ok(Outcome::Done);
    }
    let mut gate = Gate::load(path)?;
    let verdict = gate.check(&corpus, figures);
    for line in &verdict.lines {
        writeln!(out, "{line}")?;
    }
    if !verdict.passed {
        return Ok(Outcome::Failed);
    }
    if args.raise {
        gate.raise(figures);
        gate.save(path)?;
    }
    Ok(Outcome::Done)
}
