//! Waiting without a clock. A daemon says when it has done something, in this process or in one of its own; whoever
//! waits for an effect looks again then, and never in between.

use std::fmt::Debug;
use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::sync::watch;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// The only bound there is, and it means that something hangs: no test is about how long a thing takes. Shorter than
/// a lease, so that nothing is mended by the end of one while a test waits for it.
pub(crate) const HUNG: Duration = Duration::from_secs(120);

/// How messages begin by which daemons say that the database has changed.
const DONE: [&str; 3] = ["attempts ended", "retention took", "credits became income"];

/// Counts what daemons did: those of this process by the subscriber that is set up here, the others by [`heard`].
static DONE_SO_FAR: LazyLock<watch::Sender<u64>> = LazyLock::new(|| {
    tracing_subscriber::registry().with(OwnLog).init();
    watch::Sender::new(0)
});

struct OwnLog;

impl<S: Subscriber> Layer<S> for OwnLog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= Level::DEBUG && metadata.target().starts_with("ticketledger")
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Message);
    }
}

struct Message;

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            heard(&format!("{value:?}"));
        }
    }
}

/// Takes note of a message that a daemon logged.
pub(crate) fn heard(message: &str) {
    if DONE.iter().any(|done| message.starts_with(done)) {
        DONE_SO_FAR.send_modify(|done| *done += 1);
    }
}

/// Waits until something holds, looking whenever a daemon has done something.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let mut done = DONE_SO_FAR.subscribe();
    loop {
        // What is done from here on is seen by the next look.
        done.mark_unchanged();
        if holds() {
            return;
        }
        unless_hung(what, done.changed()).await.expect("the sender is never dropped");
    }
}

/// What `waiting` answers; a test that waits for ever fails and says for what.
pub(crate) async fn unless_hung<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    let answer = tokio::time::timeout(HUNG, waiting).await;
    answer.unwrap_or_else(|_| panic!("hung while waiting until {what}"))
}
