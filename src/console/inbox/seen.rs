//! Whether webhooks are still what a form showed: two who confirm at the same time are both told what really happened.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono_tz::Tz;

use super::super::codes;
use super::super::fault::Fault;
use super::super::words::fill;
use super::store::{self, Touched};
use super::words::Words;
use crate::db::Database;
use crate::inbox::operator::{self, Count, Selection};
use crate::report::format::printable;
use crate::report::pack::paper::Language;

/// Held from the look at what is there to the end of what is done to it.
static TURN: Mutex<()> = Mutex::new(());

pub(super) fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was last done to those that were ticked, or failed with them.
fn touched(database: &Database, selection: &Selection) -> Result<Option<Touched>, Fault> {
    match selection {
        Selection::Ids(ids) => Ok(store::last_touched(&mut database.reader()?, ids)?),
        Selection::Matching(_) => Ok(None),
    }
}

fn written(touched: Option<&Touched>, counts: &[Count]) -> String {
    let mut text = touched.map_or(0, |touched| touched.id).to_string();
    for count in counts {
        let reason = count.reason.as_deref().unwrap_or_default();
        // Writing to a text cannot fail.
        let _ = write!(text, ";{}/{}/{reason}={}", count.source, count.state, count.events);
    }
    text
}

/// What a form takes along: the states that it shows, and what was last done.
pub(super) fn seen(database: &Database, selection: &Selection, counts: &[Count]) -> Result<String, Fault> {
    Ok(written(touched(database, selection)?.as_ref(), counts))
}

/// Refuses when something happened since the form was made, and says what.
pub(super) fn still(
    database: &Database,
    (selection, counts): (&Selection, &[Count]),
    shown: Option<&str>,
    (language, zone): (Language, Tz),
) -> Result<(), Fault> {
    let Some(shown) = shown else { return Ok(()) };
    let number = |text: &str| -> i64 {
        let counts = text.split(';').skip(1).filter_map(|count| count.rsplit_once('=')?.1.parse::<i64>().ok());
        counts.fold(0, i64::saturating_add)
    };
    let is_other_number = number(shown) != counts.iter().map(|count| count.events).fold(0, i64::saturating_add);
    if matches!(selection, Selection::Matching(_)) && is_other_number {
        // The caller says which.
        return Ok(());
    }
    let touched = touched(database, selection)?;
    if shown == written(touched.as_ref(), counts) {
        return Ok(());
    }
    let words = Words::of(language);
    let before: i64 = shown.split(';').next().and_then(|id| id.parse().ok()).unwrap_or(0);
    let state = |count: &Count| format!("{} {}", language.count(count.events), codes::status(language, &count.state));
    let now = operator::preview(database, selection)?;
    let now = now.iter().map(state).collect::<Vec<_>>().join(", ");
    let by = touched.and_then(|touched| touched.actor.clone().map(|actor| (touched, actor)));
    let text = match by.filter(|(touched, _)| touched.id > before) {
        Some((touched, actor)) => {
            let what = codes::status(language, &touched.verdict);
            let time = touched.at.local_second_named(zone);
            fill(words.meanwhile_by, &[("what", &what), ("time", &time), ("now", &now), ("who", &printable(&actor))])
        }
        None => fill(words.meanwhile, &[("now", &now)]),
    };
    Err(Fault::Conflict(text))
}
