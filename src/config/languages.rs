//! `[languages.TAG]`: what the site says in another language.
//!
//! In: the whole file. Out: every language, the one of `[site]` first; a key that a language does not have is that of the site. Refuses
//! what cannot be a language, and what is the same for all of them (address, theme).

use super::brand::brand;
use super::{form, site};
use crate::diag::Code;
use crate::model::{Direction, Language, Site};
use crate::reader::Section;

/// The keys of `[site]` that a language may say in its own words.
const OF_SITE: &[&str] = &["name", "email", "extra"];

/// All languages.
pub(super) fn all(root: &Section<'_>, base: &Site) -> Vec<Language> {
    let section = root.section("languages");
    if !Language::is_tag(&base.lang) {
        let wrong = format!("`{}` is not a language tag", base.lang);
        root.section("site").complain("lang", Code::BadValue, &wrong, "write `fr`, `en`, `pt-BR`");
    }
    let mut tags = section.keys();
    tags.retain(|tag| *tag != base.lang);
    tags.insert(0, base.lang.clone());
    for (idx, tag) in tags.iter().enumerate() {
        let twin = tags[..idx].iter().find(|other| other.eq_ignore_ascii_case(tag));
        if let Some(twin) = twin {
            let wrong = format!("`{tag}` and `{twin}` are the same language");
            section.complain(tag, Code::BadValue, &wrong, "keep one of the two");
        } else if idx > 0 && !Language::is_tag(tag) {
            let wrong = format!("`{tag}` is not a language tag");
            section.complain(tag, Code::BadValue, &wrong, "write `[languages.en]`, `[languages.pt-BR]`");
        }
    }
    tags.iter().map(|tag| one(tag, &section.section(tag), root)).collect()
}

fn one(tag: &str, section: &Section<'_>, root: &Section<'_>) -> Language {
    section.only(&["name", "dir", "site", "brand", "form"]);
    let own = section.section("site");
    own.only(OF_SITE);
    let dir = match section.string("dir").as_deref() {
        None => Direction::of(tag),
        Some("ltr") => Direction::Ltr,
        Some("rtl") => Direction::Rtl,
        Some(other) => {
            let wrong = format!("`{other}` is no direction");
            section.complain("dir", Code::BadValue, &wrong, "write `dir = \"ltr\"` or `dir = \"rtl\"`");
            Direction::Ltr
        }
    };
    let site = Site { lang: tag.to_owned(), ..site(&own.over(&root.section("site"))) };
    Language {
        tag: tag.to_owned(),
        name: section.string("name").unwrap_or_else(|| Language::own_name(tag).to_owned()),
        dir,
        brand: brand(&section.section("brand").over(&root.section("brand")), &site.name),
        site,
        form: form(&section.section("form").over(&root.section("form"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::model::Direction;

    #[test]
    fn a_language_says_what_differs_and_the_site_says_the_rest() {
        let settings = parse(
            "[site]\nname=\"Le café\"\nlang=\"fr\"\n[site.extra]\na=\"un\"\nb=\"deux\"\n[brand]\nname=\"Café\"\ntagline=\"oui\"\n\
             [languages.ar]\n[languages.en]\nname=\"English (UK)\"\nsite.extra.a=\"one\"\nbrand.tagline=\"yes\"\nform.button=\"Go\"\n",
        )
        .unwrap();
        let tags: Vec<_> = settings.languages.iter().map(|language| language.tag.as_str()).collect();
        assert_eq!(tags, ["fr", "ar", "en"]);
        let [fr, ar, en] = &settings.languages[..] else { panic!() };
        assert_eq!((fr.name.as_str(), ar.dir, en.dir), ("Français", Direction::Rtl, Direction::Ltr));
        assert_eq!((en.name.as_str(), en.site.name.as_str()), ("English (UK)", "Le café"));
        assert_eq!((en.site.extra["a"].as_str(), en.site.extra["b"].as_str()), ("one", "deux"));
        assert_eq!((en.brand.name.as_str(), en.brand.tagline.as_deref()), ("Café", Some("yes")));
        assert_eq!((en.form.button.as_deref(), fr.form.button.as_deref()), (Some("Go"), None));
        assert_eq!(fr.site, settings.site);
    }

    #[test]
    fn what_a_language_cannot_say_is_named_once() {
        let err = parse(
            "[site]\nname=1\nlang=\"fr\"\n[languages.blog]\n[languages.en]\ndir=\"up\"\nsite.url=\"https://x.example\"\nform.buton=\"x\"\n",
        )
        .unwrap_err();
        let said: Vec<String> = err.iter().map(|one| one.message.clone()).collect();
        assert_eq!(
            said,
            [
                "`name` is the number 1, not a text",
                "`blog` is not a language tag",
                "unknown key `url` in `[languages.en.site]`",
                "`up` is no direction",
                "unknown key `buton` in `[languages.en.form]`",
            ]
        );
    }
}
