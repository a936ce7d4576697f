//! `[cache]`, `[headers]`, `[[redirects]]`: how the site wants to be served.
//!
//! In: those sections. Out: lifetimes, header fields, redirects. Refuses fields that only the server can know.

use crate::diag::Code;
use crate::model::{Headers, Lifetime, Lifetimes, Redirect, UrlPath};
use crate::reader::Section;
use std::collections::BTreeMap;

/// Header fields of every answer, unless `[headers]` says otherwise.
///
/// `frame-ancestors` cannot stand in the document (CSP 3, section 6.4.2), all else of the policy does. HSTS without
/// `includeSubDomains` and `preload`, which bind hosts that this site does not own (RFC 6797, section 6.1.2).
const EVERYWHERE: &[(&str, &str)] = &[
    ("content-security-policy", "frame-ancestors 'none'"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("strict-transport-security", "max-age=31536000"),
    ("x-content-type-options", "nosniff"),
];

/// The default lifetimes of each class; `landing config` shows the reasons.
pub const LIFETIMES: Lifetimes = {
    const DAY: u64 = 86_400;
    Lifetimes {
        document: lifetime_of(60, DAY, DAY, 7 * DAY),
        // One year: the most that RFC 9111's predecessors advised (RFC 2616, section 14.21) and every CDN accepts.
        asset: Lifetime { immutable: true, ..lifetime_of(365 * DAY, 365 * DAY, 0, 0) },
        error: lifetime_of(30, 60, DAY, 7 * DAY),
        redirect: lifetime_of(300, DAY, DAY, 7 * DAY),
    }
};

const fn lifetime_of(browser: u64, cdn: u64, stale_while_revalidate: u64, stale_if_error: u64) -> Lifetime {
    Lifetime { browser, cdn, stale_while_revalidate, stale_if_error, immutable: false }
}

pub(super) fn lifetimes(section: &Section<'_>) -> Lifetimes {
    section.only(&["document", "asset", "error", "redirect"]);
    Lifetimes {
        document: lifetime(&section.section("document"), LIFETIMES.document),
        asset: lifetime(&section.section("asset"), LIFETIMES.asset),
        error: lifetime(&section.section("error"), LIFETIMES.error),
        redirect: lifetime(&section.section("redirect"), LIFETIMES.redirect),
    }
}

fn lifetime(section: &Section<'_>, default: Lifetime) -> Lifetime {
    section.only(&["browser", "cdn", "stale_while_revalidate", "stale_if_error"]);
    let seconds = |key, default| section.seconds(key).unwrap_or(default);
    Lifetime {
        browser: seconds("browser", default.browser),
        cdn: seconds("cdn", default.cdn),
        stale_while_revalidate: seconds("stale_while_revalidate", default.stale_while_revalidate),
        stale_if_error: seconds("stale_if_error", default.stale_if_error),
        immutable: default.immutable,
    }
}

/// Fields that would contradict the cache lifetimes, or that only the server can know.
const NOT_SETTABLE: &[&str] = &[
    "age",
    "cache-control",
    "cdn-cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "location",
    "set-cookie",
    "transfer-encoding",
    "vary",
];

pub(super) fn headers(section: &Section<'_>) -> Headers {
    let mut headers = EVERYWHERE.iter().fold(Headers::new(), |headers, (name, value)| headers.with(name, value));
    for name in section.keys() {
        let Some(value) = section.string(&name) else { continue };
        if NOT_SETTABLE.contains(&name.to_ascii_lowercase().as_str()) {
            section.complain(
                &name,
                Code::BadValue,
                &format!("`{name}` cannot be set here"),
                "lifetimes stand in `[cache]`, the other fields are the server's own",
            );
        } else if value.is_empty() {
            headers.remove(&name);
        } else if let Err(why) = headers.set(&name, &value) {
            section.complain(&name, Code::BadValue, &why, "header values are ASCII without line ends");
        }
    }
    headers
}

pub(super) fn redirects(root: &Section<'_>) -> BTreeMap<UrlPath, Redirect> {
    let mut redirects = BTreeMap::new();
    for section in root.list("redirects") {
        section.only(&["from", "to", "status"]);
        let (from, to) =
            (section.required("from", "the path that is redirected"), section.required("to", "where it leads"));
        let status = section.number("status").unwrap_or(302);
        if ![301, 302, 303, 307, 308].contains(&status) {
            section.complain(
                "status",
                Code::BadValue,
                &format!("{status} is no redirect"),
                "use 301, 302, 303, 307 or 308",
            );
        }
        let (Some(from), Some(to)) = (from, to) else { continue };
        // Two slashes begin the name of a host, and browsers take a backslash for a slash (WHATWG URL, section 4.4).
        let is_path = to.starts_with('/') && !to.starts_with("//") && !to.contains('\\');
        if !(is_path || to.starts_with("https://")) || !to.bytes().all(|byte| byte.is_ascii_graphic()) {
            section.complain(
                "to",
                Code::BadValue,
                "`to` is neither a path nor an `https://` address",
                "write `/path` or `https://host/path`, percent-encoded",
            );
        }
        match UrlPath::parse(&from) {
            Ok(from) if redirects.contains_key(&from) => {
                section.complain(
                    "from",
                    Code::SamePath,
                    &format!("`{from}` is redirected twice"),
                    "keep one of the two",
                );
            }
            Ok(from) => {
                redirects.insert(from, Redirect { to, status: u16::try_from(status).unwrap_or(302) });
            }
            Err(why) => section.complain("from", Code::BadValue, why, "write a path such as `/app`"),
        }
    }
    redirects
}
