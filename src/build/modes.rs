//! A page in every mode: what it shows when the services behind it fail, and the holding page that can take its place.
//!
//! In: a page. Out: a draft for each mode in which it looks different. `normal` is what everybody sees; in `degraded` the theme leaves
//! out what needs a service and pictures are lighter; in `closed` the page `closed.md` stands in for the campaign beside it and below.
//! All of them are built together, so that switching needs no build.

use super::author::Author;
use super::editions::Editions;
use super::finish::Finished;
use super::page::Page;
use super::survey::{Draft, Shop, survey};
use super::template::Templates;
use super::{ENTRY, blocks, markdown};
use crate::diag::{Code, Diagnostic, Place};
use crate::html::{self, Tree};
use crate::model::{Artifact, Body, Class, Key, Media, Mode};
use std::collections::BTreeMap;

/// A page on its way, in one mode.
pub(super) struct Drafted<'p, 'a> {
    pub(super) page: &'p Page<'a>,
    pub(super) mode: Mode,
    pub(super) draft: Draft,
}

/// A page as it will be served, in one mode.
pub(super) struct Done<'p, 'a> {
    pub(super) page: &'p Page<'a>,
    pub(super) mode: Mode,
    pub(super) finished: Finished,
}

/// The page in each mode in which it looks different, and what is wrong with it.
pub(super) fn drafts<'p, 'a>(
    shop: &Shop<'_>,
    templates: &Templates<'_>,
    editions: &Editions<'_, '_>,
    page: &'p Page<'a>,
) -> Result<(Vec<Drafted<'p, 'a>>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let blocks = blocks::read(page, &shop.shelf.theme.schema)?.filled(page);
    let text = markdown::render(&blocks.markdown);
    let shown = |mode| {
        let context = |filled_in| editions.context(page, mode, filled_in);
        let shown = blocks.show(templates, page, &context(serde_json::Map::new()), &text.html)?;
        let context = context(shown);
        templates.render(page, &context).map_err(|err| vec![err])
    };
    let surveyed = |mode, tree: Tree| {
        let author = Author { page, mode, marks: &text.marks, theme: shop.shelf.theme, source: shop.shelf.source };
        let (draft, wrong) = survey(shop, &author, tree);
        (Drafted { page, mode, draft }, wrong)
    };
    if page.spot.holding {
        let (closed, wrong) = surveyed(Mode::Closed, html::document(&shown(Mode::Closed)?));
        return Ok((vec![closed], wrong));
    }
    let usual = shown(Mode::Normal)?;
    let tree = html::document(&usual);
    let (normal, mut wrong) = surveyed(Mode::Normal, tree.clone());
    let mut drafts = vec![normal];
    if page.spot.class == Class::Document && page.modes {
        // A theme that does not know of modes writes the same again, with lighter pictures.
        let other = if templates.know_modes() { Some(shown(Mode::Degraded)?).filter(|it| *it != usual) } else { None };
        if other.is_some() || !drafts[0].draft.shots.is_empty() {
            let (degraded, more) = surveyed(Mode::Degraded, other.map_or(tree, |html| html::document(&html)));
            drafts.push(degraded);
            wrong.extend(more);
        }
    }
    Ok((drafts, wrong))
}

/// Every holding page needs the campaign that it stands in for.
pub(super) fn stray(pages: &[Page<'_>]) -> Vec<Diagnostic> {
    let alone = |page: &&Page<'_>| {
        page.spot.holding && !pages.iter().any(|other| !other.spot.holding && other.spot.key == page.spot.key)
    };
    let complain = |page: &Page<'_>| {
        let message = format!("`{}` holds the place of an `index.md` that is not beside it", page.source);
        Diagnostic::new(Code::BadPath, message)
            .at(Place::file(page.source.as_str()))
            .hint("move it beside the first page of the site or of a language, or give it another name")
    };
    pages.iter().filter(alone).map(complain).collect()
}

/// Mode `closed` was asked for and has nothing to show.
pub(super) fn no_holding_page() -> Diagnostic {
    Diagnostic::new(Code::UnreadableFile, "there is no `site/closed.md`")
        .hint("it becomes the page that mode `closed` shows")
}

/// What the modes serve instead of the usual documents, where that differs.
pub(super) fn variants(pages: &[Done<'_, '_>]) -> BTreeMap<Mode, BTreeMap<Key, Artifact>> {
    let usual: BTreeMap<&Key, &Done<'_, '_>> =
        pages.iter().filter(|it| it.mode == Mode::Normal).map(|it| (&it.page.spot.key, it)).collect();
    let mut modes: BTreeMap<Mode, BTreeMap<Key, Artifact>> = BTreeMap::new();
    for done in pages {
        let keys = match done.mode {
            Mode::Normal => Vec::new(),
            Mode::Degraded => vec![done.page.spot.key.clone()],
            Mode::Closed => campaign(done.page, pages),
        };
        for key in keys {
            if usual.get(&key).is_none_or(|usual| usual.finished.sha256 != done.finished.sha256) {
                modes.entry(done.mode).or_default().insert(key, document(done));
            }
        }
    }
    modes
}

/// The pages that a holding page stands in for: the first page of its folder and those that are made like it, from the same
/// template. Legal texts and the like stay readable.
fn campaign(holding: &Page<'_>, pages: &[Done<'_, '_>]) -> Vec<Key> {
    let usual = || pages.iter().filter(|it| it.mode == Mode::Normal && it.page.spot.class == Class::Document);
    let nearest = |key: &Key| {
        let above =
            pages.iter().filter(|it| it.page.spot.holding && key.as_str().starts_with(folder(&it.page.spot.key)));
        above.max_by_key(|it| it.page.spot.key.as_str().len()).map(|it| &it.page.spot.key)
    };
    let template = usual().find(|it| it.page.spot.key == holding.spot.key).map(|it| &it.page.template);
    usual()
        .filter(|it| {
            it.page.modes
                && Some(&it.page.template) == template
                && nearest(&it.page.spot.key) == Some(&holding.spot.key)
        })
        .map(|it| it.page.spot.key.clone())
        .collect()
}

/// With its slash, and nothing at the top.
fn folder(key: &Key) -> &str {
    key.as_str().strip_suffix(ENTRY).unwrap_or(key.as_str())
}

/// A page as a file to publish.
pub(super) fn document(done: &Done<'_, '_>) -> Artifact {
    let Finished { bytes, sha256, refs, .. } = &done.finished;
    Artifact {
        bytes: Body::digested(bytes.clone(), *sha256),
        media: Media::html(),
        class: done.page.spot.class,
        refs: refs.clone(),
    }
}
