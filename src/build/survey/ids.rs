//! Ids of graphics in a page: two drawings may call different things by one name, a page may not (HTML, section 3.2.6).
//!
//! In: a page with a graphic just put into it. Out: the ids of the graphic that somebody else in the page has already are others, and so is
//! all in it that names them. What is unique stays as it was drawn.

use crate::html::{Id, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// Old name to new name.
type Names = BTreeMap<String, String>;

/// Gives the ids of a graphic names of their own where they are taken.
pub(super) fn tell_apart(tree: &mut Tree, graphic: Id) {
    let inside = tree.elements(graphic);
    let own: BTreeSet<String> = inside.iter().filter_map(|id| tree.get(*id, "id").map(str::to_owned)).collect();
    if own.is_empty() {
        return;
    }
    let members: BTreeSet<Id> = inside.iter().copied().collect();
    let others = tree.elements(Tree::ROOT).into_iter().filter(|id| !members.contains(id));
    let taken: BTreeSet<String> = others.filter_map(|id| tree.get(id, "id").map(str::to_owned)).collect();
    let fresh = |name: &String| {
        let free = |name: &String| !taken.contains(name) && !own.contains(name);
        (2..=taken.len() + own.len() + 2).map(|n| format!("{name}-{n}")).find(free).map(|new| (name.clone(), new))
    };
    let names: Names = own.iter().filter(|name| taken.contains(*name)).filter_map(fresh).collect();
    if names.is_empty() {
        return;
    }
    for id in inside {
        for (name, value) in tree.attributes(id).to_vec() {
            let new = attribute(&name, &value, &names);
            if new != value {
                tree.set(id, &name, &new);
            }
        }
        if tree.name(id) == "style" {
            let sheet = sheet(&tree.text(id), &names);
            tree.set_text(id, &sheet);
        }
    }
}

fn attribute(name: &str, value: &str, names: &Names) -> String {
    let new = |old: &str| names.get(old).map_or(old, String::as_str).to_owned();
    match name {
        "id" => new(value),
        "href" | "xlink:href" => match value.trim().strip_prefix('#') {
            Some(target) => format!("#{}", new(target)),
            None => value.to_owned(),
        },
        "aria-labelledby" | "aria-describedby" => value.split_whitespace().map(new).collect::<Vec<_>>().join(" "),
        // `a.click; b.end + 1s` (SVG Animations, "begin").
        "begin" | "end" => {
            let event = |one: &str| match one.trim().split_once('.') {
                Some((id, event)) if names.contains_key(id) => format!("{}.{event}", new(id)),
                _ => one.to_owned(),
            };
            value.split(';').map(event).collect::<Vec<_>>().join(";")
        }
        _ if value.contains("url(") => urls(value, names),
        _ => value.to_owned(),
    }
}

/// Every `url(#name)`, with quotes or without.
fn urls(text: &str, names: &Names) -> String {
    let mut parts = text.split("url(");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("url(");
        let bare = part.trim_start_matches([' ', '"', '\'']);
        let renamed = bare.strip_prefix('#').and_then(|target| {
            let end = target.find(['"', '\'', ')', ' '])?;
            let new = names.get(&target[..end])?;
            Some(format!("{}#{new}{}", &part[..part.len() - bare.len()], &target[end..]))
        });
        out.push_str(renamed.as_deref().unwrap_or(part));
    }
    out
}

/// A style sheet: `url(#name)`, and `#name` in selectors. What could be a color is left to be one.
fn sheet(text: &str, names: &Names) -> String {
    let text = urls(text, names);
    let mut parts = text.split('#');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push('#');
        let end = part.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(part.len());
        let name = &part[..end];
        let color = matches!(name.len(), 3 | 4 | 6 | 8) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        match names.get(name).filter(|_| !color && !out.ends_with("url(#")) {
            Some(new) => out.push_str(&format!("{new}{}", &part[end..])),
            None => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::{Space, fragment, write};

    #[test]
    fn the_second_drawing_keeps_its_own_colors() {
        let svg = "<svg><style>#g{fill:#add}.b{fill:url('#g')}</style><linearGradient id=g></linearGradient><g id=h></g>\
                   <path fill=\"url(#g) red\" stroke='url(\"#h\")'></path><use href=\"#g\"></use><set begin=\"g.click;0s\"></set></svg>";
        let mut page = fragment(&format!("<h2 id=g>G</h2><p id=g-2></p>{svg}"));
        let graphic = page.elements(Tree::ROOT).into_iter().find(|id| page.name(*id) == "svg").unwrap();
        tell_apart(&mut page, graphic);
        let html = write(&page, Space::Collapse);
        for part in [
            "#g-3{fill:#add}",
            "url('#g-3')",
            "id=\"g-3\"",
            "url(#g-3) red",
            "id=\"h\"",
            "href=\"#g-3\"",
            "g-3.click;0s",
        ] {
            assert!(html.contains(part) || html.replace('"', "").contains(&part.replace('"', "")), "{part}: {html}");
        }
        assert_eq!(
            html.matches("id=\"g\"").count() + html.matches("id=g ").count() + html.matches("id=g>").count(),
            1,
            "{html}"
        );
    }

    #[test]
    fn a_drawing_alone_stays_as_it_was_drawn() {
        let text = "<svg><g id=\"a\"></g><use href=\"#a\"></use></svg>";
        let mut page = fragment(text);
        let graphic = page.elements(Tree::ROOT).into_iter().find(|id| page.name(*id) == "svg").unwrap();
        let before = write(&page, Space::Collapse);
        tell_apart(&mut page, graphic);
        assert_eq!(write(&page, Space::Collapse), before);
    }
}
