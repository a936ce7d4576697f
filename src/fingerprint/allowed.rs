//! The digests in a page's own content security policy, when what they are of changes.
//!
//! In: a page and what is to be replaced in it. Out: edits of its policy. A script that is allowed by its digest does not run when a name in it is
//! another: the digest of the old bytes becomes that of the new. What the policy does not allow stays forbidden.

use super::reading::Read;
use super::text::replaced;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::collections::BTreeMap;
use std::ops::Range;

/// What is to be replaced in a text.
pub(super) type Edit = (Range<usize>, String);

/// The edits of the page's policies that its other edits ask for.
pub(super) fn edits(read: &Read<'_>, others: &[Edit]) -> Vec<Edit> {
    let text = read.text.as_str();
    let scan = &read.scan;
    let policies: Vec<&Range<usize>> = scan.policies.iter().filter(|it| text[(*it).clone()].contains("sha")).collect();
    if policies.is_empty() || others.is_empty() {
        return Vec::new();
    }
    let mut renewed = BTreeMap::new();
    for block in &scan.inline {
        let inside: Vec<Edit> =
            others.iter().filter_map(|(range, new)| Some((within(range, block)?, new.clone()))).collect();
        if !inside.is_empty() {
            let was = &text[block.clone()];
            renewed.extend(tokens(was).into_iter().zip(tokens(&replaced(was, inside))));
        }
    }
    // A script of its own file is allowed by the digest that its element carries.
    for seal in scan.seals.iter().filter(|seal| !seal.is_new) {
        let new = others.iter().find(|(range, _)| *range == seal.range).map(|(_, new)| new);
        let old = text[seal.range.clone()].split_ascii_whitespace().map(str::to_owned);
        renewed.extend(new.into_iter().flat_map(|new| old.clone().map(|old| (old, new.clone()))));
    }
    policies.into_iter().flat_map(|policy| in_policy(text, policy, &renewed)).collect()
}

fn within(range: &Range<usize>, block: &Range<usize>) -> Option<Range<usize>> {
    let lies_in = block.start <= range.start && range.end <= block.end;
    lies_in.then(|| range.start - block.start..range.end - block.start)
}

/// `sha256-…`, `sha384-…`, `sha512-…` of a block, as a browser reads it: with plain line ends (HTML, section 13.2.3.5).
fn tokens(block: &str) -> [String; 3] {
    let read = block.replace("\r\n", "\n").replace('\r', "\n");
    [
        format!("sha256-{}", STANDARD.encode(Sha256::digest(&read))),
        format!("sha384-{}", STANDARD.encode(Sha384::digest(&read))),
        format!("sha512-{}", STANDARD.encode(Sha512::digest(&read))),
    ]
}

fn in_policy(text: &str, policy: &Range<usize>, renewed: &BTreeMap<String, String>) -> Vec<Edit> {
    let written = &text[policy.clone()];
    let found = renewed.iter().flat_map(|(old, new)| {
        written.match_indices(old.as_str()).map(move |(at, _)| {
            let start = policy.start + at;
            (start..start + old.len(), new.clone())
        })
    });
    found.collect()
}
