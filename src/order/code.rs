//! Codes of vouchers and flex tickets: as good as money, so only a hash and the last characters are kept.

use crate::hash;

/// A shorter code would be given away by its last four characters.
const SHORTEST_CODE: usize = 8;

/// Hash and last four characters of a code that is as good as money.
pub fn mask_code(code: Option<String>) -> (Option<String>, Option<String>) {
    let Some(code) = code else { return (None, None) };
    let length = code.chars().count();
    let last4 = (length >= SHORTEST_CODE).then(|| code.chars().skip(length - 4).collect());
    (Some(hash::sha256(code.as_bytes())), last4)
}
