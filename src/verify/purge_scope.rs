//! A purge takes what it names, and nothing else: the page that was changed is the new one for everybody, and what did not change stays in the cache,
//! or the whole audience asks the origin for it at once. A drill, with one real purge of a canary beside another canary.

use crate::model::{Ask, Finding, UrlPath};
use crate::verify::desk::canary::NONE;
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct PurgeScope;

/// What helps against a purge that changes nothing.
const DEAF: &str = "look at the provider, the zone and the host in `[[env.NAME.cdn]]`: the CDN said yes, and the old answer is still served";

/// What helps against one that takes too much.
const WIDE: &str =
    "purge by single URL or by tag: rules that empty the cache on every purge send all visitors to the origin at once";

/// So long the canary is kept for certain: a minute (`serve::origin`), less what clocks differ by.
const KEPT_MS: u64 = 55_000;

impl Check for PurgeScope {
    fn name(&self) -> &'static str {
        "purge-scope"
    }

    fn title(&self) -> &'static str {
        "a purge takes what it names and leaves the rest in the cache"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        let Some(pair) = Pair::of(subject) else { return Vec::new() };
        let again = |ask: &Ask| [ask.clone(), ask.clone().round(1)];
        [again(&pair.purged), again(&pair.beside)].concat()
    }

    fn purges(&self, subject: &Case<'_>) -> Vec<UrlPath> {
        Pair::of(subject).and_then(|pair| UrlPath::parse(&pair.purged.target).ok()).into_iter().collect()
    }

    fn follow_ups(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Ask> {
        let purged = self.purges(subject).first().is_some_and(|url| seen.purged(url) == Some(Ok(())));
        let pair = Pair::of(subject).filter(|_| purged);
        pair.map(|pair| vec![pair.purged.round(2), pair.beside.round(2)]).unwrap_or_default()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let (Some(pair), Some(url)) = (Pair::of(subject), self.purges(subject).pop()) else {
            return vec![clerk.skipped(NONE)];
        };
        let finding = match seen.purged(&url) {
            None => clerk.skipped("no CDN is configured at which to purge"),
            Some(Err(why)) => clerk.unknown(&pair.purged.target, format!("the purge was not made: {why}")),
            Some(Ok(())) => told(&clerk, &pair, seen).unwrap_or_else(|why| clerk.unknown(&pair.purged.target, why)),
        };
        vec![finding]
    }
}

/// What is purged, and what is not.
struct Pair {
    purged: Ask,
    beside: Ask,
}

impl Pair {
    fn of(subject: &Case<'_>) -> Option<Self> {
        let of = |purpose| subject.canary("cold", purpose);
        Some(Self { purged: of("what is purged")?, beside: of("what is beside it")? })
    }
}

/// The origin numbers its answers: an equal body is one that was kept. `Err` says why nothing is known.
fn told(clerk: &Clerk<'_>, pair: &Pair, seen: &Observations) -> Result<Finding, String> {
    let kept = |ask: &Ask, from: u8| -> Result<bool, String> {
        let (before, after) = (ask.clone().round(from), ask.clone().round(from + 1));
        let answers = [(&before, seen.answer(&before)?), (&after, seen.answer(&after)?)];
        match answers.iter().find(|(_, answer)| answer.status != 200) {
            Some((ask, wrong)) => Err(format!("{}: the canary answers 200", exchange(ask, wrong, &[]))),
            None => Ok(answers[0].1.body == answers[1].1.body),
        }
    };
    let (first, last) = (seen.answer(&pair.beside)?, seen.answer(&pair.beside.clone().round(2))?);
    if last.at_ms.saturating_sub(first.at_ms) >= KEPT_MS {
        return Err("the purge took longer than the minute for which the canary is kept".to_owned());
    }
    if !(kept(&pair.purged, 0)? && kept(&pair.beside, 0)?) {
        return Err("the canary was not kept before the purge either".to_owned());
    }
    let (purged, beside) = (&pair.purged.target, &pair.beside.target);
    Ok(match (kept(&pair.purged, 1)?, kept(&pair.beside, 1)?) {
        (false, true) => clerk.pass(purged, "fetched anew after its purge, and its neighbor still came from the cache"),
        (true, _) => clerk.fail(purged, "the purge was accepted, and the old answer is still served", DEAF),
        (false, false) => clerk.warn(beside, format!("fetched anew after the purge of {purged} alone"), WIDE),
    })
}
