//! The preview as an open page sees it: told of every save, covered when something is wrong, mended.

use crate::project::{Project, Running};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

struct Preview {
    project: Project,
    address: String,
    _running: Running,
}

impl Preview {
    fn start() -> Self {
        let project = Project::new();
        let running = Running::start(project.command(&["preview", "--listen", "127.0.0.1:0", "--json"]));
        let address = running.first["preview"].as_str().unwrap().trim_start_matches("http://").to_owned();
        let preview = Self { project, address, _running: running };
        // It listens before the first build is done.
        preview.events().find(|event| event["build"] != "0" || event["wrong"] != serde_json::json!([])).unwrap();
        preview
    }

    fn ask(&self, path: &str, host: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        stream
    }

    fn get(&self, path: &str, host: &str) -> String {
        let mut answer = String::new();
        self.ask(path, host).read_to_string(&mut answer).unwrap();
        answer
    }

    fn events(&self) -> impl Iterator<Item = serde_json::Value> {
        let lines = BufReader::new(self.ask("/.well-known/landing-preview/events", &self.address)).lines();
        lines.map(Result::unwrap).filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
    }
}

#[test]
fn a_save_reaches_the_open_page_and_an_error_covers_it_until_it_is_mended() {
    let preview = Preview::start();
    let page = preview.get("/", &preview.address);
    assert!(page.contains("café") && page.contains("landing-preview/client.js"), "{page}");
    let mut events = preview.events();
    let first = events.next().unwrap();
    assert_eq!((&first["build"], &first["wrong"]), (&"1".into(), &serde_json::json!([])));

    preview.project.replace("site/index.md", "café", "thé");
    let second = events.next().unwrap();
    assert_eq!(second["build"], "2");
    assert!(preview.get("/", &preview.address).contains("thé"));

    preview.project.replace("site/index.md", "point.png", "pont.png");
    let broken = events.next().unwrap();
    assert_eq!(broken["wrong"][0]["place"], serde_json::json!({ "file": "site/index.md", "line": 8 }));
    assert!(broken["wrong"][0]["excerpt"].as_str().unwrap().contains("pont.png"), "{broken}");
    assert!(preview.get("/", &preview.address).contains("thé"), "the last good page stays");

    preview.project.replace("site/index.md", "pont.png", "point.png");
    let mended = events.next().unwrap();
    assert_eq!((&mended["build"], &mended["wrong"]), (&"3".into(), &serde_json::json!([])));
}

#[test]
fn a_rebound_name_is_not_answered() {
    let preview = Preview::start();
    assert!(preview.get("/", "evil.example").starts_with("HTTP/1.1 421 "));
    assert!(preview.get("/", &preview.address).starts_with("HTTP/1.1 200 "));
    assert!(preview.get("/nowhere", &preview.address).starts_with("HTTP/1.1 404 "));
}
