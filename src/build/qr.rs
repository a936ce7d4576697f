//! A QR code as a drawing that stands in the page: black on white in every mode, its quiet zone inside.
//!
//! In: a text. Out: `<svg>`. Refuses more than a code can hold.

use fast_qr::{ECL, QRBuilder};
use std::fmt::Write as _;

/// The margin in modules that readers need (ISO/IEC 18004, section 6.3.8).
const QUIET: usize = 4;

/// The drawing. `label` is read to those who do not see it; it needs no quotes of its own.
pub(super) fn svg(text: &str, label: &str) -> Result<String, String> {
    let code = QRBuilder::new(text)
        .ecl(ECL::M)
        .build()
        .map_err(|_| format!("the address has {} bytes, more than a QR code can hold", text.len()))?;
    let size = code.size + 2 * QUIET;
    let mut path = String::new();
    for row in 0..code.size {
        let modules = &code[row];
        let mut at = 0;
        while at < code.size {
            let run = modules[at..].iter().take_while(|module| module.value()).count();
            if run > 0 {
                write!(path, "M{} {}h{run}v1h-{run}z", at + QUIET, row + QUIET)
                    .expect("writing to a string cannot fail");
            }
            at += run.max(1);
        }
    }
    let label = label.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    Ok(format!(
        "<svg class=\"code\" viewBox=\"0 0 {size} {size}\" role=\"img\" aria-label=\"{label}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a camera reads when the page shows the drawing, `pixels` for each module.
    fn seen(svg: &str, pixels: u32) -> String {
        let svg = svg.replace("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ");
        let tree = resvg::usvg::Tree::from_str(&svg, &resvg::usvg::Options::default()).unwrap();
        let size = tree.size().to_int_size().width() * pixels;
        let mut canvas = resvg::tiny_skia::Pixmap::new(size, size).unwrap();
        // A dark page: the quiet zone must be the code's own.
        canvas.fill(resvg::tiny_skia::Color::from_rgba8(20, 12, 8, 255));
        #[expect(clippy::cast_precision_loss, reason = "a few pixels")]
        let scale = resvg::tiny_skia::Transform::from_scale(pixels as f32, pixels as f32);
        resvg::render(&tree, scale, &mut canvas.as_mut());
        let gray = |x: usize, y: usize| canvas.pixels()[y * size as usize + x].green();
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(size as usize, size as usize, gray);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "one code is seen");
        grids[0].decode().unwrap().1
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let long = format!("https://www.soutasse.example/{}?utm_source=tv&utm_medium=qr", "é".repeat(100));
        for text in ["https://www.soutasse.example/app", "a", long.as_str()] {
            assert_eq!(seen(&svg(text, "x").unwrap(), 4), text);
        }
    }

    #[test]
    fn the_quiet_zone_is_four_modules() {
        // A code of the first version has 21 modules a side (ISO/IEC 18004, table 1).
        let svg = svg("a", "x").unwrap();
        assert!(svg.contains("viewBox=\"0 0 29 29\""), "{svg}");
        assert!(svg.contains("M4 4h7v1h-7z"), "{svg}");
    }

    #[test]
    fn what_does_not_fit_is_said() {
        assert!(svg(&"x".repeat(5_000), "x").unwrap_err().contains("5000 bytes"));
    }
}
