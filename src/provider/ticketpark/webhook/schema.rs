//! The fields of webhooks. What is fetched is never shown to people, so nothing is said of it here.

use crate::provider::documented::parts;

parts! {
    WEBHOOK at "" {
        Word: "type";
        Parts: "payload";
    }
    PAYLOAD at "payload" {
        Id: "booking_pid", "payment_pid", "person_pid", "payment_method";
        Amount: "amount";
        Word: "currency";
        // The id of a ticket is its code: it lets people in.
        Hidden: "ticket_pids";
    }
}
