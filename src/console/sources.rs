//! The sources that a page is about.

use super::fault::Fault;
use super::visit::Visit;
use super::wrong::{Allowed, wrong};
use crate::db::Connection;
use crate::ledger::book::{KnownSource, store};

/// The sources that have a book, and the one that is asked for.
pub(super) struct Sources {
    pub(super) known: Vec<KnownSource>,
    /// By `source=` in the address.
    pub(super) chosen: Option<String>,
}

impl Sources {
    /// With the one that `source=` of an address names.
    ///
    /// # Errors
    /// When there is no such source, or the database cannot be read.
    pub(super) fn read(connection: &mut Connection, asked: Option<&str>) -> Result<Self, Fault> {
        let known = store::sources(connection)?;
        if let Some(asked) = asked.filter(|asked| known.iter().all(|source| source.name != *asked)) {
            return Err(wrong("source", asked, Allowed::one_of(known.into_iter().map(|source| source.name))));
        }
        Ok(Self { known, chosen: asked.map(str::to_owned) })
    }

    /// With the one of a page that is about something of it.
    ///
    /// # Errors
    /// When there is no such source, or the database cannot be read.
    pub(super) fn of(connection: &mut Connection, name: &str) -> Result<Self, Fault> {
        Self::read(connection, Some(name)).map_err(|fault| match fault {
            Fault::Wrong(_) => Fault::NotFound,
            other => other,
        })
    }

    /// The names to look in.
    pub(super) fn names(&self) -> Vec<String> {
        match &self.chosen {
            Some(chosen) => vec![chosen.clone()],
            None => self.known.iter().map(|source| source.name.clone()).collect(),
        }
    }

    /// The zone of a source.
    pub(super) fn zone(&self, name: &str) -> chrono_tz::Tz {
        self.known.iter().find(|source| source.name == name).map_or(chrono_tz::UTC, |source| source.timezone)
    }

    /// The one that is asked for; if none is, and there is only one, that one.
    pub(super) fn single(&self) -> Option<&str> {
        match (&self.chosen, self.known.as_slice()) {
            (Some(chosen), _) => Some(chosen),
            (None, [only]) => Some(&only.name),
            (None, _) => None,
        }
    }

    /// For a select: name, and whether it is chosen.
    pub(super) fn options(&self) -> Vec<(String, bool)> {
        self.known.iter().map(|source| (source.name.clone(), self.chosen.as_ref() == Some(&source.name))).collect()
    }
}

/// `source=` of the address.
pub(super) fn asked(visit: &Visit) -> Option<String> {
    visit.query.get("source").map(str::to_owned)
}
