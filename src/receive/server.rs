//! Our own accept loop. warp's has no limit on connections and installs no timer, so that half a request head would
//! hold a connection for ever. HTTP/1 only: a proxy with TLS stands in front.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use warp::http::Uri;
use warp::{Filter, Reply};

use super::Timeouts;
use super::deadline::WriteDeadline;
use super::pages::Peer;
use super::rate::Rate;
use crate::clock::Clock;

/// Largest request head, in bytes.
const HEAD_BYTES: usize = 64 * 1024;
/// Pause after a failed accept, such as when the system has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `filter` until `shutdown` completes, then drains. `unreadable` is called for each connection that ends
/// because it brought no request that can be read.
pub(super) async fn serve<F>(
    listener: TcpListener,
    filter: F,
    timeouts: Timeouts,
    shutdown: impl Future<Output = ()>,
    unreadable: impl Fn() + Clone + Send + Sync + 'static,
) where
    F: Filter<Error = Infallible> + Clone + Send + Sync + 'static,
    F::Extract: Reply,
    F::Future: Send,
{
    let mut shutdown = pin!(shutdown);
    let slots = Arc::new(Semaphore::new(timeouts.connections));
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    // The log is for people: it says once a minute what happens ten times a second.
    let complaints = Rate::once_a_minute(&Clock::System);
    loop {
        // A connection beyond the limit waits in the system's queue. The semaphore is never closed.
        let slot = tokio::select! {
            slot = Arc::clone(&slots).acquire_owned() => slot,
            () = &mut shutdown => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener, &complaints) => accepted,
            () = &mut shutdown => break,
        };
        let (filter, stopped, unreadable) = (filter.clone(), stopped.clone(), unreadable.clone());
        connections.spawn(async move {
            let _slot = slot;
            if let Err(error) = connection((stream, peer), filter, timeouts, stopped).await {
                tracing::debug!(%error, "connection ended");
                if error.is_parse() || error.is_parse_too_large() {
                    unreadable();
                }
            }
        });
        while connections.try_join_next().is_some() {}
    }
    drop((listener, stop));
    let drained = tokio::time::timeout(timeouts.drain, async { while connections.join_next().await.is_some() {} });
    if drained.await.is_err() {
        tracing::warn!("some requests did not finish in time; their senders got no answer and will send again");
    }
}

/// Serves one connection; once the sender of `stop` is dropped, until the running request ends.
async fn connection<F>(
    (stream, peer): (TcpStream, SocketAddr),
    filter: F,
    timeouts: Timeouts,
    mut stop: watch::Receiver<()>,
) -> hyper::Result<()>
where
    F: Filter<Error = Infallible> + Clone + Send + Sync + 'static,
    F::Extract: Reply,
    F::Future: Send,
{
    let begun = AtomicBool::new(false);
    let routes = TowerToHyperService::new(warp::service(filter));
    let service = service_fn(|mut request: hyper::Request<hyper::body::Incoming>| {
        begun.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(Peer(peer.ip().to_canonical()));
        // What asks for a host instead of a path takes us for a proxy. warp expects a path, and `/` is none of ours.
        if request.uri().path_and_query().is_none() {
            *request.uri_mut() = Uri::from_static("/");
        }
        routes.call(request)
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(timeouts.header).max_buf_size(HEAD_BYTES);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(WriteDeadline::new(stream, timeouts.write)), service));
    tokio::select! {
        ended = serving.as_mut() => return ended,
        _ = stop.changed() => {}
    }
    if !begun.load(Ordering::Relaxed)
        && let Ok(ended) = tokio::time::timeout(timeouts.first, serving.as_mut()).await
    {
        return ended;
    }
    serving.as_mut().graceful_shutdown();
    serving.await
}

/// Accepts the next connection. An error concerns a single connection or a temporary shortage, so it tries again.
async fn accept(listener: &TcpListener, complaints: &Rate) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Responses are small, and senders wait for them; without this option the system may delay them.
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) => {
                if complaints.take().is_ok() {
                    tracing::warn!(
                        %error,
                        "cannot accept a connection; if too many files are open, raise LimitNOFILE= of the service \
                         (the next line about this is at least a minute away)"
                    );
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
