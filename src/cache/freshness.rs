//! How long an answer may be used, and for how long after that (RFC 9111, section 4.2; RFC 5861).

use super::control::{Control, Flag};
use super::date::parse_http_date;
use super::fields::{joined, members};
use super::{Profile, RequestControl};
use http::header::{AGE, DATE, EXPIRES, LAST_MODIFIED};
use http::{HeaderMap, StatusCode};

/// When a request left and when its answer began, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// When the request left.
    pub asked_ms: u64,
    /// When the header of the answer was there.
    pub answered_ms: u64,
}

/// The life of a stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// Seconds for which it is fresh.
    pub lifetime: u64,
    /// Whether the origin said so, and not a heuristic.
    pub declared: bool,
    /// Whether the origin must be asked before every use.
    pub always_validate: bool,
    /// Whether the origin forbids every stale answer.
    pub never_stale: bool,
    /// Seconds for which it may be served stale at once; 0 when anything forbids stale answers.
    pub while_revalidate: u64,
    /// Seconds for which it may be served stale when the origin fails; 0 when anything forbids stale answers.
    pub if_error: u64,
    initial_age_ms: u64,
    answered_ms: u64,
}

/// What may be done with a stored answer now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Serve it.
    Fresh {
        /// Seconds that are left.
        ttl: i64,
    },
    /// Ask the origin, now or soon.
    Stale {
        /// Seconds that are left, 0 or less.
        ttl: i64,
        /// What may be served meanwhile.
        grace: Grace,
    },
}

/// What a stale answer is still good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// Serve it at once and fetch a new one behind it.
    WhileRevalidate,
    /// Ask the origin; serve it if that fails.
    IfError,
    /// Nothing.
    None,
}

impl Life {
    /// The life of an answer.
    pub fn of(profile: Profile, status: StatusCode, headers: &HeaderMap, timing: Timing) -> Self {
        let control = Control::of_response(headers);
        let explicit = declared_lifetime(&control, headers, timing);
        let heuristic = || heuristic_lifetime(profile, status, headers, &control, timing).unwrap_or(0);
        // RFC 9111, sections 4.2.4 and 5.2.2.10: each of these forbids every stale answer.
        let never_stale = control.s_maxage.is_some()
            || [Flag::MustRevalidate, Flag::ProxyRevalidate, Flag::NoCache].iter().any(|it| control.has(*it));
        let window = |seconds: u64| if never_stale { 0 } else { seconds };
        Self {
            lifetime: explicit.unwrap_or_else(heuristic),
            declared: explicit.is_some(),
            always_validate: control.has(Flag::NoCache),
            never_stale,
            while_revalidate: window(control.while_revalidate),
            if_error: window(control.if_error),
            initial_age_ms: initial_age_ms(headers, timing),
            answered_ms: timing.answered_ms,
        }
    }

    /// RFC 9111, section 4.2.3.
    pub fn age_ms(&self, now_ms: u64) -> u64 {
        self.initial_age_ms + now_ms.saturating_sub(self.answered_ms)
    }

    /// What may be done with it now. `expired_ms`: when somebody declared it stale (a soft purge).
    pub fn freshness(&self, now_ms: u64, expired_ms: Option<u64>) -> Freshness {
        let age = self.age_ms(now_ms);
        let over = (age >= self.lifetime * 1000).then(|| age - self.lifetime * 1000);
        let purged = expired_ms.map(|at| now_ms.saturating_sub(at));
        match over.max(purged) {
            None if !self.always_validate => Freshness::Fresh { ttl: signed(self.lifetime - age / 1000) },
            stale => {
                let stale_ms = stale.unwrap_or(0);
                Freshness::Stale { ttl: -signed(stale_ms / 1000), grace: self.grace(stale_ms) }
            }
        }
    }

    fn grace(&self, stale_ms: u64) -> Grace {
        if self.always_validate {
            Grace::None
        } else if stale_ms < self.while_revalidate * 1000 {
            Grace::WhileRevalidate
        } else if stale_ms < self.if_error * 1000 {
            Grace::IfError
        } else {
            Grace::None
        }
    }

    /// As [`Life::freshness`], for a request that has its own idea (RFC 9111, section 5.2.1).
    pub fn freshness_for(&self, now_ms: u64, expired_ms: Option<u64>, asked: &RequestControl) -> Freshness {
        let found = self.freshness(now_ms, expired_ms);
        let refused = Freshness::Stale { ttl: 0, grace: Grace::None };
        match found {
            _ if asked.no_cache || asked.max_age.is_some_and(|max| self.age_ms(now_ms) > max * 1000) => refused,
            Freshness::Fresh { ttl } if ttl < signed(asked.min_fresh) => refused,
            Freshness::Stale { ttl, .. } if self.bears(-ttl, asked) => Freshness::Fresh { ttl },
            other => other,
        }
    }

    fn bears(&self, stale: i64, asked: &RequestControl) -> bool {
        !self.never_stale && asked.max_stale.is_some_and(|max| stale <= signed(max))
    }
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// RFC 9111, section 4.2.1, for a shared cache.
fn declared_lifetime(control: &Control, headers: &HeaderMap, timing: Timing) -> Option<u64> {
    if let Some(seconds) = control.s_maxage.or(control.max_age) {
        return Some(seconds);
    }
    if control.targeted {
        return None;
    }
    // Of two lines the first counts; an unreadable date lies in the past (RFC 9111, section 5.3).
    let expires = headers.get(EXPIRES)?.to_str().ok().and_then(parse_http_date).unwrap_or(0);
    Some(expires.saturating_sub(date(headers, timing)))
}

/// RFC 9111, section 4.2.2: a tenth of the time since the last change, a day at most, for statuses that may be kept unasked.
fn heuristic_lifetime(
    profile: Profile,
    status: StatusCode,
    headers: &HeaderMap,
    control: &Control,
    timing: Timing,
) -> Option<u64> {
    const KEPT_UNASKED: &[u16] = &[200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];
    if profile == Profile::Landing || !(KEPT_UNASKED.contains(&status.as_u16()) || control.has(Flag::Public)) {
        return None;
    }
    let changed = parse_http_date(headers.get(LAST_MODIFIED)?.to_str().ok()?)?;
    Some((date(headers, timing).saturating_sub(changed) / 10).min(86_400))
}

fn date(headers: &HeaderMap, timing: Timing) -> u64 {
    let read = headers.get(DATE).and_then(|it| it.to_str().ok()).and_then(parse_http_date);
    read.unwrap_or(timing.answered_ms / 1000)
}

/// RFC 9111, section 4.2.3. Of a list of ages the first counts (section 5.1); its parameters, which nobody defined, do not.
fn initial_age_ms(headers: &HeaderMap, timing: Timing) -> u64 {
    let stated = joined(headers, AGE).and_then(|raw| {
        let first = members(&raw).first().copied()?.split(';').next()?.trim();
        let digits = !first.is_empty() && first.bytes().all(|it| it.is_ascii_digit());
        digits.then(|| first.parse::<u64>().unwrap_or(u64::MAX).min(1 << 31))
    });
    let apparent = (timing.answered_ms / 1000).saturating_sub(date(headers, timing)) * 1000;
    let delay = timing.answered_ms.saturating_sub(timing.asked_ms);
    apparent.max(stated.unwrap_or(0) * 1000 + delay)
}

#[cfg(test)]
mod tests {
    use super::super::fields::headers;
    use super::*;

    const T0: u64 = 784_111_777_000;

    fn life(profile: Profile, text: &str) -> Life {
        let timing = Timing { asked_ms: T0, answered_ms: T0 };
        Life::of(profile, StatusCode::OK, &headers(text), timing)
    }

    fn after(text: &str, seconds: u64) -> Freshness {
        life(Profile::Landing, text).freshness(T0 + seconds * 1000, None)
    }

    #[test]
    fn an_answer_is_fresh_until_its_lifetime_is_over() {
        assert_eq!(after("Cache-Control: max-age=10", 9), Freshness::Fresh { ttl: 1 });
        assert_eq!(after("Cache-Control: max-age=10", 10), Freshness::Stale { ttl: 0, grace: Grace::None });
        assert_eq!(after("Expires: Sun, 06 Nov 1994 08:50:37 GMT", 59), Freshness::Fresh { ttl: 1 });
        assert_eq!(after("Expires: 0\nCache-Control: max-age=5", 0), Freshness::Fresh { ttl: 5 });
        assert_eq!(after("Expires: soon", 0), Freshness::Stale { ttl: 0, grace: Grace::None });
        assert_eq!(after("Cache-Control: max-age=10\nAge: 8", 1), Freshness::Fresh { ttl: 1 });
        assert_eq!(
            after("Cache-Control: max-age=10\nDate: Sun, 06 Nov 1994 08:49:29 GMT", 1),
            Freshness::Fresh { ttl: 1 }
        );
        assert_eq!(after("Cache-Control: max-age=10, s-maxage=20", 15), Freshness::Fresh { ttl: 5 });
        assert_eq!(after("Cache-Control: max-age=10\nCDN-Cache-Control: max-age=30", 15), Freshness::Fresh { ttl: 15 });
        assert_eq!(
            after("Expires: Sun, 06 Nov 1994 08:50:37 GMT\nCDN-Cache-Control: stale-if-error=9", 0),
            Freshness::Stale { ttl: 0, grace: Grace::IfError }
        );
    }

    #[test]
    fn the_age_of_a_list_is_its_first_member() {
        for (age, ttl) in [("7, 0", 3), ("0, 7", 10), ("7;foo=bar", 3), ("abc", 10), ("-7", 10), ("", 10)] {
            assert_eq!(
                after(&format!("Cache-Control: max-age=10\nAge: {age}"), 0),
                Freshness::Fresh { ttl },
                "{age:?}"
            );
        }
    }

    #[test]
    fn stale_answers_have_two_windows() {
        let text = "Cache-Control: max-age=10, stale-while-revalidate=20, stale-if-error=60";
        assert_eq!(after(text, 29), Freshness::Stale { ttl: -19, grace: Grace::WhileRevalidate });
        assert_eq!(after(text, 30), Freshness::Stale { ttl: -20, grace: Grace::IfError });
        assert_eq!(after(text, 70), Freshness::Stale { ttl: -60, grace: Grace::None });
    }

    #[test]
    fn four_directives_forbid_every_stale_answer() {
        for word in ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=10"] {
            let text = format!("Cache-Control: max-age=10, stale-while-revalidate=20, stale-if-error=60, {word}");
            assert_eq!(after(&text, 15), Freshness::Stale { ttl: -5, grace: Grace::None }, "{word}");
        }
    }

    #[test]
    fn a_soft_purge_makes_it_stale_from_then_on() {
        let life = life(Profile::Landing, "Cache-Control: max-age=1000, stale-while-revalidate=20");
        let purged = Some(T0 + 5_000);
        let stale = |ttl, grace| Freshness::Stale { ttl, grace };
        assert_eq!(life.freshness(T0 + 6_000, purged), stale(-1, Grace::WhileRevalidate));
        assert_eq!(life.freshness(T0 + 25_000, purged), stale(-20, Grace::None));
    }

    #[test]
    fn only_the_plain_profile_guesses() {
        let text = "Last-Modified: Sun, 06 Nov 1994 08:32:57 GMT";
        assert_eq!(life(Profile::Rfc, text).lifetime, 100);
        assert_eq!(life(Profile::Landing, text).lifetime, 0);
    }

    #[test]
    fn a_request_may_refuse_what_is_fresh_and_take_what_is_stale() {
        let life = life(Profile::Rfc, "Cache-Control: max-age=10");
        let at = |seconds: u64, text: &str| {
            life.freshness_for(T0 + seconds * 1000, None, &RequestControl::of_request(&headers(text)))
        };
        let refused = Freshness::Stale { ttl: 0, grace: Grace::None };
        assert_eq!(at(1, "Cache-Control: no-cache"), refused);
        assert_eq!(at(3, "Cache-Control: max-age=2"), refused);
        assert_eq!(at(3, "Cache-Control: min-fresh=8"), refused);
        assert_eq!(at(3, "Cache-Control: min-fresh=7"), Freshness::Fresh { ttl: 7 });
        assert_eq!(at(30, "Cache-Control: max-stale=60"), Freshness::Fresh { ttl: -20 });
    }
}
