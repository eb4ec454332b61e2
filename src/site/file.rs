//! A site memory as a file: JSON, a line per host, in a fixed order. It holds hashes and counts and no
//! text of any page.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Host, SHAPES, Shape, SiteMemory, TEXTS, Text};
use crate::error::{Error, Result};
use crate::hash::{Hash, HashedMap};

/// The `format` of every file.
const FORMAT: &str = "saring-site-memory";
/// Raised when a change makes older files unreadable: that of a hash, too.
const VERSION: u32 = 1;
/// A larger file is no memory of any use: 1,000 hosts take 90 MB at most.
const MAX_BYTES: usize = 512 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    format: String,
    version: u32,
    hosts: BTreeMap<String, Entry>,
}

/// A host: texts and shapes by their hash in hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    pages: u32,
    texts: BTreeMap<String, [u32; 2]>,
    shapes: BTreeMap<String, [u32; 4]>,
}

impl SiteMemory {
    /// Reads a file of [`SiteMemory::to_json`].
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::Site`] as for [`SiteMemory::from_json`].
    pub fn load(path: impl AsRef<Path>) -> Result<SiteMemory> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let mut bytes = Vec::new();
        let read = file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|e| Error::io(path, e))?;
        SiteMemory::from_json(&bytes).map_err(|e| e.at(path))
    }

    /// Reads what [`SiteMemory::to_json`] writes. Which hosts were met last is not written: they count
    /// as met in the order of their names. A file of more than 1,000 hosts makes the memory as large as
    /// that.
    ///
    /// # Errors
    /// [`Error::Site`] says what is wrong and where: too large, not JSON (with line and column),
    /// another format or version, counts that cannot be.
    pub fn from_json(bytes: &[u8]) -> Result<SiteMemory> {
        if bytes.len() > MAX_BYTES {
            return Err(Error::Site(format!("more than the {MAX_BYTES} bytes it may have")));
        }
        let memory: Memory =
            serde_json::from_slice(bytes).map_err(|e| Error::Site(e.to_string()))?;
        if (memory.format.as_str(), memory.version) != (FORMAT, VERSION) {
            return Err(Error::Site(format!(
                "format {:?} version {}, not {FORMAT:?} version {VERSION}: learn it again",
                memory.format, memory.version
            )));
        }
        let mut read = SiteMemory::new(memory.hosts.len().max(super::HOSTS));
        for (name, entry) in memory.hosts {
            read.clock += 1;
            let host = entry.into_host(read.clock);
            let host = host.map_err(|what| Error::Site(format!("host {name:?}: {what}")))?;
            read.hosts.insert(name, host);
        }
        Ok(read)
    }

    /// The memory as JSON: the same memory gives the same bytes.
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\"format\":\"{FORMAT}\",\"version\":{VERSION},\"hosts\":{{");
        let hosts: BTreeMap<&String, &Host> = self.hosts.iter().collect();
        for (n, (name, host)) in hosts.into_iter().enumerate() {
            out.push_str(if n == 0 { "\n" } else { ",\n" });
            let name = serde_json::to_string(name).expect("a string is written");
            let entry = serde_json::to_string(&Entry::of(host)).expect("keys are strings");
            out.extend([&name, ":", &entry].map(|part: &str| part));
        }
        out.push_str("\n}}\n");
        out
    }
}

impl Entry {
    fn of(host: &Host) -> Entry {
        Entry {
            pages: host.pages,
            texts: named(&host.texts, |text| [text.pages, text.last]),
            shapes: named(&host.shapes, |s| [s.pages, s.last, s.blocks, s.repeated]),
        }
    }

    fn into_host(self, used: u64) -> std::result::Result<Host, String> {
        let Entry { pages, texts, shapes } = self;
        let (most_texts, most_shapes) = (texts.len() > TEXTS, shapes.len() > SHAPES);
        if most_texts || most_shapes {
            return Err(format!("more than {TEXTS} texts or {SHAPES} shapes"));
        }
        // Where it was met last cannot be a page that was not learnt, nor before it was met so often.
        let can_be = |met: u32, last: u32| 0 < met && met <= last && last <= pages;
        let text = |[met, last]: [u32; 2]| {
            can_be(met, last).then_some(Text { pages: met, last }).ok_or(format!("[{met},{last}]"))
        };
        let shape = |[met, last, blocks, repeated]: [u32; 4]| {
            (can_be(met, last) && repeated <= blocks)
                .then_some(Shape { pages: met, last, blocks, repeated })
                .ok_or(format!("[{met},{last},{blocks},{repeated}]"))
        };
        Ok(Host { pages, used, texts: hashed(texts, text)?, shapes: hashed(shapes, shape)? })
    }
}

fn named<V, W>(entries: &HashedMap<V>, value: impl Fn(&V) -> W) -> BTreeMap<String, W> {
    entries.iter().map(|(hash, v)| (format!("{:016x}", hash.number()), value(v))).collect()
}

fn hashed<V, W>(
    entries: BTreeMap<String, V>,
    value: impl Fn(V) -> std::result::Result<W, String>,
) -> std::result::Result<HashedMap<W>, String> {
    let entry = |(name, v): (String, V)| {
        let number = u64::from_str_radix(&name, 16).map_err(|_| format!("{name:?} is no hash"))?;
        let value = value(v).map_err(|counts| format!("{name:?}: {counts} cannot be"))?;
        Ok((Hash::of_number(number), value))
    };
    entries.into_iter().map(entry).collect()
}
