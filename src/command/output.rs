//! Text to the person at the terminal, or to the program at the other end of the pipe.

use std::io::{self, IsTerminal as _, Write as _};

use crate::report::format::printable;

/// The command line asks for something that makes no sense: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Usage(pub(super) String);

/// Writes to stdout. Unlike `print!` it does not panic when the pipe is closed.
pub(super) fn print(text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_ref())?;
    stdout.flush()?;
    Ok(())
}

/// Asks on a terminal whether to `action`, after showing `details`; elsewhere the command line must confirm. The
/// question goes to stderr, so that it is seen when stdout is a file.
pub(super) fn confirm(details: &str, action: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(Usage(format!("would {action}; pass --yes to confirm (not a terminal)")).into());
    }
    let mut stderr = io::stderr().lock();
    write!(stderr, "{details}This would {action}. Continue? [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Whether the reader of our output went away.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// Writes an error with its causes to stderr. A cause that its error already quotes is not repeated.
pub(super) fn complain(error: &anyhow::Error) {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(&cause) {
            let separator = if text.is_empty() { "" } else { ": " };
            text = text + separator + &cause;
        }
    }
    // Some errors quote a file or an answer.
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    let text = lines.join("\n");
    // When stderr is closed there is nobody left to tell.
    let _ = writeln!(io::stderr(), "ticketledger: {text}");
}
