//! A report as one page: nothing is loaded, nothing runs, and all that comes from pages is text.

use std::fmt::Write;

use saring::{Confusion, Label, reliability, thinned};

use super::super::super::render::palette::{THEME, escape, label_classes};
use super::blocks::{changed, worst};
use super::side::{Examined, Group, Side};
use super::svg::{Series, chart};
use super::{Feature, POINTS, Report, Section};

const STYLE: &str = include_str!("report.css");

/// Sites, languages and types that are shown.
const GROUPS: usize = 25;

pub fn page(report: &Report, files: &[String]) -> String {
    let title = escape(&report.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title} - saring</title>\n\
         <style>\n{THEME}{}{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
        label_classes()
    );
    if let Some(name) = report.baseline() {
        let _ =
            writeln!(out, "<p class=\"about\">Compared with the baseline {}.</p>", escape(name));
    }
    let _ = writeln!(
        out,
        "<p class=\"about\">Kept means labelled content or headline. The numbers are in {}.</p>",
        escape(&files.join(", "))
    );
    for part in &report.sections {
        section(report, part, &mut out);
    }
    features(&report.features(), &mut out);
    out.push_str("</body>\n</html>\n");
    out
}

fn section(report: &Report, section: &Section, out: &mut String) {
    let side = &section.side;
    let labelled = side.outcomes().len();
    let _ = writeln!(out, "<h2>{}</h2>", escape(&section.name));
    let _ =
        write!(out, "<p class=\"about\">{} pages, {labelled} labelled blocks", side.pages.len());
    if section.unread > 0 {
        let _ = write!(
            out,
            "; {} more pages could not be read and count as missed in the figures with an interval",
            section.unread
        );
    }
    out.push_str("</p>\n");
    figures(section, out);
    if labelled > 0 {
        charts(report, section, out);
        out.push_str("<div class=\"tables\">\n");
        let confusion = side.confusion();
        if !confusion.is_empty() {
            matrix(&confusion, out);
        }
        out.push_str("</div>\n");
    }
    out.push_str("<div class=\"tables\">\n");
    let (main, other) = (side, section.baseline.as_ref());
    groups("F1 by page type", main, other, |page| &page.page_type, "not stated", out);
    groups("F1 by language", main, other, |page| &page.language, "not stated", out);
    groups("F1 by site", main, other, |page| &page.domain, "unknown", out);
    out.push_str("</div>\n");
    if section.baseline.is_some() {
        changed(section, out);
    }
    worst(side, out);
}

fn figures(section: &Section, out: &mut String) {
    const NAMES: [(&str, &str); 8] = [
        ("word_f1", "F1 of the kept text, mean over pages"),
        ("f1", "F1 of kept blocks"),
        ("precision", "precision of kept blocks"),
        ("recall", "recall of kept blocks"),
        ("average_precision", "average precision"),
        ("auc", "AUC"),
        ("calibrated", "1 - calibration error"),
        ("macro_f1", "macro-F1 over the labels"),
    ];
    let main = section.side.figures();
    let other = section.baseline.as_ref().map(Side::figures);
    let heading = if other.is_some() { "<th>baseline</th><th>difference</th>" } else { "" };
    let _ = writeln!(
        out,
        "<div class=\"wide\"><table>\n<tr><th></th><th>this model</th><th>95 % interval</th>{heading}</tr>"
    );
    for (name, words) in NAMES {
        let Some(value) = main.get(name) else { continue };
        // Of pages with gold text the other intervals are of figures that count otherwise.
        let of_words = section.figures.contains_key("word_f1") && name != "word_f1";
        let interval = section.figures.get(name).filter(|_| !of_words).and_then(|f| f.interval);
        let interval =
            interval.map_or(String::new(), |(low, high)| format!("{low:.3} to {high:.3}"));
        let _ = write!(out, "<tr><td>{words}</td><td>{value:.4}</td><td>{interval}</td>");
        if let Some(other) = &other {
            match other.get(name) {
                Some(before) => {
                    let by = value - before;
                    let class = if by > 5e-5 {
                        "better"
                    } else if by < -5e-5 {
                        "worse"
                    } else {
                        ""
                    };
                    let _ = write!(out, "<td>{before:.4}</td><td class=\"{class}\">{by:+.4}</td>");
                }
                None => out.push_str("<td></td><td></td>"),
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
}

fn charts(report: &Report, section: &Section, out: &mut String) {
    let baseline = report.baseline().map(|name| {
        let file = std::path::Path::new(name).file_name().unwrap_or_default();
        format!("baseline {}", file.display())
    });
    let sides = || {
        let other = section.baseline.as_ref().zip(baseline.as_deref());
        [(&section.side, "this model", "main")]
            .into_iter()
            .chain(other.map(|(s, n)| (s, n, "other")))
    };
    let curves: Vec<_> =
        sides().map(|(side, name, class)| (thinned(&side.curve(), POINTS), name, class)).collect();
    out.push_str("<div class=\"charts\">\n");

    let pr = curves.iter().map(|(curve, name, class)| {
        Series::line(
            name,
            class,
            curve.iter().map(|p| (p.scores.recall, p.scores.precision)).collect(),
        )
    });
    out.push_str(&chart("Precision and recall", "recall", "precision", &pr.collect::<Vec<_>>()));

    let roc = curves.iter().map(|(curve, name, class)| {
        let points = curve.iter().map(|p| (p.false_positive_rate, p.scores.recall));
        Series::line(name, class, [(0.0, 0.0)].into_iter().chain(points).collect())
    });
    let chance = Series::line("chance", "thin", vec![(0.0, 0.0), (1.0, 1.0)]);
    let roc: Vec<Series> = [chance].into_iter().chain(roc).collect();
    out.push_str(&chart("ROC", "share of the unwanted kept", "share of the wanted kept", &roc));

    let mut reliable = vec![Series::line("perfect", "thin", vec![(0.0, 0.0), (1.0, 1.0)])];
    for (side, name, class) in sides() {
        let bins = reliability(&side.outcomes());
        let most = bins.iter().map(|bin| bin.blocks).max().unwrap_or(1).max(1) as f64;
        let filled = || bins.iter().filter(|bin| bin.blocks > 0);
        reliable.push(Series {
            // The size of a dot is the number of its blocks.
            radii: Some(
                filled().map(|bin| 2.5 + 6.0 * (bin.blocks as f64 / most).sqrt()).collect(),
            ),
            ..Series::line(name, class, filled().map(|b| (b.probability, b.wanted)).collect())
        });
    }
    out.push_str(&chart("Reliability", "probability", "share that is wanted", &reliable));

    let sweep = section.side.sweep();
    let line = |name: &str, class, of: &dyn Fn(&super::side::Swept) -> f64| {
        Series::line(name, class, sweep.iter().map(|s| (f64::from(s.threshold), of(s))).collect())
    };
    let (chosen, words) = section.side.chosen();
    let level = |name: &str, class, f1| Series::line(name, class, vec![(0.0, f1), (1.0, f1)]);
    let blocks = [
        line("precision", "second", &|s| s.blocks.precision),
        line("recall", "third", &|s| s.blocks.recall),
        line("F1", "main", &|s| s.blocks.f1),
        level(&format!("F1 {:.3} of the cut chosen per page", chosen.f1), "thin", chosen.f1),
    ];
    out.push_str(&chart("One threshold for all pages: blocks", "threshold", "", &blocks));
    if let Some(words) = words {
        let mut series = vec![
            line("word-F1", "main", &|s| s.words.unwrap_or(0.0)),
            level(&format!("{words:.3}, the cut chosen per page"), "thin", words),
        ];
        if let Some(other) = &section.baseline {
            let points = other.sweep();
            let points = points.iter().map(|s| (f64::from(s.threshold), s.words.unwrap_or(0.0)));
            series.push(Series::line("baseline", "other", points.collect()));
        }
        out.push_str(&chart("One threshold for all pages: words", "threshold", "", &series));
    }
    out.push_str("</div>\n");
}

/// A row per true label, a column per given one; the tint is the share of the row.
fn matrix(confusion: &Confusion, out: &mut String) {
    let labels = confusion.labels();
    out.push_str("<div><h3>True labels down, given ones across</h3>\n<div class=\"wide\"><table class=\"matrix\">\n<tr><th></th>");
    let given: Vec<Label> =
        labels.iter().copied().filter(|&l| confusion.given(l).0 > 0.0).collect();
    for label in &given {
        let _ = write!(out, "<th class=\"across\">{label}</th>");
    }
    out.push_str("<th>all</th><th>recall</th><th>precision</th><th>F1</th></tr>\n");
    for &truth in &labels {
        let (scores, all) = confusion.label_scores(truth);
        if all == 0.0 {
            continue;
        }
        let _ = write!(out, "<tr><td>{truth}</td>");
        for &given in &given {
            let count = confusion.count(truth, given);
            let class = if given == truth { "same" } else { "miss" };
            let words = if count > 0.0 { count.to_string() } else { String::new() };
            let _ =
                write!(out, "<td class=\"{class}\" style=\"--v: {:.3}\">{words}</td>", count / all);
        }
        let saring::Scores { precision, recall, f1 } = scores;
        let _ = writeln!(
            out,
            "<th>{all}</th><th>{recall:.3}</th><th>{precision:.3}</th><th>{f1:.3}</th></tr>"
        );
    }
    out.push_str("</table></div></div>\n");
}

/// A table by a property of pages, if any page has it.
fn groups(
    title: &str,
    main: &Side,
    other: Option<&Side>,
    key: fn(&Examined) -> &str,
    unknown: &str,
    out: &mut String,
) {
    if main.pages.iter().all(|page| key(page).is_empty()) {
        return;
    }
    let groups = main.by(key, unknown);
    let before: Vec<Group> = other.map(|side| side.by(key, unknown)).unwrap_or_default();
    let heading = if other.is_some() { "<th>baseline</th>" } else { "" };
    let _ = writeln!(
        out,
        "<div><h3>{title}</h3>\n<table>\n<tr><th></th><th>pages</th><th>F1</th>{heading}</tr>"
    );
    for group in groups.iter().take(GROUPS) {
        let Group { name, pages, f1 } = group;
        let _ = write!(out, "<tr><td>{}</td><td>{pages}</td><td>{f1:.3}</td>", escape(name));
        if let Some(before) = before.iter().find(|before| before.name == *name) {
            let _ = write!(out, "<td>{:.3}</td>", before.f1);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
    if groups.len() > GROUPS {
        let _ = writeln!(out, "<p class=\"about\">The least of {}.</p>", groups.len());
    }
    out.push_str("</div>\n");
}

fn features(features: &[Feature], out: &mut String) {
    out.push_str("<h2>Most weighty features</h2>\n");
    if features.is_empty() {
        out.push_str("<p class=\"about\">Several models were tried, each without a part of the data: see saring model inspect.</p>\n");
        return;
    }
    out.push_str("<p class=\"about\">What one standard deviation more of it does to the log-odds of content.</p>\n<div class=\"tables\">\n");
    for stage in ["one", "two"] {
        let of: Vec<&Feature> = features.iter().filter(|feature| feature.stage == stage).collect();
        if of.is_empty() {
            continue;
        }
        let _ = writeln!(out, "<div><h3>Stage {stage}</h3>\n<table>");
        for feature in of {
            let class = if feature.effect > 0.0 { "better" } else { "worse" };
            let (name, effect) = (escape(feature.name), feature.effect);
            let _ =
                writeln!(out, "<tr><td>{name}</td><td class=\"{class}\">{effect:+.3}</td></tr>");
        }
        out.push_str("</table></div>\n");
    }
    out.push_str("</div>\n");
}
