//! `ticketledger doctor --probe SOURCE`: what the documentation of a provider leaves open, found out on a live account
//! by reading, and offered as lines of the settings.

mod bookings;
mod orders;

use chrono::TimeDelta;
use secrecy::ExposeSecret as _;

use super::{Check, Status};
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, Source};
use crate::db::{Database, Role};
use crate::provider::Fetched;
use crate::session::{Access, OrdersAccess};

/// More than this between two clocks is told.
const CLOCKS_APART_MILLISECONDS: i64 = 60_000;

/// Asks the API of a source. Stores nothing but a token.
pub async fn probe(config: &Config, source: &Source, clock: &Clock) -> Vec<Check> {
    let failed = |text: String, to_do: &str| vec![Check::failed("probe", text, to_do).of(&source.name)];
    let database = match Database::open(config.database_url.expose_secret(), Role::Command) {
        Ok(database) => database,
        Err(error) => return failed(error.to_string(), "the token is kept in the database; run `ticketledger doctor`"),
    };
    let orders = match OrdersAccess::new(database.clone(), clock.clone(), source) {
        Ok(orders) => orders,
        Err(error) => return failed(error.to_string(), "install the package ca-certificates"),
    };
    let found = match (orders, &source.api) {
        (Some(access), _) => orders::probe(&access, clock).await.map_err(|refusal| refusal.to_string()),
        (None, Some(_)) => match Access::new(database, clock.clone(), source) {
            Ok(access) => bookings::probe(&access, clock).await.map_err(|failure| failure.to_string()),
            Err(error) => Err(error.to_string()),
        },
        (None, None) => {
            return failed("the source has no API in the settings".to_owned(), "add [sources.api]; see docs/sweep.md");
        }
    };
    match found {
        Ok(mut checks) => {
            let sets = |check: &Check| check.status != Status::Ok || check.to_do.starts_with("[sources.sweep]");
            if !checks.iter().any(sets) {
                checks.push(Check::ok("probe", "nothing needs to be set: the usual settings of the sweep fit"));
            }
            checks.into_iter().map(|check| check.of(&source.name)).collect()
        }
        Err(why) => failed(why, "correct it, wait if the provider asks for it, and probe again"),
    }
}

/// Something that was found out.
fn found(text: impl Into<String>) -> Check {
    Check::ok("probe", text)
}

/// Something that was found out, and a line of the settings that follows from it.
fn set(text: impl Into<String>, line: &str) -> Check {
    Check { to_do: format!("[sources.sweep] {line}"), ..found(text) }
}

/// What the account does not show now.
fn open(text: impl Into<String>) -> Check {
    Check { to_do: "the usual settings are right either way; probe again on a busier day".to_owned(), ..found(text) }
}

/// An instant as bookingkit writes it.
fn utc(at: Timestamp) -> String {
    at.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn seconds_later(at: Timestamp, seconds: i64) -> Timestamp {
    at.utc().checked_add_signed(TimeDelta::seconds(seconds)).map_or(at, Timestamp::new)
}

/// Whether the provider's clock is ours, and which headers tell of a rate.
fn headers(answer: &Fetched, now: Timestamp) -> Vec<Check> {
    let mut checks = vec![match answer.served_at {
        None => found("answers have no Date, so the clock of this machine counts"),
        Some(served_at) => {
            let apart = now.milliseconds_since(served_at).abs();
            let text = format!("the provider's clock and ours are {} s apart", apart / 1000);
            match apart > CLOCKS_APART_MILLISECONDS {
                true => Check::warning("probe", text, "let this machine take its time from a time server"),
                false => found(text),
            }
        }
    }];
    let names = answer.headers.keys().map(|name| name.as_str());
    let rates: Vec<&str> = names
        .filter(|name| name.contains("ratelimit") || name.contains("rate-limit") || *name == "retry-after")
        .collect();
    checks.push(match rates.is_empty() {
        true => found("no header tells of a rate"),
        false => found(format!("headers that tell of a rate: {}; keep `rate` below it", rates.join(", "))),
    });
    checks
}
