//! Titles of the columns of reports, by their names in views, CSV and JSON.

use crate::console::words::names;

names! {
    /// A column in words.
    pub(in crate::console) struct Columns {
        source: "Source", "Quelle";
        currency: "Currency", "Währung";
        account: "Account", "Konto";
        period: "Month", "Monat";
        opening_minor: "Opening", "Anfangssaldo";
        debit_minor: "Debit", "Soll";
        credit_minor: "Credit", "Haben";
        closing_minor: "Closing", "Endsaldo";
        balance_minor: "Balance", "Saldo";
        event_id: "Event id", "Veranstaltung Nr.";
        event_title: "Event", "Veranstaltung";
        vat_bp: "Rate", "Steuersatz";
        qty: "Number", "Anzahl";
        net_minor: "Net", "Netto";
        vat_minor: "VAT", "Umsatzsteuer";
        gross_minor: "Gross", "Brutto";
        step: "Step", "Schritt";
        payment_method: "Method", "Zahlungsart";
        paid_minor: "Paid", "Bezahlt";
        refunded_minor: "Refunded", "Erstattet";
        order_id: "Order id", "Bestellung Nr.";
        order_code: "Order", "Bestellung";
        status: "Status", "Status";
        billed_minor: "Billed", "Berechnet";
        settled_minor: "Settled", "Beglichen";
        voucher_id: "Voucher", "Gutschein";
        kind: "Kind", "Art";
        issued_minor: "Issued", "Ausgestellt";
        redeemed_minor: "Redeemed", "Eingelöst";
        booking_date: "Booked on", "Gebucht am";
        entry_no: "Entry", "Buchung";
        line_no: "Line", "Zeile";
        event_type: "What", "Was";
        item_kind: "Item", "Posten";
        payment_id: "Payment", "Zahlung";
        amount_minor: "Amount", "Betrag";
        basis: "By", "Nach";
        posted_minor: "Posted", "Gebucht";
        due_minor: "Due", "Fällig";
    }
}
