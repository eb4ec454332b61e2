//! What the benchmarks share: a clock, the pages and medians.

#![allow(dead_code)] // Each benchmark uses its part.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::GzDecoder;
use rustix::time::{ClockId, clock_gettime};

/// Processor time of this thread. What other programs take in between does not count, though what
/// they push out of the caches does.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Pages that are measured together.
pub struct PageSet {
    pub name: &'static str,
    /// The bytes of each page as a server sends them.
    pub pages: Vec<Vec<u8>>,
}

impl PageSet {
    pub fn bytes(&self) -> usize {
        self.pages.iter().map(Vec::len).sum()
    }
}

/// The pages we wrote: always there.
pub fn our_pages() -> PageSet {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("training-data/pages");
    let files = files(&folder).expect("the pages are part of the repository");
    PageSet { name: "training-data/pages", pages: files.iter().map(|file| read(file)).collect() }
}

/// `count` pages of the WCXB development split; `None` where the folder is not there.
pub fn wcxb_pages(count: usize) -> Option<PageSet> {
    let shared =
        std::env::var_os("SARING_SHARED").map_or_else(|| "../shared".into(), PathBuf::from);
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join(shared);
    let mut files = files(&shared.join("data/wcxb-dev/html"))?;
    // By a hash of the name: the same pages everywhere, of all types.
    files.sort_by_key(|file| fnv1a(file.file_name().unwrap_or_default().as_encoded_bytes()));
    files.truncate(count);
    Some(PageSet { name: "wcxb-dev", pages: files.iter().map(|file| read(file)).collect() })
}

/// The files of a folder by name.
fn files(folder: &Path) -> Option<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    Some(files)
}

fn read(file: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut source = File::open(file).expect("a file that is listed opens");
    let result = if file.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(source).read_to_end(&mut bytes)
    } else {
        source.read_to_end(&mut bytes)
    };
    result.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    bytes
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The value of `--name value` on the command line.
pub fn option(name: &str) -> Option<String> {
    let mut args = std::env::args().skip_while(|arg| arg != name);
    args.nth(1)
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}
