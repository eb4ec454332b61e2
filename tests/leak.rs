//! Labels without any sense, which nothing can be learnt from: a held-out figure above chance
//! means that a page was scored by something that had seen its label.
//!
//! Words and class names are rare, and each stands on a few registered domains, as the lexicon
//! wants them: what a leak would carry from a label to its own page.
#![cfg(feature = "train")]

use saring::train::{self, Options, Progress, Trained};
use saring::{
    BlockReport, Classifier, Dataset, Document, Label, LabelledPage, Limits, auc, segment_html,
};

/// Blocks of a page.
const BLOCKS: usize = 24;

const FOLDS: usize = 3;

/// Knuth's generator: any would do.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % end as u64) as usize
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Each number under `n` once, in any order.
    fn shuffled(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

/// A page of rare words: each is on about three of `domains` domains.
fn page(random: &mut Random, site: usize, n: usize, domains: usize) -> LabelledPage {
    // A publisher's theme is on two sites, and each site is made of several.
    let themes = [site, site + 1, site * 7 % domains, site * 11 % domains].map(|theme| theme / 2);
    let mut html = format!("<title>Laman {n}</title><body class=tema-{}>", themes[0]);
    for _ in 0..BLOCKS {
        let tag = random.pick(&["p", "div", "li", "section"]);
        let (bagian, tema) = (random.below(domains * 2), random.pick(&themes));
        html += &format!("<{tag} class='bagian-{bagian} tema-{tema}'>");
        for _ in 0..4 + random.below(12) {
            html += &format!("kata{} ", random.below(domains * BLOCKS * 3));
        }
        html += &format!("</{tag}>");
    }
    let document = segment_html(&html, &Limits::default());
    assert_eq!(document.blocks.len(), BLOCKS);
    LabelledPage {
        name: format!("{site}-{n}"),
        group: format!("situs{site}.example"),
        labels: vec![None; BLOCKS],
        weights: vec![1.0; BLOCKS],
        document: Document { url: format!("https://situs{site}.example/{n}"), ..document },
    }
}

fn pages(random: &mut Random, domains: usize, of_each: usize) -> Dataset {
    let sites = (0..domains).flat_map(|site| (0..of_each).map(move |n| (site, n)));
    let pages = sites.map(|(site, n)| page(random, site, n, domains)).collect();
    Dataset { pages, ..Dataset::default() }
}

fn cross_validate(data: &Dataset, options: Options) -> Trained {
    let options = Options { folds: FOLDS, held_out: FOLDS, lexicon_entries: 4000, ..options };
    train::cross_validate(data, &options, &Progress::new(&|_| {})).unwrap()
}

/// The same pages three times, the others on sites of other names: labels then stand on both sides
/// of most splits, which is what a fold that leaks does.
fn with_twins(data: &Dataset) -> Dataset {
    let twin = |page: &LabelledPage, n: usize| LabelledPage {
        name: format!("kembar{n}-{}", page.name),
        group: format!("kembar{n}-{}", page.group),
        ..page.clone()
    };
    let twins = (1..3).flat_map(|n| data.pages.iter().map(move |page| twin(page, n)));
    Dataset { pages: data.pages.iter().cloned().chain(twins).collect(), ..Dataset::default() }
}

/// AUC and precision of what is kept, less what chance gives: the mean over the held-out folds.
/// Fold by fold, since a fold with more content than others leaves less to those that it is
/// judged by, and all folds together are below chance.
fn over_chance(pages: &[LabelledPage], trained: &Trained) -> (f64, f64) {
    let (mut area, mut precision) = (0.0, 0.0);
    for (fold, model) in &trained.held_out {
        let classifier = Classifier::new(model.clone());
        let mut report = BlockReport::default();
        let mut labels: Vec<Label> = Vec::new();
        for (page, _) in pages.iter().zip(&trained.folds).filter(|(_, f)| *f == fold) {
            report.add(&classifier, page);
            labels.extend(page.labels.iter().flatten());
        }
        let main = labels.iter().filter(|label| label.is_main()).count() as f64;
        area += report.auc().unwrap() - 0.5;
        precision += report.kept().precision - main / labels.len() as f64;
    }
    (area / FOLDS as f64, precision / FOLDS as f64)
}

/// AUC of promo among boilerplate, less what chance gives: the mean over the held-out folds.
fn promo_over_chance(pages: &[LabelledPage], trained: &Trained) -> f64 {
    let of_fold = |(fold, model): &(usize, saring::Model)| {
        let classifier = Classifier::new(model.clone()).keep(&[Label::Promo]);
        let mut outcomes: Vec<(f32, bool)> = Vec::new();
        for (page, _) in pages.iter().zip(&trained.folds).filter(|(_, f)| *f == fold) {
            let given = classifier.classify_document(page.document.clone()).blocks;
            let labelled = given.iter().zip(page.labels.iter().flatten());
            let boilerplate = labelled.filter(|(_, label)| !label.is_main());
            outcomes.extend(boilerplate.map(|(b, label)| (b.probability, *label == Label::Promo)));
        }
        auc(&outcomes).unwrap() - 0.5
    };
    trained.held_out.iter().map(of_fold).sum::<f64>() / FOLDS as f64
}

/// Chance alone rarely moves a figure of two thousand blocks further.
const CHANCE: f64 = 0.05;

/// The same for 120 domains, or for one kind among a thousand blocks of boilerplate.
const CHANCE_OF_FEW: f64 = 0.1;

/// What labels on both sides of the split show at least, in AUC.
const LEAK: f64 = 0.15;

#[test]
fn random_labels_of_blocks_score_as_chance() {
    let random = &mut Random(1);
    let mut data = pages(random, 90, 1);
    for label in data.pages.iter_mut().flat_map(|page| &mut page.labels) {
        let kinds = [Label::Promo, Label::Related, Label::Navigation];
        *label = Some(if random.below(2) == 0 { Label::Content } else { random.pick(&kinds) });
    }
    let trained = cross_validate(&data, Options::default());
    let text: Vec<LabelledPage> = data.pages.iter().map(LabelledPage::to_plain).collect();
    for (form, pages) in [("pages", &data.pages), ("text", &text)] {
        let (area, precision) = over_chance(pages, &trained);
        let figures = format!("{form}: AUC {area:+.3}, precision {precision:+.3}");
        assert!(area.abs() < CHANCE && precision.abs() < CHANCE, "{figures}");
    }
    let promo = promo_over_chance(&data.pages, &trained);
    assert!(promo.abs() < CHANCE_OF_FEW, "promo: AUC {promo:+.3}");

    let data = with_twins(&data);
    let trained = cross_validate(&data, Options { plain: false, ..Options::default() });
    let (area, _) = over_chance(&data.pages, &trained);
    let promo = promo_over_chance(&data.pages, &trained);
    assert!(area > LEAK && promo > LEAK, "with twins: AUC {area:+.3}, promo {promo:+.3}");
}

#[test]
fn random_labels_of_domains_score_as_chance() {
    let random = &mut Random(2);
    let mut data = pages(random, 120, 2);
    // As many of each side in each fold: chance is 0.5 for each.
    let folds = data.folds(FOLDS);
    for fold in 0..FOLDS {
        let sites: Vec<usize> = (0..120).filter(|site| folds[site * 2] == fold).collect();
        for (n, at) in random.shuffled(sites.len()).into_iter().enumerate() {
            let label = if n % 2 == 0 { Label::Content } else { Label::Other };
            let site = sites[at];
            for page in &mut data.pages[site * 2..site * 2 + 2] {
                page.labels = vec![Some(label); BLOCKS];
            }
        }
    }
    let options = Options { plain: false, kinds: false, ..Options::default() };
    let (area, precision) = over_chance(&data.pages, &cross_validate(&data, options.clone()));
    let figures = format!("AUC {area:+.3}, precision {precision:+.3}");
    assert!(area.abs() < CHANCE_OF_FEW && precision.abs() < CHANCE_OF_FEW, "{figures}");

    let data = with_twins(&data);
    let (area, _) = over_chance(&data.pages, &cross_validate(&data, options));
    assert!(area > LEAK, "with twins: AUC {area:+.3}");
}

#[test]
fn a_weak_signal_is_taken_for_no_more() {
    let random = &mut Random(3);
    let mut data = pages(random, 90, 1);
    for page in &mut data.pages {
        for (block, label) in page.document.blocks.iter_mut().zip(&mut page.labels) {
            let content = random.below(2) == 0;
            // Right seven times of ten.
            let told = content == (random.below(10) < 7);
            block.text += if told { " pagi" } else { " malam" };
            *label = Some(if content { Label::Content } else { Label::Other });
        }
    }
    let trained =
        cross_validate(&data, Options { plain: false, kinds: false, ..Options::default() });
    let mut report = BlockReport::default();
    for (fold, model) in &trained.held_out {
        let classifier = Classifier::new(model.clone());
        for (page, _) in data.pages.iter().zip(&trained.folds).filter(|(_, f)| *f == fold) {
            report.add(&classifier, page);
        }
    }
    // A probability of 0.7 where the signal says so, and no more for the words around it.
    let (area, error) = (report.auc().unwrap(), report.calibration_error());
    assert!((0.6..0.7 + CHANCE).contains(&area), "AUC {area:.3}");
    assert!(error < 2.0 * CHANCE, "calibration error {error:.3}");
}
