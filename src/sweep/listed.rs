//! What a person is told of a source's sweeps: what was found and decided, and how it stands.

use super::store::{self, Of, Progress, Run};
use super::words::{BudgetKind, Resource, RunKind};
use super::{Holder, LEASE_MILLISECONDS, Sweeper, Swept, budget};
use crate::clock::Timestamp;
use crate::cluster::Process;
use crate::config::Source;
use crate::db::{Connection, Result};

/// Finds and decisions that are told one by one; more are counted.
pub(super) const LISTED: usize = 200;

impl Sweeper {
    /// The same with what became of what was found, now and before.
    pub(super) fn listed(&self, mut swept: Swept, began: Timestamp) -> Result<Swept> {
        if self.dry {
            return Ok(swept);
        }
        let mut connection = self.database.reader()?;
        let most = i64::try_from(LISTED).unwrap_or(i64::MAX);
        let events: Vec<_> = swept.differences.iter().filter_map(|difference| difference.event_id).collect();
        for (event_id, decided) in store::decided_of(&mut connection, &events)? {
            let told = swept.differences.iter_mut().find(|difference| difference.event_id == Some(event_id));
            if let Some(difference) = told {
                difference.decided = decided;
            }
        }
        swept.decided = store::decided_since(&mut connection, &self.source.name, began, most)?;
        swept.decided.retain(|decided| !events.contains(&decided.event_id));
        Ok(swept)
    }
}

/// How the sweeps of a source stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    pub progress: Progress,
    /// The newest run that has ended, of those that look for what changed.
    pub last: Option<Run>,
    /// Whoever sweeps it now; `None` inside when that cannot be read.
    pub held: Option<(Option<Holder>, Timestamp)>,
    /// What is left of the budget of the month.
    pub left: budget::Left,
    /// When the source was first known here.
    pub known_since: Option<Timestamp>,
}

/// Looks at a source.
///
/// # Errors
/// When a statement fails.
pub fn look(connection: &mut Connection, source: &Source, now: Timestamp) -> Result<Looked> {
    let of = Of { source: &source.name, resource: Resource::of(source.provider) };
    let mut last: Option<Run> = None;
    for kind in [RunKind::Delta, RunKind::Nightly] {
        let ended = store::last_ended(connection, &source.name, kind)?;
        last = last.into_iter().chain(ended).max_by_key(|run| run.id);
    }
    let held = store::held(connection, of)?.filter(|(_, until)| *until > now);
    let held = held.map(|(stored, until)| (Holder::read(&stored), until));
    // Its process may have been killed on this host: then the next sweep takes the source over at once.
    let held = held.filter(|(holder, until)| {
        let silent = now.milliseconds_since(until.plus_milliseconds(-LEASE_MILLISECONDS));
        let own = Process::own();
        !holder.as_ref().is_some_and(|holder| own.proves_gone(&holder.process, silent))
    });
    Ok(Looked {
        progress: store::progress(connection, of)?,
        last,
        held,
        left: budget::left(connection, &source.name, BudgetKind::Sweep, source.sweep.budget, now)?,
        known_since: store::created_at(connection, &source.name)?,
    })
}
