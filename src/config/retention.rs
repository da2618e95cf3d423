//! `[retention]`: what is no longer needed, and after how many days.

use super::Retention;
use super::problem::Problems;
use super::read::Section;

/// Ten years that begin with the end of the year, as Swiss law counts for books and their vouchers; German law asks for
/// eight. So many days cover the longest case, a delivery of 1 January.
const RECORDS: i64 = 4018;
/// The history of failed attempts explains what went wrong lately; it proves nothing about the books.
const ATTEMPTS: i64 = 400;
/// A webhook that could not be read is money that may be missing in the books: it stays until a person decides.
const NEVER: i64 = 0;

pub(super) fn retention(section: Option<Section>, problems: &mut Problems) -> Retention {
    let Some(mut section) = section else { return Retention::default() };
    let automatic = match section.text("automatic", problems) {
        None => false,
        Some(text) if text.value == "on" => true,
        Some(text) if text.value == "off" => false,
        Some(text) => {
            text.wrong(problems, "must be \"on\" or \"off\"");
            false
        }
    };
    let Retention { done_days, superseded_days, parked_days, documents_days, attempts_days, .. } = Retention::default();
    let mut days = |key, default| section.number(key, 0..=36_500, default, problems);
    let retention = Retention {
        automatic,
        done_days: days("done_days", done_days),
        superseded_days: days("superseded_days", superseded_days),
        parked_days: days("parked_days", parked_days),
        documents_days: days("documents_days", documents_days),
        attempts_days: days("attempts_days", attempts_days),
    };
    section.finish(problems);
    retention
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            automatic: false,
            done_days: RECORDS,
            superseded_days: RECORDS,
            parked_days: NEVER,
            documents_days: RECORDS,
            attempts_days: ATTEMPTS,
        }
    }
}
