//! `saring train`: labelled Block CSVs to a model, with a card beside it.

use std::io::Write;
use std::path::PathBuf;

use saring::train::{self, Options, Progress};
use saring::{BlockReport, Classifier, Dataset, Error, Model};

use super::eval::{HELD_OUT, write_blocks};
use super::model::write_top_weights;
use super::output::{say, write_whole};
use super::{Outcome, RunResult};

#[derive(clap::Args)]
pub struct Args {
    /// Block CSVs with labels
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// The model to write; its card goes beside it, as .md
    #[arg(short, long)]
    out: PathBuf,
    /// Parts of the data, whole registered domains each, for cross-fitting and held-out figures
    #[arg(long, default_value_t = Options::default().folds)]
    folds: usize,
    /// How many of the parts are held out in turn for the figures; 0 trains without figures
    #[arg(long, default_value_t = Options::default().held_out)]
    held_out: usize,
    /// Rows drawn, in proportion to their weight, for the content model
    #[arg(long, default_value_t = Options::default().rows)]
    rows: usize,
    /// Penalty on large weights (1/C)
    #[arg(long, default_value_t = Options::default().penalty)]
    penalty: f64,
    /// Tokens in the lexicon of the content model
    #[arg(long, default_value_t = Options::default().lexicon_entries)]
    lexicon: usize,
}

impl Args {
    fn options(&self) -> Result<Options, Error> {
        let bad = |message: &str| Err(Error::Option(message.into()));
        if self.folds < 2 {
            return bad("--folds must be 2 or more");
        }
        if self.rows == 0 {
            return bad("--rows must be 1 or more");
        }
        if !(self.penalty.is_finite() && self.penalty > 0.0) {
            return bad("--penalty must be a number above 0");
        }
        Ok(Options {
            folds: self.folds,
            held_out: self.held_out,
            rows: self.rows,
            penalty: self.penalty,
            lexicon_entries: self.lexicon,
            ..Options::default()
        })
    }
}

pub fn run(args: &Args) -> RunResult {
    let options = args.options()?;
    let folder = args.out.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|f| !f.is_dir()) {
        return Err(Error::io(folder, "is not a folder").into());
    }
    let card = args.out.with_extension("md");
    if args.out.is_dir() || card.is_dir() || card == args.out {
        let message = "--out must name a file for the model, and its name with .md is for the card";
        return Err(Error::Option(message.into()).into());
    }
    let data = Dataset::read(&args.data)?;
    for note in &data.notes {
        say(format!("note: {note}"));
    }
    let tell = |line: &str| say(line);
    let progress = Progress::new(&tell);
    let trained = train::train(&data, &options, &progress)?;
    let mut model = trained.model.ok_or_else(|| Error::Fit("no model was fitted".into()))?;

    let mut report = BlockReport::default();
    for (fold, held_out) in trained.held_out {
        let classifier = Classifier::new(held_out);
        for (page, _) in data.pages.iter().zip(&trained.folds).filter(|(_, f)| **f == fold) {
            report.add(&classifier, page);
        }
    }
    model.provenance.metrics = report.metrics();

    let warnings = progress.warnings();
    let json = model.to_json();
    write_whole(&args.out, json.as_bytes())?;
    write_whole(&card, card_text(args, &model, &json, &report, &warnings)?.as_bytes())?;
    say(format!("wrote {} ({} KB) and {}", args.out.display(), json.len() / 1024, card.display()));
    // Last: a reader who leaves early ends the program, and the model is safe by then.
    let mut out = std::io::stdout().lock();
    write_held_out(&mut out, &report)?;
    write_top_weights(&mut out, &model, 10)?;
    Ok(Outcome::Done)
}

/// The held-out figures as a table.
fn write_held_out(out: &mut dyn Write, report: &BlockReport) -> std::io::Result<()> {
    if report.blocks() == 0 {
        return writeln!(out, "no held-out figures: fewer than three domains, or none held out");
    }
    write_blocks(out, report, &report.figures(), HELD_OUT)
}

fn card_text(
    args: &Args,
    model: &Model,
    json: &str,
    report: &BlockReport,
    warnings: &[String],
) -> Result<String, Error> {
    let mut table = Vec::new();
    write_held_out(&mut table, report).map_err(|e| Error::io(&args.out, e))?;
    let name = args.out.file_name().unwrap_or_default().to_string_lossy();
    let mut card = format!(
        "# Model card: {name}\n\nMade by {} from the data below. xxh3 of the model file: `{}`.\n\n",
        model.provenance.tool,
        saring::digest(json.as_bytes())
    );
    card += "| data | xxh3 | labelled rows | pages | domains |\n|---|---|---|---|---|\n";
    for source in &model.provenance.data {
        card += &format!(
            "| {} | `{}` | {} | {} | {} |\n",
            source.name, source.digest, source.rows, source.pages, source.domains
        );
    }
    card += "\n## Options\n\n";
    for (name, value) in &model.provenance.options {
        card += &format!("- {name}: {value}\n");
    }
    card += "\n## On held-out domains\n\n```text\n";
    card += &String::from_utf8_lossy(&table);
    card += "```\n";
    if !warnings.is_empty() {
        card += "\n## Warnings\n\n";
        for warning in warnings {
            card += &format!("- {warning}\n");
        }
    }
    Ok(card)
}
