//! Labels the blocks of a page with the model that comes with the crate.
//!
//! ```text
//! cargo run --release --example classify -- training-data/pages/kabarmuara-1.html
//! ```

use std::error::Error;
use std::io::Write;

use saring::Classifier;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name an HTML file")?;
    let bytes = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?;
    // Bytes and not a string: the page may be in any charset. `None`: no HTTP header names it.
    let page = Classifier::pretrained().classify_bytes(&bytes, None);

    let mut out = std::io::stdout().lock();
    for block in &page.blocks {
        let mark = if block.kept { '*' } else { ' ' };
        writeln!(out, "{mark} {:<13} {:.2}  {}", block.label, block.probability, block.text)?;
    }
    writeln!(out, "\nconfidence {:.2}; the blocks with * are kept", page.confidence)?;
    Ok(())
}
