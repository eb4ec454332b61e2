//! What the text of a single block says.

use std::ops::Range;

use memchr::memmem::Finder;

use super::columns::{Sink, flag, log, share};
use super::page::Page;
use crate::hash::Hash;

/// A word as it stands in a text: where, and the hash of its lower-cased characters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub hash: Hash,
    /// Its first byte in the text of the block, and the one after its last.
    pub at: (u32, u32),
    pub chars: u32,
}

/// Counts over the text of one block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    /// Its words in [`Page::words`]; scripts without spaces give overlapping pairs of characters.
    pub tokens: Range<usize>,
    /// Words as a reader would count them: two Chinese or Japanese characters, or five of the
    /// scripts of mainland South-East Asia, count as one.
    pub words: f32,
    /// Characters other than white space.
    pub chars: f32,
    /// Share of `chars` inside links.
    pub link_share: f32,
    /// 15 words or more, less than a third of it links.
    pub long: bool,
    /// Words weighted by how much the block looks like running text.
    pub prose: f32,
    /// Ends with `.`, `!`, `?` or their like in other scripts, closing quotes apart.
    pub sentence_end: bool,
    letters: f32,
    uppercase: f32,
    digits: f32,
    commas: f32,
    sentences: f32,
    capitalised: f32,
    short_words: f32,
    year: bool,
    signs: Signs,
}

/// Signs that a text has, a bit each.
#[derive(Debug, Clone, Copy, Default)]
struct Signs(u16);

impl Signs {
    const QUOTE: u16 = 1;
    const COLON: u16 = 1 << 1;
    const BAR: u16 = 1 << 2;
    const COPYRIGHT: u16 = 1 << 3;
    const MONEY: u16 = 1 << 4;
    const BRACKET: u16 = 1 << 5;
    const LONG_DASH: u16 = 1 << 6;
    const HYPHEN: u16 = 1 << 7;

    /// The bit of a character that is part of no word, 0 for most.
    fn of(c: char) -> u16 {
        match c {
            '"' | '“' | '”' | '«' | '」' => Signs::QUOTE,
            ':' => Signs::COLON,
            '|' | '›' | '•' | '·' | '→' => Signs::BAR,
            // Closes a quotation or leads on.
            '»' => Signs::BAR,
            '©' | '®' | '™' => Signs::COPYRIGHT,
            '$' | '€' | '£' | '¥' | '₹' | '₩' => Signs::MONEY,
            '(' | '[' => Signs::BRACKET,
            '–' | '—' => Signs::LONG_DASH,
            '-' => Signs::HYPHEN,
            _ => 0,
        }
    }

    fn has(self, sign: u16) -> bool {
        self.0 & sign != 0
    }
}

/// Scripts written without spaces between words, and how many of their characters make a word.
fn chars_per_word(c: char) -> Option<f32> {
    match c as u32 {
        0..0x0E00 => None,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => Some(5.0),
        0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF => Some(2.0),
        0x20000..=0x3FFFF => Some(2.0),
        _ => None,
    }
}

/// What a character is, a bit for each thing.
#[derive(Debug, Clone, Copy)]
struct Class(u8);

impl Class {
    const SPACE: u8 = 1;
    /// Part of a word with others, in scripts with spaces between words.
    const WORD: u8 = 1 << 1;
    const LETTER: u8 = 1 << 2;
    const UPPERCASE: u8 = 1 << 3;
    /// A numeric character that is no letter.
    const DIGIT: u8 = 1 << 4;

    /// Of most characters: to ask for each thing takes longer than all else about a text.
    const ASCII: [u8; 128] = {
        let mut classes = [0; 128];
        let mut byte = 0;
        while byte < 128 {
            let c = byte as u8;
            classes[byte] = match c {
                b' ' | b'\t'..=b'\r' => Class::SPACE,
                b'a'..=b'z' => Class::WORD | Class::LETTER,
                b'A'..=b'Z' => Class::WORD | Class::LETTER | Class::UPPERCASE,
                b'0'..=b'9' => Class::WORD | Class::DIGIT,
                b'_' => Class::WORD,
                _ => 0,
            };
            byte += 1;
        }
        classes
    };

    #[inline]
    fn of(c: char) -> Class {
        Class(Class::ASCII.get(c as usize).copied().unwrap_or_else(|| Class::of_any(c)))
    }

    fn of_any(c: char) -> u8 {
        if c.is_whitespace() {
            return Class::SPACE;
        }
        if chars_per_word(c).is_some() {
            return Class::LETTER;
        }
        // Vowel signs and other marks belong to words.
        let mark = matches!(c as u32, 0x0300..=0x036F | 0x0900..=0x0DFF);
        if !(c.is_alphanumeric() || c == '_' || mark) {
            return 0;
        }
        let kind = match (c.is_alphabetic(), c.is_uppercase()) {
            (true, true) => Class::LETTER | Class::UPPERCASE,
            (true, false) => Class::LETTER,
            _ if c.is_numeric() => Class::DIGIT,
            _ => 0,
        };
        Class::WORD | kind
    }

    #[inline]
    fn has(self, class: u8) -> bool {
        self.0 & class != 0
    }
}

fn is_sentence_end(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '।' | '؟' | '۔' | '…' | '።')
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '」' | '』' | '）')
}

/// The characters of a word as tokens have them.
pub(crate) fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// Calls `visit` with the lower-case characters of one, mostly one.
pub(crate) fn each_lower(c: char, mut visit: impl FnMut(char)) {
    if c.is_ascii() {
        visit(c.to_ascii_lowercase());
    } else {
        c.to_lowercase().for_each(visit);
    }
}

impl Text {
    /// Counts a text and adds its words to `words`.
    pub(crate) fn new(text: &str, link_chars: u32, words: &mut Vec<Word>) -> Text {
        let mut facts = Text { tokens: words.len()..words.len(), ..Text::default() };
        let mut word: Option<Word> = None;
        let (mut chars, mut letters, mut uppercase, mut digits) = (0u32, 0u32, 0u32, 0u32);
        // The character before, and where it starts.
        let mut previous = (' ', 0);
        for (at, c) in text.char_indices() {
            let class = Class::of(c);
            chars += u32::from(!class.has(Class::SPACE));
            letters += u32::from(class.has(Class::LETTER));
            uppercase += u32::from(class.has(Class::UPPERCASE));
            digits += u32::from(class.has(Class::DIGIT));
            if class.has(Class::WORD) {
                let word = word.get_or_insert_with(|| {
                    facts.capitalised += flag(class.has(Class::UPPERCASE));
                    Word { hash: Hash::default(), at: (at as u32, 0), chars: 0 }
                });
                each_lower(c, |c| {
                    word.hash.add(c as u64);
                    word.chars += 1;
                });
            } else if let Some(per_word) = chars_per_word(c) {
                facts.end_word(word.take(), at, text, words);
                facts.words += 1.0 / per_word;
                if chars_per_word(previous.0).is_some() {
                    let pair = &text[previous.1..at + c.len_utf8()];
                    let at = (previous.1 as u32, (at + c.len_utf8()) as u32);
                    words.push(Word { hash: Hash::of(lower(pair)), at, chars: 2 });
                    facts.short_words += 1.0;
                }
            } else {
                facts.end_word(word.take(), at, text, words);
                facts.signs.0 |= Signs::of(c);
                facts.commas += flag(matches!(c, ',' | '、' | '،' | '，'));
                facts.sentences += flag(is_sentence_end(c) && previous.0.is_alphanumeric());
            }
            previous = (c, at);
        }
        facts.end_word(word, text.len(), text, words);
        facts.tokens.end = words.len();
        [facts.chars, facts.letters, facts.uppercase, facts.digits] =
            [chars, letters, uppercase, digits].map(|count| count as f32);
        facts.link_share = share(link_chars as f32, facts.chars).min(1.0);
        facts.long = facts.words >= 15.0 && facts.link_share < 0.33;
        facts.prose = facts.words * (1.0 - facts.link_share) * (facts.words / 10.0).min(1.0);
        facts.sentence_end =
            text.trim_end_matches(is_closing).ends_with(is_sentence_end) && !is_elliptic(text);
        facts
    }

    fn end_word(&mut self, word: Option<Word>, end: usize, text: &str, words: &mut Vec<Word>) {
        if let Some(mut word) = word {
            word.at.1 = end as u32;
            self.words += 1.0;
            self.short_words += flag(word.chars <= 3);
            self.year |= is_year(&text[word.at.0 as usize..end]);
            words.push(word);
        }
    }
}

/// Teasers are cut with an ellipsis.
fn is_elliptic(text: &str) -> bool {
    text.ends_with("...") || text.ends_with('…') || text.ends_with("[…]") || text.ends_with("[...]")
}

/// Whether the text holds a time such as 17:25 or 17.25 WIB.
fn has_clock(text: &str) -> bool {
    text.as_bytes().windows(5).enumerate().any(|(at, w)| {
        w[0].is_ascii_digit()
            && w[1].is_ascii_digit()
            && (w[2] == b':' || (w[2] == b'.' && is_zone(&text.as_bytes()[at + 5..])))
            && w[3].is_ascii_digit()
            && w[4].is_ascii_digit()
    })
}

/// Whether an Indonesian time zone follows: WIB, WITA or WIT.
fn is_zone(rest: &[u8]) -> bool {
    rest.trim_ascii_start().starts_with(b"WI")
}

/// Whether a word is a year from 1950 to 2049.
fn is_year(word: &str) -> bool {
    word.len() == 4 && ("1950"..="2049").contains(&word)
}

/// Local features: no other block is looked at.
pub(super) fn add(page: &Page, columns: &mut impl Sink) {
    let facts = &page.text;
    let text = |i: usize| page.document.blocks[i].text.as_str();
    let first = |i: usize| text(i).chars().next().unwrap_or(' ');
    let has = |i: usize, sign: u16| flag(facts[i].signs.has(sign));
    columns.add("log_words", |i| log(facts[i].words));
    columns.add("log_chars", |i| log(facts[i].chars));
    columns.add("words_1_3", |i| flag(facts[i].words <= 3.0));
    columns.add("words_4_8", |i| flag(facts[i].words > 3.0 && facts[i].words <= 8.0));
    columns.add("words_9_16", |i| flag(facts[i].words > 8.0 && facts[i].words <= 16.0));
    columns.add("long_block", |i| flag(facts[i].long));
    columns.add("log_prose", |i| log(facts[i].prose));
    columns.add("word_length", |i| share(facts[i].letters, facts[i].words).min(20.0));
    columns.add("uppercase_share", |i| share(facts[i].uppercase, facts[i].letters));
    columns.add("capitalised_share", |i| share(facts[i].capitalised, facts[i].words));
    columns.add("all_uppercase", |i| {
        flag(facts[i].letters > 2.0 && facts[i].uppercase > 0.9 * facts[i].letters)
    });
    columns.add("digit_share", |i| share(facts[i].digits, facts[i].chars));
    columns.add("symbol_share", |i| {
        share(facts[i].chars - facts[i].letters - facts[i].digits, facts[i].chars)
    });
    columns.add("commas_per_word", |i| share(facts[i].commas, facts[i].words));
    columns.add("log_commas", |i| log(facts[i].commas));
    columns.add("log_sentences", |i| log(facts[i].sentences));
    columns.add("words_per_sentence", |i| log(facts[i].words / facts[i].sentences.max(1.0)));
    columns.add("ends_sentence", |i| flag(facts[i].sentence_end));
    columns.add("ends_colon", |i| flag(text(i).ends_with([':', '：'])));
    columns.add("ends_ellipsis", |i| flag(is_elliptic(text(i))));
    columns.add("ends_question", |i| flag(text(i).ends_with(['?', '？', '؟'])));
    columns.add("starts_lower", |i| flag(first(i).is_lowercase()));
    columns.add("starts_digit", |i| flag(first(i).is_numeric()));
    columns.add("starts_symbol", |i| flag(!first(i).is_alphanumeric()));
    columns.add("starts_quote", |i| flag(matches!(first(i), '"' | '“' | '«' | '„' | '「' | '‘')));
    columns.add("has_quote", |i| has(i, Signs::QUOTE));
    columns.add("has_colon", |i| has(i, Signs::COLON));
    columns.add("has_clock", |i| flag(facts[i].digits >= 4.0 && has_clock(text(i))));
    columns.add("has_year", |i| flag(facts[i].year));
    columns.add("has_bar", |i| has(i, Signs::BAR));
    columns.add("has_copyright", |i| has(i, Signs::COPYRIGHT));
    let url = [Finder::new("http"), Finder::new("www.")];
    columns
        .add("has_url", |i| flag(url.iter().any(|start| start.find(text(i).as_bytes()).is_some())));
    columns.add("has_money", |i| has(i, Signs::MONEY));
    columns.add("has_bracket", |i| has(i, Signs::BRACKET));
    columns.add("has_dash", |i| {
        let spaced = || facts[i].signs.has(Signs::HYPHEN) && text(i).contains(" - ");
        flag(facts[i].signs.has(Signs::LONG_DASH) || spaced())
    });
    columns.add("distinct_share", |i| {
        share(page.distinct_words(i) as f32, facts[i].tokens.len() as f32)
    });
    columns.add("short_word_share", |i| share(facts[i].short_words, facts[i].tokens.len() as f32));
    columns.add("log_same_text", |i| log(page.same_text(i) - 1.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, link_chars: u32) -> (Text, Vec<String>) {
        let mut words = Vec::new();
        let facts = Text::new(text, link_chars, &mut words);
        let token = |word: &Word| lower(&text[word.at.0 as usize..word.at.1 as usize]).collect();
        let tokens: Vec<String> = words.iter().map(token).collect();
        for (word, token) in words.iter().zip(&tokens) {
            assert_eq!(word.hash, Hash::of(token.chars()), "{token}");
            assert_eq!(word.chars as usize, token.chars().count());
        }
        (facts, tokens)
    }

    #[test]
    fn words_of_scripts_without_spaces_count() {
        assert_eq!(read("Dua kata", 0).0.words, 2.0);
        assert_eq!(read("関連記事", 0).0.words, 2.0);
        assert_eq!(read("関連記事", 0).1, ["関連", "連記", "記事"]);
        assert_eq!(read("a関b", 0).1, ["a", "b"]);
        assert!((read("อ่านเพิ่มเติม", 0).0.words - 2.6).abs() < 0.01);
        assert_eq!(read("हिन्दी में", 0).1.len(), 2);
        assert_eq!(read("ÉTÉ İstanbul", 0).1, ["été", "i\u{307}stanbul"]);
    }

    #[test]
    fn classes_of_ascii_are_those_of_any_character() {
        for (byte, class) in Class::ASCII.into_iter().enumerate() {
            assert_eq!(class, Class::of_any(byte as u8 as char), "{byte}");
        }
    }

    #[test]
    fn sentence_ends() {
        for text in ["Selesai.", "“Selesai!”", "終わり。", "Benar?)"] {
            assert!(read(text, 0).0.sentence_end, "{text}");
        }
        for text in ["Berita Terkini", "Selengkapnya...", "Baca juga:"] {
            assert!(!read(text, 0).0.sentence_end, "{text}");
        }
    }

    #[test]
    fn clocks_and_years() {
        assert!(has_clock("31/01/2021, 17:25 WIB"));
        assert!(has_clock("pukul 17.25 WIB"));
        assert!(!has_clock("harga 17.250"));
        assert!(!has_clock("32.9°F/0.5°C"));
        assert!(read("Mei 2024", 0).0.year && !read("Rp 2050", 0).0.year);
    }

    #[test]
    fn signs() {
        for (text, sign) in [
            ("kata “ini”", Signs::QUOTE),
            ("Penulis: Sari", Signs::COLON),
            ("Beranda » Desa", Signs::BAR),
            ("© 2024", Signs::COPYRIGHT),
            ("€5", Signs::MONEY),
            ("(foto)", Signs::BRACKET),
            ("a – b", Signs::LONG_DASH),
        ] {
            assert!(read(text, 0).0.signs.has(sign), "{text}");
            assert!(!read("Berita Terkini", 0).0.signs.has(sign), "{text}");
        }
    }

    #[test]
    fn link_shares_stay_within_one() {
        assert_eq!(read("ab", 9).0.link_share, 1.0);
        assert_eq!(read("", 0).0.link_share, 0.0);
    }
}
