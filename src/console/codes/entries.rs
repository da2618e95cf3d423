//! What an entry books.

use crate::console::words::names;

names! {
    /// Types of events, with `_` for the dots, and the forms of groups of them.
    pub(super) struct Entries {
        of_reverse: "reversal: {what}", "Gegenbuchung: {what}";
        of_opening: "before the book began: {what}", "vor Buchbeginn: {what}";
        of_cancel: "cancellation: {what}", "Storno: {what}";
        of_manual: "by hand: {what}", "von Hand: {what}";
        of_release: "deferral released: {what}", "Abgrenzung aufgelöst: {what}";
        sale_ticket: "ticket sold", "Ticketverkauf";
        sale_product: "product sold", "Produktverkauf";
        ticket: "ticket", "Ticket";
        product: "product", "Produkt";
        coupon: "coupon", "Rabattcode";
        discount: "discount", "Nachlass";
        payment: "payment", "Zahlung";
        refund: "refund", "Erstattung";
        retain: "retained after cancellation", "nach Storno einbehalten";
        breakage: "credit that became income", "verfallenes Guthaben als Erlös";
        cash_rounding: "cash rounding", "Barzahlungsrundung";
        rounding: "rounding", "Rundung";
        redemption: "redemption", "Einlösung";
        flex: "flex ticket", "Flex-Ticket";
        flex_sale: "flex ticket sold", "Flex-Ticket-Verkauf";
        flex_redeem: "flex ticket redeemed", "Flex-Ticket eingelöst";
        flex_used: "used part of a flex ticket", "verbrauchter Teil eines Flex-Tickets";
        voucher: "voucher", "Gutschein";
        refund_voucher: "refund voucher", "Erstattungsgutschein";
        voucher_issue: "voucher sold", "Gutscheinverkauf";
        voucher_refund_issue: "voucher issued as a refund", "Gutschein als Erstattung ausgestellt";
        voucher_redeem: "voucher redeemed", "Gutschein eingelöst";
        voucher_used: "used part of a voucher", "verbrauchter Teil eines Gutscheins";
        payout: "payout", "Auszahlung";
        fee: "fee", "Gebühr";
        write_off: "write-off", "Ausbuchung";
        price_reduction: "price reduction", "Preisnachlass";
        voucher_correction: "voucher corrected", "Gutschein berichtigt";
        opening_voucher: "voucher from before the book began", "Gutschein aus der Zeit vor dem Buch";
        opening_balance: "opening balance", "Eröffnungssaldo";
        other: "other", "Sonstiges";
        close: "close of the month", "Monatsabschluss";
    }
}
