//! Odd forms of an address have one canonical answer: an empty query and parameters in another order are the page, from the
//! cache; a slash too many and the full stop behind a printed address are the page, a redirect to it, or a plain 404
//! (RFC 3986, section 6.2: which addresses are the same).
//!
//! Upper case and missing slashes are forms that people type: `printed-forms` is about them.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::desk::targets::Target;
use crate::verify::{Case, Check, Observations};

pub(super) struct OddForms;

impl Check for OddForms {
    fn name(&self) -> &'static str {
        "odd-forms"
    }

    fn title(&self) -> &'static str {
        "odd forms of an address have one canonical answer"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    /// Once the page is stored, and not as warm requests: they are rare, so they do not count for the offload.
    fn follow_ups(&self, subject: &Case<'_>, _seen: &Observations) -> Vec<Ask> {
        queries(subject).into_iter().chain(paths(subject).into_iter().map(|(ask, _)| ask)).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let remedy = "leave an empty query and tracking parameters, in whatever order, out of the cache key";
        let queries = clerk.each_still_hits(queries(subject), seen, remedy);
        let told = |(ask, page): (Ask, Target<'_>)| {
            clerk.about(&ask, seen, |answer| told(&clerk, subject, &ask, answer, &page))
        };
        queries.into_iter().map(Finding::at_most_warn).chain(paths(subject).into_iter().map(told)).collect()
    }
}

/// The entry page with a query that says nothing.
fn queries(subject: &Case<'_>) -> Vec<Ask> {
    let Some(entry) = subject.entry() else { return Vec::new() };
    let (usual, nonce) = (entry.usual(), subject.fresh_nonce("odd forms"));
    let forms =
        [String::new(), format!("utm_source={nonce}&utm_medium=tv"), format!("utm_medium=tv&utm_source={nonce}")];
    forms.map(|query| usual.clone().parameter(&query)).to_vec()
}

/// The first page that has a name, with a slash too many and with the full stop of a sentence; on `/` alone neither is left
/// when a client has normalized the address.
fn paths<'a>(subject: &Case<'a>) -> Vec<(Ask, Target<'a>)> {
    let is_named = |page: &&Target<'_>| page.query.is_none() && page.path().len() > 1 && !page.path().ends_with('/');
    let named = subject.pages().iter().find(is_named);
    let Some(page) = named else { return Vec::new() };
    let usual = page.usual();
    let forms = [format!("/{}", usual.target), format!("{}.", usual.target)];
    forms.map(|target| (Ask { target, ..usual.clone() }, page.clone())).to_vec()
}

fn told(clerk: &Clerk<'_>, subject: &Case<'_>, ask: &Ask, answer: &Answer, page: &Target<'_>) -> Finding {
    let evidence = exchange(ask, answer, &["location"]);
    match answer.status {
        404 | 410 => clerk.pass(&ask.target, evidence),
        200 => clerk.other_body(ask, answer, page).map_or_else(
            || clerk.pass(&ask.target, evidence),
            |it| {
                let remedy = "answer this form with the page, a redirect to it, or 404: it is another page now";
                Finding::at_most_warn(it.remedy(remedy))
            },
        ),
        300..400 if leads_to(subject, answer, page) => clerk.pass(&ask.target, evidence),
        300..400 => {
            let remedy = "redirect to the page itself; `Location: //name` leads to the host of that name";
            clerk.warn(&ask.target, evidence, remedy)
        }
        _ => clerk.warn(&ask.target, evidence, "answer this form with the page, a redirect to it, or 404"),
    }
}

/// Resolved against the base: against `//name` the name would be taken for a host, as it is by browsers.
fn leads_to(subject: &Case<'_>, answer: &Answer, page: &Target<'_>) -> bool {
    let to = || {
        let base = url::Url::parse(&format!("{}/", subject.base)).ok()?;
        Some((base.join(&answer.header("location")?).ok()?, base.join(&page.path()).ok()?))
    };
    to().is_some_and(|(to, page)| to == page)
}
