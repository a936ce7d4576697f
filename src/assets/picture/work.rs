//! One source and everything that is encoded from it: decoded once, resized once per width, its qualities found once.
//!
//! In: an opened image and pieces of work. Out: a [`Made`] for each. Pixels live as long as the work on their source.

use super::encode::{Format, Way};
use super::fit::Fit;
use super::jpeg::{self, Keep};
use super::open::Opened;
use super::pixels::Pixels;
use super::quality::{First, Look, Sample, hold, start};
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
    at: BTreeMap<u32, At>,
    /// By width and score.
    webps: BTreeMap<(u32, u8), OnceLock<Outcome>>,
}

/// A file, none, or why not.
type Outcome = Result<Option<Made>, Diagnostic>;

/// The picture in one width, for all formats.
#[derive(Default)]
struct At {
    pixels: OnceLock<Pixels>,
    look: OnceLock<Look>,
    sample: OnceLock<Option<Sample>>,
}

impl Work {
    /// Work on a source, of these kinds.
    pub(super) fn new<'w>(opened: &Arc<Opened>, max_pixels: u64, kinds: impl Iterator<Item = &'w What>) -> Self {
        let wanted = kinds.filter_map(|what| match *what {
            What::File { width, score, .. } | What::Classic { width, score } => Some((width, score)),
            What::Fit(_) => None,
        });
        let webps: BTreeMap<_, _> = wanted.map(|it| (it, OnceLock::new())).collect();
        let at = webps.keys().map(|(width, _)| (*width, At::default())).collect();
        Self { opened: Arc::clone(opened), max_pixels, full: OnceLock::new(), drawn: OnceLock::new(), at, webps }
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
                    let pixels = full.resized(width);
                    let way = Way { quality, drawn, patient: true, whole: pixels.count() };
                    fit.format.encode(&pixels, way).map(|file| Bytes::from(file.bytes))
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
            Some(at) => Cow::Borrowed(at.pixels.get_or_init(|| full.resized(width))),
            None => Cow::Owned(full.resized(width)),
        })
    }

    /// What stands for the picture in that width while its quality is searched; nothing for a small one.
    fn sample(&self, width: u32) -> Result<Option<&Sample>, Diagnostic> {
        let (pixels, drawn) = (self.at(width)?, self.drawn(self.full()?));
        Ok(self.cell(width).sample.get_or_init(|| Sample::of(&pixels, drawn)).as_ref())
    }

    fn cell(&self, width: u32) -> &At {
        self.at.get(&width).expect("every width that is wanted has its place")
    }

    /// The picture in that format, looking as well as that for certain; nothing when that takes more bytes than the limit.
    fn held(&self, format: Format, width: u32, score: u8, limit: usize) -> Result<Option<Made>, Diagnostic> {
        let pixels = self.at(width)?;
        let drawn = self.drawn(self.full()?);
        let trial = self.sample(width)?.map(|sample| sample.trial(format, f64::from(score)));
        if trial.is_some_and(|trial| trial.bytes / 3 * 2 > limit as u64) {
            return Ok(None);
        }
        let look = self.cell(width).look.get_or_init(|| Look::of(&pixels));
        let mut misses = 0;
        let attempt = |quality: u8| {
            let file = format.encode(&pixels, Way { quality, drawn, patient: false, whole: pixels.count() })?;
            let seen = look.score(&file)?;
            let (holds, bytes) = (seen >= f64::from(score), file.bytes.len());
            misses += usize::from(!holds);
            // A better one is only larger, a worse one not much lighter; and lines that blur are soon given up where there is another file.
            let hopeless = if holds { bytes / 4 * 3 > limit } else { bytes > limit || drawn && misses >= MISSES };
            (limit == usize::MAX || !hopeless).then_some((file, seen))
        };
        let first = trial.map_or(First::Usual(start(format)), |it| First::Sampled(it.quality));
        let file = hold(f64::from(score), first, attempt);
        Ok(file.map(|file| Made { width, bytes: file.bytes.into() }))
    }

    /// The lighter of a lossy file and, of a drawing, one without loss.
    fn lightest(&self, (lossy, exact): (Format, Format), width: u32, score: u8) -> Result<Option<Made>, Diagnostic> {
        let exact = if self.drawn(self.full()?) { self.exact(exact, width)? } else { None };
        let Some(exact) = exact else { return self.held(lossy, width, score, usize::MAX) };
        if exact.bytes.len() as u64 * FLAT < self.at(width)?.count() {
            return Ok(Some(exact));
        }
        let lossy = self.held(lossy, width, score, exact.bytes.len())?;
        Ok(smaller(lossy, Some(exact)))
    }

    /// Nothing is lost.
    fn exact(&self, format: Format, width: u32) -> Result<Option<Made>, Diagnostic> {
        Ok(format.exact(&*self.at(width)?).map(|bytes| Made { width, bytes: bytes.into() }))
    }

    /// AVIF is offered before WebP, so that it must be lighter; where a few tries show that it is not, it is given up.
    fn file(&self, format: Format, width: u32, score: u8) -> Result<Option<Made>, Diagnostic> {
        if format == Format::Avif {
            let webp = self.webp(width, score)?;
            let limit = webp.as_ref().map_or(usize::MAX, |it| it.bytes.len());
            return Ok(self.held(format, width, score, limit)?.filter(|made| made.bytes.len() < limit));
        }
        if format == Format::Webp { self.webp(width, score) } else { self.best(format, width, score) }
    }

    /// The WebP of that width, made once.
    fn webp(&self, width: u32, score: u8) -> Result<Option<Made>, Diagnostic> {
        self.full()?;
        let cell = self.webps.get(&(width, score)).expect("every file that is wanted has its place");
        cell.get_or_init(|| self.best(Format::Webp, width, score)).clone()
    }

    fn best(&self, format: Format, width: u32, score: u8) -> Result<Option<Made>, Diagnostic> {
        let made = self.lightest((format, format), width, score)?;
        let own = if self.own_format() == Some(format) { self.own(width, made.as_ref()) } else { None };
        Ok(smaller(made, own))
    }

    /// JPEG for photographs, PNG for what shows through and for drawings; of those that could be either, the smaller.
    fn classic(&self, width: u32, score: u8) -> Result<Option<Made>, Diagnostic> {
        let lightest = if self.at(width)?.has_alpha() {
            self.exact(Format::Png, width)?
        } else {
            match self.lightest((Format::Jpeg, Format::Png), width, score)? {
                Some(made) => Some(made),
                None => self.exact(Format::Png, width)?,
            }
        };
        // A drawing made narrower has more colors than before, and can have more bytes than the whole.
        let own = match self.own_format() {
            Some(Format::Jpeg) => self.own(width, lightest.as_ref()),
            Some(Format::Png) => self.own(self.opened.width, lightest.as_ref()),
            _ => None,
        };
        Ok(smaller(lightest, own))
    }

    /// The format of the author's file, if it is one that we offer.
    fn own_format(&self) -> Option<Format> {
        match self.opened.format {
            ImageFormat::Jpeg => Some(Format::Jpeg),
            ImageFormat::WebP => Some(Format::Webp),
            ImageFormat::Png => Some(Format::Png),
            _ => None,
        }
    }

    /// The author's file itself, without its metadata: at full width encoding it again can make it larger, and never better.
    /// Nothing when it is so large that it cannot be lighter than what was made.
    fn own(&self, width: u32, made: Option<&Made>) -> Option<Made> {
        let opened = &self.opened;
        let hopeless = made.is_some_and(|made| opened.bytes.len() / 2 > made.bytes.len());
        if !opened.is_plain() || width != opened.width || hopeless {
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

/// So many files that do not hold are made of a drawing that has one without loss.
const MISSES: usize = 2;

/// With so many pixels for a byte nothing is gained by losing some: one bit for two pixels.
const FLAT: u64 = 16;

fn smaller(one: Option<Made>, other: Option<Made>) -> Option<Made> {
    [one, other].into_iter().flatten().min_by_key(|made| made.bytes.len())
}
