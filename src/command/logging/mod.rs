//! The log, on stderr or in systemd's journal: stdout belongs to what a command answers. The rules are in
//! `docs/logging.md`.

mod journal;

use std::io::{self, IsTerminal as _};
use std::os::unix::fs::MetadataExt as _;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// For people; with colours on a terminal
    Text,
    /// One JSON object per line
    Json,
    /// Into systemd's journal, with fields of their own
    Journal,
}

/// Starts the log. `TICKETLEDGER_LOG` says how much is logged, `default` unless set. Without a format it goes to the
/// journal if that is where stderr leads, else it is text.
pub(super) fn start(format: Option<LogFormat>, default: Level) {
    let filter =
        EnvFilter::builder().with_env_var("TICKETLEDGER_LOG").with_default_directive(default.into()).from_env_lossy();
    let format = format.unwrap_or_else(|| if is_journal() { LogFormat::Journal } else { LogFormat::Text });
    tracing_subscriber::registry().with(layer(format)).with(filter).with(filter_fn(is_ours)).init();
}

/// Libraries are heard when something is wrong, never at length: they log addresses, and those hold secrets.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("ticketledger") || *metadata.level() <= Level::WARN
}

fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync> {
    let lines = fmt::layer().with_writer(io::stderr);
    match format {
        LogFormat::Json => lines.json().boxed(),
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Journal => match journal::Journal::connect() {
            Ok(journal) => journal.boxed(),
            // Without its socket the lines go where stderr leads.
            Err(_) => lines.with_ansi(false).boxed(),
        },
    }
}

/// Whether stderr is the stream that systemd says leads to its journal, and was not sent elsewhere since.
fn is_journal() -> bool {
    let Some(stream) = config::environment().remove("JOURNAL_STREAM") else { return false };
    let stderr = std::fs::metadata("/proc/self/fd/2");
    stderr.is_ok_and(|stderr| stream == format!("{}:{}", stderr.dev(), stderr.ino()))
}
