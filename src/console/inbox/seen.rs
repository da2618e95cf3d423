//! Whether webhooks are still what a form showed: two who confirm at the same time are both told what really happened,
//! whichever daemon each of them uses.

use std::fmt::Write as _;

use chrono_tz::Tz;

use super::super::codes;
use super::super::fault::Fault;
use super::super::said::Said;
use super::super::words::fill;
use super::store::{self, Touched};
use super::words::Words;
use crate::db::Database;
use crate::hash;
use crate::inbox::operator::{self, Count, Selection, Undone};
use crate::report::format::printable;
use crate::report::pack::paper::Language;

/// Webhooks that are compared with those that were shown, the oldest first; of more, their number is.
const COMPARED: i64 = 20_000;
/// How often one looks again because somebody else acted meanwhile.
const LOOKS: usize = 20;

/// Looks at what is there, and acts on it if nobody acted meanwhile, which the database decides in the transaction of
/// the act; otherwise looks again. `act` is told the last act that was known before the look.
pub(super) fn acted<L, T>(
    database: &Database,
    look: impl Fn() -> Result<L, Fault>,
    act: impl Fn(&L, Option<i64>) -> Result<T, Undone>,
) -> Result<T, Fault> {
    for _ in 0..LOOKS {
        let known = operator::last_act(database)?;
        match act(&look()?, Some(known)) {
            Ok(done) => return Ok(done),
            Err(Undone::Overtaken) => {}
            Err(Undone::Database(error)) => return Err(error.into()),
        }
    }
    Err(Fault::Conflict(Said::of(|language| Words::of(language).overtaken)))
}

/// What was last done to those that were ticked, or failed with them; of all that match, what was last done to any.
fn touched(database: &Database, selection: &Selection) -> Result<Option<Touched>, Fault> {
    match selection {
        Selection::Ids(ids) => Ok(store::last_touched(&mut database.reader()?, ids)?),
        Selection::Matching(_) => Ok(store::last_act(&mut database.reader()?)?),
    }
}

/// Which webhooks match, and in which states they are, as a hash; of those that were ticked the form has the numbers.
fn which(database: &Database, selection: &Selection) -> Result<String, Fault> {
    let Selection::Matching(_) = selection else { return Ok(String::new()) };
    let mut reader = database.reader()?;
    let last = operator::store::last_id(&mut reader)?;
    let chosen = operator::store::choose(&mut reader, selection, 0, last, COMPARED)?;
    Ok(hash::sha256(format!("{chosen:?}")))
}

fn written(touched: Option<&Touched>, counts: &[Count], which: &str) -> String {
    let mut text = touched.map_or(0, |touched| touched.id).to_string();
    for count in counts {
        let reason = count.reason.as_deref().unwrap_or_default();
        // Writing to a text cannot fail.
        let _ = write!(text, ";{}/{}/{reason}={}", count.source, count.state, count.events);
    }
    text + ";" + which
}

/// What a form takes along: the states that it shows, what was last done, and which webhooks match.
pub(super) fn seen(database: &Database, selection: &Selection, counts: &[Count]) -> Result<String, Fault> {
    Ok(written(touched(database, selection)?.as_ref(), counts, &which(database, selection)?))
}

/// Refuses when something happened since the form was made, and says what.
pub(super) fn still(
    database: &Database,
    (selection, counts): (&Selection, &[Count]),
    shown: &str,
    zone: Tz,
) -> Result<(), Fault> {
    let number = |text: &str| -> i64 {
        let counts = text.split(';').skip(1).filter_map(|count| count.rsplit_once('=')?.1.parse::<i64>().ok());
        counts.fold(0, i64::saturating_add)
    };
    let is_other_number = number(shown) != counts.iter().map(|count| count.events).fold(0, i64::saturating_add);
    let touched = touched(database, selection)?;
    let now = written(touched.as_ref(), counts, &which(database, selection)?);
    let is_matching = matches!(selection, Selection::Matching(_));
    // What somebody did to others is no matter.
    let compared = |text: &str| match text.split_once(';') {
        Some((_, what)) if is_matching => what.to_owned(),
        _ => text.to_owned(),
    };
    if compared(shown) == compared(&now) {
        return Ok(());
    }
    let before: i64 = shown.split(';').next().and_then(|id| id.parse().ok()).unwrap_or(0);
    let now = operator::preview(database, selection)?;
    let by = touched.and_then(|touched| touched.actor.clone().map(|actor| (touched, actor)));
    let by = by.filter(|(touched, _)| touched.id > before);
    if by.is_none() && is_matching && is_other_number {
        // The caller says which.
        return Ok(());
    }
    Err(Fault::Conflict(Said::of(|language| {
        let (words, now) = (Words::of(language), in_words(&now, language));
        let Some((touched, actor)) = &by else { return fill(words.meanwhile, &[("now", &now)]) };
        let what = codes::status(language, &touched.verdict);
        let time = touched.at.local_second_named(zone);
        // Of all that match, nobody can say that it was these.
        let text = if is_matching { words.meanwhile_last } else { words.meanwhile_by };
        fill(text, &[("what", &what), ("time", &time), ("now", &now), ("who", &printable(actor))])
    })))
}

/// How many are in which state.
fn in_words(counts: &[Count], language: Language) -> String {
    if counts.is_empty() {
        return language.count(0);
    }
    let state = |count: &Count| format!("{} {}", language.count(count.events), codes::status(language, &count.state));
    counts.iter().map(state).collect::<Vec<_>>().join(", ")
}
