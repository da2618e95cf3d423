//! The statements about a role. None opens a transaction.

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text};

use crate::db::{Connection, Error, Result};

/// Properties of an existing role.
#[derive(QueryableByName)]
pub(super) struct Known {
    #[diesel(sql_type = Bool)]
    pub(super) superuser: bool,
    /// Whether it owns anything in the schema of the ledger.
    #[diesel(sql_type = Bool)]
    pub(super) owns: bool,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn postgres(connection: &mut Connection) -> Result<&mut PgConnection> {
    match connection {
        Connection::Postgres(pooled) => Ok(&mut **pooled),
        Connection::Sqlite(_) => Err(Error::Open("SQLite has no roles".to_owned())),
    }
}

pub(super) fn look_up(connection: &mut Connection, role: &str) -> Result<Option<Known>> {
    let query = "SELECT r.rolsuper AS superuser, r.rolname = current_user OR EXISTS (SELECT 1 FROM pg_class c \
         WHERE c.relowner = r.oid AND c.relnamespace = current_schema()::regnamespace) AS owns \
         FROM pg_roles r WHERE r.rolname = $1";
    Ok(diesel::sql_query(query).bind::<Text, _>(role).get_result(postgres(connection)?).optional()?)
}

/// Statements that let a role read exactly `views`, or nothing if there are none. `role` is quoted.
pub(super) fn statements(connection: &mut Connection, role: &str, make: bool, views: &[&str]) -> Result<Vec<String>> {
    let query = "SELECT quote_ident(current_schema()) || '|' || quote_ident(current_database()) AS name";
    let names: Name = diesel::sql_query(query).get_result(postgres(connection)?)?;
    let (schema, database) = names.name.split_once('|').unwrap_or_default();
    let mut statements = Vec::new();
    if make {
        statements.push(format!("CREATE ROLE {role} NOLOGIN"));
    }
    // Revokes earlier rights, such as the one on contacts that the role may no longer see.
    for kind in ["TABLES", "SEQUENCES", "FUNCTIONS"] {
        statements.push(format!("REVOKE ALL ON ALL {kind} IN SCHEMA {schema} FROM {role}"));
    }
    statements.push(format!("REVOKE ALL ON SCHEMA {schema} FROM {role}"));
    statements.push(format!("REVOKE ALL ON DATABASE {database} FROM {role}"));
    if !views.is_empty() {
        statements.push(format!("GRANT CONNECT ON DATABASE {database} TO {role}"));
        statements.push(format!("GRANT USAGE ON SCHEMA {schema} TO {role}"));
        let views: Vec<String> = views.iter().map(|view| format!("{schema}.{view}")).collect();
        statements.push(format!("GRANT SELECT ON {} TO {role}", views.join(", ")));
    }
    Ok(statements)
}

pub(super) fn run(connection: &mut Connection, statement: &str) -> Result<()> {
    diesel::sql_query(statement).execute(postgres(connection)?)?;
    Ok(())
}

/// Tables and views that the role can change by any means, and those not in `views` that it can read.
pub(super) fn excess(connection: &mut Connection, role: &str, views: &[&str]) -> Result<Vec<String>> {
    let query = "SELECT c.relname::text AS name FROM pg_class c \
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
         AND (has_any_column_privilege($1, c.oid, 'SELECT') AND NOT c.relname = ANY ($2) \
             OR has_any_column_privilege($1, c.oid, 'INSERT, UPDATE') \
             OR has_table_privilege($1, c.oid, 'DELETE, TRUNCATE')) \
         ORDER BY c.relname";
    let rows: Vec<Name> =
        diesel::sql_query(query).bind::<Text, _>(role).bind::<Array<Text>, _>(views).load(postgres(connection)?)?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}
