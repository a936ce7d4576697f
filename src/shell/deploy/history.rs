//! The log of an environment, and what it tells: every change of the head, releases by their names.
//!
//! In: the store and its head; out: records, oldest first. The newest are in the head itself, so that none can be lost between
//! the head and its log; the older ones are in objects that are written once.

use crate::diag::{Code, Diagnostic};
use crate::model::{CONTROL, Chapter, Digest, Head, Record};
use crate::store::Store;
use std::collections::BTreeSet;

/// Every change of the head that was ever made, oldest first.
///
/// # Errors
/// When the store does not answer, or a chapter cannot be read.
pub async fn log(store: &Store, head: &Head) -> Result<Vec<Record>, Diagnostic> {
    let folder = format!("{CONTROL}/log");
    let carried = head.log.first().map_or(head.seq, |record| record.seq);
    let mut records = Vec::new();
    // A head whose log begins with its first change has handed nothing over.
    if carried > 1 {
        let keys = store.list(&folder).await.map_err(|err| store.complain(&folder, &err))?;
        for key in keys {
            let stored = store.get(&key).await.map_err(|err| store.complain(key.as_str(), &err))?;
            records.extend(Chapter::from_json(&stored.bytes)?.records);
        }
    }
    // A chapter may be there already while the head that goes without it is not.
    records.retain(|record| record.seq < carried);
    records.sort_by_key(|record| record.seq);
    records.dedup_by_key(|record| record.seq);
    records.extend(head.log.iter().cloned());
    Ok(records)
}

/// The release that a person means by the beginning of its id.
///
/// # Errors
/// When there is none, or more than one.
pub async fn named(store: &Store, head: &Head, name: &str) -> Result<Digest, Diagnostic> {
    let known = head.log.iter().map(|record| record.release).chain([head.release]).chain(head.previous);
    let known: BTreeSet<Digest> = known.collect();
    match matching(&known, name).as_slice() {
        [one] => return Ok(*one),
        [] => {}
        several => return Err(unclear(name, several)),
    }
    let folder = format!("{CONTROL}/releases");
    let keys = store.list(&folder).await.map_err(|err| store.complain(&folder, &err))?;
    let stored: BTreeSet<Digest> = keys.iter().filter_map(|key| Digest::parse(key.name())).collect();
    match matching(&stored, name).as_slice() {
        [one] => Ok(*one),
        several => Err(unclear(name, several)),
    }
}

fn matching(releases: &BTreeSet<Digest>, name: &str) -> Vec<Digest> {
    let name = name.to_ascii_lowercase();
    releases.iter().filter(|id| !name.is_empty() && id.to_string().starts_with(&name)).copied().collect()
}

fn unclear(name: &str, several: &[Digest]) -> Diagnostic {
    let message = match several {
        [] => format!("there is no release `{name}`"),
        several => format!("{} releases begin with `{name}`", several.len()),
    };
    Diagnostic::new(Code::UnknownRelease, message).hint("`landing releases ENV` lists those that there are")
}
