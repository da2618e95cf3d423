//! The checks of a close, by their codes.

use crate::console::words::names;

names! {
    /// What is checked, said as it should be.
    pub(in crate::console) struct Checks {
        month_not_over: "The month is over", "Der Monat ist vorbei";
        already_closed: "It is not closed already", "Er ist noch nicht abgeschlossen";
        earlier_month_open: "Every earlier month is closed", "Alle früheren Monate sind abgeschlossen";
        events_parked: "No webhook of the month is parked", "Kein Webhook des Monats ist geparkt";
        events_pending: "No webhook of the month is pending", "Kein Webhook des Monats ist noch offen";
        findings_open: "No finding of high severity is open", "Kein Befund von hoher Schwere ist offen";
        books_do_not_hold: "The book holds: hashes, balances, numbers", "Das Buch stimmt: Prüfsummen, Salden, Nummern";
    }
}
