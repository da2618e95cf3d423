//! A price reduction: spread over an order's lines by what is left of their gross, each share at the line's rate.

use super::entry::ManualEntry;
use crate::ledger::book::{Account, ItemKind, PostingRow};
use crate::ledger::posting::{Snapshot, part_key};
use crate::money::{Overflow, split_by_largest_remainder, vat_in_gross};
use crate::policy::Policy;

/// A sold line as the journal has it after discounts and earlier reductions.
pub(super) struct ReducibleLine {
    /// What a report groups by.
    about: PostingRow,
    currency: String,
    /// `None`: undetermined.
    vat_bp: Option<i32>,
    gross_minor: i64,
    vat_minor: i64,
}

/// The lines of an order of which something is left: those of the document in its order, then others by their keys.
/// `posted` are the lines of sales and of what was taken off, receivables left out.
pub(super) fn reducible(snapshot: &Snapshot, policy: &Policy, posted: &[PostingRow]) -> Vec<ReducibleLine> {
    let mut lines: Vec<ReducibleLine> = Vec::new();
    let is_sold =
        |row: &&PostingRow| [ItemKind::Ticket, ItemKind::Product].iter().any(|kind| row.item_kind == kind.as_str());
    // A coupon may stand before the sale that it reduces.
    let (sales, taken_off): (Vec<&PostingRow>, Vec<&PostingRow>) = posted.iter().partition(is_sold);
    for row in sales.iter().chain(&taken_off) {
        let sold = is_sold(row);
        let same = |line: &ReducibleLine| {
            let key = &line.about.line_key;
            let off = || row.line_key.strip_suffix(key.as_str()).is_some_and(|rest| rest.ends_with('@'));
            line.currency == row.currency
                && line.vat_bp == row.vat_bp
                && if sold { row.line_key == *key } else { off() }
        };
        let line = match lines.iter_mut().find(|line| same(line)) {
            Some(line) => line,
            None if sold => {
                let (about, currency, vat_bp) = ((*row).clone(), row.currency.clone(), row.vat_bp);
                lines.push(ReducibleLine { about, currency, vat_bp, gross_minor: 0, vat_minor: 0 });
                let Some(line) = lines.last_mut() else { continue };
                line
            }
            // Rounding of the whole document belongs to no line.
            None => continue,
        };
        line.gross_minor = line.gross_minor.saturating_sub(row.amount_minor);
        if row.account_code.starts_with("liabilities:vat:") {
            line.vat_minor = line.vat_minor.saturating_sub(row.amount_minor);
        }
    }
    lines.retain(|line| line.gross_minor > 0);
    let document = in_document(snapshot, policy);
    let place = |key: &String| document.iter().position(|known| known == key).unwrap_or(document.len());
    lines.sort_by_cached_key(|line| (place(&line.about.line_key), line.about.line_key.clone()));
    lines
}

/// Keys of the lines in the order of the document.
fn in_document(snapshot: &Snapshot, policy: &Policy) -> Vec<String> {
    let participants = snapshot.order.tickets.iter().flatten().flat_map(|ticket| &ticket.participants);
    let products = snapshot.order.products.as_deref().unwrap_or_default();
    let products = part_key::products(products, |product| policy.counts_part(product.status));
    participants.map(|who| part_key::participant(&who.id)).chain(products).collect()
}

/// Adds the lines of a reduction; `Err` says in words why it cannot be.
pub(super) fn spread(
    mut entry: ManualEntry,
    lines: &[ReducibleLine],
    amount_minor: i64,
) -> Result<ManualEntry, String> {
    let code = entry.currency.code();
    let ours: Vec<&ReducibleLine> = lines.iter().filter(|line| line.currency == code).collect();
    let weights: Vec<i64> = ours.iter().map(|line| line.gross_minor).collect();
    let left = crate::money::sum(weights.iter().copied()).map_err(|overflow| overflow.to_string())?;
    if amount_minor > left {
        let left = crate::money::format_minor(left, entry.currency.exponent());
        return Err(format!("only {left} {code} is left of the tickets and products of the order"));
    }
    let shares = split_by_largest_remainder(amount_minor, &weights).map_err(|overflow| overflow.to_string())?;
    for (line, share) in ours.into_iter().zip(shares).filter(|(_, share)| *share > 0) {
        entry = line.reduce(entry, share).map_err(|overflow| overflow.to_string())?;
    }
    Ok(entry)
}

impl ReducibleLine {
    fn reduce(&self, entry: ManualEntry, share: i64) -> Result<ManualEntry, Overflow> {
        let kind = ItemKind::PriceReduction;
        let first = entry.lines().len();
        let vat = match self.vat_bp {
            // A line that is reduced to nothing keeps no tax.
            Some(_) if share == self.gross_minor && self.vat_minor != 0 => self.vat_minor,
            Some(bp) => vat_in_gross(share, bp)?,
            None => 0,
        };
        let mut entry = entry.line(Account::Receivable, kind, -share);
        match self.vat_bp {
            None => entry = entry.line(Account::VatUndetermined, kind, share),
            Some(bp) => {
                let net = share.checked_sub(vat).ok_or(Overflow)?;
                entry = entry.line_at(bp, None, Account::IncomeDiscount, kind, net);
                entry = entry.line_at(bp, Some(net), Account::Vat(bp), kind, vat);
            }
        }
        for row in entry.rows_from(first) {
            row.line_key = format!("{}@{}", row.line_key, self.about.line_key);
            row.event_id.clone_from(&self.about.event_id);
            row.event_key.clone_from(&self.about.event_key);
            row.event_date_id.clone_from(&self.about.event_date_id);
            row.service_date = self.about.service_date;
            row.channel_id.clone_from(&self.about.channel_id);
        }
        Ok(entry)
    }
}

/// Takes off the lines what an entry of this file will take.
pub(super) fn take(lines: &mut Vec<ReducibleLine>, entry: &ManualEntry) {
    for (account, row) in entry.lines().iter().filter(|(_, row)| row.item_kind == ItemKind::PriceReduction.as_str()) {
        let same = |line: &&mut ReducibleLine| {
            let rest = row.line_key.strip_suffix(line.about.line_key.as_str());
            line.currency == row.currency && line.vat_bp == row.vat_bp && rest.is_some_and(|rest| rest.ends_with('@'))
        };
        let Some(line) = lines.iter_mut().find(same).filter(|_| *account != Account::Receivable) else { continue };
        line.gross_minor = line.gross_minor.saturating_sub(row.amount_minor);
        if matches!(account, Account::Vat(_)) {
            line.vat_minor = line.vat_minor.saturating_sub(row.amount_minor);
        }
    }
    lines.retain(|line| line.gross_minor > 0);
}
