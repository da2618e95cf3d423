//! Stored words about vouchers, as they are read.

use crate::console::words::names;

names! {
    /// A stored word in words.
    pub(in crate::console) struct Names {
        class_voucher: "voucher", "Gutschein";
        class_flex: "flex ticket", "Flex-Ticket";
        regime_mpv: "multi-purpose", "Mehrzweck";
        regime_spv: "single-purpose", "Einzweck";
        regime_prepaid: "prepaid", "vorausbezahlt";
        regime_taxed: "taxed when sold", "beim Verkauf besteuert";
        regime_recognised: "recognised when sold", "beim Verkauf erfasst";
        regime_unknown: "unknown", "unbekannt";
        origin_sale: "sold", "verkauft";
        origin_refund: "issued as a refund", "als Erstattung ausgestellt";
        origin_opening: "from before the book began", "aus der Zeit vor dem Buch";
        origin_import: "imported", "importiert";
        origin_unknown: "never reported", "nie gemeldet";
        state_live: "live", "gültig";
        state_dead: "no longer sold", "nicht mehr verkauft";
    }
}
