//! The two migration trees say the same, `schema.rs` is true on both engines, and the database itself refuses
//! whatever would spoil the ledger.

use std::collections::BTreeSet;
use std::path::Path;

use diesel::prelude::*;
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};
use ticketledger::db::{Connection, Database, Role, schema};
use ticketledger::on_engine;

use crate::on_both_engines;
use crate::support::book::{Book, Line};
use crate::support::db::{Engine, TestDatabase};
use crate::support::plans::LONG;

fn tree(engine: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine)
}

#[test]
fn both_trees_have_the_same_names() {
    let names = |engine: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(tree(engine)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

/// What `migrations/views.sql`, which explains itself, gives for an engine.
fn views_of(engine: Engine) -> String {
    let template = std::fs::read_to_string(tree("views.sql")).unwrap();
    let (notes, text): (Vec<&str>, Vec<&str>) =
        template.lines().partition(|line| line.starts_with("--!") || line.starts_with("--:"));
    let mut text = text.join("\n") + "\n";
    // From the last to the first, because a definition may use those above it.
    for definition in notes.iter().rev().filter_map(|line| line.strip_prefix("--: ")) {
        let (name, value) = match (definition.split(" | ").collect::<Vec<_>>().as_slice(), engine) {
            ([name, both], _) => (*name, *both),
            ([name, sqlite, _], Engine::Sqlite) => (*name, *sqlite),
            ([name, _, postgres], Engine::Postgres) => (*name, *postgres),
            _ => panic!("views.sql: not a definition: {definition}"),
        };
        let name = format!("{{{{{name}}}}}");
        assert!(text.contains(&name), "views.sql: {name} is defined and never used");
        text = text.replace(&name, value);
    }
    assert!(!text.contains("{{"), "views.sql: a name is used and never defined: {text}");
    text
}

#[test]
fn the_views_come_from_one_template() {
    for (engine, name) in [(Engine::Sqlite, "sqlite"), (Engine::Postgres, "postgres")] {
        let steps = std::fs::read_dir(tree(name)).unwrap().map(|entry| entry.unwrap().path());
        let newest = steps.filter(|step| step.display().to_string().ends_with("_views")).max().unwrap();
        let (file, expected) = (newest.join("up.sql"), views_of(engine));
        if std::env::var("TICKETLEDGER_WRITE_VIEWS").is_ok_and(|value| value == "1") {
            std::fs::write(&file, &expected).unwrap();
        }
        let same = std::fs::read_to_string(&file).unwrap() == expected;
        assert!(same, "{} is not what migrations/views.sql gives; its head says how to write it anew", file.display());
    }
}

on_both_engines!(a_database_from_before_the_first_release_is_refused, |database| {
    database.execute(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL,
            run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
         INSERT INTO __diesel_schema_migrations (version) VALUES ('20261126000015'), ('20261122000001')",
    );
    let refused = Database::open(&database.url, Role::Command).err().map(|error| error.to_string()).unwrap();
    for said in ["20261122000001", "before the first release", "new, empty database", "inbox_events"] {
        assert!(refused.contains(said), "{refused}");
    }
    assert!(database.try_execute("SELECT source FROM sources").is_err(), "nothing was made in it");
    // Whoever only looks is not told that a restart applies what is missing.
    let visited = Database::open(&database.url, Role::Visitor).unwrap();
    assert_eq!(ticketledger::db::pending_migrations(&visited).unwrap_err().to_string(), refused);
});

on_both_engines!(a_database_of_a_newer_version_is_refused, |database| {
    drop(database.open());
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
    let refused = Database::open(&database.url, Role::Command).err().map(|error| error.to_string());
    assert!(refused.as_ref().is_some_and(|said| said.contains("29990101000000")), "{refused:?}");
});

/// Reads no row, but names every column of each table.
macro_rules! select_all {
    ($connection:expr, $($table:ident),+ $(,)?) => {
        $(
            on_engine!($connection, |c| {
                let query = schema::$table::table.select(schema::$table::all_columns).limit(0);
                query.execute(c).unwrap_or_else(|error| panic!("{}: {error}", stringify!($table)));
            });
        )+
    };
}

on_both_engines!(every_column_of_the_schema_is_there, |database| {
    let mut connection = database.open().reader().unwrap();
    select_all!(
        &mut connection,
        accounts,
        alerted_events,
        alerts,
        chain_anchors,
        contact_orders,
        contacts,
        daemons,
        documents,
        event_titles,
        export_batches,
        export_orders,
        findings,
        inbox_attempts,
        inbox_events,
        journal_entries,
        oauth_tokens,
        operator_actions,
        order_lines,
        order_snapshots,
        orders,
        payments,
        period_manifests,
        periods,
        policies,
        postings,
        provider_tokens,
        redemptions,
        source_activity,
        sources,
        vat_shifts,
        vouchers,
    );
});

on_both_engines!(migrations_go_up_down_and_up_again, |database| {
    let opened = database.open();
    opened
        .transaction::<(), ticketledger::db::Error>("test", |connection| {
            match connection {
                Connection::Sqlite(c) => {
                    let migrations = FileBasedMigrations::from_path(tree("sqlite")).unwrap();
                    c.revert_all_migrations(migrations.clone()).unwrap();
                    c.run_pending_migrations(migrations).unwrap();
                }
                Connection::Postgres(c) => {
                    let migrations = FileBasedMigrations::from_path(tree("postgres")).unwrap();
                    c.revert_all_migrations(migrations.clone()).unwrap();
                    c.run_pending_migrations(migrations).unwrap();
                }
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(ticketledger::db::pending_migrations(&opened).unwrap(), 0);
});

/// What an entry that seals two lines as number `entry_no` would be.
fn entry(entry_no: i64, previous: i64, booking_date: &str, lines: i64) -> String {
    format!(
        "INSERT INTO journal_entries VALUES ('museum', {entry_no}, 'post', 'ticket', 'X', 1, 'atom', 'hash', NULL,
            'new', 'EUR', '2025-11-11 12:00:00', 'order_date', '{booking_date}', '2025-11-11 14:36:50', 1, 1, {lines},
            'other key {entry_no}', 1, '{previous:064x}', 'f{entry_no:063x}');"
    )
}

/// What would seal the close of November as number `entry_no`, after entry 1.
fn close(entry_no: i64) -> String {
    format!(
        "INSERT INTO journal_entries VALUES ('museum', {entry_no}, 'close', 'close', NULL, NULL, 'close:2025-11', \
         '{}', NULL,
            'closed', 'XXX', '2025-12-01 12:00:00', 'close', '2025-12-01', '2025-12-01 12:00:00', NULL, 1, 0,
            'close key', 1, '{:064x}', 'f{entry_no:063x}');",
        "a".repeat(64),
        1
    )
}

/// The hash of an entry that a test sealed itself, quoted.
fn link(entry_no: i64) -> String {
    format!("'f{entry_no:063x}'")
}

fn posting(entry_no: i64, line_no: i64, amount: &str) -> String {
    format!(
        "INSERT INTO postings (source, entry_no, line_no, account_code, currency, amount_minor, line_key, item_kind)
            VALUES ('museum', {entry_no}, {line_no}, 'assets:receivable', 'EUR', {amount}, 'key', 'ticket');"
    )
}

fn pair(entry_no: i64, first: &str, second: &str) -> String {
    posting(entry_no, 1, first) + &posting(entry_no, 2, second)
}

/// Closes that move money, or name no manifest that is stored for them; and what would spoil a manifest.
fn hostile_closes() -> Vec<(&'static str, String)> {
    vec![
        ("a close with money", pair(2, "5", "-5") + &close(2)),
        ("a close with a wrong line count", close(2).replace("NULL, 1, 0,", "NULL, 1, 2,")),
        ("a close in a currency", close(2).replace("XXX", "EUR")),
        ("a close without its manifest", close(2).replace("close:2025-11", "close:2025-12")),
        ("a close of another manifest", close(2).replace(&"a".repeat(64), "other")),
        ("a changed manifest", "UPDATE period_manifests SET doc = '[]'".to_owned()),
        ("a deleted manifest", "DELETE FROM period_manifests".to_owned()),
    ]
}

/// What only one engine can be told.
fn hostile_on(engine: Engine) -> Vec<(&'static str, String)> {
    match engine {
        Engine::Sqlite => vec![
            ("a fraction of a cent", pair(2, "5.5", "-5.5") + &entry(2, 1, "2025-11-11", 2)),
            ("a replaced line", posting(1, 1, "5").replace("INSERT", "INSERT OR REPLACE")),
            ("a replaced entry", entry(1, 0, "2025-11-11", 2).replace("INSERT", "INSERT OR REPLACE")),
            (
                "a replaced period",
                "INSERT OR REPLACE INTO periods (source, period, status) VALUES ('museum', '2025-10', 'open')"
                    .to_owned(),
            ),
            ("a replaced policy", "INSERT OR REPLACE INTO policies SELECT * FROM policies".to_owned()),
            ("a replaced snapshot", "INSERT OR REPLACE INTO order_snapshots SELECT * FROM order_snapshots".to_owned()),
            (
                "a replaced manifest",
                "INSERT OR REPLACE INTO period_manifests SELECT * FROM period_manifests".to_owned(),
            ),
            ("a replaced anchor", "INSERT OR REPLACE INTO chain_anchors SELECT * FROM chain_anchors".to_owned()),
        ],
        // PostgreSQL rounds a literal fraction, so there the typed binds of the code are what keeps amounts whole.
        Engine::Postgres => [
            "postings",
            "journal_entries",
            "order_snapshots",
            "policies",
            "periods",
            "chain_anchors",
            "period_manifests",
        ]
        .map(|table| ("a truncated table", format!("TRUNCATE {table} CASCADE")))
        .to_vec(),
    }
}

on_both_engines!(the_database_refuses_what_would_spoil_the_ledger, |database| {
    drop(database.open());
    let mut book = Book::new(database, "museum");
    let line = |account, minor| Line { account, minor, ..Line::default() };
    book.post("2025-11-08", "X", "ticket", &[line("assets:receivable", 100), line("income:tickets", -100)]);
    database.execute(
        "INSERT INTO periods (source, period, status) VALUES
            ('museum', '2025-10', 'closed'), ('museum', '2025-12', 'soft');
         INSERT INTO period_manifests VALUES
            ('museum', '2025-11', 2, '{}', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
             '2025-12-01 00:00:00', 'ada');
         INSERT INTO chain_anchors VALUES ('museum', 1, 1, 'hash', '2025-12-01 00:00:00', 'file', 'proof')",
    );

    let mut hostile: Vec<(&str, String)> = vec![
        ("a changed amount", "UPDATE postings SET amount_minor = 5".to_owned()),
        ("a deleted line", "DELETE FROM postings".to_owned()),
        ("a changed entry", "UPDATE journal_entries SET reason_code = 'other'".to_owned()),
        ("a deleted entry", "DELETE FROM journal_entries".to_owned()),
        ("a changed snapshot", "UPDATE order_snapshots SET doc = ''".to_owned()),
        ("a deleted snapshot", "DELETE FROM order_snapshots".to_owned()),
        ("a changed policy", "UPDATE policies SET doc = ''".to_owned()),
        ("a deleted policy", "DELETE FROM policies".to_owned()),
        ("a changed anchor", "UPDATE chain_anchors SET proof = ''".to_owned()),
        ("a deleted anchor", "DELETE FROM chain_anchors".to_owned()),
        ("a late line", posting(1, 3, "5")),
        ("a line of no entry", posting(7, 1, "5")),
        ("an unbalanced entry", pair(2, "5", "-4") + &entry(2, 1, "2025-11-11", 2)),
        ("a wrong line count", pair(2, "5", "-5") + &entry(2, 1, "2025-11-11", 3)),
        ("an entry without lines", entry(2, 1, "2025-11-11", 2)),
        ("another currency", pair(2, "5", "-5") + &entry(2, 1, "2025-11-11", 2).replace("EUR", "CHF")),
        ("a gap in the numbers", pair(3, "5", "-5") + &entry(3, 1, "2025-11-11", 2)),
        ("a wrong link", pair(2, "5", "-5") + &entry(2, 9, "2025-11-11", 2)),
        ("an entry in a closed period", pair(2, "5", "-5") + &entry(2, 1, "2025-10-31", 2)),
        ("an entry before a closed period", pair(2, "5", "-5") + &entry(2, 1, "2025-09-30", 2)),
        ("no lines, and no close", entry(2, 1, "2025-11-11", 0)),
        ("a zero line", pair(2, "0", "0") + &entry(2, 1, "2025-11-11", 2)),
        ("an amount in letters", pair(2, "'five'", "-5") + &entry(2, 1, "2025-11-11", 2)),
        ("a period opened again", "UPDATE periods SET status = 'open' WHERE period = '2025-10'".to_owned()),
        ("a deleted period", "DELETE FROM periods".to_owned()),
        ("a reversal of nothing", pair(2, "5", "-5") + &entry(2, 1, "2025-11-11", 2).replace("'post'", "'reverse'")),
    ];
    hostile.extend(hostile_closes());
    hostile.extend(hostile_on(database.engine));
    for (what, sql) in &hostile {
        assert!(database.try_execute(sql).is_err(), "{what} was accepted: {sql}");
    }
    database.execute(&close(2));
    database.execute(&(pair(3, "5", "-5") + &entry(3, 2, "2025-12-11", 2).replace(&format!("'{:064x}'", 2), &link(2))));
});

/// An index of a table, with what the planner of SQLite is told of it.
#[derive(QueryableByName)]
struct Statistics {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    stat: Option<String>,
}

#[test]
fn sqlite_knows_how_a_large_book_is_made_up() {
    let database = TestDatabase::new(Engine::Sqlite).unwrap();
    let opened = database.open();
    let Connection::Sqlite(c) = &mut opened.reader().unwrap() else { unreachable!("it is SQLite") };
    for table in LONG {
        // A table in the order of its key has statistics by its own name.
        let sql = format!(
            "SELECT list.name, (SELECT stat FROM sqlite_stat1 WHERE tbl = '{table}' \
             AND idx IN (list.name, CASE list.origin WHEN 'pk' THEN '{table}' END)) AS stat \
             FROM pragma_index_list('{table}') AS list"
        );
        let indexes: Vec<Statistics> = diesel::sql_query(sql).load(&mut **c).unwrap();
        assert!(!indexes.is_empty(), "{table}");
        for Statistics { name, stat } in indexes {
            let rows = stat.as_deref().and_then(|stat| stat.split(' ').next()?.parse::<u64>().ok());
            assert!(rows.is_some_and(|rows| rows > 0), "{table}, {name}: {stat:?}");
        }
    }
}
