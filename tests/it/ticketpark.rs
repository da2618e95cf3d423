//! Reading Ticketpark's API through real sockets: tokens that rotate, one refresher, and a verdict for every failure.

use diesel::prelude::*;
use secrecy::SecretString;
use serde_json::json;
use ticketledger::clock::{Clock, Timestamp};
use ticketledger::config::Source;
use ticketledger::db::schema::provider_tokens;
use ticketledger::demo::stand_in::{BookingExample, Fault, StandIn, person_example};
use ticketledger::inbox::ParkReason;
use ticketledger::on_engine;
use ticketledger::order::Provider;
use ticketledger::provider::Failure;
use ticketledger::provider::ticketpark::booking::read_booking;
use ticketledger::session::Access;

use crate::on_both_engines;
use crate::support::db::{Engine, TestDatabase};

const PID: &str = "293233446073";
const PATH: &str = "/bookings/293233446073";
const LIFETIME_MILLISECONDS: i64 = 600_000;

/// A stand-in that knows the documented booking, and the time for all.
struct Fixture<'d> {
    database: &'d TestDatabase,
    clock: Clock,
    stand_in: StandIn,
}

impl<'d> Fixture<'d> {
    async fn new(database: &'d TestDatabase) -> Self {
        let clock = Clock::manual(Timestamp::parse("2025-11-11T08:00:00Z").unwrap());
        let stand_in = StandIn::start(clock.clone()).await.unwrap();
        stand_in.put_booking(PID, BookingExample::default().json());
        Self { database, clock, stand_in }
    }

    fn source(&self, password: Option<&str>) -> Source {
        let mut api = self.stand_in.api();
        api.password = password.map(SecretString::from);
        Source { api: Some(api), ..Source::new("theatre", Provider::Ticketpark, chrono_tz::Europe::Zurich, "CH") }
    }

    /// A daemon of its own, with pools and memory of its own.
    fn daemon(&self, password: Option<&str>) -> Access {
        Access::new(self.database.open(), self.clock.clone(), &self.source(password)).unwrap()
    }

    /// A daemon that has the login, and has just read the booking once.
    async fn warm_daemon(&self) -> Access {
        let access = self.daemon(Some(StandIn::PASSWORD));
        assert_eq!(status(&access).await, Ok(200));
        access
    }

    fn expire_access_token(&self) {
        self.clock.advance_milliseconds(LIFETIME_MILLISECONDS);
    }

    /// Password grants, refresh grants, refused grants.
    fn grants(&self) -> (u64, u64, u64) {
        let counts = self.stand_in.counts();
        (counts.password_grants, counts.refresh_grants, counts.refused_grants)
    }

    fn reads(&self) -> u64 {
        self.stand_in.counts().reads.get(PATH).copied().unwrap_or(0)
    }
}

/// Whatever a test did: nothing was ever written to the provider.
impl Drop for Fixture<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.stand_in.counts().writes, 0);
        }
    }
}

async fn status(access: &Access) -> Result<u16, Failure> {
    access.get_booking(PID).await.map(|fetched| fetched.status)
}

fn status_fault(status: u16) -> Fault {
    Fault::Status { status, retry_after: None }
}

fn is_login_required(failure: &Result<u16, Failure>) -> bool {
    let Err(Failure::ProviderDown { detail, .. }) = failure else { return false };
    detail == "login_required: run `ticketledger login theatre`"
}

on_both_engines!(a_booking_is_read_with_its_tickets_and_its_customer, async |database| {
    let fixture = Fixture::new(database).await;
    fixture.stand_in.put_person("8CB96870", person_example());
    let access = fixture.daemon(Some(StandIn::PASSWORD));
    let fetched = access.get_booking(PID).await.unwrap();
    let said = read_booking(&fixture.source(None), &fetched.body, fixture.clock.now()).unwrap();
    assert_eq!(said.order.tickets.map(|tickets| tickets.len()), Some(2));
    assert!(said.contact.is_some());
    assert_eq!(access.get_person("8CB96870").await.unwrap().status, 200);
    assert_eq!(access.get_person("unknown").await.unwrap().status, 404);
    fixture.stand_in.remove_booking(PID);
    assert_eq!(status(&access).await, Ok(404));
    assert_eq!(fixture.grants(), (1, 0, 0));
});

on_both_engines!(a_restart_uses_the_stored_tokens_without_a_login, async |database| {
    let fixture = Fixture::new(database).await;
    drop(fixture.warm_daemon().await);
    assert_eq!(status(&fixture.daemon(None)).await, Ok(200));
    assert_eq!(fixture.grants(), (1, 0, 0));
    fixture.expire_access_token();
    assert_eq!(status(&fixture.daemon(None)).await, Ok(200));
    assert_eq!(status(&fixture.daemon(None)).await, Ok(200));
    assert_eq!(fixture.grants(), (1, 1, 0));
});

on_both_engines!(an_access_token_is_renewed_ten_seconds_early, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    fixture.clock.advance_milliseconds(LIFETIME_MILLISECONDS - 10_001);
    assert_eq!(status(&access).await, Ok(200));
    assert_eq!(fixture.grants(), (1, 0, 0));
    fixture.clock.advance_milliseconds(1);
    assert_eq!(status(&access).await, Ok(200));
    assert_eq!(fixture.grants(), (1, 1, 0));
});

on_both_engines!(a_rotated_token_is_stored_before_it_is_used, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    fixture.expire_access_token();
    fixture.stand_in.script([Fault::Hang]);
    let reading = tokio::spawn(async move { status(&access).await });
    // The new token is in use for the first time: a crash here must find it in the database.
    fixture.stand_in.hanging(1).await;
    reading.abort();
    assert!(reading.await.unwrap_err().is_cancelled());
    assert_eq!(status(&fixture.daemon(None)).await, Ok(200));
    assert_eq!(fixture.grants(), (1, 1, 0));
});

on_both_engines!(a_caller_that_gives_up_does_not_lose_the_new_token, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    fixture.expire_access_token();
    fixture.stand_in.script_tokens([Fault::Hang]);
    let impatient = access.clone();
    let reading = tokio::spawn(async move { status(&impatient).await });
    fixture.stand_in.hanging(1).await;
    reading.abort();
    assert!(reading.await.unwrap_err().is_cancelled());
    fixture.stand_in.release();
    assert_eq!(status(&access).await, Ok(200));
    assert_eq!(fixture.grants(), (1, 1, 0));
});

on_both_engines!(twenty_readers_share_one_refresh, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    fixture.expire_access_token();
    fixture.stand_in.script_tokens([Fault::Hang]);
    let readers: Vec<_> =
        (0..20).map(|_| access.clone()).map(|access| tokio::spawn(async move { status(&access).await })).collect();
    fixture.stand_in.hanging(1).await;
    fixture.stand_in.release();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), Ok(200));
    }
    assert_eq!((fixture.grants(), fixture.reads()), ((1, 1, 0), 21));
    assert_eq!(fixture.stand_in.counts().most_concurrent_refreshes, 1);
});

on_both_engines!(daemons_that_share_a_database_share_its_tokens, async |database| {
    let fixture = Fixture::new(database).await;
    let (first, second) = (fixture.warm_daemon().await, fixture.daemon(None));
    assert_eq!(status(&second).await, Ok(200));
    fixture.expire_access_token();
    assert_eq!(status(&first).await, Ok(200));
    assert_eq!(status(&second).await, Ok(200));
    assert_eq!(fixture.grants(), (1, 1, 0));
    // An embedded database has one daemon only; here both want the token at the same moment.
    if database.engine == Engine::Postgres {
        fixture.expire_access_token();
        fixture.stand_in.script_tokens([Fault::Hang]);
        let readers = [first.clone(), second.clone(), first, second];
        let readers = readers.map(|access| tokio::spawn(async move { status(&access).await }));
        fixture.stand_in.hanging(1).await;
        fixture.stand_in.release();
        for reader in readers {
            assert_eq!(reader.await.unwrap(), Ok(200));
        }
        assert_eq!(fixture.grants(), (1, 2, 0));
        assert_eq!(fixture.stand_in.counts().most_concurrent_refreshes, 1);
    }
});

on_both_engines!(a_command_beside_the_daemon_costs_neither_of_them_a_login, async |database| {
    let fixture = Fixture::new(database).await;
    drop(fixture.warm_daemon().await);
    let (daemon, command) = (fixture.daemon(None), fixture.daemon(None));
    fixture.expire_access_token();
    fixture.stand_in.script_tokens([Fault::Hang]);
    let reading = tokio::spawn(async move { status(&daemon).await });
    fixture.stand_in.hanging(1).await;
    if database.engine == Engine::Sqlite {
        // No turns here: the command uses the refresh token that the daemon has just sent.
        assert_eq!(status(&command).await, Ok(200));
    }
    fixture.stand_in.release();
    assert_eq!(reading.await.unwrap(), Ok(200));
    assert_eq!(status(&command).await, Ok(200));
    let (_, refreshed, _) = fixture.grants();
    assert_eq!(refreshed, 1);
});

on_both_engines!(a_refused_token_is_renewed_once_and_the_read_repeated_once, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    fixture.stand_in.revoke_access_tokens();
    assert_eq!(status(&access).await, Ok(200));
    assert_eq!((fixture.grants(), fixture.reads()), ((1, 1, 0), 3));
    fixture.stand_in.script([status_fault(401), status_fault(401)]);
    assert!(matches!(status(&access).await, Err(Failure::ProviderDown { .. })));
    assert_eq!((fixture.grants(), fixture.reads()), ((1, 2, 0), 5));
    fixture.stand_in.script([status_fault(403), status_fault(403)]);
    assert!(matches!(status(&access).await, Err(Failure::Transient { reason: ParkReason::Forbidden, .. })));
    assert_eq!((fixture.grants(), fixture.reads()), ((1, 3, 0), 7));
});

on_both_engines!(readers_whose_token_is_revoked_share_one_refresh, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    // All have sent the old token before it is revoked.
    fixture.stand_in.script(std::iter::repeat_n(Fault::Hang, 5));
    let readers = [(); 5].map(|()| access.clone()).map(|access| tokio::spawn(async move { status(&access).await }));
    fixture.stand_in.hanging(5).await;
    fixture.stand_in.revoke_access_tokens();
    fixture.stand_in.release();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), Ok(200));
    }
    assert_eq!((fixture.grants(), fixture.reads()), ((1, 1, 0), 11));
});

on_both_engines!(a_dead_refresh_token_needs_the_password_or_a_login, async |database| {
    let fixture = Fixture::new(database).await;
    let with_password = fixture.warm_daemon().await;
    let revoke = || {
        fixture.expire_access_token();
        fixture.stand_in.revoke_refresh_tokens();
    };
    revoke();
    assert_eq!(status(&with_password).await, Ok(200));
    assert_eq!(fixture.grants(), (2, 0, 1));

    let without_password = fixture.daemon(None);
    revoke();
    assert!(is_login_required(&status(&without_password).await));
    // It is not tried again and again.
    assert!(is_login_required(&status(&without_password).await));
    assert_eq!(fixture.grants(), (2, 0, 2));

    // The command runs beside the daemon.
    let (username, password) = (SecretString::from(StandIn::USERNAME), SecretString::from(StandIn::PASSWORD));
    let command = fixture.daemon(None);
    let wrong = command.login(&username, &SecretString::from("wrong")).await;
    assert!(matches!(wrong, Err(Failure::Permanent { reason: ParkReason::LoginRefused, .. })));
    command.login(&username, &password).await.unwrap();
    assert_eq!(status(&without_password).await, Ok(200));
    assert_eq!(fixture.grants(), (3, 0, 3));
});

on_both_engines!(a_wrong_password_is_not_repeated_until_the_account_locks, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.daemon(Some("wrong"));
    for _ in 0..3 {
        assert!(is_login_required(&status(&access).await));
    }
    assert_eq!(fixture.grants(), (0, 0, 1));
    fixture.clock.advance_milliseconds(15 * 60 * 1000);
    assert!(is_login_required(&status(&access).await));
    assert_eq!((fixture.grants(), fixture.reads()), ((0, 0, 2), 0));
});

on_both_engines!(a_refresh_whose_answer_is_lost_falls_back_to_the_password, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    fixture.expire_access_token();
    fixture.stand_in.script_tokens([Fault::LoseAnswer]);
    assert!(matches!(status(&access).await, Err(Failure::ProviderDown { .. })));
    assert_eq!(status(&access).await, Ok(200));
    assert_eq!(fixture.grants(), (2, 1, 1));
});

on_both_engines!(a_token_that_cannot_be_stored_is_kept_and_not_used, async |database| {
    let (refuse, allow) = match database.engine {
        Engine::Sqlite => (
            "CREATE TRIGGER refuse BEFORE UPDATE ON provider_tokens BEGIN SELECT RAISE(ABORT, 'refused'); END",
            "DROP TRIGGER refuse",
        ),
        Engine::Postgres => (
            "ALTER TABLE provider_tokens ADD CONSTRAINT refuse CHECK (version < 2)",
            "ALTER TABLE provider_tokens DROP CONSTRAINT refuse",
        ),
    };
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    fixture.expire_access_token();
    database.execute(refuse);
    for _ in 0..2 {
        assert!(matches!(status(&access).await, Err(Failure::Transient { reason: ParkReason::Database, .. })));
    }
    assert_eq!((fixture.grants(), fixture.reads()), ((1, 1, 0), 1));
    database.execute(allow);
    assert_eq!(status(&access).await, Ok(200));
    assert_eq!((fixture.grants(), fixture.reads()), ((1, 1, 0), 2));
});

on_both_engines!(tokens_are_sealed_in_the_database, async |database| {
    let fixture = Fixture::new(database).await;
    drop(fixture.warm_daemon().await);
    let mut connection = database.open().reader().unwrap();
    let sealed: (Vec<u8>, Vec<u8>) = on_engine!(&mut connection, |c| {
        let columns = (provider_tokens::refresh_token_sealed, provider_tokens::access_token_sealed);
        provider_tokens::table.select(columns).first(c).unwrap()
    });
    for bytes in [sealed.0, sealed.1] {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("refresh-1") && !text.contains("access-1"));
    }
});

on_both_engines!(every_status_has_its_verdict, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    let transient = |status| Failure::Transient {
        reason: ParkReason::UnexpectedStatus,
        detail: format!("the provider answered {status}"),
        retry_after_milliseconds: None,
    };
    for code in [201, 204, 302, 400, 405, 410, 422] {
        fixture.stand_in.script([status_fault(code)]);
        assert_eq!(status(&access).await, Err(transient(code)), "{code}");
    }
    fixture.stand_in.script([status_fault(409)]);
    assert!(matches!(status(&access).await, Err(Failure::Permanent { reason: ParkReason::ProviderRefused, .. })));
    for (retry_after, milliseconds) in
        [(None, None), (Some("7"), Some(7000)), (Some("Tue, 11 Nov 2025 08:01:00 GMT"), Some(60_000))]
    {
        let fault = |status| Fault::Status { status, retry_after: retry_after.map(str::to_owned) };
        fixture.stand_in.script([fault(429), fault(500), fault(502), fault(503)]);
        let Err(Failure::RateLimited { retry_after_milliseconds, .. }) = status(&access).await else { panic!("429") };
        assert_eq!(retry_after_milliseconds, milliseconds);
        for code in [500, 502, 503] {
            let detail = format!("the provider answered {code}");
            let expected = Failure::ProviderDown { detail, retry_after_milliseconds: milliseconds };
            assert_eq!(status(&access).await, Err(expected));
        }
    }
    assert_eq!(fixture.grants(), (1, 0, 0));
});

on_both_engines!(a_broken_answer_is_never_taken_for_a_booking, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    for (fault, expected) in [
        (Fault::Garbage, "garbage_answer"),
        (Fault::Empty, "garbage_answer"),
        (Fault::Truncated, "garbage_answer"),
        (Fault::Oversize, "answer_too_large"),
    ] {
        fixture.stand_in.script([fault]);
        let Err(Failure::Transient { reason, .. }) = status(&access).await else { panic!("{expected}") };
        assert_eq!(reason.as_str(), expected);
    }
    fixture.stand_in.script([Fault::Drop]);
    assert!(matches!(status(&access).await, Err(Failure::ProviderDown { .. })));
    fixture.expire_access_token();
    for (fault, expected) in [(Fault::Garbage, "garbage_answer"), (status_fault(404), "unexpected_status")] {
        fixture.stand_in.script_tokens([fault]);
        let Err(Failure::Transient { reason, .. }) = status(&access).await else { panic!("{expected}") };
        assert_eq!(reason.as_str(), expected);
    }
    assert_eq!(status(&access).await, Ok(200));
});

on_both_engines!(a_provider_that_is_gone_is_down_and_its_address_stays_out_of_the_log, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    let gone = StandIn::start(fixture.clock.clone()).await.unwrap();
    let mut source = fixture.source(None);
    source.api = Some(gone.api());
    gone.stop().await;
    drop(access);
    let access = Access::new(database.open(), fixture.clock.clone(), &source).unwrap();
    let Err(failure @ Failure::ProviderDown { .. }) = status(&access).await else { panic!("it is gone") };
    let text = failure.to_string();
    assert!(!text.contains(PID) && !text.contains("http") && !text.contains("access-"), "{text}");
});

on_both_engines!(a_hostile_pid_addresses_its_own_record_or_none, async |database| {
    let fixture = Fixture::new(database).await;
    let access = fixture.warm_daemon().await;
    fixture.stand_in.put_person("1", person_example());
    for pid in [
        "../persons/1",
        "x/../../persons/1",
        "1?properties[tickets]=1",
        "1#",
        "%2e%2e%2fpersons%2f1",
        "1\r\nX: y",
        "\\",
    ] {
        assert_eq!(access.get_booking(pid).await.unwrap().status, 404, "{pid}");
        fixture.stand_in.put_booking(pid, json!({ "pid": pid }));
        assert_eq!(access.get_booking(pid).await.unwrap().status, 200, "{pid}");
    }
    let paths = fixture.stand_in.counts().reads;
    assert!(paths.keys().all(|path| path.starts_with("/bookings/")), "{paths:?}");
    for pid in ["..", ".", ""] {
        let refused = access.get_booking(pid).await;
        assert!(matches!(refused, Err(Failure::Permanent { reason: ParkReason::BadPid, .. })));
    }
});

#[tokio::test]
async fn the_stand_in_embeds_what_is_asked_for_and_counts_writes() {
    let stand_in = StandIn::start(Clock::System).await.unwrap();
    stand_in.put_booking(PID, BookingExample::default().json());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = [("grant_type", "password"), ("username", StandIn::USERNAME), ("password", StandIn::PASSWORD)];
    let token = client.post(format!("{}/oauth/v2/token", stand_in.base_url()));
    let token = token.basic_auth(StandIn::CLIENT_KEY, Some(StandIn::CLIENT_SECRET)).form(&form).send().await.unwrap();
    let token: serde_json::Value = serde_json::from_str(&token.text().await.unwrap()).unwrap();
    let token = token["access_token"].as_str().unwrap();
    for (query, has_tickets) in
        [("", false), ("?properties[customer]=1", false), ("?properties%5Btickets%5D=true", true)]
    {
        let url = format!("{}{PATH}{query}", stand_in.base_url());
        let booking = client.get(url).bearer_auth(token).send().await.unwrap().text().await.unwrap();
        assert_eq!(booking.contains("tickets"), has_tickets, "{query}");
    }
    for method in ["POST", "PATCH", "PUT", "DELETE"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}{PATH}", stand_in.base_url());
        assert_eq!(client.request(method, url).bearer_auth(token).send().await.unwrap().status(), 405);
    }
    assert_eq!(stand_in.counts().writes, 4);
    stand_in.stop().await;
}
