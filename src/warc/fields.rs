//! The named fields of a header, as WARC and HTTP write them.

/// Names and values, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of the first field of this name, in whatever case it is written.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The values of all fields of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Reads lines `name: value`. A line that begins with white space goes on with the one before.
    /// Gives also the first line that is no field, which is passed over.
    pub(super) fn read(lines: &[u8]) -> (Fields, Option<String>) {
        let (mut fields, mut wrong) = (Vec::<(String, String)>::new(), None);
        for line in lines.split(|b| *b == b'\n') {
            let text = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
            let value = text.trim();
            if value.is_empty() {
                continue;
            }
            let goes_on = text.starts_with([' ', '\t']);
            match (text.split_once(':'), fields.last_mut()) {
                (_, Some((_, last))) if goes_on => {
                    last.push(' ');
                    last.push_str(value);
                }
                (Some((name, value)), _) if !goes_on && is_name(name) => {
                    fields.push((name.trim_end().to_string(), value.trim().to_string()));
                }
                _ => wrong = wrong.or_else(|| Some(text.chars().take(60).collect())),
            }
        }
        (Fields(fields), wrong)
    }
}

/// The characters that HTTP allows, and white space before the colon, which some writers leave.
fn is_name(name: &str) -> bool {
    let name = name.trim_end();
    let good = |b: u8| b.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&b);
    !name.is_empty() && name.bytes().all(good)
}

/// Where the empty line that ends a header is, and where it ends.
pub(super) fn end_of_header(bytes: &[u8]) -> Option<(usize, usize)> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| match &bytes[at + 1..] {
        [b'\n', ..] => Some((at + 1, at + 2)),
        [b'\r', b'\n', ..] => Some((at + 1, at + 3)),
        _ => None,
    })
}

/// `text/html; charset=x` to the type in lower case, and the charset.
pub(super) fn media_type(value: &str) -> (String, Option<String>) {
    let mut parts = value.split(';');
    let kind = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty())
            .then(|| value.to_string())
    });
    (kind, charset)
}

/// Whether a media type is that of pages.
pub(super) fn is_html(kind: &str) -> bool {
    matches!(kind, "text/html" | "application/xhtml+xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_they_are_written() {
        let text = b"Content-Type: text/html;\r\n\tcharset=utf-8\r\nX :y\nx: z\n: no\nnor this\n\n";
        let (fields, wrong) = Fields::read(text);
        assert_eq!(fields.get("content-TYPE"), Some("text/html; charset=utf-8"));
        assert_eq!(fields.all("x").collect::<Vec<_>>(), ["y", "z"]);
        assert_eq!(fields.get("nor this"), None);
        assert_eq!(wrong.as_deref(), Some(": no"));
        assert_eq!(
            Fields::read(b" goes on with nothing").1.as_deref(),
            Some(" goes on with nothing")
        );
    }

    #[test]
    fn headers_end_at_an_empty_line() {
        assert_eq!(end_of_header(b"a: b\r\n\r\nc"), Some((6, 8)));
        assert_eq!(end_of_header(b"a: b\n\nc"), Some((5, 6)));
        assert_eq!(end_of_header(b"a: b\r\nc: d\r\n"), None);
    }

    #[test]
    fn types_are_taken_apart() {
        let read = |value| media_type(value);
        assert_eq!(read("Text/HTML"), ("text/html".into(), None));
        assert_eq!(
            read("text/html;Charset=\"UTF-8\" "),
            ("text/html".into(), Some("UTF-8".into()))
        );
        assert_eq!(read("text/html; a; charset= x ;b=c"), ("text/html".into(), Some("x".into())));
        assert_eq!(read("text/html; charset="), ("text/html".into(), None));
        assert_eq!(read(""), (String::new(), None));
    }
}
