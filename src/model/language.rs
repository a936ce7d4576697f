//! `Language`: one language of the site, with what the configuration says differently in it.
//!
//! In: a BCP 47 tag. Out: its own name, its direction, its Open Graph locale. Refuses what cannot be a tag.

use super::{Brand, Form, Site};
use serde::Serialize;

/// One language of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    /// BCP 47, as it was written; the folder below `site/` where its pages stand, unless it is the first one.
    pub tag: String,
    /// Its name in itself: `Français`.
    pub name: String,
    /// How its lines run.
    pub dir: Direction,
    /// `[site]`, with what `[languages.TAG.site]` says otherwise.
    pub site: Site,
    /// The same of `[brand]`.
    pub brand: Brand,
    /// The same of `[form]`.
    pub form: Form,
}

/// How lines run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From left to right.
    Ltr,
    /// From right to left.
    Rtl,
}

impl Direction {
    /// That of a language, by its script when the tag names one.
    ///
    /// The languages are those that CLDR writes from right to left ("characterOrder"), the scripts those of the same.
    pub fn of(tag: &str) -> Self {
        const SCRIPTS: [&str; 9] = ["adlm", "arab", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"];
        const LANGUAGES: [&str; 16] =
            ["ar", "arc", "ckb", "dv", "fa", "he", "iw", "ji", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"];
        let tag = tag.to_ascii_lowercase();
        let mut parts = tag.split('-');
        let language = parts.next().unwrap_or_default();
        let script = parts.find(|part| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
        let from_right = match script {
            Some(script) => SCRIPTS.contains(&script),
            None => LANGUAGES.contains(&language),
        };
        if from_right { Self::Rtl } else { Self::Ltr }
    }

    /// As HTML writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

/// Language, its name in itself, the country where most people read it (CLDR, likely subtags).
const KNOWN: &[(&str, &str, &str)] = &[
    ("ar", "العربية", "EG"),
    ("bg", "Български", "BG"),
    ("bn", "বাংলা", "BD"),
    ("ca", "Català", "ES"),
    ("cs", "Čeština", "CZ"),
    ("cy", "Cymraeg", "GB"),
    ("da", "Dansk", "DK"),
    ("de", "Deutsch", "DE"),
    ("el", "Ελληνικά", "GR"),
    ("en", "English", "US"),
    ("es", "Español", "ES"),
    ("et", "Eesti", "EE"),
    ("eu", "Euskara", "ES"),
    ("fa", "فارسی", "IR"),
    ("fi", "Suomi", "FI"),
    ("fr", "Français", "FR"),
    ("ga", "Gaeilge", "IE"),
    ("gl", "Galego", "ES"),
    ("he", "עברית", "IL"),
    ("hi", "हिन्दी", "IN"),
    ("hr", "Hrvatski", "HR"),
    ("hu", "Magyar", "HU"),
    ("id", "Indonesia", "ID"),
    ("is", "Íslenska", "IS"),
    ("it", "Italiano", "IT"),
    ("ja", "日本語", "JP"),
    ("ko", "한국어", "KR"),
    ("lb", "Lëtzebuergesch", "LU"),
    ("lt", "Lietuvių", "LT"),
    ("lv", "Latviešu", "LV"),
    ("mt", "Malti", "MT"),
    ("nb", "Norsk bokmål", "NO"),
    ("nl", "Nederlands", "NL"),
    ("nn", "Norsk nynorsk", "NO"),
    ("pl", "Polski", "PL"),
    ("pt", "Português", "BR"),
    ("ro", "Română", "RO"),
    ("ru", "Русский", "RU"),
    ("sk", "Slovenčina", "SK"),
    ("sl", "Slovenščina", "SI"),
    ("sr", "Српски", "RS"),
    ("sv", "Svenska", "SE"),
    ("th", "ไทย", "TH"),
    ("tr", "Türkçe", "TR"),
    ("uk", "Українська", "UA"),
    ("ur", "اردو", "PK"),
    ("vi", "Tiếng Việt", "VN"),
    ("zh", "中文", "CN"),
];

impl Language {
    /// A language in which nothing is said yet.
    pub fn bare(tag: &str) -> Self {
        let (tag, name, dir) = (tag.to_owned(), Self::own_name(tag).to_owned(), Direction::of(tag));
        Self { tag, name, dir, site: Site::default(), brand: Brand::default(), form: Form::default() }
    }

    /// The name of a language in itself, where it is one of those we know; else its tag.
    pub fn own_name(tag: &str) -> &str {
        known(tag).map_or(tag, |(_, name, _)| name)
    }

    /// Whether a text can be a language tag (RFC 5646, section 2.1, well-formed as far as a folder name needs it).
    pub fn is_tag(raw: &str) -> bool {
        let mut parts = raw.split('-');
        let alphanumeric =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric());
        let language = parts.next().unwrap_or_default();
        (2..=3).contains(&language.len())
            && language.bytes().all(|c| c.is_ascii_alphabetic())
            && parts.all(alphanumeric)
    }

    /// As Open Graph writes it (`language_TERRITORY`); nothing when no country is likely.
    pub fn open_graph(&self) -> Option<String> {
        let mut parts = self.tag.split('-');
        let language = parts.next()?.to_ascii_lowercase();
        let country = parts.find(|part| part.len() == 2).map(str::to_ascii_uppercase);
        let country = country.or_else(|| known(&self.tag).map(|(.., country)| (*country).to_owned()))?;
        Some(format!("{language}_{country}"))
    }
}

fn known(tag: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let language = tag.split('-').next()?.to_ascii_lowercase();
    KNOWN.iter().find(|(it, ..)| *it == language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_decides_the_direction_and_the_language_when_none_is_named() {
        for (tag, dir) in [
            ("fr", "ltr"),
            ("ar", "rtl"),
            ("AR-EG", "rtl"),
            ("he", "rtl"),
            ("ur-PK", "rtl"),
            ("az-Arab", "rtl"),
            ("ks-Deva", "ltr"),
            ("arn", "ltr"),
        ] {
            assert_eq!(Direction::of(tag).as_str(), dir, "{tag}");
        }
    }

    #[test]
    fn a_tag_is_told_from_a_folder_name() {
        for (raw, is) in
            [("fr", true), ("pt-BR", true), ("zh-Hant-TW", true), ("blog", false), ("e", false), ("en-", false)]
        {
            assert_eq!(Language::is_tag(raw), is, "{raw}");
        }
        assert_eq!((Language::own_name("pt-BR"), Language::own_name("tlh")), ("Português", "tlh"));
    }
}
