//! Pages made to be slow: what fuzzers, broken generators and people with a grudge serve.
//!
//! Sizes are such that the largest page is 0.5 to 10 MB and, where the case is not about it, inside
//! the default budget of nodes: a page that is cut early would hide how the rest grows.

/// A family of pages that differ in length only.
pub struct Case {
    pub name: &'static str,
    /// Bytes of the largest page.
    pub bytes: usize,
    /// Makes a page of at least so many bytes.
    pub build: fn(usize) -> Vec<u8>,
    /// It is extracted text, not HTML.
    pub plain: bool,
}

const fn html(name: &'static str, bytes: usize, build: fn(usize) -> Vec<u8>) -> Case {
    Case { name, bytes, build, plain: false }
}

const fn plain(name: &'static str, bytes: usize, build: fn(usize) -> Vec<u8>) -> Case {
    Case { name, bytes, build, plain: true }
}

const KB: usize = 1000;
const MB: usize = 1000 * KB;

pub const CASES: &[Case] = &[
    // Depth.
    html("lists, nested, unclosed", MB, |n| repeat("", "<ul><li>", n)),
    html("lists, nested, unclosed, with text", MB, |n| repeat("", "<ul><li>x", n)),
    html("divs, nested, unclosed", MB, |n| repeat("", "<div>", n)),
    html("divs, nested, closed", MB, |n| nest("<div>x", "</div>", n)),
    html("spans, nested, unclosed", MB, |n| repeat("", "<span>x ", n)),
    html("unknown elements, nested", MB, |n| repeat("", "<x-y>x", n)),
    html("buttons, nested", MB, |n| repeat("", "<button>x", n)),
    html("headings, unclosed", MB, |n| repeat("", "<h1>x<h2>y", n)),
    html("definition lists, nested", MB, |n| repeat("", "<dl><dd>x", n)),
    html("tables, nested, unclosed", MB, |n| repeat("", "<table><tr><td>x", n)),
    html("templates, nested", MB, |n| repeat("", "<template>x", n)),
    html("svg groups, nested", MB, |n| repeat("<svg>", "<g>x", n)),
    html("svg and foreignObject, nested", MB, |n| repeat("", "<svg><foreignObject>x", n)),
    html("math rows, nested", MB, |n| repeat("<math>", "<mrow><mi>x", n)),
    html("stray end tags under 500 divs", MB, |n| {
        repeat(&"<div>".repeat(500), "</section></span>", n)
    }),
    html("stray end tags as deep as many", MB, |n| {
        joined([repeat("", "<div>", n / 2), repeat("", "</span>", n / 2)])
    }),
    html("stray `</p>` and `</br>`", MB, |n| repeat("", "</p></br>", n)),
    html("siblings under 500 divs with classes", 500 * KB, |n| {
        repeat(&"<div class=wide-column>".repeat(500), "<p>x</p>", n)
    }),
    // What the tree builder repairs.
    html("formatting, nested, unclosed", MB, |n| repeat("", "<b><i><u>x", n)),
    html("formatting, wrongly closed", MB, |n| repeat("", "<b><i>x</b>y</i>", n)),
    html("formatting of many colours", MB, |n| numbered("", |i| format!("<font color={i}>x"), n)),
    html("formatting open across paragraphs", MB, |n| {
        numbered("", |i| format!("<b id={i}><p>x</p>"), n)
    }),
    html("the node bomb: open `<b id>`, then paragraphs", MB, |n| {
        let open = numbered("<p>", |i| format!("<b id={i}>"), n * 3 / 4);
        joined([open, repeat("", "<p>x", n / 4)])
    }),
    html("anchors, unclosed", MB, |n| repeat("", "<a href=/x>x", n)),
    html("anchors and divs, unclosed", MB, |n| repeat("", "<a href=/x><div>x", n)),
    html("text in tables, outside cells", MB, |n| repeat("", "<table>x<b>y</table>", n)),
    html("one table, text outside cells", MB, |n| repeat("<table>", "x<tr>", n)),
    html("selects, unclosed", MB, |n| repeat("", "<select><option>x", n)),
    html("options of one select", MB, |n| repeat("<select>", "<option>x", n)),
    html("forms and inputs", MB, |n| repeat("", "<form><input value=x>", n)),
    html("ruby, unclosed", MB, |n| repeat("<ruby>", "<rb>x<rt>y", n)),
    html("framesets", MB, |n| repeat("", "<frameset><frame>", n)),
    // Attributes.
    html("attributes of one element, distinct", MB, |n| {
        joined([numbered("<p", |i| format!(" a{i}=x"), n), b">x".to_vec()])
    }),
    html("attributes of one element, equal", MB, |n| {
        joined([repeat("<p", " id=x", n), b">x".to_vec()])
    }),
    html("attributes of `<html>`, again and again", MB, |n| {
        numbered("", |i| format!("<html a{i}=x>"), n)
    }),
    html("one attribute", 10 * MB, |n| joined([repeat("<p title='", "word ", n), b"'>x".to_vec()])),
    html("one attribute, unclosed", 10 * MB, |n| repeat("<p title='", "word <p>", n)),
    html("one link target", 10 * MB, |n| joined([repeat("<a href='", "/x", n), b"'>x".to_vec()])),
    html("classes of one element", 10 * MB, |n| {
        joined([numbered("<p class='", |i| format!("c{i} "), n), b"'>x".to_vec()])
    }),
    html("`data-label` of many values in a block", MB, |n| {
        numbered("<p>", |i| format!("<i data-label={i}>x</i> "), n)
    }),
    // One long thing.
    html("one comment", 10 * MB, |n| joined([repeat("<!--", "a - > ", n), b"-->x".to_vec()])),
    html("one comment, unclosed", 10 * MB, |n| repeat("<!--", "--!- ", n)),
    html("one script", 10 * MB, |n| {
        joined([repeat("<script>", "if (a<b) c('</p>');", n), b"</script>x".to_vec()])
    }),
    html("one script, `<!--<script` again and again", 10 * MB, |n| {
        repeat("<script>", "<!--<script ", n)
    }),
    html("one text of words", 10 * MB, |n| repeat("<p>", "some words, ", n)),
    html("one word", 10 * MB, |n| repeat("<p>", "abcdefghij", n)),
    html("one text without spaces, Japanese", 10 * MB, |n| repeat("<p>", "日本語の文章。", n)),
    html("one tag name", 10 * MB, |n| repeat("<", "abcdefghij", n)),
    html("white space", 10 * MB, |n| repeat("<p>x", " \n\t", n)),
    html("a text area", 10 * MB, |n| repeat("<textarea>", "x</p> ", n)),
    html("a title", 10 * MB, |n| repeat("<title>", "some words ", n)),
    html("`<plaintext>`", 10 * MB, |n| repeat("<plaintext>", "<div>x ", n)),
    // Many small things.
    html("paragraphs", 1600 * KB, |n| repeat("", "<p>x</p>", n)),
    html("paragraphs of distinct words", 1600 * KB, |n| {
        numbered("", |i| format!("<p>w{i}</p>"), n)
    }),
    html("spans in a block", 1600 * KB, |n| repeat("<p>", "<span>x</span>", n)),
    html("line breaks", MB, |n| repeat("<p>", "x<br>", n)),
    html("images", MB, |n| repeat("<p>", "<img src=a.png alt=x>", n)),
    html("links in a block", 2400 * KB, |n| {
        numbered("<p>", |i| format!("<a href=/p/{i}>x</a> "), n)
    }),
    html("links in blocks", 2400 * KB, |n| {
        numbered("<ul>", |i| format!("<li><a href=/p/{i}>x</a>"), n)
    }),
    html("equal ids and classes", 3 * MB, |n| repeat("", "<div id=a class='b c'>x y</div>", n)),
    html("distinct ids and classes", 3 * MB, |n| {
        numbered("", |i| format!("<div id=a{i} class='b{i} c{i}'>x</div>"), n)
    }),
    html("equal sentences", 3 * MB, |n| repeat("", "<p>One of a hundred thousand.</p>", n)),
    html("meta elements", MB, |n| repeat("", "<meta property=og:url content=x>", n)),
    html("comments", 2 * MB, |n| repeat("<p>", "x<!---->", n)),
    html("entities", 5 * MB, |n| repeat("<p>", "&amp;", n)),
    html("entities that are none", 5 * MB, |n| repeat("<p>", "&notanentity &#xfffffffff; &", n)),
    html("`<`", 5 * MB, |n| repeat("<p>", "<", n)),
    html("`</`", 5 * MB, |n| repeat("<p>", "</", n)),
    html("`<!` and `<?`", MB, |n| repeat("<p>", "<!x><?y>", n)),
    // Bytes that are no text.
    html("NULs", 10 * MB, |n| repeat("<p>", "\0", n)),
    html("NULs and letters", 5 * MB, |n| repeat("<p>", "a\0", n)),
    html("broken UTF-8", 5 * MB, |n| bytes(b"<p>", b"a\xff\xc3 ", n)),
    html("UTF-8 broken at the very end", 10 * MB, |n| {
        joined([repeat("<p>", "kata dan é ", n), vec![0xc3]])
    }),
    html("UTF-16 without a mark", 5 * MB, |n| bytes(b"<\0p\0>\0", b"a\0 \0", n)),
    html("ISO-2022-JP escapes", 5 * MB, |n| {
        bytes(b"<meta charset=iso-2022-jp><p>", b"\x1b$B\x1b(B", n)
    }),
    // Extracted text.
    plain("text: lines", 400 * KB, |n| repeat("", "x\n", n)),
    plain("text: distinct lines", 3 * MB, |n| numbered("", |i| format!("line {i} of it\n"), n)),
    plain("text: one line", 10 * MB, |n| repeat("", "some words, ", n)),
];

fn repeat(start: &str, unit: &str, length: usize) -> Vec<u8> {
    bytes(start.as_bytes(), unit.as_bytes(), length)
}

fn bytes(start: &[u8], unit: &[u8], length: usize) -> Vec<u8> {
    let times = length.saturating_sub(start.len()).div_ceil(unit.len());
    [start, &unit.repeat(times)].concat()
}

/// `start`, then units that differ by their number.
fn numbered(start: &str, unit: impl Fn(usize) -> String, length: usize) -> Vec<u8> {
    let mut page = start.to_string();
    let mut number = 0;
    while page.len() < length {
        page.push_str(&unit(number));
        number += 1;
    }
    page.into_bytes()
}

fn nest(open: &str, close: &str, length: usize) -> Vec<u8> {
    let times = length.div_ceil(open.len() + close.len());
    [open.repeat(times), close.repeat(times)].concat().into_bytes()
}

fn joined<const N: usize>(parts: [Vec<u8>; N]) -> Vec<u8> {
    parts.concat()
}
