//! Blocks as the tasks of annotation tools, and what their annotators answered as labels.

mod doccano;
pub mod import;
mod items;
mod label_studio;
mod merge;
mod names;
mod prodigy;
mod task;

use std::path::Path;

use saring::{Dataset, Label, Result};

pub use merge::Merged;
pub use names::{Mapping, Names};
use task::Task;

/// A tool that people label blocks in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Tool {
    /// JSONL or CSV of a text classification project
    Doccano,
    /// JSON with choices on texts, or spans on HTML
    LabelStudio,
    /// JSONL of textcat and choice
    Prodigy,
}

/// A block and what one annotator says of it.
struct Answer {
    /// File and position.
    at: String,
    task: Task,
    /// Who; empty where the file does not say.
    annotator: String,
    /// One label if all is well, none without an answer.
    labels: Vec<Label>,
}

/// What is read of the files of a tool.
pub struct Answers {
    pub names: Names,
    /// The label of what a span could have covered and none did.
    pub rest: Option<Label>,
    answers: Vec<Answer>,
    /// Answers that say what a block is not.
    pub rejected: usize,
    /// Tasks that an annotator skipped.
    pub ignored: usize,
    /// Blocks that spans cover less than half of.
    pub partly: usize,
    /// Spans whose place is not found, each with file and position.
    pub unplaced: Vec<String>,
}

impl Answers {
    /// Labels have these names beside their own.
    pub fn new(mapping: &[Mapping], rest: Option<Label>) -> Answers {
        Answers {
            names: Names::new(mapping),
            rest,
            answers: Vec::new(),
            rejected: 0,
            ignored: 0,
            partly: 0,
            unplaced: Vec::new(),
        }
    }

    /// Reads a file. `annotator` is who it is of where it does not say.
    ///
    /// # Errors
    /// Says what is wrong with the file and where. Unknown labels are not: [`Names::check`].
    pub fn read(&mut self, tool: Tool, path: &Path, annotator: &str) -> Result<()> {
        let before = self.answers.len();
        match tool {
            Tool::Doccano => doccano::read(path, self)?,
            Tool::LabelStudio => label_studio::read(path, self)?,
            Tool::Prodigy => prodigy::read(path, self)?,
        }
        for answer in &mut self.answers[before..] {
            if answer.annotator.is_empty() {
                answer.annotator = annotator.to_string();
            }
        }
        Ok(())
    }

    fn add(&mut self, at: &str, task: &Task, annotator: &str, labels: Vec<Label>) {
        let (at, task, annotator) = (at.to_string(), task.clone(), annotator.to_string());
        self.answers.push(Answer { at, task, annotator, labels });
    }

    /// The annotators who have given labels.
    pub fn annotators(&self) -> Vec<&str> {
        let labelled = self.answers.iter().filter(|answer| !answer.labels.is_empty());
        let mut names: Vec<&str> = labelled.map(|answer| answer.annotator.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Drops what others than `annotator` say; the blocks stay.
    pub fn only_of(&mut self, annotator: &str) {
        for answer in self.answers.iter_mut().filter(|answer| answer.annotator != annotator) {
            answer.labels.clear();
        }
    }

    /// The blocks as pages, each once. `weight` is that of blocks that state none.
    ///
    /// # Errors
    /// Names the position of a path that is none.
    pub fn merge(self, weight: f32) -> Result<Merged> {
        merge::merge(self.answers, weight)
    }
}

/// What an export says of the labels that a block has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stated {
    /// That they were given.
    Answers,
    /// That they are to be confirmed.
    Suggestions,
}

/// The blocks of a dataset as tasks of a tool, as CSV if the tool reads that and it is wanted.
pub fn export(tool: Tool, data: &Dataset, stated: Stated, csv: bool) -> Vec<u8> {
    let tasks: Vec<(Task, Option<Label>)> = task::of_dataset(data);
    match tool {
        Tool::Doccano if csv => doccano::csv(&tasks),
        Tool::Doccano => doccano::jsonl(&tasks),
        Tool::LabelStudio => label_studio::json(&tasks, stated),
        Tool::Prodigy => prodigy::jsonl(&tasks, stated),
    }
}
