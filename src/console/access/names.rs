//! Names of users: which are possible, and which are the same.

/// A name as it is compared: `STRASSE` is `straße`, for which lower case alone would not do.
pub(super) fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// Whether it can be the name of somebody: no two names may look alike, and none may be part of an address or of
/// markup.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |c: char| (c.is_alphanumeric() && !is_mark(c)) || "._-@+".contains(c);
    name.chars().count() <= 64 && name.chars().all(plain) && name.chars().any(char::is_alphanumeric)
}

/// Whether it is a vowel sign that counts as a letter, or half of a syllable: what is put together of parts can also be
/// written as one. Accents that are signs of their own are no letters in the first place.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{345}' | '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{d7b0}'..='\u{d7ff}')
}
