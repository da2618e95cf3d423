//! What a line is about, and what it moves on the receivable of an order.

use crate::vocabulary;

vocabulary! {
    /// What a line of an entry is about, in the order in which a person reads an order. The words are stored in every
    /// line, and hashed.
    pub enum ItemKind in "postings.item_kind" {
        Ticket = "ticket",
        Product = "product",
        Flex = "flex",
        Voucher = "voucher",
        Discount = "discount",
        /// Taken off what is billed, by a person.
        PriceReduction = "price_reduction",
        VoucherRedemption = "voucher_redemption",
        FlexRedemption = "flex_redemption",
        Payment = "payment",
        Refund = "refund",
        RefundVoucher = "refund_voucher",
        /// Credit of a dead order that became income.
        Retained = "retained",
        CashRounding = "cash_rounding",
        /// Entered by a person, as are all that follow.
        Fee = "fee",
        Payout = "payout",
        /// A voucher or flex ticket that an earlier system sold.
        VoucherOpening = "voucher_opening",
        WriteOff = "write_off",
        /// A voucher or flex ticket that nobody will use any more.
        Breakage = "breakage",
        /// A voucher or flex ticket is worth more or less than was told.
        VoucherCorrection = "voucher_correction",
        /// Balance of an account before these books began.
        OpeningBalance = "opening_balance",
    }
}

/// What a line moves on the receivable of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// What the guest has to pay: sales, less discounts.
    Billed,
    Paid,
    Refunded,
    /// A voucher instead of money given back.
    RefundVoucher,
    /// Paid with a voucher or flex ticket.
    Redeemed,
    /// None of these: what is rounded, kept or written off, and what no order owes.
    Other,
}

impl ItemKind {
    /// The one definition of what counts as what. The views have the same lists; a test compares them.
    pub const fn moves(self) -> Moves {
        match self {
            Self::Ticket | Self::Product | Self::Flex | Self::Voucher | Self::Discount | Self::PriceReduction => {
                Moves::Billed
            }
            Self::Payment => Moves::Paid,
            Self::Refund => Moves::Refunded,
            Self::RefundVoucher => Moves::RefundVoucher,
            Self::VoucherRedemption | Self::FlexRedemption => Moves::Redeemed,
            Self::Retained
            | Self::CashRounding
            | Self::Fee
            | Self::Payout
            | Self::VoucherOpening
            | Self::WriteOff
            | Self::Breakage
            | Self::VoucherCorrection
            | Self::OpeningBalance => Moves::Other,
        }
    }

    /// What an order has to pay.
    pub const fn is_billed(self) -> bool {
        matches!(self.moves(), Moves::Billed)
    }

    /// By which a voucher or flex ticket loses its worth: it is used, or expires.
    pub const fn uses_up(self) -> bool {
        match self {
            Self::Breakage => true,
            _ => matches!(self.moves(), Moves::Redeemed),
        }
    }

    /// Something sold for money: billed, and nothing taken off.
    pub const fn is_sale(self) -> bool {
        match self {
            Self::Discount | Self::PriceReduction => false,
            _ => self.is_billed(),
        }
    }

    /// By which a voucher or flex ticket comes to be.
    pub const fn is_issue(self) -> bool {
        match self {
            Self::Voucher | Self::RefundVoucher | Self::Flex => true,
            Self::Ticket
            | Self::Product
            | Self::Discount
            | Self::VoucherRedemption
            | Self::FlexRedemption
            | Self::Payment
            | Self::Refund
            | Self::Retained
            | Self::CashRounding
            | Self::Fee
            | Self::Payout
            | Self::VoucherOpening
            | Self::WriteOff
            | Self::PriceReduction
            | Self::Breakage
            | Self::VoucherCorrection
            | Self::OpeningBalance => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that a `--: name | ...` line of the views' template gives.
    fn in_views(name: &str) -> Vec<String> {
        let template = include_str!("../../../migrations/views.sql");
        let line = template.lines().find_map(|line| line.strip_prefix(&format!("--: {name} | ")));
        let mut words: Vec<String> =
            line.unwrap().split(',').map(|word| word.trim().trim_matches('\'').to_owned()).collect();
        words.sort();
        words
    }

    fn words(chosen: impl Fn(ItemKind) -> bool) -> Vec<String> {
        let chosen = ItemKind::ALL.iter().filter(|kind| chosen(**kind));
        let mut words: Vec<String> = chosen.map(ToString::to_string).collect();
        words.sort();
        words
    }

    #[test]
    fn the_views_count_the_same_kinds() {
        assert_eq!(in_views("billed"), words(ItemKind::is_billed));
        assert_eq!(in_views("issued"), words(ItemKind::is_issue));
        assert_eq!(in_views("redeemed"), words(|kind| kind.moves() == Moves::Redeemed));
        assert_eq!(in_views("used_up"), words(ItemKind::uses_up));
    }

    /// Every word that a view compares a kind with is a kind.
    #[test]
    fn the_views_know_no_other_kinds() {
        for rest in include_str!("../../../migrations/views.sql").split("item_kind ").skip(1) {
            let list = rest.split([')', '\n']).next().and_then(|list| list.split(" THEN").next()).unwrap_or_default();
            for word in list.split('\'').skip(1).step_by(2) {
                assert!(ItemKind::parse(word).is_some(), "{list}");
            }
        }
    }
}
