//! All pages, from what was written to what is served; one that nothing has happened to is taken as an earlier build left it.
//!
//! In: the pages and what they share. Out: each in every mode, with the site's furniture; or everything that is wrong with them. Pages meet
//! twice: all are drafted before icons, cards and fonts are made, and those before any is finished.

use super::editions::Editions;
use super::furnish::{Furniture, Seen, Traits};
use super::kept::{Keeper, Kept};
use super::modes::{Done, Drafted};
use super::page::Page;
use super::survey::{Draft, Shop};
use super::template::Templates;
use super::{author, finish, kept, modes, parallel, split};
use crate::assets::{Picture, PictureAsk, pictures};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::Mode;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// What pages are made with.
pub(super) struct Press<'b, 's, 'p, 'a> {
    pub(super) shop: &'b Shop<'s>,
    pub(super) templates: &'b Templates<'s>,
    pub(super) editions: &'b Editions<'p, 'a>,
    pub(super) keeper: &'b Keeper<'b>,
    pub(super) progress: &'b (dyn Fn(&str) + Sync),
}

/// All of them.
pub(super) struct Pages<'p, 'a> {
    pub(super) done: Vec<Done<'p, 'a>>,
    pub(super) furniture: Furniture,
    pub(super) warnings: Vec<Diagnostic>,
}

/// A page on its way: known from an earlier build, or drafted.
struct Stage<'p, 'a> {
    page: &'p Page<'a>,
    kept: Option<Kept>,
    drafts: Vec<(Drafted<'p, 'a>, Traits)>,
}

impl Stage<'_, '_> {
    fn seen(&self) -> Vec<Seen<'_, '_>> {
        let drafted = self.drafts.iter();
        let drafted = drafted.map(|(it, traits)| Seen { page: self.page, mode: it.mode, traits: traits.clone() });
        self.kept.iter().flat_map(|it| kept::seen(self.page, it)).chain(drafted).collect()
    }

    fn names_fonts(&self) -> bool {
        let kept = self.kept.iter().flat_map(|kept| &kept.forms).any(|(_, traits, _)| traits.names_fonts);
        kept || self.drafts.iter().any(|(_, traits)| traits.names_fonts)
    }

    /// Whether it is not known which letters the page needs.
    fn lacks_needs(&self) -> bool {
        let mut kept = self.kept.iter().flat_map(|kept| &kept.forms);
        !self.page.is_self_contained() && kept.any(|(_, traits, _)| !traits.has_needs())
    }
}

impl<'p, 'a> Press<'_, '_, 'p, 'a> {
    /// Makes them. `found` is what is wrong already: then all is looked at and nothing is finished.
    pub(super) fn pages(
        &self,
        pages: &'p [Page<'a>],
        mut found: Vec<Diagnostic>,
    ) -> Result<Pages<'p, 'a>, Vec<Diagnostic>> {
        let mut stages = parallel(pages, |page| match self.keeper.find(page) {
            Some(kept) => (Stage { page, kept: Some(kept), drafts: Vec::new() }, Vec::new()),
            None => self.draft(page),
        });
        if Furniture::names_fonts(self.shop) || stages.iter().any(|(stage, _)| stage.names_fonts()) {
            stages = stages.into_par_iter().map(|stage| self.lettered(stage)).collect();
        }
        let (mut stages, wrong): (Vec<_>, Vec<_>) = stages.into_iter().unzip();
        found.extend(wrong.into_iter().flatten());
        let context = |page: &Page<'_>| self.editions.context(page, Mode::Normal, serde_json::Map::new());
        let seen: Vec<Seen<'_, '_>> = stages.iter().flat_map(Stage::seen).collect();
        let furniture = Furniture::of(self.shop, self.templates, &context, &seen).unwrap_or_else(|errors| {
            found.extend(errors);
            crate::diag::Warned::default()
        });
        drop(seen);
        if found.is_empty() {
            found.extend(self.refurnish(&mut stages, &furniture.value));
        }
        let drafts: Vec<&Drafted<'_, '_>> = stages.iter().flat_map(|it| it.drafts.iter().map(|(it, _)| it)).collect();
        let shots = shots(&drafts);
        let made = pictures(&shots, self.shop.shelf.source, self.shop.memo, self.progress).unwrap_or_else(|errors| {
            found.extend(mentioned(errors, &drafts));
            Vec::new()
        });
        if !found.is_empty() {
            return Err(found);
        }
        let mut warnings: Vec<Diagnostic> = made.iter().flat_map(|picture| picture.warnings.clone()).collect();
        warnings.extend(drafts.iter().flat_map(|it| it.draft.warnings.clone()));
        warnings.extend(furniture.warnings);
        let known: Vec<(&PictureAsk, &Picture)> = shots.iter().zip(&made).collect();
        let furniture = furniture.value;
        let (done, broken) =
            split(stages.into_par_iter().map(|stage| self.complete(stage, &known, &furniture)).collect());
        if !broken.is_empty() {
            return Err(broken);
        }
        Ok(Pages { done: done.into_iter().flatten().collect(), furniture, warnings })
    }

    fn draft(&self, page: &'p Page<'a>) -> (Stage<'p, 'a>, Vec<Diagnostic>) {
        let (drafts, wrong) =
            modes::drafts(self.shop, self.templates, self.editions, page).unwrap_or_else(|wrong| (Vec::new(), wrong));
        let drafts = drafts.into_iter().map(|mut it| {
            // All pages wait here until pictures and icons are made.
            it.draft.tree.trim();
            let traits = Traits::of(&it.draft);
            (it, traits)
        });
        (Stage { page, kept: None, drafts: drafts.collect() }, wrong)
    }

    /// The same page with the letters that it needs noted down.
    fn lettered(&self, (stage, wrong): (Stage<'p, 'a>, Vec<Diagnostic>)) -> (Stage<'p, 'a>, Vec<Diagnostic>) {
        let (mut stage, wrong) = if stage.lacks_needs() { self.draft(stage.page) } else { (stage, wrong) };
        if !stage.page.is_self_contained() {
            stage.drafts.iter_mut().for_each(|(it, traits)| traits.note_needs(&it.draft));
        }
        (stage, wrong)
    }

    /// Drafts the pages anew that were furnished with other things than there are now. What is wrong with them.
    fn refurnish(&self, stages: &mut [Stage<'p, 'a>], furniture: &Furniture) -> Vec<Diagnostic> {
        let stale = |stage: &&mut Stage<'p, 'a>| {
            stage.kept.as_ref().is_some_and(|kept| kept.furniture != furniture.digest(stage.page))
        };
        let again = |stage: &mut Stage<'p, 'a>| {
            let (fresh, wrong) = self.draft(stage.page);
            let traits: Vec<Traits> = stage.kept.iter().flat_map(|it| &it.forms).map(|it| it.1.clone()).collect();
            *stage = fresh;
            stage.drafts.iter_mut().zip(traits).for_each(|(it, traits)| it.1 = traits);
            wrong
        };
        stages.par_iter_mut().filter(stale).flat_map_iter(again).collect()
    }

    fn complete(
        &self,
        stage: Stage<'p, 'a>,
        known: &[(&PictureAsk, &Picture)],
        furniture: &Furniture,
    ) -> Result<Vec<Done<'p, 'a>>, Vec<Diagnostic>> {
        let page = stage.page;
        if let Some(kept) = stage.kept {
            return Ok(kept.forms.into_iter().map(|(mode, _, finished)| Done { page, mode, finished }).collect());
        }
        let picture = |ask: &PictureAsk| known.iter().find(|(it, _)| *it == ask).map(|(_, picture)| *picture);
        let silent = |draft: &Draft| {
            let mut pictures = draft.shots.iter().filter_map(|shot| picture(&shot.ask));
            draft.warnings.is_empty() && pictures.all(|it| it.warnings.is_empty())
        };
        let silent = stage.drafts.iter().all(|(it, _)| silent(&it.draft));
        let one = |(Drafted { mode, mut draft, .. }, traits): (Drafted<'p, 'a>, Traits)| {
            furniture.put(self.shop, page, &mut draft);
            let pictures: Vec<&Picture> = draft.shots.iter().filter_map(|shot| picture(&shot.ask)).collect();
            let finished = finish::finish(page, draft, &pictures, self.shop, furniture)?;
            Ok((Done { page, mode, finished }, traits))
        };
        let (mut made, broken) = split(stage.drafts.into_iter().map(one).collect());
        if !broken.is_empty() {
            return Err(broken);
        }
        if silent {
            let forms = made.iter_mut().map(|(done, traits)| (done.mode, &*traits, &mut done.finished));
            self.keeper.keep(page, &mut forms.collect::<Vec<_>>(), furniture);
        }
        Ok(made.into_iter().map(|(done, _)| done).collect())
    }
}

/// Every different ask of all pages.
fn shots(drafts: &[&Drafted<'_, '_>]) -> Vec<PictureAsk> {
    let mut asks: Vec<PictureAsk> = Vec::new();
    for shot in drafts.iter().flat_map(|it| &it.draft.shots) {
        if !asks.contains(&shot.ask) {
            asks.push(shot.ask.clone());
        }
    }
    asks
}

/// What is wrong with an image is said of its file; the hint adds which page shows it.
fn mentioned(errors: Diagnostics, drafts: &[&Drafted<'_, '_>]) -> Vec<Diagnostic> {
    let pages_with = |file: &str| {
        let shots = drafts.iter().flat_map(|it| it.draft.shots.iter().map(move |shot| (it.page, shot)));
        let shown = shots.filter(|(_, shot)| shot.ask.source.as_str() == file);
        let places = shown.map(|(page, shot)| {
            author::find(page.source.as_str(), page.text, &shot.written)
                .map_or_else(|| format!("`{}`", page.source), |place| format!("`{}:{}`", place.file, place.line))
        });
        places.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
    };
    let mention = |mut err: Diagnostic| {
        let pages = err.place.as_ref().map(|place| pages_with(&place.file)).unwrap_or_default();
        if !pages.is_empty() {
            let hint = err.hint.take().map_or(String::new(), |hint| format!("{hint}; "));
            err.hint = Some(format!("{hint}it is shown by {pages}"));
        }
        err
    };
    errors.into_vec().into_iter().map(mention).collect()
}
