//! CloudFront by the plugin of AWS (registry: hashicorp/aws, `aws_cloudfront_distribution`, `aws_cloudfront_cache_policy`,
//! `aws_cloudfront_response_headers_policy`).

use super::super::panel::MARK;
use super::super::panel::cloudfront::{Secured, answers, lifetimes, secured, tag_header};
use super::hcl::{Item, block, import, refer, resource, set};
use super::{Module, Names};
use crate::cdn::{Account, Wish};
use serde_json::json;

const DISTRIBUTION: &str = "aws_cloudfront_distribution";
const CACHE: &str = "aws_cloudfront_cache_policy";
const HEADERS: &str = "aws_cloudfront_response_headers_policy";

/// The file.
pub(in crate::cdn) fn module(account: &Account, wish: &Wish, names: &Names) -> Module {
    let id = account.get("distribution");
    let mut items = vec![import(&format!("{DISTRIBUTION}.{}", names.resource), id), cache(account, wish, names)];
    items.extend((!wish.headers.is_empty()).then(|| headers(account, wish, names)));
    items.push(distribution(account, wish, names));
    let variables = vec![
        ("origin", "Host name of the origin"),
        ("origin_access_control", "Id of the origin access control of the bucket"),
        ("certificate", "ARN of a certificate in us-east-1 that covers every name"),
    ];
    let mut manual = Vec::new();
    if account.flag("tags") {
        manual.push(format!(
            "the distribution's CacheTagConfig, `{}`: the plugin may not know it yet, `landing cdn apply` does",
            tag_header(wish)
        ));
    }
    if !account.list("redirect").is_empty() {
        manual.push("lead other names here by a function at viewer request (302, with the query)".to_owned());
    }
    Module { plugin: ("aws", "hashicorp/aws", None), variables, items, manual }
}

fn named(account: &Account) -> Item {
    set("name", format!("{MARK}{}", account.get("distribution")))
}

fn cache(account: &Account, wish: &Wish, names: &Names) -> Item {
    let (least, usual, most) = lifetimes(wish);
    let none = |kind, name: &str| block(kind, vec![set(name, "none")]);
    let key = vec![
        set("enable_accept_encoding_brotli", true),
        set("enable_accept_encoding_gzip", true),
        none("cookies_config", "cookie_behavior"),
        none("headers_config", "header_behavior"),
        none("query_strings_config", "query_string_behavior"),
    ];
    let inside = vec![
        Item::Comment("one copy for everybody, for as long as `[cache.document]` says".to_owned()),
        named(account),
        set("min_ttl", least),
        set("default_ttl", usual),
        set("max_ttl", most),
        block("parameters_in_cache_key_and_forwarded_to_origin", key),
    ];
    resource(CACHE, &names.resource, inside)
}

fn headers(account: &Account, wish: &Wish, names: &Names) -> Item {
    let over = || set("override", true);
    let (mut security, mut custom) = (Vec::new(), Vec::new());
    for (name, value) in &wish.headers {
        security.push(match secured(name, value) {
            Secured::Hsts { seconds, subdomains, preload } => block(
                "strict_transport_security",
                vec![
                    set("access_control_max_age_sec", seconds),
                    set("include_subdomains", subdomains),
                    set("preload", preload),
                    over(),
                ],
            ),
            Secured::NoSniff => block("content_type_options", vec![over()]),
            Secured::Referrer(policy) => block("referrer_policy", vec![set("referrer_policy", policy), over()]),
            Secured::Frame(option) => block("frame_options", vec![set("frame_option", option), over()]),
            Secured::Csp(policy) => {
                block("content_security_policy", vec![set("content_security_policy", policy), over()])
            }
            Secured::Custom => {
                custom.push(block("items", vec![set("header", name.as_str()), set("value", value.as_str()), over()]));
                continue;
            }
        });
    }
    let mut inside = vec![Item::Comment("fields that the store cannot send".to_owned()), named(account)];
    inside.extend((!security.is_empty()).then(|| block("security_headers_config", security)));
    inside.extend((!custom.is_empty()).then(|| block("custom_headers_config", custom)));
    resource(HEADERS, &names.resource, inside)
}

fn distribution(account: &Account, wish: &Wish, names: &Names) -> Item {
    let name = &names.resource;
    let mut origin = vec![
        refer("domain_name", names.variable("origin")),
        set("origin_id", "origin"),
        refer("origin_access_control_id", names.variable("origin_access_control")),
    ];
    let region = account.get("shield_region");
    if !region.is_empty() {
        origin.push(block("origin_shield", vec![set("enabled", true), set("origin_shield_region", region)]));
    }
    let mut behavior = vec![
        set("target_origin_id", "origin"),
        set("viewer_protocol_policy", "redirect-to-https"),
        set("compress", true),
        set("allowed_methods", json!(["GET", "HEAD"])),
        set("cached_methods", json!(["GET", "HEAD"])),
        refer("cache_policy_id", format!("{CACHE}.{name}.id")),
    ];
    if !wish.headers.is_empty() {
        behavior.push(refer("response_headers_policy_id", format!("{HEADERS}.{name}.id")));
    }
    let mut inside = vec![
        set("enabled", true),
        set("is_ipv6_enabled", true),
        set("http_version", "http2and3"),
        set("default_root_object", "index.html"),
        set("aliases", json!(account.hosts())),
        block("origin", origin),
        block("default_cache_behavior", behavior),
    ];
    inside.extend(answers(wish).into_iter().map(|answer| {
        block(
            "custom_error_response",
            vec![
                set("error_code", answer.error),
                set("response_code", answer.status),
                set("response_page_path", answer.page),
                set("error_caching_min_ttl", answer.seconds),
            ],
        )
    }));
    inside.push(block("restrictions", vec![block("geo_restriction", vec![set("restriction_type", "none")])]));
    inside.push(block(
        "viewer_certificate",
        vec![
            refer("acm_certificate_arn", names.variable("certificate")),
            set("minimum_protocol_version", "TLSv1.2_2021"),
            set("ssl_support_method", "sni-only"),
        ],
    ));
    resource(DISTRIBUTION, name, inside)
}
