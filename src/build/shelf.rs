//! Where a name in a page or a style sheet leads: to a page's clean URL, to a file below `assets/` or in the theme, to a file that is
//! published under its own name.
//!
//! In: the author's files and a path as it was written. Out: what it names, or a diagnostic (without its place, which the caller
//! knows) with the nearest name there is.

use super::page::Page;
use super::theme::Theme;
use crate::diag::{Code, Diagnostic};
use crate::html::join;
use crate::model::{Key, Media, Redirect, Source, UrlPath, urls_of};
use crate::text::{composed, nearest};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// Where files that pages use live.
pub(super) const FOLDER: &str = "assets";

/// Everything that can be referred to.
pub(super) struct Shelf<'a> {
    pub(super) source: &'a Source,
    pub(super) theme: &'a Theme,
    /// Every public URL of a page to its shortest one.
    pages: BTreeMap<UrlPath, UrlPath>,
    /// The same of pages that only a preview shows, with their files.
    drafts: BTreeMap<UrlPath, String>,
    /// Files published under their own names, with their place in the project.
    pub(super) published: &'a BTreeMap<Key, &'a Key>,
    redirects: BTreeSet<&'a UrlPath>,
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A file to publish under a name that carries its digest.
    Asset {
        /// In the project.
        file: String,
        bytes: Bytes,
    },
    /// A file that keeps its own name.
    Published(Key),
}

/// Where a name was written, which decides where it is looked for first.
#[derive(Clone, Copy, Debug)]
pub(super) enum From<'a> {
    /// A page: the folder it stands in.
    Page(&'a Page<'a>),
    /// A style sheet: its path inside the theme.
    Sheet(&'a str),
}

impl<'a> From<'a> {
    /// The folder, in the project, that `..` starts from.
    fn folder(self, theme: &Theme) -> String {
        let file = match self {
            Self::Page(page) => page.source.to_string(),
            Self::Sheet(sheet) => theme.path(sheet),
        };
        file.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
    }

    fn file(self) -> &'a str {
        match self {
            Self::Page(page) => page.source.as_str(),
            Self::Sheet(sheet) => sheet,
        }
    }
}

impl<'a> Shelf<'a> {
    pub(super) fn new(
        source: &'a Source,
        theme: &'a Theme,
        pages: impl IntoIterator<Item = Key>,
        drafts: &[Page<'_>],
        published: &'a BTreeMap<Key, &'a Key>,
        redirects: &'a BTreeMap<UrlPath, Redirect>,
    ) -> Self {
        let urls = |key: Key| {
            let urls = urls_of(&key);
            let shortest = urls.first().cloned();
            urls.into_iter().filter_map(|url| Some((url, shortest.clone()?))).collect::<Vec<_>>()
        };
        let pages = pages.into_iter().flat_map(urls).collect();
        let drafts = drafts.iter().flat_map(|page| urls_of(&page.spot.key).into_iter().map(|url| (url, page.origin())));
        Self { source, theme, pages, drafts: drafts.collect(), published, redirects: redirects.keys().collect() }
    }

    /// The file that a sub-resource names.
    pub(super) fn file(&self, from: From<'_>, path: &str) -> Result<Found, Diagnostic> {
        let path = &*composed(path);
        let inside_project = |folder: &str, rest: &str| join(folder, rest).ok_or_else(|| climbs_out(path, from.file()));
        if let Some(rooted) = path.strip_prefix('/') {
            if let Some(key) = Key::parse(rooted).ok().filter(|key| self.published.contains_key(key)) {
                return Ok(Found::Published(key));
            }
            return self.asset(&inside_project("", rooted)?, path);
        }
        let climbs = path.split('/').any(|segment| segment == "..");
        let folder = from.folder(self.theme);
        if let From::Sheet(_) = from {
            let resolved = inside_project(&folder, path)?;
            if let Some(found) = Theme::inside(&resolved).and_then(|inside| self.in_theme(inside)) {
                return Ok(found);
            }
        }
        if climbs {
            return self.asset(&inside_project(&folder, path)?, path);
        }
        self.asset(&inside_project("", path)?, path)
    }

    /// The file that another file of the project names, from where that one stands.
    pub(super) fn beside(&self, file: &str, path: &str) -> Result<Found, Diagnostic> {
        let path = &*composed(path);
        let folder = if path.starts_with('/') { "" } else { file.rsplit_once('/').map_or("", |(folder, _)| folder) };
        let resolved = join(folder, path).ok_or_else(|| climbs_out(path, file))?;
        if let Some(key) = Key::parse(&resolved).ok().filter(|key| self.published.contains_key(key)) {
            return Ok(Found::Published(key));
        }
        match Theme::inside(&resolved).and_then(|inside| self.in_theme(inside)) {
            Some(found) => Ok(found),
            None => self.asset(&resolved, path),
        }
    }

    /// A file of the theme, as a style sheet or a script is named by a template.
    pub(super) fn in_theme(&self, inside: &str) -> Option<Found> {
        let inside = join("", inside)?;
        let bytes = self.theme.get(&inside).filter(|_| !inside.starts_with("templates/"))?.clone();
        Some(Found::Asset { file: self.theme.path(&inside), bytes })
    }

    /// A file below `assets/`.
    pub(super) fn asset(&self, path: &str, written: &str) -> Result<Found, Diagnostic> {
        let inside = path.strip_prefix("assets/").unwrap_or(path);
        let file = format!("{FOLDER}/{inside}");
        if let Some(bytes) = self.source.get(&file) {
            return Ok(Found::Asset { file, bytes: bytes.clone() });
        }
        let there: Vec<&str> = self.source.below(FOLDER).map(|(inside, ..)| inside).collect();
        let missing = Diagnostic::new(Code::MissingAsset, format!("there is no `{file}`, which `{written}` names"));
        Err(match nearest(inside, there.iter().copied()) {
            Some(near) => missing.hint(format!("did you mean `{near}`?")),
            None if there.is_empty() => missing.hint(format!("put the file into `{FOLDER}/`")),
            None => missing.hint(format!("put the file into `{FOLDER}/`; there are: {}", few(&there))),
        })
    }

    /// The clean URL of the page or file that a link names.
    pub(super) fn link(&self, page: &Page<'_>, path: &str) -> Result<Linked, Diagnostic> {
        let path = &*composed(path);
        let folder = page.spot.key.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        let (folder, rest) = path.strip_prefix('/').map_or((folder, path), |rooted| ("", rooted));
        let resolved = join(folder, rest).ok_or_else(|| climbs_out(path, page.source.as_str()))?;
        let slash = if path.ends_with('/') && !resolved.is_empty() { "/" } else { "" };
        for candidate in candidates(&format!("/{resolved}{slash}")) {
            let Ok(url) = UrlPath::parse(&candidate) else { continue };
            if let Some(clean) = self.pages.get(&url) {
                return Ok(Linked::Page(clean.encoded()));
            }
            if self.redirects.contains(&url) {
                return Ok(Linked::Page(url.encoded()));
            }
            if let Some(file) = self.drafts.get(&url) {
                return Err(unpublished(path, file));
            }
        }
        if let Some(key) = Key::parse(&resolved).ok().filter(|key| self.published.contains_key(key)) {
            return Ok(Linked::File(Found::Published(key)));
        }
        self.file(From::Page(page), path).map(Linked::File).map_err(|_| self.dead(path, &resolved))
    }

    fn dead(&self, written: &str, resolved: &str) -> Diagnostic {
        let known: BTreeSet<&str> = self.pages.values().map(|url| url.as_str().trim_start_matches('/')).collect();
        let dead = Diagnostic::new(Code::DeadLink, format!("the link `{written}` leads to a page that does not exist"));
        let bare = candidates(resolved).pop().unwrap_or_default();
        match nearest(&bare, known.iter().copied().filter(|name| !name.is_empty())) {
            Some(near) => dead.hint(format!("did you mean `/{near}`?")),
            None => dead.hint(remedy(written, &bare)),
        }
    }
}

/// What to do about a link that leads to no page: it may have meant a host, or a file.
fn remedy(written: &str, bare: &str) -> String {
    let name = bare.rsplit('/').next().unwrap_or_default();
    if written.to_ascii_lowercase().starts_with("www.") {
        return format!("another site begins with `https://`: write `https://{written}`");
    }
    match name.rsplit_once('.') {
        Some((_, extension)) if Media::of_extension(extension) != Media::of_extension("") => {
            format!("put the file into `assets/`, as `assets/{bare}`, or mend the link")
        }
        _ => format!("add `site/{bare}.md`, or mend the link"),
    }
}

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Linked {
    /// A URL of this site.
    Page(String),
    /// A file, to be published if it is not yet.
    File(Found),
}

/// The URLs that a link may mean: as written, without `.md` or `.html`, a folder without its slash.
fn candidates(path: &str) -> Vec<String> {
    let bare = path.strip_suffix(".md").or_else(|| path.strip_suffix(".html")).unwrap_or(path);
    let mut all = vec![path.to_owned(), bare.to_owned()];
    if let Some(folder) = bare.strip_suffix("index").filter(|folder| folder.ends_with('/')) {
        all.push(folder.to_owned());
    }
    all.push(format!("{}/", bare.trim_end_matches('/')));
    if let Some(trimmed) = bare.strip_suffix('/').filter(|trimmed| !trimmed.is_empty()) {
        all.push(trimmed.to_owned());
    } else {
        all.push(bare.to_owned());
    }
    all
}

fn unpublished(written: &str, file: &str) -> Diagnostic {
    Diagnostic::new(
        Code::DeadLink,
        format!("the link `{written}` leads to `{file}`, which is a draft and is not published"),
    )
    .hint(format!("take `draft = true` out of `{file}`, or take the link out"))
}

fn climbs_out(written: &str, file: &str) -> Diagnostic {
    Diagnostic::new(Code::BadPath, format!("`{written}` in `{file}` climbs out of the project"))
        .hint(format!("name a file below `{FOLDER}/`"))
}

/// The first of many names, and how many more there are.
fn few(names: &[&str]) -> String {
    const MOST: usize = 12;
    let more = names.len().saturating_sub(MOST);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
