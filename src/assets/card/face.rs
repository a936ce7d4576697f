//! The fonts that painted text is set in: the author's own first, then the one that is compiled in.

use crate::assets::font::FontError;
use crate::assets::font::open::{Font, guarded};
use crate::model::Digest;
use bytes::Bytes;
use resvg::usvg::Options;
use resvg::usvg::fontdb::{Database, Family, Source};
use skrifa::MetadataProvider as _;
use skrifa::raw::FontRef;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// Inter 4.0 beta 7 (SIL Open Font License 1.1, `OFL.txt` beside it), Medium and Display Bold under one family name: Latin with its
/// extensions, Greek, Cyrillic; kerning and marks. Made with `pyftsubset --no-hinting --layout-features=kern,mark,mkmk,ccmp,locl`.
const SHIPPED: [&[u8]; 2] = [include_bytes!("inter-medium.woff2"), include_bytes!("inter-bold.woff2")];

/// Fonts at hand.
#[derive(Clone, Debug)]
pub struct Faces {
    database: Arc<Database>,
    digest: Digest,
}

impl Faces {
    /// Only what is compiled in.
    pub fn shipped() -> Self {
        static SHIPPED_ONCE: OnceLock<Faces> = OnceLock::new();
        SHIPPED_ONCE.get_or_init(|| Self::of(Database::new(), &[])).clone()
    }

    /// The author's files first. Those that cannot be read are left out, and said.
    pub fn with(files: &[Bytes]) -> (Self, Vec<FontError>) {
        let mut database = Database::new();
        let mut wrong = Vec::new();
        for file in files {
            match guarded(|| Ok(Font::open(file)?.bytes().to_vec())) {
                Ok(bytes) => database.load_font_data(bytes),
                Err(err) => wrong.push(err),
            }
        }
        (Self::of(database, files), wrong)
    }

    fn of(mut database: Database, files: &[Bytes]) -> Self {
        for packed in SHIPPED {
            let font = Font::open(packed).expect("a test reads the fonts that are compiled in");
            database.load_font_data(font.bytes().to_vec());
        }
        let first = database.faces().next().and_then(|face| face.families.first()).map(|(name, _)| name.clone());
        database.set_sans_serif_family(first.unwrap_or_default());
        let digests: Vec<Digest> = files.iter().map(|file| Digest::of(file)).collect();
        let digest = Digest::of_parts(digests.iter().map(|digest| &digest.as_bytes()[..]));
        Self { database: Arc::new(database), digest }
    }

    /// How the painter is to set text.
    pub(in crate::assets) fn options(&self) -> Options<'static> {
        let family = self.database.family_name(&Family::SansSerif).to_owned();
        Options { fontdb: Arc::clone(&self.database), font_family: family, ..Options::default() }
    }

    pub(super) fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The characters of a text that none of them has.
    pub(super) fn missing(&self, text: &str) -> BTreeSet<char> {
        let mut left: BTreeSet<char> = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        for face in self.database.faces() {
            let Source::Binary(bytes) = &face.source;
            if let Ok(font) = FontRef::from_index((**bytes).as_ref(), face.index) {
                let charmap = font.charmap();
                left.retain(|c| charmap.map(*c).is_none());
            }
        }
        left
    }
}
