//! What of a file is new, and whether the books can take it.

use std::collections::BTreeMap;

use super::{Booking, File, ImportError, Mistake, Sum, read, store};
use crate::clock::Timestamp;
use crate::config::Source;
use crate::db::Connection;
use crate::ledger::chain;
use crate::money;

/// What of a file is new.
pub(super) struct Plan {
    pub(super) new: Vec<Booking>,
    pub(super) already: usize,
    pub(super) sums: Vec<Sum>,
}

pub(super) fn plan(
    connection: &mut Connection,
    source: &Source,
    file: &File,
    now: Timestamp,
) -> Result<Plan, ImportError> {
    let today = now.local_date(source.timezone);
    let (bookings, mut mistakes) = read(file.kind, &file.bytes, today);
    if file.opened_on.is_some_and(|day| day > today) {
        mistakes.push(Mistake::new(1, "the booking day of the opening stock is in the future"));
    }
    let (new, already) = new_ones(connection, &source.name, bookings, &mut mistakes)?;
    check_orders(connection, &source.name, &new, &mut mistakes)?;
    check_vouchers(connection, &source.name, &new, &mut mistakes)?;
    let sums = sums(&new, &mut mistakes);
    if mistakes.is_empty() {
        return Ok(Plan { new, already, sums });
    }
    mistakes.sort();
    Err(ImportError::Mistakes(mistakes))
}

/// Those that were never imported, and how many were.
fn new_ones(
    connection: &mut Connection,
    source: &str,
    bookings: Vec<Booking>,
    mistakes: &mut Vec<Mistake>,
) -> Result<(Vec<Booking>, usize), ImportError> {
    let keys: Vec<String> = bookings.iter().map(|booking| posting_key(source, &booking.key)).collect();
    let known = store::posted(connection, source, &keys)?;
    let (mut new, mut already) = (Vec::new(), 0);
    for (booking, key) in bookings.into_iter().zip(keys) {
        match known.get(&key) {
            None => new.push(booking),
            Some((_, hash)) if *hash == booking.hash() => already += 1,
            Some((entry_no, _)) => mistakes.push(Mistake::new(
                booking.line,
                format!(
                    "its reference was imported before, as entry {entry_no}, with other content; reverse that entry \
                     and use a new reference"
                ),
            )),
        }
    }
    Ok((new, already))
}

/// A reference is posted once, whatever file it comes in.
pub(super) fn posting_key(source: &str, key: &str) -> String {
    chain::posting_key(source, "", 0, key, "manual")
}

fn check_orders(
    connection: &mut Connection,
    source: &str,
    new: &[Booking],
    mistakes: &mut Vec<Mistake>,
) -> Result<(), ImportError> {
    let named: Vec<&str> = new.iter().filter_map(|booking| booking.order_id.as_deref()).collect();
    let known = store::known_orders(connection, source, &named)?;
    for booking in new {
        if let Some(order_id) = booking.order_id.as_ref().filter(|order_id| !known.contains(*order_id)) {
            mistakes.push(Mistake::new(booking.line, format!("source {source} has no order {order_id}")));
        }
    }
    Ok(())
}

fn check_vouchers(
    connection: &mut Connection,
    source: &str,
    new: &[Booking],
    mistakes: &mut Vec<Mistake>,
) -> Result<(), ImportError> {
    for booking in new {
        let Some(voucher) = &booking.voucher else { continue };
        let origin = store::voucher_origin(connection, source, voucher.class, &voucher.voucher_id)?;
        if let Some(origin) = origin.filter(|origin| origin != "unknown") {
            let what = format!("voucher {} is in the books already, by {origin}", voucher.voucher_id);
            mistakes.push(Mistake::new(booking.line, what));
        }
    }
    Ok(())
}

fn sums(new: &[Booking], mistakes: &mut Vec<Mistake>) -> Vec<Sum> {
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for booking in new {
        for (account, line) in &booking.lines {
            let sum = sums.entry((line.currency.clone(), account.to_string())).or_default();
            match money::sum([*sum, line.amount_minor]) {
                Ok(total) => *sum = total,
                Err(overflow) => mistakes.push(Mistake::new(booking.line, overflow.to_string())),
            }
        }
    }
    let sum = |((currency, account), amount_minor)| Sum { currency, account, amount_minor };
    sums.into_iter().map(sum).collect()
}
