//! `landing cdn plan` and `apply`: reads every setting, writes those that differ, reads them again.
//!
//! In: a CDN and what is wished; out: what differs. A write that the API accepted and that did not take is an error: it is read
//! back before anything else is said.

use super::sender::{Purger, Sender};
use super::{Event, Sink};
use crate::cdn::{Panel, Refusal, Reply, Rights, Seen, Step, Whole, Wish};
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
    let mut todo = Todo { manual: panel.manual.clone(), ..Todo::default() };
    for knob in &panel.knobs {
        let reply = sender.ask(purger, &knob.read).await?;
        let seen = knob.seen(&reply).map_err(|no| refused(purger, &panel, &knob.name, "read", &no))?;
        todo.add(purger, Seen { name: knob.name.clone(), why: knob.why, seen, want: knob.want.clone() });
    }
    if let Some(whole) = &panel.whole {
        let (_, all) = Conversation { sender, purger, panel: &panel, whole: whole.as_ref() }.read("read").await?;
        for seen in all {
            todo.add(purger, seen);
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
    let mut done = Todo { manual: panel.manual.clone(), ..Todo::default() };
    for knob in &panel.knobs {
        let reply = sender.ask(purger, &knob.read).await?;
        let no = |what: &'static str| |no: Refusal| refused(purger, &panel, &knob.name, what, &no);
        let seen = knob.seen(&reply).map_err(no("read"))?;
        let seen = Seen { name: knob.name.clone(), why: knob.why, seen, want: knob.want.clone() };
        if seen.is_kept() {
            done.kept += 1;
            continue;
        }
        let answer = sender.ask(purger, &knob.write(&reply).map_err(no("written"))?).await?;
        answer.by_status().map_err(no("written"))?;
        let after = knob.seen(&sender.ask(purger, &knob.read).await?).map_err(no("read back"))?;
        if after != knob.want {
            return Err(untaken(purger, &panel, &knob.name, &after));
        }
        sink(Event::Step { phase: "cdn", what: knob.name.clone(), bytes: 0 });
        done.add(purger, seen);
    }
    if let Some(whole) = &panel.whole {
        let before = Conversation { sender, purger, panel: &panel, whole: whole.as_ref() }.apply().await?;
        for seen in before {
            if !seen.is_kept() {
                sink(Event::Step { phase: "cdn", what: seen.name.clone(), bytes: 0 });
            }
            done.add(purger, seen);
        }
    }
    Ok(done)
}

impl Todo {
    fn add(&mut self, purger: &Purger, Seen { name, why, seen, want }: Seen) {
        if seen == want {
            self.kept += 1;
        } else {
            self.changes.push(Change { provider: purger.cdn.id(), setting: name, seen, want, why });
        }
    }
}

/// Settings that are read and written together.
struct Conversation<'a> {
    sender: &'a Sender,
    purger: &'a Purger,
    panel: &'a Panel,
    whole: &'a dyn Whole,
}

/// More questions than any provider's settings need: an API that always has one more ends here.
const LONGEST: usize = 200;

impl Conversation<'_> {
    async fn read(&self, what: &'static str) -> Result<(Vec<Reply>, Vec<Seen>), Diagnostic> {
        let mut said = Vec::new();
        while said.len() < LONGEST {
            match self.whole.read(&said).map_err(|no| self.refused(what, &no))? {
                Step::Ask(request) => said.push(self.sender.ask(self.purger, &request).await?),
                Step::Seen(all) => return Ok((said, all)),
            }
        }
        Err(self.endless(what))
    }

    /// Writes what differs and reads it back. Gives what there was before.
    async fn apply(&self) -> Result<Vec<Seen>, Diagnostic> {
        let (read, before) = self.read("read").await?;
        if before.iter().all(Seen::is_kept) {
            return Ok(before);
        }
        let mut said = Vec::new();
        while let Some(request) = self.whole.write(&read, &said).map_err(|no| self.refused("written", &no))? {
            if said.len() == LONGEST {
                return Err(self.endless("written"));
            }
            said.push(self.sender.ask(self.purger, &request).await?);
        }
        let (_, after) = self.read("read back").await?;
        match after.iter().find(|it| !it.is_kept()) {
            Some(Seen { name, seen, .. }) => Err(untaken(self.purger, self.panel, name, seen)),
            None => Ok(before),
        }
    }

    fn refused(&self, what: &str, no: &Refusal) -> Diagnostic {
        let message = format!("the settings of `{}` could not be {what}: {}", self.purger.cdn.id(), no.message);
        Diagnostic::new(Code::CdnSettings, message).hint(hint(self.panel, no.status))
    }

    fn endless(&self, what: &str) -> Diagnostic {
        self.refused(what, &Refusal { status: 0, message: format!("after {LONGEST} answers it still was not done") })
    }
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
        Ok(Reply { status: status @ (401 | 408 | 429 | 500..), .. }) => {
            let seen = format!("the API did not say what the token may do: it answered {status}");
            Finding::new("purge-token", id, Verdict::Unknown, seen).remedy("try again, with a token that is valid")
        }
        Ok(reply) => match purger.cdn.excess(&purger.account, &reply) {
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

fn refused(purger: &Purger, panel: &Panel, name: &str, what: &str, no: &Refusal) -> Diagnostic {
    let message = format!("the setting `{name}` of `{}` could not be {what}: {}", purger.cdn.id(), no.message);
    Diagnostic::new(Code::CdnSettings, message).hint(hint(panel, no.status))
}

fn untaken(purger: &Purger, panel: &Panel, name: &str, after: &Value) -> Diagnostic {
    let message = format!("the API accepted it, and it still is {after}");
    refused(purger, panel, name, "written", &Refusal { status: 0, message })
}

/// A token that may not is the usual reason.
fn hint(panel: &Panel, status: u16) -> String {
    let question = if matches!(status, 401 | 403) { "the token may not" } else { "does the token allow it?" };
    format!("{question}: it needs {}; `settings_token` takes one of its own for settings", panel.rights)
}
