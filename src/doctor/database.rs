//! The database: there, up to date, whole and durable.

use secrecy::ExposeSecret as _;

use super::{Check, store};
use crate::config::Config;
use crate::db::{Database, Result, Role, pending_migrations};

/// Opens the database without touching it. `None` when it cannot be looked into, or is not up to date.
pub(super) fn open(config: &Config, skip_integrity: bool, checks: &mut Vec<Check>) -> Option<Database> {
    if let Some(file) = config.database_file()
        && !file.exists()
    {
        let text = format!("there is no {}", file.display());
        let to_do = "start `ticketledger serve` to create it; a relative path starts at the current folder";
        checks.push(Check::failed("database", text, to_do));
        return None;
    }
    let opened = Database::open(config.database_url.expose_secret(), Role::Visitor);
    let database = match opened {
        Ok(database) => database,
        Err(error) => {
            let to_do = "check that the server runs and that database.url is correct";
            checks.push(Check::failed("database", error.to_string(), to_do));
            return None;
        }
    };
    let engine = if database.is_embedded() { "SQLite" } else { "PostgreSQL" };
    checks.push(Check::ok("database", format!("{engine} answers")));
    let current = match pending_migrations(&database) {
        Ok(0) => {
            checks.push(Check::ok("migrations", "the schema is up to date"));
            true
        }
        Ok(missing) => {
            let to_do = "restart the daemon, which applies them; until then some checks are skipped";
            checks.push(Check::failed("migrations", format!("{missing} not applied"), to_do));
            false
        }
        Err(error) => {
            checks.push(Check::failed("migrations", error.to_string(), "check the database's log"));
            false
        }
    };
    if current {
        checks.push(made(&database));
    }
    match durability(&database) {
        Ok(found) => checks.extend(found),
        Err(error) => checks.push(Check::failed("durability", error.to_string(), "check the database's log")),
    }
    if !(skip_integrity && database.is_embedded()) {
        checks.push(integrity(&database));
    }
    current.then_some(database)
}

/// When the database was made: an empty one where there were books before is a volume that is not mounted.
fn made(database: &Database) -> Check {
    let found = database.reader().and_then(|mut connection| store::made_at(&mut connection));
    match found {
        Ok((made_at, true)) => Check::ok("made", format!("the database was made at {made_at}")),
        Ok((made_at, false)) => Check::ok(
            "made",
            format!(
                "the database was made at {made_at} and is empty; if there were books before, stop the daemon and \
                 check that the volume is mounted and database.url is correct"
            ),
        ),
        Err(error) => Check::failed("made", error.to_string(), "check the database's log"),
    }
}

fn durability(database: &Database) -> Result<Vec<Check>> {
    let settings = store::durability(&mut database.reader()?)?;
    let check = |(name, value, allowed): (&str, String, &[&str])| {
        if allowed.contains(&value.as_str()) {
            return Check::ok("durability", format!("{name} is {value}"));
        }
        let to_do =
            format!("set it to {}; otherwise a power failure can lose an acknowledged webhook", allowed.join(" or "));
        Check::failed("durability", format!("{name} is {value}"), to_do)
    };
    Ok(settings.into_iter().map(check).collect())
}

fn integrity(database: &Database) -> Check {
    let found = database.reader().and_then(|mut connection| store::integrity(&mut connection));
    match (found, database.is_embedded()) {
        (Ok(None), _) => Check::ok("integrity", "no damage found"),
        (Ok(Some(text)), true) => {
            Check::failed("integrity", text, "stop the daemon, keep a copy of the files, and restore the last backup")
        }
        (Ok(Some(text)), false) => {
            Check::warning("integrity", text, "disk corruption would go unnoticed; enable checksums with pg_checksums")
        }
        (Err(error), _) => {
            Check::failed("integrity", error.to_string(), "keep a copy of the files, and restore the last backup")
        }
    }
}
