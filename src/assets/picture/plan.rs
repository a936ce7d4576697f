//! Which work the asks need, and doing it: each distinct piece once, what is remembered not at all, the rest in parallel.
//!
//! A source is decoded when the first piece of work needs its pixels and dropped with its last one; work is handed out
//! source by source, so about as many sources are in memory as there are threads.

use super::choose::choose;
use super::encode::Format;
use super::fit::{Fit, Found};
use super::jpeg::{self, Keep};
use super::open::{Opened, open};
use super::pixels::{Pixels, height_at};
use super::{Inline, Picture, PictureAsk, Rendition};
use crate::assets::ALGORITHMS;
use crate::diag::{Code, Diagnostic, Diagnostics, Place};
use crate::model::{Digest, Key, Memo, Source};
use crate::text;
use bytes::Bytes;
use image::ImageFormat;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

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
    let tasks = tasks(asks, &opened);
    let known: BTreeMap<Digest, Bytes> =
        tasks.par_iter().filter_map(|task| Some((task.digest, memo.get(&task.digest)?))).collect();
    let todo: Vec<Task> = tasks.into_iter().filter(|task| !known.contains_key(&task.digest)).collect();
    // A bridge over the list rather than a split of it: heavy pieces are handed out one by one, in order.
    let mut done: Vec<(Digest, Result<Bytes, Diagnostic>)> = todo
        .into_iter()
        .par_bridge()
        .map(|task| {
            let made = task.run();
            if let Ok(bytes) = &made {
                memo.put(&task.digest, bytes);
                progress(&task.name());
            }
            (task.digest, made)
        })
        .collect();
    done.sort_by_key(|(digest, _)| *digest);
    let mut results = known;
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

/// A source with its pixels, as far as somebody needed them.
struct Work {
    opened: Arc<Opened>,
    max_pixels: u64,
    full: OnceLock<Result<Pixels, String>>,
    /// Resized once for all formats.
    at: BTreeMap<u32, OnceLock<Pixels>>,
}

impl Work {
    fn full(&self) -> Result<&Pixels, Diagnostic> {
        let decoded = self.full.get_or_init(|| Pixels::decode(&self.opened, self.max_pixels));
        decoded.as_ref().map_err(|why| self.opened.broken(why))
    }

    fn at(&self, width: u32) -> Result<std::borrow::Cow<'_, Pixels>, Diagnostic> {
        let full = self.full()?;
        Ok(match self.at.get(&width) {
            _ if width >= full.width => std::borrow::Cow::Borrowed(full),
            Some(cell) => std::borrow::Cow::Borrowed(cell.get_or_init(|| full.resized(width))),
            None => std::borrow::Cow::Owned(full.resized(width)),
        })
    }
}

/// One piece of work.
struct Task {
    digest: Digest,
    work: Arc<Work>,
    what: What,
}

/// Its kind.
#[derive(Clone, Debug)]
enum What {
    File { format: Format, width: u32 },
    Fit(Fit),
}

impl What {
    /// The memo key: everything that the result depends on.
    fn digest(&self, opened: &Opened) -> Digest {
        let recipe = match self {
            Self::File { format, width } => format!("{} w{width}", format.recipe(format.quality())),
            Self::Fit(fit) => fit.recipe(),
        };
        Digest::of_parts([ALGORITHMS.as_bytes(), recipe.as_bytes(), opened.digest.as_bytes()])
    }
}

impl Task {
    fn name(&self) -> String {
        let stem = self.work.opened.key.stem();
        match &self.what {
            What::File { format, width } => format!("{stem}-{width}.{}", format.extension()),
            What::Fit(fit) => format!("{stem} inline.{}", fit.format.extension()),
        }
    }

    /// The value for the memo. An encoder that cannot hold the picture gives an empty one: that is remembered too.
    fn run(&self) -> Result<Bytes, Diagnostic> {
        match &self.what {
            What::File { format, width } => self.file(*format, *width),
            What::Fit(fit) => {
                let full = self.work.full()?;
                let found =
                    fit.search(|width, quality| fit.format.encode(&full.resized(width), quality).map(Bytes::from));
                Ok(found.map_or_else(Bytes::new, |found| pack(&found)))
            }
        }
    }

    fn file(&self, format: Format, width: u32) -> Result<Bytes, Diagnostic> {
        let pixels = self.work.at(width)?;
        let made = format.encode(&pixels, format.quality()).map(Bytes::from);
        let own = (width == self.work.opened.width && self.work.opened.fallback() == format)
            .then(|| own_bytes(&self.work.opened));
        Ok([made, own.flatten()].into_iter().flatten().min_by_key(Bytes::len).unwrap_or_default())
    }
}

/// The author's file itself, without its metadata: at full width encoding it again can make it larger, and never better.
fn own_bytes(opened: &Opened) -> Option<Bytes> {
    if !opened.is_plain() {
        return None;
    }
    match opened.format {
        ImageFormat::Jpeg => jpeg::stripped(&opened.bytes, Keep { orientation: None, profile: false }).map(Bytes::from),
        // A WebP that begins with its picture has no metadata (RFC 9649, section 2.5: those need the extended header).
        ImageFormat::WebP => matches!(opened.bytes.get(12..16), Some(b"VP8 " | b"VP8L")).then(|| opened.bytes.clone()),
        // PNG is lossless: encoding it again is the same picture.
        _ => None,
    }
}

/// All distinct pieces, source by source, the longest first.
fn tasks(asks: &[PictureAsk], opened: &BTreeMap<Key, Arc<Opened>>) -> Vec<Task> {
    let mut out = Vec::new();
    for (key, opened) in opened {
        let mine: Vec<&PictureAsk> = asks.iter().filter(|ask| ask.source == *key).collect();
        let work = Arc::new(Work {
            opened: Arc::clone(opened),
            max_pixels: mine.iter().map(|ask| ask.max_pixels).max().unwrap_or_default(),
            full: OnceLock::new(),
            at: mine.iter().flat_map(|ask| widths(ask, opened)).map(|width| (width, OnceLock::new())).collect(),
        });
        let mut seen = BTreeSet::new();
        for what in mine
            .iter()
            .filter_map(|ask| fit(ask, opened))
            .map(What::Fit)
            .chain(mine.iter().flat_map(|ask| files(ask, opened)))
        {
            let digest = what.digest(opened);
            if seen.insert(digest) {
                out.push(Task { digest, work: Arc::clone(&work), what });
            }
        }
    }
    out
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

fn formats(ask: &PictureAsk, opened: &Opened) -> Vec<Format> {
    let first = if ask.avif { &[Format::Avif, Format::Webp][..] } else { &[Format::Webp] };
    let fallback = opened.fallback();
    first.iter().copied().filter(|format| *format != fallback).chain([fallback]).collect()
}

fn files(ask: &PictureAsk, opened: &Opened) -> Vec<What> {
    let formats = formats(ask, opened);
    let widths = widths(ask, opened);
    formats.iter().flat_map(|&format| widths.iter().rev().map(move |&width| What::File { format, width })).collect()
}

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
    let rendition = |what: What| {
        let bytes = results.get(&what.digest(opened)).filter(|bytes| !bytes.is_empty())?;
        let What::File { format, width } = what else { return None };
        Some(Rendition {
            media: format.media(),
            width,
            height: height_at((opened.width, opened.height), width),
            bytes: bytes.clone(),
            extension: format.extension(),
        })
    };
    let groups = formats(ask, opened)
        .into_iter()
        .map(|format| {
            widths(ask, opened).into_iter().filter_map(|width| rendition(What::File { format, width })).collect()
        })
        .collect();
    let sources = choose(groups);
    if sources.is_empty() {
        return Err(opened.broken(&format!("no format can hold {} x {} pixels", opened.width, opened.height)));
    }
    let inline = fit(ask, opened).and_then(|fit| {
        let found = unpack(results.get(&What::Fit(fit.clone()).digest(opened))?)?;
        let height = height_at((opened.width, opened.height), found.width);
        Some(Inline { media: fit.format.media(), bytes: found.bytes, width: found.width, height })
    });
    Ok(Picture { width: opened.width, height: opened.height, sources, inline, warnings: opened.warnings.clone() })
}

/// Width, quality, file: what the memo keeps of a search. Nothing found is an empty value.
fn pack(found: &Found) -> Bytes {
    let mut out = found.width.to_le_bytes().to_vec();
    out.push(found.quality);
    out.extend_from_slice(&found.bytes);
    out.into()
}

fn unpack(raw: &Bytes) -> Option<Found> {
    let width = u32::from_le_bytes(raw.get(..4)?.try_into().ok()?);
    Some(Found { width, quality: *raw.get(4)?, bytes: raw.slice(5..) })
}
