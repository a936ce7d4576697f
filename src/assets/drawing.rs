//! Drawings as pixels (resvg): the one place where SVG is painted.
//!
//! In: SVG that `svg` found safe, a canvas, the fonts for its text. Out: pixels. Refuses drawings that would take minutes to paint,
//! and paints nothing that is not in the drawing itself: pictures inside it are left out, the machine's fonts are not looked at.

use super::card::Faces;
use super::svg::{SvgError, weight};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Group, Node, Tree};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The heaviest drawing that is painted. A logo weighs some hundreds; the limit takes about a second.
const HEAVIEST: u64 = 20_000;

/// What is painted on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Canvas {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Nothing shows through where there is one.
    pub(super) background: Option<[u8; 3]>,
    /// How much of the canvas the drawing takes, around its center.
    pub(super) share: f32,
}

impl Canvas {
    /// A square that the drawing fills.
    pub(super) fn square(side: u32) -> Self {
        Self { width: side, height: side, background: None, share: 1.0 }
    }
}

/// Paints a drawing, as large as it fits, in the middle.
pub(super) fn paint(svg: &str, canvas: Canvas, faces: &Faces) -> Result<Pixmap, SvgError> {
    if weight(svg.as_bytes())? > HEAVIEST {
        return Err(SvgError::TooHeavy);
    }
    // What is painted comes from outside, and the painter may have defects: a panic there is a bad drawing, not a crash of the build.
    catch_unwind(AssertUnwindSafe(|| paint_inner(svg, canvas, faces)))
        .unwrap_or_else(|_| Err(cannot("the painter gave up")))
}

fn paint_inner(svg: &str, canvas: Canvas, faces: &Faces) -> Result<Pixmap, SvgError> {
    let tree = Tree::from_str(svg, &faces.options()).map_err(|err| cannot(&err.to_string()))?;
    if pieces(tree.root()) > HEAVIEST {
        return Err(SvgError::TooHeavy);
    }
    let mut pixmap = Pixmap::new(canvas.width, canvas.height).ok_or_else(|| cannot("there is nothing to paint on"))?;
    if let Some([red, green, blue]) = canvas.background {
        pixmap.fill(Color::from_rgba8(red, green, blue, 255));
    }
    #[expect(clippy::cast_precision_loss, reason = "a canvas has some thousand pixels at most")]
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let size = tree.size();
    let scale = (width / size.width()).min(height / size.height()) * canvas.share;
    let (left, top) = ((width - size.width() * scale) / 2.0, (height - size.height() * scale) / 2.0);
    resvg::render(&tree, Transform::from_row(scale, 0.0, 0.0, scale, left, top), &mut pixmap.as_mut());
    Ok(pixmap)
}

/// Lines and curves, those of clips, masks and patterns too. The painter puts the edges of a path in order one by one: time grows with the square
/// of their number.
fn pieces(group: &Group) -> u64 {
    let of = |node: &Node| {
        let mut sum = match node {
            Node::Group(group) => pieces(group),
            Node::Path(path) => path.data().len() as u64,
            Node::Text(text) => pieces(text.flattened()),
            Node::Image(_) => 0,
        };
        node.subroots(|root| sum += pieces(root));
        sum
    };
    group.children().iter().map(of).sum()
}

fn cannot(why: &str) -> SvgError {
    SvgError::Syntax { line: 1, why: why.to_lowercase() }
}
