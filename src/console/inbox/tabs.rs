//! The states to choose from, with how many webhooks of each the other filters choose. A number costs the same however
//! long the inbox is: it is counted up to a thousand, and where there may be more it ends in `+`.

use serde_json::{Map, Value};

use super::super::fault::Fault;
use super::super::visit::Visit;
use super::super::words::Table as _;
use super::filter::Search;
use super::list::{ABOUT, matches};
use super::states::States;
use super::store;
use super::words::Words;
use crate::db::Connection;
use crate::inbox::State;
use crate::report::pack::paper::Language;

/// Up to where is counted, of each source.
const COUNTED: usize = 1_000;
/// Webhooks of a source and state that are looked at for a number when a filter is in no index.
const LOOKED: usize = 500;

/// How many webhooks of a state match the other filters, and whether that is all.
pub(super) struct Number {
    state: State,
    number: usize,
    is_all: bool,
}

/// One state to choose.
pub(super) struct Tab {
    pub(super) name: &'static str,
    pub(super) address: String,
    pub(super) count: Option<String>,
    pub(super) is_current: bool,
}

/// The numbers of all states; none for a text, which is looked for body by body.
pub(super) fn numbers(connection: &mut Connection, search: &Search, sources: &[String]) -> Result<Vec<Number>, Fault> {
    if search.text.is_some() {
        return Ok(Vec::new());
    }
    let mut numbers: Vec<Number> =
        State::ALL.iter().map(|state| Number { state: *state, number: 0, is_all: true }).collect();
    let wanted = |name: &&String| search.filter.source.as_ref().is_none_or(|wanted| wanted == *name);
    for source in sources.iter().filter(wanted) {
        if search.entities.is_empty() {
            for number in &mut numbers {
                by_state(connection, search, source, number)?;
            }
        } else {
            about(connection, search, source, &mut numbers)?;
        }
    }
    for number in &mut numbers {
        number.is_all &= number.number <= COUNTED;
        number.number = number.number.min(COUNTED);
    }
    Ok(numbers)
}

fn by_state(connection: &mut Connection, search: &Search, source: &str, number: &mut Number) -> Result<(), Fault> {
    let (kind, reason) = (&search.filter.kind, &search.filter.reason);
    let closer = kind.is_some() || reason.is_some();
    let most = if closer { LOOKED } else { COUNTED };
    let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let found = store::counted(connection, source, number.state, search.range(), closer, limit)?;
    number.is_all &= found.len() <= most;
    number.number += found
        .iter()
        .filter(|(known, cause)| {
            kind.as_ref().is_none_or(|kind| kind == known)
                && reason.as_ref().is_none_or(|reason| Some(reason) == cause.as_ref())
        })
        .count();
    Ok(())
}

/// Of one order: all that is about it is read for the list, too.
fn about(connection: &mut Connection, search: &Search, source: &str, numbers: &mut [Number]) -> Result<(), Fault> {
    for entity in &search.entities {
        let found = store::about(connection, source, entity, ABOUT)?;
        let is_all = i64::try_from(found.len()).is_ok_and(|length| length < ABOUT);
        for number in &mut *numbers {
            number.is_all &= is_all;
        }
        for row in found {
            let is_in = search.filter.since.is_none_or(|since| row.received_at >= since)
                && search.filter.until.is_none_or(|until| row.received_at < until);
            if is_in
                && matches(connection, search, &row)?
                && let Some(number) = numbers.iter_mut().find(|number| number.state.as_str() == row.state)
            {
                number.number += 1;
            }
        }
    }
    Ok(())
}

impl Number {
    fn shown(&self, count: impl FnOnce(i64) -> String) -> String {
        count(i64::try_from(self.number).unwrap_or(i64::MAX)) + if self.is_all { "" } else { "+" }
    }
}

/// How many webhooks of some states there are, in the form of the reader; `None` when there is none.
pub(super) fn of_states(numbers: &[Number], states: &[State], language: Language) -> Option<String> {
    let chosen = numbers.iter().filter(|number| states.contains(&number.state));
    let (number, is_all) = chosen
        .fold((0_usize, true), |(sum, is_all), number| (sum.saturating_add(number.number), is_all && number.is_all));
    let all = Number { state: State::Parked, number, is_all };
    (number > 0).then(|| all.shown(|count| language.count(count)))
}

/// The numbers for programs.
pub(super) fn told(numbers: &[Number]) -> Value {
    let pair = |number: &Number| (number.state.as_str().to_owned(), number.shown(|count| count.to_string()).into());
    Value::Object(numbers.iter().map(pair).collect::<Map<_, _>>())
}

pub(super) fn tabs(visit: &Visit, numbers: &[Number]) -> Vec<Tab> {
    let (words, language): (_, Language) = (Words::of(visit.language), visit.language);
    let chosen: Vec<&str> = visit.query.all("state").collect();
    let query = visit.query.with("before", "");
    let address = |state: &str| match query.with("state", state).query() {
        empty if empty.is_empty() => "/inbox".to_owned(),
        query => format!("/inbox?{query}"),
    };
    let all = Tab { name: visit.words().all, address: address(""), count: None, is_current: chosen.is_empty() };
    let state = |state: &State| Tab {
        name: States::named(language, state.as_str()).unwrap_or(words.webhook),
        address: address(state.as_str()),
        count: numbers
            .iter()
            .find(|number| number.state == *state)
            .map(|number| number.shown(|count| language.count(count))),
        is_current: chosen == [state.as_str()],
    };
    std::iter::once(all).chain(State::ALL.iter().map(state)).collect()
}
