//! A PostgreSQL server that is not as we need it: refused at the start, with what mends it.

use ticketledger::db::{Database, Role};

use crate::support::cluster;
use crate::support::db::{Engine, TestDatabase};

/// The server, if it is to be tested.
fn server() -> Option<&'static cluster::Cluster> {
    TestDatabase::new(Engine::Postgres)?;
    cluster::running()
}

fn refused(url: &str) -> String {
    Database::open(url, Role::Daemon).map(|_| ()).expect_err("must be refused").to_string()
}

#[test]
fn a_database_that_cannot_hold_every_text_is_refused() {
    let Some(server) = server() else { return };
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = format!("encoded_{}", encoding.to_lowercase());
        let options = format!("ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0");
        cluster::administer(server, &format!("CREATE DATABASE {name} {options}"));
        let said = refused(&server.url(&name));
        cluster::administer(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        for part in [encoding, "createdb --template=template0 --encoding=UTF8"] {
            assert!(said.contains(part), "{said}");
        }
    }
}

#[test]
fn a_role_that_may_not_make_tables_is_told_what_the_owner_types() {
    let Some(server) = server() else { return };
    cluster::administer(server, "DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN");
    cluster::administer(server, "CREATE DATABASE guarded TEMPLATE template0");
    let url = server.url("guarded").replacen("ticketledger@", "guest@", 1);
    let said = refused(&url);
    for part in ["role `guest`", "schema `public` of `guarded`", "GRANT ALL ON SCHEMA public TO \"guest\""] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // What it says to type helps.
    cluster::administer(server, "ALTER DATABASE guarded OWNER TO guest");
    Database::open(&url, Role::Daemon).unwrap();
    cluster::administer(server, "DROP DATABASE guarded WITH (FORCE)");
}
