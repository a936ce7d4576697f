//! Evidence in words: one line that says what was asked and what came back, safe to show on a terminal.

use crate::model::{Answer, Ask};
use crate::text::harmless;

/// No value is shown longer than this: evidence is a line, not a dump.
const LONGEST: usize = 120;

/// A text from outside as it may be shown: cut, and without anything that could steer a terminal.
pub(in crate::verify) fn shown(text: &str) -> String {
    // Nearly all of them.
    if text.len() <= LONGEST && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = harmless(&text.chars().take(LONGEST).collect::<String>());
    if text.chars().nth(LONGEST).is_some() {
        out.push_str("...");
    }
    out
}

/// The question: `GET / (accept-encoding: br), 2nd time`.
pub(in crate::verify) fn asked(ask: &Ask) -> String {
    let mut out = format!("{} {}", ask.method, shown(&ask.target));
    for (idx, (name, value)) in ask.headers.iter().enumerate() {
        out.extend([if idx == 0 { " (" } else { ", " }, name, ": ", &shown(value)]);
    }
    if !ask.headers.is_empty() {
        out.push(')');
    }
    if let Some(address) = ask.at {
        out.push_str(&format!(", at {address}"));
    }
    match ask.round {
        0 => {}
        1 => out.push_str(", 2nd time"),
        2 => out.push_str(", 3rd time"),
        n => out.push_str(&format!(", {}th time", u16::from(n) + 1)),
    }
    out
}

/// The question and the answer: its status and those of the named fields that it has; `!name` says so when it has not.
pub(in crate::verify) fn exchange(ask: &Ask, answer: &Answer, fields: &[&str]) -> String {
    let mut out = format!("{} -> {}", asked(ask), answer.status);
    for field in fields {
        let (name, must) = field.strip_prefix('!').map_or((*field, false), |name| (name, true));
        match answer.header(name) {
            Some(value) => out.extend([", ", name, ": ", &shown(&value)]),
            None if must => out.extend([", no ", name]),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_cannot_steer_a_terminal_or_fill_a_screen() {
        assert_eq!(shown("a\u{1b}[2Jb\u{202e}c"), "a?[2Jb?c");
        assert_eq!(shown(&"x".repeat(1_000_000)).len(), LONGEST + 3);
    }
}
