//! Whoever a proxy names has no session that would begin; the first request of an hour is recorded as the sign-in.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::super::fault::Fault;
use super::super::site::Site;
use super::super::visit::Visit;
use super::Viewer;
use crate::clock::Timestamp;
use crate::config::Role;

/// Names of an hour that are remembered; a proxy that names more has some recorded twice.
const MOST: usize = 10_000;

/// Who was recorded in this hour, with the role.
#[derive(Debug, Default)]
pub(in crate::console) struct Vouched(Mutex<(i64, HashSet<(String, Role)>)>);

impl Vouched {
    /// Whether it is the first request of somebody in this hour.
    fn is_first(&self, name: &str, role: Role, now: Timestamp) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = now.utc().timestamp().div_euclid(3_600);
        if known.0 != hour || known.1.len() >= MOST {
            *known = (hour, HashSet::new());
        }
        known.1.insert((name.to_owned(), role))
    }

    fn forget(&self, name: &str, role: Role) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&(name.to_owned(), role));
    }
}

/// Records the sign-in, once for each name and role in an hour.
///
/// # Errors
/// When it cannot be written: then nobody is let in.
pub(super) async fn note(site: &Site, visit: &Visit, viewer: &Viewer) -> Result<(), Fault> {
    if !site.vouched.is_first(&viewer.name, viewer.role, visit.now) {
        return Ok(());
    }
    let named = Visit { viewer: Some(viewer.clone()), ..visit.clone() };
    let noted = site.note(&named, "sign_in_header", "").await;
    if noted.is_err() {
        site.vouched.forget(&viewer.name, viewer.role);
    }
    noted
}
