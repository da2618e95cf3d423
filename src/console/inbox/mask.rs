//! A body with what may be personal hidden: shown is what is certainly not, such as amounts, dates, ids and states.

use serde_json::Value;

/// What stands for a hidden text.
const HIDDEN: &str = "•••";

/// Names of fields whose text is a word or an id of the provider.
const PLAIN: [&str; 26] = [
    "type",
    "status",
    "state",
    "currency",
    "kind",
    "id",
    "pid",
    "uuid",
    "version",
    "method",
    "payment_method",
    "source",
    "event",
    "rate",
    "vat",
    "vat_rate",
    "value",
    "amount",
    "price",
    "total",
    "quantity",
    "number",
    "locale",
    "lang",
    "language",
    "payment_type",
];

/// Parts of names of fields that tell of a person, whatever stands in them.
const PERSONAL: [&str; 20] = [
    "name",
    "mail",
    "phone",
    "mobile",
    "fax",
    "street",
    "address",
    "zip",
    "postal",
    "postcode",
    "city",
    "birth",
    "person",
    "company",
    "salutation",
    "note",
    "comment",
    "iban",
    "token",
    "secret",
];

/// Titles of what is sold, by what they stand in: no personal data, so the books and their reports have them, too. A
/// `title` elsewhere may be a person's.
const TITLES: [(&str, &str); 9] = [
    ("tickets", "title"),
    ("products", "title"),
    ("flexTickets", "title"),
    ("redeemed_coupons", "title"),
    ("tickets", "denormalized_event_name"),
    ("tickets", "denormalized_venue_name"),
    ("tickets", "denormalized_sector_name"),
    ("tickets", "denormalized_price_name"),
    ("tickets", "denormalized_host_name"),
];
/// The title of a price, wherever it stands.
const PRICE_TITLE: &str = "price_title";

/// The beginning of the JSON of a body, formatted, and whether something follows that is not shown; `None` when it is
/// no JSON. With `hides`, everything that may be personal is hidden. No more of the body is read than is shown, so a
/// page costs the same however long the body is.
pub(super) fn printed(body: &[u8], hides: bool, most: usize) -> Option<(String, bool)> {
    let text = std::str::from_utf8(body).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut printer = Printer { rest: text, out: String::new(), hides, most };
    match printer.whole() {
        Ok(()) => Some((printer.out, false)),
        Err(Stop::Full) => Some((beginning(&printer.out, most).to_owned(), true)),
        Err(Stop::NoJson) => None,
    }
}

/// No more bytes of a text than that, and no half character.
pub(super) fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

enum Stop {
    Full,
    NoJson,
}

/// Values that may stand inside one another: no webhook has as many.
const DEPTH: usize = 128;

/// Reads JSON piece by piece and writes it with line breaks. Numbers stay as they were written.
struct Printer<'b> {
    rest: &'b str,
    out: String,
    hides: bool,
    most: usize,
}

impl<'b> Printer<'b> {
    fn whole(&mut self) -> Result<(), Stop> {
        self.value("", "", 0)?;
        self.blanks();
        if self.rest.is_empty() { Ok(()) } else { Err(Stop::NoJson) }
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn write(&mut self, text: &str) -> Result<(), Stop> {
        self.out.push_str(beginning(text, self.most));
        if self.out.len() > self.most { Err(Stop::Full) } else { Ok(()) }
    }

    fn line(&mut self, depth: usize) -> Result<(), Stop> {
        self.write(&format!("\n{}", "  ".repeat(depth)))
    }

    /// Whether this comes next; then it is read.
    fn takes(&mut self, sign: char) -> bool {
        self.blanks();
        let after = self.rest.strip_prefix(sign);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// What comes next, of so many bytes.
    fn take(&mut self, length: usize) -> Result<&'b str, Stop> {
        let (token, rest) = self.rest.split_at_checked(length).ok_or(Stop::NoJson)?;
        self.rest = rest;
        Ok(token)
    }

    /// The value of a field with that name, or of a list in it; `within` is the name of what the field stands in.
    fn value(&mut self, within: &str, name: &str, depth: usize) -> Result<(), Stop> {
        if depth > DEPTH {
            return Err(Stop::NoJson);
        }
        self.blanks();
        match self.rest.bytes().next().ok_or(Stop::NoJson)? {
            b'{' => self.items(('{', '}'), depth, |printer| {
                let field = printer.string()?;
                printer.write(&quoted(&field))?;
                if !printer.takes(':') {
                    return Err(Stop::NoJson);
                }
                printer.write(": ")?;
                printer.value(name, &field, depth + 1)
            }),
            // The items of a list are what the list is called.
            b'[' => self.items(('[', ']'), depth, |printer| printer.value(within, name, depth + 1)),
            b'"' => {
                let text = self.string()?;
                let is_title = name == PRICE_TITLE || TITLES.contains(&(within, name));
                let is_order_code = depth == 1 && name == "code" && is_word(&text);
                let hidden = self.hides && !is_title && !is_order_code && !is_plain(name, &text);
                let shown = if hidden { HIDDEN } else { text.as_str() };
                self.write(&quoted(beginning(shown, self.most)))
            }
            _ => {
                let length = self.rest.bytes().take_while(|byte| !b",]} \t\r\n".contains(byte)).count();
                let token = self.take(length)?;
                let value: Value = serde_json::from_str(token).map_err(|_| Stop::NoJson)?;
                let hidden = self.hides && value.is_number() && (is_personal(name) || is_code(name));
                self.write(if hidden { "\"•••\"" } else { token })
            }
        }
    }

    fn items(
        &mut self,
        (begin, end): (char, char),
        depth: usize,
        mut item: impl FnMut(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.takes(begin);
        self.write(begin.encode_utf8(&mut [0; 4]))?;
        if !self.takes(end) {
            loop {
                self.line(depth + 1)?;
                self.blanks();
                item(self)?;
                if self.takes(end) {
                    break;
                }
                if !self.takes(',') {
                    return Err(Stop::NoJson);
                }
                self.write(",")?;
            }
            self.line(depth)?;
        }
        self.write(end.encode_utf8(&mut [0; 4]))
    }

    fn string(&mut self) -> Result<String, Stop> {
        let mut escaped = false;
        let end = self.rest.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let token = self.take(end.ok_or(Stop::NoJson)?.saturating_add(2))?;
        serde_json::from_str(token).map_err(|_| Stop::NoJson)
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn is_personal(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PERSONAL.iter().any(|part| name.contains(part))
}

/// Codes of vouchers and flex tickets are money and those of tickets let people in. Only that of the order itself, at
/// the top of the body, is neither.
fn is_code(name: &str) -> bool {
    name.to_ascii_lowercase().contains("code")
}

fn is_word(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// Whether a text is certainly not personal: an empty one, a date, an amount, an id, or a word where words stand.
fn is_plain(name: &str, text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    if is_personal(name) || is_code(name) {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_amount = digits > 0
        && digits <= 9
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-.,".contains(&byte))
        && text.contains(['.', ',']);
    let is_date = text.len() >= 10
        && text.bytes().take(10).enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.+TZ ".contains(&byte));
    let is_hash = text.len() >= 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let lower = name.to_ascii_lowercase();
    let has_words = PLAIN.contains(&lower.as_str()) || lower.ends_with("_id") || lower.ends_with("_pid");
    is_amount || is_date || is_hash || (has_words && is_word(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_hidden_and_facts_are_not() {
        let body = br#"{"id":"a1","status":"CONFIRMED","total":"12.50","placed":"2025-11-11T10:00:00+01:00",
            "customer":{"first_name":"Erika","email":"erika@example.com","phone":"0301234567","phone_number":301234567,
            "zip":"10115","id":"0f1e2d3c4b5a69788796a5b4c3d2e1f0"},"notes":["Erika calls back"],
            "title":"Concert for Erika","value":12.5,"code":"Erika M.","paid":true}"#;
        let shown = |hides| printed(body, hides, 10_000).map(|(text, _)| text).unwrap();
        let open = shown(false);
        let shown = shown(true);
        for text in ["Erika", "example.com", "030", "301234567", "10115"] {
            assert!(!shown.contains(text), "{text}: {shown}");
        }
        for text in ["\"a1\"", "CONFIRMED", "12.50", "2025-11-11T10", "0f1e2d3c", "12.5", "true"] {
            assert!(shown.contains(text), "{text}: {shown}");
        }
        assert!(open.contains("Erika") && !open.contains("•••"));
        let same = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(same(&open), serde_json::from_slice::<Value>(body).unwrap());
        let plain = r#"{"a": [1, {"b":[]}], "c": {}, "d": "\u00e4\n"}"#;
        let usual = serde_json::to_string_pretty(&same(plain)).unwrap();
        assert_eq!(printed(plain.as_bytes(), false, 10_000), Some((usual, false)), "as it is usually formatted");
        for no_json in ["name=Erika", "", "{\"a\":}", "[1,]", "{\"a\" 1}", "[1] 2", "[\"a]", "tru", &"[".repeat(60)] {
            assert_eq!(printed(no_json.as_bytes(), true, 10_000), None, "{no_json}");
        }
        assert_eq!(printed("[".repeat(1000).as_bytes(), true, 1_000_000), None, "nothing is so deep");
    }

    #[test]
    fn only_the_beginning_of_a_long_body_is_read() {
        // What follows is no JSON, and nobody looks at it.
        let body = format!("{{\"id\":\"a1\",\"name\":\"Erika\",\"rows\":[{}", "123.450,".repeat(1_000));
        let (text, is_cut) = printed(body.as_bytes(), true, 500).unwrap();
        assert!(is_cut && text.len() <= 500 && text.contains("123.450") && !text.contains("Erika"), "{text}");
        let long = format!("{{\"note\":\"{}\"}}", "ä".repeat(1_000));
        assert_eq!(printed(long.as_bytes(), true, 500), Some(("{\n  \"note\": \"•••\"\n}".to_owned(), false)));
        let (text, is_cut) = printed(long.as_bytes(), false, 501).unwrap();
        assert!(is_cut && text.len() <= 501 && text.ends_with('ä'), "{text}");
    }

    #[test]
    fn titles_of_what_is_sold_are_shown() {
        let body = br#"{"title":"Dr.","tickets":[{"title":"Tram","price_title":"Standard",
            "denormalized_event_name":"Hamlet","participants":[{"name":"Erika","title":"Prof."}]}],
            "products":[{"title":"Poster"}],
            "customer":{"title":"Mag.","denormalized_event_name":"Erika"}}"#;
        let (shown, _) = printed(body, true, 10_000).unwrap();
        for text in ["Erika", "Dr.", "Prof.", "Mag."] {
            assert!(!shown.contains(text), "{text}: {shown}");
        }
        for text in ["Tram", "Standard", "Hamlet", "Poster"] {
            assert!(shown.contains(text), "{text}: {shown}");
        }
    }

    #[test]
    fn only_the_code_of_the_order_itself_is_shown() {
        let body =
            br#"{"code":"RQW-ETD72D","voucherOrders":[{"code":"M7W-A","voucher":[{"code":"7648V-W5P3F-5R6DH"}]}],
            "flexTickets":[{"code":"0f1e2d3c4b5a69788796a5b4c3d2e1f0"}],"vouchers":[{"code":12345678}],
            "tickets":[{"code":"6445CDBE","barcode":"1234.5678","participants":[{"code":"XN3-CSJG87"}]}],
            "coupon_code":"SPRING","payments":[{"code":["M7W7W"]}]}"#;
        let (shown, _) = printed(body, true, 10_000).unwrap();
        assert!(shown.contains("RQW-ETD72D"), "{shown}");
        let codes = ["M7W", "7648V", "0f1e2d", "12345678", "6445CDBE", "1234.5678", "XN3", "SPRING"];
        for code in codes {
            assert!(!shown.contains(code), "{code}: {shown}");
        }
        let (shown, _) = printed(br#"[{"code":"M7W7W"}]"#, true, 10_000).unwrap();
        assert!(!shown.contains("M7W7W"), "{shown}");
    }
}
