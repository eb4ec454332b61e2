//! A page for the browser: the blocks in reading order, coloured by label, and the kept text beside
//! them. No scripts, nothing loaded, and nothing of the pages but text.

use std::collections::BTreeMap;
use std::fmt::Write;

use saring::{Label, Labelled, Page};

use super::Rendered;
use super::palette::{THEME, escape, label_classes};

/// The end of the page.
pub const FOOT: &str = "</body>\n</html>\n";

const STYLE: &str = "\
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 84rem; margin: 0 auto; padding: 1.25rem; color: var(--ink); \
background: var(--page); overflow-wrap: anywhere; }
h1 { font-size: 1.25rem; margin: 0; }
h2 { font-size: .8rem; font-weight: 600; letter-spacing: .04em; margin: 0 0 .6rem; color: var(--quiet); }
.about { color: var(--quiet); margin: .1rem 0 0; font-size: .85rem; }
.page { margin-bottom: 3rem; }
.legend { display: flex; flex-wrap: wrap; gap: .35rem; margin: .8rem 0 1.1rem; padding: 0; list-style: none; font-size: .8rem; }
.legend li { border: 1px solid; border-radius: 1rem; padding: .05rem .65rem; }
.sides { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1.5rem; align-items: start; }
.blocks { list-style: none; margin: 0; padding: 0; }
.block { border-style: solid; border-width: 0 0 0 .3rem; border-radius: .2rem; margin-bottom: .2rem; }
.block summary { display: grid; grid-template-columns: 6.6rem minmax(0, 1fr) 4.6rem; gap: .75rem; padding: .3rem .6rem; \
cursor: pointer; list-style: none; align-items: baseline; }
.block summary::-webkit-details-marker { display: none; }
.block summary:focus-visible { outline: 2px solid var(--ink); outline-offset: 1px; border-radius: .2rem; }
.block .name { font-size: .76rem; font-weight: 600; }
.kept .text { font-weight: 500; }
.dropped .text { color: var(--quiet); font-size: .86rem; }
.uncertain { border-left-style: dotted; }
.chance { display: grid; grid-template-columns: 1fr 2.1rem; gap: .35rem; align-items: center; font-size: .76rem; color: var(--quiet); }
.chance i { height: .3rem; border-radius: .2rem; background: linear-gradient(hsl(var(--h) var(--s) var(--edge-l)) 0 0) 0 / var(--p) 100% no-repeat var(--line); }
.number { font-weight: 400; visibility: hidden; text-align: right; font-variant-numeric: tabular-nums; }
.block:hover .number, .block:focus-within .number, .block details[open] .number { visibility: visible; }
.more { margin: 0; padding: 0 .6rem .45rem 7.95rem; font-size: .78rem; color: var(--quiet); }
.text-kept { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.25rem; }
.text-kept p { margin: 0 0 .7rem; }
.text-kept .headline { font-size: 1.15rem; font-weight: 650; line-height: 1.3; }
.error { color: var(--bad); }
@media (max-width: 46rem) {
  body { padding: .75rem; }
  .sides { grid-template-columns: minmax(0, 1fr); }
  .block summary { grid-template-columns: minmax(0, 1fr) 4.6rem; gap: 0 .75rem; }
  .block .text { grid-column: 1 / -1; }
  .block .chance { grid-area: 1 / 2; }
  .more { padding-left: .6rem; }
}
@media print { .sides { display: block; } .number { visibility: visible; } }
";

/// What comes before the first page.
pub fn head() -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>saring</title>\n\
         <style>\n{THEME}{}{STYLE}</style>\n</head>\n<body>\n",
        label_classes()
    )
}

pub fn page(Rendered { source, page, threshold, .. }: &Rendered) -> String {
    let mut out = format!("<section class=\"page\">\n<h1 dir=\"auto\">{}</h1>\n", escape(source));
    out.push_str("<p class=\"about\">");
    if !page.url.is_empty() {
        let _ = write!(out, "{} · ", escape(&page.url));
    }
    let kept = page.blocks.iter().filter(|block| block.kept).count();
    let _ = write!(out, "{kept} of {} blocks kept", page.blocks.len());
    let _ = write!(out, " · confidence {:.4}", page.confidence);
    if let Some(threshold) = threshold {
        let _ = write!(out, " · threshold {threshold}");
    }
    if page.truncated.is_some() {
        out.push_str(" · truncated");
    }
    out.push_str("</p>\n");
    legend(page, &mut out);
    out.push_str(
        "<div class=\"sides\">\n<div>\n<h2>Blocks in reading order</h2>\n<ol class=\"blocks\">\n",
    );
    for (n, labelled) in page.blocks.iter().enumerate() {
        block(page, n, labelled, &mut out);
    }
    out.push_str("</ol>\n</div>\n<aside class=\"text-kept\">\n<h2>Kept text</h2>\n");
    for block in page.blocks.iter().filter(|block| block.kept) {
        let (name, text) = (block.label_name(), escape(&block.text));
        let class = if block.label == Label::Headline {
            format!(" class=\"{name}\"")
        } else {
            String::new()
        };
        let _ = writeln!(out, "<p{class} dir=\"auto\">{text}</p>");
    }
    if kept == 0 {
        out.push_str("<p class=\"about\">Nothing is kept of this page.</p>\n");
    }
    out.push_str("</aside>\n</div>\n</section>\n");
    out
}

/// The labels of the page with how many blocks have each.
fn legend(page: &Page, out: &mut String) {
    let mut counts: BTreeMap<(Label, bool), (&str, usize)> = BTreeMap::new();
    for block in &page.blocks {
        // All that is uncertain is one.
        let label = if block.uncertain { Label::Boilerplate } else { block.label };
        counts.entry((label, block.uncertain)).or_insert((block.label_name(), 0)).1 += 1;
    }
    out.push_str("<ul class=\"legend\">");
    for (name, count) in counts.values() {
        let _ = write!(out, "<li class=\"{name} tint name\">{name} {count}</li>");
    }
    out.push_str("</ul>\n");
}

/// A block that opens for its probability and path: by mouse, key or finger.
fn block(page: &Page, n: usize, block: &Labelled, out: &mut String) {
    let (name, p) = (block.label_name(), block.probability);
    let kept = if block.kept { "kept" } else { "dropped" };
    let _ = write!(
        out,
        "<li class=\"block {name} tint {kept}\"><details><summary title=\"{name} {p:.4}\">\
         <span class=\"name\">{name}</span><span class=\"text\" dir=\"auto\">{}</span>\
         <span class=\"chance\" style=\"--p: {:.0}%\"><i></i><span class=\"number\">{p:.2}</span></span></summary>\
         <p class=\"more\">{kept}; {p:.4} is the probability of what is kept",
        escape(&block.text),
        p * 100.0,
    );
    if let Some(rule) = &block.rule {
        let _ = write!(out, "<br>decided by the rule {}", escape(rule));
    }
    let path = page.path(n);
    if !path.is_empty() {
        let _ = write!(out, "<br>{}", escape(&path));
    }
    out.push_str("</p></details></li>\n");
}

/// A page that could not be read.
pub fn failed(source: &str, message: &str) -> String {
    let (source, message) = (escape(source), escape(message));
    format!(
        "<section class=\"page\">\n<h1 dir=\"auto\">{source}</h1>\n<p class=\"error\">{message}</p>\n</section>\n"
    )
}
