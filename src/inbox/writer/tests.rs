use futures_util::future::join_all;

use super::*;
use crate::clock::Timestamp;
use crate::db::Role;
use crate::inbox::Entity;

fn database(folder: &tempfile::TempDir) -> Database {
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    Database::open(&url, Role::Daemon).expect("opens")
}

fn delivery(body: &[u8]) -> Delivery {
    Delivery {
        source: "museum".to_owned(),
        class: Classified::Understood { kind: "order".to_owned(), entity: Entity::Order("1".to_owned()) },
        received_at: Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant"),
        method: "POST".to_owned(),
        content_type: None,
        headers: "{}".to_owned(),
        body: body.to_vec(),
    }
}

/// A row that the database refuses once [`forbid_a_kind`] was called.
fn bad_delivery() -> Delivery {
    let mut bad = delivery(b"bad");
    bad.class = Classified::Understood { kind: "forbidden".to_owned(), entity: Entity::Order("1".to_owned()) };
    bad
}

fn forbid_a_kind(folder: &tempfile::TempDir) {
    use diesel::Connection as _;
    use diesel::connection::SimpleConnection as _;
    let path = folder.path().join("test.db");
    let mut connection = diesel::SqliteConnection::establish(&path.to_string_lossy()).expect("opens");
    connection
        .batch_execute(
            "CREATE TRIGGER forbid BEFORE INSERT ON inbox_events WHEN NEW.kind = 'forbidden' \
             BEGIN SELECT RAISE(ABORT, 'forbidden'); END",
        )
        .expect("a trigger");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_at_once_and_the_rest_is_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let (writer, queue) = Writer::new(3);
    let stores = join_all((0..5).map(|_| writer.store(delivery(b"{}"))));
    // All five are in or refused before the thread starts: nothing here waits for it.
    let start = async { queue.start(database(&folder), Arc::new(Notify::new())).expect("starts") };
    let (answers, thread) = tokio::join!(stores, start);
    assert_eq!(answers, [Ok(1), Ok(2), Ok(3), Err(Refused::Full), Err(Refused::Full)]);
    drop(writer);
    thread.join().expect("ends by itself");
}

#[tokio::test]
async fn bytes_are_bounded_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let (writer, queue) = Writer::bounded(100, 2 * delivery(&[b' '; 500]).bytes());
    let large = vec![b' '; 500];
    let stores = join_all((0..3).map(|_| writer.store(delivery(&large))));
    let start = async { queue.start(database(&folder), Arc::new(Notify::new())).expect("starts") };
    let (answers, _thread) = tokio::join!(stores, start);
    assert_eq!(answers, [Ok(1), Ok(2), Err(Refused::Full)]);
    // What was answered has given its bytes back.
    assert_eq!(writer.store(delivery(&large)).await, Ok(3));
}

#[tokio::test]
async fn one_bad_row_does_not_fail_its_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = database(&folder);
    forbid_a_kind(&folder);
    let (writer, queue) = Writer::new(100);
    let deliveries = [delivery(b"1"), bad_delivery(), delivery(b"2")];
    let stores = join_all(deliveries.into_iter().map(|delivery| writer.store(delivery)));
    let start = async { queue.start(database, Arc::new(Notify::new())).expect("starts") };
    let (answers, _thread) = tokio::join!(stores, start);
    assert!(matches!(answers.as_slice(), [Ok(_), Err(Refused::Database(_)), Ok(_)]), "{answers:?}");
}

#[tokio::test]
async fn the_queue_is_drained_before_the_thread_ends_and_workers_are_woken() {
    let folder = tempfile::tempdir().expect("a folder");
    let wake = Arc::new(Notify::new());
    let (writer, queue) = Writer::new(10);
    let mut store = Box::pin(writer.store(delivery(b"{}")));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(store.as_mut().poll(&mut context).is_pending());
    let thread = queue.start(database(&folder), Arc::clone(&wake)).expect("starts");
    assert_eq!(store.await, Ok(1));
    drop(writer);
    thread.join().expect("ends by itself");
    wake.notified().await;
}

#[tokio::test]
async fn a_writer_without_its_thread_refuses() {
    let (writer, queue) = Writer::new(1);
    let pulse = writer.pulse();
    assert!(pulse.is_alive());
    drop(queue);
    assert!(!pulse.is_alive());
    assert_eq!(writer.store(delivery(b"{}")).await, Err(ended()));
}

#[tokio::test]
async fn a_heartbeat_is_answered_after_what_was_sent_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (writer, queue) = Writer::new(10);
    let pulse = writer.pulse();
    let mut store = Box::pin(writer.store(delivery(b"{}")));
    let mut beat = Box::pin(pulse.beat());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(store.as_mut().poll(&mut context).is_pending());
    assert!(beat.as_mut().poll(&mut context).is_pending(), "nobody is there to answer");
    let thread = queue.start(database(&folder), Arc::new(Notify::new())).expect("starts");
    assert!(beat.await);
    assert_eq!(store.as_mut().poll(&mut context), std::task::Poll::Ready(Ok(1)), "it was stored before");
    drop(store);
    drop(writer);
    thread.join().expect("a heartbeat does not hold up the end");
    assert!(!pulse.beat().await);
}
