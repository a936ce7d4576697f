//! What the attributes of HTML and SVG elements hold: one table.
//!
//! In: an element's name, an attribute's name, and the element's other attributes. Out: how to read the value. From WHATWG HTML, section "Attributes that
//! take URLs", SVG 2 and the documentation of the social networks' tags.

use super::How;
use super::tags::Tag;

/// How a value is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// One address.
    Address(How),
    /// Addresses with widths or densities.
    Candidates,
    /// Declarations of CSS, or one value.
    Style,
    /// A page.
    Page,
    /// JavaScript.
    Script,
    /// Nothing that names a file.
    Nothing,
    /// Unknown to us: scripts may read it.
    Anything,
}

/// Attributes that are addresses on whatever element they stand.
const FETCHED: &[&str] = &["src", "poster", "background", "lowsrc", "dynsrc"];

/// Attributes of whose values some are addresses to people's eyes, and none is fetched.
const NEVER: &[&str] = &[
    "id",
    "class",
    "name",
    "alt",
    "title",
    "lang",
    "type",
    "rel",
    "for",
    "value",
    "content",
    "action",
    "formaction",
    "integrity",
    "sizes",
    "width",
    "height",
    "media",
    "property",
    "charset",
    "xmlns",
    "d",
    "points",
    "viewbox",
    "transform",
    "ping",
    "cite",
    "aria-label",
    "role",
    "nonce",
    "target",
    "download",
    "label",
    "itemtype",
];

/// Presentation attributes of SVG that may be `url(…)` (SVG 2, section 6.6).
const PAINTED: &[&str] =
    &["fill", "stroke", "filter", "mask", "clip-path", "cursor", "marker", "marker-start", "marker-mid", "marker-end"];

/// Kinds of link whose target a browser fetches for this page (HTML, section 4.6.7).
const FETCHING: &[&str] = &[
    "stylesheet",
    "icon",
    "preload",
    "modulepreload",
    "prefetch",
    "manifest",
    "apple-touch-icon",
    "apple-touch-icon-precomposed",
    "apple-touch-startup-image",
    "mask-icon",
    "fluid-icon",
    "image_src",
    "shortcut",
];

/// `<meta name>`, `<meta property>` and `itemprop` whose content is the address of a picture, a sound or a film.
const PICTURED: &[&str] = &[
    "og:image",
    "og:image:url",
    "og:image:secure_url",
    "og:video",
    "og:video:url",
    "og:video:secure_url",
    "og:audio",
    "og:audio:url",
    "og:audio:secure_url",
    "twitter:image",
    "twitter:image:src",
    "twitter:player:stream",
    "image",
    "thumbnail",
    "thumbnailurl",
    "msapplication-tileimage",
    "msapplication-square70x70logo",
    "msapplication-square150x150logo",
    "msapplication-wide310x150logo",
    "msapplication-square310x310logo",
];

pub(super) fn holds(text: &str, tag: &Tag, attribute: &str) -> Holds {
    let name = attribute.strip_prefix("data-").unwrap_or(attribute);
    match (tag.name.as_str(), attribute) {
        (_, "srcset" | "imagesrcset") => Holds::Candidates,
        (_, "style") => Holds::Style,
        ("iframe", "srcdoc") => Holds::Page,
        ("base", _) => Holds::Nothing,
        ("meta", "content") => meta(text, tag),
        ("link", "href") => link(text, tag),
        ("iframe" | "frame" | "portal", "src") | ("a" | "area", "href" | "xlink:href") => Holds::Address(How::Link),
        ("object", "data") | (_, "href" | "xlink:href") => Holds::Address(How::Fetch),
        _ if FETCHED.contains(&attribute) => Holds::Address(How::Fetch),
        _ if PAINTED.contains(&attribute) => Holds::Style,
        _ if name.ends_with("srcset") => Holds::Candidates,
        _ if NEVER.contains(&attribute) || attribute.starts_with("xmlns:") => Holds::Nothing,
        _ if attribute.starts_with("on") => Holds::Script,
        _ => Holds::Anything,
    }
}

/// A link is as its kinds say; of an unknown kind it is something that a person may follow.
fn link(text: &str, tag: &Tag) -> Holds {
    let kinds = tag.written(text, "rel").unwrap_or_default().to_ascii_lowercase();
    let mut kinds = kinds.split_ascii_whitespace();
    if kinds.clone().any(|kind| matches!(kind, "preconnect" | "dns-prefetch")) {
        return Holds::Nothing;
    }
    let how = if kinds.any(|kind| FETCHING.contains(&kind)) { How::Fetch } else { How::Link };
    Holds::Address(how)
}

fn meta(text: &str, tag: &Tag) -> Holds {
    let of = |name| tag.written(text, name).map(str::to_ascii_lowercase);
    let names = [of("name"), of("property"), of("itemprop")];
    let pictured = names.iter().flatten().any(|name| PICTURED.contains(&name.as_str()));
    if pictured { Holds::Address(How::Fetch) } else { Holds::Nothing }
}
