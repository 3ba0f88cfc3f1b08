//! The number of bytes that a TCP connection has received, of which the `TCP_INFO` of Linux informs.

use std::mem::offset_of;
use std::os::fd::AsFd;

use nix::sys::socket::GetSockOpt as _;
use nix::{getsockopt_impl, libc, sockopt_impl};

/// Offset of the number in `tcp_info`, which the kernel has since version 4.1.
const RECEIVED_AT: usize = offset_of!(libc::tcp_info, tcpi_bytes_received);

/// The first part of `tcp_info`, up to the number. The kernel fills in as much as fits.
type TcpInfo = [u8; RECEIVED_AT + size_of::<u64>()];

sockopt_impl!(GetTcpInfo, GetOnly, libc::IPPROTO_TCP, libc::TCP_INFO, TcpInfo);

/// Number of bytes that the peer of a TCP connection has sent and the kernel has acknowledged. 0 if the
/// kernel does not report it.
pub(super) fn received_bytes(connection: &impl AsFd) -> u64 {
    let info = GetTcpInfo.get(connection).ok();
    let received = info.as_ref().and_then(|info| info.last_chunk());
    received.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
}
