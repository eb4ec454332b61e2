//! The segmentation compared with a walk over html5ever's tree, block by block.

mod oracle;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io::Read};

use saring::{Document, Limits, decode, segment_html};

/// A block without its place, and with it.
fn rows(document: &Document) -> (Vec<String>, Vec<String>) {
    let texts: Vec<String> = document
        .blocks
        .iter()
        .map(|b| format!("{} {} {} {}", b.text, b.hidden, b.links.join(" "), b.link_chars))
        .collect();
    let full = texts.iter().enumerate().map(|(n, text)| format!("{} {text}", document.path(n)));
    let full = full.collect();
    (texts, full)
}

/// How many rows of `wanted` are in `found`, in any order.
fn shared(wanted: &[String], found: &[String]) -> usize {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in found {
        *counts.entry(row).or_default() += 1;
    }
    let take = |row: &&String| match counts.get_mut(row.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    wanted.iter().filter(take).count()
}

/// What differs on one page or many: blocks, those equal but for their place, those equal.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    blocks: usize,
    texts: usize,
    equal: usize,
    pages: usize,
    pages_equal: usize,
    /// Pages with the same blocks in another order.
    order: usize,
    facts: usize,
}

fn compare(html: &str) -> (Tally, String) {
    let limits = Limits::default();
    let new = segment_html(html, &limits);
    let (old, _) = oracle::segment(html, &limits);
    let (new_texts, new_full) = rows(&new);
    let (old_texts, old_full) = rows(&old);
    // Blocks that are there twice or not at all count against us, whichever side has them.
    let blocks = old_texts.len().max(new_texts.len());
    let tally = Tally {
        blocks,
        texts: shared(&old_texts, &new_texts),
        equal: shared(&old_full, &new_full),
        pages: 1,
        pages_equal: usize::from(old == new),
        order: usize::from(shared(&old_full, &new_full) == blocks && old_full != new_full),
        facts: usize::from(old.title != new.title || old.url != new.url),
    };
    let mut told = String::new();
    if old != new {
        for (n, row) in old_full.iter().enumerate() {
            if new_full.get(n) != Some(row) {
                told =
                    format!("  old {n}: {row}\n  new {n}: {}", new_full.get(n).map_or("-", |r| r));
                break;
            }
        }
        if told.is_empty() {
            told = format!(
                "  old {:?} {:?} {}\n  new {:?} {:?} {}",
                old.title,
                old.url,
                old.blocks.len(),
                new.title,
                new.url,
                new.blocks.len()
            );
        }
    }
    (tally, told)
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = path.to_string_lossy().to_lowercase();
        if path.is_dir() {
            pages(&path, found);
        } else if name.ends_with(".html") || name.ends_with(".html.gz") {
            found.push(path);
        }
    }
    found.sort();
}

fn read(path: &Path) -> String {
    let mut bytes = fs::read(path).expect("the page can be read");
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain).expect("gzip");
        bytes = plain;
    }
    decode(&bytes, None).into_owned()
}

/// The pages of `../shared/data`, with a table; `scripts/check-segmentation` runs it.
#[test]
#[ignore = "needs ../shared/data: scripts/check-segmentation"]
fn blocks_of_real_pages_are_those_of_the_tree() {
    let data = PathBuf::from(env::var("SARING_SHARED").unwrap_or("../shared".into())).join("data");
    let mut sets: Vec<PathBuf> =
        fs::read_dir(&data).expect("the data").flatten().map(|e| e.path()).collect();
    sets.sort();
    let told = env::var("SARING_DIFFERENCES").is_ok();
    println!(
        "{:<18} {:>6} {:>8} {:>9} {:>9} {:>12}",
        "set", "pages", "blocks", "texts %", "equal %", "pages equal"
    );
    let mut total = Tally::default();
    for set in sets {
        let mut paths = Vec::new();
        pages(&set, &mut paths);
        let mut sum = Tally::default();
        for path in paths {
            let (tally, difference) = compare(&read(&path));
            if told && !difference.is_empty() {
                println!("{}: {tally:?}\n{difference}", path.display());
            }
            for sum in [&mut sum, &mut total] {
                sum.blocks += tally.blocks;
                sum.texts += tally.texts;
                sum.equal += tally.equal;
                sum.pages += tally.pages;
                sum.pages_equal += tally.pages_equal;
                sum.order += tally.order;
                sum.facts += tally.facts;
            }
        }
        print(&set.file_name().unwrap_or_default().to_string_lossy(), sum);
    }
    print("all", total);
    assert!(share(total.equal, total.blocks) >= 99.5);
}

fn share(part: usize, of: usize) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

#[allow(clippy::print_stdout)]
fn print(name: &str, tally: Tally) {
    println!(
        "{name:<18} {:>6} {:>8} {:>9.3} {:>9.3} {:>12} {} {}",
        tally.pages,
        tally.blocks,
        share(tally.texts, tally.blocks),
        share(tally.equal, tally.blocks),
        tally.pages_equal,
        tally.order,
        tally.facts
    );
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }
}

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

const TABLES: &[&str] = &[
    "<table>",
    "<table>",
    "<tr>",
    "<td>",
    "<th>",
    "<tbody>",
    "<thead>",
    "<caption>",
    "<colgroup>",
    "<col>",
    "</table>",
    "</tr>",
    "</td>",
    "</tbody>",
    "</caption>",
    "</th>",
    "<input type=hidden>",
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
    "<svg>",
    "</svg>",
    "<br>",
    "<i>",
    "</i>",
];

fn soup(numbers: &mut Numbers, pieces: &[&[&str]], words: bool) -> String {
    let mut html = String::new();
    if numbers.below(2) == 0 {
        html += "<!doctype html>";
    }
    if numbers.below(4) > 0 {
        html += "<body>w ";
    }
    for n in 0..numbers.below(40) {
        let list = pieces[numbers.below(pieces.len())];
        html += list[numbers.below(list.len())];
        if words && numbers.below(2) == 0 {
            html += &format!("w{n} ");
        }
    }
    html
}

#[test]
fn soups() {
    for (name, pieces, words) in [
        ("plain", &[PIECES][..], true),
        ("cells", &[CELLS], false),
        ("tables", &[PIECES, TABLES], true),
    ] {
        let mut numbers = Numbers(88172645463325252);
        let (mut equal, mut told, mut all) = (Tally::default(), 0, 0);
        for _ in 0..20_000 {
            let html = soup(&mut numbers, pieces, words);
            let (tally, difference) = compare(&html);
            all += 1;
            equal.blocks += tally.blocks;
            equal.texts += tally.texts;
            equal.equal += tally.equal;
            equal.pages_equal += tally.pages_equal;
            if !difference.is_empty() && told < 12 && html.len() < 2000 {
                told += 1;
                println!("{html:?}\n{difference}");
            }
        }
        println!("{name} {all} {equal:?}");
    }
}
