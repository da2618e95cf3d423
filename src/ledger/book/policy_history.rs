//! The dated policies of a source. An order keeps the policy under which it came in: a change never rewrites.

use chrono_tz::Tz;

use super::{policy_changes, store};
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::ledger::Error;
use crate::policy::Policy;

/// What the posting rules need besides the snapshot.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The source's time zone: it gives the local day of a booked date.
    pub zone: Tz,
    pub policy: Policy,
    /// First instant of the book: what was there before it is opening. `None`: the book holds all that is ever told.
    pub begins_at: Option<Timestamp>,
}

/// All policies of one source.
#[derive(Clone, Debug)]
pub struct PolicyHistory {
    zone: Tz,
    /// Number, first instant and switches, in the order of the numbers.
    dated: Vec<(i32, Timestamp, Policy)>,
    default: Policy,
    begins_at: Option<Timestamp>,
}

impl PolicyHistory {
    /// Reads the policies of a source.
    ///
    /// # Errors
    /// When the source was never prepared, a stored policy cannot be read, or the statement fails.
    pub fn load(connection: &mut Connection, source: &str, zone: Tz) -> Result<Self, Error> {
        let mut dated = Vec::new();
        for (policy_id, valid_from, doc) in store::policies(connection, source)? {
            let policy = serde_json::from_str(&doc).map_err(|error| {
                crate::db::Error::Inconsistent(format!("policy {policy_id} of source {source}: {error}"))
            })?;
            dated.push((policy_id, valid_from, policy));
        }
        if dated.is_empty() {
            return Err(crate::db::Error::Inconsistent(format!("source {source} has no policy")).into());
        }
        let books_from = store::books_from(connection, source)?;
        let begins_at = books_from.map(|day| policy_changes::midnight(day, zone));
        Ok(Self { zone, dated, default: Policy::default(), begins_at })
    }

    /// Number of the policy for an order that is placed at `instant`: the one with the latest start before it, of
    /// several the newest; for what is older than all of them, the first.
    pub fn at(&self, instant: Timestamp) -> i32 {
        let started = self.dated.iter().filter(|(_, from, _)| *from <= instant);
        let latest = started.max_by_key(|(policy_id, from, _)| (*from, *policy_id));
        latest.or(self.dated.first()).map_or(1, |(policy_id, ..)| *policy_id)
    }

    /// The rules under the policy with that number.
    pub fn rules(&self, policy_id: i32) -> Rules {
        Rules { zone: self.zone, policy: self.policy(policy_id).clone(), begins_at: self.begins_at }
    }

    /// The policy with that number; the default one for a number that is not known.
    pub fn policy(&self, policy_id: i32) -> &Policy {
        let known = self.dated.iter().find(|(known, ..)| *known == policy_id);
        known.map_or(&self.default, |(.., policy)| policy)
    }

    /// Whether under any of them the credit of a dead order becomes income by itself.
    pub(in crate::ledger) fn recognise_credits(&self) -> bool {
        self.dated.iter().any(|(.., policy)| policy.retained_after().is_some())
    }

    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// First instant of the book, if another system kept the books before.
    pub(in crate::ledger) fn begins_at(&self) -> Option<Timestamp> {
        self.begins_at
    }

    /// The same policies with some switches set otherwise in all of them: what would be if it had always been so.
    ///
    /// # Errors
    /// In words, when a switch is not known or its value is not.
    pub(in crate::ledger) fn with_switches(
        &self,
        switches: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, String> {
        let mut dated = Vec::with_capacity(self.dated.len());
        for (policy_id, from, policy) in &self.dated {
            let mut doc = serde_json::to_value(policy).map_err(|error| error.to_string())?;
            for (switch, value) in switches {
                let known = doc.get_mut(switch).ok_or_else(|| format!("`{switch}` is not a policy switch"))?;
                known.clone_from(value);
            }
            let policy = serde_json::from_value(doc).map_err(|error| error.to_string())?;
            dated.push((*policy_id, *from, policy));
        }
        Ok(Self { zone: self.zone, dated, default: self.default.clone(), begins_at: self.begins_at })
    }
}
