//! The socket of systemd's journal. A record is one datagram; one that is too long for that goes as a file in memory,
//! whose descriptor is sent instead.

use std::fs::File;
use std::io::{self, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use rustix::cmsg_space;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

const PATH: &str = "/run/systemd/journal/socket";

/// A connection to the journal.
pub(super) struct Socket(UnixDatagram);

impl Socket {
    /// Connects to the journal of this machine.
    pub(super) fn connect() -> io::Result<Self> {
        Self::connect_to(Path::new(PATH))
    }

    pub(super) fn connect_to(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        Ok(Self(socket))
    }

    /// Sends one record in the journal's own form.
    pub(super) fn send(&self, record: &[u8]) -> io::Result<()> {
        match self.0.send(record) {
            Err(error) if is_too_long(&error) => self.send_as_file(record),
            sent => sent.map(drop),
        }
    }

    fn send_as_file(&self, record: &[u8]) -> io::Result<()> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let mut file = File::from(memfd_create("ticketledger-log", flags)?);
        file.write_all(record)?;
        // The journal maps the file, so it takes only one that can no longer change.
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
        let descriptors = [file.as_fd()];
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        sendmsg(&self.0, &[], &mut control, SendFlags::NOSIGNAL)?;
        Ok(())
    }
}

/// The limit is the send buffer's size; it depends on the machine's settings.
fn is_too_long(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MSGSIZE | Errno::NOBUFS))
}

#[cfg(test)]
mod tests {
    use std::io::{IoSliceMut, Read as _, Seek as _};

    use rustix::fs::fcntl_get_seals;
    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

    use super::*;

    #[test]
    fn a_record_that_is_too_long_for_a_datagram_arrives_as_a_sealed_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let journal = UnixDatagram::bind(&path).expect("a socket");
        let record = format!("MESSAGE={}\n", "x".repeat(4 << 20));
        Socket::connect_to(&path).expect("connects").send(record.as_bytes()).expect("sends");

        let mut bytes = [0; 16];
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received = recvmsg(&journal, &mut [IoSliceMut::new(&mut bytes)], &mut control, RecvFlags::empty());
        assert_eq!(received.expect("a datagram").bytes, 0, "the datagram itself is empty");
        let Some(RecvAncillaryMessage::ScmRights(mut descriptors)) = control.drain().next() else {
            panic!("no descriptor came with it")
        };
        let mut file = File::from(descriptors.next().expect("one descriptor"));
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL;
        assert_eq!(fcntl_get_seals(&file).expect("the seals"), seals);
        let mut text = String::new();
        file.rewind().expect("rewinds");
        file.read_to_string(&mut text).expect("reads");
        assert!(text == record, "{} bytes of {} arrived", text.len(), record.len());
    }
}
