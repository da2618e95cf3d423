//! `ticketledger demo`: a daemon on a new SQLite file, a stand-in for Ticketpark's API, example traffic over real HTTP,
//! and the resulting reports.

mod place;
pub mod stand_in;
mod story;
mod traffic;

use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::clock::Clock;
use crate::daemon::{Daemon, Options};
use crate::inbox::store::next_due_at;
use crate::ledger::proof::verify::{Verdict, verify};

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
    let stand_in = StandIn::start(clock.clone()).await.context("cannot start the stand-in for Ticketpark's API")?;
    let place = Place::make(&stand_in)?;
    let config = place.config()?;
    let sources: Vec<String> = config.sources.iter().map(|source| source.name.clone()).collect();
    let daemon = Daemon::start(config, Options { clock, ..Options::default() }).await?;
    let sender = Sender::new(daemon.public(), &place);
    print(Output::Text(story::opening(&place)))?;
    for scene in traffic::scenes() {
        let answers = scene.play(&sender, &stand_in).await?;
        wait_until_idle(&daemon, &sources).await?;
        print(Output::Text(story::scene(&scene, &answers)))?;
    }
    let text = daemon.database().run(story::books).await?;
    print(Output::Text(text))?;
    let verdict = daemon.database().run(|database| verify(database, None)).await?;
    let holds = verdict.broken.is_none();
    print(Output::Verdict(verdict))?;
    if keep {
        print(Output::Text(story::kept(&daemon, &stand_in, &place)))?;
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
