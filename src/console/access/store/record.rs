//! The statements about the record of what people do in the console.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::config::Role;
use crate::db::schema::console_audit;
use crate::db::{Connection, Result};
use crate::on_engine;

/// Rows of the record on one page.
const PAGE: i64 = 50;

/// A line of the record.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(crate) struct Record {
    pub(crate) id: i64,
    pub(crate) at: Timestamp,
    pub(crate) actor: String,
    pub(crate) role: Option<String>,
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) address: String,
    pub(crate) action_key: Option<String>,
    pub(crate) outcome: String,
    pub(crate) result: String,
    /// How often, of what was refused.
    pub(crate) times: i64,
    /// The last path, of several that were refused.
    pub(crate) last_subject: Option<String>,
}

/// What is about to be recorded.
#[derive(Clone, Debug)]
pub struct NewRecord<'a> {
    pub at: Timestamp,
    pub actor: &'a str,
    pub role: Option<Role>,
    pub action: &'a str,
    pub subject: &'a str,
    pub address: &'a str,
    pub action_key: Option<&'a str>,
    pub outcome: &'a str,
    pub result: &'a str,
}

/// Records something and answers its number; `None` when an action with its key is recorded already.
///
/// # Errors
/// When the statement fails.
pub fn record(connection: &mut Connection, new: &NewRecord<'_>) -> Result<Option<i64>> {
    let values = (
        console_audit::at.eq(new.at),
        console_audit::actor.eq(new.actor),
        console_audit::role.eq(new.role.map(Role::as_str)),
        console_audit::action.eq(new.action),
        console_audit::subject.eq(new.subject),
        console_audit::address.eq(new.address),
        console_audit::action_key.eq(new.action_key),
        console_audit::outcome.eq(new.outcome),
        console_audit::result.eq(new.result),
    );
    Ok(on_engine!(connection, |c| {
        diesel::insert_into(console_audit::table)
            .values(values)
            .on_conflict_do_nothing()
            .returning(console_audit::id)
            .get_result(c)
            .optional()
    })?)
}

/// Writes down how often something was refused, and the last path if it is not the first.
pub(crate) fn refused_times(connection: &mut Connection, id: i64, times: i64, last: Option<&str>) -> Result<()> {
    let line = console_audit::table.find(id).filter(console_audit::times.lt(times));
    let changes = (console_audit::times.eq(times), last.map(|last| console_audit::last_subject.eq(Some(last))));
    on_engine!(connection, |c| diesel::update(line).set(changes).execute(c))?;
    Ok(())
}

/// Writes down how an action ended.
pub(crate) fn finish_record(connection: &mut Connection, id: i64, outcome: &str, result: &str) -> Result<()> {
    let running = console_audit::table.find(id).filter(console_audit::outcome.eq("running"));
    let changes = (console_audit::outcome.eq(outcome), console_audit::result.eq(result));
    on_engine!(connection, |c| diesel::update(running).set(changes).execute(c))?;
    Ok(())
}

/// The action of a form.
pub(crate) fn record_of(connection: &mut Connection, action_key: &str) -> Result<Option<Record>> {
    let query = console_audit::table.filter(console_audit::action_key.eq(action_key));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// Lines of the record before a number, the newest first; the last is one too many if there are more.
pub(crate) fn records(connection: &mut Connection, before: Option<i64>) -> Result<Vec<Record>> {
    let query = console_audit::table
        .filter(console_audit::id.lt(before.unwrap_or(i64::MAX)))
        .order(console_audit::id.desc())
        .limit(PAGE + 1);
    Ok(on_engine!(connection, |c| query.load(c))?)
}
