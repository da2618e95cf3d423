//! The entries that lead from what is live to what is wanted: computed alike by settling, which writes them, and by a
//! rebuild, which compares them.

use super::book::Draft;
use super::store::{self, AccountRow, EntryRow, Posted, PostingRow, SnapshotRow};
use super::{Atom, Book, Change, Error, Target, dating, diff};
use crate::db::Connection;

/// Writes the entries that lead from what is live to what is wanted.
pub(super) fn post(
    connection: &mut Connection,
    book: &mut Book,
    policy_id: i32,
    wanted: &Target,
    snapshot: &SnapshotRow,
) -> Result<usize, Error> {
    let posted = store::posted(connection, &book.source, &snapshot.order_id)?;
    let source = book.source.clone();
    let original = |entry_no| Ok(store::entry(connection, &source, entry_no)?);
    let written = entries_of(book, policy_id, wanted, snapshot, &posted, original)?;
    if !written.entries.is_empty() {
        store::insert_entries(connection, &written.accounts, &written.lines, &written.entries)?;
    }
    Ok(written.entries.len())
}

/// The sealed entries that lead from what is live to what is wanted. Settling writes them; a rebuild, which has no
/// journal but the one that it makes, compares them. `original` answers an entry that is to be reversed.
pub(super) fn entries_of(
    book: &mut Book,
    policy_id: i32,
    wanted: &Target,
    snapshot: &SnapshotRow,
    posted: &Posted,
    mut original: impl FnMut(i64) -> Result<(EntryRow, Vec<PostingRow>), Error>,
) -> Result<Written, Error> {
    let mut written = Written::default();
    for change in diff(&posted.live, &wanted.atoms) {
        match change {
            Change::Reverse { key, entry_no, reason } => {
                let (entry, lines) = original(entry_no)?;
                let (at, basis) = dating::reversal(wanted, &entry, reason, snapshot.recorded_at);
                let draft = Draft {
                    kind: "reverse",
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
                written.push(book.seal(&draft, lines.into_iter().map(negated).collect()));
            }
            Change::Post { key, reason } => {
                let Some(atom) = wanted.atoms.get(&key) else { continue };
                let again = posted.ever.contains(&key);
                let (at, basis) = dating::post(atom, again, snapshot);
                let draft = Draft {
                    event_type: atom.event_type,
                    atom_key: &key,
                    atom_hash: &atom.hash(),
                    reason,
                    currency: atom.currency.code(),
                    effective_at: at,
                    effective_basis: basis,
                    ..draft_of(policy_id, snapshot)
                };
                written.take_accounts(&book.source, atom);
                written.push(book.seal(&draft, lines_of(atom)));
            }
        }
    }
    Ok(written)
}

/// Entries before they are written.
#[derive(Default)]
pub(super) struct Written {
    accounts: Vec<AccountRow>,
    /// Of all entries, in their order.
    pub(super) lines: Vec<PostingRow>,
    pub(super) entries: Vec<EntryRow>,
}

impl Written {
    fn push(&mut self, (entry, lines): (EntryRow, Vec<PostingRow>)) {
        self.entries.push(entry);
        self.lines.extend(lines);
    }

    fn take_accounts(&mut self, source: &str, atom: &Atom) {
        for line in &atom.lines {
            let code = line.account.to_string();
            if !self.accounts.iter().any(|account| account.code == code) {
                let (kind, vat_bp) = (line.account.kind(), line.account.vat_bp());
                self.accounts.push(AccountRow { source: source.to_owned(), code, kind, vat_bp });
            }
        }
    }
}

fn draft_of(policy_id: i32, snapshot: &SnapshotRow) -> Draft<'_> {
    Draft {
        kind: "post",
        event_type: "",
        order_id: Some(&snapshot.order_id),
        policy_id,
        snapshot_no: Some(snapshot.snapshot_no),
        posting_key: None,
        atom_key: "",
        atom_hash: "",
        reverses_no: None,
        reason: "",
        currency: "",
        effective_at: snapshot.recorded_at,
        effective_basis: "receipt",
        recorded_at: snapshot.recorded_at,
        inbox_event_id: snapshot.inbox_event_id,
    }
}

/// The exact opposite: every measure is negated, every dimension kept.
pub(super) fn negated(line: PostingRow) -> PostingRow {
    PostingRow {
        amount_minor: -line.amount_minor,
        tax_base_minor: line.tax_base_minor.map(|base| -base),
        qty: line.qty.map(|qty| -qty),
        ..line
    }
}

fn lines_of(atom: &Atom) -> Vec<PostingRow> {
    let row = |line: &super::Line| {
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
            item_kind: about.item_kind.to_owned(),
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
