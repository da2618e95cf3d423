//! Texts of the pages about exports.

use crate::console::words::words;

words! {
    pub(in crate::console) struct Words {
        lead: "Files for other programs. What went out is remembered: each entry goes to each program once, and a \
            batch can be written again, byte for byte.",
            "Dateien für andere Programme. Was ausgegeben wurde, ist festgehalten: jede Buchung geht einmal an jedes \
            Programm, und ein Stapel lässt sich Byte für Byte erneut ausgeben.";
        new_title: "Export a month", "Einen Monat exportieren";
        target: "For", "Für";
        preview: "Look first", "Zuerst ansehen";
        preview_title: "Export {target} of {source} {month}", "Export {target} von {source} {month}";
        would: "{entries} entries in {rows} rows would go out, as batch {batch}.",
            "{entries} Buchungen in {rows} Zeilen würden ausgegeben, als Stapel {batch}.";
        nothing_new: "There is nothing new for this program in this month.",
            "Für dieses Programm gibt es in diesem Monat nichts Neues.";
        stopped: "The export is stopped until this is put right:", "Der Export ist angehalten, bis dies behoben ist:";
        settings_hint: "Correct sources.exports in the settings; docs/exports.md explains each code.",
            "Korrigieren Sie sources.exports in den Einstellungen; docs/exports.md erklärt jeden Code.";
        debits: "Debits", "Soll";
        export: "Export", "Exportieren";
        batches: "What was exported", "Was exportiert wurde";
        no_batches: "Nothing was exported yet.", "Es wurde noch nichts exportiert.";
        batch: "Batch", "Stapel";
        batch_title: "Batch {batch}", "Stapel {batch}";
        entries: "Entries", "Buchungen";
        from_to: "From and to entry", "Von und bis Buchung";
        rows: "Rows", "Zeilen";
        exported_at: "Exported", "Exportiert";
        by: "By", "Durch";
        taken_back: "taken back", "zurückgenommen";
        taken_back_by: "Taken back by {by} on {time}: {reason}", "Zurückgenommen durch {by} am {time}: {reason}";
        files: "Files", "Dateien";
        file: "File", "Datei";
        bytes: "Bytes", "Bytes";
        download_hint: "Written anew from the books and compared with what went out first.",
            "Neu aus den Büchern geschrieben und mit dem zuerst Ausgegebenen verglichen.";
        take_back: "Take back", "Zurücknehmen";
        take_back_title: "Take back {batch}", "{batch} zurücknehmen";
        take_back_effect: "The batch is marked as not used; its {n} entries go into the next one. Only if nobody has \
            used its files.",
            "Der Stapel gilt als nicht verwendet; seine {n} Buchungen gehen in den nächsten. Nur wenn niemand seine \
            Dateien verwendet hat.";
        why_unused: "Why nobody has used it", "Warum niemand ihn verwendet hat";
        why_missing: "Write why nobody has used the batch.", "Schreiben Sie, warum niemand den Stapel verwendet hat.";
        changed: "Other entries would go out now ({now} instead of {shown}). Look again.",
            "Jetzt würden andere Buchungen ausgegeben ({now} statt {shown}). Sehen Sie noch einmal nach.";
        overtaken: "Somebody else has just written batch {batch}. Nothing was exported twice; look again for what has \
            come since.",
            "Jemand anders hat gerade den Stapel {batch} geschrieben. Nichts wurde zweimal ausgegeben; sehen Sie nach, \
            was seither dazukam.";
        was_taken_back: "Batch {batch} was taken back; its entries go into a later batch.",
            "Der Stapel {batch} wurde zurückgenommen; seine Buchungen gehen in einen späteren Stapel.";
        not_newest: "Batch {asked} is not the newest of its month: take back {newest} first, or correct the month in \
            the next batch.",
            "Der Stapel {asked} ist nicht der neueste seines Monats: nehmen Sie zuerst {newest} zurück, oder \
            berichtigen Sie den Monat im nächsten Stapel.";
        differs: "Batch {batch} cannot be written again as it was: {name} would differ from the file that version \
            {version} wrote; this is version {now}. Use the file that was kept, or that version. `ticketledger ledger \
            verify` says whether the journal is as it was.",
            "Der Stapel {batch} lässt sich nicht mehr schreiben, wie er war: {name} wiche von der Datei ab, die \
            Version {version} schrieb; dies ist Version {now}. Verwenden Sie die aufbewahrte Datei oder jene Version. \
            `ticketledger ledger verify` sagt, ob das Journal unverändert ist.";
        warning: "Warning", "Warnung";
        no_settings: "The settings of {source} have nothing for an export to {target}; see [sources.exports.{target}] \
            in ticketledger config example.",
            "Die Einstellungen von {source} enthalten nichts für einen Export nach {target}; siehe \
            [sources.exports.{target}] in ticketledger config example.";
        no_source: "The settings have no source {source}, so its accounts have no numbers for {target}.",
            "Die Einstellungen haben keine Quelle {source}, daher haben ihre Konten keine Nummern für {target}.";
    }
}
