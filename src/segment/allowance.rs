//! A bound for what a page says once and a document says again.
//!
//! The target of a link is repeated by each block under the link, the names of an element by the
//! path of each block below it and by each copy that the standard makes of a formatting element.
//! A page of a megabyte, half of it one attribute and half of it `<p>x`, would be a document of
//! fifty gigabytes. What real pages repeat is a small part of the allowance.

/// Bytes that any page may repeat.
const FREE: usize = 64 << 10;
/// Bytes more for each byte of the page.
const PER_BYTE: usize = 32;
/// What is left of a text when the allowance is used up.
pub(super) const SHORT: usize = 64;

/// How many bytes may still be repeated.
#[derive(Debug)]
pub(super) struct Allowance(usize);

impl Allowance {
    pub fn new(page: usize) -> Allowance {
        Allowance(page.saturating_mul(PER_BYTE).saturating_add(FREE))
    }

    /// Takes so many bytes if there are as many. If not, smaller ones may still go.
    pub fn take(&mut self, bytes: usize) -> bool {
        let left = self.0.checked_sub(bytes);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// The beginning of a text.
pub(super) fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHORT)]
}
