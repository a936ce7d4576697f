//! `_headers` and `_redirects`, written so that every dialect they are meant for reads the same.
//!
//! In: the answers of a release, and who will read the file. Out: its text, and a warning for each thing that one of the readers
//! would read otherwise; such a thing is left out. Never writes a wildcard with `immutable`: Cloudflare and others put the
//! fields of a matching rule on their 404 as well (sveltejs/kit#16615), and a missing asset would stay missing for a year.

use super::answers::{Answer, Says};
use super::dialect::{Dialect, folded};
use super::limit;
use crate::diag::Diagnostic;
use crate::model::{Headers, Release, UrlPath};
use crate::text::plural;
use std::collections::{BTreeMap, BTreeSet};

/// Fields that differ by class, and therefore never stand under `/*`, unless the emitter puts them there.
const BY_CLASS: &[&str] = &["cache-control", "cdn-cache-control", "content-type"];

/// `_headers` as blocks: one for every path, one for each exact path.
pub(super) struct Rules<'a> {
    readers: &'a [Dialect],
    everywhere: Headers,
    /// The different sets of fields: a thousand pages share a few.
    kinds: Vec<Headers>,
    /// Paths with the number of their kind.
    exact: Vec<(String, usize)>,
    warnings: BTreeMap<(Dialect, String), BTreeSet<String>>,
}

/// What is written of a set of fields, and what is not: who refuses it, why, the name of the field.
struct Readable {
    headers: Headers,
    refused: Vec<(Dialect, &'static str, String)>,
}

impl<'a> Rules<'a> {
    /// What all answers share goes under `/*`, what they do not under their own path.
    pub(super) fn new(readers: &'a [Dialect], answers: &[Answer<'_>]) -> Self {
        let (everywhere, warnings) = (shared(answers), BTreeMap::new());
        let mut rules = Self { readers, everywhere, kinds: Vec::new(), exact: Vec::new(), warnings };
        for answer in answers {
            let kind = rules.kind(answer.headers);
            for path in rules.paths(answer) {
                rules.exact.push((path, kind));
            }
        }
        rules
    }

    fn kind(&mut self, headers: &Headers) -> usize {
        self.kinds.iter().position(|it| it == headers).unwrap_or_else(|| {
            self.kinds.push(headers.clone());
            self.kinds.len() - 1
        })
    }

    /// Puts fields under `/*` that some answers have otherwise: those take them back with `! name`, which only Cloudflare knows.
    pub(super) fn fall_back_to(mut self, headers: &Headers) -> Self {
        assert!(self.readers == [Dialect::Cloudflare], "only Cloudflare can take a field back");
        for (name, value) in headers.iter() {
            self.everywhere.set(name, value).expect("it was a header field before");
        }
        self
    }

    /// The text and its warnings.
    pub(super) fn write(mut self) -> (String, Vec<Diagnostic>) {
        let most = self.readers.iter().map(|reader| reader.most_rules()).min().unwrap_or(usize::MAX);
        let everywhere = self.under_all_paths();
        let mut text = String::new();
        if !self.readers.iter().all(|reader| *reader == Dialect::Cloudflare) {
            text.push_str("# Rules go by path: a page that is missing (404) has the host's own lifetime.\n");
        }
        let mut blocks = 0;
        if !everywhere.is_empty() {
            block(&mut text, "/*", &[], &everywhere);
            blocks += 1;
        }
        let mut left_out = 0;
        self.say_what_collides();
        let read: Vec<Readable> = self.kinds.iter().map(|wanted| self.readable(wanted)).collect();
        let own: Vec<_> = read.iter().map(|it| difference(&everywhere, &it.headers)).collect();
        for (path, kind) in std::mem::take(&mut self.exact) {
            for (reader, why, name) in &read[kind].refused {
                self.warn(*reader, why, &format!("{name} of {path}"));
            }
            let (back, own) = &own[kind];
            if back.is_empty() && own.is_empty() {
                continue;
            }
            if blocks == most {
                left_out += 1;
                continue;
            }
            block(&mut text, &path, back, own);
            blocks += 1;
        }
        (text, self.warned(most, left_out))
    }

    /// The paths under which an answer's rules stand: those of each reader.
    fn paths(&mut self, answer: &Answer<'_>) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for reader in self.readers {
            // A redirect is compared with the path as the browser sent it.
            let path =
                if matches!(answer.says, Says::Redirect(_)) { answer.url.encoded() } else { reader.path(&answer.url) };
            match self.readers.iter().find_map(|reader| Some((*reader, reader.refuses_path(&path)?))) {
                // `_redirects` has the same path and complains for both.
                Some(_) if matches!(answer.says, Says::Redirect(_)) => {}
                Some((reader, why)) => self.warn(reader, why, &path),
                None => drop(paths.insert(path)),
            }
        }
        paths
    }

    /// What all answers share and every reader takes under `/*`. What one would take under exact paths only stays there; what one
    /// does not take at all is left out everywhere, and said once.
    fn under_all_paths(&mut self) -> Headers {
        let mut kept = Headers::new();
        for (name, value) in std::mem::take(&mut self.everywhere).iter() {
            if let Some((reader, why)) = self.refused(name, value, false) {
                self.warn(reader, why, name);
                for headers in &mut self.kinds {
                    headers.remove(name);
                }
            } else if self.refused(name, value, true).is_none() {
                kept.set(name, value).expect("it was a header field before");
            }
        }
        kept
    }

    /// The fields that every reader reads as they are meant.
    fn readable(&self, headers: &Headers) -> Readable {
        let (mut kept, mut refused) = (Headers::new(), Vec::new());
        for (name, value) in headers.iter() {
            match self.refused(name, value, false) {
                Some((reader, why)) => refused.push((reader, why, name.to_owned())),
                None => kept.set(name, value).expect("it was a header field before"),
            }
        }
        Readable { headers: kept, refused }
    }

    fn refused(&self, name: &str, value: &str, wildcard: bool) -> Option<(Dialect, &'static str)> {
        self.readers.iter().find_map(|reader| Some((*reader, reader.refuses_field(name, value, wildcard)?)))
    }

    /// Netlify compares paths without regard to case and to a slash at the end, and lets the later rule win.
    fn say_what_collides(&mut self) {
        if !self.readers.contains(&Dialect::Netlify) {
            return;
        }
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut collided = BTreeSet::new();
        for (path, kind) in &self.exact {
            if seen.insert(folded(path), *kind).is_some_and(|other| self.kinds[other] != self.kinds[*kind]) {
                collided.insert(path.clone());
            }
        }
        for path in collided {
            self.warn(Dialect::Netlify, "takes for one path what differs by case or by a slash at the end only", &path);
        }
    }

    fn warn(&mut self, reader: Dialect, why: &str, what: &str) {
        self.warnings.entry((reader, why.to_owned())).or_default().insert(what.to_owned());
    }

    fn warned(self, most: usize, left_out: usize) -> Vec<Diagnostic> {
        let mut warnings: Vec<Diagnostic> = self
            .warnings
            .iter()
            .map(|((reader, why), whats)| {
                let hint = "it is left out there, so that the host does not do something else instead";
                limit(reader.name(), format!("{why}: {}", list(whats)), hint)
            })
            .collect();
        if left_out > 0 {
            let reader = self.readers.iter().min_by_key(|reader| reader.most_rules()).expect("a file has readers");
            let paths = plural(left_out, "path has", "paths have");
            let what = format!("reads {most} header rules: {paths} none, and the host's default lifetime");
            warnings.push(limit(reader.name(), what, "publish fewer files, or serve them from another host"));
        }
        warnings
    }
}

/// `_redirects` for these readers. `forced` redirects win over a file at their source, which only Netlify must be told.
pub(super) fn redirects(readers: &[Dialect], answers: &[Answer<'_>], release: &Release) -> (String, Vec<Diagnostic>) {
    let mut text = String::new();
    let mut warnings = Vec::new();
    let most = readers.iter().map(|reader| reader.most_redirects()).min().unwrap_or(usize::MAX);
    let mut lines = 0;
    for answer in answers {
        let Says::Redirect(redirect) = &answer.says else { continue };
        let from = answer.url.encoded();
        let force = match readers {
            [Dialect::Netlify] => "!",
            _ => "",
        };
        let line = format!("{from} {} {}{force}\n", target(&redirect.to), redirect.status);
        let refused = readers.iter().find_map(|reader| Some((*reader, refuses_line(*reader, &from, &line)?)));
        if let Some((reader, why)) = refused {
            warnings.push(limit(reader.name(), format!("{why}: {from}"), "the redirect is left out"));
        } else if lines == most {
            warnings.push(limit(
                readers[0].name(),
                format!("reads {most} redirects: {from} is left out"),
                "redirect less",
            ));
        } else {
            if force.is_empty() && readers.contains(&Dialect::Netlify) && is_file(release, &answer.url) {
                let what = format!("serves the file at `{from}` instead of the redirect");
                warnings.push(limit("netlify", what, "take the file away"));
            }
            text.push_str(&line);
            lines += 1;
        }
    }
    (text, warnings)
}

fn refuses_line(reader: Dialect, from: &str, line: &str) -> Option<&'static str> {
    // "… /index" loops with the host's own redirect from it (`parseRedirects`: infinite loop detected).
    let to_index = line.split(' ').nth(1).is_some_and(|to| to.ends_with("/index.html") || to.ends_with("/index"));
    match reader {
        Dialect::Cloudflare if from.ends_with('/') && to_index => Some("sees a loop in this redirect"),
        // Two slashes at the start read as a host name (RFC 3986, section 4.2).
        _ if from.starts_with("//") => Some("reads a path that starts with two slashes as a host"),
        _ if line.len() > reader.longest_line().min(1_000) => Some("reads lines of up to 1,000 characters"),
        _ => reader.refuses_path(from),
    }
}

fn is_file(release: &Release, url: &UrlPath) -> bool {
    release.entries.keys().any(|key| crate::model::urls_of(key).contains(url))
}

/// A target as one token: everything that could end it, or that is not ASCII, percent-encoded.
pub(super) fn target(to: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const UNSAFE: &AsciiSet =
        &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'\\').add(b'{').add(b'}');
    utf8_percent_encode(to, UNSAFE).to_string()
}

/// The fields that all answers share.
fn shared(answers: &[Answer<'_>]) -> Headers {
    let Some((first, rest)) = answers.split_first() else { return Headers::new() };
    let mut shared = first.headers.clone();
    for (name, value) in first.headers.iter() {
        if BY_CLASS.contains(&name) || rest.iter().any(|answer| answer.headers.get(name) != Some(value)) {
            shared.remove(name);
        }
    }
    shared
}

/// What must be taken back from `everywhere`, and what must be set.
fn difference<'a>(everywhere: &'a Headers, wanted: &Headers) -> (Vec<&'a str>, Headers) {
    let mut own = wanted.clone();
    let mut back = Vec::new();
    for (name, value) in everywhere.iter() {
        if wanted.get(name) == Some(value) {
            own.remove(name);
        } else {
            back.push(name);
        }
    }
    (back, own)
}

fn block(text: &mut String, path: &str, back: &[&str], headers: &Headers) {
    text.push_str(path);
    text.push('\n');
    for name in back {
        text.push_str(&format!("  ! {name}\n"));
    }
    for (name, value) in headers.iter() {
        text.push_str(&format!("  {name}: {value}\n"));
    }
}

/// The first three, and how many more.
fn list(whats: &BTreeSet<String>) -> String {
    let first: Vec<String> = whats.iter().take(3).map(|what| format!("`{what}`")).collect();
    match whats.len().saturating_sub(3) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answers::{answers, tests::site};
    use super::*;

    const BOTH: &[Dialect] = &[Dialect::Cloudflare, Dialect::Netlify];

    #[test]
    fn no_wildcard_is_immutable_and_every_field_stands_once_per_path() {
        let (_, release) = super::super::answers::tests::sample();
        let (text, warnings) = Rules::new(BOTH, &answers(&release)).write();
        assert_eq!(warnings, []);
        let everywhere = text.split("\n/").nth(1).unwrap();
        assert!(everywhere.starts_with("*\n") && !everywhere.contains("cache-control"), "{everywhere}");
        assert_eq!(text.matches("x-content-type-options").count(), 1);
        assert_eq!(text.matches("immutable").count(), 2);
    }

    #[test]
    fn rules_beyond_the_limit_are_counted_not_silently_lost() {
        let (_, release) = site(&["index.html"], 120, &[]);
        let (text, warnings) = Rules::new(BOTH, &answers(&release)).write();
        assert_eq!(text.lines().filter(|line| line.starts_with('/')).count(), 100);
        assert!(warnings[0].message.starts_with("`cloudflare` reads 100 header rules: 23 paths"), "{warnings:?}");
        let (text, warnings) = Rules::new(&[Dialect::Netlify], &answers(&release)).write();
        assert_eq!((text.lines().filter(|line| line.starts_with('/')).count(), warnings.len()), (123, 0));
    }

    #[test]
    fn a_redirect_is_one_line_of_three_words() {
        let (_, release) = site(
            &["index.html", "a.html"],
            0,
            &[("/a", "https://x.example/a b?c=d#e", 301), ("/t*", "/a", 302), ("/h\u{e9}", "/a", 308)],
        );
        let (text, warnings) = redirects(BOTH, &answers(&release), &release);
        assert_eq!(
            text,
            "/a https://x.example/a%20b?c=d#e 301\n/h%C3%A9 /a 308\n/a/ https://x.example/a%20b?c=d#e 301\n/h%C3%A9/ /a 308\n"
        );
        let said: Vec<_> = warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(
            said,
            [
                "`netlify` serves the file at `/a` instead of the redirect",
                "`cloudflare` reads `*` in a path as a wildcard: /t*",
                "`cloudflare` reads `*` in a path as a wildcard: /t*/"
            ]
        );
        let (text, warnings) = redirects(&[Dialect::Netlify], &answers(&release), &release);
        assert!(
            text.starts_with("/a https://x.example/a%20b?c=d#e 301!\n") && warnings.len() == 2,
            "{text}{warnings:?}"
        );
    }
}
