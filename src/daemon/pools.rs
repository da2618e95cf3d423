//! The workers: one pool at a time. When the settings are read again another takes its place, and the earlier one ends
//! what it has in hand meanwhile; claims keep the two apart, as they do between daemons.

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::worker::Worker;

/// Runs the newest pool of `workers` until `stop` says so, then until all pools have ended. Answers early when a pool
/// ends by itself.
pub(super) async fn run(mut workers: watch::Receiver<Worker>, mut stop: watch::Receiver<bool>) {
    let mut retiring = JoinSet::new();
    loop {
        let worker = workers.borrow_and_update().clone();
        let (retire, retired) = watch::channel(false);
        let mut pool = tokio::spawn(async move { worker.run(retired).await });
        let stopping = tokio::select! {
            changed = workers.changed() => changed.is_err(),
            // A sender that is gone means the same as one that says stop.
            _ = stop.wait_for(|stop| *stop) => true,
            _ = &mut pool => return,
        };
        retire.send_replace(true);
        // What ends here has told its fault already.
        retiring.spawn(async move { drop(pool.await) });
        if stopping {
            while retiring.join_next().await.is_some() {}
            return;
        }
        while retiring.try_join_next().is_some() {}
    }
}
