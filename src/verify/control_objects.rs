//! The control objects of the store are not public: head names every release, blobs hold every page ever published.

use crate::model::{Answer, Ask, CONTROL, Finding, Head, UrlPath};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct ControlObjects;

impl Check for ControlObjects {
    fn name(&self) -> &'static str {
        "control-objects"
    }

    fn title(&self) -> &'static str {
        "the control objects are not answered publicly"
    }

    fn needs_release(&self) -> bool {
        true
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        paths(subject).into_iter().map(Ask::get).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let asks = paths(subject).into_iter().map(Ask::get);
        asks.map(|ask| clerk.about(&ask, seen, |answer| told(&clerk, &ask, answer))).collect()
    }
}

/// The head, also with its dot hidden from a naive rule, the manifest of this release, a blob of its entry page.
fn paths(subject: &Case<'_>) -> Vec<String> {
    let path = |key: &crate::model::Key| UrlPath::of(key).encoded();
    let mut paths = vec![
        path(&Head::key()),
        format!("/%2e{}/head", CONTROL.trim_start_matches('.')),
        path(&Head::manifest_key(&subject.release.id())),
    ];
    let blob = subject.entry().and_then(|entry| entry.body());
    paths.extend(blob.map(|(sha256, _)| path(&Head::blob_key(&sha256))));
    paths
}

fn told(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer) -> Finding {
    let evidence = exchange(ask, answer, &["content-type", "location"]);
    let remedy = format!(
        "refuse everything below `/{CONTROL}/` at the origin and at the edge, or set `control` to a private bucket"
    );
    match answer.status {
        400..500 => clerk.pass(&ask.target, evidence),
        200..300 => clerk.fail(&ask.target, evidence, remedy),
        _ => clerk.warn(&ask.target, evidence, remedy),
    }
}
