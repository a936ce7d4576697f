//! Programs that the tests start: found or complained about, ended by their own handle whatever happens.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server. Dropped, it is ended and waited for.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    /// Starts what `command` says for a free port of the loopback interface, and waits until it listens there.
    pub(crate) fn start(command: impl Fn(u16) -> Command) -> Self {
        // Between finding a free port and taking it another program may be faster.
        let tries = (0..3).find_map(|_| Self::on(free_port(), &command));
        tries.unwrap_or_else(|| panic!("{:?} ended at once, three times", command(0)))
    }

    /// The same for a port that others know already.
    #[cfg(feature = "h3")]
    pub(crate) fn at(port: u16, command: impl Fn() -> Command) -> Self {
        Self::on(port, &|_| command()).unwrap_or_else(|| panic!("{:?} ended at once", command()))
    }

    /// `None` when it ended before it listened.
    fn on(port: u16, command: &impl Fn(u16) -> Command) -> Option<Self> {
        let mut command = command(port);
        let child = command.stdin(Stdio::null()).spawn().unwrap_or_else(|err| panic!("{command:?}: {err}"));
        let mut server = Self { child, port };
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            if server.child.try_wait().expect("the server is our child").is_some() {
                return None;
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(server);
            }
            assert!(Instant::now() < deadline, "{command:?} does not listen on port {port} after a minute");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An nginx in a folder of its own: what stands before `events`, and what stands in `http` for its port.
pub(crate) fn nginx(folder: &Path, modules: &str, http: impl Fn(u16) -> String) -> Server {
    nginx_of(&program("nginx"), folder, modules, http)
}

/// The same with another nginx than the machine's.
pub(crate) fn nginx_of(program: &Path, folder: &Path, modules: &str, http: impl Fn(u16) -> String) -> Server {
    Server::start(|port| {
        let (at, parts) = (folder.display(), ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]);
        let temporary: String = parts.map(|part| format!("{part}_temp_path {at}/parts-{part};\n")).concat();
        let conf = format!(
            "{modules}daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;\nevents {{ }}\n\
             http {{\naccess_log off;\n{temporary}{}\n}}\n",
            http(port)
        );
        std::fs::write(folder.join("nginx.conf"), &conf).expect("the folder can be written");
        let command = || {
            let mut command = Command::new(program);
            command.arg("-q").arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf"));
            command.arg("-e").arg(folder.join("error.log"));
            command
        };
        let tested = command().arg("-t").output().expect("nginx starts");
        assert!(tested.status.success(), "nginx -t:\n{}\n{conf}", String::from_utf8_lossy(&tested.stderr));
        command()
    })
}

/// A Traffic Server in a folder of its own, with these rules and further settings. It listens before its cache is there.
pub(crate) fn traffic_server(folder: &Path, remap: &str, settings: &str) -> Server {
    let (at, etc) = (folder.display(), folder.join("etc"));
    let run = |program: &str, words: &[&str]| {
        Command::new(program).args(words).arg(folder).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
    };
    let copied = Command::new("cp").arg("-r").arg("/etc/trafficserver").arg(&etc).status().expect("cp runs");
    assert!(copied.success(), "Traffic Server is not installed: run `make tools`");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("the folder can be written");
    for part in ["cache", "run", "log"] {
        std::fs::create_dir_all(folder.join(part)).expect("the folder can be written");
    }
    let places = [
        ("prefix", ""),
        ("sysconfdir", "/etc"),
        ("datadir", "/cache"),
        ("localstatedir", "/run"),
        ("runtimedir", "/run"),
        ("logdir", "/log"),
        ("cachedir", "/cache"),
    ];
    let own = places.map(|(name, below)| format!("{name}: {at}{below}\n")).concat();
    let root = "exec_prefix: /usr\nbindir: /usr/bin\nsbindir: /usr/sbin\nincludedir: /usr/include\n\
         libdir: /usr/lib/trafficserver\nlibexecdir: /usr/lib/trafficserver/modules\n";
    write("runroot.yaml", &format!("{own}{root}"));
    write("etc/remap.config", remap);
    write("etc/storage.config", &format!("{at}/cache 64M\n"));
    write("etc/plugin.config", "");
    // It refuses to stay root.
    run("chmod", &["755"]);
    let root = run("chown", &["-R", "trafficserver"]);
    let user = if root { "CONFIG proxy.config.admin.user_id STRING trafficserver\n" } else { "" };
    Server::start(|port| {
        let records = format!(
            "CONFIG proxy.config.http.server_ports STRING {port}:ip-in=127.0.0.1\n{user}CONFIG proxy.config.url_remap.remap_required INT 1\n\
             CONFIG proxy.config.reverse_proxy.enabled INT 1\nCONFIG proxy.config.http.cache.required_headers INT 2\n\
             CONFIG proxy.config.diags.output.diag STRING E\nCONFIG proxy.config.process_manager.mgmt_port INT -1\n\
             CONFIG proxy.config.exec_thread.autoconfig INT 0\nCONFIG proxy.config.exec_thread.limit INT 2\n\
             CONFIG proxy.config.dns.resolv_conf STRING NULL\nCONFIG proxy.config.cache.ram_cache.size INT 33554432\n\
             CONFIG proxy.config.http.negative_caching_enabled INT 1\n{settings}"
        );
        write("etc/records.config", &records);
        let mut command = Command::new(program("traffic_server"));
        command.arg(format!("--run-root={at}/runroot.yaml")).stdout(Stdio::null()).stderr(Stdio::null());
        command
    })
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}

/// A program of the machine.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Servers live in /usr/sbin, which is not in everybody's PATH.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("`{name}` is not installed: run `make tools`"))
}

/// Runs a script of tests/ under Node with a JSON question on standard input, and reads its JSON answer.
pub(crate) fn node(script: &str, question: &serde_json::Value) -> serde_json::Value {
    node_with(script, question, &[])
}

/// The same with these variables in its environment.
pub(crate) fn node_with(script: &str, question: &serde_json::Value, env: &[(&str, &Path)]) -> serde_json::Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(root.join("tests/.tools/stamp").exists(), "the npm packages are not installed: run `make tools`");
    let mut child = Command::new(program("node"))
        .arg(root.join("tests").join(script))
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut stdin = child.stdin.take().expect("it was piped");
    stdin.write_all(question.to_string().as_bytes()).expect("the script reads its question");
    drop(stdin);
    let output = child.wait_with_output().expect("the script ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} failed:\n{said}");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|err| panic!("{script} did not answer in JSON: {err}\n{said}"))
}
