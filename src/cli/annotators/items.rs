//! The objects of a JSON, JSONL or CSV file, each with its position.

use std::path::Path;

use saring::{Error, Result};
use serde_json::{Map, Value};

pub type Object = Map<String, Value>;

/// The objects of JSONL, of a JSON array, or of several of these one after the other.
///
/// # Errors
/// Names the file, and the line of what is no JSON or no object.
pub fn json(path: &Path) -> Result<Vec<(String, Object)>> {
    let text = read(path)?;
    let mut items = Vec::new();
    let mut values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    let (mut line, mut counted) = (1, 0);
    loop {
        // What comes next begins behind the white space.
        let rest = &text[values.byte_offset()..];
        let start = text.len() - rest.trim_start().len();
        line += text[counted..start].matches('\n').count();
        counted = start;
        let at = format!("{}:{line}", path.display());
        match values.next() {
            None => break,
            Some(Ok(Value::Object(object))) => items.push((at, object)),
            Some(Ok(Value::Array(array))) => {
                for (n, value) in array.into_iter().enumerate() {
                    let at = format!("{}: item {}", path.display(), n + 1);
                    match value {
                        Value::Object(object) => items.push((at, object)),
                        _ => return Err(wrong(&at, "is no JSON object")),
                    }
                }
            }
            Some(Ok(_)) => return Err(wrong(&at, "is no JSON object")),
            Some(Err(error)) => {
                // It names line and column.
                let message = format!("{}: is no JSON: {error}", path.display());
                return Err(Error::Data(message));
            }
        }
    }
    Ok(items)
}

/// The rows of a CSV file with a header, as objects of strings.
///
/// # Errors
/// Names the file and the line.
pub fn csv(path: &Path) -> Result<Vec<(String, Object)>> {
    let text = read(path)?;
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let failed = |error: csv::Error| Error::Data(format!("{}: {error}", path.display()));
    let header = reader.headers().map_err(failed)?.clone();
    let mut items = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let line = record.position().map_or(0, csv::Position::line);
        let fields = header.iter().zip(&record);
        let object = fields.map(|(name, value)| (name.trim().to_string(), value.into())).collect();
        items.push((format!("{}:{line}", path.display()), object));
    }
    Ok(items)
}

fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let before = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
        wrong(&format!("{}:{line}", path.display()), "is not UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text))
}

/// What is wrong at a position.
pub fn wrong(at: &str, what: &str) -> Error {
    Error::Data(format!("{at}: {what}"))
}

/// A field as text, whether it is a string, a number or a flag; empty if it is missing or null.
///
/// # Errors
/// Names the position of a list or an object.
pub fn text(object: &Object, name: &str, at: &str) -> Result<String> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Bool(flag)) => Ok(u8::from(*flag).to_string()),
        // Tools that keep fields in tables make 3.0 of 3.
        Some(Value::Number(n)) => {
            let whole = n.as_f64().filter(|v| v.fract() == 0.0 && v.abs() < 1e15);
            Ok(whole.map_or(n.to_string(), |v| (v as i64).to_string()))
        }
        Some(_) => Err(wrong(at, &format!("{name:?} is neither text nor a number"))),
    }
}

/// A field that is a list of objects; empty if it is missing or null.
///
/// # Errors
/// Names the position of anything else.
pub fn objects<'o>(object: &'o Object, name: &str, at: &str) -> Result<Vec<&'o Object>> {
    let list = match object.get(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(Value::as_object).collect::<Option<Vec<_>>>(),
        Some(_) => None,
    };
    list.ok_or_else(|| wrong(at, &format!("{name:?} is no list of objects")))
}

/// A field that is a list of strings, or one; empty if it is missing or null.
///
/// # Errors
/// Names the position of anything else.
pub fn strings(object: &Object, name: &str, at: &str) -> Result<Vec<String>> {
    let list = match object.get(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(one)) => Some(vec![one.clone()]),
        Some(Value::Array(list)) => {
            list.iter().map(|value| value.as_str().map(str::to_string)).collect()
        }
        Some(_) => None,
    };
    list.ok_or_else(|| wrong(at, &format!("{name:?} is no list of labels")))
}
