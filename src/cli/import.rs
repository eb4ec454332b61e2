//! `saring import`: pages with gold text to labelled Block CSV. What annotators answered, with
//! `--from`, is in annotators/.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use saring::{
    Block, Document, Error, Gold, Label, LabelledPage, Limits, Page, PageScore, Result, Writer,
    decode, registered_domain, score_page, segment_html,
};

use super::annotators::import as annotators;
use super::input::{outcome, read_page};
use super::output::{say, write_with};
use super::{Outcome, RunResult};

/// Folders of `html/NAME.html[.gz]` with `gold/NAME.json` or `ground-truth/NAME.json`, or files of an
/// annotation tool
#[derive(clap::Args)]
pub struct Args {
    /// Folders that hold `html` and `gold` (or `ground-truth`); with --from, files of that tool
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// The CSV to write
    #[arg(short, long)]
    output: PathBuf,
    /// How many ordinary blocks each block counts for in training
    #[arg(long, default_value_t = 1.0, value_parser = weight)]
    weight: f32,
    /// A file of pages to leave out, a name per line with anything behind it; `#` starts a comment
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    exclude: Option<PathBuf>,
    #[command(flatten)]
    annotators: annotators::Options,
}

/// A weight of rows: a number from 0 up.
pub fn weight(text: &str) -> std::result::Result<f32, String> {
    match text.parse::<f32>() {
        Ok(weight) if weight.is_finite() && weight >= 0.0 => Ok(weight),
        _ => Err("must be a number from 0 up".into()),
    }
}

/// A page and its gold.
pub struct GoldPage {
    pub name: String,
    pub group: String,
    /// The language that the page states, or empty.
    pub language: String,
    pub gold: Gold,
    pub document: Document,
}

pub fn run(args: &Args) -> RunResult {
    if let Some(tool) = args.annotators.from {
        let Args { inputs, output, weight, annotators: options, .. } = args;
        return annotators::run(tool, inputs, options, *weight, output);
    }
    let excluded = match &args.exclude {
        Some(path) => std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?,
        None => String::new(),
    };
    let names = excluded.lines().filter_map(|line| line.split_whitespace().next());
    let excluded: HashSet<&str> = names.filter(|name| !name.starts_with('#')).collect();
    let mut failed = 0;
    let mut pages = Vec::new();
    for folder in &args.inputs {
        for page in gold_pages(folder)? {
            match page {
                Ok(page) if excluded.contains(page.name.as_str()) => {
                    say(format!("{}: left out, as asked for", page.name));
                }
                Ok(page) => pages.push(label(page, args.weight)),
                Err(error) => {
                    failed += 1;
                    say(format!("saring: {error}"));
                }
            }
        }
    }
    if pages.is_empty() {
        say(format!("saring: {}: not written: there is no page to write", args.output.display()));
        return Ok(Outcome::Failed);
    }
    write_with(&args.output, |file| {
        let mut writer = Writer::new(file, false)?;
        for page in &pages {
            writer.page(page, None)?;
        }
        writer.finish().map(|_| ())
    })?;
    let rows: usize = pages.iter().map(|p| p.labels.iter().flatten().count()).sum();
    say(format!("{} pages, {rows} labelled rows", pages.len()));
    Ok(outcome(pages.len(), failed))
}

/// The pages of a folder, in the order of their names.
pub fn gold_pages(folder: &Path) -> Result<Vec<Result<GoldPage>>> {
    let gold = ["gold", "ground-truth"].into_iter().map(|name| folder.join(name));
    let gold = gold
        .into_iter()
        .find(|path| path.is_dir())
        .ok_or_else(|| Error::io(folder, "holds neither a folder \"gold\" nor \"ground-truth\""))?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(&gold)
        .map_err(|e| Error::io(&gold, e))?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(Error::io(&gold, "no .json files"));
    }
    let page = |file: &PathBuf| {
        // A page that meets a bug is one page lost, and not the run.
        catch_unwind(AssertUnwindSafe(|| gold_page(folder, file))).unwrap_or_else(|_| {
            Err(Error::io(file, "its page meets a bug in saring; please report it"))
        })
    };
    Ok(files.par_iter().map(page).collect())
}

fn gold_page(folder: &Path, file: &Path) -> Result<GoldPage> {
    let gold = Gold::load(file)?;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let html = ["html.gz", "html"]
        .map(|extension| folder.join("html").join(format!("{stem}.{extension}")))
        .into_iter()
        .find(|path| path.exists())
        .ok_or_else(|| Error::io(file, "has no page of its name in html/"))?;
    let bytes = read_page(&html)?;
    let html = decode(&bytes, None);
    let document = segment_html(&html, &Limits::default());
    let language = language(&html);
    let folder = folder.file_name().unwrap_or_default().to_string_lossy();
    let group = group(&gold.url, &document).unwrap_or_else(|| stem.clone());
    Ok(GoldPage { name: format!("{folder}/{stem}"), group, language, gold, document })
}

/// The `lang` of the `html` tag without its region: `id` of `id-ID`. Empty if there is none.
fn language(html: &str) -> String {
    let starts = html.match_indices('<').map(|(at, _)| &html[at + 1..]);
    let is_html = |tag: &&str| {
        let name = tag.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("html"));
        name && tag[4..].starts_with(|c: char| c.is_ascii_whitespace() || c == '>')
    };
    // It is among the first tags or not there.
    let Some(tag) = starts.take(20).find(is_html) else { return String::new() };
    let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
    for (at, _) in tag.match_indices('=') {
        let name = tag[..at].trim_end().rsplit(|c: char| c.is_ascii_whitespace()).next();
        if name.is_some_and(|name| name.eq_ignore_ascii_case("lang")) {
            let value = tag[at + 1..].trim_start().trim_start_matches(['"', '\'']);
            let end = value.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(value.len());
            return value[..end].to_ascii_lowercase();
        }
    }
    String::new()
}

/// The registered domain of the page: from its gold, from what it says of itself, or the one that
/// most of its links lead to.
fn group(url: &str, document: &Document) -> Option<String> {
    let stated = [url, &document.url].map(registered_domain);
    stated.into_iter().find(|domain| !domain.is_empty()).or_else(|| {
        let mut counts = std::collections::BTreeMap::<String, usize>::new();
        for link in document.blocks.iter().flat_map(|b| &b.links) {
            *counts.entry(registered_domain(link)).or_default() += 1;
        }
        counts.remove("");
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(domain, _)| domain)
    })
}

impl GoldPage {
    /// The labels of the blocks, by what of them the gold covers.
    pub fn labels(&self) -> Vec<Option<Label>> {
        let Document { blocks, elements, .. } = &self.document;
        let texts: Vec<&str> = blocks.iter().map(|b| b.text.as_str()).collect();
        let in_h1 = |block: &Block| {
            let mut next = block.element;
            std::iter::from_fn(|| {
                let element = &elements[next?];
                next = element.parent;
                Some(element)
            })
            .any(|element| element.tag == "h1")
        };
        let in_h1: Vec<bool> = blocks.iter().map(in_h1).collect();
        self.gold.labels(&texts, &in_h1)
    }

    /// How what is kept of the page compares with the gold.
    pub fn score(&self, page: &Page) -> PageScore {
        score_page(&self.name, &self.group, &self.gold, page)
    }
}

fn label(page: GoldPage, weight: f32) -> LabelledPage {
    let labels = page.labels();
    let GoldPage { name, group, document, .. } = page;
    let weights = vec![weight; labels.len()];
    LabelledPage { name, group, labels, weights, document }
}

#[cfg(test)]
mod tests {
    use super::language;

    #[test]
    fn languages_are_those_that_pages_state() {
        let stated = [
            ("<!DOCTYPE html>\n<!-- x --><html class='a=b' lang=\"id-ID\"><body lang=en>", "id"),
            ("<HTML LANG = EN>", "en"),
            ("<html xml:lang='de' lang='pt_BR'>", "pt"),
            ("<html data-lang=fr><p lang=en>", ""),
            ("<htmlx lang=en>", ""),
            ("<html lang=\"\">", ""),
            ("<p>tanpa", ""),
            ("<html lang", ""),
        ];
        for (html, wanted) in stated {
            assert_eq!(language(html), wanted, "{html}");
        }
    }
}
