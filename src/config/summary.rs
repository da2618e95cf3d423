//! The settings in words, without secrets.

use std::fmt::Write as _;

use secrecy::ExposeSecret as _;

use super::{Alerts, Config, Console, Retention, Source, policy, sweep};
use crate::money::format_minor;

/// What the settings amount to, for `ticketledger config check`. Secrets are counted, never shown.
pub fn summary(config: &Config) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &dyn std::fmt::Display| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{key:<30} {value}");
    };
    line("server.listen", &config.server.listen);
    line("server.console", &config.server.console);
    line("database.url", &without_password(config.database_url.expose_secret()));
    line("database.expect", &config.database_expect.as_str());
    line("limits.body_bytes", &config.limits.body_bytes);
    line("limits.requests_per_second", &config.limits.requests_per_second);
    line("worker.workers", &config.worker.workers);
    line("worker.attempts", &config.worker.attempts);
    line("worker.retry_initial_seconds", &(config.worker.retry_initial_milliseconds / 1000));
    line("worker.retry_max_seconds", &(config.worker.retry_max_milliseconds / 1000));
    line("retention", &retention(config.retention));
    line("alerts", &told(&config.alerts));
    line("console", &signing_in(&config.console));
    for source in &config.sources {
        text.push('\n');
        text.push_str(&source_summary(source));
    }
    text
}

/// Who can sign in, and for how long.
fn signing_in(console: &Console) -> String {
    let proxy = console.header_sign_in.as_ref().map_or_else(String::new, |sign_in| {
        let (peers, groups) = (sign_in.peers.len(), sign_in.roles.len());
        format!(
            ", and whom the header `{}` names when it comes from {peers} network(s), by {groups} group(s)",
            sign_in.user
        )
    });
    let cookie = if console.insecure_cookie { "; the cookie travels without TLS" } else { "" };
    let Console { idle_minutes, session_hours, .. } = console;
    format!("users of `ticketledger user`{proxy}; for {session_hours} h, {idle_minutes} min of them idle{cookie}")
}

fn retention(retention: Retention) -> String {
    let Retention { automatic, done_days, superseded_days, parked_days, documents_days, attempts_days } = retention;
    let days = |days: i64| if days == 0 { "for ever".to_owned() } else { format!("{days} days") };
    let who = if automatic { "deleted by the daemon" } else { "deleted by `ticketledger inbox prune` only" };
    format!(
        "{who}; bodies are kept {} (superseded {}, parked {}), documents {}, failed attempts {}",
        days(done_days),
        days(superseded_days),
        days(parked_days),
        days(documents_days),
        days(attempts_days)
    )
}

/// Who is told of an alert. Arguments of the command may be secret, and are not shown.
fn told(alerts: &Alerts) -> String {
    let command = alerts.command.first().map(|program| format!("by {program}"));
    let mail = (!alerts.mail_to.is_empty()).then(|| format!("by mail to {}", alerts.mail_to.join(", ")));
    let told: Vec<String> = command.into_iter().chain(mail).collect();
    if told.is_empty() { "sent to nobody".to_owned() } else { told.join(", and ") }
}

fn source_summary(source: &Source) -> String {
    let mut text =
        format!("source {}: {}, {}, {}\n", source.name, source.provider.as_str(), source.timezone, source.country);
    let mut line = |value: String| {
        text.push_str("  ");
        text.push_str(&value);
        text.push('\n');
    };
    if !source.vendor_ids.is_empty() {
        line(format!("vendors: {}", source.vendor_ids.join(", ")));
    }
    if !source.path_secrets.is_empty() {
        line(format!("deliveries at /webhooks/{}/SECRET, {} secret(s)", source.name, source.path_secrets.len()));
    }
    for client in &source.oauth_clients {
        let secrets = client.secrets.len();
        line(format!("deliveries at /webhooks/{} by client `{}`, {secrets} secret(s)", source.name, client.id));
    }
    if let Some(api) = &source.api {
        let login = if api.username.is_some() { "logs in by itself" } else { "needs `ticketledger login`" };
        line(format!("reads from {}, {login}", api.base_url));
        if source.vat_rules.is_empty() {
            line("no VAT rules: the VAT of every sale is undetermined".to_owned());
        }
    }
    if let Some(api) = &source.orders_api {
        line(format!("asks {} as client `{}` what changed", api.base_url, api.client_id));
    }
    line(swept(source));
    for rule in &source.vat_rules {
        let named = [("event", &rule.event), ("price", &rule.price), ("host", &rule.host)];
        let keys: Vec<_> =
            named.iter().filter_map(|(key, name)| name.as_ref().map(|name| format!("{key} `{name}`"))).collect();
        let scope = if keys.is_empty() { "everything".to_owned() } else { keys.join(", ") };
        line(format!("VAT {} % from {} for {scope}", format_minor(i64::from(rule.rate_bp), 2), rule.from));
    }
    if let Some(day) = source.books_from {
        line(format!("the book begins on {day}: what was sold before is brought in as opening, not as revenue"));
    }
    if source.exports != super::Exports::default() {
        let exports = &source.exports;
        let chart = exports.chart.map_or("the usual chart of the country", super::Chart::as_str);
        let datev = exports.datev.as_ref();
        let datev = datev.map_or_else(String::new, |datev| {
            format!(", DATEV consultant {} client {}", datev.consultant, datev.client)
        });
        line(format!("exports by {chart}, {} account(s) named here{datev}", exports.accounts.len()));
    }
    match source.silence_hours {
        None => line("silence: alert when longer than usual".to_owned()),
        Some(0) => line("silence: no alert".to_owned()),
        Some(hours) => line(format!("silence: alert after {hours} hour(s)")),
    }
    if source.policies.is_empty() {
        line("policy: default".to_owned());
    }
    for (number, dated) in source.policies.iter().enumerate() {
        let from = dated.from.filter(|_| number > 0).map(|day| format!("for orders from {day} on"));
        line(format!("policy {}:", from.unwrap_or_else(|| "from the beginning".to_owned())));
        for sentence in policy::in_words(&dated.policy) {
            line(format!("  {sentence}"));
        }
    }
    text
}

/// How the source is swept.
fn swept(source: &Source) -> String {
    when_swept(source) + &payment_methods(source)
}

/// What the settings say of names of payment methods.
fn payment_methods(source: &Source) -> String {
    let names = source.sweep.payment_methods.iter().map(|(api, webhook)| format!("{api} is {webhook}"));
    let names = names.collect::<Vec<_>>().join(", ");
    if names.is_empty() { names } else { format!("; payment methods of the API by their names in webhooks: {names}") }
}

/// When, and how much it may ask.
fn when_swept(source: &Source) -> String {
    let sweep = &source.sweep;
    if !source.can_be_swept() {
        return "sweep: none, so a webhook that never comes goes unnoticed; add [sources.api]".to_owned();
    }
    let limits = format!("at most {} requests a month and {} a second", sweep.budget, sweep.rate);
    if sweep.every_milliseconds == 0 {
        return format!("sweep: by `ticketledger sweep {}` only, {limits}", source.name);
    }
    let nightly = match sweep.nightly_milliseconds {
        0 => String::new(),
        back => format!(", each night over {}", sweep::in_words(back)),
    };
    let monthly = if sweep.monthly && source.orders_api.is_some() { ", each month once" } else { "" };
    let enough = match sweep.affordable_changes(source.provider) {
        Some(changes) => format!("; that is enough for about {changes} changed orders a month"),
        None => "; that is not enough".to_owned(),
    };
    format!("sweep: every {}{nightly}{monthly}, {limits}{enough}", sweep::in_words(sweep.every_milliseconds))
}

/// The address as it may be shown: without a password, and without parameters, among which libpq takes one too. An
/// address that is not written as it should be may have its password anywhere, so of that only the end is shown, behind
/// the last `@`.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| *scheme != "sqlite") else {
        return if url.starts_with("sqlite:") { url.to_owned() } else { "postgres:(not shown)".to_owned() };
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte));
    let (user, place) = match rest.rsplit_once('@') {
        // What stands for a port and is no number may be a password that lost its `@`.
        None if !rest.split(['/', '?']).next().is_none_or(has_ports) => return format!("{scheme}://(not shown)"),
        None => (None, rest),
        Some((account, place)) => (account.split_once(':').map_or(Some(account), |(user, _)| Some(user)), place),
    };
    let place = place.split(['?', '#']).next().unwrap_or_default();
    match user {
        None => format!("{scheme}://{place}"),
        Some(user) if plain(user) => format!("{scheme}://{user}@{place}"),
        Some(_) => format!("{scheme}://(not shown)@{place}"),
    }
}

/// Whether what follows the names of hosts are numbers of ports.
fn has_ports(hosts: &str) -> bool {
    let is_port = |host: &str| {
        let after_address = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
        after_address.split_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    hosts.split(',').all(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::secret::mistake;

    #[test]
    fn no_part_of_a_password_is_shown() {
        for (url, shown) in [
            ("postgres://u:secret@h/db", "postgres://u@h/db"),
            ("postgres://u:secret@h:5432/db?sslmode=require&password=secret", "postgres://u@h:5432/db"),
            ("postgres://pw:Geh@im/niS%zz7@h/db", "postgres://pw@h/db"),
            ("postgres://u:a/b@h/db", "postgres://u@h/db"),
            ("postgres:///db?host=/run/postgresql&password=secret", "postgres:///db"),
            ("postgresql://h1,h2/db", "postgresql://h1,h2/db"),
            ("postgres:secret", "postgres:(not shown)"),
            ("postgres://u:secret", "postgres://(not shown)"),
            ("postgres://u:secret/db", "postgres://(not shown)"),
            ("postgres://h:5432,[::1]:5433/db", "postgres://h:5432,[::1]:5433/db"),
            ("sqlite:a@b.db", "sqlite:a@b.db"),
        ] {
            assert_eq!(without_password(url), shown, "{url}");
        }
    }

    #[test]
    fn an_address_whose_password_is_not_escaped_is_refused_with_the_way_to_write_it() {
        for (url, way) in [
            ("postgres://pw:Geh@im/niS%zz7@h/db", "%40"),
            ("postgres://u:a/b@h/db", "%2F"),
            ("postgres://u:a?b@h/db", "%3F"),
            ("postgres://u:a%zz@h/db", "%25"),
        ] {
            assert!(mistake(url).is_some_and(|text| text.contains(way)), "{url}");
        }
        for url in ["postgres://u:a%40b:c@h/db", "postgres:///db?host=/run&user=a@b", "sqlite:a@b@c", "postgres://h/db"]
        {
            assert_eq!(mistake(url), None, "{url}");
        }
    }
}
