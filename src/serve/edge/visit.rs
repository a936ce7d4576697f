//! The way of a request through the edge: from the store, from the store while a new answer is fetched, or from the origin.

use super::Inner;
use super::fetch::Errand;
use super::flights::{Landed, Question, Seat};
use super::shelf::{Entry, Found};
use super::upstream::{Failure, Purpose};
use crate::cache::{
    Accepted, CacheKey, CacheStatus, Forward, Forwarding, Freshness, Grace, Lookup, Profile, Reading, RequestControl,
    Why, invalidated, normalized, read,
};
use crate::serve::body::{Body, Broken, passed_on};
use bytes::Bytes;
use http::header::{ALLOW, HeaderValue};
use http::{Request, Response, StatusCode};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Inner {
    /// Answers a visitor, or the place that this shield stands behind.
    pub(super) async fn visit<B>(self: &Arc<Self>, request: Request<B>) -> Response<Body>
    where
        B: hyper::body::Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Broken>,
    {
        self.tally.requests.fetch_add(1, Ordering::SeqCst);
        let (profile, site) = (self.options.profile, &self.options.site);
        match read(profile, site, request.method(), request.uri(), request.headers()) {
            Reading::Look(lookup) => self.look(*lookup).await,
            Reading::Forward(forwarding) => {
                self.forward(*forwarding, Some(reqwest::Body::wrap(request.into_body()))).await
            }
            Reading::Refuse(code, why) => {
                let mut answer = self.own(code, why, &CacheStatus::default());
                if code == StatusCode::METHOD_NOT_ALLOWED {
                    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                }
                answer
            }
        }
    }

    async fn look(self: &Arc<Self>, mut lookup: Lookup) -> Response<Body> {
        let now = self.now_ms();
        if let Some(path) = self.answer_to_any_query(&lookup) {
            lookup.key = path;
        }
        let (entry, why) = match self.shelf.find(&lookup.key, &lookup.forward) {
            Found::Entry(entry) => (Some(entry), Forward::Stale),
            Found::OtherVariants => (None, Forward::VaryMiss),
            Found::Nothing => (None, Forward::UriMiss),
        };
        let Some(entry) = entry else { return self.miss(lookup, why).await };
        match entry.freshness(now, &lookup.control) {
            Freshness::Fresh { ttl } => self.hit(&entry, &lookup, ttl, None),
            Freshness::Stale { ttl, grace } if grace != Grace::None && entry.rests(now) => {
                self.hit(&entry, &lookup, ttl, Some("stale-if-error"))
            }
            Freshness::Stale { ttl, grace: Grace::WhileRevalidate } => {
                self.refresh(&lookup, &entry);
                self.hit(&entry, &lookup, ttl, Some("stale-while-revalidate"))
            }
            Freshness::Stale { ttl, grace } => self.revalidate(lookup, entry, ttl, grace).await,
        }
    }

    /// The key of the path alone, when its answer is known to be the same whatever the query: nobody reaches the origin
    /// by making up parameters then.
    fn answer_to_any_query(&self, lookup: &Lookup) -> Option<CacheKey> {
        let path = lookup.key.without_query()?;
        match self.shelf.find(&path, &lookup.forward) {
            Found::Entry(entry) if entry.kept.any_query => Some(path),
            _ => None,
        }
    }

    fn hit(&self, entry: &Entry, lookup: &Lookup, ttl: i64, detail: Option<&str>) -> Response<Body> {
        let detail = detail.map(str::to_owned);
        let status = CacheStatus { hit: true, ttl: Some(ttl), detail, ..CacheStatus::default() };
        self.stored(entry, lookup, status)
    }

    /// Nothing fits: ask the origin.
    async fn miss(self: &Arc<Self>, lookup: Lookup, why: Forward) -> Response<Body> {
        if lookup.control.only_if_cached {
            let status = CacheStatus { detail: Some("only-if-cached".to_owned()), ..CacheStatus::default() };
            return self.own(StatusCode::GATEWAY_TIMEOUT, "nothing is stored for this request", &status);
        }
        if self.options.profile == Profile::Rfc && (lookup.head || lookup.part()) {
            // A plain cache leaves to the origin what it would have to blow up into a whole `GET`.
            return self.forward(lookup.verbatim(), None).await;
        }
        let mut seat = self.ask(&lookup, None);
        let landed = seat.landed().await;
        self.arrive(lookup, seat, landed, why).await
    }

    /// Something stale fits: ask the origin whether it has changed, for a short time if it may be served regardless.
    async fn revalidate(self: &Arc<Self>, lookup: Lookup, entry: Arc<Entry>, ttl: i64, grace: Grace) -> Response<Body> {
        if lookup.control.only_if_cached {
            let status = CacheStatus { detail: Some("only-if-cached".to_owned()), ..CacheStatus::default() };
            return self.own(StatusCode::GATEWAY_TIMEOUT, "what is stored is stale", &status);
        }
        let fresh_for_others =
            matches!(entry.freshness(self.now_ms(), &RequestControl::default()), Freshness::Fresh { .. });
        let why = if fresh_for_others { Forward::Request } else { Forward::Stale };
        let mut seat = self.ask(&lookup, Some(&entry));
        if grace == Grace::None {
            let landed = seat.landed().await;
            return self.arrive(lookup, seat, landed, why).await;
        }
        let failure = match tokio::time::timeout(self.options.patience.stale, seat.landed()).await {
            Ok(Landed::Failed(failure)) => failure,
            Ok(landed) => return self.arrive(lookup, seat, landed, why).await,
            Err(_) => {
                // The question goes on; until it is answered, nobody else waits for it.
                entry.back_off(self.now_ms());
                Failure::TimedOut
            }
        };
        let status = CacheStatus {
            forward: Some(why),
            fwd_status: failure.status(),
            ttl: Some(ttl),
            collapsed: seat.collapsed(),
            detail: Some(format!("stale-if-error: {}", failure.words())),
            ..CacheStatus::default()
        };
        self.stored(&entry, &lookup, status)
    }

    /// What to make of the origin's answer.
    async fn arrive(self: &Arc<Self>, lookup: Lookup, seat: Seat, landed: Landed, why: Forward) -> Response<Body> {
        let collapsed = seat.collapsed();
        if !collapsed || self.serves_others(&lookup, &landed) {
            return self.landed(&lookup, seat, landed, why);
        }
        // Another request's answer, and not usable for this one: ask alone rather than queue for the next.
        let mut alone = self.ask_alone(&lookup, None);
        let landed = alone.landed().await;
        self.landed(&lookup, alone, landed, why)
    }

    /// Whether an answer to another request may serve this one too. A failure is shared: forty visitors of a failing
    /// origin must not become forty questions to it.
    fn serves_others(&self, lookup: &Lookup, landed: &Landed) -> bool {
        match landed {
            Landed::Kept { entry, .. } => {
                entry.kept.variant.fits(&lookup.forward)
                    && matches!(entry.freshness(self.now_ms(), &lookup.control), Freshness::Fresh { .. })
            }
            Landed::Passed(_) => false,
            Landed::Failed(_) => true,
        }
    }

    fn landed(&self, lookup: &Lookup, mut seat: Seat, landed: Landed, why: Forward) -> Response<Body> {
        let mut status = CacheStatus { forward: Some(why), collapsed: seat.collapsed(), ..CacheStatus::default() };
        match landed {
            Landed::Kept { entry, fwd_status, stored } => {
                let (Freshness::Fresh { ttl } | Freshness::Stale { ttl, .. }) =
                    entry.freshness(self.now_ms(), &RequestControl::default());
                (status.fwd_status, status.ttl, status.stored) = (Some(fwd_status), Some(ttl), stored);
                self.stored(&entry, lookup, status)
            }
            Landed::Passed(refused) => match seat.own_answer() {
                Some(answered) => {
                    status.fwd_status = Some(answered.status().as_u16());
                    (status.key, status.detail) = (Some(lookup.key.to_string()), Some(refused.name().to_owned()));
                    self.passed(answered, lookup.head, &status)
                }
                None => self.unavailable(Failure::Broken, lookup, status),
            },
            Landed::Failed(failure) => match seat.own_answer().filter(|_| self.fallback_page().is_none()) {
                Some(answered) => {
                    (status.fwd_status, status.key) = (failure.status(), Some(lookup.key.to_string()));
                    self.passed(answered, lookup.head, &status)
                }
                None => self.unavailable(failure, lookup, status),
            },
        }
    }

    /// Asks the origin, or waits for whoever is asking already.
    fn ask(self: &Arc<Self>, lookup: &Lookup, prior: Option<&Arc<Entry>>) -> Seat {
        let question = self.question(lookup);
        let alone = self.flights.alone(&question, self.now_ms());
        if !lookup.shareable() || alone.is_some() {
            return self.ask_alone_because(lookup, prior, alone);
        }
        self.set_out(Errand::new(lookup, prior, question))
    }

    fn ask_alone(self: &Arc<Self>, lookup: &Lookup, prior: Option<&Arc<Entry>>) -> Seat {
        let why = self.flights.alone(&self.question(lookup), self.now_ms());
        self.ask_alone_because(lookup, prior, why)
    }

    fn ask_alone_because(self: &Arc<Self>, lookup: &Lookup, prior: Option<&Arc<Entry>>, why: Option<Why>) -> Seat {
        let mut errand = Errand::new(lookup, prior, self.question(lookup));
        if why == Some(Why::TooLarge) && lookup.part() {
            // Known to pass through: fetching all of it for a part would be a gift to whoever wants to load the origin.
            errand.ask_for_part(lookup);
        }
        self.set_out_alone(errand)
    }

    /// Fetches behind a visitor who has been served already.
    fn refresh(self: &Arc<Self>, lookup: &Lookup, entry: &Arc<Entry>) {
        let question = self.question(lookup);
        if !self.flights.is_under_way(&question, self.shelf.generation()) {
            // The seat is left empty: the answer goes to the store.
            drop(self.set_out(Errand::new(lookup, Some(entry), question)));
        }
    }

    /// The key with the request fields that are known to choose the answer, or that usually do.
    fn question(&self, lookup: &Lookup) -> Question {
        let mut names = self.shelf.selecting(&lookup.key);
        names.insert("accept-encoding".to_owned());
        let value = |name: &String| match (self.options.profile, name.as_str()) {
            (Profile::Landing, "accept-encoding") => Accepted::of(&lookup.forward).spelled().to_owned(),
            _ => normalized(&lookup.forward, name),
        };
        let fields: Vec<String> = names.iter().map(|name| format!("{name}{}", value(name))).collect();
        (lookup.key.clone(), fields.join("\n"))
    }

    /// Passes a request on as it is; nothing is stored, and a success of an unsafe method drops what it changed.
    async fn forward(&self, forwarding: Forwarding, body: Option<reqwest::Body>) -> Response<Body> {
        let Forwarding { key, method, headers } = forwarding;
        let why = if body.is_some() { Forward::Method } else { Forward::Bypass };
        let mut status = CacheStatus { forward: Some(why), key: Some(key.to_string()), ..CacheStatus::default() };
        match self.behind.ask(Purpose::Visitor, method.clone(), &key.target(), headers, body).await {
            Ok(answered) => {
                self.shelf.invalidate(&invalidated(&method, &key, answered.status(), answered.headers()));
                status.fwd_status = Some(answered.status().as_u16());
                let answered = answered.map(|body| passed_on(Vec::new(), body, self.options.patience.piece));
                self.passed(answered, method == http::Method::HEAD, &status)
            }
            Err(failure) => {
                status.detail = Some(failure.words().to_owned());
                let code =
                    if failure == Failure::TimedOut { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY };
                self.own(code, failure.words(), &status)
            }
        }
    }
}
