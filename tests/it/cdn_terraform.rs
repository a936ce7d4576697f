//! `landing export terraform`: the cases of `tests/cases/terraform`, every text in a file read back as what it was, and the command.
//! `LANDING_UPDATE=1` writes what came out into the files; read the difference before committing it.
//!
//! A case is an account and a wish, in the lines of `tests/cases/cdn_settings`; the file stands after `---`.

use crate::cdn_settings_cases::{described, wish};
use crate::project::Project;
use landing::cdn::{self, Account, Names};
use serde_json::Value;
use std::path::Path;

fn exported(id: &str, text: &str) -> String {
    let (mut account, mut wish) = (Account::at("https://www.example.fr"), wish());
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        assert!(described(line, &mut account, &mut wish), "`{line}` is no line of a case");
    }
    cdn::terraform(cdn::find(id).unwrap(), &account, &wish, &Names::of(id, 1)).unwrap()
}

#[test]
fn every_file_is_as_its_case_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/terraform");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (asked, want) = text.split_once("---\n").unwrap_or((&text, ""));
        let got = exported(path.file_stem().unwrap().to_str().unwrap(), asked);
        if std::env::var_os("LANDING_UPDATE").is_some() {
            std::fs::write(&path, format!("{asked}---\n{got}")).unwrap();
        } else {
            assert_eq!(got, want, "{}: run with LANDING_UPDATE=1 and read the difference", path.display());
        }
        count += 1;
    }
    assert_eq!(count, 5);
}

#[test]
fn only_providers_with_a_plugin_have_a_file() {
    let with: Vec<&str> = cdn::ALL
        .iter()
        .filter(|cdn| {
            cdn::terraform(**cdn, &Account::at("https://a.example"), &wish(), &Names::of(cdn.id(), 1)).is_some()
        })
        .map(|cdn| cdn.id())
        .collect();
    assert_eq!(with, ["cloudflare", "fastly", "cloudfront", "bunny", "scaleway"]);
}

/// A project whose environment `p` has these CDNs in front of a bucket. No token is anywhere.
fn project(cdns: &str) -> Project {
    let project = Project::new();
    let config = project.read("site/landing.toml");
    let environment = format!(
        "\n[env.p]\nurl = \"https://www.example.fr\"\nstore = \"s3://campagne/www\"\ncredentials = {{ file = \"keys\" }}\n{cdns}"
    );
    project.write("site/landing.toml", &(config + &environment));
    project
}

const FASTLY: &str = "[[env.p.cdn]]\nprovider = \"fastly\"\nservice = \"S\"\ntoken = { env = \"NOWHERE\" }\n";

#[test]
fn each_cdn_gets_a_file_with_names_of_its_own_and_nobody_a_secret() {
    let gcore = "[[env.p.cdn]]\nprovider = \"gcore\"\nresource = \"1\"\ntoken = { env = \"NOWHERE\" }\n";
    let project = project(&[FASTLY, &FASTLY.replace("\"S\"", "\"T\""), gcore].concat());
    let done = project.done(&["export", "terraform", "p"]);
    let files = done["files"].as_array().unwrap();
    let names: Vec<&Value> = files.iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["landing-fastly.tf", "landing-fastly-2.tf"]);
    assert_eq!(done["skipped"][0], "gcore");
    let second = files[1]["text"].as_str().unwrap();
    assert!(second.contains("\"fastly_service_vcl\" \"landing_2\"") && second.contains("variable \"fastly_2_origin\""));
    assert!(second.contains("strict-transport-security") && !second.contains("NOWHERE"));
}

#[test]
fn a_file_of_somebody_elses_stays() {
    let project = project(FASTLY);
    let command = ["export", "terraform", "p", "-o", "infra"];
    project.done(&command);
    project.done(&command);
    let file = "infra/landing-fastly.tf";
    assert!(project.read(file).starts_with("# Made by `landing export terraform`"));
    project.write(file, "resource \"mine\" \"it\" {}\n");
    let said = project.run(&command);
    assert_eq!((said.exit, &said.result()["code"]), (3, &Value::from("write-failed")), "{}", said.result());
    assert_eq!(project.read(file), "resource \"mine\" \"it\" {}\n");
}

#[test]
fn an_environment_without_such_a_cdn_is_told_so() {
    let said = project("").run(&["export", "terraform", "p"]);
    assert_eq!(said.exit, 2, "{}", said.result());
    assert!(said.result()["message"].as_str().unwrap().contains("has a Terraform plugin"), "{}", said.result());
}
