//! The statements of imports and manual entries. None opens a transaction.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::OpeningVoucher;
use super::books::VoucherBooks;
use crate::clock::Timestamp;
use crate::db::schema::{inbox_events, journal_entries, postings, vouchers};
use crate::db::{Connection, Result};
use crate::hash;
use crate::inbox::{Entity, State};
use crate::ledger::batch::current_state::{PartState, RegimeWord, VoucherOrigin};
use crate::ledger::book::{Account, EntryKind, ItemKind, PostingRow};
use crate::ledger::posting::{StoredValueClass, StoredValueKey};
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

/// What orders sold and what was taken off it, in the order of the entries; their receivables are left out.
pub(super) fn lines_sold(connection: &mut Connection, source: &str, order_id: &str) -> Result<Vec<PostingRow>> {
    const KINDS: [ItemKind; 4] = [ItemKind::Ticket, ItemKind::Product, ItemKind::Discount, ItemKind::PriceReduction];
    Ok(on_engine!(connection, |c| postings::table
        .filter(postings::source.eq(source))
        .filter(postings::order_id.eq(order_id))
        .filter(postings::item_kind.eq_any(KINDS))
        .filter(postings::account_code.ne(Account::RECEIVABLE))
        .order((postings::entry_no, postings::line_no))
        .select(PostingRow::as_select())
        .load(c))?)
}

/// The vouchers and flex tickets with these ids, as far as any order or import told of them.
pub(super) fn vouchers_named(
    connection: &mut Connection,
    source: &str,
    ids: &[&str],
) -> Result<BTreeMap<StoredValueKey, VoucherBooks>> {
    type VoucherColumns = (StoredValueClass, String, RegimeWord, Option<i32>, Option<NaiveDate>);
    let mut named = BTreeMap::new();
    for part in ids.chunks(PART) {
        let rows: Vec<VoucherColumns> = on_engine!(connection, |c| vouchers::table
            .filter(vouchers::source.eq(source))
            .filter(vouchers::voucher_id.eq_any(part))
            .select((vouchers::class, vouchers::voucher_id, vouchers::regime, vouchers::vat_bp, vouchers::expires_on))
            .load(c))?;
        for (class, id, word, vat_bp, expires_on) in rows {
            let voucher = VoucherBooks { regime: word.with_rate(vat_bp), expires_on, worth: BTreeMap::new() };
            named.insert(StoredValueKey { class, id }, voucher);
        }
        for of in worth_of(connection, source, part)? {
            if let Some(voucher) = named.get_mut(&of.key) {
                voucher.worth.insert(of.currency, of.owed_minor);
            }
        }
    }
    Ok(named)
}

/// What we owe on a voucher or flex ticket in one currency.
pub(super) struct Worth {
    pub(super) key: StoredValueKey,
    pub(super) currency: String,
    /// Minor units.
    pub(super) owed_minor: i64,
    /// It was taxed when it was sold, so its VAT is not owed any more.
    pub(super) is_net: bool,
}

/// What we owe on the vouchers and flex tickets with these ids by their liability accounts, by currency.
pub(super) fn worth_of(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<Vec<Worth>> {
    let rows: Vec<(String, String, String, Option<i32>, i64)> = on_engine!(connection, |c| postings::table
        .filter(postings::source.eq(source))
        .filter(postings::voucher_id.eq_any(ids))
        .select((
            postings::voucher_id.assume_not_null(),
            postings::account_code,
            postings::currency,
            postings::vat_bp,
            postings::amount_minor
        ))
        .load(c))?;
    let mut worth: BTreeMap<(StoredValueKey, String), (i64, bool)> = BTreeMap::new();
    for (id, account, currency, vat_bp, amount_minor) in rows {
        if Account::is_stored_value(&account) {
            let class = StoredValueClass::of_account(&account);
            let (owed, is_net) = worth.entry((StoredValueKey { class, id }, currency)).or_default();
            *owed = owed.saturating_sub(amount_minor);
            // On the account of flex tickets only the rate tells a taxed one.
            *is_net |= vat_bp.is_some();
        }
    }
    let worth = worth.into_iter();
    Ok(worth.map(|((key, currency), (owed_minor, is_net))| Worth { key, currency, owed_minor, is_net }).collect())
}

/// Entry that opened an account and is not reversed, by currency and account.
pub(super) fn opened_accounts(connection: &mut Connection, source: &str) -> Result<BTreeMap<(String, String), i64>> {
    let numbers: Vec<i64> = on_engine!(connection, |c| postings::table
        .filter(postings::source.eq(source))
        .filter(postings::account_code.eq(Account::Opening.to_string()))
        .filter(postings::item_kind.eq(ItemKind::OpeningBalance))
        .order(postings::entry_no)
        .select(postings::entry_no)
        .load(c))?;
    let mut opened: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    for part in numbers.chunks(PART) {
        let lines: Vec<(i64, String, String, i64)> = on_engine!(connection, |c| postings::table
            .filter(postings::source.eq(source))
            .filter(postings::entry_no.eq_any(part))
            .filter(postings::account_code.ne(Account::Opening.to_string()))
            .order(postings::entry_no)
            .select((postings::entry_no, postings::currency, postings::account_code, postings::amount_minor))
            .load(c))?;
        for (entry_no, currency, account, amount_minor) in lines {
            let (opener, sum) = opened.entry((currency, account)).or_default();
            if *sum == 0 {
                *opener = entry_no;
            }
            *sum = sum.saturating_add(amount_minor);
        }
    }
    Ok(opened.into_iter().filter(|(_, (_, sum))| *sum != 0).map(|(key, (entry_no, _))| (key, entry_no)).collect())
}

/// Where a voucher or flex ticket comes from that these books owe already; `None` when they do not.
pub(super) fn owed_since(
    connection: &mut Connection,
    source: &str,
    voucher: &StoredValueKey,
) -> Result<Option<VoucherOrigin>> {
    let origin = match voucher_origin(connection, source, voucher)? {
        None | Some(VoucherOrigin::Unknown) => return Ok(None),
        Some(VoucherOrigin::Import) => return Ok(Some(VoucherOrigin::Import)),
        Some(origin) => origin,
    };
    // An order from before the books began names it as sold, and leaves its worth to the opening.
    let issued: Vec<(String, i64)> = on_engine!(connection, |c| postings::table
        .filter(postings::source.eq(source))
        .filter(postings::voucher_id.eq(&voucher.id))
        .filter(postings::item_kind.eq_any([ItemKind::Voucher, ItemKind::RefundVoucher, ItemKind::Flex]))
        .select((postings::account_code, postings::amount_minor))
        .load(c))?;
    let owed = issued.iter().filter(|(account, _)| Account::is_stored_value(account)).map(|(_, minor)| *minor);
    Ok(Some(origin).filter(|_| owed.fold(0_i64, i64::saturating_add) != 0))
}

fn voucher_origin(
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

/// Makes an imported voucher known. What an order says of one that it sold stays; only its days are added.
pub(super) fn save_voucher(connection: &mut Connection, source: &str, voucher: &OpeningVoucher) -> Result<()> {
    let days = (vouchers::issued_on.eq(voucher.sold_on), vouchers::expires_on.eq(voucher.expires_on));
    let stored = voucher_origin(connection, source, &voucher.key())?;
    if matches!(stored, Some(VoucherOrigin::Sale | VoucherOrigin::Refund)) {
        let known = vouchers::table.find((source, voucher.class, &voucher.voucher_id));
        on_engine!(connection, |c| diesel::update(known).set(days).execute(c))?;
        return Ok(());
    }
    let facts = (
        vouchers::regime.eq(voucher.regime),
        vouchers::origin.eq(VoucherOrigin::Import),
        vouchers::state.eq(PartState::Live),
        vouchers::face_minor.eq(Some(voucher.value_minor)),
        vouchers::currency.eq(Some(voucher.currency.code())),
        vouchers::vat_bp.eq(Some(voucher.vat_bp)),
        vouchers::code_sha256.eq(voucher.code_sha256.as_deref()),
        vouchers::code_last4.eq(voucher.code_last4.as_deref()),
        days,
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
        inbox_events::body_sha256.eq(hash::sha256(&event.body)),
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
