//! The contract of a store: what the deployer relies on, whoever keeps the objects. The same text holds over a folder, over memory
//! and over every server that `tests/real` starts. Tags that tell header fields apart are no part of it: those of S3 do not.

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use landing::model::{Headers, Key, Label, Labels, Tag};
use landing::store::{Condition, Object, Store, StoreError};

/// A sentence of the contract, and the trial of it over an empty store.
pub(crate) type Clause = (&'static str, fn(Store) -> BoxFuture<'static, ()>);

/// What holds for one writer.
pub(crate) const ALL: &[Clause] = &[
    ("what_was_put_is_got_with_its_fields", |store| what_was_put_is_got_with_its_fields(store).boxed()),
    ("nothing_is_not_found", |store| nothing_is_not_found(store).boxed()),
    ("a_write_whose_condition_does_not_hold_changes_nothing", |store| {
        a_write_whose_condition_does_not_hold_changes_nothing(store).boxed()
    }),
    ("what_did_not_change_is_not_sent_again", |store| what_did_not_change_is_not_sent_again(store).boxed()),
    ("labels_are_no_part_of_what_is_got", |store| labels_are_no_part_of_what_is_got(store).boxed()),
    ("keys_are_listed_whatever_they_look_like", |store| keys_are_listed_whatever_they_look_like(store).boxed()),
];

/// What holds where listings have marks. Not over s3s-fs, whose have none (s3s-fs 0.14.1, `list_objects_v2`): the deploy reads there instead.
pub(crate) const MARKS: &[Clause] =
    &[("a_listing_gives_the_marks_of_objects", |store| a_listing_gives_the_marks_of_objects(store).boxed())];

/// What holds when many write at once. Not tried over moto, which looks at a condition and then writes, with nothing in between to keep
/// others out (moto 5.2, `S3Response._put_object`).
pub(crate) const RACES: &[Clause] = &[
    ("of_many_creators_one_wins", |store| of_many_creators_one_wins(store).boxed()),
    ("no_increment_is_lost_among_threads", |store| no_increment_is_lost_among_threads(store).boxed()),
];

pub(crate) fn key(raw: &str) -> Key {
    Key::parse(raw).unwrap()
}

pub(crate) fn object(body: &str) -> Object {
    Object {
        bytes: Bytes::copy_from_slice(body.as_bytes()),
        headers: Headers::new().with("content-type", "text/plain"),
    }
}

async fn what_was_put_is_got_with_its_fields(store: Store) {
    let headers = Headers::new()
        .with("content-type", "text/html; charset=utf-8")
        .with("cache-control", "public, max-age=60")
        .with("content-language", "fr")
        .with("content-security-policy", "frame-ancestors 'none'")
        .with("x-empty", "");
    let put = Object { bytes: Bytes::from_static(b"\n\n\0\xffbody"), headers };
    let tag = store.put(&key("index.html"), &put, Condition::Absent).await.unwrap();
    let got = store.get(&key("index.html")).await.unwrap();
    assert_eq!((got.bytes, got.headers.clone(), got.tag), (put.bytes, put.headers, tag.clone()));
    let described = store.head(&key("index.html")).await.unwrap();
    assert_eq!((described.size, described.headers, described.tag), (8, got.headers, tag));
}

async fn nothing_is_not_found(store: Store) {
    assert_eq!(store.get(&key("a")).await.unwrap_err(), StoreError::NotFound);
    assert_eq!(store.head(&key("a/b")).await.unwrap_err(), StoreError::NotFound);
    assert_eq!(store.get_unless(&key("a"), &Tag("\"x\"".to_owned())).await.unwrap_err(), StoreError::NotFound);
    assert!(store.list("").await.unwrap().is_empty());
    assert!(store.tags("").await.unwrap().is_empty());
}

async fn a_write_whose_condition_does_not_hold_changes_nothing(store: Store) {
    let nobody = Tag("\"nobody\"".to_owned());
    let lost = Err(StoreError::Conflict);
    assert_eq!(store.put(&key("a"), &object("0"), Condition::Matches(&nobody)).await, lost);
    let first = store.put(&key("a"), &object("1"), Condition::Absent).await.unwrap();
    assert_eq!(store.put(&key("a"), &object("2"), Condition::Absent).await, lost);
    let second = store.put(&key("a"), &object("3"), Condition::Matches(&first)).await.unwrap();
    assert_eq!(store.put(&key("a"), &object("4"), Condition::Matches(&first)).await, lost);
    let got = store.get(&key("a")).await.unwrap();
    assert_eq!((&got.bytes[..], got.tag), (&b"3"[..], second));
}

async fn what_did_not_change_is_not_sent_again(store: Store) {
    let first = store.put(&key("a"), &object("1"), Condition::Absent).await.unwrap();
    assert_eq!(store.get_unless(&key("a"), &first).await.unwrap(), None);
    store.put(&key("a"), &object("2"), Condition::Matches(&first)).await.unwrap();
    assert_eq!(&store.get_unless(&key("a"), &first).await.unwrap().unwrap().bytes[..], b"2");
}

async fn labels_are_no_part_of_what_is_got(store: Store) {
    let metadata = Headers::new().with("team", "campaign").with("cost-center", "42");
    let label = Label { metadata, tags: [("cost center".to_owned(), "4:2".to_owned())].into() };
    let labels = Labels { documents: label.clone(), assets: label };
    let labeled = store.clone().labeled(labels);
    let put = Object { headers: object("1").headers.with("x-frame-options", "DENY"), ..object("1") };
    for name in ["index.html", "assets/a.0123456789abcdef.css"] {
        let tag = labeled.put(&key(name), &put, Condition::Absent).await.unwrap();
        for reader in [&store, &labeled] {
            let got = reader.get(&key(name)).await.unwrap();
            assert_eq!((got.bytes, got.headers, got.tag), (put.bytes.clone(), put.headers.clone(), tag.clone()));
            assert_eq!(reader.head(&key(name)).await.unwrap().headers, put.headers);
        }
    }
}

async fn keys_are_listed_whatever_they_look_like(store: Store) {
    let odd =
        ["a b", "a%41", "a+b&c", "dir/one", "dir/sub/two", "h\u{e9}ros.html", "~tilde", "{x}", "\u{1f680}", "a#b"];
    for name in odd {
        store.put(&key(name), &object(name), Condition::Absent).await.unwrap();
    }
    for name in odd {
        assert_eq!(store.get(&key(name)).await.unwrap().bytes, name.as_bytes(), "{name}");
    }
    let mut all: Vec<Key> = odd.iter().map(|name| key(name)).collect();
    all.sort();
    assert_eq!(store.list("").await.unwrap(), all);
    assert_eq!(store.list("dir").await.unwrap(), [key("dir/one"), key("dir/sub/two")]);
    assert_eq!(store.tags("dir").await.unwrap().into_keys().collect::<Vec<_>>(), [key("dir/one")]);
    assert_eq!(store.tags("").await.unwrap().len(), 8);
}

async fn a_listing_gives_the_marks_of_objects(store: Store) {
    let one = store.put(&key("dir/one"), &object("1"), Condition::Absent).await.unwrap();
    store.put(&key("dir/sub/two"), &object("2"), Condition::Absent).await.unwrap();
    let tags = store.tags("dir").await.unwrap();
    assert!(tags.len() == 1 && one.is_listed_as(&tags[&key("dir/one")]), "{tags:?}, {one:?}");
}

async fn of_many_creators_one_wins(store: Store) {
    let racers = (0..16).map(|racer| {
        let store = store.clone();
        tokio::spawn(async move { store.put(&key("a"), &object(&racer.to_string()), Condition::Absent).await })
    });
    let results: Vec<_> = futures::future::join_all(racers).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().all(|result| matches!(result, Ok(_) | Err(StoreError::Conflict))));
}

/// Adds one to the number that stands in `counter`, until it succeeds.
pub(crate) async fn increment(store: &Store) -> u64 {
    loop {
        let (condition, next) = match store.get(&key("counter")).await {
            Ok(got) => (Some(got.tag), std::str::from_utf8(&got.bytes).unwrap().parse::<u64>().unwrap() + 1),
            Err(StoreError::NotFound) => (None, 1),
            Err(err) => panic!("{err}"),
        };
        let condition = condition.as_ref().map_or(Condition::Absent, Condition::Matches);
        match store.put(&key("counter"), &object(&next.to_string()), condition).await {
            Ok(_) => return next,
            Err(StoreError::Conflict) => {}
            Err(err) => panic!("{err}"),
        }
    }
}

async fn no_increment_is_lost_among_threads(store: Store) {
    let racers = (0..6).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                increment(&store).await;
            }
        })
    });
    futures::future::join_all(racers).await;
    assert_eq!(&store.get(&key("counter")).await.unwrap().bytes[..], b"120");
}
