//! `ticketledger findings list|ack`.

use anyhow::bail;

use super::output::{self, Usage};
use super::{Outcome, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::ledger::batch::{FindingRow, FindingState};
use crate::ledger::findings::operator::store::{self, FindingFilter};
use crate::ledger::posting::FindingReason;
use crate::report::{Column, Format, Shown, Table, format};

/// Characters of a fingerprint that a table shows; enough to tell findings apart, and to acknowledge one.
const SHOWN: usize = 12;

#[derive(Debug, clap::Subcommand)]
pub(super) enum FindingsCommand {
    /// List findings: the open ones, unless other states are asked for
    List(List),
    /// Acknowledge findings: they are known, and stay quiet as long as their amounts stay the same
    Ack(Ack),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum State {
    /// Needs a look
    Open,
    /// Somebody has said that it is known
    Acknowledged,
    /// Gone by itself
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum SeverityArgument {
    /// Money may be wrong
    High,
    /// Needs a look
    Medium,
    /// Usual, but worth knowing
    Low,
    /// For the record
    Info,
}

/// Which findings; all that is given must hold.
#[derive(Debug, Default, clap::Args)]
struct Which {
    /// Only of this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Only of this order, by its id or its code
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    /// Only with this reason code, such as `underpaid`; repeat for several
    #[arg(long, value_name = "CODE")]
    reason: Vec<String>,
    /// Only of this severity; repeat for several
    #[arg(long, value_enum, value_name = "SEVERITY")]
    severity: Vec<SeverityArgument>,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    which: Which,
    /// Only in this state; repeat for several
    #[arg(long, value_enum, value_name = "STATE", default_value = "open")]
    state: Vec<State>,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct Ack {
    /// Beginning of the fingerprint of one finding, as `findings list` shows it
    #[arg(value_name = "FINGERPRINT")]
    fingerprint: Option<String>,
    #[command(flatten)]
    which: Which,
    /// Why it is fine, for the record
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// Who says so, for the record [default: $SUDO_USER or $USER]
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// List what would be acknowledged, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// How to write the list
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

impl Which {
    fn filter(&self, config: &Config, states: Vec<FindingState>) -> anyhow::Result<FindingFilter> {
        settings::known_source(config, self.source.as_deref())?;
        if let Some(unknown) = self.reason.iter().find(|reason| FindingReason::parse(reason).is_none()) {
            return Err(Usage(format!("there is no reason `{unknown}`; docs/findings.md lists them")).into());
        }
        let severity = |severity: &SeverityArgument| format!("{severity:?}").to_lowercase();
        Ok(FindingFilter {
            source: self.source.clone(),
            order: self.order.clone(),
            reasons: self.reason.clone(),
            severities: self.severity.iter().map(severity).collect(),
            states,
            fingerprint: None,
        })
    }

    /// Whether anything but the source is chosen: acknowledging a whole source takes more than a slip.
    fn is_narrow(&self) -> bool {
        self.order.is_some() || !self.reason.is_empty() || !self.severity.is_empty()
    }

    fn in_words(&self, fingerprint: Option<&str>) -> String {
        let mut words = Vec::new();
        words.extend(fingerprint.map(|prefix| format!("fingerprint={prefix}")));
        words.extend(self.source.as_ref().map(|source| format!("source={source}")));
        words.extend(self.order.as_ref().map(|order| format!("order={order}")));
        words.extend(self.reason.iter().map(|reason| format!("reason={reason}")));
        words.extend(self.severity.iter().map(|severity| format!("severity={severity:?}").to_lowercase()));
        words.join(" ")
    }
}

/// Runs the command.
pub(super) fn run(config: &Config, command: &FindingsCommand) -> anyhow::Result<Outcome> {
    match command {
        FindingsCommand::List(options) => list(config, options),
        FindingsCommand::Ack(options) => acknowledge(config, options),
    }
}

fn list(config: &Config, options: &List) -> anyhow::Result<Outcome> {
    let states = options.state.iter().map(|state| state.stored()).collect();
    let filter = options.which.filter(config, states)?;
    let findings = store::list(&mut settings::open(config)?.reader()?, &filter)?;
    output::print(format::render(&table_of(&findings, options.format), options.format)?)?;
    Ok(Outcome::Fine)
}

fn acknowledge(config: &Config, options: &Ack) -> anyhow::Result<Outcome> {
    if options.why.trim().is_empty() {
        return Err(Usage("--why is empty; write why this is fine".to_owned()).into());
    }
    if options.fingerprint.is_none() && !options.which.is_narrow() {
        return Err(Usage("say which: a fingerprint, or --reason, --order or --severity".to_owned()).into());
    }
    let mut filter = options.which.filter(config, vec![FindingState::Open])?;
    filter.fingerprint = options.fingerprint.as_ref().map(|prefix| prefix.to_lowercase());
    let database = settings::open(config)?;
    let chosen = store::list(&mut database.reader()?, &filter)?;
    if let Some(prefix) = options.fingerprint.as_deref() {
        match chosen.len() {
            0 => bail!("no open finding has a fingerprint that begins with {prefix}"),
            1 => {}
            several => bail!("{several} open findings begin with {prefix}; write more of the fingerprint"),
        }
    }
    if options.dry_run {
        output::print(format::render(&table_of(&chosen, options.format), options.format)?)?;
        return Ok(Outcome::Fine);
    }
    let actor = actor(options.actor.clone())?;
    let words = options.which.in_words(options.fingerprint.as_deref());
    let fingerprints: Vec<String> = chosen.into_iter().map(|(row, _)| row.fingerprint).collect();
    let count = database.transaction("acknowledge", |connection| {
        let count = store::acknowledge(connection, &fingerprints, &actor, &options.why)?;
        let recorded = i64::try_from(count).unwrap_or(i64::MAX);
        store::record_acknowledgement(connection, Clock::System.now(), &actor, &options.why, &words, recorded)?;
        Ok::<_, crate::db::Error>(count)
    })?;
    output::print(format!("{count} findings are acknowledged (what follows from them included).\n"))?;
    Ok(Outcome::Fine)
}

fn actor(said: Option<String>) -> anyhow::Result<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let actor = said.or_else(|| variable("SUDO_USER")).or_else(|| variable("USER"));
    actor.ok_or_else(|| Usage("--actor is missing, and $USER says nothing either".to_owned()).into())
}

fn table_of(findings: &[(FindingRow, Option<String>)], format: Format) -> Table {
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
            row.severity.clone().into(),
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
