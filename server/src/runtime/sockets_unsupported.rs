//! The sockets of this process cannot be reached on this system: Linux is required.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use crate::connections::CloseReason;

/// As on Linux, but never created.
pub(super) enum Sockets {}

/// As on Linux.
pub(super) struct OpenConnections {
    pub(super) peers: HashMap<SocketAddr, u64>,
    pub(super) descriptors: usize,
}

/// As on Linux, but never created.
pub(super) enum Listener {}

impl Sockets {
    pub(super) fn new() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn listener(&mut self, _address: SocketAddr) -> io::Result<Listener> {
        match *self {}
    }

    pub(super) fn open(&mut self, _address: SocketAddr) -> io::Result<OpenConnections> {
        match *self {}
    }

    pub(super) fn close(
        &mut self,
        _address: SocketAddr,
        _selected: &HashMap<SocketAddr, CloseReason>,
    ) -> io::Result<Vec<(SocketAddr, CloseReason)>> {
        match *self {}
    }
}

impl Sockets {
    pub(super) fn reset_when_closed(
        &mut self,
        _address: SocketAddr,
        _client: SocketAddr,
    ) -> io::Result<()> {
        match *self {}
    }
}

impl Listener {
    pub(super) fn configure(&self) -> io::Result<()> {
        match *self {}
    }

    pub(super) fn refuse(&self) -> io::Result<()> {
        match *self {}
    }
}

pub(super) fn descriptor_limit() -> Option<usize> {
    None
}

pub(crate) fn raise_descriptor_limit(_needed: usize) -> io::Result<()> {
    Ok(())
}
