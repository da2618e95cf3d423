//! The statements of the token endpoint and of the readiness check. None opens a transaction.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::db::schema::oauth_tokens;
use crate::db::{Connection, Result};
use crate::on_engine;

/// A token that we issued; only its hash is stored.
#[derive(Clone, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = oauth_tokens)]
pub(super) struct StoredToken {
    pub(super) token_sha256: String,
    pub(super) source: String,
    pub(super) client_id: String,
    pub(super) expires_at: Timestamp,
}

pub(super) fn insert_token(connection: &mut Connection, token: &StoredToken) -> Result<()> {
    on_engine!(connection, |c| diesel::insert_into(oauth_tokens::table).values(token).execute(c))?;
    Ok(())
}

pub(super) fn find_token(connection: &mut Connection, token_sha256: &str) -> Result<Option<StoredToken>> {
    let found = on_engine!(connection, |c| {
        oauth_tokens::table.find(token_sha256).select(StoredToken::as_select()).first(c).optional()
    })?;
    Ok(found)
}

/// Deletes at most `at_most` tokens that expired before `now`.
pub(super) fn delete_expired_tokens(connection: &mut Connection, now: Timestamp, at_most: i64) -> Result<usize> {
    let expired: Vec<String> = on_engine!(connection, |c| {
        oauth_tokens::table
            .filter(oauth_tokens::expires_at.lt(now))
            .order(oauth_tokens::expires_at)
            .limit(at_most)
            .select(oauth_tokens::token_sha256)
            .load(c)
    })?;
    if expired.is_empty() {
        return Ok(0);
    }
    let deleted = on_engine!(connection, |c| {
        diesel::delete(oauth_tokens::table.filter(oauth_tokens::token_sha256.eq_any(&expired))).execute(c)
    })?;
    Ok(deleted)
}
