//! Our own campaign in a project of its own: built, deployed behind a separately running edge, everything gone with the test.

use crate::server::Server;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The campaign, live on a port of its own.
pub(crate) struct Deployed {
    project: tempfile::TempDir,
    _edge: Server,
    url: String,
}

impl Deployed {
    /// Copies the campaign, starts `landing edge local` on a free port, deploys to it.
    pub(crate) fn start() -> Self {
        let project = tempfile::tempdir().expect("a temporary folder");
        for folder in ["site", "themes", "assets"] {
            copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &project.path().join(folder));
        }
        let file = project.path().join("site/landing.toml");
        let settings = fs::read_to_string(&file).expect("the campaign has its settings");
        assert!(!settings.contains("[env.local]"), "the campaign leaves `local` as it is built in");
        let edge = Server::start(|port| {
            let local = format!("{settings}\n[env.local]\nurl = \"http://127.0.0.1:{port}\"\n");
            fs::write(&file, local).expect("the copy can be written");
            let mut edge = landing(project.path());
            edge.args(["edge", "local"]).stdout(Stdio::null());
            edge
        });
        let url = format!("http://127.0.0.1:{}", edge.port);
        let deployed = Self { project, _edge: edge, url };
        deployed.run(&["deploy", "--json", "--no-serve"]);
        deployed
    }

    /// Its address, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The page that stands for a failing origin, as the build wrote it.
    pub(crate) fn error_page(&self) -> PathBuf {
        let built = self.run(&["build", "--json"]);
        let out = self.project.path().join(built["out"].as_str().expect("a build says where its output is"));
        let files = built["files"].as_array().expect("a build lists its files");
        let errors = files.iter().filter(|file| file["class"] == "error").filter_map(|file| file["path"].as_str());
        let fallback = errors.filter(|path| *path != "404.html").collect::<Vec<_>>();
        let [fallback] = fallback[..] else { panic!("one page stands for a failing origin, not {fallback:?}") };
        let page = out.join(fallback);
        assert!(page.is_file(), "{} was not written", page.display());
        page
    }

    /// Runs a command to its end; the last line of its output is the result.
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> serde_json::Value {
        let output = landing(self.project.path()).args(args).output().expect("landing starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "landing {args:?}: {}\n{said}{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        let last = said.lines().last().expect("with --json the last line is the result");
        serde_json::from_str(last).expect("the result is JSON")
    }
}

fn landing(project: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
    command.current_dir(project).env("NO_COLOR", "1");
    command
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.expect("the checkout can be read");
        let target = to.join(entry.path().strip_prefix(from).expect("it is below"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).expect("the folder can be written");
        } else {
            fs::copy(entry.path(), target).expect("the folder can be written");
        }
    }
}
