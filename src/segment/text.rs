//! White space: where it is in text, and text without it.

/// Characters kept of a link target: data URIs run to megabytes, and no feature reads past this.
pub(super) const LINK_CHARS: usize = 1000;

/// Bytes of the words that a text begins with, as far as they have single spaces between them: so
/// much can be copied in one piece.
#[inline]
pub(super) fn words(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += bytes[at..].iter().take_while(|b| !may_be_space(**b)).count();
        let Some(&byte) = bytes.get(at) else { return at };
        if byte == b' ' {
            match bytes.get(at + 1) {
                Some(&next) if !may_be_space(next) => at += 1,
                _ => return at,
            }
        } else if white_space(&bytes[at..]) == 0 {
            at += 1;
        } else {
            return at;
        }
    }
}

/// The words of a text: `split_whitespace`, faster where most is ASCII.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = loop {
            match rest.as_bytes() {
                [] => return None,
                bytes => match white_space(bytes) {
                    0 => break rest,
                    space => rest = &rest[space..],
                },
            }
        };
        let bytes = start.as_bytes();
        let mut at = 0;
        while at < bytes.len() && (!may_be_space(bytes[at]) || white_space(&bytes[at..]) == 0) {
            at += 1;
        }
        rest = &start[at..];
        Some(&start[..at])
    })
}

/// Bytes of the white space that a text begins with: that of one character, or 0. A byte in the
/// middle of a character begins none.
#[inline]
pub(super) fn white_space(bytes: &[u8]) -> usize {
    match bytes[0] {
        b' ' | 0x09..=0x0d => 1,
        0..0xc2 => 0,
        0xc2 => match bytes[1] {
            0x85 | 0xa0 => 2,
            _ => 0,
        },
        0xe1..=0xe3 => match (bytes[0], bytes[1], bytes[2]) {
            (0xe1, 0x9a, 0x80) | (0xe3, 0x80, 0x80) | (0xe2, 0x81, 0x9f) => 3,
            (0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf) => 3,
            _ => 0,
        },
        _ => 0,
    }
}

/// Whether white space may begin with this byte.
#[inline]
fn may_be_space(byte: u8) -> bool {
    const TABLE: [bool; 256] = {
        let mut table = [false; 256];
        let begins = [b'\t', b'\n', 0x0b, 0x0c, b'\r', b' ', 0xc2, 0xe1, 0xe2, 0xe3];
        let mut n = 0;
        while n < begins.len() {
            table[begins[n] as usize] = true;
            n += 1;
        }
        table
    };
    TABLE[byte as usize]
}

/// A link target without white space, so that a list of them can be joined by spaces.
pub(super) fn clean_link(href: &str) -> String {
    if (1..=LINK_CHARS).contains(&href.len()) && href.bytes().all(|b| b.is_ascii_graphic()) {
        return href.to_string();
    }
    let clean: String =
        href.trim().chars().filter(|c| !c.is_whitespace()).take(LINK_CHARS).collect();
    if clean.is_empty() { "#".to_string() } else { clean }
}

#[cfg(test)]
mod tests {
    use super::{clean_link, may_be_space, split, white_space, words};

    #[test]
    fn words_end_at_all_but_single_spaces() {
        for (text, wanted) in
            [("a b  c", 3), ("a", 1), ("é à\u{a0}x", 5), ("a ", 1), ("a \u{a0}", 1), ("a\tb", 1)]
        {
            assert_eq!(words(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn words_are_those_of_the_standard_library() {
        for text in ["", " ", "a", " a\u{a0}b  é\tc ", "\u{2028}\u{e2}x", "a\u{3000}"] {
            assert!(split(text).eq(text.split_whitespace()), "{text:?}");
        }
    }

    #[test]
    fn links_have_no_white_space_and_are_short() {
        assert_eq!(clean_link(" /a\n b\u{a0}"), "/ab");
        assert_eq!(clean_link(" "), "#");
        assert_eq!(clean_link(&"é".repeat(2_000)).chars().count(), 1_000);
    }

    #[test]
    fn white_space_is_that_of_unicode() {
        for c in '\0'..=char::MAX {
            let mut bytes = [0; 8];
            let len = c.encode_utf8(&mut bytes).len();
            assert_eq!(white_space(&bytes), if c.is_whitespace() { len } else { 0 }, "{c:?}");
            assert!(may_be_space(bytes[0]) || !c.is_whitespace());
        }
    }
}
