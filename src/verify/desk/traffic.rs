//! The requests of a run in numbers. Other hosts and the other scheme are left out: they say nothing of this address.

use super::served::{Served, is_warm, served};
use crate::model::{Answer, Observation, Tally, Times, Traffic};
use crate::verify::Observations;

/// The classes of answer times, in milliseconds: about even on a logarithmic scale.
const CLASSES: [u64; 11] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];

/// What was asked of the public address, and how that went.
pub(in crate::verify) fn traffic(seen: &Observations) -> Traffic {
    let mut traffic = Traffic { times: classes(), ..Traffic::default() };
    let mut took = Vec::new();
    for (ask, observation) in seen.iter().filter(|(ask, _)| ask.is_here()) {
        traffic.asked += 1;
        let Observation::Answered(answer) = observation else {
            traffic.silent += 1;
            continue;
        };
        took.push(answer.took_ms);
        let class = CLASSES.partition_point(|bound| *bound < answer.took_ms);
        count(&mut traffic.times[class].answers, answer);
        if is_warm(ask) {
            count(&mut traffic.warm, answer);
        }
    }
    took.sort_unstable();
    traffic.median_ms = quantile(&took, 50);
    traffic.p95_ms = quantile(&took, 95);
    traffic
}

fn classes() -> Vec<Times> {
    let bounds = CLASSES.into_iter().map(Some).chain([None]);
    bounds.map(|up_to_ms| Times { up_to_ms, answers: Tally::default() }).collect()
}

fn count(tally: &mut Tally, answer: &Answer) {
    *match served(answer) {
        Served::Cache(_) => &mut tally.edge,
        Served::Origin(_) => &mut tally.origin,
        Served::Unknown(_) => &mut tally.unknown,
    } += 1;
}

/// The smallest value that so many percent do not exceed.
fn quantile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Ask;

    fn answer(took_ms: u64, status: Option<&str>) -> Observation {
        let headers = status.map(|it| ("cache-status".to_owned(), it.to_owned())).into_iter().collect();
        Observation::Answered(Answer { status: 200, headers, body: bytes::Bytes::new(), cut: false, at_ms: 0, took_ms })
    }

    #[test]
    fn each_answer_counts_once_in_its_class_and_strangers_do_not() {
        let seen: Observations = [
            (Ask::get("/"), answer(5, Some("e; fwd=miss"))),
            (Ask::get("/").round(1), answer(6, Some("e; hit"))),
            (Ask::get("/").round(2), answer(9_000, None)),
            (Ask::get("/a"), Observation::Unreachable("gone".into())),
            (Ask::get("http://other.example/"), answer(1, Some("e; hit"))),
        ]
        .into_iter()
        .collect();
        let traffic = traffic(&seen);
        assert_eq!((traffic.asked, traffic.silent), (4, 1));
        assert_eq!(traffic.warm, Tally { edge: 1, origin: 0, unknown: 1 });
        let full: Vec<(Option<u64>, u32)> =
            traffic.times.iter().map(|it| (it.up_to_ms, it.answers.total())).filter(|it| it.1 > 0).collect();
        assert_eq!(full, [(Some(5), 1), (Some(10), 1), (None, 1)]);
        assert_eq!((traffic.median_ms, traffic.p95_ms), (Some(6), Some(9_000)));
        assert_eq!(quantile(&[], 50), None);
    }
}
