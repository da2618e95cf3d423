//! The program: reads the command line, starts the log, runs one command and answers with its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ticketledger::command::run()
}
