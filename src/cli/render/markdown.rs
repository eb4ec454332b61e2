//! The kept text as Markdown: headings, lists, quotes and preformatted text by their tags.

use saring::{Label, Page};

use super::{Rendered, ended};

/// What a block is in Markdown, with the element that makes it so.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Heading(usize),
    Item(usize),
    Quote(usize),
    Preformatted,
    Paragraph,
    /// A block whose label is left open: a comment, which Markdown does not show.
    Comment,
}

pub fn page(rendered: &Rendered) -> String {
    let mut out = String::new();
    let mut before = None;
    for (i, block) in rendered.page.blocks.iter().enumerate() {
        let form = match block.label {
            _ if block.uncertain => Form::Comment,
            _ if !block.kept => continue,
            Label::Headline => Form::Heading(1),
            _ => form(rendered.page, i),
        };
        out.push_str(match (before, form) {
            (None, _) => "",
            (Some(Form::Item(_)), Form::Item(_)) if before != Some(form) => "\n",
            (Some(Form::Quote(_)), Form::Quote(_)) if before == Some(form) => "\n>\n",
            _ => "\n\n",
        });
        out.push_str(&match form {
            Form::Heading(level) => format!("{} {}", "#".repeat(level), escape(&block.text)),
            // A second block of the same item.
            Form::Item(_) if before == Some(form) => format!("  {}", escape(&block.text)),
            Form::Item(_) => format!("- {}", escape(&block.text)),
            Form::Quote(_) => format!("> {}", escape(&block.text)),
            Form::Preformatted => fence(&block.text),
            Form::Paragraph => escape(&block.text),
            Form::Comment => comment(block.label_name(), &block.text),
        });
        before = Some(form);
    }
    ended(out)
}

/// The form that the tags of a block and its ancestors give it, the innermost first.
fn form(page: &Page, block: usize) -> Form {
    let element = |n: usize| page.elements.get(n);
    let chain =
        std::iter::successors(page.blocks[block].element, |&n| element(n).and_then(|e| e.parent));
    for n in chain {
        match element(n).map_or("", |e| e.tag.as_str()) {
            // One `#` is the headline's.
            "h1" | "h2" => return Form::Heading(2),
            "h3" => return Form::Heading(3),
            "h4" => return Form::Heading(4),
            "h5" => return Form::Heading(5),
            "h6" => return Form::Heading(6),
            "li" => return Form::Item(n),
            "blockquote" => return Form::Quote(n),
            "pre" => return Form::Preformatted,
            _ => {}
        }
    }
    Form::Paragraph
}

/// A comment that the text cannot end.
fn comment(label: &str, text: &str) -> String {
    format!("<!-- {label}: {} -->", text.replace('>', "&gt;"))
}

/// A fence longer than any run of backticks in the text.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{text}\n{fence}")
}

/// The text with a backslash before what Markdown would take for markup, and only there.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    // `12. ` begins a list; the backslash goes before the full stop.
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let numbered = (1..10).contains(&digits) && text[digits..].starts_with(['.', ')']);
    let mut before = None;
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let after = rest.peek().map(|(_, c)| *c);
        let alphanumeric = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' => true,
            // No emphasis within words, so that file_names stay readable.
            '_' => !(alphanumeric(before) && alphanumeric(after)),
            '~' => at == 0 || after == Some('~') || before == Some('~'),
            '&' => after == Some('#') || alphanumeric(after),
            '#' | '>' | '+' | '-' | '=' => at == 0,
            '.' | ')' => numbered && at == digits,
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use saring::{Labelled, Limits, segment_html};

    /// The page with every block kept; blocks in `<h1>` are its headline.
    fn markdown(html: &str) -> String {
        let document = segment_html(html, &Limits::default());
        let blocks = (0..document.blocks.len()).map(|i| Labelled {
            text: document.blocks[i].text.clone(),
            label: if document.path(i).contains("h1[") { Label::Headline } else { Label::Content },
            probability: 1.0,
            kept: !document.blocks[i].hidden,
            uncertain: document.path(i).contains(">i["),
            element: document.blocks[i].element,
        });
        let blocks = blocks.collect();
        let page = Page { elements: document.elements, blocks, ..Page::default() };
        super::page(&Rendered {
            source: "x",
            document: None,
            page: &page,
            threshold: None,
            columns: None,
        })
    }

    #[test]
    fn tags_become_markup() {
        assert_eq!(
            markdown(
                "<h1>Pasar <b>pagi</b></h1><p>Satu.</p><h3><span>Dua</span></h3>\
                 <ul><li>a<li><p>b</p><p>lagi</p><li>c</ul><p hidden>x</p>\
                 <blockquote><p>Kata</p><p>dia</p></blockquote><blockquote>Lain</blockquote>\
                 <pre>let x = `a``b`;</pre>"
            ),
            "# Pasar pagi\n\nSatu.\n\n### Dua\n\n- a\n- b\n\n  lagi\n- c\n\n\
             > Kata\n>\n> dia\n\n> Lain\n\n```\nlet x = `a``b`;\n```\n"
        );
        assert_eq!(markdown("<pre>```</pre>"), "````\n```\n````\n");
        assert_eq!(
            markdown("<p>Satu.<p><i>a --> b</i><p>Dua."),
            "Satu.\n\n<!-- uncertain: a --&gt; b -->\n\nDua.\n"
        );
        assert_eq!(markdown(""), "");
    }

    #[test]
    fn only_markup_is_escaped() {
        let cases = [
            ("# bukan judul", "\\# bukan judul"),
            ("Lagu C# dan 3 > 2", "Lagu C# dan 3 > 2"),
            ("2024. Tahun", "2024\\. Tahun"),
            ("1) satu", "1\\) satu"),
            ("Pukul 10.30 (WIB)", "Pukul 10.30 (WIB)"),
            ("- bukan daftar - sungguh", "\\- bukan daftar - sungguh"),
            ("nama_file_baru dan _ini_", "nama_file_baru dan \\_ini\\_"),
            ("*tebal* [x](y) <b>", "\\*tebal\\* \\[x\\](y) \\<b>"),
            ("R&D, R & D, &amp;", "R\\&D, R & D, \\&amp;"),
            ("~ 5 ~~coret~~", "\\~ 5 \\~\\~coret\\~\\~"),
        ];
        for (text, escaped) in cases {
            assert_eq!(escape(text), escaped);
        }
    }
}
