//! From what was written to the validated settings. Nothing here stops at the first mistake.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::problem::{Origin, Problems};
use super::read::Section;
use super::source::{self, Placed};
use super::tree::Table;
use super::{Config, Limits, Server, Worker, alerts, console, database, retention, unique};

/// Values that are wrong are reported and replaced, so that the rest is checked too; the caller looks at `problems`.
pub(super) fn config(table: Table, environment: &BTreeMap<String, String>, problems: &mut Problems) -> Option<Config> {
    let mut root = Section::new(table, "", Origin::File);
    let server = server(&mut root, problems);
    let database = database::database(section(&mut root, "database", problems), environment, problems);
    let limits = limits(&mut root, problems);
    let worker = worker(&mut root, problems);
    let retention = retention::retention(root.section("retention", problems), problems);
    let alerts = alerts::alerts(&mut root, problems);
    let listener = server.as_ref().map(|server| server.console);
    let console = console::console(&mut root, listener, problems);
    let sections = root.sections("sources", problems);
    if sections.is_empty() {
        root.wrong(problems, "sources", "is missing; add a [[sources]] table for each account");
    }
    let sources: Vec<Placed> =
        sections.into_iter().filter_map(|section| source::source(section, environment, problems)).collect();
    root.finish(problems);
    unique::check(&sources, problems);
    let sources = sources.into_iter().map(|placed| placed.source).collect();
    let (database_url, database_expect) = database?;
    Some(Config { server: server?, database_url, database_expect, limits, worker, retention, alerts, console, sources })
}

fn section(root: &mut Section, key: &'static str, problems: &mut Problems) -> Section {
    root.section(key, problems).unwrap_or_else(|| Section::new(Table::new(), key, Origin::File))
}

fn server(root: &mut Section, problems: &mut Problems) -> Option<Server> {
    let mut section = section(root, "server", problems);
    let listen = address(&mut section, "listen", "127.0.0.1:8080", problems);
    let console = address(&mut section, "console", "127.0.0.1:8081", problems);
    if let (Some(listen), Some(console)) = (listen, console)
        && listen == console
        && listen.port() != 0
    {
        section.wrong(problems, "console", "is the same as server.listen; choose another port");
    }
    let names = section.texts("console_names", problems);
    let console_names = names.into_iter().map(|name| name.value.to_ascii_lowercase()).collect();
    section.finish(problems);
    Some(Server { listen: listen?, console: console?, console_names })
}

fn address(section: &mut Section, key: &'static str, default: &str, problems: &mut Problems) -> Option<SocketAddr> {
    let Some(text) = section.text(key, problems) else { return default.parse().ok() };
    let address = text.value.parse().ok();
    if address.is_none() {
        text.wrong(problems, format!("`{}` is not a valid address; write IP:PORT, such as \"{default}\"", text.value));
    }
    address
}

fn limits(root: &mut Section, problems: &mut Problems) -> Limits {
    let mut section = section(root, "limits", problems);
    // The upper bound is what the writer's queue can hold.
    let body_bytes = section.number("body_bytes", 1..=32 * 1024 * 1024, 4 * 1024 * 1024, problems);
    let rate = section.number("requests_per_second", 1..=1_000_000, 50_000, problems);
    section.finish(problems);
    Limits {
        body_bytes: usize::try_from(body_bytes).unwrap_or(usize::MAX),
        requests_per_second: u32::try_from(rate).unwrap_or(u32::MAX),
    }
}

fn worker(root: &mut Section, problems: &mut Problems) -> Worker {
    let mut section = section(root, "worker", problems);
    let workers = section.number("workers", 1..=64, 4, problems);
    let attempts = section.number("attempts", 1..=1000, 12, problems);
    let initial = section.number("retry_initial_seconds", 1..=3600, 5, problems);
    let longest = section.number("retry_max_seconds", 1..=7 * 24 * 3600, 3600, problems);
    if longest < initial {
        section.wrong(problems, "retry_max_seconds", "is below retry_initial_seconds; raise it");
    }
    section.finish(problems);
    Worker {
        workers: usize::try_from(workers).unwrap_or(1),
        attempts: i32::try_from(attempts).unwrap_or(i32::MAX),
        retry_initial_milliseconds: initial * 1000,
        retry_max_milliseconds: longest * 1000,
    }
}
