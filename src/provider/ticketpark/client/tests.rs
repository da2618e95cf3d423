use std::time::Duration;

use secrecy::SecretString;

use super::*;
use crate::clock::Timestamp;
use crate::demo::stand_in::{Fault, StandIn};

#[test]
fn a_pid_stays_one_segment() {
    for (pid, segment) in [
        ("293233446073", "293233446073"),
        ("8CB96870-68AC", "8CB96870-68AC"),
        ("../persons/1", "..%2Fpersons%2F1"),
        ("1?a=b#c", "1%3Fa%3Db%23c"),
        ("%2e%2e", "%252e%252e"),
        ("1\n2\\ü", "1%0A2%5C%C3%BC"),
    ] {
        assert_eq!(path_segment(pid), Ok(segment.to_owned()));
    }
    for pid in ["", ".", "..", &"1".repeat(201)] {
        assert!(matches!(path_segment(pid), Err(Failure::Permanent { reason: ParkReason::BadPid, .. })), "{pid}");
    }
}

#[tokio::test]
async fn silence_ends_in_a_verdict() {
    let clock = Clock::manual(Timestamp::parse("2025-11-11T08:00:00Z").unwrap());
    let stand_in = StandIn::start(clock.clone()).await.unwrap();
    stand_in.script([Fault::Hang]);
    let client = Client::with_timeout(&stand_in.api(), clock, Duration::from_millis(50)).unwrap();
    let answer = client.get_booking("1", &SecretString::from("any")).await;
    let failure = answer.err().unwrap();
    let detail = "no answer in time".to_owned();
    assert_eq!(failure, Failure::ProviderDown { detail, retry_after_milliseconds: None });
}
