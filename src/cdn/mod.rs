//! Purge APIs as messages: what a CDN wants to be told, and what its answers mean.
//!
//! In: an [`Account`] and a purge; out: a [`plan`] of calls, the [`Request`]s of each, and from each [`Reply`] the [`Next`]
//! step. Pure: nothing here sends, waits or keeps a secret (a request says where it goes, `shell::sender` puts it there), so
//! nothing here can leak one. A vendor's "yes" means accepted, never evicted: only a look at the edge proves that.

mod account;
mod akamai;
mod auth;
mod azure;
mod bunny;
mod cloudflare;
mod cloudfront;
mod edge;
mod facts;
mod fastly;
mod gcore;
mod google;
mod http;
mod keycdn;
mod message;
mod nginx;
mod ovh;
mod panel;
mod plan;
mod scaleway;
mod switches;
mod terraform;
mod trafficserver;
mod varnish;

pub use account::Account;
pub use auth::{Auth, Exchange, Grant, Keys, Unsigned};
pub use facts::{Evidence, Facts, Form, Jurisdiction, Kind, Price, Query, Rate, Selector, Setting, Takes, Unit};
pub use message::{Call, Item, Next, Refusal, Reply, Request};
pub use panel::{Knob, MARK, Panel, Place, Seen, Step, Whole, Wish};
pub use plan::{Plan, plan};
pub use switches::{Switch, switches};
pub use terraform::{Module, Names, terraform};

/// One provider.
pub trait Cdn: Sync {
    /// What is known about it.
    fn facts(&self) -> &'static Facts;

    /// Whether a purge of `/a` takes `/A` along.
    fn folds_case(&self) -> bool {
        false
    }

    /// Its name in `provider = "…"`.
    fn id(&self) -> &'static str {
        self.facts().id
    }

    /// What this account takes: a plan that was not paid for, or an option that is off, takes less.
    fn takes(&self, _account: &Account) -> Vec<Takes> {
        self.facts().takes.to_vec()
    }

    /// Whether this can be purged safely at all.
    ///
    /// # Errors
    /// When the settings contradict each other, or anybody could purge.
    fn check(&self, _account: &Account) -> Result<(), String> {
        Ok(())
    }

    /// What to do here about what `landing verify` finds, where that is known.
    fn switches(&self) -> &'static [Switch] {
        &[]
    }

    /// Its settings, as far as they are managed here; what is not is said.
    fn panel(&self, _account: &Account, wish: &Wish) -> Panel {
        Panel::by_hand(wish)
    }

    /// The same settings for Terraform, where a plugin has resources for them.
    fn terraform(&self, _account: &Account, _wish: &Wish, _names: &Names) -> Option<Module> {
        None
    }

    /// How to see whether the token may do more than purge.
    fn rights(&self, _account: &Account) -> Rights {
        Rights::Untold
    }

    /// What the token may do beyond purging, from the answer to [`Rights::Ask`].
    fn excess(&self, _account: &Account, _reply: &Reply) -> Option<String> {
        None
    }

    /// What a stranger would ask to purge an address that nobody uses: to see that it is refused.
    fn strangers(&self, _account: &Account) -> Vec<Request> {
        Vec::new()
    }

    /// The requests that make up one call, in order.
    fn requests(&self, account: &Account, call: &Call, now: jiff::Timestamp) -> Vec<Request>;

    /// What an answer means.
    ///
    /// # Errors
    /// When it is a clear no.
    fn read(&self, account: &Account, request: &Request, reply: &Reply) -> Result<Next, Refusal>;
}

/// An address that no site has.
const NOBODYS: &str = "/landing-nobody-asks-for-this";

/// How one learns what a token may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rights {
    /// The API does not tell.
    Untold,
    /// Every token of this vendor may do more, and this is how much.
    TooMany(&'static str),
    /// By asking this.
    Ask(Box<Request>),
}

/// Every provider. A new one is one file and one entry here.
pub const ALL: &[&dyn Cdn] = &[
    &cloudflare::Cloudflare,
    &fastly::Fastly,
    &cloudfront::CloudFront,
    &bunny::Bunny,
    &akamai::Akamai,
    &google::Google,
    &azure::Azure,
    &gcore::Gcore,
    &keycdn::KeyCdn,
    &scaleway::Scaleway,
    &ovh::Ovh,
    &varnish::Varnish,
    &nginx::Nginx,
    &trafficserver::TrafficServer,
    &edge::Edge,
    &http::Http,
];

/// The fields in which CDNs say whether an answer was a hit, how old it is, and which point of presence gave it: evidence when a
/// purge did not help. RFC 9211 first, then what the vendors send.
pub const TELLING: &[&str] = &[
    "cache-status",
    "age",
    "etag",
    "cf-cache-status",
    "cf-ray",
    "x-cache",
    "x-served-by",
    "x-amz-cf-pop",
    "cdn-cache",
    "cache",
    "x-edge-location",
    "x-cdn-pop",
    "x-varnish",
    "via",
    "server",
];

/// The provider of that name.
pub fn find(id: &str) -> Option<&'static dyn Cdn> {
    ALL.iter().copied().find(|cdn| cdn.id() == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Purge, Widen};

    #[test]
    fn every_provider_is_found_by_its_own_name() {
        for cdn in ALL {
            assert_eq!(find(cdn.id()).unwrap().id(), cdn.id());
        }
        assert!(find("nobody").is_none());
    }

    #[test]
    fn nothing_to_purge_never_becomes_everything() {
        let account = Account::at("https://www.example.com");
        for cdn in ALL {
            let plan = plan(*cdn, &account, &Purge::default(), Widen::Everything);
            assert!(plan.calls.is_empty(), "{}", cdn.id());
        }
    }

    #[test]
    fn every_sheet_says_all_it_must() {
        for cdn in ALL {
            let facts = cdn.facts();
            assert!(facts.takes.iter().any(|it| it.selector == Selector::Url && it.items > 0), "{}", facts.id);
            for text in [facts.success, facts.propagation, facts.rights, facts.source] {
                assert!(text.len() > 3, "{}: {text}", facts.id);
            }
            assert!(facts.takes.iter().all(|it| it.rate.burst > 0 && it.rate.refill > 0), "{}", facts.id);
        }
    }
}
