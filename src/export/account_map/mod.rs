//! Which account of the accountant's chart stands for one of ours: the shipped numbers of a chart, and over them those
//! of the settings.

mod charts;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::fold::vat_rate;
use crate::config::{AccountRule, Chart, Source};

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

    /// The account that stands for one of ours: of the settings before a shipped one; among those the one that names
    /// most, then the latest.
    pub fn find(&self, asked: &Asked<'_>) -> Option<&AccountRule> {
        best(&self.own, asked).or_else(|| best(&self.shipped, asked))
    }

    /// The rate that an account takes out of what is posted to it, by its number there: as the settings say, else as it
    /// is shipped.
    pub fn automatic_rate(&self, account: &str) -> Option<i32> {
        let said = self.own.iter().chain(&self.shipped).filter(|rule| rule.account == account);
        let rule = said.into_iter().find(|rule| rule.automatic.is_some())?;
        rule.rate_bp.filter(|_| rule.automatic == Some(true))
    }

    /// DATEV's tax key of a rate.
    pub fn tax_key(&self, bp: i32, is_input: bool) -> Option<&'static str> {
        match (self.chart, bp, is_input) {
            (Chart::Kmu, ..) => None,
            (_, 1900, false) => Some("3"),
            (_, 700, false) => Some("2"),
            (_, 1900, true) => Some("9"),
            (_, 700, true) => Some("8"),
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
