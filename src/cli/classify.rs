//! `saring classify`: pages in, labelled blocks or kept text out.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use saring::{Classifier, Document, Error, Label, Page, Result, SiteMemory};

use super::destination::Destination;
use super::in_order::in_order;
use super::input::{self, Input, Pending, Unread};
use super::learning::{Learning, Turn};
use super::output::say;
use super::progress::Progress;
use super::render::{Format, Output, Rendered};
use super::resume::Before;
use super::rules::RulesFile;
use super::tally::Tally;
use super::writer::Writer;
use super::{Outcome, RunResult, signals};

#[derive(clap::Args)]
pub struct Args {
    /// Files, folders, globs, or - for stdin
    inputs: Vec<PathBuf>,
    /// What to write [default: table on a terminal, jsonl elsewhere]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The file to write [default: stdout]. It is FILE.partial until it is complete
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Go on where an earlier run with the same inputs and options ended: after the last whole
    /// record of FILE.partial, or else of FILE. Each record, failed ones too, stands for one input
    /// of its source. With --output and --format jsonl only
    #[arg(long)]
    resume: bool,
    /// A model file [default: the one that comes with saring]
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    #[command(flatten)]
    kept: Kept,
    /// What repeats across the pages of their sites: a file of `saring site learn`
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    /// Learn what repeats while classifying, each page from those before it, for so many hosts at a
    /// time [default: 1000]; begins with what --site knows
    #[arg(long, value_name = "HOSTS", num_args = 0..=1, require_equals = true,
          default_missing_value = "1000", conflicts_with = "resume")]
    site_memory: Option<NonZeroUsize>,
    #[command(flatten)]
    rules: RulesFile,
    /// Pages worked on at the same time [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// How inputs are read [default: by name; stdin by its first characters]
    #[arg(long, value_enum)]
    input: Option<input::Format>,
    /// Bytes read of a page [default: 16 MiB]
    #[arg(long, value_name = "N")]
    max_bytes: Option<NonZeroUsize>,
}

/// What counts as kept.
#[derive(clap::Args, Debug, Clone, Default)]
pub struct Kept {
    /// Labels that are kept [default: content,headline]
    #[arg(long, value_name = "LABELS", value_delimiter = ',')]
    pub keep: Vec<Label>,
    /// Take every block from this probability up for content, instead of a cut chosen per page
    #[arg(long, value_name = "P", value_parser = probability)]
    pub threshold: Option<f32>,
    /// Label a block `uncertain`, and do not keep it, where the verdict is less probable than this,
    /// from 0.5 to 1
    #[arg(long, value_name = "P", value_parser = min_probability)]
    pub min_probability: Option<f32>,
}

impl Kept {
    /// The classifier with these options, as far as they are given.
    pub fn apply(&self, mut classifier: Classifier) -> Classifier {
        if !self.keep.is_empty() {
            classifier = classifier.keep(&self.keep);
        }
        if let Some(threshold) = self.threshold {
            classifier = classifier.threshold(threshold);
        }
        if let Some(p) = self.min_probability {
            classifier = classifier.min_probability(p);
        }
        classifier
    }
}

pub fn probability(text: &str) -> std::result::Result<f32, String> {
    let value = text.parse().ok().filter(|p| (0.0..=1.0).contains(p));
    value.ok_or_else(|| "must be a number from 0 to 1".to_string())
}

/// The likelier of two sides has half the mass at least.
pub fn min_probability(text: &str) -> std::result::Result<f32, String> {
    let value = text.parse().ok().filter(|p| (0.5..=1.0).contains(p));
    value.ok_or_else(|| "must be a number from 0.5 to 1".to_string())
}

/// The classifier with the model in this file, or with the one that comes with saring.
///
/// # Errors
/// As [`Classifier::load`].
pub fn load(model: Option<&Path>) -> Result<Classifier> {
    match model {
        Some(path) => Classifier::load(path),
        None => Ok(Classifier::pretrained().clone()),
    }
}

pub fn run(args: &Args) -> RunResult {
    let format = format(args)?;
    let (classifier, learning) = with_site(args, classifier(args)?)?;
    let classifier = Arc::new(classifier);
    let mut paths = args.inputs.clone();
    if paths.is_empty() {
        if std::io::stdin().is_terminal() {
            return Err(Error::Option("no input: name files, folders or - for stdin".into()).into());
        }
        paths.push("-".into());
    }
    let tally: Arc<Tally> = Arc::default();
    // A terminal that data go to has no place for it.
    let progress = args.output.is_some() || !std::io::stdout().is_terminal();
    let mut progress = Progress::new(&paths, Arc::clone(&tally), progress);
    let inputs = input::pending(paths, args.input, classifier.limits_in_force().bytes, &tally);
    let (out, before, inputs) = destination(args, format, inputs)?;
    // From here on there is something to leave whole.
    let stop = signals::stop().map_err(|e| Error::io("signals", e))?;
    let threshold = args.kept.threshold;
    let columns = match args.output {
        Some(_) => None,
        None => terminal_size::terminal_size_of(std::io::stdout()).map(|(w, _)| usize::from(w.0)),
    };
    let shared = Arc::clone(&classifier);
    let work = move |(place, input)| {
        let turn = learning.as_ref().map(|learning| learning.turn(place));
        let result =
            classify(&shared, input, turn, format.needs_document(), |source, document, page| {
                format.page(&Rendered { source, document, page, threshold, columns })
            });
        let bytes = result.as_ref().map_or(0, Output::bytes);
        (result, bytes)
    };
    let mut results = in_order(inputs.enumerate(), args.threads, stop, work)
        .map_err(|e| Error::Option(format!("--threads: {e}")))?;

    let Before { mut done, mut failed, .. } = before;
    let mut out = Writer::new(out, format)?;
    for result in &mut results {
        let page = match result {
            Ok(page) => {
                done += 1;
                page
            }
            Err(Unread { source, message }) => {
                failed += 1;
                progress.say(format!("saring: {source}: {message}"));
                format.failed(&source, &message)
            }
        };
        out.page(page)?;
        progress.page();
    }
    progress.clear();
    if results.stopped() {
        say(stopped(done + failed, format, &out.close()?));
        return Ok(Outcome::Interrupted);
    }
    out.complete()?;
    if let Some(records) = tally.of_records() {
        say(format!("saring: {records}"));
    }
    args.rules.say_unused(&classifier);
    Ok(input::outcome(done, failed))
}

/// Also checks that `--resume` can be done.
fn format(args: &Args) -> Result<Format> {
    let terminal = args.output.is_none() && std::io::stdout().is_terminal();
    let format = args.format.unwrap_or(if terminal { Format::Table } else { Format::Jsonl });
    let message = match (args.resume, &args.output, format) {
        (false, ..) | (true, Some(_), Format::Jsonl) => return Ok(format),
        (true, None, _) => "--resume needs --output FILE: what went to stdout cannot be read back",
        (true, Some(_), _) => {
            "--resume needs --format jsonl: the other formats do not tell which inputs were written \
             whole"
        }
    };
    Err(Error::Option(message.into()))
}

/// Where to write, what is there already, and the inputs that are left.
fn destination<I: Iterator<Item = Pending> + Send + 'static>(
    args: &Args,
    format: Format,
    inputs: I,
) -> Result<(Destination, Before, Box<dyn Iterator<Item = Pending> + Send>)> {
    let new = |out| (out, Before::default());
    let (out, before) = match &args.output {
        None => new(Destination::stdout()),
        Some(path) if !args.resume => new(Destination::new(path, format == Format::Jsonl)?),
        Some(path) => {
            let (out, before, left) = Destination::resume(path, inputs)?;
            let there = before.done + before.failed;
            say(format!("saring: {there} inputs are in {} already", path.display()));
            return Ok((out, before, Box::new(left)));
        }
    };
    Ok((out, before, Box::new(inputs)))
}

/// What is told after Ctrl-C.
fn stopped(inputs: usize, format: Format, out: &Destination) -> String {
    let how = match (out.partial(), format) {
        (Some(file), Format::Jsonl) => {
            format!("they are in {}; the same command with --resume goes on", file.display())
        }
        (Some(file), _) => format!("they are in {}", file.display()),
        (None, Format::Jsonl) => {
            "to go on, name the file they are in with --output FILE --resume".to_string()
        }
        (None, _) => return format!("saring: stopped; {inputs} inputs were written whole"),
    };
    format!("saring: stopped; {inputs} inputs were written whole; {how}")
}

fn classifier(args: &Args) -> Result<Classifier> {
    let classifier = args.kept.apply(load(args.model.as_deref())?);
    let mut classifier = args.rules.apply(classifier)?;
    if let Some(bytes) = args.max_bytes {
        let limits = classifier.limits_in_force().clone();
        classifier = classifier.limits(saring::Limits { bytes: bytes.get(), ..limits });
    }
    Ok(classifier)
}

/// The classifier with the memory of a file, or else what is to learn.
fn with_site(args: &Args, classifier: Classifier) -> Result<(Classifier, Option<Learning>)> {
    let known = args.site.as_ref().map(SiteMemory::load).transpose()?;
    let asked = args.site.is_some() || args.site_memory.is_some();
    if asked && !classifier.model().knows_sites() {
        say("saring: the model has not learnt what repeats mean: a site memory does nothing");
    }
    Ok(match (known, args.site_memory) {
        (known, Some(hosts)) => {
            let memory = known.unwrap_or_default().with_room_for(hosts.get());
            (classifier, Some(Learning::new(memory)))
        }
        (Some(memory), None) => (classifier.site_memory(memory), None),
        (None, None) => (classifier, None),
    })
}

/// One page from its name to what is written of it; if pages are learnt, in its turn.
///
/// # Errors
/// What is wrong with the page, or that it meets a bug.
pub fn classify<R>(
    classifier: &Classifier,
    pending: Pending,
    turn: Option<Turn>,
    needs_document: bool,
    render: impl Fn(&str, Option<&Document>, &Page) -> R,
) -> std::result::Result<R, Unread> {
    let source = pending.source.clone();
    let work = || {
        // In here, so that it is taken whatever becomes of the page.
        let turn = turn;
        let input = pending.read()?;
        let (document, _) = input.segment(classifier.limits_in_force());
        // The blocks hold all that is needed from here on, but for rules.
        let Input { source, body, charset, .. } = input;
        let html = classifier.rules_in_force().and_then(|_| body.html(charset.as_deref()));
        drop(body);
        let kept = needs_document.then(|| document.clone());
        let mut page = match turn {
            Some(turn) => {
                let recall = turn.learn(&document);
                classifier.classify_recalled(document, recall.as_ref())
            }
            None => classifier.classify_document(document),
        };
        html.into_iter().for_each(|html| classifier.apply_rules(&html, &mut page));
        Ok(render(&source, kept.as_ref(), &page))
    };
    // A crawl of a million pages must not end at one that meets a bug.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Unread { source, message: "this page meets a bug in saring; please report it".into() })
    })
}
