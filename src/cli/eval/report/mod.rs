//! `saring eval --report`: a page to look at, and every number of it as JSON and CSV.

mod blocks;
mod files;
mod html;
mod side;
mod svg;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use saring::{Error, Figure, LabelledPage, Model, Result};

use super::super::import::GoldPage;
use super::super::judges::Judges;
use super::super::output::{say, write_whole};
use side::{Examined, Seen, Side, THRESHOLDS, block_scores, seen};

/// A model's features that weigh most.
const FEATURES: usize = 20;
/// How many of the worst pages are shown.
const WORST: usize = 10;
/// Points of a curve, enough for any picture.
const POINTS: usize = 400;

/// What a report is made of.
pub struct Report<'j> {
    path: PathBuf,
    judges: &'j Judges,
    baseline: Option<(String, Judges)>,
    /// What is measured, in words.
    title: String,
    sections: Vec<Section>,
}

/// A set of pages.
struct Section {
    name: String,
    /// With intervals.
    figures: BTreeMap<String, Figure>,
    side: Side,
    /// The same pages by the other model.
    baseline: Option<Side>,
    /// Pages that could not be read.
    unread: usize,
}

/// A block that two models see differently.
struct Changed<'s> {
    page: &'s str,
    /// Its number on the page, from 1.
    number: usize,
    before: &'s Seen,
    now: &'s Seen,
}

/// A feature and what a standard deviation of it does to the log-odds of content.
struct Feature<'m> {
    stage: &'static str,
    name: &'m str,
    effect: f32,
}

impl<'j> Report<'j> {
    /// # Errors
    /// [`Error::Option`] if the name does not end in `.html`: the other files take it from there.
    pub fn new(
        path: &Path,
        title: String,
        judges: &'j Judges,
        baseline: Option<(String, Judges)>,
    ) -> Result<Report<'j>> {
        if path.extension().is_none_or(|extension| extension != "html") {
            let message = format!("--report {}: the name must end in .html", path.display());
            return Err(Error::Option(message));
        }
        Ok(Report { path: path.to_path_buf(), judges, baseline, title, sections: Vec::new() })
    }

    /// Adds labelled rows.
    pub fn add_rows(&mut self, figures: &BTreeMap<String, Figure>, pages: &[LabelledPage]) {
        let examine = |judges: &Judges, page: &LabelledPage| {
            let classified = judges.classify(&page.group, page.document.clone())?;
            let blocks = seen(&classified, &page.labels);
            let f1 = block_scores(&blocks).f1;
            Some(Examined {
                name: page.name.clone(),
                domain: page.group.clone(),
                page_type: String::new(),
                language: String::new(),
                blocks,
                f1,
                by_threshold: None,
            })
        };
        self.add("blocks", figures, pages, 0, |page| &page.group, examine);
    }

    /// Adds pages with gold text.
    pub fn add_pages(
        &mut self,
        name: &str,
        figures: &BTreeMap<String, Figure>,
        pages: &[Result<GoldPage>],
    ) {
        let examine = |judges: &Judges, page: &&GoldPage| {
            let mut classified = judges.classify(&page.group, page.document.clone())?;
            let blocks = seen(&classified, &page.labels());
            let f1 = page.score(&classified).text.f1;
            let by_threshold = THRESHOLDS.map(|threshold| {
                for block in &mut classified.blocks {
                    block.kept = block.probability >= threshold;
                }
                page.score(&classified).text.f1
            });
            Some(Examined {
                name: page.name.clone(),
                domain: page.group.clone(),
                page_type: page.gold.page_type.clone(),
                language: page.language.clone(),
                blocks,
                f1,
                by_threshold: Some(by_threshold.to_vec()),
            })
        };
        let read: Vec<&GoldPage> = pages.iter().filter_map(|page| page.as_ref().ok()).collect();
        self.add(name, figures, &read, pages.len() - read.len(), |page| &page.group, examine);
    }

    fn add<P: Sync>(
        &mut self,
        name: &str,
        figures: &BTreeMap<String, Figure>,
        pages: &[P],
        unread: usize,
        group: impl Fn(&P) -> &str,
        examine: impl Fn(&Judges, &P) -> Option<Examined> + Sync,
    ) {
        let both = |page: &P| {
            let now = examine(self.judges, page)?;
            let before = self.baseline.as_ref().map(|(_, judges)| examine(judges, page));
            // A page has a place on both sides or on none.
            Some((now, before.map_or(Some(None), |before| before.map(Some))?))
        };
        let examined: Vec<(Examined, Option<Examined>)> =
            pages.par_iter().filter_map(both).collect();
        let judged = pages.iter().filter(|page| self.judges.judge(group(page))).count();
        let unread = unread + judged - examined.len();
        let (now, before): (Vec<Examined>, Vec<Option<Examined>>) = examined.into_iter().unzip();
        self.sections.push(Section {
            name: name.to_string(),
            figures: figures.clone(),
            side: Side { pages: now },
            baseline: self
                .baseline
                .is_some()
                .then(|| Side { pages: before.into_iter().flatten().collect() }),
            unread,
        });
    }

    /// Writes the report and what is beside it: each file whole or not at all, the page last.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub fn write(&self) -> Result<()> {
        let mut names = Vec::new();
        for (suffix, content) in files::all(self) {
            let path = self.beside(&suffix);
            write_whole(&path, content.as_bytes())?;
            names.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
        write_whole(&self.path, html::page(self, &names).as_bytes())?;
        say(format!("{}, and its numbers beside it: {}", self.path.display(), names.join(", ")));
        Ok(())
    }

    /// `report.html` -> `report` and a suffix.
    fn beside(&self, suffix: &str) -> PathBuf {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!("{stem}{suffix}"))
    }

    /// The name of the other model.
    fn baseline(&self) -> Option<&str> {
        self.baseline.as_ref().map(|(name, _)| name.as_str())
    }

    /// The features that weigh most; none where several models were tried.
    fn features(&self) -> Vec<Feature<'_>> {
        let Some(model) = self.judges.model() else { return Vec::new() };
        features(model)
    }
}

/// Of the form for pages, or of that for plain text where there is no other.
fn features(model: &Model) -> Vec<Feature<'_>> {
    let Some(stages) = model.structured.as_ref().or(model.plain.as_ref()) else {
        return Vec::new();
    };
    let second = stages.content.second.iter().map(|second| ("two", second));
    let mut features = Vec::new();
    for (stage, logistic) in [("one", &stages.content.logistic)].into_iter().chain(second) {
        let of = |w: &'_ saring::Weight| w.weight * w.deviation;
        let mut weights: Vec<&saring::Weight> = logistic.weights.iter().collect();
        weights.sort_by(|a, b| of(b).abs().total_cmp(&of(a).abs()));
        let most = weights.into_iter().take(FEATURES);
        features.extend(most.map(|w| Feature { stage, name: &w.name, effect: of(w) }));
    }
    features
}

impl Section {
    /// The blocks that the other model labels differently or is on the other side of.
    fn changed(&self) -> Vec<Changed<'_>> {
        let Some(baseline) = &self.baseline else { return Vec::new() };
        let mut changed = Vec::new();
        for (other, page) in baseline.pages.iter().zip(&self.side.pages) {
            for (n, (before, now)) in other.blocks.iter().zip(&page.blocks).enumerate() {
                if before.given != now.given {
                    changed.push(Changed { page: &page.name, number: n + 1, before, now });
                }
            }
        }
        changed
    }
}

impl Changed<'_> {
    /// What became of the block: kept or dropped rightly now, wrongly now, or only called otherwise.
    fn what(&self) -> &'static str {
        match (self.before.right(), self.now.right()) {
            (Some(false), Some(true)) => "mended",
            (Some(true), Some(false)) => "broken",
            _ if self.before.kept() != self.now.kept() => "moved",
            _ => "renamed",
        }
    }
}
