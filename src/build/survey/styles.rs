//! Style sheets and icons: what a page's `<link>` elements ask for. Style sheets come into the page, where they block nothing.

use super::{Shop, Survey, data_url};
use crate::build::css::{Access, Laid, Written};
use crate::build::shelf::{Found, From};
use crate::build::theme::Theme;
use crate::diag::{Code, Diagnostic, Place};
use crate::html::Address;
use crate::html::{Id, Tree};
use crate::model::Media;

/// An icon up to this size stands in the page: about what a request for it would cost in headers alone.
const ICON_IN_PAGE: usize = 1_500;

/// The sheet of a theme that the brand's colors and type are put before.
const THEME_SHEET: &str = "style.css";

impl Survey<'_, '_> {
    pub(super) fn link_element(&mut self, id: Id) {
        let rel = self.draft.tree.get(id, "rel").unwrap_or_default().to_ascii_lowercase();
        let has = |kind: &str| rel.split_ascii_whitespace().any(|it| it == kind);
        if has("stylesheet") && !has("alternate") {
            self.style_sheet(id);
        } else if has("icon") {
            self.icon(id);
        } else if has("apple-touch-icon") || has("mask-icon") {
            self.file(id, "href", "img-src");
        } else if has("manifest") {
            self.file(id, "href", "manifest-src");
        } else if has("preload") || has("modulepreload") || has("prefetch") || has("prerender") {
            let directive = match self.draft.tree.get(id, "as").unwrap_or_default() {
                "font" => "font-src",
                "image" => "img-src",
                "fetch" => "connect-src",
                "video" | "audio" | "track" => "media-src",
                _ => "script-src",
            };
            self.file(id, "href", directive);
            self.candidates(id, "imagesrcset");
        } else if has("preconnect") || has("dns-prefetch") {
            self.file(id, "href", "connect-src");
        }
    }

    /// Puts the sheet where the link stood.
    fn style_sheet(&mut self, id: Id) {
        let Some(written) = self.draft.tree.get(id, "href").map(str::to_owned) else { return };
        let Address::Local { path, .. } = Address::parse(&written, &self.shop.settings.site.url) else {
            return self.file(id, "href", "style-src");
        };
        let found = match self.shop.shelf.in_theme(&path) {
            Some(found) => Ok(found),
            None => self.shop.shelf.file(From::Page(self.author.page), &path),
        };
        let sheet = match found.and_then(|found| self.shop.written(found)) {
            Ok(sheet) => sheet,
            // What is wrong in the file has its place, what is wrong with its name has not.
            Err(err) if err.place.is_some() => return self.found.push(err),
            Err(err) => return self.complain(err, &written),
        };
        let style = self.draft.tree.element("style", &[]);
        if let Some(media) = self.draft.tree.get(id, "media").map(str::to_owned) {
            self.draft.tree.set(style, "media", &media);
        }
        self.draft.tree.replace(id, style);
        self.lay(style, &sheet);
    }

    /// A `<style>` that stands in a template or in a page; its URLs start from the theme.
    pub(super) fn style(&mut self, id: Id) {
        let text = self.draft.tree.text(id);
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let whole = self.author.place(first);
        let file = whole.file.clone();
        self.lay(id, &Written { file, inside: String::new(), text, first_line: None, whole });
    }

    /// Notes a sheet down for an element; its text comes when the page is finished.
    fn lay(&mut self, at: Id, written: &Written) {
        let shop = self.shop;
        let load = |from: &Written, url: &str| shop.imported(from, url);
        let look_up = |from: &Written, url: &str| {
            let directive = if is_font(url) { "font-src" } else { "img-src" };
            Ok((shop.look_up(url, From::Sheet(&from.inside))?, directive))
        };
        let access = Access { load: &load, look_up: &look_up };
        match shop.sheets.get(written, &shop.settings.build.browsers, &access) {
            Ok(sheet) if self.draft.alone && sheet.other_host().is_some() => {
                let host = sheet.other_host().unwrap_or_default().to_owned();
                let alone = self.must_stand_alone(&host);
                self.complain(alone, &host);
            }
            Ok(sheet) => {
                self.draft.warnings.extend(sheet.warnings.clone());
                self.draft.sheets.push(Laid { at, sheet });
            }
            Err(found) => self.found.extend(found),
        }
    }

    /// A small icon stands in the page; it saves every visitor a request for `/favicon.ico`.
    fn icon(&mut self, id: Id) {
        let Some(written) = self.draft.tree.get(id, "href").map(str::to_owned) else { return };
        let Address::Local { path, .. } = Address::parse(&written, &self.shop.settings.site.url) else {
            return self.file(id, "href", "img-src");
        };
        let Ok(Found::Asset { file, bytes }) = self.shop.shelf.file(From::Page(self.author.page), &path) else {
            return self.file(id, "href", "img-src");
        };
        if !file.ends_with(".svg") {
            return self.file(id, "href", "img-src");
        }
        match self.shop.drawing(&file, &bytes) {
            Ok(it) if it.svg.len() <= ICON_IN_PAGE || self.author.page.is_self_contained() => {
                let media = Media::of_extension("svg");
                self.draft.sources.allow("img-src", "data:");
                self.draft.tree.set(id, "href", &data_url(&it.svg, &media));
                self.draft.graphics.push(id);
            }
            Ok(_) => self.file(id, "href", "img-src"),
            Err(err) => self.found.push(err),
        }
    }

    /// Without an icon every browser asks for `/favicon.ico`, and in a spike that is a request more for everybody, for a 404. An empty one
    /// says that there is none, unless the site has that file.
    pub(super) fn ensure_icon(&mut self) {
        let tree = &self.draft.tree;
        let is_icon = |id: &Id| {
            let rel = tree.get(*id, "rel").unwrap_or_default().to_ascii_lowercase();
            tree.name(*id) == "link" && rel.split_ascii_whitespace().any(|it| it == "icon")
        };
        let given = tree.elements(Tree::ROOT).iter().any(is_icon);
        let published = self.shop.shelf.published.keys().any(|key| key.as_str() == "favicon.ico");
        if given || (published && !self.author.page.is_self_contained()) {
            return;
        }
        if let Some(head) = tree.find("head") {
            let icon = self.draft.tree.element("link", &[("rel", "icon"), ("href", "data:,")]);
            self.draft.tree.append(head, icon);
            self.draft.sources.allow("img-src", "data:");
        }
    }
}

impl Shop<'_> {
    /// The text of a sheet that was found.
    fn written(&self, found: Found) -> Result<Written, Diagnostic> {
        let (file, bytes) = match found {
            Found::Asset { file, bytes } => (file, bytes),
            Found::Published(key) => {
                let message = format!("`{key}` is published under its own name and cannot be a part of the page");
                return Err(Diagnostic::new(Code::Css, message).hint("move it into the theme"));
            }
        };
        let mut text = crate::build::utf8(&file, &bytes)?.to_owned();
        if file == self.shelf.theme.path(THEME_SHEET) {
            // On the sheet's first line, so that all lines keep their numbers.
            text.insert_str(0, &self.brand.css(&text));
        }
        let inside = Theme::inside(&file).unwrap_or(&file).to_owned();
        Ok(Written { whole: Place::file(&file), first_line: Some(0), inside, text, file })
    }

    /// The sheet that an `@import` names.
    fn imported(&self, from: &Written, url: &str) -> Result<Written, Diagnostic> {
        if let Address::Local { path, .. } = Address::parse(url, &self.settings.site.url) {
            return self.written(self.shelf.file(From::Sheet(&from.inside), &path)?);
        }
        let message = format!("`@import` of `{url}` is a second request before the page is painted");
        Err(Diagnostic::new(Code::Css, message).hint("put the rules into a file of the theme and import that"))
    }
}

fn is_font(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".woff2", ".woff", ".ttf", ".otf"].iter().any(|extension| path.ends_with(extension))
        || path.starts_with("data:font")
}
