//! The clock: the days and months of the books hang on it.

use super::{Check, store};
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::db::{Database, Result};
use crate::inbox::store as inbox;

/// A difference that says something is wrong, in milliseconds.
const WARNING_MILLISECONDS: i64 = 5_000;
/// A difference that puts deliveries on wrong days, and tokens out of time.
const FAILED_MILLISECONDS: i64 = 60_000;
const TO_DO: &str = "synchronise the clock: `timedatectl set-ntp true`";

/// Whether it is a time at which this program can run.
pub(super) fn sane(clock: &Clock) -> Check {
    let now = clock.now();
    let year = chrono::Datelike::year(&now.utc());
    if (2026..2100).contains(&year) {
        return Check::ok("clock", format!("it is {now}"));
    }
    Check::failed("clock", format!("it is {now}, which cannot be right"), TO_DO)
}

/// Beside the clock of a PostgreSQL server.
pub(super) fn beside_server(database: &Database, clock: &Clock) -> Option<Check> {
    let asked = database.reader().and_then(|mut connection| {
        let server = store::server_clock(&mut connection)?;
        Ok(server.map(|server| (server, clock.now())))
    });
    match asked {
        Ok(answer) => answer.map(|(server, now)| beside("the database server's", server, now, 0)),
        Err(error) => Some(Check::failed("clock", error.to_string(), "check the database's log")),
    }
}

/// Beside another clock, which is exact to so many milliseconds.
pub(super) fn beside(whose: &str, other: Timestamp, now: Timestamp, exact_to: i64) -> Check {
    let ahead = now.milliseconds_since(other);
    let apart = ahead.abs().saturating_sub(exact_to).max(0);
    let word = if ahead > 0 { "ahead of" } else { "behind" };
    let text = format!("{} s {word} {whose}", ahead.abs() / 1000);
    match apart {
        _ if apart > FAILED_MILLISECONDS => Check::failed("clock", text, TO_DO),
        _ if apart > WARNING_MILLISECONDS => Check::warning("clock", text, TO_DO),
        _ => Check::ok("clock", format!("agrees with {whose}")),
    }
}

/// Rows that are dated in the future: the clock was ahead when they were written, and set right since.
pub(super) fn of_rows(database: &Database, config: &Config, clock: &Clock) -> Check {
    match dated_in_the_future(database, config, clock.now()) {
        Ok(found) if found.is_empty() => Check::ok("dates", "nothing is dated in the future"),
        Ok(found) => Check::warning(
            "dates",
            found.join("; "),
            "the clock was ahead when this was written; the daemon makes waiting webhooks due by itself, and received \
             ones keep the day on which they say they came: look whether it is the right month",
        ),
        Err(error) => Check::failed("dates", error.to_string(), "check the database's log"),
    }
}

fn dated_in_the_future(database: &Database, config: &Config, now: Timestamp) -> Result<Vec<String>> {
    let mut connection = database.reader()?;
    let tolerated = now.plus_milliseconds(FAILED_MILLISECONDS);
    let mut found: Vec<String> = store::latest(&mut connection)?
        .into_iter()
        .filter(|(_, at)| *at > tolerated)
        .map(|(what, at)| format!("{what} at {at}"))
        .collect();
    let bounds = inbox::Bounds::at(now, config.worker.retry_max_milliseconds);
    for source in &config.sources {
        let waiting = inbox::stranded(&mut connection, &source.name, bounds)?.len();
        if waiting > 0 {
            found.push(format!("{waiting} webhook(s) of {} wait for a time beyond any delay", source.name));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn a_difference_is_judged_by_its_size_in_either_direction() {
        let other = Timestamp::parse("2026-03-01T12:00:00Z").expect("an instant");
        for (milliseconds, status) in [
            (0, Status::Ok),
            (6_000, Status::Ok),
            (-6_000, Status::Ok),
            (8_000, Status::Warning),
            (-8_000, Status::Warning),
            (63_000, Status::Failed),
            (-63_000, Status::Failed),
        ] {
            let check = beside("theirs", other, other.plus_milliseconds(milliseconds), 2_000);
            assert_eq!(check.status, status, "{milliseconds}: {}", check.text);
        }
        assert_eq!(sane(&Clock::manual(other)).status, Status::Ok);
        let unset = Timestamp::parse("1970-01-01T00:00:09Z").expect("an instant");
        assert_eq!(sane(&Clock::manual(unset)).status, Status::Failed);
    }
}
