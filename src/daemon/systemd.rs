//! Notifies systemd, if it runs the daemon; a failure to notify is not fatal.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::config;

/// Whether anybody listens.
pub(super) fn listens() -> bool {
    config::environment().contains_key("NOTIFY_SOCKET")
}

/// After how long without a sign of life systemd restarts the daemon; `None` when it does not watch.
pub(super) fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// What `systemctl status` shows, in one line.
pub(super) fn status(text: &str) {
    tell(&[NotifyState::Status(&one_line(text))]);
}

/// Migrations are done, the sockets are open; or the settings were read again.
pub(super) fn ready(text: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&one_line(text))]);
}

/// The settings are being read again. The instant is what tells systemd to which of its requests this is the answer.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// The end has begun.
pub(super) fn stopping(text: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(&one_line(text))]);
}

/// A sign of life.
pub(super) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "cannot notify systemd");
    }
}

/// A line break would end the text, and begin a message of its own.
fn one_line(text: &str) -> String {
    text.replace('\n', "; ")
}
