//! systemd's journal, natively: one record per event, its fields as fields. The message repeats them, so that a plain
//! `journalctl` shows which source and what error.
//!
//! The crate `tracing-journald` is not enough: its messages lack the fields, it names the module and the source file in
//! fields without our prefix, and it connects to the real journal only, so that no test could read a record.

use std::fmt::{self, Write as _};
use std::io;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::socket::Socket;
use crate::report::format::printable;

/// What the names of our fields begin with.
const PREFIX: &str = "TICKETLEDGER_";

/// Sends events to the journal.
pub(super) struct Journal(Socket);

impl Journal {
    /// The journal of this machine.
    pub(super) fn connect() -> io::Result<Self> {
        Socket::connect().map(Self)
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut record = Record::default();
        event.record(&mut record);
        let bytes = record.into_bytes(*event.metadata().level(), event.metadata().target());
        // A journal that takes nothing cannot be told so.
        let _ = self.0.send(&bytes);
    }
}

/// The message, and the fields in the order in which they were given.
#[derive(Default)]
struct Record {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Record {
    fn into_bytes(mut self, level: Level, target: &str) -> Vec<u8> {
        let priority = match level {
            Level::ERROR => "3",
            Level::WARN => "4",
            Level::INFO => "6",
            Level::DEBUG | Level::TRACE => "7",
        };
        let mut bytes = Vec::new();
        for (name, value) in &self.fields {
            // Writing to a String cannot fail.
            let _ = write!(self.message, " {name}={value}");
            put(&mut bytes, &format!("{PREFIX}{}", name.to_ascii_uppercase().replace('.', "_")), value);
        }
        put(&mut bytes, "MESSAGE", &self.message);
        put(&mut bytes, "PRIORITY", priority);
        put(&mut bytes, "SYSLOG_IDENTIFIER", "ticketledger");
        put(&mut bytes, "TICKETLEDGER_MODULE", target);
        bytes
    }
}

impl Visit for Record {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => self.fields.push((name, value.to_owned())),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// A field in the journal's own form: the length goes before a text with line breaks.
fn put(bytes: &mut Vec<u8>, name: &str, value: &str) {
    let lines: Vec<String> = value.split('\n').map(printable).collect();
    let value = lines.join("\n");
    bytes.extend_from_slice(name.as_bytes());
    if value.contains('\n') {
        bytes.push(b'\n');
        bytes.extend_from_slice(&u64::try_from(value.len()).unwrap_or(0).to_le_bytes());
    } else {
        bytes.push(b'=');
    }
    bytes.extend_from_slice(value.as_bytes());
    bytes.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn an_event_is_one_datagram_with_its_fields() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let journal = UnixDatagram::bind(&path).expect("a socket");
        let layer = Journal(Socket::connect_to(&path).expect("connects"));
        let log = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(log, || {
            tracing::warn!(source = "museum", event = 7, error = %"two\nlines", "delivery parked");
        });
        let mut bytes = [0; 512];
        let length = journal.recv(&mut bytes).expect("a datagram");
        let expected = [
            b"TICKETLEDGER_SOURCE=museum\nTICKETLEDGER_EVENT=7\nTICKETLEDGER_ERROR\n".as_slice(),
            &9_u64.to_le_bytes(),
            b"two\nlines\nMESSAGE\n",
            &53_u64.to_le_bytes(),
            b"delivery parked source=museum event=7 error=two\nlines\n",
            b"PRIORITY=4\nSYSLOG_IDENTIFIER=ticketledger\nTICKETLEDGER_MODULE=",
            module_path!().as_bytes(),
            b"\n",
        ];
        assert_eq!(String::from_utf8_lossy(&bytes[..length]), String::from_utf8_lossy(&expected.concat()));
    }
}
