//! `saring eval`: how good a model is, on blocks or on pages, and whether it is good enough.

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use saring::train::{self, Options, Progress};
use saring::{
    BlockReport, Classifier, Confusion, Dataset, Error, Model, PageReport, PageScore, Result,
    Scores, score_page,
};

use super::gate::Gate;
use super::import::{GoldPage, gold_pages};
use super::output::{say, write_whole};
use super::train::write_report;
use super::{Outcome, RunResult};

#[derive(clap::Args)]
pub struct Args {
    /// A model (.json; the embedded one if none is named) and labelled Block CSVs
    files: Vec<PathBuf>,
    /// Folders of pages with gold text: `html` with `gold` or `ground-truth`
    #[arg(long, num_args = 1..)]
    pages: Vec<PathBuf>,
    /// Train on the CSVs without a part of the domains, in turn, and score that part
    #[arg(long)]
    cross_validate: bool,
    /// Parts that the domains are divided into
    #[arg(long, default_value_t = Options::default().folds)]
    folds: usize,
    /// How many of the parts are held out
    #[arg(long, default_value_t = Options::default().held_out)]
    held_out: usize,
    /// Cross-validate only what decides which blocks of a page are kept: no kinds, no plain text
    #[arg(long, requires = "cross_validate")]
    quick: bool,
    /// Cross-validate without stage two
    #[arg(long, requires = "cross_validate")]
    one_stage: bool,
    /// A folder that keeps the models of a cross-validation for the next run on the same data
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Fail if a figure is below the floor this file pins, or the pages are not those it names
    #[arg(long)]
    gate: Option<PathBuf>,
    /// Raise the floors of the gate to the figures reached
    #[arg(long, requires = "gate")]
    raise: bool,
    /// Pin the figures reached, even where they are lower, and the pages as they are
    #[arg(long, requires = "gate")]
    repin: bool,
    /// Write every figure, and those of each page, as JSON
    #[arg(long)]
    json: Option<PathBuf>,
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
    let data = Dataset::read(&csvs)?;
    for note in &data.notes {
        say(format!("note: {note}"));
    }
    if !csvs.is_empty() && data.label_counts().is_empty() {
        return Err(
            Error::Data("no row has a label: there is nothing to score against".into()).into()
        );
    }
    let judges = if args.cross_validate {
        Judges::cross_validated(&data, args)?
    } else {
        let classifier = match models.first() {
            Some(path) => Classifier::load(path)?,
            None => Classifier::pretrained().clone(),
        };
        Judges { classifiers: vec![(0, classifier)], fold_of: BTreeMap::new() }
    };

    let mut out = Vec::new();
    let mut figures = BTreeMap::new();
    let mut sets = serde_json::Map::new();
    if !data.pages.is_empty() {
        let report = judges.blocks(&data);
        let how = match args.cross_validate {
            true => ", each by a model that has not seen its domain",
            false => "",
        };
        write_report(&mut out, &report, how)?;
        figures.insert("blocks.f1".to_string(), report.kept().f1);
        figures.insert("blocks.macro_f1".to_string(), report.confusion.macro_f1());
        figures.insert("blocks.calibrated".to_string(), 1.0 - report.calibration_error());
    }
    for folder in &args.pages {
        let report = judges.pages(folder)?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        write_pages(&mut out, &name, &report, !args.quick)?;
        let of_set = report.figures();
        figures.extend(of_set.iter().map(|(figure, v)| (format!("{name}.{figure}"), *v)));
        let pages: Vec<_> = report
            .pages
            .iter()
            .map(|p| serde_json::json!({"page": p.name, "type": p.page_type, "f1": p.text.f1}))
            .collect();
        sets.insert(name, serde_json::json!({"figures": of_set, "pages": pages}));
    }
    if let Some(path) = &args.json {
        let all = serde_json::json!({"figures": figures, "sets": sets});
        write_whole(path, format!("{all:#}\n").as_bytes())?;
    }
    let outcome = match &args.gate {
        Some(path) => gate(&mut out, path, args, &figures)?,
        None => Outcome::Done,
    };
    // A reader who leaves early must not make a failed gate a success.
    match std::io::stdout().write_all(&out) {
        Err(_) if matches!(outcome, Outcome::Failed) => {}
        written => written?,
    }
    Ok(outcome)
}

fn gate(
    out: &mut dyn Write,
    path: &Path,
    args: &Args,
    figures: &BTreeMap<String, f64>,
) -> RunResult {
    let corpus = super::gate::corpus_digest(&args.pages)?;
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

/// Classifiers by the fold they have not seen, and the fold of each domain.
struct Judges {
    classifiers: Vec<(usize, Classifier)>,
    fold_of: BTreeMap<String, usize>,
}

impl Judges {
    fn cross_validated(data: &Dataset, args: &Args) -> Result<Judges> {
        let options = Options {
            folds: args.folds,
            held_out: args.held_out,
            kinds: !args.quick,
            plain: !args.quick,
            second_stage: !args.one_stage,
            ..Options::default()
        };
        let folds = data.folds(options.folds);
        let fold_of = data.pages.iter().zip(&folds).map(|(p, &f)| (p.group.clone(), f)).collect();
        let cache = args.cache.as_ref().map(|folder| cache_folder(folder, data, &options));
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
        let trained = train::cross_validate(data, &options, &Progress::new(&tell))?;
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

    /// The classifier that has not seen this domain; `None` if its fold was not held out.
    fn of(&self, group: &str) -> Option<&Classifier> {
        match self.fold_of.get(group) {
            Some(fold) => self.classifiers.iter().find(|(f, _)| f == fold).map(|(_, c)| c),
            None => self.classifiers.first().map(|(_, c)| c),
        }
    }

    fn blocks(&self, data: &Dataset) -> BlockReport {
        let mut report = BlockReport::default();
        for page in &data.pages {
            if let Some(classifier) = self.of(&page.group) {
                report.add(classifier, page);
            }
        }
        report
    }

    /// Scores the pages of a folder. A page that cannot be read, or on which the program breaks,
    /// counts as a miss.
    fn pages(&self, folder: &Path) -> Result<PageReport> {
        let score = |page: Result<GoldPage>| -> Option<PageScore> {
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    say(format!("saring: {error}"));
                    return Some(PageScore { name: error.to_string(), ..PageScore::default() });
                }
            };
            let classifier = self.of(&page.group)?;
            let scored = catch_unwind(AssertUnwindSafe(|| {
                score_page(&page.name, &page.gold, &classifier.classify_document(&page.document))
            }));
            Some(scored.unwrap_or_else(|_| PageScore {
                name: page.name.clone(),
                page_type: page.gold.page_type.clone(),
                ..PageScore::default()
            }))
        };
        let pages = gold_pages(folder)?.into_par_iter().filter_map(score).collect();
        Ok(PageReport { pages })
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

fn write_pages(
    out: &mut dyn Write,
    name: &str,
    report: &PageReport,
    kinds: bool,
) -> std::io::Result<()> {
    writeln!(out, "\n{name}: {} pages", report.pages.len())?;
    writeln!(out, "{:<28}{:>10}{:>10}{:>10}{:>8}", "", "precision", "recall", "F1", "pages")?;
    let row = |out: &mut dyn Write, what: &str, s: Scores, n: usize| {
        writeln!(out, "{what:<28}{:>10.4}{:>10.4}{:>10.4}{n:>8}", s.precision, s.recall, s.f1)
    };
    match report.snippets() {
        Some(scores) => row(out, "wanted against unwanted", scores, report.pages.len())?,
        None => row(out, "words, mean over pages", report.text(), report.pages.len())?,
    }
    for (page_type, (scores, pages)) in report.by_type() {
        row(out, &page_type, scores, pages)?;
    }
    let (kept, content) = report.content_blocks();
    if content > 0 {
        let (left, inline) = report.inline_lines();
        writeln!(out, "content blocks kept {kept} of {content}")?;
        writeln!(out, "inline boilerplate lines left in {left} of {inline}")?;
        if kinds {
            write_confusion(out, &report.confusion())?;
        }
    }
    let mut worst: Vec<&PageScore> = report.pages.iter().collect();
    worst.sort_by(|a, b| a.text.f1.total_cmp(&b.text.f1));
    let worst: Vec<String> =
        worst.iter().take(8).map(|p| format!("{} {:.2}", p.name, p.text.f1)).collect();
    writeln!(out, "worst: {}", worst.join(", "))
}

fn write_confusion(out: &mut dyn Write, confusion: &Confusion) -> std::io::Result<()> {
    for label in confusion.labels() {
        let (s, n) = confusion.label_scores(label);
        writeln!(out, "  {label:<26}{:>10.3}{:>10.3}{:>10.3}{n:>8}", s.precision, s.recall, s.f1)?;
    }
    writeln!(out, "macro-F1 over the labels {:.4}", confusion.macro_f1())
}
