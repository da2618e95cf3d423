//! What the private listener hands on to whoever makes pages: a request with its body read, and who sent it.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Buf;
use futures_util::Stream;
use tokio::sync::watch;
use warp::http::{HeaderMap, Method};
use warp::reply::Response;
use warp::{Filter, Rejection, Reply as _};

use super::body::{self, Unread};
use crate::limits;

/// A request to the console.
#[derive(Debug)]
pub struct PageRequest {
    pub method: Method,
    /// As it was sent, with its escapes.
    pub path: String,
    /// What follows the question mark.
    pub query: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The other end of the socket; whatever a header says.
    pub peer: Option<IpAddr>,
}

/// The answer to a request, which may go on as a stream.
pub type PageFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Answers every request that is not for readiness or metrics.
pub type Pages = Arc<dyn Fn(PageRequest) -> PageFuture + Send + Sync>;

/// Who is at the other end of a connection; the accept loop adds it to each of its requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

pub(super) fn routes(
    pages: Pages,
    stopped: watch::Receiver<bool>,
) -> impl Filter<Extract = (Response,), Error = Rejection, Future: Send> + Clone + Send + Sync + 'static {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::any()
        .map(move || (Arc::clone(&pages), stopped.clone()))
        .and(warp::method())
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<Peer>())
        .and(warp::body::stream())
        .then(|(pages, stopped), method, path: warp::path::FullPath, query, headers, peer: Option<Peer>, body| {
            let path = path.as_str().to_owned();
            let peer = peer.map(|Peer(address)| address);
            answered((pages, stopped), PageRequest { method, path, query, headers, body: Vec::new(), peer }, body)
        })
}

async fn answered<B: Buf, E: Send + 'static>(
    (pages, mut stopped): (Pages, watch::Receiver<bool>),
    mut request: PageRequest,
    stream: impl Stream<Item = Result<B, E>> + Send + 'static,
) -> Response {
    let limit = limits::CONSOLE_BODY_BYTES;
    let given_up = async {
        let _ = stopped.wait_for(|is_stopped| *is_stopped).await;
        tokio::time::sleep(limits::CONSOLE_STOP_TIMEOUT).await;
    };
    let read = tokio::select! {
        read = body::read(&request.headers, stream, limit, limits::BODY_TIMEOUT) => read,
        () = given_up => Err(Unread::TooSlow),
    };
    match read {
        Ok(body) => request.body = body,
        Err(unread) => return unread.answer(limit).into_response(),
    }
    pages(request).await
}
