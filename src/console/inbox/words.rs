//! Texts of the inbox.

use super::super::words::words;

words! {
    /// The inbox.
    pub(in crate::console) struct Words {
        title: "Inbox", "Posteingang";
        lead: "Every webhook as it came, and what became of it.", "Jeder Webhook, wie er kam, und was aus ihm wurde.";
        webhook: "Webhook", "Webhook";
        webhook_title: "Webhook {id}", "Webhook {id}";
        sweep_title: "Event {id}, found by the sweep of {time}", "Ereignis {id}, gefunden vom Abgleich vom {time}";
        past_title: "Event {id}, found by the import of the past of {time}",
            "Ereignis {id}, gefunden vom Import der Vergangenheit vom {time}";
        event_title: "Event {id}", "Ereignis {id}";
        about: "About", "Betrifft";
        about_hint: "order or booking, by its id", "Bestellung oder Buchung, mit ihrer ID";
        text: "Text in the body", "Text im Inhalt";
        received: "Received", "Empfangen";
        attempts: "Attempts", "Versuche";
        by_cause: "Parked, by cause", "Geparkt, nach Ursache";
        by_cause_lead: "What needs a person, and the payments that it tells of as far as they can be read.",
            "Was jemand ansehen muss, mit den darin genannten Zahlungen, soweit sie lesbar sind.";
        by_cause_none: "Nothing is parked.", "Nichts ist geparkt.";
        by_cause_first: "These are the first {n}; there are more.", "Dies sind die ersten {n}; es gibt mehr.";
        scanned: "Looked at the newest {n} of each state; older ones may match, too.",
            "Angesehen sind die neuesten {n} jedes Zustands; ältere können auch passen.";
        go_on: "Look further back", "Weiter zurück suchen";
        text_needs_time: "A search in bodies needs a first day, so that it ends.",
            "Eine Suche im Inhalt braucht einen ersten Tag, damit sie endet.";
        select_all: "Tick all on this page", "Alle auf dieser Seite ankreuzen";
        select_one: "Tick webhook {id}", "Webhook {id} ankreuzen";
        replay_these: "Process these {n} again …", "Diese {n} erneut verarbeiten …";
        dismiss_these: "Dismiss these {n} …", "Diese {n} verwerfen …";
        replay_all: "Process all {n} that match again …", "Alle passenden erneut verarbeiten ({n}) …";
        dismiss_all: "Dismiss all {n} that match …", "Alle passenden verwerfen ({n}) …";
        replay_one: "Process again …", "Erneut verarbeiten …";
        dismiss_one: "Dismiss …", "Verwerfen …";
        no_selection: "No webhook was chosen.", "Es wurde kein Webhook gewählt.";
        method: "Method", "Methode";
        content_type: "Content type", "Inhaltstyp";
        headers: "Headers", "Kopfzeilen";
        sha256: "SHA-256 of the body", "SHA-256 des Inhalts";
        detail: "In words", "In Worten";
        due: "Next attempt", "Nächster Versuch";
        finished: "Finished", "Beendet";
        body: "Body", "Inhalt";
        body_pruned: "The body was deleted; its hash stays.", "Der Inhalt wurde gelöscht; sein Hash bleibt.";
        body_masked: "What may be personal is hidden.", "Was persönlich sein kann, ist verborgen.";
        body_opaque: "{n} bytes that are no JSON; they are shown when asked for.",
            "{n} Bytes, die kein JSON sind; sie werden auf Wunsch gezeigt.";
        body_opaque_reader: "{n} bytes that are no JSON; your role does not see them.",
            "{n} Bytes, die kein JSON sind; Ihre Rolle sieht sie nicht.";
        show_personal: "Show everything", "Alles zeigen";
        shown_personal: "Everything is shown; that you looked is recorded.",
            "Alles ist sichtbar; dass Sie es angesehen haben, ist festgehalten.";
        pretty: "Formatted", "Formatiert";
        raw: "As received", "Wie empfangen";
        download: "Download the bytes", "Bytes herunterladen";
        cut: "Only the beginning ({n} bytes) is shown; the download has all.",
            "Es wird nur der Anfang gezeigt ({n} Bytes); der Download hat alles.";
        history: "History", "Verlauf";
        history_none: "It has not failed, and nobody touched it.",
            "Nichts ist fehlgeschlagen, und niemand hat eingegriffen.";
        attempt: "Attempt", "Versuch";
        verdict: "Result", "Ergebnis";
        next_try: "Next try", "Nächster Versuch";
        by: "By", "Von";
        caused: "What it caused", "Was es bewirkte";
        caused_none: "No entry of the journal.", "Keine Buchung im Journal.";
        entry: "Entry", "Buchung";
        date: "Date", "Datum";
        fact: "Fact", "Sachverhalt";
        lines: "Accounts", "Konten";
        more_entries: "{n} more are on the page of the order.", "{n} weitere stehen auf der Seite der Bestellung.";
        count: "Webhooks", "Webhooks";
        oldest: "Oldest", "Älteste";
        money: "Payments told", "Genannte Zahlungen";
        money_unread: "{n} cannot be read", "{n} nicht lesbar";
        note: "Note", "Notiz";
        mark_seen: "Mark as seen", "Als gesehen markieren";
        mark_open: "Reopen", "Wieder öffnen";
        cause_open: "open", "offen";
        cause_seen: "seen", "gesehen";
        replay_title: "Process webhooks again", "Webhooks erneut verarbeiten";
        replay_lead: "What would happen now. Nothing has been changed yet.",
            "Was jetzt geschehen würde. Noch ist nichts geändert.";
        replay_confirm: "Process {n} again", "Erneut verarbeiten ({n})";
        replay_partly: "The effect is shown of the first {n}; {more} more match and would be processed, too.",
            "Die Wirkung ist von den ersten {n} gezeigt; {more} weitere passen und würden auch verarbeitet.";
        replay_archive: "{n} bookings are read from stored answers here; the real run fetches them again.",
            "Hier aus gespeicherten Antworten gelesen: {n}; der echte Lauf ruft sie beim Anbieter neu ab.";
        outcomes: "They would be", "Sie wären dann";
        still: "These would stay", "Diese würden bleiben";
        no_entries: "No entry would be posted.", "Es würde nichts gebucht.";
        entries: "Entries that would be posted: {n}. Orders that would change: {orders}.",
            "Neue Buchungen: {n}. Geänderte Bestellungen: {orders}.";
        account: "Account", "Konto";
        change: "Change (debit positive)", "Änderung (Soll positiv)";
        findings_opened: "Findings that would open", "Befunde, die entstehen würden";
        findings_closed: "Findings that would close", "Befunde, die sich erledigen würden";
        more: "and {n} more", "und {n} weitere";
        changed: "{before} were shown, now {after} match. Nothing was changed; look at the effect again and confirm.",
            "{before} waren gezeigt, jetzt passen {after}. Nichts wurde geändert; sehen Sie die Wirkung erneut an \
                und bestätigen Sie.";
        meanwhile: "This changed since you looked: {now}. Nothing was done now; look at the effect again.",
            "Seit Sie hingesehen haben, hat sich das geändert: {now}. Jetzt wurde nichts getan; sehen Sie die Wirkung \
                erneut an.";
        meanwhile_by: "{who} was faster, at {time}: {what}. By now: {now}. Nothing more was done.",
            "{who} war schneller, um {time}: {what}. Jetzt: {now}. Mehr wurde nicht getan.";
        meanwhile_last: "This changed since you looked: {now}. The last to act was {who}, at {time}: {what}. Nothing \
            was done now; look at the effect again.",
            "Seit Sie hingesehen haben, hat sich das geändert: {now}. Zuletzt hat {who} gehandelt, um {time}: {what}. \
                Jetzt wurde nichts getan; sehen Sie die Wirkung erneut an.";
        overtaken: "Others act on webhooks at the same time. Nothing was done; look at the effect again.",
            "Andere bearbeiten zur selben Zeit Webhooks. Nichts wurde getan; sehen Sie die Wirkung \
                erneut an.";
        why_missing: "Write why; it is kept for the record.", "Schreiben Sie, warum; es wird festgehalten.";
        dismiss_title: "Dismiss webhooks", "Webhooks verwerfen";
        dismiss_lead: "They will count for nothing any more: in no alert and in no close of a month. What is booked \
            of their orders stays. Processing one again takes it up again.",
            "Sie zählen dann nicht mehr: in keiner Meldung und in keinem Monatsabschluss. Was von ihren Bestellungen \
                gebucht ist, bleibt. Eine erneute Verarbeitung nimmt sie wieder auf.";
        dismiss_confirm: "Dismiss {n}", "Verwerfen ({n})";
        dismiss_none: "None of them can be dismissed.", "Keiner davon kann verworfen werden.";
        dismiss_counted: "{n} were applied or superseded: what they said is counted, and dismissing them would not \
            take it back.",
            "Schon gebucht oder überholt: {n}. Was sie sagten, zählt; ein Verwerfen nähme es nicht zurück.";
        dismiss_already: "{n} were dismissed before.", "Schon verworfen: {n}.";
        dismiss_in_work: "{n} are being processed and are left alone.", "In Arbeit und unberührt: {n}.";
        doubtful: "{n} of them may be the only word of an order or of money",
            "Vielleicht die einzige Nachricht über eine Bestellung oder Geld: {n}";
        doubt: "Doubt", "Zweifel";
        force: "Dismiss these too, because", "Auch diese verwerfen, weil";
        forced: " (forced: ", " (trotz Zweifeln: ";
        force_missing: "Some may be the only word of an order or of money; write why they may be dismissed all the \
            same.",
            "Manche sind vielleicht die einzige Nachricht über eine Bestellung oder Geld; schreiben Sie, warum sie \
                trotzdem verworfen werden dürfen.";
        doubt_not_processed: "not processed yet", "noch nicht verarbeitet";
        doubt_own_fact: "tells of a payment or a cancellation that no other repeats",
            "nennt eine Zahlung oder Stornierung, die kein anderer wiederholt";
        doubt_last_word: "no later webhook about the same order was applied",
            "kein späterer Webhook zur selben Bestellung wurde angewendet";
        doubt_may_tell_of_money: "cannot be read, and may tell of money", "nicht lesbar, kann von Geld handeln";
    }
}
