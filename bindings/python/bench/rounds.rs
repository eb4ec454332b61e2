//! The Rust side of throughput.py: takes pages on stdin, and then for each byte does a round over
//! them and answers with its processor time in seconds.
//!
//! Pages come as their number and then each as its length and its bytes, numbers in eight bytes,
//! little-endian. The byte `c` asks to classify, `j` to write the JSON objects too.

use std::hint::black_box;
use std::io::{self, Read, Write};

use rustix::time::{ClockId, clock_gettime};
use saring::{Classifier, Record};

fn main() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let count = number(&mut input)?;
    let mut pages = Vec::new();
    for _ in 0..count {
        let mut page = vec![0; number(&mut input)?];
        input.read_exact(&mut page)?;
        pages.push(page);
    }
    let classifier = Classifier::pretrained();
    for what in input.bytes() {
        let json = what? == b'j';
        let start = seconds();
        for page in &pages {
            let page = classifier.classify_bytes(page, None);
            if json {
                black_box(Record { source: None, page: &page, threshold: None }.to_json());
            }
            black_box(page);
        }
        writeln!(io::stdout(), "{}", seconds() - start)?;
    }
    Ok(())
}

fn number(input: &mut impl Read) -> io::Result<usize> {
    let mut bytes = [0; 8];
    input.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes) as usize)
}

fn seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
