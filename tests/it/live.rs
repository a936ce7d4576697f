//! The commands for a live environment as people and scripts use them: releases, rollback, mode, freeze, log, gc, plans in files.

use crate::project::Project;
use serde_json::{Value, json};

fn did(project: &Project, command: &str, list: &str) -> Vec<String> {
    let result = project.done(&[command]);
    result[list].as_array().unwrap().iter().map(|it| it["did"].as_str().unwrap().to_owned()).collect()
}

/// A project with two releases, the second one live.
fn project() -> (Project, Value, Value) {
    let project = Project::new();
    project.write("site/closed.md", "+++\ntemplate = \"error\"\ntitle = \"Closed\"\n+++\n\nTomorrow.\n");
    let first = project.done(&["deploy"]);
    project.replace("site/index.md", "café", "thé");
    let second = project.done(&["deploy"]);
    (project, first, second)
}

#[test]
fn a_rollback_and_a_mode_answer_as_a_deploy_does_and_stand_in_releases_and_log() {
    let (project, first, second) = project();
    let back = project.done(&["rollback", "local", "--reason", "wrong drink"]);
    assert_eq!((&back["release"], &back["previous"]), (&first["release"], &second["release"]));
    assert_eq!(
        (&back["documents"], &back["purge_calls"], &back["verified"]),
        (&json!(["index.html"]), &json!(1), &json!(true))
    );
    for key in second.as_object().unwrap().keys() {
        assert!(back.get(key).is_some(), "`{key}` is missing");
    }
    let closed = project.done(&["mode", "local", "closed"]);
    assert_eq!((&closed["mode"], &closed["documents"]), (&json!("closed"), &json!(["mentions.html", "index.html"])));
    assert_eq!((&closed["verified"], &closed["purge_calls"]), (&json!(true), &json!(1)));
    assert_eq!(project.done(&["verify"])["verdict"], "pass", "what is verified is what is shown");
    let live = std::fs::read_to_string(project.path(".landing/local/index.html")).unwrap();
    assert!(live.contains("Tomorrow"));
    project.done(&["mode", "local", "normal"]);

    assert_eq!(did(&project, "releases", "releases"), ["mode", "mode", "rollback", "deploy", "deploy"]);
    let releases = project.done(&["releases"]);
    let of = |idx: usize, key: &str| releases["releases"][idx][key].clone();
    assert_eq!((of(0, "live"), of(1, "live"), of(2, "reason")), (json!(true), json!(false), json!("wrong drink")));
    assert_eq!((of(2, "verified"), of(2, "documents"), of(2, "urls")), (json!(true), json!(1), json!(2)));
    assert_eq!(did(&project, "log", "records").len(), 10);
}

#[test]
fn a_frozen_environment_says_why_and_ends_with_8() {
    let (project, first, _) = project();
    let frozen = project.done(&["freeze", "local", "--until", "2h", "--reason", "on air at 21:00"]);
    assert_eq!(frozen["freeze"]["reason"], "on air at 21:00");
    for command in [&["deploy"][..], &["gc", "local"], &["gc", "local", "--delete"]] {
        let said = project.run(command);
        assert_eq!(
            (said.exit, &said.result()["code"], &said.result()["exit"]),
            (8, &json!("frozen"), &json!(8)),
            "{command:?}"
        );
        assert!(said.result()["message"].as_str().unwrap().contains("on air at 21:00"));
    }
    assert_eq!(project.done(&["rollback", "local"])["release"], first["release"]);
    assert_eq!(project.done(&["verify"])["verdict"], "pass");
    project.done(&["deploy", "--break-freeze", "the number is wrong"]);
    assert_eq!(project.done(&["releases"])["releases"][0]["reason"], "the number is wrong");
    assert_eq!(project.run(&["deploy"]).exit, 8);
    project.done(&["thaw", "local"]);
    project.done(&["deploy"]);
    for bad in [
        &["freeze", "local", "--until", "yesterday", "--reason", "x"][..],
        &["freeze", "local", "--until", "1h", "--reason", " "],
    ] {
        assert_eq!(project.run(bad).exit, 2, "{bad:?}");
    }
}

#[test]
fn a_plan_in_a_file_is_carried_out_once_and_only_over_what_it_was_made_for() {
    let (project, _, second) = project();
    project.replace("site/index.md", "thé", "jus");
    let plan = project.done(&["plan", "-o", "plan.json"]);
    let applied = project.done(&["apply", "plan.json"]);
    assert_eq!((&applied["release"], &applied["previous"]), (&plan["release"], &second["release"]));
    assert_eq!(applied["documents"], json!(["index.html"]));
    let outdated = |says: &str| {
        let said = project.run(&["apply", "plan.json"]);
        assert_eq!((said.exit, &said.result()["code"]), (7, &json!("plan-outdated")));
        assert!(said.result()["message"].as_str().unwrap().contains(says), "{}", said.result());
    };
    outdated("what is live has changed");
    project.replace("site/index.md", "jus", "eau");
    project.done(&["plan", "-o", "plan.json"]);
    project.replace("site/index.md", "eau", "vin");
    outdated("the source makes release");
    assert_eq!(project.done(&["releases"])["release"], plan["release"]);
    project.write("plan.json", "{\"format\": 1}");
    let said = project.run(&["apply", "plan.json"]);
    assert_eq!((said.exit, &said.result()["code"]), (2, &json!("bad-plan")));
}

#[test]
fn a_protected_environment_wants_to_hear_yes_for_everything_that_touches_it() {
    let (project, ..) = project();
    project.replace(
        "site/landing.toml",
        "[env.local]\n",
        "[env.local]\nprotect = true\nretention = { releases = 1, days = 0 }\n",
    );
    project.done(&["plan", "-o", "plan.json"]);
    for command in [
        &["deploy"][..],
        &["rollback", "local"],
        &["mode", "local", "closed"],
        &["thaw", "local"],
        &["apply", "plan.json"],
        &["gc", "local", "--delete"],
    ] {
        let said = project.run(command);
        assert_eq!((said.exit, &said.result()["code"]), (9, &json!("needs-yes")), "{command:?}");
    }
    // Looking needs no yes.
    let trial = project.done(&["gc", "local", "--grace", "0s"]);
    assert_eq!((&trial["deleted"], trial["kept"].as_array().unwrap().len()), (&json!(false), 2));
    project.done(&["rollback", "local", "--yes"]);
}

#[test]
fn a_bare_bucket_is_purged_at_the_addresses_that_it_has() {
    let project = Project::new();
    let settings = std::fs::read_to_string(project.path("site/landing.toml")).unwrap();
    let bare = "[env.bare]\nurl = \"https://www.example.fr\"\nstore = \"dir:.landing/bare\"\n";
    let purged = |lines: &str| -> Vec<String> {
        project.write("site/landing.toml", &format!("{settings}\n{bare}{lines}"));
        let plan = project.done(&["plan", "bare"]);
        plan["purge"].as_array().unwrap().iter().map(|url| url.as_str().unwrap().to_owned()).collect()
    };
    let (unsaid, plain) = (purged(""), purged("routing = \"plain\"\n"));
    let has = |urls: &[String], url: &str| urls.iter().any(|it| it == url);
    assert!(has(&unsaid, "/mentions") && has(&unsaid, "/mentions.html") && has(&unsaid, "/"), "{unsaid:?}");
    assert!(!has(&plain, "/mentions") && has(&plain, "/mentions.html") && has(&plain, "/"), "{plain:?}");
}
