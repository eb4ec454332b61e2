//! A page for the browser: the blocks in reading order, coloured by label. No scripts, nothing
//! loaded, and nothing of the pages but text.

use std::fmt::Write;

use saring::Label;

use super::Rendered;

/// The end of the page.
pub const FOOT: &str = "</body>\n</html>\n";

const STYLE: &str = "\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #222; background: #fff; }
h1 { font-size: 1.1em; margin: 2em 0 0; overflow-wrap: anywhere; }
.about { color: #666; margin: 0 0 1em; overflow-wrap: anywhere; }
.block { margin: .3em 0; padding: .2em .6em; border-left: .4em solid; overflow-wrap: anywhere; }
.dropped { opacity: .55; font-size: .85em; }
.legend span { display: inline-block; margin: 0 .4em .3em 0; padding: 0 .6em; border-left: .4em solid; }
.block.uncertain, .legend .uncertain { border-left-style: dotted; }
.error { color: #a00; }
";

/// What comes before the first page: style and legend.
pub fn head() -> String {
    let mut style = STYLE.to_string();
    let mut legend = String::new();
    for label in Label::ALL {
        let hue = hue(label);
        let saturation = if label == Label::Other || label == Label::Boilerplate { 0 } else { 70 };
        let _ = writeln!(
            style,
            ".{label} {{ background: hsl({hue} {saturation}% 94%); \
             border-color: hsl({hue} {saturation}% 50%); }}"
        );
        let _ = write!(legend, "<span class=\"{label}\">{label}</span>");
    }
    legend.push_str("<span class=\"uncertain\">uncertain</span>");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>saring</title>\n\
         <style>\n{style}</style>\n</head>\n<body>\n<p class=\"legend\">{legend}</p>\n\
         <p class=\"about\">Pale, small blocks are not kept. Point at a block for its probability \
         and path.</p>\n"
    )
}

pub fn page(Rendered { source, page, threshold, .. }: &Rendered) -> String {
    let mut out = format!("<h1>{}</h1>\n<p class=\"about\">", escape(source));
    if !page.url.is_empty() {
        let _ = write!(out, "{} · ", escape(&page.url));
    }
    let _ = write!(out, "confidence {:.4}", page.confidence);
    if let Some(threshold) = threshold {
        let _ = write!(out, " · threshold {threshold}");
    }
    if page.truncated.is_some() {
        out.push_str(" · truncated");
    }
    out.push_str("</p>\n");
    for (n, block) in page.blocks.iter().enumerate() {
        let kept = if block.kept { "kept" } else { "dropped" };
        let _ = writeln!(
            out,
            "<p class=\"block {} {kept}\" dir=\"auto\" title=\"{} {:.4} {}\">{}</p>",
            block.label_name(),
            block.label_name(),
            block.probability,
            escape(&page.path(n)),
            escape(&block.text)
        );
    }
    out
}

/// A page that could not be read.
pub fn failed(source: &str, message: &str) -> String {
    format!("<h1>{}</h1>\n<p class=\"error\">{}</p>\n", escape(source), escape(message))
}

/// Green is kept by default; the others are told apart as well as ten hues can be.
fn hue(label: Label) -> u32 {
    match label {
        Label::Content => 130,
        Label::Headline => 160,
        Label::Caption => 75,
        Label::Byline => 50,
        Label::Related => 30,
        Label::HeadlineList => 15,
        Label::Promo => 330,
        Label::Ad => 0,
        Label::Navigation => 215,
        Label::Share => 190,
        Label::Comments => 280,
        Label::Legal => 250,
        Label::Other | Label::Boilerplate => 0,
    }
}

/// Text for a place in HTML, also between quotation marks.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
