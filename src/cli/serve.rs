//! `saring serve`: the classifier over HTTP, for programs that are not written in Rust.
//!
//! axum routes, hyper reads and writes. Whatever a client does is bounded: how many there are, what
//! they send, how long they take, and how many pages are worked on for them.

pub mod access;
pub mod answers;
pub mod connections;
mod kind;
mod lines;
pub mod metrics;
mod patient;
mod routes;

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use saring::{Error, Limits, Result};

use super::classify::{self, Kept};
use super::output::say;
use super::rules::RulesFile;
use super::{Outcome, RunResult, signals};
use access::Access;
use connections::{Ended, Patience};

#[derive(clap::Args)]
pub struct Args {
    /// The port; 0 for a free one, which the line on stdout names
    #[arg(long, value_name = "PORT", default_value_t = 7274)]
    port: u16,
    /// The address to listen on. One that other machines can reach needs a token, and there is no
    /// TLS: put a proxy that speaks it in front
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// A file with the token that requests must bring as `Authorization: Bearer TOKEN` [default:
    /// the variable SARING_TOKEN, or none]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A model file [default: the one that comes with saring]
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    #[command(flatten)]
    kept: Kept,
    #[command(flatten)]
    rules: RulesFile,
    /// Pages worked on at the same time [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Bytes of a page, and of a line of NDJSON
    #[arg(long, value_name = "N", default_value_t = NonZeroUsize::new(16 << 20).expect("not 0"))]
    max_body: NonZeroUsize,
    /// Requests to /classify at the same time; those beyond are told to come again
    #[arg(long, value_name = "N", default_value_t = NonZeroUsize::new(32).expect("not 0"))]
    max_requests: NonZeroUsize,
    /// Connections at the same time; those beyond wait
    #[arg(long, value_name = "N", default_value_t = NonZeroUsize::new(512).expect("not 0"))]
    max_connections: NonZeroUsize,
    /// Seconds that a page may take once it has been read, the wait for a thread included
    #[arg(long, value_name = "S", default_value = "30", value_parser = seconds)]
    timeout: Duration,
    /// Seconds that a client may take for the head of a request, for its body, for each line of
    /// NDJSON, and to read on in the answer
    #[arg(long, value_name = "S", default_value = "20", value_parser = seconds)]
    client_timeout: Duration,
    /// Seconds that requests under way are given after Ctrl-C or SIGTERM
    #[arg(long, value_name = "S", default_value = "20", value_parser = seconds)]
    grace: Duration,
}

fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let seconds = text.parse().ok().filter(|s| (0.001..=86_400.0).contains(s));
    let message = "must be a number from 0.001 to 86400";
    seconds.map(Duration::from_secs_f64).ok_or_else(|| message.to_string())
}

pub fn run(args: &Args) -> RunResult {
    let access = access(args)?;
    let threads = match args.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().map_err(|e| Error::io("threads", e))?,
    };
    let mut classifier = classify::load(args.model.as_deref())?;
    // A page is not read at all or whole.
    let limits = classifier.limits_in_force().clone();
    let bytes = limits.bytes.max(args.max_body.get());
    classifier = args.kept.apply(classifier.limits(Limits { bytes, ..limits }));
    classifier = args.rules.apply(classifier)?;
    let service = answers::Service::new(answers::Settings {
        classifier,
        threshold: args.kept.threshold,
        threads: threads.get(),
        max_body: args.max_body.get(),
        max_requests: args.max_requests.get(),
        timeout: args.timeout,
        client_timeout: args.client_timeout,
    });

    let address = SocketAddr::new(args.listen, args.port);
    let failed = |e| Error::io(address.to_string(), e);
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let stop = signals::stop().map_err(|e| Error::io("signals", e))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(threads.get())
        .build()
        .map_err(|e| Error::io("threads", e))?;

    // Connections made from here on are answered, if not at once.
    let mut stdout = std::io::stdout();
    writeln!(stdout, "http://{bound}").and_then(|()| stdout.flush())?;
    let patience = Patience {
        connections: args.max_connections.get(),
        client: args.client_timeout,
        grace: args.grace,
    };
    let ended = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        let metrics = Arc::clone(&service.metrics);
        let router = routes::router(service.clone(), access);
        Ok::<Ended, Error>(connections::serve(listener, router, metrics, &patience, &stop).await)
    })?;
    // A page that is still worked on has nobody left to go to.
    runtime.shutdown_background();
    args.rules.say_unused(&service.settings().classifier);
    Ok(match ended {
        Ended::All => Outcome::Done,
        Ended::CutOff(connections) => {
            let grace = args.grace.as_secs_f64();
            say(format!("saring: {connections} connections were cut off after {grace} s"));
            Outcome::Failed
        }
    })
}

/// Who is let in.
fn access(args: &Args) -> Result<Access> {
    let loopback = args.listen.is_loopback();
    match token(args)? {
        Some(token) => Ok(Access::Token(token)),
        None if loopback => Ok(Access::Loopback),
        None => Err(Error::Option(format!(
            "--listen {} lets other machines in: that needs --token-file FILE or SARING_TOKEN",
            args.listen
        ))),
    }
}

fn token(args: &Args) -> Result<Option<String>> {
    let (token, from) = match &args.token_file {
        Some(path) => {
            let token = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
            (token, path.display().to_string())
        }
        None => match std::env::var("SARING_TOKEN") {
            Ok(token) => (token, "SARING_TOKEN".to_string()),
            Err(std::env::VarError::NotPresent) => return Ok(None),
            Err(error) => return Err(Error::Option(format!("SARING_TOKEN: {error}"))),
        },
    };
    let token = token.trim();
    if token.len() < access::LEAST || !token.bytes().all(|b| b.is_ascii_graphic()) {
        let least = access::LEAST;
        let message = format!("{from}: a token is one word of {least} ASCII characters or more");
        return Err(Error::Option(message));
    }
    Ok(Some(token.to_string()))
}
