//! `ticketledger demo`: a daemon on a new SQLite file, a stand-in for the APIs of both providers, example traffic over
//! real HTTP, a webhook that is lost and found by a sweep, and the resulting reports.

mod place;
pub mod stand_in;
mod story;
mod traffic;

use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono_tz::Tz;

use crate::clock::Clock;
use crate::daemon::{Daemon, Options};
use crate::inbox::store::next_due_at;
use crate::ledger::proof::verify::{Verdict, verify};
use crate::sweep::Sweeper;

use self::place::Place;
use self::stand_in::StandIn;
use self::traffic::Sender;

/// Output of the demo, in order.
pub enum Output {
    Text(String),
    Verdict(Verdict),
}

/// Receives the output of the demo.
pub type Print<'a> = &'a mut dyn FnMut(Output) -> anyhow::Result<()>;

/// Runs the demo. With `keep` everything stays up until Ctrl-C; otherwise the folder is removed at the end.
///
/// # Errors
/// When a step fails, or `say` returns an error.
pub async fn run(keep: bool, print: Print<'_>) -> anyhow::Result<()> {
    let clock = Clock::System;
    let stand_in = StandIn::start(clock.clone()).await.context("cannot start the stand-in for the providers' APIs")?;
    let place = Place::make(&stand_in)?;
    let mut config = place.config()?;
    for source in &mut config.sources {
        // Nobody waits a quarter of an hour here: what a sweep finds is missed, not late.
        source.sweep.grace_milliseconds = 0;
    }
    let zones: Vec<(String, Tz)> = config.sources.iter().map(|source| (source.name.clone(), source.timezone)).collect();
    let sources: Vec<String> = config.sources.iter().map(|source| source.name.clone()).collect();
    let museum = config.source("museum").context("the demo has a source `museum`")?.clone();
    let daemon = Daemon::start(config, Options { clock: clock.clone(), ..Options::default() }).await?;
    let sweeper = Sweeper::new(daemon.database().clone(), clock.clone(), &museum, None)?;
    let sender = Sender::new(daemon.public(), &place);
    print(Output::Text(story::opening(&place)))?;
    for scene in traffic::scenes(clock.now()) {
        let answers = scene.play(&sender, &stand_in, &sweeper).await?;
        wait_until_idle(&daemon, &sources).await?;
        sweeper.decide().await?;
        print(Output::Text(story::scene(&scene, &answers)))?;
    }
    let now = clock.now();
    let text = daemon.database().run(move |database| story::books(database, &zones, now)).await?;
    print(Output::Text(text))?;
    let verdict = daemon.database().run(|database| verify(database, None)).await?;
    let holds = verdict.broken.is_none();
    print(Output::Verdict(verdict))?;
    if keep {
        let password = place.user(daemon.database().clone()).await?;
        print(Output::Text(story::kept(&daemon, &stand_in, &place, &password)))?;
        tokio::signal::ctrl_c().await?;
    }
    daemon.stop().await?;
    stand_in.stop().await;
    if keep {
        print(Output::Text(format!("\nStopped. {} was kept.\n", place.folder().display())))?;
    } else {
        place.remove();
        print(Output::Text(story::farewell().to_owned()))?;
    }
    if !holds {
        bail!("the books of the demo are broken; please report this bug");
    }
    Ok(())
}

/// Waits until no event is pending. The demo runs on the system clock, so it polls the inbox.
async fn wait_until_idle(daemon: &Daemon, sources: &[String]) -> anyhow::Result<()> {
    const LOOKS: u32 = 600;
    for _ in 0..LOOKS {
        let sources = sources.to_vec();
        let pending = daemon.database().run(move |database| {
            let names: Vec<&str> = sources.iter().map(String::as_str).collect();
            next_due_at(&mut database.reader()?, &names)
        });
        if pending.await?.is_none() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the demo's events were not processed within half a minute; is the machine very busy?")
}
