//! What a sweep of many unchanged orders costs: `ORDERS=100000 cargo test --test it figures -- --ignored --nocapture`.
//! `PAYMENTS=each` or `PAYMENTS=changed` measures one of the two settings only.

use std::time::Instant;

use ticketledger::sweep::{RunResult, Span};

use super::{order, started_with, swept};
use crate::support::db::{Engine, with_database};

/// Without `ORDERS`.
const ORDERS: usize = 10_000;

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS")).collect::<Vec<_>>().join(", ")
}

#[test]
#[ignore = "takes minutes and prints figures"]
fn many_orders_of_which_everything_is_known() {
    with_database(Engine::Sqlite, |database| {
        tokio::runtime::Runtime::new().expect("a runtime starts").block_on(async {
            let orders = std::env::var("ORDERS").map_or(ORDERS, |text| text.parse().expect("ORDERS is a number"));
            let wanted = std::env::var("PAYMENTS").unwrap_or_default();
            let settings = [(true, "each"), (false, "changed")].into_iter();
            let mut is_filled = false;
            for (each_payment, name) in settings.filter(|(_, name)| wanted.is_empty() || *name == wanted) {
                let daemon = started_with(database, |museum| museum.sweep.each_payment = each_payment).await;
                for number in 0..orders {
                    let body = daemon.stand_in.bookingkit().put_order(order(&format!("order-{number:06}"), &[]));
                    if !is_filled {
                        daemon.accepted("museum", body).await;
                    }
                }
                is_filled = true;
                daemon.settle().await;
                database.execute("DELETE FROM api_tokens");
                println!("before: {}", memory());
                let began = Instant::now();
                let done = swept(&daemon, "museum", Span::Delta).await;
                assert_eq!(done.run.result, RunResult::Clean, "{:?}", done.run);
                println!(
                    "payments = {name}; {} listed, {} pages, {} requests in {:?}; {}",
                    done.run.listed,
                    done.run.pages,
                    done.run.requests,
                    began.elapsed(),
                    memory()
                );
                daemon.daemon.stop().await.expect("it stops");
            }
        });
    });
}
