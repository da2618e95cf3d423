//! What a sweep of many unchanged orders costs: `cargo test --test it figures -- --ignored --nocapture`.

use std::time::Instant;

use ticketledger::sweep::{RunResult, Span};

use super::{order, started_with, swept};
use crate::support::db::{Engine, with_database};

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
            for each_payment in [true, false] {
                let daemon = started_with(database, |museum| museum.sweep.each_payment = each_payment).await;
                for number in 0..ORDERS {
                    let body = daemon.stand_in.bookingkit().put_order(order(&format!("order-{number:06}"), &[]));
                    if each_payment {
                        daemon.accepted("museum", body).await;
                    }
                }
                daemon.settle().await;
                database.execute("DELETE FROM api_tokens");
                println!("before: {}", memory());
                let began = Instant::now();
                let done = swept(&daemon, "museum", Span::Nightly).await;
                assert_eq!(done.run.result, RunResult::Clean, "{:?}", done.run);
                println!(
                    "payments of each: {each_payment}; {} listed, {} pages, {} requests, twice, in {:?}; {}",
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
