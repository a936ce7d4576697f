//! Color profiles: what is not sRGB is converted to it, because the renditions carry no profile and browsers take images
//! without one for sRGB (CSS Color 4, section 9.1).
//!
//! In: an embedded ICC profile, hostile until parsed. Out: how to convert, or why it cannot be done.

use super::pixels::Pixels;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// How the numbers in an image are to be understood.
pub(super) enum Color {
    /// As they are.
    Srgb,
    /// By this RGB profile.
    Rgb(Box<ColorProfile>),
    /// By this profile of shades of gray.
    Gray(Box<ColorProfile>),
}

impl Color {
    /// By the profile that a file carries.
    pub(super) fn of(profile: Option<&[u8]>) -> Result<Self, String> {
        let Some(raw) = profile.filter(|raw| !raw.is_empty()) else { return Ok(Self::Srgb) };
        if is_srgb(raw) {
            return Ok(Self::Srgb);
        }
        let profile = Box::new(ColorProfile::new_from_slice(raw).map_err(|_| "it is damaged")?);
        let color = match profile.color_space {
            DataColorSpace::Rgb => Self::Rgb(profile),
            DataColorSpace::Gray => Self::Gray(profile),
            _ => return Err("it is not for RGB or gray".to_owned()),
        };
        // Converting one pixel now tells whether converting all of them will work.
        let mut probe = Pixels { width: 1, height: 1, channels: 3, bytes: vec![128; 3] };
        color.to_srgb(&mut probe)?;
        Ok(color)
    }

    /// Turns pixels into sRGB.
    pub(super) fn to_srgb(&self, pixels: &mut Pixels) -> Result<(), String> {
        let (profile, source) = match self {
            Self::Srgb => return Ok(()),
            Self::Rgb(profile) => (profile, pixels.layout()),
            Self::Gray(profile) if pixels.channels == 3 => (profile, Layout::Gray),
            Self::Gray(profile) => (profile, Layout::GrayAlpha),
        };
        let transform = profile
            .create_transform_8bit(source, &ColorProfile::new_srgb(), pixels.layout(), TransformOptions::default())
            .map_err(|_| "it lacks what a conversion needs")?;
        let input = if source == pixels.layout() { pixels.bytes.clone() } else { pixels.luma() };
        let samples = if source == Layout::Gray { 1 } else { source.channels() };
        let (row_in, row_out) = (pixels.width as usize * samples, pixels.width as usize * pixels.channels);
        for (from, to) in input.chunks_exact(row_in).zip(pixels.bytes.chunks_exact_mut(row_out)) {
            transform.transform(from, to).map_err(|_| "its conversion failed")?;
        }
        Ok(())
    }
}

/// Whether the profile calls itself sRGB: all the common ones do, and converting between them would only add rounding.
fn is_srgb(raw: &[u8]) -> bool {
    let wide: Vec<u8> = "sRGB".encode_utf16().flat_map(u16::to_be_bytes).collect();
    raw.windows(4).any(|window| window == b"sRGB") && raw.len() < 8_192 || raw.windows(8).any(|window| window == wide)
}
