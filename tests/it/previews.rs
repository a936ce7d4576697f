//! Previews: environments by a pattern, each with a store of its own, none to be found by search engines.

use crate::project::{Project, free_port};
use serde_json::json;

const META: &str = "<meta name=robots content=noindex>";

fn project() -> Project {
    let project = Project::new();
    let config = project.read("site/landing.toml");
    let pattern = format!(
        "[env.preview]\nurl = \"http://127.0.0.1:{}\"\nstore = \"dir:.landing/previews/{{name}}\"\n[[env.preview.cdn]]\nprovider = \"edge\"\n",
        free_port()
    );
    project.write("site/landing.toml", &(config + &pattern));
    project
}

#[test]
fn a_preview_is_the_same_page_that_no_search_engine_keeps() {
    let project = project();
    project.done(&["deploy"]);
    let deployed = project.done(&["deploy", "preview-tv"]);
    assert_eq!(deployed["verified"], true, "{deployed}");
    let body = |path: &str| {
        let page = project.read(path);
        let at = page.find("<!").unwrap();
        (page[..at].to_owned(), page[at..].to_owned())
    };
    let (fields, page) = body(".landing/previews/tv/index.html");
    let (plain_fields, plain) = body(".landing/local/index.html");
    assert!(fields.contains("x-robots-tag") && page.contains(META), "{fields}");
    assert!(!plain_fields.contains("x-robots-tag"), "{plain_fields}");
    assert_eq!(page.replace(META, ""), plain, "nothing else differs");
    assert!(project.read(".landing/previews/tv/404.html").contains(META));

    // Every command takes it; another one is another store.
    let again = project.done(&["deploy", "preview-tv"]);
    assert_eq!((&again["store_requests"], &again["store_writes"]), (&json!(1), &json!(0)));
    assert_eq!(project.done(&["plan", "preview-tv"])["documents"], json!([]));
    assert_eq!(project.done(&["verify", "preview-tv"])["verdict"], "pass");
    assert_eq!(project.done(&["releases", "preview-tv"])["release"], deployed["release"]);
    assert_eq!(project.run(&["releases", "preview-other"]).result()["code"], "nothing-deployed");
    project.replace("site/index.md", "caf\u{e9}", "th\u{e9}");
    project.done(&["deploy", "preview-other"]);
    assert!(project.read(".landing/previews/tv/index.html").contains("caf\u{e9}"));
    project.done(&["deploy", "preview-tv"]);
    let back = project.done(&["rollback", "preview-tv"]);
    assert_eq!(back["release"], deployed["release"]);
}

#[test]
fn a_name_that_cannot_stand_in_an_address_is_refused_with_one_that_can() {
    let project = project();
    for (name, hint) in
        [("preview-New/Price", "preview-new-price"), ("preview", "preview-NAME"), ("preview-..", "letters")]
    {
        let said = project.run(&["deploy", name]);
        assert_eq!(said.exit, 2, "{}", said.result());
        assert!(said.result()["hint"].as_str().unwrap().contains(hint), "{}", said.result());
    }
}
