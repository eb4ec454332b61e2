//! Tag names as numbers, with what the rules need to know of each in one table.

use std::collections::HashMap;

/// A tag name: one of the table below, or a number that [`Names`] gave out for this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag(u32);

/// What a tag is, as a set of bits. The sets are those of the HTML standard unless noted.
pub(super) mod property {
    /// Ours: does not end a block.
    pub const INLINE: u32 = 1;
    /// Ours: its text is not text of the page.
    pub const SKIPPED: u32 = 1 << 1;
    /// 13.2.4.2, the special category.
    pub const SPECIAL: u32 = 1 << 2;
    /// 13.2.4.2, ends the search for an element in scope.
    pub const SCOPE: u32 = 1 << 3;
    /// 13.2.6.3, closed by "generate implied end tags".
    pub const IMPLIED_END: u32 = 1 << 4;
    /// 13.2.6.4.7, start tags that close a `p` and are inserted.
    pub const CLOSES_P: u32 = 1 << 5;
    /// 13.2.6.4.7, end tags that close the element of that name in scope.
    pub const BLOCK_END: u32 = 1 << 6;
    /// 13.2.4.3, formatting elements that are only reconstructed and inserted (not `a`, `nobr`).
    pub const FORMATTING: u32 = 1 << 7;
    /// 13.2.6.5, start tags that leave foreign content.
    pub const BREAKOUT: u32 = 1 << 8;
    /// `h1` to `h6`.
    pub const HEADING: u32 = 1 << 9;
    /// 13.2.6.4.7, start tags that are handled by the rules for "in head".
    pub const METADATA: u32 = 1 << 10;
    /// `table`, `tbody`, `tfoot`, `thead`, `tr`: text in them is foster-parented.
    pub const TABLE_PART: u32 = 1 << 11;
}
use property::*;

/// The properties of a tag nobody knows: it ends a block.
const UNKNOWN: u32 = 0;

macro_rules! tags {
    ($($constant:ident $name:literal $properties:expr;)*) => {
        // Most are in the table for their properties alone.
        #[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
        enum Number { $($constant),* }
        #[allow(dead_code)]
        impl Tag {
            $(pub const $constant: Tag = Tag(Number::$constant as u32);)*
        }
        const NAMES: &[&str] = &[$($name),*];
        const PROPERTIES: &[u32] = &[$($properties),*];
    };
}

tags! {
    A "a" INLINE;
    ABBR "abbr" INLINE;
    ACRONYM "acronym" INLINE;
    ADDRESS "address" SPECIAL | CLOSES_P | BLOCK_END;
    ANNOTATION_XML "annotation-xml" 0;
    APPLET "applet" SPECIAL | SCOPE;
    AREA "area" SPECIAL;
    ARTICLE "article" SPECIAL | CLOSES_P | BLOCK_END;
    ASIDE "aside" SPECIAL | CLOSES_P | BLOCK_END;
    AUDIO "audio" SKIPPED;
    B "b" INLINE | FORMATTING | BREAKOUT;
    BASE "base" SPECIAL | METADATA;
    BASEFONT "basefont" SPECIAL | METADATA;
    BDI "bdi" INLINE;
    BDO "bdo" INLINE;
    BGSOUND "bgsound" SPECIAL | METADATA;
    BIG "big" INLINE | FORMATTING | BREAKOUT;
    BLOCKQUOTE "blockquote" SPECIAL | CLOSES_P | BLOCK_END | BREAKOUT;
    BODY "body" SPECIAL | BREAKOUT;
    BR "br" INLINE | SPECIAL | BREAKOUT;
    BUTTON "button" SPECIAL | BLOCK_END;
    CANVAS "canvas" SKIPPED;
    CAPTION "caption" SPECIAL | SCOPE;
    CENTER "center" SPECIAL | CLOSES_P | BLOCK_END | BREAKOUT;
    CITE "cite" INLINE;
    CODE "code" INLINE | FORMATTING | BREAKOUT;
    COL "col" SPECIAL;
    COLGROUP "colgroup" SPECIAL;
    DATA "data" INLINE;
    DATALIST "datalist" SKIPPED;
    DD "dd" SPECIAL | IMPLIED_END | BREAKOUT;
    DEL "del" INLINE;
    DESC "desc" 0;
    DETAILS "details" SPECIAL | CLOSES_P | BLOCK_END;
    DFN "dfn" INLINE;
    DIALOG "dialog" CLOSES_P | BLOCK_END;
    DIR "dir" SPECIAL | CLOSES_P | BLOCK_END;
    DIV "div" SPECIAL | CLOSES_P | BLOCK_END | BREAKOUT;
    DL "dl" SPECIAL | CLOSES_P | BLOCK_END | BREAKOUT;
    DT "dt" SPECIAL | IMPLIED_END | BREAKOUT;
    EM "em" INLINE | FORMATTING | BREAKOUT;
    EMBED "embed" SPECIAL | BREAKOUT;
    FIELDSET "fieldset" SPECIAL | CLOSES_P | BLOCK_END;
    FIGCAPTION "figcaption" SPECIAL | CLOSES_P | BLOCK_END;
    FIGURE "figure" SPECIAL | CLOSES_P | BLOCK_END;
    FONT "font" INLINE | FORMATTING;
    FOOTER "footer" SPECIAL | CLOSES_P | BLOCK_END;
    FOREIGN_OBJECT "foreignobject" 0;
    FORM "form" SPECIAL;
    FRAME "frame" SPECIAL;
    FRAMESET "frameset" SPECIAL;
    H1 "h1" SPECIAL | HEADING | BREAKOUT;
    H2 "h2" SPECIAL | HEADING | BREAKOUT;
    H3 "h3" SPECIAL | HEADING | BREAKOUT;
    H4 "h4" SPECIAL | HEADING | BREAKOUT;
    H5 "h5" SPECIAL | HEADING | BREAKOUT;
    H6 "h6" SPECIAL | HEADING | BREAKOUT;
    HEAD "head" SPECIAL | BREAKOUT;
    HEADER "header" SPECIAL | CLOSES_P | BLOCK_END;
    HGROUP "hgroup" SPECIAL | CLOSES_P | BLOCK_END;
    HR "hr" SPECIAL | BREAKOUT;
    HTML "html" SPECIAL | SCOPE;
    I "i" INLINE | FORMATTING | BREAKOUT;
    IFRAME "iframe" SKIPPED | SPECIAL;
    IMAGE "image" 0;
    IMG "img" INLINE | SPECIAL | BREAKOUT;
    INPUT "input" SPECIAL;
    INS "ins" INLINE;
    KBD "kbd" INLINE;
    KEYGEN "keygen" 0;
    LABEL "label" 0;
    LI "li" SPECIAL | IMPLIED_END | BREAKOUT;
    LINK "link" SPECIAL | METADATA;
    LISTING "listing" SPECIAL | BLOCK_END | BREAKOUT;
    MAIN "main" SPECIAL | CLOSES_P | BLOCK_END;
    MALIGNMARK "malignmark" 0;
    MARK "mark" INLINE;
    MARQUEE "marquee" SPECIAL | SCOPE;
    MATH "math" 0;
    MENU "menu" SPECIAL | CLOSES_P | BLOCK_END | BREAKOUT;
    META "meta" SPECIAL | METADATA | BREAKOUT;
    MGLYPH "mglyph" 0;
    MI "mi" 0;
    MN "mn" 0;
    MO "mo" 0;
    MS "ms" 0;
    MTEXT "mtext" 0;
    NAV "nav" SPECIAL | CLOSES_P | BLOCK_END;
    NOBR "nobr" INLINE | BREAKOUT;
    NOEMBED "noembed" SKIPPED | SPECIAL;
    NOFRAMES "noframes" SKIPPED | SPECIAL | METADATA;
    NOSCRIPT "noscript" SPECIAL;
    OBJECT "object" SPECIAL | SCOPE;
    OL "ol" SPECIAL | CLOSES_P | BLOCK_END | BREAKOUT;
    OPTGROUP "optgroup" IMPLIED_END;
    OPTION "option" IMPLIED_END;
    P "p" SPECIAL | CLOSES_P | IMPLIED_END | BREAKOUT;
    PARAM "param" SPECIAL;
    PICTURE "picture" INLINE;
    PLAINTEXT "plaintext" SPECIAL;
    PRE "pre" SPECIAL | BLOCK_END | BREAKOUT;
    Q "q" INLINE;
    RB "rb" INLINE | IMPLIED_END;
    RP "rp" INLINE | IMPLIED_END;
    RT "rt" INLINE | IMPLIED_END;
    RTC "rtc" IMPLIED_END;
    RUBY "ruby" INLINE | BREAKOUT;
    S "s" INLINE | FORMATTING | BREAKOUT;
    SAMP "samp" INLINE;
    SCRIPT "script" SKIPPED | SPECIAL | METADATA;
    SEARCH "search" CLOSES_P | BLOCK_END;
    SECTION "section" SPECIAL | CLOSES_P | BLOCK_END;
    SELECT "select" SPECIAL | SCOPE | BLOCK_END;
    SMALL "small" INLINE | FORMATTING | BREAKOUT;
    SOURCE "source" INLINE | SPECIAL;
    SPAN "span" INLINE | BREAKOUT;
    STRIKE "strike" INLINE | FORMATTING | BREAKOUT;
    STRONG "strong" INLINE | FORMATTING | BREAKOUT;
    STYLE "style" SKIPPED | SPECIAL | METADATA;
    SUB "sub" INLINE | BREAKOUT;
    SUMMARY "summary" SPECIAL | CLOSES_P | BLOCK_END;
    SUP "sup" INLINE | BREAKOUT;
    SVG "svg" SKIPPED;
    TABLE "table" SPECIAL | SCOPE | BREAKOUT | TABLE_PART;
    TBODY "tbody" SPECIAL | TABLE_PART;
    TD "td" SPECIAL | SCOPE;
    TEMPLATE "template" SKIPPED | SPECIAL | SCOPE | METADATA;
    TEXTAREA "textarea" SKIPPED | SPECIAL;
    TFOOT "tfoot" SPECIAL | TABLE_PART;
    TH "th" SPECIAL | SCOPE;
    THEAD "thead" SPECIAL | TABLE_PART;
    TIME "time" INLINE;
    TITLE "title" SPECIAL | METADATA;
    TR "tr" SPECIAL | TABLE_PART;
    TRACK "track" SPECIAL;
    TT "tt" INLINE | FORMATTING | BREAKOUT;
    U "u" INLINE | FORMATTING | BREAKOUT;
    UL "ul" SPECIAL | CLOSES_P | BLOCK_END | BREAKOUT;
    VAR "var" INLINE | BREAKOUT;
    VIDEO "video" SKIPPED;
    WBR "wbr" INLINE | SPECIAL;
    XMP "xmp" SPECIAL;
}

/// Slots of the hash table over [`NAMES`]: a power of two, four times as many as names.
const SLOTS: usize = 1024;
const EMPTY: u8 = u8::MAX;
const _: () = assert!(NAMES.len() < EMPTY as usize);

static TABLE: [u8; SLOTS] = table();
static LONGEST: usize = longest();

const fn longest() -> usize {
    let (mut longest, mut n) = (0, 0);
    while n < NAMES.len() {
        if NAMES[n].len() > longest {
            longest = NAMES[n].len();
        }
        n += 1;
    }
    longest
}

const fn table() -> [u8; SLOTS] {
    let mut table = [EMPTY; SLOTS];
    let mut n = 0;
    while n < NAMES.len() {
        let mut slot = slot(NAMES[n].as_bytes());
        while table[slot] != EMPTY {
            slot = (slot + 1) % SLOTS;
        }
        table[slot] = n as u8;
        n += 1;
    }
    table
}

/// Upper and lower case of a letter differ in one bit, which is left out; digits stay apart.
const fn slot(name: &[u8]) -> usize {
    let mut hash: u32 = name.len() as u32;
    let mut n = 0;
    while n < name.len() {
        hash = hash.wrapping_mul(0x0100_0193) ^ (name[n] & 0xDF) as u32;
        n += 1;
    }
    (hash.wrapping_mul(0x9E37_79B1) >> 22) as usize % SLOTS
}

impl Tag {
    /// The tag of the table with this name, in any case.
    pub fn known(name: &[u8]) -> Option<Tag> {
        if name.len() > LONGEST {
            return None;
        }
        let mut slot = slot(name);
        loop {
            let number = TABLE[slot];
            if number == EMPTY {
                return None;
            }
            if NAMES[number as usize].as_bytes().eq_ignore_ascii_case(name) {
                return Some(Tag(number as u32));
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    fn properties(self) -> u32 {
        PROPERTIES.get(self.0 as usize).copied().unwrap_or(UNKNOWN)
    }

    /// Whether the tag has one of the properties.
    pub fn is(self, properties: u32) -> bool {
        self.properties() & properties != 0
    }

    /// A number for tables by tag: small, without gaps.
    pub fn number(self) -> usize {
        self.0 as usize
    }
}

/// The names of a page that the table does not know.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    /// The tag of a name as it stands in the page.
    pub fn tag(&mut self, name: &str) -> Tag {
        if let Some(tag) = Tag::known(name.as_bytes()) {
            return tag;
        }
        let mut name = name.to_ascii_lowercase();
        if name.contains('\0') {
            name = name.replace('\0', "\u{fffd}");
        }
        if let Some(&number) = self.numbers.get(&name) {
            return Tag(number);
        }
        let number = (NAMES.len() + self.names.len()) as u32;
        self.names.push(name.clone());
        self.numbers.insert(name, number);
        Tag(number)
    }

    /// The lower-case name of a tag of this page.
    pub fn name(&self, tag: Tag) -> &str {
        match NAMES.get(tag.number()) {
            Some(name) => name,
            None => &self.names[tag.number() - NAMES.len()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case() {
        for (n, name) in NAMES.iter().enumerate() {
            assert_eq!(Tag::known(name.as_bytes()), Some(Tag(n as u32)));
            assert_eq!(Tag::known(name.to_uppercase().as_bytes()), Some(Tag(n as u32)));
        }
        assert_eq!(Tag::known(b""), None);
        assert_eq!(Tag::known(b"x-card"), None);
        assert_eq!(Tag::known(b"h7"), None);
        assert_eq!(Tag::known(b"\x48\x11"), None);
    }

    #[test]
    fn unknown_names_get_numbers() {
        let mut names = Names::default();
        let card = names.tag("X-Card");
        assert_eq!(names.tag("x-card"), card);
        assert_ne!(names.tag("x-\0"), card);
        assert_eq!(names.name(card), "x-card");
        assert_eq!(names.name(Tag::H1), "h1");
        assert!(!card.is(INLINE | SPECIAL));
    }
}
