//! The built program, as a bench starts it.

use std::process::Command;

/// Without the caller's settings: the program takes every variable with this beginning for one.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticketledger"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"TICKETLEDGER_")) {
        command.env_remove(name);
    }
    command
}
