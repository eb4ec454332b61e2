//! Block CSV: an error that says where, or pages, which can be classified and written again.

use std::path::PathBuf;
use std::sync::LazyLock;

use saring::{Classifier, Dataset, Error, LabelledPage, Writer};

use super::document::check_page;

/// The input is a file.
pub fn csv(bytes: &[u8]) {
    let lines = 1 + bytes.iter().filter(|&&b| b == b'\n').count() as u64;
    let pages = match read(bytes) {
        Ok(dataset) => dataset.pages,
        Err(Error::Row { line, .. }) => {
            assert!((1..=lines).contains(&line), "line {line} of {lines}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    for page in &pages {
        assert_eq!(page.document.blocks.len(), page.labels.len());
        assert_eq!(page.document.blocks.len(), page.weights.len());
        let classified = Classifier::pretrained().classify_document(page.document.clone());
        check_page(&classified, &page.document);
        let again = read(&written([page])).expect("a page that was written");
        assert_eq!(again.pages, std::slice::from_ref(page));
    }
    // Pages are told apart by their names, which those that stand alone do not have.
    if pages.windows(2).all(|two| two[0].name != two[1].name) {
        assert_eq!(read(&written(&pages)).expect("what was written").pages, pages);
    }
}

fn written<'a>(pages: impl IntoIterator<Item = &'a LabelledPage>) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), false).expect("the header");
    for page in pages {
        writer.page(page, None).expect("a page");
    }
    writer.finish().expect("the end")
}

/// A file that this process, or this thread of a test, has for itself.
fn read(bytes: &[u8]) -> saring::Result<Dataset> {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = std::env::temp_dir().join(format!("saring-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the file");
        folder
    });
    let thread = format!("{:?}", std::thread::current().id());
    let path = FOLDER.join(format!("blocks{}.csv", thread.replace(['(', ')'], "-")));
    std::fs::write(&path, bytes).expect("a file");
    let read = Dataset::read([&path]);
    std::fs::remove_file(&path).expect("the file can go");
    read
}
