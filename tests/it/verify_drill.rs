//! `landing verify --drill`: held at the canary of our own origin, through the embedded edge.

use crate::project::Project;
use serde_json::Value;

const DRILLS: [&str; 5] = ["collapsing", "stale-while-revalidate", "stale-if-error", "shield", "purge-scope"];

fn verdicts(report: &Value, check: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|it| it["check"] == check);
    findings.map(|it| it["verdict"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_edge_passes_every_drill_and_none_is_held_that_nobody_asked_for() {
    let project = Project::new();
    let _edge = project.edge();
    project.done(&["deploy"]);
    let plain = project.done(&["verify"]);
    for drill in DRILLS {
        assert!(verdicts(&plain, drill).is_empty(), "{drill} was held");
    }
    // Our own edge is asked what it asked the origin.
    assert_eq!(verdicts(&plain, "origin-witness"), ["pass"], "{plain:#}");
    assert_eq!((&plain["witness"]["counted"], &plain["witness"]["usual"]), (&0.into(), &0.into()));
    let report = project.done(&["verify", "--drill"]);
    for (drill, expected) in
        DRILLS.into_iter().zip([&["pass"][..], &["pass"], &["pass", "pass"], &["skipped"], &["pass"]])
    {
        assert_eq!(verdicts(&report, drill), expected, "{drill}: {report:#}");
    }
    assert_eq!(report["offload"], 1.0, "a drill is no visitor");
}

#[test]
fn without_a_canary_a_drill_is_skipped_and_says_what_is_missing() {
    let project = Project::new();
    let _edge = project.edge();
    project.done(&["deploy"]);
    let public = format!("\n[env.public]\nurl = \"{}\"\nstore = \"dir:.landing/local\"\n", project.url(""));
    let settings = project.read("site/landing.toml");
    project.write("site/landing.toml", &format!("{settings}{public}"));
    let report = project.done(&["verify", "public", "--drill"]);
    for drill in DRILLS {
        assert_eq!(verdicts(&report, drill), ["skipped"], "{drill}");
    }
    project.write("site/landing.toml", &format!("{settings}{public}canary = \"/.well-known/landing-canary\"\n"));
    let report = project.done(&["verify", "public", "--drill"]);
    assert_eq!(verdicts(&report, "collapsing"), ["pass"]);
    project.write("site/landing.toml", &format!("{settings}{public}canary = \"nowhere\"\n"));
    let refused = project.run(&["verify", "public"]);
    assert_eq!((refused.exit, &refused.result()["code"]), (2, &"bad-value".into()));
}
