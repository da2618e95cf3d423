//! Instants, and the only caller of the system clock.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use chrono::{
    DateTime, NaiveDate, NaiveDateTime, SecondsFormat, SubsecRound as _, TimeDelta, TimeZone as _, Timelike as _, Utc,
};
use chrono_tz::Tz;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types;
use serde::{Deserialize, Serialize};

/// An instant in UTC with microsecond precision, which both engines store without loss.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow, Serialize, Deserialize,
)]
#[diesel(sql_type = sql_types::Timestamp)]
#[serde(into = "String", try_from = "String")]
pub struct Timestamp(DateTime<Utc>);

/// In a second. chrono writes a leap second as the second before it with more than that.
const NANOSECONDS: u32 = 1_000_000_000;

impl Timestamp {
    /// Truncates the instant to microseconds. A leap second (23:59:60) counts as the second before it: the engines read
    /// it back as different instants, and the second after it may belong to the next year.
    pub fn new(instant: DateTime<Utc>) -> Self {
        let of_second = instant.nanosecond() % NANOSECONDS;
        Self(instant.with_nanosecond(of_second).unwrap_or(instant).trunc_subsecs(6))
    }

    /// Parses RFC 3339 with `Z` or an offset; the offset may lack its colon (`+0200`, as Ticketpark writes it). A time
    /// without an offset is refused: guessing a zone could move money to another month.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
            .ok()
            .map(|instant| Self::new(instant.with_timezone(&Utc)))
    }

    /// Adds milliseconds; saturates at the last representable instant.
    pub fn plus_milliseconds(self, milliseconds: i64) -> Self {
        let later = self.0.checked_add_signed(TimeDelta::milliseconds(milliseconds));
        Self(later.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// Milliseconds from `earlier` to this instant; negative if `earlier` is in fact later.
    pub fn milliseconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).num_milliseconds()
    }

    /// The date of this instant in a time zone: 23:30Z on 30 November is 1 December in Berlin.
    pub fn local_date(self, zone: Tz) -> NaiveDate {
        self.0.with_timezone(&zone).date_naive()
    }

    /// To the minute as the clocks of a time zone show it, in ISO 8601 in every language: `2025-11-30 14:03`.
    pub fn local_minute(self, zone: Tz) -> String {
        self.0.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
    }

    /// The same with the zone: `2025-11-30 14:03 CET`.
    pub fn local_minute_named(self, zone: Tz) -> String {
        self.0.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string()
    }

    /// To the second, with the zone: `2025-11-30 14:03:07 CET`.
    pub fn local_second_named(self, zone: Tz) -> String {
        self.0.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z").to_string()
    }

    /// Noon of a day in a time zone: no daylight saving change moves it to another day.
    pub fn noon_of(day: NaiveDate, zone: Tz) -> Option<Self> {
        let local = day.and_hms_opt(12, 0, 0)?;
        Some(Self::new(zone.from_local_datetime(&local).earliest()?.with_timezone(&Utc)))
    }

    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl From<Timestamp> for String {
    fn from(instant: Timestamp) -> Self {
        instant.to_string()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not an RFC 3339 instant"))
    }
}

impl<DB> ToSql<sql_types::Timestamp, DB> for Timestamp
where
    DB: Backend,
    for<'c> DB: Backend<BindCollector<'c>: diesel::query_builder::BindCollector<'c, DB>>,
    NaiveDateTime: ToSql<sql_types::Timestamp, DB>,
    Self: WriteNaive<DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.write_naive(out)
    }
}

/// How each engine binds a value that is created while it is bound.
pub trait WriteNaive<DB: Backend> {
    /// Writes the instant as the engine's timestamp without a zone.
    fn write_naive<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result;
}

impl WriteNaive<diesel::sqlite::Sqlite> for Timestamp {
    fn write_naive<'b>(&'b self, out: &mut Output<'b, '_, diesel::sqlite::Sqlite>) -> serialize::Result {
        // Diesel's own format, so that a text comparison sorts by time.
        out.set_value(self.0.naive_utc().format("%F %T%.f").to_string());
        Ok(serialize::IsNull::No)
    }
}

impl WriteNaive<diesel::pg::Pg> for Timestamp {
    fn write_naive<'b>(&'b self, out: &mut Output<'b, '_, diesel::pg::Pg>) -> serialize::Result {
        ToSql::<sql_types::Timestamp, diesel::pg::Pg>::to_sql(&self.0.naive_utc(), &mut out.reborrow())
    }
}

impl<DB: Backend> FromSql<sql_types::Timestamp, DB> for Timestamp
where
    NaiveDateTime: FromSql<sql_types::Timestamp, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::new(NaiveDateTime::from_sql(bytes)?.and_utc()))
    }
}

/// A moment of this process, in milliseconds since some moment of its own. It only goes forward, whatever the system's
/// time does when it is set: for deadlines that are kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    /// Adds milliseconds; saturates.
    pub fn plus_milliseconds(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to this moment; negative if `earlier` is in fact later.
    pub fn milliseconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The source of time: the system clock in the daemon, a manual clock in tests.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Stands still until it is advanced.
    Manual(Arc<Mutex<Hands>>),
}

/// What a manual clock shows.
#[derive(Clone, Copy, Debug)]
pub struct Hands {
    now: Timestamp,
    moment: Moment,
}

impl Clock {
    /// A manual clock set to `now`.
    pub fn manual(now: Timestamp) -> Self {
        Self::Manual(Arc::new(Mutex::new(Hands { now, moment: Moment(0) })))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask the system")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::new(Utc::now()),
            Self::Manual(hands) => hands.lock().unwrap_or_else(PoisonError::into_inner).now,
        }
    }

    /// The moment of this process.
    pub fn moment(&self) -> Moment {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        match self {
            Self::System => {
                let passed = FIRST.get_or_init(Instant::now).elapsed();
                Moment(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
            }
            Self::Manual(hands) => hands.lock().unwrap_or_else(PoisonError::into_inner).moment,
        }
    }

    /// Advances a manual clock; does nothing to the system clock.
    pub fn advance_milliseconds(&self, milliseconds: i64) {
        if let Self::Manual(hands) = self {
            let mut hands = hands.lock().unwrap_or_else(PoisonError::into_inner);
            hands.now = hands.now.plus_milliseconds(milliseconds);
            hands.moment = hands.moment.plus_milliseconds(milliseconds);
        }
    }

    /// Sets a manual clock forward or back, as an administrator or a time server does: no time passes by that.
    pub fn set_milliseconds_ahead(&self, milliseconds: i64) {
        if let Self::Manual(hands) = self {
            let mut hands = hands.lock().unwrap_or_else(PoisonError::into_inner);
            hands.now = hands.now.plus_milliseconds(milliseconds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_may_lack_its_colon_but_not_itself() {
        let expected = Timestamp::parse("2019-08-11T10:00:00Z");
        assert!(expected.is_some());
        assert_eq!(Timestamp::parse("2019-08-11T12:00:00+0200"), expected);
        assert_eq!(Timestamp::parse("2019-08-11T12:00:00+02:00"), expected);
        assert_eq!(Timestamp::parse("2019-08-11T12:00:00"), None);
        assert_eq!(Timestamp::parse(""), None);
    }

    #[test]
    fn a_leap_second_keeps_its_day() {
        for (said, kept) in [
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.500Z"),
            ("2017-01-01T00:59:60+0100", "2016-12-31T23:59:59Z"),
            ("2025-11-08T10:30:60Z", "2025-11-08T10:30:59Z"),
        ] {
            assert_eq!(Timestamp::parse(said).map(|at| at.to_string()).as_deref(), Some(kept), "{said}");
        }
    }

    #[test]
    fn the_minute_is_the_local_one_with_its_zone() {
        let at = Timestamp::parse("2025-10-26T01:30:59Z").expect("an instant");
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(at.local_minute(berlin), "2025-10-26 02:30");
        assert_eq!(at.local_minute_named(berlin), "2025-10-26 02:30 CET");
        assert_eq!(at.plus_milliseconds(-999).local_second_named(berlin), "2025-10-26 02:30:58 CET");
        assert_eq!(at.plus_milliseconds(-3_600_000).local_minute_named(berlin), "2025-10-26 02:30 CEST");
    }

    #[test]
    fn the_day_is_the_local_one() {
        let late = Timestamp::parse("2025-11-30T23:30:00Z").map(|t| t.local_date(chrono_tz::Europe::Berlin));
        assert_eq!(late, NaiveDate::from_ymd_opt(2025, 12, 1));
    }
}
