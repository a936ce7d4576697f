//! PNG by `oxipng`: better filters, smaller palettes, no metadata; the same pixels.

use super::Optimizer;
use crate::assets::picture::png_options;
use crate::model::Media;

/// More than this decompressed is not optimized: 200 million bytes are 50 million pixels.
const LIMIT: usize = 200_000_000;

/// See the module.
pub(super) struct Png;

impl Optimizer for Png {
    fn name(&self) -> &'static str {
        "png"
    }

    fn accepts(&self, media: &Media) -> bool {
        media.essence() == "image/png"
    }

    fn optimize(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut options = png_options();
        options.max_decompressed_size = Some(LIMIT);
        oxipng::optimize_from_memory(bytes, &options).ok()
    }
}
