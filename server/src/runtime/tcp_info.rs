//! The number of bytes that a TCP connection has received, as `TCP_INFO` of Linux reports it.

use std::mem::offset_of;
use std::os::fd::AsFd;

use nix::sys::socket::GetSockOpt as _;
use nix::{getsockopt_impl, libc, sockopt_impl};

/// Offset of the number in `tcp_info`. Linux 4.1 or newer: `nix` panics if the kernel returns less than is asked
/// for.
const RECEIVED_AT: usize = offset_of!(libc::tcp_info, tcpi_bytes_received);

/// The first part of `tcp_info`, up to the number. The kernel fills in as much as fits.
type TcpInfo = [u8; RECEIVED_AT + size_of::<u64>()];

sockopt_impl!(GetTcpInfo, GetOnly, libc::IPPROTO_TCP, libc::TCP_INFO, TcpInfo);

/// Number of bytes that the peer of a TCP connection has sent and the kernel has acknowledged. 0 if the
/// connection cannot be examined.
pub(super) fn received_bytes(connection: &impl AsFd) -> u64 {
    let info = GetTcpInfo.get(connection).ok();
    let received = info.as_ref().and_then(|info| info.last_chunk());
    received.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
}
