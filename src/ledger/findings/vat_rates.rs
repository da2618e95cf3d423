//! The VAT rates of Germany, Austria and Switzerland by date. `docs/findings.md` names the sources.

use chrono::NaiveDate;

/// A rate in basis points, and the days on which it holds, both included; `None` = still.
struct DatedRate {
    country: &'static str,
    rate_bp: i32,
    from: (i32, u32, u32),
    until: Option<(i32, u32, u32)>,
}

const fn rate(country: &'static str, rate_bp: i32, from: (i32, u32, u32), until: Option<(i32, u32, u32)>) -> DatedRate {
    DatedRate { country, rate_bp, from, until }
}

const RATES: &[DatedRate] = &[
    rate("DE", 1900, (2007, 1, 1), Some((2020, 6, 30))),
    rate("DE", 700, (1983, 7, 1), Some((2020, 6, 30))),
    rate("DE", 1600, (2020, 7, 1), Some((2020, 12, 31))),
    rate("DE", 500, (2020, 7, 1), Some((2020, 12, 31))),
    rate("DE", 1900, (2021, 1, 1), None),
    rate("DE", 700, (2021, 1, 1), None),
    rate("AT", 2000, (1984, 1, 1), None),
    rate("AT", 1000, (1984, 1, 1), None),
    rate("AT", 1300, (2016, 1, 1), None),
    rate("AT", 500, (2020, 7, 1), Some((2021, 12, 31))),
    rate("AT", 1900, (1984, 1, 1), None),
    rate("CH", 770, (2018, 1, 1), Some((2023, 12, 31))),
    rate("CH", 370, (2018, 1, 1), Some((2023, 12, 31))),
    rate("CH", 250, (2011, 1, 1), Some((2023, 12, 31))),
    rate("CH", 810, (2024, 1, 1), None),
    rate("CH", 380, (2024, 1, 1), None),
    rate("CH", 260, (2024, 1, 1), None),
];

/// Whether a country has a rate on a day. Nothing (0 %) is always valid, and so is everything in a country that is not
/// listed.
pub(super) fn is_valid(country: &str, rate_bp: i32, day: NaiveDate) -> bool {
    let date = |(year, month, day)| NaiveDate::from_ymd_opt(year, month, day);
    let mut known = RATES.iter().filter(|rate| rate.country == country).peekable();
    if rate_bp == 0 || known.peek().is_none() {
        return true;
    }
    known.any(|rate| {
        let begun = date(rate.from).is_some_and(|from| from <= day);
        let over = rate.until.and_then(date).is_some_and(|until| until < day);
        rate.rate_bp == rate_bp && begun && !over
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_hold_on_their_days() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (country, rate_bp, on, valid) in [
            ("DE", 1900, "2025-11-11", true),
            ("DE", 1900, "2020-08-01", false),
            ("DE", 1600, "2020-12-31", true),
            ("DE", 1600, "2021-01-01", false),
            ("CH", 770, "2023-12-31", true),
            ("CH", 770, "2024-01-01", false),
            ("CH", 810, "2024-01-01", true),
            ("AT", 1300, "2025-01-01", true),
            ("AT", 1700, "2025-01-01", false),
            ("CH", 0, "2024-01-01", true),
            ("FR", 550, "2024-01-01", true),
        ] {
            assert_eq!(is_valid(country, rate_bp, day(on)), valid, "{country} {rate_bp} {on}");
        }
    }
}
