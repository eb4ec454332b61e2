//! `saring ablate`: what each part of the model is worth, measured by leaving it out.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use saring::train::{Family, Options};
use saring::{Dataset, Error, Model, PageReport, Result, Stages};

use super::import::{GoldPage, gold_pages};
use super::judges::{Ceiling, Form, Judges};
use super::output::say;
use super::{Outcome, RunResult};

#[derive(clap::Args)]
pub struct Args {
    /// Labelled Block CSVs to cross-validate on
    #[arg(required_unless_present = "list")]
    files: Vec<PathBuf>,
    /// Folders of pages with gold text: `html` with `gold` or `ground-truth`
    #[arg(long, num_args = 1.., required_unless_present = "list")]
    pages: Vec<PathBuf>,
    /// Parts that the domains are divided into
    #[arg(long, default_value_t = Options::default().folds)]
    folds: usize,
    /// How many of the parts are held out
    #[arg(long, default_value_t = Options::default().held_out)]
    held_out: usize,
    /// The variants to run; all but `only-...` if none is named. --list says which there are
    #[arg(long, num_args = 1.., value_name = "NAME")]
    variants: Vec<String>,
    /// A folder that keeps the models of each variant for the next run on the same data; those of
    /// `saring eval --cross-validate --cache` serve for `all`, the rules of the cut and the ceilings
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Print the names of the variants and stop; with CSVs, those that leave one out, too
    #[arg(long)]
    list: bool,
}

/// What is changed.
#[derive(Clone)]
enum Change {
    Nothing,
    /// Features of these families get no weight.
    Without(Vec<Family>),
    OneStage,
    NoKinds,
    Cut(CutRule),
    /// Nothing, and the pages get what they could have at best.
    Best(Ceiling),
    /// One of the CSVs is not trained on.
    Drop(usize),
}

#[derive(Clone, Copy)]
enum CutRule {
    /// At a probability of one half on every page.
    Fixed,
    /// The candidate of the highest expected word-F1.
    Expected,
    /// Ranked, but of thresholds alone.
    Thresholds,
}

impl CutRule {
    fn apply(self, stages: &mut Stages) {
        let weigh = |of: fn(&str, f32) -> f32, stages: &mut Stages| {
            for weight in stages.cut.iter_mut().flat_map(|cut| &mut cut.weights) {
                weight.weight = of(&weight.name, weight.weight);
            }
        };
        match self {
            CutRule::Fixed => stages.cut = None,
            CutRule::Expected => {
                weigh(|name, _| if name == "expected_f1" { 1.0 } else { 0.0 }, stages);
            }
            CutRule::Thresholds => {
                weigh(|name, w| if name == "once" { -1e6 } else { w }, stages);
            }
        }
    }
}

/// Every variant by name, in the order of the table.
fn variants(files: &[PathBuf]) -> Vec<(String, Change)> {
    let mut variants = vec![("all".to_string(), Change::Nothing)];
    for family in Family::ALL {
        variants.push((format!("without-{}", family.name()), Change::Without(vec![family])));
    }
    variants.push(("one-stage".into(), Change::OneStage));
    variants.push(("no-kinds".into(), Change::NoKinds));
    variants.push(("cut-fixed".into(), Change::Cut(CutRule::Fixed)));
    variants.push(("cut-expected".into(), Change::Cut(CutRule::Expected)));
    variants.push(("cut-thresholds".into(), Change::Cut(CutRule::Thresholds)));
    variants.push(("best-cut".into(), Change::Best(Ceiling::Cut)));
    variants.push(("gold-blocks".into(), Change::Best(Ceiling::Blocks)));
    for (n, file) in files.iter().enumerate().filter(|_| files.len() > 1) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        variants.push((format!("drop-{name}"), Change::Drop(n)));
    }
    for family in Family::ALL {
        let others = Family::ALL.into_iter().filter(|other| *other != family).collect();
        variants.push((format!("{ONLY}{}", family.name()), Change::Without(others)));
    }
    variants
}

/// Variants that run only when they are named.
const ONLY: &str = "only-";

pub fn run(args: &Args) -> RunResult {
    let all = variants(&args.files);
    let mut out = std::io::stdout();
    if args.list {
        for (name, _) in &all {
            writeln!(out, "{name}")?;
        }
        return Ok(Outcome::Done);
    }
    if let Some(unknown) = args.variants.iter().find(|v| all.iter().all(|(name, _)| name != *v)) {
        return Err(Error::Option(format!("--variants {unknown}: see --list")).into());
    }
    let wanted = all.into_iter().filter(|(name, _)| match args.variants.is_empty() {
        true => !name.starts_with(ONLY),
        false => args.variants.contains(name),
    });
    let data = Dataset::read(&args.files)?;
    let mut pages = Vec::new();
    for folder in &args.pages {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        pages.push((name, gold_pages(folder)?));
    }
    // The cut rules share the models of the table's first row.
    let mut unchanged: Option<Judges> = None;
    let mut columns: Vec<String> = Vec::new();
    for (name, change) in wanted {
        say(format!("variant {name}"));
        let judges = match &change {
            Change::Nothing | Change::Cut(_) | Change::Best(_) => unchanged.take(),
            _ => None,
        };
        let judges = match judges {
            Some(judges) => judges,
            None => judges_for(args, &data, &change)?,
        };
        let measured = match change {
            Change::Cut(rule) => figures(&judges.with(|model| apply(rule, model)), &data, &pages),
            Change::Best(ceiling) => of_pages(&pages, |pages| judges.ceiling(pages, ceiling)),
            _ => figures(&judges, &data, &pages),
        };
        if matches!(change, Change::Nothing | Change::Cut(_) | Change::Best(_)) {
            unchanged = Some(judges);
        }
        if columns.is_empty() {
            columns = measured.keys().cloned().collect();
            writeln!(out, "| variant | {} |", columns.join(" | "))?;
            writeln!(out, "|---|{}", "---|".repeat(columns.len()))?;
        }
        let row: Vec<String> = columns
            .iter()
            .map(|column| measured.get(column).map_or("–".into(), |f| format!("{f:.4}")))
            .collect();
        writeln!(out, "| {name} | {} |", row.join(" | "))?;
        out.flush()?;
    }
    Ok(Outcome::Done)
}

fn apply(rule: CutRule, model: &mut Model) {
    for stages in model.structured.iter_mut().chain(&mut model.plain) {
        rule.apply(stages);
    }
}

fn judges_for(args: &Args, data: &Dataset, change: &Change) -> Result<Judges> {
    // Those of a cross-validation have a part for plain text, which no figure here needs.
    let as_cached = matches!(change, Change::Nothing | Change::Cut(_) | Change::Best(_));
    let mut options = Options {
        folds: args.folds,
        held_out: args.held_out,
        plain: as_cached && args.cache.is_some(),
        ..Options::default()
    };
    match change {
        Change::Without(families) => options.without = families.clone(),
        Change::OneStage => options.second_stage = false,
        Change::NoKinds => options.kinds = false,
        Change::Drop(n) => {
            // The cache knows data by their files, and these are the same.
            return Judges::cross_validated(&data.without_labels_of(*n), &options, None);
        }
        Change::Nothing | Change::Cut(_) | Change::Best(_) => {}
    }
    Judges::cross_validated(data, &options, args.cache.as_deref())
}

/// The figures that a table shows: of pages, and how well blocks are told apart.
fn figures(
    judges: &Judges,
    data: &Dataset,
    pages: &[(String, Vec<Result<GoldPage>>)],
) -> BTreeMap<String, f64> {
    let mut all = of_pages(pages, |pages| judges.pages(pages, Form::Page));
    let auc = judges.blocks(&data.pages, Form::Page).auc();
    all.extend(auc.map(|auc| ("blocks.auc".to_string(), auc)));
    all
}

fn of_pages(
    pages: &[(String, Vec<Result<GoldPage>>)],
    score: impl Fn(&[Result<GoldPage>]) -> PageReport,
) -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    for (set, pages) in pages {
        for (figure, value) in score(pages).values() {
            if !figure.contains("precision") && !figure.contains("recall") {
                all.insert(format!("{set}.{figure}"), value);
            }
        }
    }
    all
}
