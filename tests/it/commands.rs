//! The commands as scripts use them: a deploy, the same again, one word changed, two at once.

use crate::project::{Project, command, said};
use landing::shell::edge_token;
use serde_json::{Value, json};
use std::sync::Barrier;

/// What the edge counted so far.
fn counters(project: &Project) -> Value {
    let token = edge_token(&project.path("")).unwrap();
    let url = project.url("/.well-known/landing-edge/status");
    let answer = get(&url, &[("authorization", &format!("Bearer {}", token.expose()))]);
    serde_json::from_str(&answer.1).unwrap()
}

/// The header fields and the body of an answer.
fn get(url: &str, headers: &[(&str, &str)]) -> (reqwest::header::HeaderMap, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut request = reqwest::Client::builder().no_proxy().build().unwrap().get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.headers().clone(), answer.text().await.unwrap())
    })
}

fn cache_status(project: &Project, path: &str) -> String {
    get(&project.url(path), &[]).0["cache-status"].to_str().unwrap().to_owned()
}

#[test]
fn the_first_deploy_publishes_and_proves_and_the_same_again_costs_one_request() {
    let project = Project::new();
    let first = project.done(&["deploy"]);
    assert_eq!(
        first["documents"],
        json!(["404.html", "error.html", "favicon.ico", "mentions.html", "robots.txt", "sitemap.xml", "index.html"])
    );
    assert_eq!((&first["verified"], &first["offload"], &first["previous"]), (&json!(true), &json!(1.0), &Value::Null));
    assert!(first["purged"].as_array().unwrap().contains(&json!("/")));

    let again = project.done(&["deploy"]);
    let of = |key: &str| again[key].clone();
    assert_eq!((of("store_requests"), of("store_writes"), of("purge_calls")), (json!(1), json!(0), json!(0)));
    assert_eq!((of("documents"), of("purged"), of("verified")), (json!([]), json!([]), json!(true)));
    assert_eq!(of("release"), first["release"]);
}

#[test]
fn one_word_changed_is_one_document_written_and_its_own_addresses_purged() {
    let project = Project::new();
    project.done(&["deploy"]);
    project.replace("site/index.md", "café", "thé");
    let plan = project.done(&["plan"]);
    assert_eq!(plan["documents"], json!([{ "key": "index.html", "reason": "body-changed" }]));
    assert_eq!((&plan["uploads"], &plan["purge"]), (&json!([]), &json!(["/", "/index.html"])));
    let deployed = project.done(&["deploy"]);
    assert_eq!((&deployed["documents"], &deployed["purged"]), (&json!(["index.html"]), &plan["purge"]));
    assert_eq!((&deployed["purge_calls"], &deployed["verified"]), (&json!(1), &json!(true)));
    assert!(deployed["store_requests"].as_u64().unwrap() <= 10, "{deployed}");
}

#[test]
fn the_documents_of_other_modes_go_up_with_the_release_and_nobody_sees_them() {
    let project = Project::new();
    project.write("site/closed.md", "+++\ntemplate = \"error\"\ntitle = \"Closed\"\n+++\n\nTomorrow.\n");
    let expected = json!([{ "mode": "closed", "key": "index.html", "reason": "new" }, { "mode": "closed", "key": "mentions.html", "reason": "new" }]);
    assert_eq!(project.done(&["plan"])["variants"], expected);
    let deployed = project.done(&["deploy"]);
    assert!(!deployed["documents"].as_array().unwrap().contains(&json!("closed.html")), "{deployed}");
    let blobs = || std::fs::read_dir(project.path(".landing/local/.landing/blobs")).unwrap().count();
    let before = blobs();

    project.replace("site/closed.md", "Tomorrow", "Later");
    let plan = project.done(&["plan"]);
    assert_eq!(plan["variants"][0]["reason"], "body-changed");
    assert_eq!((&plan["documents"], &plan["purge"]), (&json!([]), &json!([])), "what nobody sees purges nothing");
    project.done(&["deploy"]);
    assert_eq!(blobs(), before + 1, "one holding page stands for both documents");
}

#[test]
fn a_folder_can_be_built_as_a_mode_shows_it() {
    let project = Project::new();
    let said = project.run(&["build", "--mode", "closed"]);
    assert_eq!((said.exit, &said.result()["code"]), (3, &json!("unreadable-file")), "{}", said.result());
    project.write("site/closed.md", "+++\ntemplate = \"error\"\ntitle = \"Closed\"\n+++\n\nTomorrow.\n");
    project.done(&["build", "--mode", "closed"]);
    assert!(project.read("dist/index.html").contains("Tomorrow"));
    project.done(&["build"]);
    assert!(!project.read("dist/index.html").contains("Tomorrow"));
}

#[test]
fn a_running_edge_serves_the_old_page_until_the_deploy_and_the_new_one_after_it() {
    let project = Project::new();
    let _edge = project.edge();
    project.done(&["deploy"]);
    assert!(cache_status(&project, "/").contains("; hit"));
    assert!(get(&project.url("/"), &[]).1.contains("café"));
    assert!(cache_status(&project, "/mentions").contains("; hit"));

    project.replace("site/index.md", "café", "thé");
    assert!(get(&project.url("/"), &[]).1.contains("café"), "an edit is not public before the deploy");
    project.done(&["deploy"]);
    assert!(get(&project.url("/"), &[]).1.contains("thé"));
    let before = counters(&project);
    assert!(cache_status(&project, "/").contains("; hit"), "purged addresses are warmed again");
    assert!(cache_status(&project, "/mentions").contains("; hit"), "what did not change never left the cache");
    let after = counters(&project);
    assert_eq!(before["origin_requests"], after["origin_requests"]);
    let age: u64 = get(&project.url("/mentions"), &[]).0["age"].to_str().unwrap().parse().unwrap();
    assert!(age >= 1, "the copy is older than the second deploy's proof, which takes a second");
}

#[test]
fn of_two_deploys_at_once_one_wins_and_the_other_names_it() {
    let project = Project::new();
    project.done(&["deploy"]);
    let store = project.path(".landing/local");
    let machines = ["one", "two"].map(|name| {
        let copy = project.clone_of(name);
        let local = format!("store = \"dir:{}\"\n", store.display());
        let config = std::fs::read_to_string(copy.join("site/landing.toml")).unwrap() + &local;
        std::fs::write(copy.join("site/landing.toml"), config).unwrap();
        let page = std::fs::read_to_string(copy.join("site/index.md")).unwrap().replace("café", name);
        std::fs::write(copy.join("site/index.md"), page).unwrap();
        // One token: both are the same project on two machines.
        std::fs::create_dir_all(copy.join(".landing")).unwrap();
        std::fs::copy(project.path(".landing/edge-token"), copy.join(".landing/edge-token")).unwrap();
        copy
    });
    let barrier = Barrier::new(2);
    let said: Vec<_> = std::thread::scope(|scope| {
        let runs = machines.each_ref().map(|copy| {
            scope.spawn(|| {
                barrier.wait();
                said(&command(copy, &["deploy", "--json"]).output().unwrap())
            })
        });
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let winner = said.iter().position(|said| said.exit == 0).expect("one wins");
    let (won, lost) = (said[winner].result(), said[1 - winner].result());
    assert_eq!((said[1 - winner].exit, &lost["code"]), (7, &json!("lost-race")), "{lost}");
    let release = won["release"].as_str().unwrap();
    assert!(lost["message"].as_str().unwrap().contains(release), "{lost}");
    let page = std::fs::read_to_string(store.join("index.html")).unwrap();
    assert!(page.contains(["one", "two"][winner]), "the page is the winner's");
    assert_eq!(project.done(&["verify"])["verdict"], "pass");
}

#[test]
fn the_edge_of_another_project_is_left_alone() {
    let (ours, theirs) = (Project::new(), Project::new());
    theirs.replace("site/landing.toml", &theirs.port.to_string(), &ours.port.to_string());
    let _edge = ours.edge();
    let said = theirs.run(&["deploy"]);
    assert_eq!((said.exit, &said.result()["code"]), (4, &json!("edge-refused")));
    assert!(said.result()["hint"].as_str().unwrap().contains("[env.local]"));
    assert!(!theirs.path(".landing/local/index.html").exists(), "nothing was published");
}

#[test]
fn a_store_with_documents_of_somebody_else_is_not_overwritten_unasked() {
    let project = Project::new();
    project.write(".landing/local/index.html", "<p>by hand");
    let said = project.run(&["deploy"]);
    assert_eq!((said.exit, &said.result()["code"]), (9, &json!("foreign-object")));
    assert!(said.result()["message"].as_str().unwrap().contains("index.html"));
    assert_eq!(project.read(".landing/local/index.html"), "<p>by hand");
    project.done(&["deploy", "--adopt"]);
}

#[test]
fn a_document_that_was_changed_in_the_store_is_put_back() {
    let project = Project::new();
    let _edge = project.edge();
    project.done(&["deploy"]);
    let old = project.read(".landing/local/index.html");
    project.replace("site/index.md", "café", "thé");
    project.done(&["deploy"]);
    let new = project.read(".landing/local/index.html");
    // A writer that was believed dead wakes up.
    project.write(".landing/local/index.html", &old);
    project.done(&["purge", "local", "--pending"]);
    let repaired = project.done(&["deploy", "--repair"]);
    assert_eq!((&repaired["documents"], &repaired["verified"]), (&json!(["index.html"]), &json!(true)), "{repaired}");
    assert_eq!(project.read(".landing/local/index.html"), new);
    assert_eq!(project.done(&["deploy", "--repair"])["documents"], json!([]));
}

#[test]
fn an_asset_that_is_gone_from_the_store_is_put_back_by_whoever_can_make_it() {
    let project = Project::new();
    let _edge = project.edge();
    let made = project.done(&["deploy"]);
    let assets = project.path(".landing/local/assets");
    let one = std::fs::read_dir(&assets).unwrap().map(|it| it.unwrap().path()).min().unwrap();
    let before = std::fs::read(&one).unwrap();
    std::fs::remove_file(&one).unwrap();
    let repaired = project.done(&["deploy", "--repair"]);
    assert_eq!((&repaired["release"], &repaired["documents"]), (&made["release"], &json!([])), "{repaired}");
    assert_eq!(std::fs::read(&one).unwrap(), before);
    // The picture that the live page shows is no longer in the source.
    for file in std::fs::read_dir(&assets).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    for file in std::fs::read_dir(project.path("assets")).unwrap().map(|it| it.unwrap().path()) {
        if file.extension().is_some_and(|it| it == "png") {
            image::RgbImage::from_pixel(640, 480, image::Rgb([9, 99, 9])).save(&file).unwrap();
        }
    }
    let said = project.run(&["deploy", "--repair"]);
    assert_eq!(said.result()["code"], "missing-asset", "{}", said.result());
    assert!(std::fs::read_dir(&assets).unwrap().next().is_none(), "half of them would be no repair");
}

#[test]
fn a_folder_without_a_first_page_is_not_deployed() {
    let project = Project::new();
    let _edge = project.edge();
    project.done(&["deploy"]);
    let live = project.read(".landing/local/index.html");
    std::fs::create_dir(project.path("empty")).unwrap();
    let said = project.run(&["deploy", "--from", "empty"]);
    assert_eq!((said.exit, &said.result()["code"]), (3, &json!("unreadable-file")), "{}", said.result());
    assert_eq!(project.read(".landing/local/index.html"), live);
}

#[test]
fn a_plan_without_a_cdn_speaks_of_no_purge() {
    let project = Project::new();
    let settings = project.read("site/landing.toml");
    let bare = "\n[env.bare]\nurl = \"https://www.essai.example\"\nstore = \"dir:.landing/bare\"\n";
    project.write("site/landing.toml", &(settings + bare));
    let output = project.command(&["plan", "bare"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nchange   /\n") && !text.contains("purge"), "{text}");
}

#[test]
fn a_protected_environment_wants_to_hear_yes() {
    let project = Project::new();
    project.replace("site/landing.toml", "[env.local]", "[env.local]\nprotect = true");
    let said = project.run(&["deploy"]);
    assert_eq!((said.exit, &said.result()["code"]), (9, &json!("needs-yes")));
    project.done(&["deploy", "--yes"]);
}

#[test]
fn a_purge_by_hand_evicts_what_it_names() {
    let project = Project::new();
    let _edge = project.edge();
    project.done(&["deploy"]);
    let purged = project.done(&["purge", "local", "--url", "/mentions", "/"]);
    assert_eq!(
        (&purged["purged"], &purged["purge_calls"], &purged["verified"]),
        (&json!(["/", "/mentions"]), &json!(1), &json!(true))
    );
    assert_eq!(project.done(&["purge", "local", "--pending"])["purge_calls"], 0);
    assert_eq!(project.done(&["purge", "local", "--everything"])["purge_calls"], 1);
    assert_eq!(project.run(&["purge", "local"]).exit, 2, "what to purge must be said");
}

#[test]
fn a_new_campaign_says_every_setting_and_stays_where_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let made = said(&command(dir.path(), &["new", "camp", "--json"]).output().unwrap());
    assert_eq!(made.exit, 0);
    assert!(dir.path().join("camp/site/index.md").exists());
    let again = said(&command(dir.path(), &["new", "camp", "--json"]).output().unwrap());
    assert_eq!((again.exit, &again.result()["code"]), (2, &json!("not-empty")));
    let config = command(dir.path(), &["config"]).output().unwrap();
    assert_eq!(String::from_utf8(config.stdout).unwrap().trim_end(), landing::config::DEFAULT.trim_end());
    let help = String::from_utf8(command(dir.path(), &["--help"]).output().unwrap().stdout).unwrap();
    for (exit, means) in landing::diag::Exit::ALL {
        assert!(help.contains(&format!("{:>2}  {means}", exit.code())), "{help}");
    }
}

#[test]
fn a_result_that_cannot_be_written_is_none() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in [&["config"][..], &["config", "--json"], &["completions", "bash"]] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_landing"));
        let ended = command.args(arguments).stdout(full()).output().unwrap();
        assert_eq!(ended.status.code(), Some(3), "{arguments:?}");
    }
}

#[test]
fn what_is_missing_on_the_command_line_is_named_to_programs_as_well() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_landing"));
    let ended = command.args(["mode", "--json"]).output().unwrap();
    let said: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let message = said["message"].as_str().unwrap();
    assert!(ended.status.code() == Some(2) && message.contains("<ENV") && message.contains("<MODE"), "{said}");
}
