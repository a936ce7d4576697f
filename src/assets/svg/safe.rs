//! What may stand in a published drawing.
//!
//! In: a tree. Out: the same tree with only SVG elements that draw, or the first unsafe thing with its line. An allow
//! list: what is not known here is not published. A script, a handler or a reference outside is refused; what merely does
//! not draw (metadata, an editor's own elements, obsolete fonts) is dropped.

use super::SvgError;
use super::tree::{Element, Node, Space};
use std::collections::BTreeMap;

/// The elements that draw or describe (SVG 2, appendix "Element index"), without those that run, load or embed.
const ELEMENTS: &str = "a animate animateMotion animateTransform circle clipPath defs desc ellipse feBlend feColorMatrix \
    feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight \
    feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feImage feMerge feMergeNode feMorphology \
    feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence filter g image line linearGradient \
    marker mask mpath path pattern polygon polyline radialGradient rect set stop style svg switch symbol text \
    textPath title tspan use view";

/// What runs, loads or embeds: its presence is the author's mistake or somebody's intent, and is said.
const REFUSED: &str = "script foreignobject iframe embed object audio video canvas handler listener link meta base form html body \
    img";

fn lists(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|one| one == word)
}

/// How often everything drawn may be multiplied by `<use>` inside `<use>`.
const MOST_DRAWN: u64 = 1_000_000;

/// How many `<use>` may stand behind one another.
const LONGEST_CHAIN: usize = 16;

/// Checks the whole tree and drops what does not draw.
pub(super) fn check(root: &mut Element) -> Result<(), SvgError> {
    visit(root)?;
    let mut ids = BTreeMap::new();
    collect(root, &mut ids);
    let mut known = BTreeMap::new();
    match drawn(root, &ids, &mut known, LONGEST_CHAIN) {
        Some(0..=MOST_DRAWN) => Ok(()),
        _ => Err(refused(root.line, "its `<use>` elements multiply without end")),
    }
}

fn visit(element: &mut Element) -> Result<(), SvgError> {
    for (name, value) in &element.attributes {
        attribute(element, name, value)?;
    }
    if element.name == "style" {
        css(element.line, &element.text())?;
    }
    let text_only = matches!(element.name.as_str(), "title" | "desc" | "style");
    let mut kept = Vec::with_capacity(element.children.len());
    for node in std::mem::take(&mut element.children) {
        match node {
            Node::Text(text) => kept.push(Node::Text(text)),
            Node::Element(mut child) => {
                if lists(REFUSED, &child.name.to_ascii_lowercase()) && child.space != Space::Other {
                    return Err(refused(child.line, &format!("it holds a `<{}>`", child.name)));
                }
                // An HTML parser reads what stands inside a title or description as HTML: only text may.
                if child.space == Space::Svg && lists(ELEMENTS, &child.name) && !text_only {
                    visit(&mut child)?;
                    kept.push(Node::Element(child));
                }
            }
        }
    }
    element.children = kept;
    Ok(())
}

fn attribute(element: &Element, name: &str, value: &str) -> Result<(), SvgError> {
    let line = element.line;
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("on") {
        return Err(refused(line, &format!("it holds a script handler, `{name}`")));
    }
    match lower.as_str() {
        "href" => return href(element, value),
        "src" | "srcset" | "srcdoc" | "formaction" | "action" | "ping" | "xml:base" => {
            return Err(refused(line, &format!("`{name}` refers outside")));
        }
        // An animation could write a reference or a handler that was not there when it was checked.
        "attributename" => {
            let target = value.trim().to_ascii_lowercase();
            if target.ends_with("href")
                || target.starts_with("on")
                || matches!(target.as_str(), "src" | "style" | "class")
            {
                return Err(refused(line, &format!("it animates `{}`", value.trim())));
            }
        }
        _ => {}
    }
    css(line, value)
}

/// Inside the drawing, or a picture that stands in the attribute itself.
fn href(element: &Element, value: &str) -> Result<(), SvgError> {
    let value = value.trim();
    if value.starts_with('#') || value.is_empty() {
        return Ok(());
    }
    let pictures =
        ["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,", "data:image/webp;base64,"];
    let embeds = matches!(element.name.as_str(), "image" | "feImage");
    if embeds && pictures.iter().any(|start| value.starts_with(start)) {
        return Ok(());
    }
    let shown: String = value.chars().take(60).collect();
    Err(refused(element.line, &format!("`<{}>` refers outside, to `{shown}`", element.name)))
}

/// Everything in CSS that loads: `url()` other than a fragment, imports, and the functions that take a bare string.
/// Escapes could spell any of them otherwise and have no use in a drawing.
fn css(line: usize, text: &str) -> Result<(), SvgError> {
    let lower = text.to_ascii_lowercase();
    for needle in ["@import", "image-set(", "image(", "src(", "expression(", "behavior:", "-moz-binding", "javascript:"]
    {
        if lower.contains(needle) {
            return Err(refused(line, &format!("it holds `{needle}`")));
        }
    }
    for (at, _) in lower.match_indices("url") {
        let rest = lower[at + 3..].trim_start();
        let Some(inside) = rest.strip_prefix('(') else { continue };
        let target = inside.trim_start().trim_start_matches(['"', '\'']).trim_start();
        if !target.starts_with('#') {
            let shown: String = target.chars().take(60).take_while(|c| *c != ')').collect();
            return Err(refused(line, &format!("it refers outside, to `{shown}`")));
        }
    }
    if lower.contains('\\') && (lower.contains('(') || lower.contains('@')) {
        return Err(refused(line, "its style holds escapes, which could hide anything"));
    }
    Ok(())
}

fn collect<'a>(element: &'a Element, ids: &mut BTreeMap<&'a str, &'a Element>) {
    if let Some(id) = element.get("id") {
        ids.entry(id).or_insert(element);
    }
    element.elements().for_each(|child| collect(child, ids));
}

/// How many elements a browser draws for this one. `None` when the chain of `<use>` is too long or bites its tail.
fn drawn<'a>(
    element: &'a Element,
    ids: &BTreeMap<&'a str, &'a Element>,
    known: &mut BTreeMap<&'a str, u64>,
    chain: usize,
) -> Option<u64> {
    let mut sum: u64 = 1;
    if element.name == "use"
        && let Some(id) = element.get("href").and_then(|href| href.trim().strip_prefix('#'))
        && let Some((id, target)) = ids.get_key_value(id)
    {
        let count = match known.get(id) {
            Some(count) => *count,
            None => drawn(target, ids, known, chain.checked_sub(1)?)?,
        };
        known.insert(id, count);
        sum = sum.saturating_add(count);
    }
    for child in element.elements() {
        sum = sum.saturating_add(drawn(child, ids, known, chain)?);
    }
    Some(sum)
}

fn refused(line: usize, what: &str) -> SvgError {
    SvgError::Unsafe { line, what: what.to_owned() }
}
