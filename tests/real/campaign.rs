//! Our own campaign in a project of its own: built, deployed behind a separately running edge, everything gone with the test.
//!
//! Only finished work is shared, between tests and between runs: encoding the pictures anew each time would take minutes.

use crate::server::Server;
use landing::model::Mode;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Held while a campaign is built for the first time.
static FIRST: Mutex<()> = Mutex::new(());

/// The campaign's folder.
pub(crate) struct Campaign {
    project: tempfile::TempDir,
}

/// The campaign, live on a port of its own.
pub(crate) struct Deployed {
    /// Ended before the folder goes: fields are dropped in this order.
    _edge: Server,
    campaign: Campaign,
    url: String,
    origin: String,
}

impl Deployed {
    /// Starts `landing edge local` on a free port and deploys to it.
    pub(crate) fn start() -> Self {
        let campaign = Campaign::new();
        let file = campaign.project.path().join("site/landing.toml");
        let settings = fs::read_to_string(&file).expect("the campaign has its settings");
        assert!(!settings.contains("[env.local]"), "the campaign leaves `local` as it is built in");
        let edge = Server::start(|port| {
            let local = format!("{settings}\n[env.local]\nurl = \"http://127.0.0.1:{port}\"\n");
            fs::write(&file, local).expect("the copy can be written");
            let mut edge = campaign.landing();
            let says = fs::File::create(campaign.project.path().join("edge.json")).expect("the folder can be written");
            edge.args(["edge", "local", "--json"]).stdout(says);
            edge
        });
        let url = format!("http://127.0.0.1:{}", edge.port);
        campaign.run(&["deploy", "--json", "--no-serve"]);
        let said = fs::read_to_string(campaign.project.path().join("edge.json")).expect("the edge has spoken");
        let said: serde_json::Value = serde_json::from_str(said.trim()).expect("it speaks JSON");
        let origin = said["origin"].as_str().expect("it names its origin").to_owned();
        Self { _edge: edge, campaign, url, origin }
    }

    /// The report of `landing verify ENV`, with further settings and variables for this one run.
    pub(crate) fn verify(&self, environment: &str, further: &str, env: &[(&str, &Path)]) -> serde_json::Value {
        self.verify_with(&[environment], further, env)
    }

    /// The same with further words on the command line. Several may run at once: each has settings of its own.
    pub(crate) fn verify_with(&self, words: &[&str], further: &str, env: &[(&str, &Path)]) -> serde_json::Value {
        let folder = tempfile::tempdir().expect("a temporary folder");
        self.campaign.lend(folder.path(), further);
        let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
        command.current_dir(folder.path()).env("NO_COLOR", "1");
        command.args(["verify", "--json"]).args(words).envs(env.iter().copied());
        let output = command.output().expect("landing starts");
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let last = said.lines().last().unwrap_or_else(|| panic!("no report: {complained}"));
        serde_json::from_str(last).unwrap_or_else(|err| panic!("{err}: {last}{complained}"))
    }

    /// Adds words to a file of the campaign and deploys it.
    pub(crate) fn publish(&self, file: &str, words: &str) {
        let path = self.campaign.project.path().join(file);
        let text = fs::read_to_string(&path).expect("the campaign has this file");
        fs::write(path, text + words).expect("the copy can be written");
        self.campaign.run(&["deploy", "--json", "--no-serve"]);
    }

    /// Where the edge fetches from.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Its address, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Campaign {
    /// Copies the campaign.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same in another theme.
    pub(crate) fn in_theme(theme: &str) -> Self {
        Self::with(|project| {
            let file = project.join("site/landing.toml");
            let settings = fs::read_to_string(&file).expect("the campaign has its settings");
            let mut lines: Vec<&str> = settings.lines().filter(|line| !line.starts_with("theme ")).collect();
            let site = lines.iter().position(|line| *line == "[site]").expect("the settings name the site");
            let chosen = format!("theme = \"{theme}\"");
            lines.insert(site + 1, &chosen);
            fs::write(&file, lines.join("\n")).expect("the copy can be written");
        })
    }

    /// Copies the campaign, changes it, and builds it once.
    fn with(change: impl Fn(&Path)) -> Self {
        let project = tempfile::tempdir().expect("a temporary folder");
        for folder in ["site", "themes", "assets"] {
            copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &project.path().join(folder));
        }
        let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("campaign-cache");
        fs::create_dir_all(&shared).expect("the target folder can be written");
        fs::create_dir_all(project.path().join(".landing")).expect("the folder can be written");
        std::os::unix::fs::symlink(shared, project.path().join(".landing/cache")).expect("the folder can be written");
        change(project.path());
        let campaign = Self { project };
        // One at a time, so that the first leaves its pictures to the others.
        let _turn = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        campaign.build();
        campaign
    }

    /// Makes `folder` the same project by links to it, with further settings.
    fn lend(&self, folder: &Path, further: &str) {
        let link = |from: &Path, to: &Path| std::os::unix::fs::symlink(from, to).expect("the folder can be written");
        let list = |of: &Path| -> Vec<PathBuf> {
            let entries = fs::read_dir(of).expect("the folder can be read");
            entries.map(|entry| entry.expect("it can be read").path()).collect()
        };
        let project = self.project.path();
        fs::create_dir(folder.join("site")).expect("the folder can be written");
        for path in list(project).into_iter().chain(list(&project.join("site"))) {
            let within = path.strip_prefix(project).expect("it is below");
            if within != Path::new("site") && within != Path::new("site/landing.toml") {
                link(&path, &folder.join(within));
            }
        }
        let settings = fs::read_to_string(project.join("site/landing.toml")).expect("the campaign has its settings");
        fs::write(folder.join("site/landing.toml"), settings + further).expect("the folder can be written");
    }

    /// Builds it: the output folder and the command's result.
    #[track_caller]
    pub(crate) fn build(&self) -> (PathBuf, serde_json::Value) {
        let built = self.run(&["build", "--json"]);
        let out = built["out"].as_str().expect("a build says where its output is");
        (self.project.path().join(out), built)
    }

    /// The output folder as this mode shows it.
    #[track_caller]
    pub(crate) fn build_mode(&self, mode: Mode) -> PathBuf {
        let built = self.run(&["build", "--json", "--mode", mode.name()]);
        self.project.path().join(built["out"].as_str().expect("a build says where its output is"))
    }

    /// The page that stands for a failing origin, as the build wrote it.
    #[track_caller]
    pub(crate) fn error_page(&self) -> PathBuf {
        let (out, built) = self.build();
        let files = built["files"].as_array().expect("a build lists its files");
        let errors = files.iter().filter(|file| file["class"] == "error").filter_map(|file| file["path"].as_str());
        let fallback = errors.filter(|path| !path.ends_with("404.html")).collect::<Vec<_>>();
        let [fallback] = fallback[..] else { panic!("one page stands for a failing origin, not {fallback:?}") };
        let page = out.join(fallback);
        assert!(page.is_file(), "{} was not written", page.display());
        page
    }

    /// Runs a command to its end; the last line of its output is the result.
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> serde_json::Value {
        let output = self.landing().args(args).output().expect("landing starts");
        let said = String::from_utf8_lossy(&output.stdout);
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "landing {args:?}: {}\n{said}{complained}", output.status);
        let last = said.lines().last().expect("with --json the last line is the result");
        serde_json::from_str(last).expect("the result is JSON")
    }

    fn landing(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
        command.current_dir(self.project.path()).env("NO_COLOR", "1");
        command
    }
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
