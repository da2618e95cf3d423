//! SHA-256 as it is stored and shown: 64 lower-case hexadecimal digits.

use sha2::{Digest as _, Sha256};

/// The hash of bytes.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    finished(Sha256::new_with_prefix(bytes))
}

/// The hash of what a hasher was given piece by piece.
pub fn finished(hasher: Sha256) -> String {
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_or_in_pieces_it_is_the_same_hash() {
        // The example of FIPS 180-4.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256("abc"), expected);
        assert_eq!(finished(Sha256::new().chain_update("a").chain_update("bc")), expected);
    }
}
