//! WARC: records in order, within their limits, the same in whatever pieces the file comes.

use std::io::BufReader;

use saring::warc::{Broken, Found, Members, Reader};

/// The most that is read of a page.
const LIMIT: usize = 1000;

/// What more a block may hold: a header of HTTP, and what shows that there is more.
const HEADER: usize = (64 << 10) + 1;

/// A record by its number, offset, fields and block, and the page in it; or what is broken.
type Read = Result<(u64, u64, String, Vec<u8>, String), Broken>;

/// The input is a file, packed or not.
pub fn warc(bytes: &[u8]) {
    let whole =
        records(Reader::new(Members::new(bytes, None).expect("bytes do not fail"), LIMIT), bytes);
    // Slow, so only short ones.
    if bytes.len() <= 4096 {
        let pieces = BufReader::with_capacity(3, bytes);
        let pieces = Members::new(pieces, None).expect("bytes do not fail");
        assert_eq!(records(Reader::new(pieces, LIMIT), bytes), whole);
    }
}

fn records<R: std::io::BufRead>(mut reader: Reader<R>, bytes: &[u8]) -> Vec<Read> {
    let mut read: Vec<Read> = Vec::new();
    let mut last = 0;
    while let Some(record) = reader.next() {
        let record = record.map(|record| {
            assert!(record.block.len() <= LIMIT + HEADER, "{} bytes", record.block.len());
            let found = match record.find() {
                Ok(Found::Page(page)) => {
                    let decoded = page.decode(LIMIT);
                    if let Ok((html, cut)) = &decoded {
                        assert!(
                            html.len() <= LIMIT && (html.len() == LIMIT || !record.cut || *cut)
                        );
                    }
                    format!("{decoded:?}")
                }
                other => format!("{other:?}"),
            };
            (
                record.number,
                record.offset,
                format!("{:?}", record.fields),
                record.block.to_vec(),
                found,
            )
        });
        let (number, offset) = match &record {
            Ok((number, offset, ..)) => (*number, *offset),
            Err(broken) => {
                assert!(!broken.reason.is_empty());
                (broken.number, broken.offset)
            }
        };
        read.push(record);
        assert_eq!(number, read.len() as u64);
        assert!(offset >= last && offset < bytes.len() as u64, "{offset} after {last}");
        last = offset;
        assert!(read.len() <= 2000 * (bytes.len() + 1), "it does not end");
    }
    assert!(reader.next().is_none());
    assert!(reader.capacity() <= 8 * (LIMIT + HEADER), "{} bytes", reader.capacity());
    read
}
