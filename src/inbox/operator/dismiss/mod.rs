//! Dismissing: a person decides that a webhook will never count, such as one of somebody else's shop. It stays stored,
//! and a replay takes it up again.
//!
//! A webhook that may be the only word of an order or of money is doubtful; it takes a second reason to dismiss one.

mod store;

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Action, ActionKind, Count, Reason, STEP, Selection, Undone, record, store as operator, turn};
use crate::clock::Clock;
use crate::db::{Database, Result};
use crate::inbox::{Entity, EventId, State};

/// What a dismissal would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What would be dismissed, by source, state and reason.
    pub counts: Vec<Count>,
    /// Those among them that take a second reason.
    pub doubtful: Vec<Doubtful>,
    /// Selected, but applied or superseded: they have been counted, and dismissing them would not take that back.
    pub counted: Vec<EventId>,
    /// Selected, but dismissed before.
    pub already: i64,
    /// Selected, but a worker is processing them.
    pub in_work: Vec<EventId>,
    chosen: Vec<(EventId, String)>,
    /// Of these, those about nothing that is known, each with its source.
    nameless: Vec<(EventId, String)>,
    /// Of these, those after which something about the same was applied.
    followed: Vec<Doubtful>,
}

/// A webhook that should not be dismissed without a second thought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Doubtful {
    pub id: EventId,
    pub source: String,
    /// What it is about, as far as it was understood.
    pub entity: Option<String>,
    pub doubt: Doubt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// It waits to be processed; nothing is known to be wrong with it.
    NotProcessed,
    /// It tells of a payment or a cancellation, which no other webhook repeats.
    OwnFact,
    /// No later webhook about its order, or about what was paid of it, was applied.
    LastWord,
    /// It cannot be read, and has words of orders or of money in it.
    MayTellOfMoney,
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotProcessed => "it has not been processed yet",
            Self::OwnFact => "it tells of a payment or a cancellation, which no other webhook repeats",
            Self::LastWord => "no later webhook about the same order, or what was paid of it, was applied",
            Self::MayTellOfMoney => "it cannot be read, and may tell of an order or of money",
        })
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dismissed {
    pub dismissed: i64,
    /// Left alone, because they changed since they were chosen or a worker is processing them.
    pub in_work: i64,
}

impl Plan {
    /// How many webhooks would be dismissed.
    pub fn events(&self) -> i64 {
        i64::try_from(self.chosen.len()).unwrap_or(i64::MAX)
    }

    /// Their ids, ascending.
    pub fn ids(&self) -> impl Iterator<Item = EventId> {
        self.chosen.iter().map(|(id, _)| *id)
    }

    fn add(&mut self, rows: Vec<store::Chosen>, tells_fact: fn(&str) -> bool, sums: &mut BTreeMap<Keys, Count>) {
        for row in rows {
            match row.state {
                State::Done | State::Superseded => self.counted.push(row.id),
                State::Dismissed => self.already += 1,
                State::Pending if row.is_leased => self.in_work.push(row.id),
                State::Pending | State::Parked => {
                    if let Some(doubt) = row.doubt(tells_fact) {
                        let (source, entity) = (row.source.clone(), row.entity.clone());
                        self.doubtful.push(Doubtful { id: row.id, source, entity, doubt });
                    } else if row.entity.is_none() {
                        self.nameless.push((row.id, row.source.clone()));
                    } else {
                        let (source, entity) = (row.source.clone(), row.entity.clone());
                        self.followed.push(Doubtful { id: row.id, source, entity, doubt: Doubt::LastWord });
                    }
                    let state = row.state.as_str().to_owned();
                    self.chosen.push((row.id, state.clone()));
                    let keys = (row.source.clone(), state.clone(), row.reason.clone());
                    let sum = sums.entry(keys).or_insert(Count {
                        source: row.source,
                        state,
                        reason: row.reason,
                        events: 0,
                        oldest_received_at: Some(row.received_at),
                    });
                    sum.events += 1;
                    sum.oldest_received_at = sum.oldest_received_at.min(Some(row.received_at));
                }
            }
        }
    }
}

type Keys = (String, String, Option<String>);

impl store::Chosen {
    fn doubt(&self, tells_fact: fn(&str) -> bool) -> Option<Doubt> {
        let is_of_order = |text: &String| matches!(Entity::parse(text), Some(Entity::Order(_) | Entity::Booking(_)));
        if self.state == State::Pending {
            Some(Doubt::NotProcessed)
        } else if tells_fact(&self.kind) {
            Some(Doubt::OwnFact)
        } else if self.entity.as_ref().is_some_and(is_of_order) && !self.later_applied {
            Some(Doubt::LastWord)
        } else {
            None
        }
    }
}

/// What is to be known of webhooks to doubt them.
#[derive(Clone, Copy)]
pub struct Doubts {
    /// Whether a webhook of a kind tells something that no other repeats.
    pub tells_fact: fn(&str) -> bool,
    /// Whether a body that cannot be read may tell of an order or of money.
    pub may_tell_of_money: fn(&[u8]) -> bool,
    /// Whether a body says what was paid, be it nothing.
    pub says_payments: fn(&[u8]) -> bool,
}

/// Examines the selected webhooks.
///
/// # Errors
/// When the database cannot be read.
pub fn plan(database: &Database, clock: &Clock, selection: &Selection, doubts: Doubts) -> Result<Plan> {
    let mut connection = database.reader()?;
    let Doubts { tells_fact, may_tell_of_money, says_payments } = doubts;
    let now = clock.now();
    let (mut plan, mut sums) = (Plan::default(), BTreeMap::new());
    match selection {
        Selection::Ids(ids) => plan.add(store::chosen(&mut connection, ids, now)?, tells_fact, &mut sums),
        Selection::Matching(_) => {
            let last = operator::last_id(&mut connection)?;
            let mut after = 0;
            loop {
                let step = operator::choose(&mut connection, selection, after, last, STEP)?;
                let Some((end, _)) = step.last() else { break };
                after = *end;
                let ids: Vec<EventId> = step.iter().map(|(id, _)| *id).collect();
                plan.add(store::chosen(&mut connection, &ids, now)?, tells_fact, &mut sums);
            }
        }
    }
    plan.counts = sums.into_values().collect();
    for (id, source) in std::mem::take(&mut plan.nameless) {
        if operator::body(&mut connection, id)?.is_some_and(|body| may_tell_of_money(&body)) {
            plan.doubtful.push(Doubtful { id, source, entity: None, doubt: Doubt::MayTellOfMoney });
        }
    }
    for followed in std::mem::take(&mut plan.followed) {
        // A later webhook that does not say what was paid leaves the earlier one the last word on it.
        let says = operator::body(&mut connection, followed.id)?.is_some_and(|body| says_payments(&body));
        if says && !store::later_bodies(&mut connection, &followed)?.iter().any(|body| says_payments(body)) {
            plan.doubtful.push(followed);
        }
    }
    plan.doubtful.sort_by_key(|doubtful| doubtful.id);
    Ok(plan)
}

/// Dismisses what was planned, in steps as a replay does. What changed since is left alone. `known` is as of a replay.
///
/// # Errors
/// When somebody was faster. When a statement fails; the steps before it stay done and are written down.
pub fn dismiss(
    database: &Database,
    clock: &Clock,
    plan: &Plan,
    selection: &Selection,
    reason: &Reason,
    known: Option<i64>,
) -> std::result::Result<Dismissed, Undone> {
    let now = clock.now();
    let selection = selection.to_string();
    let mut total = Dismissed::default();
    let mut action = None;
    for step in plan.chosen.chunks(usize::try_from(STEP).unwrap_or(1)) {
        let (id, done, chosen) = database.transaction("dismiss", |connection| {
            turn::take(connection, known.filter(|_| action.is_none()))?;
            let id = match action {
                Some(id) => id,
                None => {
                    let kind = ActionKind::Dismiss;
                    record(connection, &Action { kind, at: now, reason, selection: &selection, changed: 0 })?
                }
            };
            let free = operator::lock_free(connection, step, now)?;
            let ids: Vec<EventId> = free.iter().map(|event| event.id).collect();
            operator::write_history(connection, &ids, now, ActionKind::Dismiss, id)?;
            store::set_aside(connection, &ids, now)?;
            let done = i64::try_from(ids.len()).unwrap_or(i64::MAX);
            operator::add_to_action(connection, id, done)?;
            Ok::<_, Undone>((id, done, i64::try_from(step.len()).unwrap_or(i64::MAX)))
        })?;
        action = Some(id);
        total.dismissed += done;
        total.in_work += chosen - done;
    }
    Ok(total)
}
