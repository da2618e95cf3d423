//! `ticketledger ledger`.

mod calibrate;
mod close;
mod effect;
mod explain;
mod import;
mod rebuild;
mod recognise_retained;
mod reconcile;
mod reverse;
mod trace;
pub(super) mod verify;

use clap::Subcommand;

use super::{Outcome, findings};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum LedgerCommand {
    /// Recompute every entry, the hash chain and every order; exit code 3 on any mismatch
    Verify(verify::Verify),
    /// Rebuild the ledger from the stored snapshots and compare; exit code 3 unless it is identical to the last hash
    Rebuild(rebuild::Rebuild),
    /// Explain an order: what was billed at which VAT rate, paid and changed, and what is open and why
    Explain(explain::Explain),
    /// Trace an entry back to the webhook that caused it, or a webhook to everything it caused
    Trace(trace::Trace),
    /// Close a month for good: check it, freeze its numbers, chain and anchor them; exit code 3 if something blocks it
    Close(close::Close),
    /// Post what no webhook reports, from a CSV file: fees, payouts, refunds, reduced prices, write-offs, expired
    /// vouchers, what there was before these books
    Import(import::Import),
    /// Reverse an imported entry by its exact opposite
    Reverse(reverse::Reverse),
    /// Check every order again: open new findings, close those that no longer apply; exit code 3 while one above `info`
    /// is open
    Reconcile(reconcile::Reconcile),
    /// Recognise due credits of cancelled and declined orders as income, as the daemon does every hour
    RecogniseRetained(recognise_retained::RecogniseRetained),
    /// Same as `ticketledger findings`
    #[command(subcommand)]
    Findings(findings::FindingsCommand),
    /// Show which formula for the provider's total fits the stored orders
    Calibrate(calibrate::Calibrate),
}

pub(super) fn run(config: &Config, command: LedgerCommand) -> anyhow::Result<Outcome> {
    match command {
        LedgerCommand::Verify(options) => verify::run(config, &options),
        LedgerCommand::Rebuild(options) => rebuild::run(config, &options),
        LedgerCommand::Explain(options) => explain::run(config, &options),
        LedgerCommand::Trace(options) => trace::run(config, &options),
        LedgerCommand::Close(options) => close::run(config, options),
        LedgerCommand::Import(options) => import::run(config, options),
        LedgerCommand::Reverse(options) => reverse::run(config, &options),
        LedgerCommand::Reconcile(options) => reconcile::run(config, &options),
        LedgerCommand::RecogniseRetained(options) => recognise_retained::run(config, &options),
        LedgerCommand::Findings(command) => findings::run(config, &command),
        LedgerCommand::Calibrate(options) => calibrate::run(config, &options),
    }
}
