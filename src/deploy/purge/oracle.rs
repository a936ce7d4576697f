//! The oracle of the purge set: brute force over all URL classes, on more than 20,000 pairs of random releases.
//!
//! It knows nothing of how the set is made: for every address that a visitor could ask for it compares the two answers. And it
//! is shown to have teeth: functions that are wrong in the ways that others are (s3deploy's `/` without `/index.html`, bodies
//! without headers, removed pages forgotten) do not pass.

use super::*;
use crate::deploy::head::tests::release;
use std::collections::BTreeMap;

/// Names that collide in every way that routing knows: clean URLs, folders, capitals.
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

/// A small generator with a fixed start: the same releases in every run (Marsaglia, "Xorshift RNGs", 2003).
fn releases() -> Vec<Release> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut texts = BTreeSet::new();
    while texts.len() < RELEASES {
        let pick = |line: &&str| Some(next(4)).filter(|version| *version < 3).map(|version| format!("{line}{version}"));
        texts.insert(LINES.iter().filter_map(pick).collect::<Vec<_>>().join("\n"));
    }
    texts.iter().map(|text| release(text)).collect()
}

/// Every path of up to two segments over a small alphabet, with every slash.
fn universe() -> Vec<UrlPath> {
    let names = ["", "a", "A", "b", "r", "R", "index.html", "a.html", "404", "404.html", "robots.txt", "x"];
    let one = names.iter().map(|a| format!("/{a}"));
    let two = names.iter().flat_map(|a| names.iter().map(move |b| format!("/{a}/{b}")));
    let slashed = names.iter().flat_map(|a| [format!("/{a}//"), format!("/a/{a}/")]);
    let all: BTreeSet<String> = one.chain(two).chain(slashed).collect();
    all.iter().map(|path| UrlPath::parse(path).unwrap()).collect()
}

/// The cache tag that an answer carries: the class of what it is.
fn tag(reply: &Reply<'_>) -> &'static str {
    match reply.status {
        404 => Policy::ERROR_TAG,
        300..400 => Policy::REDIRECT_TAG,
        _ => "document",
    }
}

type Function = dyn Fn(&Release, &Release) -> Purge;

/// How many pairs were compared, and the first that is wrong.
fn judge(function: &Function) -> (usize, Option<String>) {
    let (releases, universe) = (releases(), universe());
    // Answers become numbers: equal numbers, equal answers.
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut number = |reply: Option<Reply<'_>>| {
        let reply = reply?;
        let next = known.len();
        Some((*known.entry(format!("{reply:?}")).or_insert(next), tag(&reply)))
    };
    let answers: Vec<Vec<_>> =
        releases.iter().map(|release| universe.iter().map(|url| number(release.reply(url))).collect()).collect();
    let mut pairs = 0;
    for (old, before) in releases.iter().zip(&answers) {
        for (new, after) in releases.iter().zip(&answers) {
            pairs += 1;
            let purge = function(old, new);
            for (url, (was, is)) in universe.iter().zip(before.iter().zip(after)) {
                let (listed, differs) = (purge.urls.contains(url), was.map(|it| it.0) != is.map(|it| it.0));
                let tagged = was.is_some_and(|(_, tag)| purge.tags.contains(tag));
                if listed && !differs {
                    return (pairs, Some(format!("{url} is purged and did not change")));
                }
                // What was not answered at all is not in any cache.
                if differs && was.is_some() && !listed && !tagged {
                    return (pairs, Some(format!("{url} changed and is not purged")));
                }
            }
            if purge.tags.contains("document") || purge.everything {
                return (pairs, Some("a page is purged by more than its URL".to_owned()));
            }
        }
    }
    (pairs, None)
}

#[test]
fn exactly_what_differs_is_purged() {
    assert_eq!(judge(&|old, new| purge(Some(old), new)), (RELEASES * RELEASES, None));
}

#[test]
fn the_oracle_sees_every_mistake_that_others_made() {
    let right = |old: &Release, new: &Release| purge(Some(old), new);
    let without = |path: &'static str| {
        move |old: &Release, new: &Release| {
            let mut purge = right(old, new);
            purge.urls.remove(&UrlPath::parse(path).unwrap());
            purge
        }
    };
    let wrong: Vec<(&str, Box<Function>)> = vec![
        ("`/` stays old", Box::new(without("/"))),
        ("`/a/` stays old", Box::new(without("/a/"))),
        ("`/index.html` stays old", Box::new(without("/index.html"))),
        (
            "removed pages are forgotten",
            Box::new(move |old, new| {
                let mut purge = right(old, new);
                let live = new.urls();
                purge.urls.retain(|url| live.contains(url));
                purge
            }),
        ),
        (
            "headers are forgotten",
            Box::new(|old, new| {
                let mut urls = new.urls();
                urls.extend(old.urls());
                let seen =
                    |release: &Release, url: &UrlPath| release.reply(url).map(|it| (it.status, it.body, it.location));
                urls.retain(|url| seen(old, url) != seen(new, url));
                Purge { urls, tags: tags(Some(old), new), ..Purge::default() }
            }),
        ),
        ("tags are forgotten", Box::new(move |old, new| Purge { tags: BTreeSet::new(), ..right(old, new) })),
        ("every URL is purged", Box::new(move |old, new| Purge { urls: new.urls(), ..right(old, new) })),
    ];
    for (mistake, function) in wrong {
        assert!(judge(&function).1.is_some(), "{mistake}: not seen");
    }
}
