//! Requests for the same thing share one question to the origin (request collapsing).
//!
//! The question runs in a task of its own: it does not end because the client who happened to come first goes away.
//! Its answer is told to all who wait. An answer that may not be shared goes to the first alone, and the others are told
//! at once, so that they do not queue up one behind the other.

use super::shelf::Entry;
use super::upstream::Failure;
use crate::cache::{CacheKey, Why};
use crate::serve::body::Body;
use http::Response;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};

/// What identifies a question: the key, and the request fields that are known to matter.
pub(super) type Question = (CacheKey, String);

/// How a question ended.
#[derive(Clone, Debug)]
pub(super) enum Landed {
    /// With an answer that others may use too.
    Kept {
        /// The answer.
        entry: Arc<Entry>,
        /// The status that the origin gave: 304 when it renewed the stored answer.
        fwd_status: u16,
        /// Whether it was stored (not when it was purged meanwhile).
        stored: bool,
    },
    /// With one for the first alone.
    Passed(Why),
    /// With none.
    Failed(Failure),
}

/// Where to wait for the end of a question.
pub(super) struct Seat {
    landing: watch::Receiver<Option<Landed>>,
    /// For the first: an answer that only it may have.
    own: Option<oneshot::Receiver<Response<Body>>>,
}

impl Seat {
    /// Whether somebody else asked.
    pub(super) fn collapsed(&self) -> bool {
        self.own.is_none()
    }

    /// Waits for the end.
    pub(super) async fn landed(&mut self) -> Landed {
        // The sender is only dropped without a word when its task was ended with the server.
        let ended = Landed::Failed(Failure::Broken);
        self.landing.wait_for(Option::is_some).await.ok().and_then(|it| it.clone()).unwrap_or(ended)
    }

    /// The answer that is for the first alone.
    pub(super) fn own_answer(&mut self) -> Option<Response<Body>> {
        self.own.as_mut()?.try_recv().ok()
    }
}

#[derive(Debug)]
struct Flight {
    number: u64,
    generation: u64,
    landing: watch::Receiver<Option<Landed>>,
}

impl Flight {
    /// Whether it left after the last purge and somebody still works on it.
    fn runs(&self, generation: u64) -> bool {
        self.generation == generation && self.landing.has_changed().is_ok()
    }
}

/// A question and the seat of the one who asks it.
pub(super) fn depart(number: Option<u64>) -> (Departure, Seat) {
    let (sender, landing) = watch::channel(None);
    let (give, own) = oneshot::channel();
    (Departure { number, landing: sender, own: give }, Seat { landing, own: Some(own) })
}

#[derive(Debug, Default)]
struct Board {
    flights: BTreeMap<Question, Flight>,
    /// Until when a question is not shared, because its last answer could not be.
    alone: BTreeMap<Question, (u64, Why)>,
    number: u64,
}

/// The questions that are under way.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<Board>);

/// A question that the caller has to ask now.
pub(super) struct Departure {
    /// Its number on the board; `None` when it is not there, because nobody may wait for it.
    pub(super) number: Option<u64>,
    /// Where its end is told.
    pub(super) landing: watch::Sender<Option<Landed>>,
    /// Where an answer goes that is for the first alone.
    pub(super) own: oneshot::Sender<Response<Body>>,
}

/// What joining a question comes to.
pub(super) enum Joined {
    /// It is under way: wait.
    Waits(Seat),
    /// It is not: ask, and wait.
    Leads(Departure, Seat),
}

/// For how long an answer that could not be shared keeps others from waiting for the next one.
const ALONE_FOR_MS: u64 = 10_000;
/// Questions remembered for that.
const MOST_ALONE: usize = 4_096;

impl Flights {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the question that is under way, or becomes the one who asks. One that left before the last purge is not
    /// joined: its answer may be from before it.
    pub(super) fn join(&self, question: &Question, generation: u64) -> Joined {
        let mut board = self.board();
        if let Some(flight) = board.flights.get(question).filter(|it| it.runs(generation)) {
            return Joined::Waits(Seat { landing: flight.landing.clone(), own: None });
        }
        board.number += 1;
        let (departure, seat) = depart(Some(board.number));
        let flight = Flight { number: board.number, generation, landing: seat.landing.clone() };
        board.flights.insert(question.clone(), flight);
        Joined::Leads(departure, seat)
    }

    /// Whether this question is under way, asked since the last purge.
    pub(super) fn is_under_way(&self, question: &Question, generation: u64) -> bool {
        self.board().flights.get(question).is_some_and(|it| it.runs(generation))
    }

    /// The question has ended.
    pub(super) fn leave(&self, question: &Question, number: Option<u64>) {
        let mut board = self.board();
        if board.flights.get(question).is_some_and(|it| Some(it.number) == number) {
            board.flights.remove(question);
        }
    }

    /// Why the question is to be asked by each for himself just now.
    pub(super) fn alone(&self, question: &Question, now_ms: u64) -> Option<Why> {
        self.board().alone.get(question).filter(|(until, _)| now_ms < *until).map(|(_, why)| *why)
    }

    /// Remembers what the last answer allows.
    pub(super) fn learn(&self, question: &Question, landed: &Landed, now_ms: u64) {
        let mut board = self.board();
        match landed {
            Landed::Kept { .. } => _ = board.alone.remove(question),
            Landed::Passed(why) => {
                if board.alone.len() >= MOST_ALONE {
                    board.alone.retain(|_, (until, _)| now_ms < *until);
                }
                if board.alone.len() < MOST_ALONE {
                    board.alone.insert(question.clone(), (now_ms + ALONE_FOR_MS, *why));
                }
            }
            Landed::Failed(_) => {}
        }
    }

    /// How many questions are under way.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.board().flights.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        (CacheKey::exact("", "/"), String::new())
    }

    #[test]
    fn the_second_joins_and_one_after_a_purge_does_not() {
        let flights = Flights::default();
        let Joined::Leads(before, _seat) = flights.join(&question(), 0) else { panic!() };
        assert!(matches!(flights.join(&question(), 0), Joined::Waits(seat) if seat.collapsed()));
        let Joined::Leads(after, _seat) = flights.join(&question(), 1) else { panic!() };
        flights.leave(&question(), before.number);
        assert_eq!(flights.len(), 1, "the older question does not take the newer one off the board");
        flights.leave(&question(), after.number);
        assert_eq!(flights.len(), 0);
    }

    #[test]
    fn a_question_whose_task_died_is_asked_again() {
        let flights = Flights::default();
        let Joined::Leads(departure, _seat) = flights.join(&question(), 0) else { panic!() };
        drop(departure);
        assert!(matches!(flights.join(&question(), 0), Joined::Leads(..)));
    }

    #[test]
    fn an_answer_for_one_keeps_the_others_from_queueing() {
        let flights = Flights::default();
        flights.learn(&question(), &Landed::Passed(Why::NoStore), 1_000);
        assert_eq!(flights.alone(&question(), 2_000), Some(Why::NoStore));
        assert_eq!(flights.alone(&question(), 12_000), None);
    }
}
