//! Fewer glyphs: those of the characters asked for, and what shaping makes of them.
//!
//! In: a font that was looked over. Out: a font with the same looks for these characters. Hints go: screens of today do not need them and
//! they are a third of many files; so does the kerning table of before 1997, where `GPOS` is what browsers read. Axes of a variable font
//! stay.

use super::FontAsk;
use super::open::{Font, FontError, broken};
use skera::{DEFAULT_DROP_TABLES, DEFAULT_LAYOUT_FEATURES, Plan, SubsetFlags, subset_font};
use skrifa::raw::collections::IntSet;
use skrifa::raw::types::NameId;
use skrifa::raw::{FontRef, TableProvider as _};
use skrifa::{GlyphId, Tag};
use write_fonts::FontBuilder;

/// The name records that stay: copyright, family, style, license address.
const NAMES: [u16; 4] = [0, 1, 2, 14];

/// English (United States), as Windows numbers languages.
const ENGLISH: u16 = 0x0409;

/// What no browser reads: design axes in words, hints for devices.
const USELESS: [&[u8; 4]; 7] = [b"STAT", b"hdmx", b"VDMX", b"LTSH", b"meta", b"FFTM", b"gasp"];

/// Features that are on for text that runs down, for printing, or when asked: their glyphs would be dead weight.
const UNUSUAL: [&[u8; 4]; 15] = [
    b"frac", b"numr", b"dnom", b"rand", b"jalt", b"valt", b"vert", b"vkrn", b"vpal", b"vrt2", b"vchw", b"vhal",
    b"halt", b"palt", b"chws",
];

/// U+2044 between digits makes browsers build a fraction.
const FRACTION_SLASH: char = '\u{2044}';

/// The font with fewer glyphs.
pub(super) fn subset(font: &Font<'_>, ask: &FontAsk) -> Result<Vec<u8>, FontError> {
    let tables = font.tables();
    let plan = plan(&tables, ask);
    let small = subset_font(&tables, &plan).map_err(|err| broken(&err.to_string()))?;
    if font.has(*b"CFF ") { with_outlines(&small, font, &plan) } else { Ok(small) }
}

fn plan(tables: &FontRef<'_>, ask: &FontAsk) -> Plan {
    let characters: IntSet<u32> = ask.characters.iter().map(|c| u32::from(*c)).collect();
    let mut features: IntSet<Tag> = DEFAULT_LAYOUT_FEATURES.iter().copied().collect();
    if !ask.characters.contains(&FRACTION_SLASH) {
        features.remove_all(UNUSUAL.map(Tag::new));
    }
    features.extend(ask.features.iter().map(Tag::new));
    let mut dropped: IntSet<Tag> = DEFAULT_DROP_TABLES.iter().copied().collect();
    dropped.extend(USELESS.map(Tag::new));
    Plan::new(
        &IntSet::empty(),
        &characters,
        tables,
        SubsetFlags::SUBSET_FLAGS_NO_HINTING | SubsetFlags::SUBSET_FLAGS_NOTDEF_OUTLINE,
        &dropped,
        &IntSet::all(),
        &features,
        &NAMES.map(NameId::new).into_iter().collect(),
        &[ENGLISH].into_iter().collect(),
    )
}

/// Cubic outlines are made smaller by another library, with the glyphs in the same order, and put beside the other tables.
fn with_outlines(small: &[u8], font: &Font<'_>, plan: &Plan) -> Result<Vec<u8>, FontError> {
    let mut order: Vec<(GlyphId, GlyphId)> = plan.old_to_new_glyph_mapping().map(|(old, new)| (new, old)).collect();
    order.sort_unstable();
    let mut glyphs = subsetter::GlyphRemapper::new();
    for (_, old) in order {
        glyphs.remap(u16::try_from(old.to_u32()).map_err(|_| broken("it has more glyphs than it may"))?);
    }
    let outlines = subsetter::subset(font.bytes(), 0, &glyphs).map_err(|err| broken(&err.to_string()))?;
    let outlines = FontRef::new(&outlines).map_err(|err| broken(&err.to_string()))?;
    let outlines = outlines.data_for_tag(Tag::new(b"CFF ")).ok_or_else(|| broken("its outlines cannot be read"))?;
    let others = FontRef::new(small).map_err(|err| broken(&err.to_string()))?;
    let mut builder = FontBuilder::new();
    builder.copy_missing_tables(others);
    builder.add_raw(Tag::new(b"CFF "), outlines.as_bytes().to_vec());
    Ok(builder.build())
}
