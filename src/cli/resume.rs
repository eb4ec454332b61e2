//! What an output file holds already, and which inputs are left.
//!
//! A record is a line of `--format jsonl`. Each begins with its source and is written at once, so a
//! run that was killed leaves whole records and at most one that is cut.

use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::iter::Peekable;
use std::path::Path;

use saring::{Error, Result};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::input::Pending;
use super::output::say;

/// How every record begins.
const START: &[u8] = b"{\"source\":\"";

/// What an earlier run has done.
#[derive(Debug, Default, PartialEq)]
pub struct Before {
    /// Pages that were written, and inputs that had failed.
    pub done: usize,
    pub failed: usize,
    /// The byte after the last whole record.
    pub end: u64,
}

#[derive(Deserialize)]
struct Record {
    source: String,
    error: Option<IgnoredAny>,
}

/// Reads the records of the file called `name`, and gives the inputs that have none yet, in order.
///
/// Records and inputs are paired by source, each record with one input: of an input that is named
/// twice and was written once, one is left. As long as both are in the same order nothing is kept
/// in memory.
///
/// # Errors
/// The file cannot be read, or holds something else; the message says where.
pub fn left<I: Iterator<Item = Pending>>(
    name: &Path,
    records: &mut dyn BufRead,
    inputs: I,
) -> Result<(Before, impl Iterator<Item = Pending> + use<I>)> {
    let mut inputs = inputs.peekable();
    let mut unpaired = HashMap::new();
    let mut before = Before::default();
    read(name, records, |line, record, end| {
        before.end = end;
        match record.error {
            None => before.done += 1,
            Some(_) => before.failed += 1,
        }
        if unpaired.is_empty() && !pair(&mut inputs, &record.source) {
            say(format!(
                "saring: {}:{line} is of {}, which is not the next input; inputs are looked for by \
                 their source from here on",
                name.display(),
                record.source
            ));
            unpaired.insert(record.source, 1usize);
        } else if !unpaired.is_empty() {
            *unpaired.entry(record.source).or_default() += 1;
        }
    })?;
    let left = inputs.filter(move |input| match unpaired.get_mut(&input.source) {
        Some(records) if *records > 0 => {
            *records -= 1;
            false
        }
        _ => true,
    });
    Ok((before, left))
}

/// Takes the next input if it is the one of this source.
fn pair<I: Iterator<Item = Pending>>(inputs: &mut Peekable<I>, source: &str) -> bool {
    inputs.next_if(|input| input.source == source).is_some()
}

/// Gives `each` the records with their lines and the bytes after them. A last line without an end
/// is no record.
fn read(
    name: &Path,
    mut records: &mut dyn BufRead,
    mut each: impl FnMut(u64, Record, u64),
) -> Result<()> {
    let (mut line, mut end) = (0, 0);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        line += 1;
        // A file of something else may be one endless line: its start is enough to tell.
        let start = (&mut records).take(START.len() as u64).read_until(b'\n', &mut bytes);
        if start.map_err(|e| Error::io(name, e))? == 0 {
            return Ok(());
        }
        let wrong = |what: &str| {
            let place = format!("{}:{line} (byte {end})", name.display());
            Error::Data(format!(
                "{place}: not a record of --format jsonl: {what}; the file is left as it is"
            ))
        };
        if !START.starts_with(&bytes[..bytes.len().min(START.len())]) {
            return Err(wrong("it does not begin with {\"source\":"));
        }
        if bytes.last() != Some(&b'\n') {
            records.read_until(b'\n', &mut bytes).map_err(|e| Error::io(name, e))?;
        }
        if bytes.last() != Some(&b'\n') {
            return Ok(());
        }
        let record = serde_json::from_slice(&bytes).map_err(|error| wrong(&told(&error)))?;
        end += bytes.len() as u64;
        each(line, record, end);
    }
}

/// "line 1" of what was parsed is not the line of the file.
fn told(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or_default();
    format!("{what} at column {}", error.column())
}

#[cfg(test)]
mod tests {
    use super::super::input::Unread;
    use super::*;

    fn inputs(sources: &[&str]) -> impl Iterator<Item = Pending> + use<> {
        let sources: Vec<String> = sources.iter().map(ToString::to_string).collect();
        let pending = |source| Unread { source, message: String::new() }.into();
        sources.into_iter().map(pending)
    }

    /// What is left of `named`, with records of `written` there.
    fn after(written: &[&str], named: &[&str]) -> Vec<String> {
        let records: String =
            written.iter().map(|s| format!("{{\"source\":\"{s}\",\"url\":\"\"}}\n")).collect();
        let (before, left) = left(Path::new("f"), &mut records.as_bytes(), inputs(named)).unwrap();
        let expected = Before { done: written.len(), failed: 0, end: records.len() as u64 };
        assert_eq!(before, expected);
        left.map(|input| input.source).collect()
    }

    #[test]
    fn each_record_stands_for_one_input() {
        assert_eq!(after(&[], &["a", "b"]), ["a", "b"]);
        assert_eq!(after(&["a", "b"], &["a", "b", "c"]), ["c"]);
        assert_eq!(after(&["a", "b"], &["a", "b"]), [""; 0]);
        // Named twice.
        assert_eq!(after(&["a"], &["a", "a"]), ["a"]);
        assert_eq!(after(&["a", "a"], &["a", "a", "b", "a"]), ["b", "a"]);
        assert_eq!(after(&["a", "b"], &["a", "b", "a", "b"]), ["a", "b"]);
        // New ones in between, old ones gone.
        assert_eq!(after(&["a", "c"], &["a", "b", "c", "d"]), ["b", "d"]);
        assert_eq!(after(&["a", "b", "c"], &["c", "d"]), ["d"]);
        assert_eq!(after(&["b", "a", "a"], &["a", "b", "a", "a", "b"]), ["a", "b"]);
    }

    #[test]
    fn what_is_cut_is_no_record_and_failures_are_counted() {
        let whole = "{\"source\":\"a\",\"url\":\"\"}\n{\"source\":\"b\",\"error\":\"gone\"}\n";
        let cut = "{\"source\":\"c\",\"url\":\"\"}";
        for cut in (0..=cut.len()).map(|n| &cut[..n]) {
            let file = format!("{whole}{cut}");
            let named = inputs(&["a", "b", "c"]);
            let (before, left) = left(Path::new("f"), &mut file.as_bytes(), named).unwrap();
            assert_eq!(before, Before { done: 1, failed: 1, end: whole.len() as u64 });
            assert_eq!(left.map(|input| input.source).collect::<Vec<_>>(), ["c"]);
        }
    }

    #[test]
    fn something_else_is_told_with_its_place() {
        let first = "{\"source\":\"a\",\"url\":\"\"}\n";
        let cases = [
            ("not JSON\n", "f:2 (byte 24): not a record of --format jsonl: it does not begin with"),
            ("\n", "f:2 (byte 24)"),
            ("\u{89}PNG", "f:2 (byte 24)"),
            ("{\"source\":\"b\",}\n", "trailing comma at column 15"),
            ("{\"source\":\"b\n", "f:2 (byte 24)"),
            ("\0\0\0", "f:2 (byte 24)"),
        ];
        for (second, expected) in cases {
            let file = format!("{first}{second}");
            let error = left(Path::new("f"), &mut file.as_bytes(), inputs(&["a"])).err().unwrap();
            assert!(error.to_string().contains(expected), "{second:?}: {error}");
        }
    }
}
