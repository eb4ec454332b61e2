//! `saring label`: pages labelled by a person in the browser, written to a Block CSV at once, and
//! models trained on it.
//!
//! | file | what it holds |
//! |---|---|
//! | `sheet.rs` | the Block CSV: rows, the lock, writing |
//! | `pages.rs` | the pages and what the model says of them |
//! | `session.rs` | pages and file together: labels, and changes by others |
//! | `retrain.rs` | training in the background |
//! | `frame.rs` | a page as a browser may show it |
//! | `access.rs` | who is let in |
//! | `routes.rs`, `answers.rs` | what is answered where |
//! | `assets/` | the page in the browser |
//!
//! Connections, their limits and their end are those of `saring serve`.

mod access;
mod answers;
mod frame;
mod pages;
mod retrain;
mod routes;
mod session;
mod sheet;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use saring::Error;

use super::input::{self, pending};
use super::output::say;
use super::serve::connections::{self, Ended, Patience};
use super::tally::Tally;
use super::{Outcome, RunResult, classify, signals};
use access::Access;
use answers::Desk;
use retrain::Trainer;
use session::Session;

#[derive(clap::Args)]
pub struct Args {
    /// Files, folders, globs, or - for stdin. The pages of the data file are there too
    #[arg(value_name = "PAGE")]
    pages: Vec<PathBuf>,
    /// The Block CSV that labels are written to, each at once; made if it is not there
    #[arg(short, long, value_name = "FILE")]
    data: PathBuf,
    /// More labelled rows to train on, such as training-data/blocks.csv. Figures are of --data alone
    #[arg(long, value_name = "CSV")]
    with: Vec<PathBuf>,
    /// The model to begin with [default: the one that comes with saring]
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Where the button `Save model` writes the newest one
    #[arg(long, value_name = "FILE")]
    model_out: Option<PathBuf>,
    /// How inputs are read [default: by name; stdin by its first characters]
    #[arg(long, value_enum)]
    input: Option<input::Format>,
    /// Pages that are opened; of more, the first
    #[arg(long, value_name = "N", default_value_t = NonZeroUsize::new(1000).expect("not 0"))]
    max_pages: NonZeroUsize,
    /// The port on 127.0.0.1; 0 for a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

/// One person's tabs, and what else there is to hold up.
const PATIENCE: Patience =
    Patience { connections: 64, client: Duration::from_secs(20), grace: Duration::from_secs(5) };

pub fn run(args: &Args) -> RunResult {
    let classifier = classify::load(args.model.as_deref())?;
    for file in &args.with {
        file.metadata().map_err(|e| Error::io(file, e))?;
    }
    let lock = sheet::lock(&args.data)?;
    let limits = classifier.limits_in_force().clone();
    let tally: Arc<Tally> = Arc::default();
    let mut inputs = pending(args.pages.clone(), args.input, limits.bytes, &tally);
    let first: Vec<_> = inputs.by_ref().take(args.max_pages.get()).collect();
    let left_out = inputs.count();
    if left_out > 0 {
        let limit = args.max_pages;
        say(format!("saring: the first {limit} pages are opened, {left_out} are not: --max-pages"));
    }
    let pages = pages::read(first, &limits);
    let failed: Vec<_> =
        pages.iter().filter_map(|page| Some((page, page.error.as_ref()?))).collect();
    for (page, error) in &failed {
        say(format!("saring: {}: {error}", page.name));
    }
    let session = Session::open(&args.data, pages, classifier)?;
    if session.pages.iter().all(|page| page.error.is_some()) {
        return match session.pages.is_empty() {
            true => Err(Error::Option("there is no page to label: name some".into()).into()),
            false => Ok(Outcome::Failed),
        };
    }
    let start = Arc::clone(&session.classifier);
    let trainer = Trainer::new(args.data.clone(), args.with.clone(), start);
    let desk = Arc::new(Desk {
        session: Mutex::new(session),
        trainer: Arc::new(trainer),
        model_out: args.model_out.clone(),
        left_out,
        explained: Mutex::default(),
    });

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let failed = |e| Error::io(address.to_string(), e);
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let access = Access::new(listener.local_addr().map_err(failed)?.port())?;
    let link = access.link();
    let stop = signals::stop().map_err(|e| Error::io("signals", e))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .build()
        .map_err(|e| Error::io("threads", e))?;
    say(format!("saring: labels go to {}; Ctrl-C ends", args.data.display()));
    say(format!("saring: open {link}"));
    if args.open {
        open(&link);
    }
    let ended = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        let router = routes::router(Arc::clone(&desk), access);
        let metrics = Arc::default();
        Ok::<Ended, Error>(connections::serve(listener, router, metrics, &PATIENCE, &stop).await)
    })?;
    runtime.shutdown_background();
    drop(lock);
    match ended {
        Ended::All => Ok(Outcome::Done),
        Ended::CutOff(_) => Ok(Outcome::Failed),
    }
}

/// Hands an address to the browser, if the system knows one.
fn open(link: &str) {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let quiet = || Stdio::null();
    let begun =
        Command::new(program).arg(link).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
    if let Err(error) = begun {
        say(format!("saring: {program}: {error}; open the link yourself"));
    }
}
