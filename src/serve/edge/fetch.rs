//! One question to the origin, from the request that leaves to the answer that is stored, in a task of its own.

use super::Inner;
use super::behind::expired;
use super::flights::{Departure, Joined, Landed, Question, Seat, depart};
use super::shelf::Entry;
use super::upstream::{Answered, Collected, Failure, Purpose, collect};
use crate::cache::{Kept, Lookup, Merge, Profile, RequestControl, Storing, Timing, Why, may_store};
use crate::serve::body::{Body, passed_on};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderValue, IF_RANGE, RANGE};
use http::{HeaderMap, Method, Response, StatusCode};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::oneshot;

/// Where an answer goes that is for the first client alone.
type Own = oneshot::Sender<Response<Body>>;

/// What to ask the origin.
pub(super) struct Errand {
    question: Question,
    headers: HeaderMap,
    control: RequestControl,
    /// The stored answer that may have become stale.
    prior: Option<Arc<Entry>>,
}

impl Errand {
    pub(super) fn new(lookup: &Lookup, prior: Option<&Arc<Entry>>, question: Question) -> Self {
        Self { question, headers: lookup.forward.clone(), control: lookup.control.clone(), prior: prior.cloned() }
    }

    /// Asks only for the part that the client wants; the answer will not be stored.
    pub(super) fn ask_for_part(&mut self, lookup: &Lookup) {
        self.prior = None;
        for name in [RANGE, IF_RANGE] {
            if let Some(value) = lookup.asked.get(&name) {
                self.headers.insert(name, value.clone());
            }
        }
    }

    /// The request fields as they go to the origin.
    fn sent(&self, profile: Profile) -> HeaderMap {
        let mut sent = self.headers.clone();
        if let Some(prior) = &self.prior {
            prior.kept.ask_whether_changed(&mut sent);
        }
        if profile == Profile::Rfc {
            let host = HeaderValue::from_str(self.question.0.site());
            sent.insert(HOST, host.unwrap_or_else(|_| HeaderValue::from_static("")));
        }
        sent
    }
}

/// An answer as it came: when, after which purge it was asked for, and whether it had been declared stale where it comes from.
#[derive(Clone, Copy)]
struct Arrival {
    timing: Timing,
    generation: u64,
    expired_ms: Option<u64>,
}

impl Inner {
    /// Asks, or joins whoever is asking the same.
    pub(super) fn set_out(self: &Arc<Self>, errand: Errand) -> Seat {
        let generation = self.shelf.generation();
        match self.flights.join(&errand.question, generation) {
            Joined::Waits(seat) => seat,
            Joined::Leads(departure, seat) => {
                self.spawn(Arc::clone(self).fly(errand, departure, generation));
                seat
            }
        }
    }

    /// Asks without letting others wait for it.
    pub(super) fn set_out_alone(self: &Arc<Self>, errand: Errand) -> Seat {
        let (departure, seat) = depart(None);
        let generation = self.shelf.generation();
        self.spawn(Arc::clone(self).fly(errand, departure, generation));
        seat
    }

    async fn fly(self: Arc<Self>, errand: Errand, departure: Departure, generation: u64) {
        let Departure { number, landing, own } = departure;
        let landed = self.question_origin(&errand, own, generation).await;
        let now = self.now_ms();
        match (&landed, &errand.prior) {
            (Landed::Failed(_), Some(prior)) => prior.back_off(now),
            // The origin has another answer now, and it is not for everyone: the old one is no longer right.
            (Landed::Passed(_), Some(prior)) => self.shelf.discard(&errand.question.0, prior),
            _ => {}
        }
        self.flights.learn(&errand.question, &landed, now);
        // Off the board before the news: whoever comes now finds the stored answer, not this ended question.
        self.flights.leave(&errand.question, number);
        landing.send_replace(Some(landed));
    }

    async fn question_origin(&self, errand: &Errand, own: Own, generation: u64) -> Landed {
        let asked_ms = self.now_ms();
        let target = errand.question.0.target();
        let answered = match self
            .behind
            .ask(Purpose::Visitor, Method::GET, &target, errand.sent(self.options.profile), None)
            .await
        {
            Ok(answered) => answered,
            Err(failure) => return Landed::Failed(failure),
        };
        let timing = Timing { asked_ms, answered_ms: self.now_ms() };
        let arrival = Arrival { timing, generation, expired_ms: expired(&answered) };
        if let Some(failure) = self.as_failure(errand, answered.status()) {
            self.hand_over(own, answered, Vec::new());
            return Landed::Failed(failure);
        }
        if let (StatusCode::NOT_MODIFIED, Some(prior)) = (answered.status(), &errand.prior) {
            return self.renewed(errand, prior, answered.headers(), arrival);
        }
        let (profile, status) = (self.options.profile, answered.status());
        match may_store(profile, &errand.control, &errand.headers, status, answered.headers()) {
            Storing::Refuse(why) => {
                self.hand_over(own, answered, Vec::new());
                Landed::Passed(why)
            }
            Storing::Store => self.store(errand, answered, arrival, own).await,
        }
    }

    /// Whether an answer counts as a failure of the origin. In the profile `rfc` it is one only where something stale may
    /// take its place; else it is an answer like any other.
    fn as_failure(&self, errand: &Errand, status: StatusCode) -> Option<Failure> {
        let replaceable =
            errand.prior.as_ref().is_some_and(|it| it.kept.life.if_error + it.kept.life.while_revalidate > 0);
        match self.options.profile {
            Profile::Landing => status.is_server_error().then_some(Failure::Status(status)),
            Profile::Rfc => Failure::of(status).filter(|_| replaceable),
        }
    }

    fn renewed(&self, errand: &Errand, prior: &Arc<Entry>, not_modified: &HeaderMap, arrival: Arrival) -> Landed {
        let fwd_status = StatusCode::NOT_MODIFIED.as_u16();
        match prior.kept.renew(self.options.profile, &errand.headers, not_modified, arrival.timing) {
            Merge::Renewed(kept) => self.keep(errand, *kept, fwd_status, arrival),
            Merge::Mismatch => Landed::Kept { entry: Arc::clone(prior), fwd_status, stored: false },
        }
    }

    async fn store(&self, errand: &Errand, answered: Answered, arrival: Arrival, own: Own) -> Landed {
        let most = self.options.max_object_bytes;
        let announced = answered.headers().get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > most) {
            self.hand_over(own, answered, Vec::new());
            return Landed::Passed(Why::TooLarge);
        }
        let (parts, body) = answered.into_parts();
        let body = match collect(body, most, self.options.patience.piece).await {
            Err(_) => return Landed::Failed(Failure::Broken),
            Ok(Collected::TooLarge(first, rest)) => {
                self.hand_over(own, Response::from_parts(parts, rest), first);
                return Landed::Passed(Why::TooLarge);
            }
            Ok(Collected::Whole(body)) => body,
        };
        let status = parts.status.as_u16();
        match Kept::new(self.options.profile, &errand.headers, parts.status, &parts.headers, body, arrival.timing) {
            Some(kept) => self.keep(errand, kept, status, arrival),
            None => Landed::Failed(Failure::Broken),
        }
    }

    fn keep(&self, errand: &Errand, kept: Kept, fwd_status: u16, arrival: Arrival) -> Landed {
        if !kept.cookies.is_empty() {
            self.tally.set_cookie_removed.fetch_add(1, Ordering::SeqCst);
        }
        let key = &errand.question.0;
        let path = key.without_query().filter(|_| kept.any_query);
        let entry = Arc::new(Entry::new(kept).expired_at(arrival.expired_ms));
        let stored = self.shelf.put(path.as_ref().unwrap_or(key), &entry, arrival.generation);
        Landed::Kept { entry, fwd_status, stored }
    }

    /// Gives an answer, `first` of whose body has been read, to the client who asked first. If it has gone meanwhile,
    /// nobody may have it.
    fn hand_over(&self, own: Own, answered: Answered, first: Vec<Bytes>) {
        let patience = self.options.patience.piece;
        _ = own.send(answered.map(|rest| passed_on(first, rest, patience)));
    }
}
