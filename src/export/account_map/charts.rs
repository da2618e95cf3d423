//! The shipped numbers. They are suggestions: the accountant decides. What needs an account of its own has none here,
//! so that nothing is posted to a wrong one unseen.

use chrono::NaiveDate;

use crate::config::{AccountRule, Chart};

/// Our code, its rate, the account, and whether it takes out the tax of the rate by itself.
type Shipped = (&'static str, Option<i32>, &'static str, bool);

const SKR03: &[Shipped] = &[
    ("assets:bank", None, "1200", false),
    ("assets:voucher_refund_unallocated", None, "1590", false),
    ("suspense:vat_undetermined", None, "1590", false),
    ("liabilities:vat:1900", None, "1776", false),
    ("liabilities:vat:700", None, "1771", false),
    ("assets:vat_input:1900", None, "1576", false),
    ("assets:vat_input:700", None, "1571", false),
    ("liabilities:voucher:mpv", None, "1604", false),
    // Whatever line it pays for.
    ("liabilities:voucher:spv:1900", None, "1718", false),
    ("liabilities:voucher:spv:1900", Some(1900), "1718", true),
    ("liabilities:voucher:spv:700", None, "1711", false),
    ("liabilities:flex", None, "1604", false),
    ("liabilities:flex", Some(1900), "1718", true),
    ("liabilities:flex", Some(700), "1711", false),
    ("liabilities:deferred:tickets", None, "0990", false),
    ("income:tickets", Some(1900), "8400", true),
    ("income:tickets", Some(700), "8300", true),
    ("income:tickets", Some(0), "8200", false),
    ("income:products", Some(1900), "8400", true),
    ("income:products", Some(700), "8300", true),
    ("income:products", Some(0), "8200", false),
    ("income:flex", Some(1900), "8400", true),
    ("income:flex", Some(700), "8300", true),
    ("income:flex", Some(0), "8200", false),
    ("income:discount", Some(1900), "8720", true),
    ("income:discount", Some(700), "8710", true),
    ("income:discount", Some(0), "8700", false),
    ("income:retained", None, "8603", false),
    ("income:retained", Some(1900), "8640", true),
    ("income:retained", Some(700), "8630", false),
    ("expenses:fees", None, "4970", false),
    ("expenses:bad_debt", None, "2400", false),
    ("expenses:bad_debt", Some(1900), "2406", true),
    ("equity:opening", None, "9000", false),
];

const SKR04: &[Shipped] = &[
    ("assets:bank", None, "1800", false),
    ("assets:voucher_refund_unallocated", None, "1370", false),
    ("suspense:vat_undetermined", None, "1370", false),
    ("liabilities:vat:1900", None, "3806", false),
    ("liabilities:vat:700", None, "3801", false),
    ("assets:vat_input:1900", None, "1406", false),
    ("assets:vat_input:700", None, "1401", false),
    ("liabilities:voucher:mpv", None, "3304", false),
    ("liabilities:voucher:spv:1900", None, "3272", false),
    ("liabilities:voucher:spv:1900", Some(1900), "3272", true),
    ("liabilities:voucher:spv:700", None, "3260", false),
    ("liabilities:flex", None, "3304", false),
    ("liabilities:flex", Some(1900), "3272", true),
    ("liabilities:flex", Some(700), "3260", false),
    ("liabilities:deferred:tickets", None, "3900", false),
    ("income:tickets", Some(1900), "4400", true),
    ("income:tickets", Some(700), "4300", true),
    ("income:tickets", Some(0), "4200", false),
    ("income:products", Some(1900), "4400", true),
    ("income:products", Some(700), "4300", true),
    ("income:products", Some(0), "4200", false),
    ("income:flex", Some(1900), "4400", true),
    ("income:flex", Some(700), "4300", true),
    ("income:flex", Some(0), "4200", false),
    ("income:discount", Some(1900), "4720", true),
    ("income:discount", Some(700), "4710", true),
    ("income:discount", Some(0), "4700", false),
    ("income:retained", None, "4830", false),
    ("expenses:fees", None, "6855", false),
    ("expenses:bad_debt", None, "6930", false),
    ("expenses:bad_debt", Some(1900), "6936", true),
    ("equity:opening", None, "9000", false),
];

const KMU: &[Shipped] = &[
    ("assets:receivable", None, "1100", false),
    ("assets:bank", None, "1020", false),
    ("liabilities:vat:", None, "2200", false),
    ("liabilities:voucher:", None, "2030", false),
    ("liabilities:flex", None, "2030", false),
    ("liabilities:deferred:tickets", None, "2301", false),
    ("income:tickets", None, "3400", false),
    ("income:products", None, "3200", false),
    ("income:flex", None, "3400", false),
    ("income:discount", None, "3800", false),
    ("income:retained", None, "3600", false),
    ("income:breakage", None, "3600", false),
    ("expenses:fees", None, "6940", false),
    ("expenses:bad_debt", None, "3805", false),
    ("equity:opening", None, "9100", false),
];

/// The second half of 2020: the automatic accounts of 19 and 7 % took out 16 and 5 %, and VAT had accounts of its own.
const LOWERED: (&str, &str) = ("2020-07-01", "2021-01-01");

/// What a chart had then: our code, the rate then and before, and the account.
type Lowered = (&'static str, i32, Option<i32>, &'static str);

const SKR03_LOWERED: &[Lowered] = &[
    ("income:tickets", 1600, Some(1900), "8400"),
    ("income:tickets", 500, Some(700), "8300"),
    ("income:products", 1600, Some(1900), "8400"),
    ("income:products", 500, Some(700), "8300"),
    ("income:flex", 1600, Some(1900), "8400"),
    ("income:flex", 500, Some(700), "8300"),
    ("income:discount", 1600, Some(1900), "8720"),
    ("income:discount", 500, Some(700), "8710"),
    ("liabilities:vat:1600", 1600, None, "1775"),
    ("liabilities:vat:500", 500, None, "1773"),
];

const SKR04_LOWERED: &[Lowered] = &[
    ("income:tickets", 1600, Some(1900), "4400"),
    ("income:tickets", 500, Some(700), "4300"),
    ("income:products", 1600, Some(1900), "4400"),
    ("income:products", 500, Some(700), "4300"),
    ("income:flex", 1600, Some(1900), "4400"),
    ("income:flex", 500, Some(700), "4300"),
    ("income:discount", 1600, Some(1900), "4720"),
    ("income:discount", 500, Some(700), "4710"),
    ("liabilities:vat:1600", 1600, None, "3805"),
    ("liabilities:vat:500", 500, None, "3803"),
];

/// Whether the rates were lowered on a day.
pub(super) fn is_lowered(day: NaiveDate) -> bool {
    let (first, after) = LOWERED;
    let bound = |text: &str| text.parse::<NaiveDate>().ok();
    bound(first).is_some_and(|first| first <= day) && bound(after).is_some_and(|after| day < after)
}

/// An account on both days on which its rate changed; one of VAT has no rate of its own.
fn lowered((code, then, before, account): &Lowered, length: usize) -> Vec<AccountRule> {
    let rule = |from: &str, rate_bp: Option<i32>| AccountRule {
        code: (*code).to_owned(),
        rate_bp,
        from: from.parse().ok(),
        account: format!("{account:0<length$}"),
        automatic: rate_bp.map(|_| true),
        ..AccountRule::default()
    };
    match before {
        Some(before) => vec![rule(LOWERED.0, Some(*then)), rule(LOWERED.1, Some(*before))],
        None => vec![rule(LOWERED.0, None)],
    }
}

/// The debtor that stands for all guests.
const DEBTOR: &str = "10000";

/// The rules of a chart; in a German one accounts have `length` digits, and a person account one more.
pub(super) fn shipped(chart: Chart, length: usize) -> Vec<AccountRule> {
    let (accounts, of_2020, is_german) = match chart {
        Chart::Skr03 => (SKR03, SKR03_LOWERED, true),
        Chart::Skr04 => (SKR04, SKR04_LOWERED, true),
        Chart::Kmu => (KMU, &[][..], false),
        Chart::None => (&[][..], &[][..], false),
    };
    let filled = |account: &str, digits: usize| match is_german {
        true => format!("{account:0<digits$}"),
        false => account.to_owned(),
    };
    let rule = |(code, rate_bp, account, automatic): &Shipped| AccountRule {
        code: (*code).to_owned(),
        rate_bp: *rate_bp,
        account: filled(account, length),
        automatic: automatic.then_some(true),
        ..AccountRule::default()
    };
    let debtor = is_german.then(|| AccountRule {
        code: "assets:receivable".to_owned(),
        account: filled(DEBTOR, length + 1),
        person: true,
        ..AccountRule::default()
    });
    let of_2020 = of_2020.iter().flat_map(|rows| lowered(rows, length));
    debtor.into_iter().chain(accounts.iter().map(rule)).chain(of_2020).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Our accounts that have no number in a chart, whatever the rate.
    fn missing(chart: Chart) -> Vec<&'static str> {
        let rules = shipped(chart, 4);
        let has = |code: &str| {
            let rule =
                |rule: &AccountRule| rule.code == code || (rule.code.ends_with(':') && code.starts_with(&rule.code));
            rules.iter().any(rule)
        };
        let all = [
            "assets:receivable",
            "assets:clearing:Card",
            "assets:bank",
            "assets:vat_input:1900",
            "assets:voucher_refund_unallocated",
            "liabilities:vat:1900",
            "liabilities:voucher:mpv",
            "liabilities:voucher:spv:700",
            "liabilities:flex",
            "liabilities:deferred:tickets",
            "income:tickets",
            "income:products",
            "income:flex",
            "income:discount",
            "income:retained",
            "income:breakage",
            "expenses:fees",
            "expenses:bad_debt",
            "equity:opening",
            "suspense:vat_undetermined",
            "suspense:rounding",
        ];
        all.into_iter().filter(|code| !has(code)).collect()
    }

    #[test]
    fn what_needs_an_account_of_its_own_has_no_number() {
        let german = ["assets:clearing:Card", "income:breakage", "suspense:rounding"];
        assert_eq!(missing(Chart::Skr03), german);
        assert_eq!(missing(Chart::Skr04), german);
        let swiss = [
            "assets:clearing:Card",
            "assets:vat_input:1900",
            "assets:voucher_refund_unallocated",
            "suspense:vat_undetermined",
            "suspense:rounding",
        ];
        assert_eq!(missing(Chart::Kmu), swiss);
        assert_eq!(missing(Chart::None).len(), 21);
    }

    #[test]
    fn numbers_have_the_digits_of_the_client() {
        let longest = |length| shipped(Chart::Skr04, length).iter().map(|rule| rule.account.clone()).max();
        let debtor = |length| shipped(Chart::Skr03, length).first().map(|rule| (rule.account.clone(), rule.person));
        assert_eq!(debtor(4), Some(("10000".to_owned(), true)));
        assert_eq!(debtor(6), Some(("1000000".to_owned(), true)));
        assert_eq!(longest(5).as_deref(), Some("90000"));
        // On no day is a number automatic for one rule and not for another.
        for chart in [Chart::Skr03, Chart::Skr04] {
            let rules = shipped(chart, 4);
            for rule in rules.iter().filter(|rule| rule.automatic == Some(true)) {
                let same = |other: &&AccountRule| {
                    other.account == rule.account && other.automatic == Some(true) && other.from == rule.from
                };
                assert!(rules.iter().filter(same).all(|other| other.rate_bp == rule.rate_bp), "{rule:?}");
            }
        }
    }
}
