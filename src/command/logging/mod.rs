//! The log, on stderr or in systemd's journal: stdout belongs to what a command answers. The rules are in
//! `docs/logging.md`.

mod journal;
mod plain;
mod socket;

use std::io::{self, IsTerminal as _};
use std::os::unix::fs::MetadataExt as _;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, fmt};

use self::plain::Plain;
use crate::config;

/// How `TICKETLEDGER_LOG` is written.
const EXAMPLE: &str = "info,ticketledger::worker=debug";

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
    let filter = wanted(config::environment().remove("TICKETLEDGER_LOG").as_deref().unwrap_or_default(), default);
    let format = format.unwrap_or_else(|| if is_journal() { LogFormat::Journal } else { LogFormat::Text });
    tracing_subscriber::registry().with(layer(format)).with(filter).with(filter_fn(is_ours)).init();
}

/// Reads `TICKETLEDGER_LOG`. What cannot be read is named on stderr and ignored: it must not keep the daemon down.
fn wanted(text: &str, default: Level) -> Targets {
    let (directives, wrong): (Vec<&str>, Vec<&str>) =
        text.split(',').filter(|part| !part.is_empty()).partition(|part| part.parse::<Targets>().is_ok());
    for part in wrong {
        eprintln!("TICKETLEDGER_LOG: `{part}` is ignored; write a level, or a part and its level: {EXAMPLE}");
    }
    match directives.join(",").parse() {
        Ok(targets) if !directives.is_empty() => targets,
        _ => Targets::new().with_default(default),
    }
}

/// Libraries are heard when something is wrong, never at length: they log addresses, and those hold secrets.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("ticketledger") || *metadata.level() <= Level::WARN
}

fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync> {
    let lines = fmt::layer().with_writer(|| Plain(io::stderr()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_set_for_all_or_for_a_part() {
        for text in ["", "a=b=c", ","] {
            assert_eq!(wanted(text, Level::INFO), Targets::new().with_default(Level::INFO), "{text}");
        }
        let worker = "ticketledger::worker";
        let expected = Targets::new().with_default(Level::WARN).with_target(worker, Level::DEBUG);
        assert_eq!(wanted("warn,ticketledger::worker=debug", Level::INFO), expected);
        assert_eq!(wanted("warn,inbox=loud,ticketledger::worker=debug", Level::INFO), expected);
        assert_eq!(wanted(&format!("{worker}=debug"), Level::INFO), Targets::new().with_target(worker, Level::DEBUG));
    }
}
