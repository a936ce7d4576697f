//! One source and everything that is encoded from it: decoded once, resized once per width, its qualities found once.
//!
//! In: an opened image and pieces of work. Out: a [`Made`] for each. Pixels live as long as the work on their source.

use super::encode::{Format, Way};
use super::fit::Fit;
use super::jpeg::{self, Keep};
use super::open::Opened;
use super::pixels::{Pixels, height_at};
use super::quality::{First, Look, Sample, hold, start};
use crate::diag::Diagnostic;
use bytes::Bytes;
use image::ImageFormat;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// One kind of work.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A file in a format of the web, which must look so well. `classic` is the width of the one that every browser shows: what is offered before
    /// it must be lighter.
    File { format: Format, width: u32, score: u8, classic: u32 },
    /// The file that every browser shows: JPEG or PNG, whichever suits the picture.
    Classic { width: u32, score: u8 },
    /// The best under a limit of bytes.
    Fit(Fit),
    /// Three bytes, red, green, blue: the color of its place until it is there. None where something shows through.
    Tone,
}

impl What {
    /// Everything that the result depends on beside the source, for the memo key.
    pub(super) fn recipe(&self) -> String {
        match self {
            Self::File { format, width, score, classic } => {
                format!("{} w{width} s{score} before w{classic}", format.extension())
            }
            Self::Classic { width, score } => format!("classic w{width} s{score}"),
            Self::Fit(fit) => fit.recipe(),
            Self::Tone => "tone".to_owned(),
        }
    }

    /// What people are told is being made.
    pub(super) fn name(&self, stem: &str) -> String {
        match self {
            Self::File { format, width, .. } => format!("{stem}-{width}.{}", format.extension()),
            Self::Classic { width, .. } => format!("{stem}-{width}"),
            Self::Fit(fit) => format!("{stem} inline.{}", fit.format.extension()),
            Self::Tone => format!("{stem} color"),
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
    /// By format, width, score, and the width of the classic.
    files: BTreeMap<(Format, u32, u8, u32), Cell>,
    /// By width and score.
    classics: BTreeMap<(u32, u8), Cell>,
    /// Without loss, by format and width.
    exacts: BTreeMap<(Format, u32), Cell>,
    /// See [`Self::whole`].
    wholes: BTreeMap<Format, Cell>,
}

/// A file, none, or why not.
type Outcome = Result<Option<Made>, Diagnostic>;

/// The place of a file that is made once.
type Cell = OnceLock<Outcome>;

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
        let (mut files, mut classics) = (BTreeMap::new(), BTreeMap::new());
        for what in kinds {
            match *what {
                What::File { width, score, classic, .. } => {
                    for format in [Format::Avif, Format::Webp] {
                        files.extend([width, classic].map(|width| ((format, width, score, classic), Cell::new())));
                    }
                    classics.insert((classic, score), Cell::new());
                }
                What::Classic { width, score } => _ = classics.insert((width, score), Cell::new()),
                What::Fit(_) | What::Tone => {}
            }
        }
        let widths: BTreeSet<u32> =
            files.keys().map(|(_, width, ..)| *width).chain(classics.keys().map(|(width, _)| *width)).collect();
        let exact = |width: u32| [Format::Webp, Format::Png].map(|format| ((format, width), Cell::new()));
        let exacts = widths.iter().copied().chain([opened.width]).flat_map(exact).collect();
        let at = widths.into_iter().map(|width| (width, At::default())).collect();
        let wholes = [Format::Webp, Format::Png].map(|format| (format, Cell::new())).into();
        let (opened, full, drawn) = (Arc::clone(opened), OnceLock::new(), OnceLock::new());
        Self { opened, max_pixels, full, drawn, at, files, classics, exacts, wholes }
    }

    /// Does one piece.
    pub(super) fn run(&self, what: &What) -> Result<Option<Made>, Diagnostic> {
        match what {
            What::File { format, width, score, classic } => self.file(*format, *width, *score, *classic),
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
            What::Tone => {
                let tone = self.full()?.tone();
                Ok(tone.map(|color| Made { width: 1, bytes: Bytes::copy_from_slice(&color) }))
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
        let trial = match self.sample(width)? {
            None => None,
            Some(sample) => match sample.trial(format, f64::from(score), limit) {
                None => return Ok(None),
                found => found,
            },
        };
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
        let first = trial.map_or(First::Usual(start(format)), First::Sampled);
        let file = hold(f64::from(score), first, attempt);
        Ok(file.map(|file| Made { width, bytes: file.bytes.into() }))
    }

    /// The lighter of a lossy file and, of a drawing, one without loss; nothing when neither can have fewer bytes than the limit.
    fn lightest(&self, (lossy, exact): (Format, Format), width: u32, score: u8, limit: usize) -> Outcome {
        // What a JPEG has lost is noise, which without loss is dear, though much of it be one color: a blurred ground.
        let drawn = self.drawn(self.full()?) && self.opened.format != ImageFormat::Jpeg;
        let exact = if drawn && self.may_be_exact(exact, width, limit)? { self.exact(exact, width)? } else { None };
        if exact.as_ref().is_some_and(|it| self.is_flat(it, width)) {
            return Ok(exact);
        }
        let limit = exact.as_ref().map_or(limit, |it| it.bytes.len().min(limit));
        Ok(smaller(self.held(lossy, width, score, limit)?, exact))
    }

    /// Nothing is lost.
    fn exact(&self, format: Format, width: u32) -> Outcome {
        let full = self.full()?;
        let make = || Ok(format.exact(&*self.at(width)?).map(|bytes| Made { width, bytes: bytes.into() }));
        self.exacts.get(&(format, width.min(full.width))).map_or_else(make, |cell| cell.get_or_init(make).clone())
    }

    /// Whether it may have fewer bytes than the limit, by the sample.
    fn may_be_exact(&self, format: Format, width: u32, limit: usize) -> Result<bool, Diagnostic> {
        let sample = if limit == usize::MAX { None } else { self.sample(width)? };
        Ok(sample.is_none_or(|sample| sample.may_be_exact(format, limit)))
    }

    /// So few bytes for so many pixels that nothing is gained by losing some.
    fn is_flat(&self, made: &Made, width: u32) -> bool {
        made.bytes.len() as u64 * FLAT < self.count(width)
    }

    fn count(&self, width: u32) -> u64 {
        let opened = &self.opened;
        u64::from(width) * u64::from(height_at((opened.width, opened.height), width))
    }

    /// A drawing as large as its author made it, without loss, where that takes next to nothing. Made narrower it has more colors and, nearly
    /// always, more bytes.
    fn whole(&self, format: Format) -> Outcome {
        let full = self.full()?;
        let (count, bytes) = (full.count(), self.opened.bytes.len() as u64);
        let simple = self.opened.format != ImageFormat::Jpeg && bytes * FLAT / 2 < count;
        if count > WHOLE_PIXELS || !simple || !self.drawn(full) {
            return Ok(None);
        }
        let cell = self.wholes.get(&format).expect("both formats have their place");
        let make = || {
            let own = if self.own_format() == Some(format) { self.own(full.width, None) } else { None };
            let made = if own.is_some() { own } else { self.exact(format, full.width)? };
            Ok(made.filter(|it| self.is_flat(it, full.width)))
        };
        cell.get_or_init(make).clone()
    }

    /// A file in a format of the web, if it is worth being offered.
    fn file(&self, format: Format, width: u32, score: u8, classic: u32) -> Outcome {
        self.full()?;
        let cell = self.files.get(&(format, width, score, classic)).expect("every file that is wanted has its place");
        let make =
            || if format == Format::Avif { self.avif(width, score, classic) } else { self.webp(width, score, classic) };
        cell.get_or_init(make).clone()
    }

    /// AVIF is offered before WebP, so that it must be lighter; where a few tries show that it is not, it is given up. Where the one beside the
    /// classic is not lighter, none is ever offered; nor beside a whole drawing.
    fn avif(&self, width: u32, score: u8, classic: u32) -> Outcome {
        let webp = self.file(Format::Webp, width, score, classic)?;
        if webp.as_ref().is_some_and(|it| it.width > width)
            || width != classic && self.file(Format::Avif, classic, score, classic)?.is_none()
        {
            return Ok(None);
        }
        let next = match webp {
            None if width <= classic => self.classic(classic, score)?,
            webp => webp,
        };
        let limit = next.map_or(usize::MAX, |it| it.bytes.len());
        Ok(self.held(Format::Avif, width, score, limit)?.filter(|made| made.bytes.len() < limit))
    }

    /// WebP. Of a photograph the one beside the classic decides: where that is not lighter, none is ever offered.
    fn webp(&self, width: u32, score: u8, classic: u32) -> Outcome {
        let whole = self.whole(Format::Webp)?;
        if whole.as_ref().is_some_and(|it| self.is_flat(it, width)) {
            return Ok(whole);
        }
        let limit = match &whole {
            Some(whole) => whole.bytes.len(),
            None if self.drawn(self.full()?) => usize::MAX,
            None if width == classic => self.classic(classic, score)?.map_or(usize::MAX, |it| it.bytes.len()),
            None if self.file(Format::Webp, classic, score, classic)?.is_none() => return Ok(None),
            None => usize::MAX,
        };
        let made = self.lightest((Format::Webp, Format::Webp), width, score, limit)?;
        let own = if self.own_format() == Some(Format::Webp) { self.own(width, made.as_ref()) } else { None };
        let made = smaller(made, own).filter(|it| it.bytes.len() < limit);
        Ok(smaller(made, whole))
    }

    /// JPEG for photographs, PNG for what shows through and for drawings; of those that could be either, the smaller.
    fn classic(&self, width: u32, score: u8) -> Outcome {
        self.full()?;
        let cell = self.classics.get(&(width, score)).expect("every file that is wanted has its place");
        cell.get_or_init(|| self.classic_anew(width, score)).clone()
    }

    fn classic_anew(&self, width: u32, score: u8) -> Outcome {
        let whole = self.whole(Format::Png)?;
        if whole.as_ref().is_some_and(|it| self.is_flat(it, width)) {
            return Ok(whole);
        }
        let limit = whole.as_ref().map_or(usize::MAX, |it| it.bytes.len());
        let lossy = if self.at(width)?.has_alpha() {
            None
        } else {
            self.lightest((Format::Jpeg, Format::Png), width, score, limit)?
        };
        let made = match lossy {
            None if self.may_be_exact(Format::Png, width, limit)? => self.exact(Format::Png, width)?,
            made => made,
        };
        // A drawing made narrower has more colors than before, and can have more bytes than the whole.
        let own = match self.own_format() {
            Some(Format::Jpeg) => self.own(width, made.as_ref()),
            Some(Format::Png) if whole.is_none() => self.own(self.opened.width, made.as_ref()),
            _ => None,
        };
        Ok(smaller(smaller(made, own), whole))
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

/// A drawing of more pixels is not shown whole where less would do: a phone sets four bytes aside for each.
const WHOLE_PIXELS: u64 = 2_500_000;

fn smaller(one: Option<Made>, other: Option<Made>) -> Option<Made> {
    [one, other].into_iter().flatten().min_by_key(|made| made.bytes.len())
}
