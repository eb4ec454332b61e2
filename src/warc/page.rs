//! What a record holds: a page, or something else.

use super::fields::{is_html, media_type};
use super::http::{self, Codings};
use super::reader::{Broken, Record};

/// What there is in a record.
#[derive(Debug)]
pub enum Found {
    /// A page.
    Page(Packed),
    /// No page, and why not.
    Nothing(Other),
}

/// What a record is that holds no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// A record that holds no answer of a server: a request, metadata, information on the file, ...
    Type,
    /// A visit that found what an earlier one had found; the page is at that one.
    Revisit,
    /// A response with a status other than 200 to 299: a redirection, an error.
    Status,
    /// Anything but HTML: an image, a style sheet, a name server's answer.
    Media,
}

/// What kind of text a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// HTML or XHTML.
    Html,
    /// The text that somebody made of a page, as in WET files.
    Text,
}

/// A page as the record holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Its address.
    pub url: Option<String>,
    /// HTML or text.
    pub kind: Kind,
    /// The charset that the server has stated.
    pub charset: Option<String>,
    /// Where the record is: its number from 1, and its offset as of [`Record::offset`].
    number: u64,
    offset: u64,
    body: Vec<u8>,
    codings: Codings,
    cut: bool,
}

impl Packed {
    /// The bytes of the page, without chunks and compression: at most `limit` of them, and whether
    /// that is less than all.
    ///
    /// # Errors
    /// The body is not what the header says, and no markup as it stands either.
    pub fn decode(self, limit: usize) -> Result<(Vec<u8>, bool), Broken> {
        let Packed { number, offset, body, codings, cut, .. } = self;
        let decoded = codings.decode(body, cut, limit);
        decoded.map_err(|reason| Broken { number, offset, reason })
    }
}

impl Record<'_> {
    /// The page in this record, if it is one.
    ///
    /// These are pages: a `response` of HTML with a status of 200 to 299, a `resource` or
    /// `conversion` of HTML, a `conversion` to plain text.
    ///
    /// # Errors
    /// A record that is said to hold HTTP and does not.
    pub fn find(&self) -> Result<Found, Broken> {
        let nothing = |why| Ok(Found::Nothing(why));
        let record_type = self.fields.get("WARC-Type").unwrap_or_default().to_ascii_lowercase();
        let (media, charset) = media_type(self.fields.get("Content-Type").unwrap_or_default());
        let page = |kind| Packed { kind, charset, ..self.packed(self.block) };
        match (record_type.as_str(), media.as_str()) {
            ("response", "application/http") => self.response(),
            ("response" | "resource" | "conversion", media) if is_html(media) => {
                Ok(Found::Page(page(Kind::Html)))
            }
            ("conversion", "text/plain") => {
                // WET files are UTF-8, and say so nowhere.
                let mut page = page(Kind::Text);
                page.charset.get_or_insert_with(|| "utf-8".into());
                Ok(Found::Page(page))
            }
            ("response" | "resource" | "conversion", _) => nothing(Other::Media),
            ("revisit", _) => nothing(Other::Revisit),
            _ => nothing(Other::Type),
        }
    }

    fn response(&self) -> Result<Found, Broken> {
        let broken = |reason| Broken { number: self.number, offset: self.offset, reason };
        let response = http::response(self.block).map_err(broken)?;
        if !(200..300).contains(&response.status) {
            return Ok(Found::Nothing(Other::Status));
        }
        let codings = Codings::of(&response.fields);
        let stated = response.fields.get("Content-Type");
        let (media, charset) = media_type(stated.unwrap_or_default());
        let page =
            |kind| Packed { kind, charset, codings: codings.clone(), ..self.packed(response.body) };
        let is_page = match (media.as_str(), self.fields.get("WARC-Identified-Payload-Type")) {
            ("", Some(identified)) => is_html(&media_type(identified).0),
            // A server that says nothing: browsers look at the start of the body.
            ("", None) => {
                let start = codings.decode(response.body.to_vec(), true, 512);
                start.is_ok_and(|(start, _)| is_markup(&start))
            }
            (media, _) => is_html(media),
        };
        match is_page {
            true => Ok(Found::Page(page(Kind::Html))),
            false => Ok(Found::Nothing(Other::Media)),
        }
    }

    /// What every page takes from its record.
    fn packed(&self, body: &[u8]) -> Packed {
        // Old writers put the address between < and >, as the grammar of WARC 1.0 has it.
        let url = self.fields.get("WARC-Target-URI");
        let url = url.map(|url| url.trim_start_matches('<').trim_end_matches('>').to_string());
        // The first of several records that hold the parts of a page is the start of it.
        let is_part = self.fields.get("WARC-Segment-Number").is_some();
        Packed {
            url: url.filter(|url| !url.is_empty()),
            kind: Kind::Html,
            charset: None,
            number: self.number,
            offset: self.offset,
            body: body.to_vec(),
            codings: Codings::default(),
            cut: self.cut || is_part || self.fields.get("WARC-Truncated").is_some(),
        }
    }
}

fn is_markup(start: &[u8]) -> bool {
    let start = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start).trim_ascii_start();
    let after = |n: usize| start.get(n).copied().unwrap_or_default();
    after(0) == b'<' && (after(1).is_ascii_alphabetic() || matches!(after(1), b'!' | b'?'))
}
