//! The type of a brand: a kind of letter by its name, a stack of fonts as CSS writes it, or a font file.
//!
//! Kinds are stacks of what systems bring with them, so that no letter has to be fetched. They follow the collection "Modern Font Stacks".

use super::Desk;
use crate::diag::{Code, Diagnostic};
use std::collections::BTreeMap;

/// Kinds of letters, each with the fonts that show it on the systems there are.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("didone", "Didot,\"Bodoni MT\",\"Noto Serif Display\",\"URW Palladio L\",P052,Sylfaen,serif"),
    ("geometric", "Avenir,Montserrat,Corbel,\"URW Gothic\",source-sans-pro,sans-serif"),
    ("grotesque", "Inter,Roboto,\"Helvetica Neue\",\"Arial Nova\",\"Nimbus Sans\",Arial,sans-serif"),
    ("humanist", "Seravek,\"Gill Sans Nova\",Ubuntu,Calibri,\"DejaVu Sans\",source-sans-pro,sans-serif"),
    ("mono", "ui-monospace,\"Cascadia Code\",\"Source Code Pro\",Menlo,Consolas,\"DejaVu Sans Mono\",monospace"),
    ("old-style", "\"Iowan Old Style\",Palatino,\"Palatino Linotype\",\"EB Garamond\",P052,serif"),
    (
        "rounded",
        "ui-rounded,\"Hiragino Maru Gothic ProN\",Quicksand,Comfortaa,\"Arial Rounded MT Bold\",Calibri,sans-serif",
    ),
    ("slab", "Rockwell,\"Rockwell Nova\",\"Roboto Slab\",\"DejaVu Serif\",\"Sitka Small\",serif"),
    ("system", "system-ui,sans-serif"),
    ("transitional", "Charter,\"Bitstream Charter\",\"Sitka Text\",Cambria,serif"),
];

/// The endings of font files.
const FILES: [&str; 4] = [".woff2", ".woff", ".ttf", ".otf"];

/// For each slot of the theme the stack that fills it: the brand's, else the theme's own.
pub(super) fn stacks(desk: &mut Desk<'_>) -> BTreeMap<String, String> {
    let schema = desk.schema;
    let own = |slot: &str| schema.fonts.get(slot).map(|kind| named(kind).unwrap_or(kind).to_owned());
    let mut stacks = BTreeMap::new();
    for slot in schema.fonts.keys() {
        let written = match slot.as_str() {
            "display" => desk.settings.brand.font_display.clone(),
            _ => desk.settings.brand.font.clone().filter(|_| slot == "text"),
        };
        let stack = match written {
            // A file has a family of its own, which is declared where the file is prepared.
            Some(file) if FILES.iter().any(|ending| file.to_ascii_lowercase().ends_with(ending)) => own(slot),
            Some(kind) => brands(desk, &kind),
            None => own(slot),
        };
        stacks.extend(stack.map(|stack| (slot.clone(), stack)));
    }
    stacks
}

fn named(kind: &str) -> Option<&'static str> {
    KINDS.iter().find(|(name, _)| *name == kind).map(|(_, stack)| *stack)
}

fn brands(desk: &mut Desk<'_>, written: &str) -> Option<String> {
    if let Some(stack) = named(written) {
        return Some(stack.to_owned());
    }
    // A stack goes into the page's style: it must not be able to end the declaration that it stands in.
    let harmless = !written.contains([';', '{', '}', '<', '>', '\\', '\n', '(', ')']);
    if written.contains(',') && harmless {
        return Some(written.to_owned());
    }
    let unknown = Diagnostic::unknown(Code::BadValue, "kind of letter", written, KINDS.iter().map(|(name, _)| *name));
    desk.found.push(unknown.at(desk.place(written)));
    None
}
