//! Character references (13.2.5.72 of the HTML standard): `&amp;`, `&#233;`, `&copy2024`.

use std::borrow::Cow;

use web_atoms::NAMED_ENTITIES;

/// The longest name that may stand without its semicolon.
const LONGEST_BARE: usize = 6;
/// Longer than any name with its semicolon.
const LONGEST: usize = 40;

/// What a reference stands for, and how many bytes it takes after the `&`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference {
    pub first: char,
    /// A few names stand for two characters.
    pub second: Option<char>,
    pub len: usize,
}

/// Reads the reference that starts after an `&`; `None` if the `&` is only a character.
pub(super) fn reference(rest: &str, in_attribute: bool) -> Option<Reference> {
    let bytes = rest.as_bytes();
    match bytes.first()? {
        b'#' => numeric(bytes),
        first if first.is_ascii_alphanumeric() => named(rest, in_attribute),
        _ => None,
    }
}

fn numeric(bytes: &[u8]) -> Option<Reference> {
    let (radix, start) = match bytes.get(1) {
        Some(b'x' | b'X') => (16, 2),
        _ => (10, 1),
    };
    let mut code = 0u32;
    let mut at = start;
    while let Some(digit) = bytes.get(at).and_then(|&b| (b as char).to_digit(radix)) {
        // Saturates far above the last code point, where it is no character either way.
        code = (code.min(0x0100_0000) * radix) + digit;
        at += 1;
    }
    if at == start {
        return None;
    }
    if bytes.get(at) == Some(&b';') {
        at += 1;
    }
    Some(Reference { first: character(code), second: None, len: at })
}

/// The character of a number; those of the C1 controls are what Windows-1252 has there.
fn character(code: u32) -> char {
    match code {
        0 => '\u{fffd}',
        0x80..=0x9f => {
            let byte = [code as u8];
            let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte).0;
            text.chars().next().unwrap_or('\u{fffd}')
        }
        code => char::from_u32(code).unwrap_or('\u{fffd}'),
    }
}

fn named(rest: &str, in_attribute: bool) -> Option<Reference> {
    let bytes = rest.as_bytes();
    let letters = bytes.iter().take(LONGEST).take_while(|b| b.is_ascii_alphanumeric()).count();
    if bytes.get(letters) == Some(&b';') {
        let common = match &bytes[..letters] {
            b"amp" => Some('&'),
            b"nbsp" => Some('\u{a0}'),
            b"quot" => Some('"'),
            b"lt" => Some('<'),
            b"gt" => Some('>'),
            _ => None,
        };
        if let Some(first) = common {
            return Some(Reference { first, second: None, len: letters + 1 });
        }
        if let Some(found) = lookup(&rest[..=letters]) {
            return Some(found);
        }
    }
    let found = (2..=letters.min(LONGEST_BARE)).rev().find_map(|len| lookup(&rest[..len]))?;
    let next = bytes.get(found.len);
    let literal = next.is_some_and(|&b| b == b'=' || b.is_ascii_alphanumeric());
    (!(in_attribute && literal)).then_some(found)
}

fn lookup(name: &str) -> Option<Reference> {
    // Prefixes of names are in the map, too, standing for nothing.
    let &(first, second) = NAMED_ENTITIES.get(name).filter(|(first, _)| *first != 0)?;
    Some(Reference {
        first: char::from_u32(first)?,
        second: char::from_u32(second).filter(|_| second != 0),
        len: name.len(),
    })
}

/// The value of an attribute as its source says it.
pub(super) fn decode_attribute(source: &str) -> Cow<'_, str> {
    if memchr::memchr3(b'&', 0, b'\r', source.as_bytes()).is_none() {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = memchr::memchr3(b'&', 0, b'\r', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let mark = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        match mark {
            0 => out.push('\u{fffd}'),
            b'\r' => {
                rest = rest.strip_prefix('\n').unwrap_or(rest);
                out.push('\n');
            }
            _ => match reference(rest, true) {
                Some(found) => {
                    out.push(found.first);
                    out.extend(found.second);
                    rest = &rest[found.len..];
                }
                None => out.push('&'),
            },
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The text of an element that holds only text, with its references decoded.
pub(super) fn decode_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'&', 0, rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let mark = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        match if mark == b'&' { reference(rest, false) } else { None } {
            Some(found) => {
                out.push(found.first);
                out.extend(found.second);
                rest = &rest[found.len..];
            }
            None => out.push(if mark == b'&' { '&' } else { '\u{fffd}' }),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_the_standard_says() {
        for (source, wanted) in [
            ("a &amp; b", "a & b"),
            ("&ampx", "&ampx"),
            ("&amp x", "& x"),
            ("&copy2024", "&copy2024"),
            ("&notin;", "∉"),
            ("&notit;", "&notit;"),
            ("&#233;&#xE9;&#X1F642", "éé🙂"),
            ("&#150;&#0;&#x110000;&#xD800;", "–\u{fffd}\u{fffd}\u{fffd}"),
            ("&#99999999999999999999;", "\u{fffd}"),
            ("&#;&#x;&;& &é", "&#;&#x;&;& &é"),
            ("&bne;", "=\u{20e5}"),
            ("a\r\nb\rc\0", "a\nb\nc\u{fffd}"),
            ("&", "&"),
            ("&am", "&am"),
        ] {
            assert_eq!(decode_attribute(source), wanted, "{source}");
        }
        assert_eq!(reference("copy2024", false).map(|r| (r.first, r.len)), Some(('©', 4)));
        assert_eq!(reference("notit;", false).map(|r| (r.first, r.len)), Some(('¬', 3)));
    }

    #[test]
    fn names_are_no_longer_than_assumed() {
        let names = || NAMED_ENTITIES.entries().filter(|(_, to)| to.0 != 0).map(|(name, _)| name);
        assert!(names().all(|name| name.len() < LONGEST));
        assert!(names().all(|name| name.ends_with(';') || name.len() <= LONGEST_BARE));
        assert!(
            names()
                .all(|name| name.trim_end_matches(';').bytes().all(|b| b.is_ascii_alphanumeric()))
        );
    }
}
