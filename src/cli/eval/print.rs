//! Figures as tables.

use std::collections::BTreeMap;
use std::io::{Result, Write};

use saring::{BlockReport, Confusion, Figure, Label, PageReport, PageScore, Scores};

/// Said of pages that a cross-validation scores.
pub const HELD_OUT: &str = ", each by a model that has not seen its domain";

/// Figures of blocks, per label and over all, below what was measured and `how`.
pub fn write_blocks(
    out: &mut dyn Write,
    report: &BlockReport,
    figures: &BTreeMap<String, Figure>,
    how: &str,
) -> Result<()> {
    writeln!(out, "{} blocks of {} pages{how}\n", report.blocks(), report.pages)?;
    writeln!(
        out,
        "{:<16}{:>10}{:>10}{:>10}{:>10}",
        "label", "precision", "recall", "F1", "blocks"
    )?;
    let row = |out: &mut dyn Write, name: &str, s: Scores, n: f64| {
        writeln!(out, "{name:<16}{:>10.3}{:>10.3}{:>10.3}{n:>10}", s.precision, s.recall, s.f1)
    };
    let confusion = report.confusion();
    for label in confusion.labels() {
        let (scores, support) = confusion.label_scores(label);
        row(out, label.name(), scores, support)?;
    }
    row(out, "kept", report.kept(), report.blocks() as f64)?;
    writeln!(out)?;
    let named = [("f1", "F1 of kept"), ("auc", "AUC"), ("macro_f1", "macro-F1 over the labels")];
    for (name, title) in named {
        if let Some(figure) = figures.get(name) {
            writeln!(out, "{title:<28}{figure}")?;
        }
    }
    if let Some(calibrated) = figures.get("calibrated") {
        writeln!(out, "{:<28}{}", "calibration error", calibrated.complement())?;
    }
    write_interval_note(out, figures, report.domains())
}

/// Figures of a set of pages, under its name.
pub fn write_pages(
    out: &mut dyn Write,
    name: &str,
    report: &PageReport,
    figures: &BTreeMap<String, Figure>,
) -> Result<()> {
    writeln!(out, "\n{name}: {} pages", report.pages.len())?;
    let title = "F1 [95 % interval]";
    writeln!(out, "{:<28}{:>10}{:>10}  {title:<22}{:>6}", "", "precision", "recall", "pages")?;
    let row = |out: &mut dyn Write, what: &str, s: Scores, figure: &str, n: usize| {
        let f1 = figures.get(figure).map_or(String::new(), Figure::to_string);
        writeln!(out, "{what:<28}{:>10.4}{:>10.4}  {f1:<22}{n:>6}", s.precision, s.recall)
    };
    let pages = report.pages.len();
    match report.snippets() {
        Some(scores) => row(out, "wanted against unwanted", scores, "snippet_f1", pages)?,
        None => row(out, "words, mean over pages", report.text(), "word_f1", pages)?,
    }
    for (page_type, (scores, pages)) in report.by_type() {
        row(out, &page_type, scores, &format!("word_f1.{page_type}"), pages)?;
    }
    if let Some(share) = figures.get("content_blocks_kept") {
        let (kept, all) = report.content_blocks();
        writeln!(out, "content blocks kept {kept} of {all}: {share}")?;
    }
    if let Some(removed) = figures.get("inline_lines_removed") {
        let (left, all) = report.inline_lines();
        let share = removed.complement();
        writeln!(out, "inline boilerplate lines left in {left} of {all}: {share}")?;
    }
    if let Some(macro_f1) = figures.get("macro_f1") {
        let confusion = report.confusion();
        for label in confusion.labels() {
            let (s, n) = confusion.label_scores(label);
            let (precision, recall) = (s.precision, s.recall);
            writeln!(out, "  {label:<26}{precision:>10.3}{recall:>10.3}  {:<22.3}{n:>6}", s.f1)?;
        }
        writeln!(out, "macro-F1 over the labels {macro_f1}")?;
    }
    let mut worst: Vec<&PageScore> = report.pages.iter().collect();
    worst.sort_by(|a, b| a.text.f1.total_cmp(&b.text.f1));
    let worst: Vec<String> =
        worst.iter().take(8).map(|p| format!("{} {:.2}", p.name, p.text.f1)).collect();
    writeln!(out, "worst: {}", worst.join(", "))?;
    write_interval_note(out, figures, report.domains())
}

fn write_interval_note(
    out: &mut dyn Write,
    figures: &BTreeMap<String, Figure>,
    domains: usize,
) -> Result<()> {
    if figures.values().any(|figure| figure.interval.is_some()) {
        writeln!(out, "[ ]: 95 % bootstrap intervals over {domains} registered domains")?;
    }
    Ok(())
}

/// The labels given to each true label, over all and for each registered domain that a kind of
/// boilerplate is known of: of the others there is nothing to confuse.
pub fn write_confusion(
    out: &mut dyn Write,
    name: &str,
    all: &Confusion,
    domains: &BTreeMap<&str, Confusion>,
) -> Result<()> {
    write_matrix(out, &format!("{name}, {} registered domains", domains.len()), all)?;
    let kinds = Label::ALL.into_iter().filter(|l| !l.is_main() && *l != Label::Boilerplate);
    let kinds: Vec<Label> = kinds.collect();
    let known = |confusion: &Confusion| kinds.iter().any(|&k| confusion.label_scores(k).1 > 0.0);
    for (domain, confusion) in domains.iter().filter(|(_, confusion)| known(confusion)) {
        write_matrix(out, &format!("{name}, {domain}"), confusion)?;
    }
    Ok(())
}

/// One row per true label and one column per given label, of those that occur.
fn write_matrix(out: &mut dyn Write, title: &str, confusion: &Confusion) -> Result<()> {
    let labels = confusion.labels();
    let given: Vec<_> = labels
        .iter()
        .copied()
        .filter(|&given| labels.iter().any(|&truth| confusion.count(truth, given) > 0.0))
        .collect();
    let width = |name: &str| name.len().max(4) + 2;
    writeln!(out, "\n{title}: true labels down, given labels across")?;
    write!(out, "{:<16}", "")?;
    for label in &given {
        write!(out, "{label:>width$}", width = width(label.name()))?;
    }
    writeln!(out, "{:>8}", "all")?;
    for &truth in &labels {
        let (_, all) = confusion.label_scores(truth);
        if all == 0.0 {
            continue;
        }
        write!(out, "{truth:<16}")?;
        for &label in &given {
            let (count, width) = (confusion.count(truth, label), width(label.name()));
            write!(out, "{count:>width$}")?;
        }
        writeln!(out, "{all:>8}")?;
    }
    Ok(())
}
