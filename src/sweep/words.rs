//! The words that are stored of a run.

use crate::order::Provider;
use crate::vocabulary;

vocabulary! {
    /// What is swept.
    pub enum Resource in "sweep_runs.resource" {
        /// bookingkit's.
        Orders = "orders",
        /// Ticketpark's.
        Bookings = "bookings",
    }
}

vocabulary! {
    /// Why a run is made.
    pub enum RunKind in "sweep_runs.kind" {
        /// What changed since the last one.
        Delta = "delta",
        /// What changed in the last days, once more: it may have become visible late.
        Nightly = "nightly",
        /// What was ordered in a span of days, whatever the provider counts as a change.
        Period = "period",
        /// The import of the past, a month at a time.
        History = "history",
    }
}

vocabulary! {
    /// How a run ended.
    pub enum RunResult in "sweep_runs.result" {
        /// It has not ended, or whoever made it is gone.
        Running = "running",
        /// It came to its end, and everything was known.
        Clean = "clean",
        /// It came to its end, and what was not known is stored.
        Repaired = "repaired",
        Failed = "failed",
        Stopped = "stopped",
        OverBudget = "over_budget",
        /// The list changed too much while it was read.
        Unstable = "unstable",
    }
}

vocabulary! {
    /// Whose requests are counted together.
    pub enum BudgetKind in "sweep_budgets.kind" {
        Sweep = "sweep",
        History = "history",
    }
}

vocabulary! {
    /// What became of what was found.
    pub enum Decision in "sweep_differences.decided" {
        /// The webhook came afterwards.
        Late = "late",
        /// It never came.
        Missed = "missed",
        /// It never came, but a newer one came before it was missed.
        Replaced = "replaced",
    }
}

vocabulary! {
    /// What an order was stored without, or has from other orders.
    pub(super) enum WaitsFor in "sweep_waiting.kind" {
        /// The start of a date of an event: it is kept up to date as long as no webhook of the order has come.
        Date = "date",
        /// What webhooks call a payment method.
        Method = "method",
        /// The same, but it was learned from other payments, or the code of the payment stands in for it.
        Guess = "guess",
    }
}

impl Resource {
    pub fn of(provider: Provider) -> Self {
        match provider {
            Provider::Bookingkit => Self::Orders,
            Provider::Ticketpark => Self::Bookings,
        }
    }
}

impl RunKind {
    pub(super) fn budget(self) -> BudgetKind {
        if self == Self::History { BudgetKind::History } else { BudgetKind::Sweep }
    }
}

/// Kind of an event that a sweep stored.
pub const SWEEP_EVENT: &str = "sweep";
/// Kind of an event that the import of the past stored.
pub const HISTORY_EVENT: &str = "history";

impl RunResult {
    /// Whether it came to its end.
    pub fn is_complete(self) -> bool {
        matches!(self, Self::Clean | Self::Repaired)
    }
}
