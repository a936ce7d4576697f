//! CloudFront: our messages beside those of the vendor's own client (botocore), and against moto, which checks the signature.

use crate::stores::{Moto, wait};
use landing::cdn::{self, Account, Auth, Keys, Request};
use landing::model::{Purge, UrlPath, Widen};
use landing::shell::Token;
use landing::shell::sender::{Patience, Purger, Sender};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const AUTH: Auth = Auth::SigV4 { service: "cloudfront", region: "us-east-1" };

fn purge(paths: &[&str]) -> Purge {
    Purge { urls: paths.iter().map(|path| UrlPath::parse(path).expect("a path")).collect(), ..Purge::default() }
}

/// What botocore would send for these paths: method, address, body.
fn botocore(paths: &[&str], reference: &str) -> Value {
    asked(&json!({ "distribution": "E2EXAMPLE", "paths": paths, "reference": reference }))
}

/// What botocore says to a question.
pub(crate) fn asked(question: &Value) -> Value {
    crate::vendors::asked("cloudfront.py", question)
}

#[test]
fn an_invalidation_is_the_one_that_the_vendors_own_client_sends() {
    let account = Account::at("https://www.example.fr").with("distribution", &["E2EXAMPLE"]).with("tags", &["true"]);
    let cloudfront = cdn::find("cloudfront").expect("it is in the list");
    let wanted = Purge { tags: ["error".to_owned()].into(), ..purge(&["/", "/a&b<c>", "/caf\u{e9}"]) };
    let plan = cdn::plan(cloudfront, &account, &wanted, Widen::Never);
    let request = &cloudfront.requests(&account, &plan.calls[0], jiff::Timestamp::UNIX_EPOCH)[0];
    let (_, rest) = request.body.split_once("<CallerReference>").expect("a reference");
    let (reference, _) = rest.split_once('<').expect("its end");
    let theirs = botocore(&["/", "/a&b%3Cc%3E", "/caf%C3%A9", "#error"], reference);
    let (_, ours) = request.body.split_once('\n').expect("the XML declaration is a line");
    assert_eq!(ours, theirs["body"]);
    assert_eq!(
        (request.method, request.url.as_str()),
        (theirs["method"].as_str().unwrap_or_default(), theirs["url"].as_str().unwrap_or_default())
    );
}

/// A request of ours to moto, signed by our own function.
pub(crate) fn signed(moto: &Moto, method: &'static str, path: &str, body: &str) -> String {
    let keys =
        BTreeMap::from([("access_key".to_owned(), moto.id.as_str()), ("secret_key".to_owned(), moto.secret.as_str())]);
    let request = Request::new(method, format!("{}{path}", moto.endpoint()), AUTH);
    let request = Request { body: body.to_owned(), ..request.with("content-type", "application/xml") };
    let fields = AUTH.fields(&request, Keys(&keys), jiff::Timestamp::now(), "").expect("both keys are there");
    let _ = rustls::crypto::ring::default_provider().install_default();
    wait(async {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut builder = client.request(method, &request.url).body(request.body);
        let own = request.headers.into_iter();
        for (name, value) in own.chain(fields) {
            builder = builder.header(name, value);
        }
        builder.send().await.expect("moto answers").text().await.expect("a text")
    })
}

pub(crate) const DISTRIBUTION: &str = "<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><CallerReference>1</CallerReference>\
     <Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id><DomainName>campagne.s3.amazonaws.com</DomainName>\
     <S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity></S3OriginConfig></Origin></Items></Origins>\
     <DefaultCacheBehavior><TargetOriginId>o</TargetOriginId><ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy></DefaultCacheBehavior>\
     <Comment></Comment><Enabled>true</Enabled></DistributionConfig>";

#[test]
fn moto_takes_a_purge_whose_signature_is_right_and_no_other() {
    let moto = Moto::start();
    let made = signed(&moto, "POST", "/2020-05-31/distribution", DISTRIBUTION);
    let (_, rest) = made.split_once("<Id>").unwrap_or_else(|| panic!("no distribution: {made}"));
    let id = rest.split_once('<').expect("XML").0.to_owned();
    let send = |secret: &str| {
        let pairs = [("access_key", moto.id.as_str()), ("secret_key", secret)];
        let secrets = pairs.map(|(name, value)| (name.to_owned(), Token::new(value).expect("a token")));
        let account = Account {
            api: Some(moto.endpoint()),
            ..Account::at("https://www.example.fr").with("distribution", &[&id])
        };
        let cdn = cdn::find("cloudfront").expect("it is in the list");
        let purger = Purger { cdn, account, secrets: secrets.into(), widen: Widen::Never };
        let sender = Sender::new(Patience { attempts: 1, ..Patience::default() }).expect("TLS can be set up");
        wait(sender.purge(&purger, &purge(&["/", "/app"]), jiff::Timestamp::now()))
    };
    assert_eq!(send(&moto.secret), Ok(1));
    let err = send("0123456789012345678901234567890123456789").expect_err("the signature is wrong");
    assert!(err.message.contains("SignatureDoesNotMatch") && !err.message.contains("01234567890"), "{err}");
    // What moto keeps, told without a signature: for a `GET` it compares with one over parameters that no client sends.
    let kept = wait(async {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client.get(format!("{}/moto-api/data.json", moto.endpoint())).send().await.expect("moto answers");
        answer.text().await.expect("a text")
    });
    let kept: Value = serde_json::from_str(&kept).expect("JSON");
    let invalidations =
        kept["cloudfront"]["Invalidation"].as_array().unwrap_or_else(|| panic!("{}", kept["cloudfront"]));
    assert_eq!(invalidations.len(), 1);
    let text = invalidations[0].to_string();
    assert!(text.contains("/app") && text.contains("landing-"), "{text}");
}
