//! `ticketledger inbox`.

mod dismiss;
mod effect;
mod list;
mod prune;
mod replay;
mod selection;
mod show;
mod stats;

use clap::Subcommand;

use super::Outcome;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::inbox::State;

#[derive(Debug, Subcommand)]
pub(super) enum InboxCommand {
    /// List webhooks and what sweeps and imports brought, newest first
    List(list::List),
    /// Show one webhook, or what a sweep or an import brought, with the history of its attempts
    Show(show::Show),
    /// Count webhooks by source and state, parked ones by reason; exit code 3 while any is parked
    Stats(stats::Stats),
    /// Process webhooks again: the parked ones, unless you select others
    Replay(replay::Replay),
    /// Set parked webhooks aside that will never count, such as what a scanner sent
    ///
    /// They stay stored, but no longer as parked: no alert, no exit code and no close of a month waits for them, and
    /// what is known of their orders stays as it is. `inbox replay ID` takes one up again.
    ///
    /// A webhook that may be the only word of an order or of money is dismissed only with --force and a reason: one
    /// about an order or booking of which no later webhook was applied, a payment or cancellation of Ticketpark (no
    /// other webhook repeats it), and one that is still pending. A webhook that was applied or superseded is never
    /// dismissed: what it said has been counted, and only the provider or a reversal changes that.
    ///
    /// An order of somebody else's shop is such a webhook: nothing else of that order ever comes. Dismiss it with
    /// `inbox dismiss --code unknown_vendor --reason "not our shop" --force "it never was"`.
    Dismiss(dismiss::Dismiss),
    /// Delete bodies, documents and attempts older than `[retention]` allows; never those of an open month
    Prune(prune::Prune),
}

pub(super) fn run(config: &Config, command: InboxCommand) -> anyhow::Result<Outcome> {
    match command {
        InboxCommand::List(options) => list::run(config, &options),
        InboxCommand::Show(options) => show::run(config, &options),
        InboxCommand::Stats(options) => stats::run(config, &options),
        InboxCommand::Replay(options) => replay::run(config, options),
        InboxCommand::Dismiss(options) => dismiss::run(config, &options),
        InboxCommand::Prune(options) => prune::run(config, options),
    }
}

/// When a pending webhook is due. All others still have the end of their last lease in the database.
fn due_at(state: &str, due_at: Timestamp) -> Option<String> {
    (state == State::Pending.as_str()).then(|| due_at.to_string())
}
