//! Rules 31 to 33: what was there before the first day of the book.
//!
//! The other rules say what would be posted for all that is told. Of that, what was sold or paid before the book began
//! is brought in against `equity:opening`; when a part of it is cancelled later, that stays, and what the rules posted
//! at the sale is taken back as turnover.

use std::collections::BTreeMap;

use super::{WantedAtoms, told};
use crate::clock::Timestamp;
use crate::ledger::book::{Account, Rules};
use crate::ledger::posting::opening::{Fate, Revived};
use crate::ledger::posting::{Atom, Dimensions, Effective, FindingReason, Line, Snapshot, part_key};
use crate::money::Overflow;
use crate::policy::VatRounding;

/// The keys of what takes something of the opening back begin with this; the rest is the key of what was brought in.
pub const TAKEN_BACK: &str = "cancel:";

type Atoms = BTreeMap<String, Atom>;

/// The atoms of a snapshot in a book that begins at an instant.
pub(super) fn wanted_atoms(snapshot: &Snapshot, rules: &Rules, begins_at: Timestamp) -> Result<WantedAtoms, Overflow> {
    let mut wanted = told(snapshot, rules)?;
    let opening = snapshot.opening.as_ref();
    if let Some(revived) = opening.and_then(|opening| opening.revive(snapshot, rules, begins_at)) {
        let brought = BroughtIn { alive: told(&revived.snapshot, rules)?, revived, rules, begins_at };
        brought.replace(&mut wanted)?;
    }
    let before = |atom: &Atom| match atom.effective {
        Effective::Said { at: Some(at), .. } => at < begins_at,
        Effective::Said { at: None, .. } => opening.is_some_and(|opening| opening.was_told_before(&atom.key)),
        Effective::Sale { .. } | Effective::Release { .. } | Effective::Opening(_) => false,
    };
    for atom in wanted.atoms.values_mut().filter(|atom| is_money(atom) && before(atom)) {
        *atom = settled_before(atom, begins_at)?;
    }
    Ok(wanted)
}

/// What settles an order, by a date of its own.
fn is_money(atom: &Atom) -> bool {
    matches!(atom.event_type, "payment" | "refund" | "voucher.redeem" | "flex.redeem" | "cash.rounding")
}

/// What is sold, and what reduces it.
fn is_item(atom: &Atom) -> bool {
    let released = atom.event_type.strip_prefix("release.").filter(|released| *released != "rounding");
    released.is_some() || matches!(atom.event_type, "sale.ticket" | "sale.product" | "coupon" | "discount")
}

fn is_release(atom: &Atom) -> bool {
    atom.event_type.starts_with("release.")
}

/// The key of the part that an atom is about: a discount is about the line that it reduces.
fn part_of(atom: &Atom) -> &str {
    let line_key = atom.lines.first().map_or("", |line| line.dimensions.line_key.as_str());
    line_key.split_once('@').map_or(line_key, |(_, part)| part)
}

/// The whole order's discount follows the lines that live; the others keep their shares.
fn is_of_living(atom: &Atom) -> bool {
    atom.lines.first().is_some_and(|line| line.dimensions.line_key.starts_with("discount:additional"))
}

struct BroughtIn<'a> {
    revived: Revived,
    /// The atoms as if nothing of the opening had been cancelled.
    alive: WantedAtoms,
    rules: &'a Rules,
    begins_at: Timestamp,
}

impl BroughtIn<'_> {
    fn replace(&self, wanted: &mut WantedAtoms) -> Result<(), Overflow> {
        self.items(wanted)?;
        self.stored_value(wanted)?;
        self.flex_redeemed(wanted)?;
        if self.rules.policy.vat_rounding != VatRounding::Line {
            self.rounding(wanted)?;
        }
        self.findings(wanted);
        Ok(())
    }

    /// Tickets, products and what reduces them.
    fn items(&self, wanted: &mut WantedAtoms) -> Result<(), Overflow> {
        let told = std::mem::take(&mut wanted.atoms);
        let (told, rest): (Atoms, Atoms) = told.into_iter().partition(|(_, atom)| is_item(atom));
        wanted.atoms = rest;
        let lives = told.values().any(|atom| matches!(atom.event_type, "sale.ticket" | "sale.product"));
        let alive = self.alive.atoms.iter().filter(|(_, atom)| is_item(atom) && !(lives && is_of_living(atom)));
        let mut items: Atoms = alive.map(|(key, atom)| (key.clone(), atom.clone())).collect();
        for (key, atom) in told.into_iter().filter(|(_, atom)| lives && is_of_living(atom)) {
            let ahead = self.revived.ahead.contains(part_of(&atom));
            match self.revived.living.contains(part_of(&atom)) {
                true if !is_release(&atom) => wanted.atoms.insert(key, opened(&atom, ahead, self.begins_at)),
                true if !ahead => None,
                _ => wanted.atoms.insert(key, atom),
            };
        }
        let mut releases: Atoms = items.extract_if(.., |_, atom| is_release(atom)).collect();
        for (key, atom) in items {
            let part = part_of(&atom);
            let Some(fate) = self.revived.parts.get(part).copied() else {
                wanted.atoms.insert(key, atom);
                continue;
            };
            let ahead = self.revived.ahead.contains(part);
            let release = releases.remove(&release_key(&atom));
            if let Fate::Died(at) = fate {
                let released = release.iter().filter(|_| !ahead).flat_map(|release| &release.lines);
                let lines = sum(atom.lines.iter().chain(released).map(|line| (line, -1)))?;
                insert(&mut wanted.atoms, cancelled(&atom, at, lines));
            }
            wanted.atoms.insert(key, opened(&atom, ahead, self.begins_at));
            if let Some(release) = release.filter(|_| ahead && fate == Fate::Lives) {
                wanted.atoms.insert(release.key.clone(), release);
            }
        }
        wanted.atoms.append(&mut releases);
        Ok(())
    }

    /// Vouchers and flex tickets sold, and vouchers issued as a refund. What of a cancelled one stays issued, because
    /// it was used, is not taken back.
    fn stored_value(&self, wanted: &mut WantedAtoms) -> Result<(), Overflow> {
        let sold = |atom: &&Atom| matches!(atom.event_type, "flex.sale" | "voucher.issue" | "voucher.refund_issue");
        for atom in self.alive.atoms.values().filter(sold) {
            let Some(fate) = self.revived.parts.get(part_of(atom)) else { continue };
            let stays = wanted.atoms.remove(&atom.key);
            let stays = stays.iter().flat_map(|atom| &atom.lines).map(|line| (line, 1));
            let lines = sum(stays.chain(atom.lines.iter().map(|line| (line, -1))))?;
            let at = if let Fate::Died(at) = fate { *at } else { None };
            insert(&mut wanted.atoms, cancelled(atom, at, lines));
            wanted.atoms.insert(atom.key.clone(), opened(atom, false, self.begins_at));
        }
        Ok(())
    }

    /// A flex ticket that had paid for an admission gets its value back when the admission is cancelled.
    fn flex_redeemed(&self, wanted: &mut WantedAtoms) -> Result<(), Overflow> {
        let opening = self.revived.snapshot.order.tickets.iter().flatten().flat_map(|ticket| &ticket.participants);
        for who in opening {
            let Some(Fate::Died(at)) = self.revived.parts.get(&part_key::participant(&who.id)) else { continue };
            for redeemed in &who.redeemed_flex_tickets {
                let key = format!("flex.redeem:{}:{}", redeemed.id, who.id);
                let before = redeemed.redeemed_at.is_some_and(|at| at < self.begins_at);
                let Some(atom) = self.alive.atoms.get(&key).filter(|_| before) else { continue };
                let lines = sum(atom.lines.iter().map(|line| (line, -1)))?;
                insert(&mut wanted.atoms, cancelled(atom, *at, lines));
                wanted.atoms.insert(key, atom.clone());
            }
        }
        Ok(())
    }

    /// The VAT of the opening was rounded where it was declared: only what has changed since is rounded here.
    fn rounding(&self, wanted: &mut WantedAtoms) -> Result<(), Overflow> {
        let declared = told(&self.revived.nothing_else(), self.rules)?.atoms;
        let of_rounding = |key: &str| key.starts_with("vat.rounding:") || key.starts_with("release:vat.rounding:");
        for (key, declared) in declared.iter().filter(|(key, _)| of_rounding(key)) {
            let now = wanted.atoms.remove(key);
            let now_lines = now.iter().flat_map(|atom| &atom.lines).map(|line| (line, 1));
            let lines = sum(now_lines.chain(declared.lines.iter().map(|line| (line, -1))))?;
            let effective = match declared.effective {
                Effective::Release { .. } => declared.effective,
                _ => Effective::Said { at: None, basis: "receipt" },
            };
            let lines = same_home(lines)?;
            insert(&mut wanted.atoms, Atom { effective, lines, ..now.unwrap_or_else(|| declared.clone()) });
        }
        Ok(())
    }

    fn findings(&self, wanted: &mut WantedAtoms) {
        let part = |subject: &str| {
            let participant = part_key::participant(subject);
            [subject, participant.as_str()].into_iter().find_map(|key| self.revived.parts.get(key).copied())
        };
        // Of what was brought in, no rate is needed before it is cancelled.
        wanted
            .findings
            .retain(|finding| finding.reason != FindingReason::VatUnknown || part(&finding.subject).is_none());
        let unknown = self.alive.findings.iter().filter(|finding| finding.reason == FindingReason::VatUnknown);
        let died = unknown.filter(|finding| matches!(part(&finding.subject), Some(Fate::Died(_))));
        wanted.findings.extend(died.cloned());
        wanted.findings.extend(self.revived.changed.iter().cloned());
    }
}

fn release_key(atom: &Atom) -> String {
    format!("release:{}", atom.lines.first().map_or("", |line| line.dimensions.line_key.as_str()))
}

fn insert(atoms: &mut Atoms, atom: Atom) {
    if !atom.lines.is_empty() {
        atoms.insert(atom.key.clone(), atom);
    }
}

/// What the rules post at a sale, with the guest's debt against the opening. Revenue that is still to come stays a
/// liability of the book; its lines have no rate, so that they are no turnover.
fn opened(atom: &Atom, ahead: bool, begins_at: Timestamp) -> Atom {
    let line = |line: &Line| match &line.account {
        Account::Receivable | Account::VoucherRefundUnallocated => line.clone(),
        Account::DeferredTickets if ahead => Line { vat_bp: None, tax_base_minor: None, ..line.clone() },
        _ => Line { account: Account::Opening, qty: None, ..line.clone() },
    };
    let lines = atom.lines.iter().map(line).collect();
    Atom { event_type: opening_type(atom.event_type), effective: Effective::Opening(begins_at), lines, ..atom.clone() }
}

/// Money that came, or was given back, before the book began: only what it moves on the receivable.
fn settled_before(atom: &Atom, begins_at: Timestamp) -> Result<Atom, Overflow> {
    let mut lines = Vec::new();
    for line in atom.lines.iter().filter(|line| line.account == Account::Receivable) {
        let other = line.amount_minor.checked_neg().ok_or(Overflow)?;
        lines.push(Line { account: Account::Opening, amount_minor: other, ..line.clone() });
        lines.push(line.clone());
    }
    let event_type = opening_type(atom.event_type);
    Ok(Atom { event_type, effective: Effective::Opening(begins_at), lines, ..atom.clone() })
}

/// The atom that takes something of the opening back, as turnover.
fn cancelled(atom: &Atom, at: Option<Timestamp>, lines: Vec<Line>) -> Atom {
    Atom {
        key: format!("{TAKEN_BACK}{}", atom.key),
        event_type: cancel_type(atom.event_type),
        effective: Effective::Said { at, basis: "cancellation_date" },
        category: None,
        lines,
        ..atom.clone()
    }
}

/// The lines with their signs, those of one account and one meaning together, without those that come to nothing.
fn sum<'a>(lines: impl Iterator<Item = (&'a Line, i64)>) -> Result<Vec<Line>, Overflow> {
    let mut sums: Vec<Line> = Vec::new();
    for (line, sign) in lines {
        let times = |minor: i64| minor.checked_mul(sign).ok_or(Overflow);
        let line = Line {
            amount_minor: times(line.amount_minor)?,
            tax_base_minor: line.tax_base_minor.map(times).transpose()?,
            qty: line.qty.map(times).transpose()?,
            ..line.clone()
        };
        let same = |known: &&mut Line| {
            (&known.account, known.vat_bp, known.tax_base_minor.is_some(), &known.dimensions)
                == (&line.account, line.vat_bp, line.tax_base_minor.is_some(), &line.dimensions)
        };
        match sums.iter_mut().find(same) {
            None => sums.push(line),
            Some(known) => {
                known.amount_minor = known.amount_minor.checked_add(line.amount_minor).ok_or(Overflow)?;
                known.tax_base_minor = added(known.tax_base_minor, line.tax_base_minor)?;
                known.qty = added(known.qty, line.qty)?;
            }
        }
    }
    sums.retain(|line| line.amount_minor != 0);
    Ok(sums)
}

fn added(a: Option<i64>, b: Option<i64>) -> Result<Option<i64>, Overflow> {
    match (a, b) {
        (Some(a), Some(b)) => Ok(Some(a.checked_add(b).ok_or(Overflow)?)),
        (one, other) => Ok(one.or(other)),
    }
}

/// A rounding difference stands beside the largest line, which may be another one now: all of it goes to one of them.
fn same_home(lines: Vec<Line>) -> Result<Vec<Line>, Overflow> {
    let Some(home) = lines.first().map(|line| line.dimensions.clone()) else { return Ok(lines) };
    let lines: Vec<Line> =
        lines.into_iter().map(|line| Line { dimensions: Dimensions { ..home.clone() }, ..line }).collect();
    sum(lines.iter().map(|line| (line, 1)))
}

/// What happened before the book began.
fn opening_type(event_type: &str) -> &'static str {
    match event_type {
        "sale.ticket" => "opening.sale.ticket",
        "sale.product" => "opening.sale.product",
        "coupon" => "opening.coupon",
        "discount" => "opening.discount",
        "flex.sale" => "opening.flex.sale",
        "voucher.issue" => "opening.voucher.issue",
        "voucher.refund_issue" => "opening.voucher.refund_issue",
        "payment" => "opening.payment",
        "refund" => "opening.refund",
        "voucher.redeem" => "opening.voucher.redeem",
        "flex.redeem" => "opening.flex.redeem",
        "cash.rounding" => "opening.cash.rounding",
        _ => "opening.other",
    }
}

/// What of it is taken back.
fn cancel_type(event_type: &str) -> &'static str {
    match event_type {
        "sale.ticket" => "cancel.ticket",
        "sale.product" => "cancel.product",
        "coupon" => "cancel.coupon",
        "discount" => "cancel.discount",
        "flex.sale" => "cancel.flex",
        "voucher.issue" => "cancel.voucher",
        "voucher.refund_issue" => "cancel.refund_voucher",
        "flex.redeem" => "cancel.flex.redeem",
        _ => "cancel.other",
    }
}
