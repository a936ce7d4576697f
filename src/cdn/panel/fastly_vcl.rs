//! The VCL that Fastly runs for us, one snippet for each place in its own.
//!
//! Everything is about the names of this site: another site of the same service is not touched. Sources: fastly.com/documentation,
//! VCL reference (`querystring.filter`, `parse_time_delta`, `subfield`, `stale.exists`), "Serving stale", "Authenticating URL
//! purge requests", "Delivering compressed content".

use super::super::Account;
use super::super::account::literal;
use super::Wish;

/// One snippet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cdn) struct Snippet {
    pub(in crate::cdn) name: &'static str,
    /// Where in Fastly's VCL it goes.
    pub(in crate::cdn) kind: &'static str,
    pub(in crate::cdn) content: String,
    pub(in crate::cdn) why: &'static str,
}

/// All of them, in the order in which a request meets them.
pub(in crate::cdn) fn snippets(account: &Account, wish: &Wish) -> Vec<Snippet> {
    let of = |name, kind, why, lines: Vec<String>| {
        let content = format!("# Made by landing: change its configuration, not this.\n{}", lines.join("\n"));
        Snippet { name, kind, content, why }
    };
    vec![
        of(
            "landing-recv",
            "recv",
            "one copy for everybody, whatever brought the visitor here; no stranger purges",
            recv(account, wish),
        ),
        of(
            "landing-fetch",
            "fetch",
            "kept as `cdn-cache-control` says, compressed, with our cache tags",
            fetch(account),
        ),
        of(
            "landing-error",
            "error",
            "the last copy shows when the origin is down; other names lead here",
            error(account),
        ),
        of("landing-deliver", "deliver", "fields that the store cannot send", deliver(account, wish)),
    ]
}

/// `req.http.host ~ "^(www\.example\.fr)$"`: names come from the configuration, where they cannot hold a quote.
fn of_the_site(account: &Account) -> String {
    // A host may come with its port.
    let names: Vec<String> = account.hosts().iter().map(|host| literal(host)).collect();
    format!("if (req.http.host ~ \"^({})$\") {{", names.join("|"))
}

fn recv(account: &Account, wish: &Wish) -> Vec<String> {
    let (globs, names): (Vec<&String>, Vec<&String>) = wish.ignored.iter().partition(|name| name.starts_with("utm_"));
    let mut lines = vec![of_the_site(account)];
    if !globs.is_empty() {
        lines.push("  set req.url = querystring.globfilter(req.url, \"utm_*\");".to_owned());
    }
    if !names.is_empty() {
        let names: Vec<String> = names.iter().map(|name| string(name)).collect();
        let names = names.join(" + querystring.filtersep() + ");
        lines.push(format!("  set req.url = querystring.filter(req.url, {names});"));
    }
    lines.extend(
        [
            "  set req.url = querystring.sort(req.url);",
            "  if (req.method == \"GET\" || req.method == \"HEAD\") {",
            "    unset req.http.Cookie;",
            "  }",
            "  if (req.http.Fastly-Orig-Accept-Encoding ~ \"\\bbr\\b\") {",
            "    set req.http.Accept-Encoding = \"br\";",
            "  }",
            "  set req.http.Fastly-Purge-Requires-Auth = \"1\";",
            "}",
        ]
        .map(str::to_owned),
    );
    for host in account.list("redirect") {
        lines.push(format!("if (req.http.host == {}) {{", string(host)));
        lines.push(format!("  error {LEADS_HERE} \"landing\";"));
        lines.push("}".to_owned());
    }
    lines
}

/// A status of our own, between the two snippets alone (600 to 699 are for that).
const LEADS_HERE: u16 = 618;

/// What a bucket keeps as metadata it sends under another name.
fn fetch(account: &Account) -> Vec<String> {
    let mut lines = vec![of_the_site(account)];
    for name in ["cdn-cache-control", "cache-tag"] {
        lines.push(format!("  if (!beresp.http.{name} && beresp.http.x-amz-meta-{name}) {{"));
        lines.push(format!("    set beresp.http.{name} = beresp.http.x-amz-meta-{name};"));
        lines.push("  }".to_owned());
    }
    let lifetimes = [
        ("max-age", "beresp.ttl"),
        ("stale-while-revalidate", "beresp.stale_while_revalidate"),
        ("stale-if-error", "beresp.stale_if_error"),
    ];
    for (directive, variable) in lifetimes {
        let told = format!("subfield(beresp.http.cdn-cache-control, \"{directive}\")");
        lines.push(format!("  if ({told} ~ \"^[0-9]+$\") {{"));
        lines.push(format!("    set {variable} = parse_time_delta({told} + \"s\");"));
        lines.push("  }".to_owned());
    }
    lines.extend(
        [
            "  if (beresp.http.cache-tag) {",
            "    set beresp.http.surrogate-key = regsuball(beresp.http.cache-tag, \" *, *\", \" \");",
            "  }",
            "  unset beresp.http.set-cookie;",
            "  if (!beresp.http.content-encoding && beresp.http.content-type ~ \"^(text/|image/svg|application/(javascript|json|manifest|xml))\") {",
            "    if (!beresp.http.vary) {",
            "      set beresp.http.vary = \"accept-encoding\";",
            "    } elsif (beresp.http.vary !~ \"(?i)accept-encoding\") {",
            "      set beresp.http.vary = beresp.http.vary + \", accept-encoding\";",
            "    }",
            "    if (req.http.accept-encoding == \"br\") {",
            "      set beresp.brotli = true;",
            "    } elsif (req.http.accept-encoding == \"gzip\") {",
            "      set beresp.gzip = true;",
            "    }",
            "  }",
            "  if (beresp.status >= 500 && beresp.status < 600 && stale.exists) {",
            "    return(deliver_stale);",
            "  }",
            "}",
        ]
        .map(str::to_owned),
    );
    lines
}

fn error(account: &Account) -> Vec<String> {
    let mut lines = Vec::new();
    if !account.list("redirect").is_empty() {
        lines.extend([
            format!("if (obj.status == {LEADS_HERE} && obj.response == \"landing\") {{"),
            "  set obj.status = 302;".to_owned(),
            "  set obj.response = \"Found\";".to_owned(),
            format!("  set obj.http.location = {} + req.url;", string(&account.url)),
            "  synthetic \"\";".to_owned(),
            "  return(deliver);".to_owned(),
            "}".to_owned(),
        ]);
    }
    lines.push(of_the_site(account));
    lines.extend(
        ["  if (obj.status >= 500 && obj.status < 600 && stale.exists) {", "    return(deliver_stale);", "  }", "}"]
            .map(str::to_owned),
    );
    lines
}

/// A shield hands on to an edge what only CDNs read.
fn deliver(account: &Account, wish: &Wish) -> Vec<String> {
    let mut lines = vec![of_the_site(account)];
    lines.extend(wish.headers.iter().map(|(name, value)| format!("  set resp.http.{name} = {};", string(value))));
    lines.push("  if (!req.http.fastly-ff) {".to_owned());
    for name in ["cdn-cache-control", "x-amz-meta-cdn-cache-control", "x-amz-meta-cache-tag"] {
        lines.push(format!("    unset resp.http.{name};"));
    }
    lines.extend(["  }".to_owned(), "}".to_owned()]);
    lines
}

/// Text in VCL. A short string knows `%` as an escape and no quote; a long one, `{"…"}`, has no escapes and ends at `"}`, so that
/// text with such an end in it goes in pieces.
fn string(text: &str) -> String {
    if !text.contains(['"', '%']) {
        return format!("\"{text}\"");
    }
    let pieces: Vec<&str> = text.split("\"}").collect();
    let last = pieces.len() - 1;
    let piece = |(at, piece): (usize, &&str)| {
        let (start, end) = (if at > 0 { "}" } else { "" }, if at < last { "\"" } else { "" });
        format!("{{\"{start}{piece}{end}\"}}")
    };
    pieces.iter().enumerate().map(piece).collect::<Vec<_>>().join(" + ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Fastly reads out of it, by the rules of its manual.
    fn read(vcl: &str) -> String {
        let mut out = String::new();
        let mut rest = vcl;
        loop {
            let (text, after) = match rest.strip_prefix("{\"") {
                Some(long) => long.split_once("\"}").unwrap(),
                None => rest.strip_prefix('"').unwrap().split_once('"').unwrap(),
            };
            out.push_str(text);
            match after.strip_prefix(" + ") {
                Some(more) => rest = more,
                None => return out,
            }
        }
    }

    #[test]
    fn text_stays_what_it_is() {
        for text in [
            "nosniff",
            "a%20b",
            "say \"x\"",
            "{\"group\":\"default\"}",
            "\"}\"}",
            "\"",
            "x\"",
            "\"}",
            "}\"",
            "{\"a\":{\"b\":\"c\"}}",
        ] {
            assert_eq!(read(&string(text)), text, "{}", string(text));
        }
        assert_eq!(string("nosniff"), "\"nosniff\"");
    }
}
