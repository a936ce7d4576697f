//! `landing export`

use super::args;
use super::cdn::wish;
use super::project::Project;
use super::view::View;
use crate::cdn::{self, Names};
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::shell::export;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// `landing export terraform`: a file for each CDN, into a folder or onto the screen. It needs no secret and asks nobody.
pub(super) fn terraform(root: &Path, asked: &args::Terraform, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = &project.environment(&asked.environment)?;
    let wish = wish(&project, environment)?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    for (cdn, account) in Project::accounts(environment) {
        let id = cdn.id();
        let count = *counts.entry(id).and_modify(|count| *count += 1).or_insert(1);
        match cdn::terraform(cdn, &account, &wish, &Names::of(id, count)) {
            Some(text) => {
                let more = if count > 1 { format!("-{count}") } else { String::new() };
                files.push((id, format!("landing-{id}{more}.tf"), text));
            }
            None => skipped.push(id),
        }
    }
    if files.is_empty() {
        let wrong = format!("no CDN of `{}` has a Terraform plugin with its settings", environment.name);
        let hint =
            "Cloudflare, Fastly, CloudFront, bunny.net and Scaleway do; `landing cdn plan` says what to do by hand";
        return Err(Diagnostic::new(Code::Usage, wrong).hint(hint).into());
    }
    for (_, name, text) in &files {
        match &asked.out {
            Some(out) => {
                export::write(out, name, text)?;
                view.line(format!("wrote {}", out.join(name).display()));
            }
            None => view.line(text.trim_end()),
        }
    }
    for id in &skipped {
        view.line(format!("# {id}: it has no plugin with its settings; `landing cdn plan` says what to do by hand"));
    }
    let files = files.iter().map(|(id, name, text)| json!({ "provider": id, "name": name, "text": text }));
    view.done(json!({ "files": files.collect::<Vec<Value>>(), "skipped": skipped, "out": asked.out }));
    Ok(Exit::Done)
}
