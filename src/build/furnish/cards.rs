//! Preview cards: the picture that chats and networks show beside a link, painted from the theme's template `og.svg`.
//!
//! In: the drafts. Out: one card for each first page and for each page with a description, in its language; every other page shows the card of
//! the first page in its language. So do the pages made from a table, a thousand of them perhaps, unless their front matter says
//! `card = true`; `card = false` goes without. A picture of the author's own (`image = "…"`) takes the place of all of it.

use super::{Context, Piece, Seen, add};
use crate::assets::{CARD, Card, Faces, card};
use crate::build::page::Page;
use crate::build::survey::{Draft, Shop};
use crate::build::template::Templates;
use crate::diag::{Code, Diagnostic, Place, Warned};
use crate::html::Tree;
use crate::model::{Class, Color, Direction, Key, Mode};
use bytes::Bytes;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Below `templates/` in a theme.
const TEMPLATE: &str = "og.svg";

/// The cards of a site.
#[derive(Default)]
pub(super) struct Cards {
    /// By the page that a card was painted for.
    own: BTreeMap<Key, Shown>,
    /// By language: the card of its first page.
    shared: BTreeMap<String, Shown>,
}

/// What cards are painted with.
pub(super) struct Art<'a> {
    pub(super) icon: Option<&'a str>,
    pub(super) fonts: Vec<Bytes>,
    /// Ground and letters.
    pub(super) colors: [Color; 2],
}

impl Art<'_> {
    /// As the template sees it, under `card`.
    fn seen(&self, dir: Direction) -> serde_json::Value {
        let [ground, ink] = self.colors.map(|color| color.hex());
        serde_json::json!({ "ground": ground, "ink": ink, "icon": self.icon.is_some(), "rtl": dir == Direction::Rtl })
    }
}

/// A card and what it says.
#[derive(Clone)]
struct Shown {
    piece: Piece,
    alt: String,
}

impl Cards {
    /// Paints them, if the theme has a template for it.
    pub(super) fn of(
        shop: &Shop<'_>,
        templates: &Templates<'_>,
        context: &Context<'_>,
        seen: &[Seen<'_, '_>],
        art: &Art<'_>,
    ) -> Result<Warned<Self>, Vec<Diagnostic>> {
        if shop.shelf.theme.get(&format!("templates/{TEMPLATE}")).is_none() {
            return Ok(Warned { value: Self::default(), warnings: Vec::new() });
        }
        let usual = seen.iter().filter(|it| it.mode == Mode::Normal && wants(it.page) && !it.traits.has_card);
        let pages: Vec<&Page<'_>> = usual.map(|it| it.page).filter(|page| has_own(page)).collect();
        // Fonts that cannot be read are complained about where they are prepared.
        let faces = if art.fonts.is_empty() { Faces::shipped() } else { Faces::with(&art.fonts).0 };
        let painted: Vec<Result<Card, Diagnostic>> = pages
            .par_iter()
            .map(|page| {
                let mut context = context(page);
                context.insert("card", &art.seen(page.spot.language.dir));
                let svg = templates.part(page, TEMPLATE, &context)?;
                card(&svg, art.icon, &faces, shop.memo).map_err(|err| {
                    let file = shop.shelf.theme.path(&format!("templates/{TEMPLATE}"));
                    let mut wrong = err.diagnostic(&file, svg.as_bytes());
                    wrong.message.push_str(&format!(" (for `{}`)", page.source));
                    wrong
                })
            })
            .collect();
        let mut made = Self::default();
        let (mut wrong, mut warnings) = (Vec::new(), Vec::new());
        for (page, card) in pages.into_iter().zip(painted) {
            match card {
                Ok(card) => {
                    warnings.extend(lacking(page, &card.missing));
                    made.insert(page, card);
                }
                Err(err) => wrong.push(err),
            }
        }
        if wrong.is_empty() { Ok(Warned { value: made, warnings }) } else { Err(wrong) }
    }

    fn insert(&mut self, page: &Page<'_>, card: Card) {
        let piece = Piece::new(&format!("card.{}", card.extension), card.bytes, card.media);
        let shown = Shown { piece, alt: page.title.clone() };
        if page.spot.is_entry() {
            self.shared.entry(page.spot.language.tag.clone()).or_insert_with(|| shown.clone());
        }
        self.own.insert(page.spot.key.clone(), shown);
    }

    /// What pages in a language show that have no card of their own.
    pub(super) fn shared(&self, tag: &str) -> String {
        self.shared.get(tag).map_or_else(String::new, |shown| format!("{} {}", shown.piece.url, shown.alt))
    }

    /// Names the card in a page that names none.
    pub(super) fn put(&self, shop: &Shop<'_>, page: &Page<'_>, draft: &mut Draft) {
        let shared = || self.shared.get(&page.spot.language.tag);
        let Some(shown) = self.own.get(&page.spot.key).or_else(shared).filter(|_| wants(page)) else { return };
        if has_card(&draft.tree) {
            return;
        }
        let url = format!("{}{}", shop.settings.site.url, shown.piece.publish(draft));
        let (width, height) = (CARD.0.to_string(), CARD.1.to_string());
        for (property, content) in
            [("og:image", &url), ("og:image:width", &width), ("og:image:height", &height), ("og:image:alt", &shown.alt)]
        {
            add(draft, "meta", &[("property", property), ("content", content)]);
        }
        add(draft, "meta", &[("name", "twitter:card"), ("content", "summary_large_image")]);
    }
}

/// Whether the page is shown to anybody, and its author has not declined.
fn wants(page: &Page<'_>) -> bool {
    page.spot.class == Class::Document && !page.is_self_contained() && page.front.get("card") != Some(&false.into())
}

/// Whether the page has a card of its own. One of a thousand made from a table has not, nor has a variant of another page.
fn has_own(page: &Page<'_>) -> bool {
    let asked = page.front.get("card") == Some(&true.into());
    let is_one_of_many = page.row.is_some() || page.canonical.is_some();
    asked || (!is_one_of_many && (page.spot.is_entry() || page.front.contains_key("description")))
}

pub(super) fn has_card(tree: &Tree) -> bool {
    let metas = tree.elements(Tree::ROOT).into_iter().filter(|id| tree.name(*id) == "meta");
    metas.into_iter().any(|id| tree.get(id, "property").or_else(|| tree.get(id, "name")) == Some("og:image"))
}

fn lacking(page: &Page<'_>, missing: &[char]) -> Option<Diagnostic> {
    if missing.is_empty() {
        return None;
    }
    let some: BTreeSet<String> = missing.iter().take(10).map(char::to_string).collect();
    let some: Vec<String> = some.into_iter().collect();
    let message =
        format!("the preview card of `{}` cannot show «{}»: no font at hand has it", page.source, some.join(" "));
    let hint = "name a font that has it in `[brand] font`, or a picture in the front matter: `image = \"…\"`";
    Some(Diagnostic::new(Code::BadFont, message).at(Place::file(page.source.as_str())).hint(hint))
}
