//! Reads a body with a limit on its size and on its time.

use std::pin::pin;
use std::time::Duration;

use bytes::Buf;
use futures_util::{Stream, StreamExt as _};
use warp::http::HeaderMap;
use warp::http::header::{CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};

use super::answer::{self, Answer};

/// How much of an oversized body is read and discarded, in multiples of the limit: a sender that is still writing when
/// the connection closes would see a broken connection instead of the response.
const DISCARDED: usize = 8;

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    TooLarge,
    TooSlow,
    Incomplete,
}

impl Unread {
    /// Label in metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge => "body_too_large",
            Self::TooSlow => "body_too_slow",
            Self::Incomplete => "body_incomplete",
        }
    }

    pub(super) fn answer(&self, limit: usize) -> Answer {
        // None of these bodies was read to its end for sure, so the connection ends with it.
        answer::closing(match self {
            Self::TooLarge => answer::too_large(limit),
            Self::TooSlow => answer::too_slow(),
            Self::Incomplete => answer::incomplete(),
        })
    }
}

/// Lets a body that nobody wants run out behind the answer: a sender that is still writing when the connection closes
/// sees a broken connection, and perhaps takes the next delivery down with it. The answer does not wait for it. What
/// is too much to be read in vain is said to end the connection.
pub(super) fn discard<B: Buf, E: Send + 'static>(
    answer: Answer,
    headers: &HeaderMap,
    body: impl Stream<Item = Result<B, E>> + Send + 'static,
    limit: usize,
    time_limit: Duration,
) -> Answer {
    let most = limit.saturating_mul(1 + DISCARDED);
    let announced = announced(headers);
    // A sender that asks first is told before it sends, and then sends nothing.
    if headers.contains_key(EXPECT) || announced.is_some_and(|length| length > most) {
        return answer::closing(answer);
    }
    if announced != Some(0) && (announced.is_some() || headers.contains_key(TRANSFER_ENCODING)) {
        tokio::spawn(async move {
            // When it takes too long the body is dropped, and the connection with it.
            let _ = tokio::time::timeout(time_limit, run_out(body, most)).await;
        });
    }
    answer
}

async fn run_out<B: Buf, E>(body: impl Stream<Item = Result<B, E>>, most: usize) {
    let mut body = pin!(body);
    let mut total = 0_usize;
    while let Some(Ok(part)) = body.next().await {
        total = total.saturating_add(part.remaining());
        if total > most {
            return;
        }
    }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads a body of at most `limit` bytes within the time limit, however it is framed.
pub(super) async fn read<B: Buf, E>(
    headers: &HeaderMap,
    body: impl Stream<Item = Result<B, E>>,
    limit: usize,
    time_limit: Duration,
) -> Result<Vec<u8>, Unread> {
    let announced = announced(headers);
    if announced.is_some_and(|length| length > limit) && headers.contains_key(EXPECT) {
        // The sender asks before it sends the body.
        return Err(Unread::TooLarge);
    }
    let capacity = announced.unwrap_or(0).min(limit);
    match tokio::time::timeout(time_limit, collect(body, limit, capacity)).await {
        Ok(result) => result,
        // A sender that announces too much is told so, however slowly the body arrives.
        Err(_) if announced.is_some_and(|length| length > limit) => Err(Unread::TooLarge),
        Err(_) => Err(Unread::TooSlow),
    }
}

async fn collect<B: Buf, E>(
    body: impl Stream<Item = Result<B, E>>,
    limit: usize,
    capacity: usize,
) -> Result<Vec<u8>, Unread> {
    let mut body = pin!(body);
    let mut kept = Vec::with_capacity(capacity);
    let mut total = 0_usize;
    while let Some(part) = body.next().await {
        let Ok(mut part) = part else {
            return Err(if total > limit { Unread::TooLarge } else { Unread::Incomplete });
        };
        total = total.saturating_add(part.remaining());
        if total > limit {
            kept = Vec::new();
        }
        if total > limit.saturating_mul(1 + DISCARDED) {
            return Err(Unread::TooLarge);
        }
        while total <= limit && part.has_remaining() {
            let chunk = part.chunk();
            kept.extend_from_slice(chunk);
            let length = chunk.len();
            part.advance(length);
        }
    }
    if total > limit { Err(Unread::TooLarge) } else { Ok(kept) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    async fn read_parts(parts: &[&'static [u8]], limit: usize) -> Result<Vec<u8>, Unread> {
        let parts: Vec<Result<&[u8], Infallible>> = parts.iter().map(|part| Ok(*part)).collect();
        read(&HeaderMap::new(), stream::iter(parts), limit, Duration::from_secs(60)).await
    }

    #[tokio::test]
    async fn the_count_runs_over_all_parts() {
        assert_eq!(read_parts(&[], 4).await, Ok(Vec::new()));
        assert_eq!(read_parts(&[b"ab", b"cd"], 4).await, Ok(b"abcd".to_vec()));
        assert_eq!(read_parts(&[b"ab", b"cde"], 4).await, Err(Unread::TooLarge));
        assert_eq!(read_parts(&[b"abcde", b"", b"f"], 4).await, Err(Unread::TooLarge));
    }

    #[tokio::test]
    async fn an_endless_body_is_not_read_to_its_end() {
        let endless = stream::repeat_with(|| Ok::<&[u8], Infallible>(b"0123456789"));
        let read = read(&HeaderMap::new(), endless, 100, Duration::from_secs(60)).await;
        assert_eq!(read, Err(Unread::TooLarge));
    }

    #[tokio::test]
    async fn a_broken_body_is_no_body() {
        let parts: [Result<&[u8], &str>; 2] = [Ok(b"ab"), Err("gone")];
        let read = read(&HeaderMap::new(), stream::iter(parts), 100, Duration::from_secs(60)).await;
        assert_eq!(read, Err(Unread::Incomplete));
    }

    #[tokio::test]
    async fn a_sender_that_dawdles_is_given_up() {
        let silent = stream::pending::<Result<&[u8], Infallible>>();
        let read = read(&HeaderMap::new(), silent, 100, Duration::ZERO).await;
        assert_eq!(read, Err(Unread::TooSlow));
    }
}
