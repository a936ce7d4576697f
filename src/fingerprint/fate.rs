//! Which files get a new name, and which keep theirs.
//!
//! In: the files, read. Out: for each its [`Fate`], with the reason. What people, browsers or robots ask for by its name keeps it; what may
//! be asked for by a name that nobody can replace keeps it too, and where that does no harm it is published under both names.

use super::Options;
use super::folder::{Index, Kind};
use super::reading::{Site, Target};
use super::scan::Loose;
use crate::model::Key;
use std::collections::BTreeSet;

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is published under its own name.
    Stays(Why),
    /// It is published under a name that carries its digest.
    Moves {
        /// And under its own as well, when somebody may ask for it.
        stays_too: bool,
    },
}

/// Why a file keeps its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is a page.
    Page,
    /// Browsers, robots or servers look for that very name.
    WellKnown,
    /// A service worker is known by its address.
    ServiceWorker,
    /// `--exclude`
    Excluded,
    /// A script asks where it stands, or puts names together that are relative to itself.
    AsksWhereItStands,
    /// A script puts its name together, or mentions it as a word; a second copy would be a second module.
    NamedByScript,
}

impl Why {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Page => "a page",
            Self::WellKnown => "looked for by that name",
            Self::ServiceWorker => "a service worker",
            Self::Excluded => "excluded",
            Self::AsksWhereItStands => "a script that depends on where it stands",
            Self::NamedByScript => "named by a script in a way that cannot be replaced",
        }
    }
}

/// Names of service workers that tools and services write.
const WORKERS: &[&str] = &[
    "sw.js",
    "service-worker.js",
    "serviceworker.js",
    "service_worker.js",
    "ngsw-worker.js",
    "firebase-messaging-sw.js",
    "onesignalsdkworker.js",
    "onesignalsdk.sw.worker.js",
    "pushwoosh-service-worker.js",
    "workbox-sw.js",
];

/// Whether a file is a service worker by its name.
pub(super) fn is_worker_name(key: &Key) -> bool {
    WORKERS.contains(&key.name().to_ascii_lowercase().as_str())
}

/// The fate of every file.
pub(super) fn fates(site: &Site<'_>, index: &Index<'_>, options: &Options) -> Vec<Fate> {
    let workers: BTreeSet<&Key> = site.workers().into_iter().flat_map(|name| index.meant_by(name)).collect();
    let loose: BTreeSet<&Loose> = site.reads.iter().flatten().flat_map(|read| &read.scan.loose).collect();
    let loose: BTreeSet<&Key> = loose.into_iter().flat_map(|name| index.meant(name)).collect();
    let mut named = vec![false; site.keys.len()];
    for at in 0..site.keys.len() {
        for (_, target) in site.names(at) {
            if let Target::File(target) = target {
                named[*target] |= *target != at;
            }
        }
    }
    let fate = |at: usize| {
        let key = site.keys[at];
        let stays = site.reads[at].as_ref().is_some_and(|read| read.scan.stays);
        match (Kind::of(key), reason(key, options)) {
            (Kind::Page, _) => Fate::Stays(Why::Page),
            (_, Some(why)) => Fate::Stays(why),
            _ if is_worker_name(key) || workers.contains(key) => Fate::Stays(Why::ServiceWorker),
            (Kind::Script, _) if stays => Fate::Stays(Why::AsksWhereItStands),
            (Kind::Script, _) if loose.contains(key) => Fate::Stays(Why::NamedByScript),
            _ => Fate::Moves { stays_too: loose.contains(key) || !named[at] },
        }
    };
    (0..site.keys.len()).map(fate).collect()
}

/// Why a file keeps its name whatever else is in the folder.
fn reason(key: &Key, options: &Options) -> Option<Why> {
    let text = key.as_str();
    if options.exclude.iter().any(|pattern| pattern.matches(text)) {
        return Some(Why::Excluded);
    }
    // `.well-known/` (RFC 8615), and what tools keep for themselves (`.vite/`, `.htaccess`).
    let hidden = text.split('/').any(|segment| segment.starts_with('.'));
    let by_kind = matches!(Kind::of(key), Kind::Manifest | Kind::Words);
    let at_top = !text.contains('/') && is_icon_or_proof(&text.to_ascii_lowercase());
    (hidden || by_kind || at_top).then_some(Why::WellKnown)
}

/// Icons that are asked for without being named (HTML, section 4.6.7.8; Apple's and Microsoft's documentation), and files that prove whose
/// a domain is or tell a host about it.
fn is_icon_or_proof(name: &str) -> bool {
    let icon = ["favicon", "apple-touch-icon", "browserconfig", "mstile"].iter().any(|start| name.starts_with(start));
    icon || name == "cname" || name == "_worker.js" || name == "_routes.json" || name == "staticwebapp.config.json"
}
