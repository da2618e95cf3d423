//! What of a file is new, what it books, and whether the books can take it.

use std::collections::BTreeMap;

use super::booking::entry_of;
use super::books::Books;
use super::checks::objections;
use super::entry::ManualEntry;
use super::request::{Purpose, Request};
use super::{File, ImportError, Mistake, Sum, read, store};
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::ledger::batch::Orders;
use crate::ledger::book::{EntryKind, KnownSource, PolicyHistory, chain};
use crate::money;

/// What of a file is new.
pub(super) struct ImportPlan {
    pub(super) new: Vec<ManualEntry>,
    pub(super) already: usize,
    pub(super) sums: Vec<Sum>,
    /// What was refused, had nobody said why it is right.
    pub(super) forced: Vec<Mistake>,
}

/// Checks every row before anything is posted. With `force` objections refuse nothing.
pub(super) fn plan(
    connection: &mut Connection,
    policies: &PolicyHistory,
    source: &KnownSource,
    file: &File,
    force: bool,
    now: Timestamp,
) -> Result<ImportPlan, ImportError> {
    let today = now.local_date(source.timezone);
    let (requests, mut mistakes) = read(file.kind, &file.bytes, today);
    if file.opened_on.is_some_and(|day| day > today) {
        mistakes.push(Mistake::new(1, "the booking date of the opening vouchers is in the future"));
    }
    let (requests, already) = new_ones(connection, &source.name, requests, &mut mistakes)?;
    let mut books = Books::read(connection, &mut Orders::empty(&source.name), policies, &requests)?;
    check_openings(connection, &source.name, &requests, &mut mistakes)?;
    let (mut new, mut refused) = (Vec::with_capacity(requests.len()), Vec::new());
    for request in &requests {
        let unknown = request.order_id.as_ref().filter(|order_id| books.order(order_id).is_none());
        if let Some(order_id) = unknown {
            let what = format!("`order_id`: source {} has no order {order_id}", books.source());
            mistakes.push(Mistake::new(request.line, what));
            continue;
        }
        let noon = request.day.and_then(|day| Timestamp::noon_of(day, source.timezone));
        let entry = entry_of(request, &books, policies.policy(policies.at(noon.unwrap_or(now))));
        match entry {
            Err(why) => mistakes.push(Mistake::new(request.line, why)),
            Ok(entry) if entry.lines().len() < 2 => {
                mistakes.push(Mistake::new(request.line, "`amount`: it is all tax; nothing is left to book"));
            }
            Ok(entry) => {
                let said = objections(request, &entry, &books);
                refused.extend(said.into_iter().map(|why| Mistake::new(request.line, why)));
                books.take(&entry);
                new.push(entry);
            }
        }
    }
    let sums = sums(&new, &mut mistakes);
    refused.sort();
    if mistakes.is_empty() && (force || refused.is_empty()) {
        return Ok(ImportPlan { new, already, sums, forced: refused });
    }
    if mistakes.is_empty() {
        return Err(ImportError::Refused(refused));
    }
    mistakes.sort();
    if force || refused.is_empty() {
        return Err(ImportError::Mistakes(mistakes));
    }
    Err(ImportError::MistakesAndRefused { mistakes, refused })
}

/// Those that were never imported, and how many were.
fn new_ones(
    connection: &mut Connection,
    source: &str,
    requests: Vec<Request>,
    mistakes: &mut Vec<Mistake>,
) -> Result<(Vec<Request>, usize), ImportError> {
    let keys: Vec<String> = requests.iter().map(|request| posting_key(source, &request.key)).collect();
    let known = store::posted(connection, source, &keys)?;
    let (mut new, mut already) = (Vec::new(), 0);
    for (request, key) in requests.into_iter().zip(keys) {
        match known.get(&key) {
            None => new.push(request),
            Some((_, hash)) if *hash == request.hash() => already += 1,
            Some((entry_no, _)) => match opened_anew(connection, source, request.clone(), *entry_no)? {
                Opened::Anew(request) => new.push(request),
                Opened::Already => already += 1,
                Opened::Never(entry_no) => mistakes.push(other_content(&request, entry_no)),
            },
        }
    }
    Ok((new, already))
}

enum Opened {
    Anew(Request),
    Already,
    /// This entry stands in the way.
    Never(i64),
}

/// A voucher that was opened with other content and reversed can be opened anew: it has no other reference to take.
fn opened_anew(
    connection: &mut Connection,
    source: &str,
    mut request: Request,
    mut entry_no: i64,
) -> Result<Opened, ImportError> {
    while matches!(request.purpose, Purpose::OpeningVoucher(_))
        && store::reversed_by(connection, source, entry_no)?.is_some()
    {
        request.reversed += 1;
        let key = posting_key(source, &request.posted_as());
        match store::posted(connection, source, std::slice::from_ref(&key))?.remove(&key) {
            None => return Ok(Opened::Anew(request)),
            Some((_, hash)) if hash == request.hash() => return Ok(Opened::Already),
            Some((later_no, _)) => entry_no = later_no,
        }
    }
    Ok(Opened::Never(entry_no))
}

fn other_content(request: &Request, entry_no: i64) -> Mistake {
    let then = match request.purpose {
        Purpose::OpeningVoucher(_) => "reverse that entry first, or correct it with `voucher-correction`",
        _ => "reverse that entry and use a new reference",
    };
    let column = request.reference_column();
    let what = format!("`{column}` was already imported as entry {entry_no} with other content; {then}");
    Mistake::new(request.line, what)
}

/// A reference is posted once, whatever file it comes in.
pub(super) fn posting_key(source: &str, key: &str) -> String {
    chain::posting_key(source, "", 0, key, EntryKind::Manual)
}

/// A voucher that is owed by these books already cannot be opened.
fn check_openings(
    connection: &mut Connection,
    source: &str,
    requests: &[Request],
    mistakes: &mut Vec<Mistake>,
) -> Result<(), ImportError> {
    for request in requests {
        let Purpose::OpeningVoucher(voucher) = &request.purpose else { continue };
        if let Some(origin) = store::owed_since(connection, source, &voucher.key())? {
            let what = format!("`voucher_id`: {} is already in the books, from {origin}", voucher.key());
            mistakes.push(Mistake::new(request.line, what));
        }
    }
    Ok(())
}

fn sums(new: &[ManualEntry], mistakes: &mut Vec<Mistake>) -> Vec<Sum> {
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for entry in new {
        for (account, line) in entry.lines() {
            let sum = sums.entry((line.currency.clone(), account.to_string())).or_default();
            match money::sum([*sum, line.amount_minor]) {
                Ok(total) => *sum = total,
                Err(overflow) => mistakes.push(Mistake::new(entry.line, format!("`amount`: {overflow}"))),
            }
        }
    }
    let sum = |((currency, account), amount_minor)| Sum { currency, account, amount_minor };
    sums.into_iter().map(sum).collect()
}
