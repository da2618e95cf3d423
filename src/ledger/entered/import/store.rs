//! The statements of imports and manual entries. None opens a transaction.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use sha2::{Digest as _, Sha256};

use super::OpeningVoucher;
use crate::clock::Timestamp;
use crate::db::schema::{inbox_events, journal_entries, orders, vouchers};
use crate::db::{Connection, Result};
use crate::inbox::{Entity, State};
use crate::ledger::batch::current_state::{PartState, VoucherOrigin};
use crate::ledger::book::EntryKind;
use crate::ledger::posting::StoredValueKey;
use crate::on_engine;

/// Rows in one statement: PostgreSQL takes 65,535 values at most.
pub(super) const PART: usize = 500;

/// Entry and content of those keys that are posted.
pub(super) fn posted(
    connection: &mut Connection,
    source: &str,
    keys: &[String],
) -> Result<BTreeMap<String, (i64, String)>> {
    let mut posted = BTreeMap::new();
    for part in keys.chunks(PART) {
        let rows: Vec<(String, i64, String)> = on_engine!(connection, |c| journal_entries::table
            .filter(journal_entries::source.eq(source))
            .filter(journal_entries::posting_key.eq_any(part))
            .select((journal_entries::posting_key, journal_entries::entry_no, journal_entries::atom_hash))
            .load(c))?;
        posted.extend(rows.into_iter().map(|(key, entry_no, hash)| (key, (entry_no, hash))));
    }
    Ok(posted)
}

/// Those of the orders that the source has.
pub(super) fn known_orders(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<BTreeSet<String>> {
    let mut known = BTreeSet::new();
    for part in ids.chunks(PART) {
        let rows: Vec<String> = on_engine!(connection, |c| orders::table
            .filter(orders::source.eq(source))
            .filter(orders::order_id.eq_any(part))
            .select(orders::order_id)
            .load(c))?;
        known.extend(rows);
    }
    Ok(known)
}

/// Where a voucher or flex ticket comes from; `None` when it was never named.
pub(super) fn voucher_origin(
    connection: &mut Connection,
    source: &str,
    voucher: &StoredValueKey,
) -> Result<Option<VoucherOrigin>> {
    Ok(on_engine!(connection, |c| vouchers::table
        .find((source, voucher.class, &voucher.id))
        .select(vouchers::origin)
        .first(c)
        .optional())?)
}

/// Makes an imported voucher known.
pub(super) fn save_voucher(connection: &mut Connection, source: &str, voucher: &OpeningVoucher) -> Result<()> {
    let facts = (
        vouchers::regime.eq(voucher.regime),
        vouchers::origin.eq(VoucherOrigin::Import),
        vouchers::state.eq(PartState::Live),
        vouchers::face_minor.eq(Some(voucher.value_minor)),
        vouchers::currency.eq(Some(voucher.currency.code())),
        vouchers::vat_bp.eq(Some(voucher.vat_bp)),
        vouchers::code_sha256.eq(voucher.code_sha256.as_deref()),
        vouchers::code_last4.eq(voucher.code_last4.as_deref()),
        vouchers::issued_on.eq(voucher.sold_on),
        vouchers::expires_on.eq(voucher.expires_on),
    );
    let key = (
        vouchers::source.eq(source),
        vouchers::class.eq(voucher.class),
        vouchers::voucher_id.eq(voucher.voucher_id.as_str()),
    );
    on_engine!(connection, |c| diesel::insert_into(vouchers::table)
        .values((key, facts))
        .on_conflict((vouchers::source, vouchers::class, vouchers::voucher_id))
        .do_update()
        .set(facts)
        .execute(c))?;
    Ok(())
}

/// Forgets an imported voucher. An order that redeems it names it anew, without saying where it is from.
pub(super) fn forget_voucher(connection: &mut Connection, source: &str, voucher: &StoredValueKey) -> Result<()> {
    let known = vouchers::table.find((source, voucher.class, &voucher.id));
    let imported = known.filter(vouchers::origin.eq(VoucherOrigin::Import));
    on_engine!(connection, |c| diesel::delete(imported).execute(c))?;
    Ok(())
}

/// Kind of an entry; `None` when there is no such entry.
pub(super) fn kind_of(connection: &mut Connection, source: &str, entry_no: i64) -> Result<Option<EntryKind>> {
    Ok(on_engine!(connection, |c| journal_entries::table
        .find((source, entry_no))
        .select(journal_entries::kind)
        .first(c)
        .optional())?)
}

/// The entry that reverses another.
pub(super) fn reversed_by(connection: &mut Connection, source: &str, entry_no: i64) -> Result<Option<i64>> {
    Ok(on_engine!(connection, |c| journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::reverses_no.eq(entry_no))
        .select(journal_entries::entry_no)
        .first(c)
        .optional())?)
}

/// What a person or a sweep did, as an event of the inbox.
pub(in crate::ledger) struct EnteredEvent<'a> {
    pub(in crate::ledger) source: &'a str,
    pub(in crate::ledger) kind: &'static str,
    pub(in crate::ledger) entity: Entity,
    pub(in crate::ledger) headers: String,
    pub(in crate::ledger) body: Vec<u8>,
}

/// Stores an event that is done already, and answers its number.
pub(in crate::ledger) fn insert_event(
    connection: &mut Connection,
    event: EnteredEvent<'_>,
    now: Timestamp,
) -> Result<i64> {
    let row = (
        inbox_events::source.eq(event.source),
        inbox_events::kind.eq(event.kind),
        inbox_events::entity.eq(Some(event.entity.to_string())),
        inbox_events::received_at.eq(now),
        inbox_events::method.eq("IMPORT"),
        inbox_events::content_type.eq(Some(if event.kind == "import" { "text/csv" } else { "application/json" })),
        inbox_events::headers.eq(event.headers),
        inbox_events::body_sha256.eq(hex::encode(Sha256::digest(&event.body))),
        inbox_events::body.eq(Some(event.body)),
        inbox_events::state.eq(State::Done),
        inbox_events::attempts.eq(0),
        inbox_events::due_at.eq(now),
        inbox_events::finished_at.eq(Some(now)),
    );
    let insert = diesel::insert_into(inbox_events::table).values(row).returning(inbox_events::id);
    Ok(match connection {
        Connection::Postgres(c) => insert.get_result(&mut **c)?,
        Connection::Sqlite(c) => insert.get_result(&mut **c)?,
    })
}
