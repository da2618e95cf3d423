//! Texts of the pages about closing a month.

use crate::console::words::words;

words! {
    pub(in crate::console) struct Words {
        title: "Close {month} of {source}", "{month} von {source} abschließen";
        lead: "Closing freezes a month: later facts go to the first open month, marked as late. It cannot be undone.",
            "Ein Abschluss friert einen Monat ein: Späteres wird im ersten offenen Monat gebucht und ist als Nachtrag \
            markiert. Er lässt sich nicht rückgängig machen.";
        checks: "Checks", "Prüfungen";
        passed: "passed", "bestanden";
        stands_in_the_way: "stands in the way", "steht im Weg";
        can_be_forced: "can be overruled with a reason", "mit Begründung übergehbar";
        not_checked: "not checked yet", "noch nicht geprüft";
        warnings: "To think of", "Zu bedenken";
        check: "Verify the book and check", "Ganzes Buch prüfen";
        check_note: "Verifying reads the whole book. Nothing is changed.",
            "Die Prüfung liest das ganze Buch. Es wird nichts geändert.";
        possible: "The month can be closed.", "Der Monat kann abgeschlossen werden.";
        blocked: "The month cannot be closed yet.", "Der Monat kann noch nicht abgeschlossen werden.";
        numbers_would: "Hash of the numbers that would be frozen", "Prüfsumme der Zahlen, die eingefroren würden";
        numbers_hash: "Hash of the numbers", "Prüfsumme der Zahlen";
        force: "Close although webhooks are parked or pending; the reason is frozen with the numbers",
            "Abschließen, obwohl Webhooks geparkt oder offen sind; die Begründung wird mit eingefroren";
        why: "Reason, for the record", "Begründung, für das Protokoll";
        why_missing: "Overruling a check needs a reason.", "Wer eine Prüfung übergeht, muss das begründen.";
        force_missing: "Something stands in the way that can be overruled: tick this, and write why.",
            "Etwas steht im Weg, das übergangen werden kann: setzen Sie den Haken und schreiben Sie, warum.";
        confirm: "Close {month} for good", "{month} endgültig abschließen";
        closed_title: "{month} of {source} is closed", "{month} von {source} ist abgeschlossen";
        closed_at: "Closed", "Abgeschlossen";
        by: "By", "Durch";
        entry: "Entry of the close", "Buchung des Abschlusses";
        manifest_hash: "Hash of the manifest", "Prüfsumme des Manifests";
        manifest_download: "Download the manifest (JSON)", "Manifest herunterladen (JSON)";
        manifest_note: "Keep this hash outside the database, in a mail or on paper: it proves the numbers.",
            "Bewahren Sie diese Prüfsumme außerhalb der Datenbank auf, in einer Mail oder auf Papier: sie beweist \
            die Zahlen.";
        as_closed: "Trial balance as closed", "Summen- und Saldenliste wie abgeschlossen";
        pack_closed: "Month pack as closed", "Monatsbericht wie abgeschlossen";
        changed: "Since you looked, the numbers of the month have changed, or what stands in the way or should be \
            thought of. Nothing was closed; check again.",
            "Seit Sie hingesehen haben, haben sich die Zahlen des Monats geändert, oder was im Weg steht oder zu \
            bedenken ist. Nichts wurde abgeschlossen; prüfen Sie erneut.";
        closed_before: "{who} was faster and closed the month at {time}. Nothing more was done.",
            "{who} war schneller und hat den Monat um {time} abgeschlossen. Mehr wurde nicht getan.";
        refused: "The month was not closed; not passed: {why}",
            "Der Monat wurde nicht abgeschlossen; nicht bestanden: {why}";
    }
}
