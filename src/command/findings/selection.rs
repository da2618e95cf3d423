//! Which findings a command is about.

use clap::{Args, ValueEnum};

use crate::command::options::SourceOption;
use crate::command::output::Usage;
use crate::config::Config;
use crate::ledger::batch::FindingState;
use crate::ledger::findings::operator::store::FindingFilter;
use crate::ledger::posting::FindingReason;

/// Conditions that must all hold.
#[derive(Debug, Default, Args)]
pub(super) struct FindingsFilter {
    #[command(flatten)]
    source: SourceOption,
    /// Only of this order, by id or code
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    /// Only with this reason code, such as `underpaid`; repeat for several
    #[arg(long, value_name = "CODE")]
    reason: Vec<String>,
    /// Only of this severity; repeat for several
    #[arg(long, value_enum, value_name = "SEVERITY")]
    severity: Vec<SeverityArgument>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SeverityArgument {
    /// Money may be wrong
    High,
    /// Needs to be checked
    Medium,
    /// Usual, but worth knowing
    Low,
    /// For the record
    Info,
}

impl FindingsFilter {
    pub(super) fn checked(&self, config: &Config, states: Vec<FindingState>) -> anyhow::Result<FindingFilter> {
        let source = self.source.known(config)?.map(str::to_owned);
        if let Some(unknown) = self.reason.iter().find(|reason| FindingReason::parse(reason).is_none()) {
            return Err(Usage(format!("there is no reason code `{unknown}`; docs/findings.md lists all codes")).into());
        }
        let severity = |severity: &SeverityArgument| format!("{severity:?}").to_lowercase();
        Ok(FindingFilter {
            source,
            order: self.order.clone(),
            reasons: self.reason.clone(),
            severities: self.severity.iter().map(severity).collect(),
            states,
            fingerprint: None,
        })
    }

    /// Whether it selects by more than the source: nobody should acknowledge a whole source by accident.
    pub(super) fn is_narrow(&self) -> bool {
        self.order.is_some() || !self.reason.is_empty() || !self.severity.is_empty()
    }

    pub(super) fn in_words(&self, fingerprint: Option<&str>) -> String {
        let mut words = Vec::new();
        words.extend(fingerprint.map(|prefix| format!("fingerprint={prefix}")));
        words.extend(self.source.name().map(|source| format!("source={source}")));
        words.extend(self.order.as_ref().map(|order| format!("order={order}")));
        words.extend(self.reason.iter().map(|reason| format!("reason={reason}")));
        words.extend(self.severity.iter().map(|severity| format!("severity={severity:?}").to_lowercase()));
        words.join(" ")
    }
}
