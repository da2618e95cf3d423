//! Texts that all pages share.

use super::words::words;

words! {
    /// What stands around every page, and on pages without an area.
    pub(super) struct Common {
        skip: "Skip to content", "Zum Inhalt springen";
        navigation: "Areas", "Bereiche";
        overview: "Overview", "Übersicht";
        inbox: "Inbox", "Posteingang";
        orders: "Orders", "Bestellungen";
        vouchers: "Vouchers", "Gutscheine";
        findings: "Findings", "Befunde";
        books: "Books", "Bücher";
        contacts: "Customers", "Gäste";
        access: "Access", "Zugang";
        sign_in: "Sign in", "Anmelden";
        sign_out: "Sign out", "Abmelden";
        signed_in_as: "Signed in as {name} ({role})", "Angemeldet als {name} ({role})";
        language: "Language", "Sprache";
        switch: "Switch", "Wechseln";
        role_reader: "reader", "Lesen";
        role_finance: "finance", "Finanzen";
        role_admin: "admin", "Verwaltung";
        command_title: "The same on the command line", "Dasselbe auf der Kommandozeile";
        freshness: "How fresh the figures are", "Wie frisch die Zahlen sind";
        as_of: "As of {time}", "Stand {time}";
        name: "Name", "Name";
        password: "Password", "Passwort";
        role: "Role", "Rolle";
        source: "Source", "Quelle";
        state: "State", "Zustand";
        reason: "Reason", "Grund";
        kind: "Kind", "Art";
        order: "Order", "Bestellung";
        amount: "Amount", "Betrag";
        currency: "Currency", "Währung";
        when: "When", "Wann";
        who: "Who", "Wer";
        what: "What", "Was";
        why: "Why", "Warum";
        why_hint: "For the record; name no customer.", "Für das Protokoll; ohne Namen von Gästen.";
        all: "all", "alle";
        none: "Nothing here.", "Hier ist nichts.";
        search: "Search", "Suchen";
        filter: "Filter", "Filtern";
        filters: "Filters", "Filter";
        show: "Show", "Anzeigen";
        reset: "Clear", "Zurücksetzen";
        from: "From", "Von";
        until: "Until", "Bis";
        older: "Older", "Ältere";
        newer: "Newest", "Neueste";
        back: "Back", "Zurück";
        cancel: "Cancel", "Abbrechen";
        details: "Details", "Einzelheiten";
        help: "Keyboard", "Tastatur";
        help_search: "search", "suchen";
        help_rows: "next and previous row", "nächste und vorige Zeile";
        help_open: "open the row", "Zeile öffnen";
        help_close: "close", "schließen";
        live: "live", "live";
        live_reconnecting: "reconnecting", "verbindet neu";
        live_stale: "stale since {time}", "veraltet seit {time}";
        live_off: "as loaded", "wie geladen";
        ago_now: "just now", "gerade eben";
        ago_minutes: "{n} min ago", "vor {n} min";
        ago_hours: "{n} h ago", "vor {n} h";
        ago_days: "{n} days ago", "vor {n} Tagen";
        in_minutes: "in {n} min", "in {n} min";
        in_hours: "in {n} h", "in {n} h";
        not_found_title: "Not found", "Nicht gefunden";
        not_found_text: "There is no such page, or nothing with this number.",
            "Diese Seite gibt es nicht, oder nichts hat diese Nummer.";
        unknown_title: "Nobody is signed in", "Niemand ist angemeldet";
        forbidden_title: "Not for your role", "Nicht für Ihre Rolle";
        forbidden_text: "Your role does not include this. An administrator can change it.",
            "Ihre Rolle umfasst das nicht. Die Verwaltung kann sie ändern.";
        bad_request_title: "This does not work", "So geht es nicht";
        conflict_title: "It has changed meanwhile", "Es hat sich inzwischen geändert";
        forged_title: "The form is not accepted", "Das Formular wird nicht angenommen";
        forged_text: "The form did not come from this page, or the session began anew. Load the page again and repeat.",
            "Das Formular kam nicht von dieser Seite, oder die Sitzung ist neu. Laden Sie die Seite neu und \
                wiederholen Sie es.";
        failed_title: "Something went wrong", "Etwas ging schief";
        failed_text: "The database did not answer as expected; the log of the daemon says more. Nothing half-done \
            remains.",
            "Die Datenbank hat nicht wie erwartet geantwortet; mehr steht im Protokoll des Daemons. Nichts Halbes \
                bleibt zurück.";
        busy_title: "Too many at once", "Zu viele auf einmal";
        busy_text: "Try again in a moment.", "Versuchen Sie es gleich noch einmal.";
        done_title: "Result", "Ergebnis";
        done_running: "Still running; this page loads itself again.",
            "Läuft noch; diese Seite lädt sich von selbst neu.";
        done_done: "Done", "Erledigt";
        done_is_running: "Running", "Läuft";
        done_refused: "Refused", "Abgelehnt";
        done_refused_text: "Refused; nothing was changed", "Abgelehnt; nichts wurde geändert";
        done_failed: "Failed", "Fehlgeschlagen";
        in_english: "What is stored as text is written in English.",
            "Was als Text gespeichert ist, steht auf Englisch da.";
        audit_note: "Recorded with your name.", "Wird mit Ihrem Namen festgehalten.";
    }
}
