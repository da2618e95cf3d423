//! What keeps a close: the database, the chain with its anchors, and a rebuild that repeats it.

use super::*;

on_both_engines!(the_database_itself_keeps_a_closed_month, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    let anchor = shut(&daemon, "2025-11").anchor.unwrap();
    let entry = |kind: &str, day: &str, lines: i64, currency: &str, atom: &str| {
        let lines_sql = if lines == 0 {
            String::new()
        } else {
            format!(
                "INSERT INTO postings (source, entry_no, line_no, account_code, currency, amount_minor, line_key, \
                 item_kind)
                    VALUES ('museum', 5, 1, 'assets:receivable', '{currency}', 5, 'k', 'ticket'),
                        ('museum', 5, 2, 'assets:receivable', '{currency}', -5, 'k', 'ticket');"
            )
        };
        format!(
            "{lines_sql} INSERT INTO journal_entries VALUES ('museum', 5, '{kind}', 'ticket', NULL, NULL, '{atom}', \
             'hash',
                NULL, 'new', '{currency}', '2025-11-11 12:00:00', 'order_date', '{day}', '2025-12-03 00:00:00', NULL, 1,
                {lines}, 'key', 1, '{}', '{:064x}');",
            anchor.entry_hash, 5
        )
    };
    let (open, stays) = ("period is not open", "a closed period stays closed");
    let moneyless = "a close moves no money";
    let hostile = [
        (open, entry("post", "2025-11-30", 2, "EUR", "a")),
        (open, entry("post", "2025-10-31", 2, "EUR", "a")),
        (open, entry("manual", "2025-11-01", 2, "EUR", "a")),
        (moneyless, entry("close", "2025-11-30", 2, "XXX", "close:2025-11")),
        (moneyless, entry("close", "2025-12-03", 0, "XXX", "close:2025-12")),
        (moneyless, entry("close", "2025-12-03", 0, "XXX", "close:2025-11")),
        (stays, "UPDATE periods SET status = 'open'".to_owned()),
        (stays, "UPDATE periods SET status = 'soft'".to_owned()),
        (stays, "DELETE FROM periods".to_owned()),
        ("period_manifests is append-only", "UPDATE period_manifests SET doc = '{}'".to_owned()),
        ("period_manifests is append-only", "DELETE FROM period_manifests".to_owned()),
        ("chain_anchors is append-only", "UPDATE chain_anchors SET entry_no = 1".to_owned()),
    ];
    for (why, sql) in &hostile {
        let refused = database.try_execute(sql).expect_err(sql).to_string();
        assert!(refused.contains(why), "{refused}\n{sql}");
    }
    database.try_execute(&entry("post", "2025-12-01", 2, "EUR", "a")).unwrap();
    daemon.daemon.stop().await.unwrap();
});

on_both_engines!(who_gets_past_the_database_is_found_by_verify, async |database| {
    use crate::support::db::Engine;
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    shut(&daemon, "2025-11");
    let tamper = |table: &str, trigger: &str, sql: &str| match database.engine {
        Engine::Sqlite => database.execute(&format!("DROP TRIGGER {trigger}; {sql}")),
        Engine::Postgres => database.execute(&format!("ALTER TABLE {table} DISABLE TRIGGER USER; {sql}")),
    };
    let broken = || verify(daemon.database(), None).unwrap().broken.unwrap_or_default();
    assert_eq!(broken(), "");
    tamper("periods", "periods_update", "UPDATE periods SET totals_sha256 = 'x'");
    assert!(broken().contains("the row in `periods`"), "{}", broken());
    tamper(
        "period_manifests",
        "period_manifests_update",
        "UPDATE period_manifests SET doc = replace(doc, '2000', '2001')",
    );
    assert!(broken().contains("does not have the hash"), "{}", broken());
    tamper("chain_anchors", "chain_anchors_update", "UPDATE chain_anchors SET entry_hash = 'x'");
    assert!(broken().contains("anchor 1"), "{}", broken());
    database.execute("INSERT INTO periods (source, period, status) VALUES ('theatre', '2025-11', 'closed')");
    daemon.daemon.stop().await.unwrap();
});

on_both_engines!(the_anchor_file_gets_each_line_once, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    go_to(&daemon, "2026-01-02T08:00:00Z");
    let first = shut(&daemon, "2025-11").anchor.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anchors.jsonl");
    let lines = || anchor_lines(daemon.database(), "museum").unwrap();
    assert_eq!(anchor::append(&path, &lines()).unwrap(), 1);
    assert_eq!(anchor::append(&path, &lines()).unwrap(), 0);
    let second = shut(&daemon, "2025-12").anchor.unwrap();
    assert_eq!(anchor::append(&path, &lines()).unwrap(), 1);
    assert_eq!(anchor::read(&path).unwrap(), [first, second]);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["anchors.jsonl"], "no half-written file is left");
    assert_eq!(contradiction(daemon.database(), &anchor::read(&path).unwrap(), None).unwrap(), None);
    let mut forged = anchor::read(&path).unwrap();
    forged[1].entry_hash = "0".repeat(64);
    let found = contradiction(daemon.database(), &forged, Some("museum")).unwrap();
    assert!(found.unwrap().contains("the anchor of 2025-12 says 0000"));
    assert_eq!(contradiction(daemon.database(), &forged, Some("theatre")).unwrap(), None);
    daemon.finish().await;
});

on_both_engines!(a_rebuild_repeats_a_close_at_its_place, async |database| {
    let daemon = TestDaemon::start(database).await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    shut(&daemon, "2025-11");
    let mut connection = daemon.database().reader().unwrap();
    let mut stored = ledger::book::closings::store::entries(&mut connection, "museum").unwrap();
    drop(connection);
    let stored = stored.remove(0);
    let repeated = daemon.database().transaction::<_, ledger::Error>("rebuild", |connection| {
        // The book of the other source is empty, as a book is where its rebuild begins.
        let mut book = ledger::book::Book::open(connection, "theatre", chrono_tz::Europe::Zurich)?;
        book.source = "museum".to_owned();
        assert_eq!(book.head().0 + 1, stored.entry_no);
        Ok(book.append(stored.clone(), &[]))
    });
    assert_eq!(repeated.unwrap(), stored, "the same number and the same hash");
    daemon.finish().await;
});
