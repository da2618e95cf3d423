//! Many lines that are alike, told in few.

use std::collections::BTreeMap;

use super::Length;
use super::words::money;

/// Lines of a chapter that a summary prints; more are summed up.
pub(super) const ROWS: usize = 20;

/// One line of a chapter.
#[derive(Default)]
pub(super) struct Line {
    /// The sentence that tells it alone.
    pub(super) text: String,
    /// What is said of several that are alike.
    pub(super) kind: String,
    /// Empty when it is about no amount.
    pub(super) currency: String,
    pub(super) amount_minor: i64,
    /// The VAT in the amount, for kinds that are taxed.
    pub(super) vat_minor: Option<i64>,
    pub(super) entry_no: Option<i64>,
}

impl Line {
    pub(super) fn plain(text: String) -> Self {
        Self { kind: text.clone(), text, ..Self::default() }
    }
}

/// The sentences of a chapter: all of them, or in a summary at most a few more than [`ROWS`].
pub(super) fn sentences(lines: Vec<Line>, length: Length) -> Vec<String> {
    if length == Length::Whole || lines.len() <= ROWS {
        return lines.into_iter().map(|line| line.text).collect();
    }
    let count = lines.len();
    let groups = groups(&lines);
    let mut sentences: Vec<String> = groups.iter().take(ROWS).map(|group| in_words(group)).collect();
    if groups.len() > ROWS {
        let rest: Vec<&Line> = groups.iter().skip(ROWS).flatten().copied().collect();
        sentences.push(format!("… and {} more{}.", rest.len(), amounts(&rest)));
    }
    sentences.push(format!("({count} lines, summed up where they are alike; --all prints each.)"));
    sentences
}

/// Lines that are alike, in the order of the first of each.
fn groups(lines: &[Line]) -> Vec<Vec<&Line>> {
    let mut places: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&Line>> = Vec::new();
    for line in lines {
        let place = *places.entry((line.kind.as_str(), line.currency.as_str())).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(line),
            None => groups.push(vec![line]),
        }
    }
    groups
}

fn in_words(group: &[&Line]) -> String {
    let [first, ..] = group else { return String::new() };
    if group.len() == 1 {
        return first.text.clone();
    }
    let entries = entries(&group.iter().filter_map(|line| line.entry_no).collect::<Vec<_>>());
    let entries = if entries.is_empty() { entries } else { format!(" ({entries})") };
    format!("{} × {}{}{entries}.", group.len(), first.kind, amounts(group))
}

/// `: 2500.00 EUR in all, of which VAT 399.16`
fn amounts(lines: &[&Line]) -> String {
    let mut sums: BTreeMap<&str, (i64, Option<i64>)> = BTreeMap::new();
    for line in lines.iter().filter(|line| !line.currency.is_empty()) {
        let (amount, vat) = sums.entry(&line.currency).or_default();
        *amount = amount.saturating_add(line.amount_minor);
        if let Some(more) = line.vat_minor {
            *vat = Some(vat.unwrap_or(0).saturating_add(more));
        }
    }
    let sums = sums.into_iter().map(|(currency, (amount, vat))| {
        let vat = vat.map_or_else(String::new, |vat| format!(", of which VAT {}", money(vat, currency)));
        format!("{} in all{vat}", money(amount, currency))
    });
    let sums = sums.collect::<Vec<_>>().join("; ");
    if sums.is_empty() { sums } else { format!(": {sums}") }
}

/// `entry 3`, `entries 3, 4 and 9`, `entries 3 to 250`, `250 entries from 3 to 900`.
pub(super) fn entries(numbers: &[i64]) -> String {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    let count = i64::try_from(numbers.len()).unwrap_or(i64::MAX);
    match numbers.as_slice() {
        [] => String::new(),
        [one] => format!("entry {one}"),
        [first, .., last] if last - first + 1 == count && count > 2 => format!("entries {first} to {last}"),
        [before @ .., last] if count <= 4 => {
            let before: Vec<String> = before.iter().map(ToString::to_string).collect();
            format!("entries {} and {last}", before.join(", "))
        }
        [first, .., last] => format!("{count} entries from {first} to {last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, amount_minor: i64, entry_no: i64) -> Line {
        Line {
            text: format!("{kind} of {amount_minor}"),
            kind: kind.to_owned(),
            currency: "EUR".to_owned(),
            amount_minor,
            vat_minor: None,
            entry_no: Some(entry_no),
        }
    }

    #[test]
    fn entries_are_told_in_few_words() {
        assert_eq!(entries(&[7]), "entry 7");
        assert_eq!(entries(&[4, 3]), "entries 3 and 4");
        assert_eq!(entries(&[3, 5, 4, 6, 7]), "entries 3 to 7");
        assert_eq!(entries(&[3, 9, 4]), "entries 3, 4 and 9");
        assert_eq!(entries(&[3, 9, 4, 20, 30]), "5 entries from 3 to 30");
    }

    #[test]
    fn few_lines_are_told_one_by_one_and_many_by_their_kind() {
        let few = || (0..20).map(|number| line("a", 100, number)).collect::<Vec<_>>();
        assert_eq!(sentences(few(), Length::Summary).len(), 20);
        let mut many = few();
        many.push(line("b", 7, 20));
        many.push(Line { vat_minor: Some(16), ..line("c", 100, 21) });
        many.push(Line { vat_minor: Some(16), ..line("c", 100, 23) });
        assert_eq!(
            sentences(many, Length::Summary),
            [
                "20 × a: 20.00 EUR in all (entries 0 to 19).",
                "b of 7",
                "2 × c: 2.00 EUR in all, of which VAT 0.32 EUR (entries 21 and 23).",
                "(23 lines, summed up where they are alike; --all prints each.)"
            ]
        );
        let all_different = |length| sentences((0..500).map(|n| line(&n.to_string(), 1, n)).collect(), length);
        let told = all_different(Length::Summary);
        assert_eq!((told.len(), told[20].as_str()), (22, "… and 480 more: 4.80 EUR in all."));
        assert_eq!(all_different(Length::Whole).len(), 500);
    }
}
