//! MDN's HTTP Observatory, over TLS from a real nginx with the configuration that the build wrote: A+, every test passed.

use crate::campaign::Campaign;
use crate::nginx::nginx;
use crate::server::{free_port, node_with, program};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;

const HOST: &str = "www.soutasse.example";

/// A key and a certificate that signs itself, in a file each.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (key, certificate) = (folder.join("key.pem"), folder.join("certificate.pem"));
    let mut command = Command::new(program("openssl"));
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    command.args(["-subj", &format!("/CN={HOST}"), "-addext", &format!("subjectAltName=DNS:{HOST}")]);
    let output = command.arg("-keyout").arg(&key).arg("-out").arg(&certificate).output().expect("openssl starts");
    assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    (key, certificate)
}

#[test]
fn the_observatory_gives_an_a_plus_and_every_test_is_passed() {
    let campaign = Campaign::new();
    let (out, _) = campaign.build();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (key, certificate) = certificate(folder.path());
    let https = free_port();
    let tls = format!(
        "listen 127.0.0.1:{https} ssl; ssl_certificate {}; ssl_certificate_key {}; \
         if ($scheme = http) {{ return 301 https://$host$request_uri; }}",
        certificate.display(),
        key.display()
    );
    let server = nginx(folder.path(), &out, &tls);
    let question = json!({ "host": HOST, "http": server.port, "https": https });
    let said = node_with("quality/observatory.mjs", &question, &[("NODE_EXTRA_CA_CERTS", &certificate)]);
    assert_eq!((&said["grade"], &said["failed"]), (&json!("A+"), &json!([])), "{said:#}");
    assert!(said["asked"].as_u64().is_some_and(|asked| asked >= 10), "{said:#}");
}
