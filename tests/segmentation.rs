//! The segmentation compared with a walk over html5ever's tree, block by block: on pages that we
//! wrote, on hostile ones, on random soups, and on ../shared/data where it is there.

mod oracle;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use saring::{Document, Limits, decode, segment_annotated};

/// The blocks of some pages, and how many of them are those of the tree.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Tally {
    pages: usize,
    /// Pages that are equal in everything, order, title and address included.
    equal_pages: usize,
    blocks: usize,
    /// Equal in text, links and hiding.
    equal_texts: usize,
    /// Equal in these and in their place.
    equal: usize,
}

impl Tally {
    fn add(&mut self, page: Tally) {
        self.pages += page.pages;
        self.equal_pages += page.equal_pages;
        self.blocks += page.blocks;
        self.equal_texts += page.equal_texts;
        self.equal += page.equal;
    }
}

fn share(part: usize, of: usize) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

/// Each block as a line of all that is said of it, without its place and with it.
fn lines(document: &Document) -> (Vec<String>, Vec<String>) {
    let text = |n: usize| {
        let block = &document.blocks[n];
        let links = block.links.join(" ");
        format!("{:?} {links} {} {}", block.text, block.link_chars, block.hidden)
    };
    let blocks = 0..document.blocks.len();
    let texts: Vec<String> = blocks.clone().map(text).collect();
    let places = blocks.map(|n| format!("{} {}", document.path(n), texts[n])).collect();
    (texts, places)
}

/// How many lines the two have in common, in any order.
fn shared(wanted: &[String], found: &[String]) -> usize {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for line in found {
        *counts.entry(line).or_default() += 1;
    }
    let take = |line: &&String| match counts.get_mut(line.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    wanted.iter().filter(take).count()
}

/// Compares a page; the second value is its first difference.
fn compare(html: &str) -> (Tally, Option<String>) {
    let limits = Limits::default();
    let (new, old) = (segment_annotated(html, &limits), oracle::segment(html, &limits));
    let equal_pages = usize::from(new == old);
    let (new, old) = (lines(&new.0), lines(&old.0));
    let tally = Tally {
        pages: 1,
        equal_pages,
        // A block too many counts as one too few does.
        blocks: old.0.len().max(new.0.len()),
        equal_texts: shared(&old.0, &new.0),
        equal: shared(&old.1, &new.1),
    };
    let differs = (0..tally.blocks).find(|&n| old.1.get(n) != new.1.get(n));
    let difference = differs.map(|n| format!("tree: {:?}\nours: {:?}", old.1.get(n), new.1.get(n)));
    let difference = difference.or(Some("only facts of the page differ".into()));
    (tally, difference.filter(|_| equal_pages == 0))
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let name = path.to_string_lossy().to_lowercase();
        if path.is_dir() {
            pages(&path, found);
        } else if name.ends_with(".html") || name.ends_with(".html.gz") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn our_pages_are_those_of_the_tree() {
    let mut found = Vec::new();
    pages(Path::new("training-data/pages"), &mut found);
    assert!(found.len() >= 90);
    for path in found {
        let bytes = fs::read(&path).expect("the page can be read");
        let (_, difference) = compare(&decode(&bytes, None));
        assert_eq!(difference, None, "{}", path.display());
    }
}

#[test]
fn odd_pages_are_those_of_the_tree() {
    for html in ODD {
        assert_eq!(compare(html).1, None, "{html}");
    }
    for (piece, times) in
        [("<ul><li>a", 200), ("<b><div>x</b>", 40), ("<a href=x><p>y", 100), ("<table><td>a", 100)]
    {
        let html = piece.repeat(times);
        assert_eq!(compare(&html).1, None, "{piece} {times} times");
    }
}

/// The tree puts text between cells in front of the table, where it joins the text before. Ours has
/// gone on by then: the text stays where the page has it, in a block of its own.
#[test]
fn text_that_a_table_gives_away_keeps_its_turn() {
    let (page, _) =
        segment_annotated("<div>a<table><td>b</td>c</table>d</div>", &Limits::default());
    let found: Vec<_> = (0..4).map(|n| (page.blocks[n].text.as_str(), page.path(n))).collect();
    let div = "html[1]>body[2]>div[1]";
    let cell = format!("{div}>table[1]>tbody[1]>tr[1]>td[1]");
    let wanted =
        [("a", div.to_string()), ("b", cell), ("c", div.to_string()), ("d", div.to_string())];
    assert_eq!(found, wanted);
}

/// Pages that make use of one rule each.
const ODD: &[&str] = &[
    "",
    "   \n",
    "text",
    "<!doctype html><title>a &amp; b</title><title>c</title>d",
    "<head><title></title><noscript><link><p>x</noscript>y",
    "<head></head><title>late</title><meta property=og:url content=http://a.example/>x",
    "<html class=a><html class=b id=c><body><body class=d>x",
    "<frameset><frame><noframes>x</noframes></frameset>y",
    "x<frameset>y",
    "<body>a</body>b</html>c<!-- d -->e",
    "<b><p>a</b>b</p>c",
    "<a href=1><div>a<a href=2>b</div>c</a>d",
    "<b id=1><b id=2><b id=3><i><div><p>a</b>b</b>c",
    "<p><b><b><b><b><b>a<p>b",
    "<form><div>a</form>b</div>c<form>d",
    "<p>a<table><td>b</table>c",
    "<!doctype html><p>a<table><td>b</table>c",
    "<table>a<td>b</table>c",
    "<table><div>a</div><tr><td>b",
    "<table><caption>a<td>b<caption>c</table>d",
    "<table><col><td>a<colgroup> <col><tr><td>b",
    "<table><tr><td>a<table><td>b</table>c</tr></table>d",
    "<select><option>a<option>b<p>c<select>d",
    "<select><optgroup>a<option>b<hr>c<input>d",
    "<svg><title>a</title><desc><p>b</desc><p>c",
    "<svg><foreignObject><p>a</svg>b",
    "<math><mi>a<b>b</mi><p>c</math>d",
    "<svg><![CDATA[a<b]]></svg><![CDATA[c]]>d",
    "<template><p>a<template>b</template></p></template>c",
    "<template><script></template></script>a</template>b",
    "<script><!-- <script> </script> --> </script>a",
    "<textarea><p>a</textarea>b<xmp><p>c</xmp>d",
    "<plaintext>a</plaintext><p>b",
    "<ruby>a<rt>b<rp>c<rtc>d<rb>e</ruby>f",
    "<button>a<p>b<button>c</p>d",
    "<h1>a<h2>b</h1>c",
    "<dl><dt>a<dd>b<p>c<dt>d</dl>e",
    "<ul><li>a<div><li>b<ul><li>c</ul>d",
    "<nobr>a<nobr>b</nobr>c",
    "<object><b>a</object>b",
    "</p>a</br>b</div>c<image>d",
    "a&nbsp;b&#160;c&copyd&notin;e\0f&#0;g",
    "<p hidden>a<p style='Display : None'>b<dialog>c</dialog><dialog open>d</dialog>",
    "<i data-label=x>a</i><p data-label='y z'>b<b data-label=x>cc</b>",
    "<a href>a</a><a>b</a><a href='  '>c</a><area href=x>d",
    "<x-a><X-A>a</x-a>b</x-a>c",
    "<p\0q>a</p\0q>b<p id='c\0' class=\u{a0}d\u{3000}e>f",
    "<p title='>' class=a class=b / id=c/>d<p id=\"e\"class=f>g",
    "<pre>\n\na</pre><listing>\nb</listing>",
    "<p>a<!-- > --!>b<!--->c<!>d</>e<?php f ?>g",
];

/// Numbers that look random and are the same each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }
}

/// All kinds of tags but those of tables.
const PIECES: &[&str] = &[
    "<p>",
    "<div>",
    "<div class=a>",
    "<span>",
    "<b>",
    "<i>",
    "<em class='b c'>",
    "<a href=/x>",
    "<a href=/y id=l>",
    "<h1>",
    "<h2>",
    "<ul>",
    "<ol>",
    "<li>",
    "<dl>",
    "<dt>",
    "<dd>",
    "<br>",
    "<hr>",
    "<img>",
    "<pre>",
    "\n",
    "<button>",
    "<form>",
    "<label>",
    "<input>",
    "<nobr>",
    "<font color=red>",
    "<x-card>",
    "<section hidden>",
    "<p style='display: none'>",
    "<select>",
    "<option>",
    "<optgroup>",
    "<ruby>",
    "<rt>",
    "<rtc>",
    "<rp>",
    "<rb>",
    "<object>",
    "<marquee>",
    "<code>",
    "<small>",
    "<svg>",
    "<math>",
    "<mi>",
    "<foreignObject>",
    "<desc>",
    "<g>",
    "<font>",
    "<textarea>a<b></textarea>",
    "<script>a<p></script>",
    "<style>p</style>",
    "<title>t</title>",
    "<iframe>x</iframe>",
    "<noscript>",
    "<xmp>a<b></xmp>",
    "<br/>",
    "<svg/>",
    "<g/>",
    "<p/>",
    "</p>",
    "</div>",
    "</span>",
    "</b>",
    "</i>",
    "</em>",
    "</a>",
    "</h1>",
    "</h2>",
    "</ul>",
    "</ol>",
    "</li>",
    "</dl>",
    "</dt>",
    "</dd>",
    "</br>",
    "</pre>",
    "</button>",
    "</form>",
    "</label>",
    "</nobr>",
    "</font>",
    "</x-card>",
    "</section>",
    "</select>",
    "</option>",
    "</ruby>",
    "</object>",
    "</marquee>",
    "</code>",
    "</small>",
    "</svg>",
    "</math>",
    "</mi>",
    "</foreignObject>",
    "</g>",
    "</noscript>",
    "</body>",
    "</html>",
    "<body class=z>",
    "<html id=q>",
    "<!-- c -->",
    "<!>",
    "</>",
    "&amp;",
    "&nbsp;",
    "&copy",
    "\0",
    " ",
    ". ",
    "<![CDATA[ d ]]>",
    "<details>",
    "<summary>",
    "<center>",
    "<address>",
    "</address>",
    "</desc>",
    "<wbr>",
    "<embed>",
    "<blockquote>",
    "</blockquote>",
    "<head>",
    "</head>",
    "<meta>",
    "<link>",
    "<base>",
];

/// Tables whose text is all in cells and captions.
const CELLS: &[&str] = &[
    "<table>",
    "<table><td>c ",
    "<tr><td>d ",
    "<td>e ",
    "<th>f <p>g ",
    "<tbody><tr><td>h ",
    "<thead>",
    "<caption>i ",
    "<colgroup>",
    "<col>",
    "</table>",
    "</table>",
    "</tr>",
    "</td>",
    "</tbody>",
    "</caption>",
    "</th>",
    "<input type=hidden>",
    "<input>",
    "<b>",
    "<td><b>j ",
    "</b>",
    "<div>",
    "<td><div>k ",
    "</div>",
    "<a href=/x>",
    "</a>",
    "<td><a href=/y>l ",
    "<form>",
    "</form>",
    "<select>",
    "<option>",
    "<p>",
    "</p>",
    "<td><ul><li>m ",
    "<li>",
    "</body>",
    "<br>",
    "<i>",
    "</i>",
];

fn soup(numbers: &mut Numbers, pieces: &[&str], words: bool) -> String {
    let mut html = String::new();
    if numbers.below(2) == 0 {
        html += "<!doctype html>";
    }
    if numbers.below(4) > 0 {
        html += "<body>w ";
    }
    for n in 0..numbers.below(40) {
        html += pieces[numbers.below(pieces.len())];
        if words && numbers.below(2) == 0 {
            html += &format!("w{n} ");
        }
    }
    html
}

/// What differs is explained in docs/segmentation.md.
#[test]
fn soups_are_those_of_the_tree() {
    for (name, pieces, words) in [("text", PIECES, true), ("cells", CELLS, false)] {
        let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
        let mut sum = Tally::default();
        let mut first = None;
        for _ in 0..5_000 {
            let html = soup(&mut numbers, pieces, words);
            let (tally, difference) = compare(&html);
            sum.add(tally);
            first = first.or(difference.map(|difference| format!("{html:?}\n{difference}")));
        }
        let equal = share(sum.equal, sum.blocks);
        assert!(equal >= 99.98, "{name}: {equal}, {sum:?}\n{}", first.unwrap_or_default());
    }
}

/// Every set of ../shared/data, as a table. `scripts/check-segmentation` runs it; with
/// SARING_DIFFERENCES in the environment it prints the first difference of each page.
#[test]
#[cfg(feature = "cli")]
#[ignore = "needs ../shared/data: scripts/check-segmentation"]
#[allow(clippy::print_stdout)]
fn real_pages_are_those_of_the_tree() {
    use std::env;

    let shared = env::var("SARING_SHARED").unwrap_or_else(|_| "../shared".into());
    let told = env::var("SARING_DIFFERENCES").is_ok();
    let print = |name: &str, sum: Tally| {
        let (texts, equal) = (share(sum.equal_texts, sum.blocks), share(sum.equal, sum.blocks));
        let Tally { pages, equal_pages, blocks, .. } = sum;
        println!("{name:<18} {pages:>6} {equal_pages:>12} {blocks:>8} {texts:>12.4} {equal:>12.4}");
    };
    println!("set                 pages  equal pages   blocks  text, links %  and place %");
    let mut total = Tally::default();
    let mut sets: Vec<PathBuf> = fs::read_dir(Path::new(&shared).join("data"))
        .expect("../shared/data, or data under SARING_SHARED")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    sets.sort();
    for set in sets {
        let mut found = Vec::new();
        pages(&set, &mut found);
        let mut sum = Tally::default();
        for path in &found {
            let (tally, difference) = compare(&read(path));
            sum.add(tally);
            if let Some(difference) = difference.filter(|_| told) {
                println!("{}\n{difference}", path.display());
            }
        }
        if !found.is_empty() {
            print(&set.file_name().unwrap_or_default().to_string_lossy(), sum);
        }
        total.add(sum);
    }
    print("all", total);
    assert!(total.pages > 0, "no pages");
    assert!(share(total.equal, total.blocks) >= 99.5);
}

#[cfg(feature = "cli")]
fn read(path: &Path) -> String {
    use std::io::Read;

    let file = fs::read(path).expect("the page can be read");
    let mut bytes = Vec::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut gzip = flate2::read::MultiGzDecoder::new(&file[..]);
        gzip.read_to_end(&mut bytes).expect("the page is gzipped");
    } else {
        bytes = file;
    }
    decode(&bytes, None).into_owned()
}
