//! The colours of labels, in light and in dark, and text that cannot become markup: shared by what is
//! written for browsers.

use std::fmt::Write;

use saring::Label;

/// Where the colours of both themes come from. Text is at a contrast of 4.5 or more to what it stands on.
pub const THEME: &str = "\
:root { color-scheme: light dark; --page: #fcfcfb; --ink: #1c1e21; --quiet: #5c6168; --line: #dcdddf; --card: #fff; \
--tint-l: 95%; --tint-s: 1; --edge-l: 48%; --name-l: 28%; --good: #1a7f4b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --page: #16181b; --ink: #e6e7e9; --quiet: #a0a5ac; --line: #34383d; \
--card: #1d2024; --tint-l: 14.5%; --tint-s: .45; --edge-l: 58%; --name-l: 76%; --good: #5fd39a; --bad: #ff8a80; } }
";

/// A class per label, which sets its hue and saturation, and what is drawn in them.
pub fn label_classes() -> String {
    let mut css = String::new();
    for label in Label::ALL {
        let (hue, saturation) = hue(label);
        let _ = writeln!(css, ".{label} {{ --h: {hue}; --s: {saturation}%; }}");
    }
    css.push_str(
        ".uncertain { --h: 0; --s: 0%; }
.tint { background: hsl(var(--h) calc(var(--s) * var(--tint-s)) var(--tint-l)); border-color: hsl(var(--h) var(--s) var(--edge-l)); }
.name { color: hsl(var(--h) var(--s) var(--name-l)); }
",
    );
    css
}

/// Green is kept by default; the others are told apart as well as ten hues can be.
fn hue(label: Label) -> (u32, u32) {
    match label {
        Label::Content => (145, 60),
        Label::Headline => (172, 70),
        Label::Caption => (80, 55),
        Label::Byline => (52, 75),
        Label::Related => (32, 90),
        Label::HeadlineList => (18, 75),
        Label::Promo => (330, 70),
        Label::Ad => (0, 75),
        Label::Navigation => (215, 70),
        Label::Share => (192, 70),
        Label::Comments => (280, 55),
        Label::Legal => (248, 60),
        Label::Other | Label::Boilerplate => (220, 6),
    }
}

/// Text as it may stand in an element or a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Browsers would replace it, and so does no reader of the source.
            '\0' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_has_its_class() {
        let css = label_classes();
        for label in Label::ALL {
            assert!(
                css.contains(&format!("\n.{label} {{")) || css.starts_with(&format!(".{label} {{"))
            );
        }
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(
            escape("<a href='x' b=\"y\">&\0"),
            "&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;\u{FFFD}"
        );
    }
}
