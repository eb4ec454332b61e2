//! HTML and Block CSV are the same page: nothing that the features see is lost on the way, so that
//! what was learnt from rows holds for pages.
#![cfg(feature = "cli")]

use std::path::{Path, PathBuf};

use saring::{
    Classifier, Dataset, Document, LabelledPage, Limits, Writer, decode, registered_domain,
    segment_html,
};

fn html_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("training-data/pages");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "html")).collect();
    files.sort();
    files
}

fn labelled(name: &str, document: Document) -> LabelledPage {
    LabelledPage {
        name: name.to_string(),
        group: registered_domain(&document.url),
        labels: vec![None; document.blocks.len()],
        weights: vec![1.0; document.blocks.len()],
        document,
    }
}

/// The pages after a way through a Block CSV.
fn through_csv(pages: &[LabelledPage]) -> Vec<LabelledPage> {
    let mut writer = Writer::new(Vec::new(), false).unwrap();
    for page in pages {
        writer.page(page, None).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pages.csv");
    std::fs::write(&path, writer.finish().unwrap()).unwrap();
    let dataset = Dataset::read([&path]).unwrap();
    assert_eq!(dataset.notes, Vec::<String>::new());
    dataset.pages
}

#[test]
fn html_and_csv_give_the_same_document_and_the_same_labels() {
    let pages: Vec<LabelledPage> = html_files()
        .iter()
        .map(|path| {
            let html = std::fs::read(path).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap();
            labelled(name, segment_html(&decode(&html, None), &Limits::default()))
        })
        .collect();
    assert!(pages.len() >= 90, "{} pages", pages.len());
    let read = through_csv(&pages);
    assert_eq!(read.len(), pages.len());
    let classifier = Classifier::pretrained();
    for (html, csv) in pages.iter().zip(&read) {
        let (a, b) = (&html.document, &csv.document);
        // Field by field, so that a failure names the page and the first thing that differs.
        assert_eq!((&a.title, &a.url), (&b.title, &b.url), "{}", html.name);
        assert!(!a.title.is_empty() && !a.url.is_empty(), "{}", html.name);
        assert_eq!(a.elements, b.elements, "{}", html.name);
        assert_eq!(a.blocks.len(), b.blocks.len(), "{}", html.name);
        for (x, y) in a.blocks.iter().zip(&b.blocks) {
            assert_eq!(x, y, "{}", html.name);
        }
        assert_eq!(html, csv);
        let (of_html, of_csv) =
            (classifier.classify_document(a.clone()), classifier.classify_document(b.clone()));
        assert!(of_html.blocks.iter().any(|block| block.kept), "{}", html.name);
        assert_eq!(of_html, of_csv, "{}", html.name);
    }
}

#[test]
fn awkward_markup_survives_too() {
    let pages = [
        "<title>Judul, \"dua\"\n baris</title><p>satu",
        "<div id='a.b#c>d[1]%20' class='w-[1.5rem] [&>p]:mt-2 50%'><p>satu<p>dua</div>",
        "<p>satu, \"dua\";\ttiga\r\nempat<p>'lima<p>=1+1<p>-",
        "<a href=' /a\nb '>satu</a> dua <a href=''>tiga</a><a href='?q=a,b\"c'>empat</a>",
        "<p hidden>satu<p aria-hidden=true>dua<div style='display:none'>tiga</div>",
        "<ul><li>satu<ul><li>dua</ul><li>satu</ul><table><tr><td>satu<td>satu</table>",
        "<x-card.a#b><p>satu</p></x-card.a#b><p>\u{feff}dua\u{a0}tiga\u{2028}empat",
        "<p>سلام دنیا<p>你好，世界<p>नमस्ते<p>🙂",
        "satu<body class=x>dua</body>tiga</html>empat<!-- lima --><p>enam",
    ];
    let pages: Vec<LabelledPage> = pages
        .iter()
        .enumerate()
        .map(|(n, html)| labelled(&format!("p{n}"), segment_html(html, &Limits::default())))
        .map(|page| LabelledPage { group: page.name.clone(), ..page })
        .collect();
    for (html, csv) in pages.iter().zip(through_csv(&pages)) {
        assert_eq!(*html, csv);
    }
}

#[test]
fn a_document_without_blocks_is_a_page_without_blocks() {
    let document = segment_html("<title>Kosong</title><script>x</script>", &Limits::default());
    let page = LabelledPage { group: "p".into(), ..labelled("p", document) };
    assert_eq!(through_csv(std::slice::from_ref(&page)), [page]);
}
