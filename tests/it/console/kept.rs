//! What a page keeps: where one was, what one chose, and what one has in hand, however it is written.

use super::browser::Browser;
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon};

on_both_engines!(another_language_leads_back_to_a_page_that_can_be_asked_for, async |database| {
    let daemon = TestDaemon::start(database).await;
    let id = daemon.deliver(PAID_ORDER).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    let event = format!("/inbox/{id}");
    let page = admin.page(&event).await;
    let check = [("source", "museum"), ("period", "2025-10")];
    for (form, fields, back) in [
        (format!("{event}/body"), &[][..], event.clone()),
        ("/books/close/check".to_owned(), &check[..], "/books/close?source=museum&period=2025-10".to_owned()),
    ] {
        let answer = admin.submit(&page, &form, fields).await;
        assert_eq!(answer.status, 200, "{form}: {}", answer.text());
        assert_eq!(answer.field("back").replace("&#38;", "&"), back);
        let changed = admin.submit(&answer, "/language", &[("language", "de"), ("back", &back)]).await;
        assert_eq!(changed.location(), back);
        admin.page(changed.location()).await;
    }
    daemon.finish().await;
});

on_both_engines!(a_time_of_the_filter_stays, async |database| {
    let daemon = TestDaemon::start(database).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    for (value, kind) in
        [("2025-11-11", "date"), ("2025-11-11T18:00", "datetime-local"), ("2025-11-11T18:00:00Z", "text")]
    {
        let page = reader.page(&format!("/inbox?since={value}")).await;
        let field = format!("<input type=\"{kind}\" step=\"1\" name=\"since\" value=\"{value}\">");
        assert!(page.has(&field), "{field}: {}", page.body);
    }
    daemon.finish().await;
});

on_both_engines!(a_code_and_an_id_are_found_in_any_case, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let first = |sql: &str| daemon.lines(sql)[0].clone();
    let code = first("SELECT order_code AS line FROM orders");
    let (order, payment) =
        (first("SELECT order_id AS line FROM orders"), first("SELECT payment_id AS line FROM payments"));
    assert_ne!(code, code.to_lowercase());
    for text in [
        code.clone(),
        code.to_lowercase(),
        order.to_uppercase(),
        format!("order:{order}"),
        format!("order:{}", code.to_lowercase()),
        format!("payment:{payment}"),
    ] {
        let page = reader.page(&format!("/orders?q={text}")).await;
        assert!(page.has(&format!("/orders/museum/{order}")), "{text}: {}", page.text());
    }
    for text in [format!("payment:{order}"), format!("order:{payment}")] {
        let page = reader.page(&format!("/orders?q={text}")).await;
        assert!(!page.has(&format!("/orders/museum/{order}")), "{text}: {}", page.text());
    }
    for text in [code.clone(), code.to_lowercase(), order.clone(), format!("order:{order}")] {
        let page = reader.page(&format!("/inbox?order={text}")).await;
        assert!(page.has("data-open=\"/inbox/1\""), "{text}: {}", page.text());
    }
    daemon.finish().await;
});
