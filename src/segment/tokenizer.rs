//! Text to tokens: the tokenizer of the HTML standard (13.2.5), without its errors.
//!
//! It pulls one token at a time out of a text that is there as a whole, so that nothing is copied
//! and nothing is kept from token to token. Every byte is looked at a bounded number of times: no
//! state goes back behind what it has read.

use memchr::{memchr, memmem};

use super::attributes::{Attribute, Attributes, Span};

/// One token. Names are as they stand in the page, in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Text; its references are not decoded.
    Text(&'a str),
    /// The text of a CDATA section, which has no references.
    CharacterData(&'a str),
    /// A start tag; its attributes are in the [`Attributes`] given to [`Tokenizer::next`].
    Start {
        name: &'a str,
        self_closing: bool,
    },
    End {
        name: &'a str,
    },
    Comment,
    /// What stands between `<!doctype` and `>`.
    Doctype(&'a str),
    Eof,
}

/// How an element that holds only text ends (13.2.5.2 to 13.2.5.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RawText {
    /// At the first end tag of its name.
    UntilEndTag,
    /// The same for `script`, where one inside `<!-- <script>` does not count.
    Script,
    /// Never.
    Plaintext,
}

/// The position in a page.
pub(super) struct Tokenizer<'a> {
    page: &'a str,
    at: usize,
}

#[inline]
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b'\x0c')
}

impl<'a> Tokenizer<'a> {
    /// Reads `page`, which must be shorter than 4 GiB.
    pub fn new(page: &'a str) -> Tokenizer<'a> {
        Tokenizer { page, at: 0 }
    }

    fn span(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    /// The next token. `cdata` says whether `<![CDATA[` opens a section, as in foreign content.
    pub fn next(&mut self, attributes: &mut Attributes, cdata: bool) -> Token<'a> {
        let (page, bytes) = (self.page, self.page.as_bytes());
        let start = self.at;
        let mut at = start;
        loop {
            // Tags often follow each other at once.
            let next =
                if bytes.get(at) == Some(&b'<') { Some(0) } else { memchr(b'<', &bytes[at..]) };
            let Some(found) = next else {
                self.at = bytes.len();
                let rest = &page[start..];
                return if rest.is_empty() { Token::Eof } else { Token::Text(rest) };
            };
            let open = at + found;
            match bytes.get(open + 1) {
                Some(next) if next.is_ascii_alphabetic() || matches!(next, b'!' | b'?') => {}
                Some(b'/') if open + 2 < bytes.len() => {}
                // A "<" that opens nothing is text.
                _ => {
                    at = open + 1;
                    continue;
                }
            }
            if open > start {
                self.at = open;
                return Token::Text(&page[start..open]);
            }
            return match self.markup(open, attributes, cdata) {
                Some(token) => token,
                None => self.next_after_nothing(attributes, cdata),
            };
        }
    }

    /// `</>` and a tag that the page ends in are no tokens.
    #[cold]
    fn next_after_nothing(&mut self, attributes: &mut Attributes, cdata: bool) -> Token<'a> {
        while self.page[self.at..].starts_with("</>") {
            self.at += 3;
        }
        // What follows is not "</>", or is the end: this goes one level deep.
        self.next(attributes, cdata)
    }

    fn markup(
        &mut self,
        open: usize,
        attributes: &mut Attributes,
        cdata: bool,
    ) -> Option<Token<'a>> {
        let bytes = self.page.as_bytes();
        match bytes[open + 1] {
            b'/' => match bytes[open + 2] {
                b'>' => {
                    self.at = open + 3;
                    None
                }
                next if next.is_ascii_alphabetic() => {
                    let name = self.tag(open + 2, attributes)?.0;
                    Some(Token::End { name })
                }
                _ => Some(self.bogus_comment(open + 2)),
            },
            b'!' => Some(self.declaration(open + 2, cdata)),
            b'?' => Some(self.bogus_comment(open + 1)),
            _ => {
                let (name, self_closing) = self.tag(open + 1, attributes)?;
                Some(Token::Start { name, self_closing })
            }
        }
    }

    /// 13.2.5.8: a tag from its name on, and whether it ends in `/>`; `None` if the page ends first.
    fn tag(&mut self, start: usize, attributes: &mut Attributes) -> Option<(&'a str, bool)> {
        let bytes = self.page.as_bytes();
        let mut at = start;
        while bytes.get(at).is_some_and(|&b| !is_space(b) && !matches!(b, b'/' | b'>')) {
            at += 1;
        }
        let name = &self.page[start..at];
        attributes.clear();
        self.at = bytes.len();
        let (end, self_closing) = self.attributes(at, attributes)?;
        attributes.source = Self::span(at, end);
        self.at = end;
        Some((name, self_closing))
    }

    /// 13.2.5.32 to 13.2.5.40: where the tag ends, behind its `>`.
    fn attributes(&self, mut at: usize, attributes: &mut Attributes) -> Option<(usize, bool)> {
        let bytes = self.page.as_bytes();
        loop {
            match *bytes.get(at)? {
                b'>' => return Some((at + 1, false)),
                b'/' if *bytes.get(at + 1)? == b'>' => return Some((at + 2, true)),
                byte if byte == b'/' || is_space(byte) => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let name = at;
            // The first byte belongs to the name, whatever it is: even "=".
            at += 1;
            while !matches!(*bytes.get(at)?, b'=' | b'>' | b'/') && !is_space(bytes[at]) {
                at += 1;
            }
            let known = Attribute::named(&bytes[name..at]);
            while is_space(*bytes.get(at)?) {
                at += 1;
            }
            let mut value = Self::span(at, at);
            if bytes[at] == b'=' {
                at += 1;
                while is_space(*bytes.get(at)?) {
                    at += 1;
                }
                let start = at;
                match bytes[at] {
                    quote @ (b'"' | b'\'') => {
                        at = start + 1 + memchr(quote, &bytes[start + 1..])?;
                        value = Self::span(start + 1, at);
                        at += 1;
                    }
                    _ => {
                        while bytes[at] != b'>' && !is_space(bytes[at]) {
                            at += 1;
                            bytes.get(at)?;
                        }
                        value = Self::span(start, at);
                    }
                }
            }
            if let Some(known) = known {
                attributes.add(known, value);
            }
        }
    }

    /// 13.2.5.41: to the next `>`.
    fn bogus_comment(&mut self, start: usize) -> Token<'a> {
        let rest = &self.page.as_bytes()[start..];
        self.at = memchr(b'>', rest).map_or(self.page.len(), |found| start + found + 1);
        Token::Comment
    }

    /// 13.2.5.42: what follows `<!`.
    fn declaration(&mut self, start: usize, cdata: bool) -> Token<'a> {
        let (page, bytes) = (self.page, self.page.as_bytes());
        let rest = &bytes[start..];
        if rest.starts_with(b"--") {
            self.at = comment_end(bytes, start + 2);
            return Token::Comment;
        }
        if cdata && rest.starts_with(b"[CDATA[") {
            let text = start + 7;
            let found = memmem::find(&bytes[text..], b"]]>");
            let end = found.map_or(page.len(), |found| text + found);
            self.at = (end + 3).min(page.len());
            return Token::CharacterData(&page[text..end]);
        }
        let doctype = rest.get(..7).is_some_and(|word| word.eq_ignore_ascii_case(b"doctype"));
        let token = self.bogus_comment(start);
        if doctype {
            return Token::Doctype(page[start + 7..self.at].trim_end_matches('>'));
        }
        token
    }

    /// The text of an element that holds nothing but text, to behind its end tag. `name` is that
    /// of its start tag.
    pub fn raw_text(&mut self, kind: RawText, name: &str) -> &'a str {
        let start = self.at;
        let end = match kind {
            RawText::Plaintext => None,
            RawText::UntilEndTag => self.end_tag(start, name),
            RawText::Script => self.script_end(start),
        };
        let Some(end) = end else {
            self.at = self.page.len();
            return &self.page[start..];
        };
        // An end tag may have attributes; nobody reads them.
        let after = self.attributes(end + 2 + name.len(), &mut Attributes::default());
        self.at = after.map_or(self.page.len(), |(after, _)| after);
        &self.page[start..end]
    }

    fn end_tag(&self, start: usize, name: &str) -> Option<usize> {
        let bytes = self.page.as_bytes();
        let mut at = start;
        loop {
            at += memchr(b'<', &bytes[at..])?;
            if bytes.get(at + 1) == Some(&b'/') && is_named(&bytes[at + 2..], name) {
                return Some(at);
            }
            at += 1;
        }
    }

    /// 13.2.5.4 and 13.2.5.15 to 13.2.5.31: inside `<!-- ... -->` a `<script>` opens a level that
    /// `</script>` closes.
    fn script_end(&self, start: usize) -> Option<usize> {
        let bytes = self.page.as_bytes();
        let (mut escaped, mut twice) = (false, false);
        let mut at = start;
        loop {
            let rest = &bytes[at..];
            let found =
                if escaped { memchr::memchr2(b'<', b'-', rest)? } else { memchr(b'<', rest)? };
            at += found;
            let rest = &bytes[at..];
            if rest.starts_with(b"-->") {
                (escaped, twice) = (false, false);
                at += 2;
            } else if rest.starts_with(b"<!--") && !escaped {
                escaped = true;
                // "<!-->" opens and closes.
                at += 1;
            } else if rest.starts_with(b"</") && is_named(&rest[2..], "script") {
                if !twice {
                    return Some(at);
                }
                twice = false;
            } else if escaped && rest[0] == b'<' && is_named(&rest[1..], "script") {
                twice = true;
            }
            at += 1;
        }
    }
}

/// Whether a tag name follows, with what ends one behind it.
fn is_named(rest: &[u8], name: &str) -> bool {
    rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        && rest.get(name.len()).is_some_and(|&b| is_space(b) || matches!(b, b'/' | b'>'))
}

/// 13.2.5.43 to 13.2.5.52: behind `-->`, `--!>`, or the `>` of `<!-->` and `<!--->`.
fn comment_end(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start..];
    if rest.starts_with(b">") {
        return start + 1;
    }
    if rest.starts_with(b"->") {
        return start + 2;
    }
    let mut at = start;
    while let Some(found) = memchr(b'>', &bytes[at..]) {
        let text = &bytes[start..at + found];
        at += found + 1;
        if text.ends_with(b"--") || text.ends_with(b"--!") {
            return at;
        }
    }
    bytes.len()
}
