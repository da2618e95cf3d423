//! What the commands do with users and tokens, each in one transaction with its record.

use super::names::is_name;
use super::store::{self, NewRecord, NewToken, User};
use super::{hash, random_token, sha256, suits};
use crate::clock::{Clock, Timestamp};
use crate::config::Role;
use crate::db::{Connection, Database, Result};
use crate::report::format::printable;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{0}")]
    Weak(#[from] super::Weak),
    #[error(
        "the user name `{}` is not possible: it has 1 to 64 characters, which are letters, digits and . _ - @ +, such \
         as anna or anna@example.com; a letter with an accent must be one character",
        printable(.0)
    )]
    Name(String),
    #[error("there is a user `{0}` already; `ticketledger user password {0}` sets another password")]
    Taken(String),
    #[error("there is no user `{0}`; `ticketledger user list` shows them")]
    Unknown(String),
    #[error("the token would have a higher role than its user `{0}`")]
    Role(String),
    #[error(transparent)]
    Database(#[from] crate::db::Error),
    #[error("{0}")]
    System(#[from] anyhow::Error),
}

/// A token that was just made; its secret is known only here.
pub struct MadeToken {
    pub id: i64,
    pub secret: String,
    pub expires_at: Timestamp,
}

/// A user, whose name may be written in another case.
fn known(connection: &mut Connection, name: &str) -> std::result::Result<User, Refused> {
    store::user(connection, name)?.ok_or_else(|| Refused::Unknown(name.to_owned()))
}

fn record(connection: &mut Connection, at: Timestamp, actor: &str, action: &str, subject: &str) -> Result<()> {
    let new = NewRecord {
        at,
        actor,
        role: None,
        action,
        subject,
        address: "",
        action_key: None,
        outcome: "done",
        result: "{}",
    };
    store::record(connection, &new).map(|_| ())
}

/// Adds a user.
///
/// # Errors
/// When the name or the password is not taken, or the database refuses.
pub fn add(
    database: &Database,
    clock: &Clock,
    actor: &str,
    name: &str,
    role: Role,
    password: &str,
) -> std::result::Result<(), Refused> {
    if !is_name(name) {
        return Err(Refused::Name(name.chars().take(64).collect()));
    }
    suits(name, password)?;
    let now = clock.now();
    let user = User { name: name.to_owned(), role, password_hash: hash(password)?, created_at: now, changed_at: now };
    database.transaction("add user", |connection| {
        if !store::add_user(connection, &user)? {
            let taken = store::user(connection, name)?.map_or_else(|| name.to_owned(), |user| user.name);
            return Err(Refused::Taken(taken));
        }
        Ok(record(connection, now, actor, "user_add", &format!("user:{name} role={}", role.as_str()))?)
    })
}

fn change(
    database: &Database,
    clock: &Clock,
    actor: &str,
    name: &str,
    (role, password_hash): (Option<Role>, Option<String>),
) -> std::result::Result<(), Refused> {
    let now = clock.now();
    database.transaction("change user", |connection| {
        let name = &known(connection, name)?.name;
        store::change_user(connection, name, role, password_hash.as_deref(), now)?;
        let what = role.map_or("password", Role::as_str);
        Ok(record(connection, now, actor, "user_change", &format!("user:{name} {what}"))?)
    })
}

/// Sets another password, and signs the user out everywhere.
///
/// # Errors
/// When there is no such user, the password is not taken, or the database refuses.
pub fn set_password(
    database: &Database,
    clock: &Clock,
    actor: &str,
    name: &str,
    password: &str,
) -> std::result::Result<(), Refused> {
    suits(name, password)?;
    change(database, clock, actor, name, (None, Some(hash(password)?)))
}

/// Gives another role, and signs the user out everywhere.
///
/// # Errors
/// When there is no such user, or the database refuses.
pub fn set_role(
    database: &Database,
    clock: &Clock,
    actor: &str,
    name: &str,
    role: Role,
) -> std::result::Result<(), Refused> {
    change(database, clock, actor, name, (Some(role), None))
}

/// Takes a user away with sessions and tokens.
///
/// # Errors
/// When there is no such user, or the database refuses.
pub fn remove(database: &Database, clock: &Clock, actor: &str, name: &str) -> std::result::Result<(), Refused> {
    let now = clock.now();
    database.transaction("remove user", |connection| {
        let name = &known(connection, name)?.name;
        store::remove_user(connection, name)?;
        Ok(record(connection, now, actor, "user_remove", &format!("user:{name}"))?)
    })
}

/// Makes a token with which a program reads the console as this user.
///
/// # Errors
/// When there is no such user, the role is above his, or the database refuses.
pub fn add_token(
    database: &Database,
    clock: &Clock,
    actor: &str,
    name: &str,
    label: &str,
    role: Role,
    days: i64,
) -> std::result::Result<MadeToken, Refused> {
    let secret = format!("tl_{}", random_token().map_err(|error| Refused::System(error.into()))?);
    let now = clock.now();
    let expires_at = now.plus_milliseconds(days.saturating_mul(86_400_000));
    let mut token = NewToken {
        token_sha256: sha256(&secret),
        user_name: String::new(),
        label: label.chars().filter(|c| !c.is_control()).take(64).collect(),
        role: role.as_str().to_owned(),
        created_at: now,
        expires_at,
    };
    let id = database.transaction("add token", |connection| {
        let user = known(connection, name)?;
        if role > user.role {
            return Err(Refused::Role(user.name));
        }
        let name = user.name.as_str();
        name.clone_into(&mut token.user_name);
        let id = store::add_token(connection, &token)?;
        record(connection, now, actor, "token_add", &format!("user:{name} token:{id} role={}", role.as_str()))?;
        Ok::<_, Refused>(id)
    })?;
    Ok(MadeToken { id, secret, expires_at })
}

/// Takes a token away; false when the user has none of this number.
///
/// # Errors
/// When the database refuses.
pub fn remove_token(
    database: &Database,
    clock: &Clock,
    actor: &str,
    name: &str,
    id: i64,
) -> std::result::Result<bool, Refused> {
    let now = clock.now();
    database.transaction("remove token", |connection| {
        let Some(user) = store::user(connection, name)? else { return Ok(false) };
        let name = user.name.as_str();
        let removed = store::remove_token(connection, name, id)?;
        if removed {
            record(connection, now, actor, "token_remove", &format!("user:{name} token:{id}"))?;
        }
        Ok(removed)
    })
}
