//! Every text that our code stores as why a webhook is parked has German words: the examples are compared with the
//! source, so that a new text is not forgotten.

use std::path::Path;

use super::super::detail;
use crate::provider::json;
use crate::report::pack::paper::Language;

/// One of each.
const EXAMPLES: &[&str] = &[
    "payload.booking_pid is missing",
    "type is missing",
    "vendor_id is missing",
    "currency is missing",
    "payments[0].id is not an id",
    "tickets[1].status is not a text",
    "payments[1].value is not a number",
    "tickets[0].participants[2] is not an object",
    "payments is not a list",
    "products[0].amount is negative",
    "tickets[0].confirmation is neither true nor false",
    "tickets[0].vat is not within 0 and 100",
    "payments[0].value is refused: not a decimal number",
    "payments[0].value is refused: not a decimal number (`1,234.50`)",
    "payments[0].value is refused: more decimal places than the currency has (`1.005`)",
    "payments[0].value is refused: out of range",
    "products[0].price times the amount is out of range",
    "status is `STRANGE`, which is not known",
    "tickets[0].status is not known",
    "payload.currency is not known",
    "type is not known (`sweep`)",
    "type is not known (`new-thing`)",
    "type is not known",
    "vendor_id is none of the source's vendor_ids",
    "tickets[3].pid comes twice with different content",
    "the same ticket id twice with different content",
    "10001 tickets and participants in one order, and at most 10000 are read",
    "1001 redeemed_flexTicket in one order, and at most 1000 are read",
    "5001 tickets in one booking, and at most 5000 are read",
    "20 coupons and vouchers over 900 tickets and products are up to 18000 shares in one order, and at most 10000 are \
     posted",
    "the body is empty (EOF while parsing a value at line 1 column 0)",
    "the body is XML or HTML, not JSON (expected value at line 1 column 1)",
    "the body is a multipart form, not JSON (invalid number at line 1 column 2)",
    "the body is a form, not JSON; of forms only one is read whose single field `payload` holds the JSON (expected \
     ident at line 1 column 2)",
    "EOF while parsing a list at line 1 column 2",
    "EOF while parsing an object at line 1 column 2",
    "EOF while parsing a string at line 3 column 2",
    "expected `:` at line 1 column 6",
    "expected `,` or `]` at line 1 column 6",
    "expected `,` or `}` at line 1 column 6",
    "expected `\"` at line 1 column 6",
    "invalid escape at line 1 column 6",
    "number out of range at line 1 column 6",
    "invalid unicode code point at line 1 column 6",
    "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 6",
    "key must be a string at line 1 column 2",
    "lone leading surrogate in hex escape at line 1 column 2",
    "unexpected end of hex escape at line 1 column 2",
    "trailing comma at line 1 column 2",
    "trailing characters at line 1 column 2",
    "recursion limit exceeded at line 1 column 128",
    "nested deeper than 32 levels",
    "a text holds half of a surrogate pair",
    "the document is a JSON text within a JSON text: it was encoded twice, and not an object",
    "the document is a text, and not an object",
    "the document is a list of 3 elements, and not an object",
    "the document is null, and not an object",
    "the document is a single value, and not an object",
    "the text is UTF-16; JSON is sent as UTF-8",
    "byte 17 is not UTF-8; the text may be Latin-1 (ISO 8859-1, Windows-1252)",
    "byte 17 is not UTF-8; the text may be Latin-1 (ISO 8859-1, Windows-1252); the content type says charset=latin1",
    "the page is not UTF-8",
    "it is not a list",
    "the body is too large when it is unpacked",
    "a list is taken apart when it arrives; have it sent again",
    "the body is compressed more than once; send it plain, gzip or deflate",
    "the content encoding is not one of gzip and deflate",
    "the body is not compressed as its header says, or it is cut off",
    "the body begins like gzip and cannot be unpacked to its end",
    "a list of 2000 elements; at most 1000 are read from one delivery, so have it sent in parts",
    "a list of 3 elements of which none can be read alone",
    "the provider answered 409",
    "the provider answered 401 to a new token",
    "the provider answered 403, even to a new token",
    "the provider answered 400: check user name, password and client secret",
    "no answer in time",
    "cannot connect: Connection refused (os error 111)",
    "cannot connect: failed to lookup address information: Name or service not known",
    "cannot connect: invalid peer certificate: Expired",
    "the connection was lost: Connection reset by peer (os error 104)",
    "the connection was lost: unknown",
    "cannot build the request",
    "the response is empty",
    "the response is not JSON",
    "the response is incomplete",
    "the response has more than 8388608 bytes",
    "the token response has no refresh_token",
    "the token response has no expires_in",
    "the token response cannot be read",
    "the pid cannot be part of an API address",
    "the provider's answer cannot be read (bad_amount: tickets[0].price is not a number); it was an object with `pid` \
     (a text), `…` (true or false), `tickets` (a list), `n` (a number), `o` (an object), `z` (null) and 4 more",
    "the provider's answer cannot be read (missing_id: pid is missing); it was an object with `error` (a text)",
    "the provider's answer cannot be read (invalid_json: the document is null, and not an object); it was null",
    "the provider's answer cannot be read (garbage_answer: it is no booking: it says `error`); it was an empty object",
    "the provider's answer cannot be read (garbage_answer: it is no booking: it has neither `confirmation` nor \
     tickets); it was an empty list",
    "the provider's answer cannot be read (bad_list: tickets is not a list); it was a list of 3",
    "the provider's answer cannot be read (broken_utf8: the text is UTF-16; JSON is sent as UTF-8); it was bytes that \
     are not UTF-8",
    "the provider's answer cannot be read (invalid_json: trailing characters at line 1 column 2); it was a text that \
     is not JSON",
    "the provider's answer cannot be read (invalid_json: the body is empty (EOF while parsing a value at line 1 column \
     0)); it was nothing",
    "the provider's answer cannot be read (garbage_answer: bookingkit's orders are not fetched); it was true or false",
    "the provider answered with another booking than was asked for",
    "the provider's answer lacks the tickets",
    "the provider has no booking:293233446073",
    "the provider has no person:8CB96870-68AC",
    "nothing was fetched for it yet, so only a real replay can tell",
    "login_required: run `ticketledger login theatre`",
    "the stored token was encrypted with another client secret",
    "the system has no random numbers to encrypt a token with",
    "a bug interrupted the renewal of a token",
    "the shutdown interrupted the renewal of a token",
    "every attempt ended without an answer",
    "the body was deleted; it cannot be read again",
    "the body was deleted, so it cannot be read again",
    "the settings have no source `museum`",
    "reading the body panicked; this is a bug in ticketledger",
    "reading it panicked: no message",
    "reading the provider's answer panicked: no message",
    "order a1: an amount is out of range",
    "order a1: cannot read its stored snapshot: EOF",
    "order a 1: settling it panicked: no message",
    "cannot apply the policy: odd",
    "the database failed while settling",
    "database: the commit failed, and it is unknown whether it took effect: gone",
    "database: disk I/O error",
    "no database connection: timed out",
    "cannot open the database: gone",
    "a bug interrupted work on the database",
    "the database holds a value that cannot be read: order",
];

/// Where such texts are made. What only sweeps and commands tell is not stored with a webhook.
const MADE: [&str; 7] = ["provider", "worker", "session", "inbox", "receive/deliver.rs", "ledger/error.rs", "money.rs"];
const NOT_MADE: [&str; 3] = ["provider/bookingkit/api", "session/orders", "inbox/operator/turn"];

/// What stands before the texts.
const MAKERS: [&str; 16] = [
    "Unreadable::new(",
    "self.refuse(",
    ".park(",
    "garbage(",
    "unsupported(",
    "refused(",
    "no_booking(",
    "parked(ParkReason",
    "detail.push_str(",
    "detail: ",
    "let detail =",
    "let what =",
    "fn what_it_is",
    "fn shape",
    "fn of_object",
    "fn kind",
];

#[test]
fn every_text_that_our_code_makes_is_german() {
    for example in EXAMPLES {
        for language in [Language::De, Language::DeCh] {
            let said = detail(language, example).unwrap();
            assert!(!said.is_english, "{example}");
            assert!(![" the ", " is ", " not "].iter().any(|word| said.text.contains(word)), "{}", said.text);
            assert!(language == Language::De || !said.text.contains(['ß', '„']), "{}", said.text);
        }
        assert_eq!(detail(Language::En, example).unwrap().text, *example);
    }
    let german = |text: &str| detail(Language::De, text).unwrap().text;
    assert_eq!(
        german("payments[0].value is refused: not a decimal number (`1,5`)"),
        "payments[0].value ist unzulässig: keine Dezimalzahl (`1,5`)"
    );
    assert_eq!(
        german("the provider's answer cannot be read (bad_id: pid is not an id); it was an object with `pid` (a list)"),
        "Die Antwort des Anbieters ist nicht lesbar (Nummer unbrauchbar: pid ist als Nummer unbrauchbar); sie war ein \
         Objekt mit `pid` (eine Liste)"
    );
    assert_eq!(detail(Language::De, " "), None);
    let odd = detail(Language::De, "Something new.").unwrap();
    assert!(odd.is_english && odd.text == "Something new.");
}

#[test]
fn what_is_no_json_is_told_in_german() {
    for body in [
        &b""[..],
        b"<x>",
        b"--x",
        b"a=b",
        b"nonsense",
        b"[",
        b"[1",
        b"[1,]",
        b"{",
        b"{\"a\"",
        b"{\"a\" 1}",
        b"{\"a\":1",
        b"{\"a\":1,}",
        b"{1:2}",
        b"[1 2]",
        b"\"a",
        b"\"a\nb\"",
        b"\"\\x\"",
        b"\"\\u12\"",
        b"\"\\ud800\"",
        b"[01]",
        b"[-]",
        b"[1.]",
        b"1 2",
        b"tru",
        b"\xff",
        b"{\0",
    ] {
        let Err(refused) = json::parse(body) else { panic!("{body:?}") };
        let said = detail(Language::De, &refused.detail).unwrap();
        assert!(!said.is_english, "{}", said.text);
    }
}

#[test]
fn the_examples_are_all_that_the_source_makes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut waiting, mut found) = (MADE.map(|place| root.join(place)).to_vec(), 0);
    while let Some(path) = waiting.pop() {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let is_test = name.ends_with("tests.rs") || name.ends_with("/tests");
        if is_test || NOT_MADE.iter().any(|place| name.starts_with(place)) {
            continue;
        }
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        for text in made(&path) {
            found += 1;
            assert!(EXAMPLES.iter().any(|example| fits(&text, example)), "{name} makes {text:?}, without an example");
        }
    }
    assert!(found > 80, "{found}");
}

/// The texts that a file makes, as they stand in its code.
fn made(path: &Path) -> Vec<String> {
    let code = std::fs::read_to_string(path).unwrap();
    let code = code.split("#[cfg(test)]").next().unwrap();
    let mut found = Vec::new();
    // Errors of other modules are not stored.
    let errors = ["ledger/error.rs", "money.rs"].iter().any(|file| path.ends_with(file)).then_some("#[error(");
    for maker in MAKERS.into_iter().chain(errors) {
        for (place, _) in code.match_indices(maker) {
            let mut rest = &code[place + maker.len()..];
            let is_function = maker.starts_with("fn ");
            if is_function {
                rest = &rest[rest.find('{').unwrap() + 1..];
            }
            found.extend(literals(rest, maker.ends_with('(') || is_function));
        }
    }
    let is_sentence = |text: &String| {
        let fixed = pieces(text).concat();
        fixed.trim().contains(' ') && fixed.chars().filter(char::is_ascii_alphabetic).count() > 5
    };
    found.retain(is_sentence);
    found
}

/// The texts in quotation marks up to where an expression ends: at its bracket, or at its comma or semicolon.
fn literals(code: &str, in_brackets: bool) -> Vec<String> {
    let (mut found, mut depth, mut characters) = (Vec::new(), 0_i32, code.char_indices());
    while let Some((place, character)) = characters.next() {
        let rest = &code[place..];
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' | ';' if depth == 0 && !in_brackets => break,
            '/' if rest.starts_with("//") => {
                characters.by_ref().find(|(_, character)| *character == '\n');
            }
            // A character, and not a lifetime.
            '\'' if rest.starts_with("'\\") || rest.chars().nth(2) == Some('\'') => {
                let escaped = usize::from(rest.starts_with("'\\"));
                characters.nth(1 + escaped);
            }
            '"' => {
                let mut text = String::new();
                loop {
                    match characters.next().unwrap().1 {
                        '"' => break,
                        '\\' => match characters.next().unwrap().1 {
                            // It goes on in the next line without its blanks.
                            '\n' => {
                                let blanks = characters.as_str().len() - characters.as_str().trim_start().len();
                                for _ in 0..blanks {
                                    characters.next();
                                }
                            }
                            other => text.push(other),
                        },
                        other => text.push(other),
                    }
                }
                found.push(text);
            }
            _ => {}
        }
    }
    found
}

/// What stands between the places of a format.
fn pieces(text: &str) -> Vec<&str> {
    text.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect()
}

fn fits(text: &str, example: &str) -> bool {
    let mut rest = example;
    pieces(text).iter().all(|piece| {
        let after = rest.split_once(piece).map(|(_, after)| after);
        rest = after.unwrap_or_default();
        after.is_some()
    })
}
