//! Every feature of the stages: the family it belongs to and how it reads.
//!
//! Hundreds of features say nearly the same thing, and their weights lean against each other: only
//! what a family adds up to tells a reader anything.

use super::wording::Wording;
use crate::lexicon::Namespace;

/// Features that are told as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Told by the values of its most telling facts.
    Facts(&'static str),
    /// Told by the tokens of the block that the lexicon has most to say of.
    Tokens(Namespace),
}

impl Family {
    pub(super) fn name(self) -> &'static str {
        match self {
            Family::Facts(name) => name,
            Family::Tokens(namespace) => tokens(namespace),
        }
    }

    /// The feature that is told first whatever it weighs: without it the others say little. Where
    /// it is 0 there is nothing else to tell.
    pub(super) fn lead(self) -> Option<&'static str> {
        match self {
            Family::Facts("length") => Some("log_words"),
            Family::Facts("links") => Some("link_share"),
            Family::Facts("same shape") => Some("shape_log_blocks"),
            Family::Facts("like items") => Some("repeat_log_members"),
            Family::Facts("heading above") => Some("heading_distance"),
            _ => None,
        }
    }
}

/// What the tokens of a namespace are called.
pub(super) fn tokens(namespace: Namespace) -> &'static str {
    match namespace {
        Namespace::Word => "words",
        Namespace::Bigram => "word pairs",
        Namespace::Phrase => "whole texts",
        Namespace::OwnClass => "own class words",
        Namespace::NearClass => "class words of its parents",
        Namespace::FarClass => "class words higher up",
        Namespace::TagPath => "tag paths",
        Namespace::Heading => "words of the heading above",
        Namespace::LinkPath => "words in its link addresses",
    }
}

/// The block itself and its place on the page.
const FACTS: &[(&str, &[(&str, &str)])] = &[
    (
        "length",
        &[
            ("log_words", "{n} words"),
            ("log_chars", "{n} characters"),
            ("words_1_3", "3 words or fewer|more than 3 words"),
            ("words_4_8", "4 to 8 words|not 4 to 8 words"),
            ("words_9_16", "9 to 16 words|not 9 to 16 words"),
            ("long_block", "a long text with few links|no long text with few links"),
            ("log_prose", "counts as {n} words of running text|nothing like running text"),
        ],
    ),
    (
        "letters",
        &[
            ("word_length", "{x} letters per word"),
            ("uppercase_share", "{%} of its letters are capitals"),
            ("capitalised_share", "{%} of its words are capitalised"),
            ("all_uppercase", "all in capitals|not all in capitals"),
            ("digit_share", "{%} of its characters are digits"),
            ("symbol_share", "{%} of its characters are neither letters nor digits"),
            ("distinct_share", "{%} of its words are different ones"),
            ("short_word_share", "{%} of its words have 3 letters or fewer"),
        ],
    ),
    (
        "punctuation",
        &[
            ("commas_per_word", "{x} commas per word|no commas"),
            ("log_commas", "{n} commas|no commas"),
            ("log_sentences", "{n} sentence ends|no sentence ends"),
            ("words_per_sentence", "{n} words per sentence"),
            ("ends_sentence", "ends like a sentence|does not end like a sentence"),
            ("ends_colon", "ends with a colon|does not end with a colon"),
            ("ends_ellipsis", "cut off with dots|not cut off with dots"),
            ("ends_question", "ends with a question mark|does not end with a question mark"),
            ("starts_lower", "starts in lower case|does not start in lower case"),
            ("starts_digit", "starts with a digit|does not start with a digit"),
            ("starts_symbol", "starts with a sign|starts with a letter or digit"),
            ("starts_quote", "starts with a quotation mark|does not start with a quotation mark"),
            ("has_quote", "has quotation marks|has no quotation marks"),
            ("has_colon", "has a colon|has no colon"),
            ("has_bar", "has bars, dots or arrows|has no bars, dots or arrows"),
            ("has_bracket", "has brackets|has no brackets"),
            ("has_dash", "has a dash|has no dash"),
        ],
    ),
    (
        "times and signs",
        &[
            ("has_clock", "gives a time of day|gives no time of day"),
            ("has_year", "gives a year|gives no year"),
            ("has_copyright", "has ©, ® or ™|has no ©, ® or ™"),
            ("has_url", "spells out a web address|spells out no web address"),
            ("has_money", "has a currency sign|has no currency sign"),
        ],
    ),
    (
        "repetition",
        &[
            ("log_same_text", "{n} other blocks with the same text|no other block with its text"),
            ("page_repeated_share", "{%} of the blocks of the page occur more than once"),
        ],
    ),
    (
        "links",
        &[
            ("link_share", "{%} of its characters are links|no links"),
            ("log_links", "{n} links|no links"),
            ("one_link", "nothing but one link|not just one link"),
            ("some_link", "some text in links|no links"),
            ("log_unlinked_words", "{n} words outside links|no words outside links"),
            ("linked_article_line", "mostly a link to an article|not mostly a link to an article"),
        ],
    ),
    (
        "link targets",
        &[
            ("link_messenger", "links to a messenger|no link to a messenger"),
            ("link_store", "links to an app store|no link to an app store"),
            ("link_network", "links to a social network|no link to a social network"),
            ("link_sharing", "links that share the page|no link that shares the page"),
            ("link_external", "links to another site|no link to another site"),
            ("link_fragment", "links within the page|no link within the page"),
            ("link_script", "links that run a script|no link that runs a script"),
            ("link_mail", "links to mail or telephone|no link to mail or telephone"),
            ("link_list", "links to a tag, author or section|no link to a tag, author or section"),
            ("link_article", "links to an article|no link to an article"),
            ("link_query", "links with a query|no link with a query"),
            ("link_top", "links to a main page|no link to a main page"),
        ],
    ),
    (
        "place in the tree",
        &[
            ("log_depth", "{n} elements deep"),
            ("depth_off_prose", "{n} levels from where most running text is"),
            ("log_sibling_index", "child number {n} of the parent"),
            ("log_parent_index", "its parent is child number {n}"),
        ],
    ),
    (
        "long blocks nearby",
        &[
            ("prev_long_distance", "{n} blocks since the last long one"),
            ("next_long_distance", "{n} blocks to the next long one"),
            ("long_distance", "{n} blocks from the nearest long one"),
            ("between_long", "close to long blocks on both sides|not between long blocks"),
        ],
    ),
    (
        "headline",
        &[
            ("title_has_block", "{%} of its words are in the page's title"),
            ("block_has_title", "has {%} of the words of the page's title"),
            ("is_headline", "is the headline|is not the headline"),
            ("after_headline", "comes after the headline|does not come after the headline"),
            ("headline_blocks", "{s} blocks {d} the headline|no blocks from the headline"),
            ("headline_words", "{s} words {d} the headline|right at the headline"),
            ("headline_prose_between", "{%} of the running text lies between it and the headline"),
            ("headline_steps", "{n} elements away from the headline"),
            ("page_has_headline", "the page has a headline|the page has no headline"),
        ],
    ),
    (
        "heading above",
        &[
            ("heading_distance", "{r} blocks below a heading|no heading above"),
            ("heading_level", "the heading above has level {x}|no heading above"),
        ],
    ),
    (
        "position",
        &[
            ("position_blocks", "{%} down the page"),
            ("position_words", "{%} of the words of the page come before it"),
            ("log_blocks_before", "{n} blocks before it"),
            ("log_blocks_after", "{n} blocks after it"),
            ("log_words_before", "{n} words before it"),
            ("prose_before_share", "{%} of the running text comes before it"),
            ("prose_after_share", "{%} of the running text comes after it"),
            ("block_prose_share", "has {%} of the running text of the page"),
            ("prose_of_longest", "has {%} of the running text of the longest block"),
            ("l0_position", "{%} down its container"),
            ("l1_position", "{%} down its 2nd container"),
            ("section_position", "its section starts {%} down the page"),
        ],
    ),
    ("its own verdict", &[("p_logit", "stage one gives it {p}"), ("p", "stage one gives it {%}")]),
    (
        "where the content is",
        &[
            ("p_page_highest", "stage one gives the surest block of the page {p}"),
            ("p_page_share", "{%} of the words of the page are content by stage one"),
            ("p_page_log_content", "{n} words of content on the page by stage one"),
            ("p_mass_before", "{%} of the content comes before it"),
            ("p_mass_edge", "before or after nearly all content|amid the content"),
            ("p_under_highest", "log-odds {x} under those of the surest block"),
            (
                "p_before_first",
                "{n} blocks before the first sure content|not before the first sure content",
            ),
            (
                "p_after_last",
                "{n} blocks after the last sure content|not after the last sure content",
            ),
        ],
    ),
    (
        "what follows",
        &[
            ("p_section_ahead", "{%} content by stage one up to the next heading"),
            (
                "p_heading_section_ahead",
                "a heading with {%} content below it|no heading with content below it",
            ),
        ],
    ),
    ("verdicts on neighbours", &[("p_between", "stage one gives content on both sides {%}")]),
    (
        "what it speaks of",
        &[
            ("p_words_shared", "{%} of its words stand in other blocks"),
            ("p_words_content", "where its words stand elsewhere, {%} is content by stage one"),
            ("p_words_both", "{%} of its words stand in content elsewhere, by stage one"),
        ],
    ),
    (
        "verdicts on its likes",
        &[("p_same_text", "blocks with the same text: stage one gives {p} on average")],
    ),
];

/// What is measured of several things, such as containers and groups.
const MEASURES: &[(&str, &str)] = &[
    ("log_words", "{n} words"),
    ("words_per_block", "{n} words per block"),
    ("log_blocks", "{n} blocks"),
    ("log_longest", "{n} words of running text in the longest block"),
    ("log_long_blocks", "{n} long blocks"),
    ("block_share", "{%} of the blocks of the page"),
    ("prose_share", "{%} of the running text of the page"),
    ("log_prose", "{n} words of running text"),
    ("sentence_end_share", "{%} of the blocks end like sentences"),
    ("long_share", "{%} of the words in long blocks"),
    ("link_share", "{%} of the characters are links"),
    ("words_per_member", "{n} words per item"),
    ("blocks_per_member", "{n} blocks per item"),
    ("height", "{n} levels inside the item|an item itself"),
    ("log_index", "item number {n}"),
    ("log_members", "{n} of them"),
    ("long", "long|not long"),
    ("ends_sentence", "ends like a sentence|does not end like a sentence"),
    ("ends_colon", "ends with a colon|does not end with a colon"),
    ("heading", "a heading|no heading"),
    ("hidden", "hidden|not hidden"),
    ("same_parent", "in the same element|in another element"),
    ("same_tag", "the same tag|another tag"),
    ("steps_apart", "{n} elements away|next to it in the tree"),
    // By stage one.
    ("share", "{%} content by stage one"),
    ("mean_logit", "stage one gives {p} on average"),
    ("highest", "stage one gives the surest block {p}"),
    ("logit", "stage one gives it {p}"),
    // Of the smallest element that holds most of the running text.
    ("inside", "inside|outside"),
    ("blocks_outside", "{n} blocks outside|not outside"),
    ("depth_below", "{n} levels below the top|not below the top"),
    ("distance", "{n} levels apart from it|no levels apart from it"),
    ("position", "{%} of the way through it"),
];

/// Measures of size, which say the same of a container and of what holds it: few blocks on a
/// page of many.
const SIZES: [&str; 5] =
    ["log_words", "words_per_block", "log_blocks", "log_longest", "log_long_blocks"];

/// What the memory of the site says.
const SITE: &[(&str, &[(&str, &str)])] = &[
    ("the page alone", &[("site_logit", "{p} by what the page says")]),
    (
        "same text on the site",
        &[("site_text_share", "about {%} of the other pages have the text|no other page has it")],
    ),
    (
        "same place on the site",
        &[("site_shape_repeated", "{%} of the blocks in such places repeat|none of them repeats")],
    ),
];

/// The family and the wording of a feature of either stage, or of the site.
pub(super) fn of_feature(name: &str) -> Option<(Family, Wording)> {
    if let Some(rest) = name.strip_prefix("lex_") {
        let (namespace, _) = rest.rsplit_once('_')?;
        let namespace = Namespace::ALL.into_iter().find(|n| n.name() == namespace)?;
        return Some((Family::Tokens(namespace), Wording::new("")));
    }
    for (family, facts) in FACTS.iter().chain(SITE) {
        if let Some((_, template)) = facts.iter().find(|(fact, _)| *fact == name) {
            return Some((Family::Facts(family), Wording::new(*template)));
        }
    }
    of_tag(name).or_else(|| of_kind(name)).or_else(|| of_something(name))
}

/// What stage one thinks of labels other than content: `kind_caption_prev3`.
fn of_kind(name: &str) -> Option<(Family, Wording)> {
    let (label, of) = name.strip_prefix("kind_")?.rsplit_once('_')?;
    let whom = match of {
        "logit" => "it",
        "prev3" => "the 3 blocks before",
        "next3" => "the 3 blocks after",
        "shape" => "the blocks of its shape",
        "container" => "the blocks of its container",
        _ => return None,
    };
    let label = label.replace('_', " ");
    let wording = Wording::new(format!("stage one takes {whom} for {label} at {{p}}"));
    Some((Family::Facts("verdicts on other labels"), wording))
}

fn of_tag(name: &str) -> Option<(Family, Wording)> {
    let template = match name {
        "heading" => "is a heading|is no heading".to_string(),
        "hidden" => "hidden by the page|not hidden by the page".to_string(),
        _ => match (name.strip_prefix("tag_"), name.strip_prefix("in_")) {
            (Some(tag), _) => format!("in its own <{tag}>|not in a <{tag}> of its own"),
            (_, Some(tag)) => format!("somewhere in <{tag}>|nowhere in <{tag}>"),
            _ => return None,
        },
    };
    Some((Family::Facts("tags"), Wording::new(template)))
}

/// Features named after something and what is measured of it: `l2_link_share`, `p_next8_highest`.
fn of_something(name: &str) -> Option<(Family, Wording)> {
    let (verdict, rest) = name.strip_prefix("p_").map_or((false, name), |rest| (true, rest));
    let (something, measure) = rest.split_once('_')?;
    let (_, template) = MEASURES.iter().find(|(known, _)| *known == measure)?;
    let family = match something.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "prev" | "next" if verdict => "verdicts on neighbours",
        "prev" | "next" => "neighbours",
        "l" | "core" if verdict => "verdicts on containers",
        "path" | "shape" if verdict => "verdicts on its likes",
        "path" | "shape" => "same shape",
        "repeat" => "like items",
        "core" => "main part of the page",
        "l" | "section" | "page" if SIZES.contains(&measure) => "amount of text around it",
        "l" | "section" | "page" => "kind of text around it",
        _ => return None,
    };
    let wording = match rest {
        "shape_log_blocks" => Wording::new("same shape as {m} other blocks"),
        "path_log_blocks" => Wording::new("same tags as {m} other blocks"),
        "repeat_log_members" => Wording::new("one of {n} like items|not among like items"),
        _ => Wording::of(&subject(something, measure, verdict)?, template),
    };
    Some((Family::Facts(family), wording))
}

/// The something in words.
fn subject(something: &str, measure: &str, verdict: bool) -> Option<String> {
    let start = something.find(|c: char| c.is_ascii_digit()).unwrap_or(something.len());
    let (kind, number) = something.split_at(start);
    // Features of up to three neighbours are of one each, or of all of them together.
    let together = match measure {
        "log_prose" | "words_per_block" | "sentence_end_share" | "share" | "highest" => true,
        _ => number == "8",
    };
    Some(match (kind, number) {
        ("prev", _) if together => format!("the {number} blocks before"),
        ("next", _) if together => format!("the {number} blocks after"),
        ("prev", "1") => "the block before".into(),
        ("next", "1") => "the block after".into(),
        ("prev", _) => format!("{} block before", ordinal(number)),
        ("next", _) => format!("{} block after", ordinal(number)),
        ("l", "0") => "its container".into(),
        ("l", _) => {
            format!("{} container out", ordinal(&(number.parse::<u32>().ok()? + 1).to_string()))
        }
        ("core", _) if verdict => format!("the smallest element with {number} % of the content"),
        ("core", _) => format!("the smallest element with {number} % of the running text"),
        ("section", _) => "its section".into(),
        ("page", _) => "the page".into(),
        ("path", _) => "blocks with its tags".into(),
        ("shape", _) => "blocks of its shape".into(),
        ("repeat", _) => "the like items".into(),
        _ => return None,
    })
}

fn ordinal(number: &str) -> String {
    match number {
        "2" => "the 2nd".into(),
        "3" => "the 3rd".into(),
        _ => format!("the {number}th"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Label;
    use crate::features::{first_stage_names, second_stage_names, site_names};

    #[test]
    fn every_feature_has_a_family_and_words() {
        for structured in [false, true] {
            let second = second_stage_names(structured, &Label::ALL);
            let names = [first_stage_names(structured), second, site_names()];
            for name in names.concat() {
                let Some((family, wording)) = of_feature(&name) else {
                    panic!("{name} is in no family: add it to this file");
                };
                let said = [0.0, 0.5, 1.0].map(|value| wording.say(value));
                let told = |words: &String| !words.is_empty() && !words.contains(['{', '_', '|']);
                let tokens = matches!(family, Family::Tokens(_));
                assert!(tokens || said.iter().all(told), "{name}: {said:?}");
                // What is said depends on the value.
                assert!(tokens || said[0] != said[2], "{name}: {said:?}");
            }
        }
    }

    #[test]
    fn leads_are_features_of_their_family() {
        let names = [first_stage_names(true), second_stage_names(true, &Label::ALL)].concat();
        for name in &names {
            let (family, _) = of_feature(name).unwrap();
            if let Some(lead) = family.lead() {
                assert!(names.iter().any(|n| n == lead));
                assert_eq!(of_feature(lead).unwrap().0, family);
            }
        }
    }

    #[test]
    fn several_things_are_told_apart() {
        let say = |name: &str, value: f32| of_feature(name).unwrap().1.say(value);
        assert_eq!(say("prev2_log_words", 4.0_f32.ln()), "the 2nd block before: 3 words");
        assert_eq!(
            say("next3_log_prose", 4.0_f32.ln()),
            "the 3 blocks after: 3 words of running text"
        );
        assert_eq!(
            say("prev8_link_share", 0.5),
            "the 8 blocks before: 50 % of the characters are links"
        );
        assert_eq!(say("l1_log_blocks", 2.0_f32.ln()), "the 2nd container out: 1 block");
        assert_eq!(say("p_prev1_logit", 0.0), "the block before: stage one gives it 50 %");
        assert_eq!(
            say("p_core80_inside", 0.0),
            "the smallest element with 80 % of the content: outside"
        );
    }
}
