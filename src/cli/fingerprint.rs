//! `landing fingerprint`

use super::args;
use super::view::View;
use crate::config;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit, Place};
use crate::fingerprint::{self, Fingerprinted, Home, Note, Options, Unresolved};
use crate::model::{Headers, Policy, Settings};
use crate::shell::{Workspace, folder};
use crate::text::{plural, thousands};
use glob::Pattern;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Header fields that do no harm to any site: those of a campaign page could keep a stranger's from working.
const HARMLESS: &[(&str, &str)] =
    &[("referrer-policy", "strict-origin-when-cross-origin"), ("x-content-type-options", "nosniff")];

/// How many complaints are shown one by one.
const SHOWN: usize = 20;

pub(super) fn run(root: &Path, asked: &args::Fingerprint, view: &View) -> Result<Exit, Diagnostics> {
    let options = options(root, asked)?;
    let sink = |event| view.event(&event);
    folder::permitted(&asked.dir, &asked.out)?;
    let opened = folder::open(&asked.dir, &sink)?;
    let made = fingerprint::fingerprint(opened.folder.clone(), &options)?;
    view.warn(&made.warnings);
    let complaints: Vec<Diagnostic> = made.unresolved.iter().map(unresolved).collect();
    if asked.strict {
        Diagnostics::unless(complaints, ())?;
    } else {
        say(&complaints, view);
    }
    opened.write(&asked.out, &made.files, &sink)?;
    for line in lines(&made, asked) {
        view.line(line);
    }
    view.done(as_json(&made, asked));
    Ok(Exit::Done)
}

/// From the project, when there is one, and from the command line.
fn options(root: &Path, asked: &args::Fingerprint) -> Result<Options, Diagnostics> {
    let settings = match Workspace::open(root) {
        Ok(workspace) => Some(workspace.settings()?),
        Err(_) => None,
    };
    let url = asked.url.clone().or_else(|| settings.as_ref().map(|settings| settings.site.url.clone()));
    Ok(Options {
        exclude: patterns(&asked.exclude)?,
        home: home(url.as_deref(), asked.base.as_deref())?,
        policy: policy(settings),
    })
}

/// The policy of a project, or a plain one.
pub(super) fn policy(settings: Option<Settings>) -> Policy {
    let own = settings.is_some();
    let settings = settings.unwrap_or_else(|| config::parse("[site]\nname = \"\"\n").expect("the defaults are right"));
    let harmless = HARMLESS.iter().fold(Headers::new(), |headers, (name, value)| headers.with(name, value));
    Policy {
        lifetimes: settings.lifetimes,
        everywhere: if own { settings.headers } else { harmless },
        redirects: settings.redirects,
        errors: BTreeMap::new(),
    }
}

fn patterns(raw: &[String]) -> Result<Vec<Pattern>, Diagnostic> {
    let pattern = |raw: &String| {
        let wrong =
            |err: glob::PatternError| Diagnostic::new(Code::Usage, format!("`{raw}` is no pattern: {}", err.msg));
        Pattern::new(raw.trim_start_matches('/')).map_err(|err| wrong(err).hint("such as `downloads/**` or `*.pdf`"))
    };
    raw.iter().map(pattern).collect()
}

/// Where the folder will be served.
pub(super) fn home(url: Option<&str>, base: Option<&str>) -> Result<Home, Diagnostic> {
    let wrong = |what: &str, hint: &str| Diagnostic::new(Code::Usage, format!("`{what}`")).hint(hint.to_owned());
    let base = base.unwrap_or("/");
    if !base.starts_with('/') || base.contains(['?', '#']) {
        return Err(wrong(&format!("--base {base}"), "a path that starts with `/`, such as `/app/`"));
    }
    let origin = match url.map(|url| (url, url.split_once("://"))) {
        None => None,
        Some((_, Some((scheme @ ("http" | "https"), rest)))) => {
            Some(format!("{scheme}://{}", rest.split('/').next().unwrap_or_default().to_ascii_lowercase()))
        }
        Some((url, _)) => return Err(wrong(&format!("--url {url}"), "an address such as `https://www.example.com`")),
    };
    Ok(Home { origin, path: format!("{}/", base.trim_end_matches('/')) })
}

fn unresolved(it: &Unresolved) -> Diagnostic {
    let what = format!("`{}` leads to no file of the folder", it.reference);
    let place = Place { line: it.line, ..Place::file(it.file.as_str()) };
    let hint = match &it.alike {
        Some(alike) => format!("`{alike}` differs by upper and lower case: write it so"),
        None => "add the file, or take the reference away".to_owned(),
    };
    Diagnostic::new(Code::Unresolved, what).at(place).hint(hint)
}

/// Some of the complaints, and how many more.
fn say(complaints: &[Diagnostic], view: &View) {
    let shown = if view.is_json() { complaints.len() } else { complaints.len().min(SHOWN) };
    view.warn(&complaints[..shown]);
    if shown < complaints.len() {
        view.note(&format!(
            "and {} more; `--json` lists all",
            plural(complaints.len() - shown, "reference", "references")
        ));
    }
}

fn lines(made: &Fingerprinted, asked: &args::Fingerprint) -> Vec<String> {
    let mut lines: Vec<String> = made.notes.iter().take(SHOWN).map(note).collect();
    lines.push(format!(
        "{} renamed, {} as before, {} unresolved",
        plural(made.renamed.len(), "name", "names"),
        thousands(made.kept.len() as u64),
        plural(made.unresolved.len(), "reference", "references"),
    ));
    lines.push(format!("release {} in {}", made.release.id().hex16(), asked.out.display()));
    lines
}

fn note(it: &Note) -> String {
    format!("{}:{}: `{}`: {}", it.file, it.line, it.what, it.why)
}

fn as_json(made: &Fingerprinted, asked: &args::Fingerprint) -> Value {
    let unresolved = |it: &Unresolved| json!({ "file": it.file, "line": it.line, "reference": it.reference });
    let note = |it: &Note| json!({ "file": it.file, "line": it.line, "what": it.what, "why": it.why });
    let kept: serde_json::Map<String, Value> =
        made.kept.iter().map(|(key, why)| (key.to_string(), why.text().into())).collect();
    json!({
        "release": made.release.id(),
        "out": asked.out,
        "renamed": made.renamed,
        "kept": kept,
        "unresolved": made.unresolved.iter().map(unresolved).collect::<Vec<_>>(),
        "notes": made.notes.iter().map(note).collect::<Vec<_>>(),
        "warnings": made.warnings.iter().map(Diagnostic::as_warning).collect::<Vec<_>>(),
    })
}
