//! Reports that are sums over a period.

use anyhow::Context as _;
use clap::Args;

use super::Scope;
use crate::command::as_of::{AsOfOptions, PeriodOptions, View, read};
use crate::command::options::OutputOptions;
use crate::command::output::Usage;
use crate::command::{Outcome, settings};
use crate::config::Config;
use crate::ledger::totals::{BRIDGE_STEPS, Bridge, Total, TrialBalance};
use crate::report::{Cell, Format, Table};

/// What a sum is called when there is no place for it.
const TOO_LARGE: &str = "a sum of this report leaves the range of 64 bits; ask for a shorter period";

/// For reports with one row for all that is booked in a period.
#[derive(Debug, Args)]
pub(super) struct PeriodReport {
    #[command(flatten)]
    period: PeriodOptions,
    #[command(flatten)]
    as_of: AsOfOptions,
    #[command(flatten)]
    scope: Scope,
}

/// For reports whose rows belong to a month.
#[derive(Debug, Args)]
pub(super) struct MonthsReport {
    #[command(flatten)]
    report: PeriodReport,
    /// Show the months of a longer period one by one instead of its sums
    #[arg(long)]
    by_month: bool,
}

impl MonthsReport {
    /// The source and the view that are asked for.
    pub(super) fn asked_for(&self, config: &Config) -> anyhow::Result<(Option<&str>, View)> {
        let PeriodReport { period, as_of, scope } = &self.report;
        let (source, period) = (scope.checked(config)?, period.period()?);
        if self.by_month && period.is_none() {
            let text = "without a period the months are shown one by one anyway; leave --by-month out";
            return Err(Usage(text.to_owned()).into());
        }
        Ok((source, as_of.view(period)?))
    }

    pub(super) fn output(&self) -> &OutputOptions {
        &self.report.scope.output
    }

    fn read<R: Total>(&self, config: &Config) -> anyhow::Result<Table> {
        let (source, view) = self.asked_for(config)?;
        self.summed(read::<R>(&settings::open(config)?, source, &view)?)
    }

    /// The months of a longer period in one, unless they are wanted one by one.
    pub(super) fn summed(&self, table: Table) -> anyhow::Result<Table> {
        let period = self.report.period.period()?;
        match period.filter(|period| period.month().is_none() && !self.by_month) {
            Some(period) => table.in_one_period(&period.to_string()).context(TOO_LARGE),
            None => Ok(table),
        }
    }
}

/// Reads and prints a report as it is.
pub(super) fn run<R: Total>(config: &Config, options: &MonthsReport) -> anyhow::Result<Outcome> {
    options.report.scope.output.print(&options.read::<R>(config)?, &[])?;
    Ok(Outcome::Fine)
}

/// For people with the sums of each source and currency, and without what only programs read.
pub(super) fn trial_balance(config: &Config, options: &PeriodReport) -> anyhow::Result<Outcome> {
    let PeriodReport { period, as_of, scope } = options;
    let (source, view) = (scope.checked(config)?, as_of.view(period.period()?)?);
    let table = read::<TrialBalance>(&settings::open(config)?, source, &view)?;
    let table = if scope.output.is_for_people()? { table.without("balance_minor") } else { table };
    let mut totals = Table { rows: table.totals().context(TOO_LARGE)?, columns: table.columns.clone() };
    name(&mut totals, "account", "total");
    scope.output.print(&table, &totals.rows)?;
    Ok(Outcome::Fine)
}

/// For people with the steps in words, and with those of all rates together.
pub(super) fn bridge(config: &Config, options: &MonthsReport) -> anyhow::Result<Outcome> {
    let output = &options.report.scope.output;
    let mut table = options.read::<Bridge>(config)?;
    let mut totals = Vec::new();
    if output.format == Format::Table {
        let rows = table.sums_by(&["source", "currency", "period", "position", "step"]).context(TOO_LARGE)?;
        let mut all = Table { columns: table.columns.clone(), rows };
        in_words(&mut all);
        name(&mut all, "vat_bp", "all");
        totals = all.without("position").rows;
        in_words(&mut table);
    }
    if output.is_for_people()? {
        table = table.without("position");
    }
    output.print(&table, &totals)?;
    Ok(Outcome::Fine)
}

/// Steps as people read them.
fn in_words(table: &mut Table) {
    let step = table.columns.iter().position(|column| column.name == "step");
    for cell in table.rows.iter_mut().filter_map(|row| row.get_mut(step?)) {
        if let Cell::Text(Some(step)) = cell {
            let known = BRIDGE_STEPS.iter().find(|(known, _)| known == step);
            *step = known.map_or_else(|| step.replace('_', " "), |(_, words)| (*words).to_owned());
        }
    }
}

/// Writes a word into a column of every row.
fn name(table: &mut Table, column: &str, word: &str) {
    let index = table.columns.iter().position(|known| known.name == column);
    for cell in table.rows.iter_mut().filter_map(|row| row.get_mut(index?)) {
        *cell = Cell::from(word.to_owned());
    }
}
