//! `ticketledger ledger calibrate`.

use super::{Outcome, output, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::ledger::findings::calibrate::{Fit, calibrate};
use crate::report::{Column, Format, Shown, Table, format};

#[derive(Debug, clap::Args)]
pub(super) struct Calibrate {
    /// Only this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// Shows how every reading of the provider's total fits the stored orders.
pub(super) fn run(config: &Config, options: &Calibrate) -> anyhow::Result<Outcome> {
    settings::known_source(config, options.source.as_deref())?;
    let database = settings::open(config)?;
    let fits = calibrate(&database, options.source.as_deref(), Clock::System.now())?;
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
        " No order tells the formulas apart yet: that takes a discount, a voucher or a flex ticket."
    } else {
        ""
    };
    format!(
        "{source}: {orders} orders compared, {discriminating} of them tell the formulas apart, {unfit} fit none; \
         {left_out} left out (not accepted, partly cancelled or in several currencies).{advice}\n"
    )
}
