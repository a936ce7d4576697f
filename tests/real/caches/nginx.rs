//! nginx as a cache, in the three ways that it can be told of a change.

use super::{Origin, SITE, a_change_under_load, documented, get, purger, send, site, urls};
use crate::http::request;
use crate::server::{self, Server};
use landing::cdn::Account;
use landing::model::{Purge, UrlPath};
use landing::shell::Token;
use landing::shell::sender::Purger;
use std::path::Path;
use std::process::Command;

fn nginx(folder: &Path, origin: &Origin) -> Server {
    std::fs::create_dir_all(folder.join("cache")).expect("the folder can be written");
    server::nginx(folder, "", |port| nginx_site(&documented("nginx"), folder, origin, port))
}

/// The documented site, here.
fn nginx_site(site: &str, folder: &Path, origin: &Origin, port: u16) -> String {
    let site = site.replace("server {\n", &format!("server {{\n  listen 127.0.0.1:{port};\n"));
    let site = site.replace("proxy_cache_path cache", &format!("proxy_cache_path {}/cache", folder.display()));
    format!("upstream origin {{ server 127.0.0.1:{}; }}\n{site}", origin.port)
}

/// Debian 13's nginx and its purge module, which tests/tools/purge-module fetches: Debian 12's module crashes.
fn with_module(folder: &Path, origin: &Origin) -> Server {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.tools/purge-module/usr");
    assert!(tools.join("sbin/nginx").exists(), "nginx's purge module is not there: run `make tools`");
    let module = tools.join("lib/nginx/modules/ngx_http_cache_purge_module.so");
    let (site, lines) = (documented("nginx"), documented("conf"));
    let (maps, location) = lines.split_once("# In `location`:\n").expect("the page shows both places");
    let instead =
        ["    proxy_cache_key $host$uri;             # no query in the key\n", "    proxy_cache_bypass $refresh;\n"];
    assert!(instead.iter().all(|line| site.contains(line)), "the page shows the lines that are replaced");
    let site = site.replace(instead[0], location).replace(instead[1], "");
    std::fs::create_dir_all(folder.join("cache")).expect("the folder can be written");
    server::nginx_of(&tools.join("sbin/nginx"), folder, &format!("load_module {};\n", module.display()), |port| {
        format!("{maps}{}", nginx_site(&site, folder, origin, port))
    })
}

#[test]
fn refreshed_past_its_cache_it_shows_a_change_and_nobody_notices() {
    let (origin, folder) = (site(), tempfile::tempdir().expect("a folder"));
    let server = nginx(folder.path(), &origin);
    let node = format!("http://127.0.0.1:{}", server.port);
    let account = Account::at(SITE).with("nodes", &[&node]).with("codings", &["identity"]);
    let purger = purger("nginx", account, true);
    a_change_under_load(&origin, server.port, || assert_eq!(send(&purger, &urls(&["/"])), Ok(1)));
    // Whoever guesses refreshes nothing.
    request(server.port, "GET", "/", &[("X-Refresh", "guessed")]);
    assert_eq!(origin.count("/"), 2);
}

#[test]
fn it_forgets_a_page_whose_file_is_removed_as_documented() {
    let (origin, folder) = (site(), tempfile::tempdir().expect("a folder"));
    let server = nginx(folder.path(), &origin);
    let remove = documented("sh").replace("www.example.fr", "www.example.com");
    a_change_under_load(&origin, server.port, || {
        let done = Command::new("sh").arg("-ec").arg(&remove).current_dir(folder.path()).status().expect("sh runs");
        assert!(done.success());
    });
}

#[test]
fn with_its_purge_module_it_shows_a_change_to_everybody_and_keeps_the_rest() {
    let (origin, folder) = (site(), tempfile::tempdir().expect("a folder"));
    let server = with_module(folder.path(), &origin);
    let node = format!("http://127.0.0.1:{}", server.port);
    let account = Account::at(SITE).with("nodes", &[&node]).with("codings", &["identity"]);
    let purger = purger("nginx", account.with("method", &["module"]), true);
    a_change_under_load(&origin, server.port, || assert_eq!(send(&purger, &urls(&["/"])), Ok(1)));
    // What was not kept is as good as purged.
    assert_eq!(send(&purger, &urls(&["/never-asked-for"])), Ok(1));
    // By prefix, and a star in an address is none.
    for (path, body) in [("/news/1", "two"), ("/news/", "list")] {
        origin.set(path, body);
    }
    get(server.port, "/news/");
    assert_eq!(send(&purger, &urls(&["/news/*"])), Ok(1));
    assert_eq!(
        (get(server.port, "/news/1").1, origin.count("/news/1")),
        ("one".to_owned(), 1),
        "a letter is no wildcard"
    );
    let prefix = Purge { prefixes: [UrlPath::parse("/news/").expect("a path")].into(), ..Purge::default() };
    assert_eq!(send(&purger, &prefix), Ok(1));
    assert_eq!((get(server.port, "/news/1").1, get(server.port, "/news/").1), ("two".to_owned(), "list".to_owned()));
    assert_eq!((origin.count("/news/"), origin.count("/other")), (2, 1));
    // Whoever guesses purges nothing.
    let stranger = Purger { secrets: [("token".to_owned(), Token::new("guessed").expect("a token"))].into(), ..purger };
    send(&stranger, &urls(&["/"])).expect_err("the token is wrong");
    get(server.port, "/");
    assert_eq!(origin.count("/"), 2);
}
