//! `docs/parked.md` explains every reason for which a webhook can be parked, and no other.

use std::collections::BTreeSet;

use ticketledger::inbox::ParkReason;

#[test]
fn every_reason_to_park_has_its_remedy() {
    let reasons: BTreeSet<String> = ParkReason::ALL.iter().map(ToString::to_string).collect();
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
