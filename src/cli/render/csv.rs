//! Block CSV, as `saring train` reads it.

use saring::{LabelledPage, Writer, registered_domain};

use super::Rendered;

pub fn head() -> String {
    written(None)
}

/// The rows without the header: pages are rendered apart and put together later.
pub fn page(rendered: &Rendered) -> String {
    written(Some(rendered)).split_off(head().len())
}

fn written(rendered: Option<&Rendered>) -> String {
    let write = || {
        let mut writer = Writer::new(Vec::new(), true)?;
        if let Some((rendered, document)) = rendered.and_then(|r| Some((r, r.document?))) {
            let blocks = &rendered.page.blocks;
            let page = LabelledPage {
                name: rendered.source.to_string(),
                group: registered_domain(&document.url),
                labels: vec![None; blocks.len()],
                weights: vec![1.0; blocks.len()],
                document: document.clone(),
            };
            writer.page(&page, Some(blocks))?;
        }
        writer.finish()
    };
    let bytes: std::io::Result<Vec<u8>> = write();
    String::from_utf8(bytes.expect("memory takes all writes")).expect("made of strings")
}
