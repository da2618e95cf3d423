//! From the movements of one order and currency to what is due on each day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::ShiftBasis;
use super::movement::{Leg, Movement};
use super::portfolio::{Portfolio, Rate, Taxed};
use super::service::{ByService, DayEnd, Served, add_served};
use super::walk::{Due, Walk};
use crate::ledger::book::{ItemKind, Month, Moves};
use crate::money::Overflow;

/// What a movement does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It changes what has to be paid.
    Line,
    /// It pays, or gives back.
    Money,
    /// A claim or a credit is given up.
    WrittenOff,
    /// Its tax is due on the day on which it is booked: the relief of a voucher that was taxed when it was sold.
    AtOnce,
}

/// What one day moves.
#[derive(Default)]
struct Day {
    /// On the receivable, by lines.
    billed: i128,
    money: i128,
    written_off: i128,
    lines: ByService,
}

impl Day {
    fn add(&mut self, other: Self) {
        self.billed += other.billed;
        self.money += other.money;
        self.written_off += other.written_off;
        for (key, amount) in other.lines {
            let sum = self.lines.entry(key).or_default();
            *sum = sum.plus(amount);
        }
    }
}

/// What is due less what is posted, by day and rate, on each basis. The movements are of one currency.
///
/// # Errors
/// [`Overflow`] when an amount leaves the range.
pub(super) fn shifts_of(movements: &[&Movement]) -> Result<[(ShiftBasis, Due); 2], Overflow> {
    let (with_receivable, with_tax) = legs(movements);
    let role = |movement: &Movement| {
        let entry_no = movement.entry_no;
        let other = match (with_receivable.contains(&entry_no), with_tax.contains(&entry_no)) {
            (true, true) => Role::Line,
            (true, false) => Role::WrittenOff,
            (false, _) => Role::AtOnce,
        };
        let is_money = match movement.kind.moves() {
            Moves::Billed => return Role::Line,
            Moves::Paid | Moves::Refunded | Moves::RefundVoucher | Moves::Redeemed => true,
            Moves::Other => movement.kind == ItemKind::CashRounding,
        };
        match movement.leg {
            Leg::Receivable if is_money => Role::Money,
            Leg::Net | Leg::Vat if is_money => Role::AtOnce,
            Leg::BroughtIn => Role::AtOnce,
            _ => other,
        }
    };
    let mut opening: Option<(NaiveDate, Day)> = None;
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    let mut posted = Due::default();
    for movement in movements {
        let day = match movement.opening {
            true => &mut opening.get_or_insert_with(|| (movement.booking_date, Day::default())).1,
            false => days.entry(movement.booking_date).or_default(),
        };
        let amount = i128::from(movement.amount_minor);
        match (role(movement), movement.leg) {
            (Role::Line, Leg::Receivable) => day.billed += amount,
            (Role::Line, leg) => {
                let taxed = taxed(movement);
                let rate = Rate::Of(movement.vat_bp);
                if leg != Leg::BroughtIn {
                    posted.add(movement.booking_date, rate, taxed);
                }
                let sum = day.lines.entry((rate, served(movement))).or_default();
                *sum = sum.plus(taxed);
            }
            (Role::Money, _) => day.money -= amount,
            (Role::WrittenOff, _) => day.written_off -= amount,
            (Role::AtOnce, _) => {}
        }
    }
    let begun = opening.as_ref().map(|(day, _)| *day);
    let (by_payment, ends) = walk(opening, days)?;
    let mut by_service = by_payment.clone();
    add_served(&mut by_service, &ends, begun)?;
    Ok([(ShiftBasis::Payment, shifted(by_payment, &posted)), (ShiftBasis::Service, shifted(by_service, &posted))])
}

/// What a line adds to its rate. An item that was brought in may have its net elsewhere; its tax line knows it.
fn taxed(movement: &Movement) -> Taxed {
    let credit = -i128::from(movement.amount_minor);
    match (movement.leg, movement.tax_base_minor) {
        (Leg::Vat, _) => Taxed { gross: credit, vat: credit },
        (Leg::BroughtIn, Some(net)) => Taxed { gross: credit - i128::from(net), vat: credit },
        (Leg::BroughtIn, None) if movement.vat_bp != Some(0) => Taxed::ZERO,
        _ => Taxed { gross: credit, vat: 0 },
    }
}

/// What is due less what is posted. VAT is reported by month: what only moves within one is left where it is posted, so
/// an order that is paid in the month of its sale needs no rows.
fn shifted(mut due: Due, posted: &Due) -> Due {
    for ((day, rate), amount) in &posted.0 {
        due.add(*day, *rate, Taxed::ZERO.less(*amount));
    }
    let mut months: BTreeMap<(Month, Rate), Taxed> = BTreeMap::new();
    for ((day, rate), amount) in &due.0 {
        let sum = months.entry((Month::of(*day), *rate)).or_default();
        *sum = sum.plus(*amount);
    }
    due.0.retain(|(day, rate), _| months.get(&(Month::of(*day), *rate)).is_some_and(|sum| *sum != Taxed::ZERO));
    due
}

/// The entries that move the receivable, and those that the VAT report counts.
fn legs(movements: &[&Movement]) -> (BTreeSet<i64>, BTreeSet<i64>) {
    let with = |legs: &[Leg]| {
        let chosen = movements.iter().filter(|movement| legs.contains(&movement.leg));
        chosen.map(|movement| movement.entry_no).collect()
    };
    (with(&[Leg::Receivable]), with(&[Leg::Net, Leg::Vat]))
}

fn served(movement: &Movement) -> Served {
    match movement.service_date {
        Some(day) => Served::On(day),
        None if movement.kind.is_issue() || movement.kind == ItemKind::Retained => Served::AtOnce,
        None => Served::WithOrder,
    }
}

/// What is due by payment, and the order at the end of each day. On each day, lines come before money. First comes what
/// happened before the book began.
fn walk(opening: Option<(NaiveDate, Day)>, days: BTreeMap<NaiveDate, Day>) -> Result<(Due, Vec<DayEnd>), Overflow> {
    let mut walk = Walk::default();
    let mut sum = Day::default();
    let mut ends = Vec::with_capacity(days.len() + 1);
    let first = days.keys().next().copied();
    // Brought in late, it was there before what is known of the order since.
    let opening = opening.map(|(day, moved)| (first.map_or(day, |first| first.min(day)), moved));
    let brought_in = usize::from(opening.is_some());
    for (date, day) in opening.into_iter().chain(days) {
        sum.add(day);
        let mut lines = Portfolio::default();
        sum.lines.iter().for_each(|((rate, _), amount)| lines.add(*rate, *amount));
        lines.add(Rate::Untaxed, Taxed { gross: sum.billed - lines.gross(), vat: 0 });
        walk.set_lines(date, lines)?;
        // A credit that is given up is money no more; a claim that is given up was never paid.
        walk.set_money(date, sum.money + sum.written_off.min(0))?;
        if ends.len() < brought_in {
            walk.begin();
        }
        ends.push(DayEnd { day: date, lines: sum.lines.clone(), settled: walk.settled.clone() });
    }
    Ok((walk.due, ends))
}
