//! One page gone through from top to bottom: every reference looked up and rewritten, everything refused that the page's own policy would
//! block, and everything noted down that the page needs from elsewhere.
//!
//! In: a page as the theme rendered it. Out: a [`Draft`], complete but for its raster images, which are encoded for all pages at once.

mod art;
mod ids;
mod images;
mod links;
mod resources;
mod scripts;
mod styles;

use super::author::Author;
use super::brand::Brand;
use super::csp::Sources;
use super::css::{Laid, Scripts, Sheets};
use super::js::Programs;
use super::shelf::Shelf;
use super::tone::Tones;
use crate::assets::PictureAsk;
use crate::diag::{Code, Diagnostic};
use crate::html::{Id, Space, Tree};
use crate::model::{Artifact, Key, Memo, Settings};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

pub(super) use art::Art;
pub(super) use resources::{Target, data_url};

/// What all pages of a build share.
pub(super) struct Shop<'a> {
    pub(super) shelf: Shelf<'a>,
    pub(super) settings: &'a Settings,
    pub(super) brand: &'a Brand,
    pub(super) memo: &'a dyn Memo,
    pub(super) sheets: Sheets,
    pub(super) programs: Programs,
    pub(super) drawings: Drawings,
}

/// The drawings of a build, each made safe and small once.
pub(super) type Drawings = Mutex<BTreeMap<String, Result<Arc<Drawing>, Diagnostic>>>;

/// An SVG that is safe and small.
#[derive(Debug)]
pub(super) struct Drawing {
    pub(super) svg: Bytes,
    /// The size that it gives itself.
    pub(super) size: Option<(u32, u32)>,
}

/// A page on its way.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) tree: Tree,
    pub(super) space: Space,
    /// What its policy must allow.
    pub(super) sources: Sources,
    /// What a browser will ask for.
    pub(super) refs: BTreeSet<Key>,
    /// Files to publish for it.
    pub(super) assets: BTreeMap<Key, Artifact>,
    /// Raster images that are still to be put in.
    pub(super) shots: Vec<Shot>,
    /// Inline graphics, for the account of the first flight.
    pub(super) graphics: Vec<Id>,
    /// Style sheets that are still to be put in.
    pub(super) sheets: Vec<Laid>,
    /// Colors of pictures that come later.
    pub(super) tones: Tones,
    /// What the page's scripts say.
    pub(super) scripts: Scripts,
    /// Whether the page must hold everything itself.
    pub(super) alone: bool,
    pub(super) warnings: Vec<Diagnostic>,
}

/// An `<img>` or `<meta>` that waits for its encoded files. Those of an image's other versions follow it.
#[derive(Clone, Debug)]
pub(super) struct Shot {
    pub(super) at: Id,
    pub(super) ask: PictureAsk,
    /// Who is shown this one instead.
    pub(super) art: Option<Art>,
    /// As the author wrote it.
    pub(super) written: String,
}

/// Goes through a page. What is wrong stands beside the draft: its images can still be looked at, so that all is said at once.
pub(super) fn survey(shop: &Shop<'_>, author: &Author<'_>, tree: Tree) -> (Draft, Vec<Diagnostic>) {
    let draft = Draft {
        tree,
        space: Space::Collapse,
        sources: Sources::default(),
        refs: BTreeSet::new(),
        assets: BTreeMap::new(),
        shots: Vec::new(),
        graphics: Vec::new(),
        sheets: Vec::new(),
        tones: Tones::new(),
        scripts: Scripts::None,
        alone: author.page.is_self_contained(),
        warnings: Vec::new(),
    };
    let mut survey = Survey { shop, author, draft, found: Vec::new() };
    if !author.page.is_self_contained() {
        images::hasten(&mut survey.draft.tree);
    }
    for id in survey.draft.tree.elements(Tree::ROOT) {
        survey.element(id);
    }
    survey.ensure_icon();
    survey.ensure_card();
    (survey.draft, survey.found)
}

struct Survey<'s, 'a> {
    shop: &'s Shop<'a>,
    author: &'s Author<'s>,
    draft: Draft,
    found: Vec<Diagnostic>,
}

impl Survey<'_, '_> {
    fn element(&mut self, id: Id) {
        self.attributes(id);
        let tree = &self.draft.tree;
        if !tree.is_html(id) {
            return self.foreign(id);
        }
        match tree.name(id).to_owned().as_str() {
            "a" | "area" => self.link(id, "href"),
            "form" => self.form(id, "action"),
            "button" => self.form(id, "formaction"),
            "input" => {
                self.form(id, "formaction");
                self.file(id, "src", "img-src");
            }
            "link" => self.link_element(id),
            "style" => self.style(id),
            "script" => self.script(id),
            "img" => self.image(id),
            "source" => {
                let directive = if self.parent_is(id, "picture") { "img-src" } else { "media-src" };
                self.file(id, "src", directive);
                self.candidates(id, "srcset");
            }
            "audio" | "track" => self.file(id, "src", "media-src"),
            "video" => {
                self.file(id, "src", "media-src");
                self.file(id, "poster", "img-src");
            }
            "iframe" => self.file(id, "src", "frame-src"),
            "embed" => self.file(id, "src", "object-src"),
            "object" => self.file(id, "data", "object-src"),
            "meta" => self.meta(id),
            "base" => self.complain(
                Diagnostic::new(
                    Code::InlineHandler,
                    "`<base>` changes where every link leads; the page's own policy forbids it",
                )
                .hint("write links from the root: `/page`"),
                "<base",
            ),
            _ => {}
        }
    }

    /// SVG and MathML that stand in the page.
    fn foreign(&mut self, id: Id) {
        let attribute = if self.draft.tree.get(id, "href").is_some() { "href" } else { "xlink:href" };
        match self.draft.tree.name(id) {
            "a" => self.link(id, attribute),
            _ => self.file(id, attribute, "img-src"),
        }
    }

    /// What the policy would block wherever it stands.
    fn attributes(&mut self, id: Id) {
        for (name, value) in self.draft.tree.attributes(id).to_vec() {
            if name.len() > 2 && name.starts_with("on") {
                let message = format!("`{name}` is an inline script, which the page's own policy blocks");
                let hint = "put it into a `<script>` and use `addEventListener`";
                self.complain(Diagnostic::new(Code::InlineHandler, message).hint(hint), &value);
            } else if name == "style" {
                let message = "`style` is an inline style, which the page's own policy blocks";
                let hint = "give the element a class and style it in the theme's style sheet";
                self.complain(Diagnostic::new(Code::InlineHandler, message).hint(hint), &value);
            } else if matches!(name.as_str(), "ping" | "attributionsrc") {
                self.told(&name, &value);
            } else if name == "background" {
                self.file(id, "background", "img-src");
            }
        }
    }

    fn parent_is(&self, id: Id, name: &str) -> bool {
        self.draft.tree.parent(id).is_some_and(|parent| self.draft.tree.name(parent) == name)
    }

    /// Notes a complaint at the place where `written` was written.
    fn complain(&mut self, diagnostic: Diagnostic, written: &str) {
        let place = self.author.place(written);
        self.found.push(diagnostic.at(place));
    }
}
