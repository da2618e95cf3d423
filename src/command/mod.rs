//! What a person types, and what the program answers: text on stdout, a log and errors on stderr, an exit code.

mod arguments;
mod as_of;
mod backup;
mod calibrate;
mod close;
mod config;
mod contact;
mod database;
mod demo;
mod doctor;
mod effect;
mod explain;
mod findings;
mod import;
mod inbox;
mod ledger;
mod logging;
mod login;
mod output;
mod package;
mod prune;
mod rebuild;
mod reconcile;
mod replay;
mod report;
mod retained;
mod serve;
mod settings;
mod trace;
mod vouchers;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use self::arguments::{Arguments, Command, ConfigCommand, InboxCommand, LedgerCommand};
use self::output::Usage;

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Fine,
    /// Exit code 3: it worked, and what it found needs a person.
    Attention,
}

/// Runs the command of this process's command line.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    // The demo tells its own story; of the log only what goes wrong belongs into it.
    let level = match arguments.command {
        Command::Demo(_) => tracing::Level::ERROR,
        _ => tracing::Level::INFO,
    };
    logging::start(arguments.log_format, level);
    match dispatch(arguments) {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Attention) => ExitCode::from(3),
        // Who closes the pipe has read enough: `ticketledger report balances | head`.
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn dispatch(arguments: Arguments) -> anyhow::Result<Outcome> {
    let path = arguments.config.as_deref();
    match arguments.command {
        Command::Demo(options) => demo::run(&options),
        Command::Serve => serve::run(path),
        Command::PackageFiles(options) => package::run(&options),
        Command::Config(ConfigCommand::Example) => config::example(),
        Command::Config(ConfigCommand::Check { quiet }) => config::check(path, quiet),
        Command::Login(options) => login::run(&settings::load(path)?, &options),
        Command::Doctor(options) => doctor::run(path, &options),
        Command::Inbox(InboxCommand::List(options)) => inbox::list(&settings::load(path)?, &options),
        Command::Inbox(InboxCommand::Show(options)) => inbox::show(&settings::load(path)?, &options),
        Command::Inbox(InboxCommand::Stats(options)) => inbox::stats(&settings::load(path)?, &options),
        Command::Inbox(InboxCommand::Replay(options)) => replay::run(&settings::load(path)?, options),
        Command::Inbox(InboxCommand::Prune(options)) => prune::run(&settings::load(path)?, options),
        Command::Report(options) => report::run(&settings::load(path)?, &options),
        Command::Ledger(LedgerCommand::Verify(options)) => ledger::verify(&settings::load(path)?, &options),
        Command::Ledger(LedgerCommand::Explain(options)) => explain::run(&settings::load(path)?, &options),
        Command::Ledger(LedgerCommand::Trace(options)) => trace::run(&settings::load(path)?, &options),
        Command::Ledger(LedgerCommand::Rebuild(options)) => rebuild::run(&settings::load(path)?, &options),
        Command::Ledger(LedgerCommand::Close(options)) => close::run(&settings::load(path)?, options),
        Command::Ledger(LedgerCommand::Import(options)) => import::run(&settings::load(path)?, options),
        Command::Ledger(LedgerCommand::Reverse(options)) => import::reverse(&settings::load(path)?, options),
        Command::Vouchers(command) => vouchers::run(&settings::load(path)?, &command),
        Command::Contact(command) => contact::run(&settings::load(path)?, command),
        Command::Ledger(LedgerCommand::Reconcile(options)) => reconcile::run(&settings::load(path)?, &options),
        Command::Ledger(LedgerCommand::RecogniseRetained(options)) => retained::run(&settings::load(path)?, &options),
        Command::Ledger(LedgerCommand::Calibrate(options)) => calibrate::run(&settings::load(path)?, &options),
        Command::Findings(command) | Command::Ledger(LedgerCommand::Findings(command)) => {
            findings::run(&settings::load(path)?, &command)
        }
        Command::Backup(options) => backup::run(&settings::load(path)?, &options),
        Command::Database(command) => database::run(path, command),
    }
}

/// The command line as clap knows it, for whoever checks a flag against it.
pub fn definition() -> clap::Command {
    Arguments::command()
}
