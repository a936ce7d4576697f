//! The report of `landing verify` in every form, as the files of tests/cases/reports. `LANDING_UPDATE=1` writes them; read the
//! difference before committing it.
//!
//! One report holds everything that a report can hold, said by a server that tries to break out of each form; one is all well.

use crate::project::Project;
use landing::cli::report::verify::{self, Cover};
use landing::model::{
    Bound, Digest, Event, Finding, Report, Tally, Times, Traffic, Verdict, Waived, Waiver, WaiverState, Witnessed,
};
use std::path::Path;

const URL: &str = "https://www.example.com";

/// What a server says that wants to be more than text: markup, links, mentions, ends of lines, a terminal's commands.
pub(crate) const HOSTILE: &str = "\"'><script>alert(1)</script><img src=http://evil.example/x> ]]> `` ` [a](http://evil.example) \
     @everyone #1 **bold** %0A::error::x\n::error::y\u{1b}[2J\u{0}\u{202e}";

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn event() -> Event {
    Event {
        starts: Some(at("2026-11-23T19:50:00Z")),
        ends: Some(at("2026-11-23T21:00:00Z")),
        visitors: Some(3_000_000),
    }
}

fn cover(event: &Event) -> Cover<'_> {
    let release = Some(Digest::of(b"release"));
    Cover { url: URL, environment: Some("production"), release, event, at: at("2026-11-20T12:00:00Z") }
}

fn finding(check: &'static str, path: &str, verdict: Verdict, seen: &str, remedy: &str) -> Finding {
    Finding::new(check, format!("{URL}{path}"), verdict, seen).remedy(remedy)
}

/// Answers in the classes of a run that was mostly answered by the edge.
fn traffic(edge: &[u32], origin: &[u32], warm: Tally) -> Traffic {
    let bounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000].map(Some).into_iter().chain([None]);
    let of = |counts: &[u32], idx: usize| counts.get(idx).copied().unwrap_or(0);
    let times = bounds.enumerate().map(|(idx, up_to_ms)| {
        let answers = Tally { edge: of(edge, idx), origin: of(origin, idx), unknown: 0 };
        Times { up_to_ms, answers }
    });
    let times: Vec<Times> = times.collect();
    let asked = times.iter().map(|it| it.answers.total()).sum();
    Traffic { asked, silent: 0, warm, times, median_ms: Some(17), p95_ms: Some(180) }
}

/// Everything that a report can hold.
pub(crate) fn trouble() -> Report {
    let waiver = Waiver {
        check: "age".into(),
        url: None,
        reason: "our nginx sends none; its log counts".into(),
        who: Some("Ali, operations".into()),
        until: Some(at("2026-12-24T00:00:00Z")),
        unknown: false,
    };
    let mut findings = vec![
        finding("reachable", "/", Verdict::Pass, "312 of 312 requests answered", ""),
        finding("bytes", "/", Verdict::Pass, "GET / -> 200", ""),
        finding(
            "bytes",
            "/legal",
            Verdict::Fail,
            &format!("GET /legal -> 200, etag: {HOSTILE}"),
            "purge this URL (`landing purge`) and look again",
        ),
    ];
    for page in 0..70 {
        let seen =
            format!("GET /page-{page} (accept-encoding: identity) -> 404, cache-status: edge; hit; 200 was released");
        findings.push(finding(
            "bytes",
            &format!("/page-{page}"),
            Verdict::Fail,
            &seen,
            "purge this URL (`landing purge`) and look again",
        ));
    }
    findings.extend([
        finding("page-hit", "/", Verdict::Unknown, "GET / (accept-encoding: br), 3rd time -> 200: no Cache-Status, no header of a known CDN and no Age above 0 says who answered", "let the CDN say it: `Cache-Status` (RFC 9211)"),
        finding("header-weight", "/", Verdict::Warn, "GET / -> 200: 3,900 bytes of header fields", "leave out what no browser reads"),
        finding("age", "/", Verdict::Fail, "GET / (accept-encoding: br), 2nd time -> 200, no age", "let the CDN send `Age`"),
        finding("vary", "/", Verdict::Warn, "GET / -> 200, vary: accept-encoding, origin", "leave `Origin` out of `Vary`"),
        finding("vary", "/a", Verdict::Pass, "GET /a -> 200", ""),
        finding("https", "", Verdict::Skipped, "`https://www.example.com` names a port of its own", ""),
    ]);
    let at = at("2026-11-20T12:00:00Z");
    for finding in &mut findings {
        let about = (finding.check == "age").then_some(&waiver);
        let told = Waiver::apply(about, finding.verdict, Some(at));
        (finding.verdict, finding.waiver) = told;
    }
    let ended = Waived {
        state: WaiverState::Ended,
        would: Verdict::Warn,
        reason: "until the CDN is set up".into(),
        who: None,
        until: Some("2026-11-01T00:00:00Z".parse().unwrap()),
    };
    findings.iter_mut().find(|it| it.check == "vary").unwrap().waiver = Some(ended);
    let warm = Tally { edge: 118, origin: 9, unknown: 3 };
    Report {
        findings,
        offload: None,
        bound: None,
        traffic: traffic(&[0, 4, 31, 80, 60, 12], &[0, 0, 0, 2, 14, 40, 52, 11, 5, 0, 1], warm),
        witness: None,
    }
}

/// All well.
pub(crate) fn sound() -> Report {
    let passes =
        ["reachable", "bytes", "bytes-per-coding", "headers", "page-hit", "every-url-hit", "cookies", "copies"];
    let mut findings: Vec<Finding> =
        passes.iter().map(|check| finding(check, "/", Verdict::Pass, "as it should be", "")).collect();
    findings.push(finding("https", "", Verdict::Skipped, "`http://127.0.0.1:8788` is plain HTTP itself", ""));
    let warm = Tally { edge: 120, origin: 0, unknown: 0 };
    Report {
        findings,
        offload: Some(1.0),
        bound: Bound::of(120, &event()),
        traffic: traffic(&[0, 4, 31, 80, 60, 12], &[0, 0, 0, 2, 14, 40], warm),
        witness: Some(Witnessed { by: "http://10.0.0.5/stub_status".into(), counted: 2, usual: 2 }),
    }
}

/// The form by the ending of its file.
fn written(ending: &str, report: &Report) -> String {
    let event = event();
    let cover = cover(&event);
    match ending {
        "txt" => verify::lines(report, 80).into_iter().map(|line| line.text + "\n").collect(),
        "json" => format!("{:#}\n", verify::json(report, &cover)),
        "xml" => verify::junit(report),
        "github.txt" => verify::github(report),
        "md" => verify::markdown(report, &cover),
        "html" => verify::html(report, &cover),
        _ => panic!("`{ending}` is no form"),
    }
}

const FORMS: &[&str] = &["txt", "json", "xml", "github.txt", "md", "html"];

#[test]
fn every_form_is_as_its_file_shows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/reports");
    let mut wrong = Vec::new();
    for (name, report) in [("trouble", trouble()), ("sound", sound())] {
        for form in FORMS {
            let file = folder.join(format!("{name}.{form}"));
            // The version stands in the page, and changes with every release of landing.
            let found = written(form, &report).replace(env!("CARGO_PKG_VERSION"), "VERSION");
            if std::env::var_os("LANDING_UPDATE").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&file, &found).unwrap();
            } else if std::fs::read_to_string(&file).unwrap_or_default() != found {
                wrong.push(format!("{name}.{form}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?} in tests/cases/reports differ: LANDING_UPDATE=1 writes what came out");
}

#[test]
fn no_form_lets_a_server_out_of_its_text() {
    let report = trouble();
    for form in FORMS {
        let text = written(form, &report);
        let bad = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2028}');
        // JSON has escapes for what steers a terminal, and is data; what the checks see is made harmless before.
        assert!(*form == "json" || !text.contains(bad), "{form} holds a character that steers");
    }
    let html = written("html", &report);
    let tree = landing::html::document(&html);
    for name in ["script", "img", "link", "iframe", "a", "base", "object"] {
        assert!(tree.find(name).is_none(), "the page has an element `{name}`");
    }
    let github = written("github.txt", &report);
    assert!(
        github.lines().all(|line| line.starts_with("::error title=")
            || line.starts_with("::warning title=")
            || line.starts_with("::notice title=")),
        "{github}"
    );
    assert!(github.contains("%250A"), "a percent sign of the server stays one");
    let mut rendered = String::new();
    let markdown = written("md", &report);
    let parts = pulldown_cmark::Parser::new(&markdown);
    pulldown_cmark::html::push_html(&mut rendered, parts);
    for broken in ["<script", "<img", "<a ", "href", "<strong>bold"] {
        assert!(!rendered.contains(broken), "{broken}: {rendered}");
    }
}

#[test]
fn what_is_waived_is_never_among_what_passed() {
    let report = trouble();
    assert!(!written("txt", &report).contains("pass     age"));
    let xml = written("xml", &report);
    let (_, age) = xml.split_once("<testcase name=\"age\"").unwrap();
    assert!(
        age.trim_start_matches(|c| c != '>').trim_start_matches('>').trim_start().starts_with("<skipped "),
        "{age}"
    );
    let html = written("html", &report);
    let (_, proven) = html.split_once("What was proven").unwrap();
    assert!(!proven.contains("<code>age</code>"), "{proven}");
    for said in ["our nginx sends none; its log counts", "Ali, operations", "2026-12-24 00:00 UTC"] {
        assert!(html.contains(said) && written("md", &report).contains(said), "{said}");
    }
}

#[test]
fn the_command_writes_each_form_where_it_is_told_to() {
    let project = Project::new();
    let _edge = project.edge();
    project.done(&["deploy"]);
    let text = |args: &[&str]| {
        let output = project.command(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for (form, begins) in [
        ("text", "pass "),
        ("terminal", "pass "),
        ("junit", "<?xml "),
        ("markdown", "## It holds."),
        ("html", "<!doctype html>"),
    ] {
        let said = text(&["verify", "--format", form]);
        assert!(said.starts_with(begins) || said.contains(&format!("\n{begins}")), "{form}: {said}");
    }
    // All is well: nothing to annotate.
    assert_eq!(text(&["verify", "--format", "github"]), "");
    let last = text(&["verify", "--format", "json"]).lines().last().unwrap().to_owned();
    let last: serde_json::Value = serde_json::from_str(&last).unwrap();
    assert_eq!((&last["schema"], &last["event"], &last["environment"]), (&1.into(), &"done".into(), &"local".into()));

    let said = text(&["verify", "-o", "report.html"]);
    assert!(said.contains("offload 100 %") && !said.contains("<!doctype"), "{said}");
    assert!(project.read("report.html").starts_with("<!doctype html>"));
    let refused = project.run(&["verify", "-o", "nowhere/report.md"]);
    assert_eq!((refused.exit, &refused.result()["code"]), (3, &"write-failed".into()));
    let refused = project.run(&["verify", "-o", "report.pdf"]);
    assert_eq!((refused.exit, &refused.result()["code"]), (2, &"usage".into()));
    let hint = refused.result()["hint"].as_str().unwrap().to_owned();
    assert!([".html", ".md", ".json", ".xml", ".txt", "--format"].iter().all(|form| hint.contains(form)), "{hint}");
    assert!(!project.path("report.pdf").exists());
    text(&["verify", "-o", "report.pdf", "--format", "html"]);
    assert!(project.read("report.pdf").starts_with("<!doctype html>"), "whoever names the form may name the file");
}
