//! What all pages need to write themselves: the words, and amounts in a currency.

use super::document::{Cell, Fact};
use super::locale::Language;
use super::words::Words;
use crate::report::format::printable;
use crate::report::pack::VatSum;

/// Writes cells for one reader, in one currency.
#[derive(Clone, Copy)]
pub(super) struct Writer<'a> {
    pub(super) language: Language,
    pub(super) words: &'static Words,
    /// Empty where there are no amounts.
    pub(super) currency: &'a str,
}

impl<'a> Writer<'a> {
    pub(super) fn new(language: Language, currency: &'a str) -> Self {
        Self { language, words: language.words(), currency }
    }

    pub(super) fn money(&self, minor: i64) -> String {
        self.language.amount(minor, self.currency)
    }

    pub(super) fn amount(&self, minor: i64) -> Cell {
        Cell::number(self.money(minor))
    }

    pub(super) fn amounts<const N: usize>(&self, amounts: [i64; N]) -> impl Iterator<Item = Cell> {
        amounts.map(|minor| self.amount(minor)).into_iter()
    }

    /// Net, VAT and gross.
    pub(super) fn sums(&self, sum: &VatSum) -> impl Iterator<Item = Cell> {
        self.amounts([sum.net_minor, sum.vat_minor, sum.gross_minor])
    }

    pub(super) fn count(&self, number: i64) -> Cell {
        Cell::number(self.language.count(number))
    }

    /// Exempt and undetermined are told apart in words.
    pub(super) fn rate(&self, rate: Option<i32>) -> Cell {
        Cell::text(match rate {
            None => self.words.undetermined.to_owned(),
            Some(0) => self.words.exempt.to_owned(),
            Some(basis_points) => self.language.rate(basis_points),
        })
    }

    pub(super) fn fact(name: &'static str, value: impl Into<String>) -> Fact {
        Fact { name, value: value.into(), is_code: false }
    }

    pub(super) fn code(name: &'static str, value: impl Into<String>) -> Fact {
        Fact { name, value: value.into(), is_code: true }
    }

    /// A text that somebody else wrote: no character of it may turn around or hide what stands beside it.
    pub(super) fn foreign(text: &str) -> Cell {
        Cell::text(printable(text))
    }
}
