//! How fast pages are labelled, stage by stage, and how that compares with the parser.
//!
//! `cargo bench --features bench --bench pages [-- --rounds N]`
//!
//! A harness of its own, because those that there are run one benchmark to its end before the next,
//! and on a shared machine the speed drifts meanwhile. Here each page goes through every contestant
//! before the next page, who goes first changes from page to page, and a figure is the median over
//! rounds of the same ratio. docs/benchmarks.md says what the ratios mean.

#![allow(clippy::print_stdout)] // The report.

mod common;

use std::hint::black_box;
use std::time::Duration;

use common::{PageSet, cpu_time, median};
use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, StartTag, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use saring::Classifier;
use saring::stages::{self, Stage, Times, timed};

const ROUNDS: usize = 11;
const WCXB_PAGES: usize = 200;

fn main() {
    let rounds = common::option("--rounds").map_or(ROUNDS, |n| n.parse().expect("a number"));
    println!("Processor time of one thread; medians of {rounds} interleaved rounds.\n");
    Report::new(&common::our_pages(), rounds).print();
    match common::wcxb_pages(WCXB_PAGES) {
        Some(set) => Report::new(&set, rounds).print(),
        None => println!("wcxb-dev: skipped, ../shared/data is not there (see SARING_SHARED)"),
    }
}

/// What is run on each page.
const CONTESTANTS: [Contestant; 5] = [
    Contestant::Saring,
    Contestant::Tokenizer,
    Contestant::RawText,
    Contestant::Scraper,
    Contestant::OurTokenizer,
];

#[derive(Clone, Copy)]
enum Contestant {
    /// Bytes to labels.
    Saring,
    /// html5ever's tokenizer, its tokens dropped: the limit to measure against.
    Tokenizer,
    /// The same, told where a script or a title begins, as a tree builder tells it.
    RawText,
    /// The tree that scraper makes.
    Scraper,
    /// The tokens that our segmenter pulls, and nothing done with them.
    OurTokenizer,
}

impl Contestant {
    fn name(self) -> &'static str {
        match self {
            Contestant::Saring => "**whole: bytes to labels**",
            Contestant::Tokenizer => "html5ever tokenizer, null sink",
            Contestant::RawText => "html5ever tokenizer, raw text known",
            Contestant::Scraper => "`scraper::Html::parse_document`",
            Contestant::OurTokenizer => "tokenise, a part of segment",
        }
    }

    /// Only saring has stages. The parsers get text that is decoded already.
    fn run(self, bytes: &[u8], text: &str) -> Times {
        let work = || match self {
            Contestant::Saring => {
                black_box(Classifier::pretrained().classify_bytes(bytes, None));
            }
            Contestant::Tokenizer => tokenize(text, NullSink),
            Contestant::RawText => tokenize(text, RawTextSink),
            Contestant::Scraper => {
                black_box(scraper::Html::parse_document(text));
            }
            Contestant::OurTokenizer => {
                black_box(stages::tokenize(text));
            }
        };
        timed(cpu_time, work).1
    }
}

/// What a round took, by contestant.
type Round = [Times; CONTESTANTS.len()];

struct Report<'a> {
    set: &'a PageSet,
    rounds: Vec<Round>,
}

impl Report<'_> {
    fn new(set: &PageSet, rounds: usize) -> Report<'_> {
        let texts: Vec<_> = set.pages.iter().map(|page| saring::decode(page, None)).collect();
        let round = |number: usize| {
            let mut round = Round::default();
            for (n, (bytes, text)) in set.pages.iter().zip(&texts).enumerate() {
                for turn in 0..CONTESTANTS.len() {
                    let which = (turn + n + number) % CONTESTANTS.len();
                    add(&mut round[which], &CONTESTANTS[which].run(bytes, text));
                }
            }
            round
        };
        // The first is a warm-up.
        Report { set, rounds: (0..=rounds).map(round).skip(1).collect() }
    }

    fn print(&self) {
        let PageSet { name, pages, .. } = self.set;
        let kilobytes = self.set.bytes() as f64 / pages.len() as f64 / 1e3;
        println!("### {name}: {} pages of {kilobytes:.1} KB in the mean\n", pages.len());
        println!("| what | ms a page | MB/s | x tokenizer | least to most | x scraper |");
        println!("|---|---:|---:|---:|---:|---:|");
        for (n, contestant) in CONTESTANTS.into_iter().enumerate() {
            self.row(contestant.name(), |round| round[n].whole);
        }
        for stage in Stage::ALL {
            self.row(&format!("· {}", stage.name()), |round| round[0].stages[stage as usize]);
        }
        self.row("· freeing what they made", |round| {
            round[0].whole.saturating_sub(round[0].stages.iter().sum())
        });
        println!();
    }

    fn row(&self, name: &str, time: impl Fn(&Round) -> Duration) {
        let seconds = |round: &Round| time(round).as_secs_f64();
        let over = |n: usize| -> Vec<f64> {
            self.rounds.iter().map(|r| seconds(r) / r[n].whole.as_secs_f64()).collect()
        };
        let tokenizer = over(Contestant::Tokenizer as usize);
        let least = tokenizer.iter().copied().fold(f64::INFINITY, f64::min);
        let most = tokenizer.iter().copied().fold(0.0, f64::max);
        let total = median(self.rounds.iter().map(seconds).collect());
        let milliseconds = total * 1e3 / self.set.pages.len() as f64;
        let megabytes = self.set.bytes() as f64 / 1e6 / total;
        println!(
            "| {name} | {milliseconds:.3} | {megabytes:.1} | {:.2} | {least:.2} to {most:.2} | {:.2} |",
            median(tokenizer),
            median(over(Contestant::Scraper as usize)),
        );
    }
}

fn add(sum: &mut Times, times: &Times) {
    sum.whole += times.whole;
    for (sum, time) in sum.stages.iter_mut().zip(times.stages) {
        *sum += time;
    }
}

fn tokenize(text: &str, sink: impl TokenSink) {
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(text));
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
}

struct NullSink;

impl TokenSink for NullSink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        black_box(token);
        TokenSinkResult::Continue
    }
}

struct RawTextSink;

impl TokenSink for RawTextSink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match black_box(token) {
            Token::TagToken(tag) if tag.kind == StartTag => match &*tag.name {
                "script" => TokenSinkResult::RawData(ScriptData),
                "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
                    TokenSinkResult::RawData(Rawtext)
                }
                "title" | "textarea" => TokenSinkResult::RawData(Rcdata),
                "plaintext" => TokenSinkResult::Plaintext,
                _ => TokenSinkResult::Continue,
            },
            _ => TokenSinkResult::Continue,
        }
    }
}
