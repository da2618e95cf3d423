//! The `sweep` of a source: how often its provider is asked what changed, and within which bounds.

use std::collections::BTreeMap;

use super::problem::Problems;
use super::read::{Section, Text};
use crate::order::Provider;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// How a source is swept. What a provider does not document is a setting here, not a certainty in the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Milliseconds between two questions for what changed; 0 = only by command.
    pub every_milliseconds: i64,
    /// How far each run goes back behind the start of the last good one, in milliseconds: more than the API lags.
    pub overlap_milliseconds: i64,
    /// For how long a webhook may be late, in milliseconds, until it counts as missed.
    pub grace_milliseconds: i64,
    /// How far the nightly walk goes back, in milliseconds; 0 = none.
    pub nightly_milliseconds: i64,
    /// Local hour of the nightly walk.
    pub nightly_hour: u32,
    /// Whether the orders of each month are walked once more before it is closed.
    pub monthly: bool,
    /// Requests of a month.
    pub budget: i64,
    /// Requests of a month for the import of the past.
    pub history_budget: i64,
    /// Requests per second.
    pub rate: i64,
    /// Records of a page.
    pub page_size: i64,
    /// Which payments of listed orders are read: of each, or only of those of which something else differs too.
    pub each_payment: bool,
    /// Addresses of bookingkit's API end in a slash.
    pub slash: bool,
    /// The field of a Ticketpark booking by which changes are asked for.
    pub changed_field: String,
    /// The method of a payment as webhooks say it, by its name in bookingkit's API.
    pub payment_methods: BTreeMap<String, String>,
}

impl Sweep {
    /// What holds where nothing is written.
    pub fn usual(provider: Provider) -> Self {
        let (overlap, page_size) = match provider {
            // Its times are UTC, as documented.
            Provider::Bookingkit => (15 * MINUTE, 200),
            // The zone of its filter is not known, so two hours of it may be the zone.
            Provider::Ticketpark => (180 * MINUTE, 100),
        };
        Self {
            every_milliseconds: 10 * MINUTE,
            overlap_milliseconds: overlap,
            grace_milliseconds: 15 * MINUTE,
            nightly_milliseconds: 3 * DAY,
            nightly_hour: 3,
            monthly: true,
            budget: 100_000,
            history_budget: 150_000,
            rate: 2,
            page_size,
            each_payment: true,
            slash: false,
            changed_field: "updated".to_owned(),
            payment_methods: BTreeMap::new(),
        }
    }
}

/// Reads the table; a source without one is swept as usual.
pub(super) fn sweep(section: Option<Section>, provider: Provider, problems: &mut Problems) -> Sweep {
    let usual = Sweep::usual(provider);
    let Some(mut section) = section else { return usual };
    let bookingkit = provider == Provider::Bookingkit;
    let foreign = if bookingkit { ["changed_field", "", ""] } else { ["payments", "slash", "payment_methods"] };
    for key in foreign.into_iter().filter(|key| section.has(key)) {
        section.wrong(problems, key, format!("has no effect for {}; remove it", provider.as_str()));
    }
    let mut time = |key, least: i64, most: i64, usual: i64, problems: &mut Problems| {
        section.text(key, problems).map_or(Some(usual), |text| duration(&text, least..=most, problems)).unwrap_or(usual)
    };
    let every_milliseconds = time("every", MINUTE, DAY, usual.every_milliseconds, problems);
    let overlap_milliseconds = time("overlap", MINUTE, 7 * DAY, usual.overlap_milliseconds, problems);
    let grace_milliseconds = time("grace", MINUTE, 7 * DAY, usual.grace_milliseconds, problems);
    let nightly_milliseconds = time("nightly", DAY, 60 * DAY, usual.nightly_milliseconds, problems);
    let nightly_hour = section.number("nightly_hour", 0..=23, i64::from(usual.nightly_hour), problems);
    let sweep = Sweep {
        every_milliseconds,
        overlap_milliseconds,
        grace_milliseconds,
        nightly_milliseconds,
        nightly_hour: u32::try_from(nightly_hour).unwrap_or(usual.nightly_hour),
        monthly: choice(&mut section, "monthly", ["on", "off"], usual.monthly, problems),
        budget: section.number("budget", 1..=100_000_000, usual.budget, problems),
        history_budget: section.number("history_budget", 1..=100_000_000, usual.history_budget, problems),
        rate: section.number("rate", 1..=1000, usual.rate, problems),
        page_size: section.number("page_size", 20..=1000, usual.page_size, problems),
        each_payment: choice(&mut section, "payments", ["each", "changed"], usual.each_payment, problems),
        slash: choice(&mut section, "slash", ["on", "off"], usual.slash, problems),
        changed_field: section
            .text("changed_field", problems)
            .map_or(usual.changed_field, |text| field(&text, problems)),
        payment_methods: section.map("payment_methods", problems).map_or_else(BTreeMap::new, |methods| {
            methods.into_iter().map(|(name, method)| (name, filled(&method, problems))).collect()
        }),
    };
    // How many orders change is not known here; `config check` asks the books.
    if let Some(warning) = sweep.budget_warning(provider, 0) {
        section.warn(problems, "budget", warning);
    }
    section.finish(problems);
    sweep
}

/// One of two words; true for the first.
fn choice(
    section: &mut Section,
    key: &'static str,
    [yes, no]: [&str; 2],
    usual: bool,
    problems: &mut Problems,
) -> bool {
    match section.text(key, problems) {
        None => usual,
        Some(text) if text.value == yes => true,
        Some(text) if text.value == no => false,
        Some(text) => {
            text.wrong(problems, format!("must be \"{yes}\" or \"{no}\""));
            usual
        }
    }
}

/// A name that is put into an address.
fn field(text: &Text, problems: &mut Problems) -> String {
    if text.value.is_empty() || !text.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        text.wrong(problems, "must be the name of a field: letters, digits and `_` only");
    }
    text.value.clone()
}

/// A name that says something.
fn filled(text: &Text, problems: &mut Problems) -> String {
    let name = text.value.trim();
    if name.is_empty() {
        text.wrong(problems, "must be the name of a payment method, as webhooks say it");
    }
    name.to_owned()
}

/// A number with a unit (`90s`, `10m`, `3h`, `2d`) in milliseconds; `off` is 0.
fn duration(text: &Text, bounds: std::ops::RangeInclusive<i64>, problems: &mut Problems) -> Option<i64> {
    if text.value == "off" && *bounds.end() != 7 * DAY {
        return Some(0);
    }
    let milliseconds = milliseconds(&text.value).filter(|milliseconds| bounds.contains(milliseconds));
    if milliseconds.is_none() {
        let (least, most) = (in_words(*bounds.start()), in_words(*bounds.end()));
        text.wrong(
            problems,
            format!("`{}` must be a time from \"{least}\" to \"{most}\", such as \"{least}\"", text.value),
        );
    }
    milliseconds
}

fn milliseconds(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let unit = match unit {
        's' => 1000,
        'm' => MINUTE,
        'h' => 60 * MINUTE,
        'd' => DAY,
        _ => return None,
    };
    number.checked_mul(unit).filter(|milliseconds| *milliseconds >= 0)
}

/// A time as it is written in the settings.
pub(super) fn in_words(milliseconds: i64) -> String {
    for (unit, name) in [(DAY, 'd'), (60 * MINUTE, 'h'), (MINUTE, 'm')] {
        if milliseconds > 0 && milliseconds % unit == 0 {
            return format!("{}{name}", milliseconds / unit);
        }
    }
    if milliseconds == 0 { "off".to_owned() } else { format!("{}s", milliseconds / 1000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_with_a_unit() {
        for (text, expected) in [("90s", 90_000), ("10m", 600_000), ("3h", 10_800_000), ("2d", 172_800_000)] {
            assert_eq!(milliseconds(text), Some(expected));
            assert_eq!(in_words(expected), text);
        }
        assert_eq!(in_words(0), "off");
        for text in ["", "m", "10", "-1m", "1w", "1.5h", "999999999999999999d"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
