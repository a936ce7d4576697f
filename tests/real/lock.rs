//! A real S3 server that never sees a condition: what the doctor, a deploy and two deploys at once make of it.

use crate::s3s::BadLine;
use crate::stores::{Moto, project_in};
use serde_json::{Value, json};
use std::process::Stdio;

#[test]
fn a_bucket_that_ignores_conditions_is_said_to_do_so_and_used_with_a_lock() {
    let moto = Moto::trusting(1_000_000);
    let first = BadLine::before(moto.server.port, ("\r\nif-none-match:", "\r\nx-none-matchx:"));
    let line = BadLine::before(first.port, ("\r\nif-match:", "\r\nx-matchy:"));
    let keys = (moto.id.as_str(), moto.secret.as_str());
    let [ada, bob] = ["th\u{e9}", "chai"].map(|drink| {
        let project = project_in(&line.endpoint, keys, "campagne");
        project.replace("site/index.md", "caf\u{e9}", drink);
        project
    });
    let said = ada.done(&["doctor"]);
    assert_eq!((&said["conditional_writes"], &said["advisory_lock"]), (&json!(false), &json!(true)), "{said:#}");
    let warned = said["findings"].as_array().expect("findings").iter().filter(|it| it["verdict"] == "warn").count();
    assert_eq!((&said["verdict"], warned), (&json!("pass"), 2), "{said:#}");
    let racers = [&ada, &bob].map(|project| {
        let mut command = project.command(&["deploy", "--json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts")
    });
    let ended = racers.map(|child| child.wait_with_output().expect("it ends"));
    let mut codes: Vec<_> = ended.iter().map(|output| output.status.code()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(7)]);
    for output in ended {
        let text = String::from_utf8(output.stdout).expect("text");
        let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
        if output.status.success() {
            assert_eq!((&last["advisory_lock"], &last["verified"]), (&json!(true), &json!(true)), "{last}");
        } else {
            assert!(["locked", "lost-race"].contains(&last["code"].as_str().expect("a code")), "{last}");
        }
    }
    ada.replace("site/index.md", "th\u{e9}", "moka");
    let text = ada.command(&["deploy"]).output().expect("it runs");
    let told = [text.stdout, text.stderr].map(|part| String::from_utf8_lossy(&part).into_owned()).concat();
    assert!(told.contains("an advisory lock"), "{told}");
}
