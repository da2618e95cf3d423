//! The order and its entries, from which the story is told.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::store::{self, UnresolvedFinding};
use super::words;
use crate::clock::Timestamp;
use crate::db::vocabulary::Vocabulary as _;
use crate::db::{self, Connection};
use crate::ledger::Error;
use crate::ledger::batch::current_state;
use crate::ledger::book::{
    EntryKind, EntryReason, EntryRow, PolicyHistory, PostingRow, SnapshotCause, store as journal,
};
use crate::ledger::posting::{Snapshot, part_key};
use crate::ledger::reading::trace::{self, SnapshotTraced};
use crate::policy::Policy;

/// An entry with its lines, and the entry that undoes it.
pub(super) struct ExplainedEntry {
    pub(super) entry: EntryRow,
    pub(super) kind: EntryKind,
    pub(super) reason: EntryReason,
    pub(super) lines: Vec<PostingRow>,
    pub(super) undone_by: Option<i64>,
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
    /// In the order of their numbers: the order's own entries, and lines about it in entries of others.
    pub(super) entries: Vec<ExplainedEntry>,
    pub(super) findings: Vec<UnresolvedFinding>,
    /// Names of parts, by their line key.
    names: BTreeMap<String, String>,
}

impl ExplainedOrder {
    pub(super) fn load(connection: &mut Connection, source: &str, order_id: &str) -> Result<Self, Error> {
        let row = current_state::order_row(connection, source, order_id)?;
        let zone = store::timezone(connection, source)?.parse().unwrap_or(chrono_tz::UTC);
        let snapshot =
            match row.as_ref().and_then(|row| row.last_snapshot_no) {
                None => None,
                Some(no) => {
                    let (doc, _) = journal::snapshot_doc(connection, source, no)?;
                    Some(serde_json::from_str::<Snapshot>(&doc).map_err(|error| Error::Snapshot {
                        order_id: order_id.to_owned(),
                        detail: error.to_string(),
                    })?)
                }
            };
        let mut entries = Vec::new();
        for entry_no in store::entry_numbers(connection, source, order_id)? {
            let (entry, lines) = journal::entry(connection, source, entry_no)?;
            let (kind, reason) = (entry.kind()?, entry.reason()?);
            entries.push(ExplainedEntry { entry, kind, reason, lines, undone_by: None });
        }
        let reversals: BTreeMap<i64, i64> = entries
            .iter()
            .filter_map(|booked: &ExplainedEntry| Some((booked.entry.reverses_no?, booked.entry.entry_no)))
            .collect();
        for booked in &mut entries {
            booked.undone_by = reversals.get(&booked.entry.entry_no).copied();
        }
        let policies = PolicyHistory::load(connection, source, zone)?;
        let named = |snapshot: &Snapshot| names(snapshot, policies.policy(snapshot.policy_id), zone);
        let names = snapshot.as_ref().map_or_else(BTreeMap::new, named);
        Ok(Self {
            source: source.to_owned(),
            order_id: order_id.to_owned(),
            code: row.as_ref().and_then(|row| row.order_code.clone()),
            status: row.as_ref().and_then(|row| row.status.clone()),
            zone,
            snapshots: with_causes(trace::store::snapshots_of_order(connection, source, order_id)?)?,
            findings: store::findings(connection, source, order_id)?,
            snapshot,
            entries,
            names,
        })
    }

    /// Entries of these types that no other entry undoes.
    pub(super) fn live<'f>(&'f self, event_types: &'f [&'f str]) -> impl Iterator<Item = &'f ExplainedEntry> {
        self.entries.iter().filter(|booked| {
            booked.undone_by.is_none()
                && booked.kind == EntryKind::Post
                && event_types.contains(&booked.entry.event_type.as_str())
        })
    }

    /// What a part is called: `ticket "Tour" on 2025-11-23 (participant p1)`.
    pub(super) fn name(&self, line_key: &str) -> String {
        self.names.get(line_key).cloned().unwrap_or_else(|| line_key.replacen(':', " ", 1))
    }

    /// The moment in the zone of the source.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        at.utc().with_timezone(&self.zone).format("%Y-%m-%d %H:%M").to_string()
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
            "Order {}{code} of {} is {}.{placed} We first heard of it on {}, by webhook {}.{total} Times are those \
             of {}.",
            self.order_id,
            self.source,
            self.status.as_deref().unwrap_or("unknown"),
            self.moment(first.recorded_at),
            first.inbox_event_id,
            self.zone.name()
        )
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

fn names(snapshot: &Snapshot, policy: &Policy, zone: Tz) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for ticket in snapshot.order.tickets.iter().flatten() {
        let title = ticket.title.as_deref().unwrap_or("without a title");
        let day = ticket.starts_at.map_or_else(String::new, |at| format!(" on {}", at.local_date(zone)));
        for who in &ticket.participants {
            let price = who.price_title.as_ref().map_or_else(String::new, |title| format!(", {title}"));
            let name = format!("ticket \"{title}\"{day}{price} (participant {})", who.id);
            names.insert(part_key::participant(&who.id), name);
        }
    }
    let products = snapshot.order.products.as_deref().unwrap_or_default();
    let live = policy.counts_order(snapshot.status());
    let keys = part_key::products(products, |product| live && policy.counts_part(product.status));
    for (product, key) in products.iter().zip(keys) {
        let title = product.title.as_deref().unwrap_or(&product.product_id);
        names.insert(key, format!("product \"{title}\""));
    }
    for flex in snapshot.order.flex_tickets.iter().flatten() {
        let title = flex.title.as_deref().unwrap_or("without a title");
        names.insert(part_key::flex(&flex.id), format!("flex ticket \"{title}\" ({})", flex.id));
    }
    for coupon in snapshot.order.redeemed_coupons.iter().flatten() {
        if let Some(title) = &coupon.title {
            names.insert(format!("coupon:{}", coupon.id), format!("coupon \"{title}\""));
        }
    }
    names.insert("discount:additional".to_owned(), "discount on the whole order".to_owned());
    names
}
