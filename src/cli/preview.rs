//! `landing preview`

use super::project::Project;
use super::view::View;
use crate::build;
use crate::diag::{Diagnostics, Exit};
use crate::model::Digest;
use crate::serve::preview::{Shown, Site, preview};
use crate::shell::watch::Watch;
use crate::shell::{Event, Workspace, signal};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

pub(super) async fn run(root: &Path, listen: Option<SocketAddr>, lan: bool, view: &View) -> Result<Exit, Diagnostics> {
    let workspace = Workspace::open(root)?;
    // Before the first build: what is saved meanwhile is not lost.
    let folders = ["site", "assets", "themes"].map(|folder| workspace.root().join(folder));
    let mut saved = Watch::folders(folders.iter().map(std::path::PathBuf::as_path))?;
    let (tell, shown) = watch::channel(Shown::default());
    let mut desk = Desk { root, seen: None };
    let host = if lan { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
    let server = preview(listen.unwrap_or(SocketAddr::new(IpAddr::V4(host), 8789)), shown).await?;
    view.line(format!("preview http://{}, Ctrl-C ends it", server.address()));
    if view.is_json() {
        view.json(&json!({ "event": "listening", "preview": format!("http://{}", server.address()) }));
    }
    // The first build may take a while: the page says so until it is done.
    let follow = async {
        loop {
            let mut next = tell.borrow().clone();
            if tokio::task::block_in_place(|| desk.look(&mut next, view)) {
                tell.send_replace(next);
            }
            saved.changed().await;
        }
    };
    tokio::select! { () = follow => {}, () = signal::ended() => {} }
    Ok(Exit::Done)
}

/// The author's files as they were last looked at.
struct Desk<'a> {
    root: &'a Path,
    seen: Option<Digest>,
}

impl Desk<'_> {
    /// Builds again when anything changed; whether it did.
    fn look(&mut self, shown: &mut Shown, view: &View) -> bool {
        match self.site(shown, view) {
            Ok(None) => return false,
            Ok(Some(site)) => {
                shown.site = Some(Arc::new(site));
                shown.build += 1;
                shown.wrong.clear();
                view.note(&format!("build {}", shown.build));
            }
            Err(wrong) => {
                view.fail(&wrong);
                shown.wrong = wrong.into_vec();
            }
        }
        true
    }

    fn site(&mut self, shown: &Shown, view: &View) -> Result<Option<Site>, Diagnostics> {
        let opened = Project::open(self.root).and_then(|project| {
            let source = project.workspace.source(&project.settings.site.theme)?;
            Ok((project, source))
        });
        let (project, source) = opened.inspect_err(|_| self.seen = None)?;
        let parts = source.files.iter().flat_map(|(key, bytes)| [key.as_str().as_bytes(), &bytes[..]]);
        let digest = Digest::of_parts(parts);
        if self.seen == Some(digest) && shown.wrong.is_empty() {
            return Ok(None);
        }
        self.seen = Some(digest);
        view.event(&Event::Phase { name: "build", total: 0 });
        let progress = |what: &str| view.event(&Event::Step { phase: "build", what: what.to_owned(), bytes: 0 });
        let options = build::Options { drafts: true, ..build::Options::default() };
        let built = build::build(&source, &project.settings, options, &project.memo(), &progress)?.value;
        let bodies = built.bundle.artifacts.into_iter().map(|(key, artifact)| (key, artifact.bytes)).collect();
        Ok(Some(Site { release: built.release, bodies }))
    }
}
