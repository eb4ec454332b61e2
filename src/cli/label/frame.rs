//! A page as a browser may show it: built anew from its document, so that nothing of its HTML comes
//! through but text, escaped. No attribute, address or style of the page can be in it.
//!
//! Elements that a reader would miss (headings, lists, tables, menus) are `<div>`s with a class and a
//! role of ours: they nest as they come, where a browser's parser would move real ones.

use std::fmt::Write;

use saring::{Block, Document, Element};

use crate::cli::render::palette::escape;

/// Deeper elements are left out; their blocks are not.
const DEPTH: usize = 64;

/// The page, with its blocks as `div.b` numbered by `data-b`.
pub fn html(name: &str, document: &Document) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n\
         <link rel=\"stylesheet\" href=\"/assets/labels.css\">\n\
         <link rel=\"stylesheet\" href=\"/assets/frame.css\">\n</head>\n<body>\n",
        escape(name)
    );
    let mut open: Vec<usize> = Vec::new();
    for (n, block) in document.blocks.iter().enumerate() {
        let chain = shown(&document.elements, block.element);
        let common = open.iter().zip(&chain).take_while(|(a, b)| a == b).count();
        for _ in common..open.len() {
            out.push_str("</div>\n");
        }
        for &element in &chain[common..] {
            let (class, role) = look(&document.elements[element].tag).unwrap_or_default();
            let _ = write!(out, "<div class=\"{class}\"{role}>");
        }
        open = chain;
        let _ = writeln!(
            out,
            "<div class=\"{}\" data-b=\"{n}\" dir=\"auto\">{}</div>",
            classes(block),
            escape(&block.text)
        );
    }
    open.iter().for_each(|_| out.push_str("</div>\n"));
    out.push_str("</body>\n</html>\n");
    out
}

fn classes(block: &Block) -> String {
    let mut classes = "b".to_string();
    let chars = block.text.chars().filter(|c| !c.is_whitespace()).count();
    if block.link_chars as usize * 2 > chars {
        classes.push_str(" link");
    }
    if block.hidden {
        classes.push_str(" hidden");
    }
    classes
}

/// The elements around a block that are shown, outermost first.
fn shown(elements: &[Element], element: Option<usize>) -> Vec<usize> {
    let chain = std::iter::successors(element, |&e: &usize| elements[e].parent);
    let mut chain: Vec<usize> = chain.filter(|&e| look(&elements[e].tag).is_some()).collect();
    chain.reverse();
    chain.truncate(DEPTH);
    chain
}

/// Class and role of the elements that are shown.
fn look(tag: &str) -> Option<(&'static str, &'static str)> {
    Some(match tag {
        "h1" => ("h1", " role=\"heading\" aria-level=\"1\""),
        "h2" => ("h2", " role=\"heading\" aria-level=\"2\""),
        "h3" => ("h3", " role=\"heading\" aria-level=\"3\""),
        "h4" | "h5" | "h6" => ("h4", " role=\"heading\" aria-level=\"4\""),
        "p" => ("p", ""),
        "ul" | "menu" => ("ul", " role=\"list\""),
        "ol" => ("ol", " role=\"list\""),
        "li" => ("li", " role=\"listitem\""),
        "dl" => ("dl", ""),
        "dd" => ("dd", ""),
        "table" => ("table", ""),
        "tr" => ("tr", ""),
        "td" => ("td", ""),
        "th" => ("td th", ""),
        "blockquote" => ("quote", ""),
        "pre" => ("pre", ""),
        "figcaption" | "caption" => ("caption", ""),
        "button" | "select" => ("button", ""),
        "nav" => ("nav box", ""),
        "header" => ("header box", ""),
        "footer" => ("footer box", ""),
        "aside" => ("aside box", ""),
        "dialog" => ("aside box", ""),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use saring::{Limits, segment_html, segment_text};

    use super::*;

    fn body(page: &str) -> String {
        let html = html("a", &segment_html(page, &Limits::default()));
        let (_, body) = html.split_once("<body>\n").unwrap();
        body.strip_suffix("</body>\n</html>\n").unwrap().replace('\n', "")
    }

    #[test]
    fn structure_is_kept_and_all_else_is_not() {
        assert_eq!(
            body(
                "<div class=x onclick=y><h2 id=z>Judul</h2><ul><li><a href='https://a.example/'>Satu</a><li>Dua</ul></div>"
            ),
            "<div class=\"h2\" role=\"heading\" aria-level=\"2\"><div class=\"b\" data-b=\"0\" dir=\"auto\">Judul</div></div>\
             <div class=\"ul\" role=\"list\"><div class=\"li\" role=\"listitem\"><div class=\"b link\" data-b=\"1\" dir=\"auto\">Satu</div></div>\
             <div class=\"li\" role=\"listitem\"><div class=\"b\" data-b=\"2\" dir=\"auto\">Dua</div></div></div>"
        );
    }

    #[test]
    fn text_stays_text() {
        let hostile =
            "<p>&lt;script>alert(1)&lt;/script> &lt;/title>&lt;img src=x onerror=y> &amp;lt; \"'";
        let shown = body(hostile);
        assert!(shown.contains("&lt;script&gt;alert(1)&lt;/script&gt; &lt;/title&gt;&lt;img src=x onerror=y&gt; &amp;lt; &quot;&#39;"), "{shown}");
        let named = html("</title><script>alert(1)</script>", &Document::default());
        assert!(!named.contains("<script"), "{named}");
    }

    #[test]
    fn every_tag_that_is_opened_is_closed() {
        let deep = "<blockquote>".repeat(500) + "dalam" + &"</blockquote>".repeat(490) + "kurang";
        for page in [&deep, "", "<table><tr><td>a<td>b<tr><td><table><tr><td>c</table></table>d"] {
            let body = body(page);
            assert_eq!(body.matches("<div").count(), body.matches("</div>").count(), "{page}");
            assert!(body.matches("<div").count() < 200);
        }
        let text = html("t", &segment_text("Satu\nDua", &Limits::default()));
        assert!(text.contains("data-b=\"1\" dir=\"auto\">Dua</div>"));
    }
}
