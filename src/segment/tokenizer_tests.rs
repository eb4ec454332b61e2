//! The tokens are those of html5ever.

use std::cell::RefCell;

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    self as reference, BufferQueue, TagKind, TokenSink, TokenSinkResult, TokenizerOpts, states,
};
use proptest::prelude::*;

use super::attributes::{Attribute, Attributes};
use super::references::decode_text;
use super::tokenizer::{RawText, Token, Tokenizer};

/// A token that can be compared. Comments are left out, and so are the end tags of elements that
/// hold only text: we read them together with the text.
#[derive(Debug, PartialEq)]
enum Seen {
    Text(String),
    Start(String, Vec<Option<String>>, bool),
    End(String),
    Doctype,
}

/// The attributes that soups have.
const NAMES: [(&str, Attribute); 4] = [
    ("id", Attribute::Id),
    ("class", Attribute::Class),
    ("href", Attribute::Href),
    ("aria-hidden", Attribute::AriaHidden),
];

#[derive(Default)]
struct Seens(Vec<Seen>);

impl Seens {
    fn push(&mut self, seen: Seen) {
        match (self.0.last_mut(), seen) {
            (Some(Seen::Text(before)), Seen::Text(text)) => before.push_str(&text),
            (_, Seen::Text(text)) if text.is_empty() => {}
            (_, Seen::End(name)) if raw_text(&name).is_some() => {}
            (_, seen) => self.0.push(seen),
        }
    }
}

fn raw_text(name: &str) -> Option<RawText> {
    match name {
        "script" => Some(RawText::Script),
        "plaintext" => Some(RawText::Plaintext),
        "style" | "title" => Some(RawText::UntilEndTag),
        _ => None,
    }
}

fn ours(page: &str) -> Vec<Seen> {
    let mut tokenizer = Tokenizer::new(page);
    let mut attributes = Attributes::default();
    let mut seen = Seens::default();
    let lower = |name: &str| name.replace('\0', "\u{fffd}").to_ascii_lowercase();
    loop {
        match tokenizer.next(&mut attributes, false) {
            Token::Eof => return seen.0,
            Token::Comment => {}
            Token::Doctype(_) => seen.push(Seen::Doctype),
            Token::Text(text) => seen.push(Seen::Text(decode_text(text))),
            Token::CharacterData(_) => unreachable!("not asked for"),
            Token::End { name } => seen.push(Seen::End(lower(name))),
            Token::Start { name, self_closing } => {
                let value =
                    |(_, name)| attributes.value(name, page).map(|value| value.into_owned());
                let values = NAMES.into_iter().map(value).collect();
                let name = lower(name);
                seen.push(Seen::Start(name.clone(), values, self_closing));
                if let Some(kind) = raw_text(&name) {
                    let text = tokenizer.raw_text(kind, &name);
                    let decoded = name == "title";
                    let text =
                        if decoded { decode_text(text) } else { text.replace('\0', "\u{fffd}") };
                    seen.push(Seen::Text(text));
                }
            }
        }
    }
}

#[derive(Default)]
struct Sink(RefCell<Seens>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: reference::Token, _line: u64) -> TokenSinkResult<()> {
        let mut seen = self.0.borrow_mut();
        match token {
            reference::Token::DoctypeToken(_) => seen.push(Seen::Doctype),
            reference::Token::CharacterTokens(text) => seen.push(Seen::Text(text.to_string())),
            reference::Token::NullCharacterToken => seen.push(Seen::Text("\u{fffd}".into())),
            reference::Token::TagToken(tag) if tag.kind == TagKind::EndTag => {
                seen.push(Seen::End(tag.name.to_string()));
            }
            reference::Token::TagToken(tag) => {
                let value = |(name, _): (&str, _)| {
                    let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name);
                    found.map(|attribute| attribute.value.to_string())
                };
                let values = NAMES.into_iter().map(value).collect();
                seen.push(Seen::Start(tag.name.to_string(), values, tag.self_closing));
                return match &*tag.name {
                    "plaintext" => TokenSinkResult::Plaintext,
                    "script" => TokenSinkResult::RawData(states::RawKind::ScriptData),
                    "style" => TokenSinkResult::RawData(states::RawKind::Rawtext),
                    "title" => TokenSinkResult::RawData(states::RawKind::Rcdata),
                    _ => TokenSinkResult::Continue,
                };
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn theirs(page: &str) -> Vec<Seen> {
    let tokenizer = reference::Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(page));
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.0.into_inner().0
}

const PIECES: &[&str] = &[
    "<",
    ">",
    "</",
    "/",
    "/>",
    "=",
    "\"",
    "'",
    " ",
    "\n",
    "\t",
    "&",
    ";",
    "#",
    "!",
    "-",
    "--",
    "?",
    "\0",
    "<!--",
    "-->",
    "--!>",
    "<!-->",
    "<!--->",
    "<p",
    "<P ID=a",
    "</p",
    "<x-y",
    "<b>",
    "</b >",
    " id",
    " id=a",
    " class = 'b c'",
    " href=\"d&amp;e&copy=f\"",
    " ARIA-HIDDEN=true",
    " other=1",
    " id=2",
    "<script>",
    "</script>",
    "</script ",
    "<script ",
    "</SCRIPT/>",
    "<style>",
    "</style>",
    "</style",
    "<title>",
    "</title>",
    "<plaintext>",
    "&amp;",
    "&ampx",
    "&notit;",
    "&#38;",
    "&#x26",
    "&#128;",
    "&#0;",
    "&nosuch;",
    "&lt",
    "<!doctype html>",
    "<!DOCTYPE",
    "<![CDATA[",
    "]]>",
    "<?php",
    "é",
    "漢",
    "a",
    "text",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tokens_of_soups_are_those_of_html5ever(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40),
    ) {
        let page = pieces.concat();
        prop_assert_eq!(ours(&page), theirs(&page), "{:?}", page);
    }

    #[test]
    fn tokens_of_any_text_are_those_of_html5ever(page in "[<>/a-d =\"'&;!\\-\n\0]{0,60}") {
        prop_assert_eq!(ours(&page), theirs(&page), "{:?}", page);
    }
}
