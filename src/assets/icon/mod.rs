//! Icons from one drawing: what browsers, phones and robots ask for.
//!
//! In: an SVG that was found safe and the brand's color. Out: `favicon.ico`, the picture for a phone's home screen and those that a
//! web manifest names. Refuses what cannot be painted. Every result is remembered.
//!
//! An icon that has a background of its own is carried to the edges with it; one that has none stands with a margin on the brand's
//! color, or on white or black where it could not be told from that.

mod ground;
#[cfg(test)]
mod tests;

use super::card::Faces;
use super::drawing::{Canvas, paint};
use super::picture::png_options;
use super::{ALGORITHMS, SvgError};
use crate::model::{Digest, Memo};
use bytes::Bytes;
use ground::Ground;
use resvg::tiny_skia::Pixmap;

/// What tabs, bookmarks and robots take (Windows shell: 16, 32, 48).
const ICO: [u32; 3] = [16, 32, 48];

/// iPhones with three pixels per point; smaller ones scale it down (Apple, "Configuring Web Applications").
const TOUCH: u32 = 180;

/// What an installable page must have (web.dev, "Add a web app manifest").
const MASKABLE: [u32; 2] = [192, 512];

/// Icons of one drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icons {
    /// 16, 32 and 48 pixels.
    pub ico: Bytes,
    /// PNG, opaque: phones round its corners themselves.
    pub touch: Bytes,
    /// PNG, opaque, side in pixels; what counts stands in the inner 80 %, so that any mask may be laid over
    /// (W3C, "Web Application Manifest", maskable icons).
    pub maskable: Vec<(u32, Bytes)>,
    /// What they stand on.
    pub background: [u8; 3],
}

/// Paints all icons of a drawing. `svg` is safe already; `color` is the brand's.
///
/// # Errors
/// When the drawing cannot be painted.
pub fn icons(svg: &str, color: [u8; 3], memo: &dyn Memo) -> Result<Icons, SvgError> {
    let ask = Ask { svg, color, memo };
    let ((background, touch), (ico, maskable)) = rayon::join(
        || {
            rayon::join(
                || ask.remembered("ground", Ask::background),
                || ask.remembered("touch", |ask| ask.on_ground(TOUCH, Room::Touch)),
            )
        },
        || {
            rayon::join(
                || ask.remembered("ico", Ask::ico),
                || {
                    MASKABLE
                        .map(|side| ask.remembered(&format!("maskable {side}"), |ask| ask.on_ground(side, Room::Mask)))
                },
            )
        },
    );
    let background = <[u8; 3]>::try_from(&background?[..]).unwrap_or(color);
    let maskable =
        MASKABLE.iter().zip(maskable).map(|(side, png)| Ok((*side, png?))).collect::<Result<_, SvgError>>()?;
    Ok(Icons { ico: ico?, touch: touch?, maskable, background })
}

/// How much room an icon without a background leaves around itself.
#[derive(Clone, Copy)]
enum Room {
    Touch,
    Mask,
}

impl Room {
    fn share(self, ground: Ground) -> f32 {
        match (self, ground.is_own) {
            (Self::Touch, true) => 1.0,
            (Self::Touch, false) => 0.72,
            (Self::Mask, true) => 0.8,
            // The circle that every mask leaves holds a square of 0.8 / √2.
            (Self::Mask, false) => 0.56,
        }
    }
}

struct Ask<'a> {
    svg: &'a str,
    color: [u8; 3],
    memo: &'a dyn Memo,
}

impl Ask<'_> {
    fn remembered(
        &self,
        what: &str,
        paint: impl FnOnce(&Self) -> Result<Vec<u8>, SvgError>,
    ) -> Result<Bytes, SvgError> {
        let key =
            Digest::of_parts([ALGORITHMS.as_bytes(), b"icon 1", what.as_bytes(), &self.color, self.svg.as_bytes()]);
        if let Some(known) = self.memo.get(&key) {
            return Ok(known);
        }
        let made = Bytes::from(paint(self)?);
        self.memo.put(&key, &made);
        Ok(made)
    }

    fn paint(&self, canvas: Canvas) -> Result<Pixmap, SvgError> {
        paint(self.svg, canvas, &Faces::shipped())
    }

    fn ground(&self) -> Result<Ground, SvgError> {
        Ok(Ground::of(&self.paint(Canvas::square(64))?, self.color))
    }

    fn background(&self) -> Result<Vec<u8>, SvgError> {
        Ok(self.ground()?.color.to_vec())
    }

    fn on_ground(&self, side: u32, room: Room) -> Result<Vec<u8>, SvgError> {
        let ground = self.ground()?;
        let canvas = Canvas { background: Some(ground.color), share: room.share(ground), ..Canvas::square(side) };
        png(self.paint(canvas)?)
    }

    fn ico(&self) -> Result<Vec<u8>, SvgError> {
        let mut icon = ico::IconDir::new(ico::ResourceType::Icon);
        for side in ICO {
            let pixels = self.paint(Canvas::square(side))?.take_demultiplied();
            let image = ico::IconImage::from_rgba_data(side, side, pixels);
            icon.add_entry(ico::IconDirEntry::encode_as_png(&image).expect("writing to memory cannot fail"));
        }
        let mut out = Vec::new();
        icon.write(&mut out).expect("writing to memory cannot fail");
        Ok(out)
    }
}

/// PNG as small as it goes.
fn png(pixmap: Pixmap) -> Result<Vec<u8>, SvgError> {
    let (width, height) = (pixmap.width(), pixmap.height());
    let raw = oxipng::RawImage::new(
        width,
        height,
        oxipng::ColorType::RGBA,
        oxipng::BitDepth::Eight,
        pixmap.take_demultiplied(),
    );
    raw.and_then(|raw| raw.create_optimized_png(&png_options())).map_err(|_| SvgError::TooLarge)
}
