//! The servers in whose configuration a fault is switched on.

use super::faults::Fault;
use crate::campaign::Deployed;
use crate::sample::write;
use crate::server::{self, Server, program};
use std::path::Path;
use std::process::{Command, Stdio};

/// Passes everything on to the embedded edge, which is the cache.
pub(super) fn front(folder: &Path, deployed: &Deployed, fault: &Fault) -> Vec<Server> {
    vec![server::nginx(folder, "", |port| {
        format!(
            "{}\nserver {{ listen 127.0.0.1:{port}; {}\nlocation / {{ proxy_pass {edge}; proxy_set_header Host $http_host; proxy_pass_header Date;\n{} }} }}\n",
            fault.http.replace("EDGE", deployed.url()),
            fault.server.replace("EDGE", deployed.url()),
            fault.location.replace("EDGE", deployed.url()),
            edge = deployed.url(),
        )
    })]
}

/// Is the cache itself, in front of the origin. `location` of a fault takes the place of what it repeats: `key` for `proxy_cache_key`.
pub(super) fn cache(folder: &Path, deployed: &Deployed, fault: &Fault) -> Vec<Server> {
    vec![cache_before(deployed.origin(), folder, fault)]
}

/// The same in front of any origin.
pub(super) fn cache_before(origin: &str, folder: &Path, fault: &Fault) -> Server {
    let unless = |name: &str, line: &str| if fault.location.contains(name) { String::new() } else { line.to_owned() };
    let key = unless("proxy_cache_key", "proxy_cache_key $host$uri;");
    let status = unless("X-Cache-Status", "add_header X-Cache-Status $upstream_cache_status always;");
    let valid = unless("proxy_cache_valid", "proxy_cache_valid 200 301 302 308 1d; proxy_cache_valid 404 60s;");
    server::nginx(folder, "", |port| {
        format!(
            "proxy_cache_path {}/cache keys_zone=edge:10m inactive=7d use_temp_path=off;\n{}\nserver {{ listen 127.0.0.1:{port};\n\
             if ($request_method !~ \"^(GET|HEAD)$\") {{ return 405; }}\n{}\n\
             location / {{ proxy_pass {}; proxy_set_header Host $http_host; proxy_cache edge; proxy_cache_lock on;\n\
             proxy_ignore_headers Cache-Control Expires; {key} {status} {valid}\n{} }} }}\n",
            folder.display(),
            fault.http,
            fault.server,
            origin,
            fault.location
        )
    })
}

/// Varnish in front of the origin. A fault replaces what stands between its beginning and ` => ` in its `location`, or adds to `vcl_deliver`.
pub(super) fn varnish(folder: &Path, deployed: &Deployed, fault: &Fault) -> Vec<Server> {
    let port = deployed.origin().rsplit(':').next().expect("an origin has a port").to_owned();
    let mut vcl = include_str!("sound.vcl").replace("PORT", &port);
    if let Some((old, new)) = fault.location.split_once(" => ") {
        assert!(vcl.contains(old), "the sound VCL has `{old}`");
        vcl = vcl.replace(old, new);
    } else {
        vcl = vcl.replace("# more\n", fault.location);
    }
    write(folder, "site.vcl", vcl.as_bytes());
    vec![Server::start(|port| {
        let mut command = Command::new(program("varnishd"));
        command.args([
            "-F",
            "-s",
            "malloc,32m",
            "-j",
            "none",
            "-p",
            "thread_pool_min=10",
            "-p",
            "http_gzip_support=off",
        ]);
        command.arg("-n").arg(folder.join("v")).arg("-f").arg(folder.join("site.vcl"));
        command.arg("-a").arg(format!("127.0.0.1:{port}")).stdout(Stdio::null()).stderr(Stdio::null());
        command
    })]
}
