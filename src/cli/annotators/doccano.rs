//! doccano: one object or row per text with its labels. What else is in a row, doccano keeps as
//! metadata of the text and writes back beside it.

use std::path::Path;

use saring::{Label, Result};
use serde_json::Value;

use super::Answers;
use super::items::{self, Object, strings, text, wrong};
use super::task::Task;

pub fn read(path: &Path, answers: &mut Answers) -> Result<()> {
    let is_csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let items = if is_csv { items::csv(path)? } else { items::json(path)? };
    for (at, item) in items {
        let label = match item.keys().find(|key| ["label", "labels"].contains(&key.as_str())) {
            Some(key) => key.as_str(),
            None if item.contains_key("annotations") => {
                let old = "labels are numbers, as old versions write them: export with label names";
                return Err(wrong(&at, old));
            }
            None => return Err(wrong(&at, "there is no \"label\"")),
        };
        if has_spans(&item, label) {
            return Err(wrong(&at, "is of sequence labelling, not of text classification"));
        }
        let names = strings(&item, label, &at)?;
        let names: Vec<String> =
            names.iter().flat_map(|name| parts(name, is_csv, answers)).collect();
        let labels = answers.names.labels(&names, &at);
        // Old versions keep it apart.
        let meta = item.get("meta").and_then(Value::as_object).unwrap_or(&item);
        let mut task = Task::from_fields(&text(&item, "text", &at)?, meta, &at)?;
        task.id = text(&item, "id", &at)?;
        let annotator = text(&item, "annotator", &at)?;
        answers.add(&at, &task, &annotator, labels);
    }
    Ok(())
}

fn has_spans(item: &Object, label: &str) -> bool {
    let list = item.get(label).and_then(Value::as_array);
    list.is_some_and(|list| list.iter().any(|entry| entry.is_array() || entry.is_object()))
}

/// In CSV several labels of a text are joined by `#`.
fn parts(name: &str, is_csv: bool, answers: &Answers) -> Vec<String> {
    if name.is_empty() {
        return Vec::new();
    }
    if !is_csv || answers.names.knows(name) {
        return vec![name.to_string()];
    }
    name.split('#').map(str::to_string).collect()
}

pub fn jsonl(tasks: &[(Task, Option<Label>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (task, label) in tasks {
        let mut object = Object::new();
        object.insert("text".into(), task.text.as_str().into());
        let labels: Vec<&str> = label.iter().map(|label| label.name()).collect();
        object.insert("label".into(), labels.into());
        object.extend(task.fields());
        out.extend(format!("{}\n", Value::Object(object)).into_bytes());
    }
    out
}

pub fn csv(tasks: &[(Task, Option<Label>)]) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let no_place = Task::default().fields();
    let names = ["place"].into_iter().chain(no_place.keys().map(String::as_str));
    let header: Vec<&str> = ["text", "label"].into_iter().chain(names.clone()).collect();
    let written = "memory takes all writes";
    out.write_record(header).expect(written);
    for (task, label) in tasks {
        let fields = task.fields();
        let value = |name| text(&fields, name, "").unwrap_or_default();
        let row = [task.text.clone(), label.map_or("", Label::name).to_string()];
        out.write_record(row.into_iter().chain(names.clone().map(value))).expect(written);
    }
    out.into_inner().expect(written)
}
