//! Whatever comes in: text, bytes and tag soup are classified without a panic, the same way each
//! time, and nothing of their text is lost or doubled. Block CSV and model files are errors or what
//! they say. The properties are those of the fuzz targets, and so are the inputs kept there.
#![cfg(feature = "train")]

#[path = "../fuzz/src/lib.rs"]
mod properties;

use proptest::prelude::*;
use saring::{Classifier, Document, Limits, decode, segment_html, segment_text};

use properties::document::{check_document, check_page};

fn config() -> ProptestConfig {
    // A failure prints what caused it; files beside the tests would be in the way.
    ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }
}

fn check_html(html: &str) -> Document {
    let document = segment_html(html, &Limits::default());
    check_document(&document, html.len());
    assert_eq!(segment_html(html, &Limits::default()), document);
    let page = Classifier::pretrained().classify(html);
    check_page(&page, &document);
    assert_eq!(Classifier::pretrained().classify_document(document.clone()), page);
    document
}

#[test]
fn what_the_fuzzers_keep_holds() {
    type Property = fn(&[u8]);
    let targets: [(&str, Property); 5] = [
        ("segment", properties::segment),
        ("classify", properties::classify),
        ("csv", properties::csv),
        ("model", properties::model),
        ("bytes", properties::bytes),
    ];
    for (target, holds) in targets {
        let mut inputs = 0;
        for kept in ["seeds", "corpus"] {
            let folder = format!("{}/fuzz/{kept}/{target}", env!("CARGO_MANIFEST_DIR"));
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                let bytes = std::fs::read(&path).unwrap();
                let held = std::panic::catch_unwind(|| holds(&bytes));
                assert!(held.is_ok(), "{} breaks {target}", path.display());
                inputs += 1;
            }
        }
        assert!(inputs >= 5, "{target} has {inputs} inputs");
    }
}

/// Elements that may stand in a soup, with those that have rules of their own for what may be in
/// them. None hides its text.
const TAGS: [&str; 44] = [
    "a",
    "p",
    "div",
    "span",
    "b",
    "i",
    "em",
    "strong",
    "h1",
    "h2",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "pre",
    "article",
    "section",
    "nav",
    "main",
    "header",
    "footer",
    "aside",
    "form",
    "label",
    "button",
    "fieldset",
    "center",
    "font",
    "code",
    "small",
    "time",
    "figure",
    "figcaption",
    "details",
    "summary",
    "noscript",
    "address",
    "x-card",
    "body",
    "html",
    "nobr",
];

/// The same for tables and lists of options, which move text that stands in the wrong place.
const MOVING: [&str; 10] =
    ["table", "tr", "td", "th", "tbody", "caption", "colgroup", "select", "option", "thead"];

const VOID: [&str; 7] = ["br", "hr", "img", "wbr", "input", "meta", "base"];

/// Whole elements whose text is not text of the page.
const UNSEEN: [&str; 9] =
    ["script", "style", "template", "textarea", "iframe", "svg", "video", "canvas", "noframes"];

#[derive(Debug, Clone)]
enum Piece {
    /// Becomes a word that occurs nowhere else.
    Text(&'static str),
    Open(&'static str, String),
    Close(&'static str),
    Unseen(&'static str),
    Raw(&'static str),
}

fn attributes() -> impl Strategy<Value = String> {
    let attribute = prop_oneof![
        "[a-z]{1,3}( [a-z.#>%\\[]{1,3})?".prop_map(|names| format!(" class=\"{names}\"")),
        "[a-zé .%]{0,4}".prop_map(|id| format!(" id='{id}'")),
        "[a-z/ ?&=#;]{0,6}".prop_map(|href| format!(" href=\"{href}\"")),
        Just(" hidden".to_string()),
        Just(" style=\"display: none\"".to_string()),
        Just(" aria-hidden=true".to_string()),
        Just(" data-label=content".to_string()),
        prop::sample::select(vec![" =x", " \"", " a=b<c", " '", " a='b\">c'", " <", " /"])
            .prop_map(str::to_string),
    ];
    prop::collection::vec(attribute, 0..3).prop_map(|all| all.concat())
}

fn piece(tags: Vec<&'static str>) -> impl Strategy<Value = Piece> {
    let text = prop::sample::select(vec!["", " ", "\n", "\u{a0}", ". ", "&amp;", ", ", "\t é "]);
    let raw = prop::sample::select(vec![
        "<!-- x -->",
        "&nbsp;",
        " ",
        "\n\n",
        "<!DOCTYPE html>",
        "&#0;",
        "&#x202e;",
        "</",
        "<>",
        "< ",
        "<!>",
        "\0",
        "&lt;p&gt;",
        "]]>",
        "<?php ?>",
        "</br>",
        "</p>",
    ]);
    let close = tags.clone();
    prop_oneof![
        4 => text.prop_map(Piece::Text),
        4 => (prop::sample::select(tags), attributes()).prop_map(|(tag, a)| Piece::Open(tag, a)),
        3 => prop::sample::select(close).prop_map(Piece::Close),
        1 => (prop::sample::select(VOID.to_vec()), attributes()).prop_map(|(t, a)| Piece::Open(t, a)),
        1 => prop::sample::select(UNSEEN.to_vec()).prop_map(Piece::Unseen),
        1 => raw.prop_map(Piece::Raw),
    ]
}

fn marker(n: usize) -> String {
    format!("w{n:04}x")
}

/// The page of the pieces, and the number of its markers.
fn soup(pieces: &[Piece]) -> (String, usize) {
    // Text before all else, so that what follows is in the body.
    let mut html = format!("{} ", marker(0));
    let mut markers = 1;
    for piece in pieces {
        match piece {
            Piece::Text(after) => {
                html += &marker(markers);
                html += after;
                markers += 1;
            }
            Piece::Open(tag, attributes) => html += &format!("<{tag}{attributes}>"),
            Piece::Close(tag) => html += &format!("</{tag}>"),
            Piece::Unseen(tag) => html += &format!("<{tag}>unseen &amp; <x>unseen</x></{tag}>"),
            // These two read on to the next ">".
            Piece::Raw(raw @ ("</" | "<!>")) => html += &format!("{raw}>"),
            Piece::Raw(raw) => html += raw,
        }
    }
    (html, markers)
}

fn places(document: &Document, marker: &str) -> Vec<usize> {
    let blocks = document.blocks.iter().enumerate();
    blocks.flat_map(|(n, b)| b.text.matches(marker).map(move |_| n)).collect()
}

/// A row of a Block CSV, as odd as it may be.
fn row() -> impl Strategy<Value = String> {
    let one_of = |all: &[&'static str]| prop::sample::select(all.to_vec()).boxed();
    let step = "[a-z]{1,2}(#[a-z]?)?(\\.[a-z%]{0,3}){0,2}(\\[[0-9]{1,2}\\])?";
    let steps = prop::collection::vec(step, 0..5).prop_map(|steps| steps.join(">"));
    let spelled = ["html[1]>head[1]>title[1]", "html>head>title", "a[0]>b[4294967295]"];
    let path = prop_oneof![3 => steps, 1 => one_of(&spelled).prop_map(str::to_string)];
    let fields = (
        one_of(&["", "a.html", "b.html", "\"a\nb\""]),
        one_of(&["Isi", "\" kata  dua \"", "\"\"\"kutip\"\"\"", "Judul, x"]),
        one_of(&["", "content", "related", "boilerplate", "uncertain"]),
        one_of(&["", "https://www.warta.example/a", "://", "https://a@[::1]:80"]),
        path,
        one_of(&["", "/a", "/a /b", "\u{a0}"]),
        one_of(&["", "0", "5", "4294967296", "1e30"]),
        one_of(&["", "0", "true", "FALSE"]),
        one_of(&["", "1", "0", "-0", "2.5", "1e38"]),
        one_of(&["", "warta.example", " "]),
    );
    fields.prop_map(|(page, text, label, url, path, links, chars, hidden, weight, group)| {
        [page, text, label, url, &path, links, chars, hidden, weight, group].join(",") + "\n"
    })
}

/// Bytes, and where in a file they are put, as a share of its length.
fn noise() -> impl Strategy<Value = Vec<(u8, u8)>> {
    let byte = prop_oneof![prop::sample::select(b",\"\n\r>[#".to_vec()), any::<u8>()];
    prop::collection::vec((any::<u8>(), byte), 0..4)
}

fn put(file: &mut [u8], noise: &[(u8, u8)]) {
    for &(place, byte) in noise {
        let at = usize::from(place) * file.len() / 256;
        file[at] = byte;
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_a_page(text in "\\PC{0,200}|[<>/a-c =\"'&;!\\-\n\0]{0,200}|(?s).{0,60}") {
        check_html(&text);
        let document = segment_text(&text, &Limits::default());
        check_document(&document, text.len());
        check_page(&Classifier::pretrained().classify_text(&text), &document);
        let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        let of_blocks: Vec<String> = document.blocks.iter().flat_map(|b| words(&b.text)).collect();
        prop_assert_eq!(of_blocks, words(&text));
    }

    #[test]
    fn soup_keeps_every_text_once_and_in_order(
        pieces in prop::collection::vec(piece(TAGS.to_vec()), 0..60),
    ) {
        let (html, markers) = soup(&pieces);
        let document = check_html(&html);
        let mut last = (0, 0);
        for n in 0..markers {
            let places = places(&document, &marker(n));
            prop_assert_eq!(places.len(), 1, "{} in {}", marker(n), html);
            let within = document.blocks[places[0]].text.find(&marker(n)).unwrap();
            prop_assert!(n == 0 || (places[0], within) > last, "{} in {}", marker(n), html);
            last = (places[0], within);
        }
        prop_assert!(places(&document, "unseen").is_empty(), "{}", html);
    }

    #[test]
    fn soup_with_tables_keeps_every_text_once(
        pieces in prop::collection::vec(piece([&TAGS[..], &MOVING, &MOVING, &MOVING].concat()), 0..60),
    ) {
        let (html, markers) = soup(&pieces);
        let document = check_html(&html);
        for n in 0..markers {
            prop_assert_eq!(places(&document, &marker(n)).len(), 1, "{} in {}", marker(n), html);
        }
        prop_assert!(places(&document, "unseen").is_empty(), "{}", html);
    }

    #[test]
    fn soup_survives_the_way_through_csv(
        pieces in prop::collection::vec(piece([&TAGS[..], &MOVING].concat()), 0..60),
    ) {
        use saring::{Dataset, LabelledPage, Writer};

        let (html, _) = soup(&pieces);
        let document = segment_html(&html, &Limits::default());
        let page = LabelledPage {
            name: "soup".into(),
            group: "soup".into(),
            labels: vec![None; document.blocks.len()],
            weights: vec![1.0; document.blocks.len()],
            document,
        };
        let mut writer = Writer::new(Vec::new(), false).unwrap();
        writer.page(&page, None).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("soup.csv");
        std::fs::write(&path, writer.finish().unwrap()).unwrap();
        let read = Dataset::read([&path]).unwrap().pages;
        prop_assert_eq!(read, vec![page], "{}", html);
    }

    #[test]
    fn any_bytes_are_text(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        charset in prop::option::of("utf-8|UTF-16le| windows-1252 |shift_jis|iso-2022-jp|replacement|[a-z0-9-]{0,8}"),
    ) {
        let stated = charset.map(|charset| [charset.as_bytes(), b"\n"].concat());
        properties::bytes(&[stated.unwrap_or_default(), bytes.clone()].concat());
        properties::segment(&bytes);
    }

    #[test]
    fn any_file_is_a_block_csv_or_none(rows in prop::collection::vec(row(), 0..8), bytes in noise()) {
        let header = "page,text,label,url,path,links,link_chars,hidden,weight,group\n";
        let mut file = [header, &rows.concat()].concat().into_bytes();
        properties::csv(&file);
        put(&mut file, &bytes);
        properties::csv(&file);
        properties::csv(&bytes.iter().map(|(_, byte)| *byte).collect::<Vec<_>>());
    }

    #[test]
    fn any_file_is_a_model_or_none(
        which in prop::sample::select(b"0123".to_vec()),
        changes in prop::collection::vec(any::<u8>(), 0..20),
        bytes in noise(),
    ) {
        properties::model(&[vec![which], changes].concat());
        properties::model(&bytes.iter().map(|(_, byte)| *byte).collect::<Vec<_>>());
    }

    #[test]
    fn utf_8_comes_through_unchanged(text in "[a-z <>é漢語🙂]{0,100}") {
        prop_assert_eq!(decode(text.as_bytes(), Some("utf-8")), text.as_str());
        let marked = format!("\u{feff}{text}");
        prop_assert_eq!(decode(marked.as_bytes(), Some("shift_jis")), text.as_str());
    }

    #[test]
    fn any_limits_are_kept(
        pieces in prop::collection::vec(piece(TAGS.to_vec()), 0..40),
        bytes in 0usize..400,
        nodes in 1usize..60,
        depth in 3usize..20,
    ) {
        let (html, _) = soup(&pieces);
        let limits = Limits { bytes, nodes, depth };
        let classifier = Classifier::pretrained().clone().limits(limits.clone());
        let document = segment_html(&html, &limits);
        check_document(&document, html.len());
        check_page(&classifier.classify(&html), &document);
        if html.len() > bytes {
            prop_assert!(document.truncated.is_some());
        }
        for n in 0..document.blocks.len() {
            let steps = document.path(n).matches('>').count() + 1;
            prop_assert!(steps <= depth + 4, "{} is deeper than {}", document.path(n), depth);
        }
    }
}
