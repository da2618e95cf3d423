//! Which webhooks an action is about: those that were ticked, or all that match the filters.

use super::super::fault::Fault;
use super::super::said::Said;
use super::super::visit::{Fields, Visit};
use super::super::wrong::{Allowed, missing_as, wrong};
use super::filter::Search;
use super::words::Words;
use crate::config::Config;
use crate::inbox::operator::Selection;
use crate::inbox::{EventId, State};

/// Webhooks that can be ticked at once.
const TICKED: usize = 500;

/// All that match, if they can be chosen and counted without looking at what is done: those that wait or are parked.
pub(super) fn countable(search: &Search) -> Option<Selection> {
    let states = search.filter.states.as_ref()?;
    let open = states.iter().all(|state| matches!(state, State::Parked | State::Pending));
    let exact = search.text.is_none() && search.entities.len() < 2;
    (open && exact).then(|| Selection::Matching(search.filter.clone()))
}

/// The selection of a form or an address.
///
/// # Errors
/// When nothing is chosen.
pub(super) fn of(visit: &Visit, fields: &Fields, config: &Config) -> Result<Selection, Fault> {
    let nothing = || missing_as("id", Allowed::Number, Said::of(|language| Words::of(language).no_selection));
    if fields.get("all").is_some() {
        return countable(&Search::of(visit, fields, config)?).ok_or_else(nothing);
    }
    let id = |id: &str| id.parse::<EventId>().map_err(|_| wrong("id", id, Allowed::Number));
    let mut ids = fields.all("id").take(TICKED).map(id).collect::<Result<Vec<EventId>, Fault>>()?;
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() { Err(nothing()) } else { Ok(Selection::Ids(ids)) }
}

/// The fields that choose the same again, for the form that confirms.
pub(super) fn fields(selection: &Selection, from: &Fields) -> Vec<(String, String)> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    match selection {
        Selection::Ids(ids) => ids.iter().map(|id| pair("id", &id.to_string())).collect(),
        Selection::Matching(_) => {
            let named = ["source", "state", "kind", "reason", "order", "since", "until"];
            let kept = named.into_iter().flat_map(|name| from.all(name).map(move |value| pair(name, value)));
            std::iter::once(pair("all", "1")).chain(kept).collect()
        }
    }
}

/// The options of a command that choose the same.
pub(super) fn as_options(selection: &Selection) -> String {
    match selection {
        Selection::Ids(ids) => ids.iter().map(|id| format!(" {id}")).collect(),
        Selection::Matching(filter) => {
            let mut text: String =
                filter.states.iter().flatten().map(|state| format!(" --state {}", state.as_str())).collect();
            let named = [
                ("source", filter.source.clone()),
                ("kind", filter.kind.clone()),
                ("reason", filter.reason.clone()),
                ("entity", filter.entity.clone()),
                ("since", filter.since.map(|instant| instant.to_string())),
                ("until", filter.until.map(|instant| instant.to_string())),
            ];
            for (name, value) in named.into_iter().filter_map(|(name, value)| Some((name, value?))) {
                text += &format!(" --{name} {}", super::list::quoted(&value));
            }
            text
        }
    }
}
