use super::*;
use crate::order::Provider;

fn source() -> Source {
    let mut source = Source::new("museum", Provider::Bookingkit, chrono_tz::Europe::Berlin, "DE");
    source.orders_api = Some(crate::config::OrdersApi {
        base_url: "http://127.0.0.1:1".to_owned(),
        client_id: "c".to_owned(),
        client_secret: "s".into(),
        earlier_client_secrets: Vec::new(),
    });
    source
}

#[test]
fn the_month_before_is_walked_from_the_second_on_if_it_was_swept() {
    let progress = |first: &str| Progress { first_since: Timestamp::parse(first), ..Progress::default() };
    let day = |day: &str| day.parse::<NaiveDate>().unwrap();
    let span = Span::Period { from: day("2026-10-01"), to: day("2026-10-31") };
    assert_eq!(month_before(&source(), &progress("2026-10-20T00:00:00Z"), day("2026-11-02")), Some(span));
    assert_eq!(month_before(&source(), &progress("2026-10-20T00:00:00Z"), day("2026-11-01")), None);
    assert_eq!(month_before(&source(), &progress("2026-11-01T00:00:00Z"), day("2026-11-02")), None);
    assert_eq!(month_before(&source(), &Progress::default(), day("2026-11-02")), None);
}
