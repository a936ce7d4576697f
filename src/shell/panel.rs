//! `landing cdn plan` and `apply`: reads every setting, writes those that differ, reads them again.
//!
//! In: a CDN and what is wished; out: what differs. A write that the API accepted and that did not take is an error: it is read
//! back before anything else is said.

use super::sender::{Purger, Sender};
use super::{Event, Sink};
use crate::cdn::{Knob, Rights, Wish};
use crate::diag::{Code, Diagnostic};
use crate::model::{Finding, Verdict};
use serde_json::Value;

/// One setting that is not what is wished.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// At which CDN.
    pub provider: &'static str,
    /// Its name, as the vendor says it.
    pub setting: String,
    /// What it is.
    pub seen: Value,
    /// What it should be.
    pub want: Value,
    /// What for.
    pub why: &'static str,
}

/// What there is to do at one CDN.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Todo {
    /// Settings that differ.
    pub changes: Vec<Change>,
    /// Settings that are as they should be.
    pub kept: usize,
    /// What a person has to do.
    pub manual: Vec<String>,
}

/// Reads every setting.
///
/// # Errors
/// When one cannot be read.
pub async fn plan(sender: &Sender, purger: &Purger, wish: &Wish) -> Result<Todo, Diagnostic> {
    let panel = purger.cdn.panel(&purger.account, wish);
    let mut todo = Todo { manual: panel.manual, ..Todo::default() };
    for knob in &panel.knobs {
        let reply = sender.ask(purger, &knob.read).await?;
        let seen = knob.seen(&reply).map_err(|no| refused(purger, knob, "read", &no.message))?;
        if seen == knob.want {
            todo.kept += 1;
        } else {
            todo.changes.push(change(purger, knob, seen));
        }
    }
    Ok(todo)
}

/// Writes what differs, one setting after the other, and reads it back.
///
/// # Errors
/// When one cannot be written, or did not take: those before it are written.
pub async fn apply(sender: &Sender, purger: &Purger, wish: &Wish, sink: Sink<'_>) -> Result<Todo, Diagnostic> {
    let panel = purger.cdn.panel(&purger.account, wish);
    let mut done = Todo { manual: panel.manual, ..Todo::default() };
    for knob in &panel.knobs {
        let reply = sender.ask(purger, &knob.read).await?;
        let no = |what: &'static str| move |no: crate::cdn::Refusal| refused(purger, knob, what, &no.message);
        let seen = knob.seen(&reply).map_err(no("read"))?;
        if seen == knob.want {
            done.kept += 1;
            continue;
        }
        let answer = sender.ask(purger, &knob.write(&reply).map_err(no("written"))?).await?;
        answer.by_status().map_err(no("written"))?;
        let after = knob.seen(&sender.ask(purger, &knob.read).await?).map_err(no("read back"))?;
        if after != knob.want {
            return Err(refused(purger, knob, "written", &format!("the API accepted it, and it still is {after}")));
        }
        sink(Event::Step { phase: "cdn", what: knob.name.clone(), bytes: 0 });
        done.changes.push(change(purger, knob, seen));
    }
    Ok(done)
}

/// Whether the token may do more than purge: a finding, where one can know.
pub async fn rights(sender: &Sender, purger: &Purger) -> Option<Finding> {
    let (id, rights) = (purger.cdn.id(), purger.cdn.facts().rights);
    let warned = |seen: &str| {
        Finding::new("purge-token", id, Verdict::Warn, format!("the token may do more than purge: {seen}"))
            .remedy(format!("give it no more than this: {rights}"))
    };
    let request = match purger.cdn.rights(&purger.account) {
        Rights::Untold => return None,
        Rights::TooMany(seen) => return Some(warned(seen)),
        Rights::Ask(request) => request,
    };
    Some(match sender.ask(purger, &request).await {
        Ok(reply) => match purger.cdn.excess(&reply) {
            Some(seen) => warned(&seen),
            None => {
                Finding::new("purge-token", id, Verdict::Pass, "nothing says that the token may do more than purge")
            }
        },
        Err(wrong) => Finding::new("purge-token", id, Verdict::Unknown, wrong.message).remedy("try again"),
    })
}

/// Whether anybody may purge: on air that is a cheap attack. It asks for an address that no site has.
pub async fn strangers(sender: &Sender, purger: &Purger) -> Vec<Finding> {
    let mut findings = Vec::new();
    for request in purger.cdn.strangers(&purger.account) {
        let (url, status) = (request.url.clone(), sender.ask(purger, &request).await.map(|reply| reply.status));
        findings.push(match status {
            Ok(200..300) => Finding::new("open-purge", &url, Verdict::Fail, format!("`PURGE {url}` without a token was obeyed"))
                .remedy("let it refuse purges without a token (docs/cdn.md): whoever can purge can send every visitor to the origin"),
            Ok(status) => Finding::new("open-purge", &url, Verdict::Pass, format!("`PURGE {url}` without a token: {status}")),
            Err(wrong) => Finding::new("open-purge", &url, Verdict::Unknown, wrong.message).remedy("try again"),
        });
    }
    findings
}

fn change(purger: &Purger, knob: &Knob, seen: Value) -> Change {
    let (provider, want) = (purger.cdn.id(), knob.want.clone());
    Change { provider, setting: knob.name.clone(), seen, want, why: knob.why }
}

fn refused(purger: &Purger, knob: &Knob, what: &str, why: &str) -> Diagnostic {
    let message = format!("the setting `{}` of `{}` could not be {what}: {why}", knob.name, purger.cdn.id());
    Diagnostic::new(Code::CdnSettings, message)
        .hint("does the token allow it? `settings_token` takes another one for settings")
}
