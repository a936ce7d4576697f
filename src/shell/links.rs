//! Asks other hosts whether the links that lead to them are answered: politely, a few at once, each address once, within bounds.
//!
//! Out: a status, or why there was none. A redirect is an answer. A host that does not know `HEAD` is asked again with `GET`, and no more
//! than the beginning of its answer is read.

use super::probe::{Deadline, ProbeOptions, probe};
use crate::model::{Ask, Observation};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// No page links to more hosts than that; whoever does asks the first of them.
const MOST: usize = 200;

/// All of them, each in its own time-out, four at once.
const RUN: Duration = Duration::from_secs(500);

/// Asks.
pub async fn ask(urls: BTreeSet<String>) -> BTreeMap<String, Result<u16, String>> {
    let urls: BTreeSet<String> = urls.into_iter().take(MOST).collect();
    let mut answers = round(&urls, "HEAD").await;
    let refused = |answer: &Result<u16, String>| matches!(answer, Err(_) | Ok(400..=599));
    let again = answers.iter().filter(|(_, answer)| refused(answer)).map(|(url, _)| url.clone()).collect();
    answers.extend(round(&again, "GET").await);
    answers
}

async fn round(urls: &BTreeSet<String>, method: &'static str) -> BTreeMap<String, Result<u16, String>> {
    let deadline = Deadline::of(RUN);
    let options = ProbeOptions { concurrency: 4, max_body: 1_024, deadline, ..ProbeOptions::new("https://localhost") };
    let asks = urls.iter().map(|url| Ask::get(url.clone()).method(method).header("accept", "*/*"));
    let seen = probe(asks.collect(), &ProbeOptions { timeout: Duration::from_secs(10), ..options }, &|_| {}).await;
    let of = |url: &String| {
        let ask = Ask::get(url.clone()).method(method).header("accept", "*/*");
        match seen.get(&ask) {
            Some(Observation::Answered(answer)) => Ok(answer.status),
            Some(Observation::Unreachable(why)) => Err(why.clone()),
            None => Err("it was not asked".to_owned()),
        }
    };
    urls.iter().map(|url| (url.clone(), of(url))).collect()
}
