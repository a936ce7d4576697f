//! The color that the place of a picture shows until the picture is there: its own mean.
//!
//! In: elements with colors, then the page with its styles. Out: a class at each element and a rule for each color at the end of the styles; the
//! page's policy allows no `style` attribute. Leaves alone what something shows through, and what comes with the page.

use super::survey::Draft;
use crate::html::{Id, Tree};
use crate::model::Color;

/// Colors that differ by less in every channel, of 255, are taken for one.
const NEAR: u8 = 16;

/// Marks the place of a picture of that color.
pub(super) fn mark(draft: &mut Draft, img: Id, color: [u8; 3]) {
    // Pictures of one kind share a rule: so near nobody tells one from the other while waiting.
    let near = |known: &[u8; 3]| known.iter().zip(color).all(|(known, own)| known.abs_diff(own) <= NEAR);
    let number = draft.tones.iter().position(near).unwrap_or(draft.tones.len());
    if number == draft.tones.len() {
        draft.tones.push(color);
    }
    draft.tree.add_class(img, &format!("tone-{number}"));
}

/// Writes the rules.
pub(super) fn lay(draft: &mut Draft) {
    let tones = std::mem::take(&mut draft.tones);
    let rules: String = tones.iter().enumerate().map(|(number, color)| rule(number, *color)).collect();
    if rules.is_empty() {
        return;
    }
    let tree = &mut draft.tree;
    if let Some(styles) = styles(tree) {
        let all = tree.text(styles) + &rules;
        return tree.set_text(styles, &all);
    }
    let Some(head) = tree.find("head") else { return };
    let styles = tree.element("style", &[]);
    tree.set_text(styles, &rules);
    tree.append(head, styles);
}

/// The words that stand for a picture that never comes must be readable there.
fn rule(number: usize, color: [u8; 3]) -> String {
    let ground = Color::of_bytes(color);
    let on_black = Color::of_bytes([0; 3]).contrast(&ground);
    // Black and white are 21 apart: one of them is at least the square root of that away.
    let ink = if on_black * on_black >= 21.0 { "#000" } else { "#fff" };
    format!(".tone-{number}{{background:{};color:{ink}}}", ground.hex())
}

/// The page's own styles, for every medium.
fn styles(tree: &Tree) -> Option<Id> {
    let head = tree.find("head")?;
    let mut inside = tree.children(head).iter().copied();
    inside.rfind(|id| tree.is_html(*id) && tree.name(*id) == "style" && tree.get(*id, "media").is_none())
}

/// The colors of a page, in the order of their numbers.
pub(super) type Tones = Vec<[u8; 3]>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::READABLE;

    #[test]
    fn what_stands_for_a_picture_that_never_comes_is_readable_on_every_color() {
        let steps = || (0..=255).step_by(5);
        let colors = steps().flat_map(|red| steps().flat_map(move |green| steps().map(move |blue| [red, green, blue])));
        for color in colors {
            let rule = rule(0, color);
            let (_, ink) = rule.split_once(";color:").unwrap();
            let contrast = Color::parse(ink.trim_end_matches('}')).unwrap().contrast(&Color::of_bytes(color));
            assert!(contrast >= READABLE, "{rule}: {contrast}");
        }
    }
}
