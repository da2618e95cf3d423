//! Responses of the stand-in, including broken ones.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use crate::limits;

/// A body in pieces, which may end early.
pub(super) struct Pieces {
    pieces: VecDeque<Bytes>,
    end: End,
}

enum End {
    Proper,
    BreaksOffNext,
    BreaksOff,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(piece) = self.pieces.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match self.end {
            End::Proper => Poll::Ready(None),
            // A pause lets the server send what it has; otherwise the client would see no response at all.
            End::BreaksOffNext => {
                self.end = End::BreaksOff;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            End::BreaksOff => Poll::Ready(Some(Err(broken()))),
        }
    }
}

pub(super) type Answer = Response<Pieces>;

/// The error that closes a connection without a response.
pub(super) fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "broken on purpose")
}

pub(super) fn json(status: StatusCode, body: &Value) -> Answer {
    pieces(status, [Bytes::from(body.to_string())])
}

pub(super) fn status(status: u16, retry_after: Option<&str>) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = json(status, &json!({ "error": "as scripted" }));
    if let Some(value) = retry_after.and_then(|text| HeaderValue::from_str(text).ok()) {
        answer.headers_mut().insert(RETRY_AFTER, value);
    }
    answer
}

/// An error in bookingkit's form.
pub(super) fn error(status: StatusCode, code: u32, description: &str) -> Answer {
    let error = status.canonical_reason().unwrap_or_default();
    json(status, &json!({ "error_code": code, "error": error, "error_description": description }))
}

/// bookingkit's answer to who asks for a token while the last one is good.
pub(super) fn reuse_the_token() -> Answer {
    error(StatusCode::TOO_MANY_REQUESTS, 42901, "please reuse your oauth tokens")
}

/// bookingkit's answer when the month's requests are used up.
pub(super) fn month_used_up() -> Answer {
    let text = "You exceeded your monthly request limit. Your current limit is 500000 requests per month";
    error(StatusCode::TOO_MANY_REQUESTS, 42910, text)
}

pub(super) fn method_not_allowed() -> Answer {
    let mut answer = json(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": "this stand-in changes nothing" }));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
    answer
}

pub(super) fn garbage() -> Answer {
    pieces(StatusCode::OK, [Bytes::from_static(b"<html>maintenance</html>")])
}

pub(super) fn empty() -> Answer {
    pieces(StatusCode::OK, [])
}

pub(super) fn says(body: &'static str) -> Answer {
    pieces(StatusCode::OK, [Bytes::from_static(body.as_bytes())])
}

pub(super) fn truncated() -> Answer {
    let mut answer = pieces(StatusCode::OK, [Bytes::from_static(b"{\"pid\": 2932334")]);
    answer.body_mut().end = End::BreaksOffNext;
    answer
}

/// The first half of an answer, sent as if it were all of it.
pub(super) fn cut(mut whole: Answer) -> Answer {
    let bytes: Vec<u8> = whole.body().pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
    let half = bytes.split_at(bytes.len() / 2).0;
    whole.body_mut().pieces = VecDeque::from([Bytes::copy_from_slice(half)]);
    whole
}

/// Valid JSON, one byte over the limit: only a limit on the bytes can refuse it.
pub(super) fn oversize() -> Answer {
    const PIECE: usize = 64 * 1024;
    let blank = Bytes::from(vec![b' '; PIECE]);
    let blanks = std::iter::repeat_n(blank, limits::FETCH_BYTES / PIECE);
    pieces(StatusCode::OK, blanks.chain([Bytes::from_static(b"1")]))
}

fn pieces(status: StatusCode, pieces: impl IntoIterator<Item = Bytes>) -> Answer {
    let mut answer = Response::new(Pieces { pieces: pieces.into_iter().collect(), end: End::Proper });
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
