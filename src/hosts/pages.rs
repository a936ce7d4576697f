//! `pages`: one `_headers` and one `_redirects` that Cloudflare and Netlify read alike, at the root of every build.
//!
//! The common subset (both hosts' own parsers agree on it, `tests/real`): paths without a host, one wildcard `/*` for what all
//! answers share, one exact rule per path for the rest, each field once per path over all rules that match it, no `!`, the
//! status always written. What only one of them can say is left out here, with a warning; each host has an emitter of its own for all that it can say.

use super::answers::answers;
use super::rules::{Rules, redirects};
use super::{Dialect, Emitter, File, file};
use crate::diag::Warned;
use crate::model::{Policy, Release};

/// Cloudflare and Netlify alike.
pub(super) struct Pages;

const READERS: &[Dialect] = &[Dialect::Cloudflare, Dialect::Netlify];

impl Emitter for Pages {
    fn name(&self) -> &'static str {
        "pages"
    }

    fn about(&self) -> &'static str {
        "`_headers` and `_redirects` that Cloudflare Pages, Workers assets and Netlify read alike"
    }

    fn emit(&self, _: &Policy, release: &Release) -> Warned<Vec<File>> {
        let answers = answers(release);
        let (headers, mut warnings) = Rules::new(READERS, &answers).write();
        let (lines, refused) = redirects(READERS, &answers, release);
        warnings.extend(refused);
        Warned { value: vec![file("_headers", headers), file("_redirects", lines)], warnings }
    }
}
