//! How the time grows on hostile pages of n, 2n and 4n bytes.
//!
//! `cargo bench --features bench --bench hostile [-- --case WORDS] [--limit SECONDS]`
//!
//! Each page is classified in a process of its own, so that one that hangs or dies is a row of the
//! table and not the end of it. The same process classifies our ordinary pages first: time per byte
//! is relative to theirs.

#![allow(clippy::print_stdout)] // The report.

#[path = "../common/mod.rs"]
mod common;
mod pages;

use std::process::Command;
use std::time::Duration;

use common::{cpu_time, median};
use pages::{CASES, Case};
use rustix::time::{ClockId, clock_gettime};
use saring::stages::{Stage, timed};
use saring::{Classifier, Page};

/// Processor seconds that a page may take.
const LIMIT: u64 = 20;
/// Issue C: at most so much growth per doubling, and so much time per byte of an ordinary page.
const GROWTH: f64 = 2.3;
const PER_BYTE: f64 = 10.0;
/// A page is classified up to so often, until that took so many seconds.
const RUNS: usize = 7;
const ENOUGH: f64 = 1.0;
/// The exit code of a process that reached the limit.
const OVER: i32 = 124;

fn main() {
    let limit = common::option("--limit").map_or(LIMIT, |n| n.parse().expect("a number"));
    let chosen = common::option("--case").unwrap_or_default();
    match common::option("--measure") {
        Some(job) => measure(&job, limit),
        None => report(&chosen, limit),
    }
}

fn report(chosen: &str, limit: u64) {
    println!(
        "Processor time of one thread, milliseconds; up to {limit} s a page. Growth is per doubling,"
    );
    println!(
        "time per byte that of the largest page over that of our ordinary pages. Bold: beyond x"
    );
    println!(
        "{GROWTH} or x {PER_BYTE}. The slowest stage is that of the largest page that was done.\n"
    );
    println!("| page | KB at 4n | n | 2n | 4n | growth | per byte | slowest stage | cut at |");
    println!("|---|---:|---:|---:|---:|---:|---:|---|---|");
    let chosen: Vec<usize> = (0..CASES.len()).filter(|&n| CASES[n].name.contains(chosen)).collect();
    let verdicts: Vec<Verdict> = chosen.iter().map(|&n| row(n, limit)).collect();
    let each = verdicts.iter().filter(|v| v.each).count();
    let mean = verdicts.iter().filter(|v| v.mean).count();
    println!(
        "\n{each} of {} within both bounds; {mean} if growth is the mean of the two doublings.",
        chosen.len()
    );
}

/// Whether a case is within bounds.
struct Verdict {
    /// At each doubling. A page that outgrows a cache fails here though it grows linearly.
    each: bool,
    /// In the mean over the doublings.
    mean: bool,
}

/// Prints the row of a case.
fn row(number: usize, limit: u64) -> Verdict {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for quarters in [1, 2, 4] {
        // What takes too long does not take less when there is more of it.
        let outcome = match outcomes.last() {
            Some(Outcome::Failed(why)) => Outcome::Failed(why.clone()),
            _ => Outcome::of(number, quarters, limit),
        };
        outcomes.push(outcome);
    }
    let times: Vec<String> = outcomes.iter().map(Outcome::milliseconds).collect();
    let done: Vec<&Done> = outcomes.iter().filter_map(Outcome::done).collect();
    let growth: Vec<f64> = done.windows(2).map(|two| two[1].seconds / two[0].seconds).collect();
    let complete = done.len() == outcomes.len();
    let growths: Vec<String> = growth.iter().map(|g| bold(*g, GROWTH)).collect();
    let last = done.last();
    let per_byte = last.map_or("".into(), |done| bold(done.per_byte, PER_BYTE));
    println!(
        "| {} | {} | {} | {} | {per_byte}{} | {} | {} |",
        CASES[number].name,
        CASES[number].bytes / 1000,
        times.join(" | "),
        growths.join(", "),
        if complete || last.is_none() { "" } else { " and more" },
        last.map_or("", |done| &done.slowest),
        last.map_or("", |done| &done.cut),
    );
    let cheap = complete && last.is_some_and(|done| done.per_byte <= PER_BYTE);
    let mean = growth.iter().product::<f64>().sqrt();
    Verdict { each: cheap && growth.iter().all(|&g| g <= GROWTH), mean: cheap && mean <= GROWTH }
}

fn bold(value: f64, bound: f64) -> String {
    if value > bound { format!("**{value:.2}**") } else { format!("{value:.2}") }
}

/// What became of a page.
enum Outcome {
    Done(Done),
    /// Why there is no time.
    Failed(String),
}

struct Done {
    seconds: f64,
    /// Over that of our ordinary pages.
    per_byte: f64,
    slowest: String,
    /// The budget that was reached.
    cut: String,
}

impl Outcome {
    fn of(case: usize, quarters: usize, limit: u64) -> Outcome {
        let program = std::env::current_exe().expect("a program has a path");
        let output = Command::new(program)
            .args(["--measure", &format!("{case} {quarters}"), "--limit", &limit.to_string()])
            .output()
            .expect("this program starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let mut fields = text.trim_end().split('\t');
        let mut next = || fields.next().unwrap_or_default().to_string();
        match output.status.code() {
            Some(0) => Outcome::Done(Done {
                seconds: next().parse().expect("seconds"),
                per_byte: next().parse().expect("a ratio"),
                slowest: next(),
                cut: next(),
            }),
            Some(OVER) => Outcome::Failed(format!("> {limit} s")),
            _ => Outcome::Failed(format!("died ({})", output.status)),
        }
    }

    fn milliseconds(&self) -> String {
        match self {
            Outcome::Done(done) => format!("{:.1}", done.seconds * 1e3),
            Outcome::Failed(why) => why.clone(),
        }
    }

    fn done(&self) -> Option<&Done> {
        match self {
            Outcome::Done(done) => Some(done),
            Outcome::Failed(_) => None,
        }
    }
}

/// What the process of one page does: `job` is the number of the case and the quarters of its size.
fn measure(job: &str, limit: u64) {
    let (case, quarters) = job.split_once(' ').expect("two numbers");
    let case = &CASES[case.parse::<usize>().expect("a number")];
    let page = (case.build)(case.bytes * quarters.parse::<usize>().expect("a number") / 4);
    let ordinary = ordinary_seconds_per_byte();
    stop_after(Duration::from_secs(limit));
    let (mut runs, mut total) = (Vec::new(), 0.0);
    let (mut slowest, mut cut) = (String::new(), String::new());
    while runs.len() < RUNS && total < ENOUGH {
        let (result, times) = timed(cpu_time, || classify(case, &page));
        let seconds = times.whole.as_secs_f64();
        let longest = Stage::ALL.into_iter().max_by_key(|stage| times.stages[*stage as usize]);
        let longest = longest.expect("there are stages");
        let share = times.stages[longest as usize].as_secs_f64() / seconds;
        slowest = format!("{} {:.0} %", longest.name(), share * 100.0);
        cut = result.truncated.map_or(String::new(), |t| format!("{t:?}").to_lowercase());
        runs.push(seconds);
        total += seconds;
    }
    let seconds = median(runs);
    println!("{seconds}\t{}\t{slowest}\t{cut}", seconds / page.len() as f64 / ordinary);
}

fn classify(case: &Case, page: &[u8]) -> Page {
    if case.plain {
        Classifier::pretrained().classify_text(&saring::decode(page, None))
    } else {
        Classifier::pretrained().classify_bytes(page, None)
    }
}

fn ordinary_seconds_per_byte() -> f64 {
    let set = common::our_pages();
    let all = || {
        set.pages.iter().for_each(|page| drop(Classifier::pretrained().classify_bytes(page, None)))
    };
    all(); // Loads the model and warms up.
    timed(cpu_time, all).1.whole.as_secs_f64() / set.bytes() as f64
}

/// Ends the process when it has used so much more processor time: a page cannot be interrupted.
fn stop_after(limit: Duration) {
    let used = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let end = used() + limit;
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(20));
            if used() > end {
                std::process::exit(OVER);
            }
        }
    });
}
