//! What is wrong with a TOML text, in the words of somebody who has never heard of TOML.
//!
//! In: the text and what its parser says. Out: one [`Diagnostic`] for each mistake, with the line as it should be where that can be told
//! from what was written. A complaint that only follows from another one is left out.

use crate::diag::{Code, Diagnostic, Place};
use std::ops::Range;
use toml::de::Error;

/// The longest text that a hint repeats, in characters.
const REPEATED: usize = 60;

/// Quotes that word processors and French keyboards write.
const CURLY: &[char] = &['“', '”', '„', '«', '»', '‘', '’', '‹', '›'];

/// What the parser said of `text[within]`, said of the file.
pub(crate) fn mistakes(code: Code, file: &str, text: &str, within: &Range<usize>, errors: &[Error]) -> Vec<Diagnostic> {
    let mut found: Vec<(usize, Mistake)> = Vec::new();
    // The parser tells them by kind, not by place.
    let mut errors: Vec<(Range<usize>, &Error)> = errors.iter().map(|err| (err.span().unwrap_or(0..0), err)).collect();
    errors.sort_by_key(|(span, _)| (span.start, span.end));
    for (span, err) in errors {
        let (start, end) = ((span.start + within.start).min(text.len()), (span.end + within.start).min(text.len()));
        let place = Place::span(file, text, start..end);
        let line = Line::around(text, within, start);
        let mistake = Mistake::of(&line, start..end, err.message(), text);
        let follows = found.last().is_some_and(|(before, last)| {
            *before == place.line
                || (last.swallows && *before + 1 == place.line)
                || (last.unheaded && err.message().starts_with("duplicate key"))
        });
        if !follows {
            found.push((place.line, mistake));
        }
    }
    let said = |(_, it): (usize, Mistake)| {
        Diagnostic::new(code, it.message).at(Place::span(file, text, it.span)).hint(it.hint)
    };
    found.into_iter().map(said).collect()
}

/// One line, and where it begins in the text.
struct Line<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Line<'t> {
    fn around(text: &'t str, within: &Range<usize>, at: usize) -> Self {
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1).max(within.start);
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        Self { text: text[start..end].trim_end(), at: start }
    }

    /// Where a part of it stands in the whole text.
    fn span(&self, part: &str) -> Range<usize> {
        let start = self.at + (part.as_ptr() as usize - self.text.as_ptr() as usize);
        start..start + part.len()
    }
}

struct Mistake {
    message: String,
    hint: String,
    span: Range<usize>,
    /// The text that was not ended takes what the next line says with it.
    swallows: bool,
    /// The section is not known, so that its keys seem to stand in another one.
    unheaded: bool,
}

impl Mistake {
    fn new(message: impl Into<String>, hint: impl Into<String>, span: Range<usize>) -> Self {
        Self { message: message.into(), hint: hint.into(), span, swallows: false, unheaded: false }
    }

    fn of(line: &Line<'_>, span: Range<usize>, said: &str, text: &str) -> Self {
        let whole = line.text.trim_start();
        if said.starts_with("duplicate key") {
            let name = text[span.clone()].trim_matches(['[', ']', ' ']);
            return Self::new(format!("`{}` stands here twice", short(name)), "keep one of the two", span);
        }
        if whole.starts_with('[') && !whole.contains('=') {
            return Self::header(whole, span, said);
        }
        if ["array", "inline table"].iter().any(|kind| said.contains(kind)) {
            let hint = "a list looks like `[\"one\", \"two\"]`, a table in one line like `{ key = \"text\" }`";
            return Self::new(said.replace('\n', ", "), hint, span);
        }
        if let Some(mistake) = Self::colon(line, whole) {
            return mistake;
        }
        let Some((key, value)) = whole.split_once('=') else {
            let hint = "a line looks like `key = \"text\"`, a remark begins with `#`";
            return Self::new("there is no `=` in this line", hint, line.span(whole));
        };
        let (key, value) = (key.trim(), value.trim());
        Self::key(line, key)
            .or_else(|| Self::value(line, key, value, said))
            .unwrap_or_else(|| Self::new(said.replace('\n', ", "), "a line looks like `key = \"text\"`", span))
    }

    fn header(whole: &str, span: Range<usize>, said: &str) -> Self {
        let name = whole.trim_matches(['[', ']', ' ']);
        let written = if whole.starts_with("[[") { format!("[[{name}]]") } else { format!("[{name}]") };
        if said.contains("unclosed table") && written != whole {
            let message = format!("the bracket of `{}` is not closed", short(whole));
            return Self { unheaded: true, ..Self::new(message, format!("write `{}`", short(&written)), span) };
        }
        Self::new(said.replace('\n', ", "), "a section looks like `[name]`, one of several like `[[name]]`", span)
    }

    /// `title: …`, as in YAML.
    fn colon(line: &Line<'_>, whole: &str) -> Option<Self> {
        let (key, value) = whole.split_once(':')?;
        let (key, value) = (key.trim_end(), value.trim());
        if key.is_empty() || !key.chars().all(bare) {
            return None;
        }
        let quoted = match value.chars().next() {
            Some('"' | '\'' | '[' | '{' | '0'..='9') => value.to_owned(),
            _ if matches!(value, "true" | "false") => value.to_owned(),
            None => "\"…\"".to_owned(),
            Some(_) => double(value),
        };
        let hint = format!("write {}", line_of(key, &quoted));
        Some(Self::new(format!("`{key}` is followed by `:`, not by `=`"), hint, line.span(whole)))
    }

    fn key(line: &Line<'_>, key: &str) -> Option<Self> {
        let quoted = key.starts_with(['"', '\'']);
        if quoted || (!key.is_empty() && key.chars().all(|c| bare(c) || c == '.' || c == ' ')) && !key.contains(' ') {
            return None;
        }
        if key.is_empty() {
            return Some(Self::new("there is no name before the `=`", "write `key = \"text\"`", line.span(line.text)));
        }
        let message = format!("`{}` cannot be a name: those are letters without accents, digits, `-`, `_`", short(key));
        Some(Self::new(message, "write it so, or in quotes", line.span(key)))
    }

    fn value(line: &Line<'_>, key: &str, value: &str, said: &str) -> Option<Self> {
        let new = |message: String, value: String| Some(Self::new(message, value, line.span(line.text.trim_start())));
        let instead = |value: &str| format!("write {}", line_of(key, value));
        let Some(first) = value.chars().next().filter(|c| *c != '#') else {
            return new(format!("`{}` has no value", short(key)), instead("\"…\""));
        };
        if CURLY.contains(&first) {
            let inner = value.trim_matches(|c: char| CURLY.contains(&c) || c == '"' || c.is_whitespace());
            return new(
                format!("the quotes around the text of `{key}` are not straight ones"),
                instead(&double(inner)),
            );
        }
        if value.starts_with("\"\"\"") || value.starts_with("'''") {
            return None;
        }
        if !matches!(first, '"' | '\'') {
            let unquoted = said.contains("must be quoted");
            return if unquoted {
                new(format!("the text of `{key}` has no quotes"), instead(&double(value)))
            } else {
                None
            };
        }
        let Some(end) = closing(value, first) else {
            let text = value[1..].trim_end_matches(['“', '”', '»', '’']);
            let message = format!("the text of `{key}` does not end in this line");
            let hint = format!("{}, or three quotes before and after it for several lines", instead(&double(text)));
            return new(message, hint).map(|it| Self { swallows: true, ..it });
        };
        let rest = value[end + 1..].trim();
        if rest.is_empty() || rest.starts_with('#') {
            let escape = first == '"' && said.contains("escape");
            let inner = &value[1..end];
            let fixed = if inner.contains('\'') { double(inner) } else { format!("'{inner}'") };
            let message = format!("a backslash in the text of `{key}` begins a code, as in `\\n`");
            return if escape { new(message, instead(&fixed)) } else { None };
        }
        match value.rfind(first).filter(|last| *last > end) {
            Some(last) => {
                let message = format!("the text of `{key}` holds the `{first}` that ends it");
                new(message, instead(&quoted(&value[1..last])))
            }
            None => new(format!("`{}` stands after the text of `{key}`", short(rest)), instead(&value[..=end])),
        }
    }
}

/// What a name may hold without quotes (TOML 1.0, "Keys").
fn bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// Where a text ends that begins with this quote.
fn closing(value: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    value.char_indices().skip(1).find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = quote == '"' && c == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// In double quotes.
fn double(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// In the quotes that it does not hold.
fn quoted(text: &str) -> String {
    if text.contains('"') && !text.contains('\'') { format!("'{text}'") } else { double(text) }
}

/// The line as it should be, without the text where that is long.
fn line_of(key: &str, value: &str) -> String {
    let value = if value.chars().count() > REPEATED { "\"…\"" } else { value };
    format!("`{key} = {value}`")
}

fn short(text: &str) -> String {
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(REPEATED).collect();
    if chars.next().is_some() { format!("{start}…") } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::de::DeTable;

    fn said(text: &str) -> Vec<(usize, String, String)> {
        let (_, errors) = DeTable::parse_recoverable(text);
        let found = mistakes(Code::BadToml, "a.toml", text, &(0..text.len()), &errors);
        let line = |it: &Diagnostic| it.place.as_ref().map_or(0, |place| place.line);
        found.into_iter().map(|it| (line(&it), it.message.clone(), it.hint.unwrap_or_default())).collect()
    }

    /// What the hint proposes can be read: nobody is sent from one mistake into the next.
    #[test]
    fn the_line_that_is_proposed_is_right() {
        for wrong in [
            "title = “Un essai”",
            "title = « L'essai »",
            "title = Un essai",
            "title: Un essai",
            "title: \"Un essai\"",
            "title:",
            "title =",
            "title = \"Un essai",
            "title = \"Un \"grand\" essai\"",
            "title = \"L'un \"grand\" essai\"",
            "title = 'L'essai'",
            "title = \"C:\\Images\\équipe.jpg\"",
            "title = \"Un essai\",",
            "title = \"Un essai\";",
            "title = Un \"grand\" essai",
        ] {
            let found = said(wrong);
            assert_eq!(found.len(), 1, "{wrong}: {found:?}");
            let hint = &found[0].2;
            let line = hint.split('`').nth(1).unwrap_or_else(|| panic!("{wrong}: {hint}"));
            assert!(DeTable::parse(line).is_ok(), "{wrong}: {line}");
        }
    }

    #[test]
    fn what_follows_from_a_mistake_is_not_said() {
        let two = "a = \"Un\nessai\"\nb = \"c\"\n";
        let headless = "a = \"x\"\n[hero\na = \"y\"\n";
        for text in [two, headless] {
            let found = said(text);
            assert_eq!(found.len(), 1, "{found:?}");
        }
        assert_eq!(said("a = x\nb = y\n").len(), 2);
    }

    #[test]
    fn nothing_that_can_be_written_breaks_it() {
        for text in [
            "=",
            "a",
            "[",
            "[[",
            "é = 1",
            "a = [1\n2]",
            "\u{feff}",
            "a = \"\\",
            "a = '",
            "''",
            "\"",
            "a.b c = 1",
            ":",
            ": x",
            "a = \"é",
        ] {
            for (line, message, hint) in said(text) {
                assert!(line > 0 && !message.is_empty() && !hint.is_empty(), "{text}");
            }
        }
    }
}
