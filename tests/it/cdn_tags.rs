//! Cache tags stand in the fields in which the CDNs of an environment look for them, and none is sent that one of them would miss.

use crate::project::{Project, Said, free_port};
use serde_json::Value;

/// A project whose environment `p` has these CDNs in front of a folder that our own origin serves.
fn project(further: &str, cdns: &[&str]) -> Project {
    let project = Project::new();
    project.write("token", "s3cr3t-purge");
    let cdn = |lines: &&str| format!("[[env.p.cdn]]\ntoken = {{ file = \"token\" }}\n{lines}\n");
    let cdns = cdns.iter().map(cdn).collect::<Vec<_>>().concat();
    let at = free_port();
    let environment = format!("\n{further}\n[env.p]\nurl = \"http://127.0.0.1:{at}\"\nstore = \"dir:out\"\n{cdns}");
    let config = project.read("site/landing.toml");
    project.write("site/landing.toml", &(config + &environment));
    project
}

fn varnish() -> String {
    format!("provider = \"varnish\"\nnodes = [\"http://127.0.0.1:{}\"]", free_port())
}

const FASTLY: &str = "provider = \"fastly\"\nservice = \"S\"";
const KEYCDN: &str = "provider = \"keycdn\"\nzone = \"1\"";

/// The manifest that a deploy left in the store.
fn manifest(project: &Project) -> Value {
    let folder = std::fs::read_dir(project.path("out/.landing/releases")).unwrap();
    let file = folder.map(|entry| entry.unwrap().path()).find(|path| path.is_file()).unwrap();
    let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    serde_json::from_str(&text[text.find("{\"format\"").unwrap()..]).unwrap()
}

fn complaint(said: &Said) -> String {
    said.events.iter().map(Value::to_string).collect()
}

#[test]
fn every_tag_stands_where_each_cdn_of_the_environment_looks_for_it() {
    let project = project("[headers]\ncache-tag = \"tv, fr\"", &[&varnish(), FASTLY]);
    let said = project.run(&["deploy", "p"]);
    assert!(complaint(&said).to_lowercase().contains("owed"), "no node listens: {:#?}", said.events);
    let release = manifest(&project);
    let headers = &release["entries"]["404.html"]["headers"];
    assert_eq!(headers["cache-tag"], "tv, fr, error");
    assert_eq!((&headers["xkey"], &headers["surrogate-key"]), (&"tv fr error".into(), &"tv fr error".into()));
    assert_eq!(release["redirect_headers"]["surrogate-key"], "tv fr redirect");
    assert_eq!(release["entries"]["index.html"]["headers"]["surrogate-key"], "tv fr");
    assert_eq!(headers["edge-cache-tag"], Value::Null, "nobody looks there");
}

#[test]
fn a_tag_that_a_cdn_would_miss_is_refused_before_anything_is_published() {
    let long = format!("cache-tag = \"{}\"", "x".repeat(1_025));
    for (headers, cdn, says) in [
        ("cache-tag = \"fr\"", KEYCDN, "`cache-tag` would hold 2 tags in one answer, of which it takes 1"),
        (&long, FASTLY, "`surrogate-key` would hold a tag of 1025 bytes, of which it takes 1 to 1024"),
    ] {
        let project = project(&format!("[headers]\n{headers}"), &[cdn]);
        let said = project.run(&["deploy", "p"]);
        assert_eq!(said.exit, 2, "{:#?}", said.events);
        assert!(complaint(&said).contains(says), "{:#?}", said.events);
        assert!(
            !project.path("out/index.html").exists() && !project.path("out/.landing").exists(),
            "something is there"
        );
    }
    // One that it takes is no matter.
    let project = project("", &[KEYCDN]);
    let calls = project.done(&["plan", "p"])["calls"].to_string();
    assert!(!calls.contains("tags_copied"), "{calls}");
}

/// The same with a broadcast that begins and ends so many minutes from now.
fn on_air(widen: &str, minutes: [i64; 2]) -> Project {
    let node = format!("provider = \"trafficserver\"\nnodes = [\"http://127.0.0.1:{}\"]", free_port());
    let now = jiff::Timestamp::now().as_second();
    let [starts, ends] = minutes.map(|it| jiff::Timestamp::from_second(now + 60 * it).unwrap());
    let project = project(&format!("[event]\nstarts = {starts}\nends = {ends}"), &[&node]);
    let store = "store = \"dir:out\"\n";
    project.replace("site/landing.toml", store, &format!("{store}purge = {{ widen = \"{widen}\" }}\n"));
    project
}

/// The first release has an error page, and this CDN cannot be told of tags: it forgets everything where it may.
#[test]
fn a_purge_that_reaches_further_than_what_changed_is_a_warning_while_the_broadcast_is_on_air_or_about_to_be() {
    for (widen, minutes, says) in [
        ("everything", [-10, 50], "the broadcast is on air, until"),
        ("everything", [30, 90], "the broadcast begins at"),
        ("everything", [300, 360], ""),
        ("everything", [-300, -10], ""),
        ("never", [-10, 50], ""),
    ] {
        let warnings = on_air(widen, minutes).done(&["plan", "p"])["warnings"].to_string();
        assert_eq!(warnings.contains("would forget everything"), !says.is_empty(), "{widen} {minutes:?}: {warnings}");
        assert!(warnings.contains(says), "{widen} {minutes:?}: {warnings}");
    }
    let project = on_air("everything", [-10, 50]);
    let told = |args: &[&str]| {
        let said = project.run(args);
        let of = |event: &&Value| event["code"] == "wide-purge" && event["event"] == "warning";
        said.events.iter().find(of).unwrap_or_else(|| panic!("{args:?}: {:#?}", said.events)).to_string()
    };
    assert!(told(&["deploy", "p"]).contains("every point of presence then asks the origin again"));
    // What these purge is known when they do it.
    for args in [&["mode", "p", "degraded"][..], &["purge", "p", "--changed"]] {
        let said = project.run(args);
        assert!(complaint(&said).contains("would forget everything"), "{args:?}: {:#?}", said.events);
    }
    assert!(told(&["purge", "p", "--everything", "--yes"]).contains("landing purge p --url"));
}
