//! Label Studio: a list of tasks, each with data and the annotations of any number of people. A
//! task is a text with choices, or a page with spans.

use std::collections::BTreeMap;
use std::path::Path;

use saring::{Block, Label, Limits, Result, Selectable, Selection, segment_html};
use serde_json::{Value, json};

use super::items::{self, Object, objects, strings, text, wrong};
use super::task::Task;
use super::{Answers, Stated};

pub fn read(path: &Path, answers: &mut Answers) -> Result<()> {
    for (at, item) in items::json(path)? {
        let Some(data) = item.get("data").and_then(Value::as_object) else {
            return Err(wrong(&at, "has no \"data\": export as JSON, not as JSON-MIN"));
        };
        let annotations = objects(&item, "annotations", &at)?;
        let spans =
            annotations.iter().map(|a| has_places(a, &at)).collect::<Result<Vec<bool>>>()?;
        let is_page = data.get("text").is_none() || spans.contains(&true);
        match page(data).filter(|_| is_page) {
            Some(html) => read_page(html, data, &annotations, &at, answers)?,
            None if spans.contains(&true) => {
                return Err(wrong(&at, "has spans on a page, but the page is not in its data"));
            }
            None if !data.contains_key("text") => {
                return Err(wrong(&at, "has neither \"text\" nor a page in its data"));
            }
            None => {
                let mut task = Task::from_fields(&text(data, "text", &at)?, data, &at)?;
                task.id = text(&item, "id", &at)?;
                read_text(&task, &annotations, &at, answers)?;
            }
        }
    }
    Ok(())
}

/// The HTML among the data of a task, whatever it is called.
fn page(data: &Object) -> Option<&str> {
    let text = |value: &'_ Value| value.as_str().is_some_and(|text| text.contains('<'));
    let named = ["html", "hypertext"].into_iter().find_map(|name| data.get(name));
    named.into_iter().chain(data.values()).find(|value| text(value))?.as_str()
}

/// Whether an annotation has spans that are told by places in a tree.
fn has_places(annotation: &Object, at: &str) -> Result<bool> {
    let results = objects(annotation, "result", at)?;
    let places = |result: &&Object| result.get("value").is_some_and(|v| v["start"].is_string());
    Ok(results.iter().any(places))
}

/// Who has made an annotation: an address where there is one, else a number.
fn annotator(annotation: &Object, at: &str) -> Result<String> {
    match annotation.get("completed_by") {
        Some(Value::Object(person)) => {
            let email = text(person, "email", at)?;
            if email.is_empty() { text(person, "id", at) } else { Ok(email) }
        }
        _ => text(annotation, "completed_by", at),
    }
}

/// Whether the annotator has skipped the task.
fn skipped(annotation: &Object, answers: &mut Answers) -> bool {
    let skipped = annotation.get("was_cancelled") == Some(&Value::Bool(true));
    answers.ignored += usize::from(skipped);
    skipped
}

fn read_text(task: &Task, annotations: &[&Object], at: &str, answers: &mut Answers) -> Result<()> {
    // Where nobody has answered it is still a block between others.
    answers.add(at, task, "", Vec::new());
    for annotation in annotations {
        let mut names = Vec::new();
        for result in objects(annotation, "result", at)? {
            let Some(value) = result.get("value").and_then(Value::as_object) else { continue };
            if value.contains_key("start") {
                return Err(wrong(at, "has spans on a text: a block has one label, as a choice"));
            }
            names.extend(strings(value, "choices", at)?);
        }
        if !skipped(annotation, answers) {
            let labels = answers.names.labels(&names, at);
            answers.add(at, task, &annotator(annotation, at)?, labels);
        }
    }
    Ok(())
}

/// The share of a block from which a span that covers it labels it.
const LEAST: f32 = 0.5;

fn read_page(
    html: &str,
    data: &Object,
    annotations: &[&Object],
    at: &str,
    answers: &mut Answers,
) -> Result<()> {
    let limits = Limits::default();
    let document = segment_html(html, &limits);
    let page = Selectable::new(html, &document, &limits);
    let [name, stated] = [text(data, "page", at)?, text(data, "url", at)?];
    let task = |(n, block): (usize, &Block)| Task {
        text: block.text.clone(),
        id: n.to_string(),
        page: if name.is_empty() { at.to_string() } else { name.clone() },
        url: if stated.is_empty() { document.url.clone() } else { stated.clone() },
        title: document.title.clone(),
        path: document.path(n),
        links: block.links.clone(),
        link_chars: block.link_chars,
        hidden: block.hidden,
        ..Task::default()
    };
    let tasks: Vec<Task> = document.blocks.iter().enumerate().map(task).collect();
    for task in &tasks {
        answers.add(at, task, "", Vec::new());
    }
    for annotation in annotations {
        if skipped(annotation, answers) {
            continue;
        }
        let annotator = annotator(annotation, at)?;
        let shares = shares(&page, tasks.len(), annotation, at, answers)?;
        for (task, shares) in tasks.iter().zip(shares) {
            let mut labels: Vec<Label> = Vec::new();
            labels.extend(shares.iter().filter(|(_, share)| **share >= LEAST).map(|(l, _)| *l));
            match (labels.is_empty(), shares.is_empty()) {
                (true, true) => labels.extend(answers.rest),
                (true, false) => answers.partly += 1,
                _ => {}
            }
            answers.add(at, task, &annotator, labels);
        }
    }
    Ok(())
}

/// Per block, the share of it that the spans of each label cover.
fn shares(
    page: &Selectable,
    blocks: usize,
    annotation: &Object,
    at: &str,
    answers: &mut Answers,
) -> Result<Vec<BTreeMap<Label, f32>>> {
    let mut shares = vec![BTreeMap::new(); blocks];
    for result in objects(annotation, "result", at)? {
        let Some(value) = result.get("value").and_then(Value::as_object) else { continue };
        if value.contains_key("choices") {
            return Err(wrong(at, "has a choice for a page: its blocks are what is labelled"));
        }
        if !value.contains_key("start") {
            continue;
        }
        let mut names = Vec::new();
        for key in ["hypertextlabels", "htmllabels", "labels"] {
            names.extend(strings(value, key, at)?);
        }
        let labels = answers.names.labels(&names, at);
        match page.blocks(&selection(value, at)?) {
            Ok(covered) => {
                for (block, share) in covered {
                    for label in &labels {
                        *shares[block].entry(*label).or_default() += share;
                    }
                }
            }
            Err(why) => {
                let id = text(result, "id", at)?;
                answers.unplaced.push(format!("{at}: the span {id:?}: {why}"));
            }
        }
    }
    Ok(shares)
}

fn selection(value: &Object, at: &str) -> Result<Selection> {
    let number = |object: &Object, name: &str| -> Result<Option<usize>> {
        match text(object, name, at)?.as_str() {
            "" => Ok(None),
            n => match n.parse() {
                Ok(n) => Ok(Some(n)),
                Err(_) => Err(wrong(at, &format!("{name} is {n:?}, not a number from 0 up"))),
            },
        }
    };
    let global = match value.get("globalOffsets").and_then(Value::as_object) {
        Some(offsets) => number(offsets, "start")?.zip(number(offsets, "end")?),
        None => None,
    };
    Ok(Selection {
        start: text(value, "start", at)?,
        start_offset: number(value, "startOffset")?.unwrap_or(0),
        end: text(value, "end", at)?,
        end_offset: number(value, "endOffset")?.unwrap_or(0),
        global,
        text: Some(text(value, "text", at)?).filter(|text| !text.is_empty()),
    })
}

pub fn json(tasks: &[(Task, Option<Label>)], stated: Stated) -> Vec<u8> {
    let task = |(task, label): &(Task, Option<Label>)| {
        let mut data = Object::new();
        data.insert("text".into(), task.text.as_str().into());
        data.extend(task.fields());
        let result = |label: &Label| {
            json!({"result": [{
                "from_name": "label", "to_name": "text", "type": "choices",
                "value": {"choices": [label.name()]},
            }]})
        };
        let results: Vec<Value> = label.iter().map(result).collect();
        match stated {
            Stated::Answers => json!({"data": data, "annotations": results}),
            Stated::Suggestions => json!({"data": data, "predictions": results}),
        }
    };
    let tasks: Vec<Value> = tasks.iter().map(task).collect();
    format!("{:#}\n", Value::Array(tasks)).into_bytes()
}
