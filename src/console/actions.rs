//! Names of actions and of what comes of them, as they are recorded.

use super::words::names;

names! {
    /// A recorded name in words.
    pub(super) struct Actions {
        sign_in: "Signed in", "Angemeldet";
        sign_out: "Signed out", "Abgemeldet";
        sign_in_password: "Sign-in with a wrong password", "Anmeldung mit falschem Passwort";
        sign_in_header: "Sign-in by header", "Anmeldung durch Kopfzeile";
        sign_in_token: "Use of a token", "Verwendung eines Tokens";
        page_refused: "Page not shown", "Seite nicht gezeigt";
        form_refused: "Form not accepted", "Formular nicht angenommen";
        role_too_low: "the role does not include it", "die Rolle umfasst es nicht";
        token_reads: "a token changes nothing", "ein Token ändert nichts";
        token_unknown: "the token is unknown or has expired", "das Token ist unbekannt oder abgelaufen";
        form_origin: "it came from another site", "es kam von einer anderen Website";
        form_token: "it was not a form of this session", "es war kein Formular dieser Sitzung";
        form_key: "it was not a form of this page", "es war kein Formular dieser Seite";
        wrong_password: "name or password is wrong", "Name oder Passwort ist falsch";
        too_many: "too many tries", "zu viele Versuche";
        header_unlisted: "the header comes from an address that is not listed",
            "die Kopfzeile kommt von einer Adresse, die nicht aufgeführt ist";
        header_twice: "the header is there twice, or has no name",
            "die Kopfzeile ist doppelt oder ohne Namen";
        header_name: "the header has no name of letters, digits and . _ - @ +",
            "die Kopfzeile hat keinen Namen aus Buchstaben, Ziffern und . _ - @ +";
        header_role: "none of the groups has a role", "keine der Gruppen hat eine Rolle";
        end_session: "Ended a session", "Sitzung beendet";
        user_add: "Added a user", "Benutzer hinzugefügt";
        user_remove: "Removed a user", "Benutzer entfernt";
        user_change: "Changed a user", "Benutzer geändert";
        token_add: "Made a token", "Token erstellt";
        token_remove: "Removed a token", "Token entfernt";
        show_personal_data: "Looked at personal data", "Personendaten angesehen";
        search_bodies: "Searched in bodies of webhooks", "In Inhalten von Webhooks gesucht";
        inbox_replay: "Processed webhooks again", "Webhooks erneut verarbeitet";
        inbox_dismiss: "Dismissed webhooks", "Webhooks verworfen";
        findings_acknowledge: "Acknowledged findings", "Befunde zur Kenntnis genommen";
        contact_erase: "Erased a customer", "Gast gelöscht";
        export: "Exported a month", "Monat exportiert";
        export_take_back: "Took back an export", "Export zurückgenommen";
        export_download: "Fetched a file of an export", "Datei eines Exports geholt";
        close: "Closed a month", "Monat abgeschlossen";
        batch: "Batch", "Stapel";
        entries: "Entries", "Buchungen";
        rows: "Rows", "Zeilen";
        manifest_sha256: "Hash of the manifest", "Prüfsumme des Manifests";
        entry_no: "Entry of the close", "Buchung des Abschlusses";
        entry_hash: "Its hash in the chain", "Ihre Prüfsumme in der Kette";
        anchor_file: "Anchor written to", "Anker geschrieben nach";
        anchor_missing: "The anchor file could not be written; the next close does",
            "Die Ankerdatei konnte nicht geschrieben werden; der nächste Abschluss holt es nach";
        acknowledged: "Acknowledged", "Zur Kenntnis genommen";
        stay_open: "Changed meanwhile and stay open", "Inzwischen geändert und weiter offen";
        not_open: "Not open any more by then, without doing of yours",
            "Bis dahin nicht mehr offen, ohne Ihr Zutun";
        erased_events: "Webhooks without contents now", "Webhooks nun ohne Inhalt";
        erased_documents: "Documents without contents now", "Dokumente nun ohne Inhalt";
        cause_seen: "Marked a cause as seen", "Ursache als gesehen markiert";
        cause_reopened: "Opened a cause again", "Ursache wieder geöffnet";
        why: "Why", "Warum";
        force: "And in spite of doubts, because", "Und trotz Zweifeln, weil";
        replayed: "Set back to be processed", "Zur Verarbeitung zurückgesetzt";
        in_work: "Left alone: a worker is processing them, or they changed",
            "Ausgelassen: in Arbeit oder inzwischen geändert";
        still_parked: "Parked again: still not understood", "Erneut geparkt: noch nicht verstanden";
        pruned: "Left alone: their bodies were deleted", "Ausgelassen: ihr Inhalt wurde gelöscht";
        dismissed: "Dismissed", "Verworfen";
        role: "Role", "Rolle";
        reason: "Why", "Warum";
        number: "Number", "Nummer";
    }
}
