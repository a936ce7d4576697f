//! Our own campaign, built and deployed to this machine, as visitors with nothing but a browser see it.

use super::{Visit, visit};
use crate::campaign::{Campaign, Deployed};

const PAGES: &[&str] = &["/", "/mentions-legales", "/nowhere"];

#[test]
fn every_page_renders_whole_without_script_or_any_other_host() {
    let deployed = Deployed::start();
    let asked: Vec<Visit> = PAGES
        .iter()
        .flat_map(|path| {
            let page = Visit::page(deployed.url(), path);
            [page.clone(), page.clone().dark(), page.clone().width(390).dark(), page.width(320)]
        })
        .collect();
    for (asked, seen) in asked.iter().zip(visit(asked.clone())) {
        let expected = if asked.url.ends_with("/nowhere") { 404 } else { 200 };
        assert_eq!(seen.status, Some(expected), "{}", asked.url);
        // The browser itself reports the status of a page that is missing.
        let faults: Vec<String> =
            seen.faults(asked).into_iter().filter(|fault| expected == 200 || !fault.contains("404")).collect();
        assert_eq!(faults, Vec::<String>::new(), "{} {} {}", asked.url, asked.width, asked.scheme);
        assert!(
            seen.heading.as_ref().is_some_and(|heading| !heading.trim().is_empty()),
            "{} has no heading",
            asked.url
        );
        assert!(seen.text.len() > 100, "{}: {}", asked.url, seen.text);
    }
}

#[test]
fn the_error_page_alone_opened_from_disk_asks_for_nothing() {
    let campaign = Campaign::new();
    let asked: Vec<Visit> = [1_280, 320].map(|width| Visit::file(&campaign.error_page()).width(width)).into();
    for (asked, seen) in asked.iter().zip(visit(asked.clone())) {
        assert_eq!(seen.requests, std::slice::from_ref(&asked.url));
        assert_eq!(seen.faults(asked), Vec::<String>::new());
    }
}
