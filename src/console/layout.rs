//! What stands around every page: areas, who is signed in, the language, how fresh the figures are.

use std::sync::Arc;

use chrono_tz::Tz;

use super::access::{Proof, Viewer};
use super::assets;
use super::codes;
use super::common::Common;
use super::site::Site;
use super::visit::{Again, Fields, Visit};
use super::words::fill;
use crate::clock::Timestamp;
use crate::config::Role;
use crate::report::format::printable;
use crate::report::pack::paper::Language;

/// The areas, in their order in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    Overview,
    Inbox,
    Orders,
    Vouchers,
    Findings,
    Books,
    Contacts,
    Access,
    /// A page of no area.
    Other,
}

impl Area {
    /// Address, and the role that sees it.
    const SHOWN: [(Self, &'static str, Role); 8] = [
        (Self::Overview, "/", Role::Reader),
        (Self::Inbox, "/inbox", Role::Reader),
        (Self::Orders, "/orders", Role::Reader),
        (Self::Vouchers, "/vouchers", Role::Reader),
        (Self::Findings, "/findings", Role::Reader),
        (Self::Books, "/books", Role::Reader),
        (Self::Contacts, "/contacts", Role::Reader),
        (Self::Access, "/access", Role::Reader),
    ];

    fn name(self, words: &Common) -> &'static str {
        match self {
            Self::Overview => words.overview,
            Self::Inbox => words.inbox,
            Self::Orders => words.orders,
            Self::Vouchers => words.vouchers,
            Self::Findings => words.findings,
            Self::Books => words.books,
            Self::Contacts => words.contacts,
            Self::Access => words.access,
            Self::Other => "",
        }
    }
}

/// A link of the navigation.
pub(super) struct Link {
    pub(super) address: &'static str,
    pub(super) name: &'static str,
    pub(super) is_current: bool,
}

/// An instant: local with its zone, in UTC for the pointer, and how long ago.
pub(super) struct When {
    pub(super) at: Timestamp,
    pub(super) local: String,
    pub(super) utc: String,
    pub(super) ago: String,
}

/// The frame of a page. Templates extend `base.html` and call it `shell`.
pub(super) struct Shell {
    pub(super) words: &'static Common,
    pub(super) language: Language,
    pub(super) title: String,
    pub(super) links: Vec<Link>,
    pub(super) viewer: Option<Viewer>,
    /// For forms: whose page it was, and which action it is.
    pub(super) csrf: String,
    pub(super) key: String,
    /// The command that does the same.
    pub(super) command: Option<String>,
    /// How fresh the figures of each source are.
    pub(super) freshness: Vec<String>,
    /// Loads itself again after some seconds.
    pub(super) reloads: bool,
    /// Where one is, to come back after a switch of the language.
    pub(super) here: String,
    /// A form of the page that was sent and not taken.
    again: Option<Again>,
    now: Timestamp,
    /// The zone of a page that is about no source.
    zone: Tz,
}

impl Shell {
    pub(super) fn new(site: &Arc<Site>, visit: &Visit, area: Area, title: &str) -> Self {
        let words = visit.words();
        let may_see = |role: Role| visit.may(role);
        let shown = Area::SHOWN.into_iter().filter(|(_, _, role)| may_see(*role));
        Self {
            words,
            language: visit.language,
            title: title.to_owned(),
            links: shown
                .map(|(this, address, _)| Link { address, name: this.name(words), is_current: this == area })
                .collect(),
            csrf: visit.viewer.as_ref().map(|viewer| viewer.csrf.clone()).unwrap_or_default(),
            viewer: visit.viewer.clone(),
            key: random_key(),
            command: None,
            freshness: if visit.viewer.is_some() { site.live.freshness(visit.language) } else { Vec::new() },
            reloads: false,
            here: here(visit),
            again: visit.again.clone(),
            now: visit.now,
            zone: visit.zone,
        }
    }

    /// Where one is, without the query.
    pub(super) fn path(&self) -> &str {
        self.here.split('?').next().unwrap_or_default()
    }

    /// Names the command that does the same.
    pub(super) fn with_command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    pub(super) fn style(&self) -> &'static str {
        assets::style_address()
    }

    pub(super) fn script(&self) -> &'static str {
        assets::script_address()
    }

    /// `en`, `de` or `de-CH`.
    pub(super) fn lang(&self) -> &'static str {
        self.language.code()
    }

    /// The languages, with their own names.
    pub(super) fn languages(&self) -> [(&'static str, &'static str); 3] {
        [("en", "English"), ("de", "Deutsch"), ("de-CH", "Deutsch (CH)")]
    }

    /// What was typed into a field of a form that was not taken.
    pub(super) fn typed(&self, name: impl AsRef<str>) -> &str {
        self.again.as_ref().and_then(|again| again.typed.untrimmed(name.as_ref())).unwrap_or_default()
    }

    pub(super) fn is_wrong(&self, name: impl AsRef<str>) -> bool {
        self.again.as_ref().is_some_and(|again| again.field == Some(name.as_ref()))
    }

    /// What is wrong with the form.
    pub(super) fn said(&self) -> &str {
        self.again.as_ref().map_or("", |again| again.said.as_str())
    }

    /// The same, where no field of the page says it.
    pub(super) fn problem(&self) -> Option<&str> {
        let again = self.again.as_ref().filter(|again| !matches!(again.field, Some("why" | "force")));
        again.map(|again| again.said.as_str())
    }

    /// Minor units as the reader writes amounts.
    pub(super) fn money(&self, minor: &i64, currency: &str) -> String {
        self.language.amount(*minor, currency)
    }

    pub(super) fn count(&self, number: &i64) -> String {
        self.language.count(*number)
    }

    /// A text that somebody else wrote: no character of it may turn around or hide what stands beside it.
    pub(super) fn foreign(&self, text: &str) -> String {
        printable(text)
    }

    /// Whom a proxy vouches for it would sign in again at once.
    pub(super) fn can_sign_out(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.proof != Proof::Proxy)
    }

    pub(super) fn is_admin(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.role >= Role::Admin)
    }

    pub(super) fn is_finance(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.role >= Role::Finance)
    }

    pub(super) fn role_name(&self, role: &Role) -> &'static str {
        match role {
            Role::Reader => self.words.role_reader,
            Role::Finance => self.words.role_finance,
            Role::Admin => self.words.role_admin,
        }
    }

    /// The status of an order or the state of a webhook in words.
    pub(super) fn status_name(&self, code: &(impl std::fmt::Display + ?Sized)) -> String {
        codes::status(self.language, &code.to_string())
    }

    /// What a webhook is about, in words.
    pub(super) fn kind_name(&self, code: &str) -> String {
        codes::webhook_kind(self.language, &self.foreign(code))
    }

    /// The title of a chapter of a story.
    pub(super) fn chapter_name(&self, title: &(impl std::fmt::Display + ?Sized)) -> String {
        codes::chapter(self.language, &title.to_string())
    }

    /// Why a webhook is parked, in words.
    pub(super) fn parked_name(&self, code: &(impl std::fmt::Display + ?Sized)) -> String {
        codes::parked(self.language, &code.to_string())
    }

    /// Why there is a finding, in words.
    pub(super) fn finding_name(&self, code: &(impl std::fmt::Display + ?Sized)) -> String {
        codes::finding(self.language, &code.to_string())
    }

    /// Who is signed in: what stands before the name, and the rest.
    pub(super) fn signed_in(&self) -> (&'static str, String) {
        let (before, rest) = self.words.signed_in_as.split_at(self.words.signed_in_as.find('{').unwrap_or(0));
        let said = self.viewer.as_ref().map_or_else(String::new, |viewer| {
            let values = [("name", printable(&viewer.name)), ("role", self.role_name(&viewer.role).to_owned())];
            fill(rest, &values.each_ref().map(|(name, value)| (*name, value.as_str())))
        });
        (before, said)
    }

    /// An instant in the zone of the first source, to the minute.
    pub(super) fn minute(&self, at: Timestamp) -> String {
        at.local_minute_named(self.zone)
    }

    /// An instant in the zone of the first source, to the second: of who did what.
    pub(super) fn moment(&self, at: Timestamp) -> When {
        When { local: at.local_second_named(self.zone), ..self.when(at, None) }
    }

    /// An instant in a source's zone; `None` is the zone of the first source.
    pub(super) fn when(&self, at: Timestamp, zone: Option<Tz>) -> When {
        let zone = zone.unwrap_or(self.zone);
        let seconds = self.now.milliseconds_since(at) / 1000;
        let words = self.words;
        let ago = match seconds {
            ..-3_540 => fill(words.in_hours, &[("n", &((60 - seconds) / 3_600).to_string())]),
            -3_540..-60 => fill(words.in_minutes, &[("n", &((59 - seconds) / 60).to_string())]),
            -60..60 => words.ago_now.to_owned(),
            60..3600 => fill(words.ago_minutes, &[("n", &(seconds / 60).to_string())]),
            3600..172_800 => fill(words.ago_hours, &[("n", &(seconds / 3600).to_string())]),
            _ => fill(words.ago_days, &[("n", &(seconds / 86_400).to_string())]),
        };
        When { at, local: at.local_minute_named(zone), utc: at.utc().format("%Y-%m-%d %H:%M:%SZ").to_string(), ago }
    }
}

/// What a form keeps in the address of the page that it was on.
const KEPT: [&str; 14] = [
    "source",
    "period",
    "target",
    "all",
    "id",
    "state",
    "kind",
    "reason",
    "order",
    "since",
    "until",
    "severity",
    "fingerprint",
    "parked",
];

/// Path and query of a page; of what a form led to, those of the page with the form.
pub(super) fn page_of(visit: &Visit) -> (Vec<String>, Fields) {
    let mut parts = visit.segments.clone();
    let names: Vec<&str> = parts.iter().map(String::as_str).collect();
    let is_of_form = matches!(
        names.as_slice(),
        ["inbox", _, "body" | "raw"] | ["contacts", _, "show"] | ["books", "close", "check"] | ["access", "end"]
    );
    if is_of_form {
        parts.pop();
    }
    (parts, if visit.is_post() { visit.form.named(&KEPT) } else { visit.query.clone() })
}

/// The address of a page; of what a form led to, that of the page with the form, for nobody can ask for it again.
fn here(visit: &Visit) -> String {
    let (parts, query) = page_of(visit);
    let path: String = parts.iter().map(|part| format!("/{}", super::visit::escaped(part))).collect();
    let query = query.query();
    match (path.is_empty(), query.is_empty()) {
        (true, _) => "/".to_owned(),
        (false, true) => path,
        (false, false) => format!("{path}?{query}"),
    }
}

/// 32 characters that no other form has.
pub(super) fn random_key() -> String {
    let mut random = [0_u8; 16];
    // Without random numbers the form has a key that no action takes.
    match getrandom::fill(&mut random) {
        Ok(()) => hex::encode(random),
        Err(_) => String::new(),
    }
}
