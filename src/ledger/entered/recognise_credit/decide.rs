//! What of a credit is to be recognised: computed from the journal, the snapshot, the policy and an instant.

use std::collections::BTreeMap;

use chrono::Days;

use super::{CreditChange, store};
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::batch::{Orders, snapshot_of};
use crate::ledger::book::PolicyHistory;
use crate::ledger::posting::{RecognisedCredit, Snapshot};
use crate::money::{Currency, sum};

/// What is to be kept of one order from now on.
pub(super) struct Decision {
    pub(super) source: String,
    pub(super) order_id: String,
    pub(super) currency: Currency,
    /// What is recognised in the journal, in minor units.
    pub(super) recognised_minor: i64,
    /// All of the credit, were nothing recognised.
    pub(super) credit_minor: i64,
    /// When all of it has been left alone for long enough.
    pub(super) due_at: Timestamp,
    pub(super) recognised_credit: Option<RecognisedCredit>,
}

impl Decision {
    /// What changes in the journal, if anything.
    pub(super) fn change(&self) -> Option<CreditChange> {
        let after_minor = self.recognised_credit.map_or(0, |kept| kept.amount_minor.min(self.credit_minor));
        (after_minor != self.recognised_minor).then(|| CreditChange {
            source: self.source.clone(),
            order_id: self.order_id.clone(),
            currency: self.currency.code().to_owned(),
            before_minor: self.recognised_minor,
            after_minor,
            due_at: self.due_at,
        })
    }
}

/// Those of the orders whose snapshot has to say something else. An order that cannot be read is written to `failed`.
pub(super) fn decide(
    connection: &mut Connection,
    source: &str,
    policies: &PolicyHistory,
    orders: &[String],
    now: Timestamp,
    failed: &mut Vec<String>,
) -> Result<Vec<Decision>, Error> {
    let mut moved: BTreeMap<String, Vec<store::ReceivableMove>> = BTreeMap::new();
    for line in store::receivable(connection, source, orders)? {
        moved.entry(line.order_id.clone()).or_default().push(line);
    }
    let mut decisions = Vec::new();
    let mut known = Orders::empty(source);
    for (order_id, lines) in moved {
        // What is settled, and always was, needs no reading of its snapshot.
        let recognised = lines.iter().any(store::ReceivableMove::is_retained);
        if !recognised && lines.iter().map(|line| i128::from(line.amount_minor)).sum::<i128>() == 0 {
            continue;
        }
        let decided = snapshot_of(connection, &mut known, &order_id)
            .and_then(|snapshot| decide_one(source, policies, &snapshot, &lines, now));
        match decided {
            Ok(decision) => decisions.extend(decision),
            Err(Error::Database(error)) => return Err(error.into()),
            Err(error) => failed.push(format!("source {source}: {error}")),
        }
    }
    Ok(decisions)
}

fn decide_one(
    source: &str,
    policies: &PolicyHistory,
    snapshot: &Snapshot,
    lines: &[store::ReceivableMove],
    now: Timestamp,
) -> Result<Option<Decision>, Error> {
    let order_id = &snapshot.order.order_id;
    let currency = snapshot.order.header.as_ref().and_then(|header| header.currency);
    let after = policies.policy(snapshot.policy_id).retained_after();
    let (Some(currency), Some(after), true) = (currency, after, snapshot.is_dead()) else { return Ok(None) };
    let ours = || lines.iter().filter(|line| line.currency == currency.code());
    let of = |which: &dyn Fn(&store::ReceivableMove) -> bool| {
        sum(ours().filter(|line| which(line)).map(|line| line.amount_minor))
            .map_err(|overflow| Error::Overflow { order_id: order_id.clone(), overflow })
    };
    let recognised_minor = of(&|line| line.is_retained())?;
    let elsewhere_minor = of(&|line| !line.is_own())?;
    let credit_minor = of(&|line| !line.is_retained())?.saturating_neg();
    // Both dates: a payment that is told late has not waited, nor has one that is dated ahead.
    let movements = ours().filter(|line| !line.is_retained());
    let Some(last) = movements.map(|line| line.effective_at.max(line.recorded_at)).max() else { return Ok(None) };
    let day = last.local_date(policies.zone()).checked_add_days(Days::new(after.days.into()));
    let Some(due_at) = day.and_then(|day| Timestamp::noon_of(day, policies.zone())) else { return Ok(None) };
    let known = snapshot.recognised_credit;
    let already = known.map_or(0, |kept| kept.amount_minor);
    let kept = if credit_minor > already && due_at <= now {
        Some(RecognisedCredit { due_at, amount_minor: credit_minor, elsewhere_minor })
    } else {
        let left = already.min(credit_minor);
        known.filter(|_| left > 0).map(|kept| RecognisedCredit { amount_minor: left, elsewhere_minor, ..kept })
    };
    let decision = Decision {
        source: source.to_owned(),
        order_id: order_id.clone(),
        currency,
        recognised_minor,
        credit_minor,
        due_at,
        recognised_credit: kept,
    };
    Ok((kept != known).then_some(decision))
}
