//! Statuses of orders, and what became of an attempt at a webhook.

use crate::console::words::names;

names! {
    /// A stored status.
    pub(super) struct Statuses {
        accepted: "accepted", "bestätigt";
        cancelled: "cancelled", "storniert";
        pending: "pending", "ausstehend";
        declined: "declined", "abgelehnt";
        mpv: "multi-purpose", "Mehrzweck";
        spv: "single-purpose", "Einzweck";
        flex: "flex ticket", "Flex-Ticket";
        done: "done", "erledigt";
        superseded: "superseded", "überholt";
        parked: "parked", "geparkt";
        dismissed: "dismissed", "verworfen";
        replay: "set back to be processed", "zur Verarbeitung zurückgesetzt";
        dismiss: "dismissed", "verworfen";
        prune: "body deleted", "Inhalt gelöscht";
        erase: "erased", "gelöscht";
        permanent: "cannot succeed", "aussichtslos";
        temporary: "may succeed later", "später möglich";
        new: "new fact", "neuer Sachverhalt";
        changed: "it changed", "geändert";
        gone: "it is gone", "weggefallen";
        manual: "a person wanted it", "von einer Person gewollt";
        closed: "the month was closed", "der Monat wurde abgeschlossen";
        closed_by_force: "the month was closed although a check failed",
            "der Monat wurde trotz einer nicht bestandenen Prüfung abgeschlossen";
        late_for: "late for {month}, which was closed", "Nachtrag zu {month}, der abgeschlossen war";
    }
}
