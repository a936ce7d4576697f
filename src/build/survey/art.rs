//! Art direction by naming: `team.phone.jpg` beside `team.jpg` is what narrow screens show, `team.dark.png` what dark ones do.
//!
//! In: the name of an image. Out: the names that its other versions would have, and the media queries that choose between them. It looks
//! nothing up, and knows no other words: a name is a contract, and two are soon learned.

/// Another version of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::build) enum Art {
    /// For whoever prefers dark pages.
    Dark,
    /// For narrow screens: another crop, seldom just a smaller one.
    Phone,
}

impl Art {
    /// All of them. A browser takes the first that suits it: a dark version says more than a crop.
    pub(in crate::build) const ALL: [Self; 2] = [Self::Dark, Self::Phone];

    fn word(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Phone => "phone",
        }
    }

    /// The files that may hold this version of a file: with its own extension, or another one of a raster image.
    pub(super) fn names(self, file: &str) -> Vec<String> {
        let Some((stem, own)) = file.rsplit_once('.') else { return Vec::new() };
        let others = ["jpg", "jpeg", "png", "webp"].into_iter().filter(|it| *it != own);
        std::iter::once(own).chain(others).map(|extension| format!("{stem}.{}.{extension}", self.word())).collect()
    }

    /// Who is shown it.
    pub(in crate::build) fn media(self) -> &'static str {
        match self {
            Self::Dark => "(prefers-color-scheme:dark)",
            Self::Phone => "(max-width:640px)",
        }
    }

    /// Who is not, in a query of its own: `not` is younger than some browsers.
    fn others(self) -> &'static str {
        match self {
            Self::Dark => "(prefers-color-scheme:light)",
            Self::Phone => "(min-width:640.02px)",
        }
    }

    /// Who is shown a version (`None`: the image itself) where these others exist. `None` when everybody is.
    pub(in crate::build) fn only(version: Option<Self>, there: &[Self]) -> Option<String> {
        let before = there.iter().take_while(|other| Some(**other) != version).map(|other| other.others());
        let conditions: Vec<&str> = version.map(Self::media).into_iter().chain(before).collect();
        (!conditions.is_empty()).then(|| conditions.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_named_like_its_image() {
        assert_eq!(
            Art::Phone.names("assets/a.b/team.jpg"),
            [
                "assets/a.b/team.phone.jpg",
                "assets/a.b/team.phone.jpeg",
                "assets/a.b/team.phone.png",
                "assets/a.b/team.phone.webp"
            ]
        );
        assert!(Art::Dark.names("team").is_empty());
    }

    #[test]
    fn everybody_is_shown_exactly_one_version() {
        let only = |version, there: &[Art]| Art::only(version, there).unwrap_or_default();
        assert_eq!(only(None, &[]), "");
        assert_eq!(only(None, &[Art::Phone]), "(min-width:640.02px)");
        assert_eq!(only(Some(Art::Phone), &[Art::Phone]), "(max-width:640px)");
        let both = Art::ALL;
        assert_eq!(only(Some(Art::Dark), &both), "(prefers-color-scheme:dark)");
        assert_eq!(only(Some(Art::Phone), &both), "(max-width:640px) and (prefers-color-scheme:light)");
        assert_eq!(only(None, &both), "(prefers-color-scheme:light) and (min-width:640.02px)");
    }
}
