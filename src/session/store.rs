//! The row of `provider_tokens`, and the lock for changing it.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::db::schema::provider_tokens::dsl;
use crate::db::{Connection, Database, Result};
use crate::on_engine;

/// A row with encrypted tokens.
#[derive(Clone, Queryable)]
pub(super) struct Row {
    pub(super) refresh_token_sealed: Vec<u8>,
    pub(super) access_token_sealed: Vec<u8>,
    pub(super) access_expires_at: Timestamp,
    /// Increases by one with each grant.
    pub(super) version: i64,
}

/// The right to ask the provider for tokens: one daemon at a time, so that no refresh token is used twice.
///
/// On PostgreSQL it is an advisory lock, which ends with its connection at the latest. On SQLite there is no lock: a
/// transaction that is open during a request would lock the whole database, which has only one daemon anyway.
pub(super) struct Turn {
    database: Database,
    source: String,
    locked: Option<Connection>,
}

impl Turn {
    /// Waits for the turn.
    pub(super) fn take(database: &Database, source: &str) -> Result<Self> {
        let mut turn = Self { database: database.clone(), source: source.to_owned(), locked: None };
        if !database.is_embedded() {
            let mut connection = database.reader()?;
            if let Connection::Postgres(c) = &mut connection {
                diesel::sql_query("SELECT pg_advisory_lock($1)")
                    .bind::<BigInt, _>(lock_key(source))
                    .execute(&mut **c)?;
            }
            turn.locked = Some(connection);
        }
        Ok(turn)
    }

    /// Reads the stored tokens.
    pub(super) fn load(&mut self) -> Result<Option<Row>> {
        match &mut self.locked {
            Some(connection) => load(connection, &self.source),
            None => load(&mut self.database.reader()?, &self.source),
        }
    }

    /// Stores `row` durably if the stored version is still `base`; otherwise stores nothing and returns false.
    pub(super) fn save(&mut self, row: &Row, base: Option<i64>, now: Timestamp) -> Result<bool> {
        let source = &self.source;
        match &mut self.locked {
            // A single statement is a transaction.
            Some(connection) => save(connection, source, row, base, now),
            None => self.database.transaction("provider tokens", |connection| save(connection, source, row, base, now)),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(Connection::Postgres(c)) = &mut self.locked {
            let unlock = diesel::sql_query("SELECT pg_advisory_unlock($1)").bind::<BigInt, _>(lock_key(&self.source));
            if let Err(error) = unlock.execute(&mut **c) {
                // The connection is broken, and the server releases the lock with it.
                tracing::warn!(source = %self.source, %error, "lost the connection that held the refresh lock");
            }
        }
    }
}

fn load(connection: &mut Connection, source: &str) -> Result<Option<Row>> {
    let columns = (dsl::refresh_token_sealed, dsl::access_token_sealed, dsl::access_expires_at, dsl::version);
    let row = on_engine!(connection, |c| dsl::provider_tokens.find(source).select(columns).first::<Row>(c).optional())?;
    Ok(row)
}

fn save(connection: &mut Connection, source: &str, row: &Row, base: Option<i64>, now: Timestamp) -> Result<bool> {
    let values = (
        dsl::refresh_token_sealed.eq(&row.refresh_token_sealed),
        dsl::access_token_sealed.eq(&row.access_token_sealed),
        dsl::access_expires_at.eq(row.access_expires_at),
        dsl::version.eq(row.version),
        dsl::updated_at.eq(now),
    );
    let changed = on_engine!(connection, |c| match base {
        None => diesel::insert_into(dsl::provider_tokens)
            .values((dsl::source.eq(source), values))
            .on_conflict_do_nothing()
            .execute(c),
        Some(base) =>
            diesel::update(dsl::provider_tokens.find(source).filter(dsl::version.eq(base))).set(values).execute(c),
    })?;
    Ok(changed == 1)
}

/// Advisory locks are numbered; each source has its own.
fn lock_key(source: &str) -> i64 {
    let digest = Sha256::new().chain_update(b"ticketledger provider tokens of ").chain_update(source).finalize();
    digest.iter().take(8).fold(0, |key, byte| (key << 8) | i64::from(*byte))
}
