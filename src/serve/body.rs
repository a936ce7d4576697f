//! Bodies of answers: whole, empty, or passed on as they come, with a limit on how long each piece may take.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use std::time::Duration;

/// Why a body broke off.
pub(super) type Broken = Box<dyn std::error::Error + Send + Sync>;
/// The body of an answer.
pub(super) type Body = UnsyncBoxBody<Bytes, Broken>;

/// Bytes that are there.
pub(super) fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// A short answer in words, which nobody may store.
pub(super) fn words(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(whole(Bytes::from(format!("{text}\n"))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `first`, then what is left of `rest`. A piece that takes longer than `patience` breaks the body off.
pub(super) fn passed_on<B>(first: Vec<Bytes>, rest: B, patience: Duration) -> Body
where
    B: hyper::body::Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Broken>,
{
    let first = futures::stream::iter(first.into_iter().map(|piece| Ok(Frame::data(piece))));
    let rest = futures::stream::try_unfold(rest, move |mut rest| async move {
        match tokio::time::timeout(patience, rest.frame()).await {
            Err(_) => Err("the other side fell silent".into()),
            Ok(None) => Ok(None),
            Ok(Some(frame)) => frame.map_err(Into::into).map(|frame| Some((frame, rest))),
        }
    });
    StreamBody::new(futures::StreamExt::chain(first, rest)).boxed_unsync()
}
