//! An account that does not exist, and those that are named like it.

use crate::db::{Database, Error};
use crate::ledger::totals::{Accounts, account_codes};

/// How many accounts a message names.
const NAMED: usize = 6;

/// No account has that code, or begins with it.
#[derive(Debug, thiserror::Error)]
#[error("there is no account `{code}`{}", like(.named))]
pub struct NoSuchAccount {
    code: String,
    /// The likely ones, most likely first.
    named: Vec<String>,
}

fn like(named: &[String]) -> String {
    match named {
        [] => "; nothing is booked yet".to_owned(),
        named => {
            let named = named.join(", ");
            format!("; did you mean one of {named}? `ticketledger report trial-balance` lists all accounts")
        }
    }
}

/// Refuses accounts that were never posted to: an empty sheet would look like an answer.
///
/// # Errors
/// When the database cannot be read; inside, when there is no such account.
pub fn known(
    database: &Database,
    source: Option<&str>,
    accounts: &Accounts,
) -> Result<Result<(), NoSuchAccount>, Error> {
    let codes = account_codes(&mut database.reader()?, source)?;
    if codes.iter().any(|code| accounts.hold(code)) {
        return Ok(Ok(()));
    }
    Ok(Err(NoSuchAccount { code: accounts.as_str().to_owned(), named: nearest(accounts.as_str(), codes) }))
}

/// The codes that are most like a text.
fn nearest(text: &str, codes: Vec<String>) -> Vec<String> {
    let wanted = text.to_lowercase();
    let wanted = wanted.trim_end_matches(':');
    let mut ranked: Vec<(usize, String)> = codes
        .into_iter()
        .map(|code| {
            let known = code.to_lowercase();
            let contains = !wanted.is_empty() && (known.contains(wanted) || wanted.contains(&known));
            // The last part of a code is what is mistyped or left out most often.
            let last_part = |code: &str| code.rsplit(':').next().unwrap_or_default().to_owned();
            let distance = distance(wanted, &known).min(1 + distance(&last_part(wanted), &last_part(&known)));
            (if contains { 0 } else { distance }, code)
        })
        .collect();
    ranked.sort();
    ranked.into_iter().map(|(_, code)| code).take(NAMED).collect()
}

/// How many letters must be changed, added or dropped.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (place, letter) in a.chars().enumerate() {
        let mut next = vec![place + 1];
        for ((other, above), diagonal) in b.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or_default();
            next.push((left + 1).min(above + 1).min(diagonal + usize::from(*other != letter)));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_codes_come_first() {
        let codes = || {
            [
                "assets:clearing:Card",
                "assets:clearing:cash",
                "assets:receivable",
                "income:tickets",
                "liabilities:vat:1900",
            ]
            .map(str::to_owned)
            .to_vec()
        };
        let first = |text: &str| nearest(text, codes()).remove(0);
        assert_eq!(first("assets:clearing:card"), "assets:clearing:Card");
        assert_eq!(first("receivable"), "assets:receivable");
        assert_eq!(first("assets:recievable"), "assets:receivable");
        assert_eq!(first("vat:1900"), "liabilities:vat:1900");
        assert_eq!(first("revenue:tickets"), "income:tickets");
        assert_eq!((distance("", "abc"), distance("abc", "abd"), distance("kitten", "sitting")), (3, 1, 3));
        assert_eq!(nearest("x", Vec::new()), Vec::<String>::new());
    }
}
