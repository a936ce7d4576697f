//! Integrity: the digests of scripts and style sheets in the pages that ask for them (W3C Subresource Integrity).
//!
//! In: where digests stand or could stand, and the bytes that were named. Out: edits. A digest is written only beside a name that
//! carries one too, or where one stands already: a file that may change under its name must not be pinned by a page.

use super::address::folder_of;
use super::naming::{self, Body, is_sealed};
use super::reading::{Site, Target};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;
use sha2::{Digest as _, Sha384};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// For each file that a seal is about, its digest as it stands in the attribute.
pub(super) struct Seals(BTreeMap<usize, Sealed>);

struct Sealed {
    digest: String,
    /// Whether the bytes are not those that were read.
    changed: bool,
}

impl Seals {
    /// Digests what the seals of all pages are about, each file once.
    pub(super) fn of(site: &Site<'_>, moved: &[Option<Body>]) -> Self {
        let wanted: BTreeSet<usize> = (0..site.keys.len()).flat_map(|at| wanted(site, at)).collect();
        let wanted: Vec<usize> = wanted.into_iter().collect();
        let to = |target: usize| moved[target].as_ref().map(|body| body.key.clone());
        let digest = |at: &usize| {
            let made = match &moved[*at] {
                Some(body) => body.bytes.clone(),
                // It keeps its name, and may name others all the same.
                None => naming::written(site, *at, folder_of(site.keys[*at]), &to).0,
            };
            let bytes = made.as_ref().or(site.files[*at].text.as_ref())?;
            let digest: [u8; 48] = Sha384::digest(bytes).into();
            let digest = format!("sha384-{}", STANDARD.encode(digest));
            Some((*at, Sealed { digest, changed: made.is_some() }))
        };
        Self(wanted.par_iter().filter_map(digest).collect())
    }

    /// What is to be written into a page.
    pub(super) fn edits(&self, site: &Site<'_>, at: usize, moved: &[Option<Body>]) -> Vec<(Range<usize>, String)> {
        let Some(read) = &site.reads[at] else { return Vec::new() };
        let edit = |seal: &super::scan::Seal| {
            let Target::File(target) = read.targets[seal.spot] else { return None };
            let Sealed { digest, changed } = self.0.get(&target)?;
            if seal.is_new {
                return moved[target].as_ref().map(|_| (seal.range.clone(), format!(" integrity=\"{digest}\"")));
            }
            // Somebody else's digest of the same bytes is as good.
            changed.then(|| (seal.range.clone(), digest.clone()))
        };
        read.scan.seals.iter().filter_map(edit).collect()
    }
}

fn wanted<'s>(site: &'s Site<'_>, at: usize) -> impl Iterator<Item = usize> + 's {
    let seals = site.reads[at].iter().flat_map(|read| read.scan.seals.iter().map(|seal| &read.targets[seal.spot]));
    seals.filter_map(|target| match target {
        Target::File(target) if is_sealed(site.keys[*target]) => Some(*target),
        _ => None,
    })
}
