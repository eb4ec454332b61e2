//! The Content-Type of a request.

use axum::http::{HeaderMap, StatusCode, header};

use super::answers::Refusal;

/// How a body is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A page, with the charset that its server stated.
    Html(Option<String>),
    /// Plain text, likewise.
    Text(Option<String>),
    /// A page per line.
    Ndjson,
}

impl Kind {
    /// # Errors
    /// 415 for bodies of another kind, packed ones included.
    pub fn of(headers: &HeaderMap) -> Result<Kind, Refusal> {
        let unsupported = |message: &str| Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
        let packed = headers.get(header::CONTENT_ENCODING).is_some_and(|v| v != "identity");
        if packed {
            return Err(unsupported("a Content-Encoding is not undone: send the body as it is"));
        }
        let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        value.and_then(parse).ok_or_else(|| {
            unsupported("Content-Type must be text/html, text/plain or application/x-ndjson")
        })
    }
}

fn parse(value: &str) -> Option<Kind> {
    let mut parts = value.split(';').map(str::trim);
    let kind = parts.next()?.to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"').to_string())
    });
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" => Some(Kind::Html(charset)),
        "text/plain" => Some(Kind::Text(charset)),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some(Kind::Ndjson),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        let latin = || Some("iso-8859-1".to_string());
        assert_eq!(parse("text/html"), Some(Kind::Html(None)));
        assert_eq!(parse("Text/HTML; Charset=\"iso-8859-1\""), Some(Kind::Html(latin())));
        assert_eq!(parse("text/plain;a=b;charset=iso-8859-1;c"), Some(Kind::Text(latin())));
        assert_eq!(parse("application/x-ndjson; charset=utf-8"), Some(Kind::Ndjson));
        for other in ["", "text", "text/htmlx", "application/json", "image/png;charset=utf-8"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
