//! `docs/parked.md` explains every reason for which a webhook can be parked, and no other.

use std::collections::BTreeSet;
use std::path::Path;

/// What stands before a reason in the source.
const BEFORE: [&str; 14] = [
    "Unreadable::new(",
    ".refuse(",
    "unknown_word(",
    "const REASON: &str = ",
    "reason: ",
    "Ok(parked(",
    "None => parked(",
    "\"transient\", ",
    "\"permanent\", ",
    "Error::Panicked { .. } => ",
    "Error::Overflow { .. } => ",
    "Error::Snapshot { .. } => ",
    "| Error::Policy(_) => ",
    "_ => transient(",
];

/// Reasons in one file, its tests left out.
fn reasons_in(text: &str, reasons: &mut BTreeSet<String>) {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    for before in BEFORE {
        for (at, _) in text.match_indices(before) {
            let Some(rest) = text[at + before.len()..].trim_start().strip_prefix('"') else { continue };
            let Some((word, rest)) = rest.split_once('"') else { continue };
            let is_code = !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            // An owned text is the reason of a finding.
            if is_code && !rest.starts_with(".to_owned()") {
                reasons.insert(word.to_owned());
            }
        }
    }
}

fn scan(folder: &Path, reasons: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("tests") {
            scan(&path, reasons);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            reasons_in(&std::fs::read_to_string(&path).expect("a source file"), reasons);
        }
    }
}

#[test]
fn every_reason_to_park_has_its_remedy() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut reasons = BTreeSet::new();
    for folder in ["provider", "session", "worker", "inbox"] {
        scan(&source.join(folder), &mut reasons);
    }
    assert!(reasons.len() > 35, "the source is read wrongly: {reasons:?}");
    let rows = include_str!("../../docs/parked.md").lines().filter_map(|line| line.strip_prefix("| `"));
    let mut explained = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert!(cells.len() == 4 && cells[1].len() > 10 && cells[2].len() > 5, "{row}");
        assert!(explained.insert(cells[0].trim_end_matches('`').to_owned()), "twice: {row}");
    }
    assert_eq!(explained.difference(&reasons).collect::<Vec<_>>(), Vec::<&String>::new(), "reasons that do not exist");
    assert_eq!(reasons.difference(&explained).collect::<Vec<_>>(), Vec::<&String>::new(), "reasons without a remedy");
}
