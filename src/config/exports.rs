//! The `exports` of a source: the chart of accounts of its accountant, and what DATEV needs.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::read::{Section, Text};
use super::vat;

/// How the book of a source is exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    /// The chart that the shipped numbers come from; `None` = the usual one of the country.
    pub chart: Option<Chart>,
    /// Numbers that differ from the shipped ones, in the order of the file.
    pub accounts: Vec<AccountRule>,
    pub vat_split: VatSplit,
    pub datev: Option<Datev>,
}

/// What becomes of a row whose VAT another program would compute otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VatSplit {
    /// It stops the export: no row may name an account of VAT.
    Off,
    /// Cents that come from rounding are a row of their own between revenue and VAT; anything else stops the export.
    #[default]
    Rounding,
    /// In addition, VAT that is not that of the gross becomes a row of the net and one of the VAT.
    On,
}

impl VatSplit {
    pub const ALL: [Self; 3] = [Self::Off, Self::Rounding, Self::On];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Rounding => "rounding",
            Self::On => "on",
        }
    }

    /// Whether a row may be split, for a difference that comes from rounding or for any.
    pub fn takes(self, is_rounding: bool) -> bool {
        self == Self::On || (self == Self::Rounding && is_rounding)
    }
}

/// A chart of accounts with shipped numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chart {
    /// German standard chart 03.
    Skr03,
    /// German standard chart 04.
    Skr04,
    /// The Swiss chart for small and medium-sized firms.
    Kmu,
    /// No shipped numbers.
    None,
}

impl Chart {
    pub const ALL: [Self; 4] = [Self::Skr03, Self::Skr04, Self::Kmu, Self::None];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skr03 => "skr03",
            Self::Skr04 => "skr04",
            Self::Kmu => "kmu",
            Self::None => "none",
        }
    }
}

/// The account of the accountant's chart for one of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRule {
    /// Our code, or the beginning of codes that ends in `:`.
    pub code: String,
    /// Only lines of this rate, in basis points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_bp: Option<i32>,
    /// Only lines of this event, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// First booking day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The number there.
    pub account: String,
    /// Whether the program there takes the tax of `rate_bp` out of whatever is posted to it; `None` = as it is shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic: Option<bool>,
    /// It is an account of the sub-ledger, with one digit more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub person: bool,
    /// DATEV's tax key, if it is not the usual one of the rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_key: Option<String>,
    /// The VAT code of Banana and of CSV with pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_code: Option<String>,
    /// The box of the Swiss VAT return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_box: Option<String>,
}

/// What DATEV needs to know of the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Datev {
    /// Number of the consultant.
    pub consultant: i64,
    /// Number of the client at the consultant.
    pub client: i64,
    /// Digits of a general account.
    pub account_length: usize,
    /// Month in which the fiscal year begins.
    pub fiscal_year_start: u32,
    /// Whether the rows are final once they are imported.
    pub lock: bool,
    /// A reversal is a general reversal (the same side, marked) instead of the other side.
    pub general_reversal: bool,
    /// Digits in which a tax key is written.
    pub key_digits: usize,
    /// Write date of supply and date of the tax period.
    pub service_dates: bool,
    /// The id of the event is the cost centre.
    pub cost_centre: bool,
}

pub(super) fn exports(section: Option<Section>, problems: &mut Problems) -> Exports {
    let Some(mut section) = section else { return Exports::default() };
    let chart = section.text("chart", problems).and_then(|text| chart(&text, problems));
    let rules = section.sections("accounts", problems);
    let accounts = rules.into_iter().filter_map(|section| rule(section, problems)).collect();
    let vat_split = section.text("vat_split", problems).map(|text| vat_split(&text, problems)).unwrap_or_default();
    let datev = section.section("datev", problems);
    let datev = datev.and_then(|section| self::datev(section, problems));
    section.finish(problems);
    Exports { chart, accounts, vat_split, datev }
}

fn chart(text: &Text, problems: &mut Problems) -> Option<Chart> {
    let known = Chart::ALL.into_iter().find(|chart| chart.as_str() == text.value);
    if known.is_none() {
        text.wrong(problems, "must be \"skr03\", \"skr04\", \"kmu\" or \"none\"");
    }
    known
}

fn vat_split(text: &Text, problems: &mut Problems) -> VatSplit {
    let known = VatSplit::ALL.into_iter().find(|split| split.as_str() == text.value);
    if known.is_none() {
        text.wrong(problems, "must be \"rounding\", \"on\" or \"off\"");
    }
    known.unwrap_or_default()
}

/// `"on"` or `"off"`.
fn switch(section: &mut Section, key: &'static str, default: bool, problems: &mut Problems) -> bool {
    match section.text(key, problems) {
        None => default,
        Some(text) if text.value == "on" => true,
        Some(text) if text.value == "off" => false,
        Some(text) => {
            text.wrong(problems, "must be \"on\" or \"off\"");
            default
        }
    }
}

fn rule(mut section: Section, problems: &mut Problems) -> Option<AccountRule> {
    let code = section.required("code", "write our account, such as \"income:tickets\"", problems);
    let account = section.required("account", "write the number of the account there", problems);
    let rate = section.text("rate", problems);
    let rate_bp = rate.and_then(|text| vat::basis_points(&text, problems));
    let event = section.text("event", problems).map(|text| text.value);
    let from = section.text("from", problems).and_then(|text| vat::date(&text, problems));
    let automatic = section.has("automatic").then(|| switch(&mut section, "automatic", false, problems));
    let person = switch(&mut section, "person", false, problems);
    let tax_key = section.text("tax_key", problems);
    let vat_code = plain(section.text("vat_code", problems), problems);
    let vat_box = plain(section.text("vat_box", problems), problems);
    if automatic == Some(true) && rate_bp.is_none() {
        section.wrong(problems, "rate", "is missing; write the rate that the automatic account takes out");
    }
    if let Some(key) = tax_key.as_ref().filter(|key| !is_number(&key.value, 4)) {
        key.wrong(problems, "must be one to four digits");
    }
    section.finish(problems);
    let account = account.filter(|text| {
        let fine =
            !text.value.is_empty() && text.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        if !fine {
            text.wrong(problems, "must be the number of an account: digits, letters and `.` only");
        }
        fine
    });
    Some(AccountRule {
        code: code?.value.trim().to_owned(),
        rate_bp,
        event,
        from,
        account: account?.value,
        automatic,
        person,
        tax_key: tax_key.map(|key| key.value),
        vat_code,
        vat_box,
    })
}

/// What is written as it is into a file that has its own separators.
fn plain(text: Option<Text>, problems: &mut Problems) -> Option<String> {
    let text = text?;
    if !text.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte)) {
        text.wrong(problems, "use letters, digits and `-._+` only");
    }
    Some(text.value)
}

fn is_number(text: &str, digits: usize) -> bool {
    (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn datev(mut section: Section, problems: &mut Problems) -> Option<Datev> {
    for (key, hint) in [("consultant", "the number of the consultant"), ("client", "the number of the client")] {
        if !section.has(key) {
            section.wrong(problems, key, format!("is missing; write {hint} in DATEV"));
        }
    }
    let consultant = section.optional_number("consultant", 1001..=9_999_999, problems);
    let client = section.optional_number("client", 1..=99_999, problems);
    let account_length = section.number("account_length", 4..=8, 4, problems);
    let month = section.number("fiscal_year_start", 1..=12, 1, problems);
    let lock = switch(&mut section, "lock", false, problems);
    let reversal = section.text("reversal", problems);
    let general_reversal = match reversal.as_ref().map(|text| text.value.as_str()) {
        None | Some("general") => true,
        Some("swap") => false,
        Some(_) => {
            section.wrong(problems, "reversal", "must be \"general\" or \"swap\"");
            true
        }
    };
    let key_digits = section.number("key_digits", 1..=4, 4, problems);
    if ![1, 4].contains(&key_digits) {
        section.wrong(problems, "key_digits", "must be 1 (as it is) or 4 (with leading zeros)");
    }
    let service_dates = switch(&mut section, "service_dates", false, problems);
    let cost_centre = switch(&mut section, "cost_centre", false, problems);
    section.finish(problems);
    Some(Datev {
        consultant: consultant?,
        client: client?,
        account_length: usize::try_from(account_length).unwrap_or(4),
        fiscal_year_start: u32::try_from(month).unwrap_or(1),
        lock,
        general_reversal,
        key_digits: usize::try_from(key_digits).unwrap_or(4),
        service_dates,
        cost_centre,
    })
}
