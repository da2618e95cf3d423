//! The numbers of the overview as a stream. Each message is the whole of what it replaces, so a slow reader gets the
//! newest and misses nothing. The database is asked once a second for all who look, and not at all when nobody does.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use warp::http::header::CACHE_CONTROL;
use warp::http::{HeaderName, HeaderValue};
use warp::reply::Reply as _;
use warp::sse::Event;

use super::access::{self, Proof};
use super::fault::Fault;
use super::layout::{Area, Shell};
use super::overview::state::{Charts, SourceState, charts, sources};
use super::overview::{freshness, part};
use super::reply::Answered;
use super::site::Site;
use super::visit::Visit;
use crate::clock::{Moment, Timestamp};
use crate::inbox::EventId;
use crate::limits;
use crate::monitor::{Memory, ProvidersDown};
use crate::report::pack::paper::Language;

/// Between two looks at the database.
const LOOK: Duration = Duration::from_secs(1);
/// Between two signs of life; three that are missed mean that the stream is dead.
const BEAT: Duration = Duration::from_secs(10);
/// Between two looks at whether whoever looks still may: docs/console.md promises it. By the clock of the daemon, which
/// tests set.
const SESSION_MILLISECONDS: i64 = 10_000;
/// How long a stream lasts that a proxy vouches for: with the next one it is asked again.
const VOUCHED_MILLISECONDS: i64 = 60_000;
/// The charts change slowly, and cost more.
const CHARTS: Duration = Duration::from_secs(30);

/// What was seen at one moment.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    pub(super) at: Timestamp,
    pub(super) sources: Vec<SourceState>,
    /// When somebody asked for them, and when they were read.
    charts: Option<(Arc<Charts>, Instant)>,
    taken: Instant,
}

impl Snapshot {
    pub(super) fn charts(&self) -> Arc<Charts> {
        self.charts.as_ref().map(|(charts, _)| Arc::clone(charts)).unwrap_or_default()
    }
}

/// What the streams share.
pub(super) struct Live {
    providers_down: ProvidersDown,
    memory: Arc<Mutex<Memory>>,
    newest: RwLock<Option<Arc<Snapshot>>>,
    /// Held by whoever looks, so that one looks for all.
    looking: tokio::sync::Mutex<()>,
    /// Open streams, by whose they are.
    open: Arc<Mutex<HashMap<String, usize>>>,
    /// Says that a session may have ended.
    changed: watch::Sender<()>,
}

impl Live {
    pub(super) fn new(providers_down: ProvidersDown) -> Self {
        Self {
            providers_down,
            memory: Arc::default(),
            newest: RwLock::default(),
            looking: tokio::sync::Mutex::default(),
            open: Arc::default(),
            changed: watch::channel(()).0,
        }
    }

    fn newest(&self) -> Option<Arc<Snapshot>> {
        self.newest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A sentence for each source, from what was last seen.
    pub(super) fn freshness(&self, language: Language) -> Vec<String> {
        let newest = self.newest();
        newest.iter().flat_map(|seen| &seen.sources).map(|source| freshness(source, language)).collect()
    }

    /// Has the streams look whether their sessions still are.
    pub(super) fn wake(&self) {
        self.changed.send_replace(());
    }
}

impl Site {
    /// What is there now, or was at most `age` ago.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) async fn seen(&self, age: Duration) -> Result<Arc<Snapshot>, Fault> {
        self.look(age, false).await
    }

    /// What is there now, with the charts.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) async fn seen_with_charts(&self) -> Result<Arc<Snapshot>, Fault> {
        self.look(Duration::ZERO, true).await
    }

    async fn look(&self, age: Duration, with_charts: bool) -> Result<Arc<Snapshot>, Fault> {
        let asked = Instant::now();
        let _turn = self.live.looking.lock().await;
        let known = self.live.newest();
        let drawn = known.as_ref().and_then(|known| known.charts.clone());
        let drawn = drawn.filter(|(_, taken)| !with_charts || taken.elapsed() < CHARTS);
        // Whoever waited for a look that began after it asked has it already.
        let is_fine =
            |seen: &Snapshot| (seen.taken >= asked || seen.taken.elapsed() < age) && (!with_charts || drawn.is_some());
        if let Some(known) = known.filter(|known| is_fine(known)) {
            return Ok(known);
        }
        let (config, down, now) = (self.config(), (self.live.providers_down)(), self.clock.now());
        let memory = Arc::clone(&self.live.memory);
        let taken = Instant::now();
        let seen = self
            .read(move |connection| {
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                let sources = sources(connection, &mut memory, &config, &down, now)?;
                let charts = match drawn {
                    None if with_charts => Some((Arc::new(charts(connection, &config, now)?), taken)),
                    drawn => drawn,
                };
                Ok(Arc::new(Snapshot { at: now, sources, charts, taken }))
            })
            .await?;
        *self.live.newest.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&seen));
        Ok(seen)
    }

    /// The payments in parked webhooks of one source as far as they were read, and how many tell them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) async fn money_of(&self, events: &[EventId]) -> Result<(Vec<(String, i64)>, i64), Fault> {
        self.seen(LOOK).await?;
        let memory = self.live.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (sums, valued) = memory.money_of(events);
        Ok((sums.into_iter().map(|(currency, minor)| (currency.to_owned(), minor)).collect(), valued))
    }
}

/// One of the streams that may be open.
struct Slot {
    key: String,
    open: Arc<Mutex<HashMap<String, usize>>>,
}

impl Slot {
    fn take(live: &Live, key: String) -> Option<Self> {
        let mut open = live.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_all: usize = open.values().sum();
        let of_one = open.get(&key).copied().unwrap_or(0);
        if of_all >= limits::CONSOLE_STREAMS || of_one >= limits::CONSOLE_STREAMS_OF_ONE {
            return None;
        }
        open.insert(key.clone(), of_one + 1);
        Some(Self { key, open: Arc::clone(&live.open) })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                open.remove(&self.key);
            }
        }
    }
}

/// An open stream.
struct Stream {
    site: Arc<Site>,
    visit: Visit,
    stop: watch::Receiver<bool>,
    changed: watch::Receiver<()>,
    sent: String,
    beat: Instant,
    begun: Moment,
    checked: Moment,
    _slot: Slot,
}

/// `/live`.
pub(super) async fn stream(site: &Arc<Site>, visit: Visit) -> Answered {
    let viewer = visit.viewer.as_ref().ok_or(Fault::Forbidden)?;
    let slot = Slot::take(&site.live, viewer.stream_key()).ok_or(Fault::Busy)?;
    let now = site.clock.moment();
    let stream = Stream {
        stop: site.stop.clone(),
        changed: site.live.changed.subscribe(),
        site: Arc::clone(site),
        visit,
        sent: String::new(),
        beat: Instant::now(),
        begun: now,
        checked: now,
        _slot: slot,
    };
    let events = futures_util::stream::unfold(stream, |mut stream| async move {
        let event = stream.next().await?;
        Some((Ok::<Event, Infallible>(event), stream))
    });
    let mut response = warp::sse::reply(events).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that collects an answer before it passes it on would collect for ever.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

impl Stream {
    /// The next message; `None` ends the stream: the daemon stops, or whoever looks is not signed in any more.
    async fn next(&mut self) -> Option<Event> {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            // Whatever it waits for, such as the database: a stop waits for nobody who looks.
            _ = stop.wait_for(|stop| *stop) => None,
            event = self.message() => event,
        }
    }

    async fn message(&mut self) -> Option<Event> {
        loop {
            if let Some(text) = self.look().await {
                self.beat = Instant::now();
                return Some(Event::default().event("overview").id(self.time()).data(text));
            }
            if self.beat.elapsed() >= BEAT {
                self.beat = Instant::now();
                return Some(Event::default().event("beat").id(self.time()).data("1"));
            }
            let is_due = tokio::select! {
                changed = self.changed.changed() => {
                    changed.ok()?;
                    true
                }
                () = tokio::time::sleep(LOOK) => {
                    self.site.clock.moment().milliseconds_since(self.checked) >= SESSION_MILLISECONDS
                }
            };
            if is_due && !self.is_signed_in().await {
                return None;
            }
        }
    }

    /// The time of the daemon, for the page to say since when it has heard nothing: the clock of whoever looks may be
    /// wrong.
    fn time(&self) -> String {
        Shell::new(&self.site, &self.visit, Area::Overview, "").minute(self.site.clock.now())
    }

    /// The part, if it differs from what was sent last. What cannot be read is not sent; without beats the reader
    /// would take the stream for dead, and without news it says how old what it shows is.
    async fn look(&mut self) -> Option<String> {
        let snapshot = self.site.seen(LOOK).await.ok()?;
        self.visit.now = snapshot.at;
        let shell = Shell::new(&self.site, &self.visit, Area::Overview, "");
        let text = part(&snapshot, &shell).ok()?;
        if text == self.sent {
            return None;
        }
        self.sent.clone_from(&text);
        Some(text)
    }

    async fn is_signed_in(&mut self) -> bool {
        let (now, moment) = (self.site.clock.now(), self.site.clock.moment());
        self.checked = moment;
        match self.visit.viewer.as_ref().map(|viewer| viewer.proof.clone()) {
            Some(Proof::Session(hash)) => {
                let found = access::find(&self.site, &hash, now, false).await;
                matches!(found, Ok(Some((_, role))) if Some(role) == self.visit.role())
            }
            Some(Proof::Token(hash)) => {
                let found = access::find_token(&self.site, &hash, now).await;
                matches!(found, Ok(Some(token)) if Some(token.role.min(token.user_role)) == self.visit.role())
            }
            Some(Proof::Proxy) => moment.milliseconds_since(self.begun) < VOUCHED_MILLISECONDS,
            None => false,
        }
    }
}
