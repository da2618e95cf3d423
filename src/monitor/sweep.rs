//! Whether sweeps come to their end as they should.

use crate::clock::Timestamp;
use crate::config::Source;
use crate::freshness::Swept;

/// How long it may take until a sweep comes to its end again, in milliseconds: two turns of the schedule, and at least
/// an hour beside one.
pub fn sweep_patience(source: &Source) -> i64 {
    let every = source.sweep.every_milliseconds;
    every.saturating_add(every.max(3_600_000))
}

/// Failures that no second try mends.
const FOR_A_PERSON: [&str; 2] = ["client_refused", "login_refused"];

/// What is wrong with the sweeps that a daemon makes of a source, if anything: for long none has come to its end. That
/// counts only once one has failed since, or none was made while somebody watched: after a pause of the daemon the next
/// one comes within seconds.
pub(super) fn overdue(
    source: &Source,
    swept: &Swept,
    watched_since: Option<Timestamp>,
    now: Timestamp,
) -> Option<String> {
    if !source.can_be_swept() || source.sweep.every_milliseconds == 0 {
        return None;
    }
    let zone = source.timezone;
    let patience = sweep_patience(source);
    let is_late = |since: Timestamp| now.milliseconds_since(since) > patience;
    let success = match swept.succeeded_at {
        Some(at) => format!("no sweep has come to its end since {}", at.local_minute_named(zone)),
        None => "no sweep has ever come to its end".to_owned(),
    };
    // One that was stopped has not failed: the daemon ended.
    let failed = swept.last.as_ref().filter(|last| !last.ended_well() && last.result != "stopped");
    let failed = failed.zip(swept.failing_since);
    if let Some((last, failing_since)) = failed {
        let for_a_person = last.error.as_deref().is_some_and(|error| FOR_A_PERSON.contains(&error));
        let since = swept.succeeded_at.unwrap_or(failing_since);
        let at = last.at.local_minute_named(zone);
        return (for_a_person || is_late(since))
            .then(|| format!("{success}; the last, {at}, {}", last.ended_in_words()));
    }
    let since = swept.last.as_ref().map(|last| last.at).max(Some(watched_since?))?;
    (!swept.is_running && is_late(since)).then(|| format!("{success}, and none was tried"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Api;
    use crate::freshness::LastSweep;
    use crate::order::Provider;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn source() -> Source {
        let mut source = Source::new("theatre", Provider::Ticketpark, chrono_tz::Europe::Zurich, "CH");
        source.api = Some(Api {
            base_url: "http://127.0.0.1:1".to_owned(),
            client_key: "k".into(),
            client_secret: "s".into(),
            earlier_client_secrets: Vec::new(),
            username: None,
            password: None,
        });
        source
    }

    #[test]
    fn a_pause_of_the_daemon_is_no_alarm_and_a_daemon_that_does_not_sweep_is_one() {
        let last =
            LastSweep { at: at("2025-11-10T12:00:00Z"), result: "clean".to_owned(), error: None, differences: 0 };
        let done = Swept { succeeded_at: Some(last.at), last: Some(last), ..Swept::default() };
        let told = |swept: &Swept, watched: &str, now: &str| overdue(&source(), swept, Some(at(watched)), at(now));
        // It was down for a day, and has begun a minute ago.
        assert_eq!(told(&done, "2025-11-11T12:00:00Z", "2025-11-11T12:01:00Z"), None);
        assert_eq!(overdue(&source(), &done, None, at("2025-11-11T12:00:00Z")), None, "nobody is there who sweeps");
        let late = told(&done, "2025-11-11T12:00:00Z", "2025-11-11T13:11:00Z");
        let text = "no sweep has come to its end since 2025-11-10 13:00 CET, and none was tried";
        assert_eq!(late.as_deref(), Some(text));
        let running = Swept { is_running: true, ..done };
        assert_eq!(told(&running, "2025-11-11T12:00:00Z", "2025-11-11T13:11:00Z"), None);
        let never = told(&Swept::default(), "2025-11-11T12:00:00Z", "2025-11-11T13:11:00Z");
        assert_eq!(never.as_deref(), Some("no sweep has ever come to its end, and none was tried"));
    }

    #[test]
    fn what_only_a_person_mends_is_told_at_once() {
        let mut last = LastSweep {
            at: at("2025-11-11T12:00:00Z"),
            result: "failed".to_owned(),
            error: Some("provider_down".to_owned()),
            differences: 0,
        };
        let swept =
            |last: &LastSweep| Swept { failing_since: Some(last.at), last: Some(last.clone()), ..Swept::default() };
        let told = |last: &LastSweep, now: &str| overdue(&source(), &swept(last), None, at(now));
        assert_eq!(told(&last, "2025-11-11T13:10:00Z"), None);
        assert!(told(&last, "2025-11-11T13:10:01Z").is_some_and(|text| text.ends_with("the provider is down")));
        last.error = Some("client_refused".to_owned());
        assert!(told(&last, "2025-11-11T12:00:00Z").is_some_and(|text| text.contains("rejected client_id")));
        let mut off = source();
        off.sweep.every_milliseconds = 0;
        assert_eq!(overdue(&off, &swept(&last), None, at("2025-11-12T12:00:00Z")), None);
    }
}
