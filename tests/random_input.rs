//! Whatever comes in: text, bytes and tag soup are classified without a panic, the same way each
//! time, and nothing of their text is lost or doubled.

use proptest::prelude::*;
use saring::{Classifier, Document, Limits, Page, PathReader, decode, segment_html, segment_text};

fn config() -> ProptestConfig {
    // A failure prints what caused it; files beside the tests would be in the way.
    ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }
}

/// What holds for every classified document.
fn check(document: &Document, page: &Page) -> Result<(), TestCaseError> {
    prop_assert_eq!(document.blocks.len(), page.blocks.len());
    prop_assert!((0.0..=1.0).contains(&page.confidence), "{}", page.confidence);
    let mut paths = (PathReader::default(), Vec::new());
    for (n, (block, labelled)) in document.blocks.iter().zip(&page.blocks).enumerate() {
        prop_assert_eq!(&block.text, &labelled.text);
        prop_assert!((0.0..=1.0).contains(&labelled.probability), "{:?}", labelled);
        let collapsed = block.text.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert!(!block.text.is_empty() && block.text == collapsed, "{:?}", block.text);
        prop_assert!(block.link_chars as usize <= block.text.chars().count(), "{:?}", block);
        prop_assert_eq!(block.link_chars > 0, !block.links.is_empty(), "{:?}", block);
        prop_assert!(block.links.iter().all(|link| !link.contains(char::is_whitespace)));
        // What a path says is what the document says.
        let path = document.path(n);
        prop_assert_eq!(&path, &page.path(n));
        let element = paths.0.read(&path, &mut paths.1).unwrap();
        prop_assert_eq!(element.is_some(), block.element.is_some());
    }
    prop_assert_eq!(&paths.1, &document.elements);
    prop_assert_eq!(&Classifier::pretrained().classify_document(document), page);
    Ok(())
}

fn check_html(html: &str) -> Result<Document, TestCaseError> {
    let document = segment_html(html, &Limits::default());
    check(&document, &Classifier::pretrained().classify(html))?;
    prop_assert_eq!(&segment_html(html, &Limits::default()), &document);
    Ok(document)
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

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_a_page(text in "\\PC{0,200}|[<>/a-c =\"'&;!\\-\n\0]{0,200}|(?s).{0,60}") {
        check_html(&text)?;
        let document = segment_text(&text, &Limits::default());
        check(&document, &Classifier::pretrained().classify_text(&text))?;
        let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        let of_blocks: Vec<String> = document.blocks.iter().flat_map(|b| words(&b.text)).collect();
        prop_assert_eq!(of_blocks, words(&text));
    }

    #[test]
    fn soup_keeps_every_text_once_and_in_order(
        pieces in prop::collection::vec(piece(TAGS.to_vec()), 0..60),
    ) {
        let (html, markers) = soup(&pieces);
        let document = check_html(&html)?;
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
        let document = check_html(&html)?;
        for n in 0..markers {
            prop_assert_eq!(places(&document, &marker(n)).len(), 1, "{} in {}", marker(n), html);
        }
        prop_assert!(places(&document, "unseen").is_empty(), "{}", html);
    }

    #[test]
    #[cfg(feature = "cli")]
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
        let charset = charset.as_deref();
        let text = decode(&bytes, charset);
        prop_assert_eq!(&decode(&bytes, charset), &text);
        let page = Classifier::pretrained().classify_bytes(&bytes, charset);
        prop_assert_eq!(&page, &Classifier::pretrained().classify(&text));
        check(&segment_html(&text, &Limits::default()), &page)?;
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
        let page = classifier.classify(&html);
        check(&document, &page)?;
        prop_assert_eq!(page.truncated, document.truncated);
        if html.len() > bytes {
            prop_assert!(page.truncated.is_some());
        }
        for n in 0..document.blocks.len() {
            let steps = document.path(n).matches('>').count() + 1;
            prop_assert!(steps <= depth + 4, "{} is deeper than {}", document.path(n), depth);
        }
    }
}
