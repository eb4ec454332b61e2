//! One file per command, thin: arguments in, library calls, output out.

mod ablate;
mod agree;
mod annotators;
mod blocks;
mod classify;
mod destination;
mod eval;
mod explain;
mod export;
mod gate;
mod import;
mod in_order;
mod input;
mod judges;
#[cfg(feature = "label")]
mod label;
mod learning;
mod model;
mod output;
mod progress;
mod render;
mod resume;
mod rules;
#[cfg(feature = "serve")]
mod serve;
mod signals;
mod site;
mod tally;
mod train;
mod writer;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use saring::Error;

/// Label every block of a web page as content or as a kind of boilerplate.
#[derive(Parser)]
#[command(name = "saring", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Label the blocks of pages
    Classify(classify::Args),
    /// Say why the blocks of a page have their labels: what moved the log-odds of content
    Explain(explain::Args),
    /// Write the blocks of pages as a Block CSV, ready to be labelled in a spreadsheet
    Blocks(blocks::Args),
    /// Turn pages with gold text, or the answers of annotators, into a labelled Block CSV
    Import(import::Args),
    /// Write the blocks of a Block CSV as the tasks of an annotation tool
    Export(export::Args),
    /// Say how far two annotators agree: Cohen's kappa, and where they do not
    Agree(agree::Args),
    /// Label the blocks of pages in the browser, and train on them
    #[cfg(feature = "label")]
    Label(label::Args),
    /// Train a model on labelled Block CSVs
    Train(train::Args),
    /// Measure a model on labelled data or pages with gold text
    Eval(eval::Args),
    /// Measure what each part of the model is worth, by leaving it out
    Ablate(ablate::Args),
    /// Learn what repeats across the pages of a site
    Site(site::Args),
    /// Look into model files
    Model(model::Args),
    /// Answer over HTTP: pages in, labelled blocks out
    #[cfg(feature = "serve")]
    Serve(serve::Args),
}

/// How a command ended, short of an error.
enum Outcome {
    /// Everything was done.
    Done,
    /// Some inputs failed; each was reported.
    Partial,
    /// A check did not pass.
    Failed,
    /// A signal ended it early, and that was reported.
    Interrupted,
}

/// Runs the command line and says how the process should exit.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Classify(args) => classify::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Blocks(args) => blocks::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Agree(args) => agree::run(&args),
        #[cfg(feature = "label")]
        Command::Label(args) => label::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Ablate(args) => ablate::run(&args),
        Command::Site(args) => site::run(&args),
        Command::Model(args) => model::run(&args),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(&args),
    };
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Partial) => ExitCode::from(3),
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        Ok(Outcome::Interrupted) => ExitCode::from(signals::INTERRUPTED),
        // The reader has seen enough: `saring classify ... | head`.
        Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Err(Failure::Error(error)) => {
            output::say(format!("saring: {error}"));
            match error {
                Error::Option(_) => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// Why a command stopped.
enum Failure {
    BrokenPipe,
    Error(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Error(error)
    }
}

/// Errors of stdout.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::BrokenPipe,
            _ => Failure::Error(Error::io("<stdout>", error)),
        }
    }
}

type RunResult = std::result::Result<Outcome, Failure>;
