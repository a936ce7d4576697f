//! What a host makes of `_headers` and `_redirects`: the fields and the redirect that it answers a path with.
//!
//! In: the two texts and a path as it comes over the wire. Out: what the rules set, not what the host adds by itself (lifetimes
//! it defaults to, tags, codings). It is our prediction; `tests/real` holds it against the hosts' own parsers. Reads only what
//! our emitters write: one wildcard at the end, no named segments.

use super::dialect::{Dialect, folded, respaced};
use std::collections::BTreeMap;

/// What the rules say about one path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effective {
    /// Field name to value.
    pub headers: BTreeMap<String, String>,
    /// Status and target.
    pub redirect: Option<(u16, String)>,
}

/// Applies the two files to a path.
pub fn effective(dialect: Dialect, headers: &str, redirects: &str, path: &str) -> Effective {
    let mut found = BTreeMap::new();
    for block in blocks(dialect, headers) {
        if matches(dialect, block.path, path) {
            apply(dialect, &block, &mut found);
        }
    }
    Effective { headers: found, redirect: redirect(dialect, redirects, path) }
}

struct Block<'a> {
    path: &'a str,
    back: Vec<&'a str>,
    set: Vec<(String, String)>,
}

fn blocks(dialect: Dialect, text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for line in lines(dialect, text) {
        if line.starts_with('/') {
            blocks.push(Block { path: line, back: Vec::new(), set: Vec::new() });
            continue;
        }
        let Some(block) = blocks.last_mut() else { continue };
        match (line.split_once(':'), line.strip_prefix("! ")) {
            (Some((name, value)), _) => block.set.push((name.trim().to_ascii_lowercase(), value.trim().to_owned())),
            (None, Some(name)) if dialect == Dialect::Cloudflare => block.back.push(name),
            _ => {}
        }
    }
    blocks.truncate(dialect.most_rules());
    if dialect == Dialect::Cloudflare {
        // Keyed by path: a later block replaces an earlier one.
        let last: BTreeMap<&str, usize> = blocks.iter().enumerate().map(|(idx, block)| (block.path, idx)).collect();
        let mut idx = 0;
        blocks.retain(|block| {
            idx += 1;
            last[block.path] == idx - 1
        });
    }
    blocks
}

fn lines(dialect: Dialect, text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim)
        .filter(move |line| !line.is_empty() && !line.starts_with('#') && line.len() <= dialect.longest_line())
}

fn matches(dialect: Dialect, rule: &str, path: &str) -> bool {
    let (rule, path) = match dialect {
        Dialect::Cloudflare => (rule.to_owned(), path.to_owned()),
        // Without regard to case and to a slash at the end.
        Dialect::Netlify => (folded(rule), folded(path)),
    };
    match rule.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => rule == path,
    }
}

fn apply(dialect: Dialect, block: &Block<'_>, found: &mut BTreeMap<String, String>) {
    for name in &block.back {
        found.remove(*name);
    }
    let mut own: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in &block.set {
        own.entry(name).and_modify(|it| it.push_str(&format!(", {value}"))).or_insert_with(|| value.clone());
    }
    for (name, value) in own {
        match (dialect, found.get_mut(name)) {
            (Dialect::Cloudflare, Some(it)) => it.push_str(&format!(", {value}")),
            (Dialect::Cloudflare, None) => drop(found.insert(name.to_owned(), value)),
            (Dialect::Netlify, _) => drop(found.insert(name.to_owned(), respaced(&value))),
        }
    }
}

fn redirect(dialect: Dialect, text: &str, path: &str) -> Option<(u16, String)> {
    lines(dialect, text).find_map(|line| {
        let mut words = line.split_whitespace();
        let (from, to, status) = (words.next()?, words.next()?, words.next()?);
        let status = status.trim_end_matches('!').parse().ok()?;
        matches(dialect, from, path).then(|| (status, to.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::answers::{Says, answers, tests::site};
    use super::*;
    use proptest::prelude::*;

    fn emit(name: &str, policy: &crate::model::Policy, release: &crate::model::Release) -> (String, String, usize) {
        let emitted = super::super::find(name).ok().unwrap().emit(policy, release);
        let text = |path: &str| emitted.value.iter().find(|file| file.path.as_str() == path).unwrap().text.clone();
        let about_paths = emitted.warnings.iter().filter(|warning| !warning.message.contains("(404)"));
        (text("_headers"), text("_redirects"), about_paths.count())
    }

    #[test]
    fn two_matching_rules_add_up_on_cloudflare_and_replace_on_netlify() {
        let text = "/*\n  x-a: 1\n  x-b: 1\n/p\n  X-A: 2\n  ! x-b\n";
        let cloudflare = effective(Dialect::Cloudflare, text, "", "/p").headers;
        assert_eq!(cloudflare.into_iter().collect::<Vec<_>>(), [("x-a".into(), "1, 2".into())]);
        let netlify = effective(Dialect::Netlify, text, "", "/P/").headers;
        assert_eq!(netlify.into_iter().collect::<Vec<_>>(), [("x-a".into(), "2".into()), ("x-b".into(), "1".into())]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever the names are: what is not as the release says is warned about.
        #[test]
        fn a_host_serves_what_the_release_says_or_a_warning_says_otherwise(
            names in proptest::collection::vec("[a-c*:.$ é]{1,4}", 0..4),
            value in "[ -~]{1,30}",
            assets in 0_usize..4,
        ) {
            let documents: Vec<String> = names.iter().map(|name| format!("{name}.html")).collect();
            let documents: Vec<&str> = documents.iter().map(String::as_str).chain(["index.html"]).collect();
            let (mut policy, mut release) = site(&documents, assets, &[("/to", "/a?b=c", 302)]);
            if policy.everywhere.set("x-own", &value).is_ok() {
                for entry in release.entries.values_mut() {
                    entry.headers.set("x-own", &value).unwrap();
                }
                release.redirect_headers.set("x-own", &value).unwrap();
            }
            for (host, name) in
                [(Dialect::Cloudflare, "cloudflare"), (Dialect::Netlify, "netlify"), (Dialect::Cloudflare, "pages"), (Dialect::Netlify, "pages")]
            {
                let (headers, redirects, warnings) = emit(name, &policy, &release);
                for answer in answers(&release) {
                    let redirected = matches!(answer.says, Says::Redirect(_));
                    let path = if redirected { answer.url.encoded() } else { host.path(&answer.url) };
                    let moved = name == "cloudflare" && path.ends_with(".html");
                    let wanted: BTreeMap<String, String> =
                        answer.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                    let found = effective(host, &headers, &redirects, &path);
                    let as_said = found.headers == wanted && found.redirect.is_some() == redirected;
                    prop_assert!(moved || as_said || warnings > 0, "{name} {path}: {found:?} instead of {wanted:?}\n{headers}{redirects}");
                }
            }
        }
    }
}
