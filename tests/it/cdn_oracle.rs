//! The oracle of a whole purge: what a cache has forgotten after the calls, against what it should have forgotten.
//!
//! `src/deploy/purge/oracle.rs` judges the purge set; this judges what becomes of it at each provider, by brute force: every host name,
//! every path (with and without its slash, index documents, clean URLs, redirects, capitals) and every class of query, on more than 20,000 pairs of
//! random releases under each model of routing. A cache that is modeled here takes a provider's calls literally. Wrong variants must be caught.

mod mistakes;

use landing::cdn::{self, Account, Cdn, Form, Item, Query, Selector};
use landing::deploy;
use landing::model::{
    Artifact, Bundle, Class, Headers, Key, Lifetime, Lifetimes, Media, Policy, Purge, Redirect, Release, Routing,
    UrlPath, Widen,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

/// Names that collide in every way that routing knows.
const LINES: &[&str] = &[
    "index.html=",
    "a.html=",
    "a/index.html=",
    "A.html=",
    "a/b.html=",
    "404.html=",
    "redirect /a=/",
    "redirect /r=/",
    "redirect /r/=/a",
    "redirect /R=/b",
    "header x-a=",
    "robots.txt=",
];
/// 143 releases are 20,449 ordered pairs.
const RELEASES: usize = 143;
/// Providers that are like one that is judged on all pairs are judged on one pair in so many.
const SAMPLE: usize = 53;
const HOSTS: [&str; 2] = ["www.example.fr", "example.fr"];
/// None, one that only says where a visitor comes from, one that the page might read.
const QUERIES: usize = 3;
/// An address that leads nowhere in any of the releases.
const NOWHERE: &str = "/x/x/x";

fn lifetime() -> Lifetime {
    Lifetime { browser: 60, cdn: 3_600, stale_while_revalidate: 0, stale_if_error: 0, immutable: false }
}

fn release(lines: &[String]) -> Release {
    let of = lifetime();
    let lifetimes = Lifetimes { document: of, asset: of, error: of, redirect: of };
    let (redirects, errors) = (BTreeMap::new(), BTreeMap::new());
    let mut policy = Policy { lifetimes, everywhere: Headers::new(), redirects, errors };
    let mut artifacts = BTreeMap::new();
    for (name, value) in lines.iter().filter_map(|line| line.split_once('=')) {
        if let Some(from) = name.strip_prefix("redirect ") {
            policy.redirects.insert(UrlPath::parse(from).unwrap(), Redirect { to: value.to_owned(), status: 301 });
        } else if let Some(header) = name.strip_prefix("header ") {
            policy.everywhere.set(header, value).unwrap();
        } else {
            let key = Key::parse(name).unwrap();
            let class = if name == "404.html" { Class::Error } else { Class::Document };
            if class == Class::Error {
                policy.errors.insert(404, key.clone());
            }
            let (media, bytes) = (Media::of_extension(&key.extension()), value.as_bytes().to_vec().into());
            artifacts.insert(key, Artifact::new(bytes, media, class, BTreeSet::new()));
        }
    }
    Release::seal(&Bundle { artifacts, modes: BTreeMap::new(), policy }).unwrap()
}

/// A small generator with a fixed start: the same releases in every run (Marsaglia, "Xorshift RNGs", 2003).
fn releases() -> Vec<Release> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut texts = BTreeSet::new();
    while texts.len() < RELEASES {
        let pick = |line: &&str| Some(next(4)).filter(|version| *version < 3).map(|version| format!("{line}{version}"));
        texts.insert(LINES.iter().filter_map(pick).collect::<Vec<_>>());
    }
    texts.iter().map(|lines| release(lines)).collect()
}

/// Every path of up to two segments over a small alphabet, with every slash.
fn universe() -> Vec<UrlPath> {
    let names =
        ["", "a", "A", "b", "r", "R", "index.html", "a.html", "b.html", "A.html", "404", "404.html", "robots.txt", "x"];
    let one = names.iter().map(|a| format!("/{a}"));
    let two = names.iter().flat_map(|a| names.iter().map(move |b| format!("/{a}/{b}")));
    let slashed = names.iter().flat_map(|a| [format!("/{a}//"), format!("/a/{a}/")]);
    let all: BTreeSet<String> = one.chain(two).chain(slashed).collect();
    all.iter().map(|path| UrlPath::parse(path).unwrap()).collect()
}

/// Who decides what stands under an address.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Paths {
    /// Our origin, and every host that we write files for: clean URLs, index documents, slashes mended.
    Ours,
    /// A bucket with index documents in every folder and no clean URLs.
    Folders,
    /// A bucket behind a CDN that knows `/` alone.
    Plain,
}

impl Paths {
    const ALL: [Self; 3] = [Self::Ours, Self::Folders, Self::Plain];

    /// What the configuration says of it.
    fn routing(self) -> Routing {
        match self {
            Self::Ours => Routing::Clean,
            Self::Folders => Routing::Folders,
            Self::Plain => Routing::Plain,
        }
    }
}

/// A model of routing: whose paths, which provider, whether the cache keeps a copy per query and what the provider was told of that.
#[derive(Clone)]
struct Model {
    paths: Paths,
    /// What the configuration says that they are.
    told_of: Paths,
    cdn: &'static dyn Cdn,
    kept: bool,
    told: bool,
    hosts: &'static [&'static str],
    widen: Widen,
    /// Judges one pair in so many.
    step: usize,
}

impl Model {
    fn of(cdn: &'static dyn Cdn) -> Self {
        Self {
            paths: Paths::Ours,
            told_of: Paths::Ours,
            cdn,
            kept: false,
            told: false,
            hosts: &HOSTS[1..],
            widen: Widen::Never,
            step: 1,
        }
    }

    fn name(&self) -> String {
        format!("{} kept={} widen={}", self.cdn.id(), self.kept, self.widen.name())
    }

    fn account(&self) -> Account {
        let account = Account::at(format!("https://{}", HOSTS[0])).with("hosts", self.hosts);
        // Every one with all that it can be told: which selectors it takes depends on it.
        let account = account.with("plan", &["enterprise"]).with("tags", &["true"]).with("pull_zone", &["1"]);
        let account = account.with("tags_copied", &["true"]).with("nodes", &["http://10.0.0.1"]);
        if self.told { account.with("query", &["kept"]) } else { account }
    }
}

/// What an address answers with, as a number (equal numbers, equal answers), and the cache tag that stands in it.
type Said = Option<(usize, &'static str)>;

struct World {
    releases: Vec<Release>,
    /// Every address, as it goes over the wire.
    paths: Vec<String>,
    /// Its place among them.
    at: HashMap<String, usize>,
    /// For each release what every address answers, by each kind of paths.
    answers: [Vec<Vec<Said>>; 3],
    /// The purge of every pair, by each kind of paths.
    purges: [Vec<Purge>; 3],
}

/// Made once for all tests, by all threads of the pool: whoever asks for it on one of those would wait for itself.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let (releases, universe) = (releases(), universe());
        let paths: Vec<String> = universe.iter().map(UrlPath::encoded).collect();
        let at = paths.iter().enumerate().map(|(at, path)| (path.clone(), at)).collect();
        let answers = Paths::ALL.map(|paths| answers(paths, &releases, &universe));
        let purges = Paths::ALL.map(|paths| {
            let routed: Vec<Release> = releases.iter().map(|it| it.clone().routed(paths.routing())).collect();
            let pairs = (0..RELEASES * RELEASES).into_par_iter();
            pairs.map(|pair| deploy::purge(Some(&routed[pair / RELEASES]), &routed[pair % RELEASES])).collect()
        });
        World { releases, paths, at, answers, purges }
    })
}

fn answers(paths: Paths, releases: &[Release], universe: &[UrlPath]) -> Vec<Vec<Said>> {
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut number = |text: String| {
        let next = known.len();
        *known.entry(text).or_insert(next)
    };
    let mut answers = Vec::new();
    for release in releases {
        let said = universe.iter().map(|url| said(paths, release, url).map(|(text, tag)| (number(text), tag)));
        answers.push(said.collect());
    }
    answers
}

fn said(paths: Paths, release: &Release, url: &UrlPath) -> Option<(String, &'static str)> {
    let reply = if paths == Paths::Ours || release.redirects.contains_key(url) {
        release.reply(url)
    } else {
        let path = url.as_str().strip_prefix('/').unwrap();
        let folder = path.is_empty() || (paths == Paths::Folders && path.ends_with('/'));
        let key = if folder { format!("{path}index.html") } else { path.to_owned() };
        let there = Key::parse(&key).ok().filter(|key| release.entries.contains_key(key));
        // A file under its own name is nobody's redirect, unless the configuration says so; that was looked at before.
        let url = there.map_or_else(|| UrlPath::parse(NOWHERE).unwrap(), |key| UrlPath::of(&key));
        if release.redirects.contains_key(&url) { None } else { release.reply(&url) }
    };
    let reply = reply?;
    let tag = match reply.status {
        404 => Policy::ERROR_TAG,
        300..400 => Policy::REDIRECT_TAG,
        _ => "",
    };
    Some((format!("{reply:?}"), tag))
}

/// Places in a cache for one path: one bit for each host and class of query.
type Places = u8;
/// All of them.
const ALL: Places = (1 << (HOSTS.len() * QUERIES)) - 1;

/// The places of a host without a query, or with any.
fn of_host(host: usize, queries: bool) -> Places {
    let all = (1 << QUERIES) - 1;
    (if queries { all } else { 1 }) << (host * QUERIES)
}

/// What a cache forgot of each path: by its address alone, and for any reason.
struct Forgotten {
    by_url: Vec<Places>,
    any: Vec<Places>,
}

/// Takes a plan literally. `None` when it names an address that the oracle does not know.
fn forget(world: &World, model: &Model, plan: &cdn::Plan, before: &[Said]) -> Option<Forgotten> {
    let (mut by_url, covered) = (vec![0; before.len()], !model.kept || model.cdn.facts().query == Query::Covered);
    let hosts = |text: &str, queries: bool| match model.cdn.facts().form {
        Form::Path => HOSTS.iter().enumerate().map(|(host, _)| of_host(host, queries)).sum(),
        Form::Absolute => HOSTS.iter().position(|it| *it == split(text).0).map_or(0, |host| of_host(host, queries)),
    };
    let items = || plan.calls.iter().flat_map(cdn::Call::items);
    for text in items().filter(|it| it.selector() == Selector::Url).map(Item::text) {
        by_url[*world.at.get(split(text).1)?] |= hosts(text, covered);
    }
    let mut any = by_url.clone();
    if model.cdn.folds_case() {
        for (path, bits) in by_url.iter().enumerate().filter(|(_, bits)| **bits != 0) {
            let alike = |other: &String| other.eq_ignore_ascii_case(&world.paths[path]);
            for other in (0..any.len()).filter(|&other| alike(&world.paths[other])) {
                any[other] |= bits;
            }
        }
    }
    for item in items().filter(|it| it.selector() != Selector::Url) {
        for (path, said) in before.iter().enumerate() {
            any[path] |= match item {
                Item::Prefix(text) if world.paths[path].starts_with(split(text).1) => hosts(text, true),
                Item::Tag(tag) if said.is_some_and(|(_, it)| it == tag) => ALL,
                Item::Host(name) => HOSTS.iter().position(|it| it == name).map_or(0, |host| of_host(host, true)),
                Item::Everything => ALL,
                _ => 0,
            };
        }
    }
    Some(Forgotten { by_url, any })
}

/// Whether an address was purged that differs from this one by case alone.
fn is_alike(world: &World, gone: &Forgotten, shown: &str) -> bool {
    let purged = world.paths.iter().zip(&gone.by_url).filter(|(_, bits)| **bits != 0);
    purged.map(|(path, _)| path).any(|path| path.eq_ignore_ascii_case(shown))
}

/// `https://www.example.fr/a` as host and path; a path alone has no host.
fn split(text: &str) -> (&str, &str) {
    text.strip_prefix("https://").map_or(("", text), |rest| rest.split_at(rest.find('/').unwrap_or(rest.len())))
}

/// Two releases, and the purge that is right for them.
type Function = dyn Fn(&Release, &Release, &Purge) -> Purge + Sync;

fn right(_: &Release, _: &Release, purge: &Purge) -> Purge {
    purge.clone()
}

/// How many pairs were compared, and the first that is wrong.
fn judge(world: &World, model: &Model, function: &Function) -> (usize, Option<String>) {
    let (answers, account) = (&world.answers[model.paths as usize], model.account());
    let mut pairs = 0;
    for pair in (0..RELEASES * RELEASES).step_by(model.step) {
        pairs += 1;
        let (old, new) = (pair / RELEASES, pair % RELEASES);
        let purge = function(&world.releases[old], &world.releases[new], &world.purges[model.told_of as usize][pair]);
        let plan = cdn::plan(model.cdn, &account, &purge, model.widen);
        if let Some(wrong) = wrong(world, model, &plan, &answers[old], &answers[new]) {
            return (pairs, Some(format!("{}: {wrong}", model.name())));
        }
    }
    (pairs, None)
}

/// What a plan forgets too much or too little of.
fn wrong(world: &World, model: &Model, plan: &cdn::Plan, before: &[Said], after: &[Said]) -> Option<String> {
    let Some(gone) = forget(world, model, plan, before) else {
        return Some("an address is purged that no release has".to_owned());
    };
    // What a provider cannot say runs out by itself, and is said.
    let said = |words: &str| plan.notes.iter().any(|note| note.contains(words));
    let (untagged, exact) = (said("cannot purge by tag"), said("those with a query run out"));
    let asked = if exact { HOSTS.iter().enumerate().map(|(host, _)| of_host(host, false)).sum() } else { ALL };
    for (path, (was, is)) in before.iter().zip(after).enumerate() {
        let (by_url, any, shown) = (gone.by_url[path], gone.any[path], &world.paths[path]);
        if was.map(|it| it.0) == is.map(|it| it.0) && by_url != 0 {
            return Some(format!("{shown} is purged and did not change"));
        }
        // What was not answered at all is in no cache.
        let Some((before, tag)) = *was else { continue };
        // Nothing goes by more than its own address, but what carries a tag, or where that was allowed.
        // What a provider does to addresses that differ by case alone it has to say.
        let folded = said("regardless of case") && is_alike(world, &gone, shown);
        if any & !by_url != 0 && tag.is_empty() && model.widen == Widen::Never && !folded {
            return Some(format!("{shown} is purged by more than its URL"));
        }
        let missed = asked & !any;
        let excused = untagged && !tag.is_empty();
        if missed != 0 && !excused && is.is_none_or(|it| it.0 != before) {
            let host = HOSTS[missed.trailing_zeros() as usize / QUERIES];
            return Some(format!("{shown} ({host}) changed and is not purged"));
        }
    }
    None
}

/// Those that differ in how they take addresses, tags and queries are judged on all pairs; the others on a sample.
fn models() -> Vec<Model> {
    let mut classes = BTreeSet::new();
    let mut models = Vec::new();
    for &cdn in cdn::ALL {
        for kept in [false, true] {
            for widen in [Widen::Never, Widen::Prefix] {
                let model = Model { kept, told: kept, widen, ..Model::of(cdn) };
                let takes: Vec<&str> = cdn.takes(&model.account()).iter().map(|it| it.selector.name()).collect();
                // Where nothing is kept per query nothing is widened, and where a purge takes all queries neither.
                let exact = cdn.facts().query == Query::Exact;
                if widen == Widen::Prefix && !(kept && exact && takes.contains(&"prefix")) || (kept && !exact) {
                    continue;
                }
                let tags = takes.contains(&"tag");
                let class = if kept {
                    // Tags go the same way whether queries are kept or not.
                    format!("kept {}", widen.name())
                } else {
                    format!("{:?} {exact} {tags}", cdn.facts().form)
                };
                let new = classes.insert(class);
                models.push(Model { step: if new { 1 } else { SAMPLE }, ..model });
            }
        }
    }
    models
}

#[test]
fn every_cache_forgets_what_changed_and_nothing_else() {
    let (world, models) = (world(), models());
    let judged: Vec<_> = models.par_iter().map(|model| (model, judge(world, model, &right))).collect();
    for (model, (pairs, wrong)) in &judged {
        assert_eq!(*wrong, None, "{}", model.name());
        assert_eq!(*pairs, (RELEASES * RELEASES).div_ceil(model.step), "{}", model.name());
    }
    assert!(judged.iter().filter(|(model, _)| model.step == 1).count() >= 7, "too few models are judged on all pairs");
    assert!(judged.iter().any(|(model, _)| model.kept && model.widen == Widen::Never && model.step == 1));
}

fn buckets() -> [Model; 2] {
    let cloudfront = Model::of(cdn::find("cloudfront").unwrap());
    [Paths::Folders, Paths::Plain].map(|paths| Model { paths, told_of: paths, ..cloudfront.clone() })
}

#[test]
fn a_bare_bucket_forgets_what_changed_there_and_nothing_else() {
    let world = world();
    let judged: Vec<_> = buckets().par_iter().map(|model| judge(world, model, &right)).collect();
    assert_eq!(judged, vec![(RELEASES * RELEASES, None); 2]);
}
