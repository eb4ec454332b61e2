//! The model that comes with the crate: it loads, it is the one its card describes, and it is the
//! same everywhere.

use std::path::{Path, PathBuf};

use saring::{Classifier, Label, Limits, Model, segment_annotated};

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Fails to compile where it does not hold.
const fn can_be_shared<T: Send + Sync + Clone + 'static>() {}
const _: () = can_be_shared::<Classifier>();
const _: () = can_be_shared::<Model>();

#[test]
fn the_file_is_the_embedded_model_byte_for_byte() {
    let bytes = std::fs::read(at("models/default.json")).unwrap();
    assert!(bytes.len() <= 1_500_000, "{} bytes", bytes.len());
    let model = Model::load(&at("models/default.json")).unwrap();
    assert_eq!(model, *Model::pretrained());
    // Without assert_eq!: a difference would print a megabyte.
    assert!(model.to_json().as_bytes() == bytes, "written anew, the file has other bytes");
}

#[test]
#[cfg(feature = "train")]
fn the_card_is_that_of_the_file() {
    let bytes = std::fs::read(at("models/default.json")).unwrap();
    let card = std::fs::read_to_string(at("models/default.md")).unwrap();
    let digest = saring::digest(&bytes);
    assert!(card.contains(&digest), "models/default.md does not name {digest}");
    for source in &Model::pretrained().provenance.data {
        assert!(card.contains(&source.digest), "{} is not on the card", source.name);
        assert!(card.contains(&source.name), "{} is not on the card", source.name);
    }
}

#[test]
fn it_knows_pages_and_plain_text_and_every_label() {
    let model = Model::pretrained();
    let structured = model.structured.as_ref().expect("pages with elements");
    assert!(!model.provenance.data.is_empty());
    assert!(model.provenance.metrics["f1"] > 0.5, "{:?}", model.provenance.metrics);
    let plain = model.plain.as_ref().expect("plain text");
    for stages in [structured, plain] {
        assert!(stages.calibration.slope > 0.0);
        assert!(stages.cut.is_some());
        assert!(!stages.content.lexicon.is_empty());
        let second = stages.content.second.as_ref().map_or(0, |second| second.weights.len());
        assert!(stages.content.logistic.weights.len().max(second) <= 300);
        // Content is what is left when it is no headline, boilerplate is no kind of its own.
        let learnt = |label: &Label| !matches!(label, Label::Content | Label::Boilerplate);
        let kinds: Vec<Label> = Label::ALL.into_iter().filter(learnt).collect();
        assert_eq!(stages.kinds.keys().copied().collect::<Vec<_>>(), kinds);
    }
}

#[test]
fn the_same_page_gives_the_same_result() {
    let html = std::fs::read_to_string(at("training-data/pages/kabarmuara-1.html")).unwrap();
    let first = Classifier::pretrained().classify(&html);
    assert!(first.blocks.len() > 20);
    assert_eq!(first, Classifier::pretrained().classify(&html));
    // A classifier made from the file is no other.
    let loaded = Classifier::load(at("models/default.json")).unwrap();
    assert_eq!(first, loaded.classify(&html));
    // Nor is one in another thread, whatever else is classified at the time.
    let pages = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| loaded.classify(&html))).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(pages.iter().all(|page| *page == first));
}

#[test]
fn it_tells_content_from_furniture() {
    // Pages of its training data: this is about a model that is broken, not about how good it is.
    let (mut right, mut all) = (0, 0);
    for name in ["bolatepi-1", "tanyasoal-1", "harlowledger-1", "gasgigi-2"] {
        let html =
            std::fs::read_to_string(at(&format!("training-data/pages/{name}.html"))).unwrap();
        let (document, annotations) = segment_annotated(&html, &Limits::default());
        let page = Classifier::pretrained().classify_document(document.clone());
        for (block, annotation) in page.blocks.iter().zip(&annotations) {
            let Some(label) = annotation.as_deref().filter(|name| !name.is_empty()) else {
                continue;
            };
            let label: Label = label.parse().unwrap();
            right += usize::from(label.is_main() == block.label.is_main());
            all += 1;
        }
    }
    assert!(all > 100 && right * 10 > all * 8, "{right} of {all}");
}
