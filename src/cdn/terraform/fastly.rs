//! Fastly by its own plugin (registry: fastly/fastly, `fastly_service_vcl`): a service is one resource, with its domains and backend.

use super::super::panel::fastly::REQUEST_SETTING;
use super::super::panel::fastly_vcl::snippets;
use super::hcl::{Item, block, import, refer, resource, set};
use super::{Module, Names};
use crate::cdn::{Account, Wish};

const KIND: &str = "fastly_service_vcl";

/// The file.
pub(in crate::cdn) fn module(account: &Account, wish: &Wish, names: &Names) -> Module {
    let mut hosts = account.hosts();
    hosts.extend(account.list("redirect").iter().cloned());
    let origin = names.variable("origin");
    let mut service = vec![
        set("name", hosts[0].as_str()),
        set("http3", true),
        Item::Comment("the last copy shows when the origin is down".to_owned()),
        set("stale_if_error", true),
        set("stale_if_error_ttl", wish.page.stale_if_error),
    ];
    service.extend(hosts.iter().map(|host| block("domain", vec![set("name", host.as_str())])));
    service.push(block(
        "backend",
        vec![
            set("name", "origin"),
            refer("address", &origin),
            refer("override_host", &origin),
            set("port", 443),
            set("use_ssl", true),
            refer("ssl_cert_hostname", &origin),
            refer("ssl_sni_hostname", &origin),
            Item::Comment("one place asks the origin, not every city".to_owned()),
            refer("shield", names.variable("shield")),
        ],
    ));
    let https = "http goes to https at the edge, not at the origin";
    service.push(block(
        "request_setting",
        vec![Item::Comment(https.to_owned()), set("name", REQUEST_SETTING), set("force_ssl", true)],
    ));
    service.extend(snippets(account, wish).into_iter().map(|snippet| {
        let inside = vec![
            Item::Comment(snippet.why.to_owned()),
            set("name", snippet.name),
            set("type", snippet.kind),
            set("priority", 100),
            set("content", snippet.content),
        ];
        block("snippet", inside)
    }));
    let id = account.get("service");
    let items = vec![import(&format!("{KIND}.{}", names.resource), id), resource(KIND, &names.resource, service)];
    let variables = vec![
        ("origin", "Host name of the origin"),
        ("shield", "Fastly's point of presence near the origin, cdg-paris-fr for one"),
    ];
    let manual = vec!["a certificate for every domain (fastly_tls_subscription), and their DNS records".to_owned()];
    Module { plugin: ("fastly", "fastly/fastly", None), variables, items, manual }
}
