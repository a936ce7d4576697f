//! Emitters: how the site wants to be served, written down in the words of each host.
//!
//! In: a [`Policy`] and the sealed [`Release`]. Out: the host's own files, and a `host-limit` warning for everything that the host
//! cannot express: what is not written is said. Nothing here reads or writes a file.
//!
//! `_headers` and `_redirects` are read by several hosts, each in its own way; [`Dialect`] holds the differences, [`effective`]
//! tells what a host makes of such a file. A new host is one file here and one line in [`ALL`].

mod answers;
mod cloudflare;
mod dialect;
mod effective;
mod netlify;
mod nginx;
mod pages;
mod rules;

pub use dialect::Dialect;
pub use effective::{Effective, effective};

use crate::diag::{Code, Diagnostic, Warned};
use crate::model::{Key, Policy, Release};
use bytes::Bytes;
use std::collections::BTreeMap;

/// One file for a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it stands in the folder that is published.
    pub path: Key,
    /// What it says.
    pub text: String,
}

/// A host that is told by files how to serve.
pub trait Emitter: Sync {
    /// Its id: `netlify`.
    fn name(&self) -> &'static str;

    /// What it is, in one line.
    fn about(&self) -> &'static str;

    /// Its files, with a warning for everything that they cannot say.
    fn emit(&self, policy: &Policy, release: &Release) -> Warned<Vec<File>>;
}

/// Every host, in the order of its name. Some of them read files of the same name: export for one at a time.
pub const ALL: &[&dyn Emitter] = &[&cloudflare::Cloudflare, &netlify::Netlify, &nginx::Nginx, &pages::Pages];

/// Those whose files stand in every build: no two of them share a path, and each is right wherever it is read.
pub const BUILD: &[&dyn Emitter] = &[&nginx::Nginx, &pages::Pages];

/// Where the manifest of a release stands in an output folder.
pub const MANIFEST: &str = "release.json";

/// What an output folder holds beside the files that are published: the files for hosts, the manifest.
pub fn beside(policy: &Policy, release: &Release) -> Warned<BTreeMap<Key, Bytes>> {
    let mut files = BTreeMap::new();
    let mut warnings = Vec::new();
    for host in BUILD {
        let emitted = host.emit(policy, release);
        warnings.extend(emitted.warnings);
        files.extend(emitted.value.into_iter().map(|file| (file.path, Bytes::from(file.text))));
    }
    files.insert(Key::parse(MANIFEST).expect("a constant path"), Bytes::from(release.to_json()));
    Warned { value: files, warnings }
}

/// The emitter of that name.
pub fn find(name: &str) -> Result<&'static dyn Emitter, Diagnostic> {
    let names = || ALL.iter().map(|emitter| emitter.name());
    let found = ALL.iter().find(|emitter| emitter.name() == name).copied();
    found.ok_or_else(|| Diagnostic::unknown(Code::UnknownName, "host", name, names()))
}

fn file(path: &str, text: String) -> File {
    File { path: Key::parse(path).expect("a constant path"), text }
}

fn limit(host: &str, what: impl std::fmt::Display, hint: &str) -> Diagnostic {
    Diagnostic::new(Code::HostLimit, format!("`{host}` {what}")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn hosts_stand_in_the_order_of_their_names_and_are_found_by_them() {
        let names: Vec<_> = ALL.iter().map(|emitter| emitter.name()).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(find("netlify").unwrap().name(), "netlify");
        let unknown = find("netlfy").err().unwrap();
        assert_eq!(unknown.hint.as_deref(), Some("did you mean `netlify`?"));
    }

    #[test]
    fn the_files_of_a_build_do_not_overwrite_each_other() {
        let (policy, release) = answers::tests::sample();
        let files: Vec<_> = BUILD.iter().flat_map(|emitter| emitter.emit(&policy, &release).value).collect();
        let paths: BTreeSet<_> = files.iter().map(|file| &file.path).collect();
        assert_eq!(paths.len(), files.len());
    }
}
