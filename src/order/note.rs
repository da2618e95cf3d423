//! Oddities that a reader meets.

/// An oddity of what a provider said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Note {
    /// Reason code of the finding, such as `amount_precision`.
    pub reason: String,
    /// What it is about, such as `payment:ID`; keeps findings of one reason apart.
    pub subject: String,
    /// The evidence in words; no personal data, no secrets.
    pub evidence: String,
}
