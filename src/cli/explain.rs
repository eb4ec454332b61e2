//! `saring explain`: why the blocks of one page have their labels, in words.

use std::fmt::Write as _;
use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use saring::{
    BlockReasons, Choice, CutReasons, Error, Explanation, Reason, SiteMemory, StageReasons,
    four_decimals,
};
use serde::Serialize;

use super::input::{Input, inputs};
use super::render::{line, printable};
use super::rules::RulesFile;
use super::{Outcome, RunResult, classify};

#[derive(clap::Args)]
pub struct Args {
    /// A file, or - for stdin
    #[arg(value_name = "PAGE")]
    page: PathBuf,
    /// Explain this block alone; the first is 1
    #[arg(long, value_name = "N")]
    block: Option<NonZeroUsize>,
    /// A model file [default: the one that comes with saring]
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// What repeats across the pages of its site: a file of `saring site learn`
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    #[command(flatten)]
    rules: RulesFile,
    /// How many reasons of each stage and of the cut, the strongest first
    #[arg(long, value_name = "K", default_value_t = 5)]
    top: usize,
    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object for the page
    Jsonl,
}

pub fn run(args: &Args) -> RunResult {
    let mut classifier = args.rules.apply(classify::load(args.model.as_deref())?)?;
    if let Some(path) = &args.site {
        classifier = classifier.site_memory(SiteMemory::load(path)?);
    }
    let input = one_page(args, classifier.limits_in_force().bytes)?;
    let (document, _) = input.segment(classifier.limits_in_force());
    let mut explanation = classifier.explain_document(&document);
    let html = classifier.rules_in_force().and_then(|_| input.body.html(input.charset.as_deref()));
    html.into_iter().for_each(|html| classifier.apply_rules(&html, &mut explanation.page));
    let all = explanation.blocks.len();
    let chosen = match args.block.map(NonZeroUsize::get) {
        Some(n) if n > all => {
            let message = format!("--block {n} is out of range: the page has {all} blocks");
            return Err(Error::Option(message).into());
        }
        Some(n) => n - 1..n,
        None => 0..all,
    };
    let written = match args.format {
        Format::Text => text(&input.source, &explanation, chosen, args.top),
        Format::Jsonl => jsonl(&input.source, &explanation, chosen, args.top),
    };
    std::io::stdout().lock().write_all(written.as_bytes())?;
    args.rules.say_unused(&classifier);
    Ok(Outcome::Done)
}

/// The page, of which there is exactly one.
fn one_page(args: &Args, limit: usize) -> saring::Result<Input> {
    let mut pages = inputs(vec![args.page.clone()], None, limit, &Arc::default());
    let page = pages.next().ok_or_else(|| Error::io(&args.page, "holds no page"))?;
    if pages.next().is_some() {
        let message = format!("{} is more than one page: name one", args.page.display());
        return Err(Error::Option(message));
    }
    page.map_err(|unread| Error::io(unread.source, unread.message))
}

fn text(source: &str, explanation: &Explanation, blocks: Range<usize>, top: usize) -> String {
    let page = &explanation.page;
    let mut out = printable(source);
    if !page.url.is_empty() {
        let _ = write!(out, "  {}", printable(&page.url));
    }
    let _ = writeln!(out, "  confidence {:.2}", page.confidence);
    write_cut(&mut out, &explanation.cut, page.blocks.len(), top);
    for i in blocks {
        let block = &page.blocks[i];
        let mark = if block.kept { '*' } else { ' ' };
        let name = block.label_name();
        let words = printable(&block.text);
        let _ = writeln!(out, "\n{mark} {}  {name}  {:.2}  {words}", i + 1, block.probability);
        if let Some(rule) = &block.rule {
            let (rule, model) = (printable(rule), explanation.blocks[i].shares[0].0);
            let _ = writeln!(out, "  rule: {rule}; what follows is why the model says {model}");
        }
        write_shares(&mut out, &explanation.blocks[i]);
        let BlockReasons { stages, site, .. } = &explanation.blocks[i];
        let stages = stages.iter().zip(["stage one", "stage two"]);
        for (stage, name) in stages.chain(site.iter().map(|site| (site, "site"))) {
            let (logit, average) = (stage.logit, stage.average);
            let _ =
                writeln!(out, "  {name}: log-odds {logit:+.2}; an average block has {average:+.2}");
            write_reasons(&mut out, &stage.reasons, top);
        }
    }
    out
}

fn write_cut(out: &mut String, cut: &CutReasons, blocks: usize, top: usize) {
    let _ = write!(out, "cut: {}, of {blocks} blocks on the page; ", kept(&cut.chosen));
    let _ = match (&cut.runner_up, cut.chosen.logit) {
        (_, None) => writeln!(out, "the threshold is fixed"),
        (None, _) => writeln!(out, "there is no other way to cut it"),
        (Some(other), _) => writeln!(out, "runner-up: {}", kept(other)),
    };
    write_reasons(out, &cut.reasons, top);
}

fn kept(Choice { from, once, blocks, words, .. }: &Choice) -> String {
    let once = if *once { ", each text once" } else { "" };
    match from {
        Some(from) => {
            format!("keeps {blocks} ({words:.0} words), from probability {from:.2} up{once}")
        }
        None => "keeps nothing".to_string(),
    }
}

/// Where there are several labels on the block's side of the cut, how they divide it.
fn write_shares(out: &mut String, block: &BlockReasons) {
    let [(first, share), (second, other), ..] = block.shares[..] else { return };
    let side = if first.is_main() { "content" } else { "boilerplate" };
    let (share, other) = (100.0 * share, 100.0 * other);
    let _ = writeln!(out, "  kind of {side}: {first} {share:.0} %, then {second} {other:.0} %");
}

fn write_reasons(out: &mut String, reasons: &[Reason], top: usize) {
    let (told, rest) = reasons.split_at(top.min(reasons.len()));
    for reason in told {
        let _ = writeln!(out, "    {:+.2}  {}", reason.effect, printable(&reason.words));
    }
    if !rest.is_empty() {
        let effect: f32 = rest.iter().map(|reason| reason.effect).sum();
        let _ = writeln!(out, "    {effect:+.2}  everything else");
    }
}

#[derive(Serialize)]
struct Page<'a, B> {
    source: &'a str,
    url: &'a str,
    confidence: f64,
    cut: Cut<'a>,
    blocks: Vec<B>,
}

#[derive(Serialize)]
struct Cut<'a> {
    chosen: Candidate,
    runner_up: Option<Candidate>,
    reasons: Vec<Effect<'a>>,
    rest: f64,
}

#[derive(Serialize)]
struct Candidate {
    from: Option<f64>,
    once: bool,
    blocks: usize,
    words: f64,
    logit: Option<f64>,
}

#[derive(Serialize)]
struct Block<'a> {
    block: usize,
    text: &'a str,
    label: &'a str,
    probability: f64,
    kept: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    shares: Vec<(&'a str, f64)>,
    stages: Vec<Stage<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<Stage<'a>>,
}

#[derive(Serialize)]
struct Stage<'a> {
    logit: f64,
    average: f64,
    reasons: Vec<Effect<'a>>,
    rest: f64,
}

#[derive(Serialize)]
struct Effect<'a> {
    family: &'a str,
    effect: f64,
    words: &'a str,
}

impl<'a> From<&'a Reason> for Effect<'a> {
    fn from(reason: &'a Reason) -> Effect<'a> {
        let effect = four_decimals(reason.effect);
        Effect { family: reason.family, effect, words: &reason.words }
    }
}

fn jsonl(source: &str, explanation: &Explanation, blocks: Range<usize>, top: usize) -> String {
    let page = &explanation.page;
    let block = |i: usize| block(explanation, i, top);
    let (reasons, rest) = effects(&explanation.cut.reasons, top);
    line(&Page {
        source,
        url: &page.url,
        confidence: four_decimals(page.confidence),
        cut: Cut {
            chosen: candidate(&explanation.cut.chosen),
            runner_up: explanation.cut.runner_up.as_ref().map(candidate),
            reasons,
            rest,
        },
        blocks: blocks.map(block).collect(),
    })
}

/// A block as `--format jsonl` writes it.
pub fn block(explanation: &Explanation, i: usize, top: usize) -> impl Serialize {
    let block = &explanation.page.blocks[i];
    Block {
        block: i + 1,
        text: &block.text,
        label: block.label_name(),
        probability: four_decimals(block.probability),
        kept: block.kept,
        rule: block.rule.as_deref(),
        shares: shares(&explanation.blocks[i]),
        stages: explanation.blocks[i].stages.iter().map(|s| stage(s, top)).collect(),
        site: explanation.blocks[i].site.as_ref().map(|s| stage(s, top)),
    }
}

fn shares(block: &BlockReasons) -> Vec<(&'static str, f64)> {
    block.shares.iter().map(|&(label, share)| (label.name(), four_decimals(share))).collect()
}

fn stage(stage: &StageReasons, top: usize) -> Stage<'_> {
    let (reasons, rest) = effects(&stage.reasons, top);
    let (logit, average) = (four_decimals(stage.logit), four_decimals(stage.average));
    Stage { logit, average, reasons, rest }
}

fn candidate(choice: &Choice) -> Candidate {
    Candidate {
        from: choice.from.map(four_decimals),
        once: choice.once,
        blocks: choice.blocks,
        words: four_decimals(choice.words),
        logit: choice.logit.map(four_decimals),
    }
}

/// The strongest reasons, and the sum of the others.
fn effects(reasons: &[Reason], top: usize) -> (Vec<Effect<'_>>, f64) {
    let (told, rest) = reasons.split_at(top.min(reasons.len()));
    let rest = four_decimals(rest.iter().map(|reason| reason.effect).sum());
    (told.iter().map(Effect::from).collect(), rest)
}
