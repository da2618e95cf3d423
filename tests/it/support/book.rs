//! Writes a ledger by hand, so that views are tested against known numbers and not against the code that posts.

use ticketledger::ledger::proof::sums::write_anew;

use super::db::TestDatabase;

/// One line of an entry. Texts are literals of the test, so quoting is enough.
#[derive(Clone, Copy, Default)]
pub(crate) struct Line {
    pub(crate) account: &'static str,
    pub(crate) minor: i64,
    /// The order, when it is another one than the entry's.
    pub(crate) order: Option<&'static str>,
    pub(crate) event: Option<&'static str>,
    /// Event key without an event id, as Ticketpark has it.
    pub(crate) title_key: Option<&'static str>,
    pub(crate) vat_bp: Option<i32>,
    pub(crate) qty: Option<i64>,
    pub(crate) method: Option<&'static str>,
    pub(crate) voucher: Option<&'static str>,
}

/// The ledger of one source, entry after entry.
pub(crate) struct Book<'a> {
    database: &'a TestDatabase,
    source: &'static str,
    next: i64,
    entries: Vec<(&'static str, &'static str, &'static str, Vec<Line>)>,
}

impl<'a> Book<'a> {
    /// Opens the book; the source has an inbox event and a snapshot, which all entries come from.
    pub(crate) fn new(database: &'a TestDatabase, source: &'static str) -> Self {
        let body = "b".repeat(64);
        database.execute(&format!(
            "INSERT INTO sources (source, provider, timezone, country, created_at)
                VALUES ('{source}', 'bookingkit', 'Europe/Berlin', 'DE', '2025-01-01 00:00:00');
             INSERT INTO policies VALUES ('{source}', 1, '2025-01-01 00:00:00', '{{}}', '{body}',
                '2025-01-01 00:00:00');
             INSERT INTO inbox_events (source, kind, entity, received_at, method, headers, body_sha256, state, due_at)
                VALUES ('{source}', 'order', 'order:X', '2025-11-11 14:36:50', 'POST', '{{}}', '{body}', 'done',
                    '2025-11-11 14:36:50');
             INSERT INTO order_snapshots SELECT '{source}', 1, 'X', MAX(id), NULL, 'delivery', '2025-11-11 14:36:50',
                '{{}}', '{body}' FROM inbox_events;"
        ));
        Self { database, source, next: 1, entries: Vec::new() }
    }

    /// Adds the row of an order in EUR.
    pub(crate) fn order(&self, order: &str, code: &str, status: Option<&str>) {
        self.database.execute(&format!(
            "INSERT INTO orders (source, order_id, order_code, status, currency, versions)
                VALUES ('{}', '{order}', '{code}', {}, 'EUR', '{{}}')",
            self.source,
            text(status)
        ));
    }

    /// Posts an entry whose lines all have one item kind, in EUR.
    pub(crate) fn post(&mut self, date: &'static str, order: &'static str, item_kind: &'static str, lines: &[Line]) {
        self.write("post", date, order, item_kind, None, lines);
    }

    /// Reverses an entry: every measure is negated.
    pub(crate) fn reverse(&mut self, date: &'static str, entry_no: i64) {
        let (_, order, item_kind, lines) = self.entries[usize::try_from(entry_no - 1).unwrap()].clone();
        let negated: Vec<Line> =
            lines.iter().map(|line| Line { minor: -line.minor, qty: line.qty.map(|qty| -qty), ..*line }).collect();
        self.write("reverse", date, order, item_kind, Some(entry_no), &negated);
    }

    fn write(
        &mut self,
        kind: &str,
        date: &'static str,
        order: &'static str,
        item_kind: &'static str,
        reverses: Option<i64>,
        lines: &[Line],
    ) {
        let (source, entry_no) = (self.source, self.next);
        let mut sql = String::new();
        for (index, line) in lines.iter().enumerate() {
            sql += &account(source, line.account);
            sql += &format!(
                "INSERT INTO postings (source, entry_no, line_no, account_code, currency, amount_minor, order_id,
                    line_key, item_kind, event_id, event_key, vat_bp, qty, payment_method, voucher_id)
                 VALUES ('{source}', {entry_no}, {}, '{}', 'EUR', {}, '{}',
                    'key', '{item_kind}', {}, {}, {}, {}, {}, {});\n",
                index + 1,
                line.account,
                line.minor,
                line.order.unwrap_or(order),
                text(line.event),
                text(line.event.or(line.title_key)),
                number(line.vat_bp.map(i64::from)),
                number(line.qty),
                text(line.method),
                text(line.voucher),
            );
        }
        sql += &format!(
            "INSERT INTO journal_entries VALUES ('{source}', {entry_no}, '{kind}', '{item_kind}', '{order}', 1, 'atom',
                'hash', {}, 'new', 'EUR', '{date} 12:00:00', 'order_date', '{date}', '2025-11-11 14:36:50',
                (SELECT inbox_event_id FROM order_snapshots WHERE source = '{source}'), 1, {}, 'key {entry_no}', 1,
                '{:064x}', '{entry_no:064x}');",
            number(reverses),
            lines.len(),
            entry_no - 1,
        );
        self.database.execute(&sql);
        write_anew(&self.database.open(), Some(source)).unwrap();
        self.entries.push((date, order, item_kind, lines.to_vec()));
        self.next += 1;
    }
}

/// The statement that makes sure of an account.
fn account(source: &str, code: &str) -> String {
    let kind = match code.split_once(':').map(|(family, _)| family) {
        Some("assets") => "asset",
        Some("liabilities") => "liability",
        Some("income") => "income",
        _ => "suspense",
    };
    format!(
        "INSERT INTO accounts (source, code, kind) SELECT '{source}', '{code}', '{kind}'
            WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE source = '{source}' AND code = '{code}');\n"
    )
}

fn text(value: Option<&str>) -> String {
    value.map_or_else(|| "NULL".to_owned(), |value| format!("'{value}'"))
}

fn number(value: Option<i64>) -> String {
    value.map_or_else(|| "NULL".to_owned(), |value| value.to_string())
}
