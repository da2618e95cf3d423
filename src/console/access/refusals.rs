//! What was refused, in the record: who was not let in, which page is not for a role, which form was not ours. The same
//! within a minute is one line with a number, so that nobody fills the disk and nothing is lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::fault::Fault;
use super::super::site::Site;
use super::super::visit::Visit;
use super::store::{self, NewRecord};
use crate::clock::Timestamp;
use crate::config::Role;

/// Lines that one sender can begin within a minute; what is more joins a line that names the first and the last path.
const LINES_OF_ONE: usize = 10;
/// Lines of all senders within a minute; what is more joins a line that names nobody.
const LINES: usize = 200;
/// Stands in a line for further paths.
const JOINED: &str = "…";
/// Characters of a part of a path; a longer one may be anything.
const PART: usize = 40;

/// Something that was refused. `action` and `why` are names of the table of actions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Refusal {
    actor: String,
    role: Option<Role>,
    action: &'static str,
    subject: String,
    address: String,
    why: &'static str,
}

/// A line of the record that may still grow.
#[derive(Debug, Default)]
struct Line {
    times: i64,
    first: String,
    /// The last path, if it is another one.
    last: Option<String>,
    /// Its number and how often it says, once it is written.
    written: Option<(i64, i64)>,
}

/// The lines of this minute.
#[derive(Debug, Default)]
struct Minute {
    number: i64,
    lines: HashMap<Refusal, Arc<Mutex<Line>>>,
}

/// What is refused at present.
#[derive(Debug, Default)]
pub(in crate::console) struct Refusals {
    minute: Mutex<Minute>,
    /// Held by whoever writes: those who wait for it find theirs counted along.
    writing: tokio::sync::Mutex<()>,
}

impl Refusals {
    /// Counts a refusal and answers as what it is recorded, and its line.
    fn count(&self, mut refusal: Refusal, now: Timestamp) -> (Refusal, Arc<Mutex<Line>>) {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.utc().timestamp().div_euclid(60);
        let mut subject = refusal.subject.clone();
        let mut path = None;
        if minute.number != number {
            *minute = Minute { number, lines: HashMap::new() };
        }
        if !minute.lines.contains_key(&refusal) {
            let same = |known: &&Refusal| (&known.actor, &known.address) == (&refusal.actor, &refusal.address);
            if minute.lines.keys().filter(same).count() >= LINES_OF_ONE {
                let of = std::mem::replace(&mut refusal.subject, JOINED.to_owned());
                subject = joined(&of);
                path = Some(of);
            }
            if minute.lines.len() >= LINES {
                let Refusal { action, why, .. } = refusal;
                let (actor, address) = Default::default();
                (subject, path) = (String::new(), None);
                refusal = Refusal { actor, role: None, action, subject: JOINED.to_owned(), address, why };
            }
        }
        let line = Arc::clone(minute.lines.entry(refusal.clone()).or_default());
        drop(minute);
        {
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            if line.times == 0 {
                subject.clone_into(&mut line.first);
            }
            line.times += 1;
            if subject != line.first || line.last.is_some() {
                line.last = path;
            }
        }
        refusal.subject = subject;
        (refusal, line)
    }
}

/// What a line of several paths says: the first of them. What was recorded stays, so the last has a column of its own.
fn joined(subject: &str) -> String {
    if subject.is_empty() { String::new() } else { format!("{subject} {JOINED}") }
}

/// The path without what may be personal, or was made to fill the record.
pub(super) fn path(visit: &Visit) -> String {
    let is_plain = |part: &String| {
        part.chars().count() <= PART && part.chars().all(|c| c.is_ascii_alphanumeric() || "._:-".contains(c))
    };
    let parts = visit.segments.iter().take(6).map(|part| if is_plain(part) { part.as_str() } else { "…" });
    if visit.segments.is_empty() {
        return format!("{} /", visit.method);
    }
    parts.fold(visit.method.to_string() + " ", |path, part| path + "/" + part)
}

/// Records that a page was not shown, or a form not accepted, if that is why.
pub(in crate::console) async fn note_fault(site: &Site, visit: &Visit, fault: &Fault) {
    match fault {
        Fault::Forbidden => note(site, visit, "page_refused", "role_too_low", path(visit)).await,
        Fault::Forged(why) => note(site, visit, "form_refused", why, path(visit)).await,
        _ => {}
    }
}

/// Records that something was refused.
pub(in crate::console) async fn note(
    site: &Site,
    visit: &Visit,
    action: &'static str,
    why: &'static str,
    subject: String,
) {
    let viewer = visit.viewer.as_ref();
    let refusal = Refusal {
        actor: viewer.map_or_else(String::new, |viewer| viewer.name.clone()),
        role: viewer.map(|viewer| viewer.role),
        action,
        subject,
        address: visit.address(),
        why,
    };
    let (refusal, line) = site.refusals.count(refusal, visit.now);
    let _turn = site.refusals.writing.lock().await;
    let (times, last, written) = {
        let line = line.lock().unwrap_or_else(PoisonError::into_inner);
        (line.times, line.last.clone(), line.written)
    };
    if written.is_some_and(|(_, said)| said >= times) {
        return;
    }
    if written.is_none() {
        tracing::warn!(actor = refusal.actor, address = refusal.address, action, why, "the console refused a request");
    }
    let at = visit.now;
    let done = site.write("audit", move |connection| {
        let id = match written {
            Some((id, _)) => Some(id),
            None => {
                let result = format!("[[\"why\",\"{}\"]]", refusal.why);
                store::record(connection, &as_record(&refusal, at, &result))?
            }
        };
        if let Some(id) = id.filter(|_| times > 1) {
            store::refused_times(connection, id, times, last.as_deref())?;
        }
        Ok(id)
    });
    match done.await {
        Ok(id) => {
            line.lock().unwrap_or_else(PoisonError::into_inner).written = id.map(|id| (id, times));
        }
        Err(Fault::Failed(error)) => tracing::warn!(%error, "cannot record a refusal of the console"),
        Err(_) => {}
    }
}

fn as_record<'a>(refusal: &'a Refusal, at: Timestamp, result: &'a str) -> NewRecord<'a> {
    NewRecord {
        at,
        actor: &refusal.actor,
        role: refusal.role,
        action: refusal.action,
        subject: &refusal.subject,
        address: &refusal.address,
        action_key: None,
        outcome: "refused",
        result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(actor: &str, subject: &str) -> Refusal {
        Refusal {
            actor: actor.to_owned(),
            role: None,
            action: "page_refused",
            subject: subject.to_owned(),
            address: "10.0.0.1".to_owned(),
            why: "role_too_low",
        }
    }

    #[test]
    fn lines_are_few_and_lose_no_refusal() {
        let refusals = Refusals::default();
        let now = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        for _ in 0..2 {
            for actor in 0..50 {
                for subject in 0..50 {
                    refusals.count(refusal(&actor.to_string(), &subject.to_string()), now);
                }
            }
        }
        let sum = || {
            let minute = refusals.minute.lock().unwrap();
            let sum: i64 = minute.lines.values().map(|line| line.lock().unwrap().times).sum();
            (minute.lines.len(), sum)
        };
        let (lines, times) = sum();
        assert!(lines <= LINES + 1, "{lines}");
        assert_eq!(times, 5_000);
        refusals.count(refusal("0", "0"), now.plus_milliseconds(60_000));
        assert_eq!(sum(), (1, 1), "the next minute has lines of its own");
    }

    #[test]
    fn a_line_of_several_paths_has_the_first_and_the_last() {
        let refusals = Refusals::default();
        let now = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        let count = |path: &str| {
            let (said, line) = refusals.count(refusal("anna", path), now);
            let line = line.lock().unwrap();
            (said.subject, line.last.clone())
        };
        for path in 0..LINES_OF_ONE {
            assert_eq!(count(&path.to_string()), (path.to_string(), None));
        }
        assert_eq!(count("a"), ("a …".to_owned(), None), "one path is the first and the last");
        assert_eq!(count("a").1, None);
        assert_eq!(count("b").1.as_deref(), Some("b"));
        assert_eq!(count("a").1.as_deref(), Some("a"));
        assert_eq!(count("3").1, None, "what has a line of its own stays there");
    }
}
