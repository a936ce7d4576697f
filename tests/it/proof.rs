//! The proof of a purge: so many looks in a row must find the new release, and an edge that falls back to the old one is stale.

use crate::world::{block_on, key, site, url};
use landing::model::{CheckSettings, Event, Release};
use landing::shell::deploy::{Proof, Prover as _};
use landing::shell::probe::Means;
use landing::shell::prove::Outside;
use landing::verify::{self, Subject};
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

static ASKED: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

/// An edge that serves the new page so many times, and then the old one. It counts in the given place.
fn edge(release: &Release, new: usize, counter: &'static AtomicUsize) -> String {
    serving(release, move |asked| asked < new, counter)
}

/// An edge that serves the new page to those questions, by their number.
fn serving(
    release: &Release,
    new: impl Fn(usize) -> bool + Send + Sync + 'static,
    counter: &'static AtomicUsize,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let headers = release.entries[&key("index.html")].headers.iter();
    let headers = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    let answer = move |mut stream: TcpStream| {
        let mut request = [0; 8_192];
        if stream.read(&mut request).is_ok_and(|read| read > 0) {
            let body = if new(counter.fetch_add(1, Ordering::SeqCst)) { "new" } else { "old" };
            let answer = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n{headers}\r\n{body}");
            let _ = stream.write_all(answer.as_bytes());
        }
    };
    let answer = Arc::new(answer);
    // Ends with the process: it waits for connections that nobody makes. A client may open one and ask on another: nobody waits for it.
    std::thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || answer(stream));
        }
    });
    base
}

fn prove(base: &str, release: &Release) -> Proof {
    prove_within(base, release, Duration::ZERO)
}

fn prove_within(base: &str, release: &Release, patience: Duration) -> Proof {
    let event = Event::default();
    let (check, origin, report) = (&CheckSettings::default(), None, Mutex::default());
    let outside = Outside {
        base,
        event: &event,
        check,
        origin,
        sink: &|_| (),
        patience,
        run: landing::shell::probe::RUN,
        canary: None,
        means: Means::default(),
        switches: Vec::new(),
        checks: verify::ALL,
        report,
    };
    block_on(outside.prove(release, &BTreeSet::from([url("/")])))
}

/// How many questions one look asks.
fn questions(base: &str, release: &Release) -> usize {
    let (event, focus) = (Event::default(), BTreeSet::from([url("/")]));
    let now = jiff::Timestamp::UNIX_EPOCH;
    let (check, origin, focus, foreign) = (&CheckSettings::default(), None, Some(&focus), None);
    let subject =
        Subject { release, base, event: &event, now, check, origin, focus, foreign, canary: None, switches: &[] };
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

#[test]
fn an_old_answer_is_no_failure_before_the_purge_has_had_its_time() {
    let (_, release) = site("index.html=new");
    let look = questions(&edge(&release, usize::MAX, &ASKED[0]), &release);
    // The purge arrives after the second look; then three must agree.
    let slow = serving(&release, move |asked| asked >= 2 * look, &ASKED[2]);
    assert_eq!(prove_within(&slow, &release, Duration::from_mins(1)).stale, BTreeSet::new());
    assert!(ASKED[2].load(Ordering::SeqCst) >= 5 * look, "the row began anew");
    // One that never arrives is told, and not before its time.
    let (never, began) = (serving(&release, |_| false, &ASKED[3]), Instant::now());
    assert!(prove_within(&never, &release, Duration::from_secs(2)).stale.contains(&url("/")));
    assert!(began.elapsed() >= Duration::from_secs(2) && ASKED[3].load(Ordering::SeqCst) >= 2 * look);
}
