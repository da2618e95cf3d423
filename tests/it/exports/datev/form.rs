//! The form of a booking batch, field by field: what DATEV allows in each of the 31 and 125, whoever wrote it.

use std::collections::BTreeMap;

/// What a field may hold. A text stands in quotes, also when it is empty; nothing else does.
enum Rule {
    /// At most so many of these characters.
    Text(usize, Class),
    /// One of these texts, or none.
    OneText(&'static [&'static str]),
    /// A whole number with so many digits.
    Digits(usize, usize),
    /// A number with at most so many digits before the comma, and so many behind it.
    Decimal(usize, usize),
    /// One of these, as they stand.
    One(&'static [&'static str]),
    /// `DDMM`.
    DayMonth,
    /// `DDMMYYYY`.
    Day,
    /// `YYYYMMDD`.
    Date,
    /// An account: digits, and not zeros only.
    Account(usize),
    /// Nothing.
    Empty,
}
use Rule::{Account, Date, Day, DayMonth, Decimal, Digits, Empty, One, OneText, Text};

#[derive(Clone, Copy)]
enum Class {
    /// Everything but control characters.
    Any,
    Word,
    /// Of a document: no blank, dot or umlaut.
    Document,
    /// Of a cost centre.
    Cost,
    /// Of the name of a batch: no hyphen.
    Name,
    Upper,
    DigitsOnly,
}

impl Class {
    fn holds(self, character: char) -> bool {
        let word = character.is_ascii_alphanumeric() || character == '_';
        match self {
            Self::Any => !character.is_control(),
            Self::Word => word,
            Self::Document => word || "$&%*+-/".contains(character),
            Self::Cost => word || character == ' ',
            Self::Name => word || "./ ".contains(character),
            Self::Upper => character.is_ascii_uppercase(),
            Self::DigitsOnly => character.is_ascii_digit(),
        }
    }
}

/// Number, whether it must be there, and its rule.
type Field = (usize, bool, Rule);

fn header_rules() -> Vec<Field> {
    vec![
        (1, true, OneText(&["EXTF", "DTVF"])),
        (2, true, One(&["700"])),
        (3, true, One(&["21"])),
        (4, true, OneText(&["Buchungsstapel"])),
        (5, true, One(&["13"])),
        (6, true, Digits(17, 17)),
        (7, false, Empty),
        (8, false, Text(2, Class::Word)),
        (9, false, Text(25, Class::Word)),
        (10, false, OneText(&[])),
        (11, true, Digits(4, 7)),
        (12, true, Digits(1, 5)),
        (13, true, Date),
        (14, true, One(&["4", "5", "6", "7", "8"])),
        (15, true, Date),
        (16, true, Date),
        (17, false, Text(30, Class::Name)),
        (18, false, Text(4, Class::Upper)),
        (19, false, One(&["1", "2"])),
        (20, false, One(&["0", "30", "40", "50", "64"])),
        (21, true, One(&["0", "1"])),
        (22, true, Text(3, Class::Upper)),
        (23, false, Empty),
        (24, false, OneText(&[])),
        (25, false, Empty),
        (26, false, Empty),
        (27, false, Text(4, Class::DigitsOnly)),
        (28, false, Digits(1, 4)),
        (29, false, Empty),
        (30, false, OneText(&[])),
        (31, false, Text(16, Class::Any)),
    ]
}

fn row_rules() -> Vec<Field> {
    let mut rules = vec![
        (1, true, Decimal(10, 2)),
        (2, true, OneText(&["S", "H"])),
        (3, false, Text(3, Class::Upper)),
        (4, false, Decimal(4, 6)),
        (5, false, Decimal(10, 2)),
        (6, false, Text(3, Class::Upper)),
        (7, true, Account(9)),
        (8, true, Account(9)),
        (9, false, Text(4, Class::DigitsOnly)),
        (10, true, DayMonth),
        (11, true, Text(36, Class::Document)),
        (12, false, Text(12, Class::Document)),
        (13, false, Decimal(8, 2)),
        (14, true, Text(60, Class::Any)),
        (15, false, One(&["0", "1"])),
        (16, false, Text(9, Class::Word)),
        (17, false, Digits(1, 3)),
        (18, false, Digits(1, 2)),
        (19, false, One(&["0", "1"])),
        (20, false, Text(210, Class::Any)),
        (37, false, Text(36, Class::Cost)),
        (38, false, Text(36, Class::Cost)),
        (39, false, Decimal(12, 4)),
        (40, false, Text(15, Class::Any)),
        (41, false, Decimal(2, 2)),
        (42, false, OneText(&["I", "K", "P", "S"])),
        (43, false, Digits(1, 3)),
        (44, false, Digits(1, 3)),
        (45, false, Digits(1, 1)),
        (46, false, Digits(1, 2)),
        (47, false, Digits(1, 3)),
    ];
    rules.extend(last_rules());
    // Pairs of a kind and its content.
    for kind in (21..=35).step_by(2).chain((48..=86).step_by(2)) {
        rules.push((kind, false, Text(20, Class::Any)));
        rules.push((kind + 1, false, Text(210, Class::Any)));
    }
    rules.sort_by_key(|(number, ..)| *number);
    rules
}

fn last_rules() -> Vec<Field> {
    vec![
        (88, false, Digits(1, 8)),
        (89, false, Decimal(8, 2)),
        (90, false, Digits(1, 2)),
        (91, false, Text(10, Class::Word)),
        (92, false, Digits(4, 4)),
        (93, false, Day),
        (94, false, Digits(1, 1)),
        (95, false, Text(30, Class::Any)),
        (96, false, OneText(&["AA", "AG", "AV", "SR", "SU", "SG", "SO"])),
        (97, false, Digits(1, 2)),
        (98, false, Text(2, Class::Upper)),
        (99, false, Digits(1, 3)),
        (100, false, Decimal(2, 2)),
        (101, false, Digits(4, 8)),
        (102, false, Text(2, Class::Word)),
        (103, false, Text(36, Class::Any)),
        (104, false, Day),
        (105, false, Text(35, Class::Any)),
        (106, false, One(&["0", "1"])),
        (107, false, Text(76, Class::Any)),
        (108, false, Digits(1, 4)),
        (109, false, Text(11, Class::Any)),
        (110, false, Text(20, Class::Any)),
        (111, false, Day),
        (112, false, Text(30, Class::Any)),
        (113, false, Digits(1, 2)),
        (114, true, One(&["0", "1"])),
        (115, false, Day),
        (116, false, Day),
        (117, false, Day),
        (118, true, OneText(&["0", "1"])),
        (119, false, Decimal(2, 2)),
        (120, false, Text(2, Class::Upper)),
        (121, false, Text(50, Class::Any)),
        (122, false, One(&["1", "2", "3", "4", "5"])),
        (123, false, Text(15, Class::Any)),
        (124, false, Decimal(2, 2)),
        (125, false, Account(8)),
    ]
}

/// What is wrong with a field.
fn wrong(field: &str, required: bool, rule: &Rule) -> Option<String> {
    let is_text = matches!(rule, Text(..) | OneText(_));
    let Some(value) = inner(field, is_text) else { return Some("is not quoted as its type wants".to_owned()) };
    if value.is_empty() {
        return required.then(|| "is empty".to_owned());
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str, at: std::ops::Range<usize>| text[at].parse::<u32>().unwrap_or(0);
    let fine = match rule {
        Text(most, class) => value.chars().count() <= *most && value.chars().all(|c| class.holds(c)),
        OneText(known) | One(known) => known.contains(&value.as_str()),
        Digits(from, to) => digits(&value) && (*from..=*to).contains(&value.len()),
        Decimal(before, behind) => value.split_once(',').is_some_and(|(whole, part)| {
            let zero = value.bytes().all(|byte| byte == b'0' || byte == b',');
            digits(whole) && digits(part) && (1..=*before).contains(&whole.len()) && part.len() == *behind && !zero
        }),
        DayMonth => {
            value.len() == 4 && digits(&value) && (1..=31).contains(&number(&value, 0..2)) && number(&value, 2..4) <= 12
        }
        Day => value.len() == 8 && digits(&value) && (1..=31).contains(&number(&value, 0..2)),
        Date => value.len() == 8 && digits(&value) && (1..=31).contains(&number(&value, 6..8)),
        Account(most) => digits(&value) && value.len() <= *most && value.bytes().any(|byte| byte != b'0'),
        Empty => false,
    };
    (!fine).then(|| format!("may not be {value}"))
}

/// The value of a field as it is written.
pub(super) fn inner(field: &str, is_text: bool) -> Option<String> {
    if !is_text {
        return (!field.contains('"')).then(|| field.to_owned());
    }
    let value = field.strip_prefix('"')?.strip_suffix('"')?;
    let plain = value.replace("\"\"", "");
    (field.len() >= 2 && !plain.contains('"')).then(|| value.replace("\"\"", "\""))
}

/// The fields of a line; a `;` in quotes separates nothing.
pub(super) fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        if character == ';' && !quoted {
            fields.push(String::new());
            continue;
        }
        quoted ^= character == '"';
        fields.last_mut().unwrap().push(character);
    }
    fields
}

/// Windows-1252 as a reader decodes it.
pub(super) fn decoded(bytes: &[u8]) -> String {
    let high = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ".chars().collect::<Vec<_>>();
    let character = |byte: &u8| match byte {
        0x80..=0x9f => high[usize::from(byte - 0x80)],
        byte => char::from(*byte),
    };
    bytes.iter().map(character).collect()
}

/// Everything that is wrong with a file. `automatic` are the automatic accounts of the client.
pub(super) fn mistakes(bytes: &[u8], automatic: &BTreeMap<&str, i64>) -> Vec<String> {
    let text = decoded(bytes);
    let mut found = Vec::new();
    if bytes.iter().any(|byte| [0x81, 0x8d, 0x8f, 0x90, 0x9d].contains(byte)) {
        found.push("a byte that Windows-1252 lacks".to_owned());
    }
    if text.replace("\r\n", "").contains(['\r', '\n']) || !text.ends_with("\r\n") {
        found.push("a line does not end with CR and LF".to_owned());
    }
    let lines: Vec<&str> = text.trim_end_matches("\r\n").split("\r\n").collect();
    if lines.len() < 3 {
        found.push("header, titles and a row at least".to_owned());
        return found;
    }
    let header = fields(lines[0]);
    let rules = header_rules();
    if header.len() != 31 || rules.len() != 31 {
        found.push(format!("the header has {} fields", header.len()));
    }
    for (field, (number, required, rule)) in header.iter().zip(&rules) {
        found.extend(wrong(field, *required, rule).map(|what| format!("header {number} {what}")));
    }
    if lines[1].split(';').count() != 125 {
        found.push(format!("{} titles", lines[1].split(';').count()));
    }
    if lines.len() - 2 > 99_999 {
        found.push("too many rows".to_owned());
    }
    let rules = row_rules();
    assert_eq!(rules.iter().map(|(number, ..)| *number).collect::<Vec<_>>(), (1..=125).collect::<Vec<_>>());
    for (place, line) in lines.iter().enumerate().skip(2) {
        let row = fields(line);
        if row.len() != 125 {
            found.push(format!("line {}: {} fields", place + 1, row.len()));
            continue;
        }
        for (field, (number, required, rule)) in row.iter().zip(&rules) {
            found.extend(wrong(field, *required, rule).map(|what| format!("line {}, {number}: {what}", place + 1)));
        }
        found.extend(together(&header, &row, automatic).into_iter().map(|what| format!("line {}: {what}", place + 1)));
    }
    found
}

/// What fields say together.
fn together(header: &[String], row: &[String], automatic: &BTreeMap<&str, i64>) -> Vec<String> {
    let of = |number: usize| row[number - 1].trim_matches('"');
    let head = |number: usize| header[number - 1].trim_matches('"');
    let mut found = Vec::new();
    let mut check = |fine: bool, what: &str| {
        if !fine {
            found.push(what.to_owned());
        }
    };
    for kind in (21..=35).step_by(2).chain((48..=86).step_by(2)) {
        check(of(kind).is_empty() == of(kind + 1).is_empty(), "a kind without content");
    }
    let foreign = [4, 5, 6].map(|number| of(number).is_empty());
    check(foreign.iter().all(|empty| *empty == foreign[0]), "a rate without an amount");
    check(of(17).is_empty() == of(105).is_empty(), "17 without 105");
    check(of(115).is_empty() || !of(116).is_empty(), "115 without 116");
    check(of(114) == head(21), "the lock of the row is not that of the header");
    let year = &head(15)[..4];
    let day = format!("{year}{}{}", &of(10)[2..], &of(10)[..2]);
    check(head(15) <= day.as_str() && day.as_str() <= head(16), "the day is outside of the file's");
    check(head(13) <= head(15), "the fiscal year begins behind the file");
    let length: usize = head(14).parse().unwrap();
    for account in [of(7), of(8)] {
        check(account.len() <= length + 1, "an account is too long");
    }
    let is_automatic = |number| automatic.contains_key(of(number));
    check(!is_automatic(7) && !is_automatic(8) || ["", "0040", "40"].contains(&of(9)), "a key on an automatic account");
    check(of(7) != of(8), "one account against itself");
    found
}
