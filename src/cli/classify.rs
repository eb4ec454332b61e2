//! `saring classify`: pages in, labelled blocks or kept text out.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use saring::{Classifier, Document, Error, Label, Page, Result};

use super::destination::Destination;
use super::in_order::in_order;
use super::input::{self, Input, Pending, Unread};
use super::output::say;
use super::render::{Format, Rendered};
use super::resume::Before;
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
    /// Labels that are kept [default: content,headline]
    #[arg(long, value_name = "LABELS", value_delimiter = ',')]
    keep: Vec<Label>,
    /// Take every block from this probability up for content, instead of a cut chosen per page
    #[arg(long, value_name = "P", value_parser = probability)]
    threshold: Option<f32>,
    /// Label a block `uncertain`, and do not keep it, where the verdict is less probable than this,
    /// from 0.5 to 1
    #[arg(long, value_name = "P", value_parser = min_probability)]
    min_probability: Option<f32>,
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

fn probability(text: &str) -> std::result::Result<f32, String> {
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
    let classifier = classifier(args)?;
    let mut paths = args.inputs.clone();
    if paths.is_empty() {
        if std::io::stdin().is_terminal() {
            return Err(Error::Option("no input: name files, folders or - for stdin".into()).into());
        }
        paths.push("-".into());
    }
    let inputs = input::pending(paths, args.input, classifier.limits_in_force().bytes);
    let (mut out, before, inputs) = destination(args, format, inputs)?;
    // From here on there is something to leave whole.
    let stop = signals::stop().map_err(|e| Error::io("signals", e))?;
    let threshold = args.threshold;
    let columns = match args.output {
        Some(_) => None,
        None => terminal_size::terminal_size_of(std::io::stdout()).map(|(w, _)| usize::from(w.0)),
    };
    let work = move |input| {
        let result =
            classify(&classifier, input, format.needs_document(), |source, document, page| {
                format.page(&Rendered { source, document, page, threshold, columns })
            });
        let bytes = result.as_ref().map_or(0, String::len);
        (result, bytes)
    };
    let mut results = in_order(inputs, args.threads, stop, work)
        .map_err(|e| Error::Option(format!("--threads: {e}")))?;

    let Before { mut done, mut failed, .. } = before;
    let mut any = false;
    if !format.head().is_empty() {
        out.write(&format.head())?;
    }
    for result in &mut results {
        let page = match result {
            Ok(page) => {
                done += 1;
                page
            }
            Err(Unread { source, message }) => {
                failed += 1;
                say(format!("saring: {source}: {message}"));
                format.failed(&source, &message)
            }
        };
        let between = if any && !page.is_empty() { format.between() } else { "" };
        any |= !page.is_empty();
        out.write(&format!("{between}{page}"))?;
    }
    if results.stopped() {
        say(stopped(done + failed, format, &out));
        return Ok(Outcome::Interrupted);
    }
    if !format.foot().is_empty() {
        out.write(format.foot())?;
    }
    out.complete()?;
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
    let mut classifier = load(args.model.as_deref())?;
    if !args.keep.is_empty() {
        classifier = classifier.keep(&args.keep);
    }
    if let Some(threshold) = args.threshold {
        classifier = classifier.threshold(threshold);
    }
    if let Some(p) = args.min_probability {
        classifier = classifier.min_probability(p);
    }
    if let Some(bytes) = args.max_bytes {
        let limits = classifier.limits_in_force().clone();
        classifier = classifier.limits(saring::Limits { bytes: bytes.get(), ..limits });
    }
    Ok(classifier)
}

/// One page from its name to what is written of it.
fn classify(
    classifier: &Classifier,
    pending: Pending,
    needs_document: bool,
    render: impl Fn(&str, Option<&Document>, &Page) -> String,
) -> std::result::Result<String, Unread> {
    let source = pending.source.clone();
    let work = || {
        let input = pending.read()?;
        let (document, _) = input.segment(classifier.limits_in_force());
        // The blocks hold all that is needed from here on.
        let Input { source, body, .. } = input;
        drop(body);
        let kept = needs_document.then(|| document.clone());
        let page = classifier.classify_document(document);
        Ok(render(&source, kept.as_ref(), &page))
    };
    // A crawl of a million pages must not end at one that meets a bug.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Unread { source, message: "this page meets a bug in saring; please report it".into() })
    })
}
