//! `saring classify`: pages in, labelled blocks or kept text out.

use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use saring::{Classifier, Error, Label};

use super::RunResult;
use super::input::{self, Input, Unread};
use super::output::say;
use super::render::{Format, Rendered};

#[derive(clap::Args)]
pub struct Args {
    /// Files, folders, globs, or - for stdin
    inputs: Vec<PathBuf>,
    /// What to write [default: table on a terminal, jsonl elsewhere]
    #[arg(long, value_enum)]
    format: Option<Format>,
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

fn probability(text: &str) -> Result<f32, String> {
    let value = text.parse().ok().filter(|p| (0.0..=1.0).contains(p));
    value.ok_or_else(|| "must be a number from 0 to 1".to_string())
}

/// The likelier of two sides has half the mass at least.
pub fn min_probability(text: &str) -> Result<f32, String> {
    let value = text.parse().ok().filter(|p| (0.5..=1.0).contains(p));
    value.ok_or_else(|| "must be a number from 0.5 to 1".to_string())
}

/// The classifier with the model in this file, or with the one that comes with saring.
///
/// # Errors
/// As [`Classifier::load`].
pub fn load(model: Option<&Path>) -> saring::Result<Classifier> {
    match model {
        Some(path) => Classifier::load(path),
        None => Ok(Classifier::pretrained().clone()),
    }
}

pub fn run(args: &Args) -> RunResult {
    let classifier = classifier(args)?;
    let mut inputs = args.inputs.clone();
    if inputs.is_empty() {
        if std::io::stdin().is_terminal() {
            return Err(Error::Option("no input: name files, folders or - for stdin".into()).into());
        }
        inputs.push("-".into());
    }
    let mut out = std::io::stdout().lock();
    let format = args.format.unwrap_or(match out.is_terminal() {
        true => Format::Table,
        false => Format::Jsonl,
    });
    let inputs = input::inputs(inputs, args.input, classifier.limits_in_force().bytes);
    let threshold = args.threshold;
    let results = in_order(inputs, args.threads, move |input| {
        input.and_then(|input| classify(&classifier, &input, format, threshold))
    })?;

    let (mut done, mut failed, mut any) = (0, 0, false);
    out.write_all(format.head().as_bytes())?;
    for result in results {
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
        // One write for a page, and at once: whoever reads along never sees half of one.
        let between = if any && !page.is_empty() { format.between() } else { "" };
        any |= !page.is_empty();
        out.write_all(format!("{between}{page}").as_bytes())?;
        out.flush()?;
    }
    out.write_all(format.foot().as_bytes())?;
    out.flush()?;
    Ok(input::outcome(done, failed))
}

fn classifier(args: &Args) -> saring::Result<Classifier> {
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

/// One page from bytes to what is written of it.
fn classify(
    classifier: &Classifier,
    input: &Input,
    format: Format,
    threshold: Option<f32>,
) -> Result<String, Unread> {
    let work = || {
        let (document, _) = input.segment(classifier.limits_in_force());
        let page = classifier.classify_document(&document);
        format.page(&Rendered {
            source: &input.source,
            document: &document,
            page: &page,
            threshold,
        })
    };
    // A crawl of a million pages must not end at one that meets a bug.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Unread {
        source: input.source.clone(),
        message: "this page meets a bug in saring; please report it".into(),
    })
}

/// Does `work` on several items at a time and gives the results in the order of the items. Reading
/// stays a few items ahead, no more.
///
/// The threads are not waited for: where nobody wants the results any longer, the end of the
/// program need not wait for a slow stdin.
fn in_order<T: Send + 'static, R: Send + 'static>(
    items: impl Iterator<Item = T> + Send + 'static,
    threads: Option<NonZeroUsize>,
    work: impl Fn(T) -> R + Send + Sync + 'static,
) -> saring::Result<impl Iterator<Item = R>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.map_or(0, NonZeroUsize::get))
        .build()
        .map_err(|e| Error::Option(format!("--threads: {e}")))?;
    // A queue of places that are filled in any order and emptied in the order of the queue.
    let (queue, places) = sync_channel(2 * pool.current_num_threads());
    let work = Arc::new(work);
    std::thread::spawn(move || {
        for item in items {
            let (done, place) = sync_channel(1);
            if queue.send(place).is_err() {
                break;
            }
            let work = Arc::clone(&work);
            pool.spawn(move || {
                // Fails where nobody wants the result any longer.
                let _ = done.send(work(item));
            });
        }
    });
    Ok(places.into_iter().filter_map(|place| place.recv().ok()))
}
