//! Addresses as people type them from a screen lead to the page: upper case, a slash too many or too few, `.html`,
//! `/index.html`; at most one hop, then 200.

use crate::model::{Answer, Ask, Finding, Route, UrlPath};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};
use std::collections::BTreeSet;

pub(super) struct PrintedForms;

/// Redirects that are checked besides the forms of pages.
const REDIRECTS: usize = 40;

const REMEDY: &str = "redirect this form to the page in one hop (301 or 308)";

impl Check for PrintedForms {
    fn name(&self) -> &'static str {
        "printed-forms"
    }

    fn title(&self) -> &'static str {
        "addresses as people type them lead to the page in at most one hop"
    }

    fn needs_release(&self) -> bool {
        true
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        forms(subject).iter().map(ask).collect()
    }

    fn follow_ups(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Ask> {
        let hop = |url: &UrlPath| next(subject, &ask(url), seen.answer(&ask(url)).ok()?);
        forms(subject).iter().filter_map(hop).filter_map(Hop::into_ask).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let told = |url: &UrlPath| {
            let ask = ask(url);
            clerk.about(&ask, seen, |answer| told(&clerk, subject, url, &ask, answer, seen))
        };
        forms(subject).iter().map(told).collect()
    }
}

/// As browsers ask.
pub(super) fn ask(url: &UrlPath) -> Ask {
    Ask::get(url.encoded()).header("accept-encoding", "br")
}

/// The forms that the release knows how to answer, and the sources of its redirects.
pub(super) fn forms(subject: &Case<'_>) -> BTreeSet<UrlPath> {
    let release = subject.release;
    let known = |url: &UrlPath| matches!(release.route(url), Route::Object(_) | Route::Redirect(_));
    let typed = subject.pages().iter().flat_map(|page| forms_of(page.url.as_str())).filter(known);
    release.redirects.keys().take(REDIRECTS).cloned().chain(typed).collect()
}

fn forms_of(path: &str) -> Vec<UrlPath> {
    let trimmed = path.trim_end_matches('/');
    let upper = path.to_uppercase();
    let forms = [format!("{trimmed}/"), format!("{trimmed}.html"), format!("{trimmed}/index.html"), upper];
    forms.iter().filter(|form| *form != path).filter_map(|form| UrlPath::parse(form).ok()).collect()
}

/// Where a redirect leads.
enum Hop {
    /// To another page of this host.
    Here(Ask),
    /// To another host.
    Away(String),
}

impl Hop {
    fn into_ask(self) -> Option<Ask> {
        match self {
            Self::Here(ask) => Some(ask),
            Self::Away(_) => None,
        }
    }
}

/// Where an answer leads, when it leads anywhere. Only this host is ever asked.
fn next(subject: &Case<'_>, ask: &Ask, answer: &Answer) -> Option<Hop> {
    if !(300..400).contains(&answer.status) {
        return None;
    }
    let here = url::Url::parse(&format!("{}{}", subject.base, ask.target)).ok()?;
    let to = here.join(&answer.header("location")?).ok()?;
    if to.origin() != here.origin() {
        return Some(Hop::Away(to.to_string()));
    }
    let query = to.query().map_or(String::new(), |query| format!("?{query}"));
    Some(Hop::Here(Ask { target: format!("{}{query}", to.path()), ..ask.clone() }))
}

fn told(
    clerk: &Clerk<'_>,
    subject: &Case<'_>,
    url: &UrlPath,
    ask: &Ask,
    answer: &Answer,
    seen: &Observations,
) -> Finding {
    let evidence = exchange(ask, answer, &["location"]);
    match next(subject, ask, answer) {
        None if answer.status == 200 => clerk.pass(&ask.target, evidence),
        None => clerk.fail(&ask.target, evidence, REMEDY),
        Some(Hop::Away(to)) => match subject.release.route(url) {
            Route::Redirect(redirect) if is_away(subject, &redirect.to) => {
                clerk.pass(&ask.target, format!("{evidence} (leaves the site, as released)"))
            }
            _ => clerk.fail(
                &ask.target,
                format!("{evidence}; leads away to {}", crate::verify::desk::evidence::shown(&to)),
                REMEDY,
            ),
        },
        Some(Hop::Here(after)) => clerk.about(&after, seen, |last| {
            let evidence = format!("{evidence}; then {}", exchange(&after, last, &["location"]));
            if last.status == 200 {
                clerk.pass(&ask.target, evidence)
            } else {
                clerk.fail(&ask.target, evidence, REMEDY)
            }
        }),
    }
}

fn is_away(subject: &Case<'_>, to: &str) -> bool {
    !to.starts_with('/') && !to.starts_with(subject.base)
}
