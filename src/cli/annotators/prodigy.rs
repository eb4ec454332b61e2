//! Prodigy: one task per line, answered by `accept` and a list of options, or one label that is
//! accepted or rejected. Keys that Prodigy does not know come back as they were.

use std::path::Path;

use saring::{Label, Result};
use serde_json::{Value, json};

use super::items::{self, Object, objects, strings, text, wrong};
use super::task::Task;
use super::{Answers, Stated};

/// Where the fields of the block are; `meta`, which annotators see, has the page alone.
const FIELDS: &str = "saring";

pub fn read(path: &Path, answers: &mut Answers) -> Result<()> {
    for (at, item) in items::json(path)? {
        let fields = [FIELDS, "meta"].into_iter().find_map(|key| item.get(key)?.as_object());
        let none = Object::new();
        let mut task = Task::from_fields(&text(&item, "text", &at)?, fields.unwrap_or(&none), &at)?;
        task.id = text(&item, "_input_hash", &at)?;
        let of = ["_annotator_id", "_session_id"].map(|key| text(&item, key, &at));
        let [annotator, session] = of;
        let annotator = Some(annotator?).filter(|name| !name.is_empty()).map_or(session, Ok)?;
        let names = given(&item, &at, answers)?;
        let labels = match text(&item, "answer", &at)?.as_str() {
            "accept" => answers.names.labels(&names, &at),
            "reject" => {
                answers.rejected += 1;
                Vec::new()
            }
            "ignore" => {
                answers.ignored += 1;
                Vec::new()
            }
            // Not answered yet.
            "" => Vec::new(),
            other => return Err(wrong(&at, &format!("answer is {other:?}"))),
        };
        answers.add(&at, &task, &annotator, labels);
    }
    Ok(())
}

/// The names of the options chosen: their ids where those are labels, else their texts. Without
/// options it is the label of the task.
fn given(item: &Object, at: &str, answers: &Answers) -> Result<Vec<String>> {
    if !item.contains_key("accept") {
        return strings(item, "label", at);
    }
    let options = objects(item, "options", at)?;
    let accepted = match item.get("accept") {
        Some(Value::Array(list)) => list.as_slice(),
        Some(Value::Null) | None => &[],
        Some(_) => return Err(wrong(at, "\"accept\" is no list")),
    };
    let name = |id: &Value| {
        let own = id.as_str().map_or_else(|| id.to_string(), str::to_string);
        if answers.names.knows(&own) {
            return own;
        }
        let option = options.iter().find(|option| option.get("id") == Some(id));
        let words = option.and_then(|option| option.get("text")?.as_str());
        words.map_or(own, str::to_string)
    };
    Ok(accepted.iter().map(name).collect())
}

pub fn jsonl(tasks: &[(Task, Option<Label>)], stated: Stated) -> Vec<u8> {
    let labels = Label::ALL.into_iter().filter(|&label| label != Label::Boilerplate);
    let options: Vec<Value> =
        labels.map(|label| json!({"id": label.name(), "text": label.name()})).collect();
    let mut out = Vec::new();
    for (task, label) in tasks {
        let mut object = Object::new();
        object.insert("text".into(), task.text.as_str().into());
        object.insert("options".into(), options.clone().into());
        if let Some(label) = label {
            object.insert("accept".into(), json!([label.name()]));
            if stated == Stated::Answers {
                object.insert("answer".into(), "accept".into());
            }
        }
        let shown = if task.page.is_empty() { &task.url } else { &task.page };
        object.insert("meta".into(), json!({"page": shown}));
        object.insert(FIELDS.into(), task.fields().into());
        out.extend(format!("{}\n", Value::Object(object)).into_bytes());
    }
    out
}
