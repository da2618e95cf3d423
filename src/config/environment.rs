//! Every setting can be given by the environment: `TICKETLEDGER_SERVER__LISTEN`, or for a source by its name
//! `TICKETLEDGER_SOURCES__MUSEUM__TIMEZONE`.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Origin, Problems};
use super::tree::{Entry, Node, Table, from_variable};

/// What all our variables begin with.
const PREFIX: &str = "TICKETLEDGER_";
/// Variables that name no setting: the file itself, and the log.
const OTHERS: [&str; 3] = ["TICKETLEDGER_CONFIG", "TICKETLEDGER_LOG", "TICKETLEDGER_LOG_FORMAT"];

/// The environment of this process. Variables that are not UTF-8 are none of ours.
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Lays the variables over what the file says.
pub(super) fn overlay(table: &mut Table, environment: &BTreeMap<String, String>, problems: &mut Problems) {
    let mut referenced = BTreeSet::new();
    collect_references(table, &mut referenced);
    for (name, value) in environment {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        // A secret may live in a variable with our prefix; it is not a setting.
        if OTHERS.contains(&name.as_str()) || referenced.contains(name) || is_of_kubernetes(rest, value) {
            continue;
        }
        let origin = Origin::Variable(name.clone());
        let placed = from_variable(name, value).and_then(|entry| place(table, rest, entry));
        if let Err(text) = placed {
            problems.add(&origin, "", text);
        }
    }
}

/// Whether Kubernetes made the variable: it tells every container of the services beside it, and one that is named
/// `ticketledger`, or begins like that, brings variables with our prefix. None of them has two underscores in a row.
fn is_of_kubernetes(rest: &str, value: &str) -> bool {
    let link = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let of_service = rest.contains("SERVICE_PORT") || rest.ends_with("SERVICE_HOST");
    let of_port = ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| rest.contains(protocol)) && rest.contains("PORT_");
    !rest.contains("__") && (of_service || of_port || (link && rest.ends_with("PORT")))
}

/// Names of the variables that secrets point at.
fn collect_references(table: &Table, names: &mut BTreeSet<String>) {
    fn visit(node: &Node, names: &mut BTreeSet<String>) {
        match node {
            Node::Text(text) => {
                names.extend(text.strip_prefix("env:").map(str::to_owned));
            }
            Node::List(items) => items.iter().for_each(|item| visit(&item.node, names)),
            Node::Table(table) => collect_references(table, names),
            Node::Number(_) | Node::Date(_) | Node::Boolean => {}
        }
    }
    table.values().for_each(|entry| visit(&entry.node, names));
}

/// Puts the entry where the name says: `SERVER__LISTEN` is `listen` of `server`.
fn place(table: &mut Table, name: &str, entry: Entry) -> Result<(), String> {
    let Some(rest) = name.strip_prefix("SOURCES__") else {
        if !name.contains("__") {
            return Err(
                "no such setting; write TICKETLEDGER_SECTION__KEY, such as TICKETLEDGER_SERVER__LISTEN".to_owned()
            );
        }
        return insert(table, name, entry);
    };
    let Some(Entry { node: Node::List(sources), .. }) = table.get_mut("sources") else {
        return Err("the settings file has no [[sources]]; add the source there first".to_owned());
    };
    // The longest name that fits, as `a` and `a--b` are both legal.
    let fitting = sources.iter_mut().filter_map(|source| {
        let Node::Table(source) = &mut source.node else { return None };
        let Some(Entry { node: Node::Text(name), .. }) = source.get("name") else { return None };
        let shown = name.to_ascii_uppercase().replace('-', "_");
        let key = rest.strip_prefix(&shown)?.strip_prefix("__")?;
        Some((shown.len(), key, source))
    });
    match fitting.max_by_key(|(length, ..)| *length) {
        Some((_, key, source)) => insert(source, key, entry),
        None => Err("there is no source with this name; write its name in upper case with `_` for `-`".to_owned()),
    }
}

fn insert(table: &mut Table, name: &str, entry: Entry) -> Result<(), String> {
    let Some((section, rest)) = name.split_once("__") else {
        table.insert(name.to_ascii_lowercase(), entry);
        return Ok(());
    };
    let empty = Entry { node: Node::Table(Table::new()), origin: entry.origin.clone() };
    let section = section.to_ascii_lowercase();
    match &mut table.entry(section.clone()).or_insert(empty).node {
        Node::Table(inner) => insert(inner, rest, entry),
        _ => Err(format!("`{section}` is a single value, not a section")),
    }
}
