//! Our own edge as the cache, before an origin that is misconfigured (nginx before the campaign's), or with the profile that spares nothing.

use super::faults::{Fault, also, beside, fault, warns};
use crate::campaign::Deployed;
use crate::server::{self, Server};
use std::path::Path;
use std::process::{Command, Stdio};

/// `location`, `server` and `http` of a fault stand in the origin's nginx; a `plain` one is met by the profile `rfc`.
pub(super) fn start(folder: &Path, deployed: &Deployed, fault: &Fault) -> Vec<Server> {
    let origin = server::nginx(folder, "", |port| {
        format!(
            "{}\nserver {{ listen 127.0.0.1:{port}; {}\nlocation / {{ proxy_pass {}; proxy_set_header Host $http_host; proxy_pass_header Date;\n{} }} }}\n",
            fault.http,
            fault.server.replace("ORIGIN", deployed.origin()),
            deployed.origin(),
            fault.location,
        )
    });
    let profile = if fault.plain { "rfc" } else { "landing" };
    let edge = Server::start(|port| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
        command.args(["edge", "--profile", profile, "--origin", &format!("http://127.0.0.1:{}", origin.port)]);
        command.args(["--listen", &format!("127.0.0.1:{port}")]).stdout(Stdio::null());
        command
    });
    vec![origin, edge]
}

/// A plain cache keeps a copy for every query, whatever else is wrong.
const fn plain(fault: Fault) -> Fault {
    Fault { plain: true, also: &["tracking-parameters"], ..fault }
}

/// What follows when the origin's lifetimes do not reach browsers either.
const FORBIDDEN: &[&str] = &["every-url-hit", "coding", "not-found", "missing-asset", "headers"];

/// The lifetimes that the campaign's origin gives to its caches and to browsers.
const NO_LIFETIME: &str = "proxy_hide_header Cache-Control; proxy_hide_header CDN-Cache-Control;";

pub(super) const FAULTS: &[Fault] = &[
    plain(fault("a copy for every query", "tracking-parameters", "")),
    plain(fault(
        "the origin sets a cookie, and a plain cache keeps it",
        "set-cookie",
        "add_header Set-Cookie 'sid=1; Path=/' always;",
    )),
    plain(fault(
        "the origin reflects a forwarded host, and a plain cache sends it on",
        "unkeyed-headers",
        "add_header X-Base 'https://$http_x_forwarded_host/' always;",
    )),
    plain(warns(fault("a plain cache keeps a copy for every made-up parameter", "unknown-parameter", ""))),
    plain(warns(beside(
        "the origin takes a POST, and a plain cache sends it on",
        "other-methods",
        "if ($request_method = POST) { return 200 'thanks'; }",
    ))),
    plain(warns(fault("a plain cache obeys whoever presses reload", "reload", ""))),
    also(FORBIDDEN, fault("the origin gives no lifetime", "page-hit", NO_LIFETIME)),
    also(
        FORBIDDEN,
        fault(
            "the origin forbids to keep anything",
            "page-hit",
            "proxy_hide_header Cache-Control; proxy_hide_header CDN-Cache-Control; add_header Cache-Control no-store always;",
        ),
    ),
    also(
        &["missing-asset"],
        Fault {
            http: "map $upstream_status $mine { 404 no-store; default $upstream_http_cdn_cache_control; }",
            ..fault(
                "the origin forbids to keep a 404",
                "not-found",
                "proxy_hide_header CDN-Cache-Control; add_header CDN-Cache-Control $mine always;",
            )
        },
    ),
    also(
        &["not-found"],
        Fault {
            http: "map $upstream_status $mine { 404 'public, max-age=31536000, immutable'; default $upstream_http_cache_control; }",
            ..fault(
                "the origin calls a 404 immutable",
                "missing-asset",
                "proxy_hide_header Cache-Control; add_header Cache-Control $mine always;",
            )
        },
    ),
    Fault {
        http: "map $upstream_status $mine { 308 no-store; default $upstream_http_cdn_cache_control; }",
        ..warns(also(
            &["every-url-hit", "headers"],
            fault(
                "the origin forbids to keep a redirect",
                "redirect-lifetime",
                "proxy_hide_header CDN-Cache-Control; add_header CDN-Cache-Control $mine always;",
            ),
        ))
    },
    fault(
        "the origin varies by cookie",
        "vary",
        "proxy_hide_header Vary; add_header Vary 'Accept-Encoding, Cookie' always;",
    ),
    also(&["coding"], fault("the origin does not say that it varies", "vary", "proxy_hide_header Vary;")),
    fault("the origin codes nothing", "coding", "proxy_set_header Accept-Encoding '';"),
    also(
        &["bytes-per-coding", "coding", "not-found"],
        fault(
            "the origin injects a script",
            "bytes",
            "proxy_set_header Accept-Encoding ''; sub_filter '</body>' '<script>0</script></body>';",
        ),
    ),
    also(
        &["bytes", "bytes-per-coding", "coding"],
        beside(
            "the origin has another page at the front",
            "bytes",
            "location = / { proxy_pass ORIGIN/mentions-legales; }",
        ),
    ),
    also(
        &["missing-asset"],
        beside(
            "the origin's own 404",
            "not-found",
            "proxy_intercept_errors on; error_page 404 /own; location = /own { internal; return 404 'gone'; }",
        ),
    ),
    beside(
        "the control objects are open at the origin",
        "control-objects",
        "location /.landing/ { return 200 '{\"head\":1}'; }",
    ),
    warns(fault(
        "the origin has one ETag for every coding",
        "etag-per-coding",
        "proxy_hide_header ETag; add_header ETag '\"same\"' always;",
    )),
    fault("the origin says no type", "content-type", "proxy_hide_header Content-Type;"),
];
