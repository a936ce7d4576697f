//! The brand's fonts: cut down to what each language of the site uses, with stand-ins of the same size.
//!
//! In: `[brand] font` and `font_display`, `[[fonts]]`, and the drafts. Out: WOFF2 and the CSS that declares it. A few small fonts stand in the page
//! itself, where no picture has taken that place; others are asked for early. Fonts that a theme's style sheets name go the same way,
//! without a stand-in.

use super::letters::{characters, features, written};
use super::{Piece, Seen, place};
use crate::assets::{Face, FontAsk, face};
use crate::build::page::Page;
use crate::build::shelf::Found;
use crate::build::survey::{Draft, Shop, data_url};
use crate::diag::{Code, Diagnostic, Warned};
use crate::html::Tree;
use crate::model::{Media, UrlPath};
use bytes::Bytes;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What all fonts together may take inside a page: the share of the first flight that a hero picture would have. A constant, so that
/// editing prose does not move a font out of the page.
const IN_PAGE: usize = 5_600;

/// How many fonts are asked for before the style sheet asks: more would hold up each other.
const EARLY: usize = 2;

/// The slots of a theme that a file fills: the setting, the custom property.
const TEXT: &str = "--font-text";
const DISPLAY: &str = "--font-display";

/// The fonts of a site.
#[derive(Default)]
pub(super) struct Fonts {
    given: Vec<Given>,
    /// By language: what its pages need of a font.
    asks: BTreeMap<String, Needs>,
    /// By language: the faces, in the order of `given`.
    faces: BTreeMap<String, Vec<Dressed>>,
}

/// What the pages of a language need of a font.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::build) struct Needs {
    ask: FontAsk,
    /// Of its characters those that somebody wrote: these are missed when a font lacks them.
    written: BTreeSet<char>,
}

/// A font file of the author's.
struct Given {
    file: String,
    bytes: Bytes,
    family: Option<String>,
    weight: Option<(u16, u16)>,
    italic: Option<bool>,
    slot: Option<&'static str>,
}

/// A face as a page declares it.
#[derive(Clone)]
struct Dressed {
    face: Face,
    piece: Piece,
    family: String,
    weight: (u16, u16),
    italic: bool,
    slot: Option<&'static str>,
}

impl Fonts {
    /// Cuts every font for every language.
    pub(super) fn of(shop: &Shop<'_>, seen: &[Seen<'_, '_>]) -> Result<Warned<Self>, Vec<Diagnostic>> {
        let given = given(shop)?;
        if given.is_empty() && !seen.iter().any(|it| it.traits.names_fonts) {
            return Ok(Warned { value: Self::default(), warnings: Vec::new() });
        }
        let asks = asks(seen);
        let jobs: Vec<(&String, &Needs, &Given)> =
            asks.iter().flat_map(|(tag, needs)| given.iter().map(move |one| (tag, needs, one))).collect();
        let made: Vec<Result<Dressed, Diagnostic>> =
            jobs.par_iter().map(|(_, needs, one)| one.dress(shop, &needs.ask)).collect();
        let (mut faces, mut wrong, mut warnings) = (BTreeMap::<String, Vec<Dressed>>::new(), Vec::new(), Vec::new());
        for ((tag, needs, one), dressed) in jobs.iter().zip(made) {
            match dressed {
                Ok(dressed) => {
                    warnings.extend(one.heard(shop, tag, &needs.written, &dressed.face));
                    faces.entry((*tag).clone()).or_default().push(dressed);
                }
                Err(err) => wrong.push(err),
            }
        }
        warnings.dedup();
        if wrong.is_empty() { Ok(Warned { value: Self { given, asks, faces }, warnings }) } else { Err(wrong) }
    }

    /// What was asked of the fonts of a language.
    pub(super) fn asked(&self, tag: &str) -> String {
        self.asks.get(tag).map_or_else(String::new, |needs| format!("{needs:?}"))
    }

    /// The author's files, for whoever paints text.
    pub(super) fn files(&self) -> Vec<Bytes> {
        self.given.iter().map(|one| one.bytes.clone()).collect()
    }

    /// Declares them in a page.
    pub(super) fn put(
        &self,
        shop: &Shop<'_>,
        page: &Page<'_>,
        draft: &mut Draft,
        has_room: bool,
    ) -> Result<(), Vec<Diagnostic>> {
        let tag = page.spot.language.tag.as_str();
        if let Some(needs) = self.asks.get(tag) {
            cut(shop, draft, &needs.ask)?;
        }
        let Some(faces) = self.faces.get(tag) else { return Ok(()) };
        let in_page = faces.iter().map(|it| it.face.woff2.len()).sum::<usize>() <= IN_PAGE && has_room;
        let mut css = String::new();
        for dressed in faces {
            let url = if in_page {
                draft.sources.allow("font-src", "data:");
                data_url(&dressed.face.woff2, &Media::of_extension("woff2"))
            } else {
                draft.sources.allow("font-src", "'self'");
                dressed.piece.publish(draft).to_owned()
            };
            dressed.declare(&url, &mut css);
        }
        stand_ins(faces, &mut css);
        fill_slots(faces, &mut css);
        append_style(&mut draft.tree, &css);
        if !in_page {
            for dressed in faces.iter().filter(|it| it.slot.is_some()).take(EARLY) {
                preload(&mut draft.tree, &dressed.piece.url);
            }
        }
        Ok(())
    }
}

impl Needs {
    pub(super) fn of(draft: &Draft) -> Self {
        let tree = &draft.tree;
        let css: String = draft.sheets.iter().map(|laid| laid.sheet.code.as_str()).collect();
        let ask = FontAsk { characters: characters(tree, &css), features: features(&css) };
        Self { ask, written: written(tree) }
    }
}

/// What the pages of each language need of a font.
fn asks(seen: &[Seen<'_, '_>]) -> BTreeMap<String, Needs> {
    let shown = seen.iter().filter(|it| !it.page.is_self_contained());
    let mut asks: BTreeMap<String, Needs> = BTreeMap::new();
    for (tag, needs) in shown.filter_map(|it| Some((&it.page.spot.language.tag, it.traits.needs.clone()?))) {
        match asks.get_mut(tag) {
            Some(all) => {
                all.ask.characters.extend(needs.ask.characters);
                all.ask.features.extend(needs.ask.features);
                all.written.extend(needs.written);
            }
            None => {
                asks.insert(tag.clone(), needs);
            }
        }
    }
    asks
}

/// Whether the settings name a font file.
pub(super) fn are_given(shop: &Shop<'_>) -> bool {
    let brand = &shop.settings.brand;
    !shop.settings.fonts.is_empty() || [&brand.font, &brand.font_display].into_iter().flatten().any(|it| is_file(it))
}

/// The files that the settings name.
fn given(shop: &Shop<'_>) -> Result<Vec<Given>, Vec<Diagnostic>> {
    let brand = &shop.settings.brand;
    let slots = [(&brand.font, TEXT), (&brand.font_display, DISPLAY)];
    let named = slots.iter().filter_map(|(written, slot)| Some((written.as_deref().filter(|it| is_file(it))?, *slot)));
    let slotted = named.map(|(file, slot)| (file, None, None, None, Some(slot)));
    let others = shop.settings.fonts.iter().map(|it| (it.file.as_str(), it.family.clone(), it.weight, it.italic, None));
    let mut wrong = Vec::new();
    let mut given: Vec<Given> = Vec::new();
    for (written, family, weight, italic, slot) in slotted.chain(others) {
        match shop.shelf.asset(written.trim_start_matches('/'), written) {
            Ok(Found::Asset { file, bytes }) => given.push(Given { file, bytes, family, weight, italic, slot }),
            Ok(Found::Published(_)) => {}
            Err(err) => wrong.push(err.at(place(shop, written))),
        }
    }
    if wrong.is_empty() { Ok(given) } else { Err(wrong) }
}

/// Whether a setting names a file rather than a kind of letter.
fn is_file(written: &str) -> bool {
    let written = written.to_ascii_lowercase();
    [".woff2", ".woff", ".ttf", ".otf"].iter().any(|ending| written.ends_with(ending))
}

impl Given {
    fn dress(&self, shop: &Shop<'_>, ask: &FontAsk) -> Result<Dressed, Diagnostic> {
        let face = face(&self.bytes, ask, shop.memo).map_err(|err| err.diagnostic(&self.file))?;
        let name = self.file.rsplit('/').next().unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let piece = Piece::new(&format!("{stem}.woff2"), face.woff2.clone(), Media::of_extension("woff2"));
        Ok(Dressed {
            family: self.family.clone().unwrap_or_else(|| face.about.family.clone()),
            weight: self.weight.unwrap_or(face.about.weight),
            italic: self.italic.unwrap_or(face.about.italic),
            slot: self.slot,
            piece,
            face,
        })
    }

    /// What the author should hear about a font.
    fn heard(&self, shop: &Shop<'_>, tag: &str, written: &BTreeSet<char>, face: &Face) -> Vec<Diagnostic> {
        let name = self.file.trim_start_matches("assets/");
        let say =
            |message: String, hint: &str| Diagnostic::new(Code::BadFont, message).at(place(shop, name)).hint(hint);
        let mut heard = Vec::new();
        let missing: Vec<String> =
            face.about.missing.iter().filter(|c| written.contains(c)).map(char::to_string).collect();
        if !missing.is_empty() {
            let some = &missing[..missing.len().min(12)];
            let more = missing.len().saturating_sub(12);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let message = format!("`{}` has no «{}»{more}, which pages in `{tag}` show", self.file, some.join(" "));
            heard.push(say(
                message,
                "another font of the visitor's shows them; give a font that has them, or write around them",
            ));
        }
        if let Some(forbidden) = &face.about.forbidden {
            let message = format!("`{}` says that its license forbids {forbidden}", self.file);
            heard.push(say(message, "ask its maker for a license for the web, or choose another font"));
        }
        heard
    }
}

impl Dressed {
    /// `swap`: the stand-in takes the same room, so nothing jumps when the font comes.
    fn declare(&self, url: &str, css: &mut String) {
        let style = if self.italic { "font-style:italic;" } else { "" };
        write!(
            css,
            "@font-face{{font-family:{};src:url({url})format(\"woff2\");font-weight:{};{style}font-display:swap}}",
            quoted(&self.family),
            span(self.weight)
        )
        .expect("writing to a string cannot fail");
    }
}

/// One stand-in for each family, weight and kind of device; the slant of an upright one is made by the browser.
fn stand_ins(faces: &[Dressed], css: &mut String) {
    let mut done: BTreeSet<(String, (u16, u16), String)> = BTreeSet::new();
    let upright = faces.iter().filter(|it| !it.italic);
    for dressed in upright.chain(faces.iter().filter(|it| it.italic)) {
        let mut devices: BTreeMap<(u16, u16), usize> = BTreeMap::new();
        for stand_in in &dressed.face.about.fallbacks {
            let device = devices.entry(stand_in.weight).or_default();
            let family = stand_in_family(&dressed.family, *device);
            *device += 1;
            let weight = (stand_in.weight.0.max(dressed.weight.0), stand_in.weight.1.min(dressed.weight.1));
            let weight = if weight.0 > weight.1 { dressed.weight } else { weight };
            if !done.insert((family.clone(), weight, String::new())) {
                continue;
            }
            let names: Vec<String> = stand_in.names.iter().map(|name| format!("local({})", quoted(name))).collect();
            write!(
                css,
                "@font-face{{font-family:{};src:{};font-weight:{};size-adjust:{};ascent-override:{};descent-override:{};line-gap-override:{}}}",
                quoted(&family),
                names.join(","),
                span(weight),
                percent(stand_in.size),
                percent(stand_in.ascent),
                percent(stand_in.descent),
                percent(stand_in.gap),
            )
            .expect("writing to a string cannot fail");
        }
    }
}

/// The first is for computers and iPhones, the second for Android.
fn stand_in_family(family: &str, device: usize) -> String {
    if device == 0 { format!("{family} fallback") } else { format!("{family} fallback {}", device + 1) }
}

/// The custom properties by which a theme asks for its letters.
fn fill_slots(faces: &[Dressed], css: &mut String) {
    let slots: Vec<String> = faces
        .iter()
        .filter_map(|it| {
            let family = &it.family;
            let stack =
                [family.clone(), stand_in_family(family, 0), stand_in_family(family, 1)].map(|name| quoted(&name));
            Some(format!("{}:{},system-ui,sans-serif", it.slot?, stack.join(",")))
        })
        .collect();
    if !slots.is_empty() {
        write!(css, ":root{{{}}}", slots.join(";")).expect("writing to a string cannot fail");
    }
}

fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphabetic() || c == '-') && !name.is_empty();
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace(['"', '\\', '<'], "")) }
}

fn span((from, to): (u16, u16)) -> String {
    if from == to { from.to_string() } else { format!("{from} {to}") }
}

/// Hundredths of a percent.
fn percent(hundredths: u32) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// At the end of the last style that is for every medium: a style more would be a hash more in the policy.
fn append_style(tree: &mut Tree, css: &str) {
    let mut styles = tree
        .elements(Tree::ROOT)
        .into_iter()
        .filter(|id| tree.is_html(*id) && tree.name(*id) == "style" && tree.get(*id, "media").is_none());
    if let Some(last) = styles.next_back() {
        let text = tree.text(last) + css;
        return tree.set_text(last, &text);
    }
    if let Some(head) = tree.find("head") {
        let style = tree.element("style", &[]);
        tree.set_text(style, css);
        tree.append(head, style);
    }
}

/// Asks for a font before the style does. Fonts are fetched without credentials, and so must the early request be (HTML, section 4.6.7.14).
fn preload(tree: &mut Tree, url: &str) {
    let Some(head) = tree.find("head") else { return };
    let attributes = [("rel", "preload"), ("as", "font"), ("type", "font/woff2"), ("crossorigin", ""), ("href", url)];
    let link = tree.element("link", &attributes);
    let first = tree.children(head).iter().position(|id| matches!(tree.name(*id), "style" | "link" | "script"));
    tree.insert(head, first.unwrap_or(usize::MAX), link);
}

/// Whether a style sheet of the page names a font.
pub(super) fn names_fonts(draft: &Draft) -> bool {
    draft.sheets.iter().any(|laid| laid.sheet.names_fonts())
}

/// The fonts that the page's own style sheets name, cut in their place.
fn cut(shop: &Shop<'_>, draft: &mut Draft, ask: &FontAsk) -> Result<(), Vec<Diagnostic>> {
    let fonts: Vec<_> = draft
        .assets
        .iter()
        .filter(|(_, it)| it.media.essence().starts_with("font/"))
        .map(|(key, it)| (key.clone(), it.bytes.clone()))
        .collect();
    for (key, bytes) in fonts {
        let made = face(&bytes, ask, shop.memo).map_err(|err| vec![err.diagnostic(key.as_str())])?;
        if made.woff2.len() >= bytes.len() {
            continue;
        }
        let (before, piece) = (
            UrlPath::of(&key).encoded(),
            Piece::new(&format!("{}.woff2", stem(key.name())), made.woff2, Media::of_extension("woff2")),
        );
        for id in draft.tree.elements(Tree::ROOT) {
            match draft.tree.name(id) {
                "style" if draft.tree.text(id).contains(&before) => {
                    let text = draft.tree.text(id).replace(&before, &piece.url);
                    draft.tree.set_text(id, &text);
                }
                "link" if draft.tree.get(id, "href") == Some(&before) => draft.tree.set(id, "href", &piece.url),
                _ => {}
            }
        }
        draft.assets.remove(&key);
        draft.refs.remove(&key);
        piece.publish(draft);
    }
    Ok(())
}

/// `inter` of `inter.0123456789abcdef.ttf`.
fn stem(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
