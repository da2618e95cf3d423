//! Waiting without a clock. A daemon says when it has done something, in this process or in one of its own; whoever
//! waits for an effect looks again then, and never in between.

use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// The only bound there is, and it means that something hangs: no test is about how long a thing takes. Shorter than
/// a lease, so that nothing is mended by the end of one while a test waits for it.
pub(crate) const HUNG: Duration = Duration::from_secs(120);

/// The modules whose log says that something was done to the events; what they cannot do they say as a warning.
const WORKING: [&str; 2] = ["ticketledger::worker", "ticketledger::maintenance"];

/// Counts what daemons did: those of this process by the subscriber that is set up here, the others by [`heard`].
static DONE: LazyLock<watch::Sender<u64>> = LazyLock::new(|| {
    tracing_subscriber::registry().with(OwnLog).init();
    watch::Sender::new(0)
});

struct OwnLog;

impl<S: Subscriber> Layer<S> for OwnLog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= Level::DEBUG && WORKING.iter().any(|module| metadata.target().starts_with(module))
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        heard(event.metadata().target(), event.metadata().level().as_str());
    }
}

/// Takes note of a line of a log.
pub(crate) fn heard(module: &str, level: &str) {
    if ["DEBUG", "INFO"].contains(&level) && WORKING.iter().any(|working| module.starts_with(working)) {
        DONE.send_modify(|done| *done += 1);
    }
}

/// Waits until something holds, looking whenever a daemon has done something.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let mut done = DONE.subscribe();
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
