//! Azure Front Door: paths in batches, with `*` at the end for all that begins so; followed until the operation is done.
//!
//! Paths are purged regardless of case and of their query. A followed address must be the API's own: the token goes along.

use super::account::split;
use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Grant, Item, Jurisdiction, Kind, Next, Query, Rate, Refusal,
    Reply, Request, Rights, Selector, Setting, Takes,
};
use serde_json::{Value, json};
use std::time::Duration;

/// The provider `azure`.
pub(super) struct Azure;

/// What an administrator's subscription may write in an hour (Azure Resource Manager's throttling), less than half of it.
const RATE: Rate = Rate::requests(50, 10, 60);

static FACTS: Facts = Facts {
    id: "azure",
    evidence: Evidence::Schema,
    jurisdiction: Jurisdiction::Elsewhere("US"),
    // The vendor names no limit; 100 is what its portal takes.
    takes: &[
        Takes::new(Selector::Url, 100, RATE),
        Takes::new(Selector::Prefix, 100, RATE),
        Takes::new(Selector::Everything, 1, RATE),
    ],
    form: Form::Path,
    tags: None,
    mixes: true,
    body: 64 * 1024,
    query: Query::Covered,
    success: "the operation is polled until it is done",
    propagation: "up to 10 min",
    settles: 10,
    rights: "Microsoft.Cdn/profiles/afdEndpoints/Purge/action on this endpoint",
    settings: &[
        Setting::needed("subscription", Kind::Id, "the subscription's id"),
        Setting::needed("resource_group", Kind::Id, "the resource group"),
        Setting::needed("profile", Kind::Id, "the Front Door profile"),
        Setting::needed("endpoint", Kind::Id, "the endpoint's name"),
        Setting::optional("tenant", Kind::Id, "the tenant, with `client` and `client_secret`"),
        Setting::optional("client", Kind::Id, "the application's id"),
        Setting::optional("client_secret", Kind::Secret, "where the application's secret comes from"),
        Setting::optional("token", Kind::Secret, "where an access token comes from, instead of these three"),
        Setting::optional("login", Kind::Address, "another address of the token service"),
    ],
    price: None,
    source: "azure-mgmt-cdn, AfdPurgeParameters; learn.microsoft.com/azure/frontdoor, \"Cache purging\"",
};

impl Cdn for Azure {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn check(&self, account: &Account) -> Result<(), String> {
        let client = !account.get("tenant").is_empty() && !account.get("client").is_empty();
        if account.has("token") || (client && account.has("client_secret")) {
            return Ok(());
        }
        Err("set `token`, or `tenant`, `client` and `client_secret`".to_owned())
    }

    /// "Cache purges on the Front Door are case-insensitive."
    fn folds_case(&self) -> bool {
        true
    }

    /// All that the caller may do at this endpoint (`AzurePermissionsForResource_List`, version 2022-04-01).
    fn rights(&self, account: &Account) -> Rights {
        let url = format!("{}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01", endpoint(account));
        Rights::Ask(Box::new(Request::new("GET", url, auth(account))))
    }

    fn excess(&self, _account: &Account, reply: &Reply) -> Option<String> {
        let answer = reply.json();
        let roles = answer["value"].as_array()?;
        let mut actions =
            roles.iter().filter_map(|role| role["actions"].as_array()).flatten().filter_map(Value::as_str);
        let more = actions.find(|action| !NEEDED.iter().any(|it| it.eq_ignore_ascii_case(action)))?;
        Some(format!("it may do `{more}`"))
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let path = |item: &Item| match item {
            Item::Prefix(path) => format!("{path}*"),
            Item::Everything => "/*".to_owned(),
            other => other.text().to_owned(),
        };
        let paths: Vec<String> = call.items().iter().map(path).collect();
        let url = format!("{}/purge?api-version=2024-02-01", endpoint(account));
        let body = json!({ "contentPaths": paths, "domains": account.hosts() });
        vec![Request::json("POST", url, auth(account), &body)]
    }

    fn read(&self, account: &Account, request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        let answer = reply.json();
        let next =
            reply.by_status().map_err(|no| answer["error"]["message"].as_str().map_or(no, |why| reply.refusal(why)))?;
        if next != Next::Done {
            return Ok(next);
        }
        if matches!(answer["status"].as_str(), Some("Failed" | "Canceled")) {
            return Err(reply.refusal(answer["error"]["message"].as_str().unwrap_or("the operation failed")));
        }
        let running = reply.status == 202 || answer["status"] == "InProgress";
        let follow = reply.location.clone().or_else(|| (request.method == "GET").then(|| request.url.clone()));
        match follow {
            _ if !running => Ok(Next::Done),
            Some(url) if is_ours(account, &url) => {
                let wait = Duration::from_secs(reply.retry_after.unwrap_or(10));
                Ok(Next::Poll(Box::new(Request::new("GET", url, auth(account)).later(wait))))
            }
            _ => Err(reply.refusal("the operation cannot be followed: no address, or another host's")),
        }
    }
}

const API: &str = "https://management.azure.com";

/// What a purge takes, and to ask for it.
const NEEDED: [&str; 2] =
    ["Microsoft.Cdn/profiles/afdEndpoints/Purge/action", "Microsoft.Authorization/permissions/read"];

fn endpoint(account: &Account) -> String {
    let of = |key| account.get(key);
    format!(
        "{}/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Cdn/profiles/{}/afdEndpoints/{}",
        account.api(API),
        of("subscription"),
        of("resource_group"),
        of("profile"),
        of("endpoint"),
    )
}

/// The same scheme, host and port as the API's.
fn is_ours(account: &Account, url: &str) -> bool {
    let scheme = |url: &str| url.split_once("://").map(|(scheme, _)| scheme.to_owned());
    let api = account.api(API);
    split(&api).0 == split(url).0 && scheme(&api) == scheme(url)
}

fn auth(account: &Account) -> Auth {
    let login = account.get("login").trim_end_matches('/');
    let login = if login.is_empty() { "https://login.microsoftonline.com" } else { login };
    Auth::OAuth(Grant::ClientSecret {
        url: format!("{login}/{}/oauth2/v2.0/token", account.get("tenant")),
        client: account.get("client").to_owned(),
        scope: "https://management.azure.com/.default",
    })
}
