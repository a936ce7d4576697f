//! A real proxy between the deployer and what it needs: HAProxy in front of the bucket and in front of the CDN's purge API, told
//! at run time what to do to a request. Whatever it does, a deploy ends in time, it shows one release, and the next one converges.

use crate::project::{Project, Running};
use crate::server::{Server, free_port, program};
use crate::stores::{Moto, key, wait};
use landing::model::{Head, State};
use landing::store::Store;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A build, some requests of 5 s that are not answered, or the minute that a purge is tried.
const IN_TIME: Duration = Duration::from_secs(90);

/// The proxy: `store` and `cdn` are its two doors.
struct Proxy {
    server: Server,
    cdn: u16,
    folder: tempfile::TempDir,
}

impl Proxy {
    fn start(bucket: u16, edge: u16) -> Self {
        let (folder, cdn) = (tempfile::tempdir().expect("a folder"), free_port());
        std::fs::write(folder.path().join("modes"), "store ok\ncdn ok\nscope all\n").expect("it can be written");
        let server = Server::start(|port| {
            let file = folder.path().join("haproxy.cfg");
            std::fs::write(&file, config(&folder.path().to_string_lossy(), [port, cdn], [bucket, edge]))
                .expect("it can be written");
            let mut command = Command::new(program("haproxy"));
            command.args(["-db", "-q", "-f"]).arg(file).stdout(Stdio::null()).stderr(Stdio::null());
            command
        });
        Self { server, cdn, folder }
    }

    /// From now on requests to a door are treated like that.
    fn set(&self, name: &str, value: &str) {
        let path = |name: &str| -> PathBuf { self.folder.path().join(name) };
        let mut socket = UnixStream::connect(path("socket")).expect("haproxy listens to orders");
        writeln!(socket, "set map {} {name} {value}", path("modes").display()).expect("it reads them");
        let mut said = String::new();
        socket.read_to_string(&mut said).expect("it answers");
        assert_eq!(said.trim(), "", "haproxy did not take the order");
    }
}

/// As the manual of HAProxy 2.6 has it: `http-request return`, `reject`, `silent-drop`, `tarpit`, maps that change at run time.
fn config(folder: &str, [store, cdn]: [u16; 2], [bucket, edge]: [u16; 2]) -> String {
    let door = |name: &str, port: u16, backend: &str| {
        format!(
            "frontend {name}
  bind 127.0.0.1:{port}
  http-request set-var(txn.do) str({name}),map({folder}/modes,ok)
  http-request set-var(txn.scope) str(scope),map({folder}/modes,all)
  http-request set-var(txn.hit) str(yes) if {{ var(txn.scope) -m str all }}
  http-request set-var(txn.hit) str(yes) if {{ var(txn.scope) -m str put }} {{ method PUT }}
  http-request set-var(txn.hit) str(yes) if {{ var(txn.scope) -m str page }} {{ method PUT }} {{ path_end /index.html }}
  http-request set-var(txn.do) str(ok) unless {{ var(txn.hit) -m str yes }}
  http-request return status 503 hdr Retry-After 1 if {{ var(txn.do) -m str busy }}
  http-request return status 429 hdr Retry-After 1 if {{ var(txn.do) -m str later }}
  http-request return status 503 if {{ var(txn.do) -m str flaky }} {{ rand(100) lt 20 }}
  http-request tarpit deny_status 504 if {{ var(txn.do) -m str slow }}
  http-request reject if {{ var(txn.do) -m str reset }}
  http-request silent-drop if {{ var(txn.do) -m str hole }}
  default_backend {backend}
"
        )
    };
    format!(
        "global
  stats socket {folder}/socket mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 30s
  timeout tarpit 2s
{}{}backend bucket
  server one 127.0.0.1:{bucket}
backend edge
  server one 127.0.0.1:{edge}
",
        door("store", store, "bucket"),
        door("cdn", cdn, "edge")
    )
}

/// A project behind the proxy, and its edge, whose own way to the bucket is clear.
struct Faulty {
    project: Project,
    proxy: Proxy,
    store: Store,
    _edge: Running,
    direct: Project,
    _moto: Moto,
}

impl Faulty {
    fn start() -> Self {
        let moto = Moto::start();
        let direct = moto.project("campagne", &moto.secret);
        let listen = format!("127.0.0.1:{}", direct.port);
        let edge =
            Running::start(direct.command(&["edge", "local", "--listen", &listen, "--token", "t0ken", "--json"]));
        let project = moto.project("campagne", &moto.secret);
        let proxy = Proxy::start(moto.server.port, direct.port);
        project.write("token", "t0ken");
        project.replace("site/landing.toml", &project.port.to_string(), &direct.port.to_string());
        project.replace("site/landing.toml", &moto.endpoint(), &format!("http://127.0.0.1:{}", proxy.server.port));
        let cdn = format!(
            "[[env.local.cdn]]\nprovider = \"edge\"\napi = \"http://127.0.0.1:{}\"\ntoken = {{ file = \"token\" }}\n",
            proxy.cdn
        );
        project.write("site/landing.toml", &(project.read("site/landing.toml") + &cdn));
        let store = moto.open(&direct.path(""), "campagne", &moto.secret);
        Self { project, proxy, store, _edge: edge, direct, _moto: moto }
    }

    /// Deploys while the proxy does that; gives the exit code, the result and the last line before it.
    fn deploy(&self, what: &str) -> (i32, Value) {
        let began = Instant::now();
        let said = self.project.run(&["deploy"]);
        let took = began.elapsed();
        assert!(took < IN_TIME, "{what}: {took:?}");
        (said.exit, said.result().clone())
    }

    fn head(&self) -> Head {
        let stored = wait(self.store.get(&Head::key())).expect("something is deployed");
        Head::from_json(&stored.bytes).expect("a head")
    }

    fn page(&self) -> String {
        let stored = wait(self.store.get(&key("index.html"))).expect("something is deployed");
        String::from_utf8(stored.bytes.to_vec()).expect("a text")
    }

    fn served(&self) -> String {
        crate::stores::fetch(&self.project_url())
    }

    fn project_url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.direct.port)
    }
}

#[test]
fn whatever_happens_to_the_store_a_deploy_ends_in_time_and_the_next_one_converges() {
    let faulty = Faulty::start();
    faulty.project.done(&["deploy"]);
    let mut word = "caf\u{e9}".to_owned();
    let trials = [
        ("busy", "all"),
        ("busy", "put"),
        ("busy", "page"),
        ("later", "put"),
        ("reset", "all"),
        ("reset", "put"),
        ("reset", "page"),
        ("hole", "all"),
        ("hole", "put"),
        ("hole", "page"),
        ("slow", "page"),
        ("flaky", "all"),
    ];
    for (number, (fault, scope)) in trials.into_iter().enumerate() {
        let what = format!("{fault} for {scope}");
        let next = format!("mot{number}");
        faulty.project.replace("site/index.md", &word, &next);
        let before = faulty.head();
        faulty.proxy.set("scope", scope);
        faulty.proxy.set("store", fault);
        let (exit, result) = faulty.deploy(&what);
        faulty.proxy.set("store", "ok");
        let head = faulty.head();
        match exit {
            0 => assert!(faulty.page().contains(&next), "{what}"),
            4 => {
                assert!(result["hint"].is_string() && faulty.page().contains(&word), "{what}: {result}");
                assert_eq!(head.state == State::Committing, scope == "page", "{what}: the barrier");
                assert!(scope == "page" || head == before, "{what}: nothing public has changed");
                assert!(faulty.served().contains(&word), "{what}");
            }
            other => panic!("{what}: exit {other}: {result}"),
        }
        assert!(exit == 4 || fault == "flaky", "{what}: it never got an answer");
        let done = faulty.project.done(&["deploy"]);
        assert_eq!(done["verified"], true, "{what}: {done}");
        assert!(faulty.page().contains(&next) && faulty.served().contains(&next), "{what}");
        word = next;
    }
}

#[test]
fn a_purge_that_fails_is_owed_and_paid_by_the_next_command() {
    let faulty = Faulty::start();
    faulty.project.done(&["deploy"]);
    let mut word = "caf\u{e9}".to_owned();
    for (number, fault) in ["busy", "later", "reset", "slow", "hole", "flaky"].into_iter().enumerate() {
        let next = format!("mot{number}");
        assert!(faulty.served().contains(&word));
        faulty.project.replace("site/index.md", &word, &next);
        faulty.proxy.set("cdn", fault);
        let (exit, result) = faulty.deploy(fault);
        faulty.proxy.set("cdn", "ok");
        assert!(exit == 6 || (exit == 0 && fault == "flaky"), "{fault}: {result}");
        assert!(faulty.page().contains(&next), "{fault}: it is committed and written");
        if exit == 6 {
            assert_eq!(result["code"], "purge-refused", "{fault}: {result}");
            assert!(faulty.served().contains(&word), "{fault}: nobody evicted it");
            assert_eq!(faulty.head().owed.urls.len(), 2, "{fault}");
            let paid = faulty.project.done(&["purge", "local", "--pending"]);
            assert_eq!((&paid["verified"], &paid["purged"]), (&json!(true), &json!(["/", "/index.html"])), "{fault}");
        }
        assert!(faulty.served().contains(&next), "{fault}");
        assert!(faulty.head().is_settled());
        word = next;
    }
}
