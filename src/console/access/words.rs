//! Texts of signing in, sessions and the record.

use super::super::words::words;

words! {
    /// Access.
    pub(in crate::console) struct Words {
        sign_in_title: "Sign in", "Anmelden";
        ended: "Your session had ended, so nothing was done. Sign in, and send the form again.",
            "Ihre Sitzung war zu Ende; es wurde nichts getan. Melden Sie sich an und senden Sie das Formular erneut.";
        wrong: "Name or password is wrong.", "Name oder Passwort ist falsch.";
        wait: "Too many tries. Try again in {n} s.", "Zu viele Versuche. Versuchen Sie es in {n} s wieder.";
        no_users_title: "Nobody can sign in yet", "Noch kann sich niemand anmelden";
        no_users_text: "Add the first user on the machine of the daemon; it asks for the password and shows it \
            nowhere:",
            "Fügen Sie den ersten Benutzer auf der Maschine des Daemons hinzu; das Passwort wird erfragt und \
                nirgends gezeigt:";
        no_users_until: "Until then there are only these two:", "Bis dahin gibt es nur diese beiden:";
        readiness: "Readiness", "Bereitschaft";
        readiness_text: "whether database, inbox and workers do their work",
            "ob Datenbank, Posteingang und Verarbeitung arbeiten";
        metrics: "Metrics", "Messwerte";
        metrics_text: "the numbers that Prometheus reads", "die Zahlen, die Prometheus liest";
        own_sessions: "Your sessions", "Ihre Sitzungen";
        all_sessions: "All sessions", "Alle Sitzungen";
        sessions_none: "You are signed in by a proxy or a token; there is no session here.",
            "Sie sind durch einen Proxy oder ein Token angemeldet; hier gibt es keine Sitzung.";
        this_session: "this one", "diese";
        began: "Signed in", "Angemeldet";
        last_seen: "Last seen", "Zuletzt gesehen";
        ends: "Ends", "Endet";
        address: "Address", "Adresse";
        browser: "Browser", "Browser";
        end: "End", "Beenden";
        users: "Users", "Benutzer";
        users_note: "Users are added and changed on the machine of the daemon:",
            "Benutzer werden auf der Maschine des Daemons hinzugefügt und geändert:";
        changed: "Changed", "Geändert";
        tokens: "API tokens", "API-Tokens";
        label: "Label", "Bezeichnung";
        expires: "Expires", "Läuft ab";
        last_used: "Last used", "Zuletzt benutzt";
        never: "never", "nie";
        record: "Record", "Protokoll";
        record_text: "What was done in the console, and what was refused.",
            "Was in der Konsole getan und was abgelehnt wurde.";
        action: "Action", "Handlung";
        subject: "To what", "Woran";
        outcome: "Outcome", "Ausgang";
        times: "{n} times within the minute", "{n}-mal innerhalb der Minute";
        last_path: "last: {path}", "zuletzt: {path}";
        nobody: "nobody", "niemand";
    }
}
