//! Icons: `favicon.ico` for robots, a picture for the home screen, a web manifest in each language.
//!
//! In: `[brand] icon`, or `assets/icon.svg`. Out: files, and the `<link>`s that name them. The small icon in the browser's tab stands in the page
//! itself (`survey/styles.rs`). Only `/favicon.ico` has a name of its own, because it is asked for by that name; everything a page
//! refers to is immutable.

use super::{Piece, Seen, add, has_link, place};
use crate::assets::{icons, svg};
use crate::build::page::Page;
use crate::build::survey::{Draft, Shop};
use crate::diag::{Code, Diagnostic, Warned};
use crate::model::{Artifact, Class, Color, Key, Language, Media};
use bytes::Bytes;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Where the icon is looked for when the settings name none.
const USUAL: &str = "icon.svg";

/// The file that browsers and robots ask for unasked (HTML, section 4.6.7.8).
const FAVICON: &str = "favicon.ico";

/// The icons of a site.
pub(super) struct SiteIcons {
    drawing: String,
    ico: Option<Bytes>,
    touch: Option<Piece>,
    /// Language to manifest.
    manifests: BTreeMap<String, Piece>,
    /// What the manifests name.
    named: Vec<Piece>,
}

impl SiteIcons {
    /// Makes them, if there is a drawing to make them of.
    pub(super) fn of(shop: &Shop<'_>, seen: &[Seen<'_, '_>]) -> Result<Warned<Option<Self>>, Vec<Diagnostic>> {
        let nothing = |warnings| Ok(Warned { value: None, warnings });
        let written = shop.settings.brand.icon.as_deref();
        let name = written.unwrap_or(USUAL);
        let file = format!("assets/{}", name.trim_start_matches('/').trim_start_matches("assets/"));
        let Some(bytes) = shop.shelf.source.get(&file) else {
            let Some(written) = written else { return nothing(Vec::new()) };
            let missing = Diagnostic::new(Code::MissingAsset, format!("there is no `{file}`, which `icon` names"));
            return Err(vec![missing.at(place(shop, written)).hint("put the drawing into `assets/`")]);
        };
        if !file.to_ascii_lowercase().ends_with(".svg") {
            let message = format!("`{file}` is no SVG: no icons for phones are made of it");
            let warning = Diagnostic::new(Code::BadImage, message).at(place(shop, name));
            return nothing(vec![warning.hint("give the icon as SVG, which every size can be made of")]);
        }
        let drawing = svg(bytes).map_err(|err| vec![err.diagnostic(&file, bytes)])?;
        let color = super::brand_color(shop).bytes();
        let made = icons(&drawing, color, shop.memo).map_err(|err| vec![err.diagnostic(&file, bytes)])?;
        let png = |name: String, bytes: &Bytes| Piece::new(&name, bytes.clone(), Media::of_extension("png"));
        let mut named = vec![Piece::new("icon.svg", Bytes::from(drawing.clone()), Media::of_extension("svg"))];
        named.extend(made.maskable.iter().map(|(side, bytes)| png(format!("icon-{side}.png"), bytes)));
        let sides: Vec<u32> = made.maskable.iter().map(|(side, _)| *side).collect();
        let homes = homes(seen);
        let manifests = if is_published(shop, &["site.webmanifest", "manifest.webmanifest", "manifest.json"]) {
            BTreeMap::new()
        } else {
            let one = |(tag, (language, home)): (String, (&Language, String))| {
                (tag, manifest(language, &home, &named, &sides, made.background))
            };
            homes.into_iter().map(one).collect()
        };
        let touch =
            (!is_published(shop, &["apple-touch-icon.png"])).then(|| png("icon-180.png".to_owned(), &made.touch));
        let ico = (!is_published(shop, &[FAVICON])).then_some(made.ico);
        Ok(Warned { value: Some(Self { drawing, ico, touch, manifests, named }), warnings: Vec::new() })
    }

    /// What they were made of, safe.
    pub(super) fn drawing(&self) -> &str {
        &self.drawing
    }

    /// Names them in a page that does not name its own.
    pub(super) fn put(&self, page: &Page<'_>, draft: &mut Draft) {
        if let Some(touch) = &self.touch
            && !has_link(&draft.tree, "apple-touch-icon")
        {
            let url = touch.publish(draft);
            draft.sources.allow("img-src", "'self'");
            add(draft, "link", &[("rel", "apple-touch-icon"), ("href", url)]);
        }
        if let Some(manifest) = self.manifests.get(&page.spot.language.tag)
            && !has_link(&draft.tree, "manifest")
        {
            for icon in &self.named {
                icon.publish(draft);
            }
            let url = manifest.publish(draft);
            draft.sources.allow("manifest-src", "'self'");
            draft.sources.allow("img-src", "'self'");
            add(draft, "link", &[("rel", "manifest"), ("href", url)]);
        }
    }

    /// `favicon.ico`, for who asks without having read the page.
    pub(super) fn favicon(&self) -> Option<(Key, Artifact)> {
        let bytes = self.ico.clone()?;
        let media = Media::of_extension("ico");
        let key = Key::parse(FAVICON).expect("a constant path");
        Some((key, Artifact::new(bytes, media, Class::Document, BTreeSet::new())))
    }
}

/// Each language with the address of its first page; that of the site where it has none.
fn homes<'p>(seen: &[Seen<'p, '_>]) -> BTreeMap<String, (&'p Language, String)> {
    let mut homes = BTreeMap::new();
    for page in seen.iter().map(|it| it.page).filter(|page| !page.is_self_contained()) {
        let home = homes.entry(page.spot.language.tag.clone()).or_insert((page.spot.language, "/".to_owned()));
        if page.spot.is_entry() {
            home.1 = page.url.encoded();
        }
    }
    homes
}

/// Whether the author publishes a file of one of these names, or leads it elsewhere.
fn is_published(shop: &Shop<'_>, names: &[&str]) -> bool {
    let redirected =
        |name: &&str| shop.settings.redirects.keys().any(|url| url.as_str().strip_prefix('/') == Some(name));
    names.iter().any(|name| shop.shelf.published.keys().any(|key| key.as_str() == *name) || redirected(name))
}

/// W3C, "Web Application Manifest". `display` is `browser`: phones then offer no installation, which would lie over the page, and still take
/// name and icon from here when somebody puts the page on the home screen.
fn manifest(language: &Language, home: &str, named: &[Piece], sides: &[u32], background: [u8; 3]) -> Piece {
    let name = &language.brand.name;
    let color = Color::of_bytes(background).hex();
    let icons: Vec<_> = named
        .iter()
        .enumerate()
        .map(|(at, piece)| match at.checked_sub(1).and_then(|at| sides.get(at)) {
            None => json!({ "src": piece.url, "sizes": "any", "type": piece.artifact.media.essence() }),
            Some(side) => json!({
                "src": piece.url, "sizes": format!("{side}x{side}"), "type": piece.artifact.media.essence(), "purpose": "maskable"
            }),
        })
        .collect();
    let manifest = json!({
        "name": name,
        "short_name": name,
        "lang": language.tag,
        "dir": language.dir.as_str(),
        "id": home,
        "start_url": home,
        "scope": "/",
        "display": "browser",
        "theme_color": color,
        "background_color": color,
        "icons": icons,
    });
    let mut piece =
        Piece::new("site.webmanifest", Bytes::from(manifest.to_string()), Media::of_extension("webmanifest"));
    piece.artifact.refs = named.iter().map(|piece| piece.key.clone()).collect();
    piece
}
