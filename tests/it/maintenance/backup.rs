//! Backups of the SQLite file: made beside a daemon that works, and restored.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use serde_json::Value;
use ticketledger::clock::Timestamp;
use ticketledger::maintenance::backup::{Unsaved, backup, name_at, superfluous};

use super::under_load;
use crate::support::daemon::{TestDaemon, check_invariants, lines};
use crate::support::db::{Engine, TestDatabase};
use crate::support::home::Home;
use crate::support::wait::until;

fn heads(shown: &str) -> Vec<String> {
    let heads = shown.lines().filter(|line| line.starts_with("Head of"));
    heads.map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn a_backup_under_load_is_restored_and_has_all_that_was_answered_before_it_began() {
    let home = Home::new();
    let serving = home.serve();
    let mut before = Vec::new();
    let mut saved = String::new();
    let answered = under_load(&serving, |answered| {
        before = answered.lock().unwrap().clone();
        saved = home.fine(&["backup", "saved.db", "--format", "json"]);
    });
    let saved: Value = serde_json::from_str(&saved).unwrap();
    assert!(answered > before.len(), "deliveries were answered meanwhile");
    serving.kill();

    let restored = Home::new();
    std::fs::copy(home.path("saved.db"), restored.path("ticketledger.db")).unwrap();
    let shown = restored.fine(&["ledger", "verify"]);
    assert_eq!(heads(&shown), [saved["heads"][0][2].as_str().unwrap()], "{saved}");
    assert_eq!(restored.run(&["ledger", "rebuild"]).code, Some(0));
    let serving = restored.serve();
    let database = restored.database();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let waiting = "SELECT 'x' AS line FROM inbox_events WHERE state = 'pending' LIMIT 1";
    runtime.block_on(until("it goes on", || lines(&database, waiting).is_empty()));
    let there: Vec<i64> = lines(&database, "SELECT CAST(id AS TEXT) AS line FROM inbox_events")
        .iter()
        .map(|id| id.parse().unwrap())
        .collect();
    let missing: Vec<&i64> = before.iter().filter(|event| !there.contains(event)).collect();
    assert_eq!(missing, Vec::<&i64>::new());
    check_invariants(&database);
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_backup_is_private_whole_and_never_overwrites() {
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return };
    let daemon = TestDaemon::start(&database).await;
    super::traffic(&daemon).await;
    let folder = tempfile::tempdir().unwrap();
    let source = database.path.clone().unwrap();
    let file = folder.path().join("saved.db");
    let saved = backup(&source, &file).unwrap();
    assert_eq!(mode(&file), 0o600);
    assert_eq!((saved.events, saved.entries > 5, saved.heads.len()), (8, true, 2));
    assert_eq!(saved.bytes, std::fs::metadata(&file).unwrap().len());
    assert!(matches!(backup(&source, &file), Err(Unsaved::Exists(_))));
    let nowhere = folder.path().join("no folder/saved.db");
    assert!(matches!(backup(&source, &nowhere), Err(Unsaved::Write(..))));
    let names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["saved.db"], "nothing is left beside it");
    // A loose reference is found, and there is no file then.
    let broken = folder.path().join("broken.db");
    std::fs::copy(&file, &broken).unwrap();
    let mut connection = SqliteConnection::establish(broken.to_str().unwrap()).unwrap();
    connection.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
    connection.batch_execute("UPDATE contact_orders SET contact_id = 99 WHERE contact_id = 1").unwrap();
    drop(connection);
    let copy = folder.path().join("copy.db");
    let refused = backup(&broken, &copy).unwrap_err().to_string();
    assert!(refused.contains("1 rows reference missing rows"), "{refused}");
    assert!(!copy.exists());
    daemon.finish().await;
}

#[test]
fn the_newest_of_a_folder_are_kept() {
    let home = Home::new();
    drop(home.database());
    std::fs::create_dir(home.path("backups")).unwrap();
    for name in ["ticketledger-20240101T000000Z.db", "ticketledger-20240102T000000Z.db", "ticketledger-mine.db", "x.db"]
    {
        std::fs::write(home.path("backups").join(name), "").unwrap();
    }
    let said = home.fine(&["backup", "backups", "--keep", "2"]);
    assert!(
        said.contains("the integrity check passed")
            && said.contains("Removed backups/ticketledger-20240101T000000Z.db"),
        "{said}"
    );
    assert_eq!(superfluous(&home.path("backups"), 0).unwrap().len(), 2);
    assert!(home.path("backups/x.db").exists() && home.path("backups/ticketledger-mine.db").exists());
    let instant = Timestamp::parse("2026-11-26T15:08:16Z").unwrap();
    assert_eq!(name_at(instant), "ticketledger-20261126T150816Z.db");
    let again = home.run(&["backup", "backups/x.db"]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("never overwrites"), "{}", again.stderr);
    assert_eq!(home.run(&["backup", "backups", "--keep", "0"]).code, Some(2));
    let mut home = home;
    home.set("TICKETLEDGER_DATABASE__URL", "postgres://tl:hidden@db.example/books");
    let told = home.run(&["backup", "books.dump"]);
    assert_eq!(told.code, Some(2));
    let command = "pg_dump --format=custom --file=books.dump 'postgres://tl@db.example/books'";
    assert!(told.stderr.contains(command) && !told.stderr.contains("hidden"), "{}", told.stderr);
    home.set("TICKETLEDGER_DATABASE__URL", "sqlite:none.db");
    assert_eq!(home.run(&["backup", "y.db"]).code, Some(1));
    assert!(!home.path("none.db").exists() && !home.path("y.db").exists());
}
