//! `ticketledger vouchers`.

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::options::OutputOptions;
use super::{Outcome, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::report::vouchers::{self, Listing};

#[derive(Debug, Subcommand)]
pub(super) enum VouchersCommand {
    /// List vouchers and flex tickets that still have a value, with origin, taxation and age
    List(List),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Only those that were redeemed although their sale was never reported; exit code 3 while there is one
    #[arg(long)]
    unknown_origin: bool,
    /// Include those that are used up or cancelled
    #[arg(long)]
    all: bool,
    /// Only what is booked on or before this day [default: today]
    #[arg(long, value_name = "DAY")]
    as_of: Option<NaiveDate>,
    #[command(flatten)]
    output: OutputOptions,
}

/// Lists vouchers.
pub(super) fn run(config: &Config, command: &VouchersCommand) -> anyhow::Result<Outcome> {
    let VouchersCommand::List(options) = command;
    options.output.amounts()?;
    settings::known_source(config, options.source.as_deref())?;
    let listing = Listing {
        source: options.source.clone(),
        unknown_origin: options.unknown_origin,
        all: options.all,
        as_of: options.as_of.unwrap_or_else(|| Clock::System.now().utc().date_naive()),
    };
    let table = vouchers::list(&settings::open(config)?, &listing)?;
    options.output.print(&table, &[])?;
    let alarming = options.unknown_origin && !table.rows.is_empty();
    Ok(if alarming { Outcome::Attention } else { Outcome::Fine })
}
