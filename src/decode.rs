//! Bytes to text, as a browser would, and never an error.
//!
//! In order: a byte-order mark, the charset of the HTTP header, `<meta>` in the first bytes,
//! valid UTF-8, and last the detector of Firefox. A declared charset that the bytes contradict
//! loses to UTF-8: pages that say windows-1252 and are UTF-8 outnumber the others.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// How many of the first bytes are searched for `<meta charset>`; the HTML standard says 1024,
/// real pages put long scripts and comments before it.
const META_BYTES: usize = 8 * 1024;

/// How many bytes the detector sees: enough for its statistics, little enough to be cheap.
const DETECT_BYTES: usize = 256 * 1024;

/// Decodes a page. `charset` is the one of the HTTP header, if there was one.
///
/// Malformed sequences become U+FFFD. UTF-8 input without errors is borrowed.
///
/// ```
/// assert_eq!(saring::decode(b"caf\xe9 cr\xe8me", Some("iso-8859-1")), "café crème");
/// assert_eq!(saring::decode("\u{feff}teks".as_bytes(), None), "teks");
/// ```
pub fn decode<'a>(bytes: &'a [u8], charset: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    let declared = charset
        .and_then(|label| Encoding::for_label(label.trim().as_bytes()))
        .or_else(|| meta_charset(&bytes[..bytes.len().min(META_BYTES)]))
        .or_else(|| utf_16_without_mark(bytes));
    if declared.is_none_or(|e| e != UTF_16LE && e != UTF_16BE)
        && let Ok(text) = std::str::from_utf8(bytes)
        // Text in escape-coded charsets is valid UTF-8 too.
        && (declared.is_none_or(Encoding::is_ascii_compatible))
    {
        return Cow::Borrowed(text);
    }
    let encoding = match declared {
        Some(encoding) if encoding != UTF_8 => encoding,
        // A page with a broken byte or two is still UTF-8.
        _ if is_mostly_utf_8(bytes) => UTF_8,
        _ => detect(bytes),
    };
    encoding.decode_without_bom_handling(bytes).0
}

/// The charset that `<meta charset=...>` or `<meta http-equiv ... content="...charset=...">` names.
fn meta_charset(head: &[u8]) -> Option<&'static Encoding> {
    let head = head.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = find(&head[from..], b"<meta") {
        let start = from + at + b"<meta".len();
        let end = head[start..].iter().position(|&b| b == b'>').map_or(head.len(), |n| start + n);
        if let Some(encoding) = charset_in(&head[start..end]) {
            return Some(encoding);
        }
        from = end;
    }
    None
}

/// The value after `charset=` within one tag.
fn charset_in(tag: &[u8]) -> Option<&'static Encoding> {
    let at = find(tag, b"charset")? + b"charset".len();
    let value = tag[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let end = value
        .iter()
        .position(|b| matches!(b, b'"' | b'\'' | b';' | b'/') || b.is_ascii_whitespace())
        .unwrap_or(value.len());
    match Encoding::for_label(&value[..end])? {
        // The standard: a page whose meta can be read byte by byte is not UTF-16.
        e if e == UTF_16LE || e == UTF_16BE => Some(UTF_8),
        e if e == X_USER_DEFINED => Some(WINDOWS_1252),
        e => Some(e),
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// UTF-16 markup shows itself by a zero beside most of its first bytes.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(512) & !1];
    if head.len() < 8 {
        return None;
    }
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), head.len() / 2);
    match () {
        () if odd * 10 > pairs * 7 && even * 10 < pairs => Some(UTF_16LE),
        () if even * 10 > pairs * 7 && odd * 10 < pairs => Some(UTF_16BE),
        () => None,
    }
}

/// Whether the bytes are UTF-8 but for few errors: at least 9 in 10 of the non-ASCII sequences
/// are well formed.
fn is_mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|b| *b >= 0xC0).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    bad * 9 <= good
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(DETECT_BYTES)], true);
    detector.guess(None, Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_win() {
        let utf_16: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain("teks é".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(decode(&utf_16, Some("utf-8")), "teks é");
    }

    #[test]
    fn utf_16_without_a_mark() {
        let text = "<html><body><p>halo dunia</p></body></html>";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&le, None), text);
        assert_eq!(decode(&be, None), text);
    }

    #[test]
    fn meta_names_the_charset() {
        let (page, _, _) =
            encoding_rs::WINDOWS_1251.encode("<meta charset='windows-1251'><p>Читайте также</p>");
        assert!(decode(&page, None).contains("Читайте также"));
        let (page, _, _) = encoding_rs::SHIFT_JIS.encode(
            "<meta http-equiv=Content-Type content=\"text/html; charset=Shift_JIS\"><p>関連記事</p>",
        );
        assert!(decode(&page, None).contains("関連記事"));
    }

    #[test]
    fn wrong_declarations_lose_to_the_bytes() {
        let page = "<meta charset=windows-1252><p>“Baca juga” — résumé</p>";
        assert_eq!(decode(page.as_bytes(), None), page);
        let (page, _, _) =
            WINDOWS_1252.encode("<meta charset=utf-8><p>“Quoted” café crème, déjà vu</p>");
        assert!(decode(&page, None).contains("“Quoted” café crème, déjà vu"));
    }

    #[test]
    fn one_broken_byte_does_not_change_the_charset() {
        let mut page = "ação é não ções “aspas” über".repeat(20).into_bytes();
        page.push(0xFF);
        assert!(decode(&page, Some("utf-8")).starts_with("ação é não"));
        assert!(decode(&page, None).starts_with("ação é não"));
    }

    #[test]
    fn the_header_beats_the_meta_and_labels_may_be_unknown() {
        let page = b"<meta charset=shift_jis>caf\xe9";
        assert!(decode(page, Some("windows-1252")).ends_with("café"));
        assert!(decode(b"caf\xe9 au lait, d\xe9j\xe0 vu", Some("klingon")).starts_with("café"));
        assert_eq!(decode(b"", None), "");
    }
}
