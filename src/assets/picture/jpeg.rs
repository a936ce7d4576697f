//! The segments of a JPEG file (ITU-T T.81, annex B), as far as is needed to tell whether a file is whole and to take
//! the metadata out without touching a pixel.
//!
//! In: hostile bytes. Out: the same picture in fewer bytes, or `None` when the structure is not plain.

use image::metadata::Orientation;

/// Start of image, end of image, start of scan.
const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;

/// One marker with what belongs to it; for a scan, its entropy-coded data too.
struct Segment<'a> {
    marker: u8,
    /// From the `FF` on.
    bytes: &'a [u8],
    /// Where the next one begins.
    end: usize,
}

/// All segments from SOI to EOI, one after the other, none looked at before it is asked for; `None` where the file is not plain or ends
/// before its EOI, and nothing after that. What stands after EOI is left out.
fn segments(file: &[u8]) -> impl Iterator<Item = Option<Segment<'_>>> {
    let mut at = Some(0);
    std::iter::from_fn(move || {
        let segment = segment(file, at.take()?);
        at = segment.as_ref().filter(|it| it.marker != EOI).map(|it| it.end);
        Some(segment)
    })
}

/// The segment that begins there.
fn segment(file: &[u8], start: usize) -> Option<Segment<'_>> {
    let mut at = start;
    // Any number of FF fill bytes may precede a marker (B.1.1.2), but for the first.
    while start > 0 && *file.get(at)? == 0xFF && *file.get(at + 1)? == 0xFF {
        at += 1;
    }
    if *file.get(at)? != 0xFF {
        return None;
    }
    let marker = *file.get(at + 1)?;
    let end = match (marker, start) {
        (SOI, 0) => at + 2,
        (_, 0) => return None,
        (EOI, _) => return Some(Segment { marker, bytes: &file[at..at + 2], end: at + 2 }),
        _ => {
            let length = usize::from(u16::from_be_bytes([*file.get(at + 2)?, *file.get(at + 3)?]));
            at + 2 + length.max(2)
        }
    };
    let end = if marker == SOS { end_of_scan(file, end)? } else { end };
    Some(Segment { marker, bytes: file.get(start..end)?, end })
}

/// Where the next marker stands that is neither a stuffed zero nor a restart (B.1.1.5).
fn end_of_scan(file: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr(0xFF, file.get(at..)?)?;
        match *file.get(at + 1)? {
            0x00 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => return Some(at),
        }
    }
}

/// Whether the file has its end.
pub(super) fn is_whole(file: &[u8]) -> bool {
    segments(file).all(|it| it.is_some())
}

/// How many color components the frame declares (B.2.2).
pub(super) fn components(file: &[u8]) -> Option<u8> {
    // SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC).
    let frame = |marker: u8| matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
    segments(file).flatten().find(|segment| frame(segment.marker))?.bytes.get(9).copied()
}

/// The file without comments, EXIF, XMP, IPTC and thumbnails. Kept are JFIF (density), Adobe's segment, without which the
/// colors would be misread, and what `keep` names.
pub(in crate::assets) fn stripped(file: &[u8], keep: Keep) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(file.len());
    let mut orientation = keep.orientation;
    for segment in segments(file) {
        let segment = segment?;
        let body = segment.bytes.get(4..).unwrap_or_default();
        let wanted = match segment.marker {
            0xE0 => body.starts_with(b"JFIF\0"),
            0xE1 => {
                if let Some(orientation) = orientation.take_if(|_| body.starts_with(b"Exif\0")) {
                    out.extend_from_slice(&exif(orientation));
                }
                false
            }
            0xE2 => keep.profile && body.starts_with(b"ICC_PROFILE\0"),
            0xEE => body.starts_with(b"Adobe"),
            0xE3..=0xED | 0xEF | 0xFE => false,
            _ => true,
        };
        if wanted {
            out.extend_from_slice(segment.bytes);
        }
    }
    Some(out)
}

/// A segment that says how the picture is turned and nothing else: no place, no camera, no thumbnail (Exif 2.32, sections 4.5.4
/// and 4.6; TIFF 6.0, section 2: a header, one directory with one entry of type SHORT).
fn exif(orientation: Orientation) -> [u8; 36] {
    let mut out = *b"\xFF\xE1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0";
    out[28] = orientation.to_exif();
    out
}

/// Which metadata changes how the picture looks and so must stay.
#[derive(Clone, Copy, Debug)]
pub(in crate::assets) struct Keep {
    /// How the picture is turned, when it is.
    pub(in crate::assets) orientation: Option<Orientation>,
    /// The color profile.
    pub(in crate::assets) profile: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG skeleton: SOI, the given segments, a scan with a stuffed zero and a restart, EOI.
    fn file(segments: &[(u8, &[u8])]) -> Vec<u8> {
        let mut out = vec![0xFF, SOI];
        for (marker, body) in segments {
            out.extend([0xFF, *marker]);
            out.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
            out.extend_from_slice(body);
        }
        out.extend([0xFF, SOS, 0, 2, 1, 0xFF, 0, 2, 0xFF, 0xD0, 3, 0xFF, EOI]);
        out
    }

    const BARE: Keep = Keep { orientation: None, profile: false };

    #[test]
    fn metadata_goes_and_what_colors_depend_on_stays() {
        let all: &[(u8, &[u8])] = &[
            (0xE0, b"JFIF\0x"),
            (0xE1, b"Exif\0\0gps"),
            (0xE2, b"ICC_PROFILE\0y"),
            (0xED, b"Photoshop"),
            (0xEE, b"Adobe"),
            (0xFE, b"made by"),
            (0xDB, b"table"),
        ];
        let kept: &[(u8, &[u8])] = &[(0xE0, b"JFIF\0x"), (0xEE, b"Adobe"), (0xDB, b"table")];
        assert_eq!(stripped(&file(all), BARE), Some(file(kept)));
    }

    #[test]
    fn of_exif_only_the_orientation_stays() {
        let turned = Keep { orientation: Some(Orientation::Rotate90), profile: false };
        let made = stripped(&file(&[(0xE1, b"Exif\0\0gps"), (0xE1, b"Exif\0\0again")]), turned).unwrap();
        assert_eq!(made.len(), file(&[]).len() + 36);
        assert_eq!(Orientation::from_exif_chunk(&made[12..38]), Some(Orientation::Rotate90));
    }

    #[test]
    fn what_follows_the_end_is_not_ours_and_a_missing_end_is_seen() {
        let plain = file(&[]);
        let mut longer = plain.clone();
        longer.extend(b"<script>");
        assert_eq!(stripped(&longer, BARE), Some(plain.clone()));
        for end in 0..plain.len() {
            assert!(!is_whole(&plain[..end]), "{end}");
        }
    }
}
