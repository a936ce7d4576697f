//! The themes that are compiled in, so that a page can be built where nothing but Markdown is. A test compares the lists with the folders.

macro_rules! embedded {
    ($theme:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../themes/", $theme, "/", $path)))),*]
    };
}

/// A file of a theme: path inside of it, bytes.
type File = (&'static str, &'static [u8]);

/// Every theme: its name, its files.
pub const EMBEDDED: &[(&str, &[File])] = &[
    (
        "default",
        embedded!["default":
            "strings/en.toml",
            "strings/fr.toml",
            "style.css",
            "templates/actions.html",
            "templates/base.html",
            "templates/blocks/actions.html",
            "templates/blocks/announcement.html",
            "templates/blocks/bill.html",
            "templates/blocks/countdown.html",
            "templates/blocks/features.html",
            "templates/blocks/footer.html",
            "templates/blocks/hero.html",
            "templates/blocks/mail.html",
            "templates/blocks/numbers.html",
            "templates/blocks/press.html",
            "templates/blocks/pricing.html",
            "templates/blocks/qr.html",
            "templates/blocks/questions.html",
            "templates/blocks/quotes.html",
            "templates/blocks/screenshots.html",
            "templates/blocks/steps.html",
            "templates/blocks/video.html",
            "templates/error.html",
            "templates/form.html",
            "templates/heading.html",
            "templates/landing.html",
            "templates/text.html",
            "theme.toml",
        ],
    ),
    (
        "signal",
        embedded!["signal":
            "style.css",
            "theme.toml",
        ],
    ),
];

/// The files of a theme; none when there is no such theme.
pub(in crate::build) fn files(theme: &str) -> &'static [File] {
    EMBEDDED.iter().find(|(name, _)| *name == theme).map_or(&[], |(_, files)| files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_every_theme_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/themes");
        let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
        let there: Vec<String> = walk
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.path().strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/"))
            .collect();
        let mut listed: Vec<String> = EMBEDDED
            .iter()
            .flat_map(|(theme, files)| files.iter().map(move |(path, _)| format!("{theme}/{path}")))
            .collect();
        listed.sort();
        let missing: Vec<&String> = there.iter().filter(|path| !listed.contains(path)).collect();
        let gone: Vec<&String> = listed.iter().filter(|path| !there.contains(path)).collect();
        assert!(
            missing.is_empty() && gone.is_empty(),
            "src/build/theme/embedded.rs: add {missing:?}, take out {gone:?}"
        );
    }
}
