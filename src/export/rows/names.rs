//! Codes of orders and titles of events. They are no part of the journal and may change, so each is fixed: the code of
//! an order when it is first exported, the titles with the batch.

use std::collections::{BTreeMap, BTreeSet};

use super::store;
use super::{Error, Line};
use crate::db::{Connection, Database};
use crate::ledger::book::{EntryRow, PostingRow};

/// The names that a batch uses.
pub(in crate::export) struct Names {
    /// Titles by the key of the event.
    titles: BTreeMap<String, String>,
    used: BTreeSet<String>,
    /// Codes by order, of the page that is being read.
    codes: BTreeMap<String, Option<String>>,
    /// Codes that are met for the first time are fixed.
    fix: bool,
}

impl Names {
    /// The names that hold now; codes that are new are fixed when the batch is written, and not for a look.
    pub(in crate::export) fn current(database: &Database, source: &str, fix: bool) -> Result<Self, Error> {
        let titles = store::titles(&mut database.reader()?, source)?.into_iter().collect();
        Ok(Self { titles, used: BTreeSet::new(), codes: BTreeMap::new(), fix })
    }

    /// Of a batch that is written again.
    pub(in crate::export) fn of_batch(titles: BTreeMap<String, String>) -> Self {
        Self { titles, used: BTreeSet::new(), codes: BTreeMap::new(), fix: false }
    }

    /// The titles that were used.
    pub(in crate::export) fn into_used(mut self) -> BTreeMap<String, String> {
        self.titles.retain(|key, _| self.used.contains(key));
        self.titles
    }

    /// Looks up what the entries of a page need.
    pub(super) fn learn(
        &mut self,
        database: &Database,
        connection: &mut Connection,
        entries: &[(EntryRow, Vec<PostingRow>)],
    ) -> Result<(), Error> {
        let of_entry = |(head, lines): &'_ (EntryRow, Vec<PostingRow>)| -> Vec<String> {
            let ids = lines.iter().map(|line| &line.order_id).chain([&head.order_id]);
            ids.flatten().cloned().collect()
        };
        let wanted: BTreeSet<String> = entries.iter().flat_map(of_entry).collect();
        let ids: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let Some((head, _)) = entries.first() else { return Ok(()) };
        let source = head.source.as_str();
        self.codes = store::fixed_codes(connection, source, &ids)?.into_iter().collect();
        let new: Vec<&str> = ids.into_iter().filter(|id| !self.codes.contains_key(*id)).collect();
        if new.is_empty() {
            return Ok(());
        }
        if self.fix {
            let fixed = |connection: &mut Connection| {
                let found: BTreeMap<String, Option<String>> =
                    store::codes(connection, source, &new)?.into_iter().collect();
                // An order that nobody told of has no code, and will have none here.
                let rows: Vec<_> = new.iter().map(|id| (*id, found.get(*id).cloned().flatten())).collect();
                store::fix_codes(connection, source, &rows)?;
                store::fixed_codes(connection, source, &new)
            };
            self.codes.extend(database.transaction("export", fixed)?);
        } else {
            self.codes.extend(store::codes(connection, source, &new)?);
        }
        Ok(())
    }

    /// A line with its names.
    pub(super) fn line(&mut self, head: &EntryRow, row: PostingRow) -> Line {
        let order_id = row.order_id.clone().or_else(|| head.order_id.clone());
        let order_code = order_id.as_ref().and_then(|id| self.codes.get(id).cloned().flatten());
        let event_title = row.event_key.as_ref().and_then(|key| self.titles.get(key)).cloned();
        if let (Some(key), true) = (&row.event_key, event_title.is_some())
            && !self.used.contains(key)
        {
            self.used.insert(key.clone());
        }
        Line { row, order_id, order_code, event_title }
    }
}
