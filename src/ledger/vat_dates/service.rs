//! What the date of service adds: what took place and is not paid is due all the same.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::portfolio::{Portfolio, Rate, Taxed, proportion};
use super::walk::Due;
use crate::money::Overflow;

/// When a line is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Served {
    /// When it is sold: a single-purpose voucher, what was kept.
    AtOnce,
    /// On the first day of service of its order; when it is sold if there is none.
    WithOrder,
    On(NaiveDate),
}

/// What stands on the lines of an order by rate and service.
pub(super) type ByService = BTreeMap<(Rate, Served), Taxed>;

/// An order at the end of a day on which something was booked.
pub(super) struct DayEnd {
    pub(super) day: NaiveDate,
    pub(super) lines: ByService,
    pub(super) settled: Portfolio,
}

/// Adds to what is due by payment what is due only because the service took place. What took place before `opening`,
/// the day on which the order was brought in, was due in the earlier books.
pub(super) fn add_served(due: &mut Due, days: &[DayEnd], opening: Option<NaiveDate>) -> Result<(), Overflow> {
    let services = days.iter().flat_map(|end| end.lines.keys()).filter_map(|(_, served)| match served {
        Served::On(day) => Some(*day),
        Served::AtOnce | Served::WithOrder => None,
    });
    let moments: BTreeSet<NaiveDate> = days.iter().map(|end| end.day).chain(services).collect();
    let mut before = match (days.first(), opening.and_then(|day| day.pred_opt())) {
        (Some(brought_in), Some(day)) => served_and_unpaid(brought_in, day)?,
        _ => Portfolio::default(),
    };
    let mut ends = days.iter().peekable();
    let mut state: Option<&DayEnd> = None;
    for moment in moments {
        while let Some(end) = ends.next_if(|end| end.day <= moment) {
            state = Some(end);
        }
        // Before anything is booked, nothing can be due.
        let Some(end) = state else { continue };
        let unpaid = served_and_unpaid(end, moment)?;
        due.add_all(moment, &unpaid.less(&before));
        before = unpaid;
    }
    Ok(())
}

/// What took place until that day and is not paid.
fn served_and_unpaid(end: &DayEnd, day: NaiveDate) -> Result<Portfolio, Overflow> {
    let live = end.lines.iter().filter(|(_, amount)| **amount != Taxed::ZERO);
    let first_service = live.clone().filter_map(|((_, served), _)| match served {
        Served::On(service) => Some(*service),
        Served::AtOnce | Served::WithOrder => None,
    });
    let first_service = first_service.min();
    let (mut whole, mut took_place) = (Portfolio::default(), Portfolio::default());
    for ((rate, served), amount) in live {
        whole.add(*rate, *amount);
        let is_served = match served {
            Served::AtOnce => true,
            Served::WithOrder => first_service.is_none_or(|service| service <= day),
            Served::On(service) => *service <= day,
        };
        if is_served {
            took_place.add(*rate, *amount);
        }
    }
    let mut unpaid = Portfolio::default();
    for (rate, served) in took_place.iter() {
        let (all, settled) = (whole.get(rate), end.settled.get(rate));
        let paid = Taxed {
            gross: part_of(settled.gross, served.gross, all.gross)?,
            vat: part_of(settled.vat, served.vat, all.vat)?,
        };
        unpaid.add(rate, served.less(paid));
    }
    Ok(unpaid)
}

/// Of what is settled, the part that `some` is of `all`. Where all comes to nothing it is settled.
fn part_of(settled: i128, some: i128, all: i128) -> Result<i128, Overflow> {
    match all {
        0 => Ok(some),
        all if all < 0 => proportion(settled, -some, -all),
        all => proportion(settled, some, all),
    }
}
