//! `netlify`: `_headers` and `_redirects` for Netlify, with all that it can say.
//!
//! Beside the common subset: as many rules as there are files, and redirects that win over a file at their source (`301!`). It
//! cannot give a 404 fields of its own: rules go by path, and a rule for all paths would reach every file.

use super::answers::answers;
use super::rules::{Rules, redirects};
use super::{Dialect, Emitter, File, file, limit};
use crate::diag::Warned;
use crate::model::{Policy, Release};

/// Netlify.
pub(super) struct Netlify;

const READERS: &[Dialect] = &[Dialect::Netlify];

impl Emitter for Netlify {
    fn name(&self) -> &'static str {
        "netlify"
    }

    fn about(&self) -> &'static str {
        "`_headers` and `_redirects` for Netlify"
    }

    fn emit(&self, _: &Policy, release: &Release) -> Warned<Vec<File>> {
        let answers = answers(release);
        let (headers, mut warnings) = Rules::new(READERS, &answers).write();
        let (lines, refused) = redirects(READERS, &answers, release);
        warnings.extend(refused);
        if release.errors.contains_key(&404) {
            let what = "gives a page that is missing (404) its own lifetime, not that of `[cache.error]`";
            warnings.push(limit("netlify", what, "nothing is wrong with it: browsers ask again each time"));
        }
        Warned { value: vec![file("_headers", headers), file("_redirects", lines)], warnings }
    }
}
