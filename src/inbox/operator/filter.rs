//! Which events an operator means.

use crate::clock::Timestamp;
use crate::inbox::State;

/// All that is given must hold. Nothing given means every event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub source: Option<String>,
    pub states: Option<Vec<State>>,
    pub kind: Option<String>,
    /// About this, such as `order:ID`.
    pub entity: Option<String>,
    pub reason: Option<String>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

impl std::fmt::Display for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let states = self.states.as_ref().map(|states| {
            let words: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
            words.join(",")
        });
        let parts: Vec<String> = [
            ("source", self.source.clone()),
            ("state", states),
            ("kind", self.kind.clone()),
            ("entity", self.entity.clone()),
            ("reason", self.reason.clone()),
            ("since", self.since.map(|instant| instant.to_string())),
            ("until", self.until.map(|instant| instant.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", value?)))
        .collect();
        if parts.is_empty() { f.write_str("everything") } else { f.write_str(&parts.join(" ")) }
    }
}
