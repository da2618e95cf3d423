//! The terms of what is open, and what they come to, by how `ledger explain` says them.

use crate::console::words::names;

names! {
    /// With `_` for all that is no letter.
    pub(super) struct Terms {
        tickets: "tickets", "Tickets";
        products: "products", "Produkte";
        flex_tickets_sold: "flex tickets sold", "verkaufte Flex-Tickets";
        vouchers_sold: "vouchers sold", "verkaufte Gutscheine";
        taken_off: "taken off", "Nachlässe";
        price_reduced_by_hand: "price reduced by hand", "von Hand erfasste Preisnachlässe";
        paid_by_vouchers: "paid by vouchers", "mit Gutscheinen bezahlt";
        paid_by_flex_tickets: "paid by flex tickets", "mit Flex-Tickets bezahlt";
        payments: "payments", "Zahlungen";
        refunds: "refunds", "Erstattungen";
        vouchers_issued_as_refund: "vouchers issued as refund", "als Erstattung ausgestellte Gutscheine";
        kept_after_the_end_of_the_order: "kept after the end of the order", "nach Storno einbehalten";
        written_off: "written off", "ausgebucht";
        write_off: "written off", "ausgebucht";
        paid_by_a_voucher__as_corrected_by_hand: "paid by a voucher, as corrected by hand",
            "mit Gutschein bezahlt, von Hand berichtigt";
        voucher_correction: "corrected by hand", "von Hand berichtigt";
        cash_rounding: "cash rounding", "Barzahlungsrundung";
        fee: "fee", "Gebühr";
        payout: "paid out", "ausgezahlt";
        breakage: "turned into income", "als Erlös ausgebucht";
        retained: "retained", "einbehalten";
        opening_balance: "opening balance", "Eröffnungssaldo";
        voucher_opening: "taken over from an earlier system", "aus einem früheren System übernommen";
        issued_as_a_refund: "issued as a refund", "als Erstattung ausgestellt";
        taken_over_from_an_earlier_system: "taken over from an earlier system", "aus einem früheren System übernommen";
        sold: "sold", "verkauft";
        used: "used", "eingelöst";
        net: "{what}, net", "{what}, netto";
        nothing_is_open: "nothing is open", "nichts ist offen";
        the_guest_still_owes: "the guest still owes {money}", "der Gast schuldet noch {money}";
        we_owe_the_guest: "we owe the guest {money}", "wir schulden dem Gast {money}";
        nothing_is_issued: "nothing is issued", "nichts ist ausgestellt";
        nothing_is_left_on_it: "nothing is left on it", "nichts ist übrig";
        is_left_on_it: "is left on it", "ist übrig";
        more_was_used_than_was_issued: "more was used than was issued", "es wurde mehr eingelöst als ausgestellt";
    }
}
