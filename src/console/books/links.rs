//! Where the figures of a report lead: to the lines that it has added up.

use super::question::Question;
use super::report::Report;
use crate::console::grid::{address, address_with};
use crate::console::orders;
use crate::report::{Cell, Table};

/// The values of a row by the names of their columns.
pub(super) struct Named<'t> {
    table: &'t Table,
    row: &'t [Cell],
}

impl<'t> Named<'t> {
    pub(super) fn new(table: &'t Table, row: &'t [Cell]) -> Self {
        Self { table, row }
    }

    fn cell(&self, name: &str) -> Option<&'t Cell> {
        let index = self.table.columns.iter().position(|column| column.name == name)?;
        self.row.get(index)
    }

    pub(super) fn text(&self, name: &str) -> Option<&'t str> {
        match self.cell(name)? {
            Cell::Text(text) => text.as_deref(),
            Cell::Number(_) => None,
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        match self.cell(name)? {
            Cell::Number(number) => *number,
            Cell::Text(_) => None,
        }
    }
}

/// Where the amounts of a row lead.
pub(super) fn of_row(report: Report, question: &Question, basis: Option<&str>, row: &Named<'_>) -> Option<String> {
    let source = row.text("source")?;
    let mut pairs = question.pairs();
    pairs.retain(|(name, _)| *name != "source");
    pairs.push(("source", source.to_owned()));
    if let Some(period) = row.text("period") {
        // The month of the row is narrower than what was asked for, unless days were.
        if !pairs.iter().any(|(name, _)| matches!(*name, "from" | "to")) {
            pairs.retain(|(name, _)| *name != "period");
            pairs.push(("period", period.to_owned()));
        }
    }
    pairs.extend(row.text("currency").map(|currency| ("currency", currency.to_owned())));
    let mut none = |name: &'static str| pairs.push(("none", name.to_owned()));
    let path = match report {
        Report::TrialBalance => {
            pairs.push(("account", row.text("account")?.to_owned()));
            "account"
        }
        Report::Revenue | Report::Vat | Report::Bridge => {
            match row.number("vat_bp") {
                Some(rate) => pairs.push(("rate", rate.to_string())),
                None => none("rate"),
            }
            let counted = match (report, row.text("step")) {
                (Report::Revenue, _) | (Report::Bridge, Some("revenue_report")) => "revenue",
                (Report::Vat, _) | (Report::Bridge, Some("vat_report")) => "vat",
                // The steps between are differences of the two.
                _ => return None,
            };
            if report == Report::Revenue {
                for (column, name) in [("event_id", "event_id"), ("event_title", "event")] {
                    match row.text(column) {
                        Some(text) => pairs.push((name, text.to_owned())),
                        None => pairs.push(("none", name.to_owned())),
                    }
                }
            }
            pairs.extend(basis.filter(|_| report == Report::Vat).map(|basis| ("basis", basis.to_owned())));
            pairs.push(("of", counted.to_owned()));
            "lines"
        }
        Report::Payments => {
            match row.text("payment_method") {
                Some(method) => pairs.push(("method", method.to_owned())),
                None => none("method"),
            }
            pairs.push(("of", "payments".to_owned()));
            "lines"
        }
        Report::Balances => return Some(orders::address_of(source, row.text("order_id")?)),
        Report::Vouchers => {
            let class = if row.text("kind") == Some("flex") { "flex" } else { "voucher" };
            return Some(address(&["vouchers", source, class, row.text("voucher_id")?]));
        }
    };
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Some(address_with(&["books", path], &pairs))
}
