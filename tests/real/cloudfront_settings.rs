//! CloudFront's settings: every document beside the vendor's own model (botocore), and against moto, whose distribution ends as it should.
//!
//! moto knows no cache policies: those two paths are answered here, everything else goes on to moto.

use crate::cloudfront::{DISTRIBUTION, asked, signed};
use crate::stores::{Moto, wait};
use landing::cdn::{self, Account, Reply, Request, Step, Wish};
use landing::model::{Lifetime, Widen};
use landing::shell::Token;
use landing::shell::panel::{self, Todo};
use landing::shell::sender::{Patience, Purger, Sender};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

fn wish() -> Wish {
    let of = |browser, cdn| Lifetime { browser, cdn, stale_while_revalidate: 9, stale_if_error: 9, immutable: false };
    let headers = [
        ("content-security-policy", "frame-ancestors 'none'"),
        ("cross-origin-opener-policy", "same-origin"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("x-note", "a < b & \"c\""),
    ];
    let errors = [(404, ("/404.html".to_owned(), 404)), (503, ("/error.html".to_owned(), 503))];
    Wish {
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        page: of(60, 86_400),
        error: of(30, 60),
        errors: errors.into(),
        bucket: true,
        ..Wish::default()
    }
}

fn account(distribution: &str) -> Account {
    let account = Account::at("https://www.example.fr").with("distribution", &[distribution]);
    account.with("tags", &["true"]).with("shield_region", &["eu-west-3"])
}

/// What is written to a fresh distribution.
fn written() -> Vec<Request> {
    let panel = cdn::find("cloudfront").expect("it is in the list").panel(&account("E2EXAMPLE"), &wish());
    let whole = panel.whole.expect("its settings are managed");
    let reply =
        |body: &str| Reply { status: 200, etag: Some("E1".to_owned()), body: body.to_owned(), ..Reply::default() };
    let read = [reply(DISTRIBUTION), reply("<CachePolicyList/>"), reply("<ResponseHeadersPolicyList/>")];
    assert!(matches!(whole.read(&read), Ok(Step::Seen(_))));
    let (mut requests, mut said) = (Vec::new(), Vec::new());
    while let Some(request) = whole.write(&read, &said).expect("nothing says no") {
        requests.push(request);
        said.push(reply("<Answer><Id>p-1</Id></Answer>"));
    }
    requests
}

#[test]
fn every_document_is_one_that_the_vendors_own_model_reads_and_writes() {
    let ours = written();
    let operations = ["create_cache_policy", "create_response_headers_policy", "update_distribution"];
    assert_eq!(ours.len(), operations.len());
    let documents: Vec<Value> = ours
        .iter()
        .zip(operations)
        .map(|(request, operation)| {
            let mut document = json!({ "operation": operation, "body": request.body });
            if request.method == "PUT" {
                (document["Id"], document["IfMatch"]) = (json!("E2EXAMPLE"), json!("E1"));
            }
            document
        })
        .collect();
    let theirs = asked(&json!({ "documents": documents }));
    for (request, theirs) in ours.iter().zip(theirs.as_array().expect("one for each")) {
        let (_, body) = request.body.split_once('\n').expect("the XML declaration is a line");
        // The vendor's client writes an empty element in the short form.
        assert_eq!(body.replace("></OriginAccessIdentity>", " />").replace("></Comment>", " />"), theirs["body"]);
        let (method, url) = (theirs["method"].as_str(), theirs["url"].as_str());
        assert_eq!((Some(request.method), Some(request.url.as_str())), (method, url));
    }
}

/// The policies that moto does not know, by path.
type Policies = Arc<Mutex<Vec<(String, String)>>>;

/// Answers for policies itself and hands everything else on.
fn front(moto: u16, policies: Policies) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    // Ends with the process: it waits for connections that nobody makes.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let request = heard(&mut stream);
            let answer = policy(&request, &policies).unwrap_or_else(|| handed_on(moto, &request));
            let _ = stream.write_all(&answer);
        }
    });
    address
}

/// One request, whole.
fn heard(stream: &mut TcpStream) -> String {
    let (mut request, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        let read = stream.read(&mut part).expect("a request");
        request.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) || read == 0 {
                return text;
            }
        }
    }
}

fn policy(request: &str, policies: &Policies) -> Option<Vec<u8>> {
    let (head, body) = request.split_once("\r\n\r\n")?;
    let path = head.split(' ').nth(1)?.split('?').next()?.strip_prefix("/2020-05-31/")?;
    let kind = path.split('/').next().filter(|it| it.ends_with("-policy"))?;
    let mut policies = policies.lock().expect("nobody panics while holding them");
    let element = if kind == "cache-policy" { "CachePolicy" } else { "ResponseHeadersPolicy" };
    let answer = if request.starts_with("POST") {
        policies.push((kind.to_owned(), body.to_owned()));
        format!("<{element}><Id>id-of-{kind}</Id></{element}>")
    } else {
        let ours = policies.iter().find(|(of, _)| of == kind).map(|(_, document)| document);
        match (ours, path.ends_with("/config")) {
            (Some(document), true) => document.clone(),
            (Some(document), false) => {
                let (_, inside) = document.split_once('\n')?;
                format!(
                    "<List><Items><Summary><{element}><Id>id-of-{kind}</Id>{inside}</{element}></Summary></Items></List>"
                )
            }
            (None, _) => "<List/>".to_owned(),
        }
    };
    Some(
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\netag: P1\r\ncontent-length: {}\r\n\r\n{answer}", answer.len())
            .into_bytes(),
    )
}

fn handed_on(moto: u16, request: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", moto)).expect("moto listens");
    let request = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    stream.write_all(request.as_bytes()).expect("moto reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("moto answers");
    answer
}

fn settings(todo: &Todo) -> Vec<&str> {
    todo.changes.iter().map(|change| change.setting.as_str()).collect()
}

#[test]
fn motos_distribution_is_brought_to_what_it_should_be_and_stays_so() {
    let moto = Moto::trusting(1_000);
    let made = signed(&moto, "POST", "/2020-05-31/distribution", DISTRIBUTION);
    let (_, rest) = made.split_once("<Id>").unwrap_or_else(|| panic!("no distribution: {made}"));
    let id = rest.split_once('<').expect("XML").0.to_owned();
    let policies = Policies::default();
    let api = Some(front(moto.server.port, Arc::clone(&policies)));
    let secrets = [("access_key", "AKIDEXAMPLE"), ("secret_key", "secret")];
    let secrets = secrets.map(|(name, value)| (name.to_owned(), Token::new(value).expect("a token")));
    let cdn = cdn::find("cloudfront").expect("it is in the list");
    let purger = Purger { cdn, account: Account { api, ..account(&id) }, secrets: secrets.into(), widen: Widen::Never };
    let sender = Sender::new(Patience { attempts: 1, ..Patience::default() }).expect("TLS can be set up");
    let plan = || wait(panel::plan(&sender, &purger, &wish())).unwrap_or_else(|err| panic!("{err}"));
    let first = plan();
    assert!(settings(&first).contains(&"DefaultRootObject"), "{first:?}");
    let applied = wait(panel::apply(&sender, &purger, &wish(), &|_| ())).unwrap_or_else(|err| panic!("{err}"));
    assert_eq!(settings(&applied), settings(&first));
    assert_eq!(settings(&plan()), Vec::<&str>::new());
    assert_eq!(policies.lock().expect("nobody panics while holding them").len(), 2);
    let config = signed(&moto, "GET", &format!("/2020-05-31/distribution/{id}/config"), "");
    for kept in [
        "<CachePolicyId>id-of-cache-policy</CachePolicyId>",
        "<OriginShieldRegion>eu-west-3</OriginShieldRegion>",
        "<DomainName>campagne.s3.amazonaws.com</DomainName>",
    ] {
        assert!(config.contains(kept), "{kept}: {config}");
    }
}
