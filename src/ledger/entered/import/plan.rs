//! What of a file is new, and whether the books can take it.

use std::collections::BTreeMap;

use super::{File, ImportError, ManualEntry, Mistake, Sum, read, store};
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::ledger::batch::current_state::VoucherOrigin;
use crate::ledger::book::{EntryKind, KnownSource, chain};
use crate::money;

/// What of a file is new.
pub(super) struct ImportPlan {
    pub(super) new: Vec<ManualEntry>,
    pub(super) already: usize,
    pub(super) sums: Vec<Sum>,
}

pub(super) fn plan(
    connection: &mut Connection,
    source: &KnownSource,
    file: &File,
    now: Timestamp,
) -> Result<ImportPlan, ImportError> {
    let today = now.local_date(source.timezone);
    let (entries, mut mistakes) = read(file.kind, &file.bytes, today);
    if file.opened_on.is_some_and(|day| day > today) {
        mistakes.push(Mistake::new(1, "the booking date of the opening vouchers is in the future"));
    }
    let (new, already) = new_ones(connection, &source.name, entries, &mut mistakes)?;
    check_orders(connection, &source.name, &new, &mut mistakes)?;
    check_vouchers(connection, &source.name, &new, &mut mistakes)?;
    let sums = sums(&new, &mut mistakes);
    if mistakes.is_empty() {
        return Ok(ImportPlan { new, already, sums });
    }
    mistakes.sort();
    Err(ImportError::Mistakes(mistakes))
}

/// Those that were never imported, and how many were.
fn new_ones(
    connection: &mut Connection,
    source: &str,
    entries: Vec<ManualEntry>,
    mistakes: &mut Vec<Mistake>,
) -> Result<(Vec<ManualEntry>, usize), ImportError> {
    let keys: Vec<String> = entries.iter().map(|entry| posting_key(source, &entry.key)).collect();
    let known = store::posted(connection, source, &keys)?;
    let (mut new, mut already) = (Vec::new(), 0);
    for (entry, key) in entries.into_iter().zip(keys) {
        match known.get(&key) {
            None => new.push(entry),
            Some((_, hash)) if *hash == entry.hash() => already += 1,
            Some((entry_no, _)) => mistakes.push(Mistake::new(
                entry.line,
                format!(
                    "its reference was already imported as entry {entry_no} with other content; reverse that entry \
                     and use a new reference"
                ),
            )),
        }
    }
    Ok((new, already))
}

/// A reference is posted once, whatever file it comes in.
pub(super) fn posting_key(source: &str, key: &str) -> String {
    chain::posting_key(source, "", 0, key, EntryKind::Manual)
}

fn check_orders(
    connection: &mut Connection,
    source: &str,
    new: &[ManualEntry],
    mistakes: &mut Vec<Mistake>,
) -> Result<(), ImportError> {
    let named: Vec<&str> = new.iter().filter_map(|entry| entry.order_id.as_deref()).collect();
    let known = store::known_orders(connection, source, &named)?;
    for entry in new {
        if let Some(order_id) = entry.order_id.as_ref().filter(|order_id| !known.contains(*order_id)) {
            mistakes.push(Mistake::new(entry.line, format!("source {source} has no order {order_id}")));
        }
    }
    Ok(())
}

fn check_vouchers(
    connection: &mut Connection,
    source: &str,
    new: &[ManualEntry],
    mistakes: &mut Vec<Mistake>,
) -> Result<(), ImportError> {
    for entry in new {
        let Some(voucher) = &entry.voucher else { continue };
        let origin = store::voucher_origin(connection, source, &voucher.key())?;
        let may_be_opened = |origin| matches!(origin, VoucherOrigin::Unknown | VoucherOrigin::Opening);
        if let Some(origin) = origin.filter(|origin| !may_be_opened(*origin)) {
            let what = format!("voucher {} is already in the books, from {origin}", voucher.voucher_id);
            mistakes.push(Mistake::new(entry.line, what));
        }
    }
    Ok(())
}

fn sums(new: &[ManualEntry], mistakes: &mut Vec<Mistake>) -> Vec<Sum> {
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for entry in new {
        for (account, line) in &entry.lines {
            let sum = sums.entry((line.currency.clone(), account.to_string())).or_default();
            match money::sum([*sum, line.amount_minor]) {
                Ok(total) => *sum = total,
                Err(overflow) => mistakes.push(Mistake::new(entry.line, overflow.to_string())),
            }
        }
    }
    let sum = |((currency, account), amount_minor)| Sum { currency, account, amount_minor };
    sums.into_iter().map(sum).collect()
}
