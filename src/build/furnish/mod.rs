//! What every page gets without anybody writing it: icons, a preview card, the brand's fonts.
//!
//! In: the drafts of all pages. Out: the files, made once for the whole site, and for each page its `<link>`, `<meta>` and `@font-face`. What
//! an author has put there himself stays and nothing is added to it. A page that must stand alone gets none of it: nothing else
//! answers when it shows.

mod cards;
mod fonts;
mod icons;
mod letters;

use super::page::Page;
use super::survey::{Draft, Shop};
use super::template::Templates;
use crate::assets::fingerprint;
use crate::diag::{Diagnostic, Place, Warned};
use crate::html::{Id, Tree};
use crate::model::{Artifact, Class, Color, Digest, Key, Media, Mode, Settings, UrlPath};
use bytes::Bytes;
use cards::{Art, Cards};
use fonts::{Fonts, Needs};
use icons::SiteIcons;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the pages of a site share.
#[derive(Default)]
pub(super) struct Furniture {
    icons: Option<SiteIcons>,
    cards: Cards,
    fonts: Fonts,
    /// By language: what pages get of these that does not follow from themselves.
    digests: BTreeMap<String, Digest>,
}

/// A page as the furnishers see it, in one mode.
pub(super) struct Seen<'p, 'a> {
    pub(super) page: &'p Page<'a>,
    pub(super) mode: Mode,
    pub(super) traits: Traits,
}

/// What of the inside of a page decides about furniture, its own or that of all.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Traits {
    has_card: bool,
    /// Whether a style sheet of the page names a font.
    pub(super) names_fonts: bool,
    /// Which letters it needs, when anything depends on that.
    needs: Option<Needs>,
}

impl Traits {
    pub(super) fn of(draft: &Draft) -> Self {
        Self { has_card: cards::has_card(&draft.tree), names_fonts: fonts::names_fonts(draft), needs: None }
    }

    /// Whether it is known which letters the page needs.
    pub(super) fn has_needs(&self) -> bool {
        self.needs.is_some()
    }

    /// Notes down which letters the page needs.
    pub(super) fn note_needs(&mut self, draft: &Draft) {
        self.needs.get_or_insert_with(|| Needs::of(draft));
    }
}

/// What a card's template sees of a page, `page` itself among it.
pub(super) type Context<'c> = dyn Fn(&Page<'_>) -> tera::Context + Sync + 'c;

impl Furniture {
    /// Makes everything that the pages are to get.
    pub(super) fn of(
        shop: &Shop<'_>,
        templates: &Templates<'_>,
        context: &Context<'_>,
        seen: &[Seen<'_, '_>],
    ) -> Result<Warned<Self>, Vec<Diagnostic>> {
        let (fonts, icons) = rayon::join(|| Fonts::of(shop, seen), || SiteIcons::of(shop, seen));
        let cards = match (&fonts, &icons) {
            (Ok(fonts), Ok(icons)) => {
                let icon = icons.value.as_ref().map(SiteIcons::drawing);
                let art = Art { icon, fonts: fonts.value.files(), colors: card_colors(shop) };
                Cards::of(shop, templates, context, seen, &art)
            }
            _ => Ok(Warned::default()),
        };
        match (fonts, icons, cards) {
            (Ok(fonts), Ok(icons), Ok(cards)) => {
                let warnings = [fonts.warnings, icons.warnings, cards.warnings].concat();
                let (icons, cards, fonts) = (icons.value, cards.value, fonts.value);
                let tags: BTreeSet<&str> = seen.iter().map(|it| it.page.spot.language.tag.as_str()).collect();
                let digest = |tag: &str| Digest::of(format!("{} {}", cards.shared(tag), fonts.asked(tag)).as_bytes());
                let digests = tags.into_iter().map(|tag| (tag.to_owned(), digest(tag))).collect();
                let value = Self { icons, cards, fonts, digests };
                Ok(Warned { value, warnings })
            }
            (fonts, icons, cards) => {
                Err([fonts.err(), icons.err(), cards.err()].into_iter().flatten().flatten().collect())
            }
        }
    }

    /// Whether the settings name a font file.
    pub(super) fn names_fonts(shop: &Shop<'_>) -> bool {
        fonts::are_given(shop)
    }

    /// Tells apart what a page is furnished with, as far as it does not follow from the page and what all pages share.
    pub(super) fn digest(&self, page: &Page<'_>) -> Digest {
        let known = self.digests.get(&page.spot.language.tag).copied();
        known.unwrap_or_else(|| Digest::of(b""))
    }

    /// Furnishes a page with icons and its card.
    pub(super) fn put(&self, shop: &Shop<'_>, page: &Page<'_>, draft: &mut Draft) {
        if page.is_self_contained() {
            return;
        }
        if let Some(icons) = &self.icons {
            icons.put(page, draft);
        }
        self.cards.put(shop, page, draft);
    }

    /// Furnishes a page, its styles in it, with letters. `has_room`: no picture has taken the room there is.
    pub(super) fn letter(
        &self,
        shop: &Shop<'_>,
        page: &Page<'_>,
        draft: &mut Draft,
        has_room: bool,
    ) -> Result<(), Vec<Diagnostic>> {
        if page.is_self_contained() { Ok(()) } else { self.fonts.put(shop, page, draft, has_room) }
    }

    /// Files with names of their own.
    pub(super) fn documents(&self) -> BTreeMap<Key, Artifact> {
        self.icons.iter().filter_map(SiteIcons::favicon).collect()
    }
}

/// An immutable file that pages refer to.
#[derive(Clone, Debug)]
struct Piece {
    url: String,
    key: Key,
    artifact: Artifact,
}

impl Piece {
    fn new(name: &str, bytes: Bytes, media: Media) -> Self {
        let key = fingerprint(name, &bytes);
        let artifact = Artifact::new(bytes, media, Class::Asset, BTreeSet::new());
        Self { url: UrlPath::of(&key).encoded(), key, artifact }
    }

    /// Publishes it for a page.
    fn publish(&self, draft: &mut Draft) -> &str {
        draft.refs.insert(self.key.clone());
        draft.assets.insert(self.key.clone(), self.artifact.clone());
        &self.url
    }
}

/// The color of the brand, as the theme uses it.
fn brand_color(shop: &Shop<'_>) -> Color {
    let accent = shop.brand.colors.get("accent").map(|tone| tone.light);
    let given = || shop.settings.brand.color.as_deref().and_then(Color::parse);
    accent.or_else(given).unwrap_or(Color::of_bytes([255; 3]))
}

/// What cards are painted on, and the letters: the theme's strongest ground, else the color of the brand.
fn card_colors(shop: &Shop<'_>) -> [Color; 2] {
    let theme = |name: &str| shop.brand.colors.get(name).map(|tone| tone.light);
    let ground = theme("ground").unwrap_or_else(|| brand_color(shop));
    let either = [[255; 3], [0; 3]].map(Color::of_bytes);
    let [white, black] = either;
    let ink = if white.contrast(&ground) >= black.contrast(&ground) { white } else { black };
    [ground, theme("on-ground").unwrap_or(ink)]
}

/// Whether the page has a `<link>` of this kind.
fn has_link(tree: &Tree, kind: &str) -> bool {
    let is_kind = |id: &Id| {
        let rel = tree.get(*id, "rel").unwrap_or_default().to_ascii_lowercase();
        tree.name(*id) == "link" && rel.split_ascii_whitespace().any(|it| it == kind)
    };
    tree.elements(Tree::ROOT).iter().any(is_kind)
}

/// Adds an element at the end of the head.
fn add(draft: &mut Draft, name: &str, attributes: &[(&str, &str)]) {
    if let Some(head) = draft.tree.find("head") {
        let element = draft.tree.element(name, attributes);
        draft.tree.append(head, element);
    }
}

/// Where the settings name something.
fn place(shop: &Shop<'_>, written: &str) -> Place {
    let text =
        shop.shelf.source.get(Settings::FILE).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    super::author::find(Settings::FILE, text, written).unwrap_or_else(|| Place::file(Settings::FILE))
}
