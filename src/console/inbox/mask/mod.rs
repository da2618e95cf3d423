//! A body with what may be personal hidden: shown is what the providers document to be an amount, a date, an id or a
//! state, by where it stands. Everything else is hidden, and names of fields that nobody documents are, too.

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::provider::documented::{self, Kind, kind};

/// What stands for a hidden text, number or name of a field.
const HIDDEN: &str = "•••";

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
        self.value(Some(""), 0)?;
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

    /// The value that stands at a path; `None` is one that nobody documents.
    fn value(&mut self, path: Option<&str>, depth: usize) -> Result<(), Stop> {
        if depth > DEPTH {
            return Err(Stop::NoJson);
        }
        self.blanks();
        match self.rest.bytes().next().ok_or(Stop::NoJson)? {
            b'{' => self.items(('{', '}'), depth, |printer| {
                let field = printer.string()?;
                let inner = path.and_then(|path| documented::field(path, &field));
                let name = if printer.hides && inner.is_none() { HIDDEN } else { beginning(&field, printer.most) };
                printer.write(&quoted(name))?;
                if !printer.takes(':') {
                    return Err(Stop::NoJson);
                }
                printer.write(": ")?;
                printer.value(inner.as_deref(), depth + 1)
            }),
            // The items of a list are what the list is called.
            b'[' => self.items(('[', ']'), depth, |printer| printer.value(path, depth + 1)),
            b'"' => {
                let text = self.string()?;
                let shown = if self.hides && !is_open(path, &text) { HIDDEN } else { text.as_str() };
                self.write(&quoted(beginning(shown, self.most)))
            }
            _ => {
                let length = self.rest.bytes().take_while(|byte| !b",]} \t\r\n".contains(byte)).count();
                let token = self.take(length)?;
                let value: Value = serde_json::from_str(token).map_err(|_| Stop::NoJson)?;
                let open = match (&value, path.and_then(kind)) {
                    (Value::Null, _) => true,
                    (Value::Number(_), Some(Kind::Amount | Kind::Count)) => true,
                    (Value::Number(number), Some(Kind::Id)) => number.is_u64(),
                    _ => false,
                };
                self.write(if self.hides && !open { "\"•••\"" } else { token })
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

fn is_word(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// Whether a text is what is documented for its path; nothing at all is no secret.
fn is_open(path: Option<&str>, text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let of = |bytes: &[u8]| text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_digit() || bytes.contains(&byte));
    match path.and_then(kind) {
        Some(Kind::Title) => true,
        Some(Kind::Id | Kind::Word) => is_word(text),
        Some(Kind::Amount | Kind::Count) => of(b"-+.,"),
        Some(Kind::Date) => text.len() >= 10 && of(b"-:.+TZ "),
        Some(Kind::Hidden | Kind::Parts) | None => false,
    }
}
