//! The transitions of the head: commit, repair, settle. Each gives the next head; swapping it in is the shell's affair.
//!
//! The purge that a deploy will owe is in the head from the moment it commits, before the first document changes: whoever
//! finds the head afterwards knows what to pay, whatever became of the one who wrote it.

use crate::model::{
    Copied, Deed, Digest, Freeze, Head, Key, Mode, Owed, Plan, Purge, Record, State, Sweep, Tag, UrlPath,
};
use std::collections::{BTreeMap, BTreeSet};

/// Who writes a head, when, and the word by which the writer knows it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// User and host.
    pub by: String,
    /// Now.
    pub at: jiff::Timestamp,
    /// Random, never used twice.
    pub nonce: String,
    /// Why, when somebody said so.
    pub reason: Option<String>,
    /// Whether the store honors conditions, when it was tried out.
    pub conditions: Option<bool>,
}

/// How a deploy ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// The marks of the documents as they were read back.
    pub documents: BTreeMap<Key, Tag>,
    /// What each mirror was brought to.
    pub copies: BTreeMap<String, Copied>,
    /// What could not be purged, or is still stale.
    pub owed: Owed,
    /// Whether the edge was proven to serve the release.
    pub verified: bool,
}

/// The head that begins a deploy, a rollback or a switch of modes. `basis` is what was read before anything else and must be
/// what is swapped out.
pub fn commit(basis: Option<&Head>, plan: &Plan, did: Deed, stamp: Stamp) -> Head {
    let reason = stamp.reason.clone();
    let mut head = next(basis, plan.release, stamp);
    head.mode = plan.mode;
    // Mirrors are written to from now on: half of a copy is no copy.
    head.copies.clear();
    if let Some(basis) = basis.filter(|basis| basis.release != plan.release) {
        head.previous = Some(basis.release);
    }
    owe(&mut head, &plan.purge);
    let urls = head.owed.urls.len();
    noted(head, did, (plan.documents.len(), urls), reason)
}

/// The head that begins the repair of documents which are not what the head's release says, here or in a mirror.
pub fn repair(basis: &Head, urls: BTreeSet<UrlPath>, did: Deed, stamp: Stamp) -> Head {
    let mut head = next(Some(basis), basis.release, stamp);
    head.copies.clear();
    head.owed.urls.extend(urls);
    let urls = head.owed.urls.len();
    noted(head, did, (0, urls), None)
}

/// The head that knows of mirrors which hold what is shown already: nothing else changes.
pub fn copied(basis: &Head, copies: BTreeMap<String, Copied>, stamp: Stamp) -> Head {
    let kept = (basis.state, basis.verified);
    let mut head = next(Some(basis), basis.release, stamp);
    (head.state, head.verified) = kept;
    head.copies.extend(copies);
    noted(head, Deed::Copy, (0, 0), None)
}

/// The head that ends a deploy. The marks of documents that the release no longer has are kept: they are still there,
/// because a deploy never deletes, and a later release may write them again.
pub fn settle(committed: &Head, settlement: Settlement, stamp: Stamp) -> Head {
    let mut head = next(Some(committed), committed.release, stamp);
    head.state = State::Live;
    head.documents.extend(settlement.documents);
    head.copies.extend(settlement.copies);
    head.owed = settlement.owed;
    head.verified = settlement.verified;
    let urls = head.owed.urls.len();
    noted(head, Deed::Settle, (0, urls), None)
}

/// The head that forbids deploys, or allows them again: what is live stays as it is.
pub fn freeze(basis: &Head, freeze: Option<Freeze>, stamp: Stamp) -> Head {
    let did = if freeze.is_some() { Deed::Freeze } else { Deed::Thaw };
    let reason = stamp.reason.clone().or_else(|| freeze.as_ref().map(|freeze| freeze.reason.clone()));
    let kept = (basis.state, basis.verified);
    let mut head = next(Some(basis), basis.release, stamp);
    (head.state, head.verified) = kept;
    head.freeze = freeze;
    noted(head, did, (0, 0), reason)
}

/// The head that begins a sweep, or ends it: what is live stays as it is.
pub fn sweep(basis: &Head, sweep: Option<Sweep>, stamp: Stamp) -> Head {
    let did = if sweep.is_some() { Deed::Sweep } else { Deed::Swept };
    let kept = (basis.state, basis.verified);
    let mut head = next(Some(basis), basis.release, stamp);
    (head.state, head.verified) = kept;
    head.sweep = sweep;
    noted(head, did, (0, 0), None)
}

/// The head that knows of a purge by hand: what is live, and what is owed, stay as they are.
pub fn purged(basis: &Head, urls: usize, stamp: Stamp) -> Head {
    let reason = stamp.reason.clone();
    let kept = (basis.state, basis.verified);
    let mut head = next(Some(basis), basis.release, stamp);
    (head.state, head.verified) = kept;
    noted(head, Deed::Purge, (0, urls), reason)
}

/// How many records a head carries before it hands the older ones over.
const CARRIED: usize = 48;

/// How many it hands over at once.
const CHAPTER: usize = 32;

/// The records that must be in the store on their own before `head` is swapped in, and the head without them. The number of
/// records is the same for whoever makes a head at this place of the line, and so is the chapter.
pub fn chapter(head: &Head) -> Option<(Vec<Record>, Head)> {
    if head.log.len() <= CARRIED {
        return None;
    }
    let mut rest = head.clone();
    let chapter = rest.log.drain(..CHAPTER).collect();
    Some((chapter, rest))
}

fn noted(mut head: Head, did: Deed, (documents, urls): (usize, usize), reason: Option<String>) -> Head {
    head.log.push(Record {
        seq: head.seq,
        at: head.at.clone(),
        by: head.by.clone(),
        did,
        release: head.release,
        mode: head.mode,
        documents,
        urls,
        verified: head.verified,
        reason,
    });
    head
}

fn next(basis: Option<&Head>, release: Digest, stamp: Stamp) -> Head {
    Head {
        format: Head::FORMAT,
        seq: basis.map_or(1, |basis| basis.seq + 1),
        nonce: stamp.nonce,
        state: State::Committing,
        release,
        previous: basis.and_then(|basis| basis.previous),
        owed: basis.map(|basis| basis.owed.clone()).unwrap_or_default(),
        verified: false,
        documents: basis.map(|basis| basis.documents.clone()).unwrap_or_default(),
        copies: basis.map(|basis| basis.copies.clone()).unwrap_or_default(),
        mode: basis.map_or(Mode::Normal, |basis| basis.mode),
        freeze: basis.and_then(|basis| basis.freeze.clone()),
        // Whoever moves the head ends a sweep: it reads the head before it deletes more.
        sweep: None,
        conditions: stamp.conditions.or(basis.and_then(|basis| basis.conditions)),
        by: stamp.by,
        at: stamp.at.to_string(),
        log: basis.map(|basis| basis.log.clone()).unwrap_or_default(),
    }
}

fn owe(head: &mut Head, purge: &Purge) {
    head.owed.urls.extend(purge.urls.iter().cloned());
    head.owed.tags.extend(purge.tags.iter().cloned());
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::deploy::plan;
    use crate::model::{
        Artifact, Bundle, Class, Headers, Inventory, Lifetime, Lifetimes, Media, Policy, Redirect, Release,
    };

    /// A release from lines: `KEY=BODY`, `redirect /FROM=/TO`, `header NAME=VALUE`. Below `assets/` the digest goes into the name.
    pub(in crate::deploy) fn release(lines: &str) -> Release {
        let hour = Lifetime { browser: 60, cdn: 3_600, stale_while_revalidate: 0, stale_if_error: 0, immutable: false };
        let year = Lifetime { immutable: true, ..hour };
        let mut policy = Policy {
            lifetimes: Lifetimes { document: hour, asset: year, error: hour, redirect: hour },
            everywhere: Headers::new(),
            redirects: BTreeMap::new(),
            errors: BTreeMap::new(),
        };
        let mut artifacts = BTreeMap::new();
        for (name, value) in lines.lines().filter_map(|line| line.split_once('=')) {
            if let Some(from) = name.strip_prefix("redirect ") {
                policy.redirects.insert(UrlPath::parse(from).unwrap(), Redirect { to: value.to_owned(), status: 301 });
                continue;
            }
            if let Some(header) = name.strip_prefix("header ") {
                policy.everywhere.set(header, value).unwrap();
                continue;
            }
            let mut key = Key::parse(name).unwrap();
            let class = match name {
                _ if key.is_below("assets") => Class::Asset,
                "404.html" => Class::Error,
                _ => Class::Document,
            };
            if class == Class::Asset {
                let digits = Digest::of(value.as_bytes()).hex16();
                key = Key::parse(&format!("{}.{digits}.{}", key.without_extension(), key.extension())).unwrap();
            }
            if class == Class::Error {
                policy.errors.insert(404, key.clone());
            }
            let media = Media::of_extension(&key.extension());
            let bytes = value.as_bytes().to_vec().into();
            artifacts.insert(key, Artifact::new(bytes, media, class, BTreeSet::new()));
        }
        Release::seal(&Bundle { artifacts, modes: BTreeMap::new(), policy }).unwrap()
    }

    fn stamp(nonce: &str) -> Stamp {
        let (by, at) = ("ada@engine".to_owned(), jiff::Timestamp::UNIX_EPOCH);
        Stamp { by, at, nonce: nonce.to_owned(), reason: None, conditions: None }
    }

    /// A settled head.
    pub(in crate::deploy) fn head(release: Digest) -> Head {
        let plan = Plan {
            inventory: Digest::of(b""),
            basis: None,
            release,
            mode: Mode::Normal,
            before: Mode::Normal,
            uploads: Vec::new(),
            variants: Vec::new(),
            documents: Vec::new(),
            purge: Purge::default(),
        };
        settle(&commit(None, &plan, Deed::Deploy, stamp("0")), Settlement::default(), stamp("1"))
    }

    #[test]
    fn what_a_deploy_owes_is_owed_from_its_commit_until_it_is_settled() {
        let (old, new) = (release("index.html=a"), release("index.html=b"));
        let basis = head(old.id());
        let tag = Tag("\"1\"".to_owned());
        let inventory = Inventory { head: Some((basis.clone(), tag.clone())), release: Some(old.clone()) };
        let committed = commit(Some(&basis), &plan(&new, &inventory), Deed::Deploy, stamp("2"));
        assert_eq!((committed.seq, committed.state, committed.release), (basis.seq + 1, State::Committing, new.id()));
        assert_eq!(committed.previous, Some(old.id()));
        assert_eq!(committed.owed.urls.len(), 2);
        assert!(!committed.is_settled() && !committed.verified);

        let documents = BTreeMap::from([(Key::parse("index.html").unwrap(), tag)]);
        let settlement = Settlement { documents: documents.clone(), verified: true, ..Settlement::default() };
        let settled = settle(&committed, settlement, stamp("3"));
        assert!(settled.is_settled() && settled.verified);
        assert_eq!((settled.seq, settled.documents, settled.previous), (basis.seq + 2, documents, Some(old.id())));
    }

    #[test]
    fn an_old_debt_is_not_forgotten_by_a_new_commit() {
        let (old, new) = (release("index.html=a"), release("index.html=a\nb.html=b"));
        let mut basis = head(old.id());
        basis.owed.urls.insert(UrlPath::parse("/old").unwrap());
        let committed = commit(Some(&basis), &plan(&new, &Inventory::default()), Deed::Deploy, stamp("2"));
        assert!(committed.owed.urls.contains(&UrlPath::parse("/old").unwrap()));
        assert!(committed.owed.urls.contains(&UrlPath::parse("/b").unwrap()));
    }

    #[test]
    fn a_copy_is_known_from_the_settlement_until_the_next_commit() {
        let old = release("index.html=a");
        let basis = head(old.id());
        let copies = BTreeMap::from([("dir:mirror".to_owned(), basis.shows())]);
        let settled = settle(&basis, Settlement { copies: copies.clone(), ..Settlement::default() }, stamp("2"));
        assert_eq!(settled.copies, copies);
        assert_eq!(freeze(&settled, None, stamp("3")).copies, copies, "what is live did not change");
        let inventory = Inventory { head: Some((settled.clone(), Tag("1".to_owned()))), release: Some(old) };
        let committed = commit(Some(&settled), &plan(&release("index.html=b"), &inventory), Deed::Deploy, stamp("4"));
        assert!(committed.copies.is_empty());
        assert!(repair(&settled, BTreeSet::new(), Deed::Copy, stamp("5")).copies.is_empty());
        let known = copied(&basis, copies.clone(), stamp("6"));
        assert_eq!((known.copies, known.state, known.verified), (copies, basis.state, basis.verified));
    }

    #[test]
    fn a_repair_keeps_the_release_and_its_history() {
        let basis = head(release("index.html=a").id());
        let urls = BTreeSet::from([UrlPath::parse("/").unwrap()]);
        let repairing = repair(&basis, urls.clone(), Deed::Repair, stamp("9"));
        assert_eq!((repairing.release, repairing.previous), (basis.release, basis.previous));
        assert_eq!((repairing.state, repairing.owed.urls), (State::Committing, urls));
    }
}
