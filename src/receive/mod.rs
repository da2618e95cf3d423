//! Receives webhooks over HTTP: authenticates the sender, limits the body, stores the delivery in the inbox, and only
//! then confirms it.
//!
//! ```text
//! server   connections: how many, how slow      console   /readyz, /metrics
//! deadline answers that nobody takes            pages     all else of the console, made by others
//!                                               refusal   what is not let in: counted and told
//! routes   addresses                            oauth     tokens for senders
//! deliver  authenticate > body > classify > store > answer
//! ```

mod address;
mod answer;
mod authenticate;
mod body;
mod console;
mod deadline;
mod deliver;
mod headers;
mod oauth;
mod pages;
mod rate;
mod ready;
mod refusal;
mod routes;
mod server;
mod store;
mod tokens;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::Database;
use crate::inbox::writer::Writer;
use crate::limits;

use self::authenticate::Secrets;
use self::rate::Rate;
use self::refusal::Refusals;
use self::routes::Request;
use self::tokens::Tokens;

pub use self::console::Console;
pub use self::pages::{PageFuture, PageRequest, Pages};
pub use self::ready::Turn;

/// Limits on the number of connections and on their time.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Concurrent connections; further ones wait to be accepted.
    pub connections: usize,
    /// For the head of a request, and between requests.
    pub header: Duration,
    /// For the body of a request.
    pub body: Duration,
    /// For the sender to take an answer.
    pub write: Duration,
    /// For the first request of a new connection when the daemon stops. hyper alone would close it at once, and a
    /// request on the way would be lost although nothing was refused.
    pub first: Duration,
    /// For running requests when the daemon stops.
    pub drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connections: limits::CONNECTIONS,
            header: limits::HEADER_TIMEOUT,
            body: limits::BODY_TIMEOUT,
            write: limits::WRITE_TIMEOUT,
            first: limits::FIRST_REQUEST_TIMEOUT,
            drain: limits::DRAIN_TIMEOUT,
        }
    }
}

/// State shared by all requests of the public listener.
pub struct Intake {
    clock: Clock,
    writer: Writer,
    tokens: Tokens,
    timeouts: Timeouts,
    refusals: Refusals,
    admission: RwLock<Arc<Admission>>,
}

/// Who may deliver and how much: the part of the settings that can be replaced while requests run. A request keeps the
/// one that it began with.
struct Admission {
    config: Arc<Config>,
    secrets: Secrets,
    rates: HashMap<String, Arc<Rate>>,
}

impl Admission {
    /// A source whose limit is unchanged keeps its rate: a reload gives nobody a fresh allowance.
    fn new(config: Arc<Config>, clock: &Clock, earlier: Option<&Self>) -> Self {
        let per_second = config.limits.requests_per_second;
        let earlier = earlier.filter(|earlier| earlier.config.limits.requests_per_second == per_second);
        let rate = |name: &str| {
            let known = earlier.and_then(|earlier| earlier.rates.get(name)).map(Arc::clone);
            known.unwrap_or_else(|| Arc::new(Rate::new(per_second, clock)))
        };
        Self {
            secrets: Secrets::of(&config),
            rates: config.sources.iter().map(|source| (source.name.clone(), rate(&source.name))).collect(),
            config,
        }
    }
}

impl Intake {
    pub fn new(config: Arc<Config>, clock: Clock, writer: Writer, database: Database) -> Self {
        Self {
            admission: RwLock::new(Arc::new(Admission::new(config, &clock, None))),
            tokens: Tokens::new(database, clock.clone()),
            refusals: Refusals::new(&clock, writer.activity()),
            timeouts: Timeouts::default(),
            clock,
            writer,
        }
    }

    /// Uses other sources, secrets and limits for all requests that begin from now on. Issued tokens stay valid as long
    /// as their client is listed.
    pub fn reload(&self, config: Arc<Config>) {
        let admission = Admission::new(config, &self.clock, Some(&self.admission()));
        *self.admission.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(admission);
    }

    fn admission(&self) -> Arc<Admission> {
        Arc::clone(&self.admission.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a request that is not served.
    fn refused(&self, reason: &'static str, source: &str, request: &Request) {
        self.refusals.count(&self.admission().config, reason, source, Some(&request.method), &request.segments);
    }

    /// Counts a connection that brought no request.
    fn unreadable(&self) {
        self.refusals.count(&self.admission().config, "unreadable_request", "", None, &[]);
    }

    /// Replaces the timeouts.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }
}

/// Serves deliveries and tokens until `shutdown` completes, then until the running requests are answered.
pub async fn serve_public(listener: TcpListener, intake: Arc<Intake>, shutdown: impl Future<Output = ()>) {
    let timeouts = intake.timeouts;
    let listening = Arc::clone(&intake);
    server::serve(listener, routes::public(intake), timeouts, shutdown, move || listening.unreadable()).await;
}

/// Serves readiness, metrics and the pages until `shutdown` completes.
pub async fn serve_console(listener: TcpListener, console: Arc<Console>, shutdown: impl Future<Output = ()>) {
    let timeouts = Timeouts {
        connections: limits::CONSOLE_CONNECTIONS,
        header: limits::CONSOLE_HEADER_TIMEOUT,
        // Browsers open connections in advance; nothing is lost with one that has asked for nothing.
        first: Duration::ZERO,
        ..Timeouts::default()
    };
    let (stop, stopped) = watch::channel(false);
    let shutdown = async move {
        shutdown.await;
        stop.send_replace(true);
    };
    server::serve(listener, console::routes(console, stopped), timeouts, shutdown, || {}).await;
}
