//! `Settings`: every choice of `site/landing.toml`, resolved and checked. Plain data; `config` makes it.

use super::{Access, Browser, Headers, Language, Lifetimes, Redirect, Retention, Routing, StoreUrl, UrlPath, Waiver};
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Everything the configuration says, defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `[site]`
    pub site: Site,
    /// `[brand]`
    pub brand: Brand,
    /// `[[fonts]]`: further faces of the brand's fonts.
    pub fonts: Vec<FontFile>,
    /// `[form]`
    pub form: Form,
    /// `[languages]`: every language of the site, that of `[site]` first.
    pub languages: Vec<Language>,
    /// `[stores]`
    pub stores: Stores,
    /// `[event]`
    pub event: Event,
    /// `[build]`
    pub build: BuildSettings,
    /// `[budgets]`
    pub budgets: Budgets,
    /// `[cache]`
    pub lifetimes: Lifetimes,
    /// `[headers]`: fields added to, or taken from, those of every answer.
    pub headers: Headers,
    /// `[[redirects]]`
    pub redirects: BTreeMap<UrlPath, Redirect>,
    /// `[security]`
    pub security: Option<Security>,
    /// `[check]`
    pub check: CheckSettings,
    /// `[env.NAME]`
    pub environments: BTreeMap<String, Environment>,
}

impl Settings {
    /// The file they are read from, relative to the project.
    pub const FILE: &'static str = "site/landing.toml";
}

/// `[site]`: templates see it as `site`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Site {
    /// The name of the site.
    pub name: String,
    /// BCP 47 language tag.
    pub lang: String,
    /// The public address, without a trailing slash.
    pub url: String,
    /// The folder below `themes/`.
    pub theme: String,
    /// An address people can write to.
    pub email: Option<String>,
    /// What templates may show as `site.extra.KEY`; strings only.
    pub extra: BTreeMap<String, String>,
}

/// `[brand]`: templates see it as `brand`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Brand {
    /// The name as it is written in the page.
    pub name: String,
    /// One line under it.
    pub tagline: Option<String>,
    /// The company behind it.
    pub owner: Option<String>,
    /// An SVG below `assets/`.
    pub logo: Option<String>,
    /// An SVG below `assets/`, shown in the browser's tab.
    pub icon: Option<String>,
    /// The brand's color, as CSS writes it: buttons, links, emphasis.
    pub color: Option<String>,
    /// The same in dark mode.
    pub color_dark: Option<String>,
    /// Other colors of the theme by their names, with `_dark` for the dark mode.
    pub colors: BTreeMap<String, String>,
    /// A kind of letter, a stack of fonts or a font file.
    pub font: Option<String>,
    /// The same for headings.
    pub font_display: Option<String>,
}

/// `[[fonts]]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FontFile {
    /// Below `assets/`.
    pub file: String,
    /// What style sheets call it; what the file calls itself when absent.
    pub family: Option<String>,
    /// From and to; the file's own when absent.
    pub weight: Option<(u16, u16)>,
    /// Whether it is slanted; the file's own word when absent.
    pub italic: Option<bool>,
}

/// `[stores]`: templates see it as `stores`. What links to app stores and extension stores carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stores {
    /// The number of the app in Apple's store, for the banner that Safari shows.
    pub apple_app: Option<String>,
    /// The number of the provider in Apple's App Analytics.
    pub apple_provider: Option<String>,
    /// The name of the campaign.
    pub campaign: Option<String>,
    /// Where visitors come from.
    pub source: Option<String>,
    /// What brought them.
    pub medium: Option<String>,
}

/// `[form]`: templates see it as `form`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Form {
    /// Where the e-mail form is posted to; another service than the site's own.
    pub action: Option<String>,
    /// Where the error page posts to, when that is yet another service.
    pub fallback: Option<String>,
    /// Where a visitor can write when nothing else works.
    pub email: Option<String>,
    /// What stands above the field; the theme's own words where the author has none.
    pub label: Option<String>,
    /// What stands on the button; likewise.
    pub button: Option<String>,
    /// The name of a field that people do not see and robots fill in.
    pub honeypot: String,
    /// What the visitor agrees to.
    pub consent: Option<String>,
}

/// `[event]`: the broadcast.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When it begins.
    pub starts: Option<jiff::Timestamp>,
    /// When it ends.
    pub ends: Option<jiff::Timestamp>,
    /// How many people are expected.
    pub visitors: Option<u64>,
}

/// `[build]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuildSettings {
    /// The output folder, relative to the project.
    pub out: String,
    /// AVIF beside WebP and the original format.
    pub avif: bool,
    /// How well every picture must look, from 1 to 100.
    pub quality: u8,
    /// An image with more pixels than this is refused before it is decoded.
    pub max_pixels: u64,
    /// The oldest browsers that style sheets are written down to.
    pub browsers: Vec<Browser>,
}

/// `[budgets]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Budgets {
    /// Bytes of the entry document, Brotli.
    pub document: u64,
    /// Bytes of its response header fields, HPACK.
    pub headers: u64,
    /// Whether exceeding them fails the build.
    pub strict: bool,
    /// What a whole visit may take.
    pub visit: VisitBudgets,
}

/// The part of `[budgets]` that `landing check` holds every page to: bytes as sent, requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VisitBudgets {
    /// All bytes of a visit with a phone, 412 px wide at a density of 2.625.
    pub phone: u64,
    /// The same with a desktop, 1,350 px wide at a density of 1.
    pub desktop: u64,
    /// Of which HTML.
    pub html: u64,
    /// Of which style sheets.
    pub css: u64,
    /// Of which scripts.
    pub js: u64,
    /// Of which pictures.
    pub image: u64,
    /// Of which fonts.
    pub font: u64,
    /// Requests before anyone scrolls.
    pub requests_early: u64,
    /// Requests in all.
    pub requests: u64,
}

/// `[security]`: what `/.well-known/security.txt` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Security {
    /// A URI.
    pub contact: String,
    /// The day until which it holds.
    pub expires: jiff::Timestamp,
    /// Further fields: `policy` and the like, each an address.
    pub links: BTreeMap<String, String>,
}

/// `[check]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckSettings {
    /// Hosts that the page may ask for something.
    pub third_parties: Vec<String>,
    /// The resolvers that `verify` compares; the first is used instead of the machine's own.
    pub resolvers: Vec<SocketAddr>,
    /// Findings that somebody has decided to live with.
    pub waivers: Vec<Waiver>,
}

/// `[env.NAME]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// NAME.
    pub name: String,
    /// The public address, scheme and host, without a trailing slash.
    pub url: String,
    /// Where the objects live.
    pub store: StoreUrl,
    /// How one gets there.
    pub access: Access,
    /// The address that the CDN fetches from, which visitors must not reach.
    pub origin: Option<String>,
    /// The path below which the origin answers drills.
    pub canary: Option<String>,
    /// What answers the CDN, where that was said.
    pub routing: Option<Routing>,
    /// The CDNs in front of it.
    pub cdn: Vec<CdnAccount>,
    /// Further stores that get a copy of what is public.
    pub mirrors: Vec<Mirror>,
    /// Whether search engines are asked to stay away.
    pub noindex: bool,
    /// How far a purge may reach beyond what changed.
    pub widen: Widen,
    /// Whether a deploy asks first.
    pub protect: bool,
    /// Which releases stay in the store.
    pub retention: Retention,
}

impl Environment {
    /// The environment that is a pattern for others.
    pub const PREVIEW: &'static str = "preview";

    /// What stands in its addresses for the name of a preview.
    pub const BLANK: &'static str = "{name}";
}

/// `[[env.NAME.mirrors]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Where the copy lives.
    pub store: StoreUrl,
    /// How one gets there.
    pub access: Access,
}

impl Mirror {
    /// Its name in the head and for people: the store, and the service where two may have a bucket of that name.
    pub fn name(&self) -> String {
        match self.access.endpoint.as_deref().and_then(|endpoint| endpoint.split_once("://")) {
            Some((_, host)) => format!("{} at {host}", self.store),
            None => self.store.to_string(),
        }
    }
}

/// `[[env.NAME.cdn]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CdnAccount {
    /// The id of the provider.
    pub provider: String,
    /// Another address of its API, for tests and proxies.
    pub api: Option<String>,
    /// What the provider asks for besides: zone, distribution, nodes. A flag is `true`.
    pub settings: BTreeMap<String, Vec<String>>,
    /// Where its secrets come from, by name: `token` as a rule.
    pub secrets: BTreeMap<String, Secret>,
}

/// How far a purge may reach beyond what changed, where a provider cannot say it exactly or not in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Widen {
    /// Not at all: what cannot be said exactly runs out by itself.
    Never,
    /// To all paths that begin as a changed one does.
    #[default]
    Prefix,
    /// To a whole host.
    Host,
    /// To all that the CDN has: every visitor asks the origin again.
    Everything,
}

impl Widen {
    /// Every step with its name in the configuration, the narrowest first.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("never", Self::Never), ("prefix", Self::Prefix), ("host", Self::Host), ("everything", Self::Everything)];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, it)| *it == self).map_or("never", |(name, _)| name)
    }
}

/// Where a secret comes from; the secret itself never stands in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// An environment variable.
    Env(String),
    /// A file, its content trimmed.
    File(String),
    /// A command, what it prints trimmed.
    Command(Vec<String>),
}
