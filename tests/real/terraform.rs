//! The Terraform files before a parser that is not ours (python-hcl2): every one is read and its resources are there, whatever the
//! header fields in it say. That no text became an expression is tried by the unit tests of `cdn::terraform`.

use landing::cdn::{self, Account, Names, Wish};
use landing::model::Lifetime;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the parser makes of a file, as JSON.
fn parsed(text: &str) -> String {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.tools/venv/bin/python");
    assert!(python.exists(), "python-hcl2 is not installed: run `make tools`");
    let program = "import hcl2, json, sys; print(json.dumps(hcl2.loads(sys.stdin.read())))";
    let mut child = Command::new(python)
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python starts");
    child.stdin.take().expect("it was piped").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Header fields that would be expressions, or the end of a text, where they are not escaped.
fn hostile() -> Wish {
    let of = |cdn| Lifetime { browser: 60, cdn, stale_while_revalidate: 9, stale_if_error: 9, immutable: false };
    let headers = [
        ("content-security-policy", "frame-ancestors 'none'; report-uri ${path.module}"),
        ("x-directive", "%{ if true }yes%{ endif } %{~ 1 ~}"),
        ("x-quotes", "say \"x\" \\ and \\\" and $${doubled}"),
        ("report-to", "{\"group\":\"a\",\"endpoints\":[{\"url\":\"https://r.example\"}]}"),
        ("strict-transport-security", "max-age=1; preload"),
    ];
    let errors = [(404, ("/404.html".to_owned(), 404)), (503, ("/error.html".to_owned(), 503))];
    Wish {
        ignored: ["utm_source", "gclid"].map(str::to_owned).into(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        page: of(86_400),
        error: of(60),
        errors: errors.into(),
        bucket: true,
    }
}

#[test]
fn every_file_is_read_by_somebody_elses_parser() {
    let account =
        Account::at("https://www.example.fr").with("redirect", &["example.fr"]).with("hosts", &["m.example.fr"]);
    let account = account.with("shield_region", &["eu-west-3"]).with("tags", &["true"]).with("pull_zone", &["5"]);
    for (id, resource) in [
        ("cloudflare", "cloudflare_ruleset"),
        ("fastly", "fastly_service_vcl"),
        ("cloudfront", "aws_cloudfront_distribution"),
        ("bunny", "bunnynet_pullzone_edgerule"),
        ("scaleway", "scaleway_edge_services_cache_stage"),
    ] {
        let cdn = cdn::find(id).expect("it is in the list");
        let text = cdn::terraform(cdn, &account, &hostile(), &Names::of(id, 1)).expect("it has a plugin");
        let read = parsed(&text);
        assert!(read.contains(resource), "{id}: {read}");
    }
}

#[test]
fn the_parser_sees_what_is_not_terraform() {
    let python = std::panic::catch_unwind(|| parsed("resource \"a\" \"b\" {\n  c = \"unfinished\n}\n"));
    assert!(python.is_err());
}
