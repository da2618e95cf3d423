//! The log, on stderr: stdout belongs to what a command answers.

use std::io;

use tracing_subscriber::EnvFilter;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// For people; with colours on a terminal
    Text,
    /// One JSON object per line
    Json,
}

/// Starts the log. `TICKETLEDGER_LOG` says how much is logged, `info` unless set.
pub(super) fn start(format: LogFormat) {
    let filter = EnvFilter::builder()
        .with_env_var("TICKETLEDGER_LOG")
        .with_default_directive(tracing::Level::INFO.into())
        .from_env_lossy();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).init(),
        LogFormat::Json => log.json().init(),
    }
}
