//! Files made small and immutable: pictures in the widths and formats that pay, safe SVG, compressed siblings, names that
//! carry the digest of their bytes.
//!
//! In: bytes and what is asked of them. Out: bytes. Refuses to read a file, to print, and to hand on what it cannot read
//! as what it claims to be. Everything that costs time is asked of a [`crate::model::Memo`] first; every result is a
//! function of its input alone, whatever the number of threads.

mod card;
mod compress;
mod drawing;
mod font;
mod icon;
mod name;
mod optimizer;
mod picture;
mod svg;

pub use card::{CARD, Card, Faces, card};
pub use compress::{Effort, Siblings, brotli, compress, compress_known, sibling_identity};
pub use font::{About, Face, Fallback, FontAsk, FontError, face};
pub use icon::{Icons, icons};
pub use name::{fingerprint, immutable_key, plain_name};
pub use optimizer::{ALL, Optimizer, optimize};
pub use picture::{HeroAsk, Inline, Picture, PictureAsk, Rendition, pictures};
pub use svg::{SvgError, svg};

/// Stands in every memo key: what another version of this program made is not taken for our own work. The number grows
/// with every change to an encoder, its settings or its version that changes bytes.
const ALGORITHMS: &str = concat!("landing ", env!("CARGO_PKG_VERSION"), " assets 10");

#[cfg(test)]
mod testing;
