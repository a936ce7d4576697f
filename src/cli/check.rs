//! `landing check`

use super::args::{self, Format};
use super::project::Project;
use super::report::check::{github, json, junit, lines};
use super::view::View;
use crate::assets::{Effort, compress};
use crate::build::{Built, Options};
use crate::check::{self, Flight, Report, Subject};
use crate::config;
use crate::diag::{Diagnostics, Exit};
use crate::model::{Artifact, Key, Source, Verdict, Waiver};
use crate::shell::Workspace;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) async fn run(root: &Path, asked: &args::Check, view: &View) -> Result<Exit, Diagnostics> {
    if asked.list {
        return Ok(list(view));
    }
    let format = if view.is_json() { Format::Json } else { asked.format };
    let view = &View::new(format == Format::Json);
    let shown = Shown { format, strict: asked.strict, folder: &folder(root), view };
    if let Some(dir) = &asked.from {
        return from(root, dir, asked, &shown).await;
    }
    let project = Project::open(root)?;
    let url = &project.environment(&asked.environment)?.url;
    let (source, built) = match project.build_quietly(Options::default(), view) {
        Ok(done) => done,
        Err(wrong) => {
            shown.broken(&wrong);
            return Err(wrong);
        }
    };
    let wire = wire(&built.value);
    let mut subject = subject(&project, &source, &built.value, &wire);
    subject.warnings = &built.warnings;
    subject.url = url;
    Ok(shown.report(&judged(subject, asked.external).await))
}

/// A folder that was built before. The project's configuration is used where there is one.
async fn from(root: &Path, dir: &Path, asked: &args::Check, shown: &Shown<'_>) -> Result<Exit, Diagnostics> {
    let (settings, source) = match Workspace::open(root) {
        Ok(workspace) => (workspace.settings()?, workspace.source("default")?),
        Err(_) => (config::parse(NO_SITE)?, Source::default()),
    };
    let files = crate::shell::workspace::read_folder(dir)?;
    let (artifacts, mut policy) = check::folder(&files, settings.lifetimes);
    policy.redirects.clone_from(&settings.redirects);
    let wire: BTreeMap<Key, u64> = artifacts.par_iter().map(|(key, it)| (key.clone(), sent(it))).collect();
    let subject = Subject {
        foreign: true,
        artifacts: &artifacts,
        policy: &policy,
        sources: &BTreeMap::new(),
        source: &source,
        theme: &BTreeMap::new(),
        settings: &settings,
        wire: &wire,
        flight: None,
        warnings: &[],
        url: &settings.site.url,
        now: Some(crate::shell::now()),
        answers: &BTreeMap::new(),
    };
    Ok(shown.report(&judged(subject, asked.external).await))
}

/// What stands in for the configuration of a folder that has none.
const NO_SITE: &str = "[site]\nname = \"-\"\n";

/// Bytes of a file as a host sends it, in Brotli where that is smaller.
fn sent(artifact: &Artifact) -> u64 {
    let br = compress(&artifact.bytes, &artifact.media, Effort::Best, &()).br;
    br.map_or(artifact.bytes.len(), |br| br.len()) as u64
}

/// Judges, with the answers of other hosts when they are wanted.
async fn judged(mut subject: Subject<'_>, external: bool) -> Report {
    let answers = if external { crate::shell::links::ask(check::external(&subject)).await } else { BTreeMap::new() };
    subject.answers = &answers;
    check::check(&subject)
}

/// Bytes of each file as it is sent.
fn wire(built: &Built) -> BTreeMap<Key, u64> {
    built.table.iter().map(|row| (row.path.clone(), row.br_bytes.unwrap_or(row.bytes))).collect()
}

fn subject<'a>(
    project: &'a Project,
    source: &'a Source,
    built: &'a Built,
    wire: &'a BTreeMap<Key, u64>,
) -> Subject<'a> {
    static NO_ANSWERS: BTreeMap<String, Result<u16, String>> = BTreeMap::new();
    Subject {
        foreign: false,
        artifacts: &built.bundle.artifacts,
        policy: &built.bundle.policy,
        sources: &built.sources,
        source,
        theme: &built.theme,
        settings: &project.settings,
        wire,
        flight: Some(Flight { document: built.flight.document, headers: built.flight.headers }),
        warnings: &[],
        url: &project.settings.site.url,
        now: Some(crate::shell::now()),
        answers: &NO_ANSWERS,
    }
}

/// Where the project lies below the working directory, with a slash; annotations name files from there.
fn folder(root: &Path) -> String {
    let shown = root.to_string_lossy();
    let shown = shown.trim_start_matches("./").trim_end_matches('/');
    if matches!(shown, "" | ".") { String::new() } else { format!("{shown}/") }
}

/// How a report is told.
struct Shown<'a> {
    format: Format,
    strict: bool,
    folder: &'a str,
    view: &'a View,
}

impl Shown<'_> {
    fn report(&self, report: &Report) -> Exit {
        let idle: Vec<_> = report.idle.iter().map(Waiver::idle).collect();
        self.view.warn(&idle);
        match self.format {
            Format::Text => self.view.report(lines(report, self.view.width())),
            Format::Json => self.view.done(json(report)),
            Format::Junit => self.view.line(junit(report, self.strict).trim_end()),
            Format::Github => github(report, self.folder).lines().for_each(|line| self.view.line(line)),
        }
        match report.verdict() {
            Verdict::Fail => Exit::Build,
            Verdict::Warn if self.strict => Exit::Build,
            _ => Exit::Done,
        }
    }

    /// What machines read must not be empty when there is nothing to judge.
    fn broken(&self, wrong: &Diagnostics) {
        if matches!(self.format, Format::Junit | Format::Github) {
            self.report(&check::broken(wrong.iter()));
        }
    }
}

/// Every rule.
fn list(view: &View) -> Exit {
    let mut all = Vec::new();
    for family in check::ALL {
        view.line(format!("{}: {}", family.name(), family.title()));
        for rule in family.rules() {
            view.line(format!("  {:<24} {:<4}  {}", rule.id, rule.verdict.name(), rule.says));
            all.push(serde_json::json!({ "family": family.name(), "check": rule.id, "verdict": rule.verdict, "says": rule.says }));
        }
    }
    view.done(serde_json::json!({ "checks": all }));
    Exit::Done
}
