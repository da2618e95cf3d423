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
        known: "As known at", "Bekannt bis";
        booked: "Booked until", "Gebucht bis";
        view: "Figures", "Zahlen";
        basis: "By which date", "Nach welchem Datum";
        account: "Account", "Konto";
        currency: "Currency", "Währung";
        method: "Method", "Zahlungsart";
        rate: "Rate in basis points", "Satz in Basispunkten";
        of: "Lines of", "Zeilen von";
        target: "Target", "Ziel";
        q: "Search", "Suche";
        id: "Webhook", "Webhook";
        all: "All that match", "Alle passenden";
        event: "Event", "Veranstaltung";
        event_id: "Id of the event", "Nummer der Veranstaltung";
        none: "Without", "Ohne";
        sum: "Add up all lines", "Alle Zeilen zusammenzählen";
        months: "Month by month", "Monat für Monat";
        fingerprint: "Finding", "Befund";
        parked: "Parked webhooks too", "Auch geparkte Webhooks";
        after: "Place in the list", "Stelle in der Liste";
        before: "Place in the list", "Stelle in der Liste";
        format: "Kind of file", "Dateiart";
        number: "Number", "Anzahl";
        entries: "Entries", "Buchungen";
        why: "Why", "Warum";
        force: "Second reason", "Zweiter Grund";
        note: "Note", "Notiz";
        next: "Goes on at", "Weiter zu";
    }
}
