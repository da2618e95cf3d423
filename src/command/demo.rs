//! `ticketledger demo`.

use super::arguments::Demo;
use super::{Outcome, ledger, output};
use crate::demo::{self, Said};

/// Shows the whole thing on this machine.
pub(super) fn run(options: &Demo) -> anyhow::Result<Outcome> {
    let mut say = |said: Said| match said {
        Said::Text(text) => output::print(text),
        Said::Verdict(verdict) => output::print(ledger::in_words(&verdict)),
    };
    tokio::runtime::Runtime::new()?.block_on(demo::run(options.keep, &mut say))?;
    Ok(Outcome::Fine)
}
