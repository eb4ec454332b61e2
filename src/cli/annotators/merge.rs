//! Answers -> pages: each block once, with the label that its annotators agree on.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use saring::{Block, Document, Label, LabelledPage, PathReader, Result, registered_domain};

use super::Answer;
use super::items::wrong;
use super::task::Task;

/// What became of the answers.
pub struct Merged {
    pub pages: Vec<LabelledPage>,
    /// Per page and block, who has labelled it.
    pub annotators: Vec<Vec<String>>,
    /// The blocks that have no label because several were given.
    pub conflicts: Vec<Conflict>,
    /// Per page that lacks blocks it was exported with: its name, how many are there, of how many.
    pub incomplete: Vec<(String, usize, u32)>,
}

/// A block with several labels.
#[derive(Debug, PartialEq)]
pub struct Conflict {
    pub at: String,
    pub text: String,
    /// Each label with who has given it.
    pub labels: BTreeMap<Label, Vec<String>>,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.at)?;
        for (n, (label, by)) in self.labels.iter().enumerate() {
            let comma = if n > 0 { ", " } else { "" };
            write!(f, "{comma}{label}")?;
            let by: Vec<&str> = by.iter().map(String::as_str).filter(|b| !b.is_empty()).collect();
            if !by.is_empty() {
                write!(f, " ({})", by.join(" "))?;
            }
        }
        write!(f, ": {:?}", self.text.chars().take(60).collect::<String>())
    }
}

/// A block with all that was said of it.
struct Asked {
    at: String,
    task: Task,
    labels: BTreeMap<Label, Vec<String>>,
}

/// The blocks of a page by what tells them apart: place, path, text and what the tool calls them.
type Blocks = (Vec<Asked>, HashMap<(u32, String, String, String), usize>);

/// `weight` is that of blocks that state none.
///
/// # Errors
/// Names the position of a path that is none.
pub fn merge(answers: Vec<Answer>, weight: f32) -> Result<Merged> {
    let mut pages: Vec<(u32, Blocks)> = Vec::new();
    let mut known: HashMap<(u32, String, String), usize> = HashMap::new();
    for Answer { at, task, annotator, labels } in answers {
        let (number, block) = task.place.map_or((u32::MAX, u32::MAX), |p| (p.page, p.block));
        // A text of no page stands alone.
        let alone = task.page.is_empty() && task.place.is_none();
        let own = if alone { format!("{} {}", task.id, task.text) } else { String::new() };
        let page = *known.entry((number, task.page.clone(), own)).or_insert_with(|| {
            pages.push((number, Blocks::default()));
            pages.len() - 1
        });
        let (asked, by_key) = &mut pages[page].1;
        let id = if task.place.is_some() { String::new() } else { task.id.clone() };
        let key = (block, task.path.clone(), task.text.clone(), id);
        let n = *by_key.entry(key).or_insert_with(|| {
            asked.push(Asked { at, task, labels: BTreeMap::new() });
            asked.len() - 1
        });
        for label in labels {
            let by = asked[n].labels.entry(label).or_default();
            if !by.contains(&annotator) {
                by.push(annotator.clone());
            }
        }
    }
    // Stable: what has no place stays as it came.
    pages.sort_by_key(|(number, _)| *number);
    let mut merged =
        Merged { pages: vec![], annotators: vec![], conflicts: vec![], incomplete: vec![] };
    for (_, (mut asked, _)) in pages {
        asked.sort_by_key(|asked| asked.task.place.map_or(u32::MAX, |place| place.block));
        merged.add(asked, weight)?;
    }
    Ok(merged)
}

impl Merged {
    fn add(&mut self, asked: Vec<Asked>, weight: f32) -> Result<()> {
        let Some(first) = asked.first() else { return Ok(()) };
        let Task { page, url, title, group, place, .. } = first.task.clone();
        let name = if page.is_empty() { first.at.clone() } else { page };
        let domain = registered_domain(&url);
        let group = [group, domain, name.clone()].into_iter().find(|g| !g.is_empty());
        let mut page = LabelledPage {
            name,
            group: group.unwrap_or_default(),
            document: Document { url, title, ..Document::default() },
            ..LabelledPage::default()
        };
        if let Some(place) = place.filter(|place| (asked.len() as u64) < u64::from(place.of)) {
            self.incomplete.push((page.name.clone(), asked.len(), place.of));
        }
        let mut paths = PathReader::default();
        let mut annotators = Vec::new();
        for Asked { at, task, labels } in asked {
            let element = paths.read(&task.path, &mut page.document.elements);
            let element = element.map_err(|e| wrong(&at, &e.to_string()))?;
            let mut by: Vec<&str> = labels.values().flatten().map(String::as_str).collect();
            by.retain(|name| !name.is_empty());
            by.sort_unstable();
            by.dedup();
            annotators.push(by.join(";"));
            let one = if labels.len() == 1 { labels.keys().next().copied() } else { None };
            page.labels.push(one);
            page.weights.push(task.weight.unwrap_or(weight));
            if labels.len() > 1 {
                self.conflicts.push(Conflict { at, text: task.text.clone(), labels });
            }
            let Task { text, links, link_chars, hidden, .. } = task;
            page.document.blocks.push(Block { text, element, links, link_chars, hidden });
        }
        self.pages.push(page);
        self.annotators.push(annotators);
        Ok(())
    }
}
