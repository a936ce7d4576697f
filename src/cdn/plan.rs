//! The plan of calls: what to purge, in the words of a provider, within its limits, in as few requests as they allow.
//!
//! In: a provider, an account, a purge, and how far it may reach beyond what changed. Out: a [`Plan`]: calls, what they cost,
//! how long they take by the provider's own rates, and a sentence for everything that is more or less than was asked for. It
//! never sends, and it never widens further than it may.

use super::account::split;
use super::facts::{Form, Query, Rate, Selector, Takes};
use super::message::{Call, Item};
use super::{Account, Cdn};
use crate::model::{Purge, TagField, UrlPath, Widen};
use crate::text::plural;
use std::time::Duration;

/// What will be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In this order.
    pub calls: Vec<Call>,
    /// What is more or less than was asked for, and why.
    pub notes: Vec<String>,
    /// What it costs, where it costs.
    pub cost: Option<String>,
    /// How long the provider's rates make it, at least.
    pub time: Duration,
}

impl Plan {
    /// The widest that is purged beyond single addresses and tags, which name what changed; nothing when no call reaches further.
    pub fn wide(&self) -> Option<Selector> {
        let reach = self.calls.iter().flat_map(Call::items).map(Item::selector);
        reach.filter(|it| !matches!(it, Selector::Url | Selector::Tag)).max()
    }
}

/// On an evening on air nobody waits longer for a purge by single URLs if the provider has a faster way.
const PATIENCE: Duration = Duration::from_mins(1);

/// The smallest plan.
pub fn plan(cdn: &dyn Cdn, account: &Account, purge: &Purge, widen: Widen) -> Plan {
    let draft = Draft { cdn, account, takes: cdn.takes(account), widen, notes: Vec::new() };
    draft.plan(purge)
}

struct Draft<'a> {
    cdn: &'a dyn Cdn,
    account: &'a Account,
    takes: Vec<Takes>,
    widen: Widen,
    notes: Vec<String>,
}

impl Draft<'_> {
    fn plan(mut self, purge: &Purge) -> Plan {
        let mut items = self.items(purge);
        let mut calls = self.calls(&items);
        let time = self.time(&calls);
        if time > PATIENCE && !items.contains(&Item::Everything) {
            items = self.quicker(items, time);
            calls = self.calls(&items);
        }
        Plan { cost: self.cost(&items), time: self.time(&calls), calls, notes: self.notes }
    }

    fn items(&mut self, purge: &Purge) -> Vec<Item> {
        if purge.everything {
            return self.all();
        }
        let mut items = Vec::new();
        let urls: Vec<&UrlPath> = purge.urls.iter().collect();
        let exact = self.account.keeps_queries() && self.cdn.facts().query == Query::Exact && !urls.is_empty();
        if exact && self.may(Widen::Prefix, Selector::Prefix) {
            self.say("the cache keeps a copy for every query: all paths that begin as the changed ones do are purged");
            items.extend(urls.iter().flat_map(|url| self.told(url)).map(Item::Prefix));
        } else {
            if exact {
                self.say("the cache keeps a copy for every query: those with a query run out by themselves");
            }
            items.extend(urls.iter().flat_map(|url| self.told(url)).map(Item::Url));
        }
        if self.cdn.folds_case() && urls.iter().any(|url| url.as_str().bytes().any(|byte| byte.is_ascii_alphabetic())) {
            self.say("it purges regardless of case: `/A` goes with `/a`, and nothing narrower can be said there");
        }
        items.extend(self.prefixes(purge));
        items.extend(self.tags(purge));
        if items.contains(&Item::Everything) { vec![Item::Everything] } else { items }
    }

    /// All that the CDN has, in the narrowest words it knows for that.
    fn all(&mut self) -> Vec<Item> {
        if self.takes(Selector::Everything) {
            return vec![Item::Everything];
        }
        if self.takes(Selector::Host) {
            return self.account.hosts().into_iter().map(Item::Host).collect();
        }
        if self.takes(Selector::Prefix) {
            return self.told(&root()).into_iter().map(Item::Prefix).collect();
        }
        self.say("it cannot purge everything: nothing was purged");
        Vec::new()
    }

    fn prefixes(&mut self, purge: &Purge) -> Vec<Item> {
        if purge.prefixes.is_empty() {
            return Vec::new();
        }
        if self.takes(Selector::Prefix) {
            return purge.prefixes.iter().flat_map(|url| self.told(url)).map(Item::Prefix).collect();
        }
        self.wider("it cannot purge by prefix", "nothing was purged by prefix")
    }

    fn tags(&mut self, purge: &Purge) -> Vec<Item> {
        if purge.tags.is_empty() {
            return Vec::new();
        }
        if self.takes(Selector::Tag) {
            let field = self.cdn.facts().tags.map_or(TagField::OURS, |field| field.name);
            if field != TagField::OURS && !self.account.sends_tags && !self.account.flag("tags_copied") {
                self.say(&format!(
                    "it looks for tags in `{field}`, which this store cannot send: have it copy our `cache-tag` there and say \
                     `tags_copied = true` (docs/cdn.md)"
                ));
            }
            return purge.tags.iter().cloned().map(Item::Tag).collect();
        }
        let tags: Vec<String> = purge.tags.iter().map(|tag| format!("`{tag}`")).collect();
        let cause = format!("it cannot purge by tag ({})", tags.join(", "));
        self.wider(&cause, "such answers run out by themselves, after `cdn` seconds of their class in `[cache]`")
    }

    /// The next wider thing that it takes and that is allowed; else what happens instead.
    fn wider(&mut self, cause: &str, instead: &str) -> Vec<Item> {
        if self.may(Widen::Host, Selector::Host) {
            self.say(&format!(
                "{cause}: all of the host is purged, as `purge.widen = \"{}\"` allows",
                self.widen.name()
            ));
            return self.account.hosts().into_iter().map(Item::Host).collect();
        }
        if self.may(Widen::Everything, Selector::Everything) {
            self.say(&format!("{cause}: everything is purged, as `purge.widen = \"everything\"` allows"));
            return vec![Item::Everything];
        }
        self.say(&format!("{cause}: {instead}; `purge.widen = \"{}\"` allows no more", self.widen.name()));
        Vec::new()
    }

    /// What takes too long by single URLs, in wider words if that is allowed.
    fn quicker(&mut self, items: Vec<Item>, time: Duration) -> Vec<Item> {
        let slow = format!(
            "{} take {} min by the provider's own rate",
            plural(items.len(), "purge", "purges"),
            time.as_secs().div_ceil(60)
        );
        let folder = common(&items);
        let candidates = [
            (Widen::Prefix, Selector::Prefix, format!("all that begins with `{}` is purged", folder.encoded())),
            (Widen::Host, Selector::Host, "all of the host is purged".to_owned()),
            (Widen::Everything, Selector::Everything, "everything is purged".to_owned()),
        ];
        for (widen, selector, words) in candidates {
            let wider = match selector {
                Selector::Prefix => self.told(&folder).into_iter().map(Item::Prefix).collect(),
                Selector::Host => self.account.hosts().into_iter().map(Item::Host).collect(),
                _ => vec![Item::Everything],
            };
            let quick = || self.time(&self.calls(&wider)) < time;
            if self.may(widen, selector) && quick() {
                self.say(&format!("{slow}: {words} instead, as `purge.widen = \"{}\"` allows", self.widen.name()));
                return wider;
            }
        }
        self.say(&format!("{slow}, and `purge.widen = \"{}\"` allows nothing wider", self.widen.name()));
        items
    }

    fn say(&mut self, sentence: &str) {
        self.notes.push(format!("`{}`: {sentence}", self.cdn.id()));
    }

    fn takes(&self, selector: Selector) -> bool {
        self.takes.iter().any(|it| it.selector == selector)
    }

    fn may(&self, widen: Widen, selector: Selector) -> bool {
        self.widen >= widen && self.takes(selector)
    }

    /// A path as this provider wants it, once for each name of the site where it wants names. A `*` in it is a letter like
    /// any other, and is encoded: several APIs would read it as "all that begins so".
    fn told(&self, url: &UrlPath) -> Vec<String> {
        let path = url.encoded().replace('*', "%2A");
        match self.cdn.facts().form {
            Form::Path => vec![path],
            Form::Absolute => self.account.bases().iter().map(|base| format!("{base}{path}")).collect(),
        }
    }

    /// Items of one kind in as many calls as the limits ask for; where kinds mix, the n-th calls of all kinds are one.
    fn calls(&self, items: &[Item]) -> Vec<Call> {
        let mut calls: Vec<(Vec<Item>, usize)> = Vec::new();
        for &selector in Selector::ALL {
            let of_kind: Vec<&Item> = items.iter().filter(|item| item.selector() == selector).collect();
            let Some(takes) = self.takes.iter().find(|it| it.selector == selector) else { continue };
            let mixes = self.cdn.facts().mixes;
            for (at, (batch, bytes)) in batches(&of_kind, takes.items, self.cdn.facts().body).into_iter().enumerate() {
                match calls.get_mut(at) {
                    Some((into, size)) if mixes && *size + bytes <= self.cdn.facts().body => {
                        into.extend(batch);
                        *size += bytes;
                    }
                    _ => calls.push((batch, bytes)),
                }
            }
        }
        calls.into_iter().filter_map(|(items, _)| Call::of(items)).collect()
    }

    fn time(&self, calls: &[Call]) -> Duration {
        let of = |takes: &Takes| {
            let tokens = calls.iter().map(|call| price(&takes.rate, call, takes.selector)).sum();
            takes.rate.time(tokens)
        };
        self.takes.iter().map(of).max().unwrap_or_default()
    }

    fn cost(&self, items: &[Item]) -> Option<String> {
        let price = self.cdn.facts().price?;
        let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
        if count == 0 {
            return None;
        }
        let most = count.saturating_mul(price.micro_dollars);
        Some(format!(
            "{} at most USD {}.{:06}: {} {}s a month are free",
            plural(items.len(), price.unit, &format!("{}s", price.unit)),
            most / 1_000_000,
            most % 1_000_000,
            price.free,
            price.unit
        ))
    }
}

/// What a call costs of a selector's bucket.
pub(crate) fn price(rate: &Rate, call: &Call, selector: Selector) -> u32 {
    let count = call.of_kind(selector).len();
    if count == 0 { 0 } else { rate.price(count) }
}

/// Filled one after the other: no batch above either limit, and none that could have taken the next item.
fn batches(items: &[&Item], most: usize, bytes: usize) -> Vec<(Vec<Item>, usize)> {
    /// Quotes, a comma, and room for what XML makes of an ampersand.
    const AROUND: usize = 8;
    let mut batches: Vec<(Vec<Item>, usize)> = Vec::new();
    for item in items {
        let size = item.text().len() + AROUND;
        match batches.last_mut() {
            Some((batch, sum)) if batch.len() < most && *sum + size <= bytes => {
                batch.push((*item).clone());
                *sum += size;
            }
            _ => batches.push((vec![(*item).clone()], size)),
        }
    }
    batches
}

fn root() -> UrlPath {
    UrlPath::parse("/").expect("a constant path")
}

/// The longest folder that holds all the URLs and prefixes among these.
fn common(items: &[Item]) -> UrlPath {
    let mut urls = items.iter().filter(|item| item.selector() <= Selector::Prefix).map(|item| split(item.text()).1);
    let Some(first) = urls.next() else { return root() };
    let shared = urls.fold(first, |shared, url| {
        let same = shared.bytes().zip(url.bytes()).take_while(|(a, b)| a == b).count();
        // Only whole segments, and those are ASCII: a cut inside a character is cut further back.
        let end = shared.as_bytes()[..same].iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
        &shared[..end]
    });
    UrlPath::from_target(shared).unwrap_or_else(|_| root())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdn::find;

    fn purge(urls: &[&str], tags: &[&str]) -> Purge {
        Purge {
            urls: urls.iter().map(|url| UrlPath::parse(url).unwrap()).collect(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            ..Purge::default()
        }
    }

    fn planned(id: &str, purge: &Purge, widen: Widen) -> Plan {
        plan(find(id).unwrap(), &Account::at("https://www.example.fr"), purge, widen)
    }

    fn many(count: usize) -> Purge {
        Purge { urls: (0..count).map(|n| UrlPath::parse(&format!("/news/{n}")).unwrap()).collect(), ..Purge::default() }
    }

    #[test]
    fn a_tag_is_never_widened_further_than_allowed() {
        for (widen, items) in [(Widen::Never, 1), (Widen::Prefix, 1), (Widen::Host, 1)] {
            let plan = planned("scaleway", &purge(&["/"], &["error"]), widen);
            assert_eq!(plan.calls.len(), items);
            assert!(!plan.calls[0].is_everything(), "{plan:?}");
            assert!(plan.notes[0].contains("run out by themselves"), "{plan:?}");
        }
        let plan = planned("scaleway", &purge(&["/"], &["error"]), Widen::Everything);
        assert!(plan.calls[0].is_everything() && plan.notes[0].contains("everything is purged"), "{plan:?}");
    }

    #[test]
    fn what_takes_too_long_is_widened_to_the_folder_it_is_in_and_only_if_allowed() {
        let narrow = planned("bunny", &many(10_000), Widen::Never);
        assert_eq!(narrow.calls.len(), 10_000);
        assert!(narrow.notes[0].contains("allows nothing wider"), "{:?}", narrow.notes);
        let wide = planned("bunny", &many(10_000), Widen::Prefix);
        assert_eq!(wide.calls[0].items(), [Item::Prefix("https://www.example.fr/news/".to_owned())]);
        assert!(wide.notes[0].contains("all that begins with `/"), "{:?}", wide.notes);
    }

    #[test]
    fn a_star_in_a_path_is_a_letter_and_never_a_wildcard() {
        for cdn in crate::cdn::ALL {
            let account = Account::at("https://www.example.fr");
            let plan = plan(*cdn, &account, &purge(&["/a*"], &[]), Widen::Never);
            assert!(plan.calls[0].first().ends_with("/a%2A"), "{}: {:?}", cdn.id(), plan.calls);
        }
    }

    #[test]
    fn a_cache_that_keeps_queries_is_purged_by_prefix_or_says_what_stays() {
        let account = Account::at("https://www.example.fr").with("query", &["kept"]);
        let cloudflare = find("cloudflare").unwrap();
        let plan_for = |widen| plan(cloudflare, &account, &purge(&["/a"], &[]), widen);
        assert_eq!(plan_for(Widen::Prefix).calls[0].selector(), Selector::Prefix);
        let exact = plan_for(Widen::Never);
        assert_eq!(exact.calls[0].selector(), Selector::Url);
        assert!(exact.notes[0].contains("run out by themselves"), "{exact:?}");
        assert!(plan(find("google").unwrap(), &account, &purge(&["/a"], &[]), Widen::Never).notes.is_empty());
    }

    #[test]
    fn every_name_of_the_site_is_purged() {
        let account = Account::at("https://www.example.fr").with("hosts", &["example.fr"]);
        let plan = plan(find("cloudflare").unwrap(), &account, &purge(&["/"], &[]), Widen::Never);
        assert_eq!(plan.calls[0].texts(), ["https://www.example.fr/", "https://example.fr/"]);
    }

    #[test]
    fn no_call_is_above_a_limit_and_none_could_have_been_spared() {
        for cdn in crate::cdn::ALL {
            for count in [1, 101, 10_000] {
                let account = Account::at("https://www.example.fr");
                let plan = plan(*cdn, &account, &many(count), Widen::Never);
                let limit = cdn.takes(&account).iter().find(|it| it.selector == Selector::Url).unwrap().items;
                let all: usize = plan.calls.iter().map(|call| call.items().len()).sum();
                assert_eq!(all, count, "{}", cdn.id());
                for call in &plan.calls {
                    let bytes: usize = call.texts().iter().map(|text| text.len() + 3).sum();
                    assert!(call.items().len() <= limit && bytes <= cdn.facts().body, "{}", cdn.id());
                }
            }
        }
    }
}
