//! The record of what operators do: who, when, why and to what. One row of `operator_actions` each.

use super::{Reason, store};
use crate::clock::Timestamp;
use crate::db::{Connection, Result};

/// What an operator can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    Replay,
    Dismiss,
    Prune,
    Erase,
    Import,
    Reverse,
    Close,
    SoftClose,
    AcknowledgeFindings,
}

impl ActionKind {
    /// What is done to webhooks that a person has looked at.
    pub const ACTS: [Self; 2] = [Self::Replay, Self::Dismiss];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Dismiss => "dismiss",
            Self::Prune => "prune",
            Self::Erase => "erase",
            Self::Import => "import",
            Self::Reverse => "reverse",
            Self::Close => "close",
            Self::SoftClose => "close_soft",
            Self::AcknowledgeFindings => "findings ack",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Action<'a> {
    pub kind: ActionKind,
    pub at: Timestamp,
    pub reason: &'a Reason,
    /// What was selected, such as `source=museum`.
    pub selection: &'a str,
    /// How many events, findings, rows or entries were changed.
    pub changed: usize,
}

/// Records an action and answers its id. An act of several steps is recorded with the first of them and updated.
///
/// # Errors
/// When the statement fails.
pub fn record(connection: &mut Connection, action: &Action<'_>) -> Result<i64> {
    store::insert_action(connection, action)
}
