//! A role of PostgreSQL that sees the views, tried with a connection of its own.

use diesel::prelude::*;
use ticketledger::maintenance::reader::{CONTACTS, Done, GrantError, RoleChange, RoleName, VIEWS, apply, statements};

use super::traffic;
use crate::support::daemon::TestDaemon;
use crate::support::db::{Engine, TestDatabase};
use crate::support::home::Home;

/// What a role is told when it reads; the server's words for what it may not.
fn reads(database: &TestDatabase, role: &str, sql: &str) -> Result<usize, String> {
    let url = database.url.replace("postgres://ticketledger@", &format!("postgres://{role}@"));
    let mut connection = PgConnection::establish(&url).map_err(|error| error.to_string())?;
    diesel::sql_query(sql).execute(&mut connection).map_err(|error| error.to_string())
}

/// Ends the roles of a test, which belong to the whole server.
struct Roles<'d>(&'d TestDatabase, &'static [&'static str]);

impl Drop for Roles<'_> {
    fn drop(&mut self) {
        for role in self.1 {
            let _ = self.0.try_execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
        }
    }
}

#[tokio::test]
async fn a_reader_sees_the_views_and_nothing_else() {
    let Some(database) = TestDatabase::new(Engine::Postgres) else { return };
    let _roles = Roles(&database, &["bi_reader"]);
    let daemon = TestDaemon::start(&database).await;
    traffic(&daemon).await;
    let role = RoleName::parse("bi_reader").unwrap();
    let grant = |with_contacts| apply(daemon.database(), &role, RoleChange::Grant { with_contacts }).unwrap();
    assert_eq!(grant(false), Done { made: true, views: VIEWS.to_vec(), excess: Vec::new() });
    assert!(reads(&database, "bi_reader", "SELECT 1").unwrap_err().contains("not permitted to log in"));
    database.execute("ALTER ROLE bi_reader LOGIN");

    for view in VIEWS {
        let rows = reads(&database, "bi_reader", &format!("SELECT * FROM {view}")).unwrap();
        // Nothing of the traffic is about a closed month, nor about a voucher.
        let empty = ["v_late_adjustments", "v_rollforward_voucher"].contains(view);
        assert!(rows > 0 || empty, "{view}");
    }
    let tables = daemon.lines(
        "SELECT relname::text AS line FROM pg_class WHERE relnamespace = 'public'::regnamespace \
         AND relkind IN ('r', 'v', 'S') ORDER BY 1",
    );
    assert!(tables.len() > 30, "{tables:?}");
    for table in tables.iter().filter(|table| !VIEWS.contains(&table.as_str())) {
        let refused = reads(&database, "bi_reader", &format!("SELECT * FROM {table}")).unwrap_err();
        assert!(refused.contains("permission denied"), "{table}: {refused}");
    }
    for statement in [
        "SELECT body FROM inbox_events",
        "SELECT name FROM contacts",
        "UPDATE v_trial_balance SET balance_minor = 1",
        "DELETE FROM findings",
        "INSERT INTO operator_actions (action, actor, at, why, filter, events) VALUES ('x', 'x', now(), 'x', 'x', 0)",
        "CREATE TABLE mine (x int)",
        "SELECT nextval('inbox_events_id_seq')",
    ] {
        assert!(reads(&database, "bi_reader", statement).is_err(), "{statement}");
    }

    // Contacts only while they are asked for.
    let customers = format!("SELECT email FROM {CONTACTS}");
    assert!(!grant(true).made);
    assert!(reads(&database, "bi_reader", &customers).unwrap() > 0);
    assert!(reads(&database, "bi_reader", "SELECT email FROM contacts").is_err());
    grant(false);
    assert!(reads(&database, "bi_reader", &customers).is_err());
    assert!(reads(&database, "bi_reader", "SELECT * FROM v_gl").is_ok());

    assert_eq!(apply(daemon.database(), &role, RoleChange::Revoke).unwrap(), Done::default());
    for view in VIEWS {
        assert!(reads(&database, "bi_reader", &format!("SELECT * FROM {view}")).is_err(), "{view}");
    }
    daemon.finish().await;
}

#[test]
fn names_are_quoted_and_those_that_must_keep_their_rights_are_refused() {
    let Some(database) = TestDatabase::new(Engine::Postgres) else { return };
    let odd = "odd \"name\"; DROP TABLE sources; --";
    let _roles = Roles(&database, &["tl_member", "tl_boss"]);
    let opened = database.open();
    let role = RoleName::parse(odd).unwrap();
    assert!(apply(&opened, &role, RoleChange::Grant { with_contacts: false }).unwrap().made);
    let quoted = "\"odd \"\"name\"\"; DROP TABLE sources; --\"";
    assert!(
        statements(&opened, &role, RoleChange::Revoke).unwrap().iter().all(|statement| statement.ends_with(quoted))
    );
    database.execute(&format!("DROP OWNED BY {quoted}; DROP ROLE {quoted}"));
    assert!(matches!(apply(&opened, &role, RoleChange::Revoke), Err(GrantError::Unknown(_))));

    for name in ["", "public", "none", "pg_read_all_data", &"x".repeat(64)] {
        assert!(RoleName::parse(name).is_err(), "{name}");
    }
    let of = |name: &str| apply(&opened, &RoleName::parse(name).unwrap(), RoleChange::Grant { with_contacts: false });
    assert!(matches!(of("ticketledger"), Err(GrantError::Superuser(_))));
    database.execute("CREATE ROLE tl_boss; CREATE TABLE of_boss (x int); ALTER TABLE of_boss OWNER TO tl_boss");
    assert!(matches!(of("tl_boss"), Err(GrantError::Owner(_))));
    // What it may by another role cannot be taken from itself; it is told.
    database.execute("CREATE ROLE tl_member; GRANT pg_read_all_data TO tl_member; GRANT DELETE ON findings TO PUBLIC");
    let excess = of("tl_member").unwrap().excess;
    assert!(excess.contains(&"contacts".to_owned()) && excess.contains(&"findings".to_owned()), "{excess:?}");
    assert!(!excess.contains(&"v_gl".to_owned()));
}

#[test]
fn the_command_shows_grants_and_revokes() {
    let Some(database) = TestDatabase::new(Engine::Postgres) else { return };
    let _roles = Roles(&database, &["tl_cli"]);
    let mut home = Home::new();
    drop(home.database());
    let ended = home.run(&["database", "grant-reader", "tl_cli"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("SQLite has no roles"), "{}", ended.stderr);
    home.set("TICKETLEDGER_DATABASE__URL", &database.url);
    drop(database.open());
    let shown = home.fine(&["database", "grant-reader", "tl_cli", "--dry-run"]);
    assert!(shown.starts_with("CREATE ROLE \"tl_cli\" NOLOGIN;\n"), "{shown}");
    assert!(shown.ends_with("public.v_inbox, public.v_trace TO \"tl_cli\";\n"), "{shown}");
    assert_eq!(home.run(&["database", "grant-reader", "tl_cli", "--revoke"]).code, Some(1), "it was only shown");
    let said = home.fine(&["database", "grant-reader", "tl_cli", "--with-contacts"]);
    assert!(said.contains("v_customers, and nothing else.\nThe role is new and cannot log in."), "{said}");
    assert!(!home.fine(&["database", "grant-reader", "tl_cli"]).contains("The role is new"));
    assert!(home.fine(&["database", "grant-reader", "tl_cli", "--revoke"]).contains("no longer has rights of its own"));
    assert_eq!(home.run(&["database", "grant-reader", "public"]).code, Some(2));
}
