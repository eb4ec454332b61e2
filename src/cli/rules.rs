//! `--rules`, of the commands that classify.

use std::path::PathBuf;

use saring::{Classifier, Result, Rules};

use super::output::say;

/// Rules that are to be applied.
#[derive(clap::Args)]
pub struct RulesFile {
    /// Rules that win over the model: a CSV of host, selector and label (or keep, or drop). Those that
    /// decide nothing are told at the end
    #[arg(long = "rules", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl RulesFile {
    /// The classifier with these rules.
    pub fn apply(&self, classifier: Classifier) -> Result<Classifier> {
        Ok(match &self.file {
            Some(file) => classifier.rules(Rules::read(file)?),
            None => classifier,
        })
    }

    /// Names the rules that have decided nothing, although pages of their host were seen.
    pub fn say_unused(&self, classifier: &Classifier) {
        let (Some(file), Some(rules)) = (&self.file, classifier.rules_in_force()) else { return };
        for rule in rules.unused() {
            let (file, line, pages) = (file.display(), rule.line, rule.applied().0);
            say(format!("saring: {file}:{line}: {rule} decides no block of {pages} pages"));
        }
    }
}
