//! Which webhooks a command is about.

use clap::{Args, ValueEnum};

use crate::clock::Timestamp;
use crate::command::options::{SourceOption, instant};
use crate::config::Config;
use crate::inbox::State;
use crate::inbox::operator::Filter;

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct WebhookFilter {
    #[command(flatten)]
    conditions: Conditions,
    /// Only with this reason code, such as `bad_amount`
    #[arg(long, value_name = "CODE")]
    reason: Option<String>,
}

impl WebhookFilter {
    pub(super) fn checked(&self, config: &Config) -> anyhow::Result<Filter> {
        self.conditions.checked(config, self.reason.as_deref())
    }
}

/// All of them but the reason code, for a command whose `--reason` is another one.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Conditions {
    #[command(flatten)]
    source: SourceOption,
    /// Only in this state; repeat for several
    #[arg(long, value_enum, value_name = "STATE")]
    state: Vec<StateArgument>,
    /// Only of this kind, such as `order` or `new-payment`
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only received at or after this time: 2025-11-30 (midnight UTC) or 2025-11-30T18:00:00+01:00
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,
    /// Only received before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,
    /// Only about this entity, such as `order:ID` or `booking:PID`
    #[arg(long, value_name = "ENTITY")]
    entity: Option<String>,
}

impl Conditions {
    pub(super) fn checked(&self, config: &Config, reason: Option<&str>) -> anyhow::Result<Filter> {
        let states: Vec<State> = self.state.iter().copied().map(State::from).collect();
        Ok(Filter {
            source: self.source.known(config)?.map(str::to_owned),
            states: (!states.is_empty()).then_some(states),
            kind: self.kind.clone(),
            entity: self.entity.clone(),
            reason: reason.map(str::to_owned),
            since: self.since,
            until: self.until,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StateArgument {
    /// To be processed, being processed, or waiting for the next attempt
    Pending,
    /// Applied
    Done,
    /// Older than what was already known
    Superseded,
    /// Needs a person
    Parked,
    /// Set aside by a person: it does not count
    Dismissed,
}

impl From<StateArgument> for State {
    fn from(state: StateArgument) -> Self {
        match state {
            StateArgument::Pending => Self::Pending,
            StateArgument::Done => Self::Done,
            StateArgument::Superseded => Self::Superseded,
            StateArgument::Parked => Self::Parked,
            StateArgument::Dismissed => Self::Dismissed,
        }
    }
}
