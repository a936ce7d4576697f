//! `landing verify URL`: pages that landing did not build, served by a local server that does what such sites do.

use crate::project::{Said, command, free_port, said};
use crate::verify_foreign_site::Site;
use serde_json::{Value, json};

/// Runs `landing verify URL --json` in an empty folder.
fn verify(url: &str) -> Said {
    let nowhere = tempfile::tempdir().unwrap();
    said(&command(nowhere.path(), &["verify", url, "--json"]).output().unwrap())
}

fn verdicts(report: &Value, check: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|it| it["check"] == check);
    findings.map(|it| it["verdict"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_page_without_any_care_is_told_what_would_break_and_what_was_not_looked_at() {
    let site = Site::careless();
    let told = verify(&format!("{}/promo", site.url));
    let report = told.result();
    assert_eq!((told.exit, &report["verdict"]), (5, &json!("fail")), "{report:#}");
    assert_eq!((&report["release"], &report["environment"]), (&Value::Null, &Value::Null));
    assert_eq!(report["url"], json!(format!("{}/promo", site.url)));
    for needs in ["bytes", "bytes-per-coding", "headers", "content-type", "referred-assets", "control-objects"] {
        assert_eq!(verdicts(report, needs), ["skipped"], "{needs}");
    }
    // It says of itself that it asked the origin each time, sets a cookie, and has a soft 404.
    for wrong in ["page-hit", "set-cookie", "not-found"] {
        assert!(verdicts(report, wrong).contains(&"fail".to_owned()), "{wrong}: {:?}", verdicts(report, wrong));
    }
    // What is never kept is not kept with a cookie either, and no cookie is to blame.
    for moot in ["tracking-parameters", "cookies"] {
        assert_eq!(verdicts(report, moot), ["skipped"], "{moot}");
    }
    let looked: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["check"] == "every-url-hit")
        .map(|it| it["url"].as_str().unwrap())
        .collect();
    assert!(
        looked.iter().any(|url| url.ends_with("/style.css")),
        "the files of the page are looked at, too: {looked:?}"
    );
}

#[test]
fn a_page_behind_a_cache_that_works_has_nothing_wrong_and_is_not_said_to_be_the_right_one() {
    let site = Site::cached();
    let nowhere = tempfile::tempdir().unwrap();
    let output = command(nowhere.path(), &["verify", &site.url, "-o", "report.html"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("landing did not build this page"), "{text}");
    let page = std::fs::read_to_string(nowhere.path().join("report.html")).unwrap();
    for said in ["Nothing wrong was seen.", "Landing did not build this page", "What was not looked at"] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn a_query_belongs_to_the_page_and_stays_in_whatever_is_asked_of_it() {
    let site = Site::cached();
    let told = verify(&format!("{}/show?id=3", site.url));
    let report = told.result();
    assert_eq!(told.exit, 0, "{report:#}");
    assert_eq!(report["url"], json!(format!("{}/show?id=3", site.url)));
    for check in ["page-hit", "tracking-parameters", "unknown-parameter", "crowd", "odd-forms"] {
        assert!(verdicts(report, check).iter().all(|it| it == "pass"), "{check}: {:?}", verdicts(report, check));
    }
    let asked = report["findings"].as_array().unwrap().iter().filter(|it| it["check"] == "tracking-parameters");
    assert!(asked.clone().count() > 10);
    for finding in asked {
        assert!(finding["url"].as_str().unwrap().contains("/show?id=3&"), "{finding}");
    }
    assert_eq!(verify(&format!("{}/show?id=4", site.url)).result()["code"], "inconclusive");
}

#[test]
fn an_address_that_is_no_page_is_said_to_be_none() {
    let site = Site::careless();
    for (path, code, exit, part) in [
        ("/old", "inconclusive", 10, "answers 301, not a page"),
        ("/promo#top", "usage", 2, "a fragment"),
        ("//promo", "usage", 2, "is no path that a page can have"),
    ] {
        let told = verify(&format!("{}{path}", site.url));
        let wrong = told.result();
        assert_eq!((told.exit, &wrong["code"]), (exit, &json!(code)), "{path}: {wrong}");
        assert!(wrong["message"].as_str().unwrap().contains(part), "{wrong}");
    }
    let told = verify("www.example.com/promo");
    assert_eq!((told.exit, &told.result()["code"]), (2, &json!("usage")));
    assert!(told.result()["hint"].as_str().unwrap().contains("`landing verify https://www.example.com/promo`"));
    let told = verify(&format!("http://ali:geheim@127.0.0.1:{}/", free_port()));
    assert_eq!(told.exit, 2);
    assert!(!told.result().to_string().contains("geheim"), "{}", told.result());
}

#[test]
fn a_host_that_does_not_answer_is_a_finding() {
    let told = verify(&format!("http://127.0.0.1:{}/", free_port()));
    let report = told.result();
    assert_eq!((told.exit, verdicts(report, "reachable")), (5, vec!["fail".to_owned()]), "{report:#}");
    assert_eq!(
        (verdicts(report, "page-hit"), verdicts(report, "bytes")),
        (vec!["unknown".to_owned()], vec!["skipped".to_owned()])
    );
}
