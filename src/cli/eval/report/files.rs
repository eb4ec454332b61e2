//! Every number of a report: all of them as JSON, the tables as CSV.

use saring::{Label, Operating, four_decimals, reliability, thinned};
use serde_json::{Map, Value, json};

use super::side::{Side, Swept};
use super::{POINTS, Report, Section};

/// The files beside the report, each by what comes behind its name.
pub fn all(report: &Report) -> Vec<(String, String)> {
    vec![
        (".json".into(), format!("{:#}\n", json(report))),
        ("-curve.csv".into(), curve_csv(report)),
        ("-reliability.csv".into(), reliability_csv(report)),
        ("-sweep.csv".into(), sweep_csv(report)),
        ("-confusion.csv".into(), confusion_csv(report)),
        ("-pages.csv".into(), pages_csv(report)),
        ("-changed.csv".into(), changed_csv(report)),
    ]
    .into_iter()
    .filter(|(suffix, _)| suffix != "-changed.csv" || report.baseline.is_some())
    .collect()
}

/// A section's models: this one, and the other if there is one.
fn sides(section: &Section) -> impl Iterator<Item = (&'static str, &Side)> {
    let baseline = section.baseline.iter().map(|side| ("baseline", side));
    [("model", &section.side)].into_iter().chain(baseline)
}

fn json(report: &Report) -> Value {
    let features: Vec<Value> = report
        .features()
        .iter()
        .map(|f| json!({"stage": f.stage, "feature": f.name, "effect": four_decimals(f.effect)}))
        .collect();
    let sections: Vec<Value> = report.sections.iter().map(section).collect();
    json!({
        "title": report.title, "baseline": report.baseline(), "features": features,
        "sections": sections,
    })
}

fn section(section: &Section) -> Value {
    let mut object = Map::new();
    object.insert("name".into(), section.name.as_str().into());
    object.insert("unread".into(), section.unread.into());
    let intervals: Map<String, Value> = section
        .figures
        .iter()
        .filter_map(|(name, figure)| Some((name.clone(), json!(figure.interval?))))
        .collect();
    object.insert("intervals".into(), intervals.into());
    for (name, side) in sides(section) {
        object.insert(name.into(), of_side(side));
    }
    let changed: Vec<Value> = section
        .changed()
        .iter()
        .map(|c| {
            json!({
                "page": c.page, "block": c.number, "what": c.what(), "text": c.now.text,
                "truth": c.now.truth, "before": c.before.given, "now": c.now.given,
            })
        })
        .collect();
    if section.baseline.is_some() {
        object.insert("changed".into(), changed.into());
    }
    object.into()
}

fn of_side(side: &Side) -> Value {
    let curve: Vec<Value> = thinned(&side.curve(), POINTS)
        .iter()
        .map(|p| {
            json!({
                "threshold": four_decimals(p.threshold), "kept": p.kept, "precision": p.scores.precision,
                "recall": p.scores.recall, "false_positive_rate": p.false_positive_rate,
            })
        })
        .collect();
    let bins: Vec<Value> = reliability(&side.outcomes())
        .iter()
        .map(|b| {
            json!({"from": b.from, "blocks": b.blocks, "probability": b.probability, "wanted": b.wanted})
        })
        .collect();
    let swept = |s: &Swept| {
        json!({
            "threshold": four_decimals(s.threshold), "precision": s.blocks.precision, "recall": s.blocks.recall,
            "f1": s.blocks.f1, "word_f1": s.words,
        })
    };
    let (chosen, words) = side.chosen();
    let confusion = side.confusion();
    let mut matrix = Map::new();
    for truth in confusion.labels() {
        let given = |&given: &Label| confusion.count(truth, given) > 0.0;
        let row: Map<String, Value> = confusion
            .labels()
            .into_iter()
            .filter(given)
            .map(|given| (given.to_string(), (confusion.count(truth, given) as u64).into()))
            .collect();
        matrix.insert(truth.to_string(), row.into());
    }
    let group = |key: fn(&super::Examined) -> &str| -> Vec<Value> {
        let groups = side.by(key, "");
        groups.iter().map(|g| json!({"name": g.name, "pages": g.pages, "f1": g.f1})).collect()
    };
    let pages: Vec<Value> = side
        .pages
        .iter()
        .map(|p| {
            json!({
                "page": p.name, "domain": p.domain, "type": p.page_type, "language": p.language,
                "f1": p.f1,
            })
        })
        .collect();
    json!({
        "figures": side.figures(), "curve": curve, "reliability": bins,
        "sweep": side.sweep().iter().map(swept).collect::<Vec<_>>(),
        "chosen": {
            "precision": chosen.precision, "recall": chosen.recall, "f1": chosen.f1, "word_f1": words,
        },
        "confusion": matrix, "types": group(|p| &p.page_type), "domains": group(|p| &p.domain),
        "languages": group(|p| &p.language), "pages": pages,
    })
}

/// A table of all sections and models, which are its first two columns.
fn csv<R: IntoIterator<Item = Vec<String>>>(
    report: &Report,
    columns: &[&str],
    rows: impl Fn(&Side) -> R,
) -> String {
    let header = ["set", "model"].iter().chain(columns).map(|name| name.to_string()).collect();
    let mut all = vec![header];
    for section in &report.sections {
        for (model, side) in sides(section) {
            for row in rows(side) {
                all.push(
                    [section.name.clone(), model.to_string()].into_iter().chain(row).collect(),
                );
            }
        }
    }
    written(all)
}

fn written(rows: Vec<Vec<String>>) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    for row in rows {
        out.write_record(row).expect("memory takes all writes");
    }
    String::from_utf8(out.into_inner().expect("memory takes all writes")).expect("made of strings")
}

fn number(value: f64) -> String {
    format!("{value:.6}")
}

fn curve_csv(report: &Report) -> String {
    let columns = ["threshold", "kept", "precision", "recall", "false_positive_rate", "f1"];
    let row = |p: &Operating| {
        let numbers = [p.scores.precision, p.scores.recall, p.false_positive_rate, p.scores.f1];
        let counts = [p.threshold.to_string(), p.kept.to_string()];
        counts.into_iter().chain(numbers.map(number)).collect()
    };
    csv(report, &columns, |side| thinned(&side.curve(), POINTS).iter().map(row).collect::<Vec<_>>())
}

fn reliability_csv(report: &Report) -> String {
    csv(report, &["from", "blocks", "probability", "wanted"], |side| {
        reliability(&side.outcomes()).map(|b| {
            vec![
                format!("{:.1}", b.from),
                b.blocks.to_string(),
                number(b.probability),
                number(b.wanted),
            ]
        })
    })
}

fn sweep_csv(report: &Report) -> String {
    csv(report, &["threshold", "precision", "recall", "f1", "word_f1"], |side| {
        let (chosen, words) = side.chosen();
        let at = side.sweep().into_iter().map(|s| (s.threshold.to_string(), s.blocks, s.words));
        let all = at.chain([("chosen".to_string(), chosen, words)]);
        all.map(|(threshold, s, words)| {
            let numbers = [s.precision, s.recall, s.f1].map(number);
            let words = words.map(number).unwrap_or_default();
            [threshold].into_iter().chain(numbers).chain([words]).collect()
        })
        .collect::<Vec<_>>()
    })
}

fn confusion_csv(report: &Report) -> String {
    csv(report, &["truth", "given", "blocks"], |side| {
        let confusion = side.confusion();
        let labels = confusion.labels();
        let pairs = labels.iter().flat_map(|&t| labels.iter().map(move |&g| (t, g)));
        let counted = pairs.map(|(t, g)| (t, g, confusion.count(t, g))).filter(|(.., n)| *n > 0.0);
        counted
            .map(|(t, g, n)| vec![t.to_string(), g.to_string(), n.to_string()])
            .collect::<Vec<_>>()
    })
}

fn pages_csv(report: &Report) -> String {
    csv(report, &["page", "domain", "type", "language", "f1"], |side| {
        let row = |p: &super::Examined| {
            let names = [&p.name, &p.domain, &p.page_type, &p.language].map(String::clone);
            names.into_iter().chain([number(p.f1)]).collect()
        };
        side.pages.iter().map(row).collect::<Vec<_>>()
    })
}

fn changed_csv(report: &Report) -> String {
    let header = ["set", "page", "block", "what", "truth", "baseline", "model", "text"];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    for section in &report.sections {
        for c in section.changed() {
            rows.push(vec![
                section.name.clone(),
                c.page.to_string(),
                c.number.to_string(),
                c.what().to_string(),
                c.now.truth.map_or("", Label::name).to_string(),
                c.before.given.to_string(),
                c.now.given.to_string(),
                c.now.text.clone(),
            ]);
        }
    }
    written(rows)
}
