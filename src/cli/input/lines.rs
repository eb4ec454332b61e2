//! JSON lines to pages.

use std::io::{self, BufRead, Read};

use serde::Deserialize;

use super::{Body, Input, Pending, Unread, What, unread};

/// A line of JSONL; other keys are ignored.
#[derive(Deserialize)]
struct Line {
    url: Option<String>,
    html: Option<String>,
    text: Option<String>,
}

/// The pages of JSON lines.
pub struct Lines {
    source: String,
    reader: Box<dyn BufRead + Send>,
    limit: usize,
    line: u64,
    ended: bool,
}

impl Lines {
    pub fn new(source: String, reader: Box<dyn BufRead + Send>, limit: usize) -> Lines {
        Lines { source, reader, limit, line: 0, ended: false }
    }
}

impl Iterator for Lines {
    type Item = Pending;

    fn next(&mut self) -> Option<Pending> {
        while !self.ended {
            self.line += 1;
            let source = format!("{}:{}", self.source, self.line);
            match self.read_line() {
                Ok(Some(line)) if line.trim_ascii().is_empty() => {}
                Ok(Some(line)) => return Some(Pending { source, what: What::Line(line) }),
                Ok(None) => self.ended = true,
                Err(error) => {
                    // A line too long is passed over; nothing follows a reader that failed.
                    self.ended = error.kind() != io::ErrorKind::FileTooLarge;
                    return Some(unread(&source, error).into());
                }
            }
        }
        None
    }
}

impl Lines {
    /// The next line with its end; `None` after the last.
    fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        // An escape takes six bytes for one; the rest is room for the address and other keys.
        let most = (self.limit as u64).saturating_mul(6).saturating_add(1 << 16);
        let mut line = Vec::new();
        (&mut self.reader).take(most).read_until(b'\n', &mut line)?;
        if line.len() as u64 == most && line.last() != Some(&b'\n') {
            self.reader.skip_until(b'\n')?;
            let message = format!("the line is longer than {most} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok((!line.is_empty()).then_some(line))
    }
}

/// # Errors
/// What is wrong with the line.
pub fn parse_line(line: &[u8], source: String) -> std::result::Result<Input, Unread> {
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let Line { url, html, text } = serde_json::from_slice(line).map_err(|e| {
        // "line 1" of what was parsed is not the line of the file.
        let message = e.to_string();
        let what = message.split(" at line ").next().unwrap_or_default();
        unread(&source, format!("not a page in JSON: {what} at column {}", e.column()))
    })?;
    let body = match (html, text) {
        (Some(html), _) => Body::Html(html.into_bytes()),
        (None, Some(text)) => Body::Text(text.into_bytes()),
        (None, None) => return Err(unread(&source, "neither \"html\" nor \"text\" is there")),
    };
    // JSON is UTF-8 whatever the page in it declares.
    Ok(Input { source, url, body, charset: Some("utf-8".into()), cut: false })
}

#[cfg(test)]
mod tests {
    use saring::Limits;

    use super::*;

    #[test]
    fn lines_too_long_are_passed_over() {
        let text = format!("{{\"text\":\"{}\"}}\n{{\"text\":\"x\"}}", "a".repeat(80_000));
        let reader = Box::new(io::Cursor::new(text));
        let lines = Lines::new("f".into(), reader, 10);
        let found: Vec<_> = lines.map(Pending::read).collect();
        assert!(found[0].as_ref().unwrap_err().message.contains("longer than"));
        assert_eq!(found[1].as_ref().unwrap().source, "f:2");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn json_is_utf_8_whatever_the_page_says() {
        let line = r#"{"url":"https://a.example/","html":"<meta charset=iso-2022-jp><p>café"}"#;
        let input = parse_line(line.as_bytes(), "f:1".into()).unwrap();
        let (document, _) = input.segment(&Limits::default());
        assert_eq!(document.blocks[0].text, "café");
        assert_eq!(document.url, "https://a.example/");
    }
}
