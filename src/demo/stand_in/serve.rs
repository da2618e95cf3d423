//! The accept loop, and the handling of one request.

use std::io;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::answer::{self, Answer};
use super::state::State;
use super::{Fault, bookingkit, resources, token};

/// Serves until it is stopped; then lets running requests finish, and releases those that hang.
pub(super) async fn serve(listener: TcpListener, state: Arc<State>, mut stopped: watch::Receiver<bool>) {
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        // If a connection fails before it is accepted, only its client can notice.
        let Ok((stream, _)) = accepted else { continue };
        let state = Arc::clone(&state);
        let service = service_fn(move |request| handle(Arc::clone(&state), request));
        // Answers carry the clock's date, or none, instead of the system's.
        let connection = http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        // Connections that are broken on purpose end with an error here.
        tokio::spawn(async move { drop(connection.await) });
    }
    drop(listener);
    state.release.notify_waiters();
    connections.shutdown().await;
}

async fn handle(state: Arc<State>, request: Request<Incoming>) -> io::Result<Answer> {
    if bookingkit::serves(request.uri().path()) {
        return bookingkit::handle(&state, request).await;
    }
    let mut answer = ticketpark(&state, request).await?;
    state.lock().readings.date(&state.clock, &mut answer);
    Ok(answer)
}

async fn ticketpark(state: &State, request: Request<Incoming>) -> io::Result<Answer> {
    if request.uri().path() == token::PATH {
        return token::handle(state, request).await;
    }
    if request.method() != Method::GET {
        if request.method() != Method::HEAD {
            state.lock().counts.writes += 1;
        }
        return Ok(answer::method_not_allowed());
    }
    let fault = {
        let mut records = state.lock();
        *records.counts.reads.entry(request.uri().path().to_owned()).or_default() += 1;
        records.faults.pop_front()
    };
    apply(state, fault, || resources::answer(state, &request)).await
}

/// Applies a fault to a request that `usual` would otherwise answer.
pub(super) async fn apply(state: &State, fault: Option<Fault>, usual: impl FnOnce() -> Answer) -> io::Result<Answer> {
    match fault.unwrap_or(Fault::None) {
        Fault::None => Ok(usual()),
        Fault::Status { status, retry_after } => Ok(answer::status(status, retry_after.as_deref())),
        Fault::Garbage => Ok(answer::garbage()),
        Fault::Empty => Ok(answer::empty()),
        Fault::Says(body) => Ok(answer::says(body)),
        Fault::Truncated => Ok(answer::truncated()),
        Fault::Cut => Ok(answer::cut(usual())),
        Fault::ReuseToken => Ok(answer::reuse_the_token()),
        Fault::MonthUsedUp => Ok(answer::month_used_up()),
        Fault::Oversize => Ok(answer::oversize()),
        Fault::Hang => {
            state.hang().await;
            Ok(usual())
        }
        Fault::Drop => Err(answer::broken()),
        Fault::LoseAnswer => {
            usual();
            Err(answer::broken())
        }
        Fault::RevokeAccessTokens => {
            state.lock().access_tokens.clear();
            state.bookingkit.revoke_token();
            Ok(usual())
        }
        Fault::RevokeRefreshTokens => {
            state.lock().refresh_tokens.clear();
            Ok(usual())
        }
    }
}
