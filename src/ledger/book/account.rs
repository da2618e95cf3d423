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
    /// Input tax on what was bought, such as a payment fee, by rate in basis points: no part of the output tax.
    VatInput(i32),
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
    /// The code of [`Account::Receivable`].
    pub const RECEIVABLE: &str = "assets:receivable";

    /// Whether this is the code of an account of vouchers or flex tickets.
    pub fn is_stored_value(code: &str) -> bool {
        code == "liabilities:flex" || code.starts_with("liabilities:voucher:")
    }

    /// The rate, in basis points, in the code of an account of single-purpose vouchers.
    pub fn rate_of_voucher(code: &str) -> Option<i32> {
        code.strip_prefix("liabilities:voucher:spv:")?.parse().ok()
    }

    /// The account with that code.
    pub fn parse(code: &str) -> Option<Self> {
        const PLAIN: [Account; 17] = [
            Account::Receivable,
            Account::VoucherRefundUnallocated,
            Account::IncomeTickets,
            Account::IncomeProducts,
            Account::IncomeFlex,
            Account::IncomeDiscount,
            Account::VoucherMultiPurpose,
            Account::Flex,
            Account::DeferredTickets,
            Account::VatUndetermined,
            Account::Bank,
            Account::Fees,
            Account::BadDebt,
            Account::IncomeRetained,
            Account::IncomeBreakage,
            Account::Opening,
            Account::Rounding,
        ];
        let rate = |prefix: &str| code.strip_prefix(prefix).and_then(|bp| bp.parse().ok());
        let method = code.strip_prefix("assets:clearing:").filter(|method| !method.is_empty());
        let with_more = None
            .or_else(|| method.map(Self::clearing))
            .or_else(|| rate("liabilities:vat:").map(Self::Vat))
            .or_else(|| rate("assets:vat_input:").map(Self::VatInput))
            .or_else(|| rate("liabilities:voucher:spv:").map(Self::VoucherSinglePurpose));
        let mut all = PLAIN.into_iter().chain(with_more);
        // What is written otherwise, such as a rate of `01900`, is no code.
        all.find(|account| account.to_string() == code)
    }

    /// The clearing account of a raw payment method: what is not `[A-Za-z0-9._-]` becomes `_`.
    pub fn clearing(method: &str) -> Self {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        Self::Clearing(method.chars().map(|c| if allowed(c) { c } else { '_' }).collect())
    }

    /// `asset`, `liability`, `income`, `expense`, `equity` or `suspense`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Receivable | Self::Clearing(_) | Self::VoucherRefundUnallocated | Self::Bank | Self::VatInput(_) => {
                "asset"
            }
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
            Self::Vat(bp) | Self::VatInput(bp) | Self::VoucherSinglePurpose(bp) => Some(*bp),
            _ => None,
        }
    }
}

/// As its code.
impl serde::Serialize for Account {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receivable => f.write_str(Self::RECEIVABLE),
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
            Self::VatInput(bp) => write!(f, "assets:vat_input:{bp}"),
            Self::Fees => f.write_str("expenses:fees"),
            Self::BadDebt => f.write_str("expenses:bad_debt"),
            Self::IncomeRetained => f.write_str("income:retained"),
            Self::IncomeBreakage => f.write_str("income:breakage"),
            Self::Opening => f.write_str("equity:opening"),
            Self::Rounding => f.write_str("suspense:rounding"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_nothing_else_is_one() {
        let codes = [
            "assets:bank",
            "assets:clearing:Stripe_Bank_Wire",
            "assets:receivable",
            "assets:vat_input:1900",
            "assets:voucher_refund_unallocated",
            "equity:opening",
            "expenses:bad_debt",
            "expenses:fees",
            "income:breakage",
            "income:discount",
            "income:flex",
            "income:products",
            "income:retained",
            "income:tickets",
            "liabilities:deferred:tickets",
            "liabilities:flex",
            "liabilities:vat:0",
            "liabilities:voucher:mpv",
            "liabilities:voucher:spv:700",
            "suspense:rounding",
            "suspense:vat_undetermined",
        ];
        for code in codes {
            assert_eq!(Account::parse(code).map(|account| account.to_string()).as_deref(), Some(code));
        }
        let others =
            ["", "assets", "assets:clearing:", "assets:clearing:a b", "liabilities:vat:", "liabilities:vat:01"];
        for code in others {
            assert_eq!(Account::parse(code), None, "{code}");
        }
    }
}
