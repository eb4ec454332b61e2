//! The attributes of a tag, as places in the page: only those that somebody reads, and decoded only
//! when somebody does.

use std::borrow::Cow;

use super::references::decode_attribute;

/// A piece of the page, from byte to byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The text of the span; its references are not decoded.
    pub fn of(self, page: &str) -> &str {
        &page[self.start as usize..self.end as usize]
    }
}

/// The attributes that somebody reads: all others are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Attribute {
    AriaHidden,
    Class,
    Color,
    Content,
    DataLabel,
    Encoding,
    Face,
    Hidden,
    Href,
    Id,
    Open,
    Property,
    Rel,
    Size,
    Style,
    Type,
}

impl Attribute {
    const COUNT: usize = Attribute::Type as usize + 1;

    #[inline]
    pub fn named(name: &[u8]) -> Option<Attribute> {
        use Attribute::*;
        let candidates: &[(&str, Attribute)] = match name.len() {
            2 => &[("id", Id)],
            3 => &[("rel", Rel)],
            4 => &[("href", Href), ("type", Type), ("open", Open), ("size", Size), ("face", Face)],
            5 => &[("class", Class), ("style", Style), ("color", Color)],
            6 => &[("hidden", Hidden)],
            7 => &[("content", Content)],
            8 => &[("property", Property), ("encoding", Encoding)],
            10 => &[("data-label", DataLabel)],
            11 => &[("aria-hidden", AriaHidden)],
            _ => &[],
        };
        candidates.iter().find(|(n, _)| n.as_bytes().eq_ignore_ascii_case(name)).map(|(_, a)| *a)
    }
}

/// The attributes of the start tag that was read last.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attributes {
    present: u32,
    values: [Span; Attribute::COUNT],
    /// All of them as they stand in the page.
    pub source: Span,
}

impl Attributes {
    /// Where the value stands. Of two attributes with the same name the first counts.
    pub fn span(&self, attribute: Attribute) -> Option<Span> {
        self.has(attribute).then(|| self.values[attribute as usize])
    }

    /// The value with its references decoded.
    pub fn value<'a>(&self, attribute: Attribute, page: &'a str) -> Option<Cow<'a, str>> {
        self.span(attribute).map(|span| decode_attribute(span.of(page)))
    }

    /// Whether the attribute is there.
    #[inline]
    pub fn has(&self, attribute: Attribute) -> bool {
        self.present & (1 << attribute as u32) != 0
    }

    /// Forgets all but their source.
    pub fn clear(&mut self) {
        self.present = 0;
    }

    pub fn add(&mut self, attribute: Attribute, value: Span) {
        if !self.has(attribute) {
            self.present |= 1 << attribute as u32;
            self.values[attribute as usize] = value;
        }
    }
}
