//! Pages that were finished by an earlier build, found again by everything that they depend on.
//!
//! In: the world of a build (all that its pages share: settings, theme, files, which pages there are) and a page. Out: what came of the
//! page before, if nothing of it has changed: its documents, and what icons, cards and fonts have to know of it. Refuses to remember the entry
//! page, whose first flight is counted anew, and a page about which something is to be said.

use super::finish::Finished;
use super::furnish::{Furniture, Seen, Traits};
use super::page::Page;
use super::theme::Theme;
use super::{ENTRY, Options};
use crate::model::{Artifact, Class, Digest, Key, Media, Memo, Mode, Settings, Source};
use bytes::Bytes;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The sources of this program, so that what another version made is not taken for our own work.
const PROGRAM: &str = env!("LANDING_PROGRAM");

/// The memory of finished pages.
pub(super) struct Keeper<'m> {
    world: Digest,
    memo: &'m dyn Memo,
    assets: Mutex<BTreeMap<Key, Option<Artifact>>>,
    /// That were read.
    outlines: Mutex<BTreeMap<Digest, Option<Arc<Known>>>>,
    /// That are remembered, read or written.
    written: Mutex<BTreeSet<Digest>>,
}

/// What is known of a page.
pub(super) struct Kept {
    /// For each mode in which it looks different.
    pub(super) forms: Vec<(Mode, Traits, Finished)>,
    /// Of what the page was furnished with.
    pub(super) furniture: Digest,
}

/// Where the lines about the documents begin in an entry.
const LINES: usize = 2 * 32;

/// One of them: digest and length.
const LINE: usize = 32 + 4;

/// What an entry says beside its documents, which a thousand pages say alike: an entry of its own, read once.
///
/// An entry of a page is the digest of its furniture, that of its outline, digest and length (four bytes, the lowest first) of each document,
/// and the documents.
#[derive(Serialize, Deserialize)]
struct Outline {
    forms: Vec<Form>,
}

#[derive(Serialize, Deserialize)]
struct Form {
    mode: Mode,
    traits: Traits,
    refs: BTreeSet<Key>,
    assets: BTreeMap<Key, (Media, BTreeSet<Key>)>,
}

/// An outline, and for each of its forms the files that its pages need.
struct Known {
    outline: Outline,
    assets: Vec<Arc<BTreeMap<Key, Artifact>>>,
}

impl<'m> Keeper<'m> {
    /// The memory for builds in this world. `pages`: all of them, those that are left out as well.
    pub(super) fn new<'p>(
        source: &Source,
        settings: &Settings,
        theme: &Theme,
        options: Options,
        pages: impl Iterator<Item = &'p Page<'p>> + Clone,
        memo: &'m dyn Memo,
    ) -> Self {
        // A site of one page has nothing to remember, and all its files need not be digested.
        let world =
            if pages.clone().any(is_kept) { world(source, settings, theme, options, pages) } else { Digest::of(b"") };
        Self { world, memo, assets: Mutex::default(), outlines: Mutex::default(), written: Mutex::default() }
    }

    /// The page as it was, if nothing that it depends on has changed.
    pub(super) fn find(&self, page: &Page<'_>) -> Option<Kept> {
        if !is_kept(page) {
            return None;
        }
        let entry = self.memo.get(&self.key(page))?;
        let furniture = digest_at(&entry, 0)?;
        let known = self.outline(&digest_at(&entry, 32)?)?;
        let mut at = LINES + LINE * known.outline.forms.len();
        let mut forms = Vec::new();
        let lines = entry.get(LINES..at)?.as_chunks::<LINE>().0;
        for ((form, assets), line) in known.outline.forms.iter().zip(&known.assets).zip(lines) {
            let length = u32::from_le_bytes(*line.last_chunk()?) as usize;
            let end = at.checked_add(length).filter(|end| *end <= entry.len())?;
            let (bytes, sha256) = (entry.slice(at..end), digest_at(line, 0)?);
            at = end;
            let (refs, assets) = (form.refs.clone(), assets.clone());
            forms.push((form.mode, form.traits.clone(), Finished { bytes, sha256, refs, assets, anatomy: None }));
        }
        Some(Kept { forms, furniture })
    }

    /// Remembers a page: what was seen of it, and what came of it. The documents lie in the entry from then on, so that they are held once.
    pub(super) fn keep(&self, page: &Page<'_>, forms: &mut [(Mode, &Traits, &mut Finished)], furniture: &Furniture) {
        if !is_kept(page) {
            return;
        }
        let about = |(key, it): (&Key, &Artifact)| (key.clone(), (it.media.clone(), it.refs.clone()));
        let form = |(mode, traits, finished): &(Mode, &Traits, &mut Finished)| Form {
            mode: *mode,
            traits: (*traits).clone(),
            refs: finished.refs.clone(),
            assets: finished.assets.iter().map(about).collect(),
        };
        let outline = Outline { forms: forms.iter().map(form).collect() };
        let documents: usize = forms.iter().map(|(.., finished)| finished.bytes.len()).sum();
        let mut entry = Vec::with_capacity(LINES + LINE * forms.len() + documents);
        entry.extend_from_slice(furniture.digest(page).as_bytes());
        entry.extend_from_slice(self.keep_outline(&outline).as_bytes());
        for (.., finished) in &*forms {
            let length = u32::try_from(finished.bytes.len()).expect("a page has less than 4 GiB");
            entry.extend_from_slice(finished.sha256.as_bytes());
            entry.extend_from_slice(&length.to_le_bytes());
        }
        let mut at = entry.len();
        for (.., finished) in &*forms {
            entry.extend_from_slice(&finished.bytes);
        }
        let entry = Bytes::from(entry);
        for (.., finished) in forms {
            let end = at + finished.bytes.len();
            finished.bytes = entry.slice(at..end);
            at = end;
            finished.assets.iter().for_each(|(key, asset)| self.keep_asset(key, asset));
        }
        self.memo.put(&self.key(page), &entry);
    }

    fn key(&self, page: &Page<'_>) -> Digest {
        let row = format!("{:?}", page.row);
        Digest::of_parts([
            self.world.as_bytes(),
            page.spot.key.as_str().as_bytes(),
            page.source.as_str().as_bytes(),
            page.text.as_bytes(),
            row.as_bytes(),
        ])
    }

    fn outline(&self, digest: &Digest) -> Option<Arc<Known>> {
        locked(&self.outlines).entry(*digest).or_insert_with(|| self.read_outline(digest).map(Arc::new)).clone()
    }

    fn read_outline(&self, digest: &Digest) -> Option<Known> {
        let outline: Outline = serde_json::from_slice(&self.memo.get(&outline_key(digest))?).ok()?;
        let asset = |(key, about): (&Key, &_)| Some((key.clone(), self.asset(key, about)?));
        let assets = |form: &Form| Some(Arc::new(form.assets.iter().map(asset).collect::<Option<_>>()?));
        let assets = outline.forms.iter().map(assets).collect::<Option<_>>()?;
        locked(&self.written).insert(*digest);
        Some(Known { outline, assets })
    }

    /// Remembers an outline. Its digest.
    fn keep_outline(&self, outline: &Outline) -> Digest {
        let said = serde_json::to_vec(outline).expect("plain data");
        let digest = Digest::of(&said);
        if locked(&self.written).insert(digest) {
            self.memo.put(&outline_key(&digest), &said.into());
        }
        digest
    }

    /// A file that pages share: read once.
    fn asset(&self, key: &Key, (media, refs): &(Media, BTreeSet<Key>)) -> Option<Artifact> {
        let mut assets = locked(&self.assets);
        let read = || {
            let bytes = self.memo.get(&asset_key(key))?;
            Some(Artifact::new(bytes, media.clone(), Class::Asset, refs.clone()))
        };
        assets.entry(key.clone()).or_insert_with(read).clone()
    }

    fn keep_asset(&self, key: &Key, asset: &Artifact) {
        let mut assets = locked(&self.assets);
        if assets.get(key).is_some_and(Option::is_some) {
            return;
        }
        let named = asset_key(key);
        if self.memo.get(&named).is_none() {
            self.memo.put(&named, &asset.bytes);
        }
        assets.insert(key.clone(), Some(asset.clone()));
    }
}

/// Everything that all pages depend on.
fn world<'p>(
    source: &Source,
    settings: &Settings,
    theme: &Theme,
    options: Options,
    pages: impl Iterator<Item = &'p Page<'p>>,
) -> Digest {
    let files: Vec<(&Key, &Bytes)> = source.files.iter().filter(|(key, _)| !is_page(key)).collect();
    let files: Vec<String> =
        files.par_iter().map(|(key, bytes)| format!("{key} {}", Digest::of(bytes).hex())).collect();
    let theme = theme.all().map(|(path, bytes)| format!("{path} {}", Digest::of(bytes).hex()));
    let said = [PROGRAM.to_owned(), format!("{settings:?} {}", options.drafts)];
    let said: Vec<String> = said.into_iter().chain(files).chain(theme).chain(pages.map(known_of)).collect();
    Digest::of_parts(said.iter().map(String::as_bytes))
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An immutable key says which bytes it stands for.
fn asset_key(key: &Key) -> Digest {
    Digest::of_parts([PROGRAM.as_bytes(), b"asset", key.as_str().as_bytes()])
}

fn outline_key(digest: &Digest) -> Digest {
    Digest::of_parts([PROGRAM.as_bytes(), b"outline", digest.as_bytes()])
}

fn digest_at(entry: &[u8], at: usize) -> Option<Digest> {
    Some(Digest::from_bytes(entry.get(at..at + 32)?.try_into().ok()?))
}

fn is_page(key: &Key) -> bool {
    key.as_str().starts_with("site/") && key.extension() == "md"
}

fn is_kept(page: &Page<'_>) -> bool {
    page.spot.key.as_str() != ENTRY
}

/// What other pages show of a page, or depend on: where it is, what it is called, which part it plays. Not its prose.
fn known_of(page: &Page<'_>) -> String {
    let spot = &page.spot;
    let part = (spot.class, spot.is_first_language, spot.holding, page.is_listed(), page.draft, page.modes);
    let names =
        (&page.source, &spot.key, &spot.language.tag, &spot.inside, &page.title, &page.template, &page.canonical);
    format!("{names:?} {part:?} {:?}", page.date)
}

/// The page as the furnishers see it.
pub(super) fn seen<'p, 'a>(page: &'p Page<'a>, kept: &Kept) -> Vec<Seen<'p, 'a>> {
    kept.forms.iter().map(|(mode, traits, _)| Seen { page, mode: *mode, traits: traits.clone() }).collect()
}
