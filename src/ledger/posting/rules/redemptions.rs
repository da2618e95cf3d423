//! Rules 8 and 9: vouchers and flex tickets, used.
//!
//! One that was not taxed when it was sold is money, and nothing else. One that was taxed settles the tax of what it
//! pays for, whatever the rate there: each line is relieved of the tax that it carries in its share, and what that
//! differs from the tax of the voucher is income. So the tax over the life of a voucher is what was charged when it was
//! sold, and its liability ends at nothing.

use std::collections::BTreeMap;

use super::discounts::ReducedLine;
use super::release::Release;
use super::stored_value::{flex_account, voucher_account};
use super::{Builder, SoldLine, plain_lines};
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{
    Atom, Dimensions, Effective, Finding, FindingReason, Line, StoredValueKey, part_key, places,
};
use crate::money::{Currency, Overflow, format_minor, format_percent, split_by_largest_remainder, sum, vat_in_gross};
use crate::policy::Regime;

/// A live line as taxed vouchers and flex tickets find it.
struct PaidLine<'a> {
    line: &'a SoldLine,
    /// Less its discounts.
    gross_minor: i64,
    /// The VAT that it has posted, its discounts included.
    vat_minor: i64,
    /// What taxed vouchers and flex tickets took of it so far.
    taken_minor: i64,
}

/// One use.
struct Redemption {
    key: String,
    event_type: &'static str,
    stored_value: StoredValueKey,
    dimensions: Dimensions,
    regime: Regime,
    /// Where it is owed.
    liability: Account,
    value_minor: i64,
    currency: Currency,
    effective: Effective,
}

impl<'a> PaidLine<'a> {
    fn of(reduced: &'a ReducedLine) -> Result<Self, Overflow> {
        let ReducedLine { line, taken } = reduced;
        let parts = || std::iter::once(line.gross_minor).chain(taken.iter().map(|share| -share));
        let mut vat_minor = 0_i64;
        for part in parts() {
            let vat = line.vat_bp.map_or(Ok(0), |bp| vat_in_gross(part, bp))?;
            vat_minor = vat_minor.checked_add(vat).ok_or(Overflow)?;
        }
        Ok(Self { line, gross_minor: sum(parts())?, vat_minor, taken_minor: 0 })
    }

    fn left_minor(&self) -> i64 {
        (self.gross_minor - self.taken_minor).max(0)
    }

    /// Takes a share, and answers the VAT in it. A line that is paid whole is relieved whole.
    fn take(&mut self, share_minor: i64) -> Result<i64, Overflow> {
        let before = part_of(self.vat_minor, self.taken_minor, self.gross_minor)?;
        self.taken_minor = self.taken_minor.checked_add(share_minor).ok_or(Overflow)?;
        Ok(part_of(self.vat_minor, self.taken_minor, self.gross_minor)? - before)
    }
}

/// `amount` × `part` / `whole`, rounded half up. None of them is negative.
fn part_of(amount: i64, part: i64, whole: i64) -> Result<i64, Overflow> {
    let (product, whole) = (i128::from(amount) * i128::from(part), i128::from(whole));
    if whole == 0 {
        return Ok(0);
    }
    i64::try_from((2 * product + whole).div_euclid(2 * whole)).map_err(|_| Overflow)
}

impl Builder<'_> {
    /// Flex tickets first, each on the line of its participant, then vouchers in document order, each over what is left
    /// of the lines.
    pub(super) fn redemptions(&mut self, reduced: &[ReducedLine]) -> Result<(), Overflow> {
        let mut lines = reduced.iter().map(PaidLine::of).collect::<Result<Vec<_>, _>>()?;
        self.flex_tickets_redeemed(&mut lines)?;
        if self.snapshot.takes_vouchers(&self.rules.policy) {
            self.vouchers_redeemed(&mut lines)?;
        }
        Ok(())
    }

    fn flex_tickets_redeemed(&mut self, lines: &mut [PaidLine<'_>]) -> Result<(), Overflow> {
        let snapshot = self.snapshot;
        for ticket in snapshot.order.tickets.iter().flatten() {
            for who in &ticket.participants {
                let live = self.live && self.counts(ticket.status) && self.counts(who.status);
                for redeemed in &who.redeemed_flex_tickets {
                    let key = format!("flex.redeem:{}:{}", redeemed.id, who.id);
                    if !live {
                        if let Some(at) = self.cancelled_at(ticket, who) {
                            self.wanted.cancelled_at.insert(key, at);
                        }
                        continue;
                    }
                    let mut dimensions = self.dimensions(ItemKind::FlexRedemption, key.clone());
                    dimensions.voucher_id = Some(redeemed.id.clone());
                    let stored_value = StoredValueKey::flex(&redeemed.id);
                    let regime = self.regime(&stored_value);
                    let part = part_key::participant(&who.id);
                    let own = |line: &PaidLine<'_>| line.line.dimensions.line_key == part;
                    let shares = lines.iter().map(|line| if own(line) { line.left_minor() } else { 0 });
                    let shares = shares.map(|left| left.min(redeemed.value_minor.max(0))).collect();
                    let redemption = Redemption {
                        key,
                        event_type: "flex.redeem",
                        stored_value,
                        dimensions,
                        regime,
                        liability: flex_account(regime),
                        value_minor: redeemed.value_minor,
                        currency: redeemed.currency,
                        effective: Effective::Said { at: redeemed.redeemed_at, basis: "creation_date" },
                    };
                    self.redeem(redemption, shares, lines)?;
                }
            }
        }
        Ok(())
    }

    fn vouchers_redeemed(&mut self, lines: &mut [PaidLine<'_>]) -> Result<(), Overflow> {
        let snapshot = self.snapshot;
        for (redeemed, key) in snapshot.order.redeemed_vouchers.iter().flatten().zip(places::voucher_keys(snapshot)) {
            let mut dimensions = self.dimensions(ItemKind::VoucherRedemption, key.clone());
            dimensions.voucher_id = Some(redeemed.id.clone());
            let stored_value = StoredValueKey::voucher(&redeemed.id);
            let regime = self.regime(&stored_value);
            let left: Vec<i64> = lines.iter().map(PaidLine::left_minor).collect();
            let whole = sum(left.iter().copied())?;
            let shares = split_by_largest_remainder(redeemed.value_minor.clamp(0, whole), &left)?;
            let redemption = Redemption {
                key,
                event_type: "voucher.redeem",
                stored_value,
                dimensions,
                regime,
                liability: voucher_account(regime),
                value_minor: redeemed.value_minor,
                currency: redeemed.currency,
                effective: Effective::Said { at: redeemed.used_at, basis: "usage_date" },
            };
            self.redeem(redemption, shares, lines)?;
        }
        Ok(())
    }

    /// While it is unknown how it was sold, it counts as taxed when used.
    fn regime(&self, key: &StoredValueKey) -> Regime {
        self.snapshot.regimes.get(key).copied().unwrap_or(Regime::Untaxed)
    }

    fn redeem(&mut self, redemption: Redemption, shares: Vec<i64>, lines: &mut [PaidLine<'_>]) -> Result<(), Overflow> {
        let postings = match redemption.regime.rate() {
            None => plain_lines(
                &redemption.dimensions,
                redemption.liability.clone(),
                Account::Receivable,
                redemption.value_minor,
            )?,
            // Sold at 0 %, it settles no tax: what it pays for is taxed by itself.
            Some(0) => self.taxed_redemption(&redemption, 0, vec![0; shares.len()], lines)?,
            Some(bp) => self.taxed_redemption(&redemption, bp, shares, lines)?,
        };
        let Redemption { key, event_type, currency, effective, .. } = redemption;
        self.add(Atom { key, event_type, currency, effective, category: None, lines: postings });
        Ok(())
    }

    /// The liability, the VAT and the income of each share, and the receivable of all.
    fn taxed_redemption(
        &mut self,
        redemption: &Redemption,
        own_bp: i32,
        shares: Vec<i64>,
        lines: &mut [PaidLine<'_>],
    ) -> Result<Vec<Line>, Overflow> {
        let Redemption { value_minor, dimensions, liability, .. } = redemption;
        let residue = self.take_residue(&redemption.stored_value);
        let owed = value_minor - vat_in_gross(*value_minor, own_bp)?;
        let owed = owed.checked_add(residue).ok_or(Overflow)?;
        let rest = value_minor.checked_sub(sum(shares.iter().copied())?).ok_or(Overflow)?;
        let on_lines = shares.iter().any(|share| *share != 0);
        // What no line takes is relieved at the rate of the voucher. When that is all, it takes the residue as well.
        let owed_by_rest = if on_lines { rest - vat_in_gross(rest, own_bp)? } else { owed };
        let owed_by_lines = split_by_largest_remainder((owed - owed_by_rest).max(0), &shares)?;
        let mut postings = Vec::new();
        let mut differing = Vec::new();
        for ((share, owed), paid) in
            shares.into_iter().zip(owed_by_lines).zip(lines).filter(|((share, _), _)| *share != 0)
        {
            let vat = paid.take(share)?;
            if paid.line.vat_bp.is_some_and(|bp| bp != own_bp) {
                differing.push((share, paid.line.vat_bp.unwrap_or_default()));
            }
            postings.extend(self.share_lines(redemption, paid.line, own_bp, [share, owed, vat])?);
        }
        if rest != 0 {
            let line =
                |account, amount_minor| Line { vat_bp: Some(own_bp), ..Line::new(account, amount_minor, dimensions) };
            postings.push(line(liability.clone(), owed_by_rest));
            let tax_base_minor = Some(owed_by_rest);
            postings.push(Line { tax_base_minor, ..line(Account::Vat(own_bp), rest - owed_by_rest) });
        }
        postings.push(Line::new(Account::Receivable, value_minor.checked_neg().ok_or(Overflow)?, dimensions));
        self.rates_differ(redemption, own_bp, &differing);
        Ok(postings)
    }

    /// What a share relieves: the liability, the VAT of its line, and by the difference the income of its line.
    fn share_lines(
        &mut self,
        redemption: &Redemption,
        sold: &SoldLine,
        own_bp: i32,
        [share_minor, owed_minor, vat_minor]: [i64; 3],
    ) -> Result<Vec<Line>, Overflow> {
        let key = part_key::share(&redemption.key, &sold.dimensions.line_key);
        let mut dimensions = sold.dimensions.clone();
        dimensions.item_kind = redemption.dimensions.item_kind;
        dimensions.line_key.clone_from(&key);
        dimensions.voucher_id.clone_from(&redemption.dimensions.voucher_id);
        let difference = share_minor - owed_minor - vat_minor;
        let line =
            |account, amount_minor| Line { vat_bp: sold.vat_bp, ..Line::new(account, amount_minor, &dimensions) };
        let income = if sold.vat_bp.is_some() { sold.income.clone() } else { Account::VatUndetermined };
        let mut owed = line(redemption.liability.clone(), owed_minor);
        if sold.vat_bp.is_none() && redemption.event_type == "flex.redeem" {
            // On the account of flex tickets, only the rate tells a taxed one from a prepaid one.
            owed.vat_bp = Some(own_bp);
        }
        let mut lines = vec![owed];
        if let Some(bp) = sold.vat_bp {
            let tax_base_minor = Some(share_minor - vat_minor);
            lines.push(Line { tax_base_minor, ..line(Account::Vat(bp), vat_minor) });
        }
        let mut adjusted = vec![line(income.clone(), difference)];
        if let Some(on) = sold.on.filter(|_| difference != 0) {
            let (key, currency) = (format!("release:{key}"), redemption.currency);
            self.defer(&mut adjusted, Release { key, event_type: "release.redemption", currency, income, on });
        }
        lines.append(&mut adjusted);
        Ok(lines)
    }

    /// What rounding leaves on the liability; only the last use takes it.
    fn take_residue(&mut self, key: &StoredValueKey) -> i64 {
        let uses_left = self.uses_left.entry(key.clone()).or_insert_with(|| {
            let uses = self.snapshot.redeemed().filter(|(class, id)| (*class, *id) == (key.class, key.id.as_str()));
            uses.count()
        });
        *uses_left = uses_left.saturating_sub(1);
        if *uses_left == 0 { self.snapshot.residues.get(key).copied().unwrap_or(0) } else { 0 }
    }

    fn rates_differ(&mut self, redemption: &Redemption, own_bp: i32, differing: &[(i64, i32)]) {
        if differing.is_empty() {
            return;
        }
        let percent = |bp: i32| format!("{} %", format_percent(bp.into()));
        let mut shares: BTreeMap<i32, i64> = BTreeMap::new();
        for (share, bp) in differing {
            let sum = shares.entry(*bp).or_default();
            *sum = sum.saturating_add(*share);
        }
        let Redemption { currency, stored_value, .. } = redemption;
        let shares = shares.into_iter().map(|(bp, share)| {
            format!("{} {currency} of what is sold at {}", format_minor(share, currency.exponent()), percent(bp))
        });
        let evidence = format!(
            "{} was sold at {} and pays {}: the VAT charged when it was sold stays, and the difference is income",
            stored_value.in_words(),
            percent(own_bp),
            shares.collect::<Vec<_>>().join(" and "),
        );
        self.find(Finding::new(FindingReason::VoucherRateDiffers, stored_value.to_string(), evidence));
    }
}
