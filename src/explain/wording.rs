//! A fact in words: how the value of a feature reads.

use crate::logistic::sigmoid;

/// A phrase with a place for the value. Behind a `|` stands what is said instead where the value
/// is 0; facts that are there or not need no place.
///
/// | place | the value is |
/// |---|---|
/// | `{%}` | a share |
/// | `{n}` | the logarithm of a count |
/// | `{m}` | the same, less the block itself |
/// | `{p}` | a logit, to be told as a probability |
/// | `{x}` | a number to be told as it is |
/// | `{f}` | the same, where the third decimal matters |
/// | `{r}` | one over a distance |
/// | `{s}` ... `{d}` | the logarithm of a distance; its sign says before or after |
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wording(String);

const PLACES: [&str; 8] = ["{%}", "{n}", "{m}", "{p}", "{x}", "{f}", "{r}", "{s}"];

impl Wording {
    pub(super) fn new(template: impl Into<String>) -> Wording {
        Wording(template.into())
    }

    /// The phrase said of something: both of its forms get the subject.
    pub(super) fn of(subject: &str, template: &str) -> Wording {
        let forms: Vec<String> =
            template.split('|').map(|form| format!("{subject}: {form}")).collect();
        Wording(forms.join("|"))
    }

    /// The phrase for a value.
    pub(super) fn say(&self, value: f32) -> String {
        let (template, otherwise) = match self.0.split_once('|') {
            Some((template, otherwise)) => (template, Some(otherwise)),
            None => (self.0.as_str(), None),
        };
        if let Some(otherwise) = otherwise.filter(|_| value == 0.0) {
            return otherwise.to_string();
        }
        let Some((place, number)) = self.number(value) else { return template.to_string() };
        let side = if value < 0.0 { "before" } else { "after" };
        let (before, after) = template.split_once(place).unwrap_or((template, ""));
        let after = after.replace("{d}", side);
        let one = number == "1" && !matches!(place, "{%}" | "{p}" | "{x}" | "{f}");
        if one {
            format!("{before}1{}", singular(&after))
        } else {
            format!("{before}{number}{after}")
        }
    }

    /// Whether the value says that there is nothing of the kind.
    pub(super) fn is_none(&self, value: f32) -> bool {
        value == 0.0 || self.number(value).is_some_and(|(_, number)| number == "no")
    }

    /// The value alone with its place; nothing for facts that are there or not.
    pub(super) fn number(&self, value: f32) -> Option<(&'static str, String)> {
        let place = PLACES.into_iter().find(|place| self.0.contains(place))?;
        let percent = |share: f32| format!("{:.0} %", 100.0 * share);
        let number = match place {
            "{%}" => percent(value),
            "{p}" => percent(sigmoid(value)),
            "{x}" => format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_string(),
            "{f}" => format!("{value:.3}"),
            "{m}" => count(value.exp_m1() - 1.0),
            "{r}" => count(1.0 / value.max(1e-3) - 1.0),
            _ => count(value.abs().exp_m1()),
        };
        Some((place, number))
    }
}

/// The phrase behind a 1: the noun that is counted is the first word or the second.
fn singular(after: &str) -> String {
    let ends = after.match_indices("s").map(|(at, _)| at).filter(|&at| {
        let word_ends = after[at + 1..].starts_with([' ', ',', ';']) || at + 1 == after.len();
        word_ends && after[..at].split_whitespace().count() <= 2
    });
    let mut singular = after.to_string();
    if let Some(at) = ends.min() {
        singular.remove(at);
    }
    singular
}

fn count(number: f32) -> String {
    match number.round().max(0.0) {
        0.0 => "no".to_string(),
        number => format!("{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::columns::log;

    #[test]
    fn values_are_told_as_what_they_measure() {
        let cases = [
            ("{%} of its characters are links", 0.857, "86 % of its characters are links"),
            ("{n} words", log(1.0), "1 word"),
            ("{n} words", log(34.0), "34 words"),
            ("{n} words, all told", log(1.0), "1 word, all told"),
            ("same shape as {m} other blocks", log(8.0), "same shape as 7 other blocks"),
            ("same shape as {m} other blocks", log(2.0), "same shape as 1 other block"),
            ("item number {n}", log(1.0), "item number 1"),
            ("same shape as {m} other blocks", log(1.0), "same shape as no other blocks"),
            ("stage one gives it {p}", 0.0, "stage one gives it 50 %"),
            ("{x} letters per word", 4.5, "4.5 letters per word"),
            ("level {x}", 10.0, "level 10"),
            ("ends so|does not end so", 0.0, "does not end so"),
            ("ends so|does not end so", 1.0, "ends so"),
            ("{r} blocks below a heading|no heading", 0.5, "1 block below a heading"),
            ("{s} blocks {d} the headline|is it", -log(3.0), "3 blocks before the headline"),
            ("{s} blocks {d} the headline|is it", 0.0, "is it"),
        ];
        for (template, value, words) in cases {
            assert_eq!(Wording::new(template).say(value), words);
        }
        let of = Wording::of("the block before", "long|not long");
        assert_eq!(
            (of.say(1.0), of.say(0.0)),
            ("the block before: long".into(), "the block before: not long".into())
        );
    }
}
