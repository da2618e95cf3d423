//! `ticketledger ledger calibrate`.

use crate::clock::Clock;
use crate::command::options::SourceOption;
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::ledger::findings::calibrate::{Fit, calibrate};
use crate::report::{Column, Format, Shown, Table, format};

#[derive(Debug, clap::Args)]
pub(in crate::command) struct Calibrate {
    #[command(flatten)]
    source: SourceOption,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

pub(super) fn run(config: &Config, options: &Calibrate) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let fits = calibrate(&settings::open(config)?, source, Clock::System.now())?;
    output::print(format::render(&table_of(&fits), options.format)?)?;
    if options.format == Format::Table {
        for fit in &fits {
            output::print(in_words(fit))?;
        }
    }
    Ok(Outcome::Fine)
}

fn table_of(fits: &[Fit]) -> Table {
    let column = |name, shown| Column { name, shown };
    let mut rows = Vec::new();
    for fit in fits.iter().filter(|fit| fit.orders > 0) {
        for (formula, (all, telling)) in &fit.fits {
            let chosen = if fit.chosen == Some(*formula) { "chosen" } else { "" };
            rows.push((
                (fit.source.clone(), std::cmp::Reverse((*telling, *all)), formula.name().len(), formula.name()),
                vec![
                    fit.source.clone().into(),
                    formula.name().into(),
                    fit.orders.into(),
                    (*all).into(),
                    share(*all, fit.orders).into(),
                    fit.discriminating.into(),
                    (*telling).into(),
                    share(*telling, fit.discriminating).into(),
                    chosen.to_owned().into(),
                    formula.meaning().into(),
                ],
            ));
        }
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    Table {
        columns: vec![
            column("source", Shown::Text),
            column("formula", Shown::Text),
            column("orders", Shown::Count),
            column("fits", Shown::Count),
            column("fits_bp", Shown::Rate),
            column("discriminating", Shown::Count),
            column("discriminating_fits", Shown::Count),
            column("discriminating_fits_bp", Shown::Rate),
            column("chosen", Shown::Text),
            column("meaning", Shown::Text),
        ],
        rows: rows.into_iter().map(|(_, row)| row).collect(),
    }
}

/// In hundredths of a percent.
fn share(part: i64, whole: i64) -> Option<i64> {
    part.checked_mul(10_000).and_then(|part| part.checked_div(whole))
}

fn in_words(fit: &Fit) -> String {
    let Fit { source, orders, discriminating, unfit, left_out, .. } = fit;
    let advice = if *discriminating == 0 {
        " No order distinguishes the formulas yet; that takes one with a discount, a voucher or a flex ticket."
    } else {
        ""
    };
    format!(
        "{source}: {orders} orders compared, {discriminating} of them distinguish the formulas, {unfit} fit none; \
         {left_out} skipped (not accepted, partly cancelled or in several currencies).{advice}\n"
    )
}
