//! One source and everything that is encoded from it: decoded once, resized once per width, its qualities found once.
//!
//! In: an opened image and pieces of work. Out: a [`Made`] for each. Pixels live as long as the work on their source.

use super::encode::{Format, Way};
use super::fit::Fit;
use super::jpeg::{self, Keep};
use super::open::Opened;
use super::pixels::Pixels;
use super::quality::{Look, Sample, hold};
use crate::diag::Diagnostic;
use bytes::Bytes;
use image::ImageFormat;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// One kind of work.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A file in a format of the web, which must look so well.
    File { format: Format, width: u32, score: u8 },
    /// The file that every browser shows: JPEG or PNG, whichever suits the picture.
    Classic { width: u32, score: u8 },
    /// The best under a limit of bytes.
    Fit(Fit),
}

impl What {
    /// Everything that the result depends on beside the source, for the memo key.
    pub(super) fn recipe(&self) -> String {
        match self {
            Self::File { format, width, score } => format!("{} w{width} s{score}", format.extension()),
            Self::Classic { width, score } => format!("classic w{width} s{score}"),
            Self::Fit(fit) => fit.recipe(),
        }
    }

    /// What people are told is being made.
    pub(super) fn name(&self, stem: &str) -> String {
        match self {
            Self::File { format, width, .. } => format!("{stem}-{width}.{}", format.extension()),
            Self::Classic { width, .. } => format!("{stem}-{width}"),
            Self::Fit(fit) => format!("{stem} inline.{}", fit.format.extension()),
        }
    }
}

/// A finished file, or none where no encoder can hold the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) width: u32,
    pub(super) bytes: Bytes,
}

impl Made {
    /// For the memo: the width, then the file. Nothing is an empty value; that is remembered too.
    pub(super) fn pack(made: Option<&Self>) -> Bytes {
        made.map_or_else(Bytes::new, |it| [&it.width.to_le_bytes()[..], &it.bytes].concat().into())
    }

    /// From the memo.
    pub(super) fn unpack(raw: &Bytes) -> Option<Self> {
        let width = u32::from_le_bytes(raw.get(..4)?.try_into().ok()?);
        (raw.len() > 4).then(|| Self { width, bytes: raw.slice(4..) })
    }
}

/// A source with its pixels, as far as somebody needed them.
pub(super) struct Work {
    pub(super) opened: Arc<Opened>,
    max_pixels: u64,
    full: OnceLock<Result<Pixels, String>>,
    drawn: OnceLock<bool>,
    sample: OnceLock<Sample>,
    qualities: BTreeMap<(Format, u8), OnceLock<u8>>,
    /// Resized once for all formats, and what that looks like.
    at: BTreeMap<u32, (OnceLock<Pixels>, OnceLock<Look>)>,
}

impl Work {
    /// Work on a source, of these kinds.
    pub(super) fn new<'w>(opened: &Arc<Opened>, max_pixels: u64, kinds: impl Iterator<Item = &'w What>) -> Self {
        let (mut at, mut qualities) = (BTreeMap::new(), BTreeMap::new());
        for what in kinds {
            match *what {
                What::File { format, width, score } => {
                    at.insert(width, Default::default());
                    qualities.insert((format, score), OnceLock::new());
                }
                What::Classic { width, score } => {
                    at.insert(width, Default::default());
                    qualities.insert((Format::Jpeg, score), OnceLock::new());
                }
                What::Fit(_) => {}
            }
        }
        let opened = Arc::clone(opened);
        let (full, drawn, sample) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { opened, max_pixels, full, drawn, sample, qualities, at }
    }

    /// Does one piece.
    pub(super) fn run(&self, what: &What) -> Result<Option<Made>, Diagnostic> {
        match what {
            What::File { format, width, score } => self.file(*format, *width, *score),
            What::Classic { width, score } => self.classic(*width, *score),
            What::Fit(fit) => {
                let full = self.full()?;
                let drawn = self.drawn(full);
                let encode = |width: u32, quality: u8| {
                    let way = Way { quality, drawn, patient: true };
                    fit.format.encode(&full.resized(width), way).map(|file| Bytes::from(file.bytes))
                };
                Ok(fit.search(encode).map(|found| Made { width: found.width, bytes: found.bytes }))
            }
        }
    }

    fn full(&self) -> Result<&Pixels, Diagnostic> {
        let decoded = self.full.get_or_init(|| Pixels::decode(&self.opened, self.max_pixels));
        decoded.as_ref().map_err(|why| self.opened.broken(why))
    }

    fn drawn(&self, full: &Pixels) -> bool {
        *self.drawn.get_or_init(|| full.is_flat())
    }

    fn at(&self, width: u32) -> Result<Cow<'_, Pixels>, Diagnostic> {
        let full = self.full()?;
        Ok(match self.at.get(&width) {
            _ if width >= full.width => Cow::Borrowed(full),
            Some((cell, _)) => Cow::Borrowed(cell.get_or_init(|| full.resized(width))),
            None => Cow::Owned(full.resized(width)),
        })
    }

    /// The quality at which a sample of the picture looks as well as that.
    fn quality(&self, format: Format, score: u8) -> Result<u8, Diagnostic> {
        let full = self.full()?;
        let find = || {
            let sample = self.sample.get_or_init(|| Sample::of(full, self.drawn(full)));
            sample.quality(format, f64::from(score))
        };
        Ok(match self.qualities.get(&(format, score)) {
            Some(cell) => *cell.get_or_init(find),
            None => find(),
        })
    }

    /// The picture in that format, looking as well as that for certain.
    fn held(&self, format: Format, width: u32, score: u8) -> Result<Option<Made>, Diagnostic> {
        let pixels = self.at(width)?;
        let drawn = self.drawn(self.full()?);
        let cell = &self.at.get(&width).expect("every width that is wanted has its place").1;
        let look = cell.get_or_init(|| Look::of(&pixels));
        let attempt = |quality: u8| {
            let file = format.encode(&pixels, Way { quality, drawn, patient: false })?;
            let seen = look.score(&file)?;
            Some((file, seen))
        };
        let file = hold(f64::from(score), self.quality(format, score)?, attempt);
        Ok(file.map(|file| Made { width, bytes: file.bytes.into() }))
    }

    /// Nothing is lost.
    fn exact(&self, format: Format, width: u32) -> Result<Option<Made>, Diagnostic> {
        Ok(format.exact(&*self.at(width)?).map(|bytes| Made { width, bytes: bytes.into() }))
    }

    fn file(&self, format: Format, width: u32, score: u8) -> Result<Option<Made>, Diagnostic> {
        let lossy = self.held(format, width, score)?;
        let exact = if self.drawn(self.full()?) { self.exact(format, width)? } else { None };
        let own = self.own(width).filter(|own| Format::of(&own.bytes) == format);
        Ok(smaller(smaller(lossy, exact), own))
    }

    /// JPEG for photographs, PNG for what shows through and for drawings; of those that could be either, the smaller.
    fn classic(&self, width: u32, score: u8) -> Result<Option<Made>, Diagnostic> {
        let opaque = !self.at(width)?.has_alpha();
        let jpeg = if opaque { self.held(Format::Jpeg, width, score)? } else { None };
        let exact = if jpeg.is_none() || self.drawn(self.full()?) { self.exact(Format::Png, width)? } else { None };
        let lightest = smaller(jpeg, exact);
        // A drawing made narrower has more colors than before, and can have more bytes than the whole.
        let whole =
            self.own(self.opened.width).filter(|own| matches!(Format::of(&own.bytes), Format::Jpeg | Format::Png));
        let keeps = |own: &Made| own.width == width || Format::of(&own.bytes) == Format::Png;
        Ok(smaller(lightest, whole.filter(keeps)))
    }

    /// The author's file itself, without its metadata: at full width encoding it again can make it larger, and never better.
    fn own(&self, width: u32) -> Option<Made> {
        let opened = &self.opened;
        if !opened.is_plain() || width != opened.width {
            return None;
        }
        let bytes = match opened.format {
            ImageFormat::Jpeg => {
                jpeg::stripped(&opened.bytes, Keep { orientation: None, profile: false }).map(Bytes::from)
            }
            // A WebP that begins with its picture has no metadata (RFC 9649, section 2.5: those need the extended header).
            ImageFormat::WebP => {
                matches!(opened.bytes.get(12..16), Some(b"VP8 " | b"VP8L")).then(|| opened.bytes.clone())
            }
            ImageFormat::Png => super::encode::stripped_png(&opened.bytes).map(Bytes::from),
            _ => None,
        }?;
        Some(Made { width, bytes })
    }
}

fn smaller(one: Option<Made>, other: Option<Made>) -> Option<Made> {
    [one, other].into_iter().flatten().min_by_key(|made| made.bytes.len())
}
