//! Varnish, with the VCL of `docs/cdn.md`: `PURGE` for a URL with all its variants, `xkey` for tags, `BAN` for prefixes.
//!
//! Each node is told by itself. It refuses to purge a cache that would obey anybody.

use super::account::{literal, split};
use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, NOBODYS, Next, Query, Rate, Refusal, Reply,
    Request, Selector, Setting, Switch, Takes,
};
use crate::model::TagField;

/// The provider `varnish`.
pub(super) struct Varnish;

const RATE: Rate = Rate::items(1_000, 500, 1);

static FACTS: Facts = Facts {
    id: "varnish",
    evidence: Evidence::Server,
    jurisdiction: Jurisdiction::Yours,
    takes: &[
        Takes::new(Selector::Url, 1, RATE),
        Takes::new(Selector::Prefix, 1, RATE),
        Takes::new(Selector::Tag, 64, RATE),
        Takes::new(Selector::Host, 1, RATE),
    ],
    form: Form::Absolute,
    // vmod_xkey: "separated by whitespace"; http_resp_hdr_len is 8k.
    tags: Some(TagField { name: "xkey", separator: " ", bytes: 4_096, ..TagField::PLAIN }),
    mixes: false,
    // Tags go in a header field; Varnish takes 8 KB of one.
    body: 4 * 1024,
    query: Query::Exact,
    success: "every node answers 200",
    propagation: "at once, node by node",
    settles: 0,
    rights: "none: a token of your own, or your address in the VCL's list",
    settings: &[
        Setting::needed("nodes", Kind::Addresses, "the address of every node, `[\"http://10.0.0.1:6081\"]`"),
        Setting::optional("token", Kind::Secret, "where the token comes from that the VCL compares"),
        Setting::optional("acl", Kind::Flag, "the VCL takes purges from listed addresses only"),
        Setting::optional("soft", Kind::Flag, "let copies by tag grow stale instead of removing them"),
    ],
    price: None,
    source: "varnish-cache.org, \"Purging and banning\"; varnish-modules, vmod_xkey",
};

/// docs/cdn.md, "Your own caches"; varnish-cache.org/docs/7.1/users-guide/vcl.html
const SWITCHES: &[Switch] = &[
    ("tracking-parameters", "`set req.url = regsub(req.url, \"\\?.*$\", \"\");` in `vcl_recv`"),
    ("unknown-parameter", "`set req.url = regsub(req.url, \"\\?.*$\", \"\");` in `vcl_recv`"),
    ("cookies", "`unset req.http.cookie;` in `vcl_recv`"),
    ("authorization", "`unset req.http.authorization;` in `vcl_recv`"),
    (
        "outside-purge",
        "`if (req.method == \"PURGE\") { return (synth(405)); }` for whoever has no token, in `vcl_recv`",
    ),
    ("other-methods", "`return (synth(405));` for all but `GET` and `HEAD`, in `vcl_recv`"),
    ("collapsing", "no `req.hash_ignore_busy`"),
    ("stale-while-revalidate", "`set beresp.grace = 7d;` in `vcl_backend_response`"),
    (
        "stale-if-error",
        "`set beresp.grace = 7d;` and `if (bereq.is_bgfetch && beresp.status >= 500) { return (abandon); }` in `vcl_backend_response`",
    ),
];

impl Cdn for Varnish {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn switches(&self) -> &'static [Switch] {
        SWITCHES
    }

    fn check(&self, account: &Account) -> Result<(), String> {
        account.guarded()
    }

    /// With a token one can be without; in a list of addresses we are ourselves.
    fn strangers(&self, account: &Account) -> Vec<Request> {
        let (host, _) = split(&account.url);
        let of = |node| Request::new("PURGE", format!("{node}{NOBODYS}"), Auth::None).with("host", host);
        if account.has("token") { account.nodes().into_iter().map(of).collect() } else { Vec::new() }
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        account.nodes().into_iter().map(|node| request(account, call, node)).collect()
    }

    fn read(&self, _account: &Account, _request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        match reply.status {
            // Not there is as good as gone.
            404 | 412 => Ok(Next::Done),
            405 => {
                Err(reply.refusal("it takes no purge from here: see the list of addresses and the token in its VCL"))
            }
            _ => reply.by_status(),
        }
    }
}

fn request(account: &Account, call: &Call, node: &str) -> Request {
    let auth = own(account);
    let of =
        |method, host: &str, path: &str| Request::new(method, format!("{node}{path}"), auth.clone()).with("host", host);
    let (host, path) = split(call.first());
    match call.selector() {
        Selector::Tag => {
            let (host, _) = split(&account.url);
            let request = of("PURGE", host, "/").with("xkey", call.texts().join(" "));
            if account.flag("soft") { request.with("xkey-soft", "1") } else { request }
        }
        Selector::Prefix => of("BAN", host, "/").with("x-ban-path", format!("^{}", literal(path))),
        Selector::Host => of("BAN", call.first(), "/").with("x-ban-path", "^/"),
        Selector::Url | Selector::Everything => of("PURGE", host, path),
    }
}

/// Our own token, where there is one: the VCL compares it.
fn own(account: &Account) -> Auth {
    if account.has("token") { Auth::Header("x-purge-token", "") } else { Auth::None }
}
