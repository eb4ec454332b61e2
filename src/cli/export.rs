//! `saring export`: Block CSV to the tasks of annotation tools.

use std::io::Write;
use std::path::PathBuf;

use saring::Dataset;

use super::annotators::{Stated, Tool, export};
use super::output::{say, write_whole};
use super::{Outcome, RunResult};

#[derive(clap::Args)]
pub struct Args {
    /// Block CSVs
    #[arg(required = true, value_name = "CSV")]
    files: Vec<PathBuf>,
    /// The tool to write for
    #[arg(long, value_name = "TOOL", value_enum)]
    to: Tool,
    /// The file to write [default: stdout]; for doccano also a .csv
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Labels are no answers but suggestions, to be confirmed in the tool (doccano knows none)
    #[arg(long)]
    suggest: bool,
}

pub fn run(args: &Args) -> RunResult {
    let data = Dataset::read(&args.files)?;
    for note in &data.notes {
        say(format!("note: {note}"));
    }
    let empty = data.pages.iter().filter(|page| page.document.blocks.is_empty()).count();
    if empty > 0 {
        say(format!("note: {empty} pages have no blocks and are left out"));
    }
    let csv = args.output.as_ref().and_then(|path| path.extension());
    let csv = csv.is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let stated = if args.suggest { Stated::Suggestions } else { Stated::Answers };
    let tasks = export(args.to, &data, stated, csv);
    match &args.output {
        Some(path) => write_whole(path, &tasks)?,
        None => std::io::stdout().write_all(&tasks)?,
    }
    Ok(Outcome::Done)
}
