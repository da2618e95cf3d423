//! `ticketledger findings list`.

use clap::{Args, ValueEnum};

use super::selection::FindingsFilter;
use crate::command::options::OutputOptions;
use crate::command::{Outcome, settings};
use crate::config::Config;
use crate::ledger::batch::{FindingRow, FindingState};
use crate::ledger::findings::operator::store;
use crate::report::{Column, Format, Shown, Table};

/// Characters of a fingerprint that a table shows; enough to tell findings apart, and to acknowledge one.
const SHOWN: usize = 12;

#[derive(Debug, Args)]
pub(in crate::command) struct List {
    #[command(flatten)]
    filter: FindingsFilter,
    /// Only in this state; repeat for several
    #[arg(long, value_enum, value_name = "STATE", default_value = "open")]
    state: Vec<State>,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    /// Needs to be checked
    Open,
    /// Known, as an operator has recorded
    Acknowledged,
    /// No longer found
    AutoClosed,
}

impl State {
    fn stored(self) -> FindingState {
        match self {
            Self::Open => FindingState::Open,
            Self::Acknowledged => FindingState::Acknowledged,
            Self::AutoClosed => FindingState::AutoClosed,
        }
    }
}

pub(super) fn run(config: &Config, options: &List) -> anyhow::Result<Outcome> {
    let states = options.state.iter().map(|state| state.stored()).collect();
    let filter = options.filter.checked(config, states)?;
    let findings = store::list(&mut settings::open(config)?.reader()?, &filter)?;
    options.output.print(&table_of(&findings, options.output.format), &[])?;
    Ok(Outcome::Fine)
}

pub(super) fn table_of(findings: &[(FindingRow, Option<String>)], format: Format) -> Table {
    let column = |name, shown| Column { name, shown };
    let short = |fingerprint: &String| match format {
        Format::Table => fingerprint.chars().take(SHOWN).collect(),
        Format::Csv | Format::Json => fingerprint.clone(),
    };
    let rows = findings.iter().map(|(row, order_code)| {
        vec![
            short(&row.fingerprint).into(),
            row.source.clone().into(),
            row.order_id.clone().into(),
            order_code.clone().into(),
            row.reason.clone().into(),
            row.severity.to_string().into(),
            row.currency.clone().into(),
            row.expected_minor.into(),
            row.actual_minor.into(),
            row.difference_minor.into(),
            row.state.to_string().into(),
            row.first_seen.into(),
            row.last_seen.into(),
            row.acknowledged_by.clone().into(),
            row.note.clone().into(),
            row.consequence_of.as_ref().map(short).into(),
            row.evidence.clone().into(),
        ]
    });
    Table {
        columns: vec![
            column("fingerprint", Shown::Text),
            column("source", Shown::Text),
            column("order_id", Shown::Text),
            column("order_code", Shown::Text),
            column("reason", Shown::Text),
            column("severity", Shown::Text),
            column("currency", Shown::Text),
            column("expected_minor", Shown::Amount),
            column("actual_minor", Shown::Amount),
            column("difference_minor", Shown::Amount),
            column("state", Shown::Text),
            column("first_seen", Shown::Text),
            column("last_seen", Shown::Text),
            column("acknowledged_by", Shown::Text),
            column("note", Shown::Text),
            column("consequence_of", Shown::Text),
            column("evidence", Shown::Text),
        ],
        rows: rows.collect(),
    }
}
