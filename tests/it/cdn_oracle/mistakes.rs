//! The oracle has teeth: purges that are wrong, each in a way of its own, do not pass.

use super::{Function, Model, Paths, SAMPLE, buckets, judge, right, world};
use landing::cdn;
use landing::model::{Purge, Release, UrlPath};
use std::collections::BTreeSet;

/// The same purge without the addresses for which this holds.
fn without(forgets: impl Fn(&Release, &Release, &UrlPath) -> bool + Sync + 'static) -> Box<Function> {
    Box::new(move |old, new, right| {
        let mut purge = right.clone();
        purge.urls.retain(|url| !forgets(old, new, url));
        purge
    })
}

fn is_redirect(release: &Release, url: &UrlPath) -> bool {
    release.reply(url).is_some_and(|it| (300..400).contains(&it.status))
}

#[test]
fn the_oracle_sees_what_is_forgotten_under_each_kind_of_address() {
    let world = world();
    let found = |release: &Release, url: &UrlPath| release.reply(url).is_some_and(|it| it.status == 200);
    let wrong: Vec<(&str, Box<Function>)> = vec![
        ("trailing slashes", without(|_, _, url| url.as_str().len() > 1 && url.as_str().ends_with('/'))),
        ("index documents", without(|_, _, url| url.as_str().ends_with("index.html"))),
        ("the root", without(|_, _, url| url.as_str() == "/")),
        ("clean URLs", without(|_, _, url| !url.as_str().contains('.') && !url.as_str().ends_with('/'))),
        ("redirect sources", without(|old, _, url| is_redirect(old, url))),
        ("new redirects", without(|_, new, url| is_redirect(new, url))),
        ("removed pages", without(move |old, new, url| found(old, url) && !found(new, url))),
        ("new pages", without(move |old, new, url| !found(old, url) && found(new, url))),
        ("tags", Box::new(|_, _, right| Purge { tags: BTreeSet::new(), ..right.clone() })),
        (
            "header fields",
            without(|old, new, url| match (old.reply(url), new.reply(url)) {
                (Some(old), Some(new)) => (old.status, old.body, old.location) == (new.status, new.body, new.location),
                _ => false,
            }),
        ),
        ("too much: all URLs", Box::new(|_, new, right| Purge { urls: new.urls(), ..right.clone() })),
        (
            "too much: a prefix",
            Box::new(|_, _, right| Purge { prefixes: [UrlPath::parse("/").unwrap()].into(), ..right.clone() }),
        ),
        ("too much: everything", Box::new(|_, _, right| Purge { everything: true, ..right.clone() })),
    ];
    for id in ["cloudflare", "edge"] {
        let model = Model::of(cdn::find(id).unwrap());
        for (mistake, function) in &wrong {
            assert!(judge(world, &model, function).1.is_some(), "{id}: {mistake}: not seen");
        }
    }
}

#[test]
fn the_oracle_sees_a_host_or_a_query_that_is_forgotten() {
    let world = world();
    let cloudflare = Model::of(cdn::find("cloudflare").unwrap());
    let wrong = |model: Model| judge(world, &model, &right).1.unwrap_or_default();
    let one_name = wrong(Model { hosts: &[], ..cloudflare.clone() });
    assert!(one_name.contains("changed and is not purged") && one_name.contains("(example.fr)"), "{one_name}");
    let untold = wrong(Model { kept: true, ..cloudflare.clone() });
    assert!(untold.contains("changed and is not purged"), "{untold}");
    // A provider that purges a path with all its queries need not be told.
    assert_eq!(wrong(Model { kept: true, step: SAMPLE, ..Model::of(cdn::find("google").unwrap()) }), "");
}

#[test]
fn the_oracle_sees_what_a_bare_bucket_forgets_too_much_or_too_little_of() {
    let world = world();
    let found = |release: &Release, url: &UrlPath| release.reply(url).is_some_and(|it| it.status == 200);
    let wrong: Vec<(&str, Box<Function>)> = vec![
        ("index documents", without(|_, _, url| url.as_str().ends_with("index.html"))),
        ("the root", without(|_, _, url| url.as_str() == "/")),
        ("removed pages", without(move |old, new, url| found(old, url) && !found(new, url))),
        ("redirect sources", without(|old, _, url| is_redirect(old, url))),
        ("too much: all URLs", Box::new(|_, new, right| Purge { urls: new.urls(), ..right.clone() })),
        (
            "too much: an address that leads nowhere, ever",
            Box::new(|_, _, right| {
                let urls = right.urls.iter().cloned().chain([UrlPath::parse("/b/b").unwrap()]).collect();
                Purge { urls, ..right.clone() }
            }),
        ),
    ];
    for model in buckets() {
        // Of which nobody said that it is one: addresses are purged at which it has nothing.
        let unsaid = judge(world, &Model { told_of: Paths::Ours, ..model.clone() }, &right).1.unwrap_or_default();
        assert!(unsaid.contains("is purged and did not change"), "{:?}: {unsaid}", model.paths);
        for (mistake, function) in &wrong {
            assert!(judge(world, &model, function).1.is_some(), "{:?}: {mistake}: not seen", model.paths);
        }
    }
}
