//! `saring site`: what repeats across the pages of a host, learnt for `saring classify --site`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;
use saring::{Limits, SiteMemory};

use super::input::{self, Unread, inputs};
use super::output::{say, write_whole};
use super::tally::Tally;
use super::{Outcome, RunResult};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Count the texts and the places of blocks on the pages of each host
    Learn(Learn),
}

#[derive(clap::Args)]
struct Learn {
    /// Files, folders, globs, or - for stdin
    #[arg(required = true, value_name = "PAGE")]
    pages: Vec<PathBuf>,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// A file of an earlier run to go on from; it may be the one to write
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The host of pages that state no address; without it they are not learnt
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Hosts to remember; of more, the one met longest ago is forgotten
    #[arg(long, value_name = "N", default_value = "1000")]
    hosts: NonZeroUsize,
}

pub fn run(args: &Args) -> RunResult {
    let Command::Learn(args) = &args.command;
    learn(args)
}

fn learn(args: &Learn) -> RunResult {
    let mut memory = match &args.from {
        Some(path) => SiteMemory::load(path)?.with_room_for(args.hosts.get()),
        None => SiteMemory::new(args.hosts.get()),
    };
    let limits = Limits::default();
    let tally: Arc<Tally> = Arc::default();
    let (mut done, mut failed, mut nobodys) = (0, 0, 0);
    for page in inputs(args.pages.clone(), None, limits.bytes, &tally) {
        let page = match page {
            Ok(page) => page,
            Err(Unread { source, message }) => {
                failed += 1;
                say(format!("saring: {source}: {message}"));
                continue;
            }
        };
        let (mut document, _) = page.segment(&limits);
        if let (None, Some(host)) = (SiteMemory::host(&document), &args.host) {
            document.url = format!("https://{host}/");
        }
        done += 1;
        nobodys += usize::from(!memory.learn(&document));
    }
    if let Some(records) = tally.of_records() {
        say(format!("saring: {records}"));
    }
    let of_hosts = |(host, pages): (&str, u32)| {
        say(format!("saring: {host}: {pages} pages, {} texts repeat", memory.repeated_texts(host)));
    };
    let hosts = memory.hosts();
    let told = hosts.len().min(TOLD);
    hosts[..told].iter().copied().for_each(of_hosts);
    if hosts.len() > told {
        say(format!("saring: and {} more hosts", hosts.len() - told));
    }
    if nobodys > 0 {
        say(format!("saring: {nobodys} pages state no address and were not learnt: see --host"));
    }
    if done > 0 {
        write_whole(&args.output, memory.to_json().as_bytes())?;
    } else {
        say("saring: not written: there is no page to learn from");
    }
    Ok(match input::outcome(done, failed) {
        Outcome::Done if nobodys == done => Outcome::Failed,
        outcome => outcome,
    })
}

/// How many hosts are told of.
const TOLD: usize = 20;
