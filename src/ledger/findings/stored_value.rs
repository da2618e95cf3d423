//! Vouchers and flex tickets: where they come from, and whether they add up.

use std::collections::{BTreeMap, BTreeSet};

use super::calibrate::has_cancelled_parts;
use super::facts::moves_of;
use super::{OrderFacts, Raised, VoucherMove, words};
use crate::clock::Timestamp;
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{Finding, FindingReason, Snapshot, StoredValueKey, Use};
use crate::money::{Currency, gross_of_net};
use crate::order::OrderStatus;
use crate::policy::Regime;

/// Most minor units that rounding leaves of what is owed net on a voucher.
const ROUNDING_MINOR: i64 = 2;

pub(super) fn check(facts: &OrderFacts<'_>, raised: &mut Raised) {
    life(facts, raised);
    sold(facts, raised);
    refund_vouchers(facts, raised);
    flex_origin(facts, raised);
    flex_count(facts, raised);
    vat_regime_note(facts, raised);
}

/// A payment that a refund voucher names is usually one of the order that it refunds; and what a refund voucher was for
/// may be allocated by hand.
pub(super) fn is_explained(facts: &OrderFacts<'_>, finding: &Finding) -> bool {
    if finding.reason == FindingReason::RefundVoucherUnallocated {
        return unallocated(facts, finding) == 0;
    }
    let payment =
        finding.subject.strip_prefix("payment:").filter(|_| finding.reason == FindingReason::DanglingPaymentRef);
    let Some(payment) = payment else { return false };
    let refunded: BTreeSet<&str> = refunded_orders(facts.snapshot).collect();
    let mut others = facts.other_payments.iter().filter(|other| other.is_current() && other.payment_id == payment);
    others.any(|other| refunded.contains(other.order_id.as_str()))
}

/// What of a refund voucher is allocated to no order: a person may have allocated a part of it.
fn unallocated(facts: &OrderFacts<'_>, finding: &Finding) -> i64 {
    let (account, key) = (Account::VoucherRefundUnallocated.to_string(), StoredValueKey::voucher(&finding.subject));
    let moves = facts.moves_of(&key).filter(|moved| moved.account == account);
    moves.fold(0_i64, |sum, moved| sum.saturating_add(moved.amount_minor))
}

/// A refund voucher that is not allocated, with what of it is not.
pub(super) fn what_is_left(facts: &OrderFacts<'_>, finding: Finding) -> Finding {
    if finding.reason != FindingReason::RefundVoucherUnallocated {
        return finding;
    }
    let (left, currency) = (unallocated(facts, &finding), finding.currency);
    let Finding { ref subject, ref evidence, .. } = finding;
    let told = words::money(left, currency.map_or("", Currency::code));
    let evidence = format!("{evidence}: {told} of voucher {subject} is on `assets:voucher_refund_unallocated`");
    Finding::new(finding.reason, subject.clone(), evidence).with_amounts(currency, 0, left)
}

fn refunded_orders(snapshot: &Snapshot) -> impl Iterator<Item = &str> {
    let orders = snapshot.order.voucher_orders.iter().flatten().flat_map(|order| &order.refunded_orders);
    orders.map(|order| order.order_id.as_str())
}

/// What this order redeems in the ledger.
fn redeemed_here(facts: &OrderFacts<'_>) -> BTreeSet<StoredValueKey> {
    let about = facts.wanted.atoms.values().filter_map(|atom| Some(&atom.lines.first()?.dimensions));
    let redeemed = about.filter_map(|about| match about.item_kind {
        ItemKind::VoucherRedemption => Some(StoredValueKey::voucher(about.voucher_id.as_deref()?)),
        ItemKind::FlexRedemption => Some(StoredValueKey::flex(about.voucher_id.as_deref()?)),
        _ => None,
    });
    redeemed.collect()
}

/// What a voucher is worth in one currency: by face, and on which accounts it is owed.
#[derive(Default)]
struct Worth {
    face: i64,
    /// What is owed on it, gross.
    owed: i64,
    accounts: BTreeSet<String>,
}

fn worth<'a>(facts: &'a OrderFacts<'_>, key: &StoredValueKey) -> BTreeMap<&'a str, Worth> {
    let mut worth: BTreeMap<&str, Worth> = BTreeMap::new();
    for moved in facts.moves_of(key) {
        let of = worth.entry(&moved.currency).or_default();
        let owed = Account::is_stored_value(&moved.account);
        of.face = of.face.saturating_add(moved.face_minor());
        if owed {
            let bp = Account::rate_of_voucher(&moved.account).unwrap_or(0);
            let gross = gross_of_net(moved.amount_minor, bp).unwrap_or(moved.amount_minor);
            of.owed = of.owed.saturating_sub(gross);
        }
        if owed && moved.amount_minor != 0 {
            of.accounts.insert(moved.account.clone());
        }
    }
    if let Some((currency, face_minor)) = facts.imported_faces.get(key) {
        let of = worth.entry(currency).or_default();
        of.face = of.face.saturating_add(*face_minor);
    }
    worth
}

/// The orders that sold or issued it, whether that counts or not.
pub(super) fn sellers<'a>(facts: &'a OrderFacts<'_>, key: &StoredValueKey) -> BTreeSet<&'a str> {
    let issues = facts.moves_of(key).filter(|moved| moved.item_kind.is_issue());
    issues.filter_map(|moved| moved.order_id.as_deref()).collect()
}

/// The order on which a finding about a voucher stands: the one that sold it, else the one that used it last.
fn owner<'a>(facts: &'a OrderFacts<'_>, key: &StoredValueKey) -> Option<&'a str> {
    sellers(facts, key).first().copied().or_else(|| facts.uses_of(key).next_back().map(|used| used.order_id.as_str()))
}

/// The orders that used it, as a sentence names them.
fn users(facts: &OrderFacts<'_>, key: &StoredValueKey) -> String {
    let users: BTreeSet<&str> = facts.uses_of(key).map(|used| used.order_id.as_str()).collect();
    words::list(users.into_iter().map(|order_id| facts.name_of(order_id)))
}

/// Every voucher and flex ticket of the order, once.
pub(super) fn known_here(facts: &OrderFacts<'_>) -> BTreeSet<StoredValueKey> {
    let mut known = redeemed_here(facts);
    known.extend(facts.snapshot.issued(&facts.rules.policy).into_keys());
    known
}

/// Its order brought it in when the book began: what it is worth is told by the list of vouchers that was imported, so
/// what is owed counts, and not what its order says of it.
fn sold_before_the_book(facts: &OrderFacts<'_>, key: &StoredValueKey) -> bool {
    let mut issues = facts.moves_of(key).filter(|moved| moved.item_kind.is_issue());
    issues.any(|moved| moved.account == "equity:opening")
}

/// One voucher, one finding: it stands on one order, whatever the number of those that used it.
fn life(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let redeemed = redeemed_here(facts);
    for key in known_here(facts) {
        used_after_cancellation(facts, &key, raised);
        if owner(facts, &key) != Some(facts.order_id()) {
            continue;
        }
        let what = key.in_words();
        if redeemed.contains(&key) && !facts.snapshot.regimes.contains_key(&key) {
            let evidence = format!("{what} is redeemed by {}, and no order of this source sold it", users(facts, &key));
            raised.raise(Finding::new(FindingReason::VoucherUnknownOrigin, key.to_string(), evidence));
        }
        for (code, worth) in worth(facts, &key) {
            let before = sold_before_the_book(facts, &key);
            let (left, least) = if before { (worth.owed, -ROUNDING_MINOR) } else { (worth.face, 0) };
            if left < least {
                let (over, users) = (words::money(left.saturating_neg(), code), users(facts, &key));
                let evidence = format!("{over} more of {what} is redeemed than was issued, by {users}");
                let finding = Finding::new(FindingReason::VoucherNegative, format!("{key}:{code}"), evidence);
                raised.raise(finding.with_amounts(Currency::parse(code), 0, left));
            } else if worth.accounts.len() > 1 {
                let accounts: Vec<&str> = worth.accounts.iter().map(String::as_str).collect();
                let evidence = format!("{what} is kept on several accounts: {}", accounts.join(", "));
                raised.raise(Finding::new(FindingReason::VoucherRegimeConflict, key.to_string(), evidence));
            }
        }
    }
    let said: BTreeMap<StoredValueKey, i32> = facts.snapshot.said_rates().into_iter().collect();
    for (key, fixed_bp) in &facts.snapshot.fixed_rates {
        let evidence = format!(
            "{} was used while it was sold at {}, and is now said to be sold at {}: what is posted stays as it was",
            key.in_words(),
            words::percent(*fixed_bp),
            said.get(key).map_or_else(|| "another rate".to_owned(), |bp| words::percent(*bp)),
        );
        raised.raise(Finding::new(FindingReason::VoucherRegimeConflict, key.to_string(), evidence));
    }
}

/// A use that is dated after the sale was undone: somebody was let in with a voucher that had been taken back. It is
/// said on both orders, as long as something is open where the price of the voucher is owed.
fn used_after_cancellation(facts: &OrderFacts<'_>, key: &StoredValueKey, raised: &mut Raised) {
    let Some(undone) = undone(&facts.moves, key) else { return };
    let (Some(undone_at), Some(seller)) = (undone.undone_at, undone.order_id.as_deref()) else { return };
    let owing = undone.claim_of.as_deref().unwrap_or(seller);
    let late = |used: &&Use| used.used_at.is_some_and(|at| at > undone_at);
    for used in facts.uses_of(key).filter(late) {
        if ![seller, &used.order_id].contains(&facts.order_id()) {
            continue;
        }
        let open = facts.open_of_sellers.get(owing).and_then(|open| open.get(&used.currency)).copied().unwrap_or(0);
        let order = facts.name_of(owing);
        let (left, remedy) = match open {
            0 => continue,
            1.. => {
                let remedy = "collect it from the guest of that order, or import it as `write-off`".to_owned();
                (format!("{} is open on order {order}", words::money(open, &used.currency)), remedy)
            }
            _ => {
                let credit = words::money(open.saturating_neg(), &used.currency);
                let remedy = "give back no more than that".to_owned();
                (format!("{credit} is left for the guest of order {order}"), remedy)
            }
        };
        let day = |at: Timestamp| at.local_date(facts.rules.zone);
        let evidence = format!(
            "{} was sold by {}, which took the sale back on {}, and used by {} on {} for {}: what was used stays sold, \
             and {left}",
            key.in_words(),
            facts.name_of(seller),
            day(undone_at),
            facts.name_of(&used.order_id),
            day(used.used_at.unwrap_or(undone_at)),
            words::money(used.amount_minor, &used.currency),
        );
        let finding = Finding::new(FindingReason::UsedAfterCancellation, format!("{key}:{}", used.order_id), evidence);
        let finding = finding.with_amounts(Currency::parse(&used.currency), 0, used.amount_minor);
        raised.raise(finding.to_be_done(remedy));
    }
}

/// The sale of a voucher that does not count any more, the last one; `None` while one counts.
fn undone<'m>(moves: &'m [VoucherMove], key: &StoredValueKey) -> Option<&'m VoucherMove> {
    let issues = moves_of(moves, key).filter(|moved| moved.item_kind.is_issue());
    // The claim is the same whatever the rate; a liability may have moved to another account.
    let claims = issues.filter(|moved| moved.account.starts_with("assets:"));
    if claims.clone().any(|moved| moved.undone_at.is_none() && moved.amount_minor != 0) {
        return None;
    }
    claims.filter(|moved| moved.undone_at.is_some()).max_by_key(|moved| (moved.undone_at, &moved.order_id))
}

/// The orders on which a voucher is owed that was used after its sale was taken back.
pub(super) fn owing_orders(moves: &[VoucherMove], uses: &[(StoredValueKey, Use)]) -> BTreeSet<String> {
    let late = uses.chunk_by(|(one, _), (next, _)| one == next).filter_map(|uses| {
        // The latest comes last.
        let (key, used) = uses.last()?;
        let undone = undone(moves, key)?;
        (used.used_at? > undone.undone_at?).then_some(undone)
    });
    late.filter_map(|undone| undone.claim_of.clone().or_else(|| undone.order_id.clone())).collect()
}

/// The same id in two orders: two sales, and so two liabilities for one code.
fn sold(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let issues = |moved: &&VoucherMove| {
        let owed = moved.account.starts_with("liabilities:") && !moved.account.starts_with("liabilities:vat:");
        owed && moved.is_issue()
    };
    let own = facts.moves.iter().filter(issues).filter(|moved| moved.order_id.as_deref() == Some(facts.order_id()));
    let own: BTreeSet<StoredValueKey> =
        own.map(|moved| StoredValueKey::new(moved.class(), &moved.voucher_id)).collect();
    for key in own {
        let what = key.in_words();
        let same = facts.moves_of(&key).filter(issues);
        let others: BTreeSet<&str> = same.clone().filter_map(|moved| moved.order_id.as_deref()).collect();
        let others: Vec<&str> = others.into_iter().filter(|order| *order != facts.order_id()).collect();
        if others.is_empty() {
            continue;
        }
        let evidence = format!("{what} is also sold by order {}", words::list(others));
        raised.raise(Finding::new(FindingReason::DuplicateVoucherId, key.to_string(), evidence));
        let accounts: BTreeSet<&str> = same.map(|moved| moved.account.as_str()).collect();
        if accounts.len() > 1 {
            let accounts: Vec<&str> = accounts.into_iter().collect();
            let evidence = format!("{what} was sold in different ways: {}", accounts.join(", "));
            raised.raise(Finding::new(FindingReason::VoucherRegimeConflict, key.to_string(), evidence));
        }
    }
}

/// A voucher that refunds the order that carries it, though nothing of that order is called off.
fn refund_vouchers(facts: &OrderFacts<'_>, raised: &mut Raised) {
    if facts.snapshot.status() != OrderStatus::Accepted || has_cancelled_parts(facts.snapshot) {
        return;
    }
    for order in facts.snapshot.order.voucher_orders.iter().flatten().filter(|order| order.status.is_live()) {
        if order.refunded_orders.iter().any(|refunded| refunded.order_id == facts.order_id()) {
            let (id, vouchers) = (&order.id, order.vouchers.len());
            let evidence = format!(
                "voucher order {id} ({vouchers} vouchers) refunds the order that issues it, which is accepted and has \
                 nothing cancelled"
            );
            raised.raise(Finding::new(FindingReason::RefundVoucherSelfReference, order.id.clone(), evidence));
        }
    }
}

/// What a redemption says of its origin against the order that sold it.
fn flex_origin(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let participants = facts.snapshot.order.tickets.iter().flatten().flat_map(|ticket| &ticket.participants);
    for flex in participants.flat_map(|who| &who.redeemed_flex_tickets) {
        let Some(said) = flex.purchasing_order_id.as_deref() else { continue };
        let key = StoredValueKey::flex(&flex.id);
        let issues = facts.moves_of(&key);
        let sellers = issues.filter(|moved| moved.is_issue() && moved.account == "liabilities:flex");
        let sellers: BTreeSet<&str> = sellers.filter_map(|moved| moved.order_id.as_deref()).collect();
        let Some(seller) = sellers.first().filter(|_| !sellers.contains(said)) else { continue };
        let evidence = format!("flex ticket {} was sold by order {seller}; its redemption says {said}", flex.id);
        raised.raise(Finding::new(FindingReason::FlexOriginConflict, key.to_string(), evidence));
    }
}

/// The counter of the flex ticket against the redemptions that are known.
fn flex_count(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let live = facts.snapshot.status() == OrderStatus::Accepted;
    for flex in facts.snapshot.order.flex_tickets.iter().flatten() {
        if !live || !flex.status.is_live() || flex.unlimited || flex.redemption_total == 0 {
            continue;
        }
        let key = StoredValueKey::flex(&flex.id);
        let moves = facts.moves_of(&key);
        let redeemed = moves.filter(|moved| moved.item_kind == ItemKind::FlexRedemption);
        let known: i64 = redeemed.filter(|moved| moved.account == "liabilities:flex").map(|moved| moved.count).sum();
        let used = flex.redemption_total.saturating_sub(flex.redemption_available);
        if used != known {
            let (available, total) = (flex.redemption_available, flex.redemption_total);
            let evidence = format!(
                "flex ticket {}: {available} of {total} admissions are said to be left, {known} are known as used",
                flex.id
            );
            raised.raise(Finding::new(FindingReason::FlexCountMismatch, key.to_string(), evidence));
        }
    }
}

/// A flex ticket sold without VAT pays for an admission with VAT: the tax arises when it is used.
fn vat_regime_note(facts: &OrderFacts<'_>, raised: &mut Raised) {
    for ticket in facts.snapshot.order.tickets.iter().flatten() {
        for who in ticket.participants.iter().filter(|_| facts.snapshot.status() == OrderStatus::Accepted) {
            let rate_bp = who.vat_bp.or(ticket.vat_bp).unwrap_or(0);
            for flex in who.redeemed_flex_tickets.iter().filter(|_| rate_bp > 0) {
                let key = StoredValueKey::flex(&flex.id);
                if facts.snapshot.regimes.get(&key) == Some(&Regime::Untaxed) {
                    let evidence = format!(
                        "flex ticket {} was sold without VAT and pays for a taxed admission: it counts as prepaid, \
                         VAT arises when it is used",
                        flex.id
                    );
                    raised.raise(Finding::new(FindingReason::VatRegimeNote, key.to_string(), evidence));
                }
            }
        }
    }
}
