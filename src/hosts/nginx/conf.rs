//! The grammar of nginx's configuration: words, blocks, patterns.
//!
//! In: values that may hold anything. Out: text that nginx reads as exactly these values. A `$` cannot be written in a word that
//! nginx expands, there is no escape for it: [`expanded`] refuses it.

/// A word that nginx takes as it is: quoted when it must be.
///
/// In quotes nginx undoes `\"`, `\'`, `\\`, `\t`, `\r`, `\n` and keeps every other backslash (`ngx_conf_read_token`).
pub(super) fn word(raw: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@~+,%&?".contains(c);
    if !raw.is_empty() && raw.chars().all(plain) && !raw.starts_with(['~', '=', '@']) {
        return raw.to_owned();
    }
    let mut out = String::from("\"");
    for c in raw.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A word in which nginx looks for variables; `None` when it holds a `$`.
pub(super) fn expanded(raw: &str) -> Option<String> {
    (!raw.contains('$')).then(|| word(raw))
}

/// A pattern that matches a text and nothing else, without regard to ASCII case when nginx is told so.
pub(super) fn literal_pattern(raw: &str) -> String {
    let mut out = String::new();
    for c in raw.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && !"/_-".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text in blocks, indented.
#[derive(Default)]
pub(super) struct Conf {
    text: String,
    depth: usize,
}

impl Conf {
    /// A line of its own; an empty one separates.
    pub(super) fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.push_str(&"    ".repeat(self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// Several lines.
    pub(super) fn lines<T: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = T>) {
        for line in lines {
            self.line(line.as_ref());
        }
    }

    /// `head { … }`
    pub(super) fn block(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.line(&format!("{head} {{"));
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line("}");
    }

    /// The whole.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_value_stays_one_word() {
        assert_eq!(word("public"), "public");
        assert_eq!(word("a; } evil {"), "\"a; } evil {\"");
        assert_eq!(word("say \"hi\\\""), "\"say \\\"hi\\\\\\\"\"");
        assert_eq!(word("#x"), "\"#x\"");
        assert_eq!(word(""), "\"\"");
        assert_eq!(expanded("a$b"), None);
        assert_eq!(word(&literal_pattern("/a.b+c{2}")), "\"/a\\\\.b\\\\+c\\\\{2\\\\}\"");
    }
}
