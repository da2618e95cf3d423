//! Why a webhook is parked; docs/parked.md says what to do.

use crate::console::words::names;

names! {
    /// By their codes.
    pub(super) struct Parked {
        invalid_json: "not JSON", "kein JSON";
        broken_utf8: "not UTF-8", "kein UTF-8";
        unsupported_encoding: "unknown encoding", "unbekannte Kodierung";
        lone_surrogate: "half a character", "halbes Zeichen";
        bad_object: "an object is expected", "Objekt erwartet";
        bad_list: "a list is expected", "Liste erwartet";
        missing_id: "id missing", "Nummer fehlt";
        bad_id: "id cannot be used", "Nummer unbrauchbar";
        bad_pid: "id of a person cannot be used", "Nummer einer Person unbrauchbar";
        conflicting_duplicate: "the same id with other contents", "gleiche Nummer mit anderem Inhalt";
        bad_amount: "amount cannot be read", "Betrag nicht lesbar";
        bad_vat_rate: "VAT rate cannot be read", "Steuersatz nicht lesbar";
        bad_quantity: "quantity cannot be read", "Menge nicht lesbar";
        bad_flag: "yes or no is expected", "Ja oder Nein erwartet";
        unknown_status: "unknown status", "unbekannter Status";
        unknown_currency: "unknown currency", "unbekannte Währung";
        unknown_event_type: "unknown kind of webhook", "unbekannte Art von Webhook";
        unknown_vendor: "of another vendor", "von einem anderen Veranstalter";
        too_many_parts: "too many parts", "zu viele Teile";
        amount_out_of_range: "amount too large", "Betrag zu groß";
        not_found: "not found at the provider", "beim Anbieter nicht gefunden";
        forbidden: "the provider forbids it", "vom Anbieter nicht erlaubt";
        provider_refused: "the provider refused", "vom Anbieter abgelehnt";
        unexpected_status: "unexpected answer of the provider", "unerwartete Antwort des Anbieters";
        provider_down: "the provider does not answer", "Anbieter antwortet nicht";
        garbage_answer: "the answer makes no sense", "Antwort unverständlich";
        answer_unreadable: "the answer cannot be read", "Antwort nicht lesbar";
        answer_too_large: "the answer is too large", "Antwort zu groß";
        wrong_booking: "the answer is about another booking", "Antwort betrifft eine andere Buchung";
        tickets_missing: "tickets missing in the answer", "Tickets fehlen in der Antwort";
        login_refused: "sign-in refused by the provider", "Anmeldung vom Anbieter abgelehnt";
        token_unreadable: "stored sign-in cannot be read", "gespeicherte Anmeldung nicht lesbar";
        token_unsealed: "stored sign-in cannot be decrypted", "gespeicherte Anmeldung nicht entschlüsselbar";
        not_archived: "no stored answer", "keine gespeicherte Antwort";
        source_not_configured: "source not in the settings", "Quelle nicht in den Einstellungen";
        body_pruned: "body was deleted", "Inhalt wurde gelöscht";
        out_of_attempts: "out of attempts", "alle Versuche aufgebraucht";
        interrupted: "interrupted again and again", "immer wieder unterbrochen";
        database: "database failed", "Fehler der Datenbank";
        database_refused: "database refused it", "von der Datenbank abgelehnt";
        snapshot_unreadable: "stored state of the order cannot be read", "gespeicherter Stand nicht lesbar";
        panic: "a fault of ticketledger", "ein Fehler von ticketledger";
    }
}
