//! A WARC file that is damaged in one place loses what was there, says so, and loses nothing else.
#![cfg(feature = "warc")]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use saring::warc::{Members, Packing, Reader};

/// What happens to a record.
#[derive(Debug, Clone)]
enum Damage {
    /// It ends here, and the next follows.
    Cut(usize),
    /// A byte is another one.
    Byte(usize, u8),
    /// Something stands in the middle of it.
    Insert(usize, Vec<u8>),
    /// It says that it is this long.
    Length(String),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>().prop_map(|at| at.index(1 << 20));
    let length = prop_oneof![
        (0u64..20_000).prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        "[-+ 0-9a-z]{0,25}",
    ];
    prop_oneof![
        at.clone().prop_map(Damage::Cut),
        (at.clone(), 1u8..).prop_map(|(at, bits)| Damage::Byte(at, bits)),
        (at, prop::collection::vec(any::<u8>(), 1..50))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        length.prop_map(Damage::Length),
    ]
}

fn block(number: usize, seed: u64, length: usize) -> Vec<u8> {
    // Bytes that do not compress: a damaged member then runs far.
    let mut state = seed | 1;
    let noise = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b'a' + (state % 26) as u8
    });
    format!("nomor {number}: ").into_bytes().into_iter().chain(noise.take(length)).collect()
}

fn record(block: &[u8], length: Option<&str>) -> Vec<u8> {
    let length = length.map_or_else(|| block.len().to_string(), str::to_string);
    let head = format!("WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The record as it ends up in the file.
fn damaged(block: &[u8], damage: &Damage, packed: bool) -> Vec<u8> {
    let pack = |bytes: Vec<u8>| if packed { gzip(&bytes) } else { bytes };
    let mut bytes = pack(record(block, None));
    let length = bytes.len();
    match damage {
        Damage::Cut(at) => bytes.truncate(1 + at % (length - 1)),
        Damage::Byte(at, bits) => bytes[at % length] ^= bits,
        Damage::Insert(at, more) => {
            let at = at % length;
            bytes.splice(at..at, more.iter().copied());
        }
        Damage::Length(length) => bytes = pack(record(block, Some(length))),
    }
    bytes
}

/// Whether the record at the start says that it ends where a later one does: nobody can tell that
/// from a file within a file.
fn ends_like_another(file: &[u8]) -> bool {
    let text = String::from_utf8_lossy(file);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let stated = head.split_once("Length: ").map(|(_, length)| length.parse::<usize>());
    let Some(Ok(length)) = stated else { return false };
    let end = length.saturating_add(head.len() + 4);
    file.get(end..).is_some_and(|rest| rest == b"\r\n\r\n" || rest.starts_with(b"\r\n\r\nWARC/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_damaged_record_costs_no_other(
        lengths in prop::collection::vec(prop_oneof![3 => 0usize..300, 1 => 0usize..30_000], 3..8),
        which in any::<prop::sample::Index>(),
        damage in damage(),
        packed: bool,
        seed: u64,
    ) {
        let which = which.index(lengths.len());
        let blocks: Vec<Vec<u8>> =
            lengths.iter().enumerate().map(|(n, length)| block(n, seed ^ n as u64, *length)).collect();
        let mut file = Vec::new();
        let mut place = 0;
        for (n, block) in blocks.iter().enumerate() {
            if n == which {
                place = file.len();
            }
            match n == which {
                true => file.extend(damaged(block, &damage, packed)),
                false if packed => file.extend(gzip(&record(block, None))),
                false => file.extend(record(block, None)),
            }
        }
        let right = blocks[which].len().to_string();
        let is_right = matches!(&damage, Damage::Length(length) if *length == right);
        prop_assume!(packed || is_right || !ends_like_another(&file[place..]));
        // The first byte may be damaged; the name of a file says what it should be.
        let promised = packed.then_some(Packing::Gzip);
        let mut reader = Reader::new(Members::new(&file[..], promised).unwrap(), 10_000);
        let (mut read, mut told) = (Vec::new(), 0);
        while let Some(record) = reader.next() {
            match record {
                Ok(record) => read.push(record.block[..record.block.len().min(10_000)].to_vec()),
                Err(_) => told += 1,
            }
        }
        let start = |block: &Vec<u8>| block[..block.len().min(10_000)].to_vec();
        for (n, block) in blocks.iter().enumerate().filter(|(n, _)| *n != which) {
            prop_assert!(read.contains(&start(block)), "record {} of {} is lost", n, blocks.len());
        }
        // A damaged checksum or text of a plain file is none that the file could tell.
        prop_assert!(told > 0 || read.len() == blocks.len(), "nothing was said");
        prop_assert!(told <= 4, "{} times", told);
    }
}
