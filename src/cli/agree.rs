//! `saring agree`: how far two annotators say the same.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

use saring::{Confusion, Dataset, Label, Result};
use serde_json::{Value, json};

use super::output::say;
use super::render::printable;
use super::{Outcome, RunResult};

#[derive(clap::Args)]
pub struct Args {
    /// A Block CSV
    #[arg(value_name = "A.csv")]
    a: PathBuf,
    /// One of the same blocks by somebody else
    #[arg(value_name = "B.csv")]
    b: PathBuf,
    /// What to write
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object
    Json,
}

pub fn run(args: &Args) -> RunResult {
    let read = |path: &Path| -> Result<Dataset> {
        let data = Dataset::read([path])?;
        data.notes.iter().for_each(|note| say(format!("note: {note}")));
        Ok(data)
    };
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let agreement = Agreement::of(&a, &b);
    if agreement.both.is_empty() {
        say("saring: no block has a label in both files");
        return Ok(Outcome::Failed);
    }
    let names = [&args.a, &args.b].map(|path| path.display().to_string());
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Text => agreement.write(&mut out, &names)?,
        Format::Json => writeln!(out, "{:#}", agreement.to_json(&names))?,
    }
    Ok(Outcome::Done)
}

/// Two files of labels side by side.
#[derive(Default)]
struct Agreement {
    /// Labels of the first file down, of the second across, of the blocks that have one in both.
    both: Confusion,
    /// Blocks that are labelled in the first file alone, and in the second.
    labelled_alone: [usize; 2],
    /// Blocks that are in the first file alone, and in the second.
    there_alone: [usize; 2],
    differing: Vec<Differing>,
}

/// A block with two labels.
struct Differing {
    page: String,
    /// Its number on the page in the first file, from 1.
    block: usize,
    text: String,
    labels: [Label; 2],
}

/// What tells a block of a file from all others: page, path, text and how many of these came before.
type Key<'d> = (&'d str, String, &'d str, usize);

/// Every block with its key, its number on its page and its label.
fn blocks(data: &Dataset) -> Vec<(Key<'_>, usize, Option<Label>)> {
    let mut seen: HashMap<(&str, String, &str), usize> = HashMap::new();
    let mut blocks = Vec::new();
    for page in &data.pages {
        for (n, block) in page.document.blocks.iter().enumerate() {
            let (name, path, text) =
                (page.name.as_str(), page.document.path(n), block.text.as_str());
            let before = seen.entry((name, path.clone(), text)).or_default();
            blocks.push(((name, path, text, *before), n + 1, page.labels[n]));
            *before += 1;
        }
    }
    blocks
}

impl Agreement {
    fn of(a: &Dataset, b: &Dataset) -> Agreement {
        let mut agreement = Agreement::default();
        let mut of_b: HashMap<Key, Option<Label>> =
            blocks(b).into_iter().map(|(key, _, label)| (key, label)).collect();
        for (key, block, label) in blocks(a) {
            let Some(other) = of_b.remove(&key) else {
                agreement.there_alone[0] += 1;
                continue;
            };
            match (label, other) {
                (Some(a), Some(b)) => {
                    agreement.both.add(a, b);
                    if a != b {
                        let (page, text) = (key.0.to_string(), key.2.to_string());
                        agreement.differing.push(Differing { page, block, text, labels: [a, b] });
                    }
                }
                (Some(_), None) => agreement.labelled_alone[0] += 1,
                (None, Some(_)) => agreement.labelled_alone[1] += 1,
                (None, None) => {}
            }
        }
        agreement.there_alone[1] = of_b.len();
        agreement
    }

    /// Content and headline against all else.
    fn kept(&self) -> Confusion {
        self.both.merged(|l| if l.is_main() { Label::Content } else { Label::Boilerplate })
    }

    fn alike(&self) -> usize {
        self.both.total() as usize - self.differing.len()
    }

    /// Per label: given in the first file, in the second, in both, and its kappa.
    fn labels(&self) -> BTreeMap<Label, ([f64; 3], Option<f64>)> {
        let of = |label: Label| {
            let (b, a) = self.both.given(label);
            (label, ([a, b, self.both.count(label, label)], self.both.label_kappa(label)))
        };
        self.both.labels().into_iter().map(of).collect()
    }

    fn write(&self, out: &mut dyn Write, [a, b]: &[String; 2]) -> std::io::Result<()> {
        let (alike, all) = (self.alike(), self.both.total() as usize);
        let share = 100.0 * alike as f64 / all as f64;
        writeln!(out, "A {}\nB {}\n", printable(a), printable(b))?;
        writeln!(out, "{all} blocks have a label in both, {alike} of them the same: {share:.1} %")?;
        writeln!(out, "Cohen's kappa {} over the labels", kappa(self.both.kappa()))?;
        writeln!(out, "{:13} {} kept or not", "", kappa(self.kept().kappa()))?;
        let alone = [("labelled", self.labelled_alone), ("there", self.there_alone)];
        for (what, [of_a, of_b]) in alone.iter().filter(|(_, n)| *n != [0, 0]) {
            writeln!(out, "{what} in one alone: {of_a} in A, {of_b} in B")?;
        }
        writeln!(out, "\n{:<16}{:>8}{:>8}{:>8}{:>8}", "label", "A", "B", "both", "kappa")?;
        for (label, ([a, b, both], of_label)) in self.labels() {
            let of_label = kappa(of_label);
            writeln!(out, "{label:<16}{a:>8}{b:>8}{both:>8}{of_label:>8}")?;
        }
        let mut page = None;
        for differing in &self.differing {
            if page != Some(&differing.page) {
                page = Some(&differing.page);
                writeln!(out, "\n{}", printable(&differing.page))?;
            }
            let [a, b] = differing.labels;
            let (block, text) = (differing.block, printable(&differing.text));
            writeln!(out, "{block:>6}  A {a:<14} B {b:<14} {text}")?;
        }
        Ok(())
    }

    fn to_json(&self, files: &[String; 2]) -> Value {
        let label = |(label, ([a, b, both], kappa)): (Label, ([f64; 3], Option<f64>))| {
            let counts = json!({"a": a as u64, "b": b as u64, "both": both as u64, "kappa": kappa});
            (label.name().to_string(), counts)
        };
        let labels: serde_json::Map<String, Value> = self.labels().into_iter().map(label).collect();
        let differing = |d: &Differing| {
            let [a, b] = d.labels.map(Label::name);
            json!({"page": d.page, "block": d.block, "text": d.text, "a": a, "b": b})
        };
        let differing: Vec<Value> = self.differing.iter().map(differing).collect();
        let of = |[a, b]: [usize; 2]| json!({"a": a, "b": b});
        json!({
            "a": files[0], "b": files[1], "blocks": self.both.total() as u64,
            "alike": self.alike(), "kappa": self.both.kappa(), "kappa_kept": self.kept().kappa(),
            "labelled_alone": of(self.labelled_alone), "there_alone": of(self.there_alone),
            "labels": labels, "disagreements": differing,
        })
    }
}

/// To three decimals; a dash where it is undefined.
fn kappa(value: Option<f64>) -> String {
    value.map_or("-".into(), |kappa| format!("{kappa:.3}"))
}
