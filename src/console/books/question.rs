//! Which state of which books a page shows: source, period, and where the books are cut. All of it stands in the
//! address.

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::clock::Timestamp;
use crate::console::fault::Fault;
use crate::console::inbox::{field_type, local_time};
use crate::console::sources::Sources;
use crate::console::visit::Visit;
use crate::console::wrong::{Allowed, missing, wrong};
use crate::db::Connection;
use crate::ledger::book::Month;
use crate::ledger::totals::{AsOf, Period, Selection, closed_month, kept_months};

/// What is asked for.
pub(super) struct Question {
    pub(super) sources: Sources,
    /// Months with entries, the newest first, each once.
    months: Vec<Month>,
    pub(super) period: Option<Period>,
    /// The choice of the picker: a month, a quarter, a year, `all`, or empty when days are given.
    choice: String,
    from: String,
    to: String,
    pub(super) as_of: AsOf,
    known: String,
    pub(super) as_closed: bool,
}

impl Question {
    /// Reads the query. Without a period, reports are of the newest month that has begun; `by_period` false leaves
    /// that away.
    ///
    /// # Errors
    /// When the query makes no sense, or the database cannot be read.
    pub(super) fn read(connection: &mut Connection, visit: &Asked, by_period: bool) -> Result<Self, Fault> {
        let sources = Sources::read(connection, visit.get("source"))?;
        let kept = kept_months(connection, sources.chosen.as_deref())?;
        let mut months: Vec<Month> = kept.into_iter().map(|(_, month)| month).collect();
        months.dedup();
        // As times are shown on the page.
        let zone = sources.single().map_or(visit.zone, |name| sources.zone(name));
        let (from, to) = (visit.query.day("from")?, visit.query.day("to")?);
        let asked = visit.get("period").unwrap_or_default();
        let (choice, period) = match (asked, from.is_some() || to.is_some()) {
            (_, true) => {
                let first = visit.get("from").unwrap_or_default();
                let period = Period::between(from, to).ok_or_else(|| wrong("from", first, Allowed::NotAfter("to")))?;
                (String::new(), Some(period))
            }
            ("all", _) => ("all".to_owned(), None),
            ("", _) if by_period => {
                let today = Month::of(visit.now.local_date(zone));
                let newest = months.iter().find(|month| **month <= today).or(months.last()).copied();
                (newest.map_or_else(|| "all".to_owned(), |month| month.to_string()), newest.map(Period::from))
            }
            ("", _) => (String::new(), None),
            (text, _) => {
                let period = Period::parse(text).ok_or_else(|| wrong("period", text, Allowed::Period))?;
                (period.to_string(), Some(period))
            }
        };
        let known = visit.get("known").unwrap_or_default().to_owned();
        let recorded_until = visit.query.read("known", Allowed::Time, |text| instant(text, zone))?;
        let as_of = AsOf { recorded_until, booked_until: visit.query.day("booked")?, entries_until: None };
        let as_closed = visit.query.one_of("view", &["closed"])?.is_some();
        if recorded_until.is_some_and(|at| at > visit.now) {
            return Err(wrong("known", &known, Allowed::Past));
        }
        if !by_period && !as_closed && !asked.is_empty() {
            return Err(wrong("period", asked, Allowed::WithView));
        }
        if as_closed && (period.and_then(Period::month).is_none() || !as_of.is_everything()) {
            return Err(wrong("view", "closed", Allowed::ClosedMonth));
        }
        let text = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        Ok(Self { sources, months, period, choice, from: text(from), to: text(to), as_of, known, as_closed })
    }

    /// The one source of a page that shows one book.
    ///
    /// # Errors
    /// When there are several, and none is chosen.
    pub(super) fn one_source(&self) -> Result<&str, Fault> {
        let names = || Allowed::one_of(self.sources.names());
        self.sources.single().ok_or_else(|| missing("source", names()))
    }

    /// The month that is asked for as it was closed.
    pub(super) fn closed_month(&self) -> Option<Month> {
        self.period.and_then(Period::month).filter(|_| self.as_closed)
    }

    /// The lines that count; of a closed month those that its close saw.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn selection<'a>(&self, connection: &mut Connection, source: &'a str) -> Result<Selection<'a>, Fault> {
        let mut as_of = self.as_of;
        if let Some(month) = self.closed_month() {
            let closed = closed_month(connection, source, month).map_err(anyhow::Error::from)?;
            let closed = closed.ok_or(Fault::NotFound)?;
            as_of.entries_until = closed.lines().as_of.entries_until;
        }
        Ok(Selection { source: Some(source), period: self.period, as_of })
    }

    /// What other pages need to show the same: pairs for an address.
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("source", self.sources.chosen.clone().unwrap_or_default()),
            ("period", self.choice.clone()),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("booked", self.as_of.booked_until.map(|day| day.to_string()).unwrap_or_default()),
            ("known", self.known.clone()),
            ("view", if self.as_closed { "closed".to_owned() } else { String::new() }),
        ];
        pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// What is shown, for programs.
    pub(super) fn told(&self) -> serde_json::Value {
        let pairs = self.pairs();
        pairs.into_iter().map(|(name, value)| (name.to_owned(), serde_json::Value::from(value))).collect()
    }

    /// The options of the command for the same.
    pub(super) fn options(&self) -> String {
        let mut options = String::new();
        let mut add = |name: &str, value: &str| options += &format!(" --{name} {value}");
        if !matches!(self.choice.as_str(), "" | "all") {
            add("period", &self.choice);
        }
        if !self.from.is_empty() {
            add("from", &self.from);
        }
        if !self.to.is_empty() {
            add("to", &self.to);
        }
        if let Some(at) = self.as_of.recorded_until {
            add("as-of", &at.to_string());
        }
        if let Some(day) = self.as_of.booked_until {
            add("booked-until", &day.to_string());
        }
        if self.as_closed {
            options += " --as-closed";
        }
        if let Some(source) = &self.sources.chosen {
            options += &format!(" --source {source}");
        }
        options
    }

    /// The form that changes it.
    pub(super) fn picker(&self, has_period: bool) -> Picker {
        let words = |period: &str| (period.to_owned(), period == self.choice);
        let mut quarters: Vec<String> = Vec::new();
        let mut years: Vec<String> = Vec::new();
        for month in &self.months {
            let text = month.to_string();
            let (year, number) = text.split_once('-').unwrap_or((&text, "1"));
            let number: u32 = number.parse().unwrap_or(1);
            quarters.push(format!("{year}-Q{}", number.div_ceil(3)));
            years.push(year.to_owned());
        }
        quarters.dedup();
        years.dedup();
        Picker {
            sources: self.sources.options(),
            months: self.months.iter().map(|month| words(&month.to_string())).collect(),
            quarters: quarters.iter().map(|quarter| words(quarter)).collect(),
            years: years.iter().map(|year| words(year)).collect(),
            is_everything: self.choice == "all" || self.choice.is_empty(),
            is_unlisted: !self.choice.is_empty()
                && self.choice != "all"
                && ![&quarters, &years].iter().any(|list| list.contains(&self.choice))
                && !self.months.iter().any(|month| month.to_string() == self.choice),
            choice: self.choice.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            booked: self.as_of.booked_until.map(|day| day.to_string()).unwrap_or_default(),
            known: self.known.clone(),
            known_type: field_type(&self.known),
            as_closed: self.as_closed,
            is_special: !self.from.is_empty() || !self.to.is_empty() || !self.as_of.is_everything() || self.as_closed,
            has_period,
        }
    }
}

/// The fields of the form that changes a question.
pub(super) struct Picker {
    pub(super) sources: Vec<(String, bool)>,
    pub(super) months: Vec<(String, bool)>,
    pub(super) quarters: Vec<(String, bool)>,
    pub(super) years: Vec<(String, bool)>,
    pub(super) is_everything: bool,
    /// A period without entries, which no list has.
    pub(super) is_unlisted: bool,
    pub(super) choice: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) booked: String,
    pub(super) known: String,
    pub(super) known_type: &'static str,
    pub(super) as_closed: bool,
    /// Something of the second row is chosen.
    pub(super) is_special: bool,
    pub(super) has_period: bool,
}

/// What of a visit a question is read from.
pub(super) struct Asked {
    pub(super) query: crate::console::visit::Fields,
    pub(super) now: Timestamp,
    pub(super) zone: Tz,
}

impl Asked {
    pub(super) fn of(visit: &Visit) -> Self {
        Self { query: visit.query.clone(), now: visit.now, zone: visit.zone }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.query.get(name)
    }
}

/// An instant with its offset, or a local time of a zone.
fn instant(text: &str, zone: Tz) -> Option<Timestamp> {
    if let Some(at) = Timestamp::parse(text) {
        return Some(at);
    }
    local_time(text, zone)
}
