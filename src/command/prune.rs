//! `ticketledger inbox prune`.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};

use super::arguments::DetailFormat;
use super::import::{Who as Operator, ask};
use super::{Outcome, output, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::maintenance::retention::{Class, Pruned, Rule, Taken, prune, rules};
use crate::report::{Cell, Column, Format, Shown, Table, format};

#[derive(Debug, Args)]
pub(super) struct Prune {
    /// Only this class; repeat for several
    #[arg(long, value_enum, value_name = "CLASS")]
    class: Vec<ClassArgument>,
    /// What is older than this instead of what the settings say, such as 3000d or 9y; for one class only
    #[arg(long, value_name = "AGE", value_parser = days, requires = "class")]
    older_than: Option<i64>,
    /// Only of this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Say what would go, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Who does this, for the record [default: $SUDO_USER or $USER]
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    why: String,
    /// How to write the result
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ClassArgument {
    /// Bodies of webhooks that were applied
    Done,
    /// Bodies of webhooks that were older than what was known
    Superseded,
    /// Bodies of parked webhooks; they can never be replayed then
    Parked,
    /// What was fetched from a provider's API
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

/// Days; a year has 366 of them, so that nothing goes too early.
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

/// Says what would go, asks, and takes it.
pub(super) fn run(config: &Config, options: Prune) -> anyhow::Result<Outcome> {
    settings::known_source(config, options.source.as_deref())?;
    let now = Clock::System.now();
    let classes: Vec<Class> = options.class.iter().copied().map(Class::from).collect();
    let rules = match (options.older_than, classes.as_slice()) {
        (Some(days), [class]) => vec![Rule::older_than(*class, days, now)],
        (Some(_), _) => {
            let advice = "--older-than is for one --class: what was applied and what failed never share an age";
            return Err(output::Usage(advice.to_owned()).into());
        }
        (None, classes) => {
            let chosen = |rule: &Rule| classes.is_empty() || classes.contains(&rule.class);
            rules(&config.retention, now).into_iter().filter(chosen).collect()
        }
    };
    if rules.is_empty() {
        output::print("Nothing: the settings keep this for ever ([retention]); --older-than says another age.\n")?;
        return Ok(Outcome::Fine);
    }
    let database = settings::open(config)?;
    let source = options.source.as_deref();
    let preview = prune(&database, &rules, source, now, None, |_| true)?;
    let rows: i64 = preview.taken.iter().map(|taken| taken.rows).sum();
    if options.dry_run || rows == 0 {
        output::print(told(&preview, options.format, "would go", "Nothing was changed.")?)?;
        return Ok(Outcome::Fine);
    }
    if !options.yes && !ask(&table(&preview)?, &format!("take the bytes of {rows} rows for good"))? {
        output::print("Nothing was changed.\n")?;
        return Ok(Outcome::Fine);
    }
    let reason = Operator { actor: options.actor, why: Some(options.why) }.reason();
    let pruned = prune(&database, &rules, source, now, Some(&reason), |time| {
        std::thread::park_timeout(time);
        true
    })?;
    let closing = match pruned.unfinished {
        false => "Rows, hashes and books are as they were.",
        true => "Another run is at it, so this one ended early; run it again later for the rest.",
    };
    output::print(told(&pruned, options.format, "went", closing)?)?;
    Ok(Outcome::Fine)
}

fn told(pruned: &Pruned, format: DetailFormat, verb: &str, closing: &str) -> anyhow::Result<String> {
    if format == DetailFormat::Json {
        return Ok(serde_json::to_string_pretty(pruned)? + "\n");
    }
    let (rows, bytes) = pruned.taken.iter().fold((0, 0), |sum, taken| (sum.0 + taken.rows, sum.1 + taken.bytes));
    let mut text = table(pruned)?;
    // Writing into a text cannot fail.
    let _ = writeln!(text, "Together {verb}: {rows} rows, {bytes} bytes.");
    for (source, closed) in &pruned.closed {
        let _ = match closed {
            Some(month) => writeln!(text, "{source}: only what belongs to months up to {month}, the last closed one."),
            None => writeln!(text, "{source}: nothing, for no month of it is closed (`ticketledger ledger close`)."),
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
