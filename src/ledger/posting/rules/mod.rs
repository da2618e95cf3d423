//! `wanted_atoms(snapshot)`: the atoms that should be live, by the posting rules. Pure.

mod cash;
mod discounts;
mod opening;
mod payments;
mod redemptions;
mod release;
mod retained;
mod rounding;
mod sales;
mod stored_value;

use std::collections::BTreeMap;

pub use self::opening::TAKEN_BACK;
pub(in crate::ledger) use self::sales::event_key;
pub(in crate::ledger) use self::stored_value::{FLEX_USED, VOUCHER_USED};

use self::release::RevenueDay;
use super::{Atom, Dimensions, Effective, Finding, FindingReason, Line, Snapshot, StoredValueKey, part_key};
use crate::clock::Timestamp;
use crate::ledger::book::{Account, ItemKind, Rules};
use crate::money::{Currency, Overflow, sum, vat_in_gross};
use crate::order::{OrderStatus, PartStatus, Participant, Ticket};

/// Largest sum of the debits of an order, in minor units. Reports add many orders in 64 bits: one absurd order must not
/// make every report of a source fail.
const LARGEST_ORDER_MINOR: i64 = 10_000_000_000_000;

/// What should be live for an order.
#[derive(Debug, Default)]
pub struct WantedAtoms {
    /// By atom key.
    pub atoms: BTreeMap<String, Atom>,
    /// When a part that does not count was cancelled, by the key its atom had.
    pub cancelled_at: BTreeMap<String, Timestamp>,
    /// When the order itself was cancelled: the date of what goes with it.
    pub order_cancelled_at: Option<Timestamp>,
    /// What needs an explanation.
    pub findings: Vec<Finding>,
}

impl WantedAtoms {
    /// When a sold line that does not count was cancelled: by itself, else with its order.
    pub(in crate::ledger) fn line_cancelled_at(&self, line_key: &str) -> Option<Timestamp> {
        self.cancelled_at.get(&format!("sale:{line_key}")).copied().or(self.order_cancelled_at)
    }
}

/// The atoms of a snapshot under the rules of its source.
///
/// # Errors
/// [`Overflow`] when an amount leaves the range of minor units, or all of them together that of an order.
pub fn wanted_atoms(snapshot: &Snapshot, rules: &Rules) -> Result<WantedAtoms, Overflow> {
    let wanted = match rules.begins_at {
        None => told(snapshot, rules)?,
        Some(begins_at) => opening::wanted_atoms(snapshot, rules, begins_at)?,
    };
    let lines = wanted.atoms.values().flat_map(|atom| &atom.lines);
    let debits = sum(lines.map(|line| line.amount_minor.max(0)))?;
    if debits > LARGEST_ORDER_MINOR { Err(Overflow) } else { Ok(wanted) }
}

/// The atoms of all that is told, whenever it happened.
fn told(snapshot: &Snapshot, rules: &Rules) -> Result<WantedAtoms, Overflow> {
    let mut builder = Builder::new(snapshot, rules);
    let sold = builder.sales()?;
    let reduced = builder.discounts(sold)?;
    builder.vat_rounding(&reduced)?;
    builder.stored_value()?;
    builder.redemptions(&reduced)?;
    builder.payments();
    builder.cash_rounding()?;
    builder.retained()?;
    builder.notes();
    Ok(builder.wanted)
}

/// A line that a discount may reduce.
#[derive(Clone)]
struct SoldLine {
    /// It counts; the share of a line that does not is not posted.
    live: bool,
    /// When it was called off, if it was and that is said.
    cancelled_at: Option<Timestamp>,
    dimensions: Dimensions,
    gross_minor: i64,
    vat_bp: Option<i32>,
    /// Where its net price belongs.
    income: Account,
    /// When it belongs there, if that is not at the sale.
    on: Option<RevenueDay>,
}

struct Builder<'a> {
    snapshot: &'a Snapshot,
    rules: &'a Rules,
    /// Items, discounts and redemptions count.
    live: bool,
    currency: Option<Currency>,
    sale: Effective,
    /// How often each key was met.
    ordinals: BTreeMap<String, u32>,
    /// Uses of each voucher and flex ticket that are still to come in this order.
    uses_left: BTreeMap<StoredValueKey, usize>,
    wanted: WantedAtoms,
}

impl<'a> Builder<'a> {
    fn new(snapshot: &'a Snapshot, rules: &'a Rules) -> Self {
        let header = snapshot.order.header.as_ref();
        let status = snapshot.status();
        Self {
            snapshot,
            rules,
            live: rules.policy.counts_order(status),
            currency: header.and_then(|header| header.currency),
            sale: Effective::Sale { ordered_at: header.and_then(|header| header.ordered_at) },
            ordinals: BTreeMap::new(),
            uses_left: BTreeMap::new(),
            wanted: WantedAtoms {
                order_cancelled_at: header
                    .filter(|_| status == OrderStatus::Cancelled)
                    .and_then(|header| header.cancelled_at),
                ..WantedAtoms::default()
            },
        }
    }

    /// Whether a part counts, as long as the order does.
    fn counts(&self, part: PartStatus) -> bool {
        self.rules.policy.counts_part(part)
    }

    /// Dimensions that every line of an item has.
    fn dimensions(&self, item_kind: ItemKind, line_key: String) -> Dimensions {
        Dimensions::of(&self.snapshot.order.order_id, item_kind, line_key)
    }

    /// When a participant was called off: its own date, else the ticket's, else the order's. Each has one only while
    /// it is itself cancelled.
    fn cancelled_at(&self, ticket: &Ticket, who: &Participant) -> Option<Timestamp> {
        let cancelled = [ticket.status, who.status].contains(&PartStatus::Cancelled);
        let header = self.snapshot.order.header.as_ref().filter(|_| cancelled);
        who.cancelled_at.or(ticket.cancelled_at).or_else(|| header?.cancelled_at)
    }

    fn channel_id(&self) -> Option<String> {
        self.snapshot.order.header.as_ref().and_then(|header| header.channel_id.clone())
    }

    /// Adds an atom unless all its lines are zero. A key that is there already gets an ordinal.
    fn add(&mut self, atom: Atom) {
        let lines: Vec<Line> = atom.lines.into_iter().filter(|line| line.amount_minor != 0).collect();
        if lines.is_empty() {
            return;
        }
        if self.currency.is_some_and(|currency| currency != atom.currency) {
            let evidence = format!("{} is in {}", part_key::in_words(&atom.key), atom.currency);
            self.find(Finding::new(FindingReason::CurrencyMixed, atom.key.clone(), evidence));
        }
        let ordinal = self.ordinals.entry(atom.key.clone()).or_insert(0);
        *ordinal += 1;
        let key = if *ordinal == 1 { atom.key.clone() } else { format!("{}#{ordinal}", atom.key) };
        self.wanted.atoms.insert(key.clone(), Atom { key, lines, ..atom });
    }

    /// What the atoms so far leave open on the order's own receivable.
    fn open(&self, currency: Currency) -> Result<i64, Overflow> {
        let order_id = &self.snapshot.order.order_id;
        let atoms = self.wanted.atoms.values().filter(|atom| atom.currency == currency);
        let own = |line: &&Line| line.account == Account::Receivable && line.dimensions.order_id == *order_id;
        sum(atoms.flat_map(|atom| &atom.lines).filter(own).map(|line| line.amount_minor))
    }

    fn find(&mut self, finding: Finding) {
        self.wanted.findings.push(finding);
    }

    /// Oddities met while reading become findings as they are; announcements are compared with what is read instead.
    fn notes(&mut self) {
        for note in &self.snapshot.notes {
            if let Some(reason) = FindingReason::of_note(note.reason) {
                self.find(Finding::new(reason, note.subject.clone(), note.evidence.clone()));
            }
        }
    }
}

/// The receivable gets the gross; `net` and `VAT` share `-gross`. With an unknown rate all of it is suspended.
///
/// `gross_minor` may be negative: a discount is a sale the other way round.
fn taxed_lines(
    dimensions: &Dimensions,
    net_account: Account,
    gross_minor: i64,
    vat_bp: Option<i32>,
    qty: i64,
) -> Result<Vec<Line>, Overflow> {
    let line = |account, amount_minor| Line::new(account, amount_minor, dimensions);
    let credit = gross_minor.checked_neg().ok_or(Overflow)?;
    let mut lines = vec![line(Account::Receivable, gross_minor)];
    match vat_bp {
        None => lines.push(Line { qty: Some(qty), ..line(Account::VatUndetermined, credit) }),
        Some(bp) => {
            let vat = vat_in_gross(gross_minor, bp)?;
            let net = gross_minor - vat;
            lines.push(Line { vat_bp, qty: Some(qty), ..line(net_account, -net) });
            lines.push(Line { vat_bp, tax_base_minor: Some(-net), ..line(Account::Vat(bp), -vat) });
        }
    }
    Ok(lines)
}

/// Two lines: `debit` gets the amount, `credit` gives it.
fn plain_lines(
    dimensions: &Dimensions,
    debit: Account,
    credit: Account,
    amount_minor: i64,
) -> Result<Vec<Line>, Overflow> {
    let line = |account, amount_minor| Line::new(account, amount_minor, dimensions);
    Ok(vec![line(debit, amount_minor), line(credit, amount_minor.checked_neg().ok_or(Overflow)?)])
}
