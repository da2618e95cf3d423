//! Windows-1252, the encoding that DATEV reads without being told.

/// A text in Windows-1252. What it lacks becomes the nearest that it has, else `?`: an export never fails on a title.
pub(super) fn windows_1252(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match byte(character) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(near(character).as_bytes()),
        }
    }
    bytes
}

/// The characters between 0x80 and 0x9F; `\0` where there is none.
const MIDDLE: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•',
    '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

fn byte(character: char) -> Option<u8> {
    match character {
        ' '..='~' | '\r' | '\n' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(character)).ok(),
        '\0' => None,
        _ => MIDDLE.iter().zip(0x80_u8..).find(|(known, _)| **known == character).map(|(_, byte)| byte),
    }
}

/// What stands for a character that is not there.
fn near(character: char) -> &'static str {
    match character {
        'ą' | 'ă' | 'ā' => "a",
        'Ą' | 'Ă' | 'Ā' => "A",
        'ć' | 'č' | 'ĉ' | 'ċ' => "c",
        'Ć' | 'Č' | 'Ĉ' | 'Ċ' => "C",
        'ď' | 'đ' => "d",
        'Ď' | 'Đ' => "D",
        'ę' | 'ě' | 'ē' | 'ė' => "e",
        'Ę' | 'Ě' | 'Ē' | 'Ė' => "E",
        'ğ' | 'ģ' => "g",
        'Ğ' | 'Ģ' => "G",
        'ı' | 'ī' | 'į' => "i",
        'İ' | 'Ī' | 'Į' => "I",
        'ķ' => "k",
        'ł' | 'ľ' | 'ļ' | 'ĺ' => "l",
        'Ł' | 'Ľ' | 'Ļ' | 'Ĺ' => "L",
        'ń' | 'ň' | 'ņ' => "n",
        'Ń' | 'Ň' | 'Ņ' => "N",
        'ő' | 'ō' => "o",
        'Ő' | 'Ō' => "O",
        'ř' | 'ŕ' => "r",
        'Ř' | 'Ŕ' => "R",
        'ś' | 'ş' | 'ș' => "s",
        'Ś' | 'Ş' | 'Ș' => "S",
        'ť' | 'ţ' | 'ț' => "t",
        'Ť' | 'Ţ' | 'Ț' => "T",
        'ů' | 'ű' | 'ū' | 'ų' => "u",
        'Ů' | 'Ű' | 'Ū' | 'Ų' => "U",
        'ź' | 'ż' => "z",
        'Ź' | 'Ż' => "Z",
        'ẞ' => "SS",
        '₀' => "0",
        '₁' => "1",
        '₂' => "2",
        '₃' => "3",
        '₄' => "4",
        '₅' => "5",
        '₆' => "6",
        '₇' => "7",
        '₈' => "8",
        '₉' => "9",
        '‐' | '‑' | '‒' | '−' => "-",
        '\u{2002}'..='\u{200a}' | '\u{202f}' => " ",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_has_is_kept_and_the_rest_is_near() {
        assert_eq!(windows_1252("€ – ü ß"), [0x80, b' ', 0x96, b' ', 0xfc, b' ', 0xdf]);
        assert_eq!(windows_1252("CO₂ Łódź 𝄞\u{81}"), b"CO2 L\xf3dz ??");
        assert_eq!(MIDDLE.iter().filter(|known| **known != '\0').count(), 27);
    }
}
