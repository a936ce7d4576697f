//! Which file of a picture a browser takes: the first format that it reads, then the candidate for its screen.

use super::View;
use super::media::{matches, width_of};
use crate::check::page::Page;
use crate::html::Id;

/// The formats that every browser of today reads.
const READ: &[&str] =
    &["image/avif", "image/webp", "image/jpeg", "image/png", "image/gif", "image/svg+xml", "image/apng"];

/// The width in CSS pixels of the place that an `<img>` is shown in, as far as the page says.
pub(in crate::check) fn slot(page: &Page<'_>, img: Id, view: View) -> Option<f64> {
    match page.tree.get(img, "sizes") {
        Some(sizes) => Some(width_of(sizes, view)),
        None => page.tree.get(img, "width")?.trim().parse().ok().filter(|width: &f64| *width > 0.0),
    }
}

/// The address that a browser loads for an `<img>`.
pub(in crate::check) fn chosen(page: &Page<'_>, img: Id, view: View) -> Option<String> {
    let parent = page.tree.parent(img).filter(|parent| page.tree.name(*parent) == "picture");
    let sources = parent.map_or(&[][..], |parent| page.tree.children(parent));
    for source in sources.iter().copied().take_while(|id| *id != img).filter(|id| page.tree.name(*id) == "source") {
        let kind = page.word(source, "type");
        let read = kind.is_none_or(|kind| READ.contains(&kind.as_str()));
        let wanted = page.tree.get(source, "media").is_none_or(|media| matches(media, view));
        if let Some(srcset) = page.tree.get(source, "srcset").filter(|_| read && wanted) {
            let sizes = page.tree.get(source, "sizes").unwrap_or("100vw");
            return best(&candidates(srcset), sizes, view);
        }
    }
    let src = page.tree.get(img, "src").map(str::to_owned);
    match page.tree.get(img, "srcset") {
        Some(srcset) => best(&candidates(srcset), page.tree.get(img, "sizes").unwrap_or("100vw"), view).or(src),
        None => src,
    }
}

/// Address and descriptor of each candidate of a `srcset` (HTML, section 4.8.4.2.1).
pub(in crate::check) fn candidates(srcset: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut rest = srcset;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return out;
        }
        let (url, after) = rest.split_at(rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len()));
        let bare = url.trim_end_matches(',');
        if bare.len() < url.len() {
            out.push((bare.to_owned(), String::new()));
            rest = after;
            continue;
        }
        let (descriptor, after) = after.split_at(after.find(',').unwrap_or(after.len()));
        out.push((url.to_owned(), descriptor.trim().to_owned()));
        rest = after;
    }
}

/// The candidate that Chromium takes: the first whose density is enough, or the one before it when the screen's is below their geometric
/// mean (blink, `image_candidate` selection).
pub(super) fn best(candidates: &[(String, String)], sizes: &str, view: View) -> Option<String> {
    let width = width_of(sizes, view).max(1.0);
    let density = |descriptor: &str| match descriptor.chars().last() {
        Some('w') => descriptor[..descriptor.len() - 1].parse().ok().map(|pixels: f64| pixels / width),
        Some('x') => descriptor[..descriptor.len() - 1].parse().ok(),
        None => Some(1.0),
        _ => None,
    };
    let mut dense: Vec<(f64, &str)> =
        candidates.iter().filter_map(|(url, descriptor)| Some((density(descriptor)?, url.as_str()))).collect();
    dense.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut at = 0;
    while let Some((next, _)) = dense.get(at + 1) {
        let current = dense[at].0;
        let enough = *next >= view.density;
        if enough && view.density < (current * next).sqrt() {
            break;
        }
        at += 1;
        if enough {
            break;
        }
    }
    // The one before is good enough already.
    while at > 0 && dense[at - 1].0 >= view.density {
        at -= 1;
    }
    dense.get(at).map(|(_, url)| (*url).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(srcset: &str, sizes: &str, expected: &str) {
        assert_eq!(best(&candidates(srcset), sizes, View::PHONE).as_deref(), Some(expected), "{srcset} {sizes}");
    }

    #[test]
    fn the_candidate_is_the_one_that_chromium_takes() {
        // 412 px at 2.625 are 1,081 pixels.
        check("a 400w, b 800w, c 1200w, d 1600w", "100vw", "c");
        check("a 400w, b 800w", "100vw", "b");
        check("a 1000w, b 2000w", "100vw", "a");
        check("a 1x, b 2x, c 3x", "100vw", "c");
        check("a 2000w, b 3000w", "100vw", "a");
        check("a", "100vw", "a");
    }
}
