//! Labels by the names that annotators know them by.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::FromStr;

use saring::{Error, Label, Result};

/// `OLD=NEW`: what a name stands for. With nothing behind `=` it stands for no label.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    name: String,
    label: Option<Label>,
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(s: &str) -> std::result::Result<Mapping, String> {
        let (name, label) = s.rsplit_once('=').ok_or("must be OLD=NEW")?;
        let label = match label {
            "" => None,
            label => Some(label.parse().map_err(|e: Error| e.to_string())?),
        };
        Ok(Mapping { name: name.to_string(), label })
    }
}

/// The names that are known, and those that were met without being known.
pub struct Names {
    known: BTreeMap<String, (Option<Label>, bool)>,
    /// Where each was met first, and how often.
    unknown: BTreeMap<String, (String, usize)>,
}

impl Names {
    pub fn new(mapping: &[Mapping]) -> Names {
        let known = mapping.iter().map(|m| (m.name.clone(), (m.label, false)));
        Names { known: known.collect(), unknown: BTreeMap::new() }
    }

    /// Whether a name is known.
    pub fn knows(&self, name: &str) -> bool {
        self.known.contains_key(name) || name.parse::<Label>().is_ok()
    }

    /// The label of a name met at `at`. None, too, for a name that is unknown, which
    /// [`Names::check`] tells.
    pub fn label(&mut self, name: &str, at: &str) -> Option<Label> {
        if let Some((label, met)) = self.known.get_mut(name) {
            *met = true;
            return *label;
        }
        match name.trim().parse() {
            Ok(label) => Some(label),
            Err(_) => {
                let unknown = self.unknown.entry(name.to_string());
                unknown.or_insert_with(|| (at.to_string(), 0)).1 += 1;
                None
            }
        }
    }

    /// The labels of several names.
    pub fn labels(&mut self, names: &[String], at: &str) -> Vec<Label> {
        names.iter().filter_map(|name| self.label(name, at)).collect()
    }

    /// The mapped names that were not met.
    pub fn unused(&self) -> impl Iterator<Item = &str> {
        self.known.iter().filter(|(_, (_, met))| !met).map(|(name, _)| name.as_str())
    }

    /// # Errors
    /// Names every unknown label with its first position, and the labels that are known.
    pub fn check(&self) -> Result<()> {
        let Some(example) = self.unknown.keys().next() else { return Ok(()) };
        let mut message = String::new();
        for (name, (at, times)) in &self.unknown {
            let _ = write!(message, "{at}: unknown label {name:?}");
            if *times > 1 {
                let _ = write!(message, ", there {times} times");
            }
            message.push('\n');
        }
        message.push_str("labels are");
        for label in Label::ALL {
            let _ = write!(message, " {label}");
        }
        let _ =
            write!(message, "; say what it stands for with --map {:?}", format!("{example}=LABEL"));
        Err(Error::Data(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_mapped_or_told() {
        let mapping = ["Isi=content", "a=b=ad", "lewati="].map(|m| m.parse().unwrap());
        let mut names = Names::new(&mapping);
        assert_eq!(names.label("Isi", "x:1"), Some(Label::Content));
        assert_eq!(names.label("a=b", "x:1"), Some(Label::Ad));
        assert_eq!(names.label("promo", "x:1"), Some(Label::Promo));
        names.check().unwrap();
        assert_eq!(names.unused().collect::<Vec<_>>(), ["lewati"]);
        assert_eq!(names.label("lewati", "x:1"), None);
        names.check().unwrap();
        assert_eq!(names.labels(&["Iklan".into(), "Iklan".into(), "x".into()], "x:7"), []);
        let message = names.check().unwrap_err().to_string();
        assert!(message.starts_with(
            "x:7: unknown label \"Iklan\", there 2 times\nx:7: unknown label \"x\"\n"
        ));
        assert!(
            message.ends_with("boilerplate; say what it stands for with --map \"Iklan=LABEL\"")
        );
    }

    #[test]
    fn bad_mappings_are_told() {
        assert!("Isi".parse::<Mapping>().is_err());
        assert!("Isi=berita".parse::<Mapping>().unwrap_err().starts_with("unknown label"));
    }
}
