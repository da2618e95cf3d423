//! The command line. The texts here are what `--help` says.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::as_of::{AsOfOptions, BalanceOptions};
use super::close::Close;
use super::logging::LogFormat;
use crate::clock::Timestamp;
use crate::inbox::{EventId, State};
use crate::ledger::book::Month;
use crate::report::Format;
use crate::worker::effect::MOST;

const EXIT_CODES: &str = "\
Exit codes:
  0  fine
  1  failed
  2  wrong usage
  3  something needs attention (parked events, open findings, a failed verification)";

/// Webhooks of bookingkit and Ticketpark in, a balanced double-entry ledger in SQL out
#[derive(Debug, Parser)]
#[command(name = "ticketledger", version, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    /// File with the settings [default: ./ticketledger.toml]
    #[arg(long, global = true, env = "TICKETLEDGER_CONFIG", value_name = "FILE", hide_env_values = true)]
    pub(super) config: Option<PathBuf>,

    /// How the log is written; TICKETLEDGER_LOG sets how much (error, warn, info, debug, trace) [default: journal when
    /// systemd keeps it, else text on stderr]
    #[arg(
        long,
        global = true,
        value_enum,
        env = "TICKETLEDGER_LOG_FORMAT",
        value_name = "FORMAT",
        hide_env_values = true
    )]
    pub(super) log_format: Option<LogFormat>,

    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// See the whole thing work on this machine in a minute: a daemon, example traffic, a report
    Demo(Demo),
    /// Run the daemon: receive webhooks, work through the inbox, keep the ledger
    Serve,
    /// Make a settings file, and check one
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Log in at Ticketpark once, for a source whose settings hold no user name and password
    Login(super::login::Login),
    /// Look at this host: settings, disk, database, clock, provider, daemon, what waits; what is wrong, and what to do
    Doctor(super::doctor::Doctor),
    /// Look at stored webhooks, and work on them again
    #[command(subcommand)]
    Inbox(InboxCommand),
    /// Read the books: balances, revenue, VAT, payments, open orders, vouchers, findings
    Report(Report),
    /// Prove that the books hold, and post what no webhook tells
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Look at vouchers and flex tickets one by one
    #[command(subcommand)]
    Vouchers(super::vouchers::VouchersCommand),
    /// Look at a customer, and erase one
    #[command(subcommand)]
    Contact(super::contact::ContactCommand),
    /// Look at what needs an explanation, and say that it is known
    #[command(subcommand)]
    Findings(super::findings::FindingsCommand),
    /// Move the data to PostgreSQL, and let others read it
    #[command(subcommand)]
    Database(super::database::DatabaseCommand),
    /// Save the SQLite database beside a running daemon, in a file that can be restored by copying it back
    Backup(super::backup::BackupOptions),
    /// Write man pages, shell completions and a settings file for a package
    #[command(hide = true)]
    PackageFiles(super::package::PackageFiles),
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Leave everything running afterwards, and say where, until Ctrl-C
    #[arg(long)]
    pub(super) keep: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print a settings file with every key explained
    Example,
    /// Read the settings and say what they amount to and what is doubtful, or every mistake with its line
    Check {
        /// Say only what is doubtful or wrong
        #[arg(long)]
        quiet: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum InboxCommand {
    /// List webhooks, the newest first
    List(List),
    /// Show one webhook with the history of its attempts
    Show(Show),
    /// Count webhooks by source and state, parked ones by reason; exit code 3 while any is parked
    Stats(Stats),
    /// Work on webhooks again: parked ones, unless other states are asked for
    Replay(Replay),
    /// Take what is no longer needed by the ages in the settings: bodies, documents, old attempts; nothing of an open
    /// month
    Prune(super::prune::Prune),
}

/// Which webhooks; all that is given must hold.
#[derive(Debug, Default, Clone, Args)]
pub(super) struct Which {
    /// Only of this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    pub(super) source: Option<String>,
    /// Only in this state; repeat for several
    #[arg(long, value_enum, value_name = "STATE")]
    pub(super) state: Vec<StateArgument>,
    /// Only of this kind, such as `order` or `new-payment`
    #[arg(long, value_name = "KIND")]
    pub(super) kind: Option<String>,
    /// Only with this reason code, such as `bad_amount`
    #[arg(long, value_name = "CODE")]
    pub(super) reason: Option<String>,
    /// Only received at this time or later: 2025-11-30 (midnight UTC) or 2025-11-30T18:00:00+01:00
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(super) since: Option<Timestamp>,
    /// Only received before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(super) until: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    pub(super) which: Which,
    /// Only about this, such as `order:ID` or `booking:PID`
    #[arg(long, value_name = "ENTITY")]
    pub(super) entity: Option<String>,
    /// At most this many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..))]
    pub(super) limit: i64,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Number of the webhook, as `inbox list` shows it
    pub(super) id: EventId,
    /// Print the body instead, byte for byte as it was received; it may hold personal data
    #[arg(long)]
    pub(super) body: bool,
    /// How to write it
    #[arg(long, value_enum, default_value = "table", conflicts_with = "body")]
    pub(super) format: DetailFormat,
}

#[derive(Debug, Args)]
pub(super) struct Stats {
    /// Only of this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    pub(super) source: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// Numbers of webhooks to work on again, whatever their state
    #[arg(value_name = "ID", conflicts_with_all = ["source", "state", "kind", "reason", "since", "until", "entity"])]
    pub(super) ids: Vec<EventId>,
    #[command(flatten)]
    pub(super) which: Which,
    /// Only about this, such as `order:ID` or `booking:PID`
    #[arg(long, value_name = "ENTITY")]
    pub(super) entity: Option<String>,
    /// In every state, webhooks that are done included
    #[arg(long, conflicts_with_all = ["ids", "state"])]
    pub(super) all_states: bool,
    /// Show the effect: which entries, on which accounts and orders, which findings; and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// With --dry-run: look at the first N webhooks, at most 30000 [default: 5000]; meanwhile nothing is received on
    /// SQLite
    #[arg(long, value_name = "N", requires = "dry_run", value_parser = clap::value_parser!(i64).range(1..=MOST))]
    pub(super) limit: Option<i64>,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
    /// Who does this, for the record [default: $SUDO_USER or $USER]
    #[arg(long, value_name = "NAME")]
    pub(super) actor: Option<String>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(super) why: String,
    /// How to write the result
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: DetailFormat,
}

#[derive(Debug, Args)]
pub(super) struct Report {
    #[command(subcommand)]
    pub(super) report: ReportCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// Balance of every account (debit positive); with --period what that month moved
    TrialBalance(MonthOptions),
    /// Revenue by month, event and VAT rate
    Revenue(MonthOptions),
    /// VAT by month and rate
    Vat(MonthOptions),
    /// Payments and refunds by month and method
    Payments(MonthOptions),
    /// Every order: what was billed, what was settled, what is open (positive: the guest owes)
    Balances(BalanceOptions),
    /// Every voucher and flex ticket: what was issued, what was redeemed, what it is still worth
    Vouchers(BalanceOptions),
    /// Open findings: where what was billed, paid and refunded do not agree; exit code 3 while one is above `info`
    Findings(ReportScope),
}

#[derive(Debug, Args)]
pub(super) struct ReportScope {
    /// Only of this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    pub(super) source: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct MonthOptions {
    /// Only this month of booking, such as 2025-11
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    pub(super) period: Option<Month>,
    #[command(flatten)]
    pub(super) as_of: AsOfOptions,
    #[command(flatten)]
    pub(super) scope: ReportScope,
}

#[derive(Debug, Subcommand)]
pub(super) enum LedgerCommand {
    /// Recompute every entry, the chain and every order; exit code 3 when anything does not hold
    Verify(Verify),
    /// Build the ledger anew from what is stored and compare; exit code 3 when it is not the same to the last hash
    Rebuild(super::rebuild::Rebuild),
    /// Tell the story of an order: what was billed, at which VAT, paid, changed, and what is open and why
    Explain(super::explain::Explain),
    /// Follow an entry back to the bytes that caused it, or an event to all that it caused
    Trace(super::trace::Trace),
    /// Close a month for good: check it, freeze its numbers, chain and anchor them; exit code 3 when something is in
    /// the way
    Close(Close),
    /// Post what no webhook tells, from a CSV file: fees, payouts, refunds, write-offs, vouchers of an earlier system
    Import(super::import::Import),
    /// Undo an imported entry by its exact opposite
    Reverse(super::import::Reverse),
    /// Look at every order anew: what needs an explanation, and what has healed; exit code 3 while one above `info` is
    /// open
    Reconcile(super::reconcile::Reconcile),
    /// Make income of the credits of dead orders that are due by the policy, as the daemon does every hour
    RecogniseRetained(super::retained::RecogniseRetained),
    /// The same as `ticketledger findings`
    #[command(subcommand)]
    Findings(super::findings::FindingsCommand),
    /// Which formula of the provider's total fits the stored orders
    Calibrate(super::calibrate::Calibrate),
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Only this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    pub(super) source: Option<String>,
    /// Also hold the chain to the anchors of this file, which whoever can change the database may not reach
    #[arg(long, value_name = "PATH")]
    pub(super) anchor_file: Option<std::path::PathBuf>,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: DetailFormat,
}

/// For what is no table of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DetailFormat {
    /// For people
    Table,
    /// One object, with stable names
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum StateArgument {
    /// To be worked on, being worked on, or waiting for the next attempt
    Pending,
    /// Applied
    Done,
    /// Older than what was known already
    Superseded,
    /// Needs a person
    Parked,
}

impl From<StateArgument> for State {
    fn from(state: StateArgument) -> Self {
        match state {
            StateArgument::Pending => Self::Pending,
            StateArgument::Done => Self::Done,
            StateArgument::Superseded => Self::Superseded,
            StateArgument::Parked => Self::Parked,
        }
    }
}

pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    let midnight = || text.parse::<NaiveDate>().ok().and_then(|day| Timestamp::parse(&format!("{day}T00:00:00Z")));
    Timestamp::parse(text)
        .or_else(midnight)
        .ok_or_else(|| "write a day such as 2025-11-30, or an instant such as 2025-11-30T18:00:00+01:00".to_owned())
}

pub(super) fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "write a month such as 2025-11".to_owned())
}
