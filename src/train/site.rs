//! Fits what site memory adds to the calibrated logits of blocks whose text other pages of the host
//! have.

use std::collections::BTreeMap;

use super::fit::fit;
use super::form::Unseen;
use super::prepare::Prepared;
use crate::error::{Error, Result};
use crate::features;
use crate::logistic::{Logistic, REACH};
use crate::model::Calibration;
use crate::site::{Recall, SiteMemory};

/// Of fewer hosts nothing can be learnt that holds on others.
const MIN_HOSTS: usize = 10;

/// Rows drawn for each host. Each counts the same, however many pages of it there are: a dozen pages of
/// one shop would outvote fifty newspapers.
const ROWS: usize = 200;

/// Weight of the squared weights in the loss.
const PENALTY: f64 = 1.0;

/// Per page, what a memory that has met all pages says of it.
pub(super) fn recalled(data: &Prepared) -> Vec<Option<Recall>> {
    let mut memory = SiteMemory::new(data.pages.len());
    for page in &data.pages {
        memory.learn(page.facts.document);
    }
    data.pages.iter().map(|page| memory.recall(page.facts.document)).collect()
}

/// A labelled block whose text other pages have.
struct Row {
    features: Vec<f32>,
    main: bool,
    /// What it weighs among those of its host.
    mass: f32,
}

/// Fits the regression on unseen logits; `None` where too few hosts have several pages here.
pub(super) fn fit_site(
    data: &Prepared,
    recalled: &[Option<Recall>],
    unseen: &Unseen,
    calibration: Calibration,
) -> Result<Option<Logistic>> {
    let mut hosts: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for (&n, logits) in unseen {
        let (page, Some(recall)) = (&data.pages[n], &recalled[n]) else { continue };
        let Some(host) = SiteMemory::host(page.facts.document) else { continue };
        let table = features::site_table(recall, &calibration.logits(logits));
        let columns: Vec<&[f32]> = table.columns().collect();
        let rows = hosts.entry(host).or_default();
        for i in (0..page.labels.len()).filter(|&i| recall.has_text(i)) {
            if let Some(label) = page.labels[i] {
                let features = columns.iter().map(|column| column[i]).collect();
                let mass = (page.facts.text[i].words + 1.0).sqrt();
                rows.push(Row { features, main: label.is_main(), mass });
            }
        }
    }
    hosts.retain(|_, rows| !rows.is_empty());
    if hosts.len() < MIN_HOSTS {
        return Ok(None);
    }
    let drawn: Vec<&Row> = hosts.values().flat_map(|rows| draw(rows)).collect();
    let names = features::site_names();
    let column = |n: usize| drawn.iter().map(move |row| f64::from(row.features[n]));
    let values = (0..names.len()).flat_map(column).collect();
    let targets: Vec<bool> = drawn.iter().map(|row| row.main).collect();
    match fit(&names, values, &targets, PENALTY, f64::from(REACH)) {
        Ok(fitted) => Ok(Some(fitted.logistic)),
        // All of one kind.
        Err(Error::Data(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// So many rows, each as often as its share of the mass, in order.
fn draw(rows: &[Row]) -> impl Iterator<Item = &Row> {
    let step = rows.iter().map(|row| row.mass).sum::<f32>() / ROWS as f32;
    let mut sum = 0.0;
    rows.iter().flat_map(move |row| {
        let before = (sum / step).round();
        sum += row.mass;
        std::iter::repeat_n(row, ((sum / step).round() - before) as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_drawn_by_their_mass() {
        let row = |mass| Row { features: vec![mass], main: true, mass };
        let rows = [row(1.0), row(3.0), row(0.0), row(4.0)];
        let drawn: Vec<f32> = draw(&rows).map(|row| row.mass).collect();
        assert_eq!(drawn.len(), ROWS);
        let count = |mass| drawn.iter().filter(|&&m| m == mass).count();
        assert_eq!([count(1.0), count(3.0), count(4.0)], [ROWS / 8, ROWS * 3 / 8, ROWS / 2]);
        assert_eq!(draw(&[]).count(), 0);
    }
}
