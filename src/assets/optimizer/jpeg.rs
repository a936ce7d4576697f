//! JPEG without its metadata: no camera, no place, no thumbnail. Not a pixel changes, so orientation and profile stay.

use super::Optimizer;
use crate::assets::picture::{Keep, stripped_jpeg};
use crate::model::Media;
use image::ImageDecoder as _;
use image::metadata::Orientation;

/// See the module.
pub(super) struct Jpeg;

impl Optimizer for Jpeg {
    fn name(&self) -> &'static str {
        "jpeg"
    }

    fn accepts(&self, media: &Media) -> bool {
        media.essence() == "image/jpeg"
    }

    fn optimize(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut decoder = image::codecs::jpeg::JpegDecoder::new(std::io::Cursor::new(bytes)).ok()?;
        let orientation = Some(decoder.orientation().ok()?).filter(|it| *it != Orientation::NoTransforms);
        stripped_jpeg(bytes, Keep { orientation, profile: true })
    }
}
