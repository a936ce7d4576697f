//! The cases of `tests/cases/verify`: one disturbance of a faultless edge each, what was asked, what came back, and what
//! the check finds. `LANDING_UPDATE=1` writes what came out into the files; read the difference before committing it.
//!
//! A case: a comment, `check NAME`, optional lines (`base`, `now`, `event`, `focus`, `waive`, `allow HOST`, `resolver`, `origin`, `purge nowhere|WHY NOT`,
//! `witness nowhere|COUNTED of which USUAL|WHY NOT`), what is
//! seen (`names HOST [RESOLVER]`, `shake OFFER`, `h3 UDP-PORT`, as `sight` below reads them), then disturbances:
//! `when METHOD TARGET [CODING] [ROUND]` (each `*` for any, a target may end in `*`; `has NAME` or `has NAME=VALUE` for a request field, `at ADDRESS`) with
//! indented directives below it. After `---` stands what the test writes.

use crate::verify_edge::{Edge, code, key};
use bytes::Bytes;
use landing::model::{
    Answer, Ask, CheckSettings, Event, Finding, Handshake, Look, Names, Observation, Offer, Sight, UrlPath, Verdict,
    Waiver, Witnessed,
};
use landing::verify::{self, Check, Observations, Subject};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One case, read.
struct Case {
    check: &'static dyn Check,
    base: String,
    now: jiff::Timestamp,
    event: Event,
    focus: Option<BTreeSet<UrlPath>>,
    settings: CheckSettings,
    origin: Option<String>,
    sights: Vec<(String, Sight)>,
    purge: Option<Result<(), String>>,
    witness: Option<Result<Witnessed, String>>,
    disturbances: Vec<Disturbance>,
}

struct Disturbance {
    method: String,
    target: String,
    coding: String,
    round: String,
    has: Option<String>,
    at: Option<String>,
    does: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/verify")
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|it| it.is_file()).collect();
    files.sort();
    files
}

fn all() -> impl Iterator<Item = &'static &'static dyn Check> {
    verify::ALL.iter().chain(verify::DRILLS).chain(verify::WITNESSED)
}

fn check_named(name: &str) -> &'static dyn Check {
    *all().find(|check| check.name() == name).unwrap_or_else(|| panic!("no check `{name}`"))
}

fn read(text: &str) -> Case {
    let mut case = Case {
        check: verify::ALL[0],
        base: "http://127.0.0.1:8788".to_owned(),
        now: "2026-11-20T12:00:00Z".parse().unwrap(),
        event: Event::default(),
        focus: None,
        settings: CheckSettings::default(),
        origin: None,
        sights: Vec::new(),
        purge: Some(Ok(())),
        witness: Some(Ok(Witnessed { by: "the origin".to_owned(), counted: 0, usual: 0 })),
        disturbances: Vec::new(),
    };
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" => case.disturbances.last_mut().expect("a directive below `when`").does.push(rest.trim().to_owned()),
            "check" => case.check = check_named(rest),
            "base" => rest.clone_into(&mut case.base),
            "now" => case.now = rest.parse().unwrap(),
            "event" => {
                let (starts, ends) = rest.split_once(" to ").unwrap();
                case.event =
                    Event { starts: Some(starts.parse().unwrap()), ends: Some(ends.parse().unwrap()), visitors: None };
            }
            "focus" => case.focus = Some(rest.split(' ').map(|url| UrlPath::parse(url).unwrap()).collect()),
            "waive" => {
                let (what, reason) = rest.split_once(" because ").unwrap();
                let (check, url) =
                    what.split_once(' ').map_or((what, None), |(check, url)| (check, Some(url.to_owned())));
                let (reason, unknown) =
                    reason.strip_suffix(" unknown=true").map_or((reason, false), |reason| (reason, true));
                let (reason, until) = match reason.split_once(" until=") {
                    Some((reason, until)) => (reason, Some(until.parse().unwrap())),
                    None => (reason, None),
                };
                let (check, reason) = (check.to_owned(), reason.to_owned());
                case.settings.waivers.push(Waiver { check, url, reason, who: None, until, unknown });
            }
            "allow" => case.settings.third_parties.push(rest.to_owned()),
            "resolver" => case.settings.resolvers.push(rest.parse().unwrap()),
            "origin" => case.origin = Some(rest.to_owned()),
            "names" | "shake" | "h3" => {
                let (of, seen) = line.split_once(": ").unwrap();
                case.sights.push((of.to_owned(), sight(seen)));
            }
            "witness" if rest == "nowhere" => case.witness = None,
            "witness" => case.witness = Some(counted(rest)),
            "purge" if rest == "nowhere" => case.purge = None,
            "purge" => case.purge = Some(Err(rest.to_owned())),
            "when" => case.disturbances.push(when(rest)),
            _ => panic!("`{line}` is no line of a case"),
        }
    }
    case
}

/// `untried`, `refused WHY`, `nothing WHY`, an answer (`200 of KEY` or `200 BODY`, without a coding), a handshake (`TLS 1.3 h2 until TIME`, `TLS 1.3 h2 fault WHY`), or names: addresses, `ttl=300`, `cname=x`,
/// `caa=y`, in any order.
fn sight(seen: &str) -> Sight {
    let (word, rest) = seen.split_once(' ').unwrap_or((seen, ""));
    match word {
        "refused" => Sight::Refused(rest.to_owned()),
        "nothing" => Sight::Nothing(rest.to_owned()),
        "untried" => Sight::Untried,
        "TLS" => {
            let mut words = rest.splitn(4, ' ');
            let version = match words.next().unwrap() {
                "1.3" => "TLS 1.3",
                "1.2" => "TLS 1.2",
                "1.1" => "TLS 1.1",
                _ => "TLS 1.0",
            };
            let protocol = words.next().filter(|it| *it != "-").map(str::to_owned);
            let (fault, expires) = match (words.next(), words.next()) {
                (Some("until"), Some(time)) => (None, Some(time.parse().unwrap())),
                (Some("fault"), why) => (why.map(str::to_owned), None),
                _ => (None, None),
            };
            Sight::Handshake(Handshake { version, protocol, fault, expires })
        }
        status if status.parse::<u16>().is_ok() => {
            let status = status.parse().unwrap();
            let mut answer =
                Answer { status, headers: Vec::new(), body: Bytes::new(), cut: false, at_ms: 0, took_ms: 0 };
            body(&Edge::site(), &mut answer, rest);
            Sight::Answered(answer)
        }
        _ => {
            let mut names = Names { ttl_s: 300, ..Names::default() };
            for word in seen.split_whitespace() {
                match word.split_once('=') {
                    Some(("ttl", ttl)) => names.ttl_s = ttl.parse().unwrap(),
                    Some(("cname", to)) => names.aliases.push(to.to_owned()),
                    Some(("caa", who)) => names.issuers.push(who.to_owned()),
                    Some(_) => panic!("`{word}` is nothing that is seen"),
                    None if word == "none" => {}
                    None => names.addresses.push(word.parse().unwrap()),
                }
            }
            Sight::Names(names)
        }
    }
}

/// What a faultless host shows: both kinds of address, TLS 1.3 and 1.2, the same page over HTTP/3.
pub(crate) fn faultless(look: &Look) -> Sight {
    sight(match look {
        Look::Names { host, .. } if host == "www.example.fr" => {
            "192.0.2.1 2001:db8::1 cname=edge.example.net caa=letsencrypt.org"
        }
        Look::Names { .. } => "192.0.2.1 2001:db8::1",
        Look::Handshake { offer: Offer::Modern, .. } => "TLS 1.3 h2 until 2027-11-20T12:00:00Z",
        Look::Handshake { offer: Offer::Older, .. } => "TLS 1.2 h2 until 2027-11-20T12:00:00Z",
        Look::Handshake { offer: Offer::Ancient, .. } => "refused an alert",
        Look::Http3 { ask, .. } => return Sight::Answered(Edge::site().answer(ask)),
    })
}

fn named(look: &Look) -> String {
    match look {
        Look::Names { host, resolver: None } => format!("names {host}"),
        Look::Names { host, resolver: Some(resolver) } => format!("names {host} {resolver}"),
        Look::Handshake { offer, .. } => format!("shake {offer:?}"),
        Look::Http3 { udp, .. } => format!("h3 {udp}"),
    }
}

fn when(rest: &str) -> Disturbance {
    let (rest, at) = rest.split_once(" at ").map_or((rest, None), |(rest, at)| (rest, Some(at.to_owned())));
    let (rest, has) = rest.split_once(" has ").map_or((rest, None), |(rest, name)| (rest, Some(name.to_owned())));
    let mut words = rest.split(' ').map(str::to_owned);
    let mut next = || words.next().unwrap_or_else(|| "*".to_owned());
    Disturbance { method: next(), target: next(), coding: next(), round: next(), has, at, does: Vec::new() }
}

impl Disturbance {
    fn is_about(&self, ask: &Ask) -> bool {
        let coding = ask.headers.get("accept-encoding").map_or("none", String::as_str);
        let target = match self.target.strip_suffix('*') {
            Some(start) => ask.target.starts_with(start),
            None => ask.target == self.target,
        };
        let any = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        target
            && any(&self.method, ask.method)
            && self.at.as_ref().is_none_or(|at| ask.at.is_some_and(|it| it.to_string() == *at))
            && any(&self.coding, coding)
            && any(&self.round, &ask.round.to_string())
            && self.has.as_ref().is_none_or(|field| match field.split_once('=') {
                Some((name, value)) => ask.headers.get(name).is_some_and(|it| it == value),
                None => ask.headers.contains_key(field.as_str()),
            })
    }

    fn disturb(&self, edge: &Edge, ask: &Ask, answer: &mut Answer) -> Option<Observation> {
        for directive in &self.does {
            let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
            match word {
                "status" => answer.status = rest.parse().unwrap(),
                "-" => answer.headers.retain(|(name, _)| name != rest),
                "+" => answer.headers.push(field(rest)),
                "unreachable" => return Some(Observation::Unreachable(rest.to_owned())),
                "took" => answer.took_ms = rest.parse().unwrap(),
                "body" if rest == "numbered" => answer.body = Bytes::from(ask.headers["x-landing-visitor"].clone()),
                "later" => answer.at_ms += rest.parse::<u64>().unwrap(),
                "body" => body(edge, answer, rest),
                _ => {
                    let (name, value) = field(directive);
                    answer.headers.retain(|(it, _)| *it != name);
                    answer.headers.push((name, value));
                }
            }
        }
        None
    }
}

fn field(line: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("`{line}` is no field"));
    (name.to_owned(), value.trim().to_owned())
}

/// `COUNTED of which USUAL`, or why nobody knows.
fn counted(told: &str) -> Result<Witnessed, String> {
    let of = |(counted, usual): (&str, &str)| Some((counted.parse().ok()?, usual.parse().ok()?));
    let (counted, usual) = told.split_once(" of which ").and_then(of).ok_or_else(|| told.to_owned())?;
    Ok(Witnessed { by: "the origin".to_owned(), counted, usual })
}

/// `body of KEY`, `body bomb CODING`, `body half`, `body parts`, `body long`, `body empty`, `body cut`, or its text.
fn body(edge: &Edge, answer: &mut Answer, what: &str) {
    let coding = answer.header("content-encoding").unwrap_or_default();
    answer.body = match what.split_once(' ').unwrap_or((what, "")) {
        ("of", other) => Bytes::from(code(&coding, &edge.files[&key(other)])),
        ("bomb", _) => Bytes::from(code(&coding, &vec![0; 30_000_000])),
        ("long", _) => Bytes::from(vec![b'x'; 20_000]),
        ("parts", _) => {
            let page = &edge.files[&key("index.html")];
            let part = |start: usize| {
                let place = format!("--X\r\nContent-Range: bytes {start}-{}/{}\r\n\r\n", start + 9, page.len());
                [place.as_bytes(), &page[start..start + 10], b"\r\n"].concat()
            };
            Bytes::from([part(0), part(page.len() - 10), b"--X--\r\n".to_vec()].concat())
        }
        ("half", _) => answer.body.slice(..answer.body.len() / 2),
        ("empty", _) => Bytes::new(),
        ("cut", _) => {
            answer.cut = true;
            answer.body.clone()
        }
        _ => Bytes::from(code(&coding, what.as_bytes())),
    };
}

impl Case {
    fn run(&self) -> (Observations, Vec<Finding>) {
        let edge = Edge::site();
        let subject = Subject {
            release: &edge.release,
            base: &self.base,
            event: &self.event,
            now: self.now,
            check: &self.settings,
            origin: self.origin.as_deref(),
            focus: self.focus.as_ref(),
            foreign: None,
            canary: Some("/.well-known/landing-canary"),
            switches: &[],
        };
        let answer = |ask: Ask| {
            let mut answer = edge.answer(&ask);
            let about = self.disturbances.iter().filter(|it| it.is_about(&ask));
            let silent = about.filter_map(|it| it.disturb(&edge, &ask, &mut answer)).last();
            (ask, silent.unwrap_or(Observation::Answered(answer)))
        };
        let checks = [self.check];
        let mut seen: Observations = verify::questions(&subject, &checks).into_iter().map(answer).collect();
        let sight = |look: &Look| {
            let other = self.sights.iter().find(|(of, _)| *of == named(look));
            other.map_or_else(|| faultless(look), |(_, sight)| sight.clone())
        };
        for look in verify::looks(&subject, &checks) {
            let sight = sight(&look);
            seen.see(look, sight);
        }
        for url in verify::purges(&subject, &checks) {
            if let Some(said) = &self.purge {
                seen.note_purge(url, said.clone());
            }
        }
        for look in verify::later_looks(&subject, &checks, &seen) {
            let sight = sight(&look);
            seen.see(look, sight);
        }
        let more: Vec<_> = verify::follow_ups(&subject, &checks, &seen).into_iter().map(answer).collect();
        seen.extend(more);
        let visits: Vec<_> = verify::visits(&subject, &checks).into_iter().map(answer).collect();
        if let Some(told) = self.witness.clone().filter(|_| !visits.is_empty()) {
            seen.extend(visits);
            seen.note_witness(told);
        }
        let report = verify::judge(&subject, &checks, &seen);
        (seen, report.findings)
    }
}

/// No more questions are written down.
const MOST: usize = 40;

/// What the test writes below `---`: a faultless run whole, of a disturbed one what was disturbed and what was found.
fn written(case: &Case, seen: &Observations, findings: &[Finding]) -> String {
    let disturbed = |ask: &Ask| case.disturbances.is_empty() || case.disturbances.iter().any(|it| it.is_about(ask));
    let whole = findings.iter().all(|finding| finding.verdict == Verdict::Pass);
    let mut out = format!("asked {}\n", seen.len());
    let told: Vec<_> = seen.iter().filter(|(ask, _)| disturbed(ask)).collect();
    let many = told.len().saturating_sub(MOST);
    for (ask, observation) in told.into_iter().take(MOST) {
        let fields: Vec<String> = ask.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let fields = if fields.is_empty() { String::new() } else { format!(" ({})", fields.join(", ")) };
        let at = ask.at.map_or(String::new(), |it| format!(" at {it}"));
        writeln!(out, "  {} {} {}{at}{fields} -> {}", ask.round, ask.method, ask.target, answered(observation))
            .unwrap();
    }
    if many > 0 {
        writeln!(out, "  and {many} more").unwrap();
    }
    out.push_str("found\n");
    let passes = findings.iter().filter(|finding| finding.verdict == Verdict::Pass).count();
    for finding in findings.iter().filter(|finding| whole || finding.verdict != Verdict::Pass) {
        writeln!(out, "  {} {}\n    {}", finding.verdict.name(), finding.url, finding.told()).unwrap();
        if !finding.remedy.is_empty() {
            writeln!(out, "    remedy: {}", finding.remedy).unwrap();
        }
    }
    if !whole && passes > 0 {
        writeln!(out, "  and {passes} pass").unwrap();
    }
    out
}

fn answered(observation: &Observation) -> String {
    match observation {
        Observation::Unreachable(why) => format!("nothing: {why}"),
        Observation::Answered(answer) => {
            let shown = ["content-encoding", "location", "cache-status"];
            let fields = shown.iter().filter_map(|name| answer.header(name));
            [answer.status.to_string()].into_iter().chain(fields).collect::<Vec<_>>().join(", ")
        }
    }
}

#[test]
fn each_case_finds_what_it_says() {
    let update = std::env::var_os("LANDING_UPDATE").is_some();
    let mut wrong = Vec::new();
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let (input, expected) = text.split_once("---\n").unwrap_or((&text, ""));
        let case = read(input);
        let (seen, findings) = case.run();
        let found = written(&case, &seen, &findings);
        if found != expected && update {
            std::fs::write(&file, format!("{input}---\n{found}")).unwrap();
        } else if found != expected {
            wrong.push(format!("{}\n{}", file.display(), first_difference(expected, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}\nLANDING_UPDATE=1 writes what came out", wrong.join("\n\n"));
}

fn first_difference(expected: &str, found: &str) -> String {
    let lines = expected.lines().map(Some).chain(std::iter::repeat(None));
    let found = found.lines().map(Some).chain(std::iter::repeat(None));
    let (expected, found) = lines.zip(found).find(|(a, b)| a != b || a.is_none()).unwrap();
    format!("  expected: {}\n  found:    {}", expected.unwrap_or("the end"), found.unwrap_or("the end"))
}

#[test]
fn every_check_has_a_case_that_passes_one_that_fails_and_one_of_which_nothing_is_known() {
    let mut seen: BTreeMap<&str, BTreeSet<Verdict>> = BTreeMap::new();
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let case = read(text.split("---\n").next().unwrap());
        let (_, findings) = case.run();
        let seen = seen.entry(case.check.name()).or_default();
        seen.insert(findings.iter().map(|finding| finding.verdict).max().unwrap());
        // What fails outweighs what is unknown beside it.
        seen.extend(findings.iter().map(|it| it.verdict).filter(|it| *it == Verdict::Unknown));
    }
    for check in all() {
        let of = seen.get(check.name()).cloned().unwrap_or_default();
        assert!(of.contains(&Verdict::Pass), "add tests/cases/verify/{}-pass.txt: `check {0}`", check.name());
        let bad = of.contains(&Verdict::Fail) || of.contains(&Verdict::Warn);
        assert!(bad, "add tests/cases/verify/{}-fail.txt: `check {0}` and a disturbance", check.name());
        // That nobody answers is what the one complains about, and what the other wants.
        let silence = matches!(check.name(), "reachable" | "origin-hidden");
        let unknown = of.contains(&Verdict::Unknown) || silence;
        assert!(
            unknown,
            "add tests/cases/verify/{}-unknown.txt: `check {0}`, and no answer or no signal",
            check.name()
        );
    }
}

#[test]
fn the_guide_names_every_check_with_its_sentence() {
    let guide = include_str!("../../docs/verify.md");
    for check in all() {
        let line = format!("| `{}` | {}", check.name(), check.title());
        assert!(guide.contains(&line), "docs/verify.md lacks: {line}");
    }
}
