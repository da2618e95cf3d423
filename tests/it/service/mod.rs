//! The daemon as a service: what systemd is told, the sockets it holds, other settings without a restart, the log.

mod files;
mod login;
mod notify;
mod reload;
mod secrets;
mod sockets;

use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use crate::support::home::Home;
use crate::support::wait::HUNG;

/// The other end of systemd's socket.
struct Told(UnixDatagram);

impl Told {
    fn by(home: &mut Home) -> Self {
        let path = home.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        home.set("NOTIFY_SOCKET", path.to_str().unwrap());
        Self(socket)
    }

    /// The next message; `None` when there is none until then.
    fn next(&self, deadline: Instant) -> Option<String> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        self.0.set_read_timeout(Some(left)).unwrap();
        let mut bytes = [0; 4096];
        let length = self.0.recv(&mut bytes).ok()?;
        Some(String::from_utf8(bytes[..length].to_vec()).unwrap().trim_end().to_owned())
    }

    /// Waits for a message with this text, and answers it with all that came before it.
    fn until(&self, text: &str) -> Vec<String> {
        let (mut told, deadline) = (Vec::new(), Instant::now() + HUNG);
        loop {
            let Some(message) = self.next(deadline) else { panic!("systemd was never told {text}, but {told:#?}") };
            told.push(message);
            if told.last().is_some_and(|message| message.contains(text)) {
                return told;
            }
        }
    }

    /// What is told within a time in which nothing of a kind may come.
    fn during(&self, time: Duration) -> Vec<String> {
        let deadline = Instant::now() + time;
        std::iter::from_fn(|| self.next(deadline)).collect()
    }
}

/// Sends a body by a path secret, and answers the status.
async fn post(address: std::net::SocketAddr, path: &str, body: &str) -> u16 {
    let address = format!("http://{address}/webhooks/{path}");
    reqwest::Client::new().post(address).body(body.to_owned()).send().await.unwrap().status().as_u16()
}
