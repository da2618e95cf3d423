//! Everything that a pack needs of the database, read once.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

use super::span::Span;
use super::{Request, Unpackable, store};
use crate::db::Connection;
use crate::ledger::book::Month;
use crate::ledger::totals::{
    AccountMove, Bridge, ClearingDay, ClosedMonth, EventSales, LateMove, PaymentsByMethod, RevenueByDay,
    RevenueByEvent, StoredValueByMonth, Total as _, TrialBalance, VatByRate, VatNotDue, VatOfEarlier, VoucherWorth,
    closed_month, vat_due, vat_not_due,
};
use crate::policy::VatReportBasis;
use crate::report::NotClosed;
use crate::report::ageing::{self, Aged};

/// Rows of all currencies of a source.
pub(super) struct Read<'a> {
    pub(super) span: Span<'a>,
    /// The months of the period that are closed, from first to last, if all of it is.
    pub(super) closed: Vec<ClosedMonth>,
    /// The last month that is closed, and with it every month before.
    pub(super) closed_through: Option<Month>,
    pub(super) trial: Vec<TrialBalance>,
    pub(super) moves: Vec<AccountMove>,
    pub(super) before: Compared,
    pub(super) year_before: Compared,
    /// What the period has of closed months.
    pub(super) late: Vec<LateMove>,
    /// What later periods have of this one, which is closed.
    pub(super) later: Vec<LateMove>,
    pub(super) late_entries: Vec<store::Late>,
    pub(super) by_day: Vec<RevenueByDay>,
    pub(super) by_day_year_before: Vec<RevenueByDay>,
    pub(super) growth: Vec<StoredValueByMonth>,
    /// By booking, payment and service.
    pub(super) vat: [Vec<VatByRate>; 3],
    /// By payment and service.
    pub(super) not_due: [Vec<VatNotDue>; 2],
    pub(super) of_earlier: Vec<VatOfEarlier>,
    pub(super) sales: Vec<EventSales>,
    pub(super) event_days: BTreeMap<String, (NaiveDate, NaiveDate)>,
    pub(super) revenue: Vec<RevenueByEvent>,
    pub(super) bridge: Vec<Bridge>,
    pub(super) payments: Vec<PaymentsByMethod>,
    pub(super) clearing_days: Vec<ClearingDay>,
    pub(super) aged: Vec<Aged>,
    pub(super) worth: Vec<VoucherWorth>,
    pub(super) told_issued: BTreeMap<(String, String), NaiveDate>,
    pub(super) deferred: Vec<(String, Option<NaiveDate>, i64)>,
}

/// What a period is compared with.
pub(super) struct Compared {
    pub(super) moves: Vec<AccountMove>,
    /// Of everything up to its end; the closing balances count.
    pub(super) balances: Vec<TrialBalance>,
}

impl Compared {
    fn read(connection: &mut Connection, span: Span<'_>) -> Result<Self, crate::db::Error> {
        Ok(Self {
            moves: AccountMove::read(connection, &span.lines())?,
            balances: TrialBalance::read(connection, &span.at_its_end())?,
        })
    }
}

impl<'a> Read<'a> {
    /// Reads it in the transaction of the connection.
    pub(super) fn all(connection: &mut Connection, request: &Request<'a>, zone: Tz) -> Result<Self, Unpackable> {
        let no_span = || Unpackable::NotMonths(request.period.to_string());
        let span = Span::new(request.source, request.period, None).ok_or_else(no_span)?;
        let closed = closed_months(connection, span)?;
        // Nothing is booked in a closed month any more, so what the last close saw of the period is all of it.
        let last = closed.last().filter(|_| request.as_closed);
        let span = match last {
            Some(last) => Span { entries_until: last.lines().as_of.entries_until, ..span },
            None if request.as_closed => {
                let (source_name, month) = (request.source.to_owned(), Month::of(span.last));
                return Err(NotClosed::Open { source_name, month }.into());
            }
            None => span,
        };
        let (lines, end) = (span.lines(), span.at_its_end());
        let (payment, service) = (VatReportBasis::Payment, VatReportBasis::Service);
        // A month that is not over has ages as of today.
        let today = span.last.min(request.now.local_date(zone));
        let closed_through = store::last_closed(connection, request.source)?;
        let more_may_have_come = closed_through.is_some_and(|last| Month::of(span.last) <= last) && !request.as_closed;
        Ok(Self {
            trial: TrialBalance::read(connection, &lines)?,
            moves: AccountMove::read(connection, &lines)?,
            before: Compared::read(connection, span.before())?,
            year_before: Compared::read(connection, span.year_before())?,
            late: LateMove::read(connection, &lines)?,
            later: match more_may_have_come {
                true => LateMove::read(connection, &span.afterwards())?,
                false => Vec::new(),
            },
            late_entries: store::late(connection, span)?,
            by_day: RevenueByDay::read(connection, &lines)?,
            by_day_year_before: RevenueByDay::read(connection, &span.year_before().lines())?,
            growth: StoredValueByMonth::read(connection, &span.month_ends().lines())?,
            vat: [
                VatByRate::read(connection, &lines)?,
                vat_due(connection, &lines, payment)?,
                vat_due(connection, &lines, service)?,
            ],
            not_due: [vat_not_due(connection, &lines, payment)?, vat_not_due(connection, &lines, service)?],
            of_earlier: VatOfEarlier::read(connection, &lines)?,
            sales: EventSales::read(connection, &lines)?,
            event_days: store::event_days(connection, span)?,
            revenue: RevenueByEvent::read(connection, &lines)?,
            bridge: Bridge::read(connection, &lines)?,
            payments: PaymentsByMethod::read(connection, &span.lines_themselves())?,
            clearing_days: ClearingDay::read(connection, &end)?,
            aged: ageing::of_source(connection, &end, Days::new(0), today)?,
            worth: VoucherWorth::read(connection, &end)?,
            told_issued: store::told_issued(connection, request.source)?,
            deferred: store::deferred(connection, span)?,
            span,
            closed,
            closed_through,
        })
    }

    /// The currencies of the book by the end of the period, and of what came later for it: the one with the most
    /// entries in the period first.
    pub(super) fn currencies(&self) -> Vec<String> {
        let mut currencies: BTreeMap<&str, i64> = self.trial.iter().map(|row| (row.currency.as_str(), 0)).collect();
        for row in self.later.iter().filter(|row| self.span.has(&row.late_for)) {
            currencies.entry(&row.currency).or_default();
        }
        for row in &self.moves {
            *currencies.entry(&row.currency).or_default() += row.transactions;
        }
        let mut currencies: Vec<(&str, i64)> = currencies.into_iter().collect();
        currencies.sort_by_key(|(code, entries)| (std::cmp::Reverse(*entries), *code));
        currencies.into_iter().map(|(code, _)| code.to_owned()).collect()
    }
}

/// The closed months of a period; none unless its last month is closed, for that closes all before it.
fn closed_months(connection: &mut Connection, span: Span<'_>) -> Result<Vec<ClosedMonth>, Unpackable> {
    let mut closed = Vec::new();
    let mut ends_closed = false;
    for month in span.months() {
        let month = closed_month(connection, span.source, month).map_err(NotClosed::from)?;
        ends_closed = month.is_some();
        // A month without entries may be closed by a later one, and has no manifest.
        closed.extend(month);
    }
    Ok(if ends_closed { closed } else { Vec::new() })
}
