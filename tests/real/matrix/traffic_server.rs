//! Traffic Server as the cache: how it is started, and its faults.

use super::faults::{Fault, NEVER, also, fault, warns};
use crate::campaign::Deployed;
use crate::http::request;
use crate::sample::write;
use crate::server::{self, Server};
use std::path::Path;
use std::time::{Duration, Instant};

/// What is its own when it is sound: the browser's `Accept-Encoding` may say `br`, the name of the site stays, and whoever comes while another
/// coding of the same page is being written waits for it (admin guide, "Reducing Origin Server Requests"), or would not be kept.
const SETTINGS: &str = "CONFIG proxy.config.http.cache.max_open_read_retries INT 20\nCONFIG proxy.config.http.cache.open_read_retry_time INT 20\n\
     CONFIG proxy.config.http.cache.max_open_write_retries INT 20\n\
     CONFIG proxy.config.http.background_fill_completed_threshold FLOAT 0.0\nCONFIG proxy.config.http.background_fill_active_timeout INT 0\n\
     CONFIG proxy.config.http.normalize_ae INT 2\nCONFIG proxy.config.url_remap.pristine_host_hdr INT 1\n\
     CONFIG proxy.config.http.insert_request_via_str INT 0\nCONFIG proxy.config.http.insert_response_via_str INT 0\n";

/// The query is no part of the key.
const KEY: &str = "@plugin=cachekey.so @pparam=--remove-all-params=true";

/// `location` of a fault replaces what stands before its ` => ` in the rules, or adds to them; `server` takes the place of [`KEY`], `http` of
/// settings of the same name.
pub(super) fn start(folder: &Path, deployed: &Deployed, fault: &Fault) -> Vec<Server> {
    let mut rules = include_str!("sound.rules").to_owned();
    if let Some((old, new)) = fault.location.split_once(" => ") {
        assert!(rules.contains(old), "the sound rules have `{old}`");
        rules = rules.replace(old, new);
    } else {
        rules = rules.replace("# more\n", fault.location);
    }
    write(folder, "rules.conf", rules.as_bytes());
    write(folder, "ready.conf", include_bytes!("sound.rules"));
    let at = folder.display();
    let plugin = |name: &str| format!("@plugin=header_rewrite.so @pparam={at}/{name}.conf");
    let key = if fault.server.is_empty() { KEY } else { fault.server };
    let remap = format!(
        "map http://www.example.com/ {origin}/ {}\nmap / {origin}/ {key} {}\n",
        plugin("ready"),
        plugin("rules"),
        origin = deployed.origin()
    );
    let server = server::traffic_server(folder, &remap, &format!("{SETTINGS}{}", fault.http));
    ready(server.port, fault.http.contains("cache.http"));
    vec![server]
}

/// Waits until it keeps what it fetches, under a name that no fault is about (`http::request` asks for it); or, when it shall keep nothing, until it answers.
fn ready(port: u16, keeps_nothing: bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = request(port, "GET", "/robots.txt", &[]);
        let kept = answer.header("x-cache").is_some_and(|it| it.starts_with("hit"));
        if kept || keeps_nothing && answer.status == 200 {
            return;
        }
        assert!(Instant::now() < deadline, "Traffic Server keeps nothing after 20 s");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(super) const FAULTS: &[Fault] = &[
    Fault { server: " ", ..fault("a copy for every query", "tracking-parameters", "") },
    Fault {
        server: "@plugin=cachekey.so @pparam=--include-params=x",
        ..warns(fault("made-up parameters", "unknown-parameter", ""))
    },
    fault(
        "cookies pass by the cache",
        "cookies",
        "  rm-header Cookie\n => cond %{HEADER:Cookie} /./\n  set-config proxy.config.http.cache.http 0\n\ncond %{REMAP_PSEUDO_HOOK}\n",
    ),
    warns(fault(
        "credentials pass by the cache",
        "authorization",
        "  rm-header Authorization\n => \ncond %{REMAP_PSEUDO_HOOK}\ncond %{HEADER:Authorization} /./\n  set-config proxy.config.http.cache.http 0\n",
    )),
    Fault {
        http: "CONFIG proxy.config.http.cache.http INT 0\n",
        ..also(NEVER, fault("nothing is kept", "page-hit", ""))
    },
    also(
        &["missing-asset"],
        fault(
            "assets are passed",
            "every-url-hit",
            "\ncond %{REMAP_PSEUDO_HOOK}\ncond %{CLIENT-URL:PATH} /^assets/\n  set-config proxy.config.http.cache.http 0\n",
        ),
    ),
    also(
        NEVER,
        fault(
            "HTML is never kept",
            "page-hit",
            "\ncond %{READ_RESPONSE_HDR_HOOK}\ncond %{HEADER:Content-Type} /html/\n  set-header Cache-Control no-store\n",
        ),
    ),
    warns(also(
        &["every-url-hit"],
        fault(
            "redirects are never kept",
            "redirect-lifetime",
            "\ncond %{READ_RESPONSE_HDR_HOOK}\ncond %{STATUS} =308\n  set-header Cache-Control no-store\n",
        ),
    )),
    Fault {
        http: "CONFIG proxy.config.http.normalize_ae INT 1\n",
        ..fault("as it comes, it lets nobody ask for br", "coding", "")
    },
    warns(fault(
        "reload passes by the cache",
        "reload",
        "\ncond %{REMAP_PSEUDO_HOOK}\ncond %{CLIENT-HEADER:Cache-Control} /no-cache/\n  set-config proxy.config.http.cache.http 0\n",
    )),
    Fault {
        http: "CONFIG proxy.config.http.cache.range.lookup INT 0\n",
        ..warns(fault("ranges pass by the cache", "range", ""))
    },
    fault("anybody purges", "outside-purge", "(GET|HEAD)$ => (GET|HEAD|PURGE)$"),
    warns(fault("HEAD is refused", "head", "(GET|HEAD)$ => GET$")),
    warns(fault(
        "POST is answered",
        "other-methods",
        "  set-status 405 [L]\n => cond %{METHOD} =POST [NOT]\n  set-status 405 [L]\n\ncond %{REMAP_PSEUDO_HOOK}\ncond %{METHOD} =POST\n  set-status 200 [L]\n",
    )),
    fault(
        "a cookie on every answer",
        "set-cookie",
        "\ncond %{SEND_RESPONSE_HDR_HOOK}\n  set-header Set-Cookie \"sid=1; Path=/\"\n",
    ),
    fault("no Vary", "vary", "\ncond %{SEND_RESPONSE_HDR_HOOK}\n  rm-header Vary\n"),
    fault("no Content-Type", "content-type", "\ncond %{SEND_RESPONSE_HDR_HOOK}\n  rm-header Content-Type\n"),
    fault("sniffing allowed", "headers", "\ncond %{SEND_RESPONSE_HDR_HOOK}\n  rm-header X-Content-Type-Options\n"),
    fault(
        "a forwarded host is reflected",
        "unkeyed-headers",
        "\ncond %{SEND_RESPONSE_HDR_HOOK}\n  set-header X-Base %{CLIENT-HEADER:X-Forwarded-Host}\n",
    ),
    warns(fault(
        "one ETag for every coding",
        "etag-per-coding",
        "\ncond %{SEND_RESPONSE_HDR_HOOK}\n  set-header ETag \"\\\"same\\\"\"\n",
    )),
    also(
        &["not-found"],
        fault(
            "an immutable 404",
            "missing-asset",
            "\ncond %{SEND_RESPONSE_HDR_HOOK}\ncond %{STATUS} =404\n  set-header Cache-Control \"public, max-age=31536000, immutable\"\n",
        ),
    ),
    fault(
        "a challenge for telephones behind one address",
        "crowd",
        "\ncond %{REMAP_PSEUDO_HOOK}\ncond %{CLIENT-URL:QUERY} /utm_id=[^&]*-/\n  set-status 403\n",
    ),
    Fault {
        verdict: "unknown",
        ..fault("no cache says anything", "page-hit", "  set-header X-Cache %{CACHE}\n =>   rm-header Age\n")
    },
];
