//! `saring import --from TOOL`: files of annotation tools to labelled Block CSV.

use std::io::Write;
use std::path::{Path, PathBuf};

use saring::{Error, Label, Result, Writer};

use super::super::output::{say, write_with};
use super::super::{Outcome, RunResult};
use super::{Answers, Mapping, Merged, Tool};

/// How files of annotation tools are read.
#[derive(clap::Args)]
pub struct Options {
    /// Read files of this annotation tool
    #[arg(long, value_name = "TOOL", value_enum)]
    pub from: Option<Tool>,
    /// What a name stands for that is no label of saring; nothing behind `=`: no label
    #[arg(long, value_name = "OLD=NEW", requires = "from")]
    map: Vec<Mapping>,
    /// Take the answers of this annotator alone
    #[arg(long, value_name = "NAME", requires = "from")]
    annotator: Option<String>,
    /// The label of what no span touches on a page whose annotator has marked the others
    #[arg(long, value_name = "LABEL", requires = "from")]
    rest: Option<Label>,
}

/// How many conflicts are told one by one; the rest is counted.
const TOLD: usize = 50;

pub fn run(
    tool: Tool,
    files: &[PathBuf],
    options: &Options,
    weight: f32,
    output: &Path,
) -> RunResult {
    let mut answers = Answers::new(&options.map, options.rest);
    for file in files {
        // Tools that keep annotators apart write a file for each, with its name.
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        answers.read(tool, file, if files.len() > 1 { &name } else { "" })?;
    }
    answers.names.check()?;
    for name in answers.names.unused() {
        say(format!("note: --map {name}=...: there is no such label"));
    }
    if let Some(wanted) = &options.annotator {
        only_of(&mut answers, wanted)?;
    }
    let counts = counts(&answers);
    let unplaced = std::mem::take(&mut answers.unplaced);
    let merged = answers.merge(weight)?;
    if merged.pages.is_empty() {
        say(format!("saring: {}: not written: there is no block to write", output.display()));
        return Ok(Outcome::Failed);
    }
    write_with(output, |file| write(&merged, file))?;
    tell(&merged, &counts);
    for span in &unplaced {
        say(format!("saring: {span}"));
    }
    Ok(if unplaced.is_empty() { Outcome::Done } else { Outcome::Partial })
}

/// With a column for annotators where one is known.
fn write(merged: &Merged, file: &mut dyn Write) -> std::io::Result<()> {
    let mut pages = merged.pages.iter().zip(&merged.annotators);
    if merged.annotators.iter().flatten().all(String::is_empty) {
        let mut writer = Writer::new(file, false)?;
        pages.try_for_each(|(page, _)| writer.page(page, None))?;
        return writer.finish().map(|_| ());
    }
    let mut writer = Writer::annotated(file)?;
    pages.try_for_each(|(page, annotators)| writer.annotated_page(page, annotators))?;
    writer.finish().map(|_| ())
}

fn only_of(answers: &mut Answers, wanted: &str) -> Result<()> {
    let known = answers.annotators();
    if !known.contains(&wanted) {
        let known: Vec<String> = known.iter().map(|name| format!("{name:?}")).collect();
        let message =
            format!("--annotator {wanted:?} has given no label; {} have", known.join(", "));
        return Err(Error::Option(message));
    }
    answers.only_of(wanted);
    Ok(())
}

/// What was answered without a label.
fn counts(answers: &Answers) -> String {
    let Answers { rejected, ignored, partly, .. } = answers;
    let counts = [
        (*rejected, "answers reject a label, which says of none what it is"),
        (*ignored, "tasks were skipped"),
        (*partly, "blocks have no label, since spans cover less than half of them"),
    ];
    let counts = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("; {n} {what}"));
    counts.collect()
}

fn tell(merged: &Merged, counts: &str) {
    let conflicts = &merged.conflicts;
    for conflict in conflicts.iter().take(TOLD) {
        say(format!("conflict: {conflict}"));
    }
    if conflicts.len() > TOLD {
        say(format!("conflict: and {} more", conflicts.len() - TOLD));
    }
    for (page, blocks, of) in &merged.incomplete {
        let lost = "a block is judged by those around it: import the unanswered ones too";
        say(format!("note: {page}: {blocks} of {of} blocks are there; {lost}"));
    }
    let rows: usize = merged.pages.iter().map(|p| p.labels.len()).sum();
    let labelled: usize = merged.pages.iter().map(|p| p.labels.iter().flatten().count()).sum();
    let conflicts = match conflicts.len() {
        0 => String::new(),
        n => format!("; {n} have several labels and are left without"),
    };
    let pages = merged.pages.len();
    say(format!("{pages} pages, {rows} rows, {labelled} labelled{conflicts}{counts}"));
}
