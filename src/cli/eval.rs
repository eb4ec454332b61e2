//! `saring eval`: how good a model is, on blocks or on pages.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rayon::prelude::*;
use saring::train::{self, Progress};
use saring::{Classifier, Dataset, Error, PageReport, Result, score_page};

use super::import::gold_pages;
use super::output::say;
use super::{Outcome, RunResult};

/// Measure a model on labelled data or on pages with gold text
#[derive(clap::Args)]
pub struct Args {
    /// A model (.json) and Block CSVs
    files: Vec<PathBuf>,
    /// Folders of pages with gold text, as for `import`
    #[arg(long, num_args = 1..)]
    pages: Vec<PathBuf>,
    /// Train on the CSVs without a fifth of the domains, in turn, and score each page with the
    /// model that has not seen its domain
    #[arg(long)]
    cross_validate: bool,
    /// How many of the fifths are held out
    #[arg(long, default_value_t = 5)]
    held_out: usize,
}

pub fn run(args: &Args) -> RunResult {
    let data = Dataset::read(&args.files)?;
    let tell = |line: &str| say(line);
    let progress = Progress::new(&tell);
    let options = train::Options { held_out: args.held_out, kinds: std::env::var("NOKINDS").is_err(), ..train::Options::default() };
    let trained = train::cross_validate(&data, &options, &progress)?;
    let fold_of: BTreeMap<&str, usize> =
        data.pages.iter().zip(&trained.folds).map(|(p, &f)| (p.group.as_str(), f)).collect();
    let classifiers: BTreeMap<usize, Classifier> =
        trained.held_out.into_iter().map(|(f, m)| (f, Classifier::new(m))).collect();
    for folder in &args.pages {
        let pages = gold_pages(folder)?;
        let scores: Vec<_> = pages
            .into_par_iter()
            .filter_map(Result::ok)
            .filter_map(|page| {
                let fold = fold_of.get(page.group.as_str()).copied().unwrap_or(0);
                let classifier = classifiers.get(&fold)?;
                let result = classifier.classify_document(&page.document);
                Some(score_page(&page.name, &page.gold, &result))
            })
            .collect();
        let report = PageReport { pages: scores };
        say(format!("{}: {} pages", folder.display(), report.pages.len()));
        for (name, value) in report.figures() {
            say(format!("  {name:<28} {value:.4}"));
        }
        if std::env::var("CONF").is_ok() { let c = report.confusion(); say(format!("  macro {:.4}", c.macro_f1())); for l in c.labels() { let (s, n) = c.label_scores(l); say(format!("    {l:<14} {:.3} {:.3} {:.3} {n}", s.precision, s.recall, s.f1)); } }
    }
    let _ = Error::Option(String::new());
    Ok(Outcome::Done)
}
