//! Which work the asks need, and doing it: each distinct piece once, what is remembered not at all, the rest in parallel.
//!
//! A source is decoded when the first piece of work needs its pixels and dropped with its last one; work is handed out
//! source by source, so about as many sources are in memory as there are threads.

use super::choose::choose;
use super::encode::Format;
use super::fit::Fit;
use super::open::{Opened, open};
use super::pixels::height_at;
use super::work::{Made, What, Work};
use super::{Inline, Picture, PictureAsk, Rendition};
use crate::assets::ALGORITHMS;
use crate::diag::{Code, Diagnostic, Diagnostics, Place};
use crate::model::{Digest, Key, Memo, Source};
use crate::text;
use bytes::Bytes;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All pictures that are asked for, in the order of the asks. `progress` hears the name of each file that was encoded;
/// what was remembered is silent.
///
/// # Errors
/// Everything that is wrong with the sources, at once.
pub fn pictures(
    asks: &[PictureAsk],
    source: &Source,
    memo: &dyn Memo,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Vec<Picture>, Diagnostics> {
    let opened = open_all(asks, source)?;
    let jobs: Vec<Job> = opened.iter().map(|(key, opened)| Job::new(key, opened, asks, memo)).collect();
    // Threads take sources, and help each other with the last: so few sources are in memory at a time.
    let done: Vec<(Digest, Result<Bytes, Diagnostic>)> =
        jobs.into_par_iter().flat_map_iter(|job| job.run(memo, progress)).collect();
    let mut results = BTreeMap::new();
    let mut wrong = BTreeMap::new();
    for (digest, made) in done {
        match made {
            Ok(bytes) => _ = results.insert(digest, bytes),
            Err(diagnostic) => _ = wrong.insert(diagnostic.message.clone(), diagnostic),
        }
    }
    let pictures = Diagnostics::unless(wrong.into_values().collect(), ())
        .map(|()| asks.iter().map(|ask| assemble(ask, &opened[&ask.source], &results)))?;
    collect(pictures)
}

fn collect(each: impl Iterator<Item = Result<Picture, Diagnostic>>) -> Result<Vec<Picture>, Diagnostics> {
    let (mut pictures, mut wrong) = (Vec::new(), Vec::new());
    for one in each {
        match one {
            Ok(picture) => pictures.push(picture),
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    Diagnostics::unless(wrong, pictures)
}

/// The header of every source, read once.
fn open_all(asks: &[PictureAsk], source: &Source) -> Result<BTreeMap<Key, Arc<Opened>>, Diagnostics> {
    let limits: BTreeMap<&Key, u64> = asks.iter().map(|ask| (&ask.source, ask.max_pixels)).collect();
    let headers: Vec<(&Key, Result<Opened, Diagnostic>)> = limits
        .into_par_iter()
        .map(|(key, max_pixels)| {
            let bytes = source.files.get(key).ok_or_else(|| missing(key, source));
            (key, bytes.and_then(|bytes| open(key, bytes, max_pixels)))
        })
        .collect();
    let (mut opened, mut wrong) = (BTreeMap::new(), Vec::new());
    for (key, header) in headers {
        match header {
            Ok(header) => _ = opened.insert(key.clone(), Arc::new(header)),
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    Diagnostics::unless(wrong, opened)
}

fn missing(key: &Key, source: &Source) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::MissingAsset, format!("there is no file `{key}`"));
    match text::nearest(key.as_str(), source.files.keys().map(Key::as_str)) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => {
            diagnostic.hint("put the image there, or correct its name where it is used").at(Place::file(key.as_str()))
        }
    }
}

/// All work on one source: what is remembered, and what is to be done.
struct Job {
    known: Vec<(Digest, Bytes)>,
    due: Vec<(Digest, What)>,
    work: Work,
}

impl Job {
    fn new(key: &Key, opened: &Arc<Opened>, asks: &[PictureAsk], memo: &dyn Memo) -> Self {
        let mine: Vec<&PictureAsk> = asks.iter().filter(|ask| ask.source == *key).collect();
        let (mut seen, mut known, mut due) = (BTreeSet::new(), Vec::new(), Vec::new());
        for what in mine.iter().flat_map(|ask| wanted(ask, opened)) {
            let digest = digest(&what, opened);
            if seen.insert(digest) {
                match memo.get(&digest).filter(|bytes| bytes.is_empty() || Made::unpack(bytes).is_some()) {
                    Some(bytes) => known.push((digest, bytes)),
                    None => due.push((digest, what)),
                }
            }
        }
        let max_pixels = mine.iter().map(|ask| ask.max_pixels).max().unwrap_or_default();
        let work = Work::new(opened, max_pixels, due.iter().map(|(_, what)| what));
        Self { known, due, work }
    }

    fn run(self, memo: &dyn Memo, progress: &(dyn Fn(&str) + Sync)) -> Vec<(Digest, Result<Bytes, Diagnostic>)> {
        let stem = self.work.opened.key.stem();
        let made = self.due.par_iter().map(|(digest, what)| {
            let made = self.work.run(what).map(|made| Made::pack(made.as_ref()));
            if let Ok(bytes) = &made {
                memo.put(digest, bytes);
                progress(&what.name(stem));
            }
            (*digest, made)
        });
        let made: Vec<_> = made.collect();
        self.known.into_iter().map(|(digest, bytes)| (digest, Ok(bytes))).chain(made).collect()
    }
}

fn digest(what: &What, opened: &Opened) -> Digest {
    Digest::of_parts([ALGORITHMS.as_bytes(), what.recipe().as_bytes(), opened.digest.as_bytes()])
}

/// Everything that an ask needs, the longest work first.
fn wanted(ask: &PictureAsk, opened: &Opened) -> Vec<What> {
    let files = formats(ask).iter().flat_map(|format| files(ask, opened, *format));
    fit(ask, opened).map(What::Fit).into_iter().chain(files).chain([classic(ask, opened), What::Tone]).collect()
}

/// The wanted widths, those beyond the source as the source's own. What was asked for just below that one (within a tenth)
/// goes then: nobody can tell the two apart, and each costs an encoding in every format.
fn widths(ask: &PictureAsk, opened: &Opened) -> BTreeSet<u32> {
    let wanted = || ask.widths.iter().copied().filter(|width| *width > 0);
    let own = opened.width;
    let mut widths: BTreeSet<u32> = wanted().map(|width| width.min(own)).collect();
    if widths.is_empty() {
        widths.insert(own);
    }
    if wanted().any(|width| width > own) {
        widths.retain(|width| *width == own || u64::from(*width) * 10 < u64::from(own) * 9);
    }
    widths
}

fn formats(ask: &PictureAsk) -> &'static [Format] {
    if ask.avif { &[Format::Avif, Format::Webp] } else { &[Format::Webp] }
}

/// One file for each width, the widest first.
fn files(ask: &PictureAsk, opened: &Opened, format: Format) -> Vec<What> {
    let classic = classic_width(ask, opened);
    let widths = widths(ask, opened).into_iter().rev();
    widths.map(|width| What::File { format, width, score: ask.score, classic }).collect()
}

/// What browsers without WebP show, two in a hundred, and other sites: one file, wide enough for a phone of their time.
fn classic(ask: &PictureAsk, opened: &Opened) -> What {
    What::Classic { width: classic_width(ask, opened), score: ask.score }
}

fn classic_width(ask: &PictureAsk, opened: &Opened) -> u32 {
    let widths = widths(ask, opened);
    widths.iter().find(|width| **width >= CLASSIC_WIDTH).or(widths.last()).copied().unwrap_or(opened.width)
}

/// Nothing narrower when there is something wider.
const CLASSIC_WIDTH: u32 = 640;

fn fit(ask: &PictureAsk, opened: &Opened) -> Option<Fit> {
    if let Some(hero) = ask.hero {
        let format = if ask.avif { Format::Avif } else { Format::Webp };
        return Some(Fit::hero(format, opened.width, hero.max_bytes));
    }
    let widest = widths(ask, opened).last().copied()?;
    ask.inline_max.map(|max_bytes| Fit::inline(opened.width, widest, max_bytes))
}

/// What was asked for, from the finished pieces.
fn assemble(ask: &PictureAsk, opened: &Opened, results: &BTreeMap<Digest, Bytes>) -> Result<Picture, Diagnostic> {
    let height = |width: u32| height_at((opened.width, opened.height), width);
    let made = |what: &What| Made::unpack(results.get(&digest(what, opened))?);
    let rendition = |what: What| {
        let Made { width, bytes } = made(&what)?;
        let format = Format::of(&bytes);
        let (media, extension, digest) = (format.media(), format.extension(), Digest::of(&bytes));
        Some(Rendition { media, width, height: height(width), bytes, digest, extension })
    };
    let better = formats(ask).iter().map(|format| files(ask, opened, *format));
    let groups = better.chain([vec![classic(ask, opened)]]);
    let sources = choose(groups.map(|group| group.into_iter().filter_map(rendition).collect()).collect());
    if sources.is_empty() {
        return Err(opened.broken(&format!("no format can hold {} x {} pixels", opened.width, opened.height)));
    }
    let inline = fit(ask, opened).and_then(|fit| {
        let Made { width, bytes } = made(&What::Fit(fit.clone()))?;
        Some(Inline { media: fit.format.media(), bytes, width, height: height(width) })
    });
    let tone = made(&What::Tone).and_then(|it| it.bytes[..].try_into().ok());
    let (width, height, warnings) = (opened.width, opened.height, opened.warnings.clone());
    Ok(Picture { width, height, sources, inline, tone, warnings })
}
