//! Whether the daemon makes progress, for systemd: a sign of life is sent only when the inbox writer, every worker and the
//! database have each proved themselves since the last one. A timer alone would go on when they hang.
//!
//! What is idle proves itself too: the writer answers a heartbeat that passes through its own queue, the workers look
//! for work once a second, and the backlog for the status line is a read of the database.

use std::time::Duration;

use tokio::sync::watch::Receiver;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::store::{self, Backlog, COUNTED};
use super::systemd;
use crate::clock::{Clock, Timestamp};
use crate::db::Database;
use crate::inbox::writer::Pulse;
use crate::worker::Worker;

/// Between two looks, unless systemd wants to hear from us more often.
const PAUSE: Duration = Duration::from_secs(5);
/// What has not proved itself for this long is told of. An idle worker ends a turn once a second.
const LATE: Duration = Duration::from_secs(2);
/// Between two looks at the turns of the workers.
const TURN: Duration = Duration::from_millis(100);

/// All that has to prove itself.
pub(super) struct Watch {
    pub(super) database: Database,
    pub(super) clock: Clock,
    pub(super) pulse: Pulse,
    pub(super) workers: Receiver<Worker>,
    /// What the operator must know besides, such as settings that were refused.
    pub(super) trouble: Receiver<Option<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Writer,
    Workers,
    Database,
}

impl Part {
    const ALL: [Self; 3] = [Self::Writer, Self::Workers, Self::Database];

    fn name(self) -> &'static str {
        match self {
            Self::Writer => "the inbox writer",
            Self::Workers => "the workers",
            Self::Database => "the database",
        }
    }
}

impl Watch {
    /// Watches until it is dropped. Without a service manager it checks nothing.
    pub(super) async fn run(self) {
        if !systemd::listens() {
            return;
        }
        // Four looks within the time that systemd gives: two may be late.
        let watchdog = systemd::watchdog();
        let pause = watchdog.map_or(PAUSE, |limit| PAUSE.min(limit / 4));
        let mut shown = String::new();
        let mut show = |text: String| {
            if shown != text {
                systemd::status(&text);
                shown = text;
            }
        };
        loop {
            let backlog = self.proved(pause, &mut show).await;
            if watchdog.is_some() {
                systemd::alive();
            }
            show(self.text(&backlog));
            sleep(pause).await;
        }
    }

    /// Waits until every component has proved itself, and warns while one does not.
    async fn proved(&self, pause: Duration, show: &mut impl FnMut(String)) -> Option<Backlog> {
        let mut proofs = self.proofs(pause);
        let mut missing = Part::ALL.to_vec();
        let mut backlog = None;
        let mut complained = false;
        while !missing.is_empty() {
            tokio::select! {
                // A proof that ended by a fault is never given.
                Some(Ok((proved, read))) = proofs.join_next() => {
                    missing.retain(|part| *part != proved);
                    backlog = backlog.or(read);
                }
                () = sleep(pause.max(LATE)) => {
                    let names: Vec<&str> = missing.iter().map(|part| part.name()).collect();
                    let names = names.join(", ");
                    show(format!("no progress: {names}"));
                    if !complained {
                        tracing::warn!(missing = names, "a component made no progress");
                    }
                    complained = true;
                }
            }
        }
        if complained {
            tracing::info!("all components make progress again");
        }
        backlog
    }

    fn proofs(&self, pause: Duration) -> JoinSet<(Part, Option<Backlog>)> {
        let mut proofs = JoinSet::new();
        let pulse = self.pulse.clone();
        proofs.spawn(async move {
            while !pulse.beat().await {
                sleep(pause).await;
            }
            (Part::Writer, None)
        });
        let workers = self.workers.clone();
        proofs.spawn(async move {
            all_turned(workers).await;
            (Part::Workers, None)
        });
        let database = self.database.clone();
        proofs.spawn(async move { (Part::Database, Some(read(&database, pause).await)) });
        proofs
    }

    fn text(&self, backlog: &Option<Backlog>) -> String {
        let mut parts: Vec<String> = self.trouble.borrow().iter().cloned().collect();
        parts.extend(backlog.as_ref().map(|backlog| in_words(backlog, self.clock.now())));
        parts.join("; ")
    }
}

/// Waits until every worker of the newest pool has ended another turn.
async fn all_turned(mut workers: Receiver<Worker>) {
    let mut worker = workers.borrow_and_update().clone();
    let mut before = worker.turns();
    loop {
        sleep(TURN).await;
        if workers.has_changed().unwrap_or(false) {
            worker = workers.borrow_and_update().clone();
            before = worker.turns();
            continue;
        }
        if worker.turns().iter().zip(&before).all(|(now, before)| now != before) {
            return;
        }
    }
}

/// Reads until the database answers; the workers log what is wrong with it.
async fn read(database: &Database, pause: Duration) -> Backlog {
    loop {
        match database.run(|database| store::backlog(&mut database.reader()?)).await {
            Ok(backlog) => return backlog,
            Err(_) => sleep(pause).await,
        }
    }
}

fn in_words(backlog: &Backlog, now: Timestamp) -> String {
    let count = |count: i64| match count {
        COUNTED.. => format!("{COUNTED} or more"),
        _ => count.to_string(),
    };
    let mut text = match backlog.waiting {
        0 => "nothing waiting".to_owned(),
        waiting => format!("{} waiting", count(waiting)),
    };
    let late = backlog.first_due_at.map_or(0, |due_at| now.milliseconds_since(due_at) / 1000);
    if late > 0 {
        text.push_str(&format!(", the first overdue by {late} s"));
    }
    if backlog.parked > 0 {
        text.push_str(&format!(", {} parked", count(backlog.parked)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backlog_is_told_in_few_words() {
        let now = Timestamp::parse("2026-01-01T00:00:40Z").expect("an instant");
        let due_at = Timestamp::parse("2026-01-01T00:00:00Z");
        for (waiting, parked, first_due_at, words) in [
            (0, 0, None, "nothing waiting"),
            (0, 3, None, "nothing waiting, 3 parked"),
            (12, 0, Some(now), "12 waiting"),
            (12, 3, due_at, "12 waiting, the first overdue by 40 s, 3 parked"),
            (COUNTED, 0, due_at, "10000 or more waiting, the first overdue by 40 s"),
        ] {
            assert_eq!(in_words(&Backlog { waiting, parked, first_due_at }, now), words);
        }
    }
}
