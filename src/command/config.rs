//! `ticketledger config`.

use std::path::Path;

use anyhow::bail;
use clap::Subcommand;
use secrecy::ExposeSecret as _;

use super::{Outcome, output};
use crate::clock::Clock;
use crate::config::{self, Config, VatSplit};
use crate::db::{self, Database, Role, pending_migrations};
use crate::export::account_map::AccountMap;
use crate::ledger::book::Account;
use crate::ledger::book::store::fixed_books_from;
use crate::ledger::totals::account_codes;
use crate::monitor::silence::deliveries_since;

/// How far back webhooks are counted to judge a budget: a month.
const LATELY_MILLISECONDS: i64 = 31 * 86_400_000;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print a settings file with every key explained
    Example,
    /// Check the settings: print what they mean and what to reconsider, or every mistake with its line
    Check {
        /// Print only warnings and mistakes
        #[arg(long)]
        quiet: bool,
    },
}

pub(super) fn run(path: Option<&Path>, command: &ConfigCommand) -> anyhow::Result<Outcome> {
    match command {
        ConfigCommand::Example => example(),
        ConfigCommand::Check { quiet } => check(path, *quiet),
    }
}

fn example() -> anyhow::Result<Outcome> {
    output::print(config::EXAMPLE)?;
    Ok(Outcome::Fine)
}

fn check(path: Option<&Path>, quiet: bool) -> anyhow::Result<Outcome> {
    let (config, warnings) = config::load_with_warnings(path, &config::environment())?;
    if !quiet {
        output::print(config::summary(&config))?;
    }
    for warning in warnings {
        output::print(format!("warning: {warning}\n"))?;
    }
    for unknown in unknown_accounts(&config) {
        output::print(format!("warning: {unknown}\n"))?;
    }
    let fixed = match in_the_books(&config) {
        Ok((fixed, warnings)) => {
            for warning in warnings {
                output::print(format!("warning: {warning}\n"))?;
            }
            fixed
        }
        Err(error) => {
            output::print(format!("warning: not compared with the books: {error}\n"))?;
            Vec::new()
        }
    };
    if !fixed.is_empty() {
        bail!("{}", fixed.join("\n"));
    }
    Ok(Outcome::Fine)
}

/// Numbers for accounts that we do not have: a slip of the pen would leave the right one without a number.
fn unknown_accounts(config: &Config) -> Vec<String> {
    let families = ["assets:", "liabilities:", "income:", "expenses:", "equity:", "suspense:"];
    let is_known = |code: &str| match code.ends_with(':') {
        true => families.iter().any(|family| code.starts_with(family)),
        false => Account::parse(code).is_some(),
    };
    let of = |source: &config::Source| {
        let unknown = source.exports.accounts.iter().filter(|rule| !is_known(&rule.code));
        let name = source.name.clone();
        let text = |rule: &config::AccountRule| {
            let code = &rule.code;
            format!(
                "{name}: sources.exports.accounts: `{code}` is no account of ours; docs/posting-rules.md lists them"
            )
        };
        unknown.map(text).collect::<Vec<_>>()
    };
    config.sources.iter().flat_map(of).collect()
}

/// A budget of the sweep that is too small for what the source sent lately. Each webhook stands for a changed order.
fn short_budget(connection: &mut db::Connection, source: &config::Source) -> db::Result<Option<String>> {
    if !source.can_be_swept() {
        return Ok(None);
    }
    let since = Clock::System.now().plus_milliseconds(-LATELY_MILLISECONDS);
    let sent = deliveries_since(connection, &source.name, since)?;
    let warning = source.sweep.budget_warning(source.provider, sent).filter(|_| sent > 0);
    let name = &source.name;
    Ok(warning
        .map(|warning| format!("{name}: sources.sweep.budget: {sent} webhooks came in the last 31 days; {warning}")))
}

/// What the settings say otherwise than the books have fixed it, and the accounts in use that exports have no number
/// for. Before the first start there are no books.
fn in_the_books(config: &Config) -> db::Result<(Vec<String>, Vec<String>)> {
    if config.database_file().is_some_and(|file| !file.exists()) {
        return Ok((Vec::new(), Vec::new()));
    }
    let database = Database::open(config.database_url.expose_secret(), Role::Visitor)?;
    if pending_migrations(&database)? > 0 {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut connection = database.reader()?;
    let (mut fixed, mut warnings) = (Vec::new(), Vec::new());
    let today = Clock::System.now().utc().date_naive();
    for source in &config.sources {
        fixed.extend(fixed_books_from(&mut connection, &source.name, source.books_from)?);
        warnings.extend(short_budget(&mut connection, source)?);
        // Who exports nothing needs no numbers.
        if source.exports == config::Exports::default() {
            continue;
        }
        let map = AccountMap::of(source);
        let codes = account_codes(&mut connection, Some(&source.name))?;
        let missing = map.unmapped(&codes, today, source.exports.vat_split != VatSplit::Off).into_iter();
        let chart = map.chart.as_str();
        warnings.extend(missing.map(|account| {
            let name = &source.name;
            format!("{name}: {account} has no number in {chart}; name one in sources.exports.accounts, or exports stop")
        }));
    }
    Ok((fixed, warnings))
}
