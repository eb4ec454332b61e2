//! Trains a model on a labelled Block CSV, prints its F1 on domains it has not seen, and saves it.
//!
//! ```text
//! cargo run --release --example train -- training-data/blocks.csv /tmp/model.json
//! ```

use std::error::Error;
use std::io::Write;

use saring::train::{self, Options, Progress};
use saring::{BlockReport, Classifier, Dataset};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(csv), Some(path)) = (args.next(), args.next()) else {
        return Err("name a labelled Block CSV and the model file to write".into());
    };
    let data = Dataset::read([csv])?;
    let tell = |line: &str| drop(writeln!(std::io::stderr(), "{line}"));
    let trained = train::train(&data, &Options::default(), &Progress::new(&tell))?;

    // Each fold has a model that was fitted without it: only that one may judge its pages.
    let mut report = BlockReport::default();
    for (fold, model) in trained.held_out {
        let classifier = Classifier::new(model);
        for (page, _) in data.pages.iter().zip(&trained.folds).filter(|(_, f)| **f == fold) {
            report.add(&classifier, page);
        }
    }
    let (f1, blocks) = (report.kept().f1, report.blocks());
    writeln!(std::io::stdout(), "held-out F1 of content and headline {f1:.3}, {blocks} blocks")?;

    let model = trained.model.ok_or("no model was fitted")?;
    std::fs::write(&path, model.to_json())?;
    Ok(())
}
