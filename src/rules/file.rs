//! Rules out of a CSV.

use std::path::Path;

use super::{Rules, Ruling};
use crate::error::{Error, Result};

impl Rules {
    /// Reads a file of rules.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, and those of [`Rules::parse`].
    pub fn read(path: impl AsRef<Path>) -> Result<Rules> {
        let path = path.as_ref();
        let csv = std::fs::read(path).map_err(|e| Error::io(path, e))?;
        Rules::parse(&csv, path)
    }

    /// Rules from the bytes of a CSV. `name` is what errors call it.
    ///
    /// ```
    /// let rules = saring::Rules::parse(b"host,selector,label\n*,.promo,drop\n", "rules.csv")?;
    /// assert_eq!(rules.iter().next().unwrap().to_string(), "* .promo -> drop");
    /// # Ok::<(), saring::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Row`] with the line of what is wrong in it.
    pub fn parse(csv: &[u8], name: impl AsRef<Path>) -> Result<Rules> {
        let row =
            |line: u64, message: String| Error::Row { path: name.as_ref().into(), line, message };
        let csv = csv.strip_prefix(b"\xef\xbb\xbf").unwrap_or(csv);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv);
        let of_csv = |e: csv::Error| {
            let line = e.position().map_or(0, csv::Position::line);
            row(line, e.to_string())
        };
        let headers = reader.headers().map_err(of_csv)?.clone();
        let column = |name: &str| {
            let found = headers.iter().position(|header| header == name);
            found.ok_or_else(|| {
                row(1, format!("no column is called {name}; the columns are host,selector,label"))
            })
        };
        let columns = [column("host")?, column("selector")?, column("label")?];
        let mut rules = Rules::default();
        for record in reader.records() {
            let record = record.map_err(of_csv)?;
            let line = record.position().map_or(0, csv::Position::line);
            let [host, selector, label] =
                columns.map(|column| record.get(column).unwrap_or_default());
            let ruling = match label {
                "keep" => Ruling::Keep,
                "drop" => Ruling::Drop,
                label => {
                    let known = |e| row(line, format!("{e}, and keep and drop"));
                    Ruling::Label(label.parse().map_err(known)?)
                }
            };
            rules.add(host, selector, ruling).map_err(|e| row(line, e.to_string()))?;
            rules.0.last_mut().expect("one was added").line = line;
        }
        Ok(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_files_are_errors_with_their_line() {
        for (csv, wanted) in [
            ("host,label\n", "rules.csv:1: no column is called selector"),
            (
                "host,selector,label,note\na.example,p,ad,x\na.example,p[,drop,\n",
                "rules.csv:3: the selector",
            ),
            ("host,selector,label\na.example,p,advert\n", "rules.csv:2: unknown label"),
            (
                "host,selector,label\nhttps://a.example/,p,ad\n",
                "rules.csv:2: \"https://a.example/\" is no host",
            ),
            ("host,selector,label\na.example,p\n", "rules.csv:2:"),
        ] {
            let message = Rules::parse(csv.as_bytes(), "rules.csv").unwrap_err().to_string();
            assert!(message.contains(wanted), "{message}");
        }
        let latin = Rules::parse(b"host,selector,label\n*,.caf\xe9,drop\n", "rules.csv");
        let message = latin.unwrap_err().to_string();
        assert!(message.starts_with("rules.csv:2: ") && message.contains("UTF-8"), "{message}");
    }

    #[test]
    fn a_file_is_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.csv");
        let csv = "\u{feff}host,selector,label\n*,\"aside, #x\",ad\n";
        std::fs::write(&path, csv).unwrap();
        for rules in [Rules::read(&path), Rules::parse(csv.as_bytes(), "rules.csv")] {
            let rules = rules.unwrap();
            assert_eq!(
                (rules.0[0].line, rules.0[0].to_string().as_str()),
                (2, "* aside, #x -> ad")
            );
        }
        let gone = Rules::read(folder.path().join("gone.csv")).unwrap_err().to_string();
        assert!(gone.contains("gone.csv: No such file"), "{gone}");
    }
}
