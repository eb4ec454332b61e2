//! A block with all that a Block CSV says of it, in the fields of a task.

use std::fmt;
use std::str::FromStr;

use saring::{Dataset, Label, Result};
use serde_json::Value;

use super::items::{Object, text, wrong};

/// Where a block stands in what was exported: tools show tasks in orders of their own, and give back
/// those that were answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The page, from 1.
    pub page: u32,
    /// The block on it, from 1.
    pub block: u32,
    /// How many blocks the page has.
    pub of: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.page, self.block, self.of)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(s: &str) -> std::result::Result<Place, ()> {
        let (page, rest) = s.split_once(':').ok_or(())?;
        let (block, of) = rest.split_once('/').ok_or(())?;
        let number = |text: &str| text.parse::<u32>().ok().filter(|&n| n > 0).ok_or(());
        Ok(Place { page: number(page)?, block: number(block)?, of: number(of)? })
    }
}

/// A block, and what it needs to be a row of a Block CSV again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Task {
    pub text: String,
    pub place: Option<Place>,
    /// What the tool calls it, where it has no place.
    pub id: String,
    pub page: String,
    pub url: String,
    pub title: String,
    pub group: String,
    pub path: String,
    pub links: Vec<String>,
    pub link_chars: u32,
    pub hidden: bool,
    pub weight: Option<f32>,
}

impl Task {
    /// The fields beside the text, without those that say nothing.
    pub fn fields(&self) -> Object {
        let mut fields = Object::new();
        let mut add = |name: &str, value: Value| fields.insert(name.to_string(), value);
        if let Some(place) = self.place {
            add("place", place.to_string().into());
        }
        let texts = [
            ("page", &self.page),
            ("url", &self.url),
            ("title", &self.title),
            ("group", &self.group),
            ("path", &self.path),
        ];
        for (name, text) in texts {
            add(name, text.as_str().into());
        }
        add("links", self.links.join(" ").into());
        add("link_chars", self.link_chars.into());
        add("hidden", u8::from(self.hidden).into());
        // As text, so that 0.1 stays 0.1 whatever the tool keeps numbers in.
        add("weight", self.weight.unwrap_or(1.0).to_string().into());
        fields
    }

    /// A block from its text and its fields, of which each may be missing.
    ///
    /// # Errors
    /// Names the position of an empty text and of a field that is not what it should be.
    pub fn from_fields(block: &str, fields: &Object, at: &str) -> Result<Task> {
        let field = |name: &str| text(fields, name, at);
        let bad = |name: &str, value: &str, what: &str| {
            wrong(at, &format!("{name} is {value:?}, not {what}"))
        };
        let words: Vec<&str> = block.split_whitespace().collect();
        if words.is_empty() {
            return Err(wrong(at, "text is empty"));
        }
        let place = field("place")?;
        let link_chars = field("link_chars")?;
        let hidden = field("hidden")?;
        let weight = field("weight")?;
        Ok(Task {
            text: words.join(" "),
            id: String::new(),
            page: field("page")?,
            url: field("url")?,
            title: field("title")?,
            group: field("group")?,
            path: field("path")?,
            links: field("links")?.split_whitespace().map(str::to_string).collect(),
            link_chars: match link_chars.as_str() {
                "" => 0,
                n => n.parse().map_err(|_| bad("link_chars", n, "a number from 0 up"))?,
            },
            hidden: match hidden.to_ascii_lowercase().as_str() {
                "" | "0" | "false" => false,
                "1" | "true" => true,
                other => return Err(bad("hidden", other, "0 or 1")),
            },
            weight: match weight.as_str() {
                "" => None,
                w => {
                    let number = w.parse().ok().filter(|w: &f32| w.is_finite() && *w >= 0.0);
                    Some(number.ok_or_else(|| bad("weight", w, "a number from 0 up"))?)
                }
            },
            place: match place.as_str() {
                "" => None,
                p => Some(p.parse().map_err(|()| bad("place", p, "PAGE:BLOCK/BLOCKS"))?),
            },
        })
    }
}

/// Every block of a dataset with its label.
pub fn of_dataset(data: &Dataset) -> Vec<(Task, Option<Label>)> {
    let mut tasks = Vec::new();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    for (p, page) in data.pages.iter().enumerate() {
        let document = &page.document;
        for (b, block) in document.blocks.iter().enumerate() {
            let of = number(document.blocks.len());
            let task = Task {
                text: block.text.clone(),
                place: Some(Place { page: number(p + 1), block: number(b + 1), of }),
                id: String::new(),
                page: page.name.clone(),
                url: document.url.clone(),
                title: document.title.clone(),
                group: page.group.clone(),
                path: document.path(b),
                links: block.links.clone(),
                link_chars: block.link_chars,
                hidden: block.hidden,
                weight: Some(page.weights[b]),
            };
            tasks.push((task, page.labels[b]));
        }
    }
    tasks
}
