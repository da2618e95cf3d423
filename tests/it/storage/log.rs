//! The write-ahead log of SQLite: a reader that is forgotten makes it grow, and it shrinks when the reader is gone.

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use ticketledger::limits;

use crate::support::daemon::TestDaemon;
use crate::support::db::{Engine, with_database};
use crate::worker::order;

#[test]
fn the_log_shrinks_when_a_forgotten_reader_is_gone() {
    with_database(Engine::Sqlite, |database| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let daemon = TestDaemon::start(database).await;
            let path = database.path.clone().unwrap().display().to_string();
            let log = || std::fs::metadata(format!("{path}-wal")).unwrap().len();
            let mut reader = SqliteConnection::establish(&path).unwrap();
            reader.batch_execute("BEGIN; SELECT COUNT(*) FROM sources").unwrap();
            let much = 2 * limits::LOG_BYTES;
            database.execute(&format!("CREATE TABLE much AS SELECT zeroblob({much}) AS bytes; DROP TABLE much"));
            daemon.observe().await;
            assert!(log() > limits::LOG_BYTES, "{} bytes", log());
            daemon.accepted("museum", order("a", 1)).await;
            reader.batch_execute("COMMIT").unwrap();
            daemon.observe().await;
            assert!(log() <= limits::LOG_BYTES, "{} bytes", log());
            daemon.accepted("museum", order("b", 1)).await;
            daemon.finish().await;
        });
    });
}
