//! Arguments to files: folders, globs, and what the names of files say.

use std::io;
use std::path::{Path, PathBuf};

use saring::warc::Packing;

use super::{Format, Unread, unread};

/// One argument to the files it stands for.
pub fn expand(path: PathBuf) -> Vec<std::result::Result<PathBuf, Unread>> {
    if path.is_dir() {
        return folder(&path);
    }
    let pattern = path.to_str().filter(|p| p.contains(['*', '?', '[']));
    let Some(pattern) = pattern.filter(|_| !path.exists()) else { return vec![Ok(path)] };
    let found = match glob::glob(pattern) {
        Ok(found) => found,
        Err(error) => return vec![Err(unread(pattern, error))],
    };
    let files: Vec<_> = found
        .flat_map(|entry| match entry {
            Ok(path) if path.is_dir() => folder(&path),
            Ok(path) => vec![Ok(path)],
            Err(error) => vec![Err(unread(pattern, error))],
        })
        .collect();
    if files.is_empty() { vec![Err(unread(pattern, "no file matches"))] } else { files }
}

/// The pages in a folder and the folders below it, by name.
fn folder(path: &Path) -> Vec<std::result::Result<PathBuf, Unread>> {
    let mut files = Vec::new();
    walk(path, &mut files);
    if files.is_empty() {
        let message = "no pages in this folder (.html, .htm, .xhtml, .txt, .jsonl, .ndjson, .warc, \
                       .wet, or one of these and .gz or .zst)";
        files.push(Err(unread(&path.display().to_string(), message)));
    }
    files
}

fn walk(folder: &Path, files: &mut Vec<std::result::Result<PathBuf, Unread>>) {
    let entries = std::fs::read_dir(folder)
        .and_then(|entries| entries.collect::<io::Result<Vec<std::fs::DirEntry>>>());
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => return files.push(Err(unread(&folder.display().to_string(), error))),
    };
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Links to folders are not followed: they may lead in circles.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, files);
        } else if format_of(&path).is_some() && path.is_file() {
            files.push(Ok(path));
        }
    }
}

/// The last extension of the lower-case name, and the name before it.
fn extension(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty())
}

fn lower_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// What the name promises of the bytes.
pub fn packing_of(path: &Path) -> Option<Packing> {
    match extension(&lower_name(path))?.1 {
        "gz" => Some(Packing::Gzip),
        "zst" => Some(Packing::Zstd),
        _ => None,
    }
}

/// What the name says of the content, if anything.
pub fn format_of(path: &Path) -> Option<Format> {
    let name = lower_name(path);
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    match extension(name)?.1 {
        "html" | "htm" | "xhtml" => Some(Format::Html),
        "txt" => Some(Format::Text),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        "warc" | "wet" => Some(Format::Warc),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        let format = |name: &str| format_of(Path::new(name));
        assert_eq!(format("a/B.HTML.gz"), Some(Format::Html));
        assert_eq!(format("a.xhtml"), Some(Format::Html));
        assert_eq!(format("a.txt.gz"), Some(Format::Text));
        assert_eq!(format("a.ndjson"), Some(Format::Jsonl));
        for warc in ["a.warc", "a.WARC.gz", "a.warc.zst", "a.wet", "a.warc.wet.gz"] {
            assert_eq!(format(warc), Some(Format::Warc), "{warc}");
        }
        for unknown in ["html", ".html", "a.gz", "page.php", "a.html.bak"] {
            assert_eq!(format(unknown), None, "{unknown}");
        }
    }
}
