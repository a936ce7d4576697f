//! Fonts: the author's file in, the few glyphs that a site uses out, with a stand-in that takes the same room.
//!
//! In: a TrueType, OpenType, WOFF or WOFF2 file, hostile perhaps, and the characters of a site. Out: WOFF2 with just those glyphs and
//! their kerning, ligatures and marks, what a style sheet must say about it, and what the author should hear. Refuses what
//! browsers would not show: what is broken, collections, bitmaps.
//!
//! Reading order: `open` (any format to one), `subset` (fewer glyphs), `pack` (WOFF2), `fallback` (a local font made to measure).

mod fallback;
mod local;
pub(super) mod open;
mod pack;
mod subset;
#[cfg(test)]
mod tests;

pub use fallback::Fallback;
pub use open::FontError;

use super::ALGORITHMS;
use crate::model::{Digest, Memo};
use bytes::Bytes;
use open::Font;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a site needs of a font.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FontAsk {
    /// The characters that are shown.
    pub characters: BTreeSet<char>,
    /// OpenType features that the style sheets turn on (`tnum`, `smcp`); the usual ones are kept anyway.
    pub features: BTreeSet<[u8; 4]>,
}

/// A font ready to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// The file, WOFF2.
    pub woff2: Bytes,
    /// What the file says about itself.
    pub about: About,
}

/// What a font file says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The name of its family.
    pub family: String,
    /// Its weight, from and to: two of a variable font.
    pub weight: (u16, u16),
    /// Whether it is slanted.
    pub italic: bool,
    /// Local fonts made to take the same room.
    pub fallbacks: Vec<Fallback>,
    /// Characters that were asked for and that it does not have.
    pub missing: Vec<char>,
    /// What its license bits forbid, in words (OpenType, OS/2, `fsType`).
    pub forbidden: Option<String>,
}

/// Makes a face of a font. Remembered by the file and the ask.
///
/// # Errors
/// When the file is no font that browsers show.
pub fn face(file: &Bytes, ask: &FontAsk, memo: &dyn Memo) -> Result<Face, FontError> {
    let (packed, about) = (ask.key(file, "woff2"), ask.key(file, "about"));
    if let Some(woff2) = memo.get(&packed)
        && let Some(about) = memo.get(&about).and_then(|json| serde_json::from_slice(&json).ok())
    {
        return Ok(Face { woff2, about });
    }
    let made = open::guarded(|| make(file, ask))?;
    memo.put(&packed, &made.woff2);
    memo.put(&about, &Bytes::from(serde_json::to_vec(&made.about).expect("plain data")));
    Ok(made)
}

fn make(file: &Bytes, ask: &FontAsk) -> Result<Face, FontError> {
    let font = Font::open(file)?;
    let about = font.about(ask)?;
    let woff2 = pack::woff2(&subset::subset(&font, ask)?)?;
    Ok(Face { woff2, about })
}

impl FontAsk {
    fn key(&self, file: &Bytes, what: &str) -> Digest {
        let characters: String = self.characters.iter().collect();
        let features: Vec<u8> = self.features.iter().flatten().copied().collect();
        Digest::of_parts([
            ALGORITHMS.as_bytes(),
            b"font 1",
            what.as_bytes(),
            Digest::of(file).as_bytes(),
            characters.as_bytes(),
            &features,
        ])
    }
}
