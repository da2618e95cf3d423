//! What a sweep finds although its webhook came: an older webhook that came later has undone it.
//!
//! ```text
//! webhook v2 ──> webhook v1 (late) ──> the API says v2: nothing is missed
//! sweep v2 ──> webhook v1 (late) ──> the API says v2: it is missed once, and was noticed before
//! webhook v1 ──> sweep v2 ──> the API says v1: it went back, and no webhook told that
//! ```
//!
//! Deliveries say nothing of their order, so it is told by the facts in them: of two states of an order, the one that
//! has more of them, or the later ones, is the newer one. Without that, a state that came back is taken for a new one.
//! What the API says does come in its order: a webhook from before it said something else tells nothing of what it says
//! now.

use super::compare::{is_older, same};
use super::page::key_in;
use super::record::{Found, order_of};
use super::store::{self, Beside};
use super::words::Decision;
use crate::config::Source;
use crate::db::{Connection, Result};
use crate::inbox::{EventId, State};
use crate::order::Provider;

/// Earlier events of an order that are looked at.
const EARLIER: i64 = 20;

/// How often a booking is read again that still differs from what the list says of it.
const READINGS: i64 = 3;

/// Whether a find that is stored already is worth another one: the workers have read the booking since, and what they
/// read was not what the list said. It may have changed in between; if it differs for long, the provider says both.
pub(super) fn may_be_read_again(
    connection: &mut Connection,
    source: &Source,
    found: &Found,
    state: State,
) -> Result<bool> {
    if source.provider != Provider::Ticketpark || !matches!(state, State::Done | State::Superseded) {
        return Ok(false);
    }
    let before = Beside::Before(EventId::MAX);
    let last = store::events(connection, &source.name, &found.entity.to_string(), before, READINGS)?;
    let readings = last.iter().filter(|event| is_same_find(event, found)).count();
    Ok(readings < usize::try_from(READINGS).unwrap_or(usize::MAX))
}

fn is_same_find(event: &store::Neighbour, found: &Found) -> bool {
    !event.is_webhook() && key_in(&event.headers).as_ref() == Some(&found.key)
}

/// Whether what is stored now was told before.
pub(super) fn is_restored(
    connection: &mut Connection,
    source: &Source,
    found: &Found,
    event_id: EventId,
) -> Result<bool> {
    let before = Beside::Before(event_id);
    let earlier = store::events(connection, &source.name, &found.entity.to_string(), before, EARLIER)?;
    if source.provider == Provider::Ticketpark {
        // A webhook says nothing of the state, so none can undo a newer one; but the same may be found twice.
        return Ok(earlier.first().is_some_and(|event| is_same_find(event, found)));
    }
    let said = order_of(source, &found.body);
    let is_other = |event: &&store::Neighbour| {
        let told = || event.body.as_deref().and_then(|body| order_of(source, body));
        let is_same = || said.as_ref().zip(told()).is_some_and(|(said, told)| same(source.provider, &told, said));
        !event.is_webhook() && key_in(&event.headers).as_ref() != Some(&found.key) && !is_same()
    };
    let since = earlier.iter().position(|event| is_other(&event)).unwrap_or(earlier.len());
    let earlier = earlier.get(..since).unwrap_or_default();
    for event in earlier.iter().filter(|event| is_same_find(event, found)) {
        // What was replaced was not counted, so it counts now.
        match store::decision_of(connection, event.id)? {
            Some(decided) if decided.as_deref() != Some(Decision::Replaced.as_str()) => return Ok(true),
            _ => {}
        }
    }
    let Some(said) = said else { return Ok(false) };
    for event in earlier.iter().filter(|event| event.is_webhook()) {
        let Some(told) = event.body.as_deref().and_then(|body| order_of(source, body)) else { return Ok(false) };
        if same(source.provider, &told, &said) {
            return Ok(true);
        }
        if !is_older(&told, &said) {
            return Ok(false);
        }
    }
    Ok(false)
}
