//! The blocks of a report: those that two models see differently, and the worst pages.

use std::fmt::Write;

use saring::Label;

use super::super::super::render::palette::escape;
use super::side::{Seen, Side};
use super::{Changed, Section, WORST};

/// Blocks of a page, and changed blocks, that are shown; the CSV files have all.
const SHOWN: usize = 400;
/// Blocks in a row with nothing to see that are folded when there are more.
const RUN: usize = 4;
/// Characters of a block that are shown.
const CHARS: usize = 280;

pub fn changed(section: &Section, out: &mut String) {
    let changed = section.changed();
    let count = |what| changed.iter().filter(|c| c.what() == what).count();
    let _ = writeln!(
        out,
        "<h3>Blocks that changed</h3>\n<p class=\"about\">{} mended (kept or dropped wrongly before, rightly \
         now), {} broken, {} moved whose truth is unknown, {} kept or dropped as before under another label.</p>",
        count("mended"),
        count("broken"),
        count("moved"),
        count("renamed"),
    );
    for what in ["broken", "mended", "moved", "renamed"] {
        let of: Vec<&Changed> = changed.iter().filter(|c| c.what() == what).collect();
        if of.is_empty() {
            continue;
        }
        let _ = writeln!(
            out,
            "<details><summary>{what}: {}</summary>\n<div class=\"wide\"><table>",
            of.len()
        );
        out.push_str("<tr><th class=\"words\">page</th><th>block</th><th class=\"words\">truth</th><th class=\"words\">baseline</th><th class=\"words\">this model</th><th class=\"words\">text</th></tr>\n");
        for c in of.iter().take(SHOWN) {
            let truth = c.now.truth.map_or("", Label::name);
            let _ = writeln!(
                out,
                "<tr><td>{}</td><td>{}</td><td class=\"words\">{truth}</td><td class=\"words\">{} {:.2}</td>\
                 <td class=\"words\">{} {:.2}</td><td class=\"words text\" dir=\"auto\">{}</td></tr>",
                escape(c.page),
                c.number,
                c.before.given,
                c.before.probability,
                c.now.given,
                c.now.probability,
                shortened(&c.now.text),
            );
        }
        out.push_str("</table></div>\n");
        more(of.len(), out);
        out.push_str("</details>\n");
    }
}

pub fn worst(side: &Side, out: &mut String) {
    let worst = side.worst(WORST);
    if worst.is_empty() {
        return;
    }
    out.push_str("<h3>The worst pages</h3>\n");
    for n in worst {
        let page = &side.pages[n];
        let wrong = page.blocks.iter().filter(|block| block.right() == Some(false)).count();
        let _ = writeln!(
            out,
            "<details><summary>F1 {:.3}, {wrong} wrong: {}</summary>\n<ol class=\"seen\">",
            page.f1,
            escape(&page.name)
        );
        let shown = &page.blocks[..page.blocks.len().min(SHOWN)];
        for run in shown.chunk_by(|a, b| is_plain(a) && is_plain(b)) {
            // Nobody reads a menu of sixty lines to find the line that is wrong.
            if run.len() > RUN {
                let _ = writeln!(
                    out,
                    "<li><details><summary>{} blocks dropped, none wrongly</summary>\n<ol class=\"seen\">",
                    run.len()
                );
            }
            run.iter().for_each(|block| seen(block, out));
            if run.len() > RUN {
                out.push_str("</ol></details></li>\n");
            }
        }
        out.push_str("</ol>\n");
        more(page.blocks.len(), out);
        out.push_str("</details>\n");
    }
}

/// Whether there is nothing to see about a block: dropped, and not wrongly.
fn is_plain(block: &Seen) -> bool {
    !block.kept() && block.right() != Some(false)
}

fn seen(block: &Seen, out: &mut String) {
    let (class, verdict) = match (block.right(), block.kept()) {
        (Some(true), true) => ("kept", "kept"),
        (Some(true), false) => ("dropped", "dropped"),
        (Some(false), true) => ("wrong", "wrongly kept"),
        (Some(false), false) => ("wrong", "wrongly dropped"),
        (None, true) => ("unknown", "kept, unlabelled"),
        (None, false) => ("unknown", "unlabelled"),
    };
    let labels = match block.truth {
        Some(truth) if truth != block.given => format!("{}, truly {truth}", block.given),
        _ => block.given.to_string(),
    };
    let _ = writeln!(
        out,
        "<li class=\"block {class}\"><span class=\"verdict\">{verdict}</span><span>{labels}</span>\
         <span>{:.2}</span><span dir=\"auto\">{}</span></li>",
        block.probability,
        shortened(&block.text)
    );
}

fn more(all: usize, out: &mut String) {
    if all > SHOWN {
        let _ = writeln!(out, "<p class=\"about\">and {} more</p>", all - SHOWN);
    }
}

fn shortened(text: &str) -> String {
    let mut end = text.char_indices().skip(CHARS).map(|(at, _)| at);
    match end.next() {
        Some(end) => format!("{}…", escape(&text[..end])),
        None => escape(text),
    }
}
