//! An address that somebody typed or pasted, in parts. Says one thing about whatever is wrong with it, and repeats no password.

use crate::diag::{Code, Diagnostic};
use crate::model::UrlPath;
use crate::text::harmless;
use crate::verify::foreign::Foreign;

/// A page somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Scheme and host, with the port where it is not the usual one, without a trailing slash.
    pub(super) base: String,
    /// The path and the query.
    pub(super) page: Foreign,
}

/// No more of it is repeated.
const SHOWN: usize = 120;

impl Address {
    /// The address, when `raw` looks like one and not like the name of an environment.
    pub(super) fn parse(raw: &str) -> Option<Result<Self, Diagnostic>> {
        let meant = raw.contains("://") || raw.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("http:"));
        meant.then(|| Self::read(raw))
    }

    /// What is meant by `raw`, which names no environment, when it looks like an address without its beginning.
    pub(super) fn bare(raw: &str) -> Option<Diagnostic> {
        let host = raw.split(['/', '?', '#']).next().unwrap_or_default();
        let is_host = host.contains('.') && !host.starts_with(['.', '-']) && !host.contains(char::is_whitespace);
        let Self { base, page } = Self::read(&format!("https://{raw}")).ok().filter(|_| is_host)?;
        let wrong = Diagnostic::new(Code::Usage, format!("`{}` is no environment", harmless(raw)));
        Some(wrong.hint(format!("an address begins with `https://`: `landing verify {base}{}`", page.target())))
    }

    fn read(raw: &str) -> Result<Self, Diagnostic> {
        let wrong = |what: &str, remedy: &str| {
            let shown: String = harmless(raw).chars().take(SHOWN).collect();
            let more = if raw.chars().nth(SHOWN).is_some() { "…" } else { "" };
            Err(Diagnostic::new(Code::Usage, format!("`{shown}{more}` {what}")).hint(remedy))
        };
        let write = "write it as `https://www.example.com/page`";
        let after = raw.split_once(':').map_or(raw, |(_, after)| after).trim_start_matches(['/', '\\']);
        if after.split(['/', '\\', '?', '#']).next().is_some_and(|authority| authority.contains('@')) {
            return Err(Diagnostic::new(Code::Usage, "the address holds a user name or a password")
                .hint("leave out what stands before `@`: it would stand in the report, and no visitor sends it"));
        }
        // The parser below would drop some of these without a word (URL, section 4.4).
        if raw.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return wrong("holds a space, a backslash or a control character", write);
        }
        let url = match url::Url::parse(raw) {
            Ok(url) => url,
            Err(err) => return wrong(&format!("is no address: {err}"), write),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return wrong("is no `https://` or `http://` address", write);
        }
        if url.fragment().is_some() {
            return wrong("holds a fragment", "leave out everything from `#` on: browsers do not send it");
        }
        let query = url.query().filter(|query| !query.is_empty()).map(str::to_owned);
        match UrlPath::from_target(url.path()) {
            Ok(path) => Ok(Self { base: url.origin().ascii_serialization(), page: Foreign { url: path, query } }),
            Err(why) => wrong(&format!("is no page's address: {why}"), write),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> String {
        match Address::parse(raw) {
            None => "an environment".to_owned(),
            Some(Ok(address)) => format!("{} {}", address.base, address.page.target()),
            Some(Err(wrong)) => wrong.message,
        }
    }

    #[test]
    fn an_address_is_read_as_browsers_do() {
        for (raw, expected) in [
            ("https://example.com", "https://example.com /"),
            ("HTTPS://EXAMPLE.com:443/A%20b/", "https://example.com /A%20b/"),
            ("http://[::1]:8080/x", "http://[::1]:8080 /x"),
            ("https://bücher.example/", "https://xn--bcher-kva.example /"),
            ("https://example.com/a/../b", "https://example.com /b"),
            ("https://example.com/?id=3&ref=a%20b", "https://example.com /?id=3&ref=a%20b"),
            ("https://example.com/a?", "https://example.com /a"),
            ("production", "an environment"),
            ("preview-http", "an environment"),
        ] {
            assert_eq!(read(raw), expected, "{raw}");
        }
    }

    #[test]
    fn an_address_without_its_beginning_is_shown_with_it() {
        let told = |raw: &str| Address::bare(raw).and_then(|wrong| wrong.hint);
        let hint = "an address begins with `https://`: `landing verify https://www.example.com/promo?id=3`";
        assert_eq!(told("www.example.com/promo?id=3").as_deref(), Some(hint));
        for name in ["production", "preview-a", "", ".", "./dist", "a b.c", "ali:geheim@example.com"] {
            assert_eq!(told(name), None, "{name}");
        }
    }

    #[test]
    fn whatever_is_wrong_is_said_once_and_no_password_repeated() {
        for (raw, part) in [
            ("ftp://example.com/", "is no `https://` or `http://` address"),
            ("javascript://example.com/%0aalert(1)", "is no `https://` or `http://` address"),
            ("https://ali:geheim@example.com/", "holds a user name or a password"),
            ("https://ali:geheim@exa mple.com/", "holds a user name or a password"),
            ("http:ali:ge heim@example.com", "holds a user name or a password"),
            ("https://ali:geheim@[::1/", "holds a user name or a password"),
            ("https://example.com/#top", "holds a fragment"),
            ("https://", "is no address"),
            ("https://example.com:99999/", "is no address"),
            ("http:example.com\u{1b}[2J", "holds a space"),
            ("https://example.com/%00", "is no page's address"),
            ("https://example.com/%ff", "is no page's address"),
        ] {
            let said = read(raw);
            assert!(said.contains(part), "{raw}: {said}");
            assert!(!said.contains('\u{1b}') && !said.contains("heim"), "{said}");
        }
        assert!(read(&format!("https://example.com/#{}", "x".repeat(100_000))).len() < 300);
    }
}
