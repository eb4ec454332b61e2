//! A line per block for people.

use std::fmt::Write;

use super::Rendered;

/// As wide as the longest label.
const LABEL: usize = "headline_list".len();

/// Mark, label, probability and the spaces between.
const BEFORE_TEXT: usize = 2 + LABEL + 2 + 4 + 2;

/// On narrower terminals lines wrap; a text of two letters would tell nothing.
const LEAST_TEXT: usize = 20;

pub fn page(rendered: &Rendered) -> String {
    // Cut only where it helps: other readers have ways of their own to deal with long lines.
    let width =
        rendered.columns.map_or(usize::MAX, |n| n.saturating_sub(BEFORE_TEXT).max(LEAST_TEXT));
    table(rendered, width)
}

fn table(Rendered { source, page, threshold, .. }: &Rendered, width: usize) -> String {
    let mut out = printable(source);
    if !page.url.is_empty() {
        let _ = write!(out, "  {}", printable(&page.url));
    }
    let _ = write!(out, "  confidence {:.2}", page.confidence);
    if let Some(threshold) = threshold {
        let _ = write!(out, "  threshold {threshold}");
    }
    if page.truncated.is_some() {
        out.push_str("  truncated");
    }
    out.push('\n');
    for block in &page.blocks {
        let mark = if block.kept { '*' } else { ' ' };
        let text = cut(&printable(&block.text), width);
        let label = block.label_name();
        let _ = writeln!(out, "{mark} {label:LABEL$}  {:.2}  {text}", block.probability);
    }
    out
}

/// Pages must not send commands to the terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

fn cut(text: &str, width: usize) -> String {
    let mut used = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        used += columns(c);
        if used > width {
            return format!("{}…", &text[..end]);
        }
        // One column stays free for the ellipsis.
        if used < width {
            end = at + c.len_utf8();
        }
    }
    text.to_string()
}

/// How many columns a terminal gives to a character, roughly: East Asian ones and emoji take two.
fn columns(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use saring::{Label, Labelled, Page};

    #[test]
    fn columns_are_aligned_and_texts_cut() {
        let block = |text: &str, label, kept| Labelled {
            text: text.into(),
            label,
            probability: 0.256,
            kept,
            uncertain: false,
            element: None,
        };
        let page = Page {
            url: "https://a.example/".into(),
            blocks: vec![
                block("Harga beras naik", Label::Headline, true),
                block("Terbaru \u{1b}[31m", Label::HeadlineList, false),
            ],
            confidence: 0.5,
            ..Page::default()
        };
        let rendered = Rendered {
            source: "a.html",
            document: None,
            page: &page,
            threshold: Some(0.2),
            columns: None,
        };
        assert_eq!(
            table(&rendered, 12),
            "a.html  https://a.example/  confidence 0.50  threshold 0.2\n\
             * headline       0.26  Harga beras…\n\
             \x20 headline_list  0.26  Terbaru \u{FFFD}[3…\n"
        );
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(cut("関連記事", 8), "関連記事");
        assert_eq!(cut("関連記事", 7), "関連記…");
        assert_eq!(cut("関連記事", 6), "関連…");
    }
}
