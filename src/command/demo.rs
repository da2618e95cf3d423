//! `ticketledger demo`.

use clap::Args;

use super::ledger::verify;
use super::{Outcome, output};
use crate::demo::{self, Output};

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Keep everything running afterwards, and print the addresses, until Ctrl-C
    #[arg(long)]
    keep: bool,
}

pub(super) fn run(options: &Demo) -> anyhow::Result<Outcome> {
    let mut print = |part: Output| match part {
        Output::Text(text) => output::print(text),
        Output::Verdict(verdict) => output::print(verify::in_words(&verdict)),
    };
    tokio::runtime::Runtime::new()?.block_on(demo::run(options.keep, &mut print))?;
    Ok(Outcome::Fine)
}
