//! The sockets of this process, reached without the objects that own them (Linux).
//!
//! Dropshot owns listener and connections. A descriptor is duplicated by sending its number to ourselves
//! over a Unix socket (`SCM_RIGHTS`). The duplicate is an owned descriptor of whatever has the number at
//! that moment, so it is examined before it is used, and a number that is closed or reused meanwhile does
//! no harm. `pidfd_getfd` does the same, but the default seccomp profiles of Docker and systemd reject it.
//!
//! Only sockets are duplicated. Closing any descriptor of a file releases all locks that the process has
//! on it, among them those of SQLite.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use rustix::fs::Dir;
use rustix::io::{DupFlags, dup3};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, sockopt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::tcp_info;
use crate::connections::CloseReason;

/// Folder with an entry for each descriptor of this process.
const DESCRIPTORS: &str = "/proc/self/fd";

/// Maximum number of connections that wait to be accepted. The kernel limits it to `net.core.somaxconn`.
const BACKLOG: i32 = 4_096;

/// Maximum time that sent data may stay unacknowledged, or that a client may keep its receive window
/// closed.
const USER_TIMEOUT: Duration = Duration::from_secs(60);

/// Time without traffic before the kernel probes whether the client still exists.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// Interval of the probes.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// Number of probes without a response before a connection is closed.
const KEEPALIVE_PROBES: u32 = 4;

/// Number of spare descriptors. Dropshot may take one between its end and the receipt of a duplicate; without any,
/// nothing could be closed.
const SPARES: usize = 8;

/// Access to the sockets of this process.
pub(super) struct Sockets {
    sender: UnixDatagram,
    receiver: UnixDatagram,
    /// Descriptors that are closed just before another is needed, so that this works when the process has
    /// none left and Dropshot tries to accept connections.
    spares: Vec<OwnedFd>,
    /// The folder with the descriptors. Open, because reading it must not need a further one.
    folder: Dir,
    /// Sockets that are not connections to the address, such as those of agents: by number, with the inode.
    others: HashMap<RawFd, Vec<u8>>,
}

/// The connections of a listener.
pub(super) struct OpenConnections {
    /// The addresses of their clients, and the number of bytes that each has sent.
    pub(super) peers: HashMap<SocketAddr, u64>,
    /// Number of descriptors of the process, of any type.
    pub(super) descriptors: usize,
}

/// A listening socket.
pub(super) struct Listener(OwnedFd);

impl Sockets {
    /// # Errors
    /// If the system does not support it.
    pub(super) fn new() -> io::Result<Self> {
        let (sender, receiver) = UnixDatagram::pair()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        let folder = Dir::read_from(File::open(DESCRIPTORS)?)?;
        let (spares, others) = (Vec::new(), HashMap::new());
        let mut sockets = Self { sender, receiver, spares, folder, others };
        // A sandbox may forbid it.
        let duplicate = sockets.duplicate(sockets.sender.as_raw_fd())?;
        sockets.recycle(duplicate);
        sockets.descriptors()?;
        Ok(sockets)
    }

    fn reserve(&mut self) {
        while self.spares.len() < SPARES
            && let Ok(spare) = self.receiver.try_clone()
        {
            self.spares.push(spare.into());
        }
    }

    /// Makes a duplicate that is not needed anymore a spare. Its number is never free meanwhile.
    fn recycle(&mut self, duplicate: impl Into<OwnedFd>) {
        let mut duplicate = duplicate.into();
        if self.spares.len() < SPARES
            && dup3(&self.receiver, &mut duplicate, DupFlags::CLOEXEC).is_ok()
        {
            self.spares.push(duplicate);
        }
    }

    /// The listener with a local address.
    pub(super) fn listener(&mut self, address: SocketAddr) -> io::Result<Listener> {
        for number in self.descriptors()? {
            let Ok(descriptor) = self.duplicate(number) else { continue };
            let is_listener = sockopt::socket_acceptconn(&descriptor) == Ok(true);
            let stream = TcpStream::from(descriptor);
            if is_listener && stream.local_addr().is_ok_and(|local| local == address) {
                return Ok(Listener(stream.into()));
            }
            self.recycle(stream);
        }
        Err(io::Error::other(format!("no socket listens on {address}")))
    }

    /// The connections to a local address.
    pub(super) fn open(&mut self, address: SocketAddr) -> io::Result<OpenConnections> {
        let mut open = OpenConnections { peers: HashMap::new(), descriptors: 0 };
        for number in self.descriptors()? {
            open.descriptors += 1;
            if let Some((stream, peer)) = self.connection(number, address) {
                open.peers.insert(peer, tcp_info::received_bytes(&stream));
                self.recycle(stream);
            }
        }
        Ok(open)
    }

    /// Closes connections to a local address. Returns those that were closed.
    pub(super) fn close(
        &mut self,
        address: SocketAddr,
        selected: &HashMap<SocketAddr, CloseReason>,
    ) -> io::Result<Vec<(SocketAddr, CloseReason)>> {
        let mut closed = Vec::new();
        for number in self.descriptors()? {
            let Some((stream, peer)) = self.connection(number, address) else { continue };
            let Some(reason) = selected.get(&peer) else {
                self.recycle(stream);
                continue;
            };
            let result = match reason {
                // What has already arrived is still read, so that a complete request gets its response.
                CloseReason::Idle | CloseReason::Connections | CloseReason::UnfinishedHead => {
                    stream.shutdown(Shutdown::Read)
                }
                // Without lingering, the kernel drops what the client has not read.
                CloseReason::Stalled | CloseReason::Requests => {
                    let _ = sockopt::set_socket_linger(&stream, Some(Duration::ZERO));
                    stream.shutdown(Shutdown::Both)
                }
            };
            self.recycle(stream);
            if result.is_ok() {
                closed.push((peer, *reason));
            }
        }
        Ok(closed)
    }

    /// Makes the connection of a client end with a reset (RST) once its owner closes it.
    pub(super) fn reset_when_closed(
        &mut self,
        address: SocketAddr,
        client: SocketAddr,
    ) -> io::Result<()> {
        for number in self.descriptors()? {
            let connection = self.connection(number, address);
            if let Some((stream, _)) = connection.filter(|(_, peer)| *peer == client) {
                return Ok(sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?);
            }
        }
        Err(io::Error::other(format!("no connection of {client}")))
    }

    /// The connection with a descriptor, if it is one to the address, and the address of its client.
    fn connection(
        &mut self,
        number: RawFd,
        address: SocketAddr,
    ) -> Option<(TcpStream, SocketAddr)> {
        let inode = inode(number).ok()?;
        if self.others.get(&number) == Some(&inode) {
            return None;
        }
        let stream = TcpStream::from(self.duplicate(number).ok()?);
        let is_ours = stream.local_addr().is_ok_and(|local| {
            local.port() == address.port()
                && (address.ip().is_unspecified() || local.ip() == address.ip())
        });
        if !is_ours {
            self.others.insert(number, inode);
        }
        let peer = is_ours.then(|| stream.peer_addr().ok()).flatten();
        match peer {
            Some(peer) => Some((stream, peer)),
            None => {
                self.recycle(stream);
                None
            }
        }
    }

    /// The numbers of all descriptors of this process.
    fn descriptors(&mut self) -> io::Result<Vec<RawFd>> {
        self.folder.rewind();
        let entries = self.folder.by_ref();
        Ok(entries
            .filter_map(|entry| entry.ok()?.file_name().to_str().ok()?.parse().ok())
            .collect())
    }

    /// A duplicate of a socket.
    fn duplicate(&mut self, number: RawFd) -> io::Result<OwnedFd> {
        inode(number)?;
        self.reserve();
        let duplicate = self.send_to_self(number)?;
        if sockopt::socket_type(&duplicate).is_err() {
            // The number was reused for a file, whose locks must not be released.
            std::mem::forget(duplicate);
            return Err(not_a_socket());
        }
        Ok(duplicate)
    }

    fn send_to_self(&mut self, number: RawFd) -> io::Result<OwnedFd> {
        let rights = [ControlMessage::ScmRights(&[number])];
        let data = [IoSlice::new(&[0])];
        sendmsg::<()>(self.sender.as_raw_fd(), &data, &rights, MsgFlags::empty(), None)?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        let mut data = [IoSliceMut::new(&mut byte)];
        self.spares.pop();
        let flags = RecvFlags::CMSG_CLOEXEC;
        rustix::net::recvmsg(&self.receiver, &mut data, &mut control, flags)?;
        let received = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        received.ok_or_else(|| io::Error::other("no descriptor was received"))
    }
}

/// The text that names the inode of a socket.
fn inode(number: RawFd) -> io::Result<Vec<u8>> {
    let link = std::fs::read_link(format!("{DESCRIPTORS}/{number}"))?;
    let text = link.into_os_string().into_encoded_bytes();
    if text.starts_with(b"socket:") { Ok(text) } else { Err(not_a_socket()) }
}

fn not_a_socket() -> io::Error {
    io::Error::other("the descriptor is not a socket")
}

impl Listener {
    /// Sets options that accepted connections inherit, and a longer backlog.
    pub(super) fn configure(&self) -> io::Result<()> {
        rustix::net::listen(&self.0, BACKLOG)?;
        let millis = u32::try_from(USER_TIMEOUT.as_millis()).unwrap_or(u32::MAX);
        sockopt::set_tcp_user_timeout(&self.0, millis)?;
        sockopt::set_socket_keepalive(&self.0, true)?;
        sockopt::set_tcp_keepidle(&self.0, KEEPALIVE_IDLE)?;
        sockopt::set_tcp_keepintvl(&self.0, KEEPALIVE_INTERVAL)?;
        sockopt::set_tcp_keepcnt(&self.0, KEEPALIVE_PROBES)?;
        Ok(())
    }

    /// Refuses new connections from now on. Open connections are not affected.
    pub(super) fn refuse(&self) -> io::Result<()> {
        Ok(rustix::net::shutdown(&self.0, rustix::net::Shutdown::Both)?)
    }
}

/// The maximum number of descriptors of this process; `None` for no limit.
pub(super) fn descriptor_limit() -> Option<usize> {
    getrlimit(Resource::Nofile).current.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Raises the maximum number of descriptors of this process as far as the system permits it, at most to
/// `needed`.
pub(crate) fn raise_descriptor_limit(needed: usize) -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
    let permitted = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    if limit.current.is_some_and(|current| current < permitted) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(permitted), maximum: limit.maximum })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn connections_of_a_listener_are_found_and_closed() {
        let mut sockets = Sockets::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut clients = [0; 2].map(|_| TcpStream::connect(address).unwrap());
        let accepted = [0; 2].map(|_| listener.accept().unwrap().0);
        let peers = clients.each_ref().map(|client| client.local_addr().unwrap());
        clients[0].write_all(b"GET").unwrap();
        accepted[0].peek(&mut [0]).unwrap();
        let open = sockets.open(address).unwrap();
        assert_eq!(open.peers, HashMap::from([(peers[0], 3), (peers[1], 0)]));
        let closed = sockets.close(address, &[(peers[0], CloseReason::Stalled)].into()).unwrap();
        assert_eq!(closed, [(peers[0], CloseReason::Stalled)]);
        // The end of the stream, or a reset when the server's end is closed: not a timeout.
        clients[0].set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let read = clients[0].read(&mut [0]).or_else(|error| match error.kind() {
            io::ErrorKind::ConnectionReset => Ok(0),
            _ => Err(error),
        });
        assert_eq!(read.unwrap(), 0);
        drop(accepted);
    }

    #[test]
    fn a_listener_can_refuse_connections() {
        let mut sockets = Sockets::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let duplicate = sockets.listener(address).unwrap();
        duplicate.configure().unwrap();
        let client = TcpStream::connect(address).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert_eq!(sockopt::tcp_user_timeout(&accepted), Ok(60_000), "options are inherited");
        duplicate.refuse().unwrap();
        assert!(TcpStream::connect(address).is_err());
        drop((client, accepted));
        assert!(sockets.listener("127.0.0.1:1".parse().unwrap()).is_err());
    }
}
