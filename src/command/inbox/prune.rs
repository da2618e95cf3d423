//! `ticketledger inbox prune`.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};

use crate::clock::Clock;
use crate::command::options::{DetailFormat, OperatorOptions, SourceOption};
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::maintenance::retention::{Class, Pruned, Rule, Taken, prune, rules};
use crate::report::{Cell, Column, Format, Shown, Table, format};

#[derive(Debug, Args)]
pub(in crate::command) struct Prune {
    /// Only this class; repeat for several
    #[arg(long, value_enum, value_name = "CLASS")]
    class: Vec<ClassArgument>,
    /// Delete what is older than this instead of what `[retention]` says, such as 3000d or 9y; for one class only
    #[arg(long, value_name = "AGE", value_parser = days, requires = "class")]
    older_than: Option<i64>,
    #[command(flatten)]
    source: SourceOption,
    /// Show what would be deleted, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    operator: OperatorOptions,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ClassArgument {
    /// Bodies of webhooks that were applied
    Done,
    /// Bodies of webhooks that were older than what was already known, or were dismissed
    Superseded,
    /// Bodies of parked webhooks, which can then never be replayed
    Parked,
    /// Documents fetched from a provider's API
    Documents,
    /// The history of failed attempts
    Attempts,
}

impl From<ClassArgument> for Class {
    fn from(class: ClassArgument) -> Self {
        match class {
            ClassArgument::Done => Self::Done,
            ClassArgument::Superseded => Self::Superseded,
            ClassArgument::Parked => Self::Parked,
            ClassArgument::Documents => Self::Documents,
            ClassArgument::Attempts => Self::Attempts,
        }
    }
}

/// Days; a year counts 366, so that nothing is deleted too early.
fn days(text: &str) -> Result<i64, String> {
    let advice = || "write a number of days such as 3000d, or of years such as 9y".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(advice)?;
    let number: i64 = number.parse().ok().filter(|number| (0..=36_500).contains(number)).ok_or_else(advice)?;
    match unit {
        "d" => Ok(number),
        "y" => Ok(number.saturating_mul(366)),
        _ => Err(advice()),
    }
}

/// Shows what would be deleted, asks, and deletes it.
pub(super) fn run(config: &Config, options: Prune) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let reason = options.operator.reason(options.dry_run)?;
    let now = Clock::System.now();
    let classes: Vec<Class> = options.class.iter().copied().map(Class::from).collect();
    let rules = match (options.older_than, classes.as_slice()) {
        (Some(days), [class]) => vec![Rule::older_than(*class, days, now)],
        (Some(_), _) => {
            let advice = "--older-than needs exactly one --class: applied and failed webhooks never share an age";
            return Err(output::Usage(advice.to_owned()).into());
        }
        (None, classes) => {
            let chosen = |rule: &Rule| classes.is_empty() || classes.contains(&rule.class);
            rules(&config.retention, now).into_iter().filter(chosen).collect()
        }
    };
    if rules.is_empty() {
        output::print("Nothing to delete: [retention] keeps this for ever. Pass --older-than for another age.\n")?;
        return Ok(Outcome::Fine);
    }
    let database = settings::open(config)?;
    let preview = prune(&database, &rules, source, now, None, |_| true)?;
    let rows: i64 = preview.taken.iter().map(|taken| taken.rows).sum();
    if options.dry_run || rows == 0 {
        output::print(in_words(&preview, options.format, "to delete", "Nothing was changed.")?)?;
        return Ok(Outcome::Fine);
    }
    if !options.yes && !output::confirm(&table(&preview)?, &format!("delete the contents of {rows} rows for good"))? {
        output::print("Nothing was changed.\n")?;
        return Ok(Outcome::Fine);
    }
    let pruned = prune(&database, &rules, source, now, Some(&reason), |time| {
        std::thread::park_timeout(time);
        true
    })?;
    let closing = match pruned.unfinished {
        false => "Rows, hashes and the ledger are unchanged.",
        true => "Stopped early, because another run is pruning; run it again later for the rest.",
    };
    output::print(in_words(&pruned, options.format, "deleted", closing)?)?;
    Ok(Outcome::Fine)
}

fn in_words(pruned: &Pruned, format: DetailFormat, verb: &str, closing: &str) -> anyhow::Result<String> {
    if format == DetailFormat::Json {
        return Ok(serde_json::to_string_pretty(pruned)? + "\n");
    }
    let (rows, bytes) = pruned.taken.iter().fold((0, 0), |sum, taken| (sum.0 + taken.rows, sum.1 + taken.bytes));
    let mut text = table(pruned)?;
    // Writing to a string cannot fail.
    let _ = writeln!(text, "Total {verb}: {rows} rows, {bytes} bytes.");
    for (source, closed) in &pruned.closed {
        let _ = match closed {
            Some(month) => writeln!(text, "{source}: only up to {month}, the last closed month."),
            None => writeln!(
                text,
                "{source}: nothing, because no month is closed; close one with `ticketledger ledger close`."
            ),
        };
    }
    let _ = writeln!(text, "{closing}");
    Ok(text)
}

fn table(pruned: &Pruned) -> anyhow::Result<String> {
    let text = |name| Column { name, shown: Shown::Text };
    let count = |name| Column { name, shown: Shown::Count };
    let row = |taken: &Taken| {
        vec![
            Cell::Text(Some(taken.class.to_string())),
            Cell::Text(Some(taken.before.to_string())),
            Cell::Number(Some(taken.rows)),
            Cell::Number(Some(taken.bytes)),
        ]
    };
    let rows = pruned.taken.iter().map(row).collect();
    let table = Table { columns: vec![text("class"), text("before"), count("rows"), count("bytes")], rows };
    Ok(format::render(&table, Format::Table)?)
}
