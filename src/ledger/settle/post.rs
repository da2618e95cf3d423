//! The entries that lead from what is live to what is wanted: computed alike by settling, which writes them, and by a
//! rebuild, which compares them.

use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::batch::{Batch, Posted};
use crate::ledger::book::{Book, EntryDraft, EntryKind, EntryReason, PostingRow, SealedEntries, SnapshotRow, negated};
use crate::ledger::posting::rules::WantedAtoms;
use crate::ledger::posting::{Atom, AtomChange, Line, diff, effective_date};

/// Posts the entries that lead from what is live to what is wanted. Answers how many.
pub(in crate::ledger) fn post(
    connection: &mut Connection,
    batch: &mut Batch,
    policy_id: i32,
    wanted: &WantedAtoms,
    snapshot: &SnapshotRow,
) -> Result<usize, Error> {
    let mut posted = batch.orders.take_posted(connection, &snapshot.order_id)?;
    let sealed = entries_of(&mut batch.book, policy_id, wanted, snapshot, &posted)?;
    posted.remember(&sealed);
    batch.orders.put_posted(connection, &snapshot.order_id, posted)?;
    let count = sealed.entries.len();
    if count > 0 {
        batch.orders.save_entries(connection, sealed)?;
    }
    Ok(count)
}

/// The sealed entries that lead from what is live to what is wanted. Settling writes them; a rebuild, which has no
/// journal but the one that it makes, compares them.
pub(in crate::ledger) fn entries_of(
    book: &mut Book,
    policy_id: i32,
    wanted: &WantedAtoms,
    snapshot: &SnapshotRow,
    posted: &Posted,
) -> Result<SealedEntries, Error> {
    let mut sealed = SealedEntries::default();
    let begins_at = book.policies.begins_at();
    // Nothing is booked before the first day of the book.
    let not_before = |(at, basis)| match begins_at {
        Some(begins_at) if at < begins_at => (begins_at, "books_from"),
        _ => (at, basis),
    };
    for change in diff(posted.live(), &wanted.atoms) {
        match change {
            AtomChange::Reverse { key, entry_no, reason } => {
                let original = posted.original(entry_no)?;
                let (entry, lines) = original;
                let change = wanted.atoms.get(&key).and_then(|atom| effective_date::change(wanted, original, atom));
                let undone = || effective_date::reversal(wanted, entry, &reason, snapshot.recorded_at);
                let (at, basis) = not_before(change.unwrap_or_else(undone));
                let draft = EntryDraft {
                    kind: EntryKind::Reverse,
                    event_type: &entry.event_type,
                    atom_key: &key,
                    atom_hash: &entry.atom_hash,
                    reverses_no: Some(entry_no),
                    reason,
                    currency: &entry.currency,
                    effective_at: at,
                    effective_basis: basis,
                    ..draft_of(policy_id, snapshot)
                };
                sealed.push(book.seal(&draft, lines.iter().cloned().map(negated).collect()));
            }
            AtomChange::Post { key, reason, hash } => {
                let Some(atom) = wanted.atoms.get(&key) else { continue };
                let before = posted.live().get(&key).map(|live| posted.original(live.entry_no)).transpose()?;
                let change = before.and_then(|before| effective_date::change(wanted, before, atom));
                let done = || effective_date::post(atom, posted.was_posted(&key), snapshot);
                let (at, basis) = not_before(change.unwrap_or_else(done));
                let draft = EntryDraft {
                    kind: atom.kind(),
                    event_type: atom.event_type,
                    atom_key: &key,
                    atom_hash: &hash,
                    reason,
                    currency: atom.currency.code(),
                    effective_at: at,
                    effective_basis: basis,
                    ..draft_of(policy_id, snapshot)
                };
                sealed.use_accounts(&book.source, atom.lines.iter().map(|line| &line.account));
                sealed.push(book.seal(&draft, lines_of(atom)));
            }
        }
    }
    Ok(sealed)
}

fn draft_of(policy_id: i32, snapshot: &SnapshotRow) -> EntryDraft<'_> {
    EntryDraft {
        kind: EntryKind::Post,
        event_type: "",
        order_id: Some(&snapshot.order_id),
        policy_id,
        snapshot_no: Some(snapshot.snapshot_no),
        posting_key: None,
        atom_key: "",
        atom_hash: "",
        reverses_no: None,
        reason: EntryReason::New,
        currency: "",
        effective_at: snapshot.recorded_at,
        effective_basis: "receipt",
        recorded_at: snapshot.recorded_at,
        inbox_event_id: snapshot.inbox_event_id,
    }
}

fn lines_of(atom: &Atom) -> Vec<PostingRow> {
    let row = |line: &Line| {
        let about = line.dimensions.clone();
        PostingRow {
            source: String::new(),
            entry_no: 0,
            line_no: 0,
            account_code: line.account.to_string(),
            currency: atom.currency.code().to_owned(),
            amount_minor: line.amount_minor,
            order_id: Some(about.order_id),
            line_key: about.line_key,
            item_kind: about.item_kind.as_str().to_owned(),
            event_id: about.event_id,
            event_key: about.event_key,
            event_date_id: about.event_date_id,
            service_date: about.service_date,
            vat_bp: line.vat_bp,
            tax_base_minor: line.tax_base_minor,
            qty: line.qty,
            payment_id: about.payment_id,
            payment_method: about.payment_method,
            voucher_id: about.voucher_id,
            channel_id: about.channel_id,
        }
    };
    atom.lines.iter().map(row).collect()
}
