//! What nobody needs any more: mark what the kept releases name, the rest is garbage once it is old.
//!
//! In: what the store holds, the log, the manifests of the releases that are kept; out: what may be deleted. Decides by name and
//! age alone and deletes nothing. It knows only what stands under its own digest: documents, the head and the log are never
//! garbage, and neither is a file below `assets/` whose name carries no digits, because somebody else put it there.

use crate::model::{CONTROL, Class, Digest, Head, Key, Record, Release, Retention, asset_digits};
use std::collections::{BTreeMap, BTreeSet};

/// One object in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Where.
    pub key: Key,
    /// Bytes.
    pub size: u64,
    /// When it was written.
    pub modified: jiff::Timestamp,
}

/// The releases that are kept: the one that is live, the one before it, the newest ones that were live, and all that were
/// live at some time within the days. `manifests` are those in the store: a young one that the log does not know is on its way.
pub fn kept(
    records: &[Record],
    head: &Head,
    manifests: &[Held],
    retention: Retention,
    now: jiff::Timestamp,
) -> BTreeSet<Digest> {
    let since = now - jiff::SignedDuration::from_hours(24 * i64::from(retention.days));
    let mut kept: BTreeSet<Digest> = head.previous.into_iter().chain([head.release]).collect();
    let published: Vec<&Record> = records.iter().filter(|record| record.did.publishes()).collect();
    let mut newest = BTreeSet::new();
    for record in published.iter().rev() {
        if newest.len() < retention.releases {
            newest.insert(record.release);
        }
    }
    kept.extend(newest);
    for (idx, record) in published.iter().enumerate() {
        // It was live until the next one took its place.
        let until = published.get(idx + 1).and_then(|next| next.at.parse::<jiff::Timestamp>().ok()).unwrap_or(now);
        if until >= since {
            kept.insert(record.release);
        }
    }
    let young = manifests.iter().filter(|held| held.modified >= since);
    kept.extend(young.filter_map(|held| Digest::parse(held.key.name())));
    kept
}

/// What may be deleted, in the order in which it must go: manifests first, so that nobody goes back to a release of which a
/// part is gone.
pub fn garbage(held: &[Held], kept: &BTreeMap<Digest, Release>, before: jiff::Timestamp) -> Vec<Held> {
    let assets: BTreeSet<&Key> = kept.values().flat_map(|release| release.entries.keys()).collect();
    let bodies: BTreeSet<Digest> = kept.values().flat_map(bodies).collect();
    let (releases, blobs) = (format!("{CONTROL}/releases/"), format!("{CONTROL}/blobs/"));
    let rank = |held: &Held| {
        let key = held.key.as_str();
        let named = |folder: &str| key.strip_prefix(folder).and_then(Digest::parse);
        if let Some(id) = named(&releases) {
            return (!kept.contains_key(&id)).then_some(0);
        }
        if let Some(body) = named(&blobs) {
            return (!bodies.contains(&body)).then_some(1);
        }
        (asset_digits(&held.key).is_some() && !assets.contains(&held.key)).then_some(2)
    };
    let old = held.iter().filter(|held| held.modified < before);
    let mut ranked: Vec<(u8, &Held)> = old.filter_map(|held| Some((rank(held)?, held))).collect();
    ranked.sort_by_key(|(rank, held)| (*rank, held.key.clone()));
    ranked.into_iter().map(|(_, held)| held.clone()).collect()
}

/// The bodies of all documents of a release, in every mode.
fn bodies(release: &Release) -> impl Iterator<Item = Digest> {
    let all = release.entries.values().chain(release.variants().map(|(_, _, entry)| entry));
    all.filter(|entry| entry.class != Class::Asset).map(|entry| entry.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::head::tests::{head, release};
    use crate::model::{Deed, Mode};

    fn at(day: i64) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * day)
    }

    fn held(key: &str, day: i64) -> Held {
        Held { key: Key::parse(key).unwrap(), size: 1, modified: at(day) }
    }

    fn record(release: Digest, day: i64) -> Record {
        Record {
            seq: 1,
            at: at(day).to_string(),
            by: "ada@one".to_owned(),
            did: Deed::Deploy,
            release,
            mode: Mode::Normal,
            documents: 1,
            urls: 1,
            verified: true,
            reason: None,
        }
    }

    #[test]
    fn a_release_is_kept_by_count_by_days_and_while_it_is_young() {
        let ids: Vec<Digest> = (0..5_u8).map(|n| Digest::of(&[n])).collect();
        let records: Vec<Record> = ids.iter().zip([0, 10, 20, 30]).map(|(id, day)| record(*id, day)).collect();
        let young = held(&format!(".landing/releases/{}", ids[4]), 99);
        let kept = |releases, days, now| {
            let retention = Retention { releases, days };
            let kept = kept(&records, &head(ids[3]), std::slice::from_ref(&young), retention, at(now));
            ids.iter().map(|id| kept.contains(id)).collect::<Vec<_>>()
        };
        assert_eq!(kept(1, 5, 200), [false, false, false, true, false]);
        assert_eq!(kept(2, 5, 200), [false, false, true, true, false]);
        // Release 1 was live until day 20.
        assert_eq!(kept(1, 30, 49), [false, true, true, true, true]);
    }

    #[test]
    fn only_what_no_kept_release_names_and_is_old_is_garbage() {
        let live = release("index.html=a\nassets/a.css=x");
        let (asset, _) = live.assets().next().unwrap();
        let body = live.entries[&Key::parse("index.html").unwrap()].sha256;
        let other = Digest::of(b"other");
        let all = [
            held(asset.as_str(), 0),
            held(&format!(".landing/blobs/{body}"), 0),
            held(&format!(".landing/releases/{}", live.id()), 0),
            held(&format!("assets/old.{}.css", other.hex16()), 0),
            held(&format!("assets/young.{}.css", other.hex16()), 9),
            held("assets/theirs.css", 0),
            held(&format!(".landing/blobs/{other}"), 0),
            held(&format!(".landing/releases/{other}"), 0),
            held(".landing/head", 0),
            held(".landing/log/000000000001", 0),
            held("about.html", 0),
        ];
        let found = garbage(&all, &BTreeMap::from([(live.id(), live)]), at(5));
        let found: Vec<&str> = found.iter().map(|held| held.key.as_str()).collect();
        let (manifest, blob) = (format!(".landing/releases/{other}"), format!(".landing/blobs/{other}"));
        assert_eq!(found, [manifest, blob, format!("assets/old.{}.css", other.hex16())]);
    }
}
