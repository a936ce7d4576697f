//! nginx as a cache: a refresh past the cache for a URL (`proxy_cache_bypass`), or the purge module.
//!
//! An open nginx has no purge. A refresh fetches the new page and puts it in place of the old one, which no visitor notices;
//! it does so for one variant, so it is asked for every coding in `codings`. The module removes one variant, too, unless a
//! newer one is told `cache_purge_vary_aware`: the settings must say that, or that there is one variant.

use super::account::split;
use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Next, Query, Rate, Refusal, Reply, Request,
    Selector, Setting, Switch, Takes,
};

/// The provider `nginx`.
pub(super) struct Nginx;

const RATE: Rate = Rate::items(1_000, 500, 1);

/// What browsers and our own checks send. A cache that asks its origin for one coding has one variant: `["identity"]`.
const CODINGS: [&str; 6] = ["identity", "gzip", "br", "gzip, br", "gzip, deflate, br", "gzip, deflate, br, zstd"];

static FACTS: Facts = Facts {
    id: "nginx",
    evidence: Evidence::Server,
    jurisdiction: Jurisdiction::Yours,
    takes: &[Takes::new(Selector::Url, 1, RATE), Takes::new(Selector::Prefix, 1, RATE)],
    form: Form::Absolute,
    tags: None,
    mixes: false,
    body: 1_024,
    query: Query::Exact,
    success: "a refresh answers with the new page; the module answers 200, or 412 where nothing was kept",
    propagation: "at once, node by node",
    settles: 0,
    rights: "none: a token of your own, or your address in an `allow`",
    settings: &[
        Setting::needed("nodes", Kind::Addresses, "the address of every node, `[\"http://10.0.0.1:8080\"]`"),
        Setting::optional("method", Kind::Choice(&["refresh", "module"]), "how it is purged"),
        Setting::optional("codings", Kind::Texts, "the `accept-encoding` of each variant that is kept"),
        Setting::optional("vary_aware", Kind::Flag, "the module has `cache_purge_vary_aware on`"),
        Setting::optional("token", Kind::Secret, "where the token comes from that nginx compares"),
        Setting::optional("acl", Kind::Flag, "nginx takes purges from listed addresses only"),
    ],
    price: None,
    source: "nginx.org, ngx_http_proxy_module (proxy_cache_bypass); nginx-modules/ngx_cache_purge",
};

/// docs/cdn.md, "Your own caches"; nginx.org/en/docs/http/ngx_http_proxy_module.html
const SWITCHES: &[Switch] = &[
    ("tracking-parameters", "`proxy_cache_key $host$uri;`"),
    ("unknown-parameter", "`proxy_cache_key $host$uri;`"),
    ("cookies", "no `proxy_cache_bypass` or `proxy_no_cache` that names `$http_cookie`"),
    ("authorization", "no `proxy_cache_bypass` or `proxy_no_cache` that names `$http_authorization`"),
    ("reload", "no `proxy_cache_bypass` that names `$http_cache_control` or `$http_pragma`"),
    ("page-hit", "`proxy_cache` in this `location`, no `proxy_no_cache`"),
    ("not-found", "`proxy_cache_valid 404 1m;`, where the origin gives no lifetime"),
    ("redirect-lifetime", "`proxy_cache_valid 301 302 308 1d;`, where the origin gives no lifetime"),
    ("collapsing", "`proxy_cache_lock on;`"),
    ("stale-while-revalidate", "`proxy_cache_use_stale updating;` and `proxy_cache_background_update on;`"),
    (
        "stale-if-error",
        "`proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;` and `proxy_cache_background_update on;`",
    ),
    ("age", "it sends none: waive this, and read its log"),
];

impl Cdn for Nginx {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn switches(&self) -> &'static [Switch] {
        SWITCHES
    }

    fn takes(&self, account: &Account) -> Vec<Takes> {
        FACTS.takes.iter().filter(|it| by_module(account) || it.selector == Selector::Url).copied().collect()
    }

    fn check(&self, account: &Account) -> Result<(), String> {
        if by_module(account) && !account.flag("vary_aware") && account.list("codings").len() != 1 {
            return Err("the module removes one variant of several: have nginx keep one and say `codings = [\"identity\"]`, or set \
                        `cache_purge_vary_aware on` there and `vary_aware = true` here, or use `method = \"refresh\"`"
                .to_owned());
        }
        account.guarded()
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let (host, path) = split(call.first());
        let star = if call.selector() == Selector::Prefix { "*" } else { "" };
        let of = |method, node: &str| {
            let auth = if account.has("token") { Auth::Header(field(account), "") } else { Auth::None };
            Request::new(method, format!("{node}{path}{star}"), auth).with("host", host)
        };
        let nodes = account.nodes().into_iter();
        if by_module(account) {
            return nodes.map(|node| of("PURGE", node)).collect();
        }
        let refresh = |node, coding: &str| {
            let request = of("GET", node).with("accept-encoding", coding);
            // Without a token the field itself is the sign, and nginx looks at the address.
            if account.has("token") { request } else { request.with("x-refresh", "1") }
        };
        nodes.flat_map(|node| codings(account).into_iter().map(move |coding| refresh(node, coding))).collect()
    }

    fn read(&self, account: &Account, _request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        match reply.status {
            412 if by_module(account) => Ok(Next::Done),
            // What is refreshed may be a redirect, or a page that says that there is none.
            301 | 302 | 303 | 307 | 308 if !by_module(account) => Ok(Next::Done),
            404 | 410 => Ok(Next::Done),
            _ => reply.by_status(),
        }
    }
}

fn by_module(account: &Account) -> bool {
    account.get("method") == "module"
}

fn field(account: &Account) -> &'static str {
    if by_module(account) { "x-purge-token" } else { "x-refresh" }
}

fn codings(account: &Account) -> Vec<&str> {
    let told = account.list("codings");
    if told.is_empty() { CODINGS.to_vec() } else { told.iter().map(String::as_str).collect() }
}
