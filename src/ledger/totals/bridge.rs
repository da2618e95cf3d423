//! From the VAT report to the revenue report: every difference, by what caused it.
//!
//! Both reports are sums over lines of the journal. A line that is in one of them and not in the other is a difference;
//! its account and kind say why. So the bridge adds up on any book, and what no step knows stands under its own kind.

use std::collections::BTreeMap;

use super::store::bridge_parts::bridge_parts;
use super::store::row;
use super::{BridgePart, ClosedMonth, Selection, Total};
use crate::db::{Connection, Error, Result};

/// The first step of every rate.
const FIRST: &str = "vat_report";
/// The last one.
const LAST: &str = "revenue_report";

/// Steps between the two, with their words for people, in the order of reading. A kind of line that is not among them
/// comes after them, under its own name.
pub const BRIDGE_STEPS: [(&str, &str); 19] = [
    (FIRST, "VAT report"),
    ("voucher", "single-purpose vouchers sold"),
    ("refund_voucher", "single-purpose vouchers issued as refunds"),
    ("voucher_redemption", "single-purpose vouchers used"),
    ("flex", "taxed flex tickets sold"),
    ("flex_redemption", "taxed flex tickets used"),
    ("voucher_rate_difference", "used at another rate than sold"),
    ("deferred", "sold before the day of the event: deferred"),
    ("deferred_released", "deferred before, released on the day of the event"),
    ("retained", "kept after a cancellation"),
    ("breakage", "expired vouchers"),
    ("price_reduction", "price reductions entered by hand"),
    ("write_off", "written off"),
    ("fee", "fees"),
    ("cash_rounding", "cash rounding"),
    ("voucher_correction", "corrections of vouchers"),
    ("opening", "from before the first day of the book"),
    ("revenue_only", "in the revenue report only"),
    (LAST, "revenue report"),
];

row!(
    /// A step from the VAT report to the revenue report, of one rate. The first step and all between add up to the
    /// last.
    pub Bridge {
        source: Text,
        currency: Text,
        period: Text,
        vat_bp: Rate,
        position: Count,
        step: Text,
        net_minor: Amount,
        vat_minor: Amount,
        gross_minor: Amount,
    }
);

/// Net, VAT and gross. Sums of 64-bit numbers cannot leave 128 bits; they are checked when they become a row.
type Amounts = [i128; 3];

impl Total for Bridge {
    fn read(connection: &mut Connection, selection: &Selection<'_>) -> Result<Vec<Self>> {
        Self::of_parts(bridge_parts(connection, selection)?)
    }

    fn as_closed(closed: &ClosedMonth, connection: &mut Connection) -> Result<Vec<Self>> {
        Self::read(connection, &closed.lines())
    }
}

impl Bridge {
    fn of_parts(parts: Vec<BridgePart>) -> Result<Vec<Self>> {
        let mut rates: BTreeMap<_, Vec<(String, Amounts)>> = BTreeMap::new();
        for part in parts {
            let amounts = [part.net_minor, part.vat_minor, part.gross_minor].map(i128::from);
            rates.entry((part.source, part.currency, part.period, part.vat_bp)).or_default().push((part.part, amounts));
        }
        let mut rows = Vec::new();
        for ((source, currency, period, vat_bp), parts) in rates {
            for (step, amounts) in steps(parts) {
                let minor = |index: usize| {
                    let amount = amounts.get(index).copied().unwrap_or_default();
                    i64::try_from(amount).map_err(|_| Error::Inconsistent("a bridge leaves 64 bits".to_owned()))
                };
                rows.push(Self {
                    source: source.clone(),
                    currency: currency.clone(),
                    period: period.clone(),
                    vat_bp,
                    position: position(&step),
                    net_minor: minor(0)?,
                    vat_minor: minor(1)?,
                    gross_minor: minor(2)?,
                    step,
                });
            }
        }
        rows.sort();
        Ok(rows)
    }
}

/// What is in the VAT report and not in the revenue report is taken off, and the other way round.
fn steps(parts: Vec<(String, Amounts)>) -> Vec<(String, Amounts)> {
    let (mut vat_report, mut revenue_report) = (Amounts::default(), Amounts::default());
    let add = |sum: &mut Amounts, amounts: Amounts| {
        sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
    };
    let mut steps = Vec::new();
    for (part, amounts) in parts {
        match part.as_str() {
            "both" => {
                add(&mut vat_report, amounts);
                add(&mut revenue_report, amounts);
            }
            "revenue_only" => {
                add(&mut revenue_report, amounts);
                steps.push((part, amounts));
            }
            // What is used at another rate than it was sold: the revenue report shows it as less tax, the gross stays.
            "voucher_rate_difference" => {
                let [net, _, _] = amounts;
                add(&mut vat_report, amounts);
                add(&mut revenue_report, [net, -net, 0]);
                steps.push((part, [0, -net, -net]));
            }
            _ => {
                add(&mut vat_report, amounts);
                steps.push((part, amounts.map(|amount| -amount)));
            }
        }
    }
    steps.push((FIRST.to_owned(), vat_report));
    steps.push((LAST.to_owned(), revenue_report));
    steps
}

fn position(step: &str) -> i64 {
    // What is not in the list stands just before the end.
    let known = BRIDGE_STEPS.iter().position(|(known, _)| *known == step);
    let known = if step == LAST { BRIDGE_STEPS.len() } else { known.unwrap_or(BRIDGE_STEPS.len() - 1) };
    i64::try_from(known).unwrap_or(i64::MAX)
}
