//! Rows of two accounts in the accountant's chart. The VAT that the other program takes out of a row must be ours.

use chrono::NaiveDate;

use super::account_map::{AccountMap, Asked};
use super::batch::{Parameters, Target};
use super::fold::{Pair, Tax, fold, vat_rate};
use super::problem::Problems;
use super::rows::{Entry, Line};
use super::text::amount;
use crate::config::{AccountRule, VatSplit};
use crate::ledger::book::Account;
use crate::money::{format_percent, vat_in_gross};

/// The largest amount of a row, in minor units: DATEV has ten digits before the comma.
const LARGEST_MINOR: i64 = 999_999_999_999;
/// What the VAT of a row may differ by to be called rounding, in minor units: a line and its discounts, or what is left
/// after several price reductions, are each rounded by themselves.
const ROUNDING_MINOR: i64 = 5;

/// A row of two accounts.
pub(super) struct MappedRow<'a> {
    /// Always positive.
    pub(super) amount_minor: i64,
    pub(super) hub_is_debited: bool,
    pub(super) hub: AccountRule,
    pub(super) other: AccountRule,
    /// VAT in the amount, which the other program takes out.
    pub(super) tax: Option<Tax>,
    /// DATEV's key, before it is padded.
    pub(super) tax_key: Option<String>,
    /// VAT code and box, for programs that go by them.
    pub(super) vat_code: Option<String>,
    pub(super) vat_box: Option<String>,
    /// What the row is about.
    pub(super) line: &'a Line,
    /// The line on the receivable, whose order is the open item; it may be another one than that of the entry.
    pub(super) receivable: Option<&'a Line>,
}

impl MappedRow<'_> {
    /// The account that is debited, and the one that is credited.
    pub(super) fn sides(&self) -> (&str, &str) {
        let (hub, other) = (self.hub.account.as_str(), self.other.account.as_str());
        if self.hub_is_debited { (hub, other) } else { (other, hub) }
    }
}

/// DATEV's key that lifts what an automatic account does.
const LIFT: &str = "40";

/// Maps the entries of a batch.
pub(super) struct Mapper<'a> {
    target: Target,
    map: &'a AccountMap,
    vat_split: VatSplit,
    /// A reversal repeats its original and is marked as one.
    general_reversal: bool,
    account_length: Option<usize>,
}

impl<'a> Mapper<'a> {
    /// `None` for a target that has our accounts.
    pub(super) fn new(target: Target, parameters: &'a Parameters) -> Option<Self> {
        let map = parameters.map.as_ref().filter(|_| target.is_mapped())?;
        let datev = parameters.datev.as_ref().filter(|_| target == Target::Datev);
        Some(Self {
            target,
            map,
            vat_split: parameters.vat_split,
            general_reversal: datev.is_some_and(|datev| datev.general_reversal),
            account_length: datev.map(|datev| datev.account_length),
        })
    }

    fn is_datev(&self) -> bool {
        self.target == Target::Datev
    }

    /// Whether the entry is written as its original, with a mark.
    pub(super) fn is_general_reversal(&self, entry: &Entry) -> bool {
        self.general_reversal && entry.reverses()
    }

    /// The rows of an entry. What has a problem is left out of them.
    pub(super) fn rows<'e>(&self, entry: &'e Entry, problems: &mut Problems) -> Vec<MappedRow<'e>> {
        if self.is_datev() && entry.head.currency != "EUR" {
            let detail = format!("{}: DATEV's files are in EUR, and there is no rate of exchange", entry.head.currency);
            problems.add("export_currency", detail);
            return Vec::new();
        }
        let sign = if self.is_general_reversal(entry) { -1 } else { 1 };
        let pairs = match fold(entry, sign) {
            Ok(pairs) => pairs,
            Err(why) => {
                let detail = format!("entry {} ({}): {why}", entry.name(), entry.head.event_type);
                problems.add("export_unsupported_entry", detail);
                return Vec::new();
            }
        };
        let mut rows = Vec::new();
        for pair in pairs {
            rows.extend(self.row(entry, &pair, problems));
        }
        rows
    }

    /// The day by which accounts are looked up: a reversal has those of its original.
    fn day(&self, entry: &Entry) -> NaiveDate {
        entry.reverses_on.unwrap_or(entry.head.booking_date)
    }

    fn row<'e>(&self, entry: &'e Entry, pair: &Pair<'e>, problems: &mut Problems) -> Vec<MappedRow<'e>> {
        let hub = self.account(entry, pair.hub, &pair.hub.row.account_code, problems);
        let other = self.account(entry, pair.other, &pair.other.row.account_code, problems);
        let (Some(hub), Some(other)) = (hub, other) else { return Vec::new() };
        if pair.amount_minor > LARGEST_MINOR {
            problems.add("export_amount", format!("entry {}: a row takes at most ten digits", entry.name()));
            return Vec::new();
        }
        let alone = vat_rate(&pair.other.row.account_code).is_some() && pair.other.row.item_kind != "opening_balance";
        let is_rounding = is_between_net_and_vat(entry) || pair.amount_minor <= ROUNDING_MINOR;
        if alone && !self.vat_split.takes(is_rounding) {
            self.mismatch(entry, pair, "it posts VAT that belongs to no net", is_rounding, problems);
            return Vec::new();
        }
        let tax = pair.tax.filter(|tax| tax.bp != 0);
        let Some(tax) = tax else {
            return self.untaxed(entry, pair, hub, other, problems).into_iter().collect();
        };
        match self.taxed(entry.head.booking_date, pair, tax, &hub, &other) {
            Ok(row) => vec![row],
            Err(Wrong::Rounding { theirs, .. }) if self.vat_split.takes(true) => {
                self.rounded(entry, pair, Tax { vat_minor: theirs, ..tax }, tax.vat_minor, problems)
            }
            Err(Wrong::Vat(_)) if self.vat_split.takes(false) => self.split(entry, pair, tax, problems),
            Err(Wrong::Key(why)) => {
                problems.add("export_tax_key", why);
                Vec::new()
            }
            Err(Wrong::Rounding { why, .. }) => {
                self.mismatch(entry, pair, &why, true, problems);
                Vec::new()
            }
            Err(Wrong::Vat(why)) => {
                self.mismatch(entry, pair, &why, false, problems);
                Vec::new()
            }
        }
    }

    fn mismatch(&self, entry: &Entry, pair: &Pair<'_>, why: &str, is_rounding: bool, problems: &mut Problems) {
        let currency = &entry.head.currency;
        let remedy = match is_rounding {
            true => "set vat_split = \"rounding\" in [sources.exports], and these cents become a row of their own",
            false => {
                "if that is meant, set vat_split = \"on\" in [sources.exports], and it becomes a row of the net and \
                 one of the VAT"
            }
        };
        let detail = format!(
            "entry {} ({}), {} {currency} on {}: {why}; {remedy}",
            entry.name(),
            entry.head.event_type,
            amount(pair.amount_minor, currency),
            pair.other.row.account_code,
        );
        problems.add("export_vat_mismatch", detail);
    }

    /// The account there, checked for the digits that DATEV wants.
    fn account(&self, entry: &Entry, line: &Line, code: &str, problems: &mut Problems) -> Option<AccountRule> {
        let (rate_bp, event) = (line.row.vat_bp, line.row.event_id.as_deref());
        let asked = Asked { code, rate_bp, event, day: self.day(entry) };
        let Some(rule) = self.map.find(&asked) else {
            let rate = rate_bp.map(|bp| format!(" at {} %", format_percent(bp.into()))).unwrap_or_default();
            problems.add("unmapped_account", format!("{code}{rate}"));
            return None;
        };
        if let Some(length) = self.account_length {
            let digits = rule.account.len();
            let fine = if rule.person { digits == length + 1 } else { (1..=length).contains(&digits) };
            if !fine || !rule.account.bytes().all(|byte| byte.is_ascii_digit()) {
                let kind = if rule.person { "a person account, one digit more" } else { "a general account" };
                let detail = format!("{code}: {} is not {kind} with account_length {length}", rule.account);
                problems.add("export_account_length", detail);
                return None;
            }
        }
        // What an account does by itself it does whatever is posted to it, at the rate of the day of the row.
        let automatic = self.map.automatic_rate(&rule.account, entry.head.booking_date);
        Some(AccountRule { automatic: Some(automatic.is_some()), rate_bp: automatic, ..rule.clone() })
    }

    /// A row without tax in it: what an automatic account would do is lifted.
    fn untaxed<'e>(
        &self,
        entry: &Entry,
        pair: &Pair<'e>,
        hub: AccountRule,
        other: AccountRule,
        problems: &mut Problems,
    ) -> Option<MappedRow<'e>> {
        if is_automatic(&hub) && is_automatic(&other) && self.is_datev() {
            let detail = format!(
                "entry {} ({}): {} and {} are both automatic accounts, and no key lifts both",
                entry.name(),
                entry.head.event_type,
                hub.account,
                other.account
            );
            problems.add("export_unsupported_entry", detail);
            return None;
        }
        let lifted = is_automatic(&hub) || is_automatic(&other);
        let row = Self::of(pair, pair.amount_minor, hub, other);
        // A rate of 0 has a meaning in a tax return, if the accountant gave it a code.
        let zero = pair.tax.is_some();
        let (vat_code, vat_box) = match zero {
            true => (row.other.vat_code.clone(), row.other.vat_box.clone()),
            false => (None, None),
        };
        let tax_key = lifted.then(|| LIFT.to_owned()).or_else(|| row.other.tax_key.clone().filter(|_| zero));
        Some(MappedRow { tax_key, vat_code, vat_box, ..row })
    }

    fn of<'e>(pair: &Pair<'e>, amount_minor: i64, hub: AccountRule, other: AccountRule) -> MappedRow<'e> {
        MappedRow {
            amount_minor,
            hub_is_debited: pair.hub_is_debited,
            hub,
            other,
            tax: None,
            tax_key: None,
            vat_code: None,
            vat_box: None,
            line: pair.other,
            receivable: [pair.hub, pair.other].into_iter().find(|line| line.row.account_code == Account::RECEIVABLE),
        }
    }

    fn taxed<'e>(
        &self,
        day: NaiveDate,
        pair: &Pair<'e>,
        tax: Tax,
        hub: &AccountRule,
        other: &AccountRule,
    ) -> Result<MappedRow<'e>, Wrong> {
        let percent = format_percent(tax.bp.into());
        let automatic = [hub, other].into_iter().find(|account| is_automatic(account));
        let takes_another =
            automatic.filter(|account| self.is_datev() && (is_automatic(hub) || account.rate_bp != Some(tax.bp)));
        if let Some(account) = takes_another {
            return Err(Wrong::Vat(format!("account {} takes out another rate than {percent} %", account.account)));
        }
        let code = &pair.other.row.account_code;
        if Account::rate_of_voucher(code).is_some_and(|sold_at| sold_at != tax.bp) {
            return Err(Wrong::Vat(format!("a voucher that was taxed at another rate pays for {percent} %")));
        }
        let theirs = vat_in_gross(pair.amount_minor, tax.bp).map_err(|overflow| Wrong::Vat(overflow.to_string()))?;
        if theirs != tax.vat_minor {
            let show = |minor| amount(minor, &pair.other.row.currency);
            let why =
                format!("the VAT of {percent} % in it is {}, and {} is posted", show(theirs), show(tax.vat_minor));
            return Err(match (theirs - tax.vat_minor).abs() <= ROUNDING_MINOR {
                true => Wrong::Rounding { theirs, why },
                false => Wrong::Vat(why),
            });
        }
        let row = MappedRow { tax: Some(tax), ..Self::of(pair, pair.amount_minor, hub.clone(), other.clone()) };
        let account = &other.account;
        if self.is_datev() {
            let usual = || self.map.tax_key(tax.bp, tax.is_input, day).map(str::to_owned);
            let key = if is_automatic(other) { None } else { other.tax_key.clone().or_else(usual) };
            if key.is_none() && !is_automatic(other) {
                return Err(Wrong::Key(format!(
                    "{code} at {percent} %: account {account} is not automatic and the rate has no tax key; give it \
                     tax_key"
                )));
            }
            return Ok(MappedRow { tax_key: key, ..row });
        }
        let usual = self.map.vat_code(tax.bp).filter(|_| !tax.is_input);
        let vat_code = other.vat_code.clone().or_else(|| usual.map(|(code, _)| code.to_owned()));
        let vat_box = other.vat_box.clone().or_else(|| usual.map(|(_, number)| number.to_owned()));
        // CSV says rate and VAT beside it.
        if vat_code.is_none() && self.target == Target::Banana {
            return Err(Wrong::Key(format!(
                "{code} at {percent} %: the rate has no VAT code; give account {account} vat_code"
            )));
        }
        Ok(MappedRow { vat_code, vat_box, ..row })
    }

    /// The row as the other program computes it, and the cents that it lacks between the net and the VAT.
    fn rounded<'e>(
        &self,
        entry: &'e Entry,
        pair: &Pair<'e>,
        theirs: Tax,
        ours_minor: i64,
        problems: &mut Problems,
    ) -> Vec<MappedRow<'e>> {
        let gross = self.row(entry, &Pair { tax: Some(theirs), ..*pair }, problems);
        let other = self.account(entry, pair.other, &pair.other.row.account_code, problems);
        let vat = self.account(entry, pair.other, &vat_account(theirs), problems);
        let (Some(other), Some(vat)) = (other, vat) else { return Vec::new() };
        let more = ours_minor.saturating_sub(theirs.vat_minor);
        let cents = Pair {
            amount_minor: more.saturating_abs(),
            hub_is_debited: pair.hub_is_debited == (more > 0),
            hub: pair.other,
            other: pair.other,
            tax: None,
        };
        gross.into_iter().chain(self.untaxed(entry, &cents, other, vat, problems)).collect()
    }

    /// The net without tax, and the VAT on its own account.
    fn split<'e>(&self, entry: &Entry, pair: &Pair<'e>, tax: Tax, problems: &mut Problems) -> Vec<MappedRow<'e>> {
        let code = vat_account(tax);
        let hub = self.account(entry, pair.hub, &pair.hub.row.account_code, problems);
        let other = self.account(entry, pair.other, &pair.other.row.account_code, problems);
        let vat = self.account(entry, pair.other, &code, problems);
        let (Some(hub), Some(other), Some(vat)) = (hub, other, vat) else { return Vec::new() };
        let net = pair.amount_minor.saturating_sub(tax.vat_minor);
        let part = |amount_minor| Pair { amount_minor, tax: None, ..*pair };
        let net = (net != 0).then(|| self.untaxed(entry, &part(net), hub.clone(), other, problems)).flatten();
        let vat = (tax.vat_minor != 0).then(|| self.untaxed(entry, &part(tax.vat_minor), hub, vat, problems)).flatten();
        net.into_iter().chain(vat).collect()
    }
}

/// Our account of VAT.
fn vat_account(tax: Tax) -> String {
    if tax.is_input { format!("assets:vat_input:{}", tax.bp) } else { format!("liabilities:vat:{}", tax.bp) }
}

/// An entry without a gross, such as the difference to the VAT of a whole order.
fn is_between_net_and_vat(entry: &Entry) -> bool {
    let is_net = |code: &str| code.starts_with("income:") || code == "liabilities:deferred:tickets";
    entry.lines.iter().map(|line| line.row.account_code.as_str()).all(|code| is_net(code) || vat_rate(code).is_some())
}

fn is_automatic(rule: &AccountRule) -> bool {
    rule.automatic == Some(true)
}

/// Why a row cannot be gross.
enum Wrong {
    /// The rate has no key there.
    Key(String),
    /// The VAT there would be that of another rate, or of another gross.
    Vat(String),
    /// The VAT there would differ by some cents.
    Rounding { theirs: i64, why: String },
}
