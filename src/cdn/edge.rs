//! `landing edge`, our stand-in for a CDN: one call takes everything.
//!
//! `POST /.well-known/landing-edge/purge` with a JSON object; URLs are paths, percent-encoded as they go over the wire.

use super::{Account, Auth, Cdn, Limits, Next, Refusal, Reply, Request};
use crate::model::{Purge, UrlPath};
use std::collections::BTreeMap;

/// The provider `edge`.
pub(super) struct Edge;

/// Far below the body that the edge accepts (1 MB) even with long paths.
const URLS_PER_REQUEST: usize = 1_000;

impl Cdn for Edge {
    fn id(&self) -> &'static str {
        "edge"
    }

    fn limits(&self) -> Limits {
        Limits { urls_per_request: URLS_PER_REQUEST, tags: true }
    }

    fn requests(&self, account: &Account, purge: &Purge, _now: jiff::Timestamp) -> Vec<Request> {
        if purge.is_empty() {
            return Vec::new();
        }
        if purge.everything {
            return vec![request(account, &[], &[], true)];
        }
        let urls: Vec<String> = purge.urls.iter().map(UrlPath::encoded).collect();
        let tags: Vec<&str> = purge.tags.iter().map(String::as_str).collect();
        let mut requests: Vec<Request> =
            urls.chunks(URLS_PER_REQUEST).map(|urls| request(account, urls, &[], false)).collect();
        match requests.first_mut() {
            // The tags ride along with the first.
            Some(first) => *first = request(account, &urls[..urls.len().min(URLS_PER_REQUEST)], &tags, false),
            None => requests.push(request(account, &[], &tags, false)),
        }
        requests
    }

    fn read(&self, reply: &Reply) -> Result<Next, Refusal> {
        let next = reply.by_status()?;
        let counted =
            |body: &str| serde_json::from_str::<serde_json::Value>(body).is_ok_and(|it| it["purged"].is_u64());
        if next == Next::Done && !counted(&reply.body) {
            let message = "the answer is not that of a `landing edge`".to_owned();
            return Err(Refusal { status: reply.status, message });
        }
        Ok(next)
    }
}

fn request(account: &Account, urls: &[String], tags: &[&str], everything: bool) -> Request {
    let api = account.api.as_deref().unwrap_or(&account.url).trim_end_matches('/');
    let body = serde_json::json!({
        "urls": urls, "prefixes": [], "tags": tags, "everything": everything, "soft": false,
    });
    Request {
        method: "POST",
        url: format!("{api}/.well-known/landing-edge/purge"),
        headers: BTreeMap::from([("content-type", "application/json".to_owned())]),
        auth: Auth::Bearer,
        body: body.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn account() -> Account {
        Account { url: "http://127.0.0.1:8788".to_owned(), api: None }
    }

    fn urls(paths: impl IntoIterator<Item = String>) -> BTreeSet<UrlPath> {
        paths.into_iter().map(|path| UrlPath::parse(&path).unwrap()).collect()
    }

    fn bodies(purge: &Purge) -> Vec<String> {
        Edge.requests(&account(), purge, jiff::Timestamp::UNIX_EPOCH).into_iter().map(|it| it.body).collect()
    }

    #[test]
    fn urls_and_tags_go_in_one_call() {
        let purge = Purge {
            urls: urls(["/".to_owned(), "/h\u{e9}".to_owned()]),
            tags: BTreeSet::from(["error".to_owned()]),
            everything: false,
        };
        let requests = Edge.requests(&account(), &purge, jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(requests[0].url, "http://127.0.0.1:8788/.well-known/landing-edge/purge");
        assert_eq!(
            bodies(&purge),
            [r#"{"everything":false,"prefixes":[],"soft":false,"tags":["error"],"urls":["/","/h%C3%A9"]}"#]
        );
    }

    #[test]
    fn many_urls_are_split_and_none_is_lost() {
        let purge = Purge { urls: urls((0..2_500).map(|n| format!("/{n}"))), ..Purge::default() };
        let bodies = bodies(&purge);
        assert_eq!(bodies.len(), 3);
        let count =
            |body: &String| serde_json::from_str::<serde_json::Value>(body).unwrap()["urls"].as_array().unwrap().len();
        assert_eq!(bodies.iter().map(count).sum::<usize>(), 2_500);
    }

    #[test]
    fn everything_is_only_what_was_asked_for() {
        let purge = Purge { everything: true, ..Purge::default() };
        assert_eq!(bodies(&purge), [r#"{"everything":true,"prefixes":[],"soft":false,"tags":[],"urls":[]}"#]);
        assert!(bodies(&Purge::default()).is_empty());
    }

    #[test]
    fn another_program_that_says_ok_is_not_believed() {
        let reply = |status, body: &str| Reply { status, retry_after: None, body: body.to_owned() };
        assert_eq!(Edge.read(&reply(200, r#"{"purged":2}"#)), Ok(Next::Done));
        assert!(Edge.read(&reply(200, "<html>hello")).is_err());
        assert!(Edge.read(&reply(401, "no")).is_err());
    }
}
