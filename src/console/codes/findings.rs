//! The reasons of findings; docs/findings.md says what each means and what to do.

use crate::console::words::names;

names! {
    /// By their codes.
    pub(super) struct Findings {
        total_not_derivable: "total does not match its parts", "Gesamtbetrag passt nicht zu den Positionen";
        total_semantics_shift: "total means something else than before", "Gesamtbetrag bedeutet anderes als zuvor";
        currency_mixed: "several currencies in one order", "mehrere Währungen in einer Bestellung";
        vat_unknown: "VAT rate unknown", "Steuersatz unbekannt";
        vat_rate_not_valid_on_date: "VAT rate not valid on the date", "Steuersatz am Datum nicht gültig";
        ticket_participant_vat_differ: "VAT of ticket and participant differ",
            "Steuer von Ticket und Teilnehmer verschieden";
        unpaid: "nothing paid", "unbezahlt";
        underpaid: "underpaid", "unterzahlt";
        overpaid: "overpaid", "überzahlt";
        duplicate_payment_suspect: "perhaps paid twice", "möglicherweise doppelt bezahlt";
        refund_exceeds_payments: "more refunded than paid", "mehr erstattet als bezahlt";
        refund_without_cancel: "refund without a cancellation", "Erstattung ohne Storno";
        retained_after_cancel: "retained after cancellation", "nach Storno einbehalten";
        retained_vat_undecided: "VAT of what is retained undecided", "Steuer auf Einbehaltenes ungeklärt";
        payment_on_dead_order: "payment of a cancelled order", "Zahlung zu stornierter Bestellung";
        payment_vanished: "payment vanished", "Zahlung verschwunden";
        payment_method_unmapped: "unknown name of a payment method", "Name einer Zahlungsart unbekannt";
        payment_mutated: "payment changed afterwards", "Zahlung nachträglich geändert";
        rounding_residue: "rounding difference", "Rundungsdifferenz";
        header_payment_date_mismatch: "two dates of payment", "zwei Zahlungsdaten";
        payment_sign_mismatch: "sign of a payment doubtful", "Vorzeichen einer Zahlung zweifelhaft";
        duplicate_payment_id: "id of a payment used twice", "Nummer einer Zahlung doppelt";
        voucher_unknown_origin: "voucher of unknown origin", "Gutschein unbekannter Herkunft";
        voucher_negative: "voucher redeemed beyond its value", "Gutschein über seinen Wert eingelöst";
        voucher_rate_differs: "voucher at another VAT rate", "Gutschein mit anderem Steuersatz";
        used_after_cancellation: "used after cancellation", "nach Storno verwendet";
        voucher_regime_conflict: "taxation of a voucher contradictory", "Besteuerung eines Gutscheins widersprüchlich";
        duplicate_voucher_id: "id of a voucher used twice", "Nummer eines Gutscheins doppelt";
        refund_voucher_self_reference: "refund voucher of the order that issues it",
            "Erstattungsgutschein verweist auf die eigene Bestellung";
        refund_voucher_unallocated: "refund voucher not assigned", "Erstattungsgutschein nicht zugeordnet";
        refund_voucher_unknown_order: "refund voucher of an unknown order",
            "Erstattungsgutschein zu unbekannter Bestellung";
        dangling_payment_ref: "payment named but missing", "Zahlung genannt, aber nicht vorhanden";
        flex_origin_conflict: "flex ticket of two orders", "Flex-Ticket aus zwei Bestellungen";
        flex_count_mismatch: "admissions of a flex ticket differ", "Eintritte eines Flex-Tickets abweichend";
        flex_unlimited: "flex ticket without a limit", "Flex-Ticket ohne Begrenzung";
        service_date_unknown: "day of the service unknown", "Leistungsdatum unbekannt";
        vat_regime_note: "note on the taxation", "Hinweis zur Besteuerung";
        opening_item_changed: "opening balance changed", "Eröffnungsposten geändert";
        order_code_changed: "code of the order changed", "Code der Bestellung geändert";
        stale_snapshot_suspected: "perhaps an older state", "möglicherweise älterer Stand";
        section_absent_after_present: "part of the order missing now", "Teil der Bestellung fehlt inzwischen";
        ambiguous_product_lines: "product lines not told apart", "Produktzeilen nicht unterscheidbar";
        schema_extra_field: "field not known yet", "noch unbekanntes Feld";
        duplicate_key: "field twice in the webhook", "Feld im Webhook doppelt";
        date_unreadable: "date cannot be read", "Datum nicht lesbar";
        effective_in_future: "date in the future", "Datum in der Zukunft";
        effective_after_snapshot: "admission not on the booked day", "Eintritt nicht am gebuchten Tag";
        late_for_period: "late for a closed month", "Nachtrag zu abgeschlossenem Monat";
        discount_exceeds_lines: "discount above its lines", "Nachlass höher als die Positionen";
        negative_discount: "negative discount", "negativer Nachlass";
        deleted_set_mismatch: "other tickets deleted than announced", "andere Tickets gelöscht als angekündigt";
        updated_set_mismatch: "other tickets changed than announced", "andere Tickets geändert als angekündigt";
        refund_unobservable: "refund cannot be seen", "Erstattung nicht erkennbar";
        payment_without_booking: "payment without a booking", "Zahlung ohne Buchung beim Anbieter";
        unconfirmed_ticket: "ticket not confirmed", "Ticket nicht bestätigt";
        confirmed_after_cancel: "confirmed after cancellation", "nach Storno bestätigt";
        confirmation_missing: "confirmation missing", "Bestätigung fehlt";
        price_missing: "price missing", "Preis fehlt";
        section_absent: "part of the order missing", "Teil der Bestellung fehlt";
        missed_webhook: "webhook missed", "Webhook ausgeblieben";
        delta_unreliable: "changes of the provider incomplete", "Änderungsliste des Anbieters unvollständig";
        sweep_unstable: "reconciliation unstable", "Abgleich unbeständig";
        budget_exhausted: "requests of the day used up", "Anfragen des Tages aufgebraucht";
        token_held_elsewhere: "sign-in used elsewhere", "Anmeldung anderswo in Gebrauch";
        provider_clock_differs: "clock of the provider differs", "Uhr des Anbieters weicht ab";
        unusual_silence: "unusual silence", "ungewöhnliche Stille";
    }
}
