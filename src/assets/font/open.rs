//! Any font format to one: the tables of a TrueType or OpenType font, looked over.
//!
//! In: a file. Out: a [`Font`] whose tables lie inside the file and are all there that browsers need. Refuses collections, bitmap
//! fonts and files that unpack to more than a font can be; a font that makes a reader panic is a bad font, not a crash of the build.

use super::fallback::fallbacks;
use super::{About, FontAsk};
use crate::diag::{Code, Diagnostic, Place};
use skrifa::raw::{FontRef, TableProvider as _};
use skrifa::string::StringId;
use skrifa::{MetadataProvider as _, Tag};
use std::borrow::Cow;
use std::fmt;
use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A Chinese font with every weight in it stays below this.
const LARGEST: usize = 64 << 20;

/// Why a font is not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FontError {
    /// It is none of the formats known.
    Unknown,
    /// Several fonts in one file.
    Collection,
    /// It unpacks to more bytes than a font has.
    TooLarge,
    /// A table that browsers need is not there.
    Missing(String),
    /// Not what it claims to be.
    Broken(String),
    /// A kind that this program cannot make smaller.
    Unsupported(&'static str),
}

impl FontError {
    /// For people.
    pub fn diagnostic(&self, file: &str) -> Diagnostic {
        let hint = match self {
            Self::Collection => "export the one font that is needed as TTF or OTF",
            Self::Unsupported(_) => "give the TTF of this font, or one OTF for each weight",
            _ => "fetch the font from its maker once more, as TTF, OTF or WOFF2",
        };
        Diagnostic::new(Code::BadFont, format!("`{file}` {self}")).at(Place::file(file)).hint(hint)
    }
}

impl fmt::Display for FontError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("is no font: neither TTF, OTF, WOFF nor WOFF2"),
            Self::Collection => f.write_str("holds several fonts in one file"),
            Self::TooLarge => f.write_str("unpacks to more than any font needs"),
            Self::Missing(table) => write!(f, "has no table `{table}`, which every browser needs"),
            Self::Broken(why) => write!(f, "cannot be read as a font: {why}"),
            Self::Unsupported(what) => write!(f, "is {what}, which cannot be made smaller here"),
        }
    }
}

impl std::error::Error for FontError {}

/// A font that was looked over.
pub(in crate::assets) struct Font<'a> {
    bytes: Cow<'a, [u8]>,
}

impl<'a> Font<'a> {
    /// Opens a file of any format.
    pub(in crate::assets) fn open(file: &'a [u8]) -> Result<Self, FontError> {
        let bytes = match file.get(..4) {
            Some([0, 1, 0, 0] | b"OTTO" | b"true") => Cow::Borrowed(file),
            Some(b"wOF2") => Cow::Owned(unpack(file, wuff::decompress_woff2_with_custom_brotli, brotli)?),
            Some(b"wOFF") => Cow::Owned(unpack(file, wuff::decompress_woff1_with_custom_z, zlib)?),
            Some(b"ttcf") => return Err(FontError::Collection),
            _ => return Err(FontError::Unknown),
        };
        if bytes.len() > LARGEST {
            return Err(FontError::TooLarge);
        }
        let font = Self { bytes };
        font.look_over()?;
        Ok(font)
    }

    /// The whole font.
    pub(in crate::assets) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its tables.
    pub(super) fn tables(&self) -> FontRef<'_> {
        FontRef::new(&self.bytes).expect("it was looked over")
    }

    pub(super) fn has(&self, table: [u8; 4]) -> bool {
        self.tables().data_for_tag(Tag::new(&table)).is_some()
    }

    /// What later steps take for granted.
    fn look_over(&self) -> Result<(), FontError> {
        let font = FontRef::new(&self.bytes).map_err(|err| broken(&err.to_string()))?;
        for record in font.table_directory().table_records() {
            let end = u64::from(record.offset()) + u64::from(record.length());
            if end > self.bytes.len() as u64 {
                return Err(broken(&format!("its table `{}` ends after the file", record.tag())));
            }
        }
        for table in ["head", "hhea", "hmtx", "maxp", "cmap"] {
            if font.data_for_tag(Tag::new(table.as_bytes().try_into().expect("four letters"))).is_none() {
                return Err(FontError::Missing(table.to_owned()));
            }
        }
        if self.has(*b"CFF2") {
            return Err(FontError::Unsupported("a variable OpenType font with cubic outlines (CFF2)"));
        }
        let has_outlines = self.has(*b"CFF ") || (self.has(*b"glyf") && self.has(*b"loca"));
        if !has_outlines {
            return Err(FontError::Missing("glyf".to_owned()));
        }
        let wrong = |err: skrifa::raw::ReadError| broken(&err.to_string());
        let (head, maxp) = (font.head().map_err(wrong)?, font.maxp().map_err(wrong)?);
        font.hhea().map_err(wrong)?;
        font.hmtx().map_err(wrong)?;
        font.cmap().map_err(wrong)?;
        // The range that every reader allows (OpenType, `head`).
        if !(16..=16_384).contains(&head.units_per_em()) || maxp.num_glyphs() == 0 {
            return Err(broken("its head makes no sense"));
        }
        Ok(())
    }

    /// What it says about itself, and what it lacks.
    pub(super) fn about(&self, ask: &FontAsk) -> Result<About, FontError> {
        let font = self.tables();
        let charmap = font.charmap();
        let shown = |c: &&char| !c.is_control() && !c.is_whitespace() && !is_invisible(**c);
        let missing: Vec<char> =
            ask.characters.iter().filter(shown).filter(|c| charmap.map(**c).is_none()).copied().collect();
        if charmap.mappings().next().is_none() {
            return Err(broken("it maps no character to a glyph"));
        }
        let name = |id| font.localized_strings(id).english_or_first().map(|name| name.to_string());
        let family = name(StringId::TYPOGRAPHIC_FAMILY_NAME).or_else(|| name(StringId::FAMILY_NAME));
        let attributes = font.attributes();
        let axis = font.axes().get_by_tag(Tag::new(b"wght")).map(|axis| (axis.min_value(), axis.max_value()));
        let (from, to) = axis.unwrap_or((attributes.weight.value(), attributes.weight.value()));
        Ok(About {
            family: family
                .map(|family| plain(&family))
                .filter(|family| !family.is_empty())
                .unwrap_or_else(|| "Brand".to_owned()),
            weight: (weight(from), weight(to)),
            italic: attributes.style != skrifa::attribute::Style::Normal,
            fallbacks: fallbacks(&font),
            missing,
            forbidden: font.os2().ok().and_then(|os2| forbidden(os2.fs_type())),
        })
    }
}

/// Runs what reads a hostile font.
pub(in crate::assets) fn guarded<T>(work: impl FnOnce() -> Result<T, FontError>) -> Result<T, FontError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(broken("its tables contradict each other")))
}

pub(super) fn broken(why: &str) -> FontError {
    FontError::Broken(why.to_lowercase())
}

type Inflated = Result<Vec<u8>, Box<dyn std::error::Error>>;
type Unpack = fn(&[u8], &mut dyn FnMut(&[u8], usize) -> Inflated) -> Result<Vec<u8>, wuff::WuffErr>;

/// Unpacks a web font. What its parts unpack to together is bounded before anything is allocated for them.
fn unpack(
    file: &[u8],
    unpack: Unpack,
    inflate: fn(&[u8], usize) -> std::io::Result<Vec<u8>>,
) -> Result<Vec<u8>, FontError> {
    let mut left = LARGEST;
    let mut bounded = |packed: &[u8], size: usize| {
        left = left.checked_sub(size).ok_or("more than a font")?;
        let out = inflate(packed, size)?;
        Ok(out)
    };
    unpack(file, &mut bounded).map_err(|err| broken(&format!("it does not unpack ({err})")))
}

fn brotli(packed: &[u8], size: usize) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    brotli::Decompressor::new(packed, 4096).take(size as u64 + 1).read_to_end(&mut out)?;
    Ok(out)
}

fn zlib(packed: &[u8], size: usize) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    flate2::read::ZlibDecoder::new(packed).take(size as u64 + 1).read_to_end(&mut out)?;
    Ok(out)
}

/// The weights of CSS (CSS Fonts 4, section 2.2).
fn weight(value: f32) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 1,000")]
    let weight = value.round().clamp(1.0, 1_000.0) as u16;
    weight
}

/// A name that stands in a style sheet without escapes.
fn plain(name: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || " -_.".contains(*c);
    name.chars().filter(kept).take(60).collect::<String>().trim().to_owned()
}

/// Characters that steer layout and have no shape (Unicode, `Default_Ignorable_Code_Point`, those that stand in pages).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// What a font's license bits forbid (OpenType 1.9, OS/2, `fsType`): bits 1, 8 and 9.
fn forbidden(bits: u16) -> Option<String> {
    let said = [
        (bits & 0x000F == 0x0002, "embedding it without its maker's permission"),
        (bits & 0x0100 != 0, "publishing a part of it"),
        (bits & 0x0200 != 0, "embedding its outlines"),
    ];
    let said: Vec<&str> = said.into_iter().filter_map(|(set, what)| set.then_some(what)).collect();
    (!said.is_empty()).then(|| said.join(" and "))
}
