//! Which points of presence answered, and whether each keeps the page: asked at each address that DNS gives, several times. A run sees those
//! that DNS and routing led it to, and says so, so that nobody takes it for all: where a crowd will be led nobody knows from here.

use crate::model::{Answer, Ask, Bound, Event, Finding, Look};
use crate::text::plural;
use crate::verify::addresses::known;
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::{asked, shown};
use crate::verify::desk::served::is_warm;
use crate::verify::{Check, Observations, Served, Subject, served};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) struct PointsOfPresence;

/// No more are listed, and no more are judged.
const MOST: usize = 12;

/// So often the page is asked for at each address: once to warm it, and then what a crowd does.
const ROUNDS: u8 = 4;

/// A field, and the point of presence in its value.
type Names = (&'static str, fn(&str) -> Option<&str>);

const FIELDS: &[Names] = &[
    // developers.cloudflare.com/fundamentals/reference/cloudflare-ray-id: `230b030023ae2822-SJC`
    ("cf-ray", behind_dash),
    // docs.aws.amazon.com/AmazonCloudFront, "x-edge-location": `LHR62-C2`
    ("x-amz-cf-pop", first_word),
    // fastly.com/documentation/reference/http/http-headers/X-Served-By: `cache-jfk8141-JFK, cache-lhr7361-LHR`, the last is nearest
    ("x-served-by", behind_dash),
    // vercel.com/docs/headers/response-headers: `sfo1::iad1::w4pxl-1710000000000-0f1b2c3d`
    ("x-vercel-id", |value| value.split_once("::").map(|(first, _)| first)),
    // support.bunny.net, "Understanding response headers": `BunnyCDN-DE1-723`
    ("server", |value| value.strip_prefix("BunnyCDN-")),
    // keycdn.com/support/x-edge-location
    ("x-edge-location", first_word),
    // help.ovhcloud.com, CDN: `x-cdn-pop: rbx1`
    ("x-cdn-pop", first_word),
    // docs/edge.md: `landing-place: pop-2`
    ("landing-place", first_word),
];

fn first_word(value: &str) -> Option<&str> {
    value.split_whitespace().next()
}

fn behind_dash(value: &str) -> Option<&str> {
    value.rsplit_once('-').map(|(_, place)| place)
}

impl Check for PointsOfPresence {
    fn name(&self) -> &'static str {
        "points-of-presence"
    }

    fn title(&self) -> &'static str {
        "each point of presence that was seen keeps the page"
    }

    fn asks(&self, subject: &Subject<'_>) -> Vec<Ask> {
        subject.entry().into_iter().flat_map(|entry| rounds(&entry.usual(), 2)).collect()
    }

    fn looks(&self, subject: &Subject<'_>) -> Vec<Look> {
        subject.names().unwrap_or_default()
    }

    fn follow_ups(&self, subject: &Subject<'_>, seen: &Observations) -> Vec<Ask> {
        at_each_address(subject, seen).into_iter().flatten().collect()
    }

    fn judge(&self, subject: &Subject<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let Some(entry) = subject.entry() else { return vec![clerk.skipped("the release has no page")] };
        let groups = at_each_address(subject, seen);
        let mut points = Points { several: groups.len() > 1, all: BTreeMap::new() };
        seen.answers()
            .filter(|(ask, _)| ask.target.starts_with('/'))
            .for_each(|(ask, answer)| points.note(ask, answer));
        if points.all.is_empty() {
            return vec![clerk.skipped("no answer names its point of presence, and the host has one address")];
        }
        for group in std::iter::once(&rounds(&entry.usual(), 2)).chain(&groups) {
            points.note_repeated(group, seen);
        }
        let judged: Vec<(&String, &Point)> =
            points.all.iter().filter(|(_, point)| !point.repeated.is_empty()).collect();
        let mut found = vec![clerk.pass(subject.base, points.listed())];
        if !judged.is_empty() && judged.iter().all(|(_, point)| point.hits() == 0 && point.misses() > 0) {
            found.push(clerk.skipped_at(&entry.path(), "the page is kept at none of them: see the check `page-hit`"));
            return found;
        }
        found.extend(judged.into_iter().take(MOST).map(|(name, point)| verdict(&clerk, subject.base, name, point)));
        found.extend(groups.iter().filter_map(|group| silent(&clerk, group, seen)));
        found
    }
}

/// One point of presence, as far as it was seen.
#[derive(Debug, Default)]
struct Point {
    answers: usize,
    /// Who answered what it had been asked before, in this form.
    repeated: Vec<(Ask, Served)>,
    /// Who answered whatever else was asked for again at the public address, by whichever point of presence.
    warm: Vec<Served>,
}

impl Point {
    fn hits(&self) -> usize {
        self.repeated.iter().filter(|(_, by)| matches!(by, Served::Cache(_))).count()
    }

    fn misses(&self) -> usize {
        self.repeated.iter().filter(|(_, by)| matches!(by, Served::Origin(_))).count()
    }

    /// What its hits in a row prove; nothing where one of them was none, or there are too few to prove anything.
    fn bound(&self) -> Option<Bound> {
        let here_too = self.repeated.iter().filter(|(ask, _)| !is_warm(ask)).map(|(_, by)| by);
        let all = here_too.chain(&self.warm);
        let hits = all.map(|by| matches!(by, Served::Cache(_)).then_some(1_u32)).sum::<Option<u32>>()?;
        Bound::of(hits, &Event::default()).filter(|bound| bound.miss_rate < 1.0)
    }
}

/// All that were seen, by name; those that do not name themselves by their address, where there are several.
struct Points {
    several: bool,
    all: BTreeMap<String, Point>,
}

impl Points {
    fn name(&self, ask: &Ask, answer: &Answer) -> Option<String> {
        place(answer).or_else(|| ask.at.filter(|_| self.several).map(|address| address.to_string()))
    }

    fn note(&mut self, ask: &Ask, answer: &Answer) {
        let Some(name) = self.name(ask, answer) else { return };
        let point = self.all.entry(name).or_default();
        point.answers += 1;
        if is_warm(ask) {
            point.warm.push(served(answer));
        }
    }

    /// One after the other at one address: whoever answers for the second time was asked before.
    fn note_repeated(&mut self, rounds: &[Ask], seen: &Observations) {
        let mut before = BTreeSet::new();
        for ask in rounds {
            let Ok(answer) = seen.answer(ask) else { continue };
            let Some(name) = self.name(ask, answer) else { continue };
            if !before.insert(name.clone()) {
                self.all.entry(name).or_default().repeated.push((ask.clone(), served(answer)));
            }
        }
    }

    fn listed(&self) -> String {
        let mut all: Vec<(&String, usize)> = self.all.iter().map(|(name, point)| (name, point.answers)).collect();
        all.sort_by_key(|(_, answers)| std::cmp::Reverse(*answers));
        let more = if all.len() > MOST { format!(" and {} more", all.len() - MOST) } else { String::new() };
        let listed: Vec<String> =
            all.iter().take(MOST).map(|(place, answers)| format!("{place} ({answers})")).collect();
        format!("answers by point of presence: {}{more}; no other was looked at", listed.join(", "))
    }
}

/// What its answers to repeated questions say.
fn verdict(clerk: &Clerk<'_>, base: &str, name: &str, point: &Point) -> Finding {
    let asked_again = point.repeated.len();
    let found = |from: &str| {
        let answers = plural(asked_again, "repeated question", "repeated questions");
        format!("{name}: {} of {answers} for the page {from}", point.hits())
    };
    let told = |by: fn(&Served) -> Option<&String>| point.repeated.iter().find_map(|(ask, it)| Some((ask, by(it)?)));
    let target = point.repeated.first().map_or("/", |(ask, _)| ask.target.as_str());
    if let Some((ask, by)) = told(|it| if let Served::Origin(by) = it { Some(by) } else { None }) {
        let evidence = format!("{}; the origin was asked by {} ({by})", found("from the cache"), asked(ask));
        return clerk.warn(target, evidence, remedy(base, ask));
    }
    if let Some((ask, why)) = told(|it| if let Served::Unknown(why) = it { Some(why) } else { None }) {
        return clerk.unknown(target, format!("{name}: {}: {why}", asked(ask)));
    }
    let bound =
        point.bound().map_or(String::new(), |bound| format!("; all that was asked again there: {}", bound.words()));
    clerk.pass(target, format!("{}{bound}", found("from the cache")))
}

/// How to warm one point of presence: by asking it, past DNS when its address is known.
fn remedy(base: &str, ask: &Ask) -> String {
    let url = format!("{base}{}", ask.target);
    let past_dns = ask.at.and_then(|address| resolve(base, address)).unwrap_or_default();
    format!(
        "before the broadcast, ask for the page there until it hits several times in a row (`curl -so /dev/null --compressed{past_dns} {url}`): it may have \
         more than one cache server; or switch on a shield (tiered caching), which asks for all of them"
    )
}

fn resolve(base: &str, address: IpAddr) -> Option<String> {
    let url = url::Url::parse(base).ok()?;
    let address = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
    Some(format!(" --resolve {}:{}:{address}", url.host_str()?, url.port_or_known_default()?))
}

/// An address over IPv4 of which nothing is known. Whether this machine has IPv6 nobody knows: the check `addresses` says more.
fn silent(clerk: &Clerk<'_>, rounds: &[Ask], seen: &Observations) -> Option<Finding> {
    let first = rounds.first().filter(|ask| ask.at.is_some_and(|it| it.is_ipv4()))?;
    let why = rounds.iter().map(|ask| seen.answer(ask)).collect::<Result<Vec<_>, _>>().err()?;
    Some(clerk.unknown(&first.target, format!("{}: {why}", asked(first))))
}

/// The same question so often.
fn rounds(ask: &Ask, many: u8) -> Vec<Ask> {
    (0..many).map(|round| ask.clone().round(round)).collect()
}

/// The page, several times at each address that DNS gives.
fn at_each_address(subject: &Subject<'_>, seen: &Observations) -> Vec<Vec<Ask>> {
    let Some(usual) = subject.entry().map(|entry| entry.usual()) else { return Vec::new() };
    known(subject, seen)
        .unwrap_or_default()
        .into_iter()
        .map(|address| rounds(&usual.clone().at(address), ROUNDS))
        .collect()
}

fn place(answer: &Answer) -> Option<String> {
    FIELDS.iter().find_map(|(name, read)| Some(shown(read(answer.header(name)?.trim())?)).filter(|it| !it.is_empty()))
}
