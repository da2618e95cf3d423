//! The only way to undo what a person entered.

use serde::Serialize;

use super::effect::{About, Effect, Standing};
use super::{Sum, opening, origin, reconcile_again, store};
use crate::clock::Timestamp;
use crate::db::{Connection, Database};
use crate::inbox::Entity;
use crate::inbox::operator::{self, Action, ActionKind, Reason};
use crate::ledger::Error;
use crate::ledger::batch::Batch;
use crate::ledger::book::{
    EntryDraft, EntryKind, EntryReason, EntryRow, KnownSource, PostingRow, SealedEntries, chain, negated,
    store as journal,
};
use crate::ledger::posting::StoredValueKey;
use crate::ledger::settle::settle_again;

/// What a reversal did, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reversed {
    /// The entry that is undone.
    pub reverses_no: i64,
    /// The entry that undoes it; `None` when nothing was changed.
    pub entry_no: Option<i64>,
    /// Entries in orders that redeem a voucher which is of unknown origin again.
    pub settled_again: usize,
    /// What the reversal moves.
    pub sums: Vec<Sum>,
    #[serde(flatten)]
    pub effect: Effect,
}

/// Why an entry was not reversed.
#[derive(Debug, thiserror::Error)]
pub enum Irreversible {
    /// There is no such entry.
    #[error("source {0} has no entry {1}")]
    Unknown(String, i64),
    /// A webhook or a close caused it.
    #[error(
        "entry {0} was not posted by a person (its kind is `{1}`); only manual entries can be reversed, and what a \
         webhook caused is corrected by the provider's next webhook"
    )]
    NotManual(i64, EntryKind),
    /// It is undone already.
    #[error("entry {0} was already reversed, by entry {1}")]
    Already(i64, i64),
    /// Nobody says who does it.
    #[error("nothing was changed; name who does it")]
    NoActor,
    /// The books refused.
    #[error(transparent)]
    Ledger(#[from] Error),
}

impl From<crate::db::Error> for Irreversible {
    fn from(error: crate::db::Error) -> Self {
        Self::Ledger(error.into())
    }
}

/// Reverses a manual entry, today. With `dry_run` it only says what that would move.
///
/// # Errors
/// When the entry cannot be reversed, or the books refuse.
pub fn reverse(
    database: &Database,
    source: &KnownSource,
    entry_no: i64,
    reason: &Reason,
    now: Timestamp,
    dry_run: bool,
) -> Result<Reversed, Irreversible> {
    if dry_run {
        let reversed = database.dry_run(|connection| reverse_in(connection, source, entry_no, reason, now))?;
        return Ok(Reversed { entry_no: None, ..reversed });
    }
    if reason.actor.trim().is_empty() {
        return Err(Irreversible::NoActor);
    }
    database.transaction("reverse", |connection| reverse_in(connection, source, entry_no, reason, now))
}

fn reverse_in(
    connection: &mut Connection,
    source: &KnownSource,
    entry_no: i64,
    reason: &Reason,
    now: Timestamp,
) -> Result<Reversed, Irreversible> {
    let mut batch = Batch::open(connection, &source.name, source.timezone)?;
    let (original, lines) = reversible(connection, &source.name, entry_no)?;
    let about = About::stored(connection, &source.name, &original, &lines)?;
    let before = Standing::of(connection, &source.name, &about)?;
    let event_id = store_event(connection, &source.name, entry_no, reason, now)?;
    let draft = draft(&source.name, &original, batch.book.policies.at(now), event_id, now);
    let (entry, lines) = batch.book.seal(&draft, lines.into_iter().map(negated).collect());
    let mut sealed = SealedEntries::default();
    sealed.push((entry.clone(), lines.clone()));
    batch.insert(connection, &sealed)?;
    if let Some(voucher) = opening::opened_by(&original.atom_key) {
        // It has an unknown origin again, and so have its redemptions.
        store::forget_voucher(connection, &batch.book.source, &voucher)?;
    }
    let vouchers: Vec<StoredValueKey> = about.vouchers.iter().cloned().collect();
    let settled_again = settle_again(connection, &mut batch, &vouchers, &origin(event_id, now))?;
    reconcile_again(connection, &mut batch, &about.orders, now)?;
    let what = format!("source={} entry={entry_no} event={event_id}", source.name);
    let kind = ActionKind::Reverse;
    operator::record(connection, &Action { kind, at: now, reason, selection: &what, changed: 1 })?;
    let effect = before.became(&Standing::of(connection, &source.name, &about)?);
    let entry_no = Some(entry.entry_no);
    Ok(Reversed { reverses_no: original.entry_no, entry_no, settled_again, sums: sums(&lines), effect })
}

fn reversible(
    connection: &mut Connection,
    source: &str,
    entry_no: i64,
) -> Result<(EntryRow, Vec<PostingRow>), Irreversible> {
    match store::kind_of(connection, source, entry_no)? {
        None => return Err(Irreversible::Unknown(source.to_owned(), entry_no)),
        Some(kind) if kind != EntryKind::Manual => return Err(Irreversible::NotManual(entry_no, kind)),
        Some(_) => {}
    }
    if let Some(by) = store::reversed_by(connection, source, entry_no)? {
        return Err(Irreversible::Already(entry_no, by));
    }
    Ok(journal::entry(connection, source, entry_no)?)
}

fn store_event(
    connection: &mut Connection,
    source: &str,
    entry_no: i64,
    reason: &Reason,
    now: Timestamp,
) -> Result<i64, crate::db::Error> {
    let event = store::EnteredEvent {
        source,
        kind: "reverse",
        entity: Entity::Entry(entry_no.to_string()),
        headers: serde_json::json!({ "actor": reason.actor, "why": reason.why }).to_string(),
        body: serde_json::json!({ "reverses_no": entry_no }).to_string().into_bytes(),
    };
    store::insert_event(connection, event, now)
}

fn draft<'a>(source: &str, original: &'a EntryRow, policy_id: i32, event_id: i64, now: Timestamp) -> EntryDraft<'a> {
    let once = format!("reverse:{}", original.entry_no);
    EntryDraft {
        kind: EntryKind::Reverse,
        event_type: &original.event_type,
        order_id: original.order_id.as_deref(),
        policy_id,
        snapshot_no: None,
        posting_key: Some(chain::posting_key(source, "", 0, &once, EntryKind::Reverse)),
        atom_key: &original.atom_key,
        atom_hash: &original.atom_hash,
        reverses_no: Some(original.entry_no),
        reason: EntryReason::Manual,
        currency: &original.currency,
        effective_at: now,
        effective_basis: "command",
        recorded_at: now,
        inbox_event_id: event_id,
    }
}

fn sums(lines: &[PostingRow]) -> Vec<Sum> {
    let sum = |line: &PostingRow| Sum {
        currency: line.currency.clone(),
        account: line.account_code.clone(),
        amount_minor: line.amount_minor,
    };
    lines.iter().map(sum).collect()
}
