//! Who decides what stands under an address: our origin, or a bucket that stands bare behind the CDN.

use super::Release;

/// `routing` of `[env.NAME]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Routing {
    /// Our origin, and every host that we write files for: clean URLs, index documents, slashes and capitals mended.
    #[default]
    Clean,
    /// A bucket with an index document in every folder, as the website endpoints of S3, Google and Azure have it.
    Folders,
    /// A bucket of which the CDN knows that `/` is `index.html`, and nothing more.
    Plain,
}

impl Routing {
    /// Every kind, by the name that it has in the configuration.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("clean", Self::Clean), ("folders", Self::Folders), ("plain", Self::Plain)];

    /// Whether a path that ends so is answered by the `index.html` below it.
    pub(super) fn has_index(self, plain: &str) -> bool {
        plain.is_empty() || (plain.ends_with('/') && self != Self::Plain)
    }
}

impl Release {
    /// The same release, as it is answered there. No manifest says it: the environment does.
    #[must_use]
    pub fn routed(self, routing: Routing) -> Self {
        Self { routing, ..self }
    }
}
