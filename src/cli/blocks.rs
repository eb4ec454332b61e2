//! `saring blocks`: pages to Block CSV, ready to be labelled in a spreadsheet.

use std::io::{self, Write};
use std::path::PathBuf;

use saring::{Classifier, Label, LabelledPage, Limits, Writer, registered_domain};

use super::classify::{load, min_probability};
use super::import::weight;
use super::input::{Input, inputs, outcome};
use super::output::{say, write_with};
use super::{Outcome, RunResult};

#[derive(clap::Args)]
pub struct Args {
    /// Files, folders, globs, or - for stdin; `data-label` attributes in them are labels
    #[arg(required = true, value_name = "PAGE")]
    pages: Vec<PathBuf>,
    /// The CSV to write [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How many ordinary blocks each block counts for in training
    #[arg(long, default_value_t = 1.0, value_parser = weight)]
    weight: f32,
    /// Fill in labels and probabilities by the model, where a page states no label
    #[arg(long)]
    predict: bool,
    /// A model file [default: the one that comes with saring]
    #[arg(long, value_name = "FILE", requires = "predict")]
    model: Option<PathBuf>,
    /// Write `uncertain` where the verdict is less probable than this, from 0.5 to 1
    #[arg(long, value_name = "P", value_parser = min_probability, requires = "predict")]
    min_probability: Option<f32>,
}

pub fn run(args: &Args) -> RunResult {
    let classifier = args.predict.then(|| classifier(args)).transpose()?;
    let Some(path) = &args.output else {
        return Ok(write_pages(args, classifier.as_ref(), &mut io::stdout().lock())?);
    };
    let mut ended = Outcome::Done;
    write_with(path, |out| {
        ended = write_pages(args, classifier.as_ref(), out)?;
        match ended {
            Outcome::Failed => Err(io::Error::other("not written: there is no page to write")),
            _ => Ok(()),
        }
    })?;
    Ok(ended)
}

fn classifier(args: &Args) -> saring::Result<Classifier> {
    let classifier = load(args.model.as_deref())?;
    Ok(match args.min_probability {
        Some(p) => classifier.min_probability(p),
        None => classifier,
    })
}

fn write_pages(
    args: &Args,
    classifier: Option<&Classifier>,
    out: &mut dyn Write,
) -> io::Result<Outcome> {
    let limits = Limits::default();
    let mut writer = Writer::new(out, args.predict)?;
    let (mut done, mut failed) = (0, 0);
    for input in inputs(args.pages.clone(), None, limits.bytes) {
        let page = input
            .map_err(|unread| format!("{}: {}", unread.source, unread.message))
            .and_then(|input| label(&input, args.weight, &limits));
        match page {
            Ok(page) => {
                done += 1;
                write_page(page, classifier, &mut writer)?;
            }
            Err(message) => {
                failed += 1;
                say(format!("saring: {message}"));
            }
        }
    }
    writer.finish()?;
    Ok(outcome(done, failed))
}

/// The page with the labels that its `data-label` attributes state; an empty one states none.
fn label(input: &Input, weight: f32, limits: &Limits) -> Result<LabelledPage, String> {
    let (document, annotations) = input.segment(limits);
    if document.truncated.is_some() {
        say(format!("saring: {}: only the start of this large page is used", input.source));
    }
    let labels = annotations.iter().enumerate().map(|(n, annotation)| {
        let Some(name) = annotation.as_deref().map(str::trim).filter(|name| !name.is_empty())
        else {
            return Ok(None);
        };
        name.parse::<Label>().map(Some).map_err(|error| {
            let start: String = document.blocks[n].text.chars().take(40).collect();
            format!("{}: block {} ({start:?}): {error}", input.source, n + 1)
        })
    });
    let labels: Vec<Option<Label>> = labels.collect::<Result<_, String>>()?;
    Ok(LabelledPage {
        name: input.source.clone(),
        group: registered_domain(&document.url),
        weights: vec![weight; labels.len()],
        labels,
        document,
    })
}

fn write_page(
    page: LabelledPage,
    classifier: Option<&Classifier>,
    writer: &mut Writer<&mut dyn Write>,
) -> io::Result<()> {
    let Some(classifier) = classifier else { return writer.page(&page, None) };
    let predicted = classifier.classify_document(page.document.clone()).blocks;
    writer.page(&page, Some(&predicted))
}
