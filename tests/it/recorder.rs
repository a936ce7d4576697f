//! Google Cloud Storage and Azure Blob Storage as their descriptions have them, in memory: method, path, fields and preconditions of
//! every request are looked at, and what breaks a rule is written down. The contract of a store holds over both. Google: XML API,
//! "Reference headers" (`x-goog-if-generation-match`) and "List objects"; Azure: "Put Blob", "Get Blob", "List Blobs", "Specifying
//! conditional headers". No signature is checked; nobody here has Google's or Azure's own server.

use crate::contract;
use landing::model::{Access, Credentials, Digest, StoreUrl, Vendor};
use landing::store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One object.
#[derive(Clone)]
struct Kept {
    bytes: Vec<u8>,
    fields: Vec<(String, String)>,
    generation: u64,
}

#[derive(Default)]
struct Shelf {
    objects: BTreeMap<String, Kept>,
    writes: u64,
    /// Requests that break a rule.
    broken: Vec<String>,
    /// Which kinds of requests there were.
    seen: BTreeSet<String>,
}

/// A service on a port of its own. Dropped, it ends.
struct Service {
    endpoint: String,
    shelf: Arc<Mutex<Shelf>>,
    stop: Arc<AtomicBool>,
    task: Option<std::thread::JoinHandle<()>>,
}

impl Service {
    fn start(vendor: Vendor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (shelf, stop) = (Arc::new(Mutex::new(Shelf::default())), Arc::new(AtomicBool::new(false)));
        let (kept, ended) = (Arc::clone(&shelf), Arc::clone(&stop));
        let task = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(stream, vendor, &kept));
            }
        });
        Self { endpoint, shelf, stop, task: Some(task) }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.endpoint.trim_start_matches("http://"));
        self.task.take().unwrap().join().unwrap();
    }
}

/// A request, taken apart.
struct Asked {
    method: String,
    /// Below the bucket; empty for the bucket itself.
    key: String,
    query: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Asked {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

/// Status, fields, body.
type Answer = (u16, Vec<(String, String)>, Vec<u8>);

fn serve(mut stream: TcpStream, vendor: Vendor, shelf: &Mutex<Shelf>) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let asked = read(&mut stream)?;
    let (status, fields, body) = {
        let mut shelf = shelf.lock().unwrap();
        if let Err(rule) = rules(&asked, vendor) {
            shelf.broken.push(format!("{} {}: {rule}", asked.method, asked.key));
        }
        answer(&asked, vendor, &mut shelf)
    };
    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
    let mut head =
        format!("HTTP/1.1 {status} X\r\nconnection: close\r\ndate: {date}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in fields {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    if asked.method != "HEAD" {
        stream.write_all(&body).ok()?;
    }
    Some(())
}

fn read(stream: &mut TcpStream) -> Option<Asked> {
    let (mut raw, mut part) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let read = stream.read(&mut part).ok().filter(|read| *read > 0)?;
        raw.extend_from_slice(&part[..read]);
        let Some(end) = raw.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(raw[..end].to_vec()).ok()?;
        let fields: BTreeMap<String, String> = (head.lines().skip(1).filter_map(|line| line.split_once(':')))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length: usize = fields.get("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
        if raw.len() < end + 4 + length {
            continue;
        }
        let mut words = head.lines().next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let url = url::Url::parse(&format!("http://x{target}")).ok()?;
        let path = percent_decoded(url.path());
        let key = path.strip_prefix("/bucket")?.trim_start_matches('/').to_owned();
        let query = url.query_pairs().into_owned().collect();
        return Some(Asked { method, key, query, fields, body: raw[end + 4..].to_vec() });
    }
}

fn percent_decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let digits =
            (bytes[at] == b'%').then(|| path.get(at + 1..at + 3).and_then(|it| u8::from_str_radix(it, 16).ok()));
        out.push(digits.flatten().unwrap_or(bytes[at]));
        at += if digits.flatten().is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap()
}

/// What the descriptions ask of every request.
fn rules(asked: &Asked, vendor: Vendor) -> Result<(), String> {
    let must = |holds: bool, rule: &str| if holds { Ok(()) } else { Err(rule.to_owned()) };
    let put = asked.method == "PUT";
    must(matches!(asked.method.as_str(), "GET" | "HEAD" | "PUT"), "no such request is needed")?;
    must(!put || asked.field("content-length").is_some(), "a body without its length")?;
    if vendor == Vendor::Gcs {
        must(asked.field("authorization") == Some("Bearer ya29.token"), "no token")?;
        let generation = asked.field("x-goog-if-generation-match");
        must(!put || generation.is_some_and(|it| it.parse::<u64>().is_ok()), "a write without a condition")?;
        must(asked.field("if-match").is_none(), "`If-Match` is not for writes of objects")?;
        must(!put || asked.field("content-type").is_some(), "an object without a type")
    } else {
        must(asked.field("authorization").is_some_and(|it| it.starts_with("SharedKey account:")), "no signature")?;
        must(asked.field("x-ms-version").is_some_and(|it| it.len() == 10), "no version")?;
        must(asked.field("x-ms-date").or(asked.field("date")).is_some(), "no date")?;
        must(!put || asked.field("x-ms-blob-type") == Some("BlockBlob"), "no type of blob")?;
        let conditions = ["if-none-match", "if-match"].iter().filter(|name| asked.field(name).is_some()).count();
        must(!put || conditions == 1, "a write without a condition")?;
        let meta = |name: &String| name.strip_prefix("x-ms-meta-").is_none_or(|it| !it.contains('-'));
        must(asked.fields.keys().all(meta), "the name of metadata is an identifier")
    }
}

fn answer(asked: &Asked, vendor: Vendor, shelf: &mut Shelf) -> Answer {
    let is_list = asked.key.is_empty();
    let conditions = ["x-goog-if-generation-match", "if-none-match", "if-match"];
    let condition = conditions.into_iter().find(|name| asked.field(name).is_some()).unwrap_or("");
    shelf.seen.insert(format!("{}{} {condition}", asked.method, if is_list { " list" } else { "" }));
    match asked.method.as_str() {
        "PUT" => put(asked, vendor, shelf),
        _ if is_list => {
            (200, vec![("content-type".to_owned(), "application/xml".to_owned())], list(asked, vendor, shelf))
        }
        _ => get(asked, vendor, shelf),
    }
}

/// Google's tag is of the body alone, Azure's of the write.
fn tag(kept: &Kept, vendor: Vendor) -> String {
    match vendor {
        Vendor::Gcs => format!("\"{}\"", Digest::of(&kept.bytes).hex16()),
        _ => format!("\"0x8DC{:012X}\"", kept.generation),
    }
}

fn marks(kept: &Kept, vendor: Vendor) -> Vec<(String, String)> {
    let tag = ("etag".to_owned(), tag(kept, vendor));
    let generation = ("x-goog-generation".to_owned(), kept.generation.to_string());
    if vendor == Vendor::Gcs { vec![tag, generation] } else { vec![tag] }
}

fn error(status: u16, code: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
    (status, vec![("content-type".to_owned(), "application/xml".to_owned())], body.into_bytes())
}

fn put(asked: &Asked, vendor: Vendor, shelf: &mut Shelf) -> Answer {
    let there = shelf.objects.get(&asked.key);
    let (holds, refusal) = if vendor == Vendor::Gcs {
        let wanted = asked.field("x-goog-if-generation-match").and_then(|it| it.parse::<u64>().ok());
        (wanted == Some(there.map_or(0, |kept| kept.generation)), (412, "PreconditionFailed"))
    } else if asked.field("if-none-match").is_some() {
        (there.is_none(), (409, "BlobAlreadyExists"))
    } else {
        (there.is_some_and(|kept| asked.field("if-match") == Some(&tag(kept, vendor))), (412, "ConditionNotMet"))
    };
    if !holds {
        return error(refusal.0, refusal.1);
    }
    shelf.writes += 1;
    let kept =
        Kept { bytes: asked.body.clone(), fields: served(asked, vendor), generation: 1_700_000_000 + shelf.writes };
    let marks = marks(&kept, vendor);
    shelf.objects.insert(asked.key.clone(), kept);
    (if vendor == Vendor::Gcs { 200 } else { 201 }, marks, Vec::new())
}

/// The fields with which an object will be sent.
fn served(asked: &Asked, vendor: Vendor) -> Vec<(String, String)> {
    let kept = |(name, value): (&String, &String)| {
        let own = ["content-type", "cache-control", "content-encoding", "content-language", "content-disposition"];
        let sent = match vendor {
            Vendor::Gcs => Some(name.clone()).filter(|it| own.contains(&it.as_str()) || it.starts_with("x-goog-meta-")),
            _ if name.starts_with("x-ms-meta-") => Some(name.clone()),
            _ => name.strip_prefix("x-ms-blob-").filter(|it| own.contains(it)).map(str::to_owned),
        };
        Some((sent?, value.clone()))
    };
    asked.fields.iter().filter_map(kept).collect()
}

fn get(asked: &Asked, vendor: Vendor, shelf: &Shelf) -> Answer {
    let Some(kept) = shelf.objects.get(&asked.key) else {
        return error(404, if vendor == Vendor::Gcs { "NoSuchKey" } else { "BlobNotFound" });
    };
    let mut fields = marks(kept, vendor);
    if asked.field("if-none-match") == Some(&tag(kept, vendor)) {
        return (304, fields, Vec::new());
    }
    fields.extend(kept.fields.clone());
    fields.push(("last-modified".to_owned(), "Fri, 27 Nov 2026 20:00:00 GMT".to_owned()));
    (200, fields, kept.bytes.clone())
}

fn list(asked: &Asked, vendor: Vendor, shelf: &Shelf) -> Vec<u8> {
    let prefix = asked.query.get("prefix").map_or("", String::as_str);
    let delimited = asked.query.contains_key("delimiter");
    let (mut objects, mut folders) = (String::new(), BTreeSet::new());
    for (key, kept) in &shelf.objects {
        let Some(rest) = key.strip_prefix(prefix) else { continue };
        if let Some((folder, _)) = rest.split_once('/').filter(|_| delimited) {
            folders.insert(format!("{prefix}{folder}/"));
            continue;
        }
        let (key, tag, size) = (escaped(key), tag(kept, vendor).replace('"', "&quot;"), kept.bytes.len());
        objects.push_str(&if vendor == Vendor::Gcs {
            format!("<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>2026-11-27T20:00:00.000Z</LastModified><ETag>{tag}</ETag></Contents>")
        } else {
            format!("<Blob><Name>{key}</Name><Properties><Last-Modified>Fri, 27 Nov 2026 20:00:00 GMT</Last-Modified><Etag>{tag}</Etag><Content-Length>{size}</Content-Length><Content-Type>text/plain</Content-Type><BlobType>BlockBlob</BlobType></Properties></Blob>")
        });
    }
    let folders = |open: &str, close: &str| {
        let named: Vec<String> = folders.iter().map(|it| format!("{open}{}{close}", escaped(it))).collect();
        named.concat()
    };
    let text = if vendor == Vendor::Gcs {
        let folders = folders("<CommonPrefixes><Prefix>", "</Prefix></CommonPrefixes>");
        format!(
            "<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>{objects}{folders}</ListBucketResult>"
        )
    } else {
        let folders = folders("<BlobPrefix><Name>", "</Name></BlobPrefix>");
        format!(
            "<EnumerationResults ContainerName=\"bucket\"><Blobs>{objects}{folders}</Blobs><NextMarker /></EnumerationResults>"
        )
    };
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{text}").into_bytes()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The contract over a service, each clause below a prefix of its own.
fn keeps_the_contract(vendor: Vendor, credentials: &str) {
    let (service, root) = (Service::start(vendor), tempfile::tempdir().unwrap());
    std::fs::write(root.path().join("key"), credentials).unwrap();
    for (number, (sentence, clause)) in contract::ALL.iter().chain(contract::MARKS).chain(contract::RACES).enumerate() {
        let access = Access {
            endpoint: Some(service.endpoint.clone()),
            account: (vendor == Vendor::Azure).then(|| "account".to_owned()),
            credentials: Some(Credentials::File("key".to_owned())),
            ..Access::default()
        };
        let url = StoreUrl::Cloud { vendor, bucket: "bucket".to_owned(), prefix: format!("{number}-{sentence}") };
        let store = Store::connect(root.path(), &url, &access).unwrap();
        println!("{sentence}: {url}");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(clause(store));
    }
    let shelf = service.shelf.lock().unwrap();
    assert!(shelf.broken.is_empty(), "{:#?}", shelf.broken);
    assert!(shelf.seen.len() >= 5, "{:?}", shelf.seen);
}

#[test]
fn every_request_to_google_is_as_described_and_the_contract_holds() {
    keeps_the_contract(Vendor::Gcs, "ya29.token");
}

#[test]
fn every_request_to_azure_is_as_described_and_the_contract_holds() {
    keeps_the_contract(Vendor::Azure, "bGFuZGluZw==");
}
