//! What the text of a single block says.

use super::columns::{Columns, flag, log, share};
use super::page::Page;

/// Counts over the text of one block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    /// Lower-cased words; scripts without spaces give overlapping pairs of characters.
    pub tokens: Vec<String>,
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
}

/// Scripts written without spaces between words, and how many of their characters make a word.
fn chars_per_word(c: char) -> Option<f32> {
    match c as u32 {
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => Some(5.0),
        0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF => Some(2.0),
        0x20000..=0x3FFFF => Some(2.0),
        _ => None,
    }
}

/// Vowel signs and other marks belong to words.
fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || matches!(c as u32, 0x0300..=0x036F | 0x0900..=0x0DFF)
}

fn is_sentence_end(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '।' | '؟' | '۔' | '…' | '።')
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '」' | '』' | '）')
}

impl Text {
    pub(crate) fn new(text: &str, link_chars: u32) -> Text {
        let mut facts = Text::default();
        let mut word = String::new();
        let mut previous = ' ';
        for c in text.chars() {
            if !c.is_whitespace() {
                facts.chars += 1.0;
            }
            if let Some(per_word) = chars_per_word(c) {
                facts.end_word(&mut word);
                facts.words += 1.0 / per_word;
                if chars_per_word(previous).is_some() {
                    facts.tokens.push([previous, c].iter().collect());
                }
                facts.letters += 1.0;
            } else if is_word_char(c) {
                if word.is_empty() && c.is_uppercase() {
                    facts.capitalised += 1.0;
                }
                word.extend(c.to_lowercase());
                if c.is_alphabetic() {
                    facts.letters += 1.0;
                    facts.uppercase += flag(c.is_uppercase());
                } else {
                    facts.digits += flag(c.is_numeric());
                }
            } else {
                facts.end_word(&mut word);
                facts.commas += flag(matches!(c, ',' | '、' | '،' | '，'));
                facts.sentences += flag(is_sentence_end(c) && previous.is_alphanumeric());
            }
            previous = c;
        }
        facts.end_word(&mut word);
        facts.link_share = share(link_chars as f32, facts.chars).min(1.0);
        facts.long = facts.words >= 15.0 && facts.link_share < 0.33;
        facts.prose = facts.words * (1.0 - facts.link_share) * (facts.words / 10.0).min(1.0);
        facts.sentence_end =
            text.trim_end_matches(is_closing).ends_with(is_sentence_end) && !is_elliptic(text);
        facts
    }

    fn end_word(&mut self, word: &mut String) {
        if !word.is_empty() {
            self.words += 1.0;
            self.tokens.push(std::mem::take(word));
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

/// Whether the text holds a year from 1950 to 2049, standing alone.
fn has_year(tokens: &[String]) -> bool {
    tokens.iter().any(|t| t.len() == 4 && ("1950"..="2049").contains(&t.as_str()))
}

/// Local features: no other block is looked at.
pub(super) fn add(page: &Page, columns: &mut Columns) {
    let facts = &page.text;
    let text = |i: usize| page.document.blocks[i].text.as_str();
    let first = |i: usize| text(i).chars().next().unwrap_or(' ');
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
    columns.add("has_quote", |i| flag(text(i).contains(['"', '“', '”', '«', '」'])));
    columns.add("has_colon", |i| flag(text(i).contains(':')));
    columns.add("has_clock", |i| flag(has_clock(text(i))));
    columns.add("has_year", |i| flag(has_year(&facts[i].tokens)));
    columns.add("has_bar", |i| flag(text(i).contains(['|', '»', '›', '•', '·', '→'])));
    columns.add("has_copyright", |i| flag(text(i).contains(['©', '®', '™'])));
    columns.add("has_url", |i| flag(text(i).contains("http") || text(i).contains("www.")));
    columns.add("has_money", |i| flag(text(i).contains(['$', '€', '£', '¥', '₹', '₩'])));
    columns.add("has_bracket", |i| flag(text(i).contains(['(', '['])));
    columns.add("has_dash", |i| flag(text(i).contains(" - ") || text(i).contains(['–', '—'])));
    columns.add("distinct_share", |i| {
        let mut tokens: Vec<_> = facts[i].tokens.iter().collect();
        let all = tokens.len();
        tokens.sort_unstable();
        tokens.dedup();
        share(tokens.len() as f32, all as f32)
    });
    columns.add("short_word_share", |i| {
        let short = facts[i].tokens.iter().filter(|t| t.chars().count() <= 3).count();
        share(short as f32, facts[i].tokens.len() as f32)
    });
    columns.add("log_same_text", |i| log(page.same_text(i) - 1.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_scripts_without_spaces_count() {
        assert_eq!(Text::new("Dua kata", 0).words, 2.0);
        assert_eq!(Text::new("関連記事", 0).words, 2.0);
        assert_eq!(Text::new("関連記事", 0).tokens, ["関連", "連記", "記事"]);
        assert!((Text::new("อ่านเพิ่มเติม", 0).words - 2.6).abs() < 0.01);
        assert_eq!(Text::new("हिन्दी में", 0).tokens.len(), 2);
    }

    #[test]
    fn sentence_ends() {
        for text in ["Selesai.", "“Selesai!”", "終わり。", "Benar?)"] {
            assert!(Text::new(text, 0).sentence_end, "{text}");
        }
        for text in ["Berita Terkini", "Selengkapnya...", "Baca juga:"] {
            assert!(!Text::new(text, 0).sentence_end, "{text}");
        }
    }

    #[test]
    fn clocks() {
        assert!(has_clock("31/01/2021, 17:25 WIB"));
        assert!(has_clock("pukul 17.25 WIB"));
        assert!(!has_clock("harga 17.250"));
        assert!(!has_clock("32.9°F/0.5°C"));
    }

    #[test]
    fn link_shares_stay_within_one() {
        assert_eq!(Text::new("ab", 9).link_share, 1.0);
        assert_eq!(Text::new("", 0).link_share, 0.0);
    }
}
