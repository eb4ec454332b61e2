//! Whether a page asks for quirks (13.2.6.4.1): there a table may stand inside a paragraph.

/// Public identifiers that ask for quirks, by how they begin.
const QUIRKS: &[&str] = &[
    "+//silmaril//dtd html pro v0r11 19970101//",
    "-//advasoft ltd//dtd html 3.0 aswedit + extensions//",
    "-//as//dtd html 3.0 aswedit + extensions//",
    "-//ietf//dtd html 2.0 level 1//",
    "-//ietf//dtd html 2.0 level 2//",
    "-//ietf//dtd html 2.0 strict level 1//",
    "-//ietf//dtd html 2.0 strict level 2//",
    "-//ietf//dtd html 2.0 strict//",
    "-//ietf//dtd html 2.0//",
    "-//ietf//dtd html 2.1e//",
    "-//ietf//dtd html 3.0//",
    "-//ietf//dtd html 3.2 final//",
    "-//ietf//dtd html 3.2//",
    "-//ietf//dtd html 3//",
    "-//ietf//dtd html level 0//",
    "-//ietf//dtd html level 1//",
    "-//ietf//dtd html level 2//",
    "-//ietf//dtd html level 3//",
    "-//ietf//dtd html strict level 0//",
    "-//ietf//dtd html strict level 1//",
    "-//ietf//dtd html strict level 2//",
    "-//ietf//dtd html strict level 3//",
    "-//ietf//dtd html strict//",
    "-//ietf//dtd html//",
    "-//metrius//dtd metrius presentational//",
    "-//microsoft//dtd internet explorer 2.0 html strict//",
    "-//microsoft//dtd internet explorer 2.0 html//",
    "-//microsoft//dtd internet explorer 2.0 tables//",
    "-//microsoft//dtd internet explorer 3.0 html strict//",
    "-//microsoft//dtd internet explorer 3.0 html//",
    "-//microsoft//dtd internet explorer 3.0 tables//",
    "-//netscape comm. corp.//dtd html//",
    "-//netscape comm. corp.//dtd strict html//",
    "-//o'reilly and associates//dtd html 2.0//",
    "-//o'reilly and associates//dtd html extended 1.0//",
    "-//o'reilly and associates//dtd html extended relaxed 1.0//",
    "-//softquad software//dtd hotmetal pro 6.0::19990601::extensions to html 4.0//",
    "-//softquad//dtd hotmetal pro 4.0::19971010::extensions to html 4.0//",
    "-//spyglass//dtd html 2.0 extended//",
    "-//sq//dtd html 2.0 hotmetal + extensions//",
    "-//sun microsystems corp.//dtd hotjava html//",
    "-//sun microsystems corp.//dtd hotjava strict html//",
    "-//w3c//dtd html 3 1995-03-24//",
    "-//w3c//dtd html 3.2 draft//",
    "-//w3c//dtd html 3.2 final//",
    "-//w3c//dtd html 3.2//",
    "-//w3c//dtd html 3.2s draft//",
    "-//w3c//dtd html 4.0 frameset//",
    "-//w3c//dtd html 4.0 transitional//",
    "-//w3c//dtd html experimental 19960712//",
    "-//w3c//dtd html experimental 970421//",
    "-//w3c//dtd w3 html//",
    "-//w3o//dtd w3 html 3.0//",
    "-//webtechs//dtd mozilla html 2.0//",
    "-//webtechs//dtd mozilla html//",
];

/// The same as a whole.
const QUIRKS_WHOLE: &[&str] =
    &["-//w3o//dtd w3 html strict 3.0//en//", "-/w3c/dtd html 4.0 transitional/en", "html"];

/// The same, if no system identifier follows.
const QUIRKS_ALONE: &[&str] =
    &["-//w3c//dtd html 4.01 frameset//", "-//w3c//dtd html 4.01 transitional//"];

const QUIRKS_SYSTEM: &str = "http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd";

/// Whether what stands between `<!doctype` and `>` asks for quirks.
pub(super) fn asks_for_quirks(declaration: &str) -> bool {
    let declaration = declaration.trim_ascii().to_ascii_lowercase();
    let end = declaration.find(|c: char| c.is_ascii_whitespace()).unwrap_or(declaration.len());
    let (name, rest) = declaration.split_at(end);
    if name != "html" {
        return true;
    }
    let rest = rest.trim_ascii_start();
    let (public, system) = match (rest.strip_prefix("public"), rest.strip_prefix("system")) {
        (Some(rest), _) => match quoted(rest) {
            Some((public, rest)) => (Some(public), quoted(rest).map(|(system, _)| system)),
            None => return true,
        },
        (_, Some(rest)) => match quoted(rest) {
            Some((system, _)) => (None, Some(system)),
            None => return true,
        },
        // Something that is neither asks for quirks, too.
        _ => return !rest.is_empty(),
    };
    let begins = |list: &[&str]| {
        public.is_some_and(|public| list.iter().any(|prefix| public.starts_with(prefix)))
    };
    begins(QUIRKS)
        || public.is_some_and(|public| QUIRKS_WHOLE.contains(&public))
        || (system.is_none() && begins(QUIRKS_ALONE))
        || system == Some(QUIRKS_SYSTEM)
}

/// A quoted text at the beginning, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_ascii_start();
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text[1..].split_once(quote)
}

#[cfg(test)]
mod tests {
    use super::asks_for_quirks;

    #[test]
    fn quirks_are_for_old_doctypes() {
        for (declaration, wanted) in [
            (" html", false),
            (" HTML ", false),
            ("", true),
            (" svg", true),
            (" html SYSTEM 'about:legacy-compat'", false),
            (
                r#" HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd""#,
                false,
            ),
            (r#" HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN""#, true),
            (r#" HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "x""#, false),
            (r#" html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://x""#, false),
            (r#" html PUBLIC "-//IETF//DTD HTML//EN""#, true),
            (" html PUBLIC", true),
            (" html x", true),
        ] {
            assert_eq!(asks_for_quirks(declaration), wanted, "{declaration}");
        }
    }
}
