//! The entries that lead from what is live to what is wanted: computed alike by settling, which writes them, and by a
//! rebuild, which compares them.

use super::book::Draft;
use super::standing::{Full, Standing};
use super::store::{AccountRow, EntryRow, PostingRow, SnapshotRow};
use super::{Account, Atom, Book, Change, Error, Target, dating, diff};
use crate::db::Connection;

/// Posts the entries that lead from what is live to what is wanted. Answers how many.
pub(super) fn post(
    connection: &mut Connection,
    book: &mut Book,
    policy_id: i32,
    wanted: &Target,
    snapshot: &SnapshotRow,
) -> Result<usize, Error> {
    let mut standing = book.desk.take_standing(connection, &snapshot.order_id)?;
    let written = entries_of(book, policy_id, wanted, snapshot, &standing)?;
    standing.remember(&written);
    book.desk.put_standing(connection, &snapshot.order_id, standing)?;
    let count = written.entries.len();
    if count > 0 {
        book.desk.save_entries(connection, written)?;
    }
    Ok(count)
}

/// The sealed entries that lead from what is live to what is wanted. Settling writes them; a rebuild, which has no
/// journal but the one that it makes, compares them.
pub(super) fn entries_of(
    book: &mut Book,
    policy_id: i32,
    wanted: &Target,
    snapshot: &SnapshotRow,
    standing: &Standing,
) -> Result<Written, Error> {
    let mut written = Written::default();
    for change in diff(standing.live(), &wanted.atoms) {
        match change {
            Change::Reverse { key, entry_no, reason } => {
                let (entry, lines) = standing.original(entry_no)?;
                let (at, basis) = dating::reversal(wanted, entry, reason, snapshot.recorded_at);
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
                written.push(book.seal(&draft, lines.iter().cloned().map(negated).collect()));
            }
            Change::Post { key, reason, hash } => {
                let Some(atom) = wanted.atoms.get(&key) else { continue };
                let (at, basis) = dating::post(atom, standing.was_posted(&key), snapshot);
                let draft = Draft {
                    event_type: atom.event_type,
                    atom_key: &key,
                    atom_hash: &hash,
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
    pub(super) accounts: Vec<AccountRow>,
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

    /// The entries, each with its lines.
    pub(super) fn into_full(self) -> Vec<Full> {
        let mut lines = self.lines.into_iter().peekable();
        let with_lines = |entry: EntryRow| {
            let mut own = Vec::new();
            while let Some(line) = lines.next_if(|line| line.entry_no == entry.entry_no) {
                own.push(line);
            }
            (entry, own)
        };
        self.entries.into_iter().map(with_lines).collect()
    }

    /// Each entry with its lines.
    pub(super) fn full(&self) -> impl Iterator<Item = (&EntryRow, &[PostingRow])> {
        let mut rest = self.lines.as_slice();
        self.entries.iter().map(move |entry| {
            let own = rest.iter().take_while(|line| line.entry_no == entry.entry_no).count();
            let (lines, others) = rest.split_at(own);
            rest = others;
            (entry, lines)
        })
    }

    /// Every line on a receivable, with its entry.
    pub(super) fn receivable_lines(&self) -> impl Iterator<Item = (&EntryRow, &PostingRow)> {
        let receivable = Account::Receivable.to_string();
        self.full()
            .flat_map(|(entry, lines)| lines.iter().map(move |line| (entry, line)))
            .filter(move |(_, line)| line.account_code == receivable)
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
