//! Vouchers and flex tickets one by one: where they come from, how they are taxed, what they are worth, how old they
//! are.

mod store;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{Cell, Column, Shown, Table};
use crate::clock::Timestamp;
use crate::db::{Database, Result};
use crate::ledger::book::store::sources;

/// What to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub source: Option<String>,
    /// Only those that were redeemed although nobody told how they were sold.
    pub unknown_origin: bool,
    /// Those that are worth nothing any more, too.
    pub all: bool,
    /// As booked up to this day, which also ends their age.
    pub as_of: NaiveDate,
}

/// Source, class and id.
type Key = (String, String, String);

/// What is known of a voucher beside its postings.
#[derive(diesel::Queryable)]
struct Facts {
    source: String,
    class: String,
    voucher_id: String,
    regime: String,
    origin: String,
    state: String,
    face_minor: Option<i64>,
    vat_bp: Option<i32>,
    purchase_order_id: Option<String>,
    code_last4: Option<String>,
    issued_on: Option<NaiveDate>,
    expires_on: Option<NaiveDate>,
}

/// What the journal says of a voucher, in one currency.
#[derive(diesel::Queryable)]
struct Posted {
    source: String,
    class: String,
    voucher_id: String,
    currency: String,
    issued_minor: i64,
    redeemed_minor: i64,
    issued_at: Option<Timestamp>,
}

/// Reads the list, by source, class, id and currency.
///
/// # Errors
/// When the database cannot be read.
pub fn list(database: &Database, listing: &Listing) -> Result<Table> {
    database.read(|connection| {
        let sources = sources(connection)?;
        let facts: BTreeMap<Key, Facts> = store::facts(connection, listing.source.as_deref())?
            .into_iter()
            .map(|facts| ((facts.source.clone(), facts.class.clone(), facts.voucher_id.clone()), facts))
            .collect();
        let refunds = store::refunds(connection, listing.source.as_deref())?;
        let mut rows = Vec::new();
        for posted in store::posted(connection, listing.source.as_deref(), listing.as_of)? {
            let key = (posted.source.clone(), posted.class.clone(), posted.voucher_id.clone());
            let facts = facts.get(&key);
            let unknown = facts.is_none_or(|facts| facts.origin == "unknown");
            let worthless = posted.issued_minor == posted.redeemed_minor;
            if (listing.unknown_origin && !unknown) || (worthless && !unknown && !listing.all) {
                continue;
            }
            let of_posted = sources.iter().find(|source| source.name == posted.source);
            let zone = of_posted.map_or(chrono_tz::UTC, |source| source.timezone);
            rows.push(row(
                &posted,
                facts,
                refunds.get(&(posted.source.clone(), posted.voucher_id.clone())),
                zone,
                listing.as_of,
            ));
        }
        rows.sort();
        Ok(Table { columns: columns(), rows })
    })
}

fn columns() -> Vec<Column> {
    let column = |(name, shown)| Column { name, shown };
    [
        ("source", Shown::Text),
        ("class", Shown::Text),
        ("voucher_id", Shown::Text),
        ("code_last4", Shown::Text),
        ("origin", Shown::Text),
        ("regime", Shown::Text),
        ("vat_bp", Shown::Rate),
        ("state", Shown::Text),
        ("purchase_order_id", Shown::Text),
        ("refunds_order_id", Shown::Text),
        ("issued_on", Shown::Text),
        ("expires_on", Shown::Text),
        ("age_days", Shown::Count),
        ("age", Shown::Text),
        ("currency", Shown::Text),
        ("face_minor", Shown::Amount),
        ("issued_minor", Shown::Amount),
        ("redeemed_minor", Shown::Amount),
        ("balance_minor", Shown::Amount),
    ]
    .map(column)
    .to_vec()
}

fn row(posted: &Posted, facts: Option<&Facts>, refunds: Option<&String>, zone: Tz, as_of: NaiveDate) -> Vec<Cell> {
    let some = |text: &str| Cell::Text(Some(text.to_owned()));
    let fact = |of: fn(&Facts) -> Option<&str>| Cell::Text(facts.and_then(of).map(str::to_owned));
    let sold_here = posted.issued_at.map(|at| at.local_date(zone));
    let issued_on = facts.and_then(|facts| facts.issued_on).or(sold_here);
    let age_days = issued_on.map(|day| (as_of - day).num_days());
    let day = |day: Option<NaiveDate>| Cell::Text(day.map(|day| day.to_string()));
    vec![
        some(&posted.source),
        some(&posted.class),
        some(&posted.voucher_id),
        fact(|facts| facts.code_last4.as_deref()),
        some(facts.map_or("unknown", |facts| &facts.origin)),
        some(facts.map_or("unknown", |facts| &facts.regime)),
        Cell::Number(facts.and_then(|facts| facts.vat_bp).map(i64::from)),
        fact(|facts| Some(&facts.state)),
        fact(|facts| facts.purchase_order_id.as_deref()),
        Cell::Text(refunds.cloned()),
        day(issued_on),
        day(facts.and_then(|facts| facts.expires_on)),
        Cell::Number(age_days),
        Cell::Text(age_days.map(|days| bucket(days).to_owned())),
        some(&posted.currency),
        Cell::Number(facts.and_then(|facts| facts.face_minor)),
        Cell::Number(Some(posted.issued_minor)),
        Cell::Number(Some(posted.redeemed_minor)),
        Cell::Number(posted.issued_minor.checked_sub(posted.redeemed_minor)),
    ]
}

/// Classes of age, as an ageing report has them.
fn bucket(days: i64) -> &'static str {
    match days {
        ..=30 => "up to 30 days",
        31..=90 => "31 to 90 days",
        91..=365 => "91 to 365 days",
        366..=1096 => "1 to 3 years",
        _ => "over 3 years",
    }
}

#[cfg(test)]
mod tests {
    use super::bucket;

    #[test]
    fn an_age_falls_into_one_class() {
        let ages = [-1, 30, 31, 90, 91, 365, 366, 1096, 1097].map(bucket);
        assert_eq!(
            ages,
            [
                "up to 30 days",
                "up to 30 days",
                "31 to 90 days",
                "31 to 90 days",
                "91 to 365 days",
                "91 to 365 days",
                "1 to 3 years",
                "1 to 3 years",
                "over 3 years"
            ]
        );
    }
}
