//! What a store really does, tried out: conditions, header fields, listing, its clock, who may read control objects.
//!
//! In: a store and the public address in front of it; out: findings, the worst of which says whether deploys are safe there.
//! It writes one small control object, again and again the same, and nothing else; it deletes nothing.

use super::deploy::Mirror;
use crate::model::{CONTROL, Finding, Headers, Key, Tag, Verdict};
use crate::store::{Condition, Object, Store, StoreError};
use bytes::Bytes;
use std::time::Duration;

/// What is wrong with a store that does not look at conditions.
const UNSAFE: &str = "every command that writes there takes an advisory lock and says so; two that start at the same instant may still \
    overwrite each other: deploy from one machine at a time, or use another store";

/// Services refuse requests that are a quarter of an hour off (Amazon S3, `RequestTimeTooSkewed`).
const SKEWED: i64 = 600;

/// Tries the store out.
pub async fn examine(store: &Store, url: &str) -> Vec<Finding> {
    let probe = Probe::of(store);
    probe.run(url).await
}

/// Tries a mirror out, which no public address stands in front of.
pub async fn examine_mirror(mirror: &Mirror) -> Vec<Finding> {
    let store = match &mirror.store {
        Ok(store) => store,
        Err(why) => {
            let remedy = why.hint.clone().unwrap_or_default();
            return vec![Finding::new("permissions", &mirror.name, Verdict::Fail, &why.message).remedy(remedy)];
        }
    };
    let mut probe = Probe::of(store);
    probe.store().await;
    probe.found
}

struct Probe<'a> {
    store: &'a Store,
    key: Key,
    /// Whether the store said that it does not know conditions.
    refuses: bool,
    found: Vec<Finding>,
}

impl<'a> Probe<'a> {
    fn of(store: &'a Store) -> Self {
        let key = Key::parse(&format!("{CONTROL}/probe")).expect("a key");
        Self { store, key, refuses: false, found: Vec::new() }
    }
}

impl Probe<'_> {
    async fn run(mut self, url: &str) -> Vec<Finding> {
        self.store().await;
        self.public(url).await;
        self.found
    }

    async fn store(&mut self) {
        if let Some(tag) = self.stands().await {
            let tag = if self.refuses {
                self.unknown();
                Some(tag)
            } else {
                self.conditions(tag).await
            };
            self.fields().await;
            self.listing(tag.as_ref()).await;
        }
        self.clock();
    }

    /// Both conditions; gives the mark after them.
    async fn conditions(&mut self, tag: Tag) -> Option<Tag> {
        self.create().await;
        self.swap(tag).await
    }

    /// A store that says of itself that it does not know them.
    fn unknown(&mut self) {
        for (check, name) in [("conditional-create", "`If-None-Match: *`"), ("compare-and-swap", "`If-Match`")] {
            self.say(check, Verdict::Warn, format!("{name} is refused: not implemented"), UNSAFE);
        }
    }

    fn say(&mut self, check: &'static str, verdict: Verdict, seen: impl Into<String>, remedy: &str) {
        self.found.push(Finding::new(check, self.store.name(), verdict, seen).remedy(remedy));
    }

    /// The probe's mark, after writing it if it was not there: shows that this user may read and write.
    async fn stands(&mut self) -> Option<Tag> {
        let mut first = self.store.put(&self.key, &object(), Condition::Absent).await;
        if first.as_ref().is_err_and(StoreError::is_unimplemented) {
            self.refuses = true;
            self.store.go_blind();
            first = self.store.put(&self.key, &object(), Condition::Absent).await;
        }
        let written = match first {
            Err(StoreError::Conflict) => self.store.get(&self.key).await.map(|there| there.tag),
            written => written,
        };
        match written {
            Ok(tag) => {
                self.say("permissions", Verdict::Pass, format!("`{}` was written and read", self.key), "");
                Some(tag)
            }
            Err(err) => {
                let complaint = self.store.complain(self.key.as_str(), &err);
                let remedy = complaint.hint.unwrap_or_default();
                self.say("permissions", Verdict::Fail, complaint.message, &remedy);
                None
            }
        }
    }

    async fn create(&mut self) {
        let again = self.store.put(&self.key, &object(), Condition::Absent).await;
        match again {
            Err(StoreError::Conflict) => {
                self.say(
                    "conditional-create",
                    Verdict::Pass,
                    "`If-None-Match: *` on an object that is there: refused",
                    "",
                );
            }
            Ok(_) => {
                self.say("conditional-create", Verdict::Warn, "`If-None-Match: *` overwrote an object", UNSAFE);
            }
            Err(err) => self.say("conditional-create", Verdict::Unknown, err.to_string(), "try again"),
        }
    }

    /// Gives the mark after it.
    async fn swap(&mut self, tag: Tag) -> Option<Tag> {
        let strange = Tag("\"00000000000000000000000000000000\"".to_owned());
        let wrong = self.store.put(&self.key, &object(), Condition::Matches(&strange)).await;
        let current = self.store.get(&self.key).await.map_or(tag, |there| there.tag);
        let right = self.store.put(&self.key, &object(), Condition::Matches(&current)).await;
        match (&wrong, &right) {
            (Err(StoreError::Conflict), Ok(_)) => {
                self.say(
                    "compare-and-swap",
                    Verdict::Pass,
                    "`If-Match`: refused with a wrong mark, accepted with the right one",
                    "",
                );
            }
            (Ok(_), _) => {
                self.say("compare-and-swap", Verdict::Warn, "`If-Match` with a wrong mark overwrote an object", UNSAFE);
            }
            (_, Err(err)) | (Err(err), _) => {
                self.say("compare-and-swap", Verdict::Unknown, err.to_string(), "try again");
            }
        }
        right.ok()
    }

    async fn fields(&mut self) {
        let sent = object();
        let got = match self.store.get(&self.key).await {
            Ok(got) => got,
            Err(err) => return self.say("header-fields", Verdict::Unknown, err.to_string(), "try again"),
        };
        let lost: Vec<&str> = sent
            .headers
            .iter()
            .filter(|(name, value)| got.headers.get(name) != Some(*value))
            .map(|(name, _)| name)
            .collect();
        if lost.is_empty() {
            let names: Vec<&str> = sent.headers.iter().map(|(name, _)| name).collect();
            self.say("header-fields", Verdict::Pass, format!("kept: {}", names.join(", ")), "");
        } else {
            let remedy = "documents would be served without them: use another store, or set them at the CDN";
            self.say("header-fields", Verdict::Fail, format!("lost or changed: {}", lost.join(", ")), remedy);
        }
    }

    async fn listing(&mut self, tag: Option<&Tag>) {
        match self.store.tags(CONTROL).await {
            Ok(listed) if listed.get(&self.key).zip(tag).is_some_and(|(seen, tag)| tag.is_listed_as(seen)) => {
                self.say("listing", Verdict::Pass, "lists an object with its new mark right after the write", "");
            }
            Ok(listed) => {
                let seen = match listed.get(&self.key) {
                    Some(_) => "lists an object with another mark than the write gave",
                    None => "does not list an object right after the write",
                };
                self.say("listing", Verdict::Warn, seen, "deploys work, but read every document instead of its mark");
            }
            Err(err) => {
                let complaint = self.store.complain(&format!("{CONTROL}/"), &err);
                self.say("listing", Verdict::Fail, complaint.message, &complaint.hint.unwrap_or_default());
            }
        }
    }

    fn clock(&mut self) {
        let traits = self.store.traits();
        let Some(ahead) = traits.ahead else {
            return self.say("clock", Verdict::Skipped, "the store does not tell the time", "");
        };
        let seen = format!("the store's clock is {ahead} s ahead of this machine's");
        if ahead.abs() > SKEWED {
            self.say("clock", Verdict::Fail, seen, "set the clock of this machine: `timedatectl set-ntp true`");
        } else {
            self.say("clock", Verdict::Pass, seen, "");
        }
    }

    /// Whether the public address answers control objects.
    async fn public(&mut self, base: &str) {
        let url = format!("{base}/{}", self.key);
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .user_agent(concat!("landing/", env!("CARGO_PKG_VERSION")));
        let client = if super::sender::is_here(base) { client.no_proxy() } else { client };
        let answer = match client.build() {
            Ok(client) => client.get(&url).send().await,
            Err(err) => Err(err),
        };
        match answer {
            Ok(answer) if answer.status().is_success() => {
                let seen = format!("{url} answers {}", answer.status());
                let remedy =
                    "keep control objects in a private bucket (`control = …`), or deny `/.landing/` at the CDN";
                self.say("control-objects", Verdict::Fail, seen, remedy);
            }
            Ok(answer) => {
                self.say("control-objects", Verdict::Pass, format!("{url} answers {}", answer.status()), "");
            }
            Err(_) => {
                let seen = format!("nobody answers at {base}");
                self.say("control-objects", Verdict::Skipped, seen, "run it again when the site is up");
            }
        }
    }
}

/// A body of its own each time: the mark of some stores is a digest of the body.
fn object() -> Object {
    let mut random = [0; 16];
    // Without random numbers two probes look alike, which the findings then say.
    let _ = getrandom::fill(&mut random);
    let headers = Headers::new()
        .with("content-type", "text/plain; charset=utf-8")
        .with("cache-control", "private, max-age=1")
        .with("content-language", "fr")
        .with("x-content-type-options", "nosniff");
    Object { bytes: Bytes::from(crate::text::hex(&random)), headers }
}
