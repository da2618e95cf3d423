//! Other settings for a running daemon.

use std::sync::Arc;

use secrecy::ExposeSecret as _;

use super::{Daemon, open};
use crate::config::Config;
use crate::sweep;

impl Daemon {
    /// Takes over sources, secrets, policies, limits and workers of `config`, without a pause: what is in hand ends by
    /// the settings with which it began. Rates, tokens, and what is known of a provider stay. Answers which keys are
    /// changed and want a restart; for those the values of the start stay in force.
    ///
    /// # Errors
    /// What prevented it, as a message for the operator; then all previous settings stay in force.
    pub async fn reload(&mut self, mut config: Config) -> anyhow::Result<Vec<&'static str>> {
        let restart = keep_fixed(&self.config, &mut config);
        let config = Arc::new(config);
        let worker = self.workers.borrow().successor(&config)?;
        let (prepared, now) = (Arc::clone(&config), self.clock.now());
        self.database.run(move |database| open::prepare(database, &prepared, now)).await?;
        // From here on nothing can fail.
        self.intake.reload(Arc::clone(&config));
        self.site.reload(Arc::clone(&config));
        self.workers.send_replace(worker);
        sweep::tell_all(&self.database, &self.clock, &config.sources).await;
        self.config = config;
        Ok(restart)
    }
}

/// Puts back what only a restart can change, and answers the keys of it that were changed.
fn keep_fixed(running: &Config, config: &mut Config) -> Vec<&'static str> {
    let changed = [
        ("server.listen", running.server.listen != config.server.listen),
        ("server.console", running.server.console != config.server.console),
        ("server.console_names", running.server.console_names != config.server.console_names),
        ("database.url", running.database_url.expose_secret() != config.database_url.expose_secret()),
        ("retention", running.retention != config.retention),
        ("alerts", running.alerts != config.alerts),
        ("console", running.console != config.console),
    ];
    config.server = running.server.clone();
    config.database_url = running.database_url.clone();
    config.retention = running.retention;
    config.alerts = running.alerts.clone();
    config.console = running.console.clone();
    changed.into_iter().filter(|(_, changed)| *changed).map(|(key, _)| key).collect()
}
