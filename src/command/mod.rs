//! What a person types, and what the program answers: text on stdout, a log and errors on stderr, an exit code.

mod arguments;
mod as_of;
mod backup;
mod config;
mod contact;
mod database;
mod demo;
mod doctor;
mod export;
mod findings;
mod inbox;
mod ledger;
mod logging;
mod login;
mod options;
mod output;
mod package;
mod report;
mod serve;
mod settings;
mod sweep;
mod swept;
mod user;
mod vouchers;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use self::arguments::{Arguments, Command};
use self::output::Usage;

/// How a command ended, unless it failed.
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
    // The demo prints its own story; of the log, only errors belong there.
    let level = match arguments.command {
        Command::Demo(_) => tracing::Level::ERROR,
        _ => tracing::Level::INFO,
    };
    logging::start(arguments.log_format, level);
    match dispatch(arguments) {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Attention) => ExitCode::from(3),
        // A reader that closes the pipe has read enough: `ticketledger report balances | head`.
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
        Command::Config(command) => config::run(path, &command),
        Command::Login(options) => login::run(&settings::load(path)?, &options),
        Command::Doctor(options) => doctor::run(path, &options),
        Command::Inbox(command) => inbox::run(&settings::load(path)?, command),
        Command::Sweep(options) => sweep::run(&settings::load(path)?, &options),
        Command::Report(options) => report::run(&settings::load(path)?, &options),
        Command::Export(command) => export::run(&settings::load(path)?, command),
        Command::Ledger(command) => ledger::run(&settings::load(path)?, command),
        Command::Vouchers(command) => vouchers::run(&settings::load(path)?, &command),
        Command::Contact(command) => contact::run(&settings::load(path)?, &command),
        Command::Findings(command) => findings::run(&settings::load(path)?, &command),
        Command::User(command) => user::run(&settings::load(path)?, &command),
        Command::Database(command) => database::run(path, command),
        Command::Backup(options) => backup::run(&settings::load(path)?, &options),
        Command::PackageFiles(options) => package::run(&options, definition()),
    }
}

/// The command line as clap knows it, for tests that check a flag against it.
pub fn definition() -> clap::Command {
    Arguments::command()
}
