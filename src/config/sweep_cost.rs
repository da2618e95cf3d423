//! How many requests a month the schedule of a sweep makes, so that a budget that is too small is noticed before it is
//! used up.

use super::sweep::{Sweep, in_words};
use crate::order::Provider;

/// The longest month, in milliseconds and days.
const MONTH: i64 = 31 * DAY;
const DAYS: i64 = 31;
const DAY: i64 = 86_400_000;
/// Records by which two pages of bookingkit overlap.
const OVERLAP: i64 = 10;
/// More changed orders than anybody has.
const MOST: i64 = 100_000_000;

/// The requests of a month, by what makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// What is asked every few minutes.
    pub delta: i64,
    /// The walks of the nights.
    pub nightly: i64,
    /// The walk over the month before.
    pub monthly: i64,
}

impl Cost {
    /// All of them.
    pub fn sum(self) -> i64 {
        self.delta.saturating_add(self.nightly).saturating_add(self.monthly)
    }
}

impl Sweep {
    /// The requests of a month in which so many orders change. What a sweep finds costs a few more.
    pub fn requests_a_month(&self, provider: Provider, changed: i64) -> Cost {
        let none = Cost { delta: 0, nightly: 0, monthly: 0 };
        if self.every_milliseconds == 0 {
            return none;
        }
        let payments = provider == Provider::Bookingkit && self.each_payment;
        // A run lists what changed within its window, so an order is listed as often as windows overlap.
        let walks = |count: i64, window: i64| {
            let listed = count.saturating_mul(window).saturating_mul(changed) / MONTH;
            let each = changed.saturating_mul(window).saturating_add(MONTH - 1) / MONTH;
            let pages = count.saturating_mul(self.pages(provider, each));
            pages.saturating_add(if payments { listed } else { 0 })
        };
        let window = self.every_milliseconds.saturating_add(self.overlap_milliseconds);
        let is_nightly = self.nightly_milliseconds > 0;
        let nightly = if is_nightly { walks(DAYS, self.nightly_milliseconds) } else { 0 };
        let monthly = if self.monthly && provider == Provider::Bookingkit { walks(1, MONTH) } else { 0 };
        Cost { delta: walks(MONTH / self.every_milliseconds, window), nightly, monthly }
    }

    /// For how many changed orders a month the budget suffices; `None` when not even for none.
    pub fn affordable_changes(&self, provider: Provider) -> Option<i64> {
        let fits = |changed| self.requests_a_month(provider, changed).sum() <= self.budget;
        if !fits(0) {
            return None;
        }
        let (mut least, mut most) = (0, MOST);
        while least < most {
            let middle = least + (most - least + 1) / 2;
            if fits(middle) { least = middle } else { most = middle - 1 }
        }
        Some(least)
    }

    /// What to reconsider when so many orders change in a month, with the figures; `None` when the budget suffices.
    pub fn budget_warning(&self, provider: Provider, changed: i64) -> Option<String> {
        let cost = self.requests_a_month(provider, changed);
        if cost.sum() <= self.budget {
            return None;
        }
        let nightly = match self.nightly_milliseconds {
            0 => String::new(),
            back => format!(", {} each night over {}", cost.nightly, in_words(back)),
        };
        let monthly = if cost.monthly > 0 { format!(", {} each month", cost.monthly) } else { String::new() };
        let less = match (provider, self.each_payment) {
            (Provider::Bookingkit, true) => "payments = \"changed\", a shorter nightly or a longer every",
            _ => "a shorter nightly or a longer every",
        };
        Some(format!(
            "{} requests a month are too few for this schedule: with {changed} changed orders a month it makes about \
             {} ({} every {}{nightly}{monthly}); raise budget, or ask for less: {less}",
            self.budget,
            cost.sum(),
            cost.delta,
            in_words(self.every_milliseconds)
        ))
    }

    /// Requests for a list of so many records.
    fn pages(&self, provider: Provider, records: i64) -> i64 {
        let size = self.page_size.max(1);
        let of = |records: i64, size: i64| records.saturating_add(size - 1) / size;
        match provider {
            Provider::Bookingkit => {
                let overlap = OVERLAP.min(size / 2);
                // The walk ends with a page that holds nothing but the overlap.
                1 + of((records - overlap).max(0), (size - overlap).max(1))
            }
            // A list of several pages is walked twice.
            Provider::Ticketpark if records <= size => 1,
            Provider::Ticketpark => of(records, size).saturating_mul(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_alone_and_each_changed_order_cost_requests() {
        let usual = Sweep::usual(Provider::Bookingkit);
        let cost = usual.requests_a_month(Provider::Bookingkit, 0);
        assert_eq!((cost.delta, cost.nightly, cost.monthly), (4_464, 31, 1));
        // Each is listed 2.5 times by the runs, three times by the nights, once by the month.
        let cost = usual.requests_a_month(Provider::Bookingkit, 10_000);
        assert_eq!((cost.delta, cost.nightly, cost.monthly), (29_464, 30_217, 10_054));
        let changed = Sweep { each_payment: false, ..usual.clone() };
        assert_eq!(changed.requests_a_month(Provider::Bookingkit, 10_000).sum(), 4_464 + 31 * 7 + 54);
        let off = Sweep { every_milliseconds: 0, ..usual };
        assert_eq!(off.requests_a_month(Provider::Bookingkit, 10_000).sum(), 0);
    }

    #[test]
    fn the_budget_suffices_up_to_a_number_of_orders() {
        let usual = Sweep::usual(Provider::Bookingkit);
        let most = usual.affordable_changes(Provider::Bookingkit).unwrap();
        assert!((14_000..15_000).contains(&most), "{most}");
        assert_eq!(usual.budget_warning(Provider::Bookingkit, most), None);
        let warning = usual.budget_warning(Provider::Bookingkit, 20_000).unwrap();
        assert!(warning.contains("100000 requests a month are too few"), "{warning}");
        assert!(warning.contains("payments = \"changed\""), "{warning}");
        let often = Sweep { every_milliseconds: 60_000, budget: 40_000, ..usual };
        assert_eq!(often.affordable_changes(Provider::Bookingkit), None);
        let warning = often.budget_warning(Provider::Bookingkit, 0).unwrap();
        assert!(warning.contains("about 44672 (44640 every 1m, 31 each night over 3d, 1 each month)"), "{warning}");
        let theatre = Sweep::usual(Provider::Ticketpark);
        assert!(theatre.affordable_changes(Provider::Ticketpark).unwrap() > 100_000);
    }
}
