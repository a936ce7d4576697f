//! CONTRIBUTING's walk through a new CDN is true: its code is the code that is compiled and run here, and its steps are the
//! files that a provider really touches.

use crate::cdn_acme::Acme;
use landing::cdn::{self, Account, Cdn, Next, Reply};
use landing::model::{Purge, UrlPath, Widen};
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_code_of_the_walk_is_the_code_that_is_compiled() {
    let page = read("CONTRIBUTING.md");
    let (_, rest) = page.split_once("```rust\n").expect("the walk shows a file");
    let (shown, _) = rest.split_once("```").unwrap();
    let compiled = read("tests/it/cdn_acme.rs").replace("use landing::cdn::{", "use super::{");
    let (_, compiled) = compiled.split_once("\n\n").unwrap();
    let (_, shown) = shown.split_once("\n\n").unwrap();
    assert_eq!(shown, compiled, "CONTRIBUTING.md and tests/it/cdn_acme.rs differ");
}

#[test]
fn the_steps_of_the_walk_are_all_that_a_provider_touches() {
    let page = read("CONTRIBUTING.md");
    for step in ["mod acme;", "&acme::Acme,", "tests/cases/cdn/acme.txt", "LANDING_UPDATE=1"] {
        assert!(page.contains(step), "{step}");
    }
    // Every provider that there is: one file, one line to declare it, one line in the list, one case.
    let list = read("src/cdn/mod.rs");
    for cdn in cdn::ALL {
        let id = cdn.id();
        assert!(list.contains(&format!("mod {id};")) && list.contains(&format!("&{id}::")), "{id}");
        assert!(read(&format!("src/cdn/{id}.rs")).contains("impl Cdn for "), "{id}");
        assert!(!read(&format!("tests/cases/cdn/{id}.txt")).is_empty(), "{id}");
    }
    let docs = read("docs/cdn.md");
    for cdn in cdn::ALL {
        assert!(docs.contains(&format!("\n| `{}` | ", cdn.id())), "docs/cdn.md has no row `{}`", cdn.id());
    }
}

/// Nothing but its own file, what is its own below `panel/` and `terraform/`, and the list.
#[test]
fn no_other_source_knows_a_provider_by_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut looked = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            // Hosts, some of which bear the same names.
            if ["src/cdn/panel", "src/cdn/terraform", "src/hosts"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            looked += usize::from(name.ends_with(".rs"));
            let text = if name.ends_with(".rs") { read(&name) } else { continue };
            let code = text.split("#[cfg(test)]").next().unwrap();
            // The edge is ours, nginx a host of files, too, and the third a word like any other.
            for id in cdn::ALL.iter().map(|cdn| cdn.id()).filter(|id| !["edge", "http", "nginx"].contains(id)) {
                let own = name == format!("src/cdn/{id}.rs");
                assert!(own || !code.contains(&format!("\"{id}\"")), "{name} knows `{id}`");
            }
        }
    }
    assert!(looked > 100, "{looked} files");
}

#[test]
fn the_provider_of_the_walk_works() {
    let account = Account::at("https://www.example.fr").with("site", &["7"]);
    let urls = (0..51).map(|n| UrlPath::parse(&format!("/{n}")).unwrap()).collect();
    let plan = cdn::plan(&Acme, &account, &Purge { urls, ..Purge::default() }, Widen::Never);
    assert_eq!(plan.calls.len(), 2);
    let requests = Acme.requests(&account, &plan.calls[1], jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(requests[0].url, "https://api.acme.example/sites/7/purge");
    assert_eq!(requests[0].body, r#"{"urls":["https://www.example.fr/9"]}"#);
    let reply = |status, body: &str| Reply { status, body: body.to_owned(), ..Reply::default() };
    assert_eq!(Acme.read(&account, &requests[0], &reply(202, r#"{"ticket":"t"}"#)), Ok(Next::Done));
    assert!(Acme.read(&account, &requests[0], &reply(200, "{}")).is_err());
}
