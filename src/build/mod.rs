//! From the author's files to everything that is published: pure, parallel, the same bytes for the same source.
//!
//! In: a [`Source`], the [`Settings`], a [`Memo`] that saves repeated work. Out: a [`Built`] with the bundle, the sealed release, the
//! files of the output folder and the account of the first flight; or everything that is wrong, at once. Refuses what the published
//! page could not keep: dead links, missing files, other hosts, inline handlers, paths that climb out.
//!
//! Reading order: `page` and `markdown` (what the author wrote), `theme`, `strings` and `template` (how it is shown), `survey` (each
//! reference looked up, `shelf`), `furnish` (icons, cards, fonts), `finish` (images, policy, text), `flight` (the account).

mod announce;
mod author;
mod blocks;
mod brand;
mod csp;
mod css;
mod data;
mod each;
mod editions;
mod finish;
mod flight;
mod front;
mod furnish;
mod hpack;
mod js;
mod kept;
mod markdown;
mod modes;
mod output;
mod page;
mod pages;
mod qr;
mod shelf;
mod stores;
mod strings;
mod structured;
mod survey;
mod template;
mod theme;
mod tone;
mod tree;

pub use flight::{FirstFlight, Line, header_bytes, response_fields};
pub use output::Row;
pub use theme::EMBEDDED;

use crate::diag::{Code, Diagnostic, Diagnostics, Place, Warned};
use crate::model::{Artifact, Bundle, Class, Digest, Key, Media, Memo, Mode, Policy, Release, Settings, Source};
use bytes::Bytes;
use data::Data;
use editions::Editions;
use kept::Keeper;
use modes::Done;
use page::{Page, Spot};
use pages::{Pages, Press};
use rayon::prelude::*;
use shelf::Shelf;
use std::collections::{BTreeMap, BTreeSet};
use survey::Shop;
use template::Templates;
use theme::Theme;
use tree::Places;

/// Everything that a build makes.
#[derive(Clone, Debug)]
pub struct Built {
    /// What is published and how.
    pub bundle: Bundle,
    /// The same, sealed.
    pub release: Release,
    /// Everything for the output folder: what is published, compressed siblings, host files, the manifest `release.json`.
    pub files: BTreeMap<Key, Bytes>,
    /// What tells the content of a file from any other, where that was known without reading it again.
    pub identities: BTreeMap<Key, Digest>,
    /// One row for each published file.
    pub table: Vec<Row>,
    /// What the first round trip of a visit carries.
    pub flight: FirstFlight,
    /// The author's file that a document was made from, by the document's key.
    pub sources: BTreeMap<Key, Key>,
    /// The files of the theme by their path in the project, those that are compiled in included.
    pub theme: BTreeMap<String, Bytes>,
}

/// What a build is for.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The mode that the output folder shows. [`Mode::Normal`] holds the others beside it, for a store that switches between them.
    pub mode: Mode,
    /// Whether drafts are built as well.
    pub drafts: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { mode: Mode::Normal, drafts: false }
    }
}

/// The entry page.
const ENTRY: &str = "index.html";

/// Builds a site. `progress` hears of every piece of work that takes long, from several threads.
///
/// # Errors
/// Everything that is wrong with the author's files.
pub fn build(
    source: &Source,
    settings: &Settings,
    options: Options,
    memo: &dyn Memo,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Warned<Built>, Diagnostics> {
    let places = tree::places(source);
    let mut found = misfits(source, &places);
    let data = match Data::read(source) {
        Ok(data) => data,
        // What pages lack for want of it is nobody's mistake.
        Err(broken) => return sorted(found.into_iter().chain(broken).collect(), None),
    };
    let (pages, broken) = split(parallel(&places.pages, |key| read(source, key, settings, &data)));
    // A page that is not understood is there all the same.
    let all_read = broken.is_empty();
    found.extend(broken);
    let (pages, broken): (Vec<_>, Vec<_>) = pages.into_iter().unzip();
    found.extend(broken.into_iter().flatten());
    let is_left_out = |page: &Page<'_>| page.draft && !options.drafts;
    let (drafts, pages): (Vec<_>, Vec<_>) = pages.into_iter().flatten().partition(is_left_out);
    found.extend(tree::collisions(source, settings, &pages, &places.published));
    let theme = match Theme::of(source, settings) {
        Ok(theme) => theme,
        Err(errors) => return sorted(found.into_iter().chain(errors.into_vec()).collect(), None),
    };
    let brand = match brand::of(settings, &theme, source) {
        Ok(brand) => brand,
        Err(errors) => return sorted(found.into_iter().chain(errors).collect(), None),
    };
    let templates = match Templates::load(&theme) {
        Ok(templates) => templates,
        Err(errors) => return sorted(found.into_iter().chain(errors).collect(), None),
    };
    if all_read {
        found.extend(modes::stray(&pages));
    }
    let keys = keys(&pages, &drafts, &places, settings);
    let shelf = Shelf::new(source, &theme, keys, &drafts, &places.published, &settings.redirects);
    let shop = Shop {
        shelf,
        settings,
        brand: &brand,
        memo,
        sheets: css::Sheets::default(),
        programs: js::Programs::default(),
        drawings: survey::Drawings::default(),
    };
    let editions = match Editions::of(&shop, &pages, &data) {
        Ok(editions) => editions,
        Err(errors) => return sorted(found.into_iter().chain(errors).collect(), None),
    };
    let everybody = pages.iter().chain(&drafts);
    let keeper = Keeper::new(source, settings, &theme, options, everybody, memo);
    let press = Press { shop: &shop, templates: &templates, editions: &editions.value, keeper: &keeper, progress };
    let Pages { done: finished, furniture, mut warnings } = match press.pages(&pages, found) {
        Ok(pages) => pages,
        Err(found) => return sorted(found, None),
    };
    warnings.extend(editions.warnings.clone());
    warnings.extend(brand.warnings.clone());
    let announced = announce::files(&pages, &editions.value, settings);
    let mut bundle = bundle(source, settings, &places, &finished, announced);
    bundle.artifacts.extend(furniture.documents());
    let bundle = match options.mode {
        Mode::Normal => bundle,
        Mode::Closed if !bundle.modes.contains_key(&Mode::Closed) => return Err(modes::no_holding_page().into()),
        other => bundle.in_mode(other),
    };
    let release = Release::seal(&bundle)?;
    let (wrong, roundabout) = tree::astray(source, settings, &release);
    if !wrong.is_empty() {
        return sorted(wrong, None);
    }
    warnings.extend(roundabout);
    let output = match output::write(&bundle, &release, memo) {
        Ok(output) => output,
        Err(taken) => return sorted(taken, None),
    };
    warnings.extend(output.warnings);
    let flight = flight::of(&finished, options.mode, &release, &output.value.table, settings, memo);
    if let Some(over) = flight.complaint("site/index.md") {
        if settings.budgets.strict {
            return sorted(vec![over], None);
        }
        warnings.push(over);
    }
    let output::Output { files, identities, table } = output.value;
    let (sources, theme) = (sources(&pages, &places), theme.into_files());
    sorted(warnings, Some(Built { bundle, release, files, identities, table, flight, sources, theme }))
}

/// What every document was made from.
fn sources(pages: &[Page<'_>], places: &Places<'_>) -> BTreeMap<Key, Key> {
    let pages = pages.iter().map(|page| (page.spot.key.clone(), page.source.clone()));
    pages.chain(places.published.iter().map(|(key, file)| (key.clone(), (*file).clone()))).collect()
}

/// The one way to the other threads: results stand in the order of the items, whatever the number of threads.
fn parallel<'i, T: Sync, R: Send>(items: &'i [T], work: impl Fn(&'i T) -> R + Sync + Send) -> Vec<R> {
    items.par_iter().map(work).collect()
}

/// Successes and all complaints.
fn split<T>(results: Vec<Result<T, Vec<Diagnostic>>>) -> (Vec<T>, Vec<Diagnostic>) {
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(errors) => bad.extend(errors),
        }
    }
    (good, bad)
}

/// The outcome with what is said about it file by file, line by line, nothing twice: what is wrong with a template is met on every page.
fn sorted(mut said: Vec<Diagnostic>, built: Option<Built>) -> Result<Warned<Built>, Diagnostics> {
    let place = |it: &Diagnostic| it.place.as_ref().map(|place| (place.file.clone(), place.line, place.column));
    said.sort_by_key(|it| (place(it), it.code, it.message.clone()));
    let said = folded(said);
    match built {
        Some(value) => Ok(Warned { value, warnings: said }),
        None => Err(Diagnostics::unless(said, ())
            .err()
            .unwrap_or_else(|| Diagnostic::new(Code::Bug, "the build failed without saying why").into())),
    }
}

/// One complaint for one place: what is wrong in a template is wrong for every page that uses it.
fn folded(said: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut folded: Vec<(Diagnostic, usize)> = Vec::new();
    for one in said {
        match folded.last_mut() {
            Some((first, _)) if *first == one => {}
            Some((first, more))
                if first.code == Code::Template && one.code == first.code && first.place == one.place =>
            {
                *more += 1;
            }
            _ => folded.push((one, 0)),
        }
    }
    let told = |(mut first, more): (Diagnostic, usize)| {
        if more > 0 {
            first.message.push_str(&format!(" (and {} more)", crate::text::plural(more, "page", "pages")));
        }
        first
    };
    folded.into_iter().map(told).collect()
}

/// Text, or the line that is not.
fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Diagnostic> {
    std::str::from_utf8(bytes).map_err(|err| {
        let good = std::str::from_utf8(&bytes[..err.valid_up_to()]).expect("valid up to there");
        let place = Place { width: 1, ..Place::span(file, good, good.len()..good.len()) };
        Diagnostic::new(Code::NotUtf8, format!("`{file}` is not UTF-8"))
            .at(place)
            .hint("save the file with the encoding UTF-8")
    })
}

/// Files that are published as they are and cannot be; and a site without its first page.
fn misfits(source: &Source, places: &Places<'_>) -> Vec<Diagnostic> {
    let texts =
        places.published.iter().filter(|(key, _)| Media::of_extension(&key.extension()).as_str().ends_with("utf-8"));
    let mut found: Vec<Diagnostic> =
        texts.filter_map(|(_, file)| utf8(file.as_str(), source.files.get(*file)?).err()).collect();
    if !places.pages.iter().any(|page| page.as_str() == "site/index.md") && source.get("site/index.html").is_none() {
        found.push(
            Diagnostic::new(Code::UnreadableFile, "there is no `site/index.md`").hint("it becomes the page at `/`"),
        );
    }
    found
}

fn read<'a>(
    source: &'a Source,
    key: &'a Key,
    settings: &'a Settings,
    data: &Data<'_>,
) -> Result<(Vec<Page<'a>>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let bytes = source.files.get(key).expect("the key was taken from the source");
    Page::read(key, utf8(key.as_str(), bytes).map_err(|err| vec![err])?, &settings.languages, data)
}

/// Where pages go; one that could not be read is taken to go where its file says, so that links to it are not called dead as well.
fn keys(pages: &[Page<'_>], drafts: &[Page<'_>], places: &Places<'_>, settings: &Settings) -> BTreeSet<Key> {
    let read: BTreeSet<&Key> = pages.iter().chain(drafts).map(|page| page.source).collect();
    let unread = places.pages.iter().filter(|page| !read.contains(*page));
    let unread = unread.filter_map(|page| Some(Spot::of(page, &settings.languages).ok()?.key));
    pages.iter().map(|page| page.spot.key.clone()).chain(unread).collect()
}

fn bundle(
    source: &Source,
    settings: &Settings,
    places: &Places<'_>,
    pages: &[Done<'_, '_>],
    announced: Vec<(Key, String)>,
) -> Bundle {
    let mut artifacts = BTreeMap::new();
    let mut errors = BTreeMap::new();
    for (key, file) in &places.published {
        let bytes = source.files.get(*file).expect("the key was taken from the source").clone();
        let media = Media::of_extension(&key.extension());
        artifacts.insert(key.clone(), Artifact::new(bytes, media, Class::Document, BTreeSet::default()));
    }
    for done in pages {
        // A thousand pages bring the same files.
        for (key, asset) in done.finished.assets.iter() {
            if !artifacts.contains_key(key) {
                artifacts.insert(key.clone(), asset.clone());
            }
        }
        if done.mode == Mode::Normal {
            artifacts.insert(done.page.spot.key.clone(), modes::document(done));
            errors.extend(done.page.status().map(|status| (status, done.page.spot.key.clone())));
        }
    }
    for (key, text) in announced {
        let media = Media::of_extension(&key.extension());
        let (bytes, refs) = (Bytes::from(text), BTreeSet::default());
        artifacts.entry(key).or_insert(Artifact::new(bytes, media, Class::Document, refs));
    }
    let policy = Policy {
        lifetimes: settings.lifetimes,
        everywhere: settings.headers.clone(),
        redirects: settings.redirects.clone(),
        errors,
    };
    Bundle { artifacts, modes: modes::variants(pages), policy }
}
