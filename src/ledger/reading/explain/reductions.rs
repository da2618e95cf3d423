//! Coupons and discounts: what each took, of which lines, and why one took nothing.

use std::collections::BTreeMap;

use super::explained::{ExplainedEntry, ExplainedOrder};
use super::sold::{is_vat, receivable};
use super::summary::{self, Line, ROWS};
use super::words::{capitalised, money, number};
use super::{Length, sold};
use crate::clock::Timestamp;
use crate::ledger::book::{Account, PostingRow};
use crate::order::RedeemedCoupon;
use crate::policy::{CouponScope, PricesAre};

/// What one coupon or discount took of one line.
struct Share<'o> {
    part: &'o str,
    minor: i64,
    vat_minor: i64,
}

/// One coupon or discount in one currency, from whichever entries it is made of.
#[derive(Default)]
struct Reduction<'o> {
    shares: Vec<Share<'o>>,
    entries: Vec<i64>,
}

impl Reduction<'_> {
    fn taken(&self) -> i64 {
        self.shares.iter().map(|share| share.minor).sum()
    }
}

/// Coupons and discounts, and how they were shared.
pub(super) fn reductions(order: &ExplainedOrder) -> Vec<Line> {
    let mut found: BTreeMap<(&str, &str), Reduction<'_>> = BTreeMap::new();
    for booked in order.live(&["coupon", "discount"]) {
        for (key, share) in shares(booked) {
            let reduction = found.entry((key, booked.entry.currency.as_str())).or_default();
            reduction.shares.push(share);
            reduction.entries.push(booked.entry.entry_no);
        }
    }
    let bases = Bases::of(order);
    let mut lines: Vec<Line> =
        found.iter().map(|((key, currency), reduction)| told(order, &bases, key, currency, reduction)).collect();
    let taken = |coupon: &&RedeemedCoupon| found.keys().any(|(key, _)| key.strip_prefix("coupon:") == Some(&coupon.id));
    let coupons = order.snapshot.iter().flat_map(|snapshot| snapshot.order.redeemed_coupons.iter().flatten());
    lines.extend(coupons.filter(|coupon| !taken(coupon)).filter_map(|coupon| nothing(order, coupon)).map(Line::plain));
    lines
}

fn shares(booked: &ExplainedEntry) -> impl Iterator<Item = (&str, Share<'_>)> {
    let reduced = booked.lines.iter().filter(|line| line.account_code == Account::RECEIVABLE);
    reduced.map(|line| {
        let (key, part) = line.line_key.split_once('@').unwrap_or((&line.line_key, ""));
        let of_share = |other: &&PostingRow| other.line_key == line.line_key && is_vat(other);
        let vat_minor = booked.lines.iter().filter(of_share).map(|line| line.amount_minor).sum();
        (key, Share { part, minor: -line.amount_minor, vat_minor })
    })
}

fn told(order: &ExplainedOrder, bases: &Bases<'_>, key: &str, currency: &str, reduction: &Reduction<'_>) -> Line {
    let name = capitalised(&order.names.name(key));
    let (said, used_at) = said(order, key);
    let taken = reduction.taken();
    let rest = said.filter(|said| *said > taken).map_or_else(String::new, |said| {
        let (said, rest) = (money(said, currency), money(said - taken, currency));
        format!(" It is worth {said}; {rest} falls on lines that do not count, or on none.")
    });
    let arithmetic = bases.arithmetic([said.unwrap_or(taken), taken], used_at, &reduction.shares);
    let one = |share: &Share<'_>| {
        let formula = arithmetic.map_or_else(String::new, |(value, base)| {
            let whole = number(bases.gross(share.part), currency);
            format!("{} × {whole} / {}", number(value, currency), number(base, currency))
        });
        let vat = if share.vat_minor == 0 {
            String::new()
        } else {
            format!("of which VAT {}", number(share.vat_minor, currency))
        };
        let aside = [formula, vat].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
        let aside = if aside.is_empty() { aside } else { format!(" ({aside})") };
        format!("{} on {}{aside}", number(share.minor, currency), order.names.name(share.part))
    };
    let many = reduction.shares.len() > ROWS && order.length == Length::Summary;
    let parts = match reduction.shares.as_slice() {
        shares if many => by_kind(order, currency, shares),
        shares => shares.iter().map(one).collect::<Vec<_>>().join("; "),
    };
    let shared = if reduction.shares.len() > 1 {
        "It is shared in proportion to the prices; cents that are left go to the largest remainders: "
    } else {
        "It takes "
    };
    let (amount, entries) = (money(taken, currency), summary::entries(&reduction.entries));
    Line {
        text: format!("{name}: {amount} off. {shared}{parts}.{rest} ({}.)", capitalised(&entries)),
        kind: order.names.kind(key),
        currency: currency.to_owned(),
        amount_minor: taken,
        vat_minor: Some(reduction.shares.iter().map(|share| share.vat_minor).sum()),
        entry_no: reduction.entries.first().copied(),
    }
}

/// `12.00 on 240 × ticket "Tour" on 2025-11-23, of which VAT 1.92; …`
fn by_kind(order: &ExplainedOrder, currency: &str, shares: &[Share<'_>]) -> String {
    let mut kinds: Vec<(String, usize, i64, i64)> = Vec::new();
    for share in shares {
        let kind = order.names.kind(share.part);
        match kinds.iter_mut().find(|(known, ..)| *known == kind) {
            Some((_, count, minor, vat)) => {
                *count += 1;
                *minor += share.minor;
                *vat += share.vat_minor;
            }
            None => kinds.push((kind, 1, share.minor, share.vat_minor)),
        }
    }
    let shown = kinds.iter().take(ROWS).map(|(kind, count, minor, vat)| {
        format!("{} on {count} × {kind}, of which VAT {}", number(*minor, currency), number(*vat, currency))
    });
    let mut text = shown.collect::<Vec<_>>().join("; ");
    if kinds.len() > ROWS {
        let rest: i64 = kinds.iter().skip(ROWS).map(|(_, _, minor, _)| minor).sum();
        text += &format!("; {} on others", number(rest, currency));
    }
    text
}

/// What the provider says that a coupon or the order's own discount is worth, and when it was used.
fn said(order: &ExplainedOrder, key: &str) -> (Option<i64>, Option<Timestamp>) {
    let Some(said) = order.snapshot.as_ref().map(|snapshot| &snapshot.order) else { return (None, None) };
    let Some(id) = key.strip_prefix("coupon:") else {
        return (said.header.as_ref().and_then(|header| header.additional_discount_minor.checked_abs()), None);
    };
    let coupon = said.redeemed_coupons.iter().flatten().find(|coupon| coupon.id == id);
    (coupon.and_then(|coupon| coupon.value_minor.checked_abs()), coupon.and_then(|coupon| coupon.used_at))
}

/// Gross of the lines that a discount can be shared over.
struct Bases<'o> {
    /// Those that count, by line key.
    live: BTreeMap<&'o str, i64>,
    /// Those of the document: whether it is a ticket, gross, and when it was cancelled.
    said: Vec<(bool, i64, Option<Timestamp>)>,
}

impl<'o> Bases<'o> {
    fn of(order: &'o ExplainedOrder) -> Self {
        let live = order.sales().map(|booked| (sold::line_key(booked), receivable(booked)));
        let document = order.snapshot.iter().map(|snapshot| &snapshot.order);
        let tickets = document.clone().flat_map(|said| said.tickets.iter().flatten()).flat_map(|ticket| {
            ticket
                .participants
                .iter()
                .filter_map(|who| Some((true, who.price_minor?.max(0), who.cancelled_at.or(ticket.cancelled_at))))
        });
        let products = document.flat_map(|said| said.products.iter().flatten());
        let products = products.map(|line| (false, line.price_minor.saturating_mul(line.quantity).max(0), None));
        Self { live: live.collect(), said: tickets.chain(products).collect() }
    }

    fn gross(&self, part: &str) -> i64 {
        self.live.get(part).copied().unwrap_or(0)
    }

    /// Every sum that a discount used at this time may have been shared over, the likeliest first.
    fn sums(&self, used_at: Option<Timestamp>) -> Vec<i64> {
        let mut sums = Vec::new();
        for tickets_only in [false, true] {
            let live = self.live.iter().filter(|(key, _)| !tickets_only || key.starts_with("participant:"));
            sums.push(live.map(|(_, gross)| (*gross).max(0)).sum());
            for all in [false, true] {
                let said = self.said.iter().filter(|(ticket, ..)| !tickets_only || *ticket);
                let gone = |at: Option<Timestamp>| at.zip(used_at).is_some_and(|(gone, used)| gone < used);
                sums.push(said.filter(|(.., at)| all || !gone(*at)).map(|(_, gross, _)| gross).sum());
            }
        }
        sums
    }

    /// Value and base that give every share but for rounding; `None` when none does, as when a line had less left than
    /// its share.
    fn arithmetic(&self, values: [i64; 2], used_at: Option<Timestamp>, shares: &[Share<'_>]) -> Option<(i64, i64)> {
        let sums = self.sums(used_at);
        let candidates = values.into_iter().flat_map(|value| sums.iter().map(move |base| (value, *base)));
        candidates.into_iter().find(|(value, base)| {
            let (value, base) = (i128::from(*value), i128::from(*base));
            let fits = |share: &Share<'_>| {
                let exact = value * i128::from(self.gross(share.part));
                (i128::from(share.minor) * base - exact).abs() < base
            };
            base > 0 && shares.iter().all(fits)
        })
    }
}

/// Why a coupon takes nothing; `None` while its order does not count, or when it is worth nothing.
fn nothing(order: &ExplainedOrder, coupon: &RedeemedCoupon) -> Option<String> {
    let snapshot = order.snapshot.as_ref()?;
    let policy = order.policy.as_ref().filter(|policy| policy.counts_order(snapshot.status()))?;
    if coupon.value_minor == 0 {
        return None;
    }
    let said = &snapshot.order;
    let tickets = said.tickets.iter().flatten().any(|ticket| !ticket.participants.is_empty());
    let products = said.products.as_ref().is_some_and(|products| !products.is_empty());
    let vouchers = said.voucher_orders.as_ref().is_some_and(|orders| !orders.is_empty());
    let flex = said.flex_tickets.as_ref().is_some_and(|flex| !flex.is_empty());
    let why = if policy.prices_are == PricesAre::After {
        "the prices have it in already (policy prices_are)"
    } else if products && !tickets && policy.coupon_scope == CouponScope::Tickets {
        "coupons reduce tickets only (policy coupon_scope)"
    } else if tickets || products {
        "no line that it could reduce counts, or none has anything left"
    } else {
        match (vouchers, flex) {
            (true, false) => "coupons never reduce vouchers",
            (false, true) => "coupons never reduce flex tickets",
            (true, true) => "coupons never reduce vouchers or flex tickets",
            (false, false) => "the order has no tickets and no products",
        }
    };
    let currency = said.header.as_ref().and_then(|header| header.currency)?;
    let name = capitalised(&order.names.name(&format!("coupon:{}", coupon.id)));
    Some(format!("{name} of {} reduces nothing: {why}.", money(coupon.value_minor, currency.code())))
}
