//! The last steps of a page, in this order: encoded images in, the policy over the final bytes, written.

use super::ENTRY;
use super::css;
use super::furnish::Furniture;
use super::page::Page;
use super::survey::{Art, Draft, Shop, Shot, data_url};
use super::tone;
use crate::assets::{Inline, Picture, Rendition, immutable_key, plain_name};
use crate::diag::{Code, Diagnostic, Place};
use crate::html::{Id, Space, Tree, write};
use crate::model::{Artifact, Class, Digest, Key, UrlPath};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The class of a hero through which nothing shows.
const OPAQUE: &str = "opaque";

/// A page as it will be served.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) bytes: Bytes,
    /// Of the bytes.
    pub(super) sha256: Digest,
    pub(super) refs: BTreeSet<Key>,
    /// Pages that were found again share them.
    pub(super) assets: Arc<BTreeMap<Key, Artifact>>,
    /// Of the entry page: what its first flight is counted by.
    pub(super) anatomy: Option<Anatomy>,
}

/// What a page is made of.
#[derive(Debug)]
pub(super) struct Anatomy {
    pub(super) tree: Tree,
    pub(super) space: Space,
    /// Elements whose `srcset` or `src` holds the hero itself.
    pub(super) heroes: Vec<Id>,
    /// Inline graphics.
    pub(super) graphics: Vec<Id>,
}

/// Finishes a page. `pictures` stand in the order of the draft's shots.
pub(super) fn finish(
    page: &Page<'_>,
    mut draft: Draft,
    pictures: &[&Picture],
    shop: &Shop<'_>,
    furniture: &Furniture,
) -> Result<Finished, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let mut heroes = Vec::new();
    let shots = std::mem::take(&mut draft.shots);
    let images: Vec<(&Shot, &Picture)> = shots.iter().zip(pictures.iter().copied()).collect();
    for versions in images.chunk_by(|(one, _), (next, _)| one.at == next.at) {
        let (image, picture) = versions[0];
        show_whole(&mut draft.tree, versions);
        if draft.tree.name(image.at) == "meta" {
            card(&mut draft, image, picture, &shop.settings.site.url);
        } else if page.is_self_contained() {
            match &picture.inline {
                Some(inline) => {
                    draft.sources.allow("img-src", "data:");
                    draft.tree.set(image.at, "src", &data_url(&inline.bytes, &inline.media));
                    dress(&mut draft.tree, image.at, picture, Loading::AtOnce);
                }
                None => found.push(
                    Diagnostic::new(
                        Code::OverBudget,
                        format!("`{}` is too large for a page that must stand alone", image.written),
                    )
                    .at(Place::file(page.source.as_str()))
                    .hint("show a smaller or simpler image there"),
                ),
            }
        } else {
            heroes.extend(place(&mut draft, versions));
        }
    }
    css::lay(&mut draft, &shop.sheets);
    tone::lay(&mut draft);
    if let Err(wrong) = furniture.letter(shop, page, &mut draft, heroes.is_empty()) {
        found.extend(wrong);
    }
    lead(&mut draft);
    let bytes = Bytes::from(write(&draft.tree, draft.space));
    let Draft { tree, space, refs, assets, graphics, .. } = draft;
    let anatomy = (page.spot.key.as_str() == ENTRY).then_some(Anatomy { tree, space, heroes, graphics });
    if found.is_empty() {
        Ok(Finished { sha256: Digest::of(&bytes), bytes, refs, assets: assets.into(), anatomy })
    } else {
        Err(found)
    }
}

/// `charset` first, within the 1,024 bytes that browsers look at (HTML, section 4.2.5.4), then the policy, before anything that it
/// governs.
fn lead(draft: &mut Draft) {
    let policy = draft.sources.policy(&draft.tree);
    let tree = &mut draft.tree;
    let Some(head) = tree.find("head") else { return };
    let given =
        tree.children(head).iter().copied().find(|id| tree.name(*id) == "meta" && tree.get(*id, "charset").is_some());
    let charset = given.unwrap_or_else(|| tree.element("meta", &[("charset", "utf-8")]));
    tree.insert(head, 0, charset);
    let policy = tree.element("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
    tree.insert(head, 1, policy);
}

/// The picture of a preview card, by its whole address: the widest of the original format.
fn card(draft: &mut Draft, shot: &Shot, picture: &Picture, site: &str) {
    if let Some(rendition) = picture.sources.last() {
        let path = publish(draft, &shot.ask.source, rendition);
        draft.tree.set(shot.at, "content", &format!("{site}{path}"));
        if draft.tree.get(shot.at, "property") == Some("og:image") {
            measured(&mut draft.tree, shot.at, rendition);
        }
    }
}

/// Its size, so that networks lay it out before they have fetched it.
fn measured(tree: &mut Tree, card: Id, rendition: &Rendition) {
    let Some((head, at)) = tree.position(card) else { return };
    for (property, size) in [("og:image:height", rendition.height), ("og:image:width", rendition.width)] {
        let meta = tree.element("meta", &[("property", property), ("content", &size.to_string())]);
        tree.insert(head, at + 1, meta);
    }
}

/// Says of a hero through which nothing shows that it is no cut-out: a theme may let the ground of one run off the screen, but half of a
/// photograph is lost there. On a phone counts the version that is shown on a phone.
fn show_whole(tree: &mut Tree, versions: &[(&Shot, &Picture)]) {
    let (shot, own) = versions[0];
    let on_phone = versions.iter().find(|(shot, _)| shot.art == Some(Art::Phone)).map_or(own, |(_, picture)| picture);
    if on_phone.tone.is_some() && tree.get(shot.at, "data-hero").is_some() {
        tree.add_class(shot.at, OPAQUE);
    }
}

/// Puts `<picture>` around an `<img>`, or just files into it when there is one version in one format. The elements that hold the hero
/// itself.
fn place(draft: &mut Draft, versions: &[(&Shot, &Picture)]) -> Option<Id> {
    let (shot, picture) = versions[0];
    let img = shot.at;
    let hero = draft.tree.get(img, "data-hero").is_some();
    // Only of a picture that is loaded late may a browser tell the size itself (HTML, section 4.8.4.2.2).
    let at_once = hero || draft.tree.get(img, "loading") == Some("eager");
    let sizes =
        draft.tree.unset(img, "sizes").unwrap_or_else(|| (if at_once { "100vw" } else { "auto,100vw" }).to_owned());
    dress(&mut draft.tree, img, picture, if hero { Loading::First } else { Loading::WhenNear });
    draft.sources.allow("img-src", "'self'");
    let (mut elements, mut inlined) = (Vec::new(), None);
    let there: Vec<Art> = versions.iter().filter_map(|(shot, _)| shot.art).collect();
    for (shot, picture) in versions[1..].iter().chain(&versions[..1]) {
        let mut files = files(draft, shot, picture, hero);
        let source = inline(draft, picture.inline.as_ref().filter(|_| hero));
        if hero && source.is_none() {
            preload(&mut draft.tree, &files[0], &sizes, Art::only(shot.art, &there).as_deref());
        }
        inlined = inlined.or(source);
        let first = elements.len();
        elements.extend(source);
        if shot.art.is_none() {
            fall_back(draft, img, (shot, picture), files.pop()?, &sizes);
        }
        elements.extend(files.iter().map(|file| source_of(&mut draft.tree, file, &sizes)));
        for element in &elements[first..] {
            frame(&mut draft.tree, *element, shot.art, picture);
        }
    }
    if inlined.is_none()
        && let Some(color) = picture.tone
    {
        tone::mark(draft, img, color);
    }
    if elements.is_empty() {
        return None;
    }
    let wrapper = draft.tree.element("picture", &[]);
    draft.tree.replace(img, wrapper);
    elements.into_iter().chain([img]).for_each(|element| draft.tree.append(wrapper, element));
    inlined
}

/// What is published of a picture: the type and the `srcset` of each format, the best first.
fn files(draft: &mut Draft, shot: &Shot, picture: &Picture, hero: bool) -> Vec<(String, String)> {
    let mut groups = grouped(&picture.sources);
    if let Some(inline) = picture.inline.as_ref().filter(|_| hero) {
        // Whoever reads the format of the inline one never asks for another file of it.
        let last = groups.pop();
        groups.retain(|group| group[0].media != inline.media);
        groups.extend(last);
    }
    let file =
        |group: &Vec<&Rendition>| (group[0].media.as_str().to_owned(), candidates(draft, &shot.ask.source, group));
    groups.iter().map(file).collect()
}

/// The format that every browser shows.
fn fall_back(
    draft: &mut Draft,
    img: Id,
    (shot, picture): (&Shot, &Picture),
    (_, srcset): (String, String),
    sizes: &str,
) {
    if let Some(widest) = picture.sources.last() {
        let src = publish(draft, &shot.ask.source, widest);
        draft.tree.set(img, "src", &src);
    }
    if srcset.contains(',') {
        draft.tree.set(img, "srcset", &srcset);
        draft.tree.set(img, "sizes", sizes);
    }
}

fn inline(draft: &mut Draft, inline: Option<&Inline>) -> Option<Id> {
    let inline = inline?;
    draft.sources.allow("img-src", "data:");
    let data = data_url(&inline.bytes, &inline.media);
    Some(draft.tree.element("source", &[("type", inline.media.as_str()), ("srcset", &data)]))
}

fn source_of(tree: &mut Tree, (media, srcset): &(String, String), sizes: &str) -> Id {
    let source = tree.element("source", &[("type", media), ("srcset", srcset)]);
    if srcset.contains(',') {
        tree.set(source, "sizes", sizes);
    }
    source
}

/// Who is shown another version, and its size, which need not be that of the image.
fn frame(tree: &mut Tree, source: Id, art: Option<Art>, picture: &Picture) {
    if let Some(art) = art {
        tree.set(source, "media", art.media());
        tree.set(source, "width", &picture.width.to_string());
        tree.set(source, "height", &picture.height.to_string());
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Loading {
    /// The picture that the first screen is about.
    First,
    WhenNear,
    /// It is in the page.
    AtOnce,
}

/// Its size, so that nothing jumps when it arrives, and when to load it. What the author wrote stays.
fn dress(tree: &mut Tree, img: Id, picture: &Picture, loading: Loading) {
    for attribute in ["data-widths", "data-hero", "data-inline"] {
        tree.unset(img, attribute);
    }
    let mut default = |name: &str, value: &str| {
        if tree.get(img, name).is_none() {
            tree.set(img, name, value);
        }
    };
    default("width", &picture.width.to_string());
    default("height", &picture.height.to_string());
    match loading {
        Loading::First => default("fetchpriority", "high"),
        Loading::WhenNear => {
            default("loading", "lazy");
            default("decoding", "async");
        }
        Loading::AtOnce => {
            tree.unset(img, "sizes");
        }
    }
}

/// The renditions format by format.
fn grouped(renditions: &[Rendition]) -> Vec<Vec<&Rendition>> {
    let mut groups: Vec<Vec<&Rendition>> = Vec::new();
    for rendition in renditions {
        match groups.iter_mut().find(|group| group[0].media == rendition.media) {
            Some(group) => group.push(rendition),
            None => groups.push(vec![rendition]),
        }
    }
    groups
}

/// A `srcset`; one file alone needs no width.
fn candidates(draft: &mut Draft, source: &Key, group: &[&Rendition]) -> String {
    if let [one] = group {
        return publish(draft, source, one);
    }
    let one = |rendition: &&Rendition| format!("{} {}w", publish(draft, source, rendition), rendition.width);
    group.iter().map(one).collect::<Vec<_>>().join(",")
}

fn publish(draft: &mut Draft, source: &Key, rendition: &Rendition) -> String {
    let name = format!("{}-{}.{}", source.stem(), rendition.width, rendition.extension);
    let (stem, extension) = plain_name(&name);
    let key = immutable_key(&stem, rendition.digest.hex16().as_str(), &extension);
    let (bytes, media) = (rendition.bytes.clone(), rendition.media.clone());
    draft.refs.insert(key.clone());
    let url = UrlPath::of(&key).encoded();
    draft.assets.insert(key, Artifact::new(bytes, media, Class::Asset, BTreeSet::new()));
    url
}

/// Asks for the hero before the parser reaches it. Browsers that do not read the type leave it alone.
fn preload(tree: &mut Tree, (kind, srcset): &(String, String), sizes: &str, media: Option<&str>) {
    let Some(head) = tree.find("head") else { return };
    let mut attributes = vec![("rel", "preload"), ("as", "image"), ("type", kind), ("fetchpriority", "high")];
    attributes.extend(media.map(|media| ("media", media)));
    if srcset.contains(',') {
        attributes.extend([("imagesrcset", srcset.as_str()), ("imagesizes", sizes)]);
    } else {
        attributes.push(("href", srcset));
    }
    let link = tree.element("link", &attributes);
    let first = tree.children(head).iter().position(|id| matches!(tree.name(*id), "style" | "link" | "script"));
    tree.insert(head, first.unwrap_or(usize::MAX), link);
}
