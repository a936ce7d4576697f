//! The fields of a distribution that are ours: how its default behavior caches and answers, what stands for errors, where tags are.
//!
//! The orders are those of the API's model (botocore, cloudfront/2020-05-31).

use super::super::Wish;
use super::super::whole::Seen;
use super::super::xml::Element;
use crate::cdn::Account;
use serde_json::{Value, json};

const CONFIG: &[&str] = &[
    "CallerReference",
    "Aliases",
    "DefaultRootObject",
    "Origins",
    "OriginGroups",
    "DefaultCacheBehavior",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Comment",
    "Logging",
    "PriceClass",
    "Enabled",
    "ViewerCertificate",
    "Restrictions",
    "WebACLId",
    "HttpVersion",
    "IsIPV6Enabled",
    "ContinuousDeploymentPolicyId",
    "Staging",
    "AnycastIpListId",
    "TenantConfig",
    "ConnectionMode",
    "ViewerMtlsConfig",
    "ConnectionFunctionAssociation",
    "CacheTagConfig",
];

const BEHAVIOR: &[&str] = &[
    "TargetOriginId",
    "TrustedSigners",
    "TrustedKeyGroups",
    "ViewerProtocolPolicy",
    "AllowedMethods",
    "SmoothStreaming",
    "Compress",
    "LambdaFunctionAssociations",
    "FunctionAssociations",
    "FieldLevelEncryptionId",
    "RealtimeLogConfigArn",
    "CachePolicyId",
    "OriginRequestPolicyId",
    "ResponseHeadersPolicyId",
    "GrpcConfig",
];

const ORIGIN: &[&str] = &[
    "Id",
    "DomainName",
    "OriginPath",
    "CustomHeaders",
    "S3OriginConfig",
    "CustomOriginConfig",
    "VpcOriginConfig",
    "ConnectionAttempts",
    "ConnectionTimeout",
    "ResponseCompletionTimeout",
    "OriginShield",
    "OriginAccessControlId",
];

const CERTIFICATE: &[&str] = &[
    "CloudFrontDefaultCertificate",
    "IAMCertificateId",
    "ACMCertificateArn",
    "SSLSupportMethod",
    "MinimumProtocolVersion",
];

/// What a legacy behavior says itself and a cache policy says in its place.
const LEGACY: &[&str] = &["ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"];

/// TLS 1.2 with forward secrecy and no CBC, or more (Developer Guide, "Supported protocols and ciphers").
const MODERN_TLS: &[&str] = &["TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"];

/// What stands for an error of the origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cdn) struct Answer {
    /// The origin's status.
    pub(in crate::cdn) error: u16,
    /// The page that is shown for it.
    pub(in crate::cdn) page: String,
    /// With this status.
    pub(in crate::cdn) status: u16,
    /// For so many seconds before the origin is asked again.
    pub(in crate::cdn) seconds: u64,
}

/// What is not there is kept like every error page; a failure for ten seconds, which is CloudFront's own rule.
pub(in crate::cdn) fn answers(wish: &Wish) -> Vec<Answer> {
    let of = |(error, (page, status)): (&u16, &(String, u16))| {
        let seconds = if *error < 500 { wish.error.cdn } else { 10 };
        Answer { error: *error, page: page.clone(), status: *status, seconds }
    };
    wish.errors.iter().map(of).collect()
}

impl Answer {
    fn element(&self) -> Element {
        let members = [
            ("ErrorCode", self.error.to_string()),
            ("ResponsePagePath", self.page.clone()),
            ("ResponseCode", self.status.to_string()),
            ("ErrorCachingMinTTL", self.seconds.to_string()),
        ];
        Element::of("CustomErrorResponse", members.into_iter().map(|(name, text)| Element::leaf(name, text)).collect())
    }
}

/// The field in which our tags arrive: a bucket sends what it keeps as metadata under another name.
pub(in crate::cdn) fn tag_header(wish: &Wish) -> &'static str {
    if wish.bucket { "x-amz-meta-cache-tag" } else { "cache-tag" }
}

/// The fields with one text: path, value, what for. The ids are those of the cache policy and of that of header fields.
fn fields<'a>(
    account: &'a Account,
    wish: &Wish,
    ids: &'a [String],
) -> Vec<(&'static [&'static str], &'a str, &'static str)> {
    let mut fields: Vec<(&'static [&'static str], &str, &'static str)> = vec![
        (&["DefaultRootObject"], "index.html", "`/` is a page"),
        (&["DefaultCacheBehavior", "ViewerProtocolPolicy"], "redirect-to-https", "http goes to https at the edge"),
        (&["DefaultCacheBehavior", "Compress"], "true", "pages are small enough for the first round trip"),
        (&["HttpVersion"], "http2and3", "one round trip less on a phone"),
    ];
    let policies: [(&'static [&'static str], &'static str); 2] = [
        (&["DefaultCacheBehavior", "CachePolicyId"], "pages are cached by our policy"),
        (
            &["DefaultCacheBehavior", "ResponseHeadersPolicyId"],
            "fields that the store cannot send are added by our policy",
        ),
    ];
    fields.extend(policies.into_iter().zip(ids).map(|((path, why), id)| (path, id.as_str(), why)));
    if account.flag("tags") {
        fields.push((
            &["CacheTagConfig", "HeaderName"],
            tag_header(wish),
            "error pages and redirects are purged by tag",
        ));
    }
    fields
}

/// Every setting of the distribution, as it is and as it should be.
pub(super) fn seen(config: &Element, account: &Account, wish: &Wish, ids: &[String]) -> Vec<Seen> {
    let of = |(path, want, why): (&[&str], &str, &'static str)| {
        let seen = config.at(path).map_or(Value::Null, |it| json!(it.text));
        Seen::new(path.join("."), why, seen, json!(want))
    };
    let mut all: Vec<Seen> = fields(account, wish, ids).into_iter().map(of).collect();
    for answer in answers(wish) {
        let theirs = config.items(&["CustomErrorResponses"]).iter();
        let code = answer.error.to_string();
        let theirs = theirs.filter(|it| it.text_at(&["ErrorCode"]) == code).map(Element::value).next();
        let (name, why) =
            (format!("CustomErrorResponses {code}"), "our page stands for what is not there, and for failures");
        all.push(Seen::new(name, why, theirs.unwrap_or_default(), answer.element().value()));
    }
    let region = account.get("shield_region");
    if !region.is_empty() {
        let origin = target(config);
        let shield = origin.and_then(|it| it.at(&["OriginShield"])).map_or(Value::Null, Element::value);
        let why = "one place asks the origin, not every city";
        all.push(Seen::new("OriginShield", why, shield, shield_in(region).value()));
    }
    let certificate = &["ViewerCertificate", "MinimumProtocolVersion"];
    if is_certified(config) {
        let version = config.text_at(certificate);
        let want = if MODERN_TLS.contains(&version) { version } else { MODERN_TLS[0] };
        all.push(Seen::new(certificate.join("."), "no broken ciphers", json!(version), json!(want)));
    }
    all
}

/// CloudFront's own certificate sets its own rules.
fn is_certified(config: &Element) -> bool {
    let own = config.text_at(&["ViewerCertificate", "CloudFrontDefaultCertificate"]);
    config.at(&["ViewerCertificate"]).is_some() && own != "true"
}

fn shield_in(region: &str) -> Element {
    Element::of("OriginShield", vec![Element::leaf("Enabled", "true"), Element::leaf("OriginShieldRegion", region)])
}

/// The origin of the default behavior.
fn target(config: &Element) -> Option<&Element> {
    let id = config.text_at(&["DefaultCacheBehavior", "TargetOriginId"]);
    config.items(&["Origins"]).iter().find(|origin| origin.text_at(&["Id"]) == id)
}

/// Makes it so, and leaves everything else as it is.
pub(super) fn change(config: &mut Element, account: &Account, wish: &Wish, ids: &[String]) {
    for (path, want, _) in fields(account, wish, ids) {
        match path {
            [name] => config.put(Element::leaf(name, want), CONFIG),
            [parent, name] => {
                let order = if *parent == "DefaultCacheBehavior" { BEHAVIOR } else { &[] };
                config.child(parent, CONFIG).put(Element::leaf(name, want), order);
            }
            _ => {}
        }
    }
    let behavior = config.child("DefaultCacheBehavior", CONFIG);
    for name in LEGACY {
        behavior.take(name);
    }
    let ours = answers(wish);
    let theirs = config.items(&["CustomErrorResponses"]).iter().filter(|it| {
        let code = it.text_at(&["ErrorCode"]);
        ours.iter().all(|answer| answer.error.to_string() != code)
    });
    let responses: Vec<Element> = theirs.cloned().chain(ours.iter().map(Answer::element)).collect();
    config.put(Element::list("CustomErrorResponses", responses), CONFIG);
    let region = account.get("shield_region");
    let id = config.text_at(&["DefaultCacheBehavior", "TargetOriginId"]).to_owned();
    if !region.is_empty() {
        let origins = &mut config.child("Origins", CONFIG).child("Items", &["Quantity", "Items"]).children;
        let target = origins.iter_mut().find(|origin| origin.text_at(&["Id"]) == id);
        if let Some(origin) = target {
            origin.put(shield_in(region), ORIGIN);
        }
    }
    if is_certified(config) && !MODERN_TLS.contains(&config.text_at(&["ViewerCertificate", "MinimumProtocolVersion"])) {
        let version = Element::leaf("MinimumProtocolVersion", MODERN_TLS[0]);
        config.child("ViewerCertificate", CONFIG).put(version, CERTIFICATE);
    }
}
