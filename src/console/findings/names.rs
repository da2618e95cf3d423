//! Stored words about findings, as they are read.

use crate::console::words::names;

names! {
    /// A stored word in words.
    pub(in crate::console) struct Names {
        severity_high: "high", "hoch";
        severity_medium: "medium", "mittel";
        severity_low: "low", "niedrig";
        severity_info: "info", "Hinweis";
        state_open: "open", "offen";
        state_acknowledged: "acknowledged", "zur Kenntnis genommen";
        state_auto_closed: "no longer found", "nicht mehr gefunden";
        state_resolved: "resolved", "erledigt";
    }
}
