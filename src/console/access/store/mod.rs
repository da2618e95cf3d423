//! The statements about users, sessions, tokens, and the record of what they do. None opens a transaction.

mod record;

use diesel::prelude::*;

pub use self::record::{NewRecord, record};
pub(crate) use self::record::{Record, finish_record, record_of, records, refused_times};

use super::names::folded;
use crate::clock::Timestamp;
use crate::config::Role;
use crate::db::schema::{console_keys, console_sessions, console_tokens, console_users};
use crate::db::{Connection, Result};
use crate::on_engine;

fn role(word: &str, of: &str) -> Result<Role> {
    Role::parse(word).ok_or_else(|| {
        crate::db::Error::Inconsistent(format!(
            "`{word}` is not a known role (of {of}); a newer version may have written it"
        ))
    })
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub role: Role,
    pub password_hash: String,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

type UserRow = (String, String, String, Timestamp, Timestamp);

fn user_of((name, word, password_hash, created_at, changed_at): UserRow) -> Result<User> {
    Ok(User { role: role(&word, &name)?, name, password_hash, created_at, changed_at })
}

/// Whether anybody may sign in at all.
pub(crate) fn has_users(connection: &mut Connection) -> Result<bool> {
    let query = console_users::table.select(console_users::name).limit(1);
    let first: Option<String> = on_engine!(connection, |c| query.first(c).optional())?;
    Ok(first.is_some())
}

/// All of them, by name.
///
/// # Errors
/// When the query fails.
pub fn users(connection: &mut Connection) -> Result<Vec<User>> {
    let rows: Vec<UserRow> = on_engine!(connection, |c| console_users::table.order(console_users::name).load(c))?;
    rows.into_iter().map(user_of).collect()
}

/// One of them, however the name is written: `Anna` is `anna`. There are few, so all are looked at; the engines fold
/// the case of English letters only. Of two that were added before their names were one, each is found by its own.
///
/// # Errors
/// When the query fails.
pub fn user(connection: &mut Connection, name: &str) -> Result<Option<User>> {
    let (mut users, wanted) = (users(connection)?, folded(name));
    users.retain(|user| folded(&user.name) == wanted);
    let exact = users.iter().position(|user| user.name == name).unwrap_or(0);
    Ok(users.into_iter().nth(exact))
}

/// Adds a user; false when the name is taken, in whatever case.
///
/// # Errors
/// When the statement fails.
pub fn add_user(connection: &mut Connection, user: &User) -> Result<bool> {
    if self::user(connection, &user.name)?.is_some() {
        return Ok(false);
    }
    let values = (
        console_users::name.eq(&user.name),
        console_users::role.eq(user.role.as_str()),
        console_users::password_hash.eq(&user.password_hash),
        console_users::created_at.eq(user.created_at),
        console_users::changed_at.eq(user.changed_at),
    );
    let added = on_engine!(connection, |c| {
        diesel::insert_into(console_users::table).values(values).on_conflict_do_nothing().execute(c)
    })?;
    Ok(added == 1)
}

/// Sets another role or password, and ends the user's sessions.
///
/// # Errors
/// When a statement fails.
pub fn change_user(
    connection: &mut Connection,
    name: &str,
    role: Option<Role>,
    password_hash: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let user = console_users::table.find(name);
    if let Some(role) = role {
        let changes = (console_users::role.eq(role.as_str()), console_users::changed_at.eq(now));
        on_engine!(connection, |c| diesel::update(user).set(changes).execute(c))?;
    }
    if let Some(hash) = password_hash {
        let changes = (console_users::password_hash.eq(hash), console_users::changed_at.eq(now));
        on_engine!(connection, |c| diesel::update(user).set(changes).execute(c))?;
    }
    end_sessions(connection, name)
}

/// Takes a user away with sessions and tokens; false when there was none.
///
/// # Errors
/// When a statement fails.
pub fn remove_user(connection: &mut Connection, name: &str) -> Result<bool> {
    end_sessions(connection, name)?;
    let tokens = console_tokens::table.filter(console_tokens::user_name.eq(name));
    on_engine!(connection, |c| diesel::delete(tokens).execute(c))?;
    Ok(on_engine!(connection, |c| diesel::delete(console_users::table.find(name)).execute(c))? == 1)
}

fn end_sessions(connection: &mut Connection, name: &str) -> Result<()> {
    let sessions = console_sessions::table.filter(console_sessions::user_name.eq(name));
    on_engine!(connection, |c| diesel::delete(sessions).execute(c))?;
    Ok(())
}

/// A session with the role of its user.
pub(crate) struct Session {
    pub(crate) user_name: String,
    pub(crate) role: Role,
    pub(crate) seen_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

pub(crate) fn session(connection: &mut Connection, token_sha256: &str) -> Result<Option<Session>> {
    let query = console_sessions::table
        .inner_join(console_users::table.on(console_users::name.eq(console_sessions::user_name)))
        .filter(console_sessions::token_sha256.eq(token_sha256))
        .select((console_users::name, console_users::role, console_sessions::seen_at, console_sessions::expires_at));
    let row: Option<(String, String, Timestamp, Timestamp)> = on_engine!(connection, |c| query.first(c).optional())?;
    row.map(|(user_name, word, seen_at, expires_at)| {
        Ok(Session { role: role(&word, &user_name)?, user_name, seen_at, expires_at })
    })
    .transpose()
}

/// A session as it is stored, and as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = console_sessions)]
pub(crate) struct SessionRow {
    pub(crate) token_sha256: String,
    pub(crate) user_name: String,
    pub(crate) created_at: Timestamp,
    pub(crate) seen_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) address: String,
    pub(crate) agent: String,
}

/// Begins a session, and takes away what has expired.
pub(crate) fn begin_session(connection: &mut Connection, row: &SessionRow) -> Result<()> {
    let expired = console_sessions::table.filter(console_sessions::expires_at.le(row.created_at));
    on_engine!(connection, |c| diesel::delete(expired).execute(c))?;
    on_engine!(connection, |c| diesel::insert_into(console_sessions::table).values(row).execute(c))?;
    Ok(())
}

pub(crate) fn see_session(connection: &mut Connection, token_sha256: &str, now: Timestamp) -> Result<()> {
    let seen = diesel::update(console_sessions::table.find(token_sha256)).set(console_sessions::seen_at.eq(now));
    on_engine!(connection, |c| seen.execute(c))?;
    Ok(())
}

pub(crate) fn end_session(connection: &mut Connection, token_sha256: &str) -> Result<()> {
    on_engine!(connection, |c| diesel::delete(console_sessions::table.find(token_sha256)).execute(c))?;
    Ok(())
}

/// Sessions that have not ended, of one user or of all, the last used first.
pub(crate) fn sessions(connection: &mut Connection, name: Option<&str>, now: Timestamp) -> Result<Vec<SessionRow>> {
    let query = console_sessions::table
        .filter(console_sessions::expires_at.gt(now))
        .order(console_sessions::seen_at.desc())
        .limit(200);
    Ok(match name {
        Some(name) => on_engine!(connection, |c| query.filter(console_sessions::user_name.eq(name)).load(c))?,
        None => on_engine!(connection, |c| query.load(c))?,
    })
}

/// A token of a program, with the role that its user has now.
pub(crate) struct Token {
    pub(crate) id: i64,
    pub(crate) user_name: String,
    pub(crate) role: Role,
    pub(crate) user_role: Role,
    pub(crate) expires_at: Timestamp,
    pub(crate) used_at: Option<Timestamp>,
}

pub(crate) fn token(connection: &mut Connection, token_sha256: &str) -> Result<Option<Token>> {
    let query = console_tokens::table
        .inner_join(console_users::table.on(console_users::name.eq(console_tokens::user_name)))
        .filter(console_tokens::token_sha256.eq(token_sha256))
        .select((
            console_tokens::id,
            console_tokens::user_name,
            console_tokens::role,
            console_users::role,
            console_tokens::expires_at,
            console_tokens::used_at,
        ));
    type Row = (i64, String, String, String, Timestamp, Option<Timestamp>);
    let row: Option<Row> = on_engine!(connection, |c| query.first(c).optional())?;
    row.map(|(id, user_name, word, of_user, expires_at, used_at)| {
        let (role, user_role) = (role(&word, &user_name)?, role(&of_user, &user_name)?);
        Ok(Token { id, user_name, role, user_role, expires_at, used_at })
    })
    .transpose()
}

/// A token to be stored.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = console_tokens)]
pub struct NewToken {
    pub token_sha256: String,
    pub user_name: String,
    pub label: String,
    pub role: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Stores a token and answers its number.
///
/// # Errors
/// When the statement fails.
pub fn add_token(connection: &mut Connection, token: &NewToken) -> Result<i64> {
    Ok(on_engine!(connection, |c| {
        diesel::insert_into(console_tokens::table).values(token).returning(console_tokens::id).get_result(c)
    })?)
}

pub(crate) fn see_token(connection: &mut Connection, id: i64, now: Timestamp) -> Result<()> {
    let seen = diesel::update(console_tokens::table.find(id)).set(console_tokens::used_at.eq(Some(now)));
    on_engine!(connection, |c| seen.execute(c))?;
    Ok(())
}

/// A token as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct TokenRow {
    pub id: i64,
    pub user_name: String,
    pub label: String,
    pub role: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// All tokens, by user and number, each with the role that it has now: its own, or that of its user if that is lower.
///
/// # Errors
/// When the query fails, or a stored role is not known.
pub fn tokens(connection: &mut Connection) -> Result<Vec<TokenRow>> {
    let query = console_tokens::table
        .inner_join(console_users::table.on(console_users::name.eq(console_tokens::user_name)))
        .order((console_tokens::user_name, console_tokens::id))
        .select((
            (
                console_tokens::id,
                console_tokens::user_name,
                console_tokens::label,
                console_tokens::role,
                console_tokens::created_at,
                console_tokens::expires_at,
                console_tokens::used_at,
            ),
            console_users::role,
        ));
    let rows: Vec<(TokenRow, String)> = on_engine!(connection, |c| query.load(c))?;
    let limited = |(mut row, of_user): (TokenRow, String)| {
        row.role = role(&row.role, &row.user_name)?.min(role(&of_user, &row.user_name)?).as_str().to_owned();
        Ok(row)
    };
    rows.into_iter().map(limited).collect()
}

/// Takes a token of a user away; false when there is none.
///
/// # Errors
/// When the statement fails.
pub fn remove_token(connection: &mut Connection, name: &str, id: i64) -> Result<bool> {
    let token = console_tokens::table.find(id).filter(console_tokens::user_name.eq(name));
    Ok(on_engine!(connection, |c| diesel::delete(token).execute(c))? == 1)
}

/// The key of forms of this database; `made` becomes it if there is none yet.
pub(crate) fn key_of_forms(connection: &mut Connection, made: &str, now: Timestamp) -> Result<String> {
    let query = console_keys::table.find("forms").select(console_keys::value);
    let known: Option<String> = on_engine!(connection, |c| query.first(c).optional())?;
    if let Some(known) = known {
        return Ok(known);
    }
    let values = (console_keys::purpose.eq("forms"), console_keys::value.eq(made), console_keys::created_at.eq(now));
    on_engine!(connection, |c| {
        diesel::insert_into(console_keys::table).values(values).on_conflict_do_nothing().execute(c)
    })?;
    // Another daemon may have been first.
    Ok(on_engine!(connection, |c| query.first(c))?)
}
