//! The inbox writer: one thread that stores whatever is waiting in one transaction, then answers every request in it.
//!
//! No timer and no added wait: a lone delivery is committed at once, and while that commit runs the next batch gathers
//! by itself. The queue in front is bounded in rows and in bytes; what does not fit is refused at once.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{Activity, Classified, Delivery, EventId, store};
use crate::db::{self, Database};
use crate::limits;

/// Bodies and headers that may wait at once, in bytes: a thousand senders of large bodies must not fill the memory.
const QUEUE_BYTES: usize = 8 * limits::BATCH_BYTES;

/// Why a delivery was not stored. Both mean: try again later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too much is waiting already.
    #[error("the inbox queue is full")]
    Full,
    /// The database failed. After a failed commit the delivery may be stored nevertheless; a second copy does no harm.
    #[error("cannot write to the inbox: {0}")]
    Database(String),
}

/// What the queue holds.
enum Item {
    Delivery(Box<Waiting>),
    /// Answered when all that came before it has been tried.
    Heartbeat(oneshot::Sender<()>),
}

struct Waiting {
    /// What one request brought: one webhook, or a list of them. They are stored together or not at all.
    deliveries: Vec<Delivery>,
    answer: oneshot::Sender<Result<Vec<EventId>, Refused>>,
    /// Its share of the bytes that may wait; given back when it is answered.
    _share: OwnedSemaphorePermit,
}

/// Stores deliveries. Clones share one queue; when the last one is dropped, the thread stores the rest and ends.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Item>,
    bytes: Arc<Semaphore>,
    activity: Arc<Activity>,
}

/// The other end of the queue, until its thread is started.
pub struct Queue(mpsc::Receiver<Item>, Arc<Activity>);

impl Writer {
    /// A writer with its thread running. `wake` is notified after each commit that holds work.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(database: Database, wake: Arc<Notify>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (writer, queue) = Self::new(limits::QUEUE_ROWS);
        Ok((writer, queue.start(database.for_receiving(), wake)?))
    }

    /// A writer whose queue takes that many deliveries, and the queue.
    pub fn new(rows: usize) -> (Self, Queue) {
        Self::bounded(rows, QUEUE_BYTES)
    }

    fn bounded(rows: usize, bytes: usize) -> (Self, Queue) {
        let (sender, receiver) = mpsc::channel(rows);
        let activity = Arc::new(Activity::default());
        let queue = Queue(receiver, Arc::clone(&activity));
        (Self { queue: sender, bytes: Arc::new(Semaphore::new(bytes)), activity }, queue)
    }

    /// Stores a delivery; the answer comes after its commit.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn store(&self, delivery: Delivery) -> Result<EventId, Refused> {
        self.store_all(vec![delivery]).await?.first().copied().ok_or_else(ended)
    }

    /// Stores the deliveries of one request in one transaction; the answer comes after its commit, with their numbers
    /// in their order.
    ///
    /// # Errors
    /// See [`Refused`]; then none of them is confirmed.
    pub async fn store_all(&self, deliveries: Vec<Delivery>) -> Result<Vec<EventId>, Refused> {
        let (answer, answered) = oneshot::channel();
        let share = u32::try_from(bytes(&deliveries)).map_err(|_| Refused::Full)?;
        let share = Arc::clone(&self.bytes).try_acquire_many_owned(share).map_err(|_| Refused::Full)?;
        let waiting = Item::Delivery(Box::new(Waiting { deliveries, answer, _share: share }));
        self.queue.try_send(waiting).map_err(|error| match error {
            TrySendError::Full(_) => Refused::Full,
            TrySendError::Closed(_) => ended(),
        })?;
        // A commit may wait for a standby that does not answer, for as long as it takes.
        match tokio::time::timeout(limits::STORE_WAIT, answered).await {
            Ok(answered) => answered.unwrap_or_else(|_| Err(ended())),
            Err(_) => Err(Refused::Database("the commit takes too long".to_owned())),
        }
    }

    /// When deliveries of each source were stored.
    pub fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity)
    }

    /// Something to ask whether the thread is alive, without holding it up when it is to end.
    pub fn pulse(&self) -> Pulse {
        Pulse(self.queue.downgrade())
    }
}

/// Tells whether the writer's thread is there to take what is sent.
#[derive(Clone)]
pub struct Pulse(mpsc::WeakSender<Item>);

impl Pulse {
    /// Whether it is.
    pub fn is_alive(&self) -> bool {
        self.0.upgrade().is_some_and(|queue| !queue.is_closed())
    }

    /// Sends a heartbeat through the queue, and answers when the thread has come to it: true then, false when the
    /// thread has ended. A thread that is stuck in a commit does not come to it.
    pub async fn beat(&self) -> bool {
        let (answer, answered) = oneshot::channel();
        let Some(queue) = self.0.upgrade() else { return false };
        let sent = queue.send(Item::Heartbeat(answer)).await;
        // While we wait for the answer, the queue must be able to end.
        drop(queue);
        sent.is_ok() && answered.await.is_ok()
    }
}

fn bytes(deliveries: &[Delivery]) -> usize {
    deliveries.iter().fold(0, |sum, delivery| sum.saturating_add(delivery.bytes()))
}

fn ended() -> Refused {
    Refused::Database("the inbox writer has stopped".to_owned())
}

impl Queue {
    /// Starts the thread that empties the queue.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(self, database: Database, wake: Arc<Notify>) -> std::io::Result<JoinHandle<()>> {
        std::thread::Builder::new()
            .name("inbox-writer".to_owned())
            .spawn(move || run(self.0, &database, &wake, &self.1))
    }
}

fn run(mut queue: mpsc::Receiver<Item>, database: &Database, wake: &Notify, activity: &Activity) {
    let mut received = Vec::with_capacity(limits::BATCH_ROWS);
    let mut waiting = Vec::with_capacity(limits::BATCH_ROWS);
    let mut heartbeats = Vec::new();
    while queue.blocking_recv_many(&mut received, limits::BATCH_ROWS) > 0 {
        for item in received.drain(..) {
            match item {
                Item::Delivery(delivery) => waiting.push(*delivery),
                Item::Heartbeat(answer) => heartbeats.push(answer),
            }
        }
        while !waiting.is_empty() {
            let batch: Vec<Waiting> = waiting.drain(..items_within(&waiting, limits::BATCH_BYTES)).collect();
            store_batch(batch, database, wake, activity);
        }
        for heartbeat in heartbeats.drain(..) {
            // Who asked may have gone away.
            let _ = heartbeat.send(());
        }
    }
}

/// How many from the front fit into `most` bytes and into the rows of a batch; at least one.
fn items_within(waiting: &[Waiting], most: usize) -> usize {
    let (mut total, mut rows) = (0_usize, 0_usize);
    let fitting = waiting.iter().take_while(|item| {
        total = total.saturating_add(bytes(&item.deliveries));
        rows = rows.saturating_add(item.deliveries.len());
        total <= most && rows <= limits::BATCH_ROWS
    });
    fitting.count().max(1).min(waiting.len())
}

fn store_batch(batch: Vec<Waiting>, database: &Database, wake: &Notify, activity: &Activity) {
    let error = match commit(&batch, database, wake, activity) {
        Ok(ids) => {
            let mut ids = ids.into_iter();
            for item in batch {
                let own = ids.by_ref().take(item.deliveries.len()).collect();
                answer(item, Ok(own));
            }
            return;
        }
        Err(error) => error,
    };
    if !error.is_logged() {
        tracing::warn!(rows = batch.len(), %error, "cannot store a batch of webhooks");
    }
    // When the database itself is at fault, one by one would only make every sender wait longer.
    let mut failed = (error.is_transient() || batch.len() == 1).then_some(error);
    for item in batch {
        if let Some(error) = &failed {
            answer(item, Err(Refused::Database(error.to_string())));
            continue;
        }
        match commit(std::slice::from_ref(&item), database, wake, activity) {
            Ok(ids) => answer(item, Ok(ids)),
            Err(error) => {
                answer(item, Err(Refused::Database(error.to_string())));
                failed = error.is_transient().then_some(error);
            }
        }
    }
}

fn answer(item: Waiting, result: Result<Vec<EventId>, Refused>) {
    // A sender that went away is not told; what it sent is stored all the same.
    let _ = item.answer.send(result);
}

fn commit(batch: &[Waiting], database: &Database, wake: &Notify, activity: &Activity) -> db::Result<Vec<EventId>> {
    let started = Instant::now();
    let deliveries: Vec<&Delivery> = batch.iter().flat_map(|item| &item.deliveries).collect();
    let _waits = database.announce_delivery();
    let ids = database.transaction("inbox", |connection| store::insert_batch(connection, &deliveries));
    let ids = ids.inspect_err(|_| metrics::counter!("ticketledger_inbox_commit_failures_total").increment(1))?;
    metrics::histogram!("ticketledger_inbox_commit_seconds").record(started.elapsed());
    // A histogram takes floats; nothing is decided by it.
    metrics::histogram!("ticketledger_inbox_batch_events").record(u32::try_from(deliveries.len()).unwrap_or(u32::MAX));
    for delivery in &deliveries {
        activity.note(&delivery.source, delivery.received_at);
    }
    if deliveries.iter().any(|delivery| matches!(delivery.class, Classified::Understood { .. })) {
        // One worker, which finds the whole batch due; if none is waiting, the next to wait goes on at once.
        wake.notify_one();
    }
    Ok(ids)
}

#[cfg(test)]
mod tests;
