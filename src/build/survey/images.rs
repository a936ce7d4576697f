//! Images: vector graphics at once, raster images noted down to be encoded together with those of all pages.

use super::{Art, Shot, Survey, ids};
use crate::assets::{HeroAsk, PictureAsk};
use crate::build::shelf::{Found, From};
use crate::diag::{Code, Diagnostic};
use crate::html::Address;
use crate::html::{Id, Tree, fragment};
use crate::model::{Key, Media, Mode};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

/// The hero's share of the first flight where the theme says nothing, in bytes of the encoded file: with its base64, which Brotli undoes within 1 %, about 55 % of
/// the 10,240 bytes. It is a constant of the theme, not what the text leaves over, so that editing prose never re-encodes the picture.
const HERO_BYTES: usize = 5_600;

/// The widths for an image that names none: a phone, a phone with a dense display, a desktop column with one.
const WIDTHS: [u32; 3] = [480, 768, 1_200];

/// What one image may take in a page that must stand alone.
const INLINE_BYTES: usize = 20_000;

/// In mode `degraded` nothing wider is offered than this, or than the narrowest: a pixel of the file for a pixel of a phone.
const LIGHT: u32 = 800;

/// Wide enough for the preview cards of every network that shows one (Open Graph asks for 1200 pixels).
const CARD_WIDTH: u32 = 1_200;

/// So many headings may stand before a picture of the first screen; `landing check` looks for the same (`image-lazy-first`).
const HEADINGS_BEFORE: usize = 2;

/// The first picture of a page without a hero is on its first screen, unless a second heading comes before it: it waits for nothing. Markdown has no
/// words for that.
pub(super) fn hasten(tree: &mut Tree) {
    let elements = tree.elements(Tree::ROOT);
    let is_image = |id: &Id| tree.name(*id) == "img" && tree.get(*id, "data-inline").is_none();
    if elements.iter().any(|id| tree.get(*id, "data-hero").is_some()) {
        return;
    }
    let Some(at) = elements.iter().position(is_image) else { return };
    let before = elements[..at].iter().filter(|id| matches!(tree.name(**id), "h1" | "h2")).count();
    if before < HEADINGS_BEFORE && tree.get(elements[at], "loading").is_none() {
        tree.set(elements[at], "loading", "eager");
    }
}

impl Survey<'_, '_> {
    pub(super) fn image(&mut self, id: Id) {
        let Some(written) = self.draft.tree.get(id, "src").map(str::to_owned) else {
            return self.candidates(id, "srcset");
        };
        // Who writes `<picture>` or `srcset` has chosen; the files are published as they are.
        if self.parent_is(id, "picture") || self.draft.tree.get(id, "srcset").is_some() {
            self.file(id, "src", "img-src");
            return self.candidates(id, "srcset");
        }
        let Address::Local { path, tail } = Address::parse(&written, &self.shop.settings.site.url) else {
            return self.file(id, "src", "img-src");
        };
        match self.picture(&path, &tail) {
            Ok(Found::Asset { file, bytes }) => match Media::of_extension(extension(&file)).essence() {
                "image/svg+xml" => self.vector(id, &file, &bytes, &written),
                "image/jpeg" | "image/png" | "image/webp" | "image/gif" => self.raster(id, &file, &written),
                essence if essence.starts_with("image/") => self.file(id, "src", "img-src"),
                _ => {
                    let message = format!("`{file}` is no image that browsers show");
                    self.complain(
                        Diagnostic::new(Code::BadImage, message).hint("use JPEG, PNG, WebP or SVG"),
                        &written,
                    );
                }
            },
            Ok(Found::Published(_)) => self.file(id, "src", "img-src"),
            Err(err) => self.complain(err, &written),
        }
    }

    /// The picture that a page names. Whoever calls a file `team#1.jpg` names it so: a fragment that ends like a picture is a part of the name,
    /// unless there is a picture without it.
    fn picture(&self, path: &str, tail: &str) -> Result<Found, Diagnostic> {
        let found = |path: &str| self.shop.shelf.file(From::Page(self.author.page), path);
        let plain = found(path);
        if plain.is_ok() || !Media::of_extension(extension(tail)).essence().starts_with("image/") {
            return plain;
        }
        found(&format!("{path}{}", percent_decode_str(tail).decode_utf8_lossy()))
    }

    fn raster(&mut self, id: Id, file: &str, written: &str) {
        let Some(mut widths) = self.widths(id) else { return };
        if self.author.mode == Mode::Degraded {
            lighten(&mut widths);
        }
        let hero = self.draft.tree.get(id, "data-hero").is_some();
        let alone = self.author.page.is_self_contained();
        let build = &self.shop.settings.build;
        let (score, avif, max_pixels) = (build.quality, build.avif, build.max_pixels);
        let versions = if alone { Vec::new() } else { self.versions(file) };
        // One fits into the first flight: that of a phone, where there is one.
        let first = if versions.iter().any(|(art, _)| *art == Art::Phone) { Some(Art::Phone) } else { None };
        let own = (None, Key::parse(file).expect("the shelf found it under this key"));
        for (art, source) in std::iter::once(own).chain(versions.into_iter().map(|(art, key)| (Some(art), key))) {
            let max_bytes = self.shop.shelf.theme.schema.hero_bytes.unwrap_or(HERO_BYTES);
            let hero = (hero && !alone && art == first).then_some(HeroAsk { max_bytes });
            let inline_max = alone.then_some(INLINE_BYTES);
            let ask = PictureAsk { source, widths: widths.clone(), hero, score, avif, max_pixels, inline_max };
            self.draft.shots.push(Shot { at: id, ask, art, written: written.to_owned() });
        }
    }

    /// The other versions of an image that its author has put beside it.
    fn versions(&self, file: &str) -> Vec<(Art, Key)> {
        let there = |name: String| {
            let key = Key::parse(&name).ok()?;
            self.shop.shelf.source.files.contains_key(&key).then_some(key)
        };
        let version = |art: Art| Some((art, art.names(file).into_iter().find_map(there)?));
        Art::ALL.into_iter().filter_map(version).collect()
    }

    fn widths(&mut self, id: Id) -> Option<Vec<u32>> {
        let Some(raw) = self.draft.tree.get(id, "data-widths").map(str::to_owned) else { return Some(WIDTHS.to_vec()) };
        let widths: Option<Vec<u32>> = raw
            .split(',')
            .map(|width| width.trim().parse().ok().filter(|width| (1..=10_000).contains(width)))
            .collect();
        if widths.is_none() {
            let message = format!("`data-widths=\"{raw}\"` is not a list of widths in pixels");
            self.complain(Diagnostic::new(Code::BadValue, message).hint("write `data-widths=\"480,768,1200\"`"), &raw);
        }
        widths
    }

    fn vector(&mut self, id: Id, file: &str, bytes: &Bytes, written: &str) {
        let svg = match self.shop.drawing(file, bytes) {
            Ok(svg) => svg,
            Err(err) => return self.found.push(err),
        };
        if self.draft.tree.unset(id, "data-inline").is_some() {
            return self.inline_svg(id, svg.text(), written);
        }
        if let Some((width, height)) = svg.size
            && self.draft.tree.get(id, "width").is_none()
            && self.draft.tree.get(id, "height").is_none()
        {
            self.draft.tree.set(id, "width", &width.to_string());
            self.draft.tree.set(id, "height", &height.to_string());
        }
        self.file(id, "src", "img-src");
        self.lazy(id);
    }

    fn lazy(&mut self, id: Id) {
        if !self.author.page.is_self_contained() && self.draft.tree.get(id, "data-hero").is_none() {
            for (name, value) in [("loading", "lazy"), ("decoding", "async")] {
                if self.draft.tree.get(id, name).is_none() {
                    self.draft.tree.set(id, name, value);
                }
            }
        }
        self.draft.tree.unset(id, "data-hero");
        self.draft.tree.unset(id, "data-widths");
    }

    /// Puts the graphic itself where the image stood, named for those who do not see it.
    fn inline_svg(&mut self, id: Id, svg: &str, written: &str) {
        let other = fragment(svg);
        let Some(root) = other.elements(Tree::ROOT).into_iter().find(|id| other.name(*id) == "svg") else {
            let message = format!("`{written}` holds no `<svg>`");
            return self.complain(Diagnostic::new(Code::BadImage, message), written);
        };
        let graphic = self.draft.tree.adopt(&other, root);
        let tree = &mut self.draft.tree;
        // The parser of HTML knows the namespace of `<svg>` by its name.
        tree.unset(graphic, "xmlns");
        for (name, value) in tree.attributes(id).to_vec() {
            match name.as_str() {
                "src" | "loading" | "decoding" | "sizes" | "fetchpriority" => {}
                "alt" if value.trim().is_empty() => tree.set(graphic, "aria-hidden", "true"),
                "alt" => {
                    tree.set(graphic, "role", "img");
                    tree.set(graphic, "aria-label", &value);
                }
                name => tree.set(graphic, name, &value),
            }
        }
        tree.replace(id, graphic);
        ids::tell_apart(tree, graphic);
        self.draft.graphics.push(graphic);
        for element in self.draft.tree.elements(graphic) {
            self.element(element);
        }
    }

    /// A page whose front matter names a picture (`image = "…"`) is shown with it in chats and networks.
    pub(super) fn ensure_card(&mut self) {
        let page = self.author.page;
        let Some(image) = page.front.get("image").and_then(|image| image.as_str()) else { return };
        let tree = &self.draft.tree;
        let given = tree.elements(Tree::ROOT).into_iter().any(|id| tree.get(id, "property") == Some("og:image"));
        let Some(head) = tree.find("head").filter(|_| !given && !page.is_self_contained()) else { return };
        let alt = page.front.get("image_alt").and_then(|alt| alt.as_str()).unwrap_or(&page.title);
        let tags = [
            [("property", "og:image"), ("content", image)],
            [("property", "og:image:alt"), ("content", alt)],
            [("name", "twitter:card"), ("content", "summary_large_image")],
        ];
        let metas = tags.map(|attributes| self.draft.tree.element("meta", &attributes));
        for meta in metas {
            self.draft.tree.append(head, meta);
        }
        self.meta(metas[0]);
    }

    /// The picture of a preview card: `og:image` and its like want the whole address, and formats that every network reads.
    pub(super) fn meta(&mut self, id: Id) {
        let tree = &self.draft.tree;
        if tree.get(id, "http-equiv").is_some_and(|kind| kind.eq_ignore_ascii_case("refresh")) {
            let content = tree.get(id, "content").unwrap_or_default().to_owned();
            return self.refresh(&content);
        }
        let property = tree.get(id, "property").or_else(|| tree.get(id, "name")).unwrap_or_default();
        if !matches!(property, "og:image" | "og:image:url" | "og:image:secure_url" | "twitter:image") {
            return;
        }
        let Some(written) = tree.get(id, "content").map(str::to_owned) else { return };
        let Address::Local { path, .. } = Address::parse(&written, &self.shop.settings.site.url) else { return };
        if self.author.page.is_self_contained() {
            return self.draft.tree.detach(id);
        }
        match self.shop.shelf.file(From::Page(self.author.page), &path) {
            Ok(Found::Asset { file, .. }) if extension(&file) != "svg" => {
                let ask = PictureAsk {
                    source: Key::parse(&file).expect("the shelf found it under this key"),
                    widths: vec![CARD_WIDTH],
                    hero: None,
                    score: self.shop.settings.build.quality,
                    avif: false,
                    max_pixels: self.shop.settings.build.max_pixels,
                    inline_max: None,
                };
                self.draft.shots.push(Shot { at: id, ask, art: None, written });
            }
            Ok(found) => match self.publish(found) {
                Ok((url, key)) => {
                    self.draft.refs.insert(key);
                    self.draft.tree.set(id, "content", &format!("{}{url}", self.shop.settings.site.url));
                }
                Err(err) => self.complain(err, &written),
            },
            Err(err) => self.complain(err, &written),
        }
    }
}

fn lighten(widths: &mut Vec<u32>) {
    let narrowest = widths.iter().copied().min();
    widths.retain(|width| *width <= LIGHT || Some(*width) == narrowest);
}

fn extension(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The size that an SVG gives itself, by `width` and `height` or by its `viewBox`, so that the page does not jump when it arrives.
pub(super) fn svg_size(svg: &str) -> Option<(u32, u32)> {
    let tree = fragment(svg);
    let root = tree.elements(Tree::ROOT).into_iter().find(|id| tree.name(*id) == "svg")?;
    let number =
        |raw: &str| raw.trim().trim_end_matches("px").parse::<f64>().ok().filter(|it| (1.0..=10_000.0).contains(it));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 10,000")]
    let whole = |it: f64| it.round() as u32;
    if let (Some(width), Some(height)) =
        (tree.get(root, "width").and_then(number), tree.get(root, "height").and_then(number))
    {
        return Some((whole(width), whole(height)));
    }
    let view: Vec<f64> = tree
        .get(root, "viewBox")?
        .split([' ', ','])
        .filter(|it| !it.is_empty())
        .map_while(|it| it.parse().ok())
        .collect();
    match view[..] {
        [_, _, width, height] if (1.0..=10_000.0).contains(&width) && (1.0..=10_000.0).contains(&height) => {
            Some((whole(width), whole(height)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_svg_says_how_large_it_is() {
        assert_eq!(svg_size("<svg width='20px' height='10'/>"), Some((20, 10)));
        assert_eq!(svg_size("<svg viewBox='0 0 32.4,16'/>"), Some((32, 16)));
        assert_eq!(svg_size("<svg/>"), None);
    }
}
