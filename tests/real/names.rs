//! Names and handshakes of a real resolver (dnsmasq) and a real TLS server (nginx): the faultless host is green, and each
//! fault, switched on alone, is found by the check that is about it.

use crate::campaign::Deployed;
use crate::sample::write;
use crate::server::{self, Server, program};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const HOST: &str = "www.landing.test";

/// A certificate authority of the test's own, in a folder.
pub(crate) struct Authority(PathBuf);

impl Authority {
    pub(crate) fn new(folder: &Path) -> Self {
        let ca = Self(folder.to_owned());
        ca.openssl(&format!("req -x509 {KEY} -keyout ca.key -out ca.pem -days 400 -subj /CN=Authority-of-the-test"));
        ca
    }

    fn openssl(&self, words: &str) {
        let mut command = Command::new(program("openssl"));
        let output = command.args(words.split(' ')).current_dir(&self.0).output().expect("openssl starts");
        assert!(output.status.success(), "openssl {words}:\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A certificate for a name, for so many days from now, or one that has ended.
    pub(crate) fn sign(&self, name: &str, days: &str) {
        write(&self.0, "leaf.cnf", format!("subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth\n").as_bytes());
        self.openssl(&format!("req {KEY} -keyout leaf.key -out leaf.csr -subj /CN={name}"));
        // Only `ca` signs for a time that is over, in Debian 12's openssl.
        if days == "ended" {
            write(&self.0, "index.txt", b"");
            write(&self.0, "ca.cnf", CA.as_bytes());
            self.openssl(
                "ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in leaf.csr -out leaf.pem -extfile leaf.cnf \
                 -startdate 20240101000000Z -enddate 20240201000000Z",
            );
        } else {
            self.openssl(&format!(
                "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days {days} -extfile leaf.cnf"
            ));
        }
    }
}

/// A new key, without a passphrase.
const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
/// What `openssl ca` wants to know.
const CA: &str = "[ca]
default_ca = a
[a]
database = index.txt
new_certs_dir = .
default_md = sha256
rand_serial = yes
policy = p
unique_subject = no
[p]
CN = supplied
";

/// What stands before the campaign.
struct Setup {
    certificate: (&'static str, &'static str),
    tls: &'static str,
    dns: &'static [&'static str],
    /// What another resolver says.
    other: &'static [&'static str],
}

const SOUND: Setup = Setup {
    certificate: (HOST, "90"),
    tls: "http2 on; ssl_protocols TLSv1.2 TLSv1.3;",
    dns: &[
        "--host-record=edge.landing.test,127.0.0.1",
        "--cname=www.landing.test,edge.landing.test",
        "--local-ttl=300",
        "--caa-record=landing.test,0,issue,ca.example",
    ],
    other: &[
        "--host-record=edge.landing.test,127.0.0.1",
        "--cname=www.landing.test,edge.landing.test",
        "--local-ttl=300",
    ],
};

pub(crate) fn resolver(says: &[&str]) -> Server {
    Server::start(|port| {
        let mut command = Command::new(program("dnsmasq"));
        command.args([
            "--keep-in-foreground",
            "--no-resolv",
            "--no-hosts",
            "--conf-file=/dev/null",
            "--bind-interfaces",
        ]);
        command.args(["--listen-address=127.0.0.1", "--pid-file=", "--user=", "--group=", "--local=/test/"]);
        command.arg(format!("--port={port}")).args(says).stderr(Stdio::null());
        command
    })
}

/// Checks with a verdict beyond `pass` and `skipped`, after looking at the campaign through this setup.
fn found(deployed: &Deployed, setup: &Setup) -> BTreeSet<(String, String)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = Authority::new(folder.path());
    authority.sign(setup.certificate.0, setup.certificate.1);
    let (first, second) = (resolver(setup.dns), resolver(setup.other));
    let at = folder.path().display();
    let server = server::nginx(folder.path(), "", |port| {
        // Before 1.25 `http2` was a word of `listen`.
        let h2 = if setup.tls.contains("http2 on;") { " http2" } else { "" };
        let tls = setup.tls.replace("http2 on;", "");
        format!(
            "server {{ listen 127.0.0.1:{port} ssl{h2}; ssl_certificate {at}/leaf.pem; ssl_certificate_key {at}/leaf.key; {tls}\n\
             location / {{ proxy_pass {}; proxy_set_header Host $http_host; proxy_pass_header Date; }} }}",
            deployed.url()
        )
    });
    let further = format!(
        "\n[check]\nresolvers = [\"127.0.0.1:{}\", \"127.0.0.1:{}\"]\n[env.public]\nurl = \"https://{HOST}:{}\"\nstore = \"dir:.landing/local\"\n",
        first.port, second.port, server.port
    );
    let report = deployed.verify("public", &further, &[("SSL_CERT_FILE", &folder.path().join("ca.pem"))]);
    let findings = report["findings"].as_array().expect("a report has findings");
    let text = |finding: &serde_json::Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let beyond = findings.iter().filter(|it| !matches!(it["verdict"].as_str(), Some("pass" | "skipped")));
    beyond.map(|it| (text(it, "check"), text(it, "verdict"))).collect()
}

#[test]
fn a_sound_host_is_green_and_each_fault_of_name_or_handshake_is_found() {
    let deployed = Deployed::start();
    assert_eq!(found(&deployed, &SOUND), BTreeSet::new(), "the sound host");
    let mut wrong = Vec::new();
    for (fault, check, verdict, setup) in [
        ("a certificate for another name", "tls", "fail", Setup { certificate: ("other.landing.test", "90"), ..SOUND }),
        ("a certificate that has ended", "tls", "fail", Setup { certificate: (HOST, "ended"), ..SOUND }),
        ("a certificate that ends in a week", "tls", "warn", Setup { certificate: (HOST, "7"), ..SOUND }),
        ("no TLS 1.3", "tls", "warn", Setup { tls: "http2 on; ssl_protocols TLSv1.2;", ..SOUND }),
        ("no TLS 1.2", "tls", "warn", Setup { tls: "http2 on; ssl_protocols TLSv1.3;", ..SOUND }),
        (
            "TLS 1.1 as well",
            "tls",
            "warn",
            Setup { tls: "http2 on; ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0;", ..SOUND },
        ),
        ("no HTTP/2", "http2", "warn", Setup { tls: "ssl_protocols TLSv1.2 TLSv1.3;", ..SOUND }),
        (
            "an address where nobody listens",
            "addresses",
            "fail",
            Setup {
                dns: &[
                    "--host-record=www.landing.test,127.0.0.1",
                    "--host-record=www.landing.test,127.0.0.2",
                    "--local-ttl=300",
                ],
                other: &["--host-record=www.landing.test,127.0.0.1"],
                ..SOUND
            },
        ),
        (
            "an address that is kept for a day",
            "dns",
            "warn",
            Setup {
                dns: &["--host-record=www.landing.test,127.0.0.1,86400"],
                other: &["--host-record=www.landing.test,127.0.0.1,86400"],
                ..SOUND
            },
        ),
        (
            "two resolvers that do not agree",
            "dns",
            "warn",
            Setup {
                other: &["--host-record=old.landing.test,127.0.0.1", "--cname=www.landing.test,old.landing.test"],
                ..SOUND
            },
        ),
        ("a name without an address", "dns", "fail", Setup { other: &["--local-ttl=300"], ..SOUND }),
    ] {
        let seen = found(&deployed, &setup);
        if !seen.contains(&(check.to_owned(), verdict.to_owned())) {
            wrong.push(format!("{fault}: `{check}` does not {verdict}, found {seen:?}"));
        }
        // A certificate that no browser trusts stops everything that is asked over it.
        let reached = !seen.iter().any(|(check, _)| check == "reachable");
        if let Some(other) = seen.iter().find(|(it, verdict)| it != check && verdict == "fail").filter(|_| reached) {
            wrong.push(format!("{fault}: another check fails as well, {other:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
