//! An entry as rows of two accounts with the gross, which is how accounting programs take them.
//!
//! One account of an entry is its hub: the receivable, else the one that stands against all others. Every other line,
//! together with the VAT posted for it, is a row against the hub.

use super::rows::{Entry, Line};
use crate::ledger::book::Account;

/// A row of two accounts.
pub(super) struct Pair<'a> {
    /// Always positive.
    pub(super) amount_minor: i64,
    /// The hub is debited and the other account credited, or the other way round.
    pub(super) hub_is_debited: bool,
    pub(super) hub: &'a Line,
    pub(super) other: &'a Line,
    /// VAT that is in the amount. `None`: it has none, or it is posted by a row of its own.
    pub(super) tax: Option<Tax>,
}

/// VAT in a gross amount, as we posted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tax {
    pub(super) bp: i32,
    /// Never negative.
    pub(super) vat_minor: i64,
    /// Input tax on what was bought.
    pub(super) is_input: bool,
}

/// Lines that become one row.
struct Part<'a> {
    line: &'a Line,
    net_minor: i64,
    vat: Option<(i32, i64, bool)>,
}

/// The rate in the code of an account of VAT, and whether it is input tax.
pub(super) fn vat_rate(code: &str) -> Option<(i32, bool)> {
    match Account::parse(code)? {
        Account::Vat(bp) => Some((bp, false)),
        Account::VatInput(bp) => Some((bp, true)),
        _ => None,
    }
}

/// The rows of an entry; `sign` is -1 for the reversal that is written as its original. `Err` says why it has none.
pub(super) fn fold(entry: &Entry, sign: i64) -> Result<Vec<Pair<'_>>, String> {
    let (vat, others): (Vec<&Line>, Vec<&Line>) =
        entry.lines.iter().partition(|line| vat_rate(&line.row.account_code).is_some());
    // Between VAT and one other account there is nothing to fold: it is a row of the net on each.
    let hub = hub(&others, &vat).ok_or_else(|| "it has no account that stands against all others".to_owned())?;
    let code = hub.row.account_code.as_str();
    let mut parts = parts(&others, code)?;
    // What was deferred has a rate on both lines, and no tax in it.
    let taxable = hub.row.vat_bp.is_none();
    let mut alone = Vec::new();
    for line in vat {
        let Some((bp, is_input)) = vat_rate(&line.row.account_code) else { continue };
        match carrier(&mut parts, line, bp, is_input) {
            Some(part) => add_vat(part, bp, line.row.amount_minor, is_input)?,
            None => alone.push(line),
        }
    }
    let mut pairs = Vec::new();
    let taxed: Vec<(String, i32)> =
        parts.iter().filter_map(|part| Some((part.line.row.line_key.clone(), part.vat?.0))).collect();
    for part in &parts {
        let row = &part.line.row;
        let (gross, tax) = match (part.vat, row.vat_bp) {
            (Some((bp, vat, is_input)), _) => {
                let gross = part.net_minor.checked_add(vat).ok_or_else(overflow)?;
                (gross, Some(Tax { bp, vat_minor: vat.saturating_abs(), is_input }))
            }
            // Too little for a cent of VAT, or a rate of 0. Beside a line that has the VAT it is a difference.
            (None, Some(bp)) if taxable && may_be_taxed(&row.account_code) => {
                let is_beside = taxed.iter().any(|(key, rate)| *key == row.line_key && *rate == bp);
                (part.net_minor, (!is_beside).then_some(Tax { bp, vat_minor: 0, is_input: false }))
            }
            (None, _) => (part.net_minor, None),
        };
        pairs.extend(pair(hub, part.line, gross.checked_mul(sign).ok_or_else(overflow)?, tax)?);
    }
    for line in alone {
        let minor = line.row.amount_minor.checked_mul(sign).ok_or_else(overflow)?;
        pairs.extend(pair(hub, line, minor, None)?);
    }
    Ok(pairs)
}

fn overflow() -> String {
    "an amount leaves the range of 64 bits".to_owned()
}

fn pair<'a>(hub: &'a Line, other: &'a Line, minor: i64, tax: Option<Tax>) -> Result<Option<Pair<'a>>, String> {
    if minor == 0 {
        return Ok(None);
    }
    let amount_minor = minor.checked_abs().ok_or_else(overflow)?;
    Ok(Some(Pair { amount_minor, hub_is_debited: minor < 0, hub, other, tax }))
}

/// Money accounts come first when there is no VAT: an accountant reads a payment from its bank account.
fn hub<'a>(others: &[&'a Line], vat: &[&Line]) -> Option<&'a Line> {
    let of = |wanted: fn(&str) -> bool| others.iter().copied().find(|line| wanted(&line.row.account_code));
    let mut codes: Vec<&str> = others.iter().map(|line| line.row.account_code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    if vat.is_empty() && codes.len() == 2 {
        return of(|code| code == "assets:bank")
            .or_else(|| of(|code| code.starts_with("assets:clearing:")))
            .or_else(|| of(|code| code == Account::RECEIVABLE))
            .or_else(|| others.first().copied());
    }
    if let Some(receivable) = of(|code| code == Account::RECEIVABLE) {
        return Some(receivable);
    }
    // The one whose side is that of no other.
    let sum = |code: &str| -> i128 {
        others.iter().filter(|line| line.row.account_code == code).map(|line| i128::from(line.row.amount_minor)).sum()
    };
    let rest = |code: &str| -> bool {
        let total = sum(code);
        let rest = others.iter().filter(|line| line.row.account_code != code).chain(vat);
        rest.map(|line| i128::from(line.row.amount_minor)).all(|minor| minor.signum() == -total.signum())
    };
    let against = codes.iter().find(|code| rest(code))?;
    others.iter().copied().find(|line| line.row.account_code == **against)
}

/// The lines that are not on the hub: those of one account, rate and part together.
fn parts<'a>(others: &[&'a Line], hub: &str) -> Result<Vec<Part<'a>>, String> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    for line in others.iter().filter(|line| line.row.account_code != hub) {
        let row = &line.row;
        let same = |part: &&mut Part<'_>| {
            let known = &part.line.row;
            known.account_code == row.account_code
                && known.line_key == row.line_key
                && (known.vat_bp == row.vat_bp || !may_be_taxed(&row.account_code))
        };
        match parts.iter_mut().find(same) {
            Some(part) => part.net_minor = part.net_minor.checked_add(row.amount_minor).ok_or_else(overflow)?,
            None => parts.push(Part { line, net_minor: row.amount_minor, vat: None }),
        }
    }
    Ok(parts)
}

/// The part whose VAT a line is: of the same line and rate, on the same side.
fn carrier<'a, 'b>(parts: &'b mut [Part<'a>], line: &Line, bp: i32, is_input: bool) -> Option<&'b mut Part<'a>> {
    let side = line.row.amount_minor.signum();
    parts.iter_mut().find(|part| {
        let row = &part.line.row;
        let rate = if is_input { row.vat_bp.is_none() } else { row.vat_bp == Some(bp) };
        let same_rate = part.vat.is_none_or(|(known, ..)| known == bp);
        rate && same_rate
            && row.line_key == line.row.line_key
            && part.net_minor.signum() == side
            && may_be_taxed(&row.account_code)
    })
}

fn add_vat(part: &mut Part<'_>, bp: i32, minor: i64, is_input: bool) -> Result<(), String> {
    let known = part.vat.map_or(0, |(_, vat, _)| vat);
    part.vat = Some((bp, known.checked_add(minor).ok_or_else(overflow)?, is_input));
    Ok(())
}

/// Whether tax can be in what is posted to an account.
fn may_be_taxed(code: &str) -> bool {
    code.starts_with("income:")
        || code.starts_with("expenses:")
        || code.starts_with("liabilities:voucher:spv:")
        || code == "liabilities:flex"
        || code == "liabilities:deferred:tickets"
}
