//! The stream that lines of the log go to. A text of somebody else must not turn a line around, hide a part of it, or
//! begin a line that looks like one of ours.

use std::io::{self, Write};

use crate::report::format::printable;

/// Our own colours begin with it; in texts the log writes it as an escape.
const ESCAPE: char = '\u{1b}';

/// A writer that takes one line of the log with each call, as the formatter hands them over.
pub(super) struct Plain<W>(pub(super) W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(plain(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The line without hostile characters. Lines that follow within one event are indented.
fn plain(line: &str) -> String {
    let text = line.strip_suffix('\n').unwrap_or(line);
    let parts: Vec<String> = text.split('\n').map(with_colours).collect();
    parts.join("\n    ") + if text.len() < line.len() { "\n" } else { "" }
}

fn with_colours(line: &str) -> String {
    let parts: Vec<String> = line.split(ESCAPE).map(printable).collect();
    parts.join("\u{1b}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_somebody_else_stays_within_its_line() {
        for (line, expected) in [
            ("a \u{1b}[33mWARN\u{1b}[0m b\n", "a \u{1b}[33mWARN\u{1b}[0m b\n"),
            ("a\u{202e}b\r\u{7}c\n", "a\u{fffd}b\u{fffd}\u{fffd}c\n"),
            ("a\n2026-01-01 INFO forged\n", "a\n    2026-01-01 INFO forged\n"),
            ("no end", "no end"),
        ] {
            let mut written = Vec::new();
            Plain(&mut written).write_all(line.as_bytes()).expect("memory takes all");
            assert_eq!(String::from_utf8(written).expect("text"), expected);
        }
    }
}
