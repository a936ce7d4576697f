//! `[brand]` and `[[fonts]]`: what the company looks like.

use crate::diag::Code;
use crate::model::{Brand, FontFile};
use crate::reader::Section;

/// A brand without a name of its own is called as its site.
pub(super) fn brand(section: &Section<'_>, site: &str) -> Brand {
    section.only(&[
        "name",
        "tagline",
        "owner",
        "logo",
        "icon",
        "color",
        "color_dark",
        "colors",
        "font",
        "font_display",
    ]);
    Brand {
        name: section.string("name").filter(|name| !name.trim().is_empty()).unwrap_or_else(|| site.to_owned()),
        tagline: section.string("tagline"),
        owner: section.string("owner"),
        logo: section.string("logo"),
        icon: section.string("icon"),
        color: section.string("color"),
        color_dark: section.string("color_dark"),
        colors: section.strings("colors"),
        font: section.string("font"),
        font_display: section.string("font_display"),
    }
}

pub(super) fn fonts(root: &Section<'_>) -> Vec<FontFile> {
    let one = |section: Section<'_>| {
        section.only(&["file", "family", "weight", "style"]);
        let italic = section.string("style").map(|style| {
            if !matches!(style.as_str(), "normal" | "italic") {
                let wrong = format!("`{style}` is no style of a font");
                section.complain("style", Code::BadValue, &wrong, "write `style = \"normal\"` or `style = \"italic\"`");
            }
            style == "italic"
        });
        let weight = section.string("weight").map(|written| {
            let weights: Vec<u16> = written.split_whitespace().map_while(|it| it.parse().ok()).collect();
            match weights[..] {
                [from, to] if 0 < from && from <= to && to <= 1_000 => (from, to),
                [one] if (1..=1_000).contains(&one) => (one, one),
                _ => {
                    let wrong = format!("`{written}` is no weight of a font");
                    section.complain(
                        "weight",
                        Code::BadValue,
                        &wrong,
                        "write `weight = \"700\"`, or `\"100 900\"` for a variable font",
                    );
                    (400, 400)
                }
            }
        });
        let file = section.required("file", "the font file below `assets/`").unwrap_or_default();
        FontFile { file, family: section.string("family"), weight, italic }
    };
    root.list("fonts").into_iter().map(one).collect()
}
