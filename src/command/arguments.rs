//! The top of the command line; each command declares its own arguments. The texts here are what `--help` prints.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::logging::LogFormat;
use super::{
    backup, config, contact, database, demo, doctor, export, findings, inbox, ledger, login, package, report, sweep,
    user, vouchers,
};

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  failure
  2  wrong usage
  3  something needs attention (parked webhooks, open findings, a failed verification)";

/// Turn webhooks of bookingkit and Ticketpark into a balanced double-entry ledger in SQL
#[derive(Debug, Parser)]
#[command(name = "ticketledger", version, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    /// Settings file [default: ./ticketledger.toml]
    #[arg(long, global = true, env = "TICKETLEDGER_CONFIG", value_name = "FILE", hide_env_values = true)]
    pub(super) config: Option<PathBuf>,

    /// Log format; TICKETLEDGER_LOG sets the level (error, warn, info, debug, trace) [default: journal when stderr
    /// leads to systemd's journal, else text]
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
    /// Show everything at work on this machine in a minute: a daemon, example traffic, reports
    Demo(demo::Demo),
    /// Run the daemon: receive webhooks, process the inbox, keep the ledger
    Serve,
    /// Print an example settings file, or check yours
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Log in to Ticketpark once, for a source whose settings hold no user name and password
    Login(login::Login),
    /// Check this host: settings, disk, database, clock, provider, daemon, backlog; print what is wrong and what to do
    Doctor(doctor::Doctor),
    /// Inspect stored webhooks, and process them again
    #[command(subcommand)]
    Inbox(inbox::InboxCommand),
    /// Ask the provider of a source what changed, and store what no webhook told; import the past
    Sweep(sweep::Sweep),
    /// Print reports: balances, revenue, VAT, payments, open orders, vouchers, findings
    Report(report::Report),
    /// Write files for DATEV, hledger, beancount, Banana and others; each posting goes out once to each
    #[command(subcommand)]
    Export(export::ExportCommand),
    /// Verify the ledger, explain it, close months, and post what no webhook reports
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// List single vouchers and flex tickets
    #[command(subcommand)]
    Vouchers(vouchers::VouchersCommand),
    /// Show the contact data of a customer, or erase it
    #[command(subcommand)]
    Contact(contact::ContactCommand),
    /// List findings, and acknowledge them
    #[command(subcommand)]
    Findings(findings::FindingsCommand),
    /// Say who may sign in to the console, and make tokens for programs
    #[command(subcommand)]
    User(user::UserCommand),
    /// Move the data to PostgreSQL, and let a role read the reports there
    #[command(subcommand)]
    Database(database::DatabaseCommand),
    /// Back up the SQLite database while the daemon runs; docs/backup-and-restore.md says how to restore
    Backup(backup::BackupOptions),
    /// Write man pages, shell completions and a settings file for a package
    #[command(hide = true)]
    PackageFiles(package::PackageFiles),
}
