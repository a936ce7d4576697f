//! A small project in a folder of its own, and the `landing` binary run in it as a person or a script would.

use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A project whose environment `local` has a port of its own.
pub(crate) struct Project {
    dir: tempfile::TempDir,
    pub(crate) port: u16,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) exit: i32,
    /// The JSON lines of standard output.
    pub(crate) events: Vec<Value>,
}

impl Said {
    /// The last line: the result.
    #[track_caller]
    pub(crate) fn result(&self) -> &Value {
        self.events.last().expect("the last line is the result")
    }
}

const INDEX: &str = "+++\ntitle = \"Accueil\"\ndescription = \"Une page.\"\n+++\n\nUn café, s'il vous plaît. [Mentions](/mentions)\n\n![Un point](point.png)\n";
const MENTIONS: &str = "+++\ntitle = \"Mentions\"\n+++\n\nQui publie ce site.\n";
const MISSING: &str = "+++\ntemplate = \"error\"\ntitle = \"Introuvable\"\n+++\n\nRien ici.\n";
const ERROR: &str = "+++\ntemplate = \"error\"\ntitle = \"Complet\"\nfallback = \"Écrivez-nous :\"\n+++\n\nRevenez.\n";

impl Project {
    pub(crate) fn new() -> Self {
        let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
        let project = Self { dir, port };
        let config = format!(
            "[site]\nname = \"Essai\"\nlang = \"fr\"\nurl = \"https://essai.example\"\n\n[brand]\nname = \"Essai\"\ncolor = \"#fff\"\n\n\
             [form]\naction = \"https://formulaire.example/f\"\nconsent = \"Un message.\"\n\n[env.local]\nurl = \"http://127.0.0.1:{port}\"\n"
        );
        for (path, text) in [
            ("site/landing.toml", config.as_str()),
            ("site/index.md", INDEX),
            ("site/mentions.md", MENTIONS),
            ("site/404.md", MISSING),
            ("site/error.md", ERROR),
            (
                "assets/logo.svg",
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><path d=\"M0 0h8v8z\"/></svg>",
            ),
            (
                "assets/icon.svg",
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><path d=\"M0 0h8v8z\"/></svg>",
            ),
        ] {
            project.write(path, text);
        }
        project.write_bytes("assets/point.png", &png(48, 32));
        project
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.write_bytes(path, text.as_bytes());
    }

    pub(crate) fn write_bytes(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "`{from}` is not in {path}");
        self.write(path, &text.replace(from, to));
    }

    /// A second machine that shares the store: the same files, no memory of its own.
    pub(crate) fn clone_of(&self, other: &str) -> PathBuf {
        let copy = self.path(other);
        for folder in ["site", "assets"] {
            for entry in walkdir::WalkDir::new(self.path(folder)) {
                let entry = entry.unwrap();
                let to = copy.join(entry.path().strip_prefix(self.dir.path()).unwrap());
                if entry.file_type().is_dir() {
                    fs::create_dir_all(to).unwrap();
                } else {
                    fs::copy(entry.path(), to).unwrap();
                }
            }
        }
        copy
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        command(self.dir.path(), args)
    }

    /// Runs a command with `--json` to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        said(&self.command(&[args, &["--json"]].concat()).output().unwrap())
    }

    /// The same, and it must be done.
    #[track_caller]
    pub(crate) fn done(&self, args: &[&str]) -> Value {
        let said = self.run(args);
        assert_eq!((said.exit, &said.result()["event"]), (0, &"done".into()), "{args:?}: {:#?}", said.events);
        said.result().clone()
    }

    /// `landing edge local` in a process of its own, listening.
    pub(crate) fn edge(&self) -> Running {
        let running = Running::start(self.command(&["edge", "local", "--json"]));
        assert_eq!(running.first["event"], "listening", "{}", running.first);
        running
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

/// A command in a folder, away from whatever the machine's owner has set.
pub(crate) fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
    command.args(args).current_dir(dir).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// What a process said in JSON lines.
pub(crate) fn said(output: &Output) -> Said {
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    let events = lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {line}")));
    Said { exit: output.status.code().expect("the process ended by itself"), events: events.collect() }
}

/// A server that says one JSON line when it listens. Dropping it ends it.
pub(crate) struct Running {
    child: Child,
    pub(crate) first: Value,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !line.contains("\"listening\"") {
            line.clear();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the server ended before it listened");
        }
        // What it says later is read away, so that it never waits for a reader.
        std::thread::spawn(move || lines.lines().for_each(drop));
        Self { child, first: serde_json::from_str(&line).unwrap() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    let pixel = |x: u32, y: u32| image::Rgb([u8::try_from(x * 5).unwrap(), u8::try_from(y * 7).unwrap(), 90]);
    image::RgbImage::from_fn(width, height, pixel).write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}
