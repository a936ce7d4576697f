//! Pictures are as large as they are shown, in the smallest format that browsers read, and nothing jumps when they arrive.

use super::page::shown;
use super::weight::{View, chosen, slot};
use super::{Family, Notes, Page, Rule, Site};
use crate::html::Id;
use crate::model::{Artifact, Key};
use crate::text::thousands;

pub(super) struct Pictures;

const OVERSIZED: Rule = Rule::warn("image-oversized", "no picture has far more pixels than are shown");
const BYTES: Rule = Rule::warn("image-bytes", "no picture takes more than 200 kB");
const SIZE: Rule = Rule::warn("image-size", "every picture says how large it is, so that nothing jumps");
const FORMAT: Rule = Rule::warn("image-format", "photographs are offered in a modern format");
const FIRST: Rule = Rule::warn("image-lazy-first", "the first picture of a page does not wait");

impl Family for Pictures {
    fn name(&self) -> &'static str {
        "pictures"
    }

    fn title(&self) -> &'static str {
        "pictures are as large as they are shown, and no larger"
    }

    fn rules(&self) -> &'static [Rule] {
        &[OVERSIZED, BYTES, SIZE, FORMAT, FIRST]
    }

    fn page(&self, site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        let images: Vec<Id> = page.named(&["img"]).collect();
        for id in &images {
            size(page, *id, notes);
            for (view, screen) in [(View::PHONE, "phone"), (View::DESKTOP, "desktop")] {
                let Some(file) = file(site, page, *id, view) else { continue };
                if oversized(page, *id, &file, view, screen, notes) || heavy(page, *id, &file, notes) {
                    break;
                }
            }
            format(site, page, *id, notes);
        }
        let first = images.first().filter(|id| page.word(**id, "loading").as_deref() == Some("lazy"));
        if let Some(first) = first.filter(|id| leads(page, **id)) {
            let remedy =
                "mark it with `data-hero`, or `loading=\"eager\"`: a picture of the first screen waits for nothing";
            notes.element(&FIRST, *first, format!("{} is loaded late", shown(&page.tag(*first), 60)), remedy);
        }
    }
}

/// A picture that a browser would load.
struct File<'a> {
    key: &'a Key,
    bytes: u64,
    /// Pixels across, when the format tells.
    width: Option<u32>,
}

fn file<'p>(site: &'p Site<'_>, page: &'p Page<'_>, id: Id, view: View) -> Option<File<'p>> {
    let url = chosen(page, id, view)?;
    let key = site.key_of(page, &url)?;
    let artifact = site.subject.artifacts.get(key)?;
    Some(File { key, bytes: site.wire(key), width: width(artifact) })
}

/// From the first bytes alone; formats that cannot be read so are left alone.
fn width(artifact: &Artifact) -> Option<u32> {
    let reader = image::ImageReader::new(std::io::Cursor::new(&**artifact.bytes)).with_guessed_format().ok()?;
    reader.into_dimensions().ok().map(|(width, _)| width)
}

/// So many times the pixels of its place across is too many: four times the area, and bytes that matter.
const TOO_WIDE: f64 = 2.0;
const MATTERS: u64 = 20_000;
const HEAVY: u64 = 200_000;

fn oversized(page: &Page<'_>, id: Id, file: &File<'_>, view: View, screen: &str, notes: &mut Notes<'_>) -> bool {
    // Nobody has fewer than two pixels for one on a good screen of a desk.
    let density = view.density.max(2.0);
    let Some((width, slot)) = file.width.zip(slot(page, id, view)) else { return false };
    let wanted = slot * density;
    let too_wide = f64::from(width) > wanted * TOO_WIDE && file.bytes > MATTERS;
    if too_wide {
        let seen = format!("`{}` is {width} pixels wide, a {screen} shows {wanted:.0}", shown(file.key.as_str(), 60));
        notes.element(&OVERSIZED, id, seen, "let the build choose the widths (`data-widths`), or set `sizes`");
    }
    too_wide
}

fn heavy(page: &Page<'_>, id: Id, file: &File<'_>, notes: &mut Notes<'_>) -> bool {
    let heavy = file.bytes > HEAVY;
    if heavy {
        let seen = format!("`{}` takes {} bytes on {}", shown(file.key.as_str(), 60), thousands(file.bytes), page.url);
        notes.element(&BYTES, id, seen, "show it smaller, crop it, or choose a calmer picture");
    }
    heavy
}

fn size(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let given = |name: &str| page.tree.get(id, name).is_some();
    if !given("width") || !given("height") {
        let seen = format!("{} does not say how large it is", shown(&page.tag(id), 60));
        notes.element(&SIZE, id, seen, "add `width` and `height`, in pixels of the file");
    }
}

fn format(site: &Site<'_>, page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let Some(file) = file(site, page, id, View::PHONE) else { return };
    let old = matches!(file.key.extension().as_str(), "jpg" | "jpeg" | "png" | "gif" | "bmp");
    if old && file.bytes > 30_000 {
        let seen = format!(
            "`{}` takes {} bytes and is offered in no modern format",
            shown(file.key.as_str(), 60),
            thousands(file.bytes)
        );
        notes.element(&FORMAT, id, seen, "offer AVIF or WebP in a `<picture>`; `landing build` does so by itself");
    }
}

/// Whether a picture comes before the second heading: then it is likely to stand on the first screen.
fn leads(page: &Page<'_>, id: Id) -> bool {
    let is_heading = |it: &Id| matches!(page.tree.name(*it), "h1" | "h2");
    page.elements.iter().take_while(|it| **it != id).filter(|it| is_heading(it)).count() < 2
}
