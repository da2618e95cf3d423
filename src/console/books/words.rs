//! Texts of the pages about the books.

use crate::console::words::words;

words! {
    pub(in crate::console) struct Words {
        lead: "Every figure leads to its entries, and every entry to the webhook that caused it.",
            "Jede Zahl führt zu ihren Buchungen, und jede Buchung zum Webhook, der sie ausgelöst hat.";
        reports: "Reports", "Berichte";
        months: "Months", "Monate";
        month: "Month", "Monat";
        no_months: "Nothing is booked yet.", "Es ist noch nichts gebucht.";
        status: "Status", "Status";
        status_open: "open", "offen";
        status_soft: "softly closed", "vorläufig abgeschlossen";
        status_closed: "closed", "abgeschlossen";
        closed_by: "Closed", "Abgeschlossen";
        trial_balance: "Trial balance", "Summen- und Saldenliste";
        revenue: "Revenue by event", "Erlöse nach Veranstaltung";
        vat: "VAT by rate", "Umsatzsteuer nach Steuersatz";
        bridge: "From VAT to revenue", "Von der Umsatzsteuer zu den Erlösen";
        payments: "Payments by method", "Zahlungen nach Zahlungsart";
        balances: "Open balances", "Offene Posten";
        vouchers: "Vouchers and flex tickets", "Gutscheine und Flex-Tickets";
        journal: "Journal", "Journal";
        account: "Account", "Konto";
        pack: "Month pack", "Monatsbericht";
        exports: "Exports", "Exporte";
        close: "Close", "Abschluss";
        lines: "Entries behind a figure", "Buchungen hinter einer Zahl";
        period: "Period", "Zeitraum";
        period_months: "Months", "Monate";
        period_quarters: "Quarters", "Quartale";
        period_years: "Years", "Jahre";
        everything: "everything", "alles";
        other_days: "Other days, an earlier state, a closed month",
            "Andere Tage, früherer Stand, abgeschlossener Monat";
        view: "Figures", "Zahlen";
        view_now: "as now known", "nach heutigem Stand";
        view_closed: "as originally closed", "wie abgeschlossen";
        not_closed: "{month} of {source} is not closed, so there are no frozen numbers; look at the figures as now \
            known, or close the month.",
            "{month} von {source} ist nicht abgeschlossen, daher gibt es keine festgehaltenen Zahlen; sehen Sie die \
            Zahlen nach heutigem Stand an, oder schließen Sie den Monat ab.";
        not_months: "A month pack has whole months; choose a month, a quarter or a year.",
            "Ein Monatsbericht umfasst ganze Monate; wählen Sie einen Monat, ein Quartal oder ein Jahr.";
        known_until: "As known at", "Bekannt bis";
        booked_until: "Booked until", "Gebucht bis";
        show: "Show", "Zeigen";
        as_of: "As of {time}", "Stand {time}";
        by_booking: "by the date of booking", "nach Buchungsdatum";
        by_payment: "by the date of payment", "nach Zahlungsdatum";
        by_service: "by the date of payment or service", "nach Zahlungs- oder Leistungsdatum";
        basis: "By which date", "Nach welchem Datum";
        basis_default: "as the policy says", "nach der Regel der Quelle";
        undetermined: "undetermined", "unbestimmt";
        not_due: "Posted and not due yet", "Gebucht und noch nicht fällig";
        by_month: "Month by month", "Monat für Monat";
        download: "Download", "Herunterladen";
        sum_lines: "{n} lines add up to {sum}.", "{n} Zeilen ergeben zusammen {sum}.";
        sum_turned: "Income is a credit, with a minus here; the report shows it without.",
            "Erlöse stehen im Haben, hier mit Minus; der Bericht zeigt sie ohne.";
        sum_moved: "{moved} is moved by the date of payment or service.",
            "{moved} ist nach Zahlungs- oder Leistungsdatum verschoben.";
        sum_agrees: "The report has the same: {parts}.", "Im Bericht steht dasselbe: {parts}.";
        sum_differs: "But the report has {parts}. Run ticketledger ledger verify.",
            "Im Bericht steht aber {parts}. Führen Sie ticketledger ledger verify aus.";
        sum_vouchers: "Vouchers move {moved} between net and VAT, which the gross does not have.",
            "Gutscheine verschieben {moved} zwischen Netto und Umsatzsteuer; im Brutto steht das nicht.";
        sum_absent: "The report has no such row.", "Der Bericht hat keine solche Zeile.";
        sum_partly: "The report has {parts}. Behind it are more lines than a page adds up by itself.",
            "Im Bericht steht {parts}. Dahinter stehen mehr Zeilen, als eine Seite von selbst zusammenzählt.";
        sum_all: "Add up all lines", "Alle Zeilen zusammenzählen";
        too_large: "A sum leaves the range of 64 bits; choose a shorter period.",
            "Eine Summe überschreitet 64 Bit; wählen Sie einen kürzeren Zeitraum.";
        rows_cut: "Only the first {n} rows are shown; the download has all.",
            "Es werden nur die ersten {n} Zeilen gezeigt; der Download hat alle.";
        next_page: "Next", "Weiter";
        first_page: "First page", "Erste Seite";
        total: "Total", "Summe";
        total_of_pages: "Total of all pages", "Summe aller Seiten";
        balance: "Balance", "Saldo";
        debit: "Debit", "Soll";
        credit: "Credit", "Haben";
        opening: "Opening", "Anfangssaldo";
        closing: "Closing", "Endsaldo";
        brought_forward: "Brought forward", "Übertrag";
        carried_forward: "Carried forward", "Übertrag auf die nächste Seite";
        choose_account: "Choose an account.", "Wählen Sie ein Konto.";
        entry_title: "Entry {n} of {source}", "Buchung {n} von {source}";
        entry: "Entry", "Buchung";
        booked_on: "Booked on", "Gebucht am";
        happened: "Happened", "Geschehen am";
        recorded: "Recorded", "Erfasst am";
        what: "What", "Was";
        fact: "Fact", "Sachverhalt";
        reason: "Reason", "Grund";
        takes_back: "Takes back", "Gegenbuchung zu";
        taken_back_by: "Taken back by", "Gegengebucht durch";
        snapshot: "Snapshot", "Stand der Bestellung";
        document: "Document", "Dokument";
        webhook: "Webhook", "Webhook";
        came_from: "Caused by", "Ausgelöst durch";
        by_hand: "Posted by a person or a command.", "Durch eine Person oder einen Befehl gebucht.";
        chain: "Its place in the chain", "Ihr Platz in der Kette";
        hash: "Hash", "Prüfsumme";
        bytes: "Bytes of the webhook", "Inhalt des Webhooks";
        bytes_intact: "there, with this hash", "vorhanden, mit dieser Prüfsumme";
        bytes_pruned: "deleted; the hash stays", "gelöscht; die Prüfsumme bleibt";
        bytes_altered: "NOT those that came", "NICHT die empfangenen";
        trace: "Where it comes from", "Woher sie kommt";
        previous: "Entry {n}", "Buchung {n}";
        shifts: "Moved by the date of payment or service", "Verschoben nach Zahlungs- oder Leistungsdatum";
        pack_lead: "What an accountant expects at the end of a month. Making it reads and verifies the whole book, \
            which takes a while for a large one.",
            "Was eine Buchhaltung am Monatsende erwartet. Der Bericht liest und prüft das ganze Buch, was bei einem \
            großen eine Weile dauert.";
        pack_show: "Show the pack", "Bericht zeigen";
        pack_file: "As one HTML file", "Als eine HTML-Datei";
        pack_data: "The data behind it (JSON)", "Die Daten dahinter (JSON)";
        pack_pdf: "As a plain PDF", "Als schlichtes PDF";
        pack_checks: "{passed} checks passed, {failed} failed, {open} could not be made",
            "{passed} Prüfungen bestanden, {failed} nicht, {open} nicht möglich";
        choose_source: "Choose a source and a month, a quarter or a year.",
            "Wählen Sie eine Quelle und einen Monat, ein Quartal oder ein Jahr.";
    }
}
