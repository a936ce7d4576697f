//! CSS inside a drawing, turned into presentation attributes.
//!
//! In: a tree. Out: the same picture without `style` where that is certain. Why: the page's content security policy
//! (CSP3, `style-src`) blocks style attributes of inlined drawings, and the `.cls-1` that drawing programs write for every file would
//! color one inlined drawing like another. Understands plain rules for a class, an id or an element name and nothing
//! else: a sheet with anything beyond that stays as it is, every rule of it.

use super::tree::Element;

/// The properties that are attributes too (SVG 2, section 6.6), without those whose syntax differs (`transform`).
const PRESENTATION: &str = "alignment-baseline baseline-shift clip-path clip-rule color color-interpolation color-interpolation-filters \
    cursor direction display dominant-baseline fill fill-opacity fill-rule filter flood-color flood-opacity \
    font-family font-size font-size-adjust font-stretch font-style font-variant font-weight image-rendering \
    letter-spacing lighting-color marker-end marker-mid marker-start mask mask-type opacity overflow paint-order \
    pointer-events shape-rendering stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke- \
    linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-anchor text-decoration text- \
    rendering unicode-bidi vector-effect visibility word-spacing writing-mode";

/// A rule for one simple selector.
struct Rule {
    selector: Selector,
    declarations: Vec<(String, String)>,
}

/// In ascending specificity.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Selector {
    Name(String),
    Class(String),
    Id(String),
}

/// Replaces style sheets and style attributes by attributes, as far as that is certain.
pub(super) fn to_attributes(root: &mut Element) {
    let mut sheets = Vec::new();
    gather(root, &mut sheets);
    let Some(mut rules) = sheets.iter().map(|sheet| parse(sheet)).collect::<Option<Vec<_>>>() else { return };
    if has_other_styles(root) {
        return;
    }
    // A stable sort: of two rules with the same specificity the later one wins (CSS Cascade 4, section 6.1).
    let mut rules: Vec<Rule> = rules.drain(..).flatten().collect();
    rules.sort_by_key(|rule| rule.selector.rank());
    apply(root, &rules);
}

impl Selector {
    fn rank(&self) -> u8 {
        match self {
            Self::Name(_) => 0,
            Self::Class(_) => 1,
            Self::Id(_) => 2,
        }
    }

    fn parse(raw: &str) -> Option<Self> {
        let word = |text: &str| {
            let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            (plain && !text.is_empty()).then(|| text.to_owned())
        };
        match raw.as_bytes().first()? {
            b'.' => word(&raw[1..]).map(Self::Class),
            b'#' => word(&raw[1..]).map(Self::Id),
            _ => word(raw).map(Self::Name),
        }
    }

    fn matches(&self, element: &Element) -> bool {
        match self {
            Self::Name(name) => element.name == *name,
            Self::Class(class) => {
                element.get("class").is_some_and(|all| all.split_ascii_whitespace().any(|one| one == class))
            }
            Self::Id(id) => element.get("id") == Some(id.as_str()),
        }
    }
}

fn gather(element: &Element, sheets: &mut Vec<String>) {
    if element.name == "style" {
        sheets.push(element.text());
    }
    element.elements().for_each(|child| gather(child, sheets));
}

/// Style sheets in another language or for some media only, and attributes whose cascade we cannot redo.
fn has_other_styles(root: &Element) -> bool {
    root.any(&|element| {
        let sheet = element.name == "style"
            && (element.get("type").is_some_and(|it| it != "text/css")
                || element.get("media").is_some_and(|it| it != "all"));
        sheet || element.get("style").is_some_and(|style| style.contains('!'))
    })
}

/// `None` when anything in it is not plain.
fn parse(sheet: &str) -> Option<Vec<Rule>> {
    let sheet = without_comments(sheet)?;
    let (mut rules, mut rest) = (Vec::new(), sheet.trim());
    while !rest.is_empty() {
        let (selectors, after) = rest.split_once('{')?;
        let (body, after) = after.split_once('}')?;
        if body.contains(['{', '!']) {
            return None;
        }
        let declarations = declarations(body)?;
        if !declarations.iter().all(|(name, value)| is_attribute(name) && !value.contains("var(")) {
            return None;
        }
        for selector in selectors.split(',') {
            rules.push(Rule { selector: Selector::parse(selector.trim())?, declarations: declarations.clone() });
        }
        rest = after.trim_start();
    }
    Some(rules)
}

fn without_comments(css: &str) -> Option<String> {
    let (mut out, mut rest) = (String::new(), css);
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        out.push(' ');
        rest = after.split_once("*/")?.1;
    }
    out.push_str(rest);
    Some(out)
}

fn is_attribute(name: &str) -> bool {
    PRESENTATION.split_ascii_whitespace().any(|one| one == name)
}

/// `None` when a semicolon or brace may stand in a string.
fn declarations(body: &str) -> Option<Vec<(String, String)>> {
    let quotes = body.matches('"').count() + body.matches('\'').count();
    if !quotes.is_multiple_of(2) {
        return None;
    }
    body.split(';')
        .map(str::trim)
        .filter(|one| !one.is_empty())
        .map(|one| {
            let (name, value) = one.split_once(':')?;
            let value = value.trim();
            let whole = value.matches('"').count().is_multiple_of(2) && value.matches('\'').count().is_multiple_of(2);
            (whole && !value.is_empty()).then(|| (name.trim().to_ascii_lowercase(), value.to_owned()))
        })
        .collect()
}

fn apply(element: &mut Element, rules: &[Rule]) {
    let mut wanted: Vec<(String, String)> = Vec::new();
    for rule in rules.iter().filter(|rule| rule.selector.matches(element)) {
        wanted.extend(rule.declarations.iter().cloned());
    }
    match element.get("style").map(|style| without_comments(style).and_then(|style| declarations(&style))) {
        Some(Some(own)) => {
            let (attributes, others): (Vec<_>, Vec<_>) = own.into_iter().partition(|(name, _)| is_attribute(name));
            wanted.extend(attributes);
            let others: Vec<String> = others
                .into_iter()
                .filter(|(name, _)| !name.starts_with("-inkscape-"))
                .map(|(name, value)| format!("{name}:{value}"))
                .collect();
            if others.is_empty() {
                element.take("style");
            } else {
                element.set("style", others.join(";"));
            }
            set_all(element, wanted);
        }
        // A style attribute that cannot be read stays, and keeps winning over the attributes.
        Some(None) | None => set_all(element, wanted),
    }
    drop_classes(element, rules);
    element.children.retain(|node| !matches!(node, super::tree::Node::Element(child) if child.name == "style"));
    element.elements_mut().for_each(|child| apply(child, rules));
}

fn set_all(element: &mut Element, wanted: Vec<(String, String)>) {
    for (name, value) in wanted {
        element.set(&name, value);
    }
}

/// Classes that only the sheet knew.
fn drop_classes(element: &mut Element, rules: &[Rule]) {
    let Some(classes) = element.get("class") else { return };
    let known = |class: &str| rules.iter().any(|rule| rule.selector == Selector::Class(class.to_owned()));
    let left: Vec<&str> = classes.split_ascii_whitespace().filter(|class| !known(class)).collect();
    let left = left.join(" ");
    if left.is_empty() {
        element.take("class");
    } else {
        element.set("class", left);
    }
}
