//! `cloudflare`: `_headers` and `_redirects` for Cloudflare Pages and Workers static assets, with all that they can say.
//!
//! Beside the common subset it knows `! name`, so that `/*` can carry the fields of a 404 and every other path takes them
//! back. Settings that no file can express (`not_found_handling = "404-page"`, `html_handling`) belong to the project there.

use super::answers::{Answer, Says, answers};
use super::rules::{Rules, redirects};
use super::{Dialect, Emitter, File, file};
use crate::diag::Warned;
use crate::model::{Class, Policy, Release};

/// Cloudflare Pages and Workers static assets.
pub(super) struct Cloudflare;

const READERS: &[Dialect] = &[Dialect::Cloudflare];

impl Emitter for Cloudflare {
    fn name(&self) -> &'static str {
        "cloudflare"
    }

    fn about(&self) -> &'static str {
        "`_headers` and `_redirects` for Cloudflare Pages and Workers static assets"
    }

    fn emit(&self, policy: &Policy, release: &Release) -> Warned<Vec<File>> {
        let mut answers = answers(release);
        let (lines, refused) = redirects(READERS, &answers, release);
        answers.retain(answers_itself);
        let missing = policy.headers(Class::Error);
        let (headers, mut warnings) = Rules::new(READERS, &answers).fall_back_to(&missing).write();
        warnings.extend(refused);
        Warned { value: vec![file("_headers", headers), file("_redirects", lines)], warnings }
    }
}

/// Whether Cloudflare answers this URL with the file: it sends `/x.html` and `/x/index.html` on to `/x` and `/x/` (307).
fn answers_itself(answer: &Answer<'_>) -> bool {
    let clean = |path: &str| !path.ends_with(".html");
    !matches!(answer.says, Says::Document(_)) || clean(answer.url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_404_has_its_own_lifetime_and_everything_else_takes_it_back() {
        let (policy, release) = super::super::answers::tests::sample();
        let emitted = Cloudflare.emit(&policy, &release);
        assert_eq!(emitted.warnings, []);
        let text = &emitted.value[0].text;
        assert!(text.starts_with("/*\n  cache-control: public, max-age=30\n"), "{text}");
        let entry = text.split("\n/\n").nth(1).unwrap();
        assert!(
            entry.starts_with(
                "  ! cache-control\n  ! cache-tag\n  ! cdn-cache-control\n  cache-control: public, max-age=60\n"
            ),
            "{text}"
        );
        assert!(!text.contains("index.html"), "{text}");
    }
}
