//! One page: asked for, compared, and stored together with the position.

use std::time::{Duration, Instant};

use chrono::TimeDelta;

pub(super) use super::headers::{headers, key_in, methods_in};

use super::ask::Ask;
use super::halt::{Failed, Halt};
use super::listed::LISTED;
use super::names::{Methods, note_unknown};
use super::record::{Found, Verdict, mark};
use super::restored::{is_restored, may_be_read_again};
use super::store::{self, Run, Undecided};
use super::walk::{self, Step};
use super::words::{HISTORY_EVENT, RunKind, SWEEP_EVENT};
use super::{Difference, LEASE_MILLISECONDS, Sweeper, budget};
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::inbox::{Classified, Delivery, EventId, store as inbox};
use crate::ledger::findings::outside;
use crate::ledger::posting::{Finding, FindingReason};
use crate::order::Provider;
use crate::provider::{self, Fetched, Record};

/// How far the clocks may differ.
const CLOCKS_MILLISECONDS: i64 = 60_000;
/// How often an order is read again because a webhook of it came meanwhile.
const ROUNDS: usize = 3;
/// How often the lease is extended while a page is worked on.
const HOLD: Duration = Duration::from_secs(45);

/// A run on its way.
pub(super) struct Walk {
    pub(super) run: Run,
    pub(super) ask: Ask,
    pub(super) differences: Vec<Difference>,
    /// Orders of which the answer was behind a webhook, and was not taken.
    pub(super) behind: i64,
    /// Orders that were found, with the latest instant that they tell of.
    pub(super) dated: Vec<(String, Timestamp)>,
    /// The source was complete until then when the run began.
    pub(super) complete_until: Option<Timestamp>,
    /// What happened before cannot have been delivered.
    pub(super) known_since: Option<Timestamp>,
    /// When the first webhook came.
    pub(super) live_since: Option<Timestamp>,
    /// What the API calls payment methods.
    pub(super) methods: Methods,
    pub(super) held: Instant,
}

impl Walk {
    /// Keeps the first differences; the run counts all of them.
    fn note(&mut self, differences: Vec<Difference>) {
        let room = LISTED.saturating_sub(self.differences.len());
        self.differences.extend(differences.into_iter().take(room));
    }
}

impl Sweeper {
    /// Works on the next page. True when it was the last.
    pub(super) async fn page(&self, walk: &mut Walk) -> Result<bool, Halt> {
        let before = self.blocking(|sweeper, _| mark(&sweeper.database)).await?;
        let fetched = walk.ask.page(&walk.run).await?;
        self.note_clock(walk, &fetched).await?;
        let records = self.records(walk, &fetched).await?;
        let Step { next, fresh, last } = walk::step(&walk.run, records, fetched.total)?;
        let fresh = self.placed_within(&walk.run, fresh);
        let ids: Vec<String> = fresh.iter().map(|record| record.id.clone()).collect();
        let known = self.blocking(move |sweeper, _| sweeper.known(&ids, before).map_err(Halt::from)).await?;
        let mut found = Vec::new();
        let mut alone = Vec::new();
        let mut equal = 0;
        let listed = i64::try_from(fresh.len()).unwrap_or(i64::MAX);
        for record in fresh {
            self.hold(walk).await?;
            match self.compare(&known, &record, self.clock.now()) {
                Verdict::Found(one) => found.push(*one),
                Verdict::Equal => match self.payments_differ(walk, &known, &record).await? {
                    true => alone.push(record),
                    false => equal += 1,
                },
                Verdict::Differs | Verdict::Overtaken | Verdict::Behind => alone.push(record),
            }
        }
        for record in alone {
            match self.read_alone(walk, &record).await? {
                Some(one) => found.push(one),
                None => equal += 1,
            }
        }
        walk.run = Run { started_at: walk.run.started_at, ..next };
        walk.run.listed += listed;
        walk.run.equal += equal;
        self.store_page(walk, found).await?;
        Ok(last)
    }

    /// Without those that were placed on other days than are asked for, by the clock of the source.
    fn placed_within(&self, run: &Run, mut records: Vec<Record>) -> Vec<Record> {
        let (Some((from, to)), zone) = (run.from_day.zip(run.to_day), self.source.timezone) else { return records };
        records.retain(|record| {
            let order = provider::read_listed(&self.source, &record.body, run.asked_at).ok();
            let placed = order.and_then(|reading| reading.order.header?.ordered_at);
            // What cannot be read has to be looked at.
            placed.is_none_or(|placed| (from..=to).contains(&placed.local_date(zone)))
        });
        records
    }

    /// The first answer tells when the run began by the provider's clock. The earlier of the two clocks counts: then
    /// the next window is too wide rather than too narrow.
    async fn note_clock(&self, walk: &mut Walk, fetched: &Fetched) -> Result<(), Halt> {
        if walk.run.started_at.is_some() {
            return Ok(());
        }
        let (ours, asked_at) = (self.clock.now(), walk.run.asked_at);
        let theirs = fetched.served_at.unwrap_or(asked_at);
        walk.run.started_at = Some(theirs.min(asked_at));
        let apart = theirs.milliseconds_since(ours);
        let differs = fetched.served_at.is_some() && apart.abs() > CLOCKS_MILLISECONDS;
        if self.dry {
            return Ok(());
        }
        let seconds = TimeDelta::milliseconds(apart).num_seconds();
        let where_it_is = if seconds < 0 { "behind" } else { "ahead of" };
        let evidence = format!("the provider's clock is {} s {where_it_is} ours", seconds.abs());
        let finding = Finding::new(FindingReason::ProviderClockDiffers, "sweep", evidence);
        self.blocking(move |sweeper, now| {
            let name = &sweeper.source.name;
            sweeper.database.transaction("sweep", |connection| match differs {
                true => outside::raise(connection, name, None, &finding, now),
                false => outside::close(connection, name, None, &finding, now),
            })
        })
        .await?;
        Ok(())
    }

    /// Extends the lease now and then.
    async fn hold(&self, walk: &mut Walk) -> Result<(), Halt> {
        if walk.held.elapsed() < HOLD {
            return Ok(());
        }
        walk.held = Instant::now();
        let held = self.blocking(|sweeper, now| {
            let until = now.plus_milliseconds(LEASE_MILLISECONDS);
            let own = sweeper.holder.stored();
            let hold = |connection: &mut Connection| store::hold(connection, sweeper.of(), &own, until);
            sweeper.database.transaction::<_, crate::db::Error>("sweep", hold)
        });
        if held.await? { Ok(()) } else { Err(Halt::Lost) }
    }

    /// Whether the payments of an order differ of which nothing else does. The list does not have them.
    async fn payments_differ(
        &self,
        walk: &mut Walk,
        known: &super::record::Known,
        record: &Record,
    ) -> Result<bool, Halt> {
        if self.source.provider != Provider::Bookingkit || !self.source.sweep.each_payment {
            return Ok(false);
        }
        let Some(payments) = payments_in(walk.ask.payments(&record.id).await?) else { return Ok(false) };
        self.learn(walk, known, &record.id, &payments).await?;
        Ok(!self.payments_known(known, record, &payments, walk.methods.known())?)
    }

    /// Reads one order with its payments; `None` when everything is known. What the API has not got yet is taken from
    /// the list: it says no payments then, which reverses nothing, and the next run reads it again.
    async fn read_alone(&self, walk: &mut Walk, record: &Record) -> Result<Option<Found>, Halt> {
        for _ in 0..ROUNDS {
            self.hold(walk).await?;
            let id = record.id.clone();
            let known = self.blocking(move |sweeper, _| {
                let before = mark(&sweeper.database)?;
                sweeper.known(&[id], before).map_err(Halt::from)
            });
            let known = known.await?;
            let order = walk.ask.order(&record.id).await?;
            let order = order.unwrap_or_else(|| record.body.clone());
            let payments = payments_in(walk.ask.payments(&record.id).await?);
            match provider::records(&[b"[", order.as_slice(), b"]"].concat(), "id")?.first() {
                Some(answered) if answered.id == record.id => {}
                _ => {
                    let detail = "the provider answered with another order than was asked for";
                    return Err(Halt::of(Failed::new("wrong_order", detail)));
                }
            }
            if let Some(payments) = &payments {
                self.learn(walk, &known, &record.id, payments).await?;
            }
            let elsewhere = self.told_elsewhere(walk, &order).await?;
            match self.compare_whole(&known, &record.id, &order, payments.as_deref(), &elsewhere)? {
                Verdict::Found(found) => return Ok(Some(*found)),
                Verdict::Equal | Verdict::Differs => return Ok(None),
                Verdict::Behind => {
                    walk.behind += 1;
                    return Ok(None);
                }
                Verdict::Overtaken => {}
            }
        }
        // Webhooks of it come faster than it can be read, so they are not missed.
        Ok(None)
    }

    /// Stores what was found together with the position. What a webhook has overtaken meanwhile is read again first.
    async fn store_page(&self, walk: &mut Walk, mut found: Vec<Found>) -> Result<(), Halt> {
        for round in 0..ROUNDS {
            let last = round + 1 == ROUNDS;
            let stored = self.store_found(walk, found, last).await?;
            let Some(overtaken) = stored else { return Ok(()) };
            found = Vec::new();
            for id in overtaken {
                let again = Record { id, body: Vec::new() };
                found.extend(self.read_again(walk, &again).await?);
            }
        }
        Ok(())
    }

    /// An order that is not there any more when it is read again was not missed.
    async fn read_again(&self, walk: &mut Walk, record: &Record) -> Result<Option<Found>, Halt> {
        let Some(body) = walk.ask.order(&record.id).await? else { return Ok(None) };
        self.read_alone(walk, &Record { id: record.id.clone(), body }).await
    }

    /// Answers the orders that were overtaken; then the position is not stored yet, unless this is the `last` round.
    async fn store_found(&self, walk: &mut Walk, found: Vec<Found>, last: bool) -> Result<Option<Vec<String>>, Halt> {
        if self.dry {
            walk.note(found.iter().map(|one| one.difference.clone()).collect());
            walk.run.found += i64::try_from(found.len()).unwrap_or(0);
            let spent = std::mem::take(&mut walk.ask.spent);
            walk.run.requests += spent;
            return Ok(None);
        }
        let spent = std::mem::take(&mut walk.ask.spent);
        walk.run.requests += spent;
        let run = walk.run.clone();
        let (complete_until, known_since, live_since) = (walk.complete_until, walk.known_since, walk.live_since);
        let stored = self.blocking(move |sweeper, now| {
            sweeper.database.transaction("sweep", |connection| {
                let context = Context { run, spent, complete_until, known_since, live_since, last, now };
                sweeper.store_in(connection, found, context)
            })
        });
        let Stored { run, overtaken, dated, differences } = stored.await?;
        walk.run = run;
        walk.dated.extend(dated);
        walk.note(differences);
        Ok((!overtaken.is_empty() && !last).then_some(overtaken))
    }

    fn store_in(&self, connection: &mut Connection, found: Vec<Found>, context: Context) -> Result<Stored, Halt> {
        let Context { mut run, spent, complete_until, known_since, live_since, last, now } = context;
        let name = &self.source.name;
        let until = now.plus_milliseconds(LEASE_MILLISECONDS);
        if !found.is_empty() {
            // A webhook that is being stored has a smaller number, and would be taken for an older one.
            inbox::lock_deliveries(connection)?;
        }
        if !store::hold(connection, self.of(), &self.holder.stored(), until)? {
            return Err(Halt::Lost);
        }
        budget::spend(connection, name, run.kind.budget(), spent, None, now)?;
        let (mut overtaken, mut dated, mut differences) = (Vec::new(), Vec::new(), Vec::new());
        for one in found {
            let entity = one.entity.to_string();
            let newest = store::newest(connection, name, std::slice::from_ref(&entity))?.remove(&entity);
            if newest.as_ref().is_some_and(|newest| newest.id > one.mark) {
                overtaken.push(one.order_id);
                continue;
            }
            let stored_at = newest.as_ref().map(|newest| newest.received_at);
            let told = newest
                .filter(|newest| store::is_ours(&newest.kind) && key_in(&newest.headers) == Some(one.key.clone()));
            if let Some(told) = told
                && !may_be_read_again(connection, &self.source, &one, told.state)?
            {
                // It is stored already, and nothing came since.
                run.equal += 1;
                continue;
            }
            // What changed after it was stored here happened since, whatever date it has.
            let happened_since = |since: Timestamp| {
                stored_at.is_some_and(|stored| stored >= since) || one.latest.is_none_or(|latest| latest >= since)
            };
            let is_past = match run.kind {
                RunKind::History => !live_since.is_some_and(happened_since),
                RunKind::Delta | RunKind::Nightly | RunKind::Period => !known_since.is_none_or(happened_since),
            };
            let kind = if is_past { HISTORY_EVENT } else { SWEEP_EVENT };
            let (event_id, is_parked) = self.insert(connection, &one, kind, run.id, now)?;
            note_unknown(connection, name, &one, now)?;
            run.found += 1;
            differences.push(Difference { event_id: Some(event_id), is_past, is_parked, ..one.difference.clone() });
            dated.extend(one.latest.map(|latest| (one.order_id.clone(), latest)));
            if !is_past && !is_restored(connection, &self.source, &one, event_id)? {
                let decide_at = now.plus_milliseconds(self.source.sweep.grace_milliseconds);
                let (source, order_id) = (name.clone(), one.order_id);
                let row = Undecided {
                    event_id,
                    source,
                    order_id,
                    run_id: run.id,
                    since: complete_until,
                    found_at: now,
                    decide_at,
                };
                store::insert_difference(connection, &row)?;
            }
        }
        if overtaken.is_empty() || last {
            store::save_run(connection, &run)?;
        }
        Ok(Stored { run, overtaken, dated, differences })
    }

    /// Stores what was found as an event of the inbox. True when it is parked.
    fn insert(
        &self,
        connection: &mut Connection,
        found: &Found,
        kind: &str,
        run: i64,
        now: Timestamp,
    ) -> Result<(EventId, bool), Halt> {
        let class = match provider::classify(&self.source, &found.body) {
            Classified::Parked { reason, detail, .. } if self.source.provider == Provider::Bookingkit => {
                Classified::Parked { kind: kind.to_owned(), entity: Some(found.entity.clone()), reason, detail }
            }
            _ => Classified::Understood { kind: kind.to_owned(), entity: found.entity.clone() },
        };
        let is_parked = matches!(class, Classified::Parked { .. });
        let delivery = Delivery {
            source: self.source.name.clone(),
            class,
            received_at: now,
            method: "GET".to_owned(),
            content_type: Some("application/json".to_owned()),
            headers: headers(Some(run), &found.key, &found.unknown.api_methods),
            body: found.body.clone(),
        };
        let ids = inbox::insert_batch(connection, &[&delivery])?;
        let missing = || Halt::of(Failed::new("not_stored", "the database did not number an event"));
        ids.first().map(|id| (*id, is_parked)).ok_or_else(missing)
    }
}

/// What a page is stored with.
struct Context {
    run: Run,
    spent: i64,
    complete_until: Option<Timestamp>,
    known_since: Option<Timestamp>,
    live_since: Option<Timestamp>,
    last: bool,
    now: Timestamp,
}

/// What became of a page.
struct Stored {
    run: Run,
    /// Orders of which something newer came meanwhile.
    overtaken: Vec<String>,
    /// Those that were stored, with the latest instant that each tells of.
    dated: Vec<(String, Timestamp)>,
    differences: Vec<Difference>,
}

/// What is no list tells of no payments. A list that cannot be read is stored with its order, for a person to look at.
fn payments_in(body: Option<Vec<u8>>) -> Option<Vec<u8>> {
    body.filter(|body| provider::is_list(body))
}
