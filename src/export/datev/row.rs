//! A row of the 125 columns.

use chrono::NaiveDate;

use crate::config::Datev;
use crate::export::mapped::MappedRow;
use crate::export::rows::Entry;
use crate::export::text::{cut, one_line, only};
use crate::money::format_minor;

/// Columns of the format.
const COLUMNS: usize = 125;

/// Columns that hold text: what is empty there is written as an empty text. All others are numbers or dates.
fn is_text(column: usize) -> bool {
    matches!(column, 2 | 3 | 6 | 9 | 11 | 12 | 14 | 16 | 20..=38 | 40 | 42 | 48..=87 | 91 | 95 | 96 | 98 | 102 | 103)
        || matches!(column, 105 | 107 | 109 | 110 | 112 | 118 | 120 | 121 | 123)
}

/// The fields of a row by their number, which begins with 1.
struct Fields(Vec<String>);

impl Fields {
    fn new() -> Self {
        let empty = |column| if is_text(column) { "\"\"".to_owned() } else { String::new() };
        Self((1..=COLUMNS).map(empty).collect())
    }

    fn set(&mut self, column: usize, value: &str) {
        let value = if is_text(column) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() };
        if let Some(field) = self.0.get_mut(column.saturating_sub(1)) {
            *field = value;
        }
    }
}

/// The line of a row, without its end.
pub(super) fn line(entry: &Entry, row: &MappedRow<'_>, datev: &Datev, general_reversal: bool) -> String {
    let head = &entry.head;
    let mut fields = Fields::new();
    fields.set(1, &format_minor(row.amount_minor, 2).replace('.', ","));
    fields.set(2, if row.hub_is_debited { "S" } else { "H" });
    fields.set(3, &head.currency);
    fields.set(7, &row.hub.account);
    fields.set(8, &row.other.account);
    if let Some(key) = &row.tax_key {
        let digits = datev.key_digits;
        fields.set(9, &if digits == 4 { format!("{key:0>4}") } else { key.clone() });
    }
    fields.set(10, &head.booking_date.format("%d%m").to_string());
    fields.set(11, &document(entry, row));
    fields.set(14, &cut(&booking_text(entry), 60));
    if let Some(centre) = row.line.row.event_id.as_deref().filter(|_| datev.cost_centre) {
        fields.set(37, &cut(&only(centre, "_").replace('-', "_"), 36));
    }
    fields.set(48, "Satz");
    fields.set(49, &cut(&entry.name(), 210));
    fields.set(50, "Hash");
    fields.set(51, &cut(&head.entry_hash, 16));
    fields.set(114, if datev.lock { "1" } else { "0" });
    if let Some(service) = row.line.row.service_date.filter(|_| datev.service_dates) {
        let day = |day: NaiveDate| day.format("%d%m%Y").to_string();
        fields.set(115, &day(service));
        fields.set(116, &day(head.booking_date));
    }
    fields.set(118, if general_reversal { "1" } else { "0" });
    if let Some(reference) = entry.reference("payout").or_else(|| entry.reference("fee")) {
        fields.set(121, &cut(&one_line(reference), 50));
    }
    fields.0.join(";")
}

/// The key of open items: the code of the order, in the characters that are allowed. It is never empty.
fn document(entry: &Entry, row: &MappedRow<'_>) -> String {
    let of = |text: &str| cut(&only(text, "_$&%*+-/"), 36);
    let open_item = row.receivable.and_then(|line| line.order_code.as_deref().or(line.order_id.as_deref()));
    let order = open_item.or_else(|| entry.order()).map(of).filter(|text| !text.is_empty());
    order.unwrap_or_else(|| of(&entry.name()))
}

/// What happened, and to what.
fn booking_text(entry: &Entry) -> String {
    let happened = happened(&entry.head.event_type);
    let method = || entry.lines.iter().find_map(|line| line.row.payment_method.as_deref());
    let what = entry.title().or_else(method).map(one_line).filter(|text| !text.is_empty());
    let text = match (what, happened) {
        (Some(what), "") => what,
        (Some(what), happened) => format!("{happened} {what}"),
        (None, "") => "Verkauf".to_owned(),
        (None, happened) => happened.to_owned(),
    };
    if entry.reverses() { format!("Storno {text}") } else { text }
}

/// The event in an accountant's words; a sale is named by what is sold.
fn happened(event_type: &str) -> &'static str {
    let plain = event_type.trim_start_matches("opening.").trim_start_matches("manual.");
    match plain {
        "sale.ticket" => "",
        "sale.product" => "Produkt",
        "coupon" | "discount" => "Rabatt",
        "price_reduction" => "Preisnachlass",
        "payment" => "Zahlung",
        "refund" => "Rückzahlung",
        "flex.sale" => "Flexticket",
        "voucher.issue" => "Gutschein",
        "voucher.refund_issue" => "Gutschein statt Rückzahlung",
        "voucher.redeem" => "Einlösung Gutschein",
        "flex.redeem" => "Einlösung Flexticket",
        "fee" => "Gebühr",
        "payout" => "Auszahlung",
        "retain" => "Einbehalt",
        "write_off" => "Ausbuchung",
        "breakage" => "Verfall Gutschein",
        "voucher_correction" => "Korrektur Gutschein",
        "opening_voucher" | "opening_balance" => "Eröffnung",
        "cash.rounding" | "vat.rounding" => "Rundung",
        _ if plain.starts_with("release.") => "Erlös zum Leistungstag",
        _ if plain.starts_with("cancel.") => "Storno",
        _ if plain.starts_with("voucher") => "Gutschein",
        _ if plain.starts_with("flex") => "Flexticket",
        _ => "Buchung",
    }
}
