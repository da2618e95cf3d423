//! The hash chain: each entry's hash covers its header, its lines and the hash of the entry before it.

use serde::Serialize;

use super::{EntryKind, EntryRow, PostingRow};
use crate::hash;

/// Of the canonical form below; a change of it gets a new number.
pub(in crate::ledger) const HASH_VERSION: i16 = 1;

/// What stands before the first entry.
pub(in crate::ledger) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of an entry: SHA-256 over the compact JSON of `[entry, lines]`, fields in the order of the row types,
/// without the hash itself. The previous hash is a field of the entry, so it is covered.
pub(in crate::ledger) fn entry_hash(entry: &EntryRow, lines: &[PostingRow]) -> String {
    sha256_of_json(&(entry, lines))
}

/// The same snapshot can never post the same atom twice: this key is unique per source.
pub(in crate::ledger) fn posting_key(
    source: &str,
    order_id: &str,
    snapshot_no: i64,
    atom_key: &str,
    kind: EntryKind,
) -> String {
    sha256_of_json(&(source, order_id, snapshot_no, atom_key, kind))
}

/// SHA-256, in hex, of the compact JSON of a value whose fields have a fixed order.
pub(in crate::ledger) fn sha256_of_json(value: &impl Serialize) -> String {
    // Our own types have string keys and no fallible parts.
    let text = serde_json::to_vec(value).unwrap_or_else(|_| b"unserialisable".to_vec());
    hash::sha256(text)
}
