//! The logical chart of accounts. The codes are contract.

use std::fmt;

/// An account of a source's book.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// What guests owe; the order is the sub-ledger.
    Receivable,
    /// Money on its way, by payment method.
    Clearing(String),
    /// A refund voucher that names several orders without saying how much of each.
    VoucherRefundUnallocated,
    /// Revenue from tickets.
    IncomeTickets,
    /// Revenue from products.
    IncomeProducts,
    /// Revenue from flex tickets without a limit, under a policy that recognises them when they are sold.
    IncomeFlex,
    /// Reductions; a contra account.
    IncomeDiscount,
    /// Output tax, by rate in basis points.
    Vat(i32),
    /// Multi-purpose vouchers: taxed when used.
    VoucherMultiPurpose,
    /// Single-purpose vouchers: taxed when sold, by rate in basis points.
    VoucherSinglePurpose(i32),
    /// Flex tickets sold and not yet used.
    Flex,
    /// Net price of tickets whose day has not come, under a policy that recognises revenue on the day.
    DeferredTickets,
    /// Gross of what is sold at an unknown rate.
    VatUndetermined,
    /// The bank: where payouts arrive.
    Bank,
    /// What payment providers keep for their service.
    Fees,
    /// What a guest owed and will not pay.
    BadDebt,
    /// What was kept after a cancellation.
    IncomeRetained,
    /// Vouchers that nobody will use any more.
    IncomeBreakage,
    /// What was there before these books began.
    Opening,
    /// What is rounded away when cash is paid.
    Rounding,
}

impl Account {
    /// The clearing account of a raw payment method: what is not `[A-Za-z0-9._-]` becomes `_`.
    pub fn clearing(method: &str) -> Self {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        Self::Clearing(method.chars().map(|c| if allowed(c) { c } else { '_' }).collect())
    }

    /// `asset`, `liability`, `income`, `expense`, `equity` or `suspense`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Receivable | Self::Clearing(_) | Self::VoucherRefundUnallocated | Self::Bank => "asset",
            Self::IncomeTickets | Self::IncomeProducts | Self::IncomeFlex | Self::IncomeDiscount => "income",
            Self::IncomeRetained | Self::IncomeBreakage => "income",
            Self::Fees | Self::BadDebt => "expense",
            Self::Opening => "equity",
            Self::Vat(_)
            | Self::VoucherMultiPurpose
            | Self::VoucherSinglePurpose(_)
            | Self::Flex
            | Self::DeferredTickets => "liability",
            Self::VatUndetermined | Self::Rounding => "suspense",
        }
    }

    /// The rate that is part of the code.
    pub fn vat_bp(&self) -> Option<i32> {
        match self {
            Self::Vat(bp) | Self::VoucherSinglePurpose(bp) => Some(*bp),
            _ => None,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receivable => f.write_str("assets:receivable"),
            Self::Clearing(method) => write!(f, "assets:clearing:{method}"),
            Self::VoucherRefundUnallocated => f.write_str("assets:voucher_refund_unallocated"),
            Self::IncomeTickets => f.write_str("income:tickets"),
            Self::IncomeProducts => f.write_str("income:products"),
            Self::IncomeFlex => f.write_str("income:flex"),
            Self::IncomeDiscount => f.write_str("income:discount"),
            Self::Vat(bp) => write!(f, "liabilities:vat:{bp}"),
            Self::VoucherMultiPurpose => f.write_str("liabilities:voucher:mpv"),
            Self::VoucherSinglePurpose(bp) => write!(f, "liabilities:voucher:spv:{bp}"),
            Self::Flex => f.write_str("liabilities:flex"),
            Self::DeferredTickets => f.write_str("liabilities:deferred:tickets"),
            Self::VatUndetermined => f.write_str("suspense:vat_undetermined"),
            Self::Bank => f.write_str("assets:bank"),
            Self::Fees => f.write_str("expenses:fees"),
            Self::BadDebt => f.write_str("expenses:bad_debt"),
            Self::IncomeRetained => f.write_str("income:retained"),
            Self::IncomeBreakage => f.write_str("income:breakage"),
            Self::Opening => f.write_str("equity:opening"),
            Self::Rounding => f.write_str("suspense:rounding"),
        }
    }
}
