//! Helvetica, which every reader of PDF has: how wide its characters are, and how they are encoded.

/// Widths of the characters from the space to the tilde, in thousandths of the size.
const WIDTHS: [i64; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

/// A face of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
}

/// The byte of a character in Windows-1252; what it lacks is a question mark.
fn byte_of(character: char) -> u8 {
    match character {
        '€' => 0x80,
        '…' => 0x85,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '„' => 0x84,
        '•' => 0x95,
        // The minus sign has no byte of its own.
        '–' | '\u{2212}' => 0x96,
        '—' => 0x97,
        other => {
            let byte = u8::try_from(u32::from(other)).unwrap_or(b'?');
            if matches!(byte, 0x20..=0x7e | 0xa0..=0xff) { byte } else { b'?' }
        }
    }
}

/// The bytes of a text. A mark in front of an outcome, which says the same as its word, is left out.
pub(super) fn encoded(text: &str) -> Vec<u8> {
    text.trim_start_matches(['✓', '✗', ' ']).chars().map(byte_of).collect()
}

/// How wide a text of a size is.
pub(super) fn width(text: &str, face: Face, size: i64) -> i64 {
    let of = |byte: u8| {
        let known = usize::from(byte).checked_sub(0x20).and_then(|index| WIDTHS.get(index)).copied();
        let regular = known.unwrap_or(match byte {
            0x85 => 1000,
            0xc0..=0xde => 722,
            _ => 584,
        });
        match (face, byte) {
            (Face::Regular, _) => regular,
            (Face::Bold, b'\'') => 238,
            // Amounts are as wide in both faces.
            (Face::Bold, b'0'..=b'9' | b',' | b'.' | b'-' | b' ') => regular,
            (Face::Bold, _) => regular + regular / 12,
        }
    };
    encoded(text).into_iter().map(of).sum::<i64>() * size / 1000
}

/// A text in lines that fit: broken at its spaces, and within a word that is too long.
pub(super) fn lines(text: &str, face: Face, size: i64, most: i64) -> Vec<String> {
    let fits = |line: &str| width(line, face, size) <= most;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            *line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        let mut rest = String::new();
        for character in word.chars() {
            rest.push(character);
            if !fits(&rest) && rest.chars().count() > 1 {
                rest.pop();
                if let Some(line) = lines.last_mut() {
                    *line = std::mem::take(&mut rest);
                }
                lines.push(String::new());
                rest.push(character);
            }
        }
        if let Some(line) = lines.last_mut() {
            *line = rest;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_encoded_as_every_reader_knows_them() {
        assert_eq!(encoded("Übersicht – 5 €"), b"\xdcbersicht \x96 5 \x80");
        assert_eq!(encoded("✓ passed"), b"passed");
        assert_eq!(encoded("日本"), b"??");
    }

    #[test]
    fn amounts_are_as_wide_as_their_digits() {
        assert_eq!(width("1.234,56", Face::Regular, 1000), 6 * 556 + 2 * 278);
        assert_eq!(width("1.234,56", Face::Bold, 1000), 6 * 556 + 2 * 278);
        assert_eq!(width("", Face::Bold, 1000), 0);
    }

    #[test]
    fn lines_fit_and_lose_nothing() {
        let text = "a few words and averyveryverylongwordthatneverends here";
        let broken = lines(text, Face::Regular, 100, 900);
        assert!(broken.iter().all(|line| width(line, Face::Regular, 100) <= 900), "{broken:?}");
        assert_eq!(broken.concat().replace(' ', ""), text.replace(' ', ""));
        assert_eq!(lines("", Face::Regular, 100, 900), [""]);
    }
}
