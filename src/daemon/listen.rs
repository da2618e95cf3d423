//! The two sockets: those that systemd holds for us, else those of the settings.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;

use crate::config::{self, Server};

/// `FileDescriptorName=` of the socket for deliveries.
const PUBLIC: &str = "public";
/// `FileDescriptorName=` of the socket for readiness and metrics.
const CONSOLE: &str = "console";

/// Public and console. A socket that systemd passes is known by its name alone: taken by its place in the list, the two
/// would change sides when one of the units is missing, and the console would be open to the world.
pub(super) async fn listeners(server: &Server) -> anyhow::Result<(TcpListener, TcpListener)> {
    let names = config::environment().remove("LISTEN_FDNAMES").unwrap_or_default();
    let mut passed = BTreeMap::new();
    let mut sockets = listenfd::ListenFd::from_env();
    for index in 0..sockets.len() {
        let name = names.split(':').nth(index).unwrap_or_default();
        let Some(name) = [PUBLIC, CONSOLE].into_iter().find(|known| *known == name) else {
            bail!(
                "systemd passed a socket named `{name}`; write FileDescriptorName=public or FileDescriptorName=console \
                 into its unit"
            );
        };
        let socket = sockets.take_tcp_listener(index);
        let socket = socket.with_context(|| format!("cannot use the socket `{name}` passed by systemd"))?;
        if passed.insert(name, socket).is_some() {
            bail!("systemd passed two sockets named `{name}`; keep only one ListenStream= in its unit");
        }
    }
    let mut take = |name: &str| passed.remove(name).flatten();
    let (public, console) = (take(PUBLIC), take(CONSOLE));
    let public = listen(public, server.listen, "server.listen").await?;
    let console = listen(console, server.console, "server.console").await?;
    Ok((public, console))
}

async fn listen(
    passed: Option<std::net::TcpListener>,
    address: SocketAddr,
    key: &'static str,
) -> anyhow::Result<TcpListener> {
    let Some(listener) = passed else {
        return TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address} ({key}); is another process using the port?"));
    };
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let held = listener.local_addr()?;
    if held != address && address.port() != 0 {
        tracing::warn!(%held, %address, key, "using the address of systemd's socket, which differs from the settings");
    }
    Ok(listener)
}
