//! A page to labels: finite, in range, of the blocks that there are, and the same each time.

use std::sync::LazyLock;

use saring::{Classifier, Document, Label, Limits, Page, segment_html, segment_text};

use super::document::check_page;

/// The input is a page; what is no UTF-8 in it is replaced.
pub fn classify(bytes: &[u8]) {
    let html = &*String::from_utf8_lossy(bytes);
    let classifier = Classifier::pretrained();
    check(classifier, html);
    check(&ASKED_OTHERWISE[html.len() % ASKED_OTHERWISE.len()], html);
}

fn check(classifier: &Classifier, html: &str) {
    let limits = classifier.limits_in_force();
    let (page, document) = (classifier.classify(html), segment_html(html, limits));
    check_page(&page, &document);
    assert_eq!(page, classifier.classify_document(document.clone()));
    let text = classifier.classify_text(html);
    check_page(&text, &segment_text(html, limits));
    assert_eq!(text, classifier.classify_text(html));
    // Reasons take a hundred times as long as labels.
    if html.len().is_multiple_of(16) {
        check_reasons(classifier, &document, &page);
    }
}

fn check_reasons(classifier: &Classifier, document: &Document, page: &Page) {
    let explanation = classifier.explain_document(document);
    assert_eq!(&explanation.page, page);
    assert_eq!(explanation.blocks.len(), page.blocks.len());
    for stage in explanation.blocks.iter().flat_map(|block| &block.stages) {
        assert!(stage.logit.is_finite() && stage.average.is_finite(), "{stage:?}");
        assert!(stage.reasons.iter().all(|reason| reason.effect.is_finite()), "{stage:?}");
    }
}

/// What can be asked of a classifier, some of it for some inputs.
static ASKED_OTHERWISE: LazyLock<[Classifier; 5]> = LazyLock::new(|| {
    let usual = || Classifier::pretrained().clone();
    [
        usual().keep(&[]).min_probability(0.9),
        usual().keep(&Label::ALL).threshold(0.2),
        usual().threshold(f32::NAN),
        usual().min_probability(1.0).keep(&[Label::Caption, Label::Caption]),
        usual().limits(Limits { bytes: 300, nodes: 12, depth: 4 }),
    ]
});
