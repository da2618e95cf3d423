//! What the fields of addresses are called.

use super::words::names;

names! {
    /// By their names in addresses.
    pub(super) struct Fields {
        source: "Source", "Quelle";
        state: "State", "Zustand";
        kind: "Kind", "Art";
        reason: "Reason", "Grund";
        order: "Order", "Bestellung";
        since: "From", "Von";
        until: "Until", "Bis";
        from: "From", "Von";
        to: "Until", "Bis";
        text: "Text in the body", "Text im Inhalt";
        severity: "Severity", "Schwere";
        period: "Period", "Zeitraum";
        known: "As known at", "Kenntnisstand";
        booked: "Booked until", "Gebucht bis";
        view: "View", "Ansicht";
        basis: "Basis", "Grundlage";
        account: "Account", "Konto";
        currency: "Currency", "Währung";
        method: "Method", "Zahlungsart";
        rate: "Rate in basis points", "Satz in Basispunkten";
        of: "Lines of", "Zeilen von";
        target: "Target", "Ziel";
        q: "Search", "Suche";
    }
}
