//! The proof of a purge: so many looks in a row must find the new release, and an edge that falls back to the old one is stale.

use crate::world::{block_on, key, site, url};
use landing::model::{CheckSettings, Event, Release};
use landing::shell::deploy::{Proof, Prover as _};
use landing::shell::prove::Outside;
use landing::verify::{self, Subject};
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

static ASKED: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// An edge that serves the new page so many times, and then the old one. It counts in the given place.
fn edge(release: &Release, new: usize, counter: &'static AtomicUsize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let headers = release.entries[&key("index.html")].headers.iter();
    let headers = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    // Ends with the process: it waits for connections that nobody makes.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 8_192];
            let _ = stream.read(&mut request);
            let body = if counter.fetch_add(1, Ordering::SeqCst) < new { "new" } else { "old" };
            let answer = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n{headers}\r\n{body}");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    base
}

fn prove(base: &str, release: &Release) -> Proof {
    let event = Event::default();
    let (check, origin, report) = (&CheckSettings::default(), None, Mutex::default());
    let outside = Outside { base, event: &event, check, origin, sink: &|_| (), report };
    block_on(outside.prove(release, &BTreeSet::from([url("/")])))
}

/// How many questions one look asks.
fn questions(base: &str, release: &Release) -> usize {
    let (event, focus) = (Event::default(), BTreeSet::from([url("/")]));
    let now = jiff::Timestamp::UNIX_EPOCH;
    let (check, origin, focus, foreign) = (&CheckSettings::default(), None, Some(&focus), None);
    let subject = Subject { release, base, event: &event, now, check, origin, focus, foreign };
    verify::questions(&subject, verify::PROOF).len()
}

#[test]
fn one_look_at_the_new_page_proves_no_purge() {
    let (_, release) = site("index.html=new");
    let base = edge(&release, usize::MAX, &ASKED[0]);
    let look = questions(&base, &release);
    assert_eq!(prove(&base, &release).stale, BTreeSet::new());
    assert!(ASKED[0].load(Ordering::SeqCst) >= 3 * look, "three looks before anything else");
    // An edge of two servers, the second of which was not purged: it answers at the third look.
    let base = edge(&release, 2 * look, &ASKED[1]);
    assert!(prove(&base, &release).stale.contains(&url("/")));
}
