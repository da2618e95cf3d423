//! Every word of a pack in both languages, in one table.

macro_rules! words {
    ($($name:ident: $en:literal, $de:literal;)+) => {
        /// The words of one language.
        pub(super) struct Words {
            $(pub(super) $name: &'static str,)+
        }

        pub(super) const EN: Words = Words { $($name: $en,)+ };
        pub(super) const DE: Words = Words { $($name: $de,)+ };

        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $en, $de),)+];
    };
}

words! {
    // Pages.
    month_pack: "Month-end report", "Monatsbericht";
    quarter_pack: "Quarter-end report", "Quartalsbericht";
    year_pack: "Year-end report", "Jahresbericht";
    cover: "Statement", "Deckblatt";
    summary: "Summary", "Zusammenfassung";
    trial_balance: "Trial balance", "Summen- und Saldenliste";
    vat_page: "VAT by rate", "Umsatzsteuer nach Steuersatz";
    revenue_page: "Revenue by event", "Erlöse nach Veranstaltung";
    payments_page: "Payments by method", "Zahlungen nach Zahlungsart";
    receivable_page: "Receivables: roll-forward", "Entwicklung der Forderungen";
    open_items_page: "Open items by age", "Offene Posten nach Alter";
    stored_value_page: "Vouchers and flex tickets: roll-forward", "Entwicklung der Gutscheinverbindlichkeiten";
    deferred_page: "Deferred revenue", "Abgegrenzte Erlöse";
    late_page: "Late adjustments", "Nachträge zu abgeschlossenen Monaten";
    exceptions_page: "Exceptions", "Auffälligkeiten";
    exports_page: "Exports made", "Exporte";
    // Everywhere.
    none: "none", "keine";
    page: "Page", "Seite";
    section: "Section", "Abschnitt";
    of: "of", "von";
    total: "Total", "Summe";
    ties_to: "Ties to", "Stimmt überein mit";
    contents: "Contents", "Inhalt";
    more: "and more", "und weitere";
    // Cover.
    source: "Source", "Quelle";
    period: "Period", "Zeitraum";
    currencies: "Currencies", "Währungen";
    view: "Shown", "Stand";
    as_known: "as known now", "wie heute bekannt";
    as_closed: "as closed", "wie abgeschlossen";
    made_at: "Prepared", "Erstellt";
    made_by: "Program", "Programm";
    entries: "Entries", "Buchungssätze";
    chain: "Head of the hash chain", "Kopf der Hashkette";
    policies: "Posting policies", "Buchungsregeln";
    account_numbers: "Account numbers", "Kontonummern";
    not_mapped: "not mapped; codes of ticketledger", "nicht zugeordnet; Kontencodes von ticketledger";
    mapped: "see section 3", "siehe Abschnitt 3";
    account_number: "Account no.", "Konto-Nr.";
    data_hash: "SHA-256 of the data behind it", "SHA-256 der zugrunde liegenden Daten";
    status: "Status", "Status";
    month: "Month", "Monat";
    open: "open", "offen";
    soft: "preliminarily closed", "vorläufig abgeschlossen";
    closed: "closed", "abgeschlossen";
    closed_on: "Closed on", "Abgeschlossen am";
    closed_by: "By", "Von";
    manifest: "Manifest (SHA-256)", "Manifest (SHA-256)";
    late_since: "Late entries since", "Nachträge seither";
    freshness: "Is everything in?", "Ist alles eingegangen?";
    complete_up_to: "Complete up to", "Vollständig bis";
    unknown: "unknown", "unbekannt";
    last_sweep: "Last sweep", "Letzter Abgleich";
    never: "never", "nie";
    swept_clean: "no difference", "kein Unterschied";
    swept_repaired: "differences stored", "Unterschiede gespeichert";
    swept_failed: "failed", "fehlgeschlagen";
    swept_stopped: "stopped", "angehalten";
    swept_over_budget: "ended early: no more requests this month",
        "vorzeitig beendet: keine Anfragen mehr in diesem Monat";
    swept_unstable: "ended early: the list changed too much", "vorzeitig beendet: die Liste änderte sich zu sehr";
    missed_found: "Missed, found by it", "Dabei nachgeholt";
    last_received: "Last webhook", "Letzter Webhook";
    received: "Webhooks of the period", "Webhooks des Zeitraums";
    parked: "Parked, not booked", "Geparkt, nicht gebucht";
    in_period: "of this period", "aus diesem Zeitraum";
    in_all: "in all", "insgesamt";
    told: "payments in them", "Zahlungen darin";
    without_sum: "without a readable payment", "ohne lesbare Zahlung";
    checks: "Checks", "Prüfungen";
    passed: "passed", "bestanden";
    failed: "failed", "nicht bestanden";
    not_checked: "could not check", "nicht prüfbar";
    outcome: "Outcome", "Ergebnis";
    what_is_checked: "What is checked", "Was geprüft wird";
    expected: "expected", "erwartet";
    actual: "actual", "tatsächlich";
    found: "found", "gefunden";
    signed_by: "Checked by", "Geprüft von";
    signed_on: "Date, signature", "Datum, Unterschrift";
    // Checks.
    check_chain: "The books hold: numbers, hashes and balances of the whole chain",
        "Die Bücher halten: Nummern, Hashes und Salden der ganzen Kette";
    check_frozen: "The numbers are those that the close froze", "Die Zahlen sind die beim Abschluss festgehaltenen";
    check_sweep: "Compared with the provider: nothing is missing", "Abgleich mit dem Anbieter: es fehlt nichts";
    check_parked: "No webhook is parked: it might belong to this period",
        "Kein Webhook ist geparkt: er könnte in diesen Zeitraum gehören";
    check_pending: "No webhook of the period is waiting", "Kein Webhook des Zeitraums wartet";
    check_summary: "Each line of the summary is the total of its section",
        "Jede Zeile der Zusammenfassung ist die Summe ihres Abschnitts";
    check_charts: "The charts add up to their sections", "Die Diagramme stimmen mit ihren Abschnitten überein";
    check_trial_balance: "Debits = credits, balances add up to zero", "Soll = Haben, die Salden ergeben null";
    check_vat_accounts: "VAT by booking date = VAT accounts", "Steuer nach Buchungsdatum = Steuerkonten";
    check_vat_by_payment: "VAT posted − due by payment = not due yet",
        "Steuer gebucht − fällig nach Zahlung = noch nicht fällig";
    check_vat_by_service: "VAT posted − due by service = not due yet",
        "Steuer gebucht − fällig nach Leistung = noch nicht fällig";
    check_revenue: "Events and products = revenue report = income accounts",
        "Veranstaltungen und Produkte = Erlösbericht = Erlöskonten";
    check_bridge: "VAT report + named differences = revenue report",
        "Steuerbericht + benannte Unterschiede = Erlösbericht";
    check_clearing: "Clearing accounts: opening + movements = closing",
        "Verrechnungskonten: Anfang + Bewegungen = Ende";
    check_payments: "Paid and refunded = report of payments", "Gezahlt und erstattet = Zahlungsbericht";
    check_receivable: "Receivables: opening + movements = closing", "Forderungen: Anfang + Bewegungen = Ende";
    check_open_items: "All orders by age = receivables", "Alle Bestellungen nach Alter = Forderungen";
    check_stored_value: "Vouchers: opening + movements = closing", "Gutscheine: Anfang + Bewegungen = Ende";
    check_stored_value_years: "All vouchers by year of issue = liability",
        "Alle Gutscheine nach Ausgabejahr = Verbindlichkeit";
    check_deferred: "Deferred by month of the event = its account", "Abgrenzung nach Veranstaltungsmonat = ihr Konto";
    check_suspense: "Suspense accounts are empty or explained", "Zwischenkonten sind leer oder erklärt";
    check_high_findings: "No open finding of severity high", "Keine offene Auffälligkeit der Stufe hoch";
    check_exports: "Everything was exported", "Alles wurde exportiert";
    // Summary.
    line: "Line", "Posten";
    this_period: "This period", "Dieser Zeitraum";
    period_before: "Period before", "Zeitraum davor";
    year_before: "A year before", "Ein Jahr davor";
    as_closed_column: "As closed", "Wie abgeschlossen";
    as_now_known: "As now known", "Wie heute bekannt";
    as_now_known_note: "As now known = as closed, with what came after the close and belongs to this period.",
        "Wie heute bekannt = wie abgeschlossen, mit dem, was nach dem Abschluss kam und in diesen Zeitraum gehört.";
    billed: "Billed, before discounts", "Berechnet, vor Nachlässen";
    discounts: "Discounts", "Nachlässe";
    net: "Net", "Netto";
    vat: "VAT", "Steuer";
    gross: "Gross", "Brutto";
    paid: "Paid", "Gezahlt";
    refunded: "Refunded", "Erstattet";
    receivable_closing: "Receivables at the end", "Forderungen am Ende";
    stored_value_closing: "Owed on vouchers at the end", "Offene Gutscheine am Ende";
    deferred_closing: "Deferred revenue at the end", "Abgegrenzte Erlöse am Ende";
    chart_revenue: "Revenue per day, net", "Erlöse je Tag, netto";
    chart_revenue_months: "Revenue per month, net", "Erlöse je Monat, netto";
    chart_payments: "Payments less refunds, by method", "Zahlungen abzüglich Erstattungen, nach Zahlungsart";
    chart_stored_value: "Owed on vouchers and flex tickets at month ends",
        "Verbindlichkeit aus Gutscheinen und Flextickets an Monatsenden";
    month_end: "End of", "Ende";
    // Tables.
    account: "Account", "Konto";
    opening: "Opening", "Anfang";
    debit: "Debit", "Soll";
    credit: "Credit", "Haben";
    closing: "Closing", "Ende";
    rate: "Rate", "Satz";
    exempt: "exempt or 0 %", "steuerfrei oder 0 %";
    undetermined: "not determined", "nicht bestimmt";
    by_booking: "By booking date", "Nach Buchungsdatum";
    by_payment: "By date of payment", "Nach Zahlungsdatum";
    by_service: "By date of payment or service", "Nach Zahlungs- oder Leistungsdatum";
    not_due: "Posted and not due yet", "Gebucht und noch nicht fällig";
    basis: "Due by", "Fällig nach";
    by_payment_short: "payment", "Zahlung";
    by_service_short: "service", "Leistung";
    posted: "Posted", "Gebucht";
    due: "Due", "Fällig";
    of_earlier_months: "Part of it that concerns earlier months", "Davon betrifft frühere Monate";
    first_booked: "First booked in", "Zuerst gebucht in";
    event: "Event", "Veranstaltung";
    days: "Days", "Tage";
    sold: "Sold", "Verkauft";
    returned: "Returned", "Zurück";
    tickets: "Tickets", "Tickets";
    products: "Products", "Produkte";
    no_title: "without a title", "ohne Titel";
    bridge: "From the VAT by booking date to this revenue", "Von der Steuer nach Buchungsdatum zu diesen Erlösen";
    step: "Step", "Schritt";
    method: "Method", "Zahlungsart";
    number: "No.", "Anzahl";
    paid_out: "Paid out", "Ausgezahlt";
    fees: "Fees", "Gebühren";
    other: "Other", "Sonstiges";
    oldest_open: "Open since", "Offen seit";
    movement: "Movement", "Bewegung";
    amount: "Amount", "Betrag";
    redeemed: "Paid by voucher or flex ticket", "Mit Gutschein oder Flexticket bezahlt";
    refund_vouchers: "Refund vouchers", "Erstattungsgutscheine";
    retained: "Kept after cancellation", "Nach Storno einbehalten";
    written_off: "Written off", "Ausgebucht";
    cash_rounding: "Cash rounding", "Barzahlungsrundung";
    issued: "Issued", "Ausgegeben";
    used: "Used", "Eingelöst";
    expired: "Expired", "Verfallen";
    corrected: "Corrected", "Berichtigt";
    brought_in: "Brought in when the book began", "Aus der Zeit vor diesem Buch";
    age: "Age", "Alter";
    age_not_due: "not due", "nicht fällig";
    age_1: "1–30 days", "1–30 Tage";
    age_31: "31–60 days", "31–60 Tage";
    age_61: "61–90 days", "61–90 Tage";
    age_over_90: "over 90 days", "über 90 Tage";
    age_credit: "owed to guests", "Guthaben der Gäste";
    orders: "Orders", "Bestellungen";
    order: "Order", "Bestellung";
    due_on: "Due on", "Fällig am";
    largest_debts: "Largest debts", "Höchste Forderungen";
    largest_credits: "Largest credits of guests", "Höchste Guthaben von Gästen";
    since: "Since", "Seit";
    by_year: "By year of issue", "Nach Ausgabejahr";
    by_year_note: "In Germany claims from vouchers usually lapse three years after the end of that year.",
        "In Deutschland verjähren Ansprüche aus Gutscheinen in der Regel drei Jahre nach Ende dieses Jahres.";
    year: "Year", "Jahr";
    never_issued_here: "used here, never issued here", "hier eingelöst, nie hier ausgegeben";
    vouchers: "Vouchers", "Gutscheine";
    worth: "Worth", "Wert";
    month_of_event: "Month of the event", "Monat der Veranstaltung";
    becomes_revenue: "Becomes revenue", "Wird Erlös";
    of_closed_months: "Booked in this period, belongs to closed months",
        "In diesem Zeitraum gebucht, gehört zu abgeschlossenen Monaten";
    booked_later: "Belongs to this period, booked later because it was closed",
        "Gehört zu diesem Zeitraum, später gebucht, weil er abgeschlossen war";
    belongs_to: "Belongs to", "Gehört zu";
    booked_in: "Booked in", "Gebucht in";
    receivable: "Receivable", "Forderung";
    entries_one_by_one: "The entries", "Die Buchungssätze";
    entry: "Entry", "Satz";
    booked_on: "Booked on", "Gebucht am";
    happened_on: "Happened on", "Geschehen am";
    what: "What", "Was";
    reverses: "Reverses", "Storniert";
    findings_open: "Open findings, by kind", "Offene Auffälligkeiten nach Art";
    findings_known: "Acknowledged findings", "Zur Kenntnis genommen";
    severity: "Severity", "Stufe";
    high: "high", "hoch";
    medium: "medium", "mittel";
    low: "low", "niedrig";
    info: "info", "Hinweis";
    reason: "Reason", "Grund";
    findings: "Findings", "Anzahl";
    currency: "Currency", "Währung";
    difference: "Difference", "Differenz";
    by_whom: "By", "Von";
    why: "Why", "Warum";
    suspense: "Accounts that should be empty", "Konten, die leer sein sollten";
    explained_by: "Findings that explain it", "Auffälligkeiten, die es erklären";
    batch: "Batch", "Stapel";
    rows: "Rows", "Zeilen";
    findings_note: "With orders, evidence and what to do:", "Mit Bestellungen, Belegen und Abhilfe:";
    journal_note: "The journal of the period is too long for paper:",
        "Das Journal des Zeitraums ist zu lang für Papier:";
    // What a page agrees with.
    tie_summary: "the sections named in each line", "die in jeder Zeile genannten Abschnitte";
    tie_all: "all other sections", "alle anderen Abschnitte";
    tie_vat: "VAT accounts of section 3", "Steuerkonten in Abschnitt 3";
    tie_revenue: "income accounts of section 3; section 4 by the bridge",
        "Erlöskonten in Abschnitt 3; Abschnitt 4 über die Brücke";
    tie_payments: "clearing accounts of section 3", "Verrechnungskonten in Abschnitt 3";
    tie_receivable: "receivable of section 3", "Forderungen in Abschnitt 3";
    tie_open_items: "closing balance of section 7", "Endbestand in Abschnitt 7";
    tie_stored_value: "liability accounts of section 3", "Verbindlichkeiten in Abschnitt 3";
    tie_deferred: "deferred account of section 3", "Abgrenzungskonto in Abschnitt 3";
    tie_suspense: "suspense accounts of section 3", "Zwischenkonten in Abschnitt 3";
    // States of webhooks.
    state_pending: "pending", "wartend";
    state_done: "done", "erledigt";
    state_superseded: "superseded", "überholt";
    state_parked: "parked", "geparkt";
    state_dismissed: "dismissed", "verworfen";
    // Steps of the bridge.
    step_vat_report: "VAT by booking date", "Steuer nach Buchungsdatum";
    step_voucher: "Single-purpose vouchers sold", "Einzweckgutscheine verkauft";
    step_refund_voucher: "Single-purpose vouchers issued as refunds", "Einzweckgutscheine als Erstattung";
    step_voucher_redemption: "Single-purpose vouchers used", "Einzweckgutscheine eingelöst";
    step_flex: "Taxed flex tickets sold", "Versteuerte Flextickets verkauft";
    step_flex_redemption: "Taxed flex tickets used", "Versteuerte Flextickets eingelöst";
    step_voucher_rate_difference: "Used at another rate than sold", "Zu anderem Satz eingelöst als verkauft";
    step_deferred: "Sold before the day of the event", "Vor dem Veranstaltungstag verkauft";
    step_deferred_released: "Released on the day of the event", "Am Veranstaltungstag aufgelöst";
    step_revenue_only: "In the revenue report only", "Nur im Erlösbericht";
    step_price_reduction: "Price reductions entered by hand", "Von Hand erfasste Preisnachlässe";
    step_revenue_report: "Revenue", "Erlöse";
}

/// Swiss law calls the tax otherwise.
pub(super) const DE_CH: Words = Words { vat_page: "Mehrwertsteuer nach Steuersatz", vat: "MWST", ..DE };

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_word_is_there_in_both_languages_and_right_in_switzerland_too() {
        for (name, en, de) in ALL {
            assert!(!en.trim().is_empty() && !de.trim().is_empty(), "{name}");
            assert!(!de.contains('\u{df}'), "{name}: Switzerland has no sharp s, so the table does without it");
        }
    }
}
