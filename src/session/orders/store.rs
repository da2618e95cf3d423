//! The row of `api_tokens`: each change is one statement that says what it expects.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::db::schema::api_tokens::dsl;
use crate::db::{Connection, Result};
use crate::on_engine;

/// What is known of the token of a client.
#[derive(Clone, Default, Queryable)]
pub(super) struct Row {
    pub(super) token_sealed: Option<Vec<u8>>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) version: i64,
    pub(super) wait_until: Option<Timestamp>,
}

pub(super) fn load(connection: &mut Connection, client: &str) -> Result<Option<Row>> {
    let columns = (dsl::token_sealed, dsl::expires_at, dsl::version, dsl::wait_until);
    Ok(on_engine!(connection, |c| dsl::api_tokens.find(client).select(columns).first::<Row>(c).optional())?)
}

/// False when somebody else has claimed it, or stored a newer token.
pub(super) fn claim(
    connection: &mut Connection,
    client: &str,
    name: &str,
    version: i64,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    on_engine!(connection, |c| diesel::insert_into(dsl::api_tokens)
        .values((dsl::client_sha256.eq(client), dsl::version.eq(0)))
        .on_conflict_do_nothing()
        .execute(c))?;
    let free = dsl::api_tokens
        .find(client)
        .filter(dsl::version.eq(version))
        .filter(dsl::claimed_until.is_null().or(dsl::claimed_until.le(now)));
    let claim = (dsl::claimed_by.eq(Some(name)), dsl::claimed_until.eq(Some(until)));
    Ok(on_engine!(connection, |c| diesel::update(free).set(claim).execute(c))? == 1)
}

/// Stores a token, whoever has the claim by now: it is the newest, for there is one at a time.
pub(super) fn save(
    connection: &mut Connection,
    client: &str,
    sealed: &[u8],
    expires_at: Timestamp,
    version: i64,
) -> Result<()> {
    let values = (
        dsl::token_sealed.eq(Some(sealed)),
        dsl::expires_at.eq(Some(expires_at)),
        dsl::version.eq(version),
        dsl::claimed_by.eq(None::<String>),
        dsl::claimed_until.eq(None::<Timestamp>),
        dsl::wait_until.eq(None::<Timestamp>),
    );
    on_engine!(connection, |c| diesel::update(dsl::api_tokens.find(client)).set(values).execute(c))?;
    Ok(())
}

/// Nobody has to wait: the token of this version works.
pub(super) fn forget_wait(connection: &mut Connection, client: &str, version: i64) -> Result<()> {
    let row = dsl::api_tokens.find(client).filter(dsl::version.eq(version));
    on_engine!(connection, |c| diesel::update(row).set(dsl::wait_until.eq(None::<Timestamp>)).execute(c))?;
    Ok(())
}

/// Gives a claim back.
pub(super) fn release(
    connection: &mut Connection,
    client: &str,
    name: &str,
    wait_until: Option<Timestamp>,
) -> Result<()> {
    let own = dsl::api_tokens.find(client).filter(dsl::claimed_by.eq(name));
    let values =
        (dsl::claimed_by.eq(None::<String>), dsl::claimed_until.eq(None::<Timestamp>), dsl::wait_until.eq(wait_until));
    on_engine!(connection, |c| diesel::update(own).set(values).execute(c))?;
    Ok(())
}
