//! The states of a webhook in words.

use super::super::words::names;

names! {
    /// A state by its stored word.
    pub(super) struct States {
        pending: "pending", "wartend";
        done: "done", "erledigt";
        superseded: "superseded", "überholt";
        parked: "parked", "geparkt";
        dismissed: "dismissed", "verworfen";
    }
}
