//! The order and its entries, from which the story is told.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use super::names::Names;
use super::store::{self, UnresolvedFinding};
use super::{Length, words};
use crate::clock::Timestamp;
use crate::db::vocabulary::Vocabulary as _;
use crate::db::{self, Connection};
use crate::inbox::{EventId, Origin, origins};
use crate::ledger::Error;
use crate::ledger::batch::current_state;
use crate::ledger::book::{
    EntryKind, EntryReason, EntryRow, ItemKind, PolicyHistory, PostingRow, SnapshotCause, store as journal,
};
use crate::ledger::posting::Snapshot;
use crate::ledger::reading::trace::{self, SnapshotTraced};
use crate::policy::Policy;

/// An entry with its lines, and the entry that undoes it.
pub(super) struct ExplainedEntry {
    pub(super) entry: EntryRow,
    pub(super) kind: EntryKind,
    pub(super) reason: EntryReason,
    pub(super) lines: Vec<PostingRow>,
    pub(super) undone_by: Option<i64>,
    /// When the fact happened that it books. An entry that restates one has a later date itself.
    pub(super) happened_at: Timestamp,
}

/// An order with everything that was booked about it.
pub(super) struct ExplainedOrder {
    pub(super) source: String,
    pub(super) order_id: String,
    pub(super) code: Option<String>,
    pub(super) status: Option<String>,
    pub(super) zone: Tz,
    pub(super) snapshot: Option<Snapshot>,
    pub(super) snapshots: Vec<(SnapshotTraced, SnapshotCause)>,
    /// How the events of the snapshots came, where it was not as a webhook.
    origins: BTreeMap<EventId, Origin>,
    /// In the order of their numbers: the order's own entries, and lines about it in entries of others.
    pub(super) entries: Vec<ExplainedEntry>,
    pub(super) findings: Vec<UnresolvedFinding>,
    /// The policy under which it came in, once there is a snapshot.
    pub(super) policy: Option<Policy>,
    pub(super) names: Names,
    pub(super) length: Length,
}

impl ExplainedOrder {
    pub(super) fn load(
        connection: &mut Connection,
        source: &str,
        order_id: &str,
        length: Length,
    ) -> Result<Self, Error> {
        let row = current_state::order_row(connection, source, order_id)?;
        let zone = store::timezone(connection, source)?.parse().unwrap_or(chrono_tz::UTC);
        let last_no = row.as_ref().and_then(|row| row.last_snapshot_no);
        let snapshot = last_no.map(|no| snapshot(connection, source, order_id, no)).transpose()?;
        let numbers = journal::numbers_of(connection, source, &[order_id])?;
        let mut entries = entries(connection, source, &numbers)?;
        date_payments(&mut entries, order_id, snapshot.as_ref());
        let policies = PolicyHistory::load(connection, source, zone)?;
        let mut names = Names::default();
        if let Some(snapshot) = &snapshot {
            names.add(snapshot, policies.policy(snapshot.policy_id), zone, length);
        }
        // What is gone by now has its name in the snapshot that it was booked from.
        let mut read = BTreeSet::new();
        for booked in &entries {
            let of_order = booked.entry.order_id.as_deref() == Some(order_id);
            let Some(no) = booked.entry.snapshot_no.filter(|_| of_order) else { continue };
            let unknown = booked.lines.iter().any(|line| is_part(&line.line_key) && !names.knows(&line.line_key));
            if unknown && read.insert(no) {
                let earlier = self::snapshot(connection, source, order_id, no)?;
                names.add(&earlier, policies.policy(earlier.policy_id), zone, length);
            }
        }
        let policy = snapshot.as_ref().map(|snapshot| policies.policy(snapshot.policy_id).clone());
        let snapshots = with_causes(trace::store::snapshots_of_order(connection, source, order_id)?)?;
        let events: Vec<EventId> = snapshots.iter().map(|(snapshot, _)| snapshot.inbox_event_id).collect();
        Ok(Self {
            source: source.to_owned(),
            order_id: order_id.to_owned(),
            code: row.as_ref().and_then(|row| row.order_code.clone()),
            status: row.as_ref().and_then(|row| row.status.clone()),
            zone,
            snapshots,
            origins: origins(connection, &events)?,
            findings: store::findings(connection, source, order_id)?,
            snapshot,
            entries,
            policy,
            names,
            length,
        })
    }

    /// Entries of these types that webhooks led to and that no other entry undoes.
    pub(super) fn live<'f>(&'f self, event_types: &'f [&'f str]) -> impl Iterator<Item = &'f ExplainedEntry> {
        self.posted().filter(|booked| event_types.contains(&booked.entry.event_type.as_str()))
    }

    /// Tickets and products that count; their revenue may be released by other entries.
    pub(super) fn sales(&self) -> impl Iterator<Item = &ExplainedEntry> {
        self.posted().filter(|booked| {
            let kind = booked.lines.first().and_then(|line| line.item_kind().ok());
            let sold = matches!(kind, Some(ItemKind::Ticket | ItemKind::Product));
            sold && !booked.entry.event_type.starts_with("release.")
        })
    }

    fn posted(&self) -> impl Iterator<Item = &ExplainedEntry> {
        let ours = |booked: &&ExplainedEntry| booked.entry.snapshot_no.is_some() && booked.kind != EntryKind::Reverse;
        self.entries.iter().filter(ours).filter(|booked| booked.undone_by.is_none())
    }

    /// The moment in the zone of the source.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        at.local_minute(self.zone)
    }

    /// How what an event tells came here: `webhook 12`, `the sweep of 2025-11-11 13:00 (event 12)`.
    pub(super) fn came(&self, event_id: EventId) -> String {
        let origin = self.origins.get(&event_id).cloned().unwrap_or_default();
        origin.noun(event_id, |at| self.moment(at))
    }

    /// The same in general, for what is counted: `webhook`, `find of a sweep`.
    pub(super) fn kind_of(&self, event_id: EventId) -> &'static str {
        match self.origins.get(&event_id) {
            None | Some(Origin::Webhook) => "webhook",
            Some(Origin::Sweep { .. }) => "find of a sweep",
            Some(Origin::Past { .. }) => "order from the import of the past",
            Some(Origin::Import) => "import",
            Some(Origin::Decision) => "decision by the settings",
        }
    }

    pub(super) fn introduction(&self) -> String {
        let code = self.code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
        let Some((first, _)) = self.snapshots.first() else {
            return format!(
                "Order {}{code} of {} was never delivered; it is known because another order names it.",
                self.order_id, self.source
            );
        };
        let header = self.snapshot.as_ref().and_then(|snapshot| snapshot.order.header.as_ref());
        let placed = header.and_then(|header| header.ordered_at);
        let placed = placed.map_or_else(String::new, |at| format!(" It was placed on {}.", self.moment(at)));
        let total = header.and_then(|header| Some((header.total_minor?, header.currency?)));
        let total = total.map_or_else(String::new, |(minor, currency)| {
            format!(" The provider says it comes to {}.", words::money(minor, currency.code()))
        });
        format!(
            "Order {}{code} of {} is {}.{placed} We first heard of it on {}, by {}.{total} Times are those \
             of {}.",
            self.order_id,
            self.source,
            self.status.as_deref().unwrap_or("unknown"),
            self.moment(first.recorded_at),
            self.came(first.inbox_event_id),
            self.zone.name()
        )
    }
}

/// Whether the key names a ticket or a product, which only a snapshot can name in words.
fn is_part(line_key: &str) -> bool {
    line_key.starts_with("participant:") || line_key.starts_with("product:")
}

pub(super) fn snapshot(connection: &mut Connection, source: &str, order_id: &str, no: i64) -> Result<Snapshot, Error> {
    let (doc, _) = journal::snapshot_doc(connection, source, no)?;
    serde_json::from_str(&doc)
        .map_err(|error| Error::Snapshot { order_id: order_id.to_owned(), detail: error.to_string() })
}

/// These entries with their lines, and which of them undoes which.
pub(super) fn entries(connection: &mut Connection, source: &str, numbers: &[i64]) -> db::Result<Vec<ExplainedEntry>> {
    let mut entries = Vec::with_capacity(numbers.len());
    for entry_no in numbers {
        let (entry, lines) = journal::entry(connection, source, *entry_no)?;
        let (kind, reason) = (entry.kind()?, entry.reason()?);
        let happened_at = entry.effective_at;
        entries.push(ExplainedEntry { entry, kind, reason, lines, undone_by: None, happened_at });
    }
    let reversals: BTreeMap<i64, i64> = entries
        .iter()
        .filter_map(|booked: &ExplainedEntry| Some((booked.entry.reverses_no?, booked.entry.entry_no)))
        .collect();
    for booked in &mut entries {
        booked.undone_by = reversals.get(&booked.entry.entry_no).copied();
    }
    date_restated(&mut entries);
    Ok(entries)
}

/// A payment happened when the provider says now.
fn date_payments(entries: &mut [ExplainedEntry], order_id: &str, snapshot: Option<&Snapshot>) {
    let payments = snapshot.iter().flat_map(|snapshot| snapshot.order.payments.iter().flatten());
    let said: BTreeMap<&str, Timestamp> =
        payments.filter_map(|payment| Some((payment.id.as_str(), payment.paid_at?))).collect();
    let own = |booked: &&mut ExplainedEntry| {
        booked.entry.order_id.as_deref() == Some(order_id) && booked.entry.snapshot_no.is_some()
    };
    for booked in entries.iter_mut().filter(own) {
        let id = booked.lines.iter().find_map(|line| line.payment_id.as_deref());
        if let Some(at) = id.and_then(|id| said.get(id)) {
            booked.happened_at = *at;
        }
    }
}

/// What takes the place of an entry that the same snapshot takes back happened when that one did.
fn date_restated(entries: &mut [ExplainedEntry]) {
    let snapshots: BTreeMap<i64, i64> =
        entries.iter().filter_map(|booked| Some((booked.entry.entry_no, booked.entry.snapshot_no?))).collect();
    type Fact = (Option<String>, String, String);
    let mut last: BTreeMap<Fact, (Timestamp, Option<i64>)> = BTreeMap::new();
    for booked in entries.iter_mut().filter(|booked| booked.kind != EntryKind::Reverse) {
        let entry = &booked.entry;
        let key = (entry.order_id.clone(), entry.atom_key.clone(), entry.event_type.clone());
        if let Some((happened_at, Some(undone_in))) = last.get(&key)
            && entry.snapshot_no == Some(*undone_in)
        {
            booked.happened_at = *happened_at;
        }
        let undone_in = booked.undone_by.and_then(|no| snapshots.get(&no).copied());
        last.insert(key, (booked.happened_at, undone_in));
    }
}

fn with_causes(snapshots: Vec<SnapshotTraced>) -> db::Result<Vec<(SnapshotTraced, SnapshotCause)>> {
    let with_cause = |snapshot: SnapshotTraced| {
        let row = format_args!("source {}, snapshot {}", snapshot.source, snapshot.snapshot_no);
        let cause = SnapshotCause::stored(&snapshot.cause, row)?;
        Ok((snapshot, cause))
    };
    snapshots.into_iter().map(with_cause).collect()
}
