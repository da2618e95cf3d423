//! Handing a notice to a command, and to the machine's own mail program.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::alert::Notice;
use crate::config::Alerts;

/// All that the program gets of our environment, which may hold secrets.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

#[derive(Debug)]
pub(super) struct Teller {
    settings: Alerts,
    /// Whether the last notice could not be handed over: that is logged once, not with each.
    failing: AtomicBool,
}

impl Teller {
    pub(super) fn new(settings: Alerts) -> Self {
        Self { settings, failing: AtomicBool::new(false) }
    }

    /// Hands a notice to everybody who is to be told.
    pub(super) async fn tell(&self, notice: &Notice) {
        let (alert, source, state) = (notice.alert.as_str(), notice.source.as_str(), notice.state);
        tracing::warn!(alert, source, state, "{}", notice.text);
        if let Some((program, arguments)) = self.settings.command.split_first() {
            let json = serde_json::to_string(notice).unwrap_or_default() + "\n";
            self.hand_over(program, arguments, &notice.text, json).await;
        }
        if !self.settings.mail_to.is_empty() {
            let mut arguments = vec!["-i".to_owned(), "--".to_owned()];
            arguments.extend(self.settings.mail_to.iter().cloned());
            self.hand_over(&self.settings.sendmail, &arguments, &notice.text, self.mail(notice)).await;
        }
    }

    fn mail(&self, notice: &Notice) -> String {
        format!(
            "To: {}\nSubject: [ticketledger] {}\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\n\n{}\n\nWhat to do: {}\n\nalert     {}\nsource    {}\n\
             state     {}\nbegan at  {}\nnow       {}\n",
            self.settings.mail_to.join(", "),
            notice.text,
            notice.text,
            notice.to_do,
            notice.alert,
            notice.source,
            notice.state,
            notice.began_at,
            notice.at
        )
    }

    async fn hand_over(&self, program: &str, arguments: &[String], text: &str, input: String) {
        let limit = Duration::from_secs(self.settings.timeout_seconds);
        let ended = tokio::time::timeout(limit, run(program, arguments, text, input)).await;
        let failed = match ended {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error),
            Err(_) => Some(format!("it did not finish within {} s and was killed", limit.as_secs())),
        };
        let result = if failed.is_some() { "failed" } else { "sent" };
        metrics::counter!("ticketledger_alert_notices_total", "result" => result).increment(1);
        tracing::debug!(program, result, "the program for alerts was run");
        match failed {
            Some(error) if !self.failing.swap(true, Ordering::Relaxed) => tracing::error!(
                program,
                error,
                "cannot send an alert; further failures are not logged until one is sent"
            ),
            Some(_) => {}
            None if self.failing.swap(false, Ordering::Relaxed) => tracing::info!(program, "alerts are sent again"),
            None => {}
        }
    }
}

async fn run(program: &str, arguments: &[String], text: &str, input: String) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", PATH).env("ALERT_TEXT", text);
    // Ended with the wait for it.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| format!("cannot start it: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not care for its input closes it; how it ends is what counts.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    let status = child.wait().await.map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}")) }
}
