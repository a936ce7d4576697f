//! The faults, by what they are switched on in.

/// One fault.
#[derive(Clone, Copy, Default)]
pub(super) struct Fault {
    /// In words.
    pub(super) name: &'static str,
    /// The check that must speak, and how.
    pub(super) check: &'static str,
    pub(super) verdict: &'static str,
    /// Checks that fail as a consequence.
    pub(super) also: &'static [&'static str],
    /// Lines of the configuration, by their place.
    pub(super) location: &'static str,
    pub(super) server: &'static str,
    pub(super) http: &'static str,
    /// Lines for `landing.toml`.
    pub(super) settings: &'static str,
    /// Whether our own edge is a plain cache here.
    pub(super) plain: bool,
}

pub(super) const NONE: Fault = Fault {
    name: "",
    check: "",
    verdict: "fail",
    also: &[],
    location: "",
    server: "",
    http: "",
    settings: "",
    plain: false,
};

pub(super) const fn fault(name: &'static str, check: &'static str, location: &'static str) -> Fault {
    Fault { name, check, location, ..NONE }
}

pub(super) const fn warns(fault: Fault) -> Fault {
    Fault { verdict: "warn", ..fault }
}

pub(super) const fn also(also: &'static [&'static str], fault: Fault) -> Fault {
    Fault { also, ..fault }
}

/// A fault of the server block, or of a location of its own.
pub(super) const fn beside(name: &'static str, check: &'static str, server: &'static str) -> Fault {
    Fault { name, check, server, ..NONE }
}

/// What follows when an address of the release answers something else.
pub(super) const GONE: &[&str] =
    &["bytes", "bytes-per-coding", "coding", "content-type", "every-url-hit", "headers", "printed-forms"];
/// What follows when nothing at all is kept.
pub(super) const NEVER: &[&str] = &["every-url-hit", "coding", "not-found", "missing-asset"];

/// nginx passes on what the embedded edge answers.
pub(super) const FRONT: &[Fault] = &[
    fault("a cookie on every answer", "set-cookie", "add_header Set-Cookie 'sid=1; Path=/' always;"),
    fault("no Vary", "vary", "proxy_hide_header Vary;"),
    fault("Vary: Cookie", "vary", "proxy_hide_header Vary; add_header Vary 'Accept-Encoding, Cookie' always;"),
    fault("Vary: User-Agent", "vary", "proxy_hide_header Vary; add_header Vary 'Accept-Encoding, User-Agent' always;"),
    fault("Vary: *", "vary", "proxy_hide_header Vary; add_header Vary '*' always;"),
    fault("nothing is coded", "coding", "proxy_set_header Accept-Encoding '';"),
    fault("no Content-Type", "content-type", "proxy_hide_header Content-Type;"),
    fault("sniffing allowed", "headers", "proxy_hide_header X-Content-Type-Options;"),
    fault("the policy is dropped", "headers", "proxy_hide_header Content-Security-Policy;"),
    fault("the referrer policy is dropped", "headers", "proxy_hide_header Referrer-Policy;"),
    fault(
        "no-store for browsers",
        "headers",
        "proxy_hide_header Cache-Control; add_header Cache-Control no-store always;",
    ),
    fault(
        "assets lose immutable",
        "headers",
        "proxy_hide_header Cache-Control; add_header Cache-Control 'public, max-age=60' always;",
    ),
    also(
        &["bytes-per-coding", "coding", "not-found"],
        fault(
            "a script is injected",
            "bytes",
            "proxy_set_header Accept-Encoding ''; sub_filter '</body>' '<script>0</script></body>';",
        ),
    ),
    warns(also(
        &["bytes", "bytes-per-coding", "coding", "not-found"],
        fault(
            "a script of another host is injected",
            "third-parties",
            "proxy_set_header Accept-Encoding ''; sub_filter '</body>' '<script src=https://stats.example.net/x.js></script></body>';",
        ),
    )),
    also(
        &["bytes-per-coding"],
        beside("another page at the front", "bytes", "location = / { proxy_pass EDGE/mentions-legales; }"),
    ),
    also(
        &["bytes", "content-type", "every-url-hit", "headers"],
        beside("an asset is gone", "referred-assets", "location ~ ^/assets/.*[.]png$ { return 404; }"),
    ),
    also(
        &["missing-asset", "not-found-forms", "browser-files", "control-objects", "other-methods"],
        beside("the page instead of a 404", "not-found", "proxy_intercept_errors on; error_page 404 =200 /;"),
    ),
    beside(
        "the server's own 404",
        "not-found",
        "proxy_intercept_errors on; error_page 404 /own; location = /own { internal; return 404 'gone'; }",
    ),
    Fault {
        also: &["not-found"],
        http: "map $upstream_status $mine { 404 'public, max-age=31536000, immutable'; default $upstream_http_cache_control; }",
        ..fault(
            "an immutable 404",
            "missing-asset",
            "proxy_hide_header Cache-Control; add_header Cache-Control $mine always;",
        )
    },
    also(GONE, beside("a printed form is a 404", "printed-forms", "location = /index.html { return 404; }")),
    also(
        GONE,
        beside(
            "a printed form takes two hops",
            "printed-forms",
            "location = /index.html { return 301 /index; } location = /index { return 301 /; }",
        ),
    ),
    warns(beside("HEAD is refused", "head", "if ($request_method = HEAD) { return 405; }")),
    warns(beside("POST is answered", "other-methods", "if ($request_method = POST) { return 200 'thanks'; }")),
    beside("anybody purges", "outside-purge", "if ($request_method = PURGE) { return 200 'purged'; }"),
    fault(
        "a forwarded host is reflected",
        "unkeyed-headers",
        "add_header X-Base 'https://$http_x_forwarded_host/' always;",
    ),
    warns(fault(
        "one ETag for every coding",
        "etag-per-coding",
        "proxy_hide_header ETag; add_header ETag '\"same\"' always;",
    )),
    warns(fault("who has the page gets it again", "not-modified", "proxy_set_header If-None-Match '';")),
    warns(beside("ranges are refused", "range", "if ($http_range) { return 416; }")),
    warns(beside("a stranger's credentials are refused", "authorization", "if ($http_authorization) { return 401; }")),
    warns(beside("an odd form is an error", "odd-forms", "merge_slashes off; location ~ // { return 400; }")),
    warns(fault("a header of five kilobytes", "header-weight", HEAVY)),
    // Only for the fifty, so that it does not depend on how fast the others come.
    Fault {
        http: "map $arg_utm_id $who { ~- $binary_remote_addr; default ''; } limit_req_zone $who zone=one:1m rate=1r/s;",
        server: "limit_req zone=one burst=5 nodelay; limit_req_status 429;",
        ..beside("a limit per address", "crowd", "")
    },
    beside("a challenge for telephones behind one address", "crowd", "if ($arg_utm_id ~ '-') { return 403; }"),
    Fault {
        verdict: "unknown",
        also: GONE,
        ..beside("an icon that no cache keeps", "browser-files", "location = /favicon.ico { return 404; }")
    },
    beside("the control objects are open", "control-objects", "location /.landing/ { return 200 '{\"head\":1}'; }"),
    warns(fault(
        "the clock is a day off",
        "clocks",
        "proxy_hide_header Date; add_header Date 'Thu, 01 Jan 2026 00:00:00 GMT' always;",
    )),
    Fault {
        settings: "origin = \"http://127.0.0.1:ORIGIN\"\n",
        ..warns(beside("the origin answers anybody", "origin-hidden", ""))
    },
    Fault {
        verdict: "unknown",
        ..fault("no cache says anything", "page-hit", "proxy_hide_header Cache-Status; proxy_hide_header Age;")
    },
    Fault {
        verdict: "unknown",
        also: &["headers"],
        ..beside(
            "a redirect of the server's own",
            "redirect-lifetime",
            "location = /mentions { return 301 /mentions-legales; }",
        )
    },
    beside(
        "another page in one coding",
        "bytes-per-coding",
        "if ($http_accept_encoding = br) { rewrite ^/$ /mentions-legales break; }",
    ),
    also(
        &["bytes", "every-url-hit", "headers"],
        beside("another page in English", "bytes-per-coding", "location = /en/ { proxy_pass EDGE/; }"),
    ),
];

/// nginx is the cache.
pub(super) const CACHE: &[Fault] = &[
    fault("a copy for every query", "tracking-parameters", "proxy_cache_key $host$request_uri;"),
    warns(fault("made-up parameters", "unknown-parameter", "proxy_cache_key $host$uri$arg_x;")),
    fault("cookies pass by the cache", "cookies", "proxy_cache_bypass $http_cookie; proxy_no_cache $http_cookie;"),
    also(NEVER, fault("the page is never kept", "page-hit", "proxy_no_cache 1;")),
    also(
        &["coding", "every-url-hit"],
        fault(
            "HTML is never kept",
            "page-hit",
            "set $skip 0; if ($uri ~ '/$') { set $skip 1; } proxy_cache_bypass $skip; proxy_no_cache $skip;",
        ),
    ),
    also(
        &["missing-asset"],
        fault(
            "assets are never kept",
            "every-url-hit",
            "set $skip 0; if ($uri ~ '^/assets/') { set $skip 1; } proxy_cache_bypass $skip; proxy_no_cache $skip;",
        ),
    ),
    warns(fault("reload passes by the cache", "reload", "proxy_cache_bypass $http_cache_control $http_pragma;")),
    warns(fault(
        "credentials pass by the cache",
        "authorization",
        "proxy_cache_bypass $http_authorization; proxy_no_cache $http_authorization;",
    )),
    fault("a copy for every coding of another", "coding", "proxy_ignore_headers Cache-Control Expires Vary;"),
    also(&["missing-asset"], fault("a 404 is never kept", "not-found", "proxy_cache_valid 200 301 302 308 1d;")),
    warns(also(
        &["every-url-hit"],
        fault("redirects are never kept", "redirect-lifetime", "proxy_cache_valid 200 1d; proxy_cache_valid 404 60s;"),
    )),
    warns(fault(
        "HEAD is not answered from the cache",
        "head",
        "set $head 0; if ($request_method = HEAD) { set $head 1; } proxy_cache_bypass $head; proxy_no_cache $head;",
    )),
];

/// Varnish is the cache.
pub(super) const VARNISH: &[Fault] = &[
    fault("a copy for every query", "tracking-parameters", "  set req.url = regsub(req.url, \"\\?.*$\", \"\");\n => "),
    fault(
        "cookies pass by the cache",
        "cookies",
        "  unset req.http.cookie;\n => if (req.http.cookie) { return (pass); }\n",
    ),
    fault(
        "anybody purges",
        "outside-purge",
        "if (req.method == \"PURGE\") { return (synth(405)); } => if (req.method == \"PURGE\") { return (purge); }",
    ),
    also(NEVER, fault("nothing is kept", "page-hit", "  set beresp.grace = 7d;\n => set beresp.uncacheable = true;\n")),
    also(
        &["missing-asset"],
        fault(
            "assets are passed",
            "every-url-hit",
            "  return (hash);\n => if (req.url ~ \"^/assets/\") { return (pass); } return (hash);\n",
        ),
    ),
    fault("a cookie that the cache keeps", "set-cookie", "  set resp.http.set-cookie = \"sid=1\";\n"),
    fault("no Vary", "vary", "  unset resp.http.vary;\n"),
    fault("a forwarded host is reflected", "unkeyed-headers", "  set resp.http.x-base = req.http.x-forwarded-host;\n"),
    warns(fault(
        "HEAD is refused",
        "head",
        "  if (req.method != \"GET\" && req.method != \"HEAD\") { return (synth(405)); }\n => if (req.method != \"GET\") { return (synth(405)); }\n",
    )),
    warns(fault(
        "POST reaches the origin",
        "other-methods",
        "  if (req.method != \"GET\" && req.method != \"HEAD\") { return (synth(405)); }\n => if (req.method == \"POST\") { return (synth(200)); }\n",
    )),
    warns(fault(
        "credentials pass by the cache",
        "authorization",
        "  unset req.http.authorization;\n => if (req.http.authorization) { return (pass); }\n",
    )),
    warns(fault(
        "reload passes by the cache",
        "reload",
        "  return (hash);\n => if (req.http.cache-control ~ \"no-cache\") { return (pass); } return (hash);\n",
    )),
    warns(fault("a negative age", "clocks", "  set resp.http.age = \"-5\";\n")),
    also(
        &["missing-asset"],
        fault(
            "a 404 is never kept",
            "not-found",
            "  set beresp.grace = 7d;\n => if (beresp.status == 404) { set beresp.uncacheable = true; }\n",
        ),
    ),
];

/// Forty-five fields of a hundred and ten bytes.
const HEAVY: &str = "add_header X-Note-0 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-1 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-2 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-3 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-4 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-5 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-6 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-7 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-8 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-9 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-10 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-11 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-12 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-13 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-14 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-15 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-16 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-17 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-18 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-19 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-20 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-21 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-22 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-23 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-24 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-25 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-26 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-27 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-28 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-29 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-30 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-31 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-32 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-33 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-34 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-35 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-36 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-37 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-38 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-39 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-40 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-41 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-42 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-43 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always; add_header X-Note-44 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' always;";
