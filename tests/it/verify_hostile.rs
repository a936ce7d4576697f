//! Whatever comes back, judging it neither panics nor shows what could steer a terminal, and a single mutation of a
//! faultless run is seen by the check that is about it.

use crate::verify_cases::faultless;
use crate::verify_edge::{Edge, code};
use bytes::Bytes;
use landing::cli::report::verify::lines;
use landing::model::{Answer, Ask, CheckSettings, Event, Observation, Report, Verdict};
use landing::verify::{self, Observations, Subject};
use proptest::prelude::*;
use std::sync::LazyLock;

static EDGE: LazyLock<Edge> = LazyLock::new(Edge::site);
static EVENT: LazyLock<Event> = LazyLock::new(|| Event {
    starts: Some("2026-11-20T19:00:00Z".parse().unwrap()),
    ends: Some("2026-11-20T21:00:00Z".parse().unwrap()),
    visitors: None,
});

/// No host is allowed, no resolver named, nothing waived.
static CHECK: CheckSettings = CheckSettings { third_parties: Vec::new(), resolvers: Vec::new(), waivers: Vec::new() };

fn subject(base: &str) -> Subject<'_> {
    let now = "2026-11-20T12:00:00Z".parse().unwrap();
    Subject {
        release: &EDGE.release,
        base,
        event: &EVENT,
        now,
        check: &CHECK,
        origin: None,
        focus: None,
        foreign: None,
        canary: None,
        switches: &[],
    }
}

/// All checks over a run in which `change` has its way with every answer.
fn run(base: &str, mut change: impl FnMut(&Ask, Answer) -> Observation) -> Report {
    let subject = subject(base);
    let mut answer = |ask: Ask| {
        let observation = change(&ask, EDGE.answer(&ask));
        (ask, observation)
    };
    let mut seen: Observations = verify::questions(&subject, verify::ALL).into_iter().map(&mut answer).collect();
    for look in verify::looks(&subject, verify::ALL) {
        let sight = faultless(&look);
        seen.see(look, sight);
    }
    let more: Vec<_> = verify::follow_ups(&subject, verify::ALL, &seen).into_iter().map(&mut answer).collect();
    seen.extend(more);
    verify::judge(&subject, verify::ALL, &seen)
}

#[test]
fn a_faultless_edge_passes_every_check_and_needs_no_origin_when_warm() {
    for base in ["https://www.example.fr", "http://127.0.0.1:8788"] {
        let report = run(base, |_, answer| Observation::Answered(answer));
        let wrong: Vec<_> = report.findings.iter().filter(|it| it.verdict > Verdict::Skipped).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(report.offload, Some(1.0));
        assert_eq!(report.verdict(), Verdict::Pass);
        let skipped = report.findings.iter().filter(|it| it.verdict == Verdict::Skipped).count();
        // No origin is configured; plain HTTP on this machine has neither a name nor a certificate.
        assert_eq!(skipped, if base.starts_with("http:") { 8 } else { 1 });
    }
}

#[test]
fn a_dead_host_fails_one_check_and_leaves_the_others_unknown() {
    let report = run("https://www.example.fr", |_, _| Observation::Unreachable("connection refused".to_owned()));
    let failed: Vec<_> = report.findings.iter().filter(|it| it.verdict == Verdict::Fail).map(|it| it.check).collect();
    assert_eq!(failed, ["reachable"]);
    let speaking: std::collections::BTreeSet<_> = report.findings.iter().map(|it| it.check).collect();
    assert_eq!(speaking.len(), verify::ALL.len());
    assert_eq!(report.offload, None);
}

#[test]
fn a_remedy_names_the_switch_of_the_cdn_in_front() {
    let switches = landing::cdn::switches("nginx", "production");
    let subject = Subject { switches: &switches, ..subject("https://www.example.fr") };
    let answer = |ask: Ask| {
        let mut answer = EDGE.answer(&ask);
        if ask.target.contains("utm_") {
            set(&mut answer, "cache-status", "edge; fwd=uri-miss");
        }
        (ask, Observation::Answered(answer))
    };
    let seen: Observations = verify::questions(&subject, verify::ALL).into_iter().map(answer).collect();
    let report = verify::judge(&subject, verify::ALL, &seen);
    let remedy = |check: &str| report.findings.iter().filter(|it| it.check == check).map(|it| it.remedy.clone()).max();
    assert!(remedy("tracking-parameters").unwrap().ends_with("; nginx: `proxy_cache_key $host$uri;`"), "{report:?}");
    assert_eq!(remedy("page-hit").as_deref(), Some(""), "what is right needs no remedy");
    for (check, _) in &switches {
        assert!(verify::title(check).is_some(), "there is no check `{check}`");
    }
    for (check, _) in [landing::cdn::switches("varnish", ""), landing::cdn::switches("fastly", "")].concat() {
        assert!(verify::title(check).is_some(), "there is no check `{check}`");
    }
}

#[test]
fn offload_is_unknown_when_one_warm_answer_does_not_tell() {
    let quiet = |answer: &mut Answer| answer.headers.retain(|(name, _)| name != "cache-status" && name != "age");
    let report = run("https://www.example.fr", |ask, mut answer| {
        if ask.target == "/legal" && ask.round == 1 {
            quiet(&mut answer);
        }
        Observation::Answered(answer)
    });
    assert_eq!(report.offload, None);
    assert_eq!(report.verdict(), Verdict::Unknown);
}

/// Two megabytes of nothing, as Brotli and as gzip.
static BOMBS: LazyLock<(Bytes, Bytes)> = LazyLock::new(|| {
    let nothing = vec![0; 2_000_000];
    (Bytes::from(code("br", &nothing)), Bytes::from(code("gzip", &nothing)))
});

type Mutation = (&'static str, fn(&mut Answer));

/// What can be wrong about an answer, and the check that must say so when every answer is.
const MUTATIONS: &[Mutation] = &[
    ("bytes", |answer| answer.body = Bytes::from_static(b"another page")),
    ("bytes-per-coding", |answer| answer.body = answer.body.slice(..answer.body.len() / 2)),
    ("bytes-per-coding", |answer| {
        let coding = answer.header("content-encoding").unwrap_or_default();
        answer.body = if coding == "br" { BOMBS.0.clone() } else { BOMBS.1.clone() };
    }),
    ("set-cookie", |answer| set(answer, "set-cookie", "id=1; path=/")),
    ("not-found", |answer| set(answer, "cache-control", "public, max-age=31536000, immutable")),
    ("vary", |answer| answer.headers.retain(|(name, _)| name != "vary")),
    ("etag-per-coding", |answer| set(answer, "etag", "\"same\"")),
    ("age", |answer| answer.headers.retain(|(name, _)| name != "age")),
    ("headers", |answer| set(answer, "cache-control", &"\u{fffd}".repeat(40))),
    ("headers", |answer| set(answer, "cache-control", &"x".repeat(1_000_000))),
    ("content-type", |answer| set(answer, "content-type", "\u{fffd}/\u{1b}[31m")),
    ("page-hit", |answer| set(answer, "cache-status", "edge; fwd=miss")),
    ("bytes", |answer| answer.status = 999),
    ("bytes", |answer| answer.status = 0),
    ("printed-forms", |answer| {
        answer.status = 302;
        set(answer, "location", "//[::bad/\u{fffd}");
    }),
];

fn set(answer: &mut Answer, name: &str, value: &str) {
    answer.headers.retain(|(it, _)| it != name);
    answer.headers.push((name.to_owned(), value.to_owned()));
}

#[test]
fn each_mutation_is_seen_by_the_check_that_is_about_it() {
    for (idx, (check, mutate)) in MUTATIONS.iter().enumerate() {
        let report = run("https://www.example.fr", |_, mut answer| {
            mutate(&mut answer);
            Observation::Answered(answer)
        });
        let seen =
            report.findings.iter().any(|it| it.check == *check && matches!(it.verdict, Verdict::Fail | Verdict::Warn));
        assert!(seen, "mutation {idx}, `{check}`");
        assert_is_showable(&report);
    }
}

#[track_caller]
fn assert_is_showable(report: &Report) {
    for finding in &report.findings {
        for text in [&finding.seen, &finding.url, &finding.remedy] {
            assert!(!text.chars().any(char::is_control), "{text:?}");
            assert!(text.len() < 5_000, "{} bytes in `{}`", text.len(), finding.check);
        }
    }
    assert!(lines(report, 80).iter().all(|line| !line.text.chars().any(char::is_control)));
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,60}",
        "(public, |private, |max-age=|s-maxage=|immutable, |[0-9]{1,25}|\"|;|=|,){0,12}",
        "(edge; |hit|; |fwd=|\"x\"|,|\\(|ttl=[-0-9]{1,20}){0,8}",
        "(W/)?\"?[a-z\"]{0,6}\"?",
        "(https?:)?/{0,3}[a-z.:@\\[\\]%#?/\\\\]{0,20}",
        "[0-9]{0,30}",
        Just("br".to_owned()),
        Just("gzip".to_owned()),
    ]
}

fn any_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "age",
        "date",
        "etag",
        "vary",
        "location",
        "set-cookie",
        "cache-control",
        "cdn-cache-control",
        "cache-status",
        "cf-cache-status",
        "x-cache",
        "x-varnish",
        "content-type",
        "content-encoding",
        "content-length",
    ])
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let headers = prop::collection::vec((any_name(), any_value()), 0..8);
    let status = prop_oneof![Just(200), Just(304), Just(308), Just(404), any::<u16>()];
    let body = prop::collection::vec(any::<u8>(), 0..200);
    (status, headers, body, any::<bool>(), any::<u64>(), any::<u64>()).prop_map(
        |(status, headers, body, cut, at_ms, took_ms)| {
            let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            Answer { status, headers, body: Bytes::from(body), cut, at_ms, took_ms }
        },
    )
}

fn any_observation() -> impl Strategy<Value = Observation> {
    prop_oneof![
        9 => any_answer().prop_map(Observation::Answered),
        1 => any::<String>().prop_map(Observation::Unreachable),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn judging_arbitrary_observations_never_panics(
        observations in prop::collection::vec(any_observation(), 1..60),
        faultless in 0..4_usize,
    ) {
        let mut next = observations.iter().cycle();
        let mut turn = 0;
        let report = run("https://www.example.fr", |_, answer| {
            turn += 1;
            // Some answers stay as they should be, so that checks get beyond their first look.
            if turn % 4 < faultless { Observation::Answered(answer) } else { next.next().unwrap().clone() }
        });
        prop_assert!(report.findings.len() < 2_000);
        assert_is_showable(&report);
    }

    #[test]
    fn mutations_in_any_mixture_never_panic(turns in prop::collection::vec(0..MUTATIONS.len() * 2, 1..50)) {
        let mut next = turns.iter().cycle();
        let report = run("http://127.0.0.1:8788", |_, mut answer| {
            if let Some((_, mutate)) = MUTATIONS.get(*next.next().unwrap()) {
                mutate(&mut answer);
            }
            Observation::Answered(answer)
        });
        assert_is_showable(&report);
    }
}
