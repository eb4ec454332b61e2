//! `saring model`: what is in a model, and what differs between two.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;
use saring::{Logistic, Model, Scorer, Stages};

use super::{Outcome, RunResult};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print where a model comes from and what it weighs
    Inspect {
        /// The model; the embedded one if none is named
        model: Option<PathBuf>,
        /// How many features and tokens of each part
        #[arg(long, default_value_t = 20)]
        top: usize,
    },
    /// Print what differs between two models
    Diff {
        /// The older model
        a: PathBuf,
        /// The newer model
        b: PathBuf,
        /// How many features and tokens of each part
        #[arg(long, default_value_t = 20)]
        top: usize,
    },
}

pub fn run(args: &Args) -> RunResult {
    let mut out = std::io::stdout().lock();
    match &args.command {
        Command::Inspect { model, top } => {
            let loaded = model.as_deref().map(Model::load).transpose()?;
            inspect(&mut out, loaded.as_ref().unwrap_or(Model::pretrained()), *top)?;
        }
        Command::Diff { a, b, top } => diff(&mut out, &Model::load(a)?, &Model::load(b)?, *top)?,
    }
    Ok(Outcome::Done)
}

fn inspect(out: &mut dyn Write, model: &Model, top: usize) -> std::io::Result<()> {
    let provenance = &model.provenance;
    writeln!(out, "made by {}", provenance.tool)?;
    for source in &provenance.data {
        writeln!(
            out,
            "data {} (xxh3 {}): {} labelled rows, {} pages, {} domains",
            source.name, source.digest, source.rows, source.pages, source.domains
        )?;
    }
    for (name, value) in &provenance.options {
        writeln!(out, "option {name} = {value}")?;
    }
    for (name, value) in &provenance.metrics {
        writeln!(out, "held-out {name} = {value}")?;
    }
    write_top_weights(out, model, top)?;
    for (form, stages) in forms(model) {
        let mut tokens: Vec<_> = stages.content.lexicon.iter().collect();
        tokens.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()).then(a.1.cmp(b.1)));
        writeln!(out, "\n{form}: strongest of {} tokens", tokens.len())?;
        for (namespace, token, value) in tokens.into_iter().take(top) {
            writeln!(out, "  {value:>+8.3}  {:<11} {token}", namespace.name())?;
        }
    }
    Ok(())
}

fn forms(model: &Model) -> impl Iterator<Item = (&'static str, &Stages)> {
    let structured = model.structured.iter().map(|stages| ("pages", stages));
    structured.chain(model.plain.iter().map(|stages| ("plain text", stages)))
}

/// The parts of a form by name.
fn parts(stages: &Stages) -> impl Iterator<Item = (String, &Logistic)> {
    let kinds = stages.kinds.iter();
    let kinds = kinds.flat_map(|(label, scorer)| of_scorer(label.to_string(), scorer));
    let cut = stages.cut.iter().map(|cut| ("cut".to_string(), cut));
    let site = stages.site.iter().map(|site| ("site".to_string(), site));
    of_scorer("content".into(), &stages.content).chain(cut).chain(site).chain(kinds)
}

fn of_scorer(name: String, scorer: &Scorer) -> impl Iterator<Item = (String, &Logistic)> {
    let second = scorer.second.iter().map({
        let name = name.clone();
        move |second| (format!("{name}, stage two"), second)
    });
    [(name, &scorer.logistic)].into_iter().chain(second)
}

/// The features of the content models that move their logits most: weight times deviation.
pub fn write_top_weights(out: &mut dyn Write, model: &Model, top: usize) -> std::io::Result<()> {
    for (form, stages) in forms(model) {
        for (part, logistic) in parts(stages).take_while(|(part, _)| part != "cut") {
            let mut weights: Vec<_> = logistic.weights.iter().collect();
            weights.sort_by(|a, b| {
                (b.weight * b.deviation).abs().total_cmp(&(a.weight * a.deviation).abs())
            });
            writeln!(out, "\n{form}, {part}: log-odds per standard deviation of the feature")?;
            for w in weights.into_iter().take(top) {
                writeln!(out, "  {:>+8.3}  {}", w.weight * w.deviation, w.name)?;
            }
        }
    }
    Ok(())
}

fn diff(out: &mut dyn Write, a: &Model, b: &Model, top: usize) -> std::io::Result<()> {
    if a == b {
        return writeln!(out, "the models are equal");
    }
    let names = a.provenance.metrics.keys().chain(b.provenance.metrics.keys());
    for name in names.collect::<std::collections::BTreeSet<_>>() {
        let figure = |m: &Model| m.provenance.metrics.get(name).map_or("-".into(), f64::to_string);
        writeln!(out, "held-out {name}: {} -> {}", figure(a), figure(b))?;
    }
    let of_b: BTreeMap<_, _> = forms(b).collect();
    for (form, stages) in forms(a) {
        let Some(other) = of_b.get(form) else {
            writeln!(out, "{form}: only in the first")?;
            continue;
        };
        diff_weights(out, form, stages, other, top)?;
        diff_lexicons(out, form, stages, other, top)?;
    }
    let of_a: BTreeMap<_, _> = forms(a).collect();
    for form in of_b.keys().filter(|form| !of_a.contains_key(*form)) {
        writeln!(out, "{form}: only in the second")?;
    }
    Ok(())
}

/// The calibration as a formula.
fn line(stages: &Stages) -> String {
    format!("{} * logit + {}", stages.calibration.slope, stages.calibration.intercept)
}

fn diff_weights(
    out: &mut dyn Write,
    form: &str,
    a: &Stages,
    b: &Stages,
    top: usize,
) -> std::io::Result<()> {
    let of_b: BTreeMap<_, _> = parts(b).collect();
    let of_a: BTreeMap<_, _> = parts(a).collect();
    for (part, _) in of_b.iter().filter(|(part, _)| !of_a.contains_key(*part)) {
        writeln!(out, "\n{form}, {part}: only in the second")?;
    }
    if a.calibration != b.calibration {
        writeln!(out, "\n{form}, calibration: {} -> {}", line(a), line(b))?;
    }
    for (part, logistic) in parts(a) {
        let Some(other) = of_b.get(&part) else {
            writeln!(out, "\n{form}, {part}: only in the first")?;
            continue;
        };
        // What only one of the two has counts as 0 in the other.
        let mut pairs: BTreeMap<&str, (f32, f32)> = BTreeMap::new();
        for w in &logistic.weights {
            pairs.entry(&w.name).or_default().0 = w.weight * w.deviation;
        }
        for w in &other.weights {
            pairs.entry(&w.name).or_default().1 = w.weight * w.deviation;
        }
        pairs.insert("(intercept)", (logistic.intercept, other.intercept));
        let changes: Vec<_> = pairs
            .into_iter()
            .filter(|(_, (x, y))| x != y)
            .map(|(name, (x, y))| (x, y, name.to_string()))
            .collect();
        writeln!(out, "\n{form}, {part}: {} weights differ", changes.len())?;
        write_largest(out, changes, top)?;
    }
    Ok(())
}

fn diff_lexicons(
    out: &mut dyn Write,
    form: &str,
    a: &Stages,
    b: &Stages,
    top: usize,
) -> std::io::Result<()> {
    let (x, y) = (&a.content.lexicon, &b.content.lexicon);
    let tokens = x.iter().chain(y.iter()).map(|(namespace, token, _)| (namespace, token));
    let changes: Vec<_> = tokens
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .map(|(namespace, token)| {
            let name = format!("{:<11} {token}", namespace.name());
            (x.get(namespace, token), y.get(namespace, token), name)
        })
        .filter(|(old, new, _)| old != new)
        .collect();
    writeln!(out, "\n{form}, lexicon: {} tokens differ", changes.len())?;
    write_largest(out, changes, top)
}

/// The changes that are furthest apart: old value, new value, name.
fn write_largest(
    out: &mut dyn Write,
    mut changes: Vec<(f32, f32, String)>,
    top: usize,
) -> std::io::Result<()> {
    changes.sort_by(|a, b| (b.0 - b.1).abs().total_cmp(&(a.0 - a.1).abs()));
    for (old, new, name) in changes.into_iter().take(top) {
        writeln!(out, "  {old:>+8.3} -> {new:>+8.3}  {name}")?;
    }
    Ok(())
}
