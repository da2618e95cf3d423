//! What webhooks are about, in words.

use crate::console::words::names;

names! {
    /// By their stored words, with `_` for all that is no letter.
    pub(super) struct Kinds {
        order: "order", "Bestellung";
        unknown: "unknown", "unbekannt";
        sweep: "sweep", "Abgleich";
        history: "import of the past", "Import der Vergangenheit";
        import: "import", "Import";
        reverse: "entry reversed", "Buchung rückgängig gemacht";
        retain: "credit kept", "Guthaben einbehalten";
        new_booking: "new booking", "neue Buchung";
        booking_cancelled: "booking cancelled", "Buchung storniert";
        booking_tickets_updated: "tickets changed", "Tickets geändert";
        booking_tickets_deleted: "tickets deleted", "Tickets gelöscht";
        new_payment: "new payment", "neue Zahlung";
        new_person: "new person", "neue Person";
        person_updated: "person changed", "Person geändert";
    }
}
