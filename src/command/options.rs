//! Options that several commands share, and how their values are read.

use std::os::unix::fs::MetadataExt as _;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::output::Usage;
use super::{output, settings};
use crate::clock::Timestamp;
use crate::config::{self, Config};
use crate::inbox::operator::Reason;
use crate::ledger::book::Month;
use crate::ledger::totals::Period;
use crate::report::{Amounts, Format, Table, format};

#[derive(Clone, Debug, Default, Args)]
pub(super) struct SourceOption {
    /// Only this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
}

impl SourceOption {
    /// The name that was given; refused if the settings have no such source.
    pub(super) fn known(&self, config: &Config) -> anyhow::Result<Option<&str>> {
        let source = self.source.as_deref();
        settings::known_source(config, source)?;
        Ok(source)
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.source.as_deref()
    }
}

/// How a report is written.
#[derive(Debug, Args)]
pub(super) struct OutputOptions {
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: Format,
    /// How CSV writes amounts [default: units]
    #[arg(long, value_enum)]
    amounts: Option<Amounts>,
}

impl OutputOptions {
    /// How amounts are written; what would be ignored is refused.
    pub(super) fn amounts(&self) -> Result<Amounts, Usage> {
        match (self.format, self.amounts) {
            (Format::Csv, amounts) => Ok(amounts.unwrap_or_default()),
            (_, None) | (Format::Json, Some(Amounts::Minor)) | (Format::Table, Some(Amounts::Units)) => {
                Ok(Amounts::default())
            }
            (Format::Json, _) => Err(Usage("JSON has amounts in minor units only; --amounts is for CSV".to_owned())),
            (Format::Table, _) => Err(Usage("a table has amounts in units only; add --format csv".to_owned())),
        }
    }

    /// Whether people read it: a table, or CSV with amounts in units.
    pub(super) fn is_for_people(&self) -> Result<bool, Usage> {
        Ok(match self.format {
            Format::Table => true,
            Format::Csv => self.amounts()? == Amounts::Units,
            Format::Json => false,
        })
    }

    /// Writes a table to stdout, with totals below it if it is for people.
    pub(super) fn print(&self, table: &Table, totals: &[Vec<crate::report::Cell>]) -> anyhow::Result<()> {
        let amounts = self.amounts()?;
        output::print(match self.format {
            Format::Table => format::for_people(table, totals),
            format => format::render_with(table, format, amounts)?,
        })
    }
}

#[derive(Debug, Args)]
pub(super) struct ActorOption {
    /// Name to record as the operator [default: $SUDO_USER, $USER or $LOGNAME]
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
}

impl ActorOption {
    /// Who did it and `why`, for the record. An act without an actor is refused; a dry run records nothing and needs
    /// none.
    pub(super) fn reason(&self, why: &str, dry_run: bool) -> Result<Reason, Usage> {
        let actor = self.name_or(|| dry_run.then(String::new))?;
        Ok(Reason { actor, why: why.to_owned() })
    }

    /// Who did something that changes no books, such as a timer that exports: if nobody is named, the number of the
    /// user that the program runs as.
    pub(super) fn name_or_user(&self) -> Result<String, Usage> {
        self.name_or(|| {
            let user = std::fs::metadata("/proc/self").map(|process| process.uid());
            Some(user.map_or_else(|_| "unknown".to_owned(), |user| format!("user {user}")))
        })
    }

    /// `nobody` may say what stands there if nobody is named.
    fn name_or(&self, nobody: impl FnOnce() -> Option<String>) -> Result<String, Usage> {
        let mut environment = config::environment();
        resolve_actor(self.actor.as_deref(), |name| environment.remove(name), nobody)
    }
}

/// The name given on the command line, else that of the person who called sudo, else that of the user, else `nobody`.
fn resolve_actor(
    given: Option<&str>,
    mut variable: impl FnMut(&str) -> Option<String>,
    nobody: impl FnOnce() -> Option<String>,
) -> Result<String, Usage> {
    let named = |name: &str| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    if let Some(given) = given {
        return named(given).ok_or_else(|| Usage("--actor is empty; pass the name of the operator".to_owned()));
    }
    let user = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| named(&variable(name)?));
    user.or_else(nobody).ok_or_else(|| {
        let text = "no operator is named; pass --actor NAME (SUDO_USER, USER and LOGNAME are not set)";
        Usage(text.to_owned())
    })
}

/// For commands that record who ran them, and why if that was said.
#[derive(Debug, Args)]
pub(super) struct OperatorOptions {
    #[command(flatten)]
    actor: ActorOption,
    /// Reason to record
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    why: String,
}

impl OperatorOptions {
    pub(super) fn reason(&self, dry_run: bool) -> Result<Reason, Usage> {
        self.actor.reason(&self.why, dry_run)
    }

    pub(super) fn has_why(&self) -> bool {
        !self.why.trim().is_empty()
    }
}

/// For commands that must not run without a reason.
#[derive(Debug, Args)]
pub(super) struct ReasonOptions {
    #[command(flatten)]
    actor: ActorOption,
    /// Reason to record, required unless --dry-run; name no customer
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    why: Option<String>,
}

impl ReasonOptions {
    pub(super) fn reason(&self, dry_run: bool) -> Result<Reason, Usage> {
        self.actor.reason(self.why.as_deref().unwrap_or_default(), dry_run)
    }
}

/// Output of a command whose result is not a table of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DetailFormat {
    /// Text for people
    Table,
    /// One JSON object with stable field names
    Json,
}

/// A time on the command line; a day means its midnight UTC.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    let midnight = || text.parse::<NaiveDate>().ok().and_then(|day| Timestamp::parse(&format!("{day}T00:00:00Z")));
    Timestamp::parse(text)
        .or_else(midnight)
        .ok_or_else(|| "write a day such as 2025-11-30, or a time such as 2025-11-30T18:00:00+01:00".to_owned())
}

/// A day on the command line.
pub(super) fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "write a day such as 2025-11-30".to_owned())
}

/// A month, a quarter or a year on the command line.
pub(super) fn period(text: &str) -> Result<Period, String> {
    Period::parse(text).ok_or_else(|| {
        "write a month such as 2025-11, a quarter such as 2026-Q3, or a year such as 2026; other spans are written \
         --from DAY --to DAY"
            .to_owned()
    })
}

/// The same where there are no options for other spans.
pub(super) fn months(text: &str) -> Result<Period, String> {
    let say = || "write a month such as 2025-11, a quarter such as 2026-Q3, or a year such as 2026".to_owned();
    Period::parse(text).ok_or_else(say)
}

pub(super) fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "write a month such as 2025-11".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(given: Option<&str>, variables: &[(&str, &str)]) -> Result<String, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        resolve_actor(given, variable, || None).map_err(|usage| usage.to_string())
    }

    #[test]
    fn the_actor_is_the_one_named_then_the_person_behind_sudo_then_the_user() {
        let all = [("SUDO_USER", "ada"), ("USER", "root"), ("LOGNAME", "login")];
        assert_eq!(resolved(Some(" bob "), &all).as_deref(), Ok("bob"));
        assert_eq!(resolved(None, &all).as_deref(), Ok("ada"));
        assert_eq!(resolved(None, &all[1..]).as_deref(), Ok("root"));
        assert_eq!(resolved(None, &all[2..]).as_deref(), Ok("login"));
        assert_eq!(resolved(None, &[("SUDO_USER", ""), ("USER", " "), ("LOGNAME", "login")]).as_deref(), Ok("login"));
    }

    #[test]
    fn without_a_name_there_is_no_actor() {
        assert!(resolved(None, &[]).is_err_and(|text| text.contains("pass --actor NAME")));
        assert!(resolved(None, &[("USER", "")]).is_err());
        // An empty name was meant to name somebody; the environment must not stand in for it.
        assert!(resolved(Some(" "), &[("USER", "ada")]).is_err_and(|text| text.contains("--actor is empty")));
        let or_robot = |given: Option<&str>| resolve_actor(given, |_| None, || Some("robot".to_owned()));
        assert!(or_robot(None).is_ok_and(|name| name == "robot"));
        assert!(or_robot(Some(" ")).is_err());
    }
}
