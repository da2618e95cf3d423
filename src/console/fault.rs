//! Why a page cannot be shown, or an action is not carried out.

use std::borrow::Cow;

use warp::http::StatusCode;

use super::common::Common;
use super::said::Said;
use super::wrong::Wrong;
use crate::db;
use crate::report::pack::paper::Language;

/// What went wrong, for the page that says so.
#[derive(Debug)]
pub(super) enum Fault {
    NotFound,
    /// The role does not include it.
    Forbidden,
    /// A form that this page did not send; a name of the table of actions says what showed it.
    Forged(&'static str),
    /// A value of an address or a form that is not possible.
    Wrong(Wrong),
    /// What was asked for makes no sense; the text says why.
    BadRequest(Said),
    /// What was confirmed is not what is there any more.
    Conflict(Said),
    Busy,
    /// Told in the log, not to the reader.
    Failed(anyhow::Error),
}

impl Fault {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::Forged(_) => StatusCode::FORBIDDEN,
            Self::Wrong(_) | Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What it is for programs, whatever the language.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::Forged(_) => "form_not_accepted",
            Self::Wrong(_) | Self::BadRequest(_) => "bad_request",
            Self::Conflict(_) => "changed_meanwhile",
            Self::Busy => "busy",
            Self::Failed(_) => "failed",
        }
    }

    pub(super) fn in_words(&self, language: Language) -> (&'static str, Cow<'_, str>) {
        let words = Common::of(language);
        match self {
            Self::NotFound => (words.not_found_title, words.not_found_text.into()),
            Self::Forbidden => (words.forbidden_title, words.forbidden_text.into()),
            Self::Forged(_) => (words.forged_title, words.forged_text.into()),
            Self::Wrong(wrong) => (words.bad_request_title, wrong.in_words(language).into()),
            Self::BadRequest(text) => (words.bad_request_title, text.to(language).into()),
            Self::Conflict(text) => (words.conflict_title, text.to(language).into()),
            Self::Busy => (words.busy_title, words.busy_text.into()),
            Self::Failed(_) => (words.failed_title, words.failed_text.into()),
        }
    }
}

impl From<db::Error> for Fault {
    fn from(error: db::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<crate::ledger::Error> for Fault {
    fn from(error: crate::ledger::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}
