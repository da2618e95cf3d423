//! How an event came into the inbox: not everything in it is a webhook.

mod header;
mod store;

use serde::Serialize;

pub use self::header::{RUN_HEADER, run_in};
pub use self::store::origins;

use super::EventId;
use crate::clock::Timestamp;

/// How an event came into the inbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Origin {
    /// A provider sent it.
    #[default]
    Webhook,
    /// A sweep that began then found that no webhook had told of it.
    Sweep { run_at: Timestamp },
    /// An import of the past that began then read it from the provider.
    Past { run_at: Timestamp },
    /// A person brought it in, from a file or by a command.
    Import,
    /// A command decided it by the settings.
    Decision,
}

impl Origin {
    /// As the subject of a sentence: `webhook 12`, `the sweep of 2025-11-11 13:00 (event 12)`.
    pub fn noun(&self, id: EventId, moment: impl Fn(Timestamp) -> String) -> String {
        match self {
            Self::Webhook => format!("webhook {id}"),
            Self::Sweep { run_at } => format!("the sweep of {} (event {id})", moment(*run_at)),
            Self::Past { run_at } => format!("the import of the past of {} (event {id})", moment(*run_at)),
            Self::Import => format!("import {id}"),
            Self::Decision => format!("event {id}"),
        }
    }

    /// In short: `webhook`, `found by the sweep of 2025-11-11T12:00:00Z`.
    pub fn in_short(&self, moment: impl Fn(Timestamp) -> String) -> String {
        match self {
            Self::Webhook => "webhook".to_owned(),
            Self::Sweep { run_at } => format!("found by the sweep of {}", moment(*run_at)),
            Self::Past { run_at } => format!("found by the import of the past of {}", moment(*run_at)),
            Self::Import => "brought in by a person".to_owned(),
            Self::Decision => "decided by the settings".to_owned(),
        }
    }
}
