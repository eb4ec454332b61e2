//! The pages that are labelled, and what the model says of them.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use saring::{Classifier, Document, Label, LabelledPage, Limits, registered_domain};

use crate::cli::input::{Pending, Unread};

use super::sheet::Place;

/// A page, or why there is none.
pub struct Page {
    /// As in the `page` column.
    pub name: String,
    /// Of the pages of this name in the Block CSV, which one; counted from 0.
    pub nth: usize,
    /// Why the page could not be read; it then has no blocks.
    pub error: Option<String>,
    pub document: Arc<Document>,
    pub verdicts: Vec<Verdict>,
    /// What a person has said of each block.
    pub labels: Vec<Option<Label>>,
    /// Where the page stands in the Block CSV, if it does.
    pub place: Option<Place>,
    /// Per block that was labelled in this session, what it had before, oldest first.
    pub former: HashMap<usize, Vec<Option<Label>>>,
}

/// What the model says of a block.
#[derive(Clone, Copy)]
pub struct Verdict {
    pub label: Label,
    pub probability: f32,
    pub kept: bool,
}

impl Verdict {
    /// From 0, certain, to 1, where both sides are equally probable.
    pub fn uncertainty(&self) -> f32 {
        1.0 - 2.0 * (self.probability - 0.5).abs()
    }
}

/// Of a page, so many of its least certain blocks tell how much there is to learn from it: the mean over
/// all would be that of its menus.
const TELLING: usize = 10;

impl Page {
    pub fn new(name: String, nth: usize, document: Document) -> Page {
        Page {
            name,
            nth,
            error: None,
            labels: vec![None; document.blocks.len()],
            document: Arc::new(document),
            verdicts: Vec::new(),
            place: None,
            former: HashMap::new(),
        }
    }

    fn unread(Unread { source, message }: Unread) -> Page {
        let error = Some(message);
        Page { error, ..Page::new(source, 0, Document::default()) }
    }

    /// The registered domain, or for a page without an address its folder.
    pub fn site(&self) -> String {
        match registered_domain(&self.document.url) {
            site if !site.is_empty() => site,
            _ => Path::new(&self.name).parent().unwrap_or(Path::new("")).display().to_string(),
        }
    }

    pub fn labelled(&self) -> usize {
        self.labels.iter().flatten().count()
    }

    /// How much there is to learn from the page: the mean uncertainty of its least certain blocks that
    /// have no label. 0 if all have one.
    pub fn uncertainty(&self) -> f32 {
        let open = self.verdicts.iter().zip(&self.labels).filter(|(_, label)| label.is_none());
        let mut open: Vec<f32> = open.map(|(verdict, _)| verdict.uncertainty()).collect();
        open.sort_by(|a, b| b.total_cmp(a));
        open.truncate(TELLING);
        open.iter().sum::<f32>() / open.len().max(1) as f32
    }

    /// The page as rows, with labels.
    pub fn rows(&self) -> LabelledPage {
        LabelledPage {
            name: self.name.clone(),
            group: registered_domain(&self.document.url),
            document: self.document.as_ref().clone(),
            labels: self.labels.clone(),
            weights: vec![1.0; self.labels.len()],
        }
    }

    /// Per block, a number that blocks in the same tags and classes share; `None` in plain text.
    pub fn shapes(&self) -> Vec<Option<usize>> {
        let elements = &self.document.elements;
        // Per element, the number of the path down to it. A parent comes before its children.
        let mut known: HashMap<(Option<usize>, &str, &[String]), usize> = HashMap::new();
        let mut shapes: Vec<usize> = Vec::with_capacity(elements.len());
        for element in elements {
            let parent = element.parent.map(|parent| shapes[parent]);
            let next = known.len();
            let key = (parent, element.tag.as_str(), element.classes.as_slice());
            shapes.push(*known.entry(key).or_insert(next));
        }
        self.document.blocks.iter().map(|block| block.element.map(|e| shapes[e])).collect()
    }
}

/// What a classifier says of each document, on all threads.
pub fn verdicts(classifier: &Classifier, documents: &[Arc<Document>]) -> Vec<Vec<Verdict>> {
    let of_document = |document: &Arc<Document>| {
        let page = classifier.classify_document(document.as_ref().clone());
        let verdict = |block: saring::Labelled| Verdict {
            label: block.label,
            probability: block.probability,
            kept: block.kept,
        };
        page.blocks.into_iter().map(verdict).collect()
    };
    documents.par_iter().map(of_document).collect()
}

/// Reads pages, on all threads. A page named twice is there once.
pub fn read(pending: Vec<Pending>, limits: &Limits) -> Vec<Page> {
    let mut names = HashSet::new();
    let pending: Vec<Pending> =
        pending.into_iter().filter(|page| names.insert(page.source.clone())).collect();
    let read = |pending: Pending| {
        let source = pending.source.clone();
        let segment = || Ok::<_, Unread>(pending.read()?.segment(limits).0);
        match catch_unwind(AssertUnwindSafe(segment)) {
            Ok(Ok(document)) => Page::new(source, 0, document),
            Ok(Err(unread)) => Page::unread(unread),
            Err(_) => {
                let message = "this page meets a bug in saring; please report it".into();
                Page::unread(Unread { source, message })
            }
        }
    };
    pending.into_par_iter().map(read).collect()
}

/// Blocks of the same text, by site and text: pages and blocks by number.
pub fn twins(pages: &[Page]) -> HashMap<(String, String), Vec<(usize, usize)>> {
    let mut twins: HashMap<(String, String), Vec<(usize, usize)>> = HashMap::new();
    for (n, page) in pages.iter().enumerate() {
        let site = page.site();
        for (block, text) in page.document.blocks.iter().map(|block| &block.text).enumerate() {
            twins.entry((site.clone(), text.clone())).or_default().push((n, block));
        }
    }
    twins
}

#[cfg(test)]
mod tests {
    use saring::segment_html;

    use super::*;

    fn page(name: &str, html: &str) -> Page {
        let mut page = Page::new(name.into(), 0, segment_html(html, &Limits::default()));
        let documents = [Arc::clone(&page.document)];
        page.verdicts = verdicts(Classifier::pretrained(), &documents).remove(0);
        page
    }

    #[test]
    fn shapes_are_tags_and_classes() {
        let page =
            page("a", "<ul class=m><li id=a>Satu<li>Dua</ul><ul><li>Tiga</ul><p>Empat<p>Lima");
        let shapes = page.shapes();
        assert_eq!(shapes[0], shapes[1]);
        assert_ne!(shapes[1], shapes[2]);
        assert_eq!(shapes[3], shapes[4]);
        let text = Page::new("b".into(), 0, saring::segment_text("Satu\nDua", &Limits::default()));
        assert_eq!(text.shapes(), [None, None]);
    }

    #[test]
    fn labels_take_uncertainty_away() {
        let mut page = page("a", "<p>Satu dua tiga<p>Empat lima <a href=x>enam</a>");
        let before = page.uncertainty();
        let most =
            if page.verdicts[0].uncertainty() > page.verdicts[1].uncertainty() { 0 } else { 1 };
        page.labels[most] = Some(Label::Content);
        assert!(page.uncertainty() < before);
        page.labels = vec![Some(Label::Content); 2];
        assert_eq!((page.uncertainty(), page.labelled()), (0.0, 2));
        let verdict = |probability| Verdict { label: Label::Content, probability, kept: true };
        assert_eq!(verdict(0.5).uncertainty(), 1.0);
        assert_eq!(verdict(1.0).uncertainty(), 0.0);
        assert_eq!(verdict(0.0).uncertainty(), 0.0);
    }

    #[test]
    fn the_same_text_is_looked_for_on_the_same_site() {
        let with = |url: &str| format!("<link rel=canonical href='{url}'><p>Berlangganan<p>{url}");
        let pages = [
            page("a", &with("https://www.a.example/1")),
            page("b", &with("https://m.a.example/2")),
            page("c", &with("https://b.example/1")),
            page("d/1", "<p>Berlangganan"),
            page("d/2", "<p>Berlangganan"),
        ];
        let twins = twins(&pages);
        let of = |site: &str| twins[&(site.to_string(), "Berlangganan".to_string())].clone();
        assert_eq!(of("a.example"), [(0, 0), (1, 0)]);
        assert_eq!(of("b.example"), [(2, 0)]);
        assert_eq!(of("d"), [(3, 0), (4, 0)]);
    }
}
