//! The chapters of the story of an order or a voucher, by how `ledger explain` calls them.

use crate::console::words::names;

names! {
    /// With `_` for all that is no letter.
    pub(super) struct Chapters {
        what_was_sold: "What was sold", "Was verkauft wurde";
        what_was_taken_off: "What was taken off", "Welche Nachlässe es gab";
        vouchers_and_flex_tickets: "Vouchers and flex tickets", "Gutscheine und Flex-Tickets";
        money: "Money", "Zahlungen";
        from_before_the_book_began: "From before the book began", "Aus der Zeit vor dem Buch";
        entered_by_hand: "Entered by hand", "Von Hand erfasst";
        how_it_came_about: "How it came about", "Wie es dazu kam";
        what_is_open__and_why: "What is open, and why", "Was offen ist und warum";
        how_it_came_to_be: "How it came to be", "Wie er entstanden ist";
        the_order_that_sold_it: "The order that sold it", "Die Bestellung, mit der er verkauft wurde";
        what_it_paid_for: "What it paid for", "Was damit bezahlt wurde";
        step_by_step: "Step by step", "Schritt für Schritt";
    }
}
