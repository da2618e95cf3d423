//! `--kind settlement`: what a payment provider paid out, row by row.

use chrono::NaiveDate;

use super::request::{Purpose, Request};
use super::sheet::{Columns, Mistake, SheetRow, rows};

const COLUMNS: Columns =
    Columns { required: &["date", "reference", "method", "currency", "gross", "fee", "net"], optional: &["input_vat"] };

pub(super) fn read(bytes: &[u8], today: NaiveDate, mistakes: &mut Vec<Mistake>) -> Vec<Request> {
    rows(bytes, &COLUMNS, today, mistakes, |row| requests(row).unwrap_or_default())
}

/// A fee and a payout, each under the same keys as in a manual file, so that neither is posted by both. Here a negative
/// amount came back: a provider takes back what it paid out, and gives back its fee.
fn requests(row: &mut SheetRow<'_>) -> Option<Vec<Request>> {
    let (day, reference, method) = (row.past_day("date"), row.required_id("reference"), row.method());
    let (currency, input_vat_bp) = (row.currency(), row.rate_bp("input_vat"));
    let gross = row.amount("gross", currency);
    let (fee, net) = (row.amount("fee", currency), row.amount("net", currency));
    let (gross, fee, net) = (gross?, fee?, net?);
    if gross.checked_sub(fee) != Some(net) {
        row.mistake("`gross` minus `fee` is not `net`");
        return None;
    }
    if fee == 0 && net == 0 {
        row.mistake("`gross`, `fee` and `net` are all zero");
        return None;
    }
    let (day, reference, method, currency, input_vat_bp) = (day?, reference?, method?, currency?, input_vat_bp?);
    let request = |kind: &str, amount_minor: i64, purpose: Purpose| Request {
        line: row.line,
        key: format!("{kind}:{reference}"),
        reversed: 0,
        day: Some(day),
        currency,
        amount_minor,
        order_id: None,
        purpose,
    };
    let requests = [
        request("fee", fee, Purpose::Fee { method: method.clone(), input_vat_bp }),
        request("payout", net, Purpose::Payout { method }),
    ];
    Some(requests.into_iter().filter(|request| request.amount_minor != 0).collect())
}
