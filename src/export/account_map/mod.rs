//! Which account of the accountant's chart stands for one of ours: the shipped numbers of a chart, and over them those
//! of the settings.

mod charts;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::fold::vat_rate;
use crate::config::{AccountRule, Chart, Config, Exports, Source};

/// The accounts of a source, complete: a batch stores it, so that it can be written again whatever the settings say by
/// then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountMap {
    pub chart: Chart,
    /// Those of the settings.
    own: Vec<AccountRule>,
    shipped: Vec<AccountRule>,
}

/// What is looked up.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub code: &'a str,
    pub rate_bp: Option<i32>,
    pub event: Option<&'a str>,
    pub day: NaiveDate,
}

impl AccountMap {
    /// The map of a source: its chart, or the usual one of its country, and what its settings say otherwise.
    pub fn of(source: &Source) -> Self {
        let usual = match source.country.as_str() {
            "DE" => Chart::Skr03,
            "CH" | "LI" => Chart::Kmu,
            _ => Chart::None,
        };
        let chart = source.exports.chart.unwrap_or(usual);
        let length = source.exports.datev.as_ref().map_or(4, |datev| datev.account_length);
        Self { chart, own: source.exports.accounts.clone(), shipped: charts::shipped(chart, length) }
    }

    /// The map of a source whose settings say something of its accountant.
    pub fn said(config: &Config, source: &str) -> Option<Self> {
        config.source(source).filter(|known| known.exports != Exports::default()).map(Self::of)
    }

    /// The account that stands for one of ours: of the settings before a shipped one; among those the one that names
    /// most, then the latest.
    pub fn find(&self, asked: &Asked<'_>) -> Option<&AccountRule> {
        best(&self.own, asked).or_else(|| best(&self.shipped, asked))
    }

    /// The rate that an account takes out of what is posted to it on a day, by its number there: as the settings say,
    /// else as it is shipped.
    pub fn automatic_rate(&self, account: &str, day: NaiveDate) -> Option<i32> {
        let said = |rules: &[AccountRule]| {
            let says = |rule: &&AccountRule| {
                rule.account == account && rule.automatic.is_some() && rule.from.is_none_or(|from| from <= day)
            };
            // The first of equals.
            let latest = rules.iter().filter(says).reduce(|best, rule| if rule.from > best.from { rule } else { best });
            latest.map(|rule| rule.rate_bp.filter(|_| rule.automatic == Some(true)))
        };
        said(&self.own).or_else(|| said(&self.shipped)).flatten()
    }

    /// DATEV's tax key of a rate on a day: those of the full and the reduced rate are always those of the time, and
    /// while rates are lowered the usual ones have keys of their own.
    pub fn tax_key(&self, bp: i32, is_input: bool, day: NaiveDate) -> Option<&'static str> {
        match (self.chart, charts::is_lowered(day), bp, is_input) {
            (Chart::Kmu, ..) => None,
            (_, false, 1900, false) | (_, true, 1600, false) => Some("3"),
            (_, false, 700, false) | (_, true, 500, false) => Some("2"),
            (_, false, 1900, true) | (_, true, 1600, true) => Some("9"),
            (_, false, 700, true) | (_, true, 500, true) => Some("8"),
            (_, true, 1900, false) => Some("5"),
            (_, true, 700, false) => Some("4"),
            (_, true, 1900, true) => Some("7"),
            (_, true, 700, true) => Some("6"),
            _ => None,
        }
    }

    /// The usual VAT code of a rate of sales, and its box in the Swiss return.
    pub fn vat_code(&self, bp: i32) -> Option<(&'static str, &'static str)> {
        match (self.chart, bp) {
            (Chart::Kmu, 810) => Some(("V81", "303")),
            (Chart::Kmu, 260) => Some(("V26", "313")),
            (Chart::Kmu, 380) => Some(("V38", "343")),
            // Until the end of 2023.
            (Chart::Kmu, 770) => Some(("V77", "302")),
            (Chart::Kmu, 250) => Some(("V25", "312")),
            (Chart::Kmu, 370) => Some(("V37", "342")),
            _ => None,
        }
    }

    /// The numbers that stand for one of our accounts, at these rates and without one.
    pub fn numbers(&self, code: &str, rates: &[i32], day: NaiveDate) -> Vec<String> {
        let of = |rate_bp| Some(self.find(&Asked { code, rate_bp, event: None, day })?.account.clone());
        let mut numbers: Vec<String> = Vec::new();
        for number in rates.iter().map(|bp| Some(*bp)).chain([None]).filter_map(of) {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    }

    /// Accounts among these codes that have no number, with the rate where one is missing for a rate only. Those of VAT
    /// need one only where rows are split.
    pub fn unmapped(&self, codes: &[String], day: NaiveDate, vat_split: bool) -> Vec<String> {
        let rates: Vec<i32> = codes
            .iter()
            .filter_map(|code| code.strip_prefix("liabilities:vat:").and_then(|bp| bp.parse().ok()))
            .collect();
        let mut missing = Vec::new();
        for code in codes.iter().filter(|code| vat_split || vat_rate(code).is_none()) {
            let has = |rate_bp| self.find(&Asked { code, rate_bp, event: None, day }).is_some();
            let sold = ["income:tickets", "income:products"].contains(&code.as_str());
            if sold {
                let rates = rates.iter().filter(|bp| !has(Some(**bp)));
                missing.extend(rates.map(|bp| format!("{code} at {} %", crate::money::format_percent((*bp).into()))));
            } else if !has(None) && !rates.iter().any(|bp| has(Some(*bp))) {
                missing.push(code.clone());
            }
        }
        missing
    }
}

fn best<'a>(rules: &'a [AccountRule], asked: &Asked<'_>) -> Option<&'a AccountRule> {
    let matches = |rule: &&AccountRule| {
        let code = rule.code == asked.code || (rule.code.ends_with(':') && asked.code.starts_with(&rule.code));
        code && rule.rate_bp.is_none_or(|bp| asked.rate_bp == Some(bp))
            && rule.event.as_deref().is_none_or(|event| asked.event == Some(event))
            && rule.from.is_none_or(|from| from <= asked.day)
    };
    let names = |rule: &AccountRule| (rule.event.is_some(), rule.rate_bp.is_some(), rule.code.len(), rule.from);
    // The first of equals.
    rules.iter().filter(matches).reduce(|best, rule| if names(rule) > names(best) { rule } else { best })
}
