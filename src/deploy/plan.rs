//! The plan: which objects of a release are not live yet, in the order in which they must go public.

use super::purge;
use crate::model::{Entry, Inventory, Key, Mode, Plan, Reason, Release, Step, Variant};

/// What to do to bring `release` live over what `inventory` says is live.
///
/// An object that the live release lists with the same body and the same header fields is there, by invariant 8 of the
/// protocol (a release is named by the head only after all its objects were stored); it is not asked for again.
pub fn plan(release: &Release, inventory: &Inventory) -> Plan {
    plan_in(release, inventory.mode(), inventory)
}

/// The same in another mode than the one that is shown.
pub fn plan_in(release: &Release, mode: Mode, inventory: &Inventory) -> Plan {
    let (wanted, before) = (release.shown(mode), inventory.shown());
    let live = before.as_ref();
    let step = |(key, entry): (&Key, &Entry)| {
        let reason = reason(entry, live.and_then(|live| live.entries.get(key)))?;
        Some(Step { key: key.clone(), reason })
    };
    Plan {
        inventory: inventory.digest(),
        basis: inventory.live(),
        release: release.id(),
        mode,
        before: inventory.mode(),
        uploads: wanted.assets().filter_map(step).collect(),
        variants: variants(release, mode, inventory.release.as_ref()),
        documents: wanted.documents().into_iter().filter_map(step).collect(),
        purge: purge(live, &wanted),
    }
}

/// The documents of other modes that the live release does not have. What changes in header fields alone is known by the manifest.
fn variants(release: &Release, shown: Mode, live: Option<&Release>) -> Vec<Variant> {
    // While another mode is shown, what it stands in for is a variant, too.
    let covered = release.modes.get(&shown).into_iter().flatten();
    let usual = covered.filter_map(|(key, _)| Some((Mode::Normal, key, release.entries.get(key)?)));
    let others = release.variants().filter(|(mode, ..)| *mode != shown);
    let changed = usual.chain(others).filter_map(|(mode, key, entry)| {
        let there = live.and_then(|live| live.of_mode(mode, key));
        let reason = reason(entry, there).filter(|reason| *reason != Reason::HeadersChanged)?;
        Some(Variant { mode, step: Step { key: key.clone(), reason } })
    });
    changed.collect()
}

/// Why an object has to be written; `None` when it has not.
fn reason(entry: &Entry, live: Option<&Entry>) -> Option<Reason> {
    match live {
        None => Some(Reason::New),
        Some(live) if live.sha256 != entry.sha256 => Some(Reason::BodyChanged),
        Some(live) if live.headers != entry.headers => Some(Reason::HeadersChanged),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::head::tests::{head, release};
    use crate::model::Tag;

    fn live(release: &Release) -> Inventory {
        Inventory { head: Some((head(release.id()), Tag("\"1\"".to_owned()))), release: Some(release.clone()) }
    }

    fn steps(steps: &[Step]) -> Vec<(&str, Reason)> {
        steps.iter().map(|step| (step.key.as_str(), step.reason)).collect()
    }

    #[test]
    fn a_first_deploy_writes_all_and_the_entry_page_last() {
        let plan =
            plan(&release("index.html=hello\n404.html=gone\nabout.html=us\nassets/a.css=red"), &Inventory::default());
        assert_eq!(
            steps(&plan.documents),
            [("404.html", Reason::New), ("about.html", Reason::New), ("index.html", Reason::New)]
        );
        assert_eq!(plan.uploads.len(), 1);
        assert_eq!(plan.basis, None);
    }

    #[test]
    fn one_word_is_one_document() {
        let old = release("index.html=hello\nabout.html=us\nassets/a.css=red");
        let plan = plan(&release("index.html=hullo\nabout.html=us\nassets/a.css=red"), &live(&old));
        assert_eq!(steps(&plan.documents), [("index.html", Reason::BodyChanged)]);
        assert!(plan.uploads.is_empty());
        assert_eq!(plan.basis, Some(old.id()));
    }

    #[test]
    fn a_changed_header_is_a_change() {
        let old = release("index.html=hello\nassets/a.css=red");
        let plan = plan(&release("index.html=hello\nassets/a.css=red\nheader x-frame=deny"), &live(&old));
        assert_eq!(steps(&plan.documents), [("index.html", Reason::HeadersChanged)]);
        assert_eq!(plan.uploads[0].reason, Reason::HeadersChanged);
    }

    #[test]
    fn a_page_taken_away_is_nothing_to_write() {
        let old = release("index.html=hello\nabout.html=us");
        let plan = plan(&release("index.html=hello"), &live(&old));
        assert!(plan.documents.is_empty() && plan.uploads.is_empty());
        assert!(!plan.purge.is_empty());
    }

    #[test]
    fn the_same_release_is_an_empty_plan() {
        let old = release("index.html=hello\n404.html=gone");
        let plan = plan(&old, &live(&old));
        assert!(plan.is_empty() && plan.documents.is_empty() && plan.purge.is_empty());
    }
}
