//! Why a page cannot be shown, or an action is not carried out.

use warp::http::StatusCode;

use super::common::Common;
use crate::db;

/// What went wrong, for the page that says so.
#[derive(Debug)]
pub(super) enum Fault {
    NotFound,
    /// The role does not include it.
    Forbidden,
    /// A form that this page did not send.
    Forged,
    /// What was asked for makes no sense; the text says why, in the language of the reader.
    BadRequest(String),
    /// What was confirmed is not what is there any more.
    Conflict(String),
    Busy,
    /// Told in the log, not to the reader.
    Failed(anyhow::Error),
}

impl Fault {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::Forged => StatusCode::FORBIDDEN,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn in_words<'a>(&'a self, words: &'static Common) -> (&'static str, &'a str) {
        match self {
            Self::NotFound => (words.not_found_title, words.not_found_text),
            Self::Forbidden => (words.forbidden_title, words.forbidden_text),
            Self::Forged => (words.forged_title, words.forged_text),
            Self::BadRequest(text) => (words.bad_request_title, text),
            Self::Conflict(text) => (words.conflict_title, text),
            Self::Busy => (words.busy_title, words.busy_text),
            Self::Failed(_) => (words.failed_title, words.failed_text),
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
